// Comparing keys of at least eight bytes as bytes, quickly.
//
// Ownership: none taken. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_GATEWAY_STORE_KEY_ORDER_H_
#define TOMBOLO_GATEWAY_STORE_KEY_ORDER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tombolo::store {

static_assert(std::endian::native == std::endian::little, "the swap below is for little-endian");

// The first eight bytes as a number that orders as the bytes do.
inline uint64_t KeyPrefix(const char* key) {
  uint64_t word = 0;
  std::memcpy(&word, key, sizeof(word));
  return __builtin_bswap64(word);
}

// As memcmp; `size` is at least eight.
inline int CompareKeys(const char* a, const char* b, size_t size) {
  const uint64_t first = KeyPrefix(a);
  const uint64_t second = KeyPrefix(b);
  if (first != second) return first < second ? -1 : 1;
  return std::memcmp(a + sizeof(first), b + sizeof(first), size - sizeof(first));
}

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_KEY_ORDER_H_
