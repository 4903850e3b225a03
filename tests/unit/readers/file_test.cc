#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

using ::tombolo::testing::TempDir;

// Larger than the first looks, so that the file is still being read after some rows.
std::string ManyRows() {
  std::string text = "a,b\n";
  for (int i = 0; i < 1000; ++i) text += std::to_string(i) + ",some text to fill the row\n";
  return text;
}

ReaderLimits SmallBlocks() {
  ReaderLimits limits;
  limits.block_bytes = limits.sample_bytes = 1024;
  return limits;
}

// Reads one row, lets `change` happen, reads the rest.
template <typename Change>
Status ReadAcross(const std::string& path, Change change) {
  auto reader = OpenWith(path, ReaderOptions(), SmallBlocks());
  if (!reader.ok()) return reader.status();
  Row row;
  const auto first = (*reader)->Next(&row);
  if (!first.ok()) return first.status();
  change();
  for (;;) {
    const auto more = (*reader)->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

TEST(File, AtRestIsFine) {
  const TempDir dir;
  const std::string path = dir.Write("x.csv", ManyRows());
  EXPECT_OK(ReadAcross(path, [] {}));
  const Reading r = Drain(Open(path, ReaderOptions()));
  EXPECT_EQ(r.rows.size(), 1000u);
  EXPECT_EQ(r.consumed, ManyRows().size());
}

TEST(File, ReplacedWhileRead) {
  const TempDir dir;
  const std::string path = dir.Write("x.csv", ManyRows());
  const Status status =
      ReadAcross(path, [&] { std::filesystem::rename(dir.Write("new.csv", ManyRows()), path); });
  EXPECT_CODE(Code::FILE_CHANGED, status);
  EXPECT_NE(status.message().find("replaced"), std::string::npos);
}

TEST(File, RemovedWhileRead) {
  const TempDir dir;
  const std::string path = dir.Write("x.csv", ManyRows());
  EXPECT_CODE(Code::FILE_CHANGED, ReadAcross(path, [&] { std::filesystem::remove(path); }));
}

TEST(File, AppendedToWhileRead) {
  const TempDir dir;
  const std::string path = dir.Write("x.csv", ManyRows());
  EXPECT_CODE(Code::FILE_CHANGED,
              ReadAcross(path, [&] { std::ofstream(path, std::ios::app) << "1,2\n"; }));
}

TEST(File, CutShortWhileRead) {
  const TempDir dir;
  const std::string path = dir.Write("x.csv", ManyRows());
  EXPECT_CODE(Code::FILE_CHANGED,
              ReadAcross(path, [&] { std::filesystem::resize_file(path, ManyRows().size() / 2); }));
}

TEST(File, WrittenInPlaceWhileRead) {
  const TempDir dir;
  const std::string path = dir.Write("x.csv", ManyRows());
  EXPECT_CODE(Code::FILE_CHANGED, ReadAcross(path, [&] {
                // Same size; the time is set by hand, as two writes may fall into one tick.
                std::fstream(path, std::ios::in | std::ios::out) << "A";
                const timespec times[2] = {{1, 0}, {1, 0}};
                utimensat(AT_FDCWD, path.c_str(), times, 0);
              }));
}

TEST(File, WhatCannotBeOpened) {
  const TempDir dir;
  EXPECT_CODE(Code::FILE_UNREADABLE, Open(dir.File("none.csv"), ReaderOptions()));
  EXPECT_CODE(Code::FILE_UNREADABLE, Open(dir.path().string(), ReaderOptions()));
  const std::string pipe = dir.File("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_CODE(Code::FILE_UNREADABLE, Open(pipe, ReaderOptions()));
  EXPECT_CODE(Code::FILE_EMPTY, Open(dir.Write("empty.csv", ""), ReaderOptions()));
}

TEST(File, TextBeyondAsciiLateInTheFileTellsTheEncoding) {
  const TempDir dir;
  std::string text = ManyRows();
  for (int i = 0; i < 20; ++i)
    text +=
        "1,Montr\xE9"
        "al caf\xE9\n";
  const Reading r = Drain(OpenWith(dir.Write("x.csv", text), ReaderOptions(), SmallBlocks()));
  EXPECT_EQ(r.encoding, "windows-1252");
  EXPECT_EQ(r.rows.back().cells[1], "Montr\u00E9al caf\u00E9");
}

TEST(File, TheSearchForTextBeyondAsciiIsBounded) {
  const TempDir dir;
  ReaderLimits limits = SmallBlocks();
  EXPECT_EQ(limits::kSampleScanBytesMax, ReaderLimits().sample_scan_bytes_max);
  // Blocks of one KiB after a sample of one: the text stands in the third block that is searched.
  const std::string text = "a,b\n" + std::string(4 * 1024, 'x') +
                           "\n1,Montr\xE9"
                           "al caf\xE9\n" +
                           std::string(600, 'y') + "\n";
  const std::string path = dir.Write("x.csv", text);
  limits.sample_scan_bytes_max = 4 * limits::kKiB;
  EXPECT_EQ(Drain(OpenWith(path, ReaderOptions(), limits)).encoding, "windows-1252");
  limits.sample_scan_bytes_max = 3 * limits::kKiB;
  EXPECT_EQ(Drain(OpenWith(path, ReaderOptions(), limits)).encoding, "UTF-8");
}

// The folder with real files, "" if there is none.
std::string DataFolder() {
  const char* const folder = std::getenv("TOMBOLO_DATA");
  return folder == nullptr || !std::filesystem::exists(folder) ? "" : folder;
}

struct RealFile {
  std::string path;
  ReaderOptions options;
  size_t rows;
  std::string encoding;
  std::string small;  // a sample in the same shape, with two rows
};

std::vector<RealFile> RealFiles() {
  std::vector<RealFile> files;
  ReaderOptions csv;
  const auto add = [&](const char* path, ReaderOptions options, size_t rows, const char* encoding,
                       const std::string& small) {
    files.push_back({path, std::move(options), rows, encoding, small});
  };
  add("cn-registration-shanghai/上海.csv", csv, 11018, "UTF-8",
      "企业名称,代码\n样本公司,\"50(万元)\"\n示例公司,N/A\n");
  add("ca-toronto-dinesafe/dinesafe.2020.csv", csv, 11714, "UTF-8",
      "\"Rec #\",\"Name\"\r\n\"1\",\"A\"\r\n\"2\",\"B \"\r\n");
  add("ca-toronto-dinesafe/dinesafe.2021.csv", csv, 9070, "UTF-8", "\"a\"\r\n\"1\"\r\n\"2\"\r\n");
  add("ca-montreal-contraventions/violations.csv", csv, 7019, "UTF-8",
      "id,description\r\n1,\"Café à l'étage\"\r\n2,\"x\"\r\n");
  add("us-sf-lives/businesses.csv", csv, 6399, "windows-1252",
      "id,\"name\"\r\n1,\"EL PE\xD1"
      "ON\"\r\n2,\"x\"\r\n");
  add("us-sf-lives/inspections.csv", csv, 14233, "UTF-8", "a,b\r\n1,\"2\"\r\n3,\"4\"\r\n");
  add("us-sf-lives/violations.csv", csv, 39006, "UTF-8", "a,b\r\n1,\"2\"\r\n3,\"4\"\r\n");
  add("cn-dual-publicity/synthetic-penalty.gb18030.csv", csv, 200, "GB18030",
      Encode("名称,内容\r\n合成公司,\"第一行\n\"\"二\"\"\"\r\n样本公司,罚款\r\n", "GB18030"));
  add("cn-dual-publicity/synthetic-penalty.utf8bom.csv", csv, 200, "UTF-8",
      "\xEF\xBB\xBF名称,内容\r\n甲,乙\r\n丙,丁\r\n");
  ReaderOptions mexico;
  mexico.preamble_lines = 2;
  add("mx-sat-69b/Listado_Completo_69-B.csv", mexico, 10045, "windows-1252",
      "Informaci\xF3n,\r\nListado,\r\nNo,Situaci\xF3n\r\n1,Definitivo\r\n2,x\r\n");
  for (const auto& [name, rows] : {std::pair{"FHRS260en-GB.xml", 809},
                                   {"FHRS501en-GB.2020-09-13.xml", 1088},
                                   {"FHRS501en-GB.2020-10-18.xml", 1021},
                                   {"FHRS501en-GB.2020-11-15.xml", 1082},
                                   {"FHRS555en-GB.xml", 1346}}) {
    add((std::string("uk-fhrs/") + name).c_str(),
        Tree(Format::kXml, "/FHRSEstablishment/EstablishmentCollection/EstablishmentDetail",
             {{"FHRSID", ""}, {"date", "../../Header/ExtractDate"}, {"h", "Scores/Hygiene"}}),
        static_cast<size_t>(rows), "UTF-8",
        "<?xml version=\"1.0\"?><FHRSEstablishment><Header><ExtractDate>2020-09-04</ExtractDate>"
        "</Header><EstablishmentCollection><EstablishmentDetail><FHRSID>1</FHRSID><Scores />"
        "</EstablishmentDetail><EstablishmentDetail><FHRSID>2</FHRSID></EstablishmentDetail>"
        "</EstablishmentCollection></FHRSEstablishment>");
  }
  add("cn-registration-sichuan/四川.json",
      Tree(Format::kJson, "/erDataList/*", {{"name", ""}, {"code", ""}}), 7088, "UTF-8",
      R"({"erDataList":[{"name":"样本","code":"1"},{"name":"示例","code":"2"}]})");
  add("ru-moscow-bars/data-2897-2016-11-23.json",
      Tree(Format::kJson, "/*", {{"global_id", ""}, {"phones", "PublicPhone"}}), 533, "UTF-8",
      "[\n {\"global_id\": 2.0E7, \"PublicPhone\": []},\n {\"global_id\": 1}\n]\n");
  const ReaderOptions taiwan =
      Tree(Format::kNdjson, "", {{"name", "工廠名稱"}, {"kind", "產業類別"}});
  add("tw-factory/新竹縣.ndjson", taiwan, 1266, "UTF-8",
      "{\"\\u5de5\\u5ee0\\u540d\\u7a31\":\"a\"}\n{\"x\":1}\n");
  add("tw-factory/高雄市.ndjson", taiwan, 2086, "UTF-8", "{}\n{}\n");
  return files;
}

TEST(RealData, EveryFileHasItsRows) {
  const TempDir dir;
  const std::string folder = DataFolder();
  std::cout << (folder.empty() ? "TOMBOLO_DATA is not set: small samples made here"
                               : "real files of " + folder)
            << '\n';
  int i = 0;
  for (const RealFile& file : RealFiles()) {
    const std::string path = folder.empty() ? dir.Write("s" + std::to_string(++i), file.small)
                                            : folder + "/" + file.path;
    ReaderOptions options = file.options;
    if (folder.empty()) options.encoding = file.encoding;  // two rows tell too little
    const Reading r = Drain(Open(path, options));
    EXPECT_OK(r.status) << file.path;
    EXPECT_EQ(r.rows.size(), folder.empty() ? 2u : file.rows) << file.path;
    EXPECT_EQ(r.bad(), 0u) << file.path;
    EXPECT_EQ(r.encoding, file.encoding) << file.path;
  }
}

TEST(RealData, TwentyFiveKoreanFiles) {
  const TempDir dir;
  const std::string folder = DataFolder();
  std::string where = folder + "/kr-seoul-exemplary";
  size_t expected = 3295;
  if (folder.empty()) {
    std::cout << "TOMBOLO_DATA is not set: a sample made here\n";
    where = dir.path().string();
    expected = 2;
    dir.Write("x.csv", Encode("\"시군구코드\",\"업소명\",\"소재지도로명\"\r\n"
                              "\"1\",\"견본식당\",\"서울특별시 강남구 견본로 1 (역삼동)\"\r\n"
                              "\"2\",\"보기집\",\"서울특별시 종로구 보기길 2 (관철동)\"\r\n",
                              "UHC"));
  }
  size_t rows = 0;
  for (const auto& entry : std::filesystem::directory_iterator(where)) {
    if (entry.path().extension() != ".csv") continue;
    const Reading r = Drain(Open(entry.path().string(), ReaderOptions()));
    EXPECT_OK(r.status);
    EXPECT_EQ(r.encoding, "CP949") << entry.path();
    EXPECT_EQ(r.bad(), 0u);
    rows += r.rows.size();
  }
  EXPECT_EQ(rows, expected);
}

}  // namespace
}  // namespace tombolo::readers::testing
