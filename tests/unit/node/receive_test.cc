// What a holder has after pages were taken in: exactly what it may have, once, whatever the order,
// the way or the number of repeats.
#include "gateway/node/receive.h"

#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "gateway/node/erase.h"
#include "gateway/store/memory/memory_store.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/node/exchange_node.h"

namespace tombolo::node {
namespace {

class ReceiveTest : public ::testing::Test {
 protected:
  void Mixed() {
    for (int i = 0; i < 700; ++i) {
      Version version;
      version.sharing_class = static_cast<v1::SharingClass>(v1::PUBLIC + i % 3);
      if (i % 7 == 0) version.state = v1::REPAIRED;
      if (i % 11 == 0) version.publish_until = kToday - 3;
      if (i % 13 == 0) version.share_until = kToday - 3;
      city_.Put(i, version);
    }
    for (int i = 0; i < 100; ++i) city_.Put(i);  // most change their class
    for (int i = 100; i < 150; ++i) city_.Retract(i);
    city_.Commit();
  }
  exchange::CarriedStream OnlyStream(ExchangeNode* node) {
    auto carried = node->Carried();
    EXPECT_EQ(carried.size(), 1u);
    return carried.at(0);
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  ExchangeNode city_{"city", store::MakeMemoryStore(), &clock_, 1};
  ExchangeNode province_{"province", store::MakeMemoryStore(), &clock_, 2};
  ExchangeNode other_{"other", store::MakeMemoryStore(), &clock_, 3};
};

TEST_F(ReceiveTest, AHolderHasWhatItMayHaveAndNothingElse) {
  Mixed();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ExpectHeld(&city_, &province_, 7);
  ASSERT_OK(other_.TakeFrom(&city_, kPublicLayer));
  ExpectHeld(&city_, &other_, kPublicLayer);
  ASSERT_OK_AND_ASSIGN(const store::Totals totals, province_.store->Count());
  EXPECT_EQ(totals.received_present, 650u);
  EXPECT_EQ(totals.received_gone, 50u);
  EXPECT_EQ(totals.records_present, 0u);
  EXPECT_TRUE(province_.GapsOf(city_).empty());
  EXPECT_TRUE(other_.GapsOf(city_).empty());
}

TEST_F(ReceiveTest, TheSameInSqlite) {
  store::SqliteOptions options;
  options.path = dir_.File("store.db");
  ASSERT_OK_AND_ASSIGN(auto store, store::OpenSqliteStore(options));
  options.path = dir_.File("city.db");
  ASSERT_OK_AND_ASSIGN(auto city_store, store::OpenSqliteStore(options));
  ExchangeNode city("city2", std::move(city_store), &clock_, 4);
  ExchangeNode holder("holder", std::move(store), &clock_, 5);
  for (int i = 0; i < 900; ++i) city.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 500});
  for (int i = 0; i < 900; i += 3) city.Put(i);
  for (int i = 1; i < 900; i += 9) city.Retract(i);
  city.Commit();
  ASSERT_OK(holder.TakeFrom(&city, 3));
  ExpectHeld(&city, &holder, 3);
  ASSERT_OK(EraseRecord(city.context, city.IdOf(2)));
  ASSERT_OK_AND_ASSIGN(city.writer, TickWriter::Open(city.context));
  for (int i = 0; i < 40; ++i) city.Put(2000 + i);
  city.Commit();
  ASSERT_OK(holder.TakeFrom(&city, 7));  // a layer more
  ExpectHeld(&city, &holder, 7);
  EXPECT_TRUE(holder.GapsOf(city).empty());
}

TEST_F(ReceiveTest, RepeatsAndSecondWaysChangeNothing) {
  Mixed();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ASSERT_OK_AND_ASSIGN(const uint64_t count, province_.store->CommitCount());
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ASSERT_OK(other_.TakeFrom(&province_, 7));
  ASSERT_OK(province_.TakeFrom(&other_, 7));  // back by the other way
  EXPECT_EQ(*province_.store->CommitCount(), count);
  ExpectHeld(&city_, &other_, 7);
}

TEST_F(ReceiveTest, APageStagedTwiceIsStoredOnce) {
  city_.Put(1);
  city_.Commit();
  const exchange::CarriedStream stream = OnlyStream(&city_);
  ASSERT_OK(province_.Offer(&city_, stream, 1));
  ASSERT_OK(province_.TakePage(&city_, stream, 1));
  exchange::StorePage again;
  exchange::WantPage want;
  want.stream = stream.number;
  want.layers = want.from_seq = want.to_size = 1;
  ASSERT_OK_AND_ASSIGN(const auto page, city_.maker.Make(want, kToday));
  again.payload = std::make_shared<const std::string>(page->payload());
  ASSERT_OK(ledger::ReadEntries(v1::SHA256_ED25519, *again.payload, &again.page));
  again.wire_bytes = 7;
  ASSERT_OK(province_.receiver.StagePage(city_.context.origin, std::move(again)));
  ASSERT_OK(province_.receiver.Fill(province_.writer.get()));
  ASSERT_OK(province_.writer->Commit());
  const auto gains = province_.receiver.Done();
  EXPECT_EQ(gains.at(city_.context.origin).records, 1u);
  EXPECT_EQ(gains.at(city_.context.origin).credit, page->payload().size() + 7);
  ExpectHeld(&city_, &province_, 1);
}

TEST_F(ReceiveTest, ARelayGivesTheOriginsBytes) {
  Mixed();
  ASSERT_OK(province_.TakeFrom(&city_, 3));
  ASSERT_OK(other_.TakeFrom(&province_, 3));
  const auto own = city_.Carried();
  for (ExchangeNode* hub : {&province_, &other_}) {
    for (const exchange::CarriedStream& stream : hub->Carried()) {
      const auto origin = std::find_if(own.begin(), own.end(), [&](const auto& one) {
        return one.stream_id == stream.stream_id;
      });
      ASSERT_NE(origin, own.end());
      EXPECT_EQ(stream.held, 3);
      EXPECT_EQ(*stream.head, *origin->head);
      EXPECT_EQ(stream.path.size(), hub == &province_ ? 2u : 3u);
      EXPECT_EQ(stream.path.front(), city_.context.origin);
      EXPECT_EQ(stream.path.back(), hub->context.origin);
      exchange::WantPage want;
      want.layers = 3;
      want.from_seq = 1;
      want.to_size = stream.size;
      want.stream = stream.number;
      ASSERT_OK_AND_ASSIGN(const auto theirs, hub->maker.Make(want, kToday));
      want.stream = origin->number;
      ASSERT_OK_AND_ASSIGN(const auto ours, city_.maker.Make(want, kToday));
      EXPECT_EQ(theirs->payload(), ours->payload());
    }
  }
}

TEST_F(ReceiveTest, OnlyWhatAHeadCoversIsHandedOn) {
  for (int i = 0; i < 1000; ++i) city_.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 600});
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 1, 2));
  ASSERT_OK(province_.Store());
  EXPECT_TRUE(province_.receiver.reached().empty());
  EXPECT_TRUE(province_.Carried().empty());
  ASSERT_OK(province_.TakeFrom(&city_, 1));
  ASSERT_EQ(province_.Carried().size(), 1u);
  EXPECT_EQ(province_.Carried()[0].size, 1000u);
}

