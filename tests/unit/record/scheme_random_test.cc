// Two thousand valid and two thousand invalid numbers of every scheme, against the references.
#include <gtest/gtest.h>

#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "gateway/record/scheme.h"
#include "tests/support/profiles_for_test.h"
#include "tests/unit/record/scheme_reference.h"

namespace tombolo::record {
namespace {

constexpr int kSamples = 2000;

struct SchemeCase {
  const char* scheme;
  std::function<std::string(Generator*)> generate;
  bool (*is_valid)(std::string_view);
};

const std::vector<SchemeCase>& CheckedSchemes() {
  static const auto* const kCases = new std::vector<SchemeCase>{
      {"cn.uscc", [](Generator* g) { return g->Uscc(); }, IsUscc},
      {"cn.orgcode", [](Generator* g) { return g->Orgcode(); }, IsOrgcode},
      {"cn.rid", [](Generator* g) { return g->Rid(); }, IsRid},
      {"iso.lei", [](Generator* g) { return g->Lei(); }, IsLei},
      {"bank.card", [](Generator* g) { return g->Visa(); }, IsVisa},
  };
  return *kCases;
}

TEST(CheckedSchemes, AcceptTwoThousandValid) {
  Generator generator;
  for (const SchemeCase& c : CheckedSchemes()) {
    for (int i = 0; i < kSamples; ++i) {
      const std::string number = c.generate(&generator);
      ASSERT_TRUE(c.is_valid(number)) << "the generator errs: " << number;
      const IdentifierCheck check = Check(c.scheme, number);
      ASSERT_TRUE(check.accepted()) << c.scheme << " " << number;
      ASSERT_EQ(check.normal, number);
    }
  }
}

TEST(CheckedSchemes, RefuseTwoThousandSlips) {
  Generator generator;
  for (const SchemeCase& c : CheckedSchemes()) {
    for (int refused = 0; refused < kSamples;) {
      const std::string number = generator.Slip(c.generate(&generator));
      const bool valid = c.is_valid(number);
      ASSERT_EQ(Check(c.scheme, number).accepted(), valid) << c.scheme << " " << number;
      refused += valid ? 0 : 1;
    }
  }
}

// GB 32100 and MOD 11-2 find every single wrong character; the others all but what the reference
// lets through too (36 values modulo 11; a letter for a digit shifts the weights of MOD 97-10).
TEST(CheckedSchemes, EverySingleWrongCharacter) {
  Generator generator;
  for (const SchemeCase& c : CheckedSchemes()) {
    const std::string_view scheme = c.scheme;
    const std::string right = c.generate(&generator);
    int passed = 0;
    for (size_t at = 0; at < right.size(); ++at) {
      for (const char wrong : kAlphanumerics) {
        if (wrong == right[at]) continue;
        std::string number = right;
        number[at] = wrong;
        ASSERT_EQ(Check(scheme, number).accepted(), c.is_valid(number)) << scheme << " " << number;
        passed += c.is_valid(number) ? 1 : 0;
      }
    }
    if (scheme == "cn.uscc" || scheme == "cn.rid") {
      EXPECT_EQ(passed, 0) << scheme;
    }
  }
}

// 2,000 like its examples and 2,000 slips of them: the same verdict as std::regex on its pattern.
TEST(OpenSchemes, AgreeWithTheirPattern) {
  Generator generator;
  const auto profile = testing::ProfileForTest("cn");
  int schemes = 0;
  for (const std::string& name : profile->SchemeNames()) {
    const v1::IdentifierScheme& scheme = *profile->FindScheme(name);
    if (scheme.checks_size() > 0 || name == "generic.text") continue;
    ++schemes;
    const std::regex slow(scheme.pattern(), std::regex::extended);
    const auto agrees = [&](const std::string& number) {
      std::string normal;
      for (const char c : number) {
        const bool lift = scheme.upper_case() && c >= 'a' && c <= 'z';
        if (scheme.strip().find(c) == std::string::npos) {
          normal += lift ? static_cast<char>(c - 'a' + 'A') : c;
        }
      }
      const bool valid = std::regex_match(normal, slow);
      EXPECT_EQ(Check(name, number).accepted(), valid) << name << " '" << number << "'";
      return valid;
    };
    int valid = 0;
    int refused = 0;
    for (int i = 0; valid < kSamples || refused < kSamples; ++i) {
      ASSERT_LT(i, 200 * kSamples) << name << ": " << valid << " valid, " << refused << " refused";
      std::string number = scheme.examples(i % scheme.examples_size());
      for (char& c : number) {
        if (c >= '0' && c <= '9') c = generator.Text(kDigits, 1)[0];
      }
      valid += agrees(number);
      refused += !agrees(generator.Slip(generator.Slip(number) + "\x01"));
      ASSERT_FALSE(HasFailure());
    }
  }
  EXPECT_GE(schemes, 10);
}

}  // namespace
}  // namespace tombolo::record
