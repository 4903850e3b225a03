#include "gateway/base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/ids.h"
#include "tests/support/fake_entropy.h"

namespace tombolo {
namespace {

// RFC 3629, by arithmetic: decode, then encode again and compare.
bool ReferenceIsUtf8(std::string_view s) {
  size_t i = 0;
  while (i < s.size()) {
    const auto lead = static_cast<unsigned char>(s[i]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size == 0 || lead >= 0xF8 || i + size > s.size()) return false;
    uint32_t point = size == 1 ? lead : lead & (0x7F >> size);
    for (size_t k = 1; k < size; ++k) {
      const auto tail = static_cast<unsigned char>(s[i + k]);
      if (tail < 0x80 || tail > 0xBF) return false;
      point = point << 6 | (tail & 0x3F);
    }
    static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      return false;
    }
    i += size;
  }
  return true;
}

TEST(Utf8, AgreesWithTheReferenceOnAllShortSequences) {
  char bytes[4];
  for (int a = 0; a < 256; ++a) {
    bytes[0] = static_cast<char>(a);
    EXPECT_EQ(IsUtf8({bytes, 1}), ReferenceIsUtf8({bytes, 1})) << a;
    for (int b = 0; b < 256; ++b) {
      bytes[1] = static_cast<char>(b);
      ASSERT_EQ(IsUtf8({bytes, 2}), ReferenceIsUtf8({bytes, 2})) << a << " " << b;
      for (const int c : {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
        bytes[2] = static_cast<char>(c);
        ASSERT_EQ(IsUtf8({bytes, 3}), ReferenceIsUtf8({bytes, 3})) << a << " " << b << " " << c;
        for (const int d : {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
          bytes[3] = static_cast<char>(d);
          ASSERT_EQ(IsUtf8({bytes, 4}), ReferenceIsUtf8({bytes, 4})) << a << " " << b << " " << c;
        }
      }
    }
  }
}

// The fast path takes eight ASCII bytes at a time: damage at every place around it is seen.
TEST(Utf8, DamageIsSeenAtEveryOffset) {
  for (size_t size = 1; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      EXPECT_TRUE(IsUtf8(text));
      text[at] = '\xFF';
      EXPECT_FALSE(IsUtf8(text)) << size << " " << at;
      text.replace(at, 1, "上");
      EXPECT_TRUE(IsUtf8(text)) << size << " " << at;
    }
  }
  EXPECT_TRUE(IsUtf8(""));
}

TEST(Utf8, APrefixNeverCutsACharacter) {
  const std::string text = "aé上😀b";
  for (size_t size = 0; size <= text.size() + 1; ++size) {
    const std::string_view prefix = Utf8Prefix(text, size);
    EXPECT_LE(prefix.size(), size);
    EXPECT_TRUE(IsUtf8(prefix)) << size;
    EXPECT_TRUE(std::string_view(text).starts_with(prefix));
    EXPECT_GT(prefix.size() + 4, std::min(size, text.size())) << "cut more than it had to";
  }
  EXPECT_EQ(Utf8Prefix("\x80\x80\x80", 2), "");
}

TEST(Hex, ThereAndBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(ToHex(std::string_view("\x00\x7f\xff", 3)), "007fff");
  EXPECT_EQ(FromHex(ToHex(all)), all);
  EXPECT_EQ(FromHex("aBcD"), "\xab\xcd");
  EXPECT_EQ(FromHex(""), "");
  for (const char* bad : {"a", "abc", "0g", "g0", "0x", " 00", "-1", "0 "}) {
    EXPECT_EQ(FromHex(bad), std::nullopt) << bad;
  }
}

TEST(Base64, IsStrict) {
  // RFC 4648 section 10
  const std::pair<const char*, const char*> pairs[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
  for (const auto& [plain, coded] : pairs) {
    EXPECT_EQ(ToBase64(plain), coded);
    EXPECT_EQ(FromBase64(coded), plain);
  }
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Zm9v ", " Zm9v", "Zm\n9v", "Zm9_",
                          "Zm9-", "=", "====", "Zg==Zg==", "Z"}) {
    EXPECT_EQ(FromBase64(bad), std::nullopt) << bad;
  }
  testing::FakeEntropy random;
  for (size_t size = 0; size < 70; ++size) {
    const std::string bytes = random.Bytes(size);
    EXPECT_EQ(FromBase64(ToBase64(bytes)), bytes);
  }
}

TEST(Trim, BlanksOfBothWidths) {
  EXPECT_EQ(Trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(Trim("　 　上　海　 "), "上　海");
  EXPECT_EQ(Trim("　"), "");
  EXPECT_EQ(Trim("　　"), "");
  EXPECT_EQ(Trim(" "), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("\xC2\xA0x"), "\xC2\xA0x");  // a no-break space is the source's own
  EXPECT_EQ(Trim("\x80x\x80"), "\x80x\x80");
}

TEST(EditDistance, CountsSlips) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("format", "format"), 0u);
  EXPECT_EQ(EditDistance("fromat", "format"), 2u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("sitting", "kitten"), 3u);
}

