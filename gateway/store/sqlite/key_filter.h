// Tells of most keys that are not in a run that they are not, without reading a page of it.
//
// A Bloom filter in blocks of one cache line (Putze, Sanders, Singler, Cache-, Hash- and
// Space-Efficient Bloom Filters, WEA 2007, section 3). Keys are keyed digests already, so their own
// bytes choose the block and the bits; keys that somebody had chosen would cost time, no more.
// Ownership: values. Thread-safety: as std::string. Errors: none.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_KEY_FILTER_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_KEY_FILTER_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "gateway/store/key_order.h"

namespace tombolo::store {

class KeyFilter {
 public:
  static constexpr size_t kKeyBytesMin = 16;
  static constexpr size_t kBlockBytes = 64;
  static constexpr uint64_t kBitsPerKey = 12;

  KeyFilter() = default;
  // Room for so many keys.
  explicit KeyFilter(uint64_t keys)
      : bits_((keys * kBitsPerKey / (8 * kBlockBytes) + 1) * kBlockBytes, '\0') {}
  // As bytes() gave it; false if that cannot be.
  bool Load(std::string_view bytes) {
    bits_ = bytes;
    return bytes.size() % kBlockBytes == 0;
  }
  const std::string& bytes() const { return bits_; }

  // `key` has at least kKeyBytesMin bytes.
  void Add(const char* key) {
    char* const block = bits_.data() + BlockOf(key);
    for (uint64_t bits = BitsOf(key), i = 0; i < kProbes; ++i, bits >>= kBitsOfPlace) {
      block[bits >> 3 & (kBlockBytes - 1)] |= static_cast<char>(1 << (bits & 7));
    }
  }
  // False: no such key was added. Without bytes everything may be there.
  bool MayHave(const char* key) const {
    if (bits_.empty()) return true;
    const char* const block = bits_.data() + BlockOf(key);
    for (uint64_t bits = BitsOf(key), i = 0; i < kProbes; ++i, bits >>= kBitsOfPlace) {
      if ((block[bits >> 3 & (kBlockBytes - 1)] & 1 << (bits & 7)) == 0) return false;
    }
    return true;
  }

 private:
  static constexpr int kProbes = 6;
  static constexpr int kBitsOfPlace = 9;  // of a bit within a block

  size_t BlockOf(const char* key) const {
    const unsigned __int128 blocks = bits_.size() / kBlockBytes;
    return static_cast<size_t>(blocks * KeyPrefix(key) >> 64) * kBlockBytes;
  }
  static uint64_t BitsOf(const char* key) { return KeyPrefix(key + sizeof(uint64_t)); }

  std::string bits_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_KEY_FILTER_H_
