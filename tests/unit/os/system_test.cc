#include "gateway/os/system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"

namespace tombolo::os {
namespace {

unsigned ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777u;
}

class SystemTest : public ::testing::Test {
 protected:
  testing::TempDir dir_;
};

TEST_F(SystemTest, ANewFileHasItsModeAndIsNeverOverwritten) {
  const std::string path = dir_.File("new");
  ASSERT_OK(WriteNewFile(path, "first", 0600));
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_CODE(Code::ALREADY_EXISTS, WriteNewFile(path, "second", 0644));
  EXPECT_EQ(dir_.Read("new"), "first");
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_CODE(Code::IO_ERROR, WriteNewFile(dir_.File("no/folder"), "x", 0600));
}

TEST_F(SystemTest, AFileIsReplacedInOneStep) {
  const std::string path = dir_.Write("file", "old and longer");
  ASSERT_OK(ReplaceFile(path, "new", 0640));
  EXPECT_EQ(dir_.Read("file"), "new");
  EXPECT_EQ(ModeOf(path), 0640u);
  EXPECT_FALSE(FileExists(path + ".new"));  // nothing is left over
  ASSERT_OK(ReplaceFile(dir_.File("made"), "", 0600));
  EXPECT_EQ(dir_.Read("made"), "");
  EXPECT_FALSE(ReplaceFile(dir_.File("no/folder"), "x", 0600).ok());
}

TEST_F(SystemTest, AFileIsReadUpToItsLimit) {
  const std::string path = dir_.Write("file", std::string(100000, 'x'));
  ASSERT_OK_AND_ASSIGN(const std::string whole, ReadFile(path, 100000));
  EXPECT_EQ(whole.size(), 100000u);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ReadFile(path, 99999));
  EXPECT_CODE(Code::FILE_UNREADABLE, ReadFile(dir_.File("absent"), 10));
  EXPECT_CODE(Code::IO_ERROR, ReadFile(dir_.path().string(), 10));
}

TEST_F(SystemTest, FilesAndFoldersAreToldApart) {
  const std::string file = dir_.Write("file", "");
  EXPECT_TRUE(FileExists(file));
  EXPECT_FALSE(FolderExists(file));
  EXPECT_TRUE(FolderExists(dir_.path().string()));
  EXPECT_FALSE(FileExists(dir_.path().string()));
  EXPECT_FALSE(FileExists(dir_.File("absent")));
  ASSERT_OK(MakeFolder(dir_.File("folder"), 0700));
  EXPECT_EQ(ModeOf(dir_.File("folder")), 0700u);
  EXPECT_CODE(Code::ALREADY_EXISTS, MakeFolder(dir_.File("folder"), 0700));
  EXPECT_CODE(Code::IO_ERROR, MakeFolder(dir_.File("a/b"), 0700));
}

TEST_F(SystemTest, AFolderIsListedInOrder) {
  for (const char* name : {"b", "a", ".hidden"}) dir_.Write(name, "");
  ASSERT_OK_AND_ASSIGN(const auto names, ListFolder(dir_.path().string()));
  EXPECT_EQ(names, (std::vector<std::string>{".hidden", "a", "b"}));
  EXPECT_CODE(Code::FILE_UNREADABLE, ListFolder(dir_.File("absent")));
}

TEST_F(SystemTest, PathsAreTakenApartAndPutTogether) {
  EXPECT_EQ(BaseName("/a/b.csv"), "b.csv");
  EXPECT_EQ(BaseName("b.csv"), "b.csv");
  EXPECT_EQ(BaseName("/a/b/"), "b");
  EXPECT_EQ(BaseName("/"), "");
  EXPECT_EQ(BaseName(""), "");
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
}

TEST_F(SystemTest, TheDigestOfAFile) {
  ASSERT_OK_AND_ASSIGN(const std::string digest, FileSha256(dir_.Write("abc", "abc")));
  // FIPS 180-4, example of "abc"
  EXPECT_EQ(digest.substr(0, 4), "\xba\x78\x16\xbf");
  EXPECT_EQ(digest.size(), 32u);
  EXPECT_CODE(Code::FILE_UNREADABLE, FileSha256(dir_.File("absent")));
  EXPECT_FALSE(FileSha256(dir_.path().string()).ok());
}

TEST(SystemEntropy, NeverGivesTheSameTwice) {
  SystemEntropy entropy;
  std::set<std::string> seen;
  for (int i = 0; i < 3000; ++i) seen.insert(entropy.Bytes(16));  // crosses the block's end
  EXPECT_EQ(seen.size(), 3000u);
  const std::string large = entropy.Bytes(40000);
  EXPECT_NE(large.substr(0, 16384), large.substr(16384, 16384));
}

TEST(SystemClock, TheMonotonicClockDoesNotGoBack) {
  SystemClock clock;
  int64_t before_us = clock.MonotonicUs();
  for (int i = 0; i < 1000; ++i) {
    const int64_t now_us = clock.MonotonicUs();
    ASSERT_GE(now_us, before_us);
    before_us = now_us;
  }
  EXPECT_GT(clock.NowUs(), int64_t{1600000000} * 1000000);
}

TEST(AccountName, IsNotEmpty) { EXPECT_NE(AccountName(), ""); }

}  // namespace
}  // namespace tombolo::os
