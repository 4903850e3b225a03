// The fuzz corpus as an ordinary test: each file goes through the function that the fuzzer calls.
#include <gtest/gtest.h>

#include "tests/fuzz/fuzz_entry_page.h"
#include "tests/fuzz/fuzz_ledger.h"
#include "tests/fuzz/run_corpus.h"

namespace tombolo::ledger {
namespace {

using Names = std::set<std::string>;

TEST(Corpus, Bytes) { EXPECT_GE(fuzz::RunCorpus("ledger/bytes", fuzz::FuzzLedgerBytes), 10u); }
TEST(Corpus, Proof) { EXPECT_GE(fuzz::RunCorpus("ledger/proof", fuzz::FuzzLedgerProof), 6u); }
TEST(Corpus, Page) { EXPECT_GE(fuzz::RunCorpus("ledger/page", fuzz::FuzzEntryPage), 14u); }

TEST(Corpus, EveryFolderIsRun) {
  EXPECT_EQ(fuzz::CorporaIn("ledger"), (Names{"bytes", "page", "proof"}));
  // A folder more needs a test like this one with its component.
  EXPECT_EQ(fuzz::CorporaIn(""), (Names{"exchange", "ledger", "readers"}));
}

}  // namespace
}  // namespace tombolo::ledger
