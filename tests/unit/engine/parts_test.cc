// Row sets, poisons, text arrays, golden lines, coverage and drafted packs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/engine/draft_pack.h"
#include "adapters/engine/field_value.h"
#include "adapters/engine/golden.h"
#include "adapters/engine/poison.h"
#include "adapters/engine/row_set.h"
#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/engine/engine_support.h"

namespace tombolo::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RowSet, EncodesSortedWithoutDoubles) {
  const uint64_t most = std::numeric_limits<uint64_t>::max() >> 1;
  std::vector<uint64_t> rows = {300, 1, 300, 2, 128, most};
  const std::string bytes = EncodeRows(&rows);
  EXPECT_THAT(*DecodeRows(bytes), ElementsAre(1, 2, 128, 300, most));
}

TEST(RowSet, RefusesWhatIsNoSet) {
  EXPECT_FALSE(DecodeRows(std::string_view("\x80", 1)).has_value());
  EXPECT_FALSE(DecodeRows(std::string_view("\x00", 1)).has_value());
  EXPECT_FALSE(DecodeRows(std::string(11, '\xff')).has_value());
  EXPECT_TRUE(DecodeRows("")->empty());
}

TEST(RowBits, CountsEachOnce) {
  RowBits bits;
  for (const uint64_t row : {1, 64, 64, 100000}) bits.Set(row);
  EXPECT_EQ(bits.count(), 3);
  EXPECT_TRUE(bits.Has(64));
  EXPECT_FALSE(bits.Has(63));
  EXPECT_FALSE(bits.Has(10000000));
}

TEST(Poison, RoundTrip) {
  const std::string poison = MakePoison(Code::CODE_UNKNOWN,
                                        "a\x01\x02\x1f\x1e"
                                        "b",
                                        "why");
  ASSERT_TRUE(IsPoison("x" + poison + "y"));
  const Fault fault = FaultOfPoison("x" + poison + "y");
  EXPECT_EQ(fault.code, Code::CODE_UNKNOWN);
  EXPECT_EQ(fault.value, "a????b");
  EXPECT_EQ(fault.reason, "why");
}

TEST(Poison, CutAndForged) {
  const std::string poison = MakePoison(Code::DATE_INVALID, "v", "why");
  for (size_t size = 2; size < poison.size(); ++size) {
    const Fault fault = FaultOfPoison(poison.substr(0, size));
    EXPECT_NE(fault.code, Code::kOk);
    EXPECT_FALSE(fault.reason.empty());
  }
  EXPECT_FALSE(IsPoison("\x01 only"));
  EXPECT_FALSE(IsPoison(""));
  const std::string value(limits::kFaultValueBytesMax + 1, 'v');
  EXPECT_EQ(FaultOfPoison(MakePoison(Code::DATE_INVALID, value, "r")).value.size(),
            limits::kFaultValueBytesMax);
}

TEST(TextArray, TakesJsonTextsAndNumbers) {
  std::vector<std::string> out;
  EXPECT_TRUE(ParseTextArray(R"( [ "a", 12 , null, " ", "\u00e9\ud83d\ude00\n\"" ] )", &out));
  EXPECT_THAT(out, ElementsAre("a", "12", "é😀\n\""));
  EXPECT_TRUE(ParseTextArray("[]", &out));
  EXPECT_THAT(out, IsEmpty());
}

TEST(TextArray, RefusesTheRest) {
  std::vector<std::string> out;
  for (const char* const text :
       {"", "[", "]", "a", "[a]", "[\"a]", "[\"a\" \"b\"]", "[\"a\",]", "[,]", "[[\"a\"]]",
        "[{\"a\":1}]", "[true]", "[\"\\x\"]", "[\"\\ud800\"]", "[\"\\udc00\"]", "[\"\\u12\"]",
        "[\"a\"] x", "[\"\\", "[1"}) {
    EXPECT_FALSE(ParseTextArray(text, &out)) << text;
  }
}

constexpr char kSql[] = R"(SELECT _row AS _rows, CASE WHEN id = '0' THEN 'empty_row' END
  AS _leave_out, id AS key_1, name AS "subject.name", parse_date(day) AS decided_on,
  code('shades', extra) AS colour FROM src)";

MemoryFile ThreeRows() {
  MemoryFile file;
  file.columns = {"id", "name", "day", "extra", "new"};
  file.rows = {{"1", "Ada", "2020-01-02", "crimson", ""},
               {"0", "", "", "", ""},
               {"2", "Bob", "x", "mauve", ""}};
  return file;
}

