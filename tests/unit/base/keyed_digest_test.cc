// Against the standard's own words: GHASH bit by bit, then HMAC.
#include "gateway/base/keyed_digest.h"

#include <gtest/gtest.h>

#include <cstring>

#include "gateway/base/text.h"

namespace tombolo {
namespace {

using Block = std::array<unsigned char, 16>;

// NIST SP 800-38D, algorithm 1: X times Y, bit 0 first.
Block Times(const Block& x, Block v) {
  Block z{};
  for (int i = 0; i < 128; ++i) {
    if (x[i / 8] >> (7 - i % 8) & 1) {
      for (int j = 0; j < 16; ++j) z[j] ^= v[j];
    }
    const bool low = v[15] & 1;
    for (int j = 15; j > 0; --j) v[j] = static_cast<unsigned char>(v[j] >> 1 | v[j - 1] << 7);
    v[0] = static_cast<unsigned char>(v[0] >> 1);
    if (low) v[0] ^= 0xE1;
  }
  return z;
}

// Algorithm 2 over the message as additional data: padded, then both lengths in bits.
std::string Ghash(std::string_view key, std::string_view message) {
  std::string padded(message);
  padded.resize((message.size() + 15) / 16 * 16, '\0');
  for (int shift = 56; shift >= 0; shift -= 8) {
    padded.push_back(static_cast<char>(uint64_t{message.size()} * 8 >> shift));
  }
  padded.append(8, '\0');
  Block h;
  std::memcpy(h.data(), key.data(), h.size());
  Block y{};
  for (size_t at = 0; at < padded.size(); at += 16) {
    for (size_t j = 0; j < 16; ++j) y[j] ^= static_cast<unsigned char>(padded[at + j]);
    y = Times(y, h);
  }
  return {reinterpret_cast<const char*>(y.data()), y.size()};
}

std::string Key() {
  std::string key;
  for (size_t i = 0; i < KeyedDigest::kKeyBytes; ++i) key.push_back(static_cast<char>(i * 37 + 5));
  return key;
}

TEST(KeyedDigest, IsHmacOverGhash) {
  KeyedDigest digest(Key());
  for (const size_t size : {0, 1, 15, 16, 17, 31, 32, 33, 127, 128, 129, 600, 4097}) {
    std::string message;
    for (size_t i = 0; i < size; ++i) message.push_back(static_cast<char>(i * 151 + size));
    HmacSha256 mac(Key().substr(16));
    mac.Update(Ghash(Key(), message));
    const std::string wanted = ToHex(mac.Finish().view());
    digest.Update(message);
    EXPECT_EQ(ToHex(digest.Finish().view()), wanted) << size;
    // In pieces, and by an object that has worked before.
    for (const size_t cut : {size / 3, size / 2, size}) {
      digest.Update(std::string_view(message).substr(0, cut));
      digest.Update(std::string_view(message).substr(cut));
      EXPECT_EQ(ToHex(digest.Finish().view()), wanted) << size << " cut at " << cut;
    }
  }
}

TEST(KeyedDigest, ZerosAndLengthsCount) {
  KeyedDigest digest(Key());
  const auto of = [&digest](std::string_view message) {
    digest.Update(message);
    return digest.Finish().str();
  };
  EXPECT_NE(of(std::string(1, '\0')), of(std::string(2, '\0')));
  EXPECT_NE(of(""), of(std::string(16, '\0')));
  std::string other = Key();
  other[0] ^= 1;
  KeyedDigest another(other);
  another.Update("message");
  EXPECT_NE(of("message"), another.Finish().str());
  other = Key();
  other[47] ^= 1;
  KeyedDigest third(other);
  third.Update("message");
  EXPECT_NE(of("message"), third.Finish().str());
}

}  // namespace
}  // namespace tombolo
