// The SQL functions, one by one: what they make, what they refuse, and which calls are wrong.
#include "adapters/engine/functions.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/compiled_pack.h"
#include "adapters/engine/poison.h"
#include "gateway/base/text.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/engine/engine_support.h"

namespace tombolo::engine::testing {
namespace {

struct Case {
  const char* expression;
  const char* value;
};

class FunctionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(pack_, LoadPack(SimplePack("SELECT _row AS _rows, id AS key_1, name AS "
                                                    "\"subject.name\" FROM src")));
    const auto& compiled = static_cast<const CompiledPack&>(*pack_);
    ASSERT_OK_AND_ASSIGN(bed_,
                         QueryBed::Make(pack_->declared(), compiled.lists(), pack_->catalogue()));
    SourceTable* const table = &table_;
    table->source = &pack_->declared().sources(0);
    ASSERT_OK(bed_->AddSources(pack_->declared(), table));
  }

  // The value of an expression: its text, "NULL", "CODE_NAME(value)" for a fault, "ERROR".
  std::string Value(const std::string& expression) {
    const SqlText text{"test", absl::StrCat("SELECT ", expression)};
    const StatusOr<Statement> statement = bed_->connection().PrepareSelect(text, nullptr);
    if (!statement.ok()) return Describe(statement.status());
    const int rc = sqlite3_step(statement->get());
    if (rc != SQLITE_ROW) {
      error_ = Describe(bed_->connection().ErrorOf(rc, text));
      return "ERROR";
    }
    if (sqlite3_column_type(statement->get(), 0) == SQLITE_NULL) return "NULL";
    const void* const data = sqlite3_column_blob(statement->get(), 0);
    const std::string value(static_cast<const char*>(data),
                            static_cast<size_t>(sqlite3_column_bytes(statement->get(), 0)));
    if (!IsPoison(value)) return value;
    const Fault fault = FaultOfPoison(value);
    return absl::StrCat(std::string(NameOf(fault.code)), "(", fault.value, ")");
  }

  void CheckAll(std::initializer_list<Case> cases) {
    for (const Case& c : cases) {
      error_.clear();
      EXPECT_EQ(Value(c.expression), c.value) << c.expression << " " << error_;
    }
  }

  std::shared_ptr<const Pack> pack_;
  SourceTable table_;
  std::unique_ptr<QueryBed> bed_;
  std::string error_;
};

TEST_F(FunctionsTest, BlankGivesNull) {
  for (const char* const call : {"clean(%)",
                                 "iso_date(%)",
                                 "parse_date(%)",
                                 "parse_date(%, 'YYYYMMDD')",
                                 "amount(%)",
                                 "amount(%, 'money')",
                                 "number(%)",
                                 "decimal(%)",
                                 "integer(%)",
                                 "code('shades', %)",
                                 "label('colour', %)",
                                 "coded(%, 'x')",
                                 "norm_id('test.num', %)",
                                 "ident('test.num', %)",
                                 "mask(%, 1, 1)",
                                 "nullif_any(%, 'x')",
                                 "part(%, ',', 1)",
                                 "before(%, ',')",
                                 "after(%, ',')",
                                 "text_between(%, '(', ')')",
                                 "fold_case(%)",
                                 "texts(%)",
                                 "add_days(%, 1)",
                                 "add_months(%, 1)"}) {
    for (const char* const blank : {"NULL", "''", "'  '"}) {
      std::string expression = call;
      expression.replace(expression.find('%'), 1, blank);
      EXPECT_EQ(Value(expression), "NULL") << expression << error_;
    }
  }
}

TEST_F(FunctionsTest, FaultsPassThroughUnchanged) {
  const std::string bad = "iso_date('x')";
  for (const char* const call : {"clean(%)",
                                 "parse_date(%, 'YYYYMMDD')",
                                 "amount(%)",
                                 "number(%)",
                                 "integer(%)",
                                 "code('shades', %)",
                                 "label('colour', %)",
                                 "coded(%, 'x')",
                                 "coded('x', %)",
                                 "norm_id('test.num', %)",
                                 "ident('test.num', %)",
                                 "mask(%, 1, 1)",
                                 "nullif_any(%, 'x')",
                                 "nullif_any('y', %)",
                                 "part(%, ',', 1)",
                                 "before(%, ',')",
                                 "after(%, ',')",
                                 "text_between(%, '(', ')')",
                                 "fold_case(%)",
                                 "texts('a', %)",
                                 "add_days(%, 1)",
                                 "add_months(%, 1)",
                                 "coalesce(%, 'x')",
                                 "CASE WHEN 1 THEN % END",
                                 "'a' || % || 'b'",
                                 "upper(%)",
                                 "lower(%)",
                                 "trim(%)",
                                 "(SELECT value FROM split(%, ';'))",
                                 "json_extract(json_array(%), '$[0]')"}) {
    std::string expression = call;
    expression.replace(expression.find('%'), 1, bad);
    EXPECT_EQ(Value(expression).substr(0, 12), "DATE_INVALID") << expression << error_;
  }
}