TEST(Golden, LinesAreStable) {
  ASSERT_OK_AND_ASSIGN(const auto pack, LoadPack(SimplePack(kSql)));
  MemoryFile file = ThreeRows();
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       RenderGolden(*pack, file.AsSource("src", "src.csv"), {}, std::nullopt));
  EXPECT_THAT(
      text,
      HasSubstr(R"({"query":"main","item":"test.item","rows":[1],"key":["1"],"state":"EFFECTIVE",)"
                R"("decided_on":"2020-01-02","fields":{"colour":{"code":"R","label":"Red"},)"
                R"("subject.name":"Ada"}})"
                "\n"));
  EXPECT_THAT(text, HasSubstr(R"({"query":"main","rows":[2],"left_out":"empty_row"})"));
  EXPECT_THAT(text, HasSubstr(R"("row":3,"faults":[{"code":"DATE_INVALID","column":"decided_on")"));
  EXPECT_OK(CompareGolden("g", text, text));
  EXPECT_CODE(Code::GOLDEN_DIFFERS, CompareGolden("g", text, text.substr(0, text.size() / 2)));
  EXPECT_CODE(Code::GOLDEN_DIFFERS, CompareGolden("g", text, text + "more\n"));
  EXPECT_CODE(Code::GOLDEN_DIFFERS, CompareGolden("g", "", text));
  EXPECT_THAT(std::string(CompareGolden("g", "a\nb\n", "a\nc\n").message()), HasSubstr("line 2"));
}

TEST(Golden, WithADayTheRulesApply) {
  ASSERT_OK_AND_ASSIGN(const auto pack, LoadPack(SimplePack(kSql)));
  MemoryFile file = ThreeRows();
  file.rows.resize(1);
  file.rows[0][1] = "";
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       RenderGolden(*pack, file.AsSource("src", "src.csv"), {}, 20000));
  EXPECT_THAT(text, HasSubstr("FIELD_REQUIRED"));
}

TEST(Coverage, SaysWhatNobodyUses) {
  ASSERT_OK_AND_ASSIGN(const auto pack, LoadPack(SimplePack(kSql)));
  MemoryFile file = ThreeRows();
  file.rows.push_back(file.rows.back());
  ASSERT_OK_AND_ASSIGN(const Coverage coverage, Cover(*pack, file.AsSource("src", "src.csv"), {}));
  EXPECT_THAT(coverage.unused_columns, ElementsAre("new"));
  ASSERT_EQ(coverage.unknown_codes.size(), 1);
  EXPECT_EQ(coverage.unknown_codes[0].list, "shades");
  EXPECT_EQ(coverage.unknown_codes[0].value, "mauve");
  EXPECT_EQ(coverage.unknown_codes[0].rows, 2);
  EXPECT_THAT(coverage.unused_codes, ElementsAre("shades:G"));
}

PackSample Sample() {
  PackSample sample;
  sample.name = "new-town";
  sample.file_name = "licences 2020.csv";
  sample.source.set_format(v1::CSV);
  sample.source.set_encoding("CP949");
  sample.columns = {"Licence No", "업소명",    "Issued", "issued",
                    "Kind",       "Area (㎡)", "_row",   "Religion"};
  for (int i = 0; i < 40; ++i) {
    sample.rows.push_back({absl::StrCat("L-", 1000 + i), absl::StrCat("Shop ", i % 20),
                           absl::StrCat("202001", i % 28 + 10 > 28 ? 28 : i % 28 + 10),
                           i % 2 == 0 ? "12.5" : "N/A", i % 3 == 0 ? "bar, \"pub\"" : "café",
                           absl::StrCat(i), "x", "none of that"});
  }
  sample.profile = *TestProfile("");
  return sample;
}

