// What loading a profile refuses: each case is a good profile with one thing wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/base/limits.h"
#include "gateway/record/profile.h"
#include "gateway/record/profile_table.h"
#include "tests/support/assert_ok.h"
#include "tests/support/profiles_for_test.h"

namespace tombolo::record {
namespace {

using ::testing::HasSubstr;

constexpr char kGood[] = R"(
name: p
code_lists: [{name: p.list, file: list.csv}]
division_tables: [{name: p.places, file: places.csv}]
schemes:
  - scheme: p.inner
    pattern: '[0-9]{3}'
    checks:
      - weighted_sum: {alphabet: '0123456789', weights: [1, 2], modulus: 10,
                       check_alphabet: '0123456789'}
    examples: ['125']
  - scheme: p.outer
    strip: ' '
    natural_person: true
    pattern: '[0-9]{2}[0-9]{8}[0-9]{3}'
    checks:
      - division: {offset: 0, length: 2, table: p.places}
      - date: {offset: 2, year_min: 1900, year_max: 2050}
      - inner: {offset: 10, length: 3, scheme: p.inner}
      - prefix: {code_list: p.list}
    text_groups: ['2 8 3']
    format_code: ID_INVALID
    check_code: ID_INVALID
    examples: ['1120200101125']
watch_in_text: [p.outer]
rules:
  division_table: p.places
  authority_scheme: p.inner
  windows: [{severity: MINOR, months_max: 3}]
prohibited: [{category: religion, words: [religion]}]
)";

const std::map<std::string, std::string>& Files() {
  static const auto* const kFiles = new std::map<std::string, std::string>{
      {"list.csv", "code,label\n112,Twelve\n9,Nine\n"},
      {"places.csv",
       "code,name,parent,level,valid_from,valid_to,successors\n11,Eleven,,PROVINCE,,,\n"}};
  return *kFiles;
}

TEST(ProfileLoading, TheGoodOneLoads) {
  const auto loaded = testing::CompileProfileText(kGood, Files());
  ASSERT_OK(loaded);
  EXPECT_EQ((*loaded)->FindPersonNumbers("no 11 20200101 125").size(), 1u);
  // Each check refuses for itself.
  for (const char* number : {"1220200101125", "1120200230125", "1118991231125", "1120510101125",
                             "1120200101126", "1120200101", "11202001011250"}) {
    EXPECT_FALSE((*loaded)->CheckIdentifier("p.outer", number, {}).accepted()) << number;
  }
}

TEST(ProfileLoading, EachThingWrongIsRefusedAndNamed) {
  const struct {
    const char* from;
    const char* to;
    const char* told;
  } kCases[] = {
      {"name: p\n", "name: ''\n", "no name"},
      {"name: p\n", "name: p\nincludes: [q]\n", "'q'"},
      {"examples: ['125']", "examples: ['126']", "example '126' does not pass"},
      {"examples: ['1120200101125']", "examples: [nonsense]", "example 'nonsense'"},
      {"pattern: '[0-9]{3}'", "pattern: '[0-9'", "not closed"},
      {"pattern: '[0-9]{3}'", "pattern: '(?:a)'", "pattern"},
      {"pattern: '[0-9]{3}'", "pattern: ''", "empty"},
      {"pattern: '[0-9]{3}'", "pattern: '[0-9]{2}'", "reaches beyond"},
      {"scheme: p.outer", "scheme: p.inner", "declared twice"},
      {"scheme: p.outer", "scheme: ''", "no name"},
      {"length: 3, scheme: p.inner", "length: 3, scheme: p.none", "'p.none'"},
      {"length: 3, scheme: p.inner", "length: 3, scheme: p.outer", "not declared before"},
      {"length: 3, scheme: p.inner", "length: 4, scheme: p.inner", "beyond"},
      {"length: 2, table: p.places", "length: 2, table: none", "'none'"},
      {"length: 2, table: p.places", "length: 0, table: p.places", "beyond"},
      {"date: {offset: 2,", "date: {offset: 6,", "beyond"},
      {"year_max: 2050", "year_max: 10000", "year_min"},
      {"year_max: 2050", "year_max: 1800", "year_min"},
      {"code_list: p.list", "code_list: none", "'none'"},
      {"prefix: {code_list: p.list}", "warning_only: true", "no kind"},
      {"modulus: 10", "modulus: 11", "one character per value"},
      {"modulus: 10", "modulus: 1", "less than 2"},
      {"weights: [1, 2]", "weights: []", "no weights"},
      {"weights: [1, 2]", "weights: [1, 2, 3]", "reaches beyond"},
      {"alphabet: '0123456789', weights", "alphabet: '0123456780', weights", "twice"},
      {"alphabet: '0123456789', weights", "alphabet: '', weights", "empty"},
      {"alphabet: '0123456789', weights", "alphabet: '０', weights", "not ASCII"},
      {"strip: ' '", "strip: '　'", "strip is not ASCII"},
      {"check_code: ID_INVALID", "check_code: NO_SUCH_CODE", "NO_SUCH_CODE"},
      {"format_code: ID_INVALID", "format_code: nothing", "'nothing'"},
      {"text_groups: ['2 8 3']", "text_groups: ['2  8']", "text_groups"},
      {"text_groups: ['2 8 3']", "text_groups: ['2 x']", "text_groups"},
      {"text_groups: ['2 8 3']", "text_groups: ['']", "text_groups"},
      {"text_groups: ['2 8 3']", "country_code: '+86'", "country_code"},
      {"natural_person: true", "natural_person: false", "natural persons"},
      {"watch_in_text: [p.outer]", "watch_in_text: [p.none]", "'p.none'"},
      {"division_table: p.places", "division_table: none", "'none'"},
      {"authority_scheme: p.inner", "authority_scheme: none", "'none'"},
      {"severity: MINOR", "severity: TINY", "'TINY'"},
      {"category: religion", "category: ''", "no name"},
      {"words: [religion]", "words: ['']", "not a word"},
      {"file: list.csv", "file: none.csv", "none.csv"},
      {"file: places.csv", "file: none.csv", "none.csv"},
      {"file: places.csv", "file: list.csv", "line 1"},
      {"file: list.csv", "file: places.csv", "line 1"},
      {"name: p.list, file", "name: '', file", "lacks name or file"},
      {"file: places.csv", "file: ''", "lacks name or file"},
  };
  for (const auto& c : kCases) {
    ASSERT_NE(std::string(kGood).find(c.from), std::string::npos) << c.from;
    const std::string text = absl::StrReplaceAll(kGood, {{c.from, c.to}});
    const auto loaded = testing::CompileProfileText(text, Files());
    ASSERT_CODE(Code::CONFIG_VALUE, loaded) << c.to;
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(c.told)) << c.to;
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("profile '")) << c.to;
  }
}

