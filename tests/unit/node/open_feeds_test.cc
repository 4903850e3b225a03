// What the audit log has to say of feeds: opened before, closed after, found again after a crash.
#include "gateway/node/open_feeds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/audit/event.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/fixture.h"

namespace tombolo::node {
namespace {

constexpr char kPeer[] = "spiffe://federation.example/peer";

class OpenFeedsTest : public NodeTest {
 protected:
  OpenFeedsTest() : feeds_(kPeer, std::string(16, 'c')) {
    for (uint32_t number = 2; number < 6; ++number) {
      exchange::CarriedStream stream;
      stream.number = number;
      stream.stream_id = std::string(32, static_cast<char>('a' + number));
      stream.size = 100 * number;
      carried_[number] = stream;
    }
  }
  static exchange::FeedChange::Line Line(uint32_t stream, boundary::LayerMask layers,
                                         uint64_t from_seq = 1) {
    exchange::FeedChange::Line line;
    line.stream = stream;
    line.layers = layers;
    line.from_seq = from_seq;
    return line;
  }
  std::vector<v1::AuditEvent> Change(std::vector<exchange::FeedChange::Line> lines) {
    exchange::FeedChange change;
    change.lines = std::move(lines);
    return feeds_.Change(change, carried_);
  }
  exchange::Carried carried_;
  OpenFeeds feeds_;
};

TEST_F(OpenFeedsTest, FeedsThatAreAlikeShareAnEvent) {
  const auto events = Change({Line(2, 1), Line(3, 1), Line(4, 3, 17)});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type(), v1::FEED_OPENED);
  ASSERT_EQ(events[0].ranges_size(), 2);
  EXPECT_EQ(events[0].ranges(0).first_seq(), 1u);
  EXPECT_EQ(events[0].ranges(0).last_seq(), 0u);
  EXPECT_EQ(events[1].layers(), 3u);
  EXPECT_EQ(events[1].ranges(0).first_seq(), 17u);
  EXPECT_EQ(events[0].peer(), kPeer);
}

TEST_F(OpenFeedsTest, AChangeClosesWhatWasOpenWithTheOldLayers) {
  Change({Line(2, 3)});
  const auto events = Change({Line(2, 1)});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type(), v1::FEED_CLOSED);
  EXPECT_EQ(events[0].layers(), 3u);
  EXPECT_EQ(events[0].ranges(0).last_seq(), 200u);
  EXPECT_EQ(events[1].type(), v1::FEED_OPENED);
  EXPECT_EQ(events[1].layers(), 1u);
  EXPECT_EQ(feeds_.CloseAll(carried_).size(), 1u);
  EXPECT_TRUE(feeds_.CloseAll(carried_).empty());
}

TEST_F(OpenFeedsTest, RefusedStreamsAreCountedNotNamed) {
  exchange::FeedChange::Line denied = Line(2, 0);
  denied.outcome = Code::NOT_PERMITTED;
  const auto events = Change({denied, denied});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type(), v1::FEED_DENIED);
  EXPECT_EQ(events[0].count(), 2u);
  EXPECT_EQ(events[0].ranges_size(), 0);
}

TEST_F(OpenFeedsTest, FiveHundredRangesFillAnEvent) {
  std::vector<exchange::FeedChange::Line> lines;
  for (uint32_t number = 10; number < 1210; ++number) {
    carried_[number].stream_id = std::string(32, 'x');
    lines.push_back(Line(number, 1));
  }
  const auto events = Change(lines);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].ranges_size(), 500);
  EXPECT_EQ(events[2].ranges_size(), 200);
}

TEST_F(OpenFeedsTest, WhatACrashLeftOpenIsFound) {
  v1::AuditEvent serving;
  serving.set_type(v1::NODE_SERVING);
  writer_->Audit(serving);
  for (v1::AuditEvent& event : Change({Line(2, 1), Line(3, 1, 7)})) writer_->Audit(event);
  for (v1::AuditEvent& event : Change({Line(2, 0)})) writer_->Audit(event);
  ASSERT_OK(writer_->Commit());
  ASSERT_OK_AND_ASSIGN(const auto left, FeedsLeftOpen(store_.get()));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].type(), v1::FEED_CLOSED);
  EXPECT_EQ(left[0].peer(), kPeer);
  ASSERT_EQ(left[0].ranges_size(), 1);
  EXPECT_EQ(left[0].ranges(0).stream_id(), carried_[3].stream_id);
  EXPECT_EQ(left[0].ranges(0).first_seq(), 7u);
  writer_->Audit(left[0]);
  ASSERT_OK(writer_->Commit());
  ASSERT_OK_AND_ASSIGN(const auto none, FeedsLeftOpen(store_.get()));
  EXPECT_TRUE(none.empty());
}

TEST_F(OpenFeedsTest, AnOrderlyStopLeavesNothing) {
  for (v1::AuditEvent& event : Change({Line(2, 1)})) writer_->Audit(event);
  v1::AuditEvent stopped;
  stopped.set_type(v1::NODE_STOPPED);
  writer_->Audit(stopped);
  ASSERT_OK(writer_->Commit());
  ASSERT_OK_AND_ASSIGN(const auto left, FeedsLeftOpen(store_.get()));
  EXPECT_TRUE(left.empty());
}

}  // namespace
}  // namespace tombolo::node
