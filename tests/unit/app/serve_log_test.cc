// Lines of JSON; and no field of a record has a name in them, by the schemas' own annotations.
#include "gateway/app/serve_log.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <fstream>
#include <regex>
#include <set>

#include "tests/support/assert_ok.h"

namespace tombolo::app {
namespace {

using ::testing::HasSubstr;

// Names of fields whose comment says that they belong to a record: [layer], [LOCAL].
std::set<std::string> RecordFields() {
  std::set<std::string> names;
  const std::regex field(R"(^\s*(?:repeated |optional )?[\w.]+ (\w+) = \d+;(.*)$)");
  const std::regex marked(R"(\[(?:layer|LOCAL)\])");
  for (const char* file : {"record.proto", "stream.proto"}) {
    std::ifstream in(std::string(TOMBOLO_SOURCE_DIR) + "/schemas/tombolo/v1/" + file);
    EXPECT_TRUE(in) << file;
    std::string line, before;
    while (std::getline(in, line)) {
      std::smatch match;
      if (!std::regex_match(line, match, field)) {
        before = line.find("//") != std::string::npos ? before + line : std::string();
        continue;
      }
      if (std::regex_search(before + match[2].str(), marked)) names.insert(match[1]);
      before.clear();
    }
  }
  return names;
}

TEST(ServeLog, NoFieldOfARecordCanBeNamed) {
  const std::set<std::string> fields = RecordFields();
  EXPECT_GE(fields.size(), 10u);  // the walk finds them
  for (const std::string_view name : LogNames()) {
    EXPECT_EQ(fields.count(std::string(name)), 0u) << name;
  }
}

TEST(ServeLog, ALineIsJsonWhateverItSays) {
  const std::string line =
      "{" +
      LogMembers(LogEvent::kRefused, {{LogName::kPeer, "spiffe://a/\"b\"\n"},
                                      {LogName::kSession, int64_t{7}},
                                      {LogName::kRemark, std::string("\xff\x00", 2)}}) +
      "}";
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(line, error);
  ASSERT_FALSE(error) << line;
  EXPECT_EQ(value.at("event").as_string(), "refused");
  EXPECT_EQ(value.at("peer").as_string(), "spiffe://a/\"b\"\n");
  EXPECT_EQ(value.at("session").as_int64(), 7);
}

TEST(ServeLog, OnStandardErrorFromItsLevelOn) {
  EXPECT_CODE(Code::CONFIG_VALUE, OpenLog("loud"));
  ::testing::internal::CaptureStderr();
  ASSERT_OK(OpenLog("warn"));
  Log(LogLevel::kInfo, LogEvent::kReady, {});
  Log(LogLevel::kError, LogEvent::kFailed, {{LogName::kCode, "IO_ERROR"}});
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("\"event\":\"failed\",\"outcome\":\"IO_ERROR\"}"));
  EXPECT_THAT(text, ::testing::StartsWith("{\"at\":\""));
  EXPECT_EQ(text.find("ready"), std::string::npos);
}

}  // namespace
}  // namespace tombolo::app
