#include "gateway/app/console.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tombolo/v1/stream.pb.h"

namespace tombolo::app {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("上海"), 4u);
  EXPECT_EQ(DisplayWidth("서울"), 4u);
  EXPECT_EQ(DisplayWidth("Café"), 4u);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1u);  // a combining accent
  EXPECT_EQ(DisplayWidth("Ａ"), 2u);         // full width
  EXPECT_EQ(DisplayWidth("€"), 1u);
}

TEST(DisplayWidth, BadBytesDoNotRunPastTheEnd) {
  EXPECT_EQ(DisplayWidth("\xFF"), 1u);
  EXPECT_EQ(DisplayWidth("\xE4\xB8"), 2u);
  EXPECT_EQ(DisplayWidth("a\xF0"), 2u);
  EXPECT_EQ(DisplayWidth("\x80\x80"), 2u);
}

TEST(Table, LinesUpWideText) {
  Table table({"name", ">count", "last"});
  table.Add({"上海", "5", "x"});
  table.Add({"ab", "1,234", "y"});
  EXPECT_EQ(table.Render(),
            "name  count  last\n"
            "上海      5  x\n"
            "ab    1,234  y\n");
}

TEST(Table, FillsShortRowsAndCutsLongOnes) {
  Table table({"a", "b"});
  EXPECT_TRUE(table.empty());
  table.Add({"1"});
  table.Add({"1", "2", "3"});
  EXPECT_EQ(table.Render(), "a  b\n1  \n1  2\n");
}

TEST(Table, ControlCharactersNeverReachTheTerminal) {
  Table table({"a"});
  table.Add({"x\x1b[31m\ny"});
  EXPECT_EQ(table.Render(), "a\nx [31m y\n");
}

TEST(JsonObject, EscapesKeysAndValues) {
  EXPECT_EQ(JsonObject().str(), "{}");
  const std::string hard = "a\"b\\c\n\t\x01/ü\x7f";
  const std::string json = JsonObject()
                               .Text(hard, hard)
                               .Number("n", -5)
                               .Flag("yes", true)
                               .Flag("no", false)
                               .Raw("list", JsonArrayOf({"1", "\"x\""}))
                               .str();
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(json, error);
  ASSERT_FALSE(error) << json;
  EXPECT_EQ(parsed.at(hard).get_string(), hard);
  EXPECT_EQ(parsed.at("n").to_number<int>(), -5);
  EXPECT_TRUE(parsed.at("yes").get_bool());
  EXPECT_FALSE(parsed.at("no").get_bool());
  EXPECT_EQ(parsed.at("list").get_array().size(), 2u);
  EXPECT_EQ(JsonArrayOf({}), "[]");
}

TEST(FaultJson, HasAllFourParts) {
  const std::string json = FaultJson({Code::USCC_CHECK, "col", "va\"lue", "why"});
  const boost::json::value parsed = boost::json::parse(json);
  EXPECT_EQ(parsed.at("code").get_string(), "USCC_CHECK");
  EXPECT_EQ(parsed.at("column").get_string(), "col");
  EXPECT_EQ(parsed.at("value").get_string(), "va\"lue");
  EXPECT_EQ(parsed.at("reason").get_string(), "why");
}

TEST(LibraryLogs, ComeInOurFormAndOnlyWhereNobodyElseTells) {
  TakeLibraryLogs();
  ::testing::internal::CaptureStderr();
  GOOGLE_LOG(WARNING) << "something odd";
  GOOGLE_LOG(ERROR) << "something wrong";
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "tombolo: warning: libprotobuf: something odd\n"
            "tombolo: INTERNAL: libprotobuf: something wrong\n");
  v1::StreamDescriptor descriptor;
  descriptor.set_origin("x");
  std::string bytes = descriptor.SerializeAsString();
  bytes.back() = '\xFF';
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(descriptor.ParseFromString(bytes));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Grouped, ThousandsByThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(12345678), "12,345,678");
  EXPECT_EQ(Grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace tombolo::app