TEST(DraftPack, LoadsAndRunsOnItsSample) {
  const PackSample sample = Sample();
  ASSERT_OK_AND_ASSIGN(const auto files, DraftPack(sample));
  const auto pack = LoadPack({files.begin(), files.end()});
  ASSERT_OK(pack);
  for (const LintFinding& finding : Lint(TextOf({files.begin(), files.end()}), TestProfile)) {
    ADD_FAILURE() << finding.where << ": " << finding.message;
  }
  MemoryFile file;
  file.columns = sample.columns;
  for (const auto& row : sample.rows) file.rows.push_back({row.begin(), row.end()});
  KeepingSink sink;
  ASSERT_OK_AND_ASSIGN(const RunResult result,
                       engine::Run(**pack, file.AsSource("source", sample.file_name), {}, &sink));
  EXPECT_TRUE(result.read_to_end);
  ASSERT_OK(result.outcome);
  EXPECT_EQ(sink.drafts.size(), 40);
  EXPECT_THAT(sink.bad, IsEmpty());
  const record::Draft& draft = sink.drafts.at(0).draft;
  EXPECT_THAT(draft.natural_key, ElementsAre("L-1000"));
  EXPECT_EQ(FieldText(draft, "source.issued"), "2020-01-10");
  EXPECT_EQ(FieldText(draft, "source.issued_4"), "12.5");
  EXPECT_EQ(FieldText(draft, "source.kind"), "bar, \"pub\"/bar, \"pub\"");
  EXPECT_EQ(FieldText(draft, "source.column_2"), "Shop 0");
  EXPECT_EQ(draft.item->sharing_class, v1::LIMITED);
  EXPECT_THAT(files.at("pack.yaml"), HasSubstr("encoding: CP949"));
}

TEST(DraftPack, WithoutAKeySaysSo) {
  PackSample sample = Sample();
  sample.columns = {"a", "b"};
  sample.rows = {{"x", "y"}, {"x", "y"}};
  ASSERT_OK_AND_ASSIGN(const auto files, DraftPack(sample));
  EXPECT_OK(LoadPack({files.begin(), files.end()}));
  EXPECT_THAT(files.at("README.md"), HasSubstr("No key was found"));
  EXPECT_THAT(files.at("pack.yaml"), HasSubstr("DUPLICATE_LAST"));
}

TEST(DraftPack, NothingToDraftFrom) {
  PackSample sample = Sample();
  sample.columns.clear();
  EXPECT_CODE(Code::INVALID_ARGUMENT, DraftPack(sample));
}

PackSample SampleOf(std::vector<std::string> columns, std::vector<std::vector<std::string>> rows) {
  PackSample sample = Sample();
  sample.columns = std::move(columns);
  sample.rows = std::move(rows);
  return sample;
}

// The lines of record.sql that make the key.
std::vector<std::string> KeyOf(const PackSample& sample) {
  const auto files = DraftPack(sample);
  EXPECT_OK(files);
  std::vector<std::string> lines = absl::StrSplit(files->at("record.sql"), '\n');
  std::erase_if(lines,
                [](const std::string& line) { return !absl::StrContains(line, " AS key_"); });
  return lines;
}

TEST(DraftPack, FieldsAreNamedAfterTheWordsOfTheirColumns) {
  const std::pair<const char*, const char*> kNames[] = {
      {"registrationDay", "registration_day"},
      {"LocalAuthorityBusinessID", "local_authority_business_id"},
      {"FHRSID", "fhrsid"},
      {"XMLHttpPath", "xml_http_path"},
      {"Situación del contribuyente", "situacion_del_contribuyente"},
      {"Señalización", "senalizacion"},
      {"Stra\xC3\x9F"
       "e",
       "strase"},
      {"Żółć Łódź", "zolc_lodz"},
      {"cafe\xCC\x81 noir", "cafe_noir"},  // a combining accent
      {"Area (㎡)", "area"},
      {"×", "column_1"},
      {"업소명", "column_1"},
      {"Год", "column_1"},
      {"2nd name", "column_1"}};
  for (const auto& [header, field] : kNames) {
    ASSERT_OK_AND_ASSIGN(const auto files, DraftPack(SampleOf({header}, {{"x"}})));
    EXPECT_THAT(files.at("record.sql"), HasSubstr(absl::StrCat("\"source.", field, "\"")))
        << header;
  }
  // Parts between words count: no name is longer than a name may be.
  std::string header;
  while (header.size() < 2 * limits::kDraftFieldBytesMax) header += "Aa";
  ASSERT_OK_AND_ASSIGN(const auto files, DraftPack(SampleOf({header}, {{"x"}})));
  EXPECT_OK(LoadPack({files.begin(), files.end()}));
}

