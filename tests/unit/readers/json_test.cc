#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

ReaderOptions Json(std::string row_path, std::vector<ColumnPath> columns) {
  ReaderOptions options = Tree(Format::kJson, std::move(row_path), std::move(columns));
  options.encoding = "UTF-8";
  return options;
}

ReaderOptions Lines(std::vector<ColumnPath> columns) {
  ReaderOptions options = Tree(Format::kNdjson, "", std::move(columns));
  options.encoding = "UTF-8";
  return options;
}

// In pieces of every size the same; the reading of the last.
Reading InPieces(const std::string& bytes, const ReaderOptions& options) {
  Reading first;
  for (const size_t piece : {4096, 1, 2, 3, 7}) {
    ReaderLimits limits;
    limits.block_bytes = limits.sample_bytes = 64;
    Reading r =
        Drain(OpenBytesWith(std::make_unique<PieceSource>(bytes, piece), options, "test", limits));
    if (!first.opened) first = r;
    EXPECT_EQ(r.Text(), first.Text()) << "pieces of " << piece;
    EXPECT_EQ(CodeOf(r.status), CodeOf(first.status)) << "pieces of " << piece;
  }
  return first;
}

TEST(Json, RowsOfAnArray) {
  const Reading r =
      InPieces(R"([{"a":1,"b":"x"},{"b":"y","a":2}])", Json("/*", {{"a", ""}, {"b", ""}}));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(), "1|x;2|y");
  EXPECT_EQ(r.rows[0].raw, R"({"a":1,"b":"x"})");
}

TEST(Json, ValuesAsText) {
  const Reading r = InPieces(
      R"([{"t":true,"f":false,"n":null,"s":"","o":{"x":[1, 2]},"e":[]}])",
      Json("/*", {{"t", ""}, {"f", ""}, {"n", ""}, {"s", ""}, {"o", ""}, {"e", ""}, {"z", ""}}));
  EXPECT_EQ(r.Text(), R"(true|false|<absent>||{"x":[1,2]}|[]|<absent>)");
}

TEST(Json, NumbersKeepTheirText) {
  for (const char* number :
       {"0", "-0", "1.50", "2.0660594E7", "1e5", "-1.5e-10", "12345678901234567890123",
        "0.1000000000000000055511151231257827", "9223372036854775808", "1E400", "55.76536695677"}) {
    const std::string bytes = std::string("[{\"a\":") + number + "}]";
    EXPECT_EQ(InPieces(bytes, Json("/*", {{"a", ""}})).Text(), number);
  }
}

TEST(Json, Escapes) {
  const Reading r =
      InPieces(R"([{"a":"\u4e0a\u6d77 \"q\" \\ \/ \n\t\b\f\r \ud842\udfb7","\u0062":"key"}])",
               Json("/*", {{"a", ""}, {"b", ""}}));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(), "上海 \"q\" \\ / \n\t\b\f\r 𠮷|key");
  EXPECT_EQ(r.rows[0].raw,
            "{\"a\":\"上海 \\\"q\\\" \\\\ / \\n\\u0009\\u0008\\u000c\\u000d 𠮷\",\"b\":\"key\"}");
}

TEST(Json, Paths) {
  const std::string bytes = R"([{"a":{"b":[{"c":1},{"c":2}],"x.y":3},"名":4,"l":[[5,6]]},{"a":7}])";
  const Reading r = InPieces(bytes, Json("/*", {{"c0", "a.b[0].c"},
                                                {"c1", "a.b[1].c"},
                                                {"b", "a.b"},
                                                {"dot", "./a/x.y"},
                                                {"han", "名"},
                                                {"deep", "l[0][1]"},
                                                {"whole", "."}}));
  ASSERT_EQ(r.rows.size(), 2u);
  EXPECT_EQ(r.rows[0].cells, (std::vector<std::string>{
                                 "1", "2", R"([{"c":1},{"c":2}])", "3", "4", "6",
                                 R"({"a":{"b":[{"c":1},{"c":2}],"x.y":3},"名":4,"l":[[5,6]]})"}));
  EXPECT_EQ(r.rows[1].cells[0], "<absent>");
}

