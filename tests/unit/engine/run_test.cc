// Running packs: streaming, groups, joins, splitting, and every row accounted for.
#include "adapters/engine/run.h"

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

TEST_F(RunTest, StreamsRowsIntoDrafts) {
  ASSERT_OK_AND_ASSIGN(const RunResult result,
                       RunSql(kPlain, FourColumns({{"1", "Ada", "", ""}, {"2", "Bob", "", ""}})));
  ASSERT_EQ(sink_.drafts.size(), 2);
  EXPECT_THAT(sink_.drafts[0].draft.natural_key, ElementsAre("1"));
  EXPECT_EQ(FieldText(sink_.drafts[1].draft, "subject.name"), "Bob");
  EXPECT_THAT(sink_.drafts[1].rows, ElementsAre(2));
  EXPECT_TRUE(result.read_to_end);
  EXPECT_EQ(result.rows_read, 2);
  EXPECT_EQ(result.encoding, "UTF-8");
  EXPECT_THAT(result.unused_columns, ElementsAre("day", "extra"));
  EXPECT_EQ(file_.opened, 1);
  EXPECT_THAT(sink_.bad, IsEmpty());
}

TEST_F(RunTest, EmptyFile) {
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunSql(kPlain, FourColumns({})));
  EXPECT_TRUE(result.read_to_end);
  EXPECT_EQ(result.rows_read, 0);
}

TEST_F(RunTest, MapsEveryType) {
  const std::string sql =
      R"(SELECT _row AS _rows, id AS key_1, day AS key_2, name AS "subject.name",
    ' 12-34' AS "subject.id", ident('test.num', '56 78') AS "any.id", 42 AS count, '1.50' AS share,
    day AS seen_on, 'TRUE' AS open, 'CNY:1250' AS paid, 'R' AS colour,
    texts('x', NULL, ' ', 'y "q"') AS notes, extra AS more, day AS decided_on, 'STAYED' AS _state
    FROM src)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "Ada", "2020-02-29", "  "}})).status());
  ASSERT_EQ(sink_.drafts.size(), 1);
  const record::Draft& draft = sink_.drafts[0].draft;
  EXPECT_THAT(draft.natural_key, ElementsAre("1", "2020-02-29"));
  EXPECT_EQ(FieldText(draft, "subject.id"), "test.num= 12-34");
  EXPECT_EQ(FieldText(draft, "any.id"), "test.num=5678");
  EXPECT_EQ(FieldText(draft, "count"), "42");
  EXPECT_EQ(FieldText(draft, "share"), "1.5");
  EXPECT_EQ(FieldText(draft, "seen_on"), "2020-02-29");
  EXPECT_EQ(FieldText(draft, "open"), "true");
  EXPECT_EQ(FieldText(draft, "paid"), "CNY 1250");
  EXPECT_EQ(FieldText(draft, "colour"), "R/Red");
  EXPECT_EQ(FieldText(draft, "notes"), "x|y \"q\"");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(draft.values[draft.item->FieldIndex("more")]));
  EXPECT_EQ(draft.header.state, v1::STAYED);
  EXPECT_EQ(draft.header.decided_on, 18321);
}

TEST_F(RunTest, AllFaultsOfARowTogether) {
  const std::string sql = R"(SELECT _row AS _rows, id AS key_1, name AS "subject.name",
    'x' AS count, '1e5' AS share, '2021-02-29' AS seen_on, 'maybe' AS open, 'CNY:x' AS paid,
    'B' AS colour, 'a,b' AS notes, 'nocolon' AS "any.id", 'GONE' AS _state, 'soon' AS valid_until,
    1.5 AS more FROM src)";
  sink_.faulty_draft_faults = {{Code::FIELD_REQUIRED, "count", "", "again"},
                               {Code::DATE_ORDER, "header", "", "a rule"}};
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "Ada", "", ""}})).status());
  ASSERT_EQ(sink_.bad.size(), 1);
  std::vector<std::string> told;
  for (const Fault& fault : sink_.bad[0].faults) {
    told.push_back(absl::StrCat(std::string(NameOf(fault.code)), " ", fault.column));
  }
  EXPECT_THAT(told,
              ElementsAre("FIELD_TYPE count", "FIELD_TYPE share", "DATE_INVALID seen_on",
                          "FIELD_TYPE open", "FIELD_TYPE paid", "CODE_UNKNOWN colour",
                          "FIELD_TYPE notes", "FIELD_TYPE any.id", "FIELD_TYPE _state",
                          "DATE_INVALID valid_until", "FIELD_TYPE more", "DATE_ORDER header"));
  EXPECT_EQ(sink_.bad[0].query, "main");
  EXPECT_EQ(sink_.bad[0].raw, "raw 1");
  EXPECT_THAT(sink_.bad[0].cells, ElementsAre("1", "Ada", "", ""));
  EXPECT_THAT(sink_.bad[0].natural_key, ElementsAre("1"));
  EXPECT_THAT(sink_.drafts, IsEmpty());
}

