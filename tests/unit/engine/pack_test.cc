// Loading packs: what is refused, with which code and which words.
#include "adapters/engine/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "adapters/engine/compiled_pack.h"
#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/engine/engine_support.h"

namespace tombolo::engine::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kGood[] = "SELECT _row AS _rows, id AS key_1, name AS \"subject.name\" FROM src";

// `from` in pack.yaml becomes `to`.
Files With(const std::string& from, const std::string& to, const std::string& sql = kGood) {
  Files files = SimplePack(sql);
  std::string& pack = files["pack.yaml"];
  const size_t at = pack.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  pack.replace(at, from.size(), to);
  return files;
}

void ExpectRefused(const Files& files, Code code, const std::string& words) {
  const auto pack = LoadPack(files);
  ASSERT_CODE(code, pack);
  EXPECT_THAT(std::string(pack.status().message()), HasSubstr(words));
}

TEST(PackLoad, AGoodOne) {
  ASSERT_OK_AND_ASSIGN(const auto pack, LoadPack(SimplePack(kGood)));
  EXPECT_EQ(pack->id(), "test-pack@1");
  EXPECT_NE(pack->catalogue().FindItem("test.item"), nullptr);
}

TEST(PackLoad, BrokenFiles) {
  Files files = SimplePack(kGood);
  files.erase("main.sql");
  ExpectRefused(files, Code::NOT_FOUND, "main.sql");
  files = SimplePack(kGood);
  files.erase("catalogue.yaml");
  ExpectRefused(files, Code::NOT_FOUND, "catalogue.yaml");
  ExpectRefused(With("title: Test", "titel: Test"), Code::CONFIG_UNKNOWN_KEY, "titel");
  files = SimplePack(kGood);
  files["shades.csv"] = "value,code,label\nred,R,Red\nred,G,Green\n";
  ExpectRefused(files, Code::PACK_INVALID, "shades.csv: line 3");
  files["shades.csv"] = "value,code,label\nred,R,Red\nruby,R,Rouge\n";
  ExpectRefused(files, Code::PACK_INVALID, "two labels");
  files["shades.csv"] = "code,label\nR,Red\nR,Red\n";
  ExpectRefused(files, Code::PACK_INVALID, "stands twice");
  files["shades.csv"] = "unit,factor,currency\nx,0,CNY\n";
  ExpectRefused(files, Code::PACK_INVALID, "factor");
  files["shades.csv"] = "unit,factor,currency\nx,1,ABC\n";
  ExpectRefused(files, Code::PACK_INVALID, "ISO 4217");
}

TEST(PackLoad, DeclarationsThatDoNotHoldTogether) {
  const auto refused = [](const std::string& from, const std::string& to,
                          const std::string& words) {
    ExpectRefused(With(from, to), Code::PACK_INVALID, words);
  };
  refused("name: test-pack", "name: Test Pack", "name");
  refused("version: 1", "version: 0", "version");
  refused("- name: src", "- name: select", "sources.select");
  refused("- name: src", "- name: split", "sources.split");
  refused("- name: src", "- name: sqlite_src", "sources.sqlite_src");
  refused("files: [\"src*.csv\"]", "files: []", "files");
  refused("{name: extra}", "{name: ID}", "'ID' stands twice");
  refused("{name: extra}", "{name: _row}", "'_row'");
  refused("[{name: id}, {name: name}, {name: day}, {name: extra}]", "[]", "columns");
  refused("index_columns: [pid]", "index_columns: [uid]", "'uid'");
  refused("    lookup: true\n", "", "index_columns are for");
  refused("source: src", "source: nowhere", "'nowhere'");
  refused("item: test.item", "item: test.itme", "test.itme");
  refused("sql_file: main.sql", "sql_file: main.sql\n    sql: SELECT 1", "either sql or sql_file");
  refused("sql_file: main.sql", "sql_file: main.sql\n    scope_column: area", "'area'");
  refused("code_lists: [shades.csv, money.csv]", "code_lists: [shades.csv, x/shades.csv]",
          "'shades' stands twice");
  refused("title: Test", "title: Test\nunused_columns: [nowhere.x]", "nowhere.x");
  refused("- {name: empty_row,", "- {name: '',", "a name is empty");
}

