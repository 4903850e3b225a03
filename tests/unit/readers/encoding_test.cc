#include "adapters/readers/encoding.h"

#include <gtest/gtest.h>

#include <string>

#include "adapters/readers/transcode.h"
#include "gateway/base/text.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

std::string DecodeAs(std::string_view label, std::string_view bytes, BadBytes* bad = nullptr) {
  const auto encoding = FindEncoding(label);
  if (!encoding.ok()) return "unknown";
  const auto decoder = Decoder::Create(**encoding);
  if (!decoder.ok()) return "no decoder";
  std::string out;
  const bool good = (*decoder)->Decode(bytes, &out, bad);
  return good ? out : "bad:" + out;
}

// What iconv itself says about one code; "" if it refuses.
std::string ByIconv(const char* from, const std::string& bytes) {
  const iconv_t cd = iconv_open("UTF-8", from);
  std::string out(32, '\0');
  char* in = const_cast<char*>(bytes.data());
  size_t in_left = bytes.size();
  char* at = out.data();
  size_t left = out.size();
  bool good = iconv(cd, &in, &in_left, &at, &left) != static_cast<size_t>(-1);
  good = good && iconv(cd, nullptr, nullptr, &at, &left) != static_cast<size_t>(-1);
  iconv_close(cd);
  return good ? out.substr(0, out.size() - left) : "";
}

struct TableCase {
  const char* label;
  const char* iconv;
  size_t at_least;  // two-byte codes that are defined
};

class EncodingTable : public ::testing::TestWithParam<TableCase> {};

TEST_P(EncodingTable, EveryTwoByteCodeIsAsIconvHasIt) {
  const auto encoding = FindEncoding(GetParam().label);
  ASSERT_OK(encoding);
  const auto decoder = Decoder::Create(**encoding);
  ASSERT_OK(decoder);
  size_t defined = 0;
  for (int lead = 0x80; lead <= 0xFF; ++lead) {
    for (int trail = 0x20; trail <= 0xFF; ++trail) {
      const std::string bytes = {static_cast<char>(lead), static_cast<char>(trail)};
      std::string expected = ByIconv(GetParam().iconv, bytes);
      FoldGb18030(&expected, 0);
      std::string out;
      const bool good = (*decoder)->Decode(bytes, &out, nullptr);
      ASSERT_EQ(good, !expected.empty()) << ToHex(bytes);
      if (!good) continue;
      ++defined;
      ASSERT_EQ(out, expected) << ToHex(bytes);
      ASSERT_TRUE(IsUtf8(out)) << ToHex(bytes);
      // And back: a code that iconv gives for the character decodes to the same character.
      const std::string back = Encode(out, GetParam().iconv);
      if (back.empty()) continue;
      ASSERT_EQ(DecodeAs(GetParam().label, back), out) << ToHex(bytes);
    }
  }
  EXPECT_GE(defined, GetParam().at_least);
}

INSTANTIATE_TEST_SUITE_P(
    Tables, EncodingTable,
    ::testing::Values(TableCase{"GB18030", "GB18030", 23940}, TableCase{"GBK", "GBK", 21000},
                      TableCase{"Big5", "BIG5", 13000}, TableCase{"CP950", "CP950", 13000},
                      TableCase{"CP949", "UHC", 17000}, TableCase{"Shift_JIS", "CP932", 7000}),
    [](const auto& info) {
      std::string name = info.param.label;
      std::erase(name, '_');
      return name;
    });

TEST(Encoding, SingleBytesAreAsIconvHasThem) {
  for (const auto& [label, iconv_name, undefined] :
       {std::tuple{"windows-1251", "CP1251", 1}, std::tuple{"windows-1252", "CP1252", 5},
        std::tuple{"ISO-8859-1", "ISO-8859-1", 0}}) {
    int refused = 0;
    for (int i = 0; i < 256; ++i) {
      const std::string byte(1, static_cast<char>(i));
      const std::string expected = ByIconv(iconv_name, byte);
      const std::string out = DecodeAs(label, byte);
      if (expected.empty()) {
        ++refused;
        EXPECT_EQ(out, "bad:\xEF\xBF\xBD") << label << i;
      } else {
        EXPECT_EQ(out, expected) << label << i;
      }
    }
    EXPECT_EQ(refused, undefined) << label;
  }
}