TEST_F(ReceiveTest, ARecordIsWhereItsHighestVersionIs) {
  city_.Put(1);                                        // PUBLIC 1, version 1
  city_.Put(1, {v1::LIMITED, v1::EFFECTIVE, {}, {}});  // PUBLIC 2, LIMITED 1: versions 2, 3
  city_.Commit();
  const auto carried = city_.Carried();
  ASSERT_EQ(carried.size(), 2u);
  // The new stream comes before the old one.
  for (const size_t index : {1, 0}) {
    ASSERT_OK(province_.Offer(&city_, carried[index], 7));
    ASSERT_OK(province_.TakePage(&city_, carried[index], 7));
    ASSERT_OK(province_.Store());
    const auto state = province_.Find(city_, 1);
    ASSERT_TRUE(state.has_value());
    EXPECT_EQ(state->version, 3u);
    EXPECT_TRUE(state->present);
    EXPECT_EQ(province_.receiver.StreamId(state->stream), carried[1].stream_id);
  }
  // What came too late is not current: a hub does not show it either.
  ASSERT_OK(other_.TakeFrom(&province_, 7));
  ExpectHeld(&city_, &other_, 7);
  EXPECT_TRUE(province_.GapsOf(city_).empty());
}

TEST_F(ReceiveTest, ARetractEndsARecordAndANewVersionBringsItBack) {
  city_.Put(1);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  EXPECT_TRUE(province_.Find(city_, 1)->present);
  city_.Retract(1);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  EXPECT_FALSE(province_.Find(city_, 1)->present);
  EXPECT_EQ(province_.Find(city_, 1)->version, 2u);
  city_.Put(1);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  EXPECT_TRUE(province_.Find(city_, 1)->present);
  EXPECT_EQ(province_.Find(city_, 1)->version, 3u);
}