TEST_F(RunTest, ValuesOfOneRowDoNotStayInTheNext) {
  const std::string sql = R"(SELECT _row AS _rows, id AS key_1, name AS "subject.name",
    nullif(extra, '') AS more, integer(day) AS count FROM src)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "Ada", "7", "x"}, {"2", "Bob", "", ""}})).status());
  EXPECT_EQ(FieldText(sink_.drafts[1].draft, "more"), "");
  EXPECT_EQ(FieldText(sink_.drafts[1].draft, "count"), "");
}

TEST_F(RunTest, EmptyKeyIsAFaultWithoutAKey) {
  ASSERT_OK(RunSql(kPlain, FourColumns({{" ", "Ada", "", ""}, {std::nullopt, "B", "", ""}})));
  ASSERT_EQ(sink_.bad.size(), 2);
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::KEY_MISSING);
  EXPECT_EQ(sink_.bad[0].faults[0].column, "key_1");
  EXPECT_THAT(sink_.bad[0].natural_key, IsEmpty());
}

TEST_F(RunTest, UnclaimedRowsComeWithTheirText) {
  ASSERT_OK_AND_ASSIGN(
      const RunResult result,
      RunSql(absl::StrCat(kPlain, " WHERE id <> '2'"),
             FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}, {"3", "C", "", ""}})));
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::ROW_UNCLAIMED);
  EXPECT_EQ(sink_.bad[0].number, 2);
  EXPECT_EQ(sink_.bad[0].raw, "raw 2");
  EXPECT_EQ(sink_.bad[0].query, "");
  EXPECT_TRUE(result.read_to_end);
}

TEST_F(RunTest, AQueryThatStopsEarlyLeavesTheRestUnclaimed) {
  ASSERT_OK_AND_ASSIGN(const RunResult result,
                       RunSql(absl::StrCat(kPlain, " LIMIT 1"),
                              FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}})));
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].number, 2);
  EXPECT_TRUE(result.read_to_end);
  EXPECT_EQ(result.rows_read, 2);
}

TEST_F(RunTest, LeftOutRowsSayByWhichRule) {
  const std::string sql = R"(SELECT _row AS _rows, CASE WHEN name = '' THEN 'empty_row' END
    AS _leave_out, id AS key_1, name AS "subject.name", parse_date(day) AS seen_on FROM src)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "", "bad", ""}, {"2", "B", "", ""}})).status());
  ASSERT_EQ(sink_.left_out.size(), 1);
  EXPECT_EQ(sink_.left_out[0].rule, "empty_row");
  EXPECT_THAT(sink_.left_out[0].rows, ElementsAre(1));
  EXPECT_THAT(sink_.bad, IsEmpty());
}

TEST_F(RunTest, AnUndeclaredRuleEndsTheRun) {
  const std::string sql =
      "SELECT _row AS _rows, name AS _leave_out, id AS key_1, name AS \"subject.name\" FROM src";
  EXPECT_CODE(Code::PACK_INVALID, RunSql(sql, FourColumns({{"1", "whim", "", ""}})));
}

TEST_F(RunTest, UnreadableRowsAreToldOnceAndHiddenFromSql) {
  Files files = SimplePack(kPlain);
  files["pack.yaml"] += R"(
  - name: second
    item: test.item
    source: src
    sql: SELECT _row AS _rows, id AS key_1, name AS "subject.name" FROM src
)";
  MemoryFile file = FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}, {"3", "C", "", ""}});
  file.bad[2] = {Code::CSV_RAGGED, "", "", "short"};
  ASSERT_OK_AND_ASSIGN(const RunResult result, RunFiles(files, file));
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].number, 2);
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::CSV_RAGGED);
  EXPECT_EQ(sink_.drafts.size(), 4);
  EXPECT_EQ(result.rows_read, 3);
}

TEST_F(RunTest, RefusedDraftsGoToQuarantineWithTheirKey) {
  sink_.refuse["2"] = {Code::DATE_ORDER, "decided_on", "", "later than today"};
  ASSERT_OK(RunSql(kPlain, FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}})).status());
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::DATE_ORDER);
  EXPECT_THAT(sink_.bad[0].natural_key, ElementsAre("2"));
  EXPECT_EQ(file_.opened, 1);
}

