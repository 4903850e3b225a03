// The publishing half, through a whole session: what is offered, asked for and sent, and when.
#include "gateway/exchange/publisher.h"

#include <gtest/gtest.h>

#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/exchange/test_link.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kSecondUs = 1000000;

class PublisherTest : public ::testing::Test {
 protected:
  // The province subscribes to the city.
  TestLink Link(std::string purpose = kPurpose) {
    return TestLink(&city_, &province_, false, true, &clock_, std::move(purpose));
  }
  uint32_t Stream(v1::SharingClass sharing_class, uint64_t count, uint32_t generation = 1) {
    const uint32_t stream = city_.AddStream(sharing_class, generation);
    city_.Put(stream, count);
    (void)city_.Tick({stream});
    return stream;
  }
  // The layers that the province has of each entry are these, and nothing is missing.
  void ExpectHeld(uint32_t stream, boundary::LayerMask layers) {
    const TestLog& origin = city_.log(stream);
    const TestLog* held = province_.Find(origin.stream_id);
    ASSERT_NE(held, nullptr);
    ASSERT_EQ(held->entries.size(), origin.entries.size());
    EXPECT_EQ(held->range.Root(), origin.range.Root());
    for (size_t i = 0; i < held->entries.size(); ++i) {
      EXPECT_EQ(held->entries[i].shown, layers) << "entry " << i + 1;
    }
    EXPECT_EQ(province_.doubled, 0u);
  }

  TestClock clock_;
  World world_;
  TestNode city_{kCity, &world_}, province_{kProvince, &world_}, town_{kTown, &world_};
};

TEST_F(PublisherTest, BackfillAndTail) {
  const uint32_t stream = Stream(v1::PUBLIC, 300);
  TestLink link = Link();
  link.Start();
  link.Run();
  EXPECT_EQ(link.a.ended(), Code::kOk);
  EXPECT_EQ(link.b.ended(), Code::kOk);
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.a.Sent(v1::HEAD).size(), 1u);
  city_.Put(stream, 2);
  link.a.Moved(city_.Tick({stream}));
  link.Run();
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.a.Sent(v1::HEAD).size(), 2u);
  EXPECT_EQ(link.a.entries_sent, 302u);
}

TEST_F(PublisherTest, NothingIsOfferedBeforeTheAuditHasIt) {
  (void)Stream(v1::PUBLIC, 3);
  TestLink link = Link();
  link.a.answers = false;
  link.Start();
  link.Run();
  ASSERT_EQ(link.a.Count<FeedChange>(), 1u);
  EXPECT_TRUE(link.a.Sent(v1::OFFER).empty());
  EXPECT_TRUE(link.a.wants.empty());
  const FeedChange& change = link.a.Last<FeedChange>();
  EXPECT_EQ(change.purpose, kPurpose);
  ASSERT_EQ(change.lines.size(), 1u);
  EXPECT_EQ(change.lines[0].layers, 3);
  EXPECT_EQ(change.lines[0].from_seq, 1u);
  EXPECT_EQ(change.lines[0].rule, "rule gov v1");
  Effects effects;
  link.a.session->OnFeedDurable(change.number - 1, clock_.now_us, &effects);
  EXPECT_TRUE(effects.empty()) << "another change is durable, not this one";
  link.a.session->OnFeedDurable(change.number, clock_.now_us, &effects);
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(std::get<SendControl>(effects[0]).type, v1::OFFER);
  EXPECT_EQ(std::get<WantPage>(effects[1]).layers, 3);
}

TEST_F(PublisherTest, StreamsTakeTurns) {
  const uint32_t first = Stream(v1::PUBLIC, 10, 1), second = Stream(v1::PUBLIC, 10, 2);
  city_.page_entries = 4;
  TestLink link = Link();
  link.Start();
  link.Run();
  std::vector<uint32_t> turns;
  for (const Effect& effect : link.a.log) {
    if (const auto* want = std::get_if<WantPage>(&effect)) turns.push_back(want->stream);
  }
  EXPECT_EQ(turns, (std::vector<uint32_t>{first, second, first, second, first, second}));
}