// GB 18030: the 24 code points that were private use once. Bytes, and what they mean.
TEST(Gb18030, OldPrivateUseBecomesTheStandardCharacter) {
  const std::pair<const char*, const char*> kVectors[] = {
      {"a6d9", "\uFE10"},     {"a6da", "\uFE12"},     {"a6db", "\uFE11"},
      {"a6dc", "\uFE13"},     {"a6dd", "\uFE14"},     {"a6de", "\uFE15"},
      {"a6df", "\uFE16"},     {"a6ec", "\uFE17"},     {"a6ed", "\uFE18"},
      {"a6f3", "\uFE19"},     {"fe51", "\U00020087"}, {"fe52", "\U00020089"},
      {"fe53", "\U000200CC"}, {"fe59", "\u9FB4"},     {"fe61", "\u9FB5"},
      {"fe66", "\u9FB6"},     {"fe67", "\u9FB7"},     {"fe6c", "\U000215D7"},
      {"fe6d", "\u9FB8"},     {"fe76", "\U0002298F"}, {"fe7e", "\u9FB9"},
      {"fe90", "\u9FBA"},     {"fe91", "\U000241FE"}, {"fea0", "\u9FBB"},
  };
  for (const auto& [hex, text] : kVectors) {
    EXPECT_EQ(ToHex(DecodeAs("GB18030", *FromHex(hex))), ToHex(text)) << hex;
  }
}

TEST(Gb18030, OldFourByteFormsAreTheSameCharacters) {
  const std::pair<const char*, const char*> kVectors[] = {
      {"84318236", "\uFE10"},     {"84318239", "\uFE13"}, {"84318330", "\uFE14"},
      {"84318335", "\uFE19"},     {"82359037", "\u9FB4"}, {"82359039", "\u9FB6"},
      {"82359130", "\u9FB7"},     {"82359134", "\u9FBB"}, {"95329031", "\U00020087"},
      {"9536b937", "\U000215D7"},
  };
  for (const auto& [hex, text] : kVectors) {
    EXPECT_EQ(ToHex(DecodeAs("GB18030", *FromHex(hex))), ToHex(text)) << hex;
    EXPECT_EQ(DecodeAs("GB18030", "a" + *FromHex(hex) + "b"), "a" + std::string(text) + "b");
  }
  for (const char* neighbour : {"84318235", "84318336", "82359036", "82359135"}) {
    const std::string out = DecodeAs("GB18030", *FromHex(neighbour));
    EXPECT_EQ(out.find("\uFE10"), std::string::npos);
    EXPECT_EQ(out.find("\u9FB4"), std::string::npos);
  }
}

TEST(Gb18030, FoldsOnlyTheTwentyFour) {
  const std::pair<const char*, const char*> kVectors[] = {
      {"\uE78D", "\uFE10"},
      {"\uE796", "\uFE19"},
      {"\uE81E", "\u9FB4"},
      {"\uE864", "\u9FBB"},
      {"\uE855", "\U000241FE"},
      {"\uE78C", "\uE78C"},
      {"\uE797", "\uE797"},
      {"\uE865", "\uE865"},
      {"\uE000", "\uE000"},
      {"a\uE78Db\uE78E",
       "a\uFE10"
       "b\uFE12"},
      {"\xEE", "\xEE"},
      {"", ""},
  };
  for (const auto& [from, to] : kVectors) {
    std::string text = from;
    FoldGb18030(&text, 0);
    EXPECT_EQ(ToHex(text), ToHex(to));
  }
  std::string part = "\uE78D\uE78D";
  FoldGb18030(&part, 3);
  EXPECT_EQ(part, "\uE78D\uFE10");
}

