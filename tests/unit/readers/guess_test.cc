#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

using ::tombolo::testing::TempDir;

std::string Columns(const SampleGuess& guess) {
  std::string out;
  for (const ColumnPath& column : guess.options.columns) {
    out += (out.empty() ? "" : ",") + column.name;
    if (!column.path.empty() && column.path != column.name) out += "=" + column.path;
  }
  return out;
}

// The draft opens the file it was made from.
Reading ReadAsGuessed(const std::string& path, const SampleGuess& guess) {
  return Drain(Open(path, guess.options));
}

TEST(Guess, CsvWithPreambleAndOtherDelimiter) {
  const TempDir dir;
  const std::string path =
      dir.Write("x.csv", Encode("Situación al 30;;\nListado;;\nNo;Nombre;Año\n1;\"Uno; S.A.\";"
                                "2020\n2;Muñoz;2021\n",
                                "CP1252"));
  ASSERT_OK_AND_ASSIGN(const SampleGuess guess, Guess(path));
  EXPECT_EQ(guess.options.format, Format::kCsv);
  EXPECT_EQ(guess.options.encoding, "windows-1252");
  EXPECT_EQ(guess.options.delimiter, ';');
  EXPECT_EQ(guess.options.preamble_lines, 2u);
  EXPECT_EQ(Columns(guess), "No,Nombre,Año");
  EXPECT_EQ(ReadAsGuessed(path, guess).Text(), "1|Uno; S.A.|2020;2|Muñoz|2021");
}

TEST(Guess, CsvWithoutHeader) {
  const TempDir dir;
  const std::string path = dir.Write("x.csv", "1,a,2020-01-01\n2,b,2020-01-02\n");
  ASSERT_OK_AND_ASSIGN(const SampleGuess guess, Guess(path));
  EXPECT_FALSE(guess.options.header);
  EXPECT_EQ(Columns(guess), "column_1,column_2,column_3");
  EXPECT_FALSE(guess.notes.empty());
  EXPECT_EQ(ReadAsGuessed(path, guess).rows.size(), 2u);
}

TEST(Guess, Xml) {
  const TempDir dir;
  const std::string path = dir.Write(
      "x.xml",
      "<?xml version='1.0'?><F><Header><Date>2020</Date></Header><C><D id='1'><Name>a</Name>"
      "<S><H>1</H></S></D><D id='2'><Name>b</Name><S><H>2</H></S></D></C></F>");
  ASSERT_OK_AND_ASSIGN(const SampleGuess guess, Guess(path));
  EXPECT_EQ(guess.options.format, Format::kXml);
  EXPECT_EQ(guess.options.row_path, "/F/C/D");
  EXPECT_EQ(Columns(guess), "Date=/F/Header/Date,id=@id,Name,H=S/H");
  EXPECT_EQ(ReadAsGuessed(path, guess).Text(), "2020|1|a|1;2020|2|b|2");
}

TEST(Guess, JsonAndNdjson) {
  const TempDir dir;
  const std::string json =
      dir.Write("x.json", R"({"rows":[{"a":1,"b":{"c":"x"},"l":[{"p":1}]},{"a":2,"l":[]}]})");
  ASSERT_OK_AND_ASSIGN(const SampleGuess guess, Guess(json));
  EXPECT_EQ(guess.options.format, Format::kJson);
  EXPECT_EQ(guess.options.row_path, "/rows/*");
  EXPECT_EQ(Columns(guess), "a,c=./b/c,l");
  EXPECT_EQ(ReadAsGuessed(json, guess).Text(), "1|x|[{\"p\":1}];2|<absent>|[]");
  const std::string lines = dir.Write("x.ndjson", "{\"a\":1,\"b\":2}\n{\"a\":3,\"c\":4}\n");
  ASSERT_OK_AND_ASSIGN(const SampleGuess lines_guess, Guess(lines));
  EXPECT_EQ(lines_guess.options.format, Format::kNdjson);
  EXPECT_EQ(Columns(lines_guess), "a,b,c");
  EXPECT_EQ(ReadAsGuessed(lines, lines_guess).rows.size(), 2u);
}

TEST(Guess, SaysWhatIsUncertain) {
  const TempDir dir;
  ASSERT_OK_AND_ASSIGN(const SampleGuess guess,
                       Guess(dir.Write("x.csv", Encode("a,b\n1,서울\n", "UHC"))));
  EXPECT_GE(guess.encodings.size(), 2u);
  EXPECT_FALSE(guess.notes.empty());
}

TEST(Guess, Refuses) {
  const TempDir dir;
  EXPECT_CODE(Code::FILE_EMPTY, Guess(dir.Write("x", "")));
  EXPECT_CODE(Code::FILE_UNREADABLE, Guess(dir.File("none")));
  EXPECT_CODE(Code::FORMAT_UNKNOWN, Guess(dir.Write("x.xml", "<A><B/></A>")));
  EXPECT_CODE(Code::FORMAT_UNKNOWN, Guess(dir.Write("x.json", "{\"a\":1}")));
  EXPECT_CODE(Code::ENCODING_UNKNOWN, Guess(dir.Write("x", std::string("\xFF\xFE\0\0a\0\0\0", 8))));
}

}  // namespace
}  // namespace tombolo::readers::testing
