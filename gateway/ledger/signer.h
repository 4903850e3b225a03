// Signing and verifying checkpoint bodies.
//
// Ed25519 (RFC 8032, raw 64 bytes) or ECDSA (FIPS 186-4, DER of RFC 3279 section 2.2.3) with the
// suite's hash. A key is known by its key id: SHA-256 of its SubjectPublicKeyInfo in DER (RFC
// 5280). The interface is here, the signer that reads a key file in gateway/os/signer.h. Ownership:
// a Verifier owns its key. Thread-safety: Verify may be called from several threads. Errors:
// INVALID_ARGUMENT for a key that is damaged or of another suite, SIGNATURE_INVALID.
#ifndef TOMBOLO_GATEWAY_LEDGER_SIGNER_H_
#define TOMBOLO_GATEWAY_LEDGER_SIGNER_H_

#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/ledger/suite.h"

namespace tombolo::ledger {

inline constexpr size_t kKeyIdBytes = 32;

class Signer {
 public:
  virtual ~Signer() = default;
  virtual Suite suite() const = 0;
  virtual const std::string& key_id() const = 0;          // kKeyIdBytes
  virtual const std::string& public_key_der() const = 0;  // SubjectPublicKeyInfo
  virtual StatusOr<std::string> Sign(std::string_view body) = 0;
};

class Verifier {
 public:
  // The key's type and curve must be the suite's; nothing may follow its DER.
  static StatusOr<Verifier> FromPublicKey(Suite suite, std::string_view public_key_der);
  ~Verifier();
  Verifier(Verifier&&) noexcept;
  Verifier& operator=(Verifier&&) noexcept;

  Suite suite() const { return suite_; }
  const std::string& key_id() const { return key_id_; }
  Status Verify(std::string_view body, std::string_view signature) const;

 private:
  struct Key;
  Verifier(Suite suite, std::string key_id, std::unique_ptr<Key> key);

  Suite suite_;
  std::string key_id_;
  std::unique_ptr<Key> key_;
};

// SHA-256 of the DER, whatever the suite.
std::string KeyIdOf(std::string_view public_key_der);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_SIGNER_H_
