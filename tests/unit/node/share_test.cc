// Pages from a store: what they show, how large they are, that each is proved by the stream's head,
// and what the cache may still give out.
#include "gateway/node/share.h"

#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/node/erase.h"
#include "gateway/store/memory/memory_store.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/exchange_node.h"

namespace tombolo::node {
namespace {

class ShareTest : public ::testing::Test {
 protected:
  exchange::CarriedStream OnlyStream() {
    auto carried = city_.Carried();
    EXPECT_EQ(carried.size(), 1u);
    return carried.empty() ? exchange::CarriedStream() : carried[0];
  }
  exchange::WantPage Want(const exchange::CarriedStream& stream, uint64_t from, LayerMask layers) {
    exchange::WantPage want;
    want.stream = stream.number;
    want.layers = layers;
    want.from_seq = from;
    want.to_size = stream.size;
    return want;
  }
  ledger::EntryPage ReadPage(const boundary::ShapedPage& page) {
    ledger::EntryPage read;
    EXPECT_OK(ledger::ReadEntries(v1::SHA256_ED25519, page.payload(), &read));
    return read;
  }
  // Takes all pages from `from` on, proved; their sizes in entries.
  std::vector<size_t> Sizes(const exchange::CarriedStream& stream) {
    std::vector<size_t> sizes;
    v1::Head head;
    EXPECT_TRUE(head.ParseFromString(*stream.head));
    ledger::CompactRange range(HashKind::kSha256);
    ledger::EntryHasher hasher(v1::SHA256_ED25519);
    while (range.size() < stream.size) {
      auto page = city_.maker.Make(Want(stream, range.size() + 1, kPublicLayer), kToday);
      EXPECT_OK(page);
      if (!page.ok() || *page == nullptr) break;
      EXPECT_LT((*page)->payload().size(), limits::kPageBytesTarget + 16 * limits::kKiB);
      const ledger::EntryPage read = ReadPage(**page);
      EXPECT_EQ(read.first_seq, range.size() + 1);
      ledger::AppendPage(&hasher, read, &range, nullptr, nullptr);
      EXPECT_OK(ledger::CheckAgainstHead(range, read.path, head.proof().head()));
      EXPECT_EQ(read.path.empty(), range.size() == stream.size);
      sizes.push_back(read.entries.size());
    }
    return sizes;
  }

  testing::FakeClock clock_;
  ExchangeNode city_{"city", store::MakeMemoryStore(), &clock_};
};

TEST_F(ShareTest, OwnStreamsAreCarriedWithTheirHeads) {
  EXPECT_TRUE(city_.Carried().empty());  // the audit log is none of them
  city_.Put(1);
  city_.Put(2, {v1::LIMITED, v1::EFFECTIVE, {}, {}});
  city_.Commit();
  const auto carried = city_.Carried();
  ASSERT_EQ(carried.size(), 2u);
  ASSERT_OK_AND_ASSIGN(
      const ledger::Verifier key,
      ledger::Verifier::FromPublicKey(v1::SHA256_ED25519, city_.signer->public_key_der()));
  for (const exchange::CarriedStream& stream : carried) {
    v1::Head head;
    ASSERT_TRUE(head.ParseFromString(*stream.head));
    EXPECT_OK(ledger::VerifyHead(head.checkpoint(), head.proof(), key));
    EXPECT_EQ(head.proof().head().size(), stream.size);
    EXPECT_EQ(head.proof().head().root(), stream.root);
    EXPECT_EQ(stream.path, std::vector<std::string>{city_.context.origin});
    EXPECT_EQ(stream.held, ledger::kAllLayers);
  }
}

TEST_F(ShareTest, OnlyWhatChangedIsCarriedAgain) {
  city_.Put(1);
  city_.Put(2, {v1::LIMITED, v1::EFFECTIVE, {}, {}});
  city_.Commit();
  ASSERT_OK_AND_ASSIGN(const uint64_t count, city_.store->CommitCount());
  EXPECT_TRUE(city_.Carried(count).empty());
  city_.Put(3);
  city_.Commit();
  const auto changed = city_.Carried(count);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].parsed.sharing_class(), v1::PUBLIC);
  EXPECT_EQ(changed[0].size, 2u);
}

