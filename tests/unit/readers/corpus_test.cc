// The fuzz corpus as an ordinary test: each file goes through the function that the fuzzer calls.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/fuzz/fuzz_readers.h"

namespace tombolo::readers::testing {
namespace {

size_t RunCorpus(const std::string& name, void (*run)(std::string_view)) {
  const std::filesystem::path folder =
      std::filesystem::path(TOMBOLO_SOURCE_DIR) / "tests/fuzz/corpus/readers" / name;
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    SCOPED_TRACE(entry.path().filename());
    run(content.str());
    ++files;
  }
  return files;
}

TEST(Corpus, Csv) { EXPECT_GE(RunCorpus("csv", fuzz::FuzzCsv), 10u); }
TEST(Corpus, Xml) { EXPECT_GE(RunCorpus("xml", fuzz::FuzzXml), 10u); }
TEST(Corpus, Json) { EXPECT_GE(RunCorpus("json", fuzz::FuzzJson), 10u); }
TEST(Corpus, Encoding) { EXPECT_GE(RunCorpus("encoding", fuzz::FuzzEncoding), 10u); }

}  // namespace
}  // namespace tombolo::readers::testing
