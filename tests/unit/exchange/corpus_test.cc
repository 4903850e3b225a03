// The fuzz corpus as an ordinary test: each file goes through the function that the fuzzer calls.
#include <gtest/gtest.h>

#include "tests/fuzz/fuzz_exchange.h"
#include "tests/fuzz/run_corpus.h"

namespace tombolo::exchange {
namespace {

using Names = std::set<std::string>;

TEST(Corpus, Frames) { EXPECT_GE(fuzz::RunCorpus("exchange/frame", fuzz::FuzzExchangeFrame), 14u); }
TEST(Corpus, Statements) {
  EXPECT_GE(fuzz::RunCorpus("exchange/statement", fuzz::FuzzExchangeStatement), 8u);
}

TEST(Corpus, EveryFolderIsRun) {
  EXPECT_EQ(fuzz::CorporaIn("exchange"), (Names{"frame", "statement"}));
}

}  // namespace
}  // namespace tombolo::exchange