TEST_F(ShareTest, PagesEndWhereSpansDoAndAreProved) {
  for (int i = 0; i < 1000; ++i) city_.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 600});
  city_.Commit();
  EXPECT_EQ(Sizes(OnlyStream()), (std::vector<size_t>{256, 256, 256, 232}));
}

TEST_F(ShareTest, SmallEntriesShareAPageUpToItsLimit) {
  for (int i = 0; i < 5000; ++i) city_.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 0});
  city_.Commit();
  for (const size_t size : Sizes(OnlyStream())) EXPECT_LE(size, limits::kPageEntriesTarget);
  EXPECT_LE(Sizes(OnlyStream()).size(), 5u);
}

TEST_F(ShareTest, LargeEntriesCutSpansAndAreProvedAllTheSame) {
  for (int i = 0; i < 300; ++i) city_.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 6000});
  city_.Put(1000, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 200000});
  city_.Put(1001, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 200000});
  city_.Commit();
  const std::vector<size_t> sizes = Sizes(OnlyStream());
  EXPECT_GT(sizes.size(), 8u);
  EXPECT_LT(sizes.size(), 14u);
}

TEST_F(ShareTest, PathsHoldWhileTheStreamGrowsAndForOlderHeads) {
  std::vector<exchange::CarriedStream> heads;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 130; ++i)
      city_.Put(1000 * round + i, {v1::PUBLIC, {v1::EFFECTIVE}, {}, {}, 3000});
    city_.Commit();
    heads.push_back(OnlyStream());
    Sizes(heads.back());
  }
  for (const exchange::CarriedStream& head : heads) Sizes(head);
}

TEST_F(ShareTest, AnEntryIsShownOnlyWhileItIsCurrentAndWithinItsTerms) {
  city_.Put(1);
  city_.Put(1);                                               // 2
  city_.Put(2, {v1::PUBLIC, v1::EFFECTIVE, kToday - 1, {}});  // 3
  city_.Put(3, {v1::PUBLIC, v1::EFFECTIVE, {}, kToday - 1});  // 4
  city_.Put(4, {v1::PUBLIC, v1::REPAIRED, {}, {}});           // 5
  city_.Put(5, {v1::PUBLIC, v1::EFFECTIVE, kToday, kToday});  // 6
  city_.Retract(5);                                           // 7
  city_.Put(6, {v1::PUBLIC, v1::EFFECTIVE, kToday, kToday});  // 8
  city_.Commit();
  ASSERT_OK_AND_ASSIGN(const auto page, city_.maker.Make(Want(OnlyStream(), 1, 3), kToday));
  std::vector<int> shown;
  const ledger::EntryPage read = ReadPage(*page);
  for (const ledger::EntryParts& entry : read.entries) shown.push_back(entry.shown);
  EXPECT_EQ(shown, (std::vector<int>{0, 3, 2, 0, 2, 0, 0, 3}));
  EXPECT_EQ(page->shown(), 4u);
}

TEST_F(ShareTest, APageIsMadeOnceForAllUntilItsStreamChanges) {
  city_.Put(1);
  city_.Put(2);
  city_.Commit();
  const exchange::CarriedStream stream = OnlyStream();
  ASSERT_OK_AND_ASSIGN(const auto first, city_.maker.Make(Want(stream, 1, 1), kToday));
  ASSERT_OK_AND_ASSIGN(const auto again, city_.maker.Make(Want(stream, 1, 1), kToday));
  EXPECT_EQ(first, again);
  EXPECT_EQ(city_.maker.hits(), 1u);
  ASSERT_OK_AND_ASSIGN(const auto other, city_.maker.Make(Want(stream, 1, 3), kToday));
  EXPECT_NE(first->payload(), other->payload());
  // A term may end at midnight.
  ASSERT_OK_AND_ASSIGN(const auto next_day, city_.maker.Make(Want(stream, 1, 1), kToday + 1));
  EXPECT_NE(first, next_day);
  ASSERT_OK(EraseRecord(city_.context, city_.IdOf(1)));
  ASSERT_OK(city_.maker.Make(Want(stream, 2, 1), kToday + 1));
  ASSERT_OK_AND_ASSIGN(const auto erased, city_.maker.Make(Want(stream, 1, 1), kToday + 1));
  EXPECT_TRUE(ReadPage(*erased).entries[0].erased);
}