TEST(Json, NestedRowsSeeWhatIsAboveThem) {
  const std::string bytes = R"({"meta":{"date":"2020-01-01"},"rows":[
      {"id":1,"items":[{"v":"a"},{"v":"b"}]},
      {"items":[{"v":"c"}],"id":2},
      {"id":3,"items":[]}],"late":9})";
  const Reading r = InPieces(bytes, Json("/rows/*/items/*", {{"v", ""},
                                                             {"id", "../../id"},
                                                             {"date", "/meta/date"},
                                                             {"same", "../../../../meta/date"},
                                                             {"late", "/late"}}));
  EXPECT_OK(r.status);
  // The second id stands behind its rows; the first one's must not be taken for it.
  EXPECT_EQ(r.Text(),
            "a|1|2020-01-01|2020-01-01|<absent>;b|1|2020-01-01|2020-01-01|<absent>;"
            "c|<absent>|2020-01-01|2020-01-01|<absent>");
}

TEST(Json, RowsThatAreScalarsOrMembers) {
  EXPECT_EQ(InPieces(R"(["a",1,null,true])", Json("/*", {{"v", "."}})).Text(), "a;1;<absent>;true");
  EXPECT_EQ(InPieces(R"({"k1":{"v":1},"k2":{"v":2}})", Json("/*", {{"v", ""}})).Text(), "1;2");
  EXPECT_EQ(InPieces(R"({"v":1})", Json("", {{"v", ""}})).Text(), "1");
}

TEST(Json, ANameTwiceIsAFault) {
  EXPECT_EQ(InPieces(R"([{"a":1,"a":2},{"a":3}])", Json("/*", {{"a", ""}})).Text(),
            "!JSON_MALFORMED;3");
  EXPECT_EQ(InPieces(R"([{"a":"\n","a":"\t"}])", Json("/*", {{"a", ""}})).Text(),
            "!JSON_MALFORMED");
}

struct NastyCase {
  const char* name;
  const char* bytes;
  Code code;
};

class JsonNasty : public ::testing::TestWithParam<NastyCase> {};

TEST_P(JsonNasty, EndsTheFileWithItsCode) {
  const Reading r = InPieces(GetParam().bytes, Json("/*", {{"a", ""}}));
  EXPECT_CODE(GetParam().code, r.status);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc8259, JsonNasty,
    ::testing::Values(NastyCase{"Empty", "", Code::FILE_EMPTY},
                      NastyCase{"Blank", " \n ", Code::FILE_EMPTY},
                      NastyCase{"NotJson", "a,b\n", Code::FORMAT_UNKNOWN},
                      NastyCase{"Scalar", "12", Code::FORMAT_UNKNOWN},
                      NastyCase{"TrailingComma", "[{\"a\":1},]", Code::JSON_MALFORMED},
                      NastyCase{"MissingComma", "[{\"a\":1}{\"a\":2}]", Code::JSON_MALFORMED},
                      NastyCase{"SingleQuotes", "[{'a':1}]", Code::JSON_MALFORMED},
                      NastyCase{"BareKey", "[{a:1}]", Code::JSON_MALFORMED},
                      NastyCase{"Comment", "[/* x */{\"a\":1}]", Code::JSON_MALFORMED},
                      NastyCase{"LeadingZero", "[{\"a\":01}]", Code::JSON_MALFORMED},
                      NastyCase{"Plus", "[{\"a\":+1}]", Code::JSON_MALFORMED},
                      NastyCase{"DotFirst", "[{\"a\":.5}]", Code::JSON_MALFORMED},
                      NastyCase{"DotLast", "[{\"a\":5.}]", Code::JSON_MALFORMED},
                      NastyCase{"Hex", "[{\"a\":0x1}]", Code::JSON_MALFORMED},
                      NastyCase{"NaN", "[{\"a\":NaN}]", Code::JSON_MALFORMED},
                      NastyCase{"Infinity", "[{\"a\":-Infinity}]", Code::JSON_MALFORMED},
                      NastyCase{"BadLiteral", "[{\"a\":nul}]", Code::JSON_MALFORMED},
                      NastyCase{"BadEscape", "[{\"a\":\"\\x41\"}]", Code::JSON_MALFORMED},
                      NastyCase{"ShortUnicode", "[{\"a\":\"\\u12\"}]", Code::JSON_MALFORMED},
                      NastyCase{"LoneSurrogate", "[{\"a\":\"\\ud800\"}]", Code::JSON_MALFORMED},
                      NastyCase{"LowSurrogateFirst", "[{\"a\":\"\\udc00\\ud800\"}]",
                                Code::JSON_MALFORMED},
                      NastyCase{"ControlInString", "[{\"a\":\"\n\"}]", Code::JSON_MALFORMED},
                      NastyCase{"TwoDocuments", "[{\"a\":1}]\n[{\"a\":1}]", Code::JSON_MALFORMED},
                      NastyCase{"Mismatch", "[{\"a\":1]}", Code::JSON_MALFORMED},
                      NastyCase{"CutInObject", "[{\"a\":1},{\"a\"", Code::FILE_TRUNCATED},
                      NastyCase{"CutInString", "[{\"a\":\"x", Code::FILE_TRUNCATED},
                      NastyCase{"CutInNumber", "[{\"a\":1", Code::FILE_TRUNCATED},
                      NastyCase{"CutInArray", "[{\"a\":1}", Code::FILE_TRUNCATED}),
    [](const auto& info) { return info.param.name; });

