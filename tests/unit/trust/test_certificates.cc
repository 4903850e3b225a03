#include "tests/unit/trust/test_certificates.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace tombolo::trust {
namespace {

void Need(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "fixture: %s\n", what);
  std::abort();
}

template <typename T>
std::string DerOf(T* object, int (*encode)(const T*, unsigned char**)) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  Need(size > 0, "encode");
  std::string out(reinterpret_cast<char*>(der), size);
  OPENSSL_free(der);
  return out;
}

Key Owned(EVP_PKEY* key) {
  Need(key != nullptr, "key");
  return Key(key, EVP_PKEY_free);
}

void SetName(X509_NAME* name, const std::string& cn) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(cn.data()),
                             static_cast<int>(cn.size()), -1, 0);
}

const EVP_MD* HashFor(const Key& key, const EVP_MD* wanted) {
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519) return nullptr;
  return wanted == nullptr ? EVP_sha256() : wanted;
}

class SeedSignerImpl : public ledger::Signer {
 public:
  explicit SeedSignerImpl(uint64_t seed)
      : key_(SeedKey(seed)), der_(SpkiOf(key_)), id_(ledger::KeyIdOf(der_)) {}
  ledger::Suite suite() const override { return v1::SHA256_ED25519; }
  const std::string& key_id() const override { return id_; }
  const std::string& public_key_der() const override { return der_; }
  StatusOr<std::string> Sign(std::string_view body) override {
    std::string out(64, '\0');
    size_t size = out.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Need(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get()) == 1 &&
             EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                            reinterpret_cast<const unsigned char*>(body.data()), body.size()) == 1,
         "sign");
    EVP_MD_CTX_free(context);
    return out;
  }

 private:
  Key key_;
  std::string der_, id_;
};

// A throw-away certificate that lends its name and key id to extensions.
X509* IssuerOf(const CertificateSpec& spec) {
  X509* issuer = X509_new();
  SetName(X509_get_subject_name(issuer), spec.issuer_name);
  X509_set_pubkey(issuer, spec.issuer_key.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, issuer, nullptr, nullptr, 0);
  X509_EXTENSION* id = X509V3_EXT_nconf_nid(nullptr, &context, NID_subject_key_identifier, "hash");
  X509_add_ext(issuer, id, -1);
  X509_EXTENSION_free(id);
  return issuer;
}

void AddUnknownCritical(X509* certificate) {
  ASN1_OBJECT* name = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>("\x05\x00"), 2);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, name, 1, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(value);
  ASN1_OBJECT_free(name);
}

}  // namespace

Key SeedKey(uint64_t seed) {
  unsigned char bytes[32] = {};
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(seed >> (8 * i));
  return Owned(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes, sizeof bytes));
}

Key EcKey(const char* curve) { return Owned(EVP_EC_gen(curve)); }
Key RsaKey(unsigned bits) { return Owned(EVP_RSA_gen(bits)); }
std::string SpkiOf(const Key& key) { return DerOf<EVP_PKEY>(key.get(), i2d_PUBKEY); }
std::unique_ptr<ledger::Signer> SeedSigner(uint64_t seed) {
  return std::make_unique<SeedSignerImpl>(seed);
}

CertificateSpec RootSpec(uint64_t seed, const std::string& name) {
  CertificateSpec spec;
  spec.name = spec.issuer_name = name;
  spec.key = spec.issuer_key = SeedKey(seed);
  spec.until_us = kNowUs + 3650 * kDayUs;
  spec.extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:1"},
                     {NID_key_usage, "critical,keyCertSign,cRLSign"},
                     {NID_subject_key_identifier, "hash"}};
  return spec;
}

