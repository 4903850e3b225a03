#include "gateway/trust/x509.h"

#include <openssl/err.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::trust {

Status BadForm(std::string_view what) { return MakeError(Code::PEER_CERT_FORM, what); }

StatusOr<X509Ptr> ParseFirstCertificate(std::string_view der, size_t* size) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* at = begin;
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (certificate == nullptr) return BadForm("the bytes are no X.509 certificate in DER");
  *size = static_cast<size_t>(at - begin);
  if (*size > limits::kCertificateBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("the certificate has ", *size, " bytes, limit ",
                                  limits::kCertificateBytesMax));
  }
  return certificate;
}

StatusOr<X509Ptr> ParseCertificate(std::string_view der) {
  if (der.size() > limits::kCertificateBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("the certificate has ", der.size(), " bytes, limit ",
                                  limits::kCertificateBytesMax));
  }
  size_t size = 0;
  ASSIGN_OR_RETURN(X509Ptr certificate, ParseFirstCertificate(der, &size));
  if (size != der.size()) return BadForm("bytes follow the certificate");
  return certificate;
}

std::string SpkiOf(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return "";
  std::string out(reinterpret_cast<char*>(der), size);
  OPENSSL_free(der);
  return out;
}

std::string KeyIdOf(X509* certificate) {
  return Hasher(HashKind::kSha256).Hash({SpkiOf(certificate)}).str();
}

std::optional<int64_t> MomentOf(const ASN1_TIME* time) {
  struct tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::optional<int32_t> day =
      DaysFromCivil({parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday});
  if (!day.has_value()) return std::nullopt;
  return (*day * int64_t{86400} + parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec) *
         1000000;
}

bool SignatureFits(int hash_nid, int key_nid) {
  if (key_nid == EVP_PKEY_ED25519) return true;
  return hash_nid == NID_sha256 || hash_nid == NID_sha384 || hash_nid == NID_sha512;
}

std::string OnlyUri(X509* certificate) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string uri;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    if (!uri.empty()) return "";
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               static_cast<size_t>(ASN1_STRING_length(text)));
  }
  return uri;
}

}  // namespace tombolo::trust