TEST(Json, RowsBeforeAMistakeAreGivenOut) {
  const Reading r = InPieces(R"([{"a":1},{"a":2},{"a":x}])", Json("/*", {{"a", ""}}));
  EXPECT_EQ(r.Text(), "1;2");
  EXPECT_NE(r.status.message().find("row 3"), std::string::npos) << r.status.message();
}

TEST(Json, ARowPathThatLeadsNowhereIsNoEmptyFile) {
  EXPECT_CODE(Code::HEADER_MISSING,
              InPieces(R"({"recrods":[{"a":1}]})", Json("/records/*", {{"a", ""}})).status);
  EXPECT_OK(InPieces(R"({"records":[]})", Json("/records/*", {{"a", ""}})).status);
}

TEST(Json, ABadByteCostsItsRow) {
  const Reading r =
      InPieces("[{\"a\":\"x\xFFy\",\"b\":1},{\"a\":\"ok\",\"b\":2},{\"a\":\"1\",\"\xFE\":2}]",
               Json("/*", {{"a", ""}, {"b", ""}}));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(), "!ENCODING_INVALID;ok|2;!ENCODING_INVALID");
  EXPECT_EQ(r.rows[0].faults[0].reason,
            "row 1: column a: bytes ff at byte 8 of the file are not valid UTF-8");
  EXPECT_EQ(r.rows[0].faults[0].value, "x\uFFFDy");
  EXPECT_EQ(r.rows[0].raw, "{\"a\":\"x\uFFFDy\",\"b\":1}");
}

TEST(JsonLimits, NestingOfNAndNPlusOne) {
  ReaderLimits limits;
  limits.nesting_max = 5;
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
  };
  EXPECT_OK(ReadBytes(nested(5), Json("/*", {{"v", "."}}), limits).status);
  EXPECT_CODE(Code::NESTING_TOO_DEEP,
              ReadBytes(nested(6), Json("/*", {{"v", "."}}), limits).status);
  EXPECT_CODE(Code::NESTING_TOO_DEEP,
              ReadBytes(std::string(100000, '['), Json("/*", {{"v", "."}})).status);
  EXPECT_EQ(ReadBytes(nested(6) + "\n" + nested(5) + "\n", Lines({{"v", "."}}), limits).Text(),
            "!NESTING_TOO_DEEP;" + nested(5));
}

