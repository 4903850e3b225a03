// Desks of two and three nodes in one process: what each may hold arrives, and nothing else; lines
// break, nodes die, rules change while feeds are open.
#include "gateway/node/exchange_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/exchange_world.h"
#include "tests/support/assert_ok.h"

namespace tombolo::node {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using trust::kCity;
using trust::kProvince;
using trust::kTown;

constexpr int64_t kSecondUs = trust::kSecondUs;

class Desks : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.Add(kProvince, 31);
    world_.Add(kCity, 32);
    world_.Add(kTown, 33);
  }
  // City with three fines, province takes its feed for this purpose.
  void TwoNodes(const std::string& purpose) {
    for (uint8_t n = 1; n <= 3; ++n) world_.Put(kCity, "fines", v1::PUBLIC, n);
    world_.Subscribe(kProvince, kCity, purpose);
    world_.StartAll();
    world_.Run();
  }
  std::vector<std::string> Fines(const std::string& at, const std::string& origin = kCity) {
    const std::vector<HeldStream> held = world_.Held(at, origin);
    return held.empty() ? std::vector<std::string>() : held[0].entries;
  }
  World world_;
};

TEST_F(Desks, WithoutAPolicyOnlyPublicLayersGoOut) {
  TwoNodes("work");
  EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 1", "PUT 1", "PUT 1"));
  EXPECT_EQ(world_.Count(kCity, v1::FEED_OPENED), 1u);
  EXPECT_EQ(world_.Count(kProvince, v1::RECORDS_RECEIVED), 1u);
  world_.ExpectSound(kProvince);
  world_.ExpectSound(kCity);
}

TEST_F(Desks, AGrantOpensTheLimitedLayer) {
  world_.Policy(kCity, 1, "work", kProvince);
  TwoNodes("work");
  EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 7", "PUT 7", "PUT 7"));
}

TEST_F(Desks, AnotherPurposeOpensNothingMore) {
  world_.Policy(kCity, 1, "work", kProvince);
  TwoNodes("health");
  EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 1", "PUT 1", "PUT 1"));
}

TEST_F(Desks, AClassThatIsNotPermittedSendsNothingAtAll) {
  world_.Put(kCity, "fines", v1::LIMITED, 9);
  world_.Policy(kCity, 1, "work");
  world_.Subscribe(kProvince, kCity, "work");
  world_.StartAll();
  world_.Run();
  EXPECT_TRUE(world_.Held(kProvince, kCity).empty());
  EXPECT_EQ(world_.Count(kCity, v1::FEED_OPENED), 0u);
}

TEST_F(Desks, ChangesFollowAtOnce) {
  world_.Policy(kCity, 1, "work");
  TwoNodes("work");
  world_.Put(kCity, "fines", v1::PUBLIC, 2, 2);
  world_.Retract(kCity, "fines", v1::PUBLIC, 3, 2);
  world_.Run();
  EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 3", "PUT 3", "PUT 3", "PUT 3", "RETRACT"));
  ASSERT_OK_AND_ASSIGN(const store::Totals totals, world_.At(kProvince).store->Count());
  EXPECT_EQ(totals.received_present, 2u);
  EXPECT_EQ(totals.received_gone, 1u);
}

TEST_F(Desks, AStreamThatBeginsLaterIsOffered) {
  TwoNodes("");
  world_.Put(kCity, "permits", v1::PUBLIC, 40);
  world_.Run();
  EXPECT_EQ(world_.Held(kProvince, kCity).size(), 2u);
}