TEST(DraftPack, ARowNumberIsTheLastKeyOfAll) {
  std::vector<std::vector<std::string>> rows;
  for (int i = 1; i <= 40; ++i) {
    rows.push_back({absl::StrCat(i), absl::StrCat("B", i / 2), absl::StrCat(i % 2), "same"});
  }
  EXPECT_THAT(KeyOf(SampleOf({"Rec #", "Business", "Visit", "Town"}, rows)),
              ElementsAre(HasSubstr("\"Business\""), HasSubstr("\"Visit\"")));
  for (auto& row : rows) row.resize(1);
  EXPECT_THAT(KeyOf(SampleOf({"Rec #"}, rows)), ElementsAre(HasSubstr("\"Rec #\"")));
  rows[7][0] = "4711";  // not a row number
  for (auto& row : rows) row.push_back(row[0] + "x");
  EXPECT_THAT(KeyOf(SampleOf({"Rec No", "Name"}, rows)), ElementsAre(HasSubstr("\"Rec No\"")));
}

TEST(DraftPack, AKeyHasNoMeasureAndNothingNeedless) {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 40; ++i) {  // two visits of twenty places
    rows.push_back({absl::StrCat(100 + i / 2), "90", i % 2 == 0 ? "20200115" : "20200731"});
  }
  rows[0][1] = "80";
  EXPECT_THAT(KeyOf(SampleOf({"business_id", "Points", "date"}, rows)),
              ElementsAre(HasSubstr("\"business_id\""), HasSubstr("\"date\"")));
  for (size_t i = 0; i < rows.size(); ++i) {  // a place has one number, a visit a number per place
    rows[i] = {absl::StrCat(100 + i / 4), absl::StrCat("V", i / 2), absl::StrCat("L", i % 2)};
  }
  EXPECT_THAT(KeyOf(SampleOf({"place_id", "visit_no", "line"}, rows)),
              ElementsAre(HasSubstr("\"visit_no\""), HasSubstr("\"line\"")));
}

TEST(DraftPack, APartOfTheKeyMayBeEmptyInSomeRows) {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 40; ++i) {  // every second visit found something, some two things
    rows.push_back(
        {absl::StrCat(1000 + i / 2), i % 4 == 0 ? "" : absl::StrCat("Finding ", i % 4), ""});
  }
  const PackSample sample = SampleOf({"visit_id", "Finding", "Fine"}, rows);
  EXPECT_THAT(KeyOf(sample),
              ElementsAre(HasSubstr("integer(\"visit_id\") AS"),
                          HasSubstr("coalesce(nullif(clean(\"Finding\"), ''), '-')")));
  ASSERT_OK_AND_ASSIGN(const auto files, DraftPack(sample));
  EXPECT_THAT(files.at("pack.yaml"), HasSubstr("DUPLICATE_QUARANTINE"));
  ASSERT_OK_AND_ASSIGN(const auto pack, LoadPack({files.begin(), files.end()}));
  MemoryFile file;
  file.columns = sample.columns;
  for (const auto& row : sample.rows) file.rows.push_back({row.begin(), row.end()});
  KeepingSink sink;
  ASSERT_OK(engine::Run(*pack, file.AsSource("source", sample.file_name), {}, &sink));
  EXPECT_EQ(sink.drafts.size(), 40);
  EXPECT_THAT(sink.bad, IsEmpty());
  EXPECT_THAT(sink.drafts.at(0).draft.natural_key, ElementsAre("1000", "-"));
  for (size_t i = 0; i < rows.size(); ++i) {  // too many for codes
    rows[i][1] = i % 4 == 0 ? "  " : absl::StrCat("Finding ", i);
  }
  EXPECT_THAT(KeyOf(SampleOf({"visit_id", "Finding", "Fine"}, rows)),
              ElementsAre(HasSubstr("visit_id"),
                          HasSubstr("coalesce(nullif(trim(\"Finding\"), ''), '-')")));
}

TEST(DraftPack, AWordThatHoldsNoIsNoNumber) {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 40; ++i) rows.push_back({absl::StrCat("N", i), absl::StrCat("R", i)});
  EXPECT_THAT(KeyOf(SampleOf({"Nombre", "Folio"}, rows)), ElementsAre(HasSubstr("\"Folio\"")));
  EXPECT_THAT(KeyOf(SampleOf({"Paid", "FHRSID"}, rows)), ElementsAre(HasSubstr("\"FHRSID\"")));
  EXPECT_THAT(KeyOf(SampleOf({"工廠名稱", "工廠登記編號"}, rows)),
              ElementsAre(HasSubstr("\"工廠登記編號\"")));
}

