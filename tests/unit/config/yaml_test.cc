#include "gateway/config/yaml.h"

#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/config/any_message.h"
#include "tombolo/v1/catalogue.pb.h"
#include "tombolo/v1/node.pb.h"
#include "tombolo/v1/pack.pb.h"
#include "tombolo/v1/profile.pb.h"

namespace tombolo::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What ParseYaml says of `text`, read as the message with every kind of field.
Status ParseAny(std::string_view text) {
  const auto message = NewAny();
  return ParseYaml(text, "a.yaml", message.get());
}

// The fields that `text` gives, in protobuf's short text form.
std::string AnyFrom(std::string_view text) {
  const auto message = NewAny();
  const Status status = ParseYaml(text, "a.yaml", message.get());
  return status.ok() ? message->ShortDebugString() : Describe(status);
}

TEST(ParseYaml, ReadsEveryKindOfField) {
  EXPECT_EQ(AnyFrom("text: hello\n"
                    "texts: [a, 'b']\n"
                    "flag: true\n"
                    "flags:\n  - false\n  - true\n"
                    "i32: -2147483648\ni64: 9223372036854775807\n"
                    "u32: 4294967295\nu64: 18446744073709551615\nu32s: [0, 7]\n"
                    "real: -0.5\nsingle: 2e3\nbytes: AAE=\n"
                    "colour: GREEN\ncolours: [RED]\n"
                    "child:\n  text: in\n"
                    "children:\n  - text: x\n  - {}\n"
                    "other: {}\n"),
            "text: \"hello\" texts: \"a\" texts: \"b\" flag: true flags: false flags: true "
            "i32: -2147483648 i64: 9223372036854775807 u32: 4294967295 "
            "u64: 18446744073709551615 u32s: 0 u32s: 7 real: -0.5 single: 2000 "
            "bytes: \"\\000\\001\" colour: GREEN colours: RED child { text: \"in\" } "
            "children { text: \"x\" } children { } other { }");
}

TEST(ParseYaml, ReadsTheProductsMessages) {
  v1::Pack pack;
  ASSERT_OK(
      ParseYaml("name: uk-fhrs\nsources:\n  - name: f\n    format: XML\n    files: ['*.xml']\n",
                "pack.yaml", &pack));
  EXPECT_EQ(pack.sources(0).format(), v1::XML);
  EXPECT_EQ(pack.sources(0).files(0), "*.xml");
  v1::Profile profile;
  ASSERT_OK(
      ParseYaml("schemes:\n"
                "  - scheme: iso.lei\n"
                "    checks: [{mod97: {}}, {date: {offset: 6}, warning_only: true}]\n",
                "profile.yaml", &profile));
  EXPECT_TRUE(profile.schemes(0).checks(0).has_mod97());
  EXPECT_EQ(profile.schemes(0).checks(1).date().offset(), 6u);
}

TEST(ParseYaml, NothingIsAnEmptyMessageAndReplacesWhatWasThere) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "{}", "\xEF\xBB\xBF"}) {
    v1::NodeConfig node;
    node.set_title("old");
    ASSERT_OK(ParseYaml(text, "node.yaml", &node));
    EXPECT_EQ(node.title(), "") << text;
  }
}

TEST(ParseYaml, ByteOrderMarkAndWindowsLinesAreRead) {
  EXPECT_EQ(AnyFrom("\xEF\xBB\xBFtext: a\r\ni32: 3\r\n"), "text: \"a\" i32: 3");
  EXPECT_THAT(AnyFrom("\xEF\xBB\xBFtext: a\r\ni32: x\r\n"), HasSubstr("a.yaml:2:6: i32"));
}

// Words and numbers that YAML readers turn into something else stay as they are in a text field.
TEST(ParseYaml, TextKeepsItsSource) {
  for (const char* word :
       {"no", "yes",        "on",       "off",  "y",  "true", "010", "0x1F", "1_000", "1e3",
        "+1", "2021-01-01", "12:30:45", "1.10", ".5", "-a",   "=",   "<<",   "NaN",   "13"}) {
    const auto message = NewAny();
    ASSERT_OK(ParseYaml(std::string("text: ") + word + "\n", "a.yaml", message.get())) << word;
    const auto* field = message->GetDescriptor()->FindFieldByName("text");
    EXPECT_EQ(message->GetReflection()->GetString(*message, field), word);
  }
  EXPECT_EQ(AnyFrom("text: 'null'"), "text: \"null\"");
  EXPECT_EQ(AnyFrom("text: \"~\""), "text: \"~\"");
  EXPECT_EQ(AnyFrom("texts: ['', \"\"]"), "texts: \"\" texts: \"\"");
  EXPECT_EQ(AnyFrom("text: \"\\t\""), "text: \"\\t\"");
  EXPECT_EQ(AnyFrom("text: |\n  select 1\n    from t\n"), "text: \"select 1\\n  from t\\n\"");
}

