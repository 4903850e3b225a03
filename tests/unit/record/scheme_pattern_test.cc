#include "gateway/record/scheme_pattern.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <regex>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"

namespace tombolo::record {
namespace {

Pattern Compiled(std::string_view text) {
  StatusOr<Pattern> pattern = Pattern::Compile(text);
  EXPECT_OK(pattern) << text;
  return pattern.ok() ? *std::move(pattern) : *Pattern::Compile("x");
}

TEST(PatternTest, TakesWhatTheSubsetSays) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } kCases[] = {
      {"abc", "abc", true},
      {"abc", "abcd", false},
      {"abc", "ab", false},
      {"abc", "", false},
      {"abc", "xabc", false},
      {"^abc$", "abc", true},
      {"a?", "", true},
      {"a?", "aa", false},
      {"a*b", "aaab", true},
      {"a*b", "b", true},
      {"a+b", "b", false},
      {"(ab)+", "ababab", true},
      {"(ab)+", "aba", false},
      {"(a|bc|d)e", "bce", true},
      {"(a|bc|d)e", "be", false},
      {"a|bc", "bc", true},
      {"a|bc", "ac", false},
      {"[0-9]{3}", "123", true},
      {"[0-9]{3}", "1234", false},
      {"[0-9]{2,}", "1", false},
      {"[0-9]{2,}", "12345678", true},
      {"[0-9]{2,4}", "12345", false},
      {"[0-9]{0,2}x", "x", true},
      {"(a{1,2}){2}", "aaaa", true},
      {"(a{1,2}){2}", "aaaaa", false},
      {"(a?){3}", "", true},
      {"(a?b?){2}", "abab", true},
      {"(a?b?){2}", "ababa", false},
      {"[^0-9]", "x", true},
      {"[^0-9]", "5", false},
      {"[^0-9]", "\n", false},
      {"[]a]+", "]a", true},
      {"[a-]+", "-a", true},
      {"[[:digit:][:upper:]_]+", "A_7", true},
      {"[[:digit:][:upper:]_]+", "a", false},
      {"[[:alnum:]]+", "aZ9", true},
      {"[[:lower:]]", "A", false},
      {"[[:alpha:]]", "9", false},
      {"a\\.b", "a.b", true},
      {"a\\.b", "axb", false},
      {".", "\x7f", false},
      {".{3}", "\xE6\xB2\xAA", true},
      {"\\$\\^", "$^", true},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Compiled(c.pattern).Matches(c.text), c.matches) << c.pattern << " on " << c.text;
  }
}

TEST(PatternTest, NulAndHighBytesAreOrdinaryInput) {
  EXPECT_FALSE(Compiled("[0-9]+").Matches(std::string_view("1\0", 2)));
  EXPECT_FALSE(Compiled("[0-9]+").Matches("\xFF"));
  EXPECT_FALSE(Compiled(".").Matches(std::string_view("\0", 1)));
}

TEST(PatternTest, KnowsShortestAndLongest) {
  EXPECT_EQ(Compiled("[0-9]{13}|[0-9]{15}").length_min(), 13u);
  EXPECT_EQ(Compiled("[0-9]{13}|[0-9]{15}").length_max(), 15u);
  EXPECT_EQ(Compiled("((00)?86)?1[0-9]{10}").length_min(), 11u);
  EXPECT_EQ(Compiled("((00)?86)?1[0-9]{10}").length_max(), 15u);
  EXPECT_EQ(Compiled("a{2,}").length_max(), SIZE_MAX);
  EXPECT_EQ(Compiled("a*").length_min(), 0u);
}

TEST(PatternTest, RefusesWhatItDoesNotKnow) {
  for (const char* pattern :
       {"",        "a||b",         "|a",          "a|",       "()",         "(a",
        "a)",      "[a",           "[]",          "[b-a]",    "[a-\\d]",    "[\\d]",
        "a{",      "a{1",          "a{x}",        "a{2,1}",   "a{0}",       "a{,3}",
        "a}",      "a**",          "a+?",         "a{2}{3}",  "*a",         "+",
        "?",       "{3}",          "(?:a)",       "(?i)a",    "\\d",        "\\1",
        "(a)\\1",  "a\\",          "^*",          "a^b",      "a$b",        "[[.a.]]",
        "[[=a=]]", "[[:digits:]]", "[[:space:]]", "\xC3\xA9", "[\xC3\xA9]", "]",
        "(*)"}) {
    EXPECT_CODE(Code::CONFIG_VALUE, Pattern::Compile(pattern)) << pattern;
  }
}

TEST(PatternTest, LimitsHoldAtNAndNPlusOne) {
  using limits::kPatternBytesMax;
  using limits::kPatternNestingMax;
  using limits::kPatternRepeatMax;
  using limits::kPatternStatesMax;
  EXPECT_OK(Pattern::Compile(std::string(kPatternBytesMax, 'a')));
  EXPECT_CODE(Code::CONFIG_VALUE, Pattern::Compile(std::string(kPatternBytesMax + 1, 'a')));
  EXPECT_OK(Pattern::Compile(absl::StrCat("a{", kPatternRepeatMax, "}")));
  EXPECT_CODE(Code::CONFIG_VALUE, Pattern::Compile(absl::StrCat("a{", kPatternRepeatMax + 1, "}")));
  const auto nested = [](size_t depth) {
    return std::string(depth, '(') + "a" + std::string(depth, ')');
  };
  EXPECT_OK(Pattern::Compile(nested(kPatternNestingMax)));
  EXPECT_CODE(Code::CONFIG_VALUE, Pattern::Compile(nested(kPatternNestingMax + 1)));
  // A row of n characters needs n states, the start and the dead one.
  const auto row = [](size_t length) {
    return absl::StrCat("(a{64}){", length / 64, "}", std::string(length % 64, 'a'));
  };
  EXPECT_OK(Pattern::Compile(row(kPatternStatesMax - 2)));
  EXPECT_CODE(Code::CONFIG_VALUE, Pattern::Compile(row(kPatternStatesMax - 1)));
  // Unfolding stops early instead of growing with the product of the counts.
  EXPECT_CODE(Code::CONFIG_VALUE, Pattern::Compile("((((a{255}){255}){255}){255}){255}"));
  // Exponential determinisation is cut off too.
  EXPECT_CODE(Code::CONFIG_VALUE, Pattern::Compile("(a|b)*a(a|b){20}"));
}

// The same verdict as std::regex, which is slow and sure, on short texts over a small alphabet.
TEST(PatternTest, AgreesWithStdRegex) {
  std::mt19937 random(20261122);
  for (const char* text :
       {"(a|b)*abb", "a{2,3}b?", "(ab|ba){1,2}c*", "[ab]{3}c|c{2}", "((a)?b){2}", "(a|ab)(c|bcd)?",
        "(a*b*){2}c", "[^a]{1,3}", "a(b|c|bc){0,2}", "((a|b){2}){2}|c+"}) {
    const std::regex slow(text, std::regex::extended);
    const Pattern fast = Compiled(text);
    for (int i = 0; i < 3000; ++i) {
      std::string sample;
      for (size_t length = random() % 8; sample.size() < length;) {
        sample.push_back("abcd"[random() % 4]);
      }
      ASSERT_EQ(fast.Matches(sample), std::regex_match(sample, slow)) << text << " on " << sample;
    }
  }
}

}  // namespace
}  // namespace tombolo::record