TEST_F(PublisherTest, WithoutCreditNothingIsSentAndInTheEndThePeerIsTooSlow) {
  city_.pad = 64 << 10;
  city_.page_entries = 8;
  const uint32_t stream = Stream(v1::PUBLIC, 200);
  TestLink link = Link();
  link.b.stores = false;
  link.Start();
  link.Run();
  EXPECT_LE(link.a.data_bytes, limits::kCreditBytesMin);
  EXPECT_GT(link.a.data_bytes, limits::kCreditBytesMin - (1 << 20));
  EXPECT_LE(link.a.wants.size() + city_.pages_made - link.a.data_frames, 8u) << "bounded";
  EXPECT_EQ(link.a.session->publisher().lag().stalled_since_us, clock_.now_us);
  EXPECT_LE(link.a.session->NextTimerUs(), clock_.now_us + limits::kCreditStallMsMax * 1000);
  for (int i = 1; i < limits::kCreditStallMsMax / 1000; ++i) {
    clock_.Advance(kSecondUs);
    link.a.Timer();
    link.b.Timer();
    link.Run();
  }
  ASSERT_TRUE(link.a.open());
  clock_.Advance(kSecondUs);
  link.a.Timer();
  EXPECT_EQ(link.a.ended(), Code::PEER_TOO_SLOW);
  EXPECT_LT(province_.Find(city_.log(stream).stream_id)->entries.size(), 200u);
}

TEST_F(PublisherTest, CreditThatComesBackLetsItGoOn) {
  city_.pad = 64 << 10;
  city_.page_entries = 8;
  const uint32_t stream = Stream(v1::PUBLIC, 200);
  TestLink link = Link();
  link.b.stores = false;
  link.Start();
  link.Run();
  link.b.stores = true;
  link.Run();
  ExpectHeld(stream, 3);
  EXPECT_GE(link.b.Sent(v1::CREDIT).size(), 2u);
  EXPECT_LE(link.b.Sent(v1::CREDIT).size(), 10u) << "in large parts";
}

TEST_F(PublisherTest, APageThatWaitsForCreditShowsNothingThatWasTakenBackMeanwhile) {
  city_.pad = 64 << 10;
  city_.page_entries = 8;
  const uint32_t stream = Stream(v1::PUBLIC, 200);
  TestLink link = Link();
  link.b.stores = false;
  link.Start();
  link.Run();
  const size_t sent = link.a.data_frames * city_.page_entries;  // all else waits
  for (uint64_t seq = 1; seq <= 200; ++seq) {
    city_.Retract(stream, stream * uint64_t{1000000} + seq, 2);
  }
  link.a.Moved(city_.Tick({stream}));
  link.b.stores = true;
  link.Run();
  const auto& held = province_.Find(city_.log(stream).stream_id)->entries;
  ASSERT_GT(held.size(), 200u);
  for (size_t i = sent; i < 200; ++i) EXPECT_EQ(held[i].shown, 0) << "entry " << i + 1;
}

TEST_F(PublisherTest, NoMoreIsQueuedThanTheLimit) {
  city_.pad = 64 << 10;
  city_.page_entries = 8;
  province_.credit_bytes = limits::kCreditBytesMax;
  const uint32_t stream = Stream(v1::PUBLIC, 200);
  TestLink link = Link();
  link.Start();
  while (link.Step(link.a.data_frames == 0 ? SIZE_MAX : 0, SIZE_MAX)) {
    ASSERT_LE(link.a.out.size(), limits::kSendQueueBytesMax + (64 << 10));
  }
  EXPECT_GT(link.a.out.size(), limits::kSendQueueBytesMax / 2);
  link.Run();
  ExpectHeld(stream, 3);
}

TEST_F(PublisherTest, PackedOnlyWhileTheLineIsBusy) {
  city_.pack = true;
  city_.pad = 1000;
  const uint32_t stream = Stream(v1::PUBLIC, 300);
  TestLink link = Link();
  link.Start();
  link.Run();
  EXPECT_GT(link.a.packed_frames, 0u);
  EXPECT_LT(link.a.packed_frames, link.a.data_frames) << "the first finds a free line";
  ExpectHeld(stream, 3);
}

TEST_F(PublisherTest, ANewGrantBringsItsLayerForward) {
  const uint32_t stream = Stream(v1::PUBLIC, 100);
  TestLink link = Link();
  link.Start();
  link.Run();
  ExpectHeld(stream, 3);
  world_.SetPolicy(kCity, {.limited_for = {kProvince}});
  link.b.OnAuthority();
  link.a.OnAuthority();
  link.Run();
  ExpectHeld(stream, 7);
  EXPECT_EQ(link.a.entries_sent, 100u) << "no entry goes twice";
  EXPECT_EQ(link.a.Last<FeedChange>().lines[0].rule, "grant g-1 v1");
  city_.Put(stream, 5);
  link.a.Moved(city_.Tick({stream}));
  link.Run();
  ExpectHeld(stream, 7);
  EXPECT_EQ(province_.Find(city_.log(stream).stream_id)->next_seq,
            (std::array<uint64_t, 3>{106, 106, 106}));
}

