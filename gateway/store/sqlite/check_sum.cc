#include "gateway/store/sqlite/check_sum.h"

#include <cstring>

namespace tombolo::store {

uint64_t CheckSum(uint64_t seed, std::string_view bytes) {
  constexpr uint64_t kFirst = 0x9e3779b97f4a7c15;   // 2^64 / golden ratio
  constexpr uint64_t kSecond = 0xd1b54a32d192ed03;  // of the same family
  uint64_t even = seed ^ kFirst;
  uint64_t odd = seed ^ kSecond;
  const auto fold = [](uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t words[4];
  size_t at = 0;
  for (; at + sizeof(words) <= bytes.size(); at += sizeof(words)) {
    std::memcpy(words, bytes.data() + at, sizeof(words));
    even = fold(words[0] ^ kFirst, words[1] ^ even);
    odd = fold(words[2] ^ kSecond, words[3] ^ odd);
  }
  words[0] = words[1] = words[2] = words[3] = 0;
  std::memcpy(words, bytes.data() + at, bytes.size() - at);
  even = fold(words[0] ^ kFirst, words[1] ^ even);
  odd = fold(words[2] ^ kSecond, words[3] ^ odd);
  return fold(even ^ bytes.size(), odd ^ kFirst);
}

}  // namespace tombolo::store