TEST(ProfileLoading, CodeListsAreStrict) {
  for (const char* text : {"", "label,code\n", "code\n1\n", "code,label\n1\n",
                           "code,label\n1,a,b\n", "code,label\n,a\n", "code,label\n1,a\n1,b\n",
                           "code,label\n1,\"a\n", "code,label\n1,\xFF\n", "code,label,when\n"}) {
    std::map<std::string, std::string> files = Files();
    files["list.csv"] = text;
    EXPECT_CODE(Code::CONFIG_VALUE, testing::CompileProfileText(kGood, files)) << text;
  }
}

TEST(ProfileLoading, ChainsMustHoldTogether) {
  const auto no_files = [](std::string_view, std::string_view) -> StatusOr<std::string> {
    return MakeError(Code::FILE_UNREADABLE, "none");
  };
  v1::Profile base;
  base.set_name("base");
  v1::Profile upper;
  upper.set_name("upper");
  upper.add_includes("base");
  EXPECT_OK(Profile::Compile({base, upper}, no_files));
  EXPECT_CODE(Code::CONFIG_VALUE, Profile::Compile({}, no_files));
  EXPECT_CODE(Code::CONFIG_VALUE, Profile::Compile({upper}, no_files));
  EXPECT_CODE(Code::CONFIG_VALUE, Profile::Compile({upper, base}, no_files));
  EXPECT_CODE(Code::CONFIG_VALUE, Profile::Compile({base, base}, no_files));
  upper.add_includes("upper");
  EXPECT_CODE(Code::CONFIG_VALUE, Profile::Compile({base, upper}, no_files));
}

TEST(ProfileLoading, ALaterProfileOverridesWindowsAndSwitchesOnMore) {
  v1::Profile base;
  base.set_name("base");
  base.mutable_rules()->set_past_window(true);
  for (const char* severity : {"MINOR", "SERIOUS"}) {
    auto* window = base.mutable_rules()->add_windows();
    window->set_severity(severity);
    window->set_months_max(3);
  }
  v1::Profile upper;
  upper.set_name("upper");
  auto* window = upper.mutable_rules()->add_windows();
  window->set_severity("MINOR");
  window->set_months_max(6);
  ASSERT_OK_AND_ASSIGN(const auto made, Profile::Compile({base, upper}, {}));
  EXPECT_TRUE(made->rules().past_window());
  ASSERT_EQ(made->rules().windows_size(), 2);
  EXPECT_EQ(made->rules().windows(0).severity(), "SERIOUS");
  EXPECT_EQ(made->rules().windows(1).months_max(), 6u);
}

TEST(Table, ReadsQuotesCommentsAndBothLineEnds) {
  ASSERT_OK_AND_ASSIGN(
      const std::vector<TableRow> rows,
      ParseTable("\xEF\xBB\xBF# why\r\na,b\r\n\"x, \"\"y\"\"\",1\n\n\"two\nlines\",\n", "t",
                 {"a", "b", "c"}, 2, 10));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].line, 3u);
  EXPECT_THAT(rows[0].cells, ::testing::ElementsAre("x, \"y\"", "1", ""));
  EXPECT_EQ(rows[1].line, 5u);
  EXPECT_EQ(rows[1].cells[0], "two\nlines");
  ASSERT_OK_AND_ASSIGN(const auto unended, ParseTable("a,b\n1,2", "t", {"a", "b"}, 2, 10));
  EXPECT_EQ(unended.size(), 1u);
}

TEST(Table, RowsAreLimited) {
  EXPECT_OK(ParseTable("a\n1\n2\n", "t", {"a"}, 1, 2));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ParseTable("a\n1\n2\n3\n", "t", {"a"}, 1, 2));
}

}  // namespace
}  // namespace tombolo::record