TEST_F(FunctionsTest, Dates) {
  CheckAll(
      {{"parse_date('2020-02-29')", "2020-02-29"},
       {"iso_date(' 2020-02-29 ')", "2020-02-29"},
       {"iso_date('2021-02-29')", "DATE_INVALID(2021-02-29)"},
       {"iso_date('2020-2-29')", "DATE_INVALID(2020-2-29)"},
       {"parse_date('20200229', 'YYYYMMDD')", "2020-02-29"},
       {"parse_date('20200230', 'YYYYMMDD')", "DATE_INVALID(20200230)"},
       {"parse_date('2020/2/9', 'YYYY/M/D')", "2020-02-09"},
       {"parse_date('9.12.2020', 'D.M.YYYY')", "2020-12-09"},
       {"parse_date('2020年2月9日', 'YYYY年M月D日')", "2020-02-09"},
       {"parse_date('２０２０年２月９日', 'YYYY年M月D日')", "2020-02-09"},
       {"parse_date('2020-02-09T10:00:00', 'YYYY-MM-DD*')", "2020-02-09"},
       {"parse_date('2020-02-09T10:00:00', 'YYYY-MM-DD')", "DATE_INVALID(2020-02-09T10:00:00)"},
       {"parse_date('43890', 'excel')", "2020-02-29"},
       {"parse_date('1', 'excel')", "1900-01-01"},
       {"parse_date('59', 'excel')", "1900-02-28"},
       {"parse_date('61', 'excel')", "1900-03-01"},
       {"parse_date('60', 'excel')", "DATE_INVALID(60)"},
       {"parse_date('43890.75', 'excel')", "2020-02-29"},
       {"parse_date('0', 'excel')", "DATE_INVALID(0)"},
       {"parse_date('2958466', 'excel')", "DATE_INVALID(2958466)"},
       {"parse_date('1090229', 'ROCMMDD')", "2020-02-29"},
       {"parse_date('990228', 'ROCMMDD')", "2010-02-28"},
       {"parse_date('民國109年2月29日', '民國ROC年M月D日')", "2020-02-29"},
       {"parse_date('0-01-01', 'ROC-MM-DD')", "DATE_INVALID(0-01-01)"},
       {"parse_date('12-Jan-2020', 'D-MON-YYYY')", "2020-01-12"},
       {"parse_date('12 september 2020', 'D MON YYYY')", "2020-09-12"},
       {"parse_date('12-Jam-2020', 'D-MON-YYYY')", "DATE_INVALID(12-Jam-2020)"},
       {"parse_date('1/2/2020', 'YYYY-MM-DD', 'D/M/YYYY')", "2020-02-01"},
       {"parse_date('2020-13-01', 'YYYY-M-D')", "DATE_INVALID(2020-13-01)"},
       {"parse_date('x', 'YYYY-MM')", "ERROR"},
       {"parse_date('x', 'D.D.M.YYYY')", "ERROR"},
       {"parse_date(NULL, 'nonsense')", "ERROR"}});
}

TEST_F(FunctionsTest, DateArithmetic) {
  CheckAll({{"add_days('2020-02-28', 2)", "2020-03-01"},
            {"add_days('2020-01-01', -1)", "2019-12-31"},
            {"add_months('2020-01-31', 1)", "2020-02-29"},
            {"add_months('2020-03-31', -13)", "2019-02-28"},
            {"add_days('9999-12-31', 1)", "DATE_INVALID(9999-12-31)"},
            {"add_days('0001-01-01', -1)", "DATE_INVALID(0001-01-01)"},
            {"add_months('9999-12-01', 1)", "DATE_INVALID(9999-12-01)"},
            {"add_months('9999-11-30', 1)", "9999-12-30"},
            {"add_days('2020-01-01', 9000000000)", "DATE_INVALID(2020-01-01)"},
            {"add_days('soon', 1)", "DATE_INVALID(soon)"},
            {"add_days('2020-01-01', NULL)", "NULL"}});
}

