#include "gateway/trust/certificate.h"

#include <openssl/err.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/trust/x509.h"

namespace tombolo::trust {
namespace {

std::string NameText(const X509_NAME* name) {
  std::unique_ptr<BIO, Freed<BIO_free_all>> out(BIO_new(BIO_s_mem()));
  if (out == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

std::string_view BytesOf(const ASN1_STRING* text) {
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::optional<uint64_t> NumberOf(X509_CRL* list) {
  std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>> number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr)));
  uint64_t out = 0;
  if (number == nullptr || ASN1_INTEGER_get_uint64(&out, number.get()) != 1) return std::nullopt;
  return out;
}

StatusOr<CrlPtr> ParseList(std::string_view der) {
  if (der.size() > limits::kDocumentBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("the revocation list has ", der.size(), " bytes, limit ",
                                  limits::kDocumentBytesMax));
  }
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* at = begin;
  CrlPtr list(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (list == nullptr || at != begin + der.size()) {
    return BadForm("the bytes are no revocation list in DER");
  }
  return list;
}

// Version 2, whole (no delta, no partition), no critical extension, a strong signature.
Status CheckListForm(X509_CRL* list) {
  if (X509_CRL_get_version(list) != X509_CRL_VERSION_2) {
    return BadForm("the revocation list is not of version 2");
  }
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) != 0) {
      return BadForm("the revocation list has a critical extension: it is partial or unknown");
    }
  }
  int hash = NID_undef, key = NID_undef;
  if (OBJ_find_sigid_algs(X509_CRL_get_signature_nid(list), &hash, &key) != 1 ||
      !SignatureFits(hash, key)) {
    return BadForm("the revocation list's signature is not over SHA-256 or stronger");
  }
  return absl::OkStatus();
}

Status CheckIssuer(X509_CRL* list, X509* issuer) {
  if ((X509_get_extension_flags(issuer) & EXFLAG_CA) == 0 ||
      (X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0) {
    return BadForm("the certificate beside the revocation list may not sign one");
  }
  if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0 ||
      X509_CRL_verify(list, X509_get0_pubkey(issuer)) != 1) {
    ERR_clear_error();
    return MakeError(Code::SIGNATURE_INVALID,
                     absl::StrCat("the revocation list is not signed by ",
                                  NameText(X509_get_subject_name(issuer))));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<CertificateFacts> ReadCertificate(std::string_view der) {
  ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(der));
  CertificateFacts facts;
  facts.subject = NameText(X509_get_subject_name(certificate.get()));
  facts.spiffe_id = OnlyUri(certificate.get());
  facts.spki_digest = KeyIdOf(certificate.get());
  facts.issuer_key = std::string(BytesOf(X509_get0_authority_key_id(certificate.get())));
  facts.serial = ToHex(BytesOf(X509_get0_serialNumber(certificate.get())));
  const std::optional<int64_t> begin = MomentOf(X509_get0_notBefore(certificate.get()));
  const std::optional<int64_t> end = MomentOf(X509_get0_notAfter(certificate.get()));
  ERR_clear_error();
  if (!begin.has_value() || !end.has_value()) return BadForm("its dates cannot be read");
  facts.not_before_us = *begin;
  facts.not_after_us = *end;
  return facts;
}

StatusOr<RevocationList> ReadRevocationList(std::string_view der, std::string_view issuer_der) {
  ASSIGN_OR_RETURN(const CrlPtr list, ParseList(der));
  ASSIGN_OR_RETURN(const X509Ptr issuer, ParseCertificate(issuer_der));
  RETURN_IF_ERROR(CheckListForm(list.get()));
  RETURN_IF_ERROR(CheckIssuer(list.get(), issuer.get()));
  const std::optional<uint64_t> number = NumberOf(list.get());
  const std::optional<int64_t> begin = MomentOf(X509_CRL_get0_lastUpdate(list.get()));
  const std::optional<int64_t> end = MomentOf(X509_CRL_get0_nextUpdate(list.get()));
  ERR_clear_error();
  if (!number.has_value()) return BadForm("the revocation list has no cRLNumber of 64 bits");
  if (!begin.has_value() || !end.has_value() || *begin >= *end) {
    return BadForm("the revocation list does not say from when until when it holds");
  }
  RevocationList out;
  out.issuer_key_id = KeyIdOf(issuer.get());
  out.number = *number;
  out.this_update_us = *begin;
  out.next_update_us = *end;
  out.der = std::string(der);
  out.digest = Hasher(HashKind::kSha256).Hash({der}).str();
  return out;
}

StatusOr<AuthorityList> SplitListBody(std::string_view body) {
  const auto* begin = reinterpret_cast<const unsigned char*>(body.data());
  const unsigned char* at = begin;
  const CrlPtr list(d2i_X509_CRL(nullptr, &at, static_cast<long>(body.size())));
  ERR_clear_error();
  if (list == nullptr) return BadForm("the bytes do not begin with a revocation list in DER");
  const auto size = static_cast<size_t>(at - begin);
  return AuthorityList{body.substr(0, size), body.substr(size)};
}

}  // namespace tombolo::trust
