// The lines of the profile (certs/README.md), one after the other.
#include <openssl/ec.h>
#include <openssl/err.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/trust/certificate.h"
#include "gateway/trust/spiffe.h"
#include "gateway/trust/x509.h"

namespace tombolo::trust {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int64_t kDayUs = int64_t{86400} * 1000000;
using ConstraintsPtr = std::unique_ptr<NAME_CONSTRAINTS, Freed<NAME_CONSTRAINTS_free>>;
using UsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, Freed<EXTENDED_KEY_USAGE_free>>;

std::string_view TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

bool KeyFits(EVP_PKEY* key) {
  switch (key == nullptr ? NID_undef : EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return true;
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= kRsaBitsMin;
    case EVP_PKEY_EC: {
      char group[64] = {};
      if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1) return false;
      const std::string_view name = group;
      return name == "prime256v1" || name == "secp384r1";
    }
    default:
      return false;
  }
}

// What holds for every role.
Status CheckAll(X509* certificate) {
  if (X509_get_version(certificate) != X509_VERSION_3) return BadForm("it is not of version 3");
  const uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_INVALID) != 0) return BadForm("an extension is damaged or stands twice");
  if ((flags & EXFLAG_CRITICAL) != 0) return BadForm("it has a critical extension that is unknown");
  if (!KeyFits(X509_get0_pubkey(certificate))) {
    return BadForm("its key is none of ECDSA P-256 or P-384, Ed25519, RSA of 2048 bits or more");
  }
  int hash = NID_undef, key = NID_undef;
  if (X509_get_signature_info(certificate, &hash, &key, nullptr, nullptr) != 1 ||
      !SignatureFits(hash, key)) {
    return BadForm("its signature is not over SHA-256 or stronger");
  }
  if (!MomentOf(X509_get0_notBefore(certificate)) || !MomentOf(X509_get0_notAfter(certificate))) {
    return BadForm("its dates cannot be read");
  }
  return absl::OkStatus();
}

Status CheckAuthority(X509* certificate, long path_length) {
  const uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_CA) == 0) return BadForm("basicConstraints does not say CA:TRUE");
  if (X509_get_pathlen(certificate) != path_length) {
    return BadForm(absl::StrCat("the path length is not ", path_length));
  }
  constexpr uint32_t kWanted = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
  if ((flags & EXFLAG_KUSAGE) == 0 || (X509_get_key_usage(certificate) & kWanted) != kWanted) {
    return BadForm("keyUsage does not have keyCertSign and cRLSign");
  }
  return absl::OkStatus();
}

// At least one URI is permitted, and none but the trust domain.
Status CheckConstraints(X509* certificate, std::string_view trust_domain) {
  const ConstraintsPtr constraints(static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(certificate, NID_name_constraints, nullptr, nullptr)));
  int fitting = 0;
  const auto* permitted = constraints == nullptr ? nullptr : constraints->permittedSubtrees;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(permitted); ++i) {
    const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(permitted, i)->base;
    if (base->type != GEN_URI) continue;
    if (TextOf(base->d.uniformResourceIdentifier) != trust_domain) {
      return BadForm("its name constraints permit URIs outside the trust domain");
    }
    ++fitting;
  }
  if (fitting > 0) return absl::OkStatus();
  return BadForm("it has no name constraint for URIs of the trust domain");
}

Status CheckNames(X509* certificate, std::string_view trust_domain) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  int uris = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) {
      ++uris;
    } else if (name->type != GEN_DNS && name->type != GEN_IPADD) {
      return BadForm("it has a subject alternative name other than URI, DNS and IP");
    }
  }
  if (uris == 0) return BadForm("it has no URI as subject alternative name");
  if (uris > 1) return BadForm("it has more than one URI as subject alternative name");
  if (const Status id = CheckSpiffeId(OnlyUri(certificate), trust_domain); !id.ok()) {
    return BadForm(ToStd(id.message()));
  }
  return absl::OkStatus();
}

Status CheckUsages(X509* certificate) {
  const uint32_t usage = X509_get_key_usage(certificate);
  if ((X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) == 0 ||
      (usage & KU_DIGITAL_SIGNATURE) == 0 || (usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0) {
    return BadForm("keyUsage is not that of a node: digitalSignature, no signing of certificates");
  }
  const UsagesPtr usages(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  bool server = false, client = false;
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.get(), i));
    server |= nid == NID_server_auth;
    client |= nid == NID_client_auth;
  }
  if (server && client) return absl::OkStatus();
  return BadForm("extendedKeyUsage does not have serverAuth and clientAuth");
}

Status CheckNode(X509* certificate, std::string_view trust_domain) {
  const uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_BCONS) == 0 || (flags & EXFLAG_CA) != 0) {
    return BadForm("basicConstraints does not say CA:FALSE");
  }
  RETURN_IF_ERROR(CheckUsages(certificate));
  RETURN_IF_ERROR(CheckNames(certificate, trust_domain));
  const int64_t lives_us =
      *MomentOf(X509_get0_notAfter(certificate)) - *MomentOf(X509_get0_notBefore(certificate));
  if (lives_us <= limits::kLeafDaysMax * kDayUs) return absl::OkStatus();
  return BadForm(absl::StrCat("it is valid for more than ", limits::kLeafDaysMax, " days"));
}

}  // namespace

Status CheckProfile(std::string_view der, CertificateRole role, std::string_view trust_domain) {
  ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(der));
  const auto check = [&]() -> Status {
    RETURN_IF_ERROR(CheckAll(certificate.get()));
    if (role == CertificateRole::kNode) return CheckNode(certificate.get(), trust_domain);
    RETURN_IF_ERROR(CheckAuthority(certificate.get(), role == CertificateRole::kRoot ? 1 : 0));
    if (role == CertificateRole::kIntermediate) {
      return CheckConstraints(certificate.get(), trust_domain);
    }
    if (X509_self_signed(certificate.get(), 1) != 1) return BadForm("it has not signed itself");
    return absl::OkStatus();
  };
  const Status status = check();
  ERR_clear_error();
  return status;
}

}  // namespace tombolo::trust