struct Wrong {
  const char* text;
  Code code;
  const char* says;
};

void ExpectWrong(const std::vector<Wrong>& cases) {
  for (const Wrong& wrong : cases) {
    const Status status = ParseAny(wrong.text);
    EXPECT_CODE(wrong.code, status) << wrong.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(wrong.says)) << wrong.text;
    EXPECT_THAT(std::string(status.message()), StartsWith("a.yaml:")) << wrong.text;
  }
}

TEST(ParseYaml, UnknownKeysNameTheNearestKnownOne) {
  ExpectWrong({
      {"txet: a", Code::CONFIG_UNKNOWN_KEY,
       "a.yaml:1:1: unknown key \"txet\"; did you mean \"text\"?"},
      {"Text: a", Code::CONFIG_UNKNOWN_KEY, "did you mean \"text\"?"},
      {"text: a\nchild:\n  colou: RED", Code::CONFIG_UNKNOWN_KEY,
       "a.yaml:3:3: unknown key \"colou\" in child; did you mean \"colour\"?"},
      {"children:\n  - {}\n  - {flagg: true}", Code::CONFIG_UNKNOWN_KEY,
       "a.yaml:3:6: unknown key \"flagg\" in children[1]; did you mean \"flag\"?"},
      {"zzzzzzzzzzzz: a", Code::CONFIG_UNKNOWN_KEY, "known keys: text, texts, flag"},
      {"'': a", Code::CONFIG_UNKNOWN_KEY, "unknown key \"\""},
      {"choice: a", Code::CONFIG_UNKNOWN_KEY, "known keys"},  // a oneof's own name is no key
      {"<<: {text: a}", Code::CONFIG_UNKNOWN_KEY, "unknown key \"<<\""},
      {"7: a", Code::CONFIG_UNKNOWN_KEY, "unknown key \"7\""},
  });
  const Status long_key = ParseAny(std::string(10000, 'k') + ": 1");
  // yaml-cpp takes no key longer than 1024 characters, as the standard says.
  EXPECT_CODE(Code::CONFIG_SYNTAX, long_key);
  EXPECT_CODE(Code::CONFIG_UNKNOWN_KEY, ParseAny(std::string(1000, 'k') + ": 1"));
}

TEST(ParseYaml, WholeNumbersAreStrict) {
  const char* const u32 = "expected a whole number from 0 to 4294967295";
  ExpectWrong({
      {"u32: 4294967296", Code::CONFIG_VALUE, u32},
      {"u32: -1", Code::CONFIG_VALUE, u32},
      {"u32: 010", Code::CONFIG_VALUE, u32},
      {"u32: 0x10", Code::CONFIG_VALUE, u32},
      {"u32: 1_000", Code::CONFIG_VALUE, u32},
      {"u32: +1", Code::CONFIG_VALUE, u32},
      {"u32: 1e3", Code::CONFIG_VALUE, u32},
      {"u32: 1.0", Code::CONFIG_VALUE, u32},
      {"u32: ten", Code::CONFIG_VALUE, "a.yaml:1:6: u32: expected"},
      {"u32: '10'", Code::CONFIG_VALUE, "without quotes"},
      {"u32: true", Code::CONFIG_VALUE, u32},
      {"u32:", Code::CONFIG_VALUE, "found no value"},
      {"u32: [1]", Code::CONFIG_VALUE, "found a list"},
      {"u32: {a: 1}", Code::CONFIG_VALUE, "found keys and values"},
      {"u32: --", Code::CONFIG_VALUE, u32},
      {"i32: 2147483648", Code::CONFIG_VALUE, "from -2147483648 to 2147483647"},
      {"i32: -2147483649", Code::CONFIG_VALUE, "from -2147483648 to 2147483647"},
      {"i64: 9223372036854775808", Code::CONFIG_VALUE, "to 9223372036854775807"},
      {"u64: 18446744073709551616", Code::CONFIG_VALUE, "to 18446744073709551615"},
      {"u32s: [1, 2, x]", Code::CONFIG_VALUE, "a.yaml:1:14: u32s[2]: expected"},
  });
}

