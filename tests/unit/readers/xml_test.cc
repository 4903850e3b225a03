#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

ReaderOptions Xml(std::vector<ColumnPath> columns, std::string row_path = "/A/B") {
  return Tree(Format::kXml, std::move(row_path), std::move(columns));
}

Reading InPieces(const std::string& bytes, const ReaderOptions& options) {
  Reading first;
  for (const size_t piece : {4096, 1, 3, 7}) {
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

TEST(Xml, RowsByPath) {
  const Reading r = InPieces(
      "<?xml version=\"1.0\"?>\n<A>\n <B><x>1</x><y>2</y></B>\n <C><B><x>no</x></B></C>\n"
      " <B><y>4</y></B></A>",
      Xml({{"x", ""}, {"y", ""}}));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(), "1|2;<absent>|4");
  EXPECT_EQ(r.rows[0].raw, "x=1\ny=2\n");
  EXPECT_EQ(r.rows[1].line, 5u);
}

TEST(Xml, ChildrenAttributesAndOwnText) {
  const Reading r = InPieces("<A><B id='7'>own<S n=\"5\"><h>1</h><c>2</c></S></B><B id=''/></A>",
                             Xml({{"id", "@id"}, {"h", "S/h"}, {"n", "S/@n"}, {"all", "."}}));
  EXPECT_EQ(r.Text(), "7|1|5|own12;|<absent>|<absent>|");
}

TEST(Xml, EmptyNilAndRepeatedElements) {
  const Reading r = InPieces(
      "<A xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:o='urn:o'>"
      "<B><x/><p>1</p><p>2</p></B><B><x xsi:nil='true'/><p>3</p></B><B><x xsi:nil='1'/></B>"
      "<B><x o:nil='true'>t</x></B></A>",
      Xml({{"x", ""}, {"p", ""}}));
  EXPECT_EQ(r.Text(), "|1\n2;<absent>|3;<absent>|<absent>;t|<absent>");
}

TEST(Xml, EntitiesOfXmlItselfAndSections) {
  const Reading r = InPieces(
      "<A><B><x>a &amp; b &lt; c &#228; &#x4E0A; &quot;</x></B>"
      "<B><x>1<![CDATA[<&>]]>2<!-- no -->3<?pi no?></x></B></A>",
      Xml({{"x", ""}}));
  EXPECT_EQ(r.Text(), "a & b < c ä 上 \";1<&>23");
}

TEST(Xml, Namespaces) {
  const std::string bytes =
      "<a:A xmlns:a='urn:a' xmlns='urn:d'><a:B><x>1</x><a:x>2</a:x></a:B>"
      "<B><x>3</x></B></a:A>";
  EXPECT_EQ(InPieces(bytes, Xml({{"x", "{urn:a}x"}}, "/A/{urn:a}B")).Text(), "2");
  EXPECT_EQ(InPieces(bytes, Xml({{"x", ""}})).Text(), "1\n2;3");
  EXPECT_EQ(InPieces(bytes, Xml({{"x", "{urn:a/b}x"}})).Text(), "<absent>;<absent>");
}

TEST(Xml, ValuesAboveTheRow) {
  const std::string bytes =
      "<A><H><d>2020</d></H><L id='1'><n>N</n><Bs><B><x>1</x></B><B><x>2</x></B></Bs></L>"
      "<L><Bs><B><x>3</x></B></Bs></L></A>";
  const Reading r = InPieces(bytes, Xml({{"x", ""},
                                         {"d", "../../../H/d"},
                                         {"same", "/A/H/d"},
                                         {"id", "../../@id"},
                                         {"n", "../../n"}},
                                        "/A/L/Bs/B"));
  EXPECT_EQ(r.Text(), "1|2020|2020|1|N;2|2020|2020|1|N;3|2020|2020|<absent>|<absent>");
}

TEST(Xml, EncodingByPrologByMarkAndByOption) {
  const std::string body = "<A><B><x>上海</x></B></A>";
  const auto with = [&](const char* name, const char* iconv_name) {
    return Encode("<?xml version=\"1.0\" encoding=\"" + std::string(name) + "\"?>" + body,
                  iconv_name);
  };
  EXPECT_EQ(InPieces(with("GB18030", "GB18030"), Xml({{"x", ""}})).Text(), "上海");
  EXPECT_EQ(InPieces(with("gbk", "GBK"), Xml({{"x", ""}})).Text(), "上海");
  EXPECT_EQ(InPieces("\xFF\xFE" + with("UTF-16", "UTF-16LE"), Xml({{"x", ""}})).Text(), "上海");
  EXPECT_EQ(InPieces("\xFE\xFF" + with("UTF-16", "UTF-16BE"), Xml({{"x", ""}})).Text(), "上海");
  EXPECT_EQ(InPieces("\xEF\xBB\xBF" + with("UTF-8", "UTF-8"), Xml({{"x", ""}})).Text(), "上海");
  EXPECT_CODE(Code::ENCODING_UNKNOWN, InPieces(with("x-none", "UTF-8"), Xml({{"x", ""}})).status);
  ReaderOptions told = Xml({{"x", ""}});
  told.encoding = "GB18030";
  EXPECT_EQ(InPieces(with("UTF-8", "GB18030"), told).Text(), "上海");
}

TEST(Xml, ABadByteCostsItsRow) {
  const Reading r = InPieces(
      "<A><B><x>1\xFF</x></B><B><x>2</x></B><B><z>\xFE</z></B><B q='\xFD'><x>4</x></B></A>",
      Xml({{"x", ""}}));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(), "!ENCODING_INVALID;2;!ENCODING_INVALID;!ENCODING_INVALID");
  EXPECT_EQ(r.rows[0].faults[0].reason,
            "row 1 (line 1): column x: bytes ff at byte 10 of the file are not valid UTF-8");
  EXPECT_EQ(r.rows[0].raw.find("\uFDD0"), std::string::npos);
}