TEST_F(ShareTest, TheCacheKeepsItsBound) {
  for (int i = 0; i < 1000; ++i) city_.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 600});
  city_.Commit();
  const exchange::CarriedStream stream = OnlyStream();
  PageMaker small(city_.store.get(), &city_.cursors, {600000, nullptr});
  for (uint64_t from = 1; from < 1000; from += 256) {
    ASSERT_OK(small.Make(Want(stream, from, 1), kToday));
    EXPECT_LE(small.cached_bytes(), 600000u);
  }
  EXPECT_GT(small.cached_bytes(), 200000u);
  PageMaker none(city_.store.get(), &city_.cursors, {0, nullptr});
  ASSERT_OK(none.Make(Want(stream, 1, 1), kToday));
  EXPECT_EQ(none.cached_bytes(), 0u);
}

TEST_F(ShareTest, ALayerIsBroughtForwardWithThePositionAfterIt) {
  for (int i = 0; i < 300; ++i) city_.Put(i);
  for (int i = 0; i < 10; ++i) city_.Put(i);
  city_.Commit();
  exchange::WantPage want = Want(OnlyStream(), 5, 0);
  want.fill_layer = 2;
  ASSERT_OK_AND_ASSIGN(const auto page, city_.maker.Make(want, kToday));
  EXPECT_EQ(page->type(), v1::LAYERS);
  v1::Layers layers;
  ASSERT_TRUE(layers.ParseFromString(page->payload()));
  EXPECT_EQ(layers.first_seq(), 5u);
  EXPECT_EQ(layers.last_seq(), 310u);
  EXPECT_EQ(layers.seqs(0), 11u);  // the ones before are superseded
  EXPECT_EQ(layers.seqs_size(), 300);
  ASSERT_OK_AND_ASSIGN(const v1::Cursor cursor, city_.cursors.Decode(layers.cursor()));
  ASSERT_EQ(cursor.positions_size(), 1);
  EXPECT_EQ(cursor.positions(0).layer(), v1::LIMITED);
  EXPECT_EQ(cursor.positions(0).next_seq(), 311u);
}

TEST_F(ShareTest, AFillHasWhatWasAskedAndLeavesThePosition) {
  for (int i = 0; i < 6000; ++i) city_.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 0});
  city_.Put(20);
  city_.Commit();
  exchange::WantPage want = Want(OnlyStream(), 10, 0);
  want.fill_layer = 1;
  want.seqs = {10, 21, 22, 3000, 5990};
  want.position = 77;
  ASSERT_OK_AND_ASSIGN(const auto page, city_.maker.Make(want, kToday));
  v1::Layers layers;
  ASSERT_TRUE(layers.ParseFromString(page->payload()));
  EXPECT_EQ(std::vector<uint64_t>(layers.seqs().begin(), layers.seqs().end()),
            (std::vector<uint64_t>{10, 22, 3000}));  // 21 is superseded
  EXPECT_EQ(layers.last_seq(), 3000u);               // the rest is asked for again
  ASSERT_OK_AND_ASSIGN(const v1::Cursor cursor, city_.cursors.Decode(layers.cursor()));
  EXPECT_EQ(cursor.positions(0).next_seq(), 77u);
  EXPECT_EQ(city_.maker.cached_bytes(), 0u);
}

TEST_F(ShareTest, WhatIsNotThereGivesNoPage) {
  city_.Put(1);
  city_.Commit();
  const exchange::CarriedStream stream = OnlyStream();
  ASSERT_OK_AND_ASSIGN(const auto none, city_.maker.Make(Want(stream, 2, 1), kToday));
  EXPECT_EQ(none, nullptr);
  exchange::WantPage audit = Want(stream, 1, 1);
  audit.stream = kAuditStream;
  EXPECT_CODE(Code::INVALID_ARGUMENT, city_.maker.Make(audit, kToday));
}

}  // namespace
}  // namespace tombolo::node
