// SHA-256 and SHA-384 (FIPS 180-4), HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869), made cheap
// for short inputs.
//
// Uses the SHA256_* and SHA384_* calls of libcrypto directly: measured on a CPU with SHA-NI, 100
// bytes take 122 ns (SHA-256) and 341 ns (SHA-384); EVP_DigestInit_ex2 with a prefetched algorithm
// and a reused context takes 212 and 522, and several hashes are made for every record. The calls
// are deprecated in OpenSSL 3.0 and still there; hash.cc is the only file that would change.
// Ownership: a Digest is a value. Thread-safety: one thread per object. Errors: none; hashing
// cannot fail.
#ifndef TOMBOLO_GATEWAY_BASE_HASH_H_
#define TOMBOLO_GATEWAY_BASE_HASH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tombolo {

enum class HashKind : uint8_t { kSha256, kSha384 };

inline constexpr size_t kDigestBytesMax = 48;

// 32 for SHA-256, 48 for SHA-384.
constexpr size_t DigestBytes(HashKind kind) { return kind == HashKind::kSha256 ? 32 : 48; }

struct Digest {
  std::array<char, kDigestBytesMax> bytes{};
  uint8_t size = 0;

  std::string_view view() const { return {bytes.data(), size}; }
  std::string str() const { return std::string(view()); }
  bool operator==(const Digest& other) const { return view() == other.view(); }
};

// Reset, then any number of Update, then Finish; after Finish the object is ready for the next
// message.
class Hasher {
 public:
  explicit Hasher(HashKind kind);
  HashKind kind() const { return kind_; }
  void Reset();
  void Update(std::string_view bytes);
  void UpdateByte(uint8_t byte);
  void UpdateU32(uint32_t value);  // big-endian
  void UpdateU64(uint64_t value);  // big-endian
  Digest Finish();
  // The digest of the parts one after the other. Forgets what was fed before.
  Digest Hash(std::initializer_list<std::string_view> parts);

 private:
  // Room for libcrypto's SHA256_CTX or SHA512_CTX, so that this header needs none of its headers.
  static constexpr size_t kStateBytes = 216;
  alignas(8) std::array<unsigned char, kStateBytes> state_;
  HashKind kind_;
};

// HMAC-SHA256 with the two key blocks hashed beforehand: a short message costs two compressions.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  ~HmacSha256();  // wipes the key state
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;
  void Reset();
  void Update(std::string_view bytes);
  void UpdateU32(uint32_t value);  // big-endian
  Digest Finish();                 // then as after Reset()

 private:
  Hasher inner_key_, outer_key_, running_;
};

// `size` bytes (at most 255 * 32). RFC 5869 sections 2.2 and 2.3; an empty salt counts as 32 zero
// bytes.
std::string HkdfSha256(std::string_view secret, std::string_view salt, std::string_view info,
                       size_t size);

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_HASH_H_
