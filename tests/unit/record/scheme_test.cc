// Identifier schemes of the repository's profiles: worked examples and boundary cases.
#include "gateway/record/scheme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "tests/unit/record/scheme_reference.h"

namespace tombolo::record {
namespace {

// --- GB 32100

TEST(Uscc, WorkedExamples) {
  const struct {
    const char* code;
    int sum;
    int rest;
    int place;
  } kCases[] = {
      {"914403001922038216", 831, 25, 6},   {"12100000400000624D", 328, 18, 13},
      {"91100000100003962T", 439, 5, 26},   {"91110000802100433B", 485, 20, 11},
      {"9144030071526726XG", 1782, 15, 16}, {"11420000MB15291767", 1543, 24, 7},
      {"91350100M000100Y43", 1640, 28, 3},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(UsccSum(c.code), c.sum) << c.code;
    EXPECT_EQ(UsccSum(c.code) % 31, c.rest) << c.code;
    EXPECT_EQ(UsccCheckPlace(c.code), c.place) << c.code;
    const IdentifierCheck check = Check("cn.uscc", c.code);
    EXPECT_TRUE(check.accepted()) << c.code;
    EXPECT_THAT(check.warnings, ::testing::IsEmpty()) << c.code;
    EXPECT_EQ(check.normal, c.code);
    // Of the 31 check characters only this one passes.
    std::string other = c.code;
    for (const char last : kAlphabet31) {
      other.back() = last;
      EXPECT_EQ(Check("cn.uscc", other).accepted(), other == c.code) << other;
    }
  }
}

TEST(Uscc, LetterPrefixesPass) {
  for (const char* code : {"N2330106MF1234567L", "A1110000MB0000000J"}) {
    EXPECT_TRUE(Check("cn.uscc", code).accepted()) << code;
  }
  // Y is a registrar too, though a well-known library refuses it.
  std::string code = "Y1110000MB0000000";
  code += kAlphabet31[static_cast<size_t>(UsccCheckPlace(code))];
  EXPECT_TRUE(Check("cn.uscc", code).accepted()) << code;
}

TEST(Uscc, RestOfZeroGivesTheCheckCharacterZero) {
  Generator generator;
  int found = 0;
  while (found < 20) {
    const std::string code = generator.Uscc();
    if (UsccSum(code) % 31 != 0) continue;
    ++found;
    EXPECT_EQ(code.back(), '0');
    EXPECT_TRUE(Check("cn.uscc", code).accepted()) << code;
  }
}

TEST(Uscc, FormAndCheckAreToldApart) {
  const auto code_of = [](std::string_view input) {
    const IdentifierCheck check = Check("cn.uscc", input);
    return check.accepted() ? Code::kOk : check.faults.front().code;
  };
  EXPECT_EQ(code_of("91350100M000100Y4Z"), Code::USCC_FORMAT);  // Z is not in the alphabet
  EXPECT_EQ(code_of("91350100M000100Y44"), Code::USCC_CHECK);
  EXPECT_EQ(code_of(""), Code::USCC_FORMAT);
  EXPECT_EQ(code_of("91350100M000100Y4"), Code::USCC_FORMAT);
  EXPECT_EQ(code_of("91350100M000100Y433"), Code::USCC_FORMAT);
  EXPECT_EQ(code_of("9135A100M000100Y43"), Code::USCC_FORMAT);  // letters among the place digits
  for (const char letter : std::string_view("IOSVZ")) {
    std::string code = "91350100M000100Y43";
    code[8] = letter;
    EXPECT_EQ(code_of(code), Code::USCC_FORMAT) << letter;
  }
}

TEST(Uscc, TheReasonNamesTheCharacterThatFits) {
  const IdentifierCheck check = Check("cn.uscc", "91350100M000100Y44");
  ASSERT_EQ(check.faults.size(), 1u);
  EXPECT_THAT(check.faults[0].reason, ::testing::HasSubstr("'3'"));
  EXPECT_EQ(check.faults[0].value, "91350100M000100Y44");
}

TEST(Uscc, NormalFormStripsBlankAndHyphenAndLiftsCase) {
  for (const char* input : {"91350100m000100y43", " 91350100M000100Y43 ", "91350100-M000100Y-43",
                            "9135 0100 M000 100Y 43", "91350100M000100Y4-3"}) {
    EXPECT_EQ(Check("cn.uscc", input).normal, "91350100M000100Y43") << input;
    EXPECT_TRUE(Check("cn.uscc", input).accepted()) << input;
  }
}

TEST(Uscc, NothingElseIsFolded) {
  for (const char* input : {
           "９１350100M000100Y43",        // full-width digits
           "91350100Ｍ000100Y43",         // full-width letter
           "٩١350100M000100Y43",          // Arabic-Indic digits
           "91350100M000100Y43\n",        // line break
           "\t91350100M000100Y43",        // tab
           "91350100M000100Y43\xC2\xA0",  // no-break space
           "\xE3\x80\x80"
           "91350100M000100Y43",  // ideographic space
           "91350100.M000100Y43", "91350100_M000100Y43", "91350100/M000100Y43",
           "91350100\xE2\x80\x90M000100Y43",  // typographic hyphen
           "91350100\xD0\x9C"
           "000100Y43",  // Cyrillic look-alike of M
       }) {
    const IdentifierCheck check = Check("cn.uscc", input);
    ASSERT_FALSE(check.accepted()) << input;
    EXPECT_EQ(check.faults.front().code, Code::USCC_FORMAT) << input;
  }
  EXPECT_FALSE(Check("cn.uscc", std::string_view("91350100M000100Y43\0", 19)).accepted());
}

TEST(Uscc, InnerOrganisationCodeIsAWarningOnly) {
  std::string code = "91310000757904992";  // inner check right
  code += kAlphabet31[static_cast<size_t>(UsccCheckPlace(code))];
  EXPECT_THAT(Check("cn.uscc", code).warnings, ::testing::IsEmpty());
  code = "91310000757904993";  // inner check wrong, outer right
  code += kAlphabet31[static_cast<size_t>(UsccCheckPlace(code))];
  const IdentifierCheck check = Check("cn.uscc", code);
  EXPECT_TRUE(check.accepted());
  ASSERT_EQ(check.warnings.size(), 1u);
  EXPECT_EQ(check.warnings[0].code, Code::USCC_CHECK);
  EXPECT_THAT(check.warnings[0].reason, ::testing::HasSubstr("cn.orgcode"));
}

TEST(AnyScheme, LongInputIsRefusedAtTheLimit) {
  const std::string blanks(limits::kIdentifierBytesMax - 18, ' ');
  EXPECT_TRUE(Check("cn.uscc", blanks + "91350100M000100Y43").accepted());
  EXPECT_FALSE(Check("cn.uscc", blanks + " 91350100M000100Y43").accepted());
  const std::string huge(limits::kCellBytesMax, '9');
  const IdentifierCheck check = Check("cn.uscc", huge);
  ASSERT_FALSE(check.accepted());
  EXPECT_LE(check.faults.front().value.size(), limits::kFaultValueBytesMax);
}

// --- GB 11643

std::string RidOf(std::string_view body) { return std::string(body) + RidCheck(body); }

TEST(Rid, StandardSample) {
  EXPECT_TRUE(Check("cn.rid", "11010519491231002X").accepted());
  EXPECT_TRUE(Check("cn.rid", "11010519491231002x").accepted());
  EXPECT_EQ(Check("cn.rid", "110105 19491231 002x").normal, "11010519491231002X");
  EXPECT_FALSE(Check("cn.rid", "110105194912310020").accepted());
}

TEST(Rid, PlaceIsAnyCodeEverValid) {
  for (const char* place : {"110103", "330104", "330113", "110118", "441900", "469001", "429004",
                            "810000", "820000", "830000", "710000", "911124", "999901"}) {
    const IdentifierCheck check = Check("cn.rid", RidOf(std::string(place) + "19800229001"));
    EXPECT_TRUE(check.accepted()) << place;
    EXPECT_THAT(check.warnings, ::testing::IsEmpty()) << place;
  }
}

TEST(Rid, UnknownCountyIsToldUnknownProvinceRefused) {
  // 510222 was a county near Chongqing until 1997: older than the table, alive in people's numbers.
  const IdentifierCheck old_county = Check("cn.rid", RidOf("51022219700101001"));
  EXPECT_TRUE(old_county.accepted());
  ASSERT_EQ(old_county.warnings.size(), 1u);
  EXPECT_EQ(old_county.warnings[0].code, Code::PERSON_ID_INVALID);
  EXPECT_EQ(old_county.warnings[0].reason.find("510222"), std::string::npos);
  for (const char* place : {"000000", "100101", "160101", "200101", "240101", "380101", "470101",
                            "550101", "660101", "700101", "720101", "800101", "840101"}) {
    EXPECT_FALSE(Check("cn.rid", RidOf(std::string(place) + "19700101001")).accepted()) << place;
  }
}

TEST(Rid, DateMustExistAndNotLieAfterTheDecision) {
  const int32_t decided_on = *ParseIsoDate("2020-05-06");
  EXPECT_TRUE(Check("cn.rid", RidOf("11010520000229001"), decided_on).accepted());
  for (const char* body : {"11010519000229001", "11010519990229001", "11010519991301001",
                           "11010519990001001", "11010519990100001", "11010519990431001",
                           "11010500000101001", "11010518491231001", "11010521000101001"}) {
    EXPECT_FALSE(Check("cn.rid", RidOf(body)).accepted()) << body;
  }
  EXPECT_TRUE(Check("cn.rid", RidOf("11010518500101001")).accepted());
  EXPECT_TRUE(Check("cn.rid", RidOf("11010520991231001")).accepted());
  EXPECT_TRUE(Check("cn.rid", RidOf("11010520200506001"), decided_on).accepted());
  EXPECT_FALSE(Check("cn.rid", RidOf("11010520200507001"), decided_on).accepted());
}

TEST(Rid, OldAndOddFormsAreRefused) {
  for (const char* input :
       {"110105491231002", "11010519491231002", "1101051949123100200", "X1010519491231002X",
        "11010519491231X021", "11010519491231002*", "１１０１０５19491231002X", "", " "}) {
    const IdentifierCheck check = Check("cn.rid", input);
    ASSERT_FALSE(check.accepted()) << input;
    EXPECT_EQ(check.faults.front().code, Code::PERSON_ID_INVALID);
  }
}

TEST(Rid, FaultsNeverShowTheNumber) {
  for (const char* input :
       {"110105194912310020", "11010519491331002X", "1101051949123100", "11010519491231002X9999"}) {
    const IdentifierCheck check = Check("cn.rid", input);
    ASSERT_FALSE(check.accepted()) << input;
    for (const Fault& fault : check.faults) {
      EXPECT_EQ(fault.value.find("0105"), std::string::npos) << fault.value;
      EXPECT_THAT(fault.value, ::testing::HasSubstr("****"));
      EXPECT_EQ(fault.reason.find("19491"), std::string::npos) << fault.reason;
    }
  }
  EXPECT_EQ(MaskNumber("1234567"), "***");
  EXPECT_EQ(MaskNumber("12345678"), "12****78");
  EXPECT_EQ(MaskNumber("１２３４５６７８"), "***");
}

// --- ISO 17442

TEST(Lei, SamplesPass) {
  for (const char* lei : {"506700GE1G29325QX363", "5493002ERZU2K9PZDL40", "213800KUD8LAJWSQ9D15",
                          "213800kud8lajwsq9d15", "2138-00KU-D8LA-JWSQ-9D15"}) {
    EXPECT_TRUE(Check("iso.lei", lei).accepted()) << lei;
  }
}

TEST(Lei, CheckDigitsThatTheFormulaNeverMakesAreRefused) {
  // For each of the three there is a body whose whole number leaves 1 modulo 97, so that a check by
  // the remainder alone would take it.
  Generator generator;
  int aliases = 0;
  for (int i = 0; aliases < 60; ++i) {
    const std::string body = generator.Text(kAlphanumerics, 18);
    for (const char* check : {"00", "01", "99"}) {
      if (Mod97(body + check) != 1) continue;
      ++aliases;
      EXPECT_FALSE(Check("iso.lei", body + check).accepted()) << body << check;
      EXPECT_TRUE(Check("iso.lei", body + LeiCheck(body)).accepted()) << body;
    }
  }
}

TEST(Lei, OddFormsAreRefused) {
  for (const char* lei : {"", "506700GE1G29325QX36", "506700GE1G29325QX3633",
                          "506700GE1G29325QX3A3", "506700GE1G29325QX3٦٣", "５06700GE1G29325QX363",
                          "506700GE1G29325QX364", "506700GE1G29325QX3_63"}) {
    const IdentifierCheck check = Check("iso.lei", lei);
    ASSERT_FALSE(check.accepted()) << lei;
    EXPECT_EQ(check.faults.front().code, Code::LEI_INVALID);
  }
}

// --- open schemes

TEST(OpenSchemes, RealShapesPass) {
  for (const auto& [scheme, value] :
       std::vector<std::pair<const char*, const char*>>{{"kr.permit", "3220000-101-2001-24197"},
                                                        {"uk.fhrs", "67282"},
                                                        {"uk.la.business", "06/00739/COMM"},
                                                        {"uk.la.business", "EHDC15239"},
                                                        {"ca.on.toronto.establishment", "10690363"},
                                                        {"generic.text", "(沪) 12号"},
                                                        {"cn.mobile", "+8613800138000"}}) {
    EXPECT_EQ(Check(scheme, value).accepted(), std::string_view(value)[0] != '+') << value;
  }
  for (const auto& [scheme, value] :
       std::vector<std::pair<const char*, const char*>>{{"kr.permit", "3220000-101-2001-2419"},
                                                        {"kr.permit", "3220000101200124197"},
                                                        {"uk.fhrs", "067282"},
                                                        {"uk.fhrs", "67282A"},
                                                        {"uk.fhrs", ""},
                                                        {"uk.la.business", " "},
                                                        {"uk.la.business", "a\tb"},
                                                        {"generic.code", "a b"}}) {
    EXPECT_FALSE(Check(scheme, value).accepted()) << scheme << " " << value;
  }
}

TEST(AnyScheme, UnknownSchemeIsAFault) {
  const IdentifierCheck check = Check("cn.nothing", "1");
  ASSERT_EQ(check.faults.size(), 1u);
  EXPECT_EQ(check.faults[0].code, Code::SCHEME_UNKNOWN);
}

}  // namespace
}  // namespace tombolo::record
