#include "gateway/record/division.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/support/profiles_for_test.h"

namespace tombolo::record {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kHeader[] = "code,name,parent,level,valid_from,valid_to,successors\n";

StatusOr<DivisionTable> TableOf(const std::string& rows) {
  DivisionTable table;
  RETURN_IF_ERROR(table.AddCsv(kHeader + rows, "d.csv"));
  RETURN_IF_ERROR(table.Finish());
  return table;
}

int32_t Day(std::string_view text) { return *ParseIsoDate(text); }

TEST(DivisionTable, FindsByPeriod) {
  ASSERT_OK_AND_ASSIGN(const DivisionTable table, TableOf("1,One,,PROVINCE,,,\n"
                                                          "11,Old,1,COUNTY,,2010-01-01,12\n"
                                                          "11,New,1,COUNTY,2015-01-01,,\n"
                                                          "12,Two,1,COUNTY,2010-01-01,,\n"));
  EXPECT_EQ(table.size(), 4u);
  EXPECT_EQ(table.Find("11", Day("2009-12-31"))->name, "Old");
  EXPECT_EQ(table.Find("11", Day("2010-01-01")), nullptr);  // the first day no more
  EXPECT_EQ(table.Find("11", Day("2014-12-31")), nullptr);
  EXPECT_EQ(table.Find("11", Day("2015-01-01"))->name, "New");  // the first day
  EXPECT_EQ(table.Find("11", std::nullopt)->name, "New");       // the latest
  EXPECT_EQ(table.Find("12", Day("2009-12-31")), nullptr);
  EXPECT_EQ(table.Find("13", std::nullopt), nullptr);
  EXPECT_EQ(table.Find("", std::nullopt), nullptr);
  EXPECT_THAT(table.Find("11", Day("2000-01-01"))->successors, ElementsAre("12"));
}

TEST(DivisionTable, TakesSeveralFiles) {
  DivisionTable table;
  ASSERT_OK(table.AddCsv(absl::StrCat(kHeader, "21,A,2,COUNTY,,,\n"), "a.csv"));
  ASSERT_OK(table.AddCsv(absl::StrCat(kHeader, "2,B,,PROVINCE,,,\n"), "b.csv"));
  ASSERT_OK(table.Finish());
  EXPECT_EQ(table.Find("21", std::nullopt)->parent, "2");
}

TEST(DivisionTable, RefusesWhatDoesNotHoldTogether) {
  for (const char* rows : {
           ",One,,PROVINCE,,,\n",                                           // no code
           "1,One,,VILLAGE,,,\n",                                           // level
           "1,One,,,,,\n",                                                  // no level
           "1,One,,PROVINCE,2010-02-30,,\n",                                // no such day
           "1,One,,PROVINCE,,20100101,\n",                                  // not a date
           "1,One,,PROVINCE,2010-01-01,2010-01-01,\n",                      // empty period
           "1,One,,PROVINCE,2010-01-02,2010-01-01,\n",                      // backwards
           "1,One,9,PROVINCE,,,\n",                                         // parent unknown
           "1,One,,PROVINCE,,2010-01-01,9\n",                               // successor unknown
           "1,One,,PROVINCE,,,\n1,Two,,PROVINCE,,,\n",                      // twice
           "1,One,,PROVINCE,,2010-01-02,\n1,Two,,PROVINCE,2010-01-01,,\n",  // overlap
       }) {
    EXPECT_CODE(Code::CONFIG_VALUE, TableOf(rows)) << rows;
  }
}

TEST(DivisionTable, RefusesOddCsvWithItsLine) {
  for (const char* rows : {"1,One,,PROVINCE,,\n", "1,One,,PROVINCE,,,,\n", "1,\"One,,PROVINCE,,,\n",
                           "1,\"One\"x,,PROVINCE,,,\n", "1,O\"ne,,PROVINCE,,,\n",
                           "1,One,,PROVINCE,,,\r", "1,\xFF,,PROVINCE,,,\n"}) {
    EXPECT_CODE(Code::CONFIG_SYNTAX, TableOf(rows)) << rows;
  }
  const StatusOr<DivisionTable> table = TableOf("1,One,,PROVINCE,,,\n\n1,Two\n");
  ASSERT_FALSE(table.ok());
  EXPECT_THAT(std::string(table.status().message()), HasSubstr("d.csv, line 4"));
  DivisionTable other;
  EXPECT_CODE(Code::CONFIG_SYNTAX, other.AddCsv("", "d.csv"));
  EXPECT_CODE(Code::CONFIG_SYNTAX, other.AddCsv("name,code\n", "d.csv"));
  EXPECT_CODE(Code::CONFIG_SYNTAX,
              other.AddCsv("code,name,parent,level,valid_from,valid_to\n", "d"));
}

TEST(DivisionTable, RowsAreLimited) {
  std::string text = kHeader;
  for (size_t i = 0; i < limits::kDivisionRowsMax; ++i) text += "1,N,,COUNTY,,,\n";
  EXPECT_OK(DivisionTable().AddCsv(text, "d.csv"));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, DivisionTable().AddCsv(text + "1,N,,COUNTY,,,\n", "d.csv"));
}