TEST(Gb18030, FourByteFormsAndGbkDiffer) {
  EXPECT_EQ(DecodeAs("GB18030", *FromHex("95328236")), "\U00020000");
  EXPECT_EQ(DecodeAs("GBK", *FromHex("95328236")).substr(0, 4), "bad:");
}

TEST(Encoding, LabelsAreTakenLoosely) {
  for (const auto& [label, name] : {std::pair{"utf8", "UTF-8"},
                                    {"UTF_8", "UTF-8"},
                                    {"gb2312", "GBK"},
                                    {"EUC-KR", "CP949"},
                                    {"ks_c_5601-1987", "CP949"},
                                    {"x-sjis", "Shift_JIS"},
                                    {"Windows-1252", "windows-1252"},
                                    {"latin1", "ISO-8859-1"},
                                    {"cp1251", "windows-1251"},
                                    {"Big5-HKSCS", "Big5-HKSCS"}}) {
    const auto encoding = FindEncoding(label);
    ASSERT_OK(encoding);
    EXPECT_EQ((*encoding)->name, name);
  }
  for (const char* label : {"", "utf-7", "EBCDIC", "koi8-r", "utf-32", "UTF-8//IGNORE"}) {
    EXPECT_CODE(Code::ENCODING_UNKNOWN, FindEncoding(label)) << label;
  }
}

TEST(Encoding, BadBytesDoNotSwallowWhatFollows) {
  for (const auto& [label, bytes, text] :
       {std::tuple{"GB18030", "\xC4,x", "bad:\xEF\xBF\xBD,x"},
        std::tuple{"GB18030", "\x81\x30,x",
                   "bad:\xEF\xBF\xBD"
                   "0,x"},
        std::tuple{"GB18030", "\xFF\xFF,\xC4\xE3", "bad:\xEF\xBF\xBD,你"},
        std::tuple{"CP949", "\xB0\"x", "bad:\xEF\xBF\xBD\"x"},
        std::tuple{"Big5", "\xA4\nx", "bad:\xEF\xBF\xBD\nx"},
        std::tuple{"Shift_JIS", "\x82\tx", "bad:\xEF\xBF\xBD\tx"},
        std::tuple{"UTF-8", "\xE4\xB8,x", "bad:\xEF\xBF\xBD,x"}}) {
    EXPECT_EQ(DecodeAs(label, bytes), text) << label;
  }
}

TEST(Encoding, TheHoleInsideCp949IsNotSteppedOver) {
  BadBytes bad;
  EXPECT_EQ(DecodeAs("CP949", "\xB0\xA1\xA2\xE8,x", &bad), "bad:가\uFFFD,x");
  EXPECT_EQ(bad.offset, 2u);
}

TEST(Encoding, ReportsTheFirstBadRun) {
  BadBytes bad;
  EXPECT_EQ(DecodeAs("UTF-8",
                     "ab\xFF\xFE"
                     "c\xFD",
                     &bad),
            "bad:ab\uFFFD"
            "c\uFFFD");
  EXPECT_EQ(bad.offset, 2u);
  EXPECT_EQ(bad.bytes, "\xFF\xFE");
  DecodeAs("UTF-8", std::string(100, '\xFF'), &bad);
  EXPECT_EQ(bad.bytes.size(), kBadBytesShown);
}

TEST(Utf8, WhatIsWellFormed) {
  for (const char* good : {"", "a", "\u0080", "\u07FF", "\u0800", "\uFFFF", "\U00010000",
                           "\U0010FFFF", "\uD7FF", "\uE000"}) {
    EXPECT_EQ(FirstInvalidUtf8(good), std::string_view::npos) << ToHex(good);
  }
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE4\xB8", "\xF0\x9F\x98",
        "\xE4\xB8"
        "a"}) {
    // Behind text of any length, so that every path of the scan is met.
    for (const size_t before : {0, 1, 7, 8, 9, 30}) {
      EXPECT_EQ(FirstInvalidUtf8(std::string(before, 'x') + bad), before) << ToHex(bad);
    }
    EXPECT_EQ(FirstInvalidUtf8(std::string("\u4E00\u4E01") + bad), 6u) << ToHex(bad);
  }
  size_t tail = 0;
  EXPECT_EQ(FirstInvalidUtf8("a\xE4\xB8", &tail), std::string_view::npos);
  EXPECT_EQ(tail, 2u);
}

