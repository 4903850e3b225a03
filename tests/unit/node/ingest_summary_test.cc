// What one ingest says in the end: the code that the operator is told first.
#include <gtest/gtest.h>

#include "gateway/node/ingest.h"

namespace tombolo::node {
namespace {

IngestSummary Quarantined(std::map<std::string, uint64_t> by_code) {
  IngestSummary sum;
  sum.quarantined = std::move(by_code);
  sum.quarantined_anew = 1;
  return sum;
}

TEST(MainFault, IsTheMostFrequentOne) {
  EXPECT_EQ(Quarantined({}).MainFault(), Code::kOk);
  EXPECT_EQ(
      Quarantined({{"AMOUNT_INVALID", 1}, {"DATE_INVALID", 2}, {"CODE_UNKNOWN", 1}}).MainFault(),
      Code::DATE_INVALID);
  EXPECT_EQ(Quarantined({{"USCC_CHECK", 500}, {"AMOUNT_INVALID", 499}}).MainFault(),
            Code::USCC_CHECK);
}

TEST(MainFault, AmongEqualsTheOrderOfTheListOfErrorsCounts) {
  // Whatever two codes: the one that stands first in errors.def, not in the alphabet.
  for (const CodeInfo& first : AllCodes()) {
    for (const CodeInfo& second : AllCodes()) {
      if (first.code >= second.code) continue;
      EXPECT_EQ(
          Quarantined({{std::string(first.name), 3}, {std::string(second.name), 3}}).MainFault(),
          first.code);
    }
  }
}

TEST(Attention, TheFileThenTheSnapshotThenTheRows) {
  IngestSummary sum = Quarantined({{"CODE_UNKNOWN", 1}});
  EXPECT_EQ(sum.Attention(), Code::CODE_UNKNOWN);
  SnapshotOutcome refused;
  refused.refused = MakeError(Code::RETRACTION_LIMIT, "too many");
  sum.snapshots = {SnapshotOutcome(), refused};
  EXPECT_EQ(sum.Attention(), Code::RETRACTION_LIMIT);
  sum.outcome = MakeError(Code::FILE_TRUNCATED, "cut");
  EXPECT_EQ(sum.Attention(), Code::FILE_TRUNCATED);
}

TEST(Attention, RowsThatWaitedBeforeAreKnown) {
  IngestSummary sum = Quarantined({{"CODE_UNKNOWN", 7}});
  sum.quarantined_anew = 0;
  EXPECT_EQ(sum.Attention(), Code::kOk);
}

}  // namespace
}  // namespace tombolo::node