TEST_F(Desks, ReceiptsAreSignedAndKept) {
  TwoNodes("");
  world_.Pass(3 * kSecondUs);
  EXPECT_GE(world_.Count(kCity, v1::RECEIPT_ACCEPTED), 1u);
  ASSERT_OK_AND_ASSIGN(const auto confirmed, world_.At(kCity).store->ConfirmedBy(kProvince));
  ASSERT_EQ(confirmed.size(), 1u);
  EXPECT_EQ(confirmed[0].next_seq[0], 4u);
  ASSERT_OK_AND_ASSIGN(const auto ours, world_.At(kProvince).store->LastReceipt(kCity, true));
  ASSERT_OK_AND_ASSIGN(const auto theirs, world_.At(kCity).store->LastReceipt(kProvince, false));
  ASSERT_TRUE(ours.has_value() && theirs.has_value());
  ASSERT_EQ(world_.At(kCity).desk->Peers().size(), 1u);
  EXPECT_GT(world_.At(kCity).desk->Peers()[0].acknowledged_us, 0);
  world_.Kill(kCity);
  world_.Start(kCity);
  ASSERT_EQ(world_.At(kCity).desk->Peers().size(), 1u);
  EXPECT_GT(world_.At(kCity).desk->Peers()[0].acknowledged_us, 0);  // known after a restart, too
  EXPECT_EQ(ours->receipt, theirs->receipt);
}

TEST_F(Desks, AWiderPolicyBringsTheLayerForward) {
  TwoNodes("work");
  EXPECT_THAT(Fines(kProvince), Each("PUT 1"));
  world_.Policy(kCity, 1, "work");
  world_.Run();
  EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 3", "PUT 3", "PUT 3"));
  world_.Put(kCity, "fines", v1::PUBLIC, 4);
  world_.Run();
  EXPECT_EQ(Fines(kProvince).back(), "PUT 3");
  world_.ExpectSound(kProvince);
}

TEST_F(Desks, ANarrowerPolicyTakesTheLayerAway) {
  world_.Policy(kCity, 1, "work", kProvince);
  TwoNodes("work");
  EXPECT_THAT(Fines(kProvince), Each("PUT 7"));
  world_.Policy(kCity, 2, "");
  world_.Run();
  EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 1", "PUT 1", "PUT 1"));
  EXPECT_EQ(world_.Count(kProvince, v1::LAYERS_WITHDRAWN), 1u);
  EXPECT_GE(world_.Count(kCity, v1::FEED_CLOSED), 1u);
  world_.Put(kCity, "fines", v1::PUBLIC, 4);
  world_.Run();
  EXPECT_EQ(Fines(kProvince).back(), "PUT 1");
  world_.ExpectSound(kProvince);
}

TEST_F(Desks, ABrokenLineLosesAndDoublesNothing) {
  world_.Policy(kCity, 1, "work");
  world_.Subscribe(kProvince, kCity, "work");
  world_.StartAll();
  testing::FakeEntropy chance(7);
  for (uint8_t n = 1; n <= 60; ++n) {
    world_.Put(kCity, "fines", v1::PUBLIC, n);
    if (chance.Below(4) == 0) world_.Cut(kCity, kProvince);
    world_.Run();
    if (chance.Below(3) == 0) world_.Pass(kSecondUs);
  }
  world_.Pass(120 * kSecondUs, 5 * kSecondUs);
  EXPECT_EQ(Fines(kProvince).size(), 60u);
  EXPECT_THAT(Fines(kProvince), Each("PUT 3"));
  world_.ExpectSound(kProvince);
}

TEST_F(Desks, EitherSideMayDieAtAnyMoment) {
  world_.Policy(kCity, 1, "work");
  world_.Subscribe(kProvince, kCity, "work");
  world_.StartAll();
  testing::FakeEntropy chance(8);
  for (uint8_t n = 1; n <= 40; ++n) {
    world_.Put(kCity, "fines", v1::PUBLIC, n);
    const std::string victim = chance.Below(2) == 0 ? kCity : kProvince;
    if (chance.Below(4) == 0) {
      world_.Kill(victim);
      world_.Start(victim);
    }
    if (chance.Below(2) == 0) world_.Run();
  }
  world_.Pass(120 * kSecondUs, 5 * kSecondUs);
  EXPECT_EQ(Fines(kProvince).size(), 40u);
  EXPECT_THAT(Fines(kProvince), Each("PUT 3"));
  world_.ExpectSound(kProvince);
  world_.ExpectSound(kCity);
}