struct FileCase {
  const char* label;
  const char* iconv;
  const char* text;
};

TEST(Utf8, APrefixEndsWithAWholeCharacter) {
  const std::string text = "a\u00e9\u4e0a\U00020BB7";  // 1, 2, 3 and 4 bytes
  const size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (size_t size = 0; size < std::size(whole); ++size) {
    EXPECT_EQ(WellFormedPrefix(text, size), text.substr(0, whole[size])) << size;
    // The same if the text itself is cut there.
    EXPECT_EQ(WellFormedPrefix(text.substr(0, size), 100), text.substr(0, whole[size])) << size;
  }
}

class EncodedFile : public ::testing::TestWithParam<FileCase> {};

TEST_P(EncodedFile, ReadsAsCsvXmlAndJson) {
  const FileCase& c = GetParam();
  const std::string text = c.text;
  for (const char delimiter : {',', '|', '\\'}) {
    const std::string d(1, delimiter);
    ReaderOptions options;
    options.encoding = c.label;
    options.delimiter = delimiter;
    const std::string csv = "名" + d + "b\n\"" + text + "\"" + d + text + "\n";
    const std::string ascii_header = "n" + d + "b\n\"" + text + "\"" + d + text + "\n";
    const Reading r = ReadBytes(Encode(ascii_header, c.iconv), options);
    EXPECT_OK(r.status);
    EXPECT_EQ(r.Text(), text + "|" + text) << c.label << ' ' << d;
  }
  ReaderOptions xml = Tree(Format::kXml, "/A/B", {{"c", ""}});
  xml.encoding = c.label;
  EXPECT_EQ(ReadBytes(Encode("<A><B><c>" + text + "</c></B></A>", c.iconv), xml).Text(), text);
  ReaderOptions json = Tree(Format::kJson, "/*", {{"c", ""}});
  json.encoding = c.label;
  EXPECT_EQ(ReadBytes(Encode("[{\"c\":\"" + text + "\"}]", c.iconv), json).Text(), text);
}

INSTANTIATE_TEST_SUITE_P(All, EncodedFile,
                         ::testing::Values(FileCase{"UTF-8", "UTF-8", "上海 Ñ 서울 𠮷"},
                                           FileCase{"UTF-16LE", "UTF-16LE", "上海 Ñ 서울 𠮷"},
                                           FileCase{"UTF-16BE", "UTF-16BE", "上海 Ñ 서울 𠮷"},
                                           FileCase{"GB18030", "GB18030", "上海 𠮷 黎 亅 亇"},
                                           FileCase{"GBK", "GBK", "上海 丂 亅 亇"},
                                           FileCase{"Big5", "BIG5", "高雄 功 許 蓋"},
                                           FileCase{"CP950", "CP950", "高雄 功 許 蓋"},
                                           FileCase{"Big5-HKSCS", "BIG5-HKSCS", "香港 功 許 蓋"},
                                           FileCase{"CP949", "UHC", "서울 갂 똠"},
                                           FileCase{"Shift_JIS", "CP932", "表 ソ 能 ポ ﾊﾝ"},
                                           FileCase{"windows-1251", "CP1251", "Москва №1 Ёж"},
                                           FileCase{"windows-1252", "CP1252", "Ñandú €5 – Œuvre"},
                                           FileCase{"ISO-8859-1", "ISO-8859-1", "Ñandú à ÿ"}),
                         [](const auto& info) {
                           std::string name = info.param.label;
                           std::erase_if(name, [](char ch) { return ch == '-' || ch == '_'; });
                           return name;
                         });

