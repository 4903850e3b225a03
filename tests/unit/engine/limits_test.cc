// Each limit of the engine, at N and at N + 1.
#include "gateway/base/limits.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "adapters/engine/connection.h"
#include "adapters/engine/draft_pack.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/engine/run_fixture.h"

namespace tombolo::engine::testing {
namespace {

// A SELECT whose field `more` is this expression.
std::string SelectWith(const std::string& expression) {
  return absl::StrCat("SELECT _row AS _rows, id AS key_1, name AS \"subject.name\", ", expression,
                      " AS more FROM src");
}

std::string Repeated(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(EngineLimits, ColumnsOfASource) {
  for (const size_t columns : {limits::kColumnsMax - 2, limits::kColumnsMax - 1}) {
    Files files = SimplePack(SelectWith("NULL"));
    std::string& pack = files["pack.yaml"];
    std::string list = "{name: id}, {name: name}";
    for (size_t i = 2; i < columns; ++i) absl::StrAppend(&list, ", {name: c", i, "}");
    const std::string old = "{name: id}, {name: name}, {name: day}, {name: extra}";
    pack.replace(pack.find(old), old.size(), list);
    if (columns + 2 <= limits::kColumnsMax) {
      EXPECT_OK(LoadPack(files));
    } else {
      EXPECT_CODE(Code::PACK_INVALID, LoadPack(files));
    }
  }
}

TEST(EngineLimits, ArgumentsOfACall) {
  const auto call = [](int count) {
    return SimplePack(SelectWith(absl::StrCat("texts(id", Repeated(", id", count - 1), ")")));
  };
  EXPECT_OK(LoadPack(call(limits::kSqlArgumentsMax)));
  EXPECT_CODE(Code::PACK_SQL, LoadPack(call(limits::kSqlArgumentsMax + 1)));
}

TEST(EngineLimits, DepthOfAnExpression) {
  const auto sum = [](int terms) {
    return SimplePack(SelectWith(absl::StrCat("id", Repeated(" || id", terms - 1))));
  };
  EXPECT_OK(LoadPack(sum(limits::kSqlExpressionDepthMax)));
  EXPECT_CODE(Code::PACK_SQL, LoadPack(sum(limits::kSqlExpressionDepthMax + 1)));
}

TEST(EngineLimits, SelectsOfACompound) {
  const auto compound = [](int selects) {
    return SimplePack(
        absl::StrCat(SelectWith("NULL"), Repeated(" UNION ALL SELECT 1, 2, 3, 4", selects - 1)));
  };
  EXPECT_OK(LoadPack(compound(limits::kSqlCompoundMax)));
  EXPECT_CODE(Code::PACK_SQL, LoadPack(compound(limits::kSqlCompoundMax + 1)));
}

TEST_F(RunTest, LimitOfLikePatterns) {
  const auto like = [](int bytes) {
    return SelectWith(absl::StrCat("CASE WHEN id LIKE '", std::string(bytes, 'a'), "' THEN 1 END"));
  };
  EXPECT_OK(RunSql(like(limits::kSqlLikePatternBytesMax), FourColumns({{"1", "A", "", ""}})));
  EXPECT_CODE(Code::PACK_SQL,
              RunSql(like(limits::kSqlLikePatternBytesMax + 1), FourColumns({{"1", "A", "", ""}})));
}

// A step of the recursion is some ten to twenty of SQLite's machine.
TEST_F(RunTest, LimitOfStepsBetweenRows) {
  const auto count_to = [](int64_t n) {
    return SelectWith(
        absl::StrCat("(WITH RECURSIVE c(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < ",
                     n, ") SELECT count(*) FROM c)"));
  };
  EXPECT_OK(RunSql(count_to(limits::kSqlStepsPerRowMax / 50), FourColumns({{"1", "A", "", ""}})));
  EXPECT_CODE(Code::LIMIT_EXCEEDED,
              RunSql(count_to(limits::kSqlStepsPerRowMax), FourColumns({{"1", "A", "", ""}})));
}

TEST_F(RunTest, LimitOfReadingASourceAgain) {
  const std::string sql = R"(SELECT a._row AS _rows, a.id AS key_1, b.name AS "subject.name"
    FROM src AS a JOIN src AS b ON b.id = a.day)";
  // The outer scan is one of the readings.
  std::vector<Cells> rows(limits::kSourceOpensMax - 1, {"1", "A", "1", ""});
  EXPECT_OK(RunSql(sql, FourColumns(rows)));
  rows.push_back(rows.front());
  EXPECT_CODE(Code::PACK_SQL, RunSql(sql, FourColumns(rows)));
}

TEST(EngineLimits, MemoryOfLookupSources) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Connection> connection, Connection::Open());
  {
    ASSERT_OK_AND_ASSIGN(const Statement pages, connection->PrepareOwn("PRAGMA max_page_count"));
    ASSERT_EQ(sqlite3_step(pages.get()), SQLITE_ROW);
    EXPECT_EQ(static_cast<uint64_t>(sqlite3_column_int64(pages.get(), 0)) * limits::kSqlPageBytes,
              limits::kLookupBytesMax);
  }
  // What happens at that number, shown at a smaller one: two pages are the schema and the table.
  ASSERT_OK(connection->Execute("CREATE TABLE t(x); PRAGMA max_page_count=3"));
  const std::string page = absl::StrCat("INSERT INTO t VALUES(zeroblob(", 3000, "))");
  EXPECT_OK(connection->Execute(page));
  EXPECT_CODE(Code::LIMIT_EXCEEDED,
              connection->Execute(absl::StrCat(page, ";", page, ";", page, ";", page)));
}

TEST(EngineLimits, CodesOfADraftedPack) {
  const auto profile = *TestProfile("");
  const std::string code(limits::kDraftCodeBytesMax, 'c');
  std::vector<std::string> values(8, code);
  values.insert(values.end(), 8, "d");
  EXPECT_EQ(GuessColumn(values, *profile).type, v1::CODE);
  values[0] += "c";
  EXPECT_EQ(GuessColumn(values, *profile).type, v1::TEXT);
}

TEST(EngineLimits, FieldNamesOfADraftedPack) {
  PackSample sample;
  sample.name = "x";
  sample.file_name = "x.csv";
  sample.source.set_format(v1::CSV);
  sample.columns = {std::string(limits::kDraftFieldBytesMax, 'a'),
                    std::string(limits::kDraftFieldBytesMax + 1, 'b')};
  sample.rows = {{"1", "2"}};
  sample.profile = *TestProfile("");
  ASSERT_OK_AND_ASSIGN(const auto files, DraftPack(sample));
  const std::string& sql = files.at("record.sql");
  EXPECT_NE(sql.find(absl::StrCat("\"source.", sample.columns[0], "\"")), std::string::npos);
  EXPECT_EQ(sql.find(absl::StrCat("\"source.", sample.columns[1], "\"")), std::string::npos);
  EXPECT_OK(LoadPack({files.begin(), files.end()}));
}

}  // namespace
}  // namespace tombolo::engine::testing