TEST(ParseYaml, OtherValuesAreStrict) {
  ExpectWrong({
      {"flag: yes", Code::CONFIG_VALUE, "flag: expected true or false, found \"yes\""},
      {"flag: on", Code::CONFIG_VALUE, "expected true or false"},
      {"flag: True", Code::CONFIG_VALUE, "expected true or false"},
      {"flag: 1", Code::CONFIG_VALUE, "expected true or false"},
      {"flag: 'true'", Code::CONFIG_VALUE, "expected true or false"},
      {"colour: BLUE", Code::CONFIG_VALUE, "expected one of RED, GREEN, found \"BLUE\""},
      {"colour: GREN", Code::CONFIG_VALUE, "perhaps GREEN"},
      {"colour: green", Code::CONFIG_VALUE, "expected one of RED, GREEN"},
      {"colour: 1", Code::CONFIG_VALUE, "expected one of RED, GREEN"},
      {"colour: COLOUR_UNSPECIFIED", Code::CONFIG_VALUE, "expected one of RED, GREEN"},
      {"colours: [RED, [GREEN]]", Code::CONFIG_VALUE, "colours[1]: expected one of"},
      {"real: .nan", Code::CONFIG_VALUE, "expected a number"},
      {"real: inf", Code::CONFIG_VALUE, "expected a number"},
      {"real: 1e999", Code::CONFIG_VALUE, "expected a number"},
      {"single: 1e300", Code::CONFIG_VALUE, "expected a number"},
      {"bytes: 'A'", Code::CONFIG_VALUE, "expected bytes in base64"},
      {"text:", Code::CONFIG_VALUE, "text: expected text, found no value"},
      {"text: null", Code::CONFIG_VALUE, "quote the word null"},
      {"text: ~", Code::CONFIG_VALUE, "found no value"},
      {"text: [a]", Code::CONFIG_VALUE, "expected text, found a list"},
      {"text: {a: b}", Code::CONFIG_VALUE, "expected text, found keys and values"},
      {"texts: a", Code::CONFIG_VALUE, "texts: expected a list, as [a, b]"},
      {"texts: {a: b}", Code::CONFIG_VALUE, "expected a list"},
      {"texts:", Code::CONFIG_VALUE, "expected a list"},
      {"texts: [a, ~]", Code::CONFIG_VALUE, "texts[1]: expected text"},
      {"child: a", Code::CONFIG_VALUE, "child: expected keys of Any"},
      {"child:", Code::CONFIG_VALUE, "child: expected keys of Any"},
      {"children: {}", Code::CONFIG_VALUE, "children: expected a list"},
      {"children: [a]", Code::CONFIG_VALUE, "children[0]: expected keys of Any"},
      {"either: a\nother: {}", Code::CONFIG_VALUE,
       "a.yaml:2:1: only one of \"either\" and \"other\" may be given"},
      {"just words", Code::CONFIG_VALUE, "the file: expected keys of Any"},
      {"[a]", Code::CONFIG_VALUE, "the file: expected keys of Any"},
  });
}

TEST(ParseYaml, SyntaxIsRefusedWithItsPlace) {
  ExpectWrong({
      {"text: 'open", Code::CONFIG_SYNTAX, "a.yaml:1:"},
      {"text: \"open", Code::CONFIG_SYNTAX, "a.yaml:1:"},
      {"text: a\n  b: c", Code::CONFIG_SYNTAX, "a.yaml:2:"},
      {"texts: [a, b", Code::CONFIG_SYNTAX, "a.yaml:1:"},
      {"child: {text: a", Code::CONFIG_SYNTAX, "a.yaml:1:"},
      {"text: a\n\ti32: 1", Code::CONFIG_SYNTAX, "a.yaml:2:"},
      {"text: \"\\q\"", Code::CONFIG_SYNTAX, "a.yaml:1:"},
      {"text: \"\\ud800\"", Code::CONFIG_SYNTAX, "a.yaml:1:"},
      {"text: \"\\0\"", Code::CONFIG_SYNTAX, "an escape gives a character"},
      {"text: a\ntext: b", Code::CONFIG_SYNTAX,
       "a.yaml:2:1: the key \"text\" is there twice, first on line 1"},
      {"child: {text: a, text: b}", Code::CONFIG_SYNTAX, "there twice"},
      {"text: &x a", Code::CONFIG_SYNTAX, "anchors"},
      {"text: &x a\nchild: {text: *x}", Code::CONFIG_SYNTAX, "anchors"},
      {"child: &x {text: a}", Code::CONFIG_SYNTAX, "anchors"},
      {"texts: &x [a]", Code::CONFIG_SYNTAX, "anchors"},
      {"text: *nowhere", Code::CONFIG_SYNTAX, "a.yaml:1:"},
      {"text: !!binary AAAA", Code::CONFIG_SYNTAX, "tags"},
      {"text: !include other.yaml", Code::CONFIG_SYNTAX, "tags"},
      {"child: !x {}", Code::CONFIG_SYNTAX, "tags"},
      {"text: a\n---\ntext: b", Code::CONFIG_SYNTAX, "a second document"},
      {"? [a]\n: b", Code::CONFIG_SYNTAX, "a key must be the name of a field"},
      {"? {a: b}\n: b", Code::CONFIG_SYNTAX, "a key must be the name of a field"},
      {"~: b", Code::CONFIG_SYNTAX, "a key must be the name of a field"},
      {"text: \x01", Code::CONFIG_SYNTAX, "a.yaml:1:7: a control character"},
      {"text: \x7F", Code::CONFIG_SYNTAX, "a control character"},
      {"text: \xFF", Code::CONFIG_SYNTAX, "a.yaml: not UTF-8"},
  });
  EXPECT_CODE(Code::CONFIG_SYNTAX, ParseAny(std::string_view("t\0e\0x\0t\0", 8)));
}

