// Limits of a session: at N all is well, at N + 1 it is not.
#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "tests/unit/exchange/subscriber_fixture.h"

namespace tombolo::exchange {
namespace {

class SessionLimitsTest : public SubscriberTest {
 protected:
  v1::Held HeldOf(uint32_t first, uint32_t count) {
    v1::Held held;
    for (uint32_t i = first; i < first + count; ++i) {
      std::string id(32, '\0');
      for (int byte = 0; byte < 4; ++byte) id[byte] = static_cast<char>((i + 1) >> (24 - 8 * byte));
      held.add_streams()->set_stream_id(id);
    }
    return held;
  }
  void OfferGeneration(uint32_t generation) {
    v1::StreamDescriptor descriptor = log().descriptor;
    descriptor.set_generation(generation);
    v1::Offer offer = Offer();
    offer.set_stream_descriptor(ledger::CanonicalBytes(descriptor));
    GiveOffer(offer);
  }
  // The city's own end, opened and subscribed to.
  std::unique_ptr<TestEnd> Publisher() {
    auto end = std::make_unique<TestEnd>(&city_, kProvince, false, &clock_);
    end->Start();
    end->Take(end_.out);
    return end;
  }
};

TEST_F(SessionLimitsTest, StreamsHeld) {
  const auto most = static_cast<uint32_t>(limits::kOfferedStreamsMax);
  end_.TakeFrame(v1::HELD, ledger::CanonicalBytes(HeldOf(0, most)));
  ASSERT_EQ(end_.ended(), Code::kOk);
  end_.TakeFrame(v1::HELD, ledger::CanonicalBytes(HeldOf(most, 1)));
  ExpectRefused(Code::LIMIT_EXCEEDED);
}

TEST_F(SessionLimitsTest, StreamsOfferedToThisNode) {
  end_.quiet = true;
  for (uint32_t i = 1; i <= limits::kOfferedStreamsMax; ++i) {
    if (i % 10000 == 0) clock_.Advance(kSecondUs);
    OfferGeneration(i);
  }
  ASSERT_TRUE(end_.open());
  OfferGeneration(1);
  ASSERT_TRUE(end_.open()) << "none more";
  end_.quiet = false;
  OfferGeneration(limits::kOfferedStreamsMax + 1);
  ExpectRefused(Code::LIMIT_EXCEEDED);
}

TEST_F(SessionLimitsTest, StreamsOfferedByThisNode) {
  for (uint32_t i = 1; i <= limits::kOfferedStreamsMax; ++i) {
    CarriedStream copy = city_.carried[stream_];
    copy.number = stream_ + i;
    copy.stream_id[0] = static_cast<char>(i);
    copy.stream_id[1] = static_cast<char>(i >> 8);
    copy.stream_id[2] = static_cast<char>(i >> 16);
    city_.carried[copy.number] = copy;
  }
  const auto end = Publisher();
  const FeedChange& change = end->Last<FeedChange>();
  ASSERT_EQ(change.lines.size(), limits::kOfferedStreamsMax + 1);
  EXPECT_EQ(change.lines[limits::kOfferedStreamsMax - 1].layers, 3);
  EXPECT_EQ(change.lines[limits::kOfferedStreamsMax].layers, 0);
  EXPECT_EQ(change.lines[limits::kOfferedStreamsMax].outcome, Code::LIMIT_EXCEEDED);
}

TEST_F(SessionLimitsTest, NodesOfAPath) {
  for (const size_t more : {0, 1}) {
    Anew();
    v1::Offer offer = Offer();
    while (static_cast<size_t>(offer.path_size()) < limits::kPathNodesMax + more) {
      offer.add_path(kCity);
    }
    GiveOffer(offer);
    EXPECT_EQ(end_.ended(), more == 0 ? Code::kOk : Code::LOOP_DETECTED);
    city_.carried[stream_].path.assign(limits::kPathNodesMax + more, kCity);
    EXPECT_EQ(Publisher()->Count<FeedChange>(), more == 0 ? 1u : 0u) << "not offered at all";
  }
}

TEST_F(SessionLimitsTest, NumbersOfAFill) {
  city_.Put(stream_, limits::kFillSeqsMax + 1);
  (void)city_.Tick({stream_});
  city_.page_entries = limits::kPageEntriesTarget;
  for (const uint64_t more : {0, 1}) {
    TestNode holder(kProvince, &world_);
    TestLink link(&city_, &holder, false, true, &clock_);
    link.Start();
    link.Run();
    v1::Fill fill;
    fill.set_stream_id(log().stream_id);
    fill.set_layer(v1::PUBLIC);
    for (uint64_t i = 1; i <= limits::kFillSeqsMax + more; ++i) fill.add_seqs(i);
    link.a.TakeFrame(v1::FILL, ledger::CanonicalBytes(fill));
    EXPECT_EQ(link.a.ended(), more == 0 ? Code::kOk : Code::FRAME_INVALID);
  }
}

TEST_F(SessionLimitsTest, NoMoreIsAskedForThanAFillMayHave) {
  Begin();
  std::vector<uint64_t> seqs(limits::kFillSeqsMax + 1);
  for (size_t i = 0; i < seqs.size(); ++i) seqs[i] = i + 1;
  Effects effects;
  end_.session->AskFill(log().stream_id, v1::PUBLIC, seqs, &effects);
  end_.Do(std::move(effects));
  v1::Fill asked;
  ASSERT_TRUE(asked.ParseFromString(end_.Sent(v1::FILL)[0]));
  EXPECT_EQ(static_cast<size_t>(asked.seqs_size()), limits::kFillSeqsMax);
}

TEST_F(SessionLimitsTest, MomentsAreThoseOfTheLimits) {
  TestEnd silent(&province_, kCity, true, &clock_);
  silent.Start();
  EXPECT_EQ(silent.session->NextTimerUs(), clock_.now_us + limits::kHelloMsMax * 1000);
  constexpr int64_t kPingUs = 5 * kSecondUs;
  const int64_t heard_us = clock_.now_us;
  for (int i = 1; i < limits::kSilenceIntervalsMax; ++i) {
    clock_.Advance(kPingUs);
    end_.Timer();
    EXPECT_TRUE(end_.open());
  }
  clock_.now_us = heard_us + limits::kSilenceIntervalsMax * kPingUs;
  end_.Timer();
  EXPECT_EQ(end_.ended(), Code::DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace tombolo::exchange