TEST(DraftPack, TheReadmeTellsWhatIsUnsure) {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 100; ++i) rows.push_back({absl::StrCat("A", i), "1/2/2020", "2020-01-31"});
  rows[5][2] = "2020-31-01";
  ASSERT_OK_AND_ASSIGN(const auto files, DraftPack(SampleOf({"a", "b", "c"}, rows)));
  EXPECT_THAT(files.at("README.md"), HasSubstr("| b | source.b | DATE: is it day or month"));
  EXPECT_THAT(files.at("README.md"), HasSubstr("| c | source.c | DATE: 1 of the sample's values"));
  EXPECT_OK(LoadPack({files.begin(), files.end()}));
}

TEST(GuessColumn, OneInAHundredMayBeWrong) {
  const auto profile = *TestProfile("");
  std::vector<std::string> values(99, "2020-01-31");
  values.push_back("soon");
  ColumnGuess guess = GuessColumn(values, *profile);
  EXPECT_EQ(guess.type, v1::DATE);
  EXPECT_EQ(guess.date_format, "YYYY-MM-DD");
  EXPECT_EQ(guess.misfits, 1u);
  values.pop_back();
  values.back() = "soon";  // one of 99
  EXPECT_NE(GuessColumn(values, *profile).type, v1::DATE);
  values.assign(99, "7");
  values.push_back("seven");  // of numbers none: what is no number may well be meant
  EXPECT_NE(GuessColumn(values, *profile).type, v1::INTEGER);
}

TEST(GuessColumn, DatesOfTheRocCalendar) {
  const auto profile = *TestProfile("");
  std::vector<std::string> values(20, "0991007");
  EXPECT_EQ(GuessColumn(values, *profile).date_format, "ROCMMDD");
  values.pop_back();
  EXPECT_NE(GuessColumn(values, *profile).type, v1::DATE);
  EXPECT_EQ(GuessColumn({"99/10/7", "104/1/31"}, *profile).date_format, "ROC/M/D");
  EXPECT_EQ(GuessColumn({"99年10月7日"}, *profile).date_format, "ROC年M月D日");
}

TEST(GuessColumn, OneValueIsNoClassification) {
  const auto profile = *TestProfile("");
  std::vector<std::string> values(100, "Town");
  EXPECT_EQ(GuessColumn(values, *profile).type, v1::TEXT);
  values[0] = "Village";
  EXPECT_EQ(GuessColumn(values, *profile).type, v1::CODE);
}

TEST(GuessColumn, CountersAndAmbiguousDates) {
  const auto profile = *TestProfile("");
  EXPECT_TRUE(GuessColumn({"7", "8", "9"}, *profile).counter);
  for (const auto& values : std::vector<std::vector<std::string>>{
           {"7"}, {"7", "9"}, {"8", "7"}, {"1", "", "2"}, {"01", "02"}}) {
    EXPECT_FALSE(GuessColumn(values, *profile).counter);
  }
  EXPECT_TRUE(GuessColumn({"1/2/2020", "12/11/2020"}, *profile).day_or_month_first);
  EXPECT_FALSE(GuessColumn({"1/2/2020", "13/11/2020"}, *profile).day_or_month_first);
  EXPECT_FALSE(GuessColumn({"1/2/2020", "11/13/2020"}, *profile).day_or_month_first);
}

TEST(GuessColumn, LooksAtAllValues) {
  const auto profile = *TestProfile("");
  EXPECT_EQ(GuessColumn({"1", "2", "x"}, *profile).type, v1::TEXT);
  EXPECT_EQ(GuessColumn({"1", "2", ""}, *profile).type, v1::INTEGER);
  EXPECT_EQ(GuessColumn({"01", "02"}, *profile).type, v1::TEXT);
  EXPECT_EQ(GuessColumn({"1.5", "2"}, *profile).type, v1::DECIMAL);
  EXPECT_EQ(GuessColumn({"20200101", "20191231"}, *profile).date_format, "YYYYMMDD");
  EXPECT_EQ(GuessColumn({"31/12/2020", "1/1/2020"}, *profile).date_format, "D/M/YYYY");
  EXPECT_EQ(GuessColumn({"12/31/2020", "1/1/2020"}, *profile).date_format, "M/D/YYYY");
  EXPECT_NE(GuessColumn({"12345678", "11112233"}, *profile).type, v1::DATE);
  EXPECT_EQ(GuessColumn({}, *profile).type, v1::TEXT);
  EXPECT_FALSE(GuessColumn({"", "a"}, *profile).always);
}

}  // namespace
}  // namespace tombolo::engine::testing