// --- the repository's table

const Division* Find(std::string_view code, std::string_view day = "") {
  return testing::ProfileForTest("cn")->FindDivision(
      "cn.gb2260", code, day.empty() ? std::nullopt : ParseIsoDate(day));
}

TEST(Gb2260, KnowsWhatWasAbolished) {
  ASSERT_NE(Find("110103"), nullptr);
  EXPECT_EQ(Find("110103")->name, "崇文区");
  EXPECT_NE(Find("110103", "2005-01-01"), nullptr);
  EXPECT_EQ(Find("110103", "2012-01-01"), nullptr);
  EXPECT_THAT(Find("110103")->successors, ElementsAre("110101"));
  EXPECT_EQ(Find("330104")->name, "江干区");
  EXPECT_NE(Find("330104", "2016-01-01"), nullptr);
  EXPECT_EQ(Find("330104", "2023-12-31"), nullptr);
  EXPECT_THAT(Find("330104")->successors, ElementsAre("330102"));
}

TEST(Gb2260, KnowsWhatIsNew) {
  for (const char* code : {"330113", "330114", "110118", "330105"}) {
    ASSERT_NE(Find(code), nullptr) << code;
    EXPECT_NE(Find(code, "2024-01-01"), nullptr) << code;
  }
  EXPECT_EQ(Find("330113", "2010-01-01"), nullptr);
  EXPECT_EQ(Find("110118", "2010-01-01"), nullptr);
  // The county's name and code of before the change lead to the district's.
  EXPECT_THAT(Find("110228")->successors, ElementsAre("110118"));
}

TEST(Gb2260, LevelsAndParentsAreStatedNotGuessed) {
  EXPECT_EQ(Find("110000")->level, "PROVINCE");
  EXPECT_THAT(Find("110000")->parent, IsEmpty());
  EXPECT_EQ(Find("330100")->level, "PREFECTURE");
  EXPECT_EQ(Find("330104")->parent, "330100");
  EXPECT_EQ(Find("441900")->level, "PREFECTURE");  // a city without districts
  EXPECT_EQ(Find("441900")->parent, "440000");
  EXPECT_EQ(Find("469001")->level, "COUNTY");
  EXPECT_EQ(Find("469001")->parent, "460000");  // straight under the province
  EXPECT_EQ(Find("429004")->parent, "420000");
  EXPECT_EQ(Find("310115")->parent, "310000");
  for (const char* code : {"710000", "810000", "820000"}) {
    EXPECT_EQ(Find(code)->level, "PROVINCE");
    EXPECT_NE(Find(code, "2010-01-01"), nullptr);
    EXPECT_NE(Find(code, "2026-01-01"), nullptr);
  }
  for (const char* code : {"000000", "999901", "830000", "11010", "1101011", "１１０１０１"}) {
    EXPECT_EQ(Find(code), nullptr) << code;
  }
}

TEST(Gb2260, EveryProvinceHasItsIsoCode) {
  const auto profile = testing::ProfileForTest("cn");
  int provinces = 0;
  for (int i = 11; i <= 82; ++i) {
    const std::string code = absl::StrCat(i, "0000");
    const bool known = Find(code) != nullptr;
    EXPECT_EQ(profile->FindCode("cn.iso3166", code) != nullptr, known) << code;
    provinces += known ? 1 : 0;
  }
  EXPECT_EQ(provinces, 34);
  EXPECT_EQ(*profile->FindCode("cn.iso3166", "310000"), "CN-SH");
}

TEST(Gb2260, TheTestProfileAddsItsOwn) {
  const auto profile = testing::ProfileForTest("test");
  EXPECT_NE(profile->FindDivision("cn.gb2260", "999901", std::nullopt), nullptr);
  EXPECT_NE(profile->FindDivision("cn.gb2260", "110000", std::nullopt), nullptr);
  EXPECT_EQ(profile->FindDivision("cn.gb2260", "999905", Day("2020-01-01")), nullptr);
  EXPECT_EQ(profile->FindDivision("cn.gb2260", "999906", Day("2019-12-31")), nullptr);
  EXPECT_EQ(profile->FindDivision("no.such", "110000", std::nullopt), nullptr);
}

}  // namespace
}  // namespace tombolo::record
