// Complete snapshots: what vanishes is retracted, within its scope and within bounds; whatever
// makes a file doubtful keeps every record.
#include <gmock/gmock.h>

#include "gateway/base/limits.h"
#include "gateway/node/snapshot.h"
#include "tests/integration/town.h"
#include "tests/unit/node/received_sample.h"

namespace tombolo::testing {
namespace {

using ::testing::HasSubstr;

class SnapshotTest : public Town {
 protected:
  void SetUp() override {
    v1::IngestConfig limits;
    limits.set_retraction_percent_max(50);
    limits.set_retraction_records_min(1);
    MakeNode(limits);
    Use({.snapshot = true});
  }
  // The only snapshot of the last run.
  const node::SnapshotOutcome& Outcome() {
    EXPECT_EQ(sum.snapshots.size(), 1u);
    return sum.snapshots.at(0);
  }
  void ExpectNothingRetracted(Code why) {
    EXPECT_EQ(Shops().retracted, 0u);
    EXPECT_FALSE(Outcome().retracted);
    EXPECT_EQ(CodeOf(Outcome().refused), why) << Describe(Outcome().refused);
  }
};

TEST_F(SnapshotTest, WhatVanishedIsRetractedAndWhatReturnsIsCounted) {
  Take(TownFile(4));
  Take(TownFile(3));
  EXPECT_EQ(Shops().retracted, 1u);
  EXPECT_TRUE(Outcome().retracted);
  EXPECT_EQ(Outcome().vanished, 1u);
  EXPECT_EQ(Outcome().present_before, 4u);
  EXPECT_EQ(sum.Attention(), Code::kOk);
  EXPECT_EQ(Records().size(), 3u);
  EXPECT_EQ(HistoryOf(4)[0].type, v1::RETRACT);
  EXPECT_EQ(HistoryOf(4)[0].version, 2u);
  Take(TownFile(3));
  EXPECT_EQ(Shops().retracted, 0u);
  EXPECT_EQ(Outcome().vanished, 0u);
  Take(TownFile(4));
  EXPECT_EQ(Shops().returned, 1u);
  EXPECT_EQ(Shops().fresh, 0u);
  EXPECT_EQ(Rows().rows_new(), 1u);
  EXPECT_EQ(HistoryOf(4)[0].version, 3u);
  ExpectExportVerifies();
}

TEST_F(SnapshotTest, RecordsOfOtherOriginsAreNotItsBusiness) {
  Take(TownFile(4));
  ASSERT_OK_AND_ASSIGN(const auto writer, node::TickWriter::Open(context));
  const uint32_t scope = writer->ScopeFor("town", "test.shop", "A");
  ASSERT_TRUE(writer->tick().new_scopes.empty());
  node::ReceiveOne(writer.get(), 1, RecordId(), scope);  // no receiver sets a scope
  ASSERT_OK(writer->Commit());
  Take(TownFile(3));
  EXPECT_EQ(Outcome().present_before, 4u);
  EXPECT_EQ(Shops().retracted, 1u);
  EXPECT_EQ(Totals().received_present, 1u);
  EXPECT_EQ(Records().size(), 3u);
  ExpectExportVerifies();
}

TEST_F(SnapshotTest, RetractionsAreCountedWithTheirItem) {
  Use({.snapshot = true, .scoped = false, .mixed = true});
  const std::string shops = TownFile(4);
  const std::string market = "M,2001-02-03,,";
  Take(shops + TownRow(11, "M11", "A", market) + TownRow(12, "M12", "A", market) +
       TownRow(13, "M13", "A", market));
  EXPECT_EQ(Shops().fresh, 4u);
  EXPECT_EQ(sum.items["test.market"].fresh, 3u);
  Take(TownFile(3) + TownRow(11, "M11", "A", market));
  EXPECT_EQ(Outcome().vanished, 3u);
  EXPECT_EQ(Shops().retracted, 1u);
  EXPECT_EQ(sum.items["test.market"].retracted, 2u);
  Take(TownFile(3));
  EXPECT_EQ(Shops().retracted, 0u);
  EXPECT_EQ(sum.items["test.market"].retracted, 1u);
}

// Half a tick's entries go into one tick.
TEST_F(SnapshotTest, MoreRetractionsThanOneTickHolds) {
  constexpr int kGone = limits::kTickEntriesMax / 2 + 1;
  for (const int gone : {kGone - 1, kGone}) {
    Take(TownFile(kGone + 1));
    const auto before = context.store->LastCheckpoint();
    ASSERT_OK(before);
    Take(TownFile(kGone + 1 - gone), {.yes = true});
    EXPECT_EQ(Shops().retracted, static_cast<uint64_t>(gone));
    EXPECT_EQ(Totals().records_present, static_cast<uint64_t>(kGone + 1 - gone));
    const auto after = context.store->LastCheckpoint();
    ASSERT_OK(after);
    // Started, the batches of retractions, the end.
    EXPECT_EQ((*after)->tick - (*before)->tick, gone == kGone ? 4u : 3u);
  }
}

TEST_F(SnapshotTest, AnotherScopeIsNotTouched) {
  Take(TownFile(4, "A"));
  std::string b = kTownHeader;
  for (int id = 11; id <= 12; ++id) b += TownRow(id, "B" + std::to_string(id), "B");
  Take(b);
  EXPECT_EQ(Shops().retracted, 0u);
  EXPECT_EQ(Outcome().present_before, 0u);
  Take(std::string(kTownHeader) + TownRow(11, "B11", "B"));
  EXPECT_EQ(Shops().retracted, 1u);
  EXPECT_EQ(Records().size(), 5u);
}

TEST_F(SnapshotTest, ARecordThatMovesTakesItsScopeAlong) {
  Take(TownFile(4, "A"));
  Take(std::string(kTownHeader) + TownRow(4, "Shop 4", "B"));  // the town is no field: unchanged
  EXPECT_EQ(Shops().unchanged, 1u);
  Take(TownFile(3, "A"));  // 4 is B's now
  EXPECT_EQ(Outcome().vanished, 0u);
  EXPECT_EQ(Records().size(), 4u);
}

TEST_F(SnapshotTest, WithoutAScopeAFileSpeaksForTheWholeItem) {
  Use({.snapshot = true, .scoped = false});
  Take(TownFile(4, "A"));
  Take(TownFile(3, "B"));
  EXPECT_EQ(Shops().retracted, 1u);
}

TEST_F(SnapshotTest, DeltaNeverRetracts) {
  Take(TownFile(4));
  Take(TownFile(1), {.delta = true, .yes = true});
  EXPECT_TRUE(sum.snapshots.empty());
  EXPECT_EQ(Shops().retracted, 0u);
  EXPECT_EQ(Records().size(), 4u);
}

TEST_F(SnapshotTest, APackWithoutSnapshotNeverRetracts) {
  Take(TownFile(4));
  Use({.snapshot = false});
  Take(TownFile(1), {.yes = true});
  EXPECT_EQ(Records().size(), 4u);
}

TEST_F(SnapshotTest, ATruncatedFileNeverRetracts) {
  Take(TownFile(4));
  for (const bool yes : {false, true}) {
    Take(std::string(kTownHeader) + TownRow(1, "Shop 1") + "2,\"Shop", {.yes = yes});
    EXPECT_FALSE(sum.outcome.ok());
    ExpectNothingRetracted(Code::SNAPSHOT_INCOMPLETE);
    EXPECT_EQ(InfoOf(sum.Attention()).exit_code, 3);
    EXPECT_EQ(Records().size(), 4u);
  }
}

TEST_F(SnapshotTest, MoreThanTheShareNeedsYes) {
  Take(TownFile(4));
  Take(TownFile(1));  // 3 of 4 are more than half
  ExpectNothingRetracted(Code::RETRACTION_LIMIT);
  EXPECT_EQ(sum.Attention(), Code::RETRACTION_LIMIT);
  EXPECT_THAT(Describe(Outcome().refused), HasSubstr("3 of 4"));
  EXPECT_THAT(Describe(Outcome().refused), HasSubstr("--yes"));
  EXPECT_EQ(Records().size(), 4u);
  Take(TownFile(1), {.yes = true});
  EXPECT_EQ(Shops().retracted, 3u);
  EXPECT_EQ(sum.Attention(), Code::kOk);
  EXPECT_EQ(Records().size(), 1u);
}

TEST_F(SnapshotTest, TheShareItselfMayGo) {
  Take(TownFile(4));
  Take(TownFile(2));  // exactly half
  EXPECT_EQ(Shops().retracted, 2u);
}

TEST_F(SnapshotTest, ARowWithoutReadableKeyKeepsEverything) {
  Take(TownFile(4));
  const std::string file = TownFile(3) + "x4,Shop 4,A,S,2001-02-03,,\n";
  Take(file);
  ExpectNothingRetracted(Code::SNAPSHOT_INCOMPLETE);
  EXPECT_THAT(Describe(Outcome().refused), HasSubstr("quarantine"));
  Take(file);  // also when the row is held already
  ExpectNothingRetracted(Code::SNAPSHOT_INCOMPLETE);
  EXPECT_EQ(sum.Attention(), Code::SNAPSHOT_INCOMPLETE);
  Take(file, {.yes = true});
  EXPECT_EQ(Shops().retracted, 1u);
}

TEST_F(SnapshotTest, ARowThatCannotBeCutKeepsEverything) {
  Take(TownFile(4));
  Take(TownFile(3) + "4,Shop\n");
  ExpectNothingRetracted(Code::SNAPSHOT_INCOMPLETE);
}

TEST_F(SnapshotTest, ARowInQuarantineShieldsItsOwnRecordOnly) {
  Take(TownFile(4));
  Take(TownFile(2) + TownRow(3, "Shop 3", "A", "X,2001-02-03,,"));  // 3 has a bad code, 4 is gone
  EXPECT_EQ(Shops().retracted, 1u);
  EXPECT_EQ(HistoryOf(3)[0].type, v1::PUT);
  EXPECT_EQ(HistoryOf(4)[0].type, v1::RETRACT);
}

TEST_F(SnapshotTest, ASecondRowOfOneKeyHidesNoOtherRecord) {
  Take(TownFile(4));
  Take(TownFile(3) + TownRow(3, "Shop three"));
  EXPECT_EQ(sum.quarantined["KEY_DUPLICATE"], 1u);
  EXPECT_EQ(Shops().retracted, 1u);
  EXPECT_EQ(HistoryOf(3)[0].type, v1::PUT);
  EXPECT_EQ(HistoryOf(3)[0].version, 1u);
}

TEST_F(SnapshotTest, ARowLeftOutByARuleSpeaksForNoRecord) {
  Take(TownFile(4));
  Take(TownFile(3) + TownRow(4, "CLOSED"));
  EXPECT_EQ(Shops().retracted, 1u);
}

TEST_F(SnapshotTest, AFileOfTheHeaderAloneIsWithinTheSameBounds) {
  Use({.snapshot = true, .scoped = false});
  Take(TownFile(4));
  Take(kTownHeader);
  ExpectNothingRetracted(Code::RETRACTION_LIMIT);
}

TEST(RetractionsAllowed, DefaultsAndLimits) {
  v1::IngestConfig config;
  EXPECT_EQ(node::RetractionsAllowed(config, 0), 5u);
  EXPECT_EQ(node::RetractionsAllowed(config, 50), 5u);
  EXPECT_EQ(node::RetractionsAllowed(config, 59), 5u);
  EXPECT_EQ(node::RetractionsAllowed(config, 60), 6u);
  EXPECT_EQ(node::RetractionsAllowed(config, 1000000), 100000u);
  config.set_retraction_percent_max(1);
  config.set_retraction_records_min(2);
  EXPECT_EQ(node::RetractionsAllowed(config, 299), 2u);
  EXPECT_EQ(node::RetractionsAllowed(config, 300), 3u);
  config.set_retraction_percent_max(100);
  EXPECT_EQ(node::RetractionsAllowed(config, 300), 300u);
  config.set_retraction_percent_max(101);  // a percentage above 100 means all
  EXPECT_EQ(node::RetractionsAllowed(config, 300), 300u);
}

}  // namespace
}  // namespace tombolo::testing
