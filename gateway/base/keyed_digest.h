// A keyed digest of long messages for the node's own use, at less than half the cost of HMAC.
//
// A universal hash with a secret key, then a pseudo-random function over it (Wegman and Carter, New
// Hash Functions and Their Use in Authentication and Set Equality, JCSS 22, 1981): GHASH (NIST SP
// 800-38D, section 6.4) of the message and its length under a secret hash subkey, then HMAC-SHA256
// of the 16 bytes under another key. Two messages collide with a chance of at most (length / 16 +
// 2) in 2^128. Nobody outside has to compute it; what others verify is SHA-256 or HMAC. Ownership:
// owns its keys; wiped on destruction. Thread-safety: one thread per object. Errors: none.
#ifndef TOMBOLO_GATEWAY_BASE_KEYED_DIGEST_H_
#define TOMBOLO_GATEWAY_BASE_KEYED_DIGEST_H_

#include <array>
#include <memory>
#include <string_view>

#include "gateway/base/hash.h"

namespace tombolo {

class KeyedDigest {
 public:
  static constexpr size_t kKeyBytes = 48;  // 16 for GHASH, 32 for HMAC

  explicit KeyedDigest(std::string_view key);  // kKeyBytes
  ~KeyedDigest();
  KeyedDigest(const KeyedDigest&) = delete;
  KeyedDigest& operator=(const KeyedDigest&) = delete;

  void Update(std::string_view bytes);
  // 32 bytes; then as new.
  Digest Finish();

 private:
  struct Ghash;
  std::unique_ptr<Ghash> ghash_;
  HmacSha256 mac_;
};

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_KEYED_DIGEST_H_
