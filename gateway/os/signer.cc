#include "gateway/os/signer.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/os/key_file.h"

namespace tombolo::os {
namespace {

using ledger::Suite;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Status Failed(const std::string& what) {
  ERR_clear_error();
  return MakeError(Code::INTERNAL, absl::StrCat("libcrypto cannot ", what));
}

KeyPtr MakeKey(Suite suite) {
  EVP_PKEY* key = nullptr;
  switch (suite) {
    case v1::SHA256_ED25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case v1::SHA256_ECDSA_P256:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      break;
    case v1::SHA384_ECDSA_P384:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
      break;
    default:
      break;
  }
  return KeyPtr(key, EVP_PKEY_free);
}

const EVP_MD* DigestOf(Suite suite) {
  if (suite == v1::SHA256_ED25519) return nullptr;
  return suite == v1::SHA256_ECDSA_P256 ? EVP_sha256() : EVP_sha384();
}

// An encrypted file would make libcrypto ask on the terminal; it gets no answer instead.
int NoPassword(char*, int, int, void*) { return 0; }

StatusOr<std::string> PublicDer(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return Failed("write the public key");
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

class KeyFileSigner final : public ledger::Signer {
 public:
  KeyFileSigner(Suite suite, KeyPtr key, std::string public_key_der)
      : suite_(suite),
        key_(std::move(key)),
        public_key_der_(std::move(public_key_der)),
        key_id_(ledger::KeyIdOf(public_key_der_)) {}

  Suite suite() const override { return suite_; }
  const std::string& key_id() const override { return key_id_; }
  const std::string& public_key_der() const override { return public_key_der_; }

  StatusOr<std::string> Sign(std::string_view body) override {
    const ContextPtr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const auto* data = reinterpret_cast<const unsigned char*>(body.data());
    size_t size = 0;
    if (context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, DigestOf(suite_), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, data, body.size()) != 1) {
      return Failed("sign");
    }
    std::string signature(size, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    if (EVP_DigestSign(context.get(), out, &size, data, body.size()) != 1) return Failed("sign");
    signature.resize(size);
    return signature;
  }

 private:
  Suite suite_;
  KeyPtr key_;
  std::string public_key_der_;
  std::string key_id_;
};

}  // namespace

Status GenerateKeyFile(Suite suite, const std::string& path) {
  RETURN_IF_ERROR(ledger::SuiteFromNumber(static_cast<uint32_t>(suite)).status());
  const KeyPtr key = MakeKey(suite);
  if (key == nullptr) return Failed("make a key");
  // Secure heap memory or not, BIO_free_all of a BIO_s_secmem wipes what was written.
  const BioPtr pem(BIO_new(BIO_s_secmem()), BIO_free_all);
  if (pem == nullptr || PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0,
                                                      nullptr, nullptr) != 1) {
    return Failed("write the key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &text);
  return WriteSecretFile(path, std::string_view(text, static_cast<size_t>(size)));
}

StatusOr<std::unique_ptr<ledger::Signer>> LoadSigner(Suite suite, const std::string& path) {
  ASSIGN_OR_RETURN(const SecretText pem, ReadSecretFile(path));
  const BioPtr in(BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.view().size())),
                  BIO_free_all);
  if (in == nullptr) return Failed("read from memory");
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, NoPassword, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat(path, " holds no private key in PEM without a password"));
  }
  ASSIGN_OR_RETURN(std::string der, PublicDer(key.get()));
  // The verifier's own check of type and curve; what it would refuse may not sign either.
  if (const Status fits = ledger::Verifier::FromPublicKey(suite, der).status(); !fits.ok()) {
    return MakeError(CodeOf(fits), absl::StrCat(path, ": ", fits.message()));
  }
  return std::make_unique<KeyFileSigner>(suite, std::move(key), std::move(der));
}

}  // namespace tombolo::os