TEST(Xml, ANoncharacterCostsItsRowHoweverItIsWritten) {
  const Reading r = InPieces(
      "<A><B><x>&#xFDD0;</x></B><B><z>&#xFDEF;</z></B><B><x>1</x></B><B><x>\xFF</x></B></A>",
      Xml({{"x", ""}}));
  EXPECT_OK(r.status);
  EXPECT_EQ(r.Text(), "!ENCODING_INVALID;!ENCODING_INVALID;1;!ENCODING_INVALID");
}

struct NastyCase {
  const char* name;
  const char* bytes;
  Code code;
};

class XmlNasty : public ::testing::TestWithParam<NastyCase> {};

TEST_P(XmlNasty, EndsTheFileWithItsCode) {
  const Reading r = InPieces(GetParam().bytes, Xml({{"x", ""}}));
  EXPECT_CODE(GetParam().code, r.status);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, XmlNasty,
    ::testing::Values(
        NastyCase{"Empty", "", Code::FILE_EMPTY}, NastyCase{"Blank", " \n", Code::FILE_EMPTY},
        NastyCase{"NotXml", "a,b\n1,2\n", Code::FORMAT_UNKNOWN},
        NastyCase{"Mismatch", "<A><B></A></B>", Code::XML_MALFORMED},
        NastyCase{"TwoRoots", "<A><B/></A><A/>", Code::XML_MALFORMED},
        NastyCase{"BareAmpersand", "<A><B><x>a & b</x></B></A>", Code::XML_MALFORMED},
        NastyCase{"BareLess", "<A><B><x>a < b</x></B></A>", Code::XML_MALFORMED},
        NastyCase{"AttributeTwice", "<A><B a='1' a='2'/></A>", Code::XML_MALFORMED},
        NastyCase{"NoQuotes", "<A><B a=1/></A>", Code::XML_MALFORMED},
        NastyCase{"ControlReference", "<A><B><x>&#1;</x></B></A>", Code::XML_MALFORMED},
        NastyCase{"HugeReference", "<A><B><x>&#x110000;</x></B></A>", Code::XML_MALFORMED},
        NastyCase{"UnboundPrefix", "<A><q:B/></A>", Code::XML_MALFORMED},
        NastyCase{"CdataEnd", "<A><B><x>]]></x></B></A>", Code::XML_MALFORMED},
        NastyCase{"DashesInComment", "<A><!-- a -- b --><B/></A>", Code::XML_MALFORMED},
        NastyCase{"CutInText", "<A><B><x>1</x></B><B><x>2", Code::FILE_TRUNCATED},
        NastyCase{"CutInTag", "<A><B><x>1</x></B><B", Code::FILE_TRUNCATED},
        NastyCase{"CutBeforeEnd", "<A><B><x>1</x></B>", Code::FILE_TRUNCATED},
        NastyCase{"Doctype", "<!DOCTYPE A><A><B/></A>", Code::XML_ENTITY},
        NastyCase{"DoctypeFetched", "<!DOCTYPE A SYSTEM 'http://127.0.0.1:1/a.dtd'><A><B/></A>",
                  Code::XML_ENTITY},
        NastyCase{"DoctypeCut", "<!DOCTYPE A", Code::XML_ENTITY},
        NastyCase{"DoctypeBroken", "<?xml version='1.0'?><!-- c --><!DOCTYPE <A [ >x<A/>",
                  Code::XML_ENTITY},
        NastyCase{"DoctypeBehindAMistake", "<!-- a -- b --><!DOCTYPE A><A/>", Code::XML_MALFORMED},
        NastyCase{"Undeclared", "<A><B><x>&nope;</x></B></A>", Code::XML_ENTITY},
        NastyCase{"UndeclaredInAttribute", "<A><B x='&nope;'/></A>", Code::XML_ENTITY},
        NastyCase{"RootRenamed", "<Z><B><x>1</x></B></Z>", Code::HEADER_MISSING}),
    [](const auto& info) { return info.param.name; });