TEST_F(PublisherTest, AGrantThatGoesTakesWhatIsNotSentYet) {
  world_.SetPolicy(kCity, {.limited_for = {kProvince}});
  const uint32_t stream = Stream(v1::PUBLIC, 100);
  TestLink link = Link();
  link.Start();
  link.a.answers = false;
  link.Run();
  Effects offered;
  link.a.session->OnFeedDurable(std::exchange(link.a.durable, 0), clock_.now_us, &offered);
  link.a.Do(std::move(offered));
  link.Run();
  ASSERT_EQ(link.a.wants.size(), 1u);
  const WantPage want = link.a.wants.front();
  EXPECT_EQ(want.layers, 7);
  world_.SetPolicy(kCity, {});
  link.a.OnAuthority();
  Effects effects;
  link.a.session->OnPage(want, city_.MakePage(want), clock_.now_us, clock_.civil_us, &effects);
  EXPECT_TRUE(effects.empty()) << "made under the old policy";
  link.a.wants.clear();
  link.b.OnAuthority();
  link.a.answers = true;
  link.Run();
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.a.data_frames, 2u);
}

TEST_F(PublisherTest, AGrantEndsByItselfAtItsMoment) {
  world_.SetPolicy(kCity, {.limited_for = {kProvince}, .limited_until = "2026-01-01T06:00:10Z"});
  const uint32_t stream = Stream(v1::PUBLIC, 10);
  TestLink link = Link();
  link.Start();
  link.Run();
  ExpectHeld(stream, 7);
  EXPECT_EQ(link.a.Last<FeedChange>().lines[0].until_us, trust::kNowUs + 10 * kSecondUs);
  clock_.Advance(4 * kSecondUs);
  link.a.Timer();
  link.b.Timer();
  link.Run();
  clock_.Advance(4 * kSecondUs);
  link.a.Timer();
  EXPECT_EQ(link.a.session->NextTimerUs(), clock_.now_us + 2 * kSecondUs) << "the end";
  clock_.Advance(2 * kSecondUs);
  EXPECT_LE(link.a.session->NextTimerUs(), clock_.now_us);
  link.a.Timer();
  ASSERT_EQ(link.a.Count<FeedChange>(), 2u);
  EXPECT_EQ(link.a.Last<FeedChange>().lines[0].layers, 3);
  city_.Put(stream, 1);
  link.a.Moved(city_.Tick({stream}));
  link.Run();
  EXPECT_EQ(province_.Find(city_.log(stream).stream_id)->entries.back().shown, 3);
}

TEST_F(PublisherTest, AStreamThatComesLaterIsOfferedThen) {
  TestLink link = Link();
  link.Start();
  link.Run();
  EXPECT_EQ(link.a.Count<FeedChange>(), 0u);
  const uint32_t stream = Stream(v1::PUBLIC, 3);
  link.a.Moved({{stream}});
  link.Run();
  ExpectHeld(stream, 3);
}

TEST_F(PublisherTest, WhatIsDeniedIsNotMentioned) {
  world_.SetPolicy(kCity, {.government = false});
  const uint32_t hidden = Stream(v1::GOVERNMENT, 3), open = Stream(v1::PUBLIC, 3);
  TestLink link = Link();
  link.Start();
  link.Run();
  ExpectHeld(open, 1);
  EXPECT_EQ(province_.Find(city_.log(hidden).stream_id), nullptr);
  const FeedChange& change = link.a.Last<FeedChange>();
  ASSERT_EQ(change.lines.size(), 2u);
  EXPECT_EQ(change.lines[0].outcome, Code::NOT_PERMITTED);
  const size_t changes = link.a.Count<FeedChange>();
  city_.Put(hidden, 1);
  link.a.Moved(city_.Tick({hidden}));
  EXPECT_EQ(link.a.Count<FeedChange>(), changes) << "denied once";
  EXPECT_TRUE(link.a.wants.empty());
}