TEST(JsonQuote, EscapesWhatJsonNeeds) {
  EXPECT_EQ(JsonQuote("a\"b\\c\n上\t\x01\x7f"), "\"a\\\"b\\\\c\\n上\\u0009\\u0001\\u007f\"");
  EXPECT_EQ(JsonQuote(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(JsonQuote("\xFFx\xE4\xB8"), "\"\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(JsonQuote(""), "\"\"");
}

TEST(StringViews, TheBridgeKeepsBytesAndLength) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(ToStd(ToAbsl(text)), text);
  EXPECT_EQ(ToStd(ToAbsl({})).size(), 0u);
}

TEST(FixedId, OrdersByBytesAsUnsigned) {
  const auto low = RecordId::From(std::string(15, '\0') + "\x01");
  const auto high = RecordId::From(std::string(1, '\xFF') + std::string(15, '\0'));
  EXPECT_LT(low, high);
  EXPECT_NE(low, high);
  EXPECT_EQ(low, RecordId::From(low.view()));
  EXPECT_EQ(low.hex(), "00000000000000000000000000000001");
  EXPECT_EQ(RecordId().hex(), std::string(32, '0'));
}

// RFC 3629 read literally, to compare with.
bool IsUtf8Slowly(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    const auto lead = static_cast<unsigned char>(s[i]);
    const size_t n = lead < 0x80   ? 1
                     : lead < 0xC2 ? 0
                     : lead < 0xE0 ? 2
                     : lead < 0xF0 ? 3
                     : lead < 0xF5 ? 4
                                   : 0;
    if (n == 0 || i + n > s.size()) return false;
    uint32_t code = n == 1 ? lead : lead & (0xFFu >> (n + 1));
    for (size_t k = 1; k < n; ++k) {
      const auto tail = static_cast<unsigned char>(s[i + k]);
      if ((tail & 0xC0) != 0x80) return false;
      code = code << 6 | (tail & 0x3F);
    }
    if (n == 3 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) return false;
    if (n == 4 && (code < 0x10000 || code > 0x10FFFF)) return false;
    i += n;
  }
  return true;
}

TEST(Utf8, AgreesWithALiteralReadingOfTheStandard) {
  static constexpr std::string_view kPieces[] = {"a",
                                                 "abcdefgh",
                                                 "\xE4\xB8\x8A",
                                                 "\xEC\xBF\xBF",
                                                 "\xC2\xA0",
                                                 "\xED\x9F\xBF",
                                                 "\xED\xA0\x80",
                                                 "\xE0\x9F\xBF",
                                                 "\xE0\xA0\x80",
                                                 "\xE2\x82",
                                                 "\xC1\x81",
                                                 "\xF0\x9F\x98\x80",
                                                 "\xF4\x90\x80\x80",
                                                 "\xFF",
                                                 "\x80"};
  uint64_t state = 1;
  const auto draw = [&state](size_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<size_t>(state >> 33) % bound;
  };
  size_t good = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string s;
    for (size_t n = draw(12); n > 0; --n) s += kPieces[draw(4) != 0 ? draw(6) : draw(15)];
    ASSERT_EQ(IsUtf8(s), IsUtf8Slowly(s)) << ToHex(s);
    good += IsUtf8(s) ? 1 : 0;
  }
  EXPECT_GT(good, 20000u);
  EXPECT_LT(good, 180000u);
}

}  // namespace
}  // namespace tombolo