TEST(PackLoad, SelectsThatDoNotFitTheItem) {
  const auto refused = [](const std::string& sql, Code code, const std::string& words) {
    ExpectRefused(SimplePack(sql), code, words);
  };
  refused("SELECT id AS key_1, name AS \"subject.name\" FROM src", Code::PACK_INVALID, "_rows");
  refused("SELECT _row AS _rows, name AS \"subject.name\" FROM src", Code::PACK_INVALID, "key_1");
  refused("SELECT _row AS _rows, id AS key_1, id AS key_3, name AS \"subject.name\" FROM src",
          Code::PACK_INVALID, "key_2");
  refused("SELECT _row AS _rows, id AS key_0, id AS key_1, name AS \"subject.name\" FROM src",
          Code::PACK_INVALID, "key_0");
  refused("SELECT _row AS _rows, id AS key_1 FROM src", Code::FIELD_REQUIRED, "subject.name");
  refused(absl::StrCat(kGood, " WHERE nmae = 1"), Code::PACK_SQL, "main.sql:1:");
  refused("SELECT _row AS _rows, id AS key_1, name AS \"subject.nmae\" FROM src",
          Code::FIELD_UNKNOWN, "the nearest is 'subject.name'");
  refused("SELECT _row AS _rows, id AS key_1, name AS \"subject.name\", 1 AS _odd FROM src",
          Code::FIELD_UNKNOWN, "_odd");
  refused("SELECT _row AS _rows, id AS key_1, id AS key_1, name AS \"subject.name\" FROM src",
          Code::PACK_INVALID, "stands twice");
  refused("SELECT 1 AS _rows, 1 AS key_1, 'x' AS \"subject.name\" FROM places", Code::PACK_INVALID,
          "driving source");
  refused(
      "SELECT _row AS _rows, id AS key_1, name AS \"subject.name\", \"dya\" AS seen_on FROM src",
      Code::PACK_SQL, "dya");
  refused(
      "SELECT _row AS _rows, id AS key_1, name AS \"subject.name\", code('x', day) AS more "
      "FROM src",
      Code::PACK_SQL, "no code list 'x'");
  ExpectRefused(With("sql_file: main.sql", ""), Code::PACK_INVALID, "either sql or sql_file");
}

TEST(PackLoad, ForbiddenStatements) {
  for (const char* const sql :
       {"DELETE FROM places", "INSERT INTO places(pid) VALUES(1)", "CREATE TABLE t(x)",
        "DROP TABLE places", "ATTACH 'x' AS y", "PRAGMA user_version", "BEGIN", "VACUUM", "ANALYZE",
        "REINDEX", "EXPLAIN SELECT id FROM src", "UPDATE places SET pid = 1 RETURNING 1",
        "SAVEPOINT a", "DETACH main", "CREATE VIRTUAL TABLE f USING fts5(a)"}) {
    EXPECT_CODE(Code::PACK_FORBIDDEN, LoadPack(SimplePack(sql))) << sql;
  }
  ExpectRefused(SimplePack(absl::StrCat(kGood, "; DELETE FROM places")), Code::PACK_FORBIDDEN,
                "more than one statement");
  EXPECT_OK(LoadPack(SimplePack(absl::StrCat(kGood, " ; -- done\n /* really */ ;\n"))));
  ExpectRefused(SimplePack(absl::StrCat(kGood, " WHERE id = ?1")), Code::PACK_SQL, "parameters");
  ExpectRefused(SimplePack("-- nothing"), Code::PACK_SQL, "no SELECT");
}

TEST(PackLoad, AllFaultsTogether) {
  const auto pack =
      LoadPack(SimplePack("SELECT id AS key_2, name AS \"subject.nmae\", 1 AS other FROM src"));
  const std::string message(pack.status().message());
  EXPECT_THAT(message, HasSubstr("_rows"));
  EXPECT_THAT(message, HasSubstr("key_1"));
  EXPECT_THAT(message, HasSubstr("subject.nmae"));
  EXPECT_THAT(message, HasSubstr("other"));
}

TEST(PackLoad, SqlOfLimitSize) {
  std::string sql = kGood;
  sql.append(limits::kSqlBytesMax - sql.size(), ' ');
  EXPECT_OK(LoadPack(SimplePack(sql)));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, LoadPack(SimplePack(sql + " ")));
}

TEST(PackLoad, MoreItemsNeedTheSameFieldsAndTheColumn) {
  const std::string more = "item: test.item\n    more_items: [test.other]";
  const std::string choosing = absl::StrCat("SELECT 'test.other' AS _item, ", kGood + 7);
  ExpectRefused(With("item: test.item", more, choosing), Code::PACK_INVALID, "test.other");
  Files files = With("item: test.item", more, choosing);
  std::string& catalogue = files["catalogue.yaml"];
  std::string other = catalogue.substr(catalogue.find("  - code: test.item"));
  other.replace(other.find("test.item"), 9, "test.other");
  catalogue += other;
  EXPECT_OK(LoadPack(files));
  files["main.sql"] = kGood;
  ExpectRefused(files, Code::PACK_INVALID, "no column _item");
  files["main.sql"] = choosing;
  catalogue.replace(catalogue.rfind("name: paid"), 10, "name: owed");
  ExpectRefused(files, Code::PACK_INVALID, "does not declare the same fields");
}

