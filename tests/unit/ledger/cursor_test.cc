#include "gateway/ledger/cursor.h"

#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_entropy.h"

namespace tombolo::ledger {
namespace {

const char* const kKey = "0123456789abcdef0123456789abcdef";

v1::Cursor Positions(size_t count) {
  v1::Cursor cursor;
  for (size_t i = 0; i < count; ++i) {
    v1::Cursor::Position* position = cursor.add_positions();
    std::string id(32, '\0');
    for (size_t b = 0; b < 4; ++b) id[b] = static_cast<char>(i / 3 >> (8 * (3 - b)));
    position->set_stream_id(id);
    position->set_layer(static_cast<v1::SharingClass>(i % 3 + 1));
    position->set_next_seq(i + 1);
  }
  return cursor;
}

TEST(Cursor, ComesBackAsItWas) {
  CursorCodec codec(kKey);
  for (const size_t count : {0, 1, 2, 3, 300}) {
    const v1::Cursor cursor = Positions(count);
    ASSERT_OK_AND_ASSIGN(const std::string bytes, codec.Encode(cursor));
    ASSERT_OK_AND_ASSIGN(const v1::Cursor back, codec.Decode(bytes));
    EXPECT_EQ(back.SerializeAsString(), cursor.SerializeAsString());
    EXPECT_EQ(*codec.Encode(back), bytes);
  }
}

TEST(Cursor, NoFlippedBitCutOrAdditionDecodes) {
  CursorCodec codec(kKey);
  ASSERT_OK_AND_ASSIGN(const std::string good, codec.Encode(Positions(2)));
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] ^= static_cast<char>(1 << bit);
      EXPECT_FALSE(codec.Decode(bad).ok()) << "byte " << i << " bit " << bit;
    }
    EXPECT_FALSE(codec.Decode(good.substr(0, i)).ok()) << "cut to " << i;
    EXPECT_FALSE(codec.Decode(good.substr(i + 1)).ok());
  }
  EXPECT_FALSE(codec.Decode(good + "x").ok());
  EXPECT_FALSE(codec.Decode(good + good).ok());
}

TEST(Cursor, OfAnotherNodeIsRefused) {
  CursorCodec codec(kKey), other("another key of thirty-two bytes.");
  ASSERT_OK_AND_ASSIGN(const std::string bytes, other.Encode(Positions(1)));
  EXPECT_CODE(Code::SIGNATURE_INVALID, codec.Decode(bytes));
}

TEST(Cursor, NoiseIsRefused) {
  CursorCodec codec(kKey);
  testing::FakeEntropy entropy;
  for (size_t size = 0; size < 300; ++size) {
    EXPECT_FALSE(codec.Decode(entropy.Bytes(size)).ok());
    EXPECT_FALSE(codec.Decode("TBK1\x01" + entropy.Bytes(size)).ok());
  }
}

TEST(Cursor, PositionLimit) {
  CursorCodec codec(kKey);
  ASSERT_OK_AND_ASSIGN(const std::string bytes,
                       codec.Encode(Positions(limits::kCursorPositionsMax)));
  EXPECT_OK(codec.Decode(bytes));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, codec.Encode(Positions(limits::kCursorPositionsMax + 1)));
}

}  // namespace
}  // namespace tombolo::ledger
