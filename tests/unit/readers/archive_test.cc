#include <gtest/gtest.h>
#include <zip.h>
#include <zlib.h>

#include <utility>

#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

using ::tombolo::testing::TempDir;

constexpr const char* kCsv = "a,b\n1,2\n3,4\n";

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

using Members = std::vector<std::pair<std::string, std::string>>;

// The path of a zip file with these members.
std::string Zip(const TempDir& dir, const Members& members, const char* password = nullptr) {
  const std::string path = dir.File("test.zip");
  int error = 0;
  zip_t* const zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  for (const auto& [name, text] : members) {
    if (name.ends_with("/")) {
      zip_dir_add(zip, name.c_str(), 0);
      continue;
    }
    zip_source_t* const source = zip_source_buffer(zip, text.data(), text.size(), 0);
    const zip_int64_t index = zip_file_add(zip, name.c_str(), source, 0);
    if (password != nullptr) {
      zip_file_set_encryption(zip, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256, password);
    }
  }
  zip_close(zip);
  return path;
}

Reading ReadFile(const std::string& path, const ReaderLimits& limits = ReaderLimits(),
                 const std::string& member = "") {
  ReaderOptions options;
  options.member = member;
  return Drain(OpenWith(path, options, limits));
}

// About 1,000 to 1.
std::string Bomb() {
  std::string text = "a,b\n";
  for (int i = 0; i < 100000; ++i) text += "11111111,22222222\n";
  return text;
}

ReaderLimits Tight() {
  ReaderLimits limits;
  limits.archive_ratio_floor_bytes = 1000;
  limits.block_bytes = limits.sample_bytes = 4096;
  return limits;
}

TEST(Gzip, ReadsLikeThePlainFile) {
  const TempDir dir;
  EXPECT_EQ(ReadFile(dir.Write("x.csv.gz", Gzip(kCsv))).Text(), "1|2;3|4");
  EXPECT_EQ(ReadBytes(Gzip(kCsv), ReaderOptions()).Text(), "1|2;3|4");
}

TEST(Gzip, SeveralMembersAndPadding) {
  const std::string two = Gzip("a,b\n1,2\n") + Gzip("3,4\n");
  EXPECT_EQ(ReadBytes(two, ReaderOptions()).Text(), "1|2;3|4");
  EXPECT_EQ(ReadBytes(two + std::string(600, '\0'), ReaderOptions()).Text(), "1|2;3|4");
}

TEST(Gzip, CutOffAnywhereIsTruncated) {
  std::string text = "a,b\n";
  for (int i = 0; i < 300; ++i) text += std::to_string(i * i) + "," + std::to_string(i) + "\n";
  const std::string whole = Gzip(text);
  for (size_t size = 2; size < whole.size(); ++size) {
    const Reading r = ReadBytes(whole.substr(0, size), ReaderOptions());
    ASSERT_FALSE(r.status.ok()) << size;
    EXPECT_CODE(Code::FILE_TRUNCATED, r.status) << size;
  }
  EXPECT_OK(ReadBytes(whole, ReaderOptions()).status);
}

TEST(Gzip, DamageIsNotTruncation) {
  std::string bytes = Gzip(Bomb());
  bytes[bytes.size() / 2] ^= 0x55;
  const Reading r = ReadBytes(bytes, ReaderOptions());
  EXPECT_CODE(Code::ARCHIVE_INVALID, r.status);
  std::string checksum = Gzip(kCsv);
  checksum[checksum.size() - 5] ^= 1;
  EXPECT_CODE(Code::ARCHIVE_INVALID, ReadBytes(checksum, ReaderOptions()).status);
  EXPECT_CODE(Code::ARCHIVE_INVALID, ReadBytes(Gzip(kCsv) + "garbage", ReaderOptions()).status);
}

TEST(Gzip, ABombStopsEarly) {
  const Reading r = ReadBytes(Gzip(Bomb()), ReaderOptions(), Tight());
  EXPECT_CODE(Code::ARCHIVE_TOO_LARGE, r.status);
  EXPECT_LT(r.rows.size(), 90000u);
}

