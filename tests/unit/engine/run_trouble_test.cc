// Running packs when things go wrong: broken files, faults, bounds, hostile SQL, sinks that stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/engine/engine_support.h"
#include "tests/unit/engine/run_fixture.h"

namespace tombolo::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(RunTest, ATruncatedFileKeepsWhatCameBefore) {
  MemoryFile file = FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}});
  file.breaks = 2;
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunSql(kPlain, file));
  EXPECT_FALSE(result.read_to_end);
  EXPECT_CODE(Code::FILE_TRUNCATED, result.outcome);
  EXPECT_EQ(result.rows_read, 1);
  EXPECT_EQ(sink_.drafts.size(), 1);
}

TEST_F(RunTest, GroupsOfATruncatedFileAreNotFormed) {
  MemoryFile file = FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}});
  file.breaks = 2;
  const std::string sql =
      "SELECT rows(_row) AS _rows, id AS key_1, name AS \"subject.name\" FROM src GROUP BY id";
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunSql(sql, file));
  EXPECT_CODE(Code::FILE_TRUNCATED, result.outcome);
  EXPECT_THAT(sink_.drafts, IsEmpty());
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_THAT(sink_.bad[0].faults[0].reason, HasSubstr("FILE_TRUNCATED"));
}

TEST_F(RunTest, ARenamedHeaderNamesColumnAndNearest) {
  MemoryFile file = FourColumns({{"1", "A", "", ""}});
  file.columns[1] = "nane";
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunSql(kPlain, file));
  EXPECT_CODE(Code::HEADER_MISSING, result.outcome);
  EXPECT_THAT(std::string(result.outcome.message()), HasSubstr("no column 'name'"));
  EXPECT_THAT(std::string(result.outcome.message()), HasSubstr("'nane'"));
  EXPECT_THAT(std::string(result.outcome.message()), HasSubstr("src.csv"));
  EXPECT_FALSE(result.read_to_end);
}

TEST_F(RunTest, PathAndOptionalColumns) {
  Files files = SimplePack(kPlain);
  std::string& pack = files["pack.yaml"];
  const std::string old = "{name: name}, {name: day}";
  pack.replace(pack.find(old), old.size(),
               "{name: name, path: Full name}, {name: day, optional: true}");
  MemoryFile file;
  file.columns = {"extra", "Full name", "id"};
  file.rows = {{"", "Ada", "1"}};
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunFiles(files, file));
  EXPECT_EQ(FieldText(sink_.drafts.at(0).draft, "subject.name"), "Ada");
  EXPECT_THAT(result.unused_columns, ElementsAre("extra"));
}

TEST_F(RunTest, ScopeComesFromTheRowOrTheSelect) {
  Files files = SimplePack(kPlain);
  files["pack.yaml"] += "    scope_column: extra\n";
  ASSERT_OK(RunFiles(files, FourColumns({{"1", "A", "", "east"}, {"2", "B", "", ""}})).status());
  EXPECT_EQ(sink_.drafts[0].scope, "east");
  EXPECT_EQ(sink_.drafts[1].scope, "");
  files["main.sql"] =
      "SELECT rows(_row) AS _rows, id AS key_1, name AS \"subject.name\" "
      "FROM src GROUP BY id";
  EXPECT_CODE(Code::PACK_SQL, RunFiles(files, FourColumns({{"1", "A", "", "east"}})));
  files["main.sql"] =
      "SELECT rows(_row) AS _rows, id AS key_1, name AS \"subject.name\", "
      "max(extra) AS _scope FROM src GROUP BY id";
  ASSERT_OK(RunFiles(files, FourColumns({{"1", "A", "", "west"}})).status());
  EXPECT_EQ(sink_.drafts.back().scope, "west");
}

TEST_F(RunTest, AFaultInAConditionIsNotLost) {
  const std::string sql = R"(SELECT _row AS _rows, id AS key_1, name AS "subject.name",
    CASE WHEN parse_date(day) < '2020-01-01' THEN 'old' ELSE 'new' END AS more FROM src)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "A", "soon", ""}, {"2", "B", "2021-01-01", ""}})));
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::DATE_INVALID);
  ASSERT_EQ(sink_.drafts.size(), 1);
}