TEST(ParseYaml, ColumnsCountCharacters) {
  EXPECT_THAT(AnyFrom("child: {text: 上海市, i32: x}"), HasSubstr("a.yaml:1:25: child.i32"));
}

// Every line of an alias bomb names the line before it ten times.
TEST(ParseYaml, AliasBombIsRefusedAtItsFirstAnchor) {
  std::string bomb = "a0: &a0 [x,x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + "," + last + "]\n";
  }
  EXPECT_CODE(Code::CONFIG_SYNTAX, ParseAny(bomb));
}

TEST(ParseYaml, AllFaultsAreToldTogether) {
  const Status status = ParseAny("txt: a\nflag: maybe\nu32: -1\ncolours: [RED, PINK]\n");
  EXPECT_CODE(Code::CONFIG_UNKNOWN_KEY, status);  // the first one's
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("a.yaml:1:1: unknown key \"txt\""));
  EXPECT_THAT(message, HasSubstr("\na.yaml:2:7: flag"));
  EXPECT_THAT(message, HasSubstr("\na.yaml:3:6: u32"));
  EXPECT_THAT(message, HasSubstr("\na.yaml:4:16: colours[1]"));
  EXPECT_THAT(message, Not(HasSubstr("more")));
}

std::string BadFlags(size_t count) {
  std::string text = "flags:\n";
  for (size_t i = 0; i < count; ++i) text += "  - maybe\n";
  return text;
}

TEST(ParseYaml, FaultsAreBounded) {  // kYamlFaultsMax
  const std::string at(ParseAny(BadFlags(limits::kYamlFaultsMax)).message());
  EXPECT_EQ(std::count(at.begin(), at.end(), '\n'), limits::kYamlFaultsMax - 1);
  EXPECT_THAT(at, Not(HasSubstr("more")));
  const std::string past(ParseAny(BadFlags(limits::kYamlFaultsMax + 1)).message());
  EXPECT_EQ(std::count(past.begin(), past.end(), '\n'), limits::kYamlFaultsMax);
  EXPECT_THAT(past, HasSubstr("\n... and 1 more"));
}

TEST(ParseYaml, LongValuesAreCutInMessages) {  // kFaultValueBytesMax
  const std::string message(ParseAny("flag: " + std::string(5000, 'x')).message());
  EXPECT_LT(message.size(), limits::kFaultValueBytesMax + 200);
  EXPECT_THAT(message, HasSubstr("x\"..."));
}

TEST(ParseYaml, AnErrorLeavesTheMessageAsItWas) {
  v1::NodeConfig node;
  node.set_title("old");
  EXPECT_CODE(Code::CONFIG_VALUE, ParseYaml("title: new\ningest: 3\n", "node.yaml", &node));
  EXPECT_EQ(node.title(), "old");
  EXPECT_FALSE(node.has_ingest());
}

std::string Nested(size_t levels) {  // `levels` maps, one in the other
  std::string text;
  for (size_t i = 1; i < levels; ++i) text += "{child: ";
  text += "{}";
  for (size_t i = 1; i < levels; ++i) text += "}";
  return text;
}

TEST(ParseYaml, DepthIsBounded) {  // kYamlDepthMax
  EXPECT_OK(ParseAny(Nested(limits::kYamlDepthMax)));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ParseAny(Nested(limits::kYamlDepthMax + 1)));
  EXPECT_CODE(Code::LIMIT_EXCEEDED,
              ParseAny("texts: " + std::string(900, '[') + std::string(900, ']')));
  EXPECT_FALSE(ParseAny("texts: " + std::string(100000, '[')).ok());
  std::string dashes;
  for (int i = 0; i < 1000; ++i) dashes += "- ";
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ParseAny(dashes + "a"));
  EXPECT_FALSE(ParseAny(std::string(100000, '{')).ok());
}

TEST(ParseYaml, SizeIsBounded) {  // kYamlBytesMax
  const std::string head = "text: a\n#";
  const std::string at = head + std::string(limits::kYamlBytesMax - head.size(), '.');
  EXPECT_OK(ParseAny(at));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ParseAny(at + "."));
}

}  // namespace
}  // namespace tombolo::config