TEST(JsonLimits, CellAndRowOfNAndNPlusOne) {
  ReaderLimits limits;
  limits.cell_bytes_max = 10;
  limits.row_bytes_max = 40;
  const auto rows = [](const std::string& value, const std::string& rest) {
    return "[{\"a\":" + value + rest + "},{\"a\":\"ok\"}]";
  };
  const ReaderOptions a = Json("/*", {{"a", ""}});
  EXPECT_EQ(ReadBytes(rows("\"xxxxxxxxxx\"", ""), a, limits).Text(), "xxxxxxxxxx;ok");
  EXPECT_EQ(ReadBytes(rows("\"xxxxxxxxxxx\"", ""), a, limits).Text(), "!CELL_TOO_LARGE;ok");
  EXPECT_EQ(ReadBytes(rows("\"\\nxxxxxxxxx\"", ""), a, limits).Text(), "\nxxxxxxxxx;ok");
  EXPECT_EQ(ReadBytes(rows("\"\\nxxxxxxxxxx\"", ""), a, limits).Text(), "!CELL_TOO_LARGE;ok");
  EXPECT_EQ(ReadBytes(rows("12345678901", ""), a, limits).Text(), "!CELL_TOO_LARGE;ok");
  EXPECT_EQ(ReadBytes(rows("[1,2,3,4,5]", ""), a, limits).Text(), "!CELL_TOO_LARGE;ok");
  // {"a":1,"b":"..."} has 14 bytes besides the text.
  EXPECT_EQ(ReadBytes(rows("1", ",\"b\":\"" + std::string(26, 'x') + "\""), a, limits).Text(),
            "1;ok");
  EXPECT_EQ(ReadBytes(rows("1", ",\"b\":\"" + std::string(27, 'x') + "\""), a, limits).Text(),
            "!ROW_TOO_LARGE;ok");
}

TEST(JsonLimits, ANameOfNAndNPlusOne) {
  ReaderLimits limits;
  limits.cell_bytes_max = 10;
  const auto rows = [](const std::string& name) {
    return "[{\"a\":1,\"" + name + "\":2},{\"a\":\"ok\"}]";
  };
  for (const size_t block : {size_t{8}, limits::kReadBlockBytes}) {
    limits.block_bytes = block;
    const ReaderOptions a = Json("/*", {{"a", ""}});
    EXPECT_EQ(ReadBytes(rows("nnnnnnnnnn"), a, limits).Text(), "1;ok");
    const Reading r = ReadBytes(rows("nnnnnnnnnnn"), a, limits);
    EXPECT_EQ(r.Text(), "!CELL_TOO_LARGE;ok");
    EXPECT_EQ(r.rows[0].raw, "{\"a\":1,\"nnnnnnnnnn\":2}");
    // The limit stands inside of the fourth character.
    const Reading han = ReadBytes(rows("上海示例贸易"), a, limits);
    EXPECT_EQ(han.rows[0].raw, "{\"a\":1,\"上海示\":2}");
    EXPECT_EQ(han.rows[0].faults[0].value, "上海示");
  }
}

TEST(JsonLimits, WhatALargeRowShowsEndsWithAWholeCharacter) {
  ReaderLimits limits;
  limits.row_bytes_max = 20;
  for (const size_t block : {size_t{8}, limits::kReadBlockBytes}) {
    limits.block_bytes = block;
    const std::string bytes = "[{\"t\":\"上海示例贸易\"}]";
    EXPECT_EQ(ReadBytes(bytes, Json("/*", {{"a", ""}}), limits).rows[0].raw, "{\"t\":\"上海示例");
    const Reading line = ReadBytes("{\"t\":\"x上海示例贸易\"}", Lines({{"a", ""}}), limits);
    EXPECT_EQ(line.rows[0].raw, "{\"t\":\"x上海示例");
  }
}

TEST(JsonLimits, ANumberNobodyReadsCountsWhole) {
  ReaderLimits limits;
  limits.cell_bytes_max = 10;
  limits.row_bytes_max = 40;
  for (const size_t block : {size_t{8}, limits::kReadBlockBytes}) {
    limits.block_bytes = block;
    const auto read = [&](size_t digits) {
      return ReadBytes("[{\"n\":" + std::string(digits, '1') + "}]", Json("/*", {{"a", ""}}),
                       limits);
    };
    EXPECT_EQ(read(34).Text(), "<absent>");  // 6 bytes besides it
    EXPECT_EQ(read(35).Text(), "!ROW_TOO_LARGE");
  }
}