TEST(XmlNasty, ABillionLaughsIsNotFunny) {
  std::string bytes = "<!DOCTYPE A [<!ENTITY e0 \"ha\">";
  for (int i = 1; i < 20; ++i) {
    bytes += "<!ENTITY e" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) bytes += "&e" + std::to_string(i - 1) + ";";
    bytes += "\">";
  }
  bytes += "]><A><B><x>&e19;</x></B></A>";
  const Reading r = InPieces(bytes, Xml({{"x", ""}}));
  EXPECT_CODE(Code::XML_ENTITY, r.status);
  EXPECT_TRUE(r.rows.empty());
}

TEST(XmlNasty, AnExternalEntityIsNotRead) {
  const ::tombolo::testing::TempDir dir;
  const std::string secret = dir.Write("secret", "TOP SECRET");
  const Reading r =
      InPieces("<!DOCTYPE A [<!ENTITY s SYSTEM 'file://" + secret + "'>]><A><B><x>&s;</x></B></A>",
               Xml({{"x", ""}}));
  EXPECT_CODE(Code::XML_ENTITY, r.status);
  EXPECT_TRUE(r.rows.empty());
}

TEST(Xml, RowsBeforeAMistakeAreGivenOut) {
  const Reading r =
      InPieces("<A><B><x>1</x></B><B><x>2</x></B>\n<B><x>3</y></B></A>", Xml({{"x", ""}}));
  EXPECT_EQ(r.Text(), "1;2");
  EXPECT_NE(r.status.message().find("line 2"), std::string::npos) << r.status.message();
}

TEST(Xml, NoRowsUnderAKnownParentIsAnEmptyList) {
  EXPECT_OK(InPieces("<A></A>", Xml({{"x", ""}})).status);
  EXPECT_OK(InPieces("<A><L/></A>", Xml({{"x", ""}}, "/A/L/B")).status);
  EXPECT_CODE(Code::HEADER_MISSING, InPieces("<A><M/></A>", Xml({{"x", ""}}, "/A/L/B")).status);
}