TEST_F(RunTest, GroupsNameTheirRowsAndFaultsOfThemAllOfThem) {
  const std::string sql = R"(SELECT rows(_row) AS _rows, id AS key_1, max(name) AS "subject.name",
    count(*) AS count, json_group_array(extra) AS notes, min(parse_date(day)) AS seen_on
    FROM src GROUP BY id)";
  ASSERT_OK(RunSql(sql, FourColumns({{"a", "A1", "2020-01-02", "p"},
                                     {"b", "B1", "2020-01-01", "q"},
                                     {"a", "A2", "2020-01-01", "r"},
                                     {"b", "B2", "never", "s"}}))
                .status());
  ASSERT_EQ(sink_.drafts.size(), 1);
  EXPECT_THAT(sink_.drafts[0].rows, ElementsAre(1, 3));
  EXPECT_EQ(FieldText(sink_.drafts[0].draft, "subject.name"), "A2");
  EXPECT_EQ(FieldText(sink_.drafts[0].draft, "count"), "2");
  EXPECT_EQ(FieldText(sink_.drafts[0].draft, "notes"), "p|r");
  ASSERT_EQ(sink_.bad.size(), 2);
  EXPECT_EQ(sink_.bad[0].number, 2);
  EXPECT_EQ(sink_.bad[1].number, 4);
  EXPECT_EQ(sink_.bad[1].raw, "raw 4");
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::DATE_INVALID);
  EXPECT_EQ(sink_.bad[0].faults[0].value, "never");
}

TEST_F(RunTest, AggregatesWithoutGroupKeepTheirOwnCopies) {
  const std::string sql = R"(SELECT rows(_row) AS _rows, min(id) AS key_1, name AS "subject.name"
    FROM src)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "first", "", ""}, {"2", "other", "", ""}})).status());
  ASSERT_EQ(sink_.drafts.size(), 1);
  EXPECT_THAT(sink_.drafts[0].draft.natural_key, ElementsAre("1"));
  EXPECT_EQ(FieldText(sink_.drafts[0].draft, "subject.name"), "first");
}

TEST_F(RunTest, SortedRowsKeepTheirText) {
  ASSERT_OK(RunSql(absl::StrCat(kPlain, " ORDER BY name DESC"),
                   FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}, {" ", "C", "", ""}}))
                .status());
  ASSERT_EQ(sink_.drafts.size(), 2);
  EXPECT_EQ(FieldText(sink_.drafts[0].draft, "subject.name"), "B");
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].raw, "raw 3");
}

TEST_F(RunTest, OneRowMayMakeSeveralRecords) {
  const std::string sql = R"(SELECT _row AS _rows, id AS key_1, s.n AS key_2,
    s.value AS "subject.name" FROM src, split(src.name, ';') AS s)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "A; B;;C", "", ""}, {"2", "", "", ""}})).status());
  ASSERT_EQ(sink_.drafts.size(), 3);
  EXPECT_EQ(FieldText(sink_.drafts[2].draft, "subject.name"), "C");
  EXPECT_THAT(sink_.drafts[2].draft.natural_key, ElementsAre("1", "3"));
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].faults[0].code, Code::ROW_UNCLAIMED);
}

TEST_F(RunTest, UnionAllAndJsonEachAndRecursion) {
  const std::string sql = R"(
    SELECT _row AS _rows, id AS key_1, 'a' AS key_2, name AS "subject.name" FROM src
    UNION ALL SELECT src._row, src.id, 'j' || j.key, j.value FROM src, json_each(src.extra) AS j
    UNION ALL SELECT src._row, src.id, 'v' || v.column1, src.name FROM src,
      (VALUES (1), (2)) AS v
    UNION ALL SELECT * FROM (WITH RECURSIVE c(r, i, n, k) AS (SELECT _row, id, name, 1 FROM src
      UNION ALL SELECT r, i, n, k + 1 FROM c WHERE k < 3) SELECT r, i, 'r' || k, n FROM c))";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "A", "", "[\"x\",\"y\"]"}})).status());
  EXPECT_EQ(sink_.drafts.size(), 1 + 2 + 2 + 3);
}

TEST_F(RunTest, JoinsALookupSource) {
  MemoryFile places;
  places.columns = {"pid", "town"};
  places.rows = {{"2", "Oslo"}, {"1", "Bergen"}};
  places.bad[1] = {Code::ENCODING_INVALID, "", "", "bad byte"};
  const std::string sql = R"(SELECT src._row AS _rows, id AS key_1, name AS "subject.name",
    places.town AS more FROM src LEFT JOIN places ON places.pid = src.id)";
  ASSERT_OK(RunSql(sql, FourColumns({{"1", "A", "", ""}, {"2", "B", "", ""}}), places).status());
  ASSERT_EQ(sink_.drafts.size(), 2);
  EXPECT_EQ(FieldText(sink_.drafts[0].draft, "more"), "Bergen");
  EXPECT_EQ(FieldText(sink_.drafts[1].draft, "more"), "");
  ASSERT_EQ(sink_.bad.size(), 1);
  EXPECT_EQ(sink_.bad[0].source, "places");
  EXPECT_EQ(file_.opened, 1);
}

TEST_F(RunTest, AJoinWithoutItsFileSaysSo) {
  const std::string sql = R"(SELECT src._row AS _rows, id AS key_1, name AS "subject.name",
    places.town AS more FROM src JOIN places ON places.pid = src.id)";
  EXPECT_CODE(Code::NOT_FOUND, RunSql(sql, FourColumns({{"1", "A", "", ""}})));
}

}  // namespace
}  // namespace tombolo::engine::testing
