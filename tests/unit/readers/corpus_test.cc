// The fuzz corpus as an ordinary test: each file goes through the function that the fuzzer calls.
#include <gtest/gtest.h>

#include "tests/fuzz/fuzz_readers.h"
#include "tests/fuzz/run_corpus.h"

namespace tombolo::readers::testing {
namespace {

using fuzz::RunCorpus;

TEST(Corpus, Csv) { EXPECT_GE(RunCorpus("readers/csv", fuzz::FuzzCsv), 10u); }
TEST(Corpus, Xml) { EXPECT_GE(RunCorpus("readers/xml", fuzz::FuzzXml), 10u); }
TEST(Corpus, Json) { EXPECT_GE(RunCorpus("readers/json", fuzz::FuzzJson), 10u); }
TEST(Corpus, Encoding) { EXPECT_GE(RunCorpus("readers/encoding", fuzz::FuzzEncoding), 10u); }

TEST(Corpus, EveryFolderIsRun) {
  EXPECT_EQ(fuzz::CorporaIn("readers"), (std::set<std::string>{"csv", "encoding", "json", "xml"}));
}

}  // namespace
}  // namespace tombolo::readers::testing
