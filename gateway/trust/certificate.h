// What a certificate says, and whether it follows the federation's profile (certs/README.md).
//
// X.509 as in RFC 5280 (profile), SPIFFE X.509-SVID (URI SAN, exactly one). libcrypto's own checks
// are too generous for a closed federation: they take leaves with CA:TRUE, without extended key
// usage, v1 leaves, weak curves and long chains; so each line of the profile is checked here and
// has a damaged certificate in tests/unit/trust/certificate_test. Ownership: results own their
// bytes. Thread-safety: pure. Errors: PEER_CERT_FORM naming the line of the profile,
// PEER_CERT_MISSING, PEER_CERT_EXPIRED, PEER_CERT_UNTRUSTED, PEER_CERT_REVOKED, CRL_MISSING,
// SIGNATURE_INVALID (a list that its authority has not signed), LIMIT_EXCEEDED, INTERNAL.
#ifndef TOMBOLO_GATEWAY_TRUST_CERTIFICATE_H_
#define TOMBOLO_GATEWAY_TRUST_CERTIFICATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::trust {

enum class CertificateRole { kRoot, kIntermediate, kNode };

struct CertificateFacts {
  std::string subject;      // RFC 2253 text, for messages only; never an identity
  std::string spiffe_id;    // the only URI SAN; empty if there is none or more than one
  std::string spki_digest;  // SHA-256 of the SubjectPublicKeyInfo, 32 bytes
  std::string issuer_key;   // authority key identifier, raw; may be empty
  std::string serial;       // hex
  int64_t not_before_us = 0;
  int64_t not_after_us = 0;
};

// Reads one certificate of at most kCertificateBytesMax; nothing may follow it.
StatusOr<CertificateFacts> ReadCertificate(std::string_view der);

// The profile. Every role: v3, ECDSA P-256 or P-384, Ed25519, or RSA of at least 2048 bits, signed
// with SHA-256 or stronger, no unknown critical extension. kRoot and kIntermediate: CA:TRUE,
// keyCertSign and cRLSign, path length set (1 and 0), kIntermediate: URI name constraints of the
// trust domain. kNode: CA:FALSE stated, digitalSignature, serverAuth and clientAuth, exactly one
// URI SAN that is a SPIFFE ID with a path, no other identity-bearing SAN but DNS and IP, at most
// kLeafDaysMax days.
Status CheckProfile(std::string_view der, CertificateRole role, std::string_view trust_domain);

// A revocation list as it travels in a document of kind REVOCATION_LIST: the list's DER, and right
// behind it the certificate of the authority that signed it. Views into the body.
struct AuthorityList {
  std::string_view list, issuer;
};
StatusOr<AuthorityList> SplitListBody(std::string_view body);

// A revocation list, checked against its issuer.
struct RevocationList {
  std::string issuer_key_id;  // SHA-256 of the issuer's SubjectPublicKeyInfo
  uint64_t number = 0;
  int64_t this_update_us = 0;
  int64_t next_update_us = 0;
  std::string der;
  std::string digest;  // SHA-256 of der
};
// By issuer_key_id.
using RevocationLists = std::map<std::string, RevocationList>;
StatusOr<RevocationList> ReadRevocationList(std::string_view der, std::string_view issuer_der);

// That the certificate is one of the roots, or an intermediate by the profile that one of them has
// signed. Dates are not judged. Errors: PEER_CERT_FORM, PEER_CERT_UNTRUSTED.
Status CheckAuthority(std::string_view der, const std::vector<std::string_view>& roots,
                      std::string_view trust_domain);

struct ChainInput {
  std::vector<std::string_view> chain;  // DER, the node's certificate first, as the peer sent it
  std::vector<std::string_view> roots;  // DER, from the active root document
  const RevocationLists* lists = nullptr;
  std::string_view trust_domain;
  int64_t now_us = 0;
};
// The facts of the first certificate if the chain holds: signatures, names, profile of each, depth
// (kChainDepthMax), dates, and for every authority in it a list that is valid now (X509_V_FLAG_
// X509_STRICT | CRL_CHECK | CRL_CHECK_ALL, purpose both ways, NEVER_CHECK_SUBJECT).
StatusOr<CertificateFacts> VerifyChain(const ChainInput& input);

}  // namespace tombolo::trust

#endif  // TOMBOLO_GATEWAY_TRUST_CERTIFICATE_H_