TEST_F(ReceiveTest, ATombstoneTakesOurCopyAway) {
  city_.Put(1);
  city_.Put(2);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ASSERT_OK(other_.TakeFrom(&province_, 7));
  ASSERT_OK(EraseRecord(city_.context, city_.IdOf(1)));
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ASSERT_OK(other_.TakeFrom(&province_, 7));
  for (ExchangeNode* holder : {&province_, &other_}) {
    ExpectHeld(&city_, holder, 7);
    EXPECT_FALSE(holder->Find(city_, 1)->present);
    EXPECT_EQ(holder->Find(city_, 1)->subject, SubjectKey());
    EXPECT_TRUE(holder->Find(city_, 2)->present);
  }
}

TEST_F(ReceiveTest, ErasedBeforeItCameIsExplainedByItsTombstone) {
  city_.Put(1);
  city_.Commit();
  ASSERT_OK(EraseRecord(city_.context, city_.IdOf(1)));
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  EXPECT_TRUE(province_.GapsOf(city_).empty());
  EXPECT_FALSE(province_.Find(city_, 1).has_value());
  ExpectHeld(&city_, &province_, 7);
}

TEST_F(ReceiveTest, SubjectsAreFoundWhereTheirLayerIsVisible) {
  city_.Put(1);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ASSERT_OK(other_.TakeFrom(&city_, 3));
  const SubjectKey key = province_.identity->ForSubject("test.org", "O1");
  ASSERT_OK_AND_ASSIGN(const auto found, province_.store->FindBySubject(key));
  EXPECT_EQ(found.size(), 1u);
  EXPECT_EQ(other_.Find(city_, 1)->subject, SubjectKey());
  // The layer comes later, and with it the subject.
  ASSERT_OK(other_.TakeFrom(&city_, 7));
  EXPECT_EQ(other_.Find(city_, 1)->subject, other_.identity->ForSubject("test.org", "O1"));
  ExpectHeld(&city_, &other_, 7);
}

TEST_F(ReceiveTest, ANewLayerIsBroughtForwardAndThenRidesAlong) {
  Mixed();
  ASSERT_OK(province_.TakeFrom(&city_, 1));
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ExpectHeld(&city_, &province_, 7);
  for (int i = 0; i < 20; ++i) city_.Put(3000 + i);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  ExpectHeld(&city_, &province_, 7);
  EXPECT_TRUE(province_.GapsOf(city_).empty());
  ASSERT_OK_AND_ASSIGN(const auto cursors, province_.store->Cursors(city_.context.origin));
  EXPECT_EQ(cursors.size(), 9u);  // three streams, three layers
}

// A carrier that hides what it could show.
class GapTest : public ReceiveTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 10; ++i) city_.Put(i);
    city_.Commit();
    stream_ = OnlyStream(&city_);
    ASSERT_OK(province_.Offer(&city_, stream_, 3));
    // Offered are two layers, shown is one.
    exchange::WantPage want;
    want.stream = stream_.number;
    want.layers = kPublicLayer;
    want.from_seq = 1;
    want.to_size = stream_.size;
    ASSERT_OK_AND_ASSIGN(const auto page, city_.maker.Make(want, kToday));
    ASSERT_OK_AND_ASSIGN(auto verified, province_.Verify(stream_, page->payload()));
    ASSERT_OK(province_.receiver.StagePage(city_.context.origin, std::move(verified)));
    ASSERT_OK(province_.Store());
  }
  exchange::CarriedStream stream_;
};

TEST_F(GapTest, HiddenLayersAreGapsUntilTheyAreFilled) {
  EXPECT_EQ(province_.GapsOf(city_).size(), 10u);
  EXPECT_EQ(province_.GapsOf(city_)[0].layers, kGovernmentLayer);
  EXPECT_EQ(province_.holdings.Find(stream_.stream_id)->incomplete, 10u);
  EXPECT_EQ(province_.receiver.reached(), std::vector<std::string>{stream_.stream_id});
  ASSERT_OK(province_.TakeFill(&city_, stream_, 1, {1, 2, 3}));
  ASSERT_OK(province_.Store());
  EXPECT_EQ(province_.GapsOf(city_).size(), 7u);
  EXPECT_EQ(province_.holdings.Find(stream_.stream_id)->incomplete, 7u);
}