TEST(Json, ANoncharacterCostsItsRowHoweverItIsWritten) {
  const Reading r = InPieces(
      "[{\"a\":\"\\ufdd0\"},{\"a\":\"\uFDD0\"},{\"\\ufdef\":1},{\"a\":1},{\"a\":\"\xFF\"},{\"a\":2}"
      "]",
      Json("/*", {{"a", ""}}));
  EXPECT_EQ(r.Text(),
            "!ENCODING_INVALID;!ENCODING_INVALID;!ENCODING_INVALID;1;!ENCODING_INVALID;2");
  EXPECT_EQ(r.rows[0].faults[0].reason,
            "row 1: column a: a code point of U+FDD0 to U+FDEF, which is no character");
  EXPECT_EQ(r.rows[0].raw, "{\"a\":\"\uFFFD\"}");
}

TEST(JsonOptions, WhatMakesNoSense) {
  for (const ReaderOptions& options :
       {Json("/*", {}), Json("/*", {{"", "a"}}), Json("/*", {{"a", ""}, {"a", "b"}}),
        Json("/*", {{"a", "b[x]"}}), Json("/*", {{"a", "b..c"}}), Json("/*", {{"a", "b."}}),
        Json("/*", {{"a", "../../../x"}}), Json("/*", {{"a", "/"}}),
        Json("/rows/*", {{"a", "/rows/*/a"}}), Tree(Format::kNdjson, "/x", {{"a", ""}})}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT, ReadBytes("[{\"a\":1}]", options).status);
  }
  ReaderLimits limits;
  limits.columns_max = 1;
  EXPECT_OK(ReadBytes("[]", Json("/*", {{"a", ""}}), limits).status);
  EXPECT_CODE(Code::LIMIT_EXCEEDED,
              ReadBytes("[]", Json("/*", {{"a", ""}, {"b", ""}}), limits).status);
}

TEST(Ndjson, BadLinesAreBadRows) {
  const std::string bytes =
      "{\"a\":1}\n{\"a\":\n\n{\"a\":2}x\n{\"a\":3} {\"a\":4}\r\n[1]\nnull\n{\"a\":\"\xFF\"}\n"
      "  {\"a\":5}  \r\n{\"a\":6}";
  const Reading r = InPieces(bytes, Lines({{"a", ""}}));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(),
            "1;!JSON_MALFORMED;!JSON_MALFORMED;!JSON_MALFORMED;<absent>;<absent>;"
            "!ENCODING_INVALID;5;6");
  EXPECT_EQ(r.rows[1].line, 2u);
  EXPECT_EQ(r.rows[1].raw, "{\"a\":");
  EXPECT_EQ(r.rows[3].line, 5u);
  EXPECT_EQ(r.rows[3].raw, "{\"a\":3} {\"a\":4}\r");
  EXPECT_EQ(r.rows.back().line, 10u);
}

TEST(Ndjson, ALineOfNAndNPlusOne) {
  ReaderLimits limits;
  limits.row_bytes_max = 20;
  limits.block_bytes = 8;
  const std::string n = "{\"a\":\"" + std::string(12, 'x') + "\"}";
  ASSERT_EQ(n.size(), 20u);
  EXPECT_EQ(ReadBytes(n + "\n{\"a\":1}\n", Lines({{"a", ""}}), limits).Text(),
            std::string(12, 'x') + ";1");
  EXPECT_EQ(ReadBytes(n + " \n{\"a\":1}\n", Lines({{"a", ""}}), limits).Text(), "!ROW_TOO_LARGE;1");
  EXPECT_EQ(ReadBytes(std::string(1000, 'x'), Lines({{"a", ""}}), limits).Text(), "!ROW_TOO_LARGE");
}

TEST(Ndjson, CutOffAtTheEndIsABadRow) {
  const Reading r = InPieces("{\"a\":1}\n{\"a\":", Lines({{"a", ""}}));
  EXPECT_EQ(r.Text(), "1;!JSON_MALFORMED");
}

}  // namespace
}  // namespace tombolo::readers::testing
