#include "gateway/record/grammar.h"

#include <gtest/gtest.h>

#include "gateway/base/limits.h"

namespace tombolo::record {
namespace {

TEST(Name, Forms) {
  for (const char* good : {"a", "subject.name", "a_b.c2", "x.1", "uk.fhrs.rating"}) {
    EXPECT_TRUE(IsName(good)) << good;
  }
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "A", "1a", "_a", "a b", "a-b", "ä", "a\n"}) {
    EXPECT_FALSE(IsName(bad)) << bad;
  }
}

TEST(Text, ControlCharactersAreFoundWhereverTheyStand) {
  EXPECT_TRUE(IsCanonicalText("line\nline, é, 上海市, \xC2\xA0"));
  EXPECT_FALSE(IsCanonicalLine("line\nline"));
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\n') continue;
    for (size_t before = 0; before < 18; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + "yyyyyyyyyyyy";
      EXPECT_EQ(ScanText(text).control, before) << c;
    }
  }
  EXPECT_EQ(ScanText("12345678\x7F").control, 8u);
  EXPECT_EQ(ScanText("\xC2\x80").control, 0u);
  EXPECT_EQ(ScanText("a\xC2\x9F").control, 1u);
  EXPECT_FALSE(IsCanonicalText("\xC2"));
  EXPECT_FALSE(IsCanonicalText("\xED\xA0\x80"));
}

TEST(Text, ControlCharactersAreFoundAtEveryPlaceOfAWord) {
  for (const std::string& control :
       {std::string("\x01"), std::string("\x7F"), std::string("\xC2\x85")}) {
    for (size_t before = 0; before < 20; ++before) {
      const std::string text = std::string(before, 'x') + control + std::string(9, 'y');
      EXPECT_EQ(ScanText(text).control, before) << before;
      std::string wide;
      for (size_t i = 0; i < before; ++i) wide += "\xE4\xB8\x8A";
      EXPECT_EQ(ScanText(wide + control + wide).control, wide.size()) << before;
      EXPECT_EQ(ScanText(wide + "\xC2\xA0\n" + wide).control, std::string::npos) << before;
    }
  }
}

TEST(Text, OneLookTellsRunsOfDigitsAndLineFeeds) {
  EXPECT_EQ(ScanText("").digit_run, 0u);
  EXPECT_EQ(ScanText("letters only").digit_run, 0u);
  EXPECT_EQ(ScanText("No 1380 0138x").digit_run, 5u);
  EXPECT_EQ(ScanText("abc1").digit_run, 4u);
  EXPECT_EQ(ScanText("1abc def").digit_run, 4u);
  EXPECT_EQ(ScanText("\xE4\xB8\x8A"
                     "123"
                     "\xE4\xB8\x8A"
                     "45")
                .digit_run,
            3u);
  EXPECT_EQ(ScanText("\xC3\xA9"
                     "12\xC3\xA9")
                .digit_run,
            2u);
  // Full-width digits count, alone and beside ASCII ones.
  EXPECT_EQ(ScanText("\xEF\xBC\x91\xEF\xBC\x92"
                     "3")
                .digit_run,
            3u);
  EXPECT_TRUE(ScanText("a\nb").line_feed);
  EXPECT_FALSE(ScanText("a b").line_feed);
  EXPECT_FALSE(ScanText("\xE4\xB8").utf8);
  EXPECT_FALSE(ScanText("ab\xF5").utf8);
  EXPECT_TRUE(ScanText("\xF0\x9F\x98\x80 \xE4\xB8\x8A").utf8);
}

TEST(Text, FoldsTabsAndLineEnds) {
  std::string text = "a\tb\r\nc\rd\ne\r";
  EXPECT_TRUE(FoldBlanks(&text));
  EXPECT_EQ(text, "a b\nc\nd\ne\n");
  EXPECT_FALSE(FoldBlanks(&text));
}

TEST(Decimal, CanonicalForm) {
  for (const char* good : {"0", "1", "-1", "10", "0.5", "-0.5", "123.456", "1.05"}) {
    EXPECT_TRUE(IsCanonicalDecimal(good)) << good;
  }
  for (const char* bad : {"", "-", "-0", "00", "01", "+1", "1.", ".5", "1.0", "1.50", "1e3", "1,5",
                          " 1", "1 ", "--1", "1.2.3", "١"}) {
    EXPECT_FALSE(IsCanonicalDecimal(bad)) << bad;
  }
  EXPECT_TRUE(IsCanonicalDecimal(std::string(limits::kDecimalBytesMax, '9')));
  EXPECT_FALSE(IsCanonicalDecimal(std::string(limits::kDecimalBytesMax + 1, '9')));
}

TEST(Decimal, Normalizes) {
  EXPECT_EQ(NormalizeDecimal("+01.50"), "1.5");
  EXPECT_EQ(NormalizeDecimal("-0.00"), "0");
  EXPECT_EQ(NormalizeDecimal("000"), "0");
  EXPECT_EQ(NormalizeDecimal("-07.0"), "-7");
  EXPECT_EQ(NormalizeDecimal(std::string(300, '0') + "1"), "1");
  for (const char* bad : {"", "-", "+", ".5", "1.", "1e3", "1,000", "abc", "+-1", "0x1"}) {
    EXPECT_EQ(NormalizeDecimal(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(NormalizeDecimal(std::string(limits::kDecimalBytesMax + 1, '9')), std::nullopt);
}

TEST(Day, Bounds) {
  EXPECT_TRUE(IsDay(-719162));
  EXPECT_FALSE(IsDay(-719163));
  EXPECT_TRUE(IsDay(2932896));
  EXPECT_FALSE(IsDay(2932897));
}

TEST(Currency, ThreeCapitals) {
  EXPECT_TRUE(IsCurrency("CNY"));
  for (const char* bad : {"", "CN", "CNYY", "cny", "C1Y"}) EXPECT_FALSE(IsCurrency(bad)) << bad;
}

}  // namespace
}  // namespace tombolo::record