TEST_F(Desks, AFeedThatACrashLeftOpenIsClosedAtTheNextStart) {
  TwoNodes("");
  EXPECT_EQ(world_.Count(kCity, v1::FEED_CLOSED), 0u);
  world_.Kill(kCity);
  world_.Start(kCity);
  EXPECT_EQ(world_.Count(kCity, v1::FEED_CLOSED), 1u);
}

TEST_F(Desks, DamagedBytesEndTheSessionAndStoreNothing) {
  for (uint8_t n = 1; n <= 3; ++n) world_.Put(kCity, "fines", v1::PUBLIC, n);
  world_.Subscribe(kProvince, kCity, "");
  size_t damaged = 0;
  world_.on_line = [&](const std::string& from, const std::string&, std::string* bytes) {
    if (from != kCity || bytes->size() < 600 || damaged > 0) return;
    if (static_cast<uint8_t>((*bytes)[4]) != v1::ENTRIES) return;
    ++damaged;
    (*bytes)[bytes->size() / 2] ^= 1;
  };
  world_.StartAll();
  EXPECT_EQ(damaged, 1u);
  EXPECT_TRUE(Fines(kProvince).empty());
  world_.Pass(120 * kSecondUs, 5 * kSecondUs);
  EXPECT_FALSE(world_.Connected(kCity, kProvince));  // an operator has to look first
  world_.Republish(kProvince);                       // and reloads
  world_.Pass(2 * kSecondUs);
  EXPECT_EQ(world_.Count(kProvince, v1::DATA_REFUSED), 1u);
  EXPECT_EQ(world_.Count(kProvince, v1::RECORDS_RECEIVED), 1u);
  EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 1", "PUT 1", "PUT 1"));
  world_.ExpectSound(kProvince);
}

TEST_F(Desks, AHubHandsOnUnderTheOriginsRules) {
  world_.Policy(kCity, 1, "work");
  for (uint8_t n = 1; n <= 3; ++n) world_.Put(kCity, "fines", v1::PUBLIC, n);
  world_.Subscribe(kProvince, kCity, "work");
  world_.Subscribe(kTown, kProvince, "work");
  world_.StartAll();
  world_.Run();
  EXPECT_THAT(Fines(kTown), ElementsAre("PUT 3", "PUT 3", "PUT 3"));
  world_.Put(kCity, "fines", v1::PUBLIC, 2, 2);
  world_.Run();
  EXPECT_EQ(Fines(kTown).size(), 4u);
  ASSERT_OK_AND_ASSIGN(const auto deliveries, world_.At(kTown).store->Deliveries());
  ASSERT_FALSE(deliveries.empty());
  EXPECT_THAT(deliveries.back().path, ElementsAre(kCity, kProvince));
  world_.ExpectSound(kTown);
  // The origin takes it back: the hub drops it, and whoever has it from the hub.
  world_.Policy(kCity, 2, "");
  world_.Run();
  world_.Pass(2 * kSecondUs);
  EXPECT_THAT(Fines(kProvince), Each("PUT 1"));
  EXPECT_THAT(Fines(kTown), Each("PUT 1"));
}

TEST_F(Desks, ARecordThatComesOnTwoWaysIsOneRecord) {
  for (uint8_t n = 1; n <= 3; ++n) world_.Put(kCity, "fines", v1::PUBLIC, n);
  world_.Subscribe(kProvince, kCity, "");
  world_.Subscribe(kTown, kProvince, "");
  world_.Subscribe(kTown, kCity, "");
  world_.StartAll();
  world_.Run();
  EXPECT_EQ(Fines(kTown).size(), 3u);
  ASSERT_OK_AND_ASSIGN(const store::Totals totals, world_.At(kTown).store->Count());
  EXPECT_EQ(totals.received_present, 3u);
  world_.ExpectSound(kTown);
}

