#include "gateway/store/sqlite/block_codec.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "gateway/base/limits.h"

namespace tombolo::store {
namespace {

class BlockCodecTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(codec_.SetLevel(-5).ok()); }
  std::string Pack(const BlockHeading& heading, std::string_view entries) {
    auto body = codec_.Pack(heading, entries);
    EXPECT_TRUE(body.ok());
    return body.ok() ? std::string(*body) : "";
  }
  Code UnpackCode(const BlockHeading& expected, std::string_view body) {
    return CodeOf(codec_.Unpack(expected, body).status());
  }
  static std::string Frame(const std::string& raw) {
    std::string out(ZSTD_compressBound(raw.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), 1));
    return out;
  }

  BlockCodec codec_;
  const BlockHeading heading_{7, 300, 2};
};

TEST_F(BlockCodecTest, ReadsBack) {
  for (const std::string& entries :
       {std::string(), std::string("entries"), std::string(limits::kTickBytesMax, 'e')}) {
    const std::string body = Pack(heading_, entries);
    auto block = codec_.Unpack(heading_, body);
    ASSERT_TRUE(block.ok()) << Describe(block.status());
    EXPECT_TRUE(block->entries() == entries);
  }
}

TEST_F(BlockCodecTest, AnyFlippedBitIsNoticed) {
  std::string entries;
  for (int i = 0; i < 300; ++i) entries.push_back(static_cast<char>(i * i));
  const std::string sound = Pack(heading_, entries);
  for (size_t at = 0; at < sound.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = sound;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      auto block = codec_.Unpack(heading_, damaged);
      // zstd ignores one unused bit of its frame heading; then the content is the same.
      if (block.ok()) {
        EXPECT_TRUE(block->entries() == entries) << at << "." << bit;
      } else {
        EXPECT_EQ(CodeOf(block.status()), Code::STORE_CORRUPT);
      }
    }
  }
  for (size_t size = 0; size < sound.size(); ++size) {
    EXPECT_EQ(UnpackCode(heading_, sound.substr(0, size)), Code::STORE_CORRUPT) << size;
  }
}

TEST_F(BlockCodecTest, BlockOfAnotherPlaceIsRefused) {
  const std::string body = Pack(heading_, "entries");
  EXPECT_EQ(UnpackCode({8, 300, 2}, body), Code::STORE_CORRUPT);
  EXPECT_EQ(UnpackCode({7, 301, 2}, body), Code::STORE_CORRUPT);
  EXPECT_EQ(UnpackCode({7, 300, 3}, body), Code::STORE_CORRUPT);
}

TEST_F(BlockCodecTest, ForeignFramesAreRefused) {
  EXPECT_EQ(UnpackCode(heading_, Frame("")), Code::STORE_CORRUPT);
  EXPECT_EQ(UnpackCode(heading_, Frame("\x02\x07\xac\x02\x02")), Code::STORE_CORRUPT);
  EXPECT_EQ(UnpackCode(heading_, Frame("\x01\x07\xac")), Code::STORE_CORRUPT);
  EXPECT_EQ(UnpackCode(heading_, "no frame at all"), Code::STORE_CORRUPT);
  // Claims to be larger than any block; nothing of that size is made room for.
  const std::string bomb = Frame(std::string(limits::kTickBytesMax + 2 * limits::kKiB, 'z'));
  EXPECT_EQ(UnpackCode(heading_, bomb), Code::STORE_CORRUPT);
  EXPECT_EQ(UnpackCode(heading_, Frame("\x01\x07\xac\x02\x02")), Code::kOk);
}

}  // namespace
}  // namespace tombolo::store