TEST_F(FunctionsTest, Amounts) {
  CheckAll({{"amount('50(万元人民币)', 'money')", "AMOUNT_INVALID(50(万元人民币))"},
            {"amount('50(万元)', 'money')", "CNY:50000000"},
            {"amount('50（万美元）', 'money')", "USD:50000000"},
            {"amount('0.000001万元', 'money')", "CNY:1"},
            {"amount('0.0000001万元', 'money')", "AMOUNT_INVALID(0.0000001万元)"},
            {"amount('12', 'money')", "AMOUNT_INVALID(12)"},
            {"amount('1,234.50', 'CAD')", "CAD:123450"},
            {"amount('1 234,50', 'EUR', ',')", "EUR:123450"},
            {"amount('1.234.567,8', 'EUR', ',')", "EUR:123456780"},
            {"amount('1,23', 'CAD')", "AMOUNT_INVALID(1,23)"},
            {"amount('12,3456', 'CAD')", "AMOUNT_INVALID(12,3456)"},
            {"amount('1,2345', 'CAD')", "AMOUNT_INVALID(1,2345)"},
            {"amount('100', 'JPY')", "JPY:100"},
            {"amount('100.5', 'JPY')", "AMOUNT_INVALID(100.5)"},
            {"amount('1.005', 'KWD')", "KWD:1005"},
            {"amount('1.005', 'CAD')", "AMOUNT_INVALID(1.005)"},
            {"amount('1.500', 'CAD')", "CAD:150"},
            {"amount('2.5', 'CNY:10000')", "CNY:2500000"},
            {"amount('-1', 'CAD')", "AMOUNT_INVALID(-1)"},
            {"amount('- 1', 'CAD')", "AMOUNT_INVALID(- 1)"},
            {"amount('0', 'CAD')", "CAD:0"},
            {"amount('12.5 CAD')", "CAD:1250"},
            {"amount('CAD 12.5')", "CAD:1250"},
            {"amount('CAD 12.5', 'CAD')", "CAD:1250"},
            {"amount('USD 1', 'CAD')", "AMOUNT_INVALID(USD 1)"},
            {"amount('12.5')", "AMOUNT_INVALID(12.5)"},
            {"amount('XXQ 1')", "AMOUNT_INVALID(XXQ 1)"},
            {"amount('free', 'CAD')", "AMOUNT_INVALID(free)"},
            {"amount('1 2 3', 'CAD')", "AMOUNT_INVALID(1 2 3)"},
            {"amount('1e3', 'CAD')", "AMOUNT_INVALID(1e3)"},
            {"amount('92233720368547758.07', 'CAD')", "CAD:9223372036854775807"},
            {"amount('92233720368547758.08', 'CAD')", "AMOUNT_INVALID(92233720368547758.08)"},
            {"amount('1', 'nowhere')", "ERROR"},
            {"amount('1', 'shades')", "ERROR"},
            {"amount(NULL, 'CNY:0')", "ERROR"},
            {"amount('1', 'CAD', ';')", "ERROR"}});
}

TEST_F(FunctionsTest, Numbers) {
  CheckAll({{"number('001.500')", "1.5"},
            {"number('-0.0')", "0"},
            {"number('-1,234.5')", "-1234.5"},
            {"number('1.234,5', ',')", "1234.5"},
            {"decimal('.5')", "NUMBER_INVALID(.5)"},
            {"decimal('5.')", "NUMBER_INVALID(5.)"},
            {"number('1e5')", "NUMBER_INVALID(1e5)"},
            {"number('--1')", "NUMBER_INVALID(--1)"},
            {"number('1,,234')", "NUMBER_INVALID(1,,234)"},
            {"number('１２')", "12"},
            {"number('0.05')", "0.05"},
            {"number(12)", "12"},
            {"number('999999999999999999999999999999')", "999999999999999999999999999999"},
            {"number('1000000000000000000000000000000')",
             "NUMBER_INVALID(1000000000000000000000000000000)"},
            {"number('1', 'x')", "ERROR"},
            {"integer('1,234')", "1234"},
            {"integer('-7')", "-7"},
            {"integer('7.0')", "7"},
            {"integer('7.5')", "NUMBER_INVALID(7.5)"},
            {"integer('9223372036854775807')", "9223372036854775807"},
            {"integer('9223372036854775808')", "NUMBER_INVALID(9223372036854775808)"},
            {"integer('seven')", "NUMBER_INVALID(seven)"},
            {"typeof(integer('7'))", "integer"}});
}

TEST_F(FunctionsTest, Codes) {
  CheckAll({{"code('shades', ' crimson ')", "R"},
            {"code('shades', 'R')", "R"},
            {"code('shades', 'Crimson')", "CODE_UNKNOWN(Crimson)"},
            {"code('colour', 'G')", "G"},
            {"code('colour', 'lime')", "CODE_UNKNOWN(lime)"},
            {"label('shades', 'R')", "Red"},
            {"label('colour', 'G')", "Green"},
            {"label('colour', 'B')", "CODE_UNKNOWN(B)"},
            {"code('money', 'x')", "ERROR"},
            {"code('none', 'x')", "ERROR"},
            {"label('none', NULL)", "ERROR"},
            {"coded('7', '') = '7'", "1"},
            {"coded('7', 'Seven') = '7' || char(31) || 'Seven'", "1"}});
}