TEST_F(GapTest, ALaterVersionARetractAndATombstoneExplain) {
  city_.Put(1);
  city_.Retract(2);
  city_.Commit();
  ASSERT_OK(EraseRecord(city_.context, city_.IdOf(3)));
  ASSERT_OK(province_.receiver.Load());  // as after a start
  ASSERT_OK(province_.TakeFrom(&city_, 3));
  std::vector<uint64_t> open;
  for (const store::Gap& gap : province_.GapsOf(city_)) open.push_back(gap.seq);
  EXPECT_EQ(open, (std::vector<uint64_t>{1, 5, 6, 7, 8, 9, 10}));
}

TEST_F(GapTest, AFillWithOtherBytesIsRefusedAndNothingIsStored) {
  v1::Layers layers;
  layers.set_stream_id(stream_.stream_id);
  layers.set_layer(v1::GOVERNMENT);
  layers.set_first_seq(4);
  layers.set_last_seq(4);
  layers.add_seqs(4);
  layers.add_contents("made up");
  layers.set_salts(std::string(16, 's'));
  EXPECT_CODE(
      Code::DIGEST_MISMATCH,
      province_.receiver.StageLayers(
          city_.context.origin,
          {std::make_shared<const std::string>(layers.SerializeAsString()), stream_.stream_id, 1}));
  layers.set_last_seq(11);
  EXPECT_CODE(
      Code::STREAM_GAP,
      province_.receiver.StageLayers(
          city_.context.origin,
          {std::make_shared<const std::string>(layers.SerializeAsString()), stream_.stream_id, 1}));
  layers.set_salts("short");
  EXPECT_CODE(
      Code::NOT_CANONICAL,
      province_.receiver.StageLayers(
          city_.context.origin,
          {std::make_shared<const std::string>(layers.SerializeAsString()), stream_.stream_id, 1}));
  EXPECT_TRUE(province_.receiver.empty());
  EXPECT_EQ(province_.GapsOf(city_).size(), 10u);
}

TEST_F(ReceiveTest, AHeaderThatNobodyWritesIsRefusedAndTheHoldingIsAsBefore) {
  city_.Put(1);
  const uint32_t stream_number = city_.writer->StreamFor("test.item", v1::PUBLIC);
  city_.writer->Put(stream_number, "no header", {"", "", ""}, 0, {});
  city_.Commit();
  const exchange::CarriedStream stream = OnlyStream(&city_);
  ASSERT_OK(province_.Offer(&city_, stream, 1));
  EXPECT_CODE(Code::NOT_CANONICAL, province_.TakePage(&city_, stream, 1));
  EXPECT_TRUE(province_.receiver.empty());
  EXPECT_EQ(province_.holdings.Find(stream.stream_id)->range.size(), 0u);
  EXPECT_EQ(province_.holdings.Find(stream.stream_id)->next_seq[0], 1u);
}

TEST_F(ReceiveTest, AFailedCommitTakesHoldingsBack) {
  city_.Put(1);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 1));
  const exchange::CarriedStream before = OnlyStream(&city_);
  city_.Put(2);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 1, 1));
  EXPECT_EQ(province_.holdings.Find(before.stream_id)->range.size(), 2u);
  ASSERT_OK(province_.receiver.Fill(province_.writer.get()));
  ASSERT_OK(province_.receiver.Undo());
  ASSERT_OK_AND_ASSIGN(province_.writer, TickWriter::Open(province_.context));
  EXPECT_EQ(province_.holdings.Find(before.stream_id)->range.size(), 1u);
  EXPECT_EQ(province_.holdings.Find(before.stream_id)->next_seq[0], 2u);
  ASSERT_OK(province_.TakeFrom(&city_, 1));
  ExpectHeld(&city_, &province_, 1);
}