TEST_F(Desks, ASuspendedMemberIsLeftAtOnceAndItsClosedLayersGo) {
  world_.Policy(kCity, 1, "work");
  TwoNodes("work");
  EXPECT_TRUE(world_.Connected(kCity, kProvince));
  world_.registry.mutable_members(1)->set_state(v1::SUSPENDED);
  world_.registry_version = 2;
  world_.Republish(kProvince);
  world_.Run();
  world_.Pass(kSecondUs);
  EXPECT_FALSE(world_.Connected(kCity, kProvince));
  for (const std::string& entry : Fines(kProvince)) EXPECT_NE(entry, "PUT 3");
  EXPECT_GE(world_.Count(kProvince, v1::LAYERS_WITHDRAWN), 1u);
}

TEST_F(Desks, AStaleTimestampEndsSessionsUntilANewOneComes) {
  TwoNodes("");
  world_.clock.AdvanceUs(trust::kDayUs);
  world_.Run();
  EXPECT_FALSE(world_.Connected(kCity, kProvince));
  EXPECT_CODE(Code::TIMESTAMP_STALE, world_.At(kCity).desk->Ready());
  EXPECT_EQ(Fines(kProvince).size(), 3u);  // nothing is dropped for that
}

TEST_F(Desks, EachWitnessesTheOthersAuditLogAndThenRests) {
  TwoNodes("");
  world_.Pass(20 * kSecondUs, kSecondUs);
  EXPECT_GE(world_.Count(kCity, v1::AUDIT_HEAD_COUNTERSIGNED), 1u);
  EXPECT_GE(world_.Count(kCity, v1::COUNTERSIGNATURE_RECEIVED), 1u);
  EXPECT_GE(world_.Count(kProvince, v1::COUNTERSIGNATURE_RECEIVED), 1u);
  const size_t events = world_.Trail(kCity).size();
  world_.Pass(60 * kSecondUs, kSecondUs);
  EXPECT_EQ(world_.Trail(kCity).size(), events);
}

TEST_F(Desks, TwoThatCallEachOtherKeepOneSession) {
  world_.Put(kCity, "fines", v1::PUBLIC, 1);
  world_.Put(kProvince, "permits", v1::PUBLIC, 2);
  world_.Subscribe(kProvince, kCity, "");
  world_.Subscribe(kCity, kProvince, "");
  world_.StartAll();
  world_.Run();
  world_.Pass(10 * kSecondUs, kSecondUs);
  EXPECT_EQ(world_.Held(kProvince, kCity).size(), 1u);
  EXPECT_EQ(world_.Held(kCity, kProvince).size(), 1u);
  const auto peers = world_.At(kCity).desk->Peers();
  ASSERT_EQ(peers.size(), 1u);
  EXPECT_EQ(peers[0].state, "OPEN");
}

TEST_F(Desks, EveryFrameIsCountedOnBothSides) {
  TwoNodes("");
  world_.Pass(20 * kSecondUs, kSecondUs);
  const DeskCounts& city = world_.At(kCity).desk->counts();
  const DeskCounts& province = world_.At(kProvince).desk->counts();
  EXPECT_EQ(city.bytes_out, province.bytes_in);
  EXPECT_EQ(province.bytes_out, city.bytes_in);
  EXPECT_EQ(province.frames.at({v1::RECEIPT, false}), city.frames.at({v1::RECEIPT, true}));
  EXPECT_EQ(city.frames.at({v1::ENTRIES, false}), province.frames.at({v1::ENTRIES, true}));
  EXPECT_EQ(city.frames.at({v1::AUDIT_HEAD, false}), province.frames.at({v1::AUDIT_HEAD, true}));
}

TEST_F(Desks, AnOrderlyStopSignsForEverything) {
  TwoNodes("");
  world_.At(kProvince).events.push_back(StopAll{});
  world_.Run();
  world_.Pass(kSecondUs);
  EXPECT_TRUE(world_.At(kProvince).desk->stopped());
  EXPECT_EQ(world_.Trail(kProvince).back().type(), v1::NODE_STOPPED);
  EXPECT_EQ(world_.Count(kProvince, v1::PEER_DISCONNECTED), 1u);
  ASSERT_OK_AND_ASSIGN(const auto confirmed, world_.At(kCity).store->ConfirmedBy(kProvince));
  EXPECT_EQ(confirmed.size(), 1u);
}