TEST(EncodedCsv, ABadByteCostsItsRowInEveryEncoding) {
  for (const auto& [label, bad] : {std::pair{"GB18030", "\xFF"},
                                   {"GBK", "\xFF"},
                                   {"Big5", "\xFF"},
                                   {"CP949", "\xFF"},
                                   {"Shift_JIS", "\xFD"},
                                   {"windows-1251", "\x98"},
                                   {"windows-1252", "\x81"}}) {
    for (const char delimiter : {',', '|'}) {
      ReaderOptions options;
      options.encoding = label;
      options.delimiter = delimiter;
      const std::string d(1, delimiter);
      const Reading r = ReadBytes("a" + d + "b\n1" + d + "x" + bad + "\n3" + d + "4\n", options);
      EXPECT_OK(r.status);
      EXPECT_EQ(r.Text(), "!ENCODING_INVALID;3|4") << label << d;
      ASSERT_EQ(r.rows.size(), 2u);
      const Fault& f = r.rows[0].faults[0];
      EXPECT_EQ(f.column, "b");
      EXPECT_NE(f.reason.find("bytes " + ToHex(bad) + " at byte 7 of"), std::string::npos)
          << f.reason;
      EXPECT_EQ(r.rows[0].raw, "1" + d + "x\uFFFD");
    }
  }
}

TEST(EncodedCsv, MarksAreDroppedAndCounted) {
  ReaderOptions options;
  EXPECT_EQ(ReadBytes("\xFF\xFE" + Encode("a,b\n1,2\n", "UTF-16LE"), options).Text(), "1|2");
  EXPECT_EQ(ReadBytes("\xFE\xFF" + Encode("a,b\n1,2\n", "UTF-16BE"), options).Text(), "1|2");
  options.encoding = "UTF-16";
  const Reading r = ReadBytes("\xFE\xFF" + Encode("a,b\n1,2\n", "UTF-16BE"), options);
  EXPECT_EQ(r.columns[0], "a");
  EXPECT_EQ(r.encoding, "UTF-16BE");
  options.encoding = "GB18030";
  EXPECT_EQ(ReadBytes("\x84\x31\x95\x33"
                      "a,b\n1,2\n",
                      options)
                .columns[0],
            "a");
}

TEST(EncodedCsv, ALoneSurrogateAndAnOddByteOfUtf16) {
  ReaderOptions options;
  options.encoding = "UTF-16LE";
  std::string bytes = Encode("a,b\n1,", "UTF-16LE");
  bytes += std::string("\x00\xD8", 2);
  bytes += Encode("\n3,4\n", "UTF-16LE");
  const Reading r = ReadBytes(bytes, options);
  EXPECT_EQ(r.Text(), "!ENCODING_INVALID;3|4");
  EXPECT_NE(r.rows[0].faults[0].reason.find("bytes 00d8 at byte 12"), std::string::npos)
      << r.rows[0].faults[0].reason;
  EXPECT_EQ(ReadBytes(Encode("a,b\n1,2", "UTF-16LE") + "x", options).Text(), "!ENCODING_INVALID");
}

TEST(Transcoding, AMarkerCannotBeForged) {
  ReaderOptions options = Tree(Format::kNdjson, "", {{"a", ""}});
  options.encoding = "UTF-8";
  // U+FDE1 U+FDD4 U+FDE1 in the source: a forged "byte 41 at offset 1".
  const Reading r = ReadBytes("{\"a\":\"\uFDE1\uFDD4\uFDE1\"}\n{\"a\":\"1\"}\n", options);
  EXPECT_EQ(r.Text(), "!ENCODING_INVALID;1");
  EXPECT_NE(r.rows[0].faults[0].reason.find("bytes efb7a1"), std::string::npos)
      << r.rows[0].faults[0].reason;
  const auto plain = FindMarker("no marker \uFDCF\uFDF0");
  EXPECT_FALSE(plain.has_value());
}

}  // namespace
}  // namespace tombolo::readers::testing