TEST_F(FunctionsTest, Identifiers) {
  CheckAll({{"norm_id('test.num', '12 34')", "1234"},
            {"ident('test.num', '12-34')", "test.num:1234"},
            {"norm_id('test.num', '12345')", "ID_INVALID(12345)"},
            {"ident('test.num', 'abcd')", "ID_INVALID(abcd)"},
            {"norm_id('no.such', 'x')", "ERROR"},
            {"ident('no.such', NULL)", "ERROR"}});
}

TEST_F(FunctionsTest, Texts) {
  CheckAll({{"clean('  a \t  b\n')", "a b"},
            {"clean('甲　　乙')", "甲 乙"},
            {"clean('ＡＢ（１）', 'half')", "AB(1)"},
            {"clean('ＡＢ')", "ＡＢ"},
            {"clean('x', 'quarter')", "ERROR"},
            {"nullif_any(' N/A ', '-', 'N/A')", "NULL"},
            {"nullif_any('n/a', 'N/A')", "n/a"},
            {"part('a - b - c', '-', 2)", "b"},
            {"part('a-b-c', '-', -1)", "c"},
            {"part('a-b-c', '-', -3)", "a"},
            {"part('a-b-c', '-', 4)", "NULL"},
            {"part('a-b-c', '-', -4)", "NULL"},
            {"part('a', '', 1)", "ERROR"},
            {"part('a', '-', 0)", "ERROR"},
            {"before('a=b=c', '=')", "a"},
            {"after('a=b=c', '=')", "b=c"},
            {"before('a', '=')", "NULL"},
            {"after('a', '')", "ERROR"},
            {"text_between('x (y) (z)', '(', ')')", "y"},
            {"text_between('x (y', '(', ')')", "NULL"},
            {"mask('13812345678', 3, 4)", "138****5678"},
            {"mask('王小明', 1, 0)", "王**"},
            {"mask('ab', 1, 1)", "**"},
            {"mask('ab', 9, 9)", "**"},
            {"mask('ab', -1, 0)", "ERROR"},
            {"fold_case('ÀÉ Straße ΑΩ ЖЁ 甲')", "àé straße αω жё 甲"},
            {"texts('a', '', NULL, '\"')", "[\"a\",\"\\\"\"]"},
            {"texts(NULL, ' ')", "NULL"}});
}

TEST_F(FunctionsTest, FaultsByHand) {
  CheckAll({{"fault('FIELD_TYPE', 'odd', 'x')", "FIELD_TYPE(x)"},
            {"fault('NO_SUCH', 'odd')", "ERROR"},
            {"fault('FIELD_TYPE', ' ')", "ERROR"},
            {"is_fault(fault('FIELD_TYPE', 'odd'))", "1"},
            {"is_fault('x')", "0"},
            {"is_fault(NULL)", "0"},
            {"no_fault(fault('FIELD_TYPE', 'odd'))", "NULL"},
            {"no_fault('x')", "x"},
            {"fault('FIELD_TYPE')", "ERROR"},
            {"clean()", "ERROR"},
            {"mask('x', 1)", "ERROR"}});
}

TEST_F(FunctionsTest, SplitNeedsItsArguments) {
  EXPECT_EQ(Value("group_concat(value || n) FROM split(' a ;; b', ';')"), "a1,b2");
  EXPECT_EQ(Value("count(*) FROM split(NULL, ';')"), "0");
  EXPECT_EQ(Value("group_concat(value) FROM split('a;b', '')"), "a;b");
  EXPECT_TRUE(absl::StartsWith(Value("* FROM split('a')"), "PACK_SQL"));
}

TEST_F(FunctionsTest, ForbiddenFunctionsAndTables) {
  for (const char* const expression : {"random()",
                                       "randomblob(1)",
                                       "datetime('now')",
                                       "date('now')",
                                       "CURRENT_TIMESTAMP",
                                       "CURRENT_DATE",
                                       "strftime('%s', 'now')",
                                       "julianday('now')",
                                       "load_extension('x')",
                                       "sqlite_version()",
                                       "last_insert_rowid()",
                                       "changes()",
                                       "zeroblob(9)",
                                       "sin(1)",
                                       "avg(1)",
                                       "name FROM sqlite_master",
                                       "* FROM pragma_database_list",
                                       "* FROM sqlite_stmt",
                                       "* FROM dbstat",
                                       "count(*) FROM dbstat",
                                       "count(*) FROM sqlite_master",
                                       "count(*) FROM sqlite_stmt",
                                       "count(*) FROM pragma_database_list",
                                       "1 FROM sqlite_schema",
                                       "soundex('a')",
                                       "fts3_tokenizer('x')"}) {
    EXPECT_EQ(Value(expression).substr(0, 14), "PACK_FORBIDDEN") << expression;
  }
}

}  // namespace
}  // namespace tombolo::engine::testing