TEST_F(Desks, ARefusedDocumentChangesNothing) {
  world_.Policy(kCity, 2, "work");
  TwoNodes("work");
  world_.Policy(kCity, 2, "");  // the same version, saying something else
  world_.Run();
  world_.Pass(2 * kSecondUs);
  EXPECT_THAT(Fines(kProvince), Each("PUT 3"));
  EXPECT_EQ(world_.Count(kCity, v1::DOCUMENT_REFUSED), 1u);
}

TEST_F(Desks, APurposeWithoutMeasureEndsThatSessionAlone) {
  world_.Put(kCity, "fines", v1::PUBLIC, 1);
  world_.Subscribe(kTown, kCity, "");
  world_.Subscribe(kProvince, kCity, std::string(2000, 'x'));
  world_.StartAll();
  world_.Pass(2 * kSecondUs);
  EXPECT_EQ(Fines(kTown).size(), 1u);
  EXPECT_TRUE(world_.Connected(kCity, kTown));
  EXPECT_FALSE(world_.Connected(kCity, kProvince));
  EXPECT_TRUE(Fines(kProvince).empty());
}

TEST_F(Desks, WhatIsTakenAndGivenAgainIsThereAgain) {
  world_.Policy(kCity, 1, "work");
  TwoNodes("work");
  for (uint64_t version = 2; version < 8; version += 2) {
    world_.Policy(kCity, version, "");
    world_.Run();
    EXPECT_THAT(Fines(kProvince), Each("PUT 1"));
    if (version > 2) world_.Cut(kCity, kProvince);
    if (version > 4) world_.Pass(3 * kSecondUs);
    world_.Policy(kCity, version + 1, "work");
    world_.Run();
    world_.Pass(5 * kSecondUs);
    EXPECT_THAT(Fines(kProvince), ElementsAre("PUT 3", "PUT 3", "PUT 3")) << version;
  }
  world_.ExpectSound(kProvince);
}

TEST_F(Desks, AnOriginThatRewroteItsHistoryIsFoundOut) {
  TwoNodes("");
  world_.Kill(kCity);
  world_.Add(kCity, 32);  // the same keys, another past
  for (uint8_t n = 20; n <= 60; ++n) world_.Put(kCity, "permits", v1::PUBLIC, n);  // no lower tick
  for (uint8_t n = 11; n <= 13; ++n) world_.Put(kCity, "fines", v1::PUBLIC, n);
  world_.Start(kCity);
  world_.Pass(10 * kSecondUs);
  EXPECT_GE(world_.Count(kProvince, v1::STREAM_ALARM) + world_.Count(kCity, v1::STREAM_ALARM), 1u);
  EXPECT_EQ(Fines(kProvince).size(), 3u);
  EXPECT_FALSE(world_.Connected(kCity, kProvince));
  world_.ExpectSound(kProvince);  // what it holds is the first past, as it was signed
}

TEST_F(Desks, AnOriginThatLostEntriesIsToldAndSendsNothing) {
  TwoNodes("");
  world_.Kill(kCity);
  world_.Add(kCity, 32);
  world_.Put(kCity, "fines", v1::PUBLIC, 1);
  world_.Start(kCity);
  world_.Pass(10 * kSecondUs);
  EXPECT_EQ(Fines(kProvince).size(), 3u);
  EXPECT_FALSE(world_.Connected(kCity, kProvince));
  std::set<Code> codes;
  for (const Note& note : world_.At(kCity).notes) codes.insert(CodeOf(note.why));
  EXPECT_THAT(codes, ::testing::Contains(Code::RECOVERY_NEEDED));
}

}  // namespace
}  // namespace tombolo::node