TEST_F(PublisherTest, AnUnknownPurposeGivesThePublicLayers) {
  const uint32_t open = Stream(v1::PUBLIC, 3);
  (void)Stream(v1::GOVERNMENT, 3);
  TestLink link = Link("curiosity");
  link.Start();
  link.Run();
  ExpectHeld(open, 1);
  EXPECT_EQ(link.a.Last<FeedChange>().lines[1].outcome, Code::PURPOSE_UNKNOWN);
}

TEST_F(PublisherTest, OnlyWhatIsWanted) {
  (void)Stream(v1::PUBLIC, 3);
  for (const bool by_item : {true, false}) {
    TestLink link = Link();
    link.Start();
    link.Run();
    clock_.Advance(kSecondUs);
    v1::Subscribe wish;
    wish.set_purpose(kPurpose);
    if (by_item) wish.add_items("another.item");
    if (!by_item) wish.add_origins(kTown);
    link.a.TakeFrame(v1::SUBSCRIBE, ledger::CanonicalBytes(wish));
    EXPECT_EQ(link.a.Last<FeedChange>().lines[0].layers, 0) << "closed: no longer wanted";
    link.Run();
    EXPECT_EQ(link.b.ended(), Code::kOk);
  }
}

TEST_F(PublisherTest, OffersArePaced) {
  const uint32_t stream = Stream(v1::PUBLIC, 3);
  for (uint32_t i = 0; i < 9000; ++i) {
    CarriedStream copy = city_.carried[stream];
    copy.number = 100 + i;
    copy.stream_id[0] = static_cast<char>(i);
    copy.stream_id[1] = static_cast<char>(i >> 8);
    copy.size = 0;
    city_.carried[copy.number] = copy;
  }
  TestEnd end(&city_, kProvince, false, &clock_);
  end.Start();
  TestEnd other(&province_, kCity, true, &clock_);
  other.Start();
  other.Take(end.out);
  end.Take(other.out);
  Effects effects;
  end.session->OnFeedDurable(end.durable, clock_.now_us, &effects);
  end.Do(std::move(effects));
  EXPECT_EQ(end.Sent(v1::OFFER).size(), 8000u);
  EXPECT_EQ(end.session->NextTimerUs(), clock_.now_us + kSecondUs);
  clock_.Advance(kSecondUs);
  end.Timer();
  EXPECT_EQ(end.Sent(v1::OFFER).size(), 9001u);
}

TEST_F(PublisherTest, ANewSessionGoesOnWhereTheLastOneStood) {
  const uint32_t stream = Stream(v1::PUBLIC, 100);
  {
    TestLink link = Link();
    link.Start();
    link.Run();
  }
  city_.Put(stream, 10);
  (void)city_.Tick({stream});
  TestLink link = Link();
  link.Start();
  link.Run();
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.a.entries_sent, 10u);
  EXPECT_EQ(link.a.data_frames, 1u);
  EXPECT_EQ(link.a.Last<FeedChange>().lines[0].from_seq, 101u);
}

TEST_F(PublisherTest, WithoutItsCursorsOnlyWhatIsMissingComes) {
  const uint32_t stream = Stream(v1::PUBLIC, 100);
  {
    TestLink link = Link();
    link.Start();
    link.Run();
  }
  city_.cursors.~CursorCodec();
  new (&city_.cursors) ledger::CursorCodec("another key of 32 bytes, as after");
  city_.Put(stream, 10);
  (void)city_.Tick({stream});
  TestLink link = Link();
  link.Start();
  link.Run();
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.a.entries_sent, 10u);
}

TEST_F(PublisherTest, APublisherThatForgotItsHistoryAsksForRecovery) {
  const uint32_t stream = Stream(v1::PUBLIC, 20);
  {
    TestLink link = Link();
    link.Start();
    link.Run();
  }
  city_.Forget(stream, 10);
  city_.tick = 0;
  (void)city_.Tick({stream});
  TestLink link = Link();
  link.Start();
  link.Run();
  EXPECT_EQ(link.a.ended(), Code::RECOVERY_NEEDED);
  EXPECT_EQ(link.b.ended(), Code::RECOVERY_NEEDED) << "told by the REFUSAL";
  EXPECT_FALSE(link.b.Last<End>().retry);
  EXPECT_TRUE(link.a.Sent(v1::OFFER).empty());
}