CertificateSpec IntermediateSpec(const CertificateSpec& root, uint64_t seed) {
  CertificateSpec spec = RootSpec(seed, "Province");
  spec.issuer_name = root.name;
  spec.issuer_key = root.key;
  spec.serial = 2;
  spec.until_us = kNowUs + 1095 * kDayUs;
  spec.extensions[NID_basic_constraints] = "critical,CA:TRUE,pathlen:0";
  spec.extensions[NID_name_constraints] = std::string("critical,permitted;URI:") + kDomain;
  spec.extensions[NID_authority_key_identifier] = "keyid:always";
  return spec;
}

CertificateSpec NodeSpec(const CertificateSpec& issuer, const std::string& spiffe_id,
                         uint64_t seed) {
  CertificateSpec spec;
  spec.name = "node";
  spec.key = SeedKey(seed);
  spec.issuer_name = issuer.name;
  spec.issuer_key = issuer.key;
  spec.serial = static_cast<int64_t>(seed);
  spec.extensions = {
      {NID_basic_constraints, "critical,CA:FALSE"},   {NID_key_usage, "critical,digitalSignature"},
      {NID_ext_key_usage, "serverAuth,clientAuth"},   {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid:always"}, {NID_subject_alt_name, "URI:" + spiffe_id}};
  return spec;
}

std::string MakeCertificate(const CertificateSpec& spec) {
  X509* certificate = X509_new();
  X509* issuer = IssuerOf(spec);
  X509_set_version(certificate, spec.version);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), spec.serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), spec.from_us / kSecondUs);
  ASN1_TIME_set(X509_getm_notAfter(certificate), spec.until_us / kSecondUs);
  SetName(X509_get_subject_name(certificate), spec.name);
  SetName(X509_get_issuer_name(certificate), spec.issuer_name);
  X509_set_pubkey(certificate, spec.key.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : spec.extensions) {
    if (value.empty()) continue;
    X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str());
    Need(extension != nullptr, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  if (spec.unknown_critical) AddUnknownCritical(certificate);
  Need(X509_sign(certificate, spec.issuer_key.get(), HashFor(spec.issuer_key, spec.hash)) > 0,
       "sign a certificate");
  std::string der = DerOf<X509>(certificate, i2d_X509);
  X509_free(certificate);
  X509_free(issuer);
  return der;
}

std::string MakeList(const ListSpec& spec) {
  X509_CRL* list = X509_CRL_new();
  X509_CRL_set_version(list, 1);
  X509_NAME* name = X509_NAME_new();
  SetName(name, spec.issuer.name);
  X509_CRL_set_issuer_name(list, name);
  X509_NAME_free(name);
  ASN1_TIME* time = ASN1_TIME_set(nullptr, spec.from_us / kSecondUs);
  X509_CRL_set1_lastUpdate(list, time);
  for (const int64_t serial : spec.revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    ASN1_INTEGER* number = ASN1_INTEGER_new();
    ASN1_INTEGER_set_int64(number, serial);
    X509_REVOKED_set_serialNumber(entry, number);
    X509_REVOKED_set_revocationDate(entry, time);
    X509_CRL_add0_revoked(list, entry);
    ASN1_INTEGER_free(number);
  }
  ASN1_TIME_set(time, spec.until_us / kSecondUs);
  X509_CRL_set1_nextUpdate(list, time);
  ASN1_TIME_free(time);
  ASN1_INTEGER* number = ASN1_INTEGER_new();
  ASN1_INTEGER_set_int64(number, spec.number);
  if (spec.number >= 0) X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0);
  if (spec.partial) X509_CRL_add1_ext_i2d(list, NID_delta_crl, number, 1, 0);
  ASN1_INTEGER_free(number);
  X509_CRL_sort(list);
  const Key& signer = spec.signer == nullptr ? spec.issuer.key : spec.signer;
  Need(X509_CRL_sign(list, signer.get(), HashFor(signer, nullptr)) > 0, "sign a list");
  std::string der = DerOf<X509_CRL>(list, i2d_X509_CRL);
  X509_CRL_free(list);
  return der;
}

}  // namespace tombolo::trust
