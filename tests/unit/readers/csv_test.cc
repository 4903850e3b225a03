#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

using ::tombolo::testing::HasCode;

ReaderOptions Utf8() {
  ReaderOptions options;
  options.encoding = "UTF-8";
  return options;
}

ReaderLimits Small(size_t cell, size_t row) {
  ReaderLimits limits;
  limits.cell_bytes_max = cell;
  limits.row_bytes_max = row;
  limits.block_bytes = 16;
  return limits;
}

struct DialectCase {
  const char* name;
  std::string bytes;
  std::string text;  // as Reading::Text
};

class CsvDialect : public ::testing::TestWithParam<DialectCase> {};

// The same rows, whatever the size of the pieces that the bytes come in.
TEST_P(CsvDialect, ReadsAlikeInPiecesOfAnySize) {
  for (const size_t piece : {1, 2, 3, 7, 4096}) {
    ReaderLimits limits;
    limits.block_bytes = 32;
    limits.sample_bytes = 8;
    const Reading r = Drain(OpenBytesWith(std::make_unique<PieceSource>(GetParam().bytes, piece),
                                          Utf8(), "test", limits));
    EXPECT_OK(r.status);
    EXPECT_EQ(r.Text(), GetParam().text) << "pieces of " << piece;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rfc4180AndBeyond, CsvDialect,
    ::testing::Values(
        DialectCase{"Lf", "a,b\n1,2\n3,4\n", "1|2;3|4"},
        DialectCase{"CrLf", "a,b\r\n1,2\r\n3,4\r\n", "1|2;3|4"},
        DialectCase{"Cr", "a,b\r1,2\r3,4\r", "1|2;3|4"},
        DialectCase{"NoLastLineEnd", "a,b\n1,2", "1|2"},
        DialectCase{"NoLastLineEndQuoted", "a,b\n1,\"2\"", "1|2"},
        DialectCase{"EndsInCr", "a,b\r\n1,2\r", "1|2"},
        DialectCase{"EndsInCrQuoted", "a,b\r\n1,\"2\"\r", "1|2"},
        DialectCase{"EndsInDelimiter", "a,b\n1,", "1|"},
        DialectCase{"Mark",
                    "\xEF\xBB\xBF"
                    "a,b\n1,2\n",
                    "1|2"},
        DialectCase{"Quoted", "\"a\",\"b\"\n\"1\",\"2\"\n", "1|2"},
        DialectCase{"CommaInside", "a,b\n\"1,x\",2\n", "1,x|2"},
        DialectCase{"LineEndInside", "a,b\n\"1\n2\",3\n", "1\n2|3"},
        DialectCase{"CrLfInside", "a,b\r\n\"1\r\n2\",3\r\n", "1\r\n2|3"},
        DialectCase{"CrInsideWithCr", "a,b\r\"1\r2\",3\r", "1\r2|3"},
        DialectCase{"DoubledQuote", "a,b\n\"say \"\"hi\"\"\",2\n", "say \"hi\"|2"},
        DialectCase{"OnlyQuotes", "a,b\n\"\"\"\"\"\",\"\"\n", "\"\"|"},
        DialectCase{"EmptyQuoted", "a,b\n\"\",\"\"\n", "|"},
        DialectCase{"EmptyCells", "a,b,c\n,,\n", "||"},
        DialectCase{"QuoteInsideBare", "a,b\n5\" pipe,2\n", "5\" pipe|2"},
        DialectCase{"BlanksKept", "a,b\n 1 , 2\n", " 1 | 2"},
        DialectCase{"EmptyLines", "a,b\n\n1,2\n\r\n3,4\n\n", "1|2;3|4"},
        DialectCase{"LoneCrIsText", "a,b\n1\r1,2\n", "1\r1|2"},
        DialectCase{"CrLfLateInCrFile", "a,b\r" + std::string(120, 'x') + ",2\r\n3,4\r",
                    std::string(120, 'x') + "|2;3|4"},
        DialectCase{"OneColumn", "a\n1\n2\n", "1;2"}, DialectCase{"HeaderOnly", "a,b\n", ""},
        DialectCase{"QuotedHeaderLineEnd", "\"a\nx\",b\n1,2\n", "1|2"},
        DialectCase{"Han", "名称,代码\n上海,1\n", "上海|1"},
        DialectCase{"LongCells",
                    "a,b\n" + std::string(50, 'x') + ",\"" + std::string(60, 'y') + "\"\n",
                    std::string(50, 'x') + "|" + std::string(60, 'y')}),
    [](const auto& info) { return info.param.name; });

struct FaultCase {
  const char* name;
  std::string bytes;
  std::string text;
};

class CsvFault : public ::testing::TestWithParam<FaultCase> {};

TEST_P(CsvFault, CostsItsRowOnly) {
  for (const size_t piece : {1, 5, 4096}) {
    const Reading r = Drain(OpenBytesWith(std::make_unique<PieceSource>(GetParam().bytes, piece),
                                          Utf8(), "test", ReaderLimits()));
    EXPECT_OK(r.status);
    EXPECT_EQ(r.Text(), GetParam().text) << "pieces of " << piece;
    for (const ReadRow& row : r.rows) {
      for (const Fault& fault : row.faults) {
        EXPECT_NE(fault.reason.find("row " + std::to_string(row.number)), std::string::npos);
        EXPECT_FALSE(row.raw.empty());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, CsvFault,
    ::testing::Values(
        FaultCase{"TooFew", "a,b\n1\n3,4\n", "!CSV_RAGGED;3|4"},
        FaultCase{"TooMany", "a,b\n1,2,3\n3,4\n", "!CSV_RAGGED;3|4"},
        FaultCase{"TooManyEmpty", "a,b\n1,2,\n3,4\n", "!CSV_RAGGED;3|4"},
        FaultCase{"TextAfterQuote", "a,b\n\"1\"x,2\n3,4\n", "!CSV_QUOTE;3|4"},
        FaultCase{"BlankAfterQuote", "a,b\n\"1\" ,2\n3,4\n", "!CSV_QUOTE;3|4"},
        FaultCase{"TextAfterQuoteInLaterLine", "a,b\n\"1\n2\"x,2\n3,4\n",
                  "!CSV_QUOTE;!CSV_QUOTE;3|4"},
        FaultCase{"Nul", std::string("a,b\n1\0,2\n3,4\n", 13), "!ENCODING_INVALID;3|4"},
        FaultCase{"BadByte", "a,b\n1\xFF,2\n3,4\n", "!ENCODING_INVALID;3|4"},
        FaultCase{"BadByteBeforeComma", "a,b\n1\xE4\xB8,2\n3,4\n", "!ENCODING_INVALID;3|4"},
        FaultCase{"BadByteBeforeLineEnd", "a,b\n1,2\xE4\n3,4\n", "!ENCODING_INVALID;3|4"},
        FaultCase{"BadInQuotes", "a,b\n\"\xC0\x80\",2\n3,4\n", "!ENCODING_INVALID;3|4"},
        FaultCase{"Surrogate", "a,b\n\xED\xA0\x80,2\n3,4\n", "!ENCODING_INVALID;3|4"},
        FaultCase{"TwoBadCells", "a,b\n\xFF,\xFE\n3,4\n", "!ENCODING_INVALID,ENCODING_INVALID;3|4"},
        FaultCase{"BadAndRagged", "a,b\n\xFF\n3,4\n", "!ENCODING_INVALID,CSV_RAGGED;3|4"}),
    [](const auto& info) { return info.param.name; });

TEST(Csv, AnEncodingFaultNamesRowColumnOffsetAndBytes) {
  const Reading r = ReadCsv(
      "name,x\nok,1\nab\xFF\xFE"
      "c,2\n");
  ASSERT_EQ(r.rows.size(), 2u);
  ASSERT_EQ(r.rows[1].faults.size(), 1u);
  const Fault& f = r.rows[1].faults[0];
  EXPECT_EQ(f.column, "name");
  EXPECT_EQ(f.value,
            "ab\xEF\xBF\xBD"
            "c");
  EXPECT_EQ(f.reason,
            "row 2 (line 3): column name: bytes fffe at byte 14 of the file are not "
            "valid UTF-8");
  EXPECT_EQ(r.rows[1].raw,
            "ab\xEF\xBF\xBD"
            "c,2");
  EXPECT_EQ(r.rows[1].cells[1], "2");
}

TEST(Csv, RowsAndLinesAreNumbered) {
  const Reading r = ReadCsv("a,b\n\"1\n1\n1\",2\n\n3\n\"x\"y,1\n5,6\n");
  ASSERT_EQ(r.rows.size(), 4u);
  EXPECT_EQ(r.rows[0].line, 2u);
  EXPECT_EQ(r.rows[1].line, 6u);
  EXPECT_EQ(r.rows[2].line, 7u);
  EXPECT_EQ(r.rows[3].line, 8u);
  EXPECT_EQ(r.rows[3].number, 4u);
  EXPECT_EQ(r.rows[3].raw, "5,6");
}

TEST(Csv, PadFillsAndDropsEmptyCellsOnly) {
  ReaderOptions options = Utf8();
  options.ragged = Ragged::kPad;
  const Reading r = ReadBytes("a,b\n1\n1,2,,\n1,2,3\n", options);
  EXPECT_EQ(r.Text(), "1|<absent>;1|2;!CSV_RAGGED");
}

TEST(Csv, LazyQuotesTakeQuotesAsText) {
  ReaderOptions options = Utf8();
  options.lazy_quotes = true;
  EXPECT_EQ(ReadBytes("a,b\n\"the \"best\" one\",2\n", options).Text(), "the \"best\" one|2");
  EXPECT_EQ(ReadBytes("a,b\n\"x\"y,2\n3,4\n", options).status.ok(), false);
}

TEST(Csv, OtherDelimitersAndQuotes) {
  ReaderOptions options = Utf8();
  options.delimiter = '\t';
  EXPECT_EQ(ReadBytes("a\tb\n1,1\t2\n", options).Text(), "1,1|2");
  options.delimiter = '|';
  options.quote = '\'';
  EXPECT_EQ(ReadBytes("a|b\n'1|1'|\"2\n", options).Text(), "1|1|\"2");
  options.quote = 0;
  EXPECT_EQ(ReadBytes("a|b\n\"1|2\n", options).Text(), "\"1|2");
}

TEST(Csv, ADelimiterOfZeroIsFoundOut) {
  ReaderOptions options = Utf8();
  options.delimiter = 0;
  EXPECT_EQ(ReadBytes("a;b\n1,5;2\n3,5;4\n", options).Text(), "1,5|2;3,5|4");
  EXPECT_EQ(ReadBytes("a\tb\n1, 5\t2\n", options).Text(), "1, 5|2");
  EXPECT_EQ(ReadBytes("a|b|c\n1|2|3\n", options).Text(), "1|2|3");
  EXPECT_EQ(ReadBytes("a\n1\n", options).Text(), "1");
}

TEST(Csv, DelimitersThatCannotBeAreRefused) {
  for (const char c : {'\n', '\r', '"', '\xE4'}) {
    ReaderOptions options = Utf8();
    options.delimiter = c;
    EXPECT_CODE(Code::INVALID_ARGUMENT, ReadBytes("a,b\n", options).status);
  }
}

TEST(CsvHeader, NamesBecomeUniqueAndNotEmpty) {
  const Reading r = ReadCsv(" name ,name,,name_2,name\n1,2,3,4,5\n");
  EXPECT_EQ(r.columns,
            (std::vector<std::string>{"name", "name_3", "column_3", "name_2", "name_4"}));
}

TEST(CsvHeader, PreambleLinesAreSkipped) {
  ReaderOptions options = Utf8();
  options.preamble_lines = 2;
  const Reading r = ReadBytes("Updated \"today,,\n,,\na,b\n1,2\n", options);
  EXPECT_EQ(r.Text(), "1|2");
  EXPECT_EQ(r.rows[0].line, 4u);
  EXPECT_EQ(r.rows[0].number, 1u);
}

TEST(CsvHeader, IsFoundByItsNames) {
  ReaderOptions options = Utf8();
  options.header_match = {"b", "a"};
  EXPECT_EQ(ReadBytes("Title\n\nsome,\"text\na,b\n x,y\n\"\na, b ,c\n1,2,3\n", options).Text(),
            "1|2|3");
  options.header_match = {"a", "z"};
  EXPECT_CODE(Code::HEADER_MISSING, ReadBytes("a,b\n1,2\n", options).status);
}

TEST(CsvHeader, TheSearchEndsSomewhere) {
  ReaderOptions options = Utf8();
  options.header_match = {"a"};
  std::string bytes;
  for (size_t i = 0; i + 1 < limits::kHeaderSearchRowsMax; ++i) bytes += "x\n";
  EXPECT_OK(ReadBytes(bytes + "a\n1\n", options).status);
  EXPECT_CODE(Code::HEADER_MISSING, ReadBytes(bytes + "x\na\n1\n", options).status);
}

TEST(CsvHeader, ARenamedColumnIsNamedWithTheNearest) {
  ReaderOptions options = Utf8();
  options.columns = {{"street", ""}};
  const Reading r = ReadBytes("name,Street,city\n1,2,3\n", options);
  EXPECT_CODE(Code::HEADER_MISSING, r.status);
  EXPECT_NE(r.status.message().find("the nearest is 'Street'"), std::string::npos);
  options.columns = {{"city", ""}};
  EXPECT_OK(ReadBytes("name,Street,city\n1,2,3\n", options).status);
}

TEST(CsvHeader, WithoutOneNamesAreGivenOrMadeUp) {
  ReaderOptions options = Utf8();
  options.header = false;
  EXPECT_EQ(ReadBytes("1,2\n3,4\n", options).Text(), "1|2;3|4");
  EXPECT_EQ(ReadBytes("1,2\n", options).columns,
            (std::vector<std::string>{"column_1", "column_2"}));
  options.columns = {{"x", ""}, {"y", ""}, {"z", ""}};
  EXPECT_EQ(ReadBytes("1,2\n1,2,3\n", options).Text(), "!CSV_RAGGED;1|2|3");
}

TEST(CsvHeader, FaultsInItEndTheFile) {
  EXPECT_CODE(Code::ENCODING_INVALID, ReadCsv("a,\xFF\n1,2\n").status);
  EXPECT_CODE(Code::CSV_QUOTE, ReadCsv("\"a\"x,b\n1,2\n").status);
}

TEST(CsvHeader, TheNumberOfColumnsIsBounded) {
  ReaderLimits limits;
  limits.columns_max = 3;
  EXPECT_OK(ReadBytes("a,b,c\n1,2,3\n", Utf8(), limits).status);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ReadBytes("a,b,c,d\n1,2,3,4\n", Utf8(), limits).status);
  EXPECT_EQ(ReadBytes("a,b,c\n1,2,3,4,5,6\n1,2,3\n", Utf8(), limits).Text(), "!CSV_RAGGED;1|2|3");
}

TEST(CsvEnds, EmptyFiles) {
  for (const char* bytes : {"", "\n", "\r\n\r\n", "\xEF\xBB\xBF"}) {
    EXPECT_CODE(Code::FILE_EMPTY, ReadCsv(bytes).status) << '[' << bytes << ']';
  }
  ReaderOptions options = Utf8();
  options.preamble_lines = 3;
  EXPECT_CODE(Code::HEADER_MISSING, ReadBytes("a\nb\n", options).status);
}

TEST(CsvEnds, InsideAQuotedCellIsTruncated) {
  const Reading r = ReadCsv("a,b\n1,2\n3,\"4\n5\n");
  EXPECT_CODE(Code::FILE_TRUNCATED, r.status);
  EXPECT_EQ(r.Text(), "1|2");
  EXPECT_NE(r.status.message().find("row 2 (line 3)"), std::string::npos);
}

TEST(CsvEnds, AShortLastRowMayBeCutOff) {
  const Reading r = ReadCsv("a,b\n1,2\n3");
  EXPECT_EQ(r.Text(), "1|2;!CSV_RAGGED");
  EXPECT_NE(r.rows[1].faults[0].reason.find("cut off"), std::string::npos);
}

TEST(CsvLimits, ACellOfNAndNPlusOne) {
  const ReaderLimits limits = Small(10, 100);
  const std::string n(10, 'x');
  EXPECT_EQ(ReadBytes("a,b\n" + n + ",2\n", Utf8(), limits).Text(), n + "|2");
  EXPECT_EQ(ReadBytes("a,b\n" + n + "x,2\n3,4\n", Utf8(), limits).Text(), "!CELL_TOO_LARGE;3|4");
  EXPECT_EQ(ReadBytes("a,b\n\"" + n + "\",2\n", Utf8(), limits).Text(), n + "|2");
  EXPECT_EQ(ReadBytes("a,b\n\"" + n + "x\",2\n3,4\n", Utf8(), limits).Text(),
            "!CELL_TOO_LARGE;3|4");
}

TEST(CsvLimits, ARowOfNAndNPlusOne) {
  for (const char* end : {"\n", "\r\n"}) {
    const ReaderLimits limits = Small(100, 20);
    const std::string n(18, 'x');
    EXPECT_EQ(ReadBytes("a,b" + std::string(end) + n + ",2" + end, Utf8(), limits).Text(),
              n + "|2");
    EXPECT_EQ(
        ReadBytes("a,b" + std::string(end) + n + "x,2" + end + "3,4" + end, Utf8(), limits).Text(),
        "!ROW_TOO_LARGE;3|4");
  }
}

// What comes after a row that is too large does not depend on how much of it was seen; what may be
// the rest of a cell does not pass as a row.
TEST(CsvLimits, ReadingGoesOnAtTheFirstLineEndBehindTheLimit) {
  const std::string quoted = "\"xxxxxxxxx\nxxxxxxxxx\nyyyyy\",2\n3,4\n";
  const std::string broken = "xxxxxxxxxxxxxxxxxxxxxxxx,\"y\"y\n3,4\n";
  const std::string open = "xxxxxxxxxxxxxxxxxxxxxxxx,\"y\n3,4\n";
  for (const size_t block : {size_t{4}, size_t{7}, limits::kReadBlockBytes}) {
    ReaderLimits limits = Small(30, 20);
    limits.block_bytes = block;
    EXPECT_EQ(ReadBytes("a,b\n" + quoted, Utf8(), limits).Text(), "!ROW_TOO_LARGE;!CSV_QUOTE;3|4");
    EXPECT_EQ(ReadBytes("a,b\n" + broken, Utf8(), limits).Text(), "!ROW_TOO_LARGE;3|4");
    EXPECT_EQ(ReadBytes("a,b\n" + open, Utf8(), limits).Text(), "!ROW_TOO_LARGE;3|4");
  }
}

TEST(CsvLimits, AnUnclosedQuoteDoesNotEatTheFile) {
  std::string bytes = "a,b\n1,\"2\n";
  std::string expected = "!CSV_QUOTE";
  for (int i = 0; i < 200; ++i) {
    bytes += "3,4\n";
    expected += ";3|4";
  }
  EXPECT_EQ(ReadBytes(bytes, Utf8(), Small(100, 1000)).Text(), expected);
  // Lazy quotes go on behind the limit instead: linear work even if every line opens a quote.
  ReaderOptions lazy = Utf8();
  lazy.lazy_quotes = true;
  const Reading r = ReadBytes(bytes, lazy, Small(100, 1000));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.rows.front().Codes(), "CSV_QUOTE");
  EXPECT_EQ(r.rows.back().cells[1], "4");
  EXPECT_GT(r.rows.size(), 150u);
}

// A line of 64 MiB, read with the real limits: only the row is lost, and memory stays near the
// row limit.
class OneLineSource : public ByteSource {
 public:
  explicit OneLineSource(uint64_t size) : left_(size) {}
  StatusOr<size_t> Read(char* out, size_t size) override {
    const size_t n = static_cast<size_t>(std::min<uint64_t>(size, left_));
    largest_ = std::max(largest_, size);
    std::fill_n(out, n, 'x');
    left_ -= n;
    if (left_ == 0 && n > 0 && !ended_) {
      ended_ = true;
      left_ = kTail.size();
      tail_ = true;
      return n;
    }
    if (tail_) kTail.copy(out, n, kTail.size() - left_ - n);
    return n;
  }

 private:
  static constexpr std::string_view kTail = "\n3\n";
  uint64_t left_;
  size_t largest_ = 0;
  bool ended_ = false;
  bool tail_ = false;
};

TEST(CsvLimits, AHugeLineRunsInBoundedMemory) {
  ReaderOptions options = Utf8();
  options.header = false;
  options.columns = {{"a", ""}};
  const Reading r =
      Drain(OpenBytes(std::make_unique<OneLineSource>(64 * limits::kMiB), options, "test"));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(), "!ROW_TOO_LARGE;3");
  EXPECT_EQ(r.rows[0].raw.size(), limits::kRawShownBytesMax);
}

TEST(CsvLimits, AtMostSoManyFaultsOfOneRow) {
  std::string header = "c0";
  std::string row = "\xFF";
  for (size_t i = 1; i < 2 * limits::kFaultsPerRowMax; ++i) {
    header += ",c" + std::to_string(i);
    row += ",\xFF";
  }
  const Reading r = ReadCsv(header + "\n" + row + "\n");
  EXPECT_EQ(r.rows[0].faults.size(), limits::kFaultsPerRowMax);
}

}  // namespace
}  // namespace tombolo::readers::testing