TEST(XmlLimits, NestingOfNAndNPlusOne) {
  const auto nested = [](size_t depth) {
    std::string bytes = "<A><B>";
    for (size_t i = 2; i < depth; ++i) bytes += "<x>";
    for (size_t i = 2; i < depth; ++i) bytes += "</x>";
    return bytes + "</B></A>";
  };
  EXPECT_OK(ReadBytes(nested(limits::kNestingMax), Xml({{"x", ""}})).status);
  EXPECT_CODE(Code::NESTING_TOO_DEEP,
              ReadBytes(nested(limits::kNestingMax + 1), Xml({{"x", ""}})).status);
}

TEST(XmlLimits, ACellOfNAndNPlusOne) {
  ReaderLimits limits;
  limits.cell_bytes_max = 10;
  const auto rows = [](size_t size) {
    return "<A><B><x>" + std::string(size, 'x') + "</x></B><B><x>1</x></B></A>";
  };
  EXPECT_EQ(ReadBytes(rows(10), Xml({{"x", ""}}), limits).Text(), "xxxxxxxxxx;1");
  EXPECT_EQ(ReadBytes(rows(11), Xml({{"x", ""}}), limits).Text(), "!CELL_TOO_LARGE;1");
  EXPECT_EQ(ReadBytes("<A><B x='12345678901'/><B/></A>", Xml({{"x", "@x"}}), limits).Text(),
            "!CELL_TOO_LARGE;<absent>");
  EXPECT_EQ(ReadBytes("<A><B><x>123456</x><x>7890</x></B></A>", Xml({{"x", ""}}), limits).Text(),
            "!CELL_TOO_LARGE");
}

TEST(XmlLimits, ARowOfNAndNPlusOne) {
  ReaderLimits limits;
  limits.row_bytes_max = 200;
  const auto rows = [](size_t size) {
    const std::string half(size / 2, 'x');
    return "<A><B><x>" + half + "</x><y>" + half + "</y></B><B><x>1</x></B></A>";
  };
  const ReaderOptions options = Xml({{"x", ""}, {"y", ""}});
  EXPECT_EQ(ReadBytes(rows(200), options, limits).bad(), 0u);
  EXPECT_EQ(ReadBytes(rows(202), options, limits).Text(), "!ROW_TOO_LARGE;1|<absent>");
}

TEST(XmlLimits, ATagOfManyMegabytesEndsTheFile) {
  const std::string huge(2 * limits::kRowBytesMax, 'x');
  EXPECT_CODE(Code::ROW_TOO_LARGE,
              ReadBytes("<A><B x='" + huge + "'/></A>", Xml({{"x", "@x"}})).status);
  const Reading text = ReadBytes("<A><B><x>" + huge + "</x></B><B/></A>", Xml({{"x", ""}}));
  EXPECT_OK(text.status);
  EXPECT_EQ(text.Text(), "!CELL_TOO_LARGE;<absent>");
  const Reading section =
      ReadBytes("<A><B><x><![CDATA[" + huge + "]]></x></B><B/></A>", Xml({{"x", ""}}));
  EXPECT_OK(section.status);
  EXPECT_EQ(section.Text(), "!CELL_TOO_LARGE;<absent>");
}

TEST(XmlOptions, WhatMakesNoSense) {
  for (const ReaderOptions& options :
       {Xml({}), Xml({{"a", ""}}, ""), Xml({{"a", ""}}, "/"), Xml({{"a", ""}}, "/A//B"),
        Xml({{"a", ""}}, "/A/@b"), Xml({{"a", "@x/y"}}), Xml({{"a", "{urn"}}),
        Xml({{"a", "../../../x"}}), Xml({{"a", "..x"}}), Xml({{"a", "/A/B/x"}})}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT, ReadBytes("<A><B/></A>", options).status);
  }
}

}  // namespace
}  // namespace tombolo::readers::testing
