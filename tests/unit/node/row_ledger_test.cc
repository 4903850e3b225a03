#include "gateway/node/row_ledger.h"

#include <gtest/gtest.h>

#include "gateway/node/seen_set.h"

namespace tombolo::node {
namespace {

uint64_t Others(const v1::Balance& b) {
  return b.rows_new() + b.rows_changed() + b.rows_unchanged() + b.rows_merged() +
         b.rows_left_out() + b.rows_quarantined();
}

TEST(RowLedger, TheMostTellingOutcomeOfARowWins) {
  const uint8_t ascending[] = {RowLedger::kMerged, RowLedger::kUnchanged, RowLedger::kChanged,
                               RowLedger::kNew, RowLedger::kQuarantined};
  for (const uint8_t low : ascending) {
    for (const uint8_t high : ascending) {
      if (low >= high) continue;
      RowLedger one_way, other_way, alone;
      one_way.Each({1}, low);
      one_way.Each({1}, high);
      other_way.Each({1}, high);
      other_way.Each({1}, low);
      alone.Each({1}, high);
      EXPECT_EQ(one_way.Sum(1).SerializeAsString(), alone.Sum(1).SerializeAsString());
      EXPECT_EQ(other_way.Sum(1).SerializeAsString(), alone.Sum(1).SerializeAsString());
    }
  }
}

TEST(RowLedger, TheFirstRowOfARecordCountsTheOthersAreMerged) {
  RowLedger rows;
  rows.Record({2, 3, 5}, RowLedger::kNew);
  rows.Each({1, 4}, RowLedger::kQuarantined);
  const v1::Balance b = rows.Sum(5);
  EXPECT_EQ(b.rows_new(), 1u);
  EXPECT_EQ(b.rows_merged(), 2u);
  EXPECT_EQ(b.rows_quarantined(), 2u);
  EXPECT_EQ(Others(b), b.rows_read());
}

TEST(RowLedger, ARowWithoutOutcomeShows) {
  RowLedger rows;
  rows.Each({3}, RowLedger::kNew);
  const v1::Balance b = rows.Sum(3);
  EXPECT_EQ(b.rows_read(), 3u);
  EXPECT_EQ(Others(b), 1u);  // 1 and 2 are missing: the balance does not add up
  EXPECT_EQ(rows.Told(), 1u);
  EXPECT_EQ(RowLedger().Told(), 0u);
}

TEST(RowLedger, TheFirstRuleThatLeavesARowOutKeepsIt) {
  RowLedger rows;
  rows.LeftOut({1, 2}, "closed");
  rows.LeftOut({2, 3}, "empty");
  rows.LeftOut({4}, "empty");
  rows.Record({4}, RowLedger::kUnchanged);  // another query made a record of it
  EXPECT_EQ(rows.LeftOutByRule(), (std::map<std::string, uint64_t>{{"closed", 2}, {"empty", 1}}));
  EXPECT_EQ(rows.Sum(4).rows_left_out(), 3u);
  EXPECT_EQ(rows.Sum(4).rows_unchanged(), 1u);
}

TEST(RowLedger, ManyRulesAreCountedAtTheLimitAndBeyond) {
  RowLedger rows;
  constexpr uint64_t kRules = RowLedger::kRulesMax + 1;
  for (uint64_t i = 1; i <= kRules; ++i) rows.LeftOut({i}, "rule" + std::to_string(i));
  EXPECT_EQ(rows.Sum(kRules).rows_left_out(), kRules);
  EXPECT_EQ(rows.Sum(kRules).rows_merged(), 0u);  // never spills into an outcome
  uint64_t sum = 0;
  for (const auto& [rule, count] : rows.LeftOutByRule()) sum += count;
  EXPECT_EQ(sum, kRules);
  EXPECT_EQ(rows.LeftOutByRule().at("rule200"), 2u);  // the last slot takes the rest
}

TEST(RowLedger, RowsMayComeInAnyOrder) {
  RowLedger rows;
  for (uint64_t row = 1000; row >= 1; --row) rows.Each({row}, RowLedger::kNew);
  EXPECT_EQ(rows.Sum(1000).rows_new(), 1000u);
}

TEST(SeenSet, KnowsWhatWasMarkedAndNothingElse) {
  SeenSet seen;
  EXPECT_FALSE(seen.Has(2, 1));
  seen.Mark(2, 7);
  seen.Mark(5, 1);
  seen.Mark(2, 1000000);
  EXPECT_TRUE(seen.Has(2, 7));
  EXPECT_TRUE(seen.Has(5, 1));
  EXPECT_TRUE(seen.Has(2, 1000000));
  for (const uint64_t seq : {1, 6, 8, 999999, 1000001, 9000000}) {
    EXPECT_FALSE(seen.Has(2, seq)) << seq;
  }
  EXPECT_FALSE(seen.Has(5, 2));
  EXPECT_FALSE(seen.Has(1, 7));
  EXPECT_FALSE(seen.Has(3, 7));
  EXPECT_FALSE(seen.Has(99, 7));
  seen.Mark(2, 3);  // an earlier one, after growing
  EXPECT_TRUE(seen.Has(2, 3));
  EXPECT_TRUE(seen.Has(2, 7));
}

}  // namespace
}  // namespace tombolo::node
