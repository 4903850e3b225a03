// VerifyChain: libcrypto's strict path validation, then the profile of each certificate.
#include <openssl/err.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/trust/certificate.h"
#include "gateway/trust/x509.h"

namespace tombolo::trust {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using ContextPtr = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;
constexpr int64_t kSecondUs = 1000000;

Code CodeOfVerdict(int verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Code::PEER_CERT_EXPIRED;
    case X509_V_ERR_CERT_REVOKED:
      return Code::PEER_CERT_REVOKED;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      return Code::CRL_MISSING;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_CERT_UNTRUSTED:
      return Code::PEER_CERT_UNTRUSTED;
    default:
      return Code::PEER_CERT_FORM;
  }
}

Status Failed() {
  ERR_clear_error();
  return MakeError(Code::INTERNAL, "libcrypto cannot check a chain");
}

// The parsed chain and what libcrypto needs beside it.
class Path {
 public:
  Status Add(std::string_view der, bool root) {
    ASSIGN_OR_RETURN(X509Ptr certificate, ParseCertificate(der));
    if (root && X509_STORE_add_cert(store_.get(), certificate.get()) != 1) return Failed();
    (root ? roots_ : chain_).push_back(std::move(certificate));
    return absl::OkStatus();
  }

  // Those of the authorities that may stand in the path.
  Status AddLists(const RevocationLists& lists) {
    for (const std::vector<X509Ptr>* all : {&chain_, &roots_}) {
      for (const X509Ptr& certificate : *all) {
        const auto found = lists.find(KeyIdOf(certificate.get()));
        if (found == lists.end()) continue;
        const auto* at = reinterpret_cast<const unsigned char*>(found->second.der.data());
        const CrlPtr list(d2i_X509_CRL(nullptr, &at, static_cast<long>(found->second.der.size())));
        if (list == nullptr || X509_STORE_add_crl(store_.get(), list.get()) != 1) return Failed();
      }
    }
    return absl::OkStatus();
  }

  Status Verify(int64_t now_us) {
    const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
        sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
    const ContextPtr context(X509_STORE_CTX_new());
    if (others == nullptr || context == nullptr || store_ == nullptr) return Failed();
    for (size_t i = 1; i < chain_.size(); ++i) {
      if (sk_X509_push(others.get(), chain_[i].get()) <= 0) return Failed();
    }
    if (X509_STORE_CTX_init(context.get(), store_.get(), chain_[0].get(), others.get()) != 1) {
      return Failed();
    }
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(
        rules, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set_depth(rules, limits::kChainDepthMax - 2);
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_time(rules, now_us / kSecondUs);
    const bool good = X509_verify_cert(context.get()) == 1;
    const int verdict = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    if (good && X509_check_purpose(chain_[0].get(), X509_PURPOSE_SSL_CLIENT, 0) == 1) {
      return absl::OkStatus();
    }
    if (good) return BadForm("certificate 1 may not be used by a client");
    return MakeError(CodeOfVerdict(verdict),
                     absl::StrCat("certificate ", X509_STORE_CTX_get_error_depth(context.get()) + 1,
                                  " of the chain: ", X509_verify_cert_error_string(verdict)));
  }

 private:
  StorePtr store_{X509_STORE_new()};
  std::vector<X509Ptr> chain_, roots_;
};

Status CheckProfiles(const ChainInput& input) {
  for (size_t i = 0; i < input.chain.size(); ++i) {
    const bool root =
        std::find(input.roots.begin(), input.roots.end(), input.chain[i]) != input.roots.end();
    const CertificateRole role = i == 0 ? CertificateRole::kNode
                                 : root ? CertificateRole::kRoot
                                        : CertificateRole::kIntermediate;
    const Status fits = CheckProfile(input.chain[i], role, input.trust_domain);
    if (fits.ok()) continue;
    return MakeError(CodeOf(fits),
                     absl::StrCat("certificate ", i + 1, " of the chain: ", fits.message()));
  }
  return absl::OkStatus();
}

}  // namespace

Status CheckAuthority(std::string_view der, const std::vector<std::string_view>& roots,
                      std::string_view trust_domain) {
  if (std::find(roots.begin(), roots.end(), der) != roots.end()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckProfile(der, CertificateRole::kIntermediate, trust_domain));
  ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(der));
  for (const std::string_view root_der : roots) {
    ASSIGN_OR_RETURN(const X509Ptr root, ParseCertificate(root_der));
    const bool signed_by_it = X509_check_issued(root.get(), certificate.get()) == X509_V_OK &&
                              X509_verify(certificate.get(), X509_get0_pubkey(root.get())) == 1;
    ERR_clear_error();
    if (signed_by_it) return absl::OkStatus();
  }
  return MakeError(Code::PEER_CERT_UNTRUSTED,
                   "no authority of the federation's root has signed this authority");
}

StatusOr<CertificateFacts> VerifyChain(const ChainInput& input) {
  if (input.chain.empty()) {
    return MakeError(Code::PEER_CERT_MISSING, "the other side showed no certificate");
  }
  if (input.chain.size() > static_cast<size_t>(limits::kChainDepthMax)) {
    return MakeError(Code::PEER_CERT_UNTRUSTED,
                     absl::StrCat("the chain has ", input.chain.size(), " certificates, limit ",
                                  limits::kChainDepthMax));
  }
  ASSIGN_OR_RETURN(CertificateFacts facts, ReadCertificate(input.chain[0]));
  Path path;
  for (const std::string_view der : input.chain) RETURN_IF_ERROR(path.Add(der, false));
  for (const std::string_view der : input.roots) RETURN_IF_ERROR(path.Add(der, true));
  if (input.lists != nullptr) RETURN_IF_ERROR(path.AddLists(*input.lists));
  RETURN_IF_ERROR(path.Verify(input.now_us));
  RETURN_IF_ERROR(CheckProfiles(input));
  return facts;
}

}  // namespace tombolo::trust