TEST(PackSourceForFile, ByPattern) {
  ASSERT_OK_AND_ASSIGN(const auto pack, LoadPack(SimplePack(kGood)));
  ASSERT_OK_AND_ASSIGN(const v1::Source* const source, pack->SourceForFile("src 2020.csv"));
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->name(), "src");
  ASSERT_OK_AND_ASSIGN(const v1::Source* const none, pack->SourceForFile("other.csv"));
  EXPECT_EQ(none, nullptr);
  ASSERT_OK_AND_ASSIGN(const auto twice,
                       LoadPack(With("files: [\"places*.csv\"]", "files: [\"*.csv\"]")));
  EXPECT_CODE(Code::PACK_INVALID, twice->SourceForFile("src.csv"));
}

TEST(PackGlob, FitsWholeNames) {
  EXPECT_TRUE(GlobFits("a*b?c", "axxbyc"));
  EXPECT_TRUE(GlobFits("*", ""));
  EXPECT_TRUE(GlobFits("서울시*현황.csv", "서울시 강남구 현황.csv"));
  EXPECT_TRUE(GlobFits("?.csv", "강.csv"));
  EXPECT_TRUE(GlobFits("a**b", "ab"));
  EXPECT_FALSE(GlobFits("a*b", "ab.csv"));
  EXPECT_FALSE(GlobFits("?", ""));
  EXPECT_FALSE(GlobFits("", "x"));
  EXPECT_FALSE(GlobFits("*a*a*a*a*b", std::string(200, 'a')));
}

// A catalogue of `items` further items, each from a private source.
Files WithFaultyItems(size_t items) {
  Files files = SimplePack(kGood);
  std::string& catalogue = files["catalogue.yaml"];
  std::string item = catalogue.substr(catalogue.find("  - code: test.item"));
  item.insert(item.find("    kind: INSPECTION\n"), "    source_kind: PRIVATE\n");
  for (size_t i = 0; i < items; ++i) {
    std::string next = item;
    next.replace(next.find("test.item"), 9, absl::StrCat("test.more", i));
    catalogue += next;
  }
  return files;
}

TEST(PackLoad, ManyFaultsAreToldUpToTheLimitAndAllByLint) {
  for (const size_t count : {limits::kYamlFaultsMax, limits::kYamlFaultsMax + 1, size_t{400}}) {
    const Files files = WithFaultyItems(count);
    const auto pack = LoadPack(files);
    ASSERT_CODE(Code::PRIVATE_SOURCE, pack);
    const std::string message(pack.status().message());
    const size_t more = count - limits::kYamlFaultsMax;
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n') + 1,
              limits::kYamlFaultsMax + (more > 0 ? 1 : 0));
    const std::string rest = absl::StrCat("and ", more, " more; tombolo pack check");
    EXPECT_EQ(message.find(rest) != std::string::npos, more > 0) << message;
    const std::vector<LintFinding> findings = Lint(TextOf(files), TestProfile);
    ASSERT_EQ(findings.size(), count);
    for (const LintFinding& finding : findings) {
      EXPECT_TRUE(finding.error);
      EXPECT_EQ(finding.where, "catalogue.yaml");
      EXPECT_THAT(finding.message, HasSubstr("items.test.more"));
    }
  }
}

TEST(PackLint, AnItemThatAColumnChoosesIsMade) {
  const auto advice = [](const Files& files) {
    std::string all;
    for (const LintFinding& finding : Lint(TextOf(files), TestProfile)) {
      absl::StrAppend(&all, finding.message, "\n");
    }
    return all;
  };
  Files files = With("item: test.item", "item: test.item\n    more_items: [test.other]",
                     absl::StrCat("SELECT 'test.other' AS _item, ", kGood + 7));
  std::string& catalogue = files["catalogue.yaml"];
  std::string other = catalogue.substr(catalogue.find("  - code: test.item"));
  other.replace(other.find("test.item"), 9, "test.other");
  std::string third = other;
  third.replace(third.find("test.other"), 10, "test.third");
  catalogue += other + third;
  EXPECT_THAT(advice(files), ::testing::Not(HasSubstr("makes the item test.other")));
  EXPECT_THAT(advice(files), ::testing::Not(HasSubstr("makes the item test.item")));
  EXPECT_THAT(advice(files), HasSubstr("no SELECT makes the item test.third"));
}

TEST(PackLint, SaysWhatIsForgotten) {
  std::string all;
  for (const LintFinding& finding : Lint(TextOf(SimplePack(kGood)), TestProfile)) {
    EXPECT_FALSE(finding.error) << finding.message;
    absl::StrAppend(&all, finding.message, "\n");
  }
  EXPECT_THAT(all, HasSubstr("no SELECT reads the column 'day'"));
  EXPECT_THAT(all, HasSubstr("nothing uses the list 'money'"));
  EXPECT_THAT(all, HasSubstr("never fills the field 'paid'"));
  const auto findings = Lint(TextOf(With("version: 1", "version: 0")), TestProfile);
  ASSERT_EQ(findings.size(), 1);
  EXPECT_TRUE(findings[0].error);
}

}  // namespace
}  // namespace tombolo::engine::testing
