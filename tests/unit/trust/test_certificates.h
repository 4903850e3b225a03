// Certificates and revocation lists as a test wants them, sound or damaged in one line. Keys from
// seeds are Ed25519, so that the same bytes come out in every run.
//
// Ownership: values; keys are shared. Thread-safety: one thread. Errors: a broken fixture ends the
// program.
#ifndef TOMBOLO_TESTS_UNIT_TRUST_TEST_CERTIFICATES_H_
#define TOMBOLO_TESTS_UNIT_TRUST_TEST_CERTIFICATES_H_

#include <openssl/evp.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/ledger/signer.h"

namespace tombolo::trust {

inline constexpr char kDomain[] = "federation.example";
inline constexpr int64_t kSecondUs = 1000000;
inline constexpr int64_t kDayUs = 86400 * kSecondUs;
inline constexpr int64_t kNowUs = 1767247200 * kSecondUs;  // 2026-01-01T06:00:00Z

using Key = std::shared_ptr<EVP_PKEY>;
Key SeedKey(uint64_t seed);    // Ed25519
Key EcKey(const char* curve);  // a fresh one
Key RsaKey(unsigned bits);     // a fresh one
std::string SpkiOf(const Key& key);
std::unique_ptr<ledger::Signer> SeedSigner(uint64_t seed);

struct CertificateSpec {
  std::string name;  // CN
  Key key;
  std::string issuer_name;  // CN of who signs
  Key issuer_key;
  int64_t serial = 1;
  int64_t from_us = kNowUs - kDayUs;
  int64_t until_us = kNowUs + 30 * kDayUs;
  // NID to the value in the language of openssl.cnf; an empty value leaves the extension out.
  std::map<int, std::string> extensions;
  int version = 2;               // X.509's number, 2 is v3
  const EVP_MD* hash = nullptr;  // for keys that need one
  bool unknown_critical = false;
};
CertificateSpec RootSpec(uint64_t seed = 100, const std::string& name = "Root");
CertificateSpec IntermediateSpec(const CertificateSpec& root, uint64_t seed = 101);
CertificateSpec NodeSpec(const CertificateSpec& issuer, const std::string& spiffe_id,
                         uint64_t seed);
std::string MakeCertificate(const CertificateSpec& spec);  // DER

struct ListSpec {
  CertificateSpec issuer;
  int64_t number = 1;  // below 0: none
  int64_t from_us = kNowUs - kDayUs;
  int64_t until_us = kNowUs + 6 * kDayUs;
  std::vector<int64_t> revoked;
  Key signer;            // null: the issuer's
  bool partial = false;  // a critical extension says so
};
std::string MakeList(const ListSpec& spec);  // DER

}  // namespace tombolo::trust

#endif  // TOMBOLO_TESTS_UNIT_TRUST_TEST_CERTIFICATES_H_