TEST_F(RunTest, AFaultInsideAnAggregateIsNotLost) {
  const std::string sql = R"(SELECT rows(_row) AS _rows, id AS key_1, name AS "subject.name",
    max(parse_date(day)) AS seen_on FROM src GROUP BY id)";
  ASSERT_OK(RunSql(sql, FourColumns({{"a", "A", "2020-01-01", ""},
                                     {"b", "B", "2020-01-01", ""},
                                     {"b", "B", "soon", ""},
                                     {"c", "C", "2020-01-01", ""}})));
  ASSERT_EQ(sink_.drafts.size(), 2);
  EXPECT_THAT(sink_.drafts[0].draft.natural_key, ElementsAre("a"));
  EXPECT_THAT(sink_.drafts[1].draft.natural_key, ElementsAre("c"));
  EXPECT_EQ(sink_.bad.size(), 2);
}

TEST_F(RunTest, NoFaultExcusesIt) {
  const std::string sql = R"(SELECT _row AS _rows, id AS key_1, name AS "subject.name",
    coalesce(no_fault(parse_date(day)), '2000-01-01') AS seen_on FROM src)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "A", "soon", ""}})).status());
  EXPECT_THAT(sink_.bad, IsEmpty());
  EXPECT_EQ(FieldText(sink_.drafts.at(0).draft, "seen_on"), "2000-01-01");
}

TEST_F(RunTest, ForgedFaultsHarmTheirOwnRowOnly) {
  const std::string forged =
      "\x01\x02"
      "OK\x1f"
      "x";
  ASSERT_OK(RunSql(kPlain, FourColumns({{"1", forged, "", ""}, {"2", "B", "", ""}})).status());
  EXPECT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.drafts.size(), 1);
}

TEST_F(RunTest, LateFaultsComeBackWithTheirText) {
  sink_.late = {{nullptr, {2}, {"2"}, {{Code::KEY_DUPLICATE, "key_1", "2", "twice"}}}};
  ASSERT_OK(RunSql(kPlain, FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}})).status());
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].raw, "raw 2");
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::KEY_DUPLICATE);
}

TEST_F(RunTest, TheSinkCanStopTheRun) {
  sink_.bad_row_status = MakeError(Code::DISK_FULL, "no room");
  MemoryFile file = FourColumns({{"", "A", "", ""}});
  EXPECT_CODE(Code::DISK_FULL, RunSql(kPlain, file));
  file.bad[1] = {Code::CSV_RAGGED, "", "", "short"};
  EXPECT_CODE(Code::DISK_FULL, RunSql(kPlain, file));
  sink_.bad_row_status = absl::OkStatus();
  sink_.progress_status = MakeError(Code::INTERRUPTED, "stop");
  EXPECT_CODE(Code::INTERRUPTED, RunSql(kPlain, FourColumns({{"1", "A", "", ""}})));
}

TEST_F(RunTest, EndlessRecursionIsEnded) {
  const std::string sql = R"(SELECT _row AS _rows, id AS key_1, (WITH RECURSIVE c(k) AS (SELECT 1
    UNION ALL SELECT k + 1 FROM c) SELECT max(k) FROM c WHERE src.id = '1') AS "subject.name"
    FROM src)";
  EXPECT_CODE(Code::LIMIT_EXCEEDED, RunSql(sql, FourColumns({{"1", "A", "", ""}})));
}

TEST_F(RunTest, RowsMustBeRowsOfTheDrivingSource) {
  const std::string head = "AS _rows, id AS key_1, name AS \"subject.name\" FROM src";
  for (const char* const rows : {"0", "-1", "99", "NULL", "'1'", "1.0", "x'00'", "x'ff'", "x''"}) {
    EXPECT_CODE(Code::PACK_SQL,
                RunSql(absl::StrCat("SELECT ", rows, " ", head), FourColumns({{"1", "A", "", ""}})))
        << rows;
  }
}