TEST_F(PublisherTest, AnotherHistoryOfTheSameSizeIsShownSoThatTheHolderHasBothStatements) {
  const uint32_t stream = Stream(v1::PUBLIC, 20);
  {
    TestLink link = Link();
    link.Start();
    link.Run();
  }
  city_.Forget(stream, 10);
  city_.Put(stream, 10);
  (void)city_.Tick({stream});
  TestLink link = Link();
  link.Start();
  link.Run();
  EXPECT_EQ(link.b.ended(), Code::STREAM_FORKED);
  ASSERT_EQ(link.b.Count<RaiseAlarm>(), 1u);
  EXPECT_EQ(link.a.Count<RaiseAlarm>(), 1u) << "the ALARM holds there as well";
  EXPECT_EQ(link.b.Count<StorePage>(), 0u);
}

TEST_F(PublisherTest, AFillGivesTheLayersOfSingleEntries) {
  const uint32_t stream = Stream(v1::PUBLIC, 100);
  TestLink link = Link();
  link.Start();
  link.Run();
  TestLog& held = *province_.Find(city_.log(stream).stream_id);
  for (const uint64_t seq : {7, 70, 99}) {  // as if they had come without
    TestEntry& entry = held.entries[seq - 1];
    ledger::EntryHasher hasher(v1::SHA256_ED25519);
    entry.hashes[1] = hasher.LayerHash(v1::GOVERNMENT, entry.salts[1], entry.contents[1]).str();
    entry.shown = 1;
  }
  for (int again = 0; again < 2; ++again) {
    Effects effects;
    link.b.session->AskFill(held.stream_id, v1::GOVERNMENT, {7, 70, 99}, &effects);
    link.b.Do(std::move(effects));
    link.Run();
  }
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.b.Sent(v1::FILL).size(), 1u) << "once a session";
  EXPECT_EQ(link.a.Count<FeedChange>(), 1u) << "the feed was open from the first entry on";
  EXPECT_EQ(link.b.Count<StoreLayers>(), 2u) << "a page ends at the 64 entries of the test's pages";
}

TEST_F(PublisherTest, AFillOfMoreThanTheAuditLogSaysIsAuditedFirst) {
  const uint32_t stream = Stream(v1::PUBLIC, 20);
  {
    TestLink link = Link();
    link.Start();
    link.Run();
  }
  TestLink link = Link();
  link.Start();
  link.Run();
  EXPECT_EQ(link.a.Last<FeedChange>().lines[0].from_seq, 21u);
  Effects effects;
  link.b.session->AskFill(city_.log(stream).stream_id, v1::PUBLIC, {5}, &effects);
  link.b.Do(std::move(effects));
  link.Run();
  ASSERT_EQ(link.a.Count<FeedChange>(), 2u);
  EXPECT_EQ(link.a.Last<FeedChange>().lines[0].from_seq, 5u);
  EXPECT_EQ(link.b.Count<StoreLayers>(), 1u);
}

TEST_F(PublisherTest, FillsThatAreNoneAreRefused) {
  const uint32_t stream = Stream(v1::PUBLIC, 20);
  const auto code = [&](const std::string& stream_id, std::vector<uint64_t> seqs,
                        v1::SharingClass layer) {
    TestLink link = Link();
    link.Start();
    link.Run();
    v1::Fill fill;
    fill.set_stream_id(stream_id);
    fill.set_layer(layer);
    for (const uint64_t seq : seqs) fill.add_seqs(seq);
    link.a.TakeFrame(v1::FILL, ledger::CanonicalBytes(fill));
    return link.a.ended();
  };
  const std::string id = city_.log(stream).stream_id;
  EXPECT_EQ(code(id, {1, 20}, v1::PUBLIC), Code::kOk);
  EXPECT_EQ(code(id, {1}, v1::LIMITED), Code::kOk) << "withdrawn on its way: passed over";
  EXPECT_EQ(code(id, {}, v1::PUBLIC), Code::FRAME_INVALID);
  EXPECT_EQ(code(id, {0}, v1::PUBLIC), Code::FRAME_INVALID);
  EXPECT_EQ(code(id, {2, 2}, v1::PUBLIC), Code::FRAME_INVALID);
  EXPECT_EQ(code(id, {21}, v1::PUBLIC), Code::FRAME_INVALID);
  EXPECT_EQ(code(id, {1}, v1::LOCAL), Code::FRAME_INVALID);
  EXPECT_EQ(code(std::string(32, 'x'), {1}, v1::PUBLIC), Code::STREAM_UNKNOWN);
}

}  // namespace
}  // namespace tombolo::exchange