TEST(Gzip, UnpackedSizeOfNAndNPlusOne) {
  ReaderLimits limits;
  limits.archive_unpacked_bytes_max = 12;
  EXPECT_OK(ReadBytes(Gzip(kCsv), ReaderOptions(), limits).status);
  limits.archive_unpacked_bytes_max = 11;
  EXPECT_CODE(Code::ARCHIVE_TOO_LARGE, ReadBytes(Gzip(kCsv), ReaderOptions(), limits).status);
}

TEST(Gzip, AnEmptyOneIsAnEmptyFile) {
  EXPECT_CODE(Code::FILE_EMPTY, ReadBytes(Gzip(""), ReaderOptions()).status);
}

TEST(Zip, TheOnlyFile) {
  const TempDir dir;
  EXPECT_EQ(ReadFile(Zip(dir, {{"data/", ""}, {"data/x.dat", kCsv}})).Text(), "1|2;3|4");
}

TEST(Zip, TheOnlyOneThatFitsTheFormat) {
  const TempDir dir;
  EXPECT_EQ(
      ReadFile(Zip(dir, {{"readme.md", "hi"}, {"X.CSV", kCsv}, {"__MACOSX/x.csv", "no"}})).Text(),
      "1|2;3|4");
}

TEST(Zip, AMemberByNameOrPattern) {
  const TempDir dir;
  const std::string path =
      Zip(dir, {{"a.csv", "a\n1\n"}, {"b.csv", "a\n2\n"}, {"[c].csv", "a\n3\n"}});
  EXPECT_EQ(ReadFile(path, {}, "b.csv").Text(), "2");
  EXPECT_EQ(ReadFile(path, {}, "b*").Text(), "2");
  EXPECT_EQ(ReadFile(path, {}, "[c].csv").Text(), "3");
  for (const char* member : {"", "*.csv", "z.csv"}) {
    const Reading r = ReadFile(path, {}, member);
    EXPECT_CODE(Code::ARCHIVE_INVALID, r.status);
    EXPECT_NE(r.status.message().find("a.csv, b.csv"), std::string::npos);
  }
}

TEST(Zip, EncryptedIsRefused) {
  const TempDir dir;
  const Reading r = ReadFile(Zip(dir, {{"x.csv", kCsv}}, "secret"));
  EXPECT_CODE(Code::ARCHIVE_INVALID, r.status);
  EXPECT_NE(r.status.message().find("encrypted"), std::string::npos);
}

TEST(Zip, CutOffOrDamaged) {
  const TempDir dir;
  const std::string path = Zip(dir, {{"x.csv", Bomb()}});
  const std::string whole = dir.Read("test.zip");
  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{30}, size_t{4}}) {
    EXPECT_CODE(Code::FILE_TRUNCATED, ReadFile(dir.Write("cut.zip", whole.substr(0, size))).status)
        << size;
  }
  std::string damaged = whole;
  damaged[whole.size() / 3] ^= 0x55;
  EXPECT_CODE(Code::ARCHIVE_INVALID, ReadFile(dir.Write("bad.zip", damaged)).status);
  std::string end = whole;
  end[whole.size() - 6] ^= 0x7F;  // the directory's place
  EXPECT_CODE(Code::ARCHIVE_INVALID, ReadFile(dir.Write("end.zip", end)).status);
}

TEST(Zip, ABombIsSeenBeforeItIsUnpacked) {
  const TempDir dir;
  const Reading r = ReadFile(Zip(dir, {{"x.csv", Bomb()}}), Tight());
  EXPECT_CODE(Code::ARCHIVE_TOO_LARGE, r.status);
  EXPECT_FALSE(r.opened);
}

