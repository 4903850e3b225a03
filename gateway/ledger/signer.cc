#include "gateway/ledger/signer.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/hash.h"
#include "gateway/base/text.h"

namespace tombolo::ledger {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

constexpr size_t kEd25519SignatureBytes = 64;

// Bytes of a SubjectPublicKeyInfo: an Ed25519 key (RFC 8410), a named curve and an uncompressed
// point (RFC 5480). A compressed point or curve parameters written out have other sizes; one key
// must not have two key ids.
size_t PublicKeyBytes(Suite suite) {
  if (suite == v1::SHA256_ED25519) return 44;
  return suite == v1::SHA256_ECDSA_P256 ? 91 : 120;
}

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

bool KeyFitsSuite(EVP_PKEY* key, Suite suite) {
  if (suite == v1::SHA256_ED25519) return EVP_PKEY_get_id(key) == EVP_PKEY_ED25519;
  if (EVP_PKEY_get_id(key) != EVP_PKEY_EC) return false;
  char group[64] = {};
  if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1) return false;
  const std::string_view want = suite == v1::SHA256_ECDSA_P256 ? "prime256v1" : "secp384r1";
  return group == want;
}

const EVP_MD* DigestOf(Suite suite) {
  if (suite == v1::SHA256_ED25519) return nullptr;
  return suite == v1::SHA256_ECDSA_P256 ? EVP_sha256() : EVP_sha384();
}

// The key in the one form that has a key id: what libcrypto writes for it.
std::string CanonicalDer(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return "";
  std::string out(reinterpret_cast<char*>(der), size);
  OPENSSL_free(der);
  return out;
}

}  // namespace

struct Verifier::Key {
  KeyPtr key;
};

Verifier::Verifier(Suite suite, std::string key_id, std::unique_ptr<Key> key)
    : suite_(suite), key_id_(std::move(key_id)), key_(std::move(key)) {}
Verifier::~Verifier() = default;
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier& Verifier::operator=(Verifier&&) noexcept = default;

StatusOr<Verifier> Verifier::FromPublicKey(Suite suite, std::string_view public_key_der) {
  ASSIGN_OR_RETURN(suite, SuiteFromNumber(static_cast<uint32_t>(suite)));
  const unsigned char* at = Bytes(public_key_der);
  KeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key_der.size())), EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr || CanonicalDer(key.get()) != public_key_der) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("the public key of ", public_key_der.size(),
                                  " bytes is not a SubjectPublicKeyInfo in DER"));
  }
  if (!KeyFitsSuite(key.get(), suite) || public_key_der.size() != PublicKeyBytes(suite)) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("the public key is not one of suite ", ToAbsl(SuiteName(suite))));
  }
  return Verifier(suite, KeyIdOf(public_key_der), std::make_unique<Key>(Key{std::move(key)}));
}

Status Verifier::Verify(std::string_view body, std::string_view signature) const {
  if (suite_ == v1::SHA256_ED25519 && signature.size() != kEd25519SignatureBytes) {
    return MakeError(Code::SIGNATURE_INVALID,
                     absl::StrCat("the signature has a wrong size: got ", signature.size(),
                                  " bytes, want ", kEd25519SignatureBytes));
  }
  const ContextPtr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good = context != nullptr &&
                    EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(suite_), nullptr,
                                         key_->key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(body),
                                     body.size()) == 1;
  ERR_clear_error();
  if (good) return absl::OkStatus();
  return MakeError(Code::SIGNATURE_INVALID,
                   absl::StrCat("the signature does not verify under the key ", ToHex(key_id_)));
}

std::string KeyIdOf(std::string_view public_key_der) {
  return Hasher(HashKind::kSha256).Hash({public_key_der}).str();
}

}  // namespace tombolo::ledger