TEST_F(ReceiveTest, WhatWasDroppedComesAnewWhenItIsGrantedAgain) {
  city_.Put(1);
  city_.Put(1);
  city_.Put(2);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 7));
  const exchange::CarriedStream stream = OnlyStream(&city_);
  const uint32_t number = province_.receiver.NumberOf(stream.stream_id);
  for (const LayerMask dropped : {kLimitedLayer, ledger::kAllLayers}) {
    province_.writer->tick().received.drops.push_back({number, dropped});
    ASSERT_OK(province_.writer->Commit());
    province_.receiver.Dropped({number, dropped});
    const exchange::Holding* holding = province_.holdings.Find(stream.stream_id);
    EXPECT_EQ(holding->next_seq[2], 0u);
    EXPECT_EQ(holding->range.size(), dropped == 7 ? 0u : 3u);
    if (dropped == 7) {
      EXPECT_TRUE(province_.Carried().empty());
      EXPECT_FALSE(province_.Find(city_, 1)->present);
    }
    ASSERT_OK(province_.TakeFrom(&city_, 7));
    ExpectHeld(&city_, &province_, 7);
    EXPECT_TRUE(province_.Find(city_, 1)->present);
    EXPECT_TRUE(province_.Find(city_, 2)->present);
    EXPECT_EQ(province_.Carried().size(), 1u);
  }
}

TEST_F(ReceiveTest, EachPeerAndOriginIsAudited) {
  Mixed();
  ASSERT_OK(province_.TakeFrom(&city_, 3));
  const auto events = province_.Events(v1::RECORDS_RECEIVED);
  uint64_t count = 0;
  for (const v1::AuditEvent& event : events) {
    EXPECT_EQ(event.peer(), city_.context.origin);
    EXPECT_EQ(event.origin(), city_.context.origin);
    EXPECT_EQ(event.layers(), 3u);
    count += event.count();
    uint64_t in_ranges = 0;
    for (const v1::StreamRange& range : event.ranges()) {
      in_ranges += range.last_seq() - range.first_seq() + 1;
    }
    EXPECT_EQ(in_ranges, event.count());
  }
  uint64_t entries = 0;
  for (const exchange::CarriedStream& stream : city_.Carried()) entries += stream.size;
  EXPECT_EQ(count, entries);
}

TEST_F(ReceiveTest, ABatchIsFullAtItsLimits) {
  for (const size_t text : {size_t{0}, size_t{200000}}) {
    ExchangeNode city("city-" + std::to_string(text), store::MakeMemoryStore(), &clock_, 6);
    const int records = text == 0 ? 33000 : 100;
    for (int i = 0; i < records; ++i) {
      city.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, text});
      if (i % 10 == 9) city.Commit();
    }
    city.Commit();
    const exchange::CarriedStream stream = OnlyStream(&city);
    ASSERT_OK(province_.Offer(&city, stream, 1));
    const exchange::Holding* holding = province_.holdings.Find(stream.stream_id);
    uint64_t bytes = 0;
    while (holding->range.size() < stream.size) {
      exchange::WantPage want;
      want.stream = stream.number;
      want.layers = 1;
      want.from_seq = holding->range.size() + 1;
      want.to_size = stream.size;
      ASSERT_OK_AND_ASSIGN(const auto page, city.maker.Make(want, kToday));
      bytes += page->payload().size();
      ASSERT_OK_AND_ASSIGN(auto verified, province_.Verify(stream, page->payload()));
      ASSERT_OK(province_.receiver.StagePage(city.context.origin, std::move(verified)));
      EXPECT_EQ(province_.receiver.full(),
                bytes >= limits::kReceiveBatchBytesMax ||
                    holding->range.size() >= limits::kReceiveBatchEntriesMax);
    }
    EXPECT_TRUE(province_.receiver.full());
    ASSERT_OK(province_.Store());
    EXPECT_FALSE(province_.receiver.full());
    ExpectHeld(&city, &province_, 1);
  }
}

TEST_F(ReceiveTest, NumbersStayClearOfOwnOnes) {
  city_.Put(1);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 1));
  EXPECT_EQ(province_.Find(city_, 1)->stream, limits::kReceivedNumbersFrom);
  ASSERT_OK_AND_ASSIGN(const auto deliveries, province_.store->Deliveries());
  ASSERT_EQ(deliveries.size(), 1u);
  EXPECT_EQ(deliveries[0].number, limits::kReceivedNumbersFrom);
  EXPECT_EQ(deliveries[0].peer, city_.context.origin);
  // Another origin's record with the same id is another record.
  EXPECT_FALSE(IndexKey("a", city_.IdOf(1).view()) == IndexKey("b", city_.IdOf(1).view()));
}

}  // namespace
}  // namespace tombolo::node