TEST(Zip, ABombThatLiesAboutItsSizeIsStopped) {
  const TempDir dir;
  Zip(dir, {{"x.csv", Bomb()}});
  std::string bytes = dir.Read("test.zip");
  // The unpacked size stands in the local header (22) and in the directory (24); say 100 bytes.
  const size_t central = bytes.find("PK\x01\x02");
  for (const size_t at : {size_t{22}, central + 24}) {
    bytes.replace(at, 4, std::string("\x64\0\0\0", 4));
  }
  const Reading r = ReadFile(dir.Write("lie.zip", bytes), Tight());
  EXPECT_FALSE(r.status.ok());
  EXPECT_LT(r.rows.size(), 1000u);
}

TEST(Archives, TheRealLimitsAreTheOnesOfThePage) {
  const ReaderLimits limits;
  EXPECT_EQ(limits.archive_unpacked_bytes_max, limits::kArchiveUnpackedBytesMax);
  EXPECT_EQ(limits.archive_ratio_max, limits::kArchiveRatioMax);
  EXPECT_EQ(limits.archive_ratio_floor_bytes, limits::kArchiveRatioFloorBytes);
  EXPECT_EQ(limits.archive_members_max, limits::kArchiveMembersMax);
  EXPECT_EQ(limits.archive_directory_bytes_max, limits::kArchiveDirectoryBytesMax);
}

TEST(Gzip, ARatioOfNAndNPlusOne) {
  const std::string packed = Gzip(std::string("a\n") + std::string(10000, 'x') + "\n");
  ReaderLimits limits;
  limits.archive_ratio_floor_bytes = 1000;
  limits.archive_ratio_max = 10003 / packed.size();
  EXPECT_OK(ReadBytes(packed, ReaderOptions(), limits).status);
  --limits.archive_ratio_max;
  EXPECT_CODE(Code::ARCHIVE_TOO_LARGE, ReadBytes(packed, ReaderOptions(), limits).status);
}

TEST(Zip, MembersOfNAndNPlusOne) {
  const TempDir dir;
  ReaderLimits limits;
  limits.archive_members_max = 2;
  EXPECT_OK(ReadFile(Zip(dir, {{"x.csv", kCsv}, {"y", ""}}), limits).status);
  EXPECT_CODE(Code::ARCHIVE_TOO_LARGE,
              ReadFile(Zip(dir, {{"x.csv", kCsv}, {"y", ""}, {"z", ""}}), limits).status);
}

TEST(Zip, DirectoryBytesOfNAndNPlusOne) {
  const TempDir dir;
  const std::string path = Zip(dir, {{"x.csv", kCsv}});
  const std::string bytes = dir.Read("test.zip");
  ReaderLimits limits;
  limits.archive_directory_bytes_max = bytes.find("PK\x05\x06") - bytes.find("PK\x01\x02");
  EXPECT_OK(ReadFile(path, limits).status);
  --limits.archive_directory_bytes_max;
  EXPECT_CODE(Code::ARCHIVE_TOO_LARGE, ReadFile(path, limits).status);
}

TEST(Zip, NeedsAFile) {
  const TempDir dir;
  Zip(dir, {{"x.csv", kCsv}});
  EXPECT_CODE(Code::ARCHIVE_INVALID, ReadBytes(dir.Read("test.zip"), ReaderOptions()).status);
}

TEST(Zip, InsideItNothingIsUnpackedAgain) {
  const TempDir dir;
  Zip(dir, {{"x.csv", kCsv}});
  const std::string inner = dir.Read("test.zip");
  EXPECT_CODE(Code::ARCHIVE_INVALID, ReadFile(Zip(dir, {{"x.csv", inner}})).status);
}

TEST(Zip, ProgressEndsWithThePackedSize) {
  const TempDir dir;
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i) + ",x\n";
  const Reading r = ReadFile(Zip(dir, {{"x.csv", text}}));
  EXPECT_GT(r.consumed, 0u);
  EXPECT_LE(r.consumed, dir.Read("test.zip").size());
}

}  // namespace
}  // namespace tombolo::readers::testing