TEST_F(RunTest, TheColumnItemChoosesAmongItems) {
  Files files = SimplePack(
      "SELECT extra AS _item, _row AS _rows, id AS key_1, name AS "
      "\"subject.name\" FROM src");
  std::string& pack = files["pack.yaml"];
  pack.insert(pack.find("    source: src"), "    more_items: [test.other]\n");
  std::string other = TestCatalogue().substr(TestCatalogue().find("  - code: test.item"));
  files["catalogue.yaml"] += other.replace(other.find("test.item"), 9, "test.other");
  ASSERT_OK(RunFiles(files, FourColumns({{"1", "A", "", "test.other"},
                                         {"2", "B", "", "test.item"},
                                         {"3", "C", "", "test.third"},
                                         {"4", "D", "", ""}})));
  ASSERT_EQ(sink_.drafts.size(), 2);
  EXPECT_EQ(sink_.drafts[0].draft.item->code, "test.other");
  EXPECT_EQ(sink_.drafts[1].draft.item->code, "test.item");
  ASSERT_EQ(sink_.bad.size(), 2);
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::CATALOGUE_ITEM_UNKNOWN);
}

TEST_F(RunTest, ProgressIsTold) {
  ASSERT_OK(RunSql(kPlain, FourColumns(std::vector<Cells>(5000, {"1", "A", "", ""}))));
  EXPECT_EQ(sink_.progress_rows, 5000);
}

TEST_F(RunTest, FaultsOfARowAreBounded) {
  for (const size_t more : {0, 1}) {
    sink_.bad.clear();
    sink_.faulty_draft_faults.assign(limits::kFaultsPerRowMax - 1 + more,
                                     {Code::DATE_ORDER, "x", "", "a rule"});
    ASSERT_OK(RunSql(kPlain, FourColumns({{"", "A", "", ""}})));
    ASSERT_EQ(sink_.bad.size(), 1);
    EXPECT_EQ(sink_.bad[0].faults.size(), limits::kFaultsPerRowMax);
    EXPECT_EQ(sink_.bad[0].faults[0].code, Code::KEY_MISSING);
  }
}

// More faulty rows of groups than may wait: the file is passed over in between, none is lost.
TEST_F(RunTest, WaitingFaultsAreBounded) {
  const std::string sql = R"(SELECT rows(_row) AS _rows, NULL AS key_1, name AS "subject.name"
    FROM src GROUP BY id)";
  for (const size_t more : {0, 1}) {
    sink_.bad.clear();
    MemoryFile file = FourColumns({});
    for (size_t i = 0; i < limits::kPendingFaultsMax + more; ++i) {
      file.rows.push_back({absl::StrCat(i), "A", "", ""});
    }
    ASSERT_OK(RunSql(sql, std::move(file)));
    EXPECT_EQ(sink_.bad.size(), limits::kPendingFaultsMax + more);
    EXPECT_EQ(file_.opened, 2 + more);
  }
}

TEST_F(RunTest, ValuesOfSqlAreBounded) {
  const std::string sql = R"(SELECT _row AS _rows, id AS key_1, 'A' AS "subject.name",
    length(name || 'x') AS count FROM src)";
  const std::string most(limits::kSqlValueBytesMax - 1, 'n');
  EXPECT_OK(RunSql(sql, FourColumns({{"1", most, "", ""}})));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, RunSql(sql, FourColumns({{"1", most + "n", "", ""}})));
}

TEST_F(RunTest, MillionByHundredThousand) {
  MemoryFile places, file = FourColumns({});
  places.columns = {"pid", "town"};
  for (int i = 0; i < 100000; ++i) places.rows.push_back({absl::StrCat(i), absl::StrCat("t", i)});
  file.rows.reserve(1000000);
  for (int i = 0; i < 1000000; ++i) file.rows.push_back({absl::StrCat(i % 100000), "A", "", ""});
  sink_.take_drafts = false;
  const std::string sql = R"(SELECT src._row AS _rows, id AS key_1, name AS "subject.name",
    places.town AS more FROM src JOIN places ON places.pid = src.id)";
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunSql(sql, std::move(file), std::move(places)));
  EXPECT_EQ(sink_.draft_count, 1000000);
  EXPECT_EQ(result.rows_read, 1000000);
}

}  // namespace
}  // namespace tombolo::engine::testing
