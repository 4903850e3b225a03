// What went out lies within what was open.
#include "gateway/audit/feed_ledger.h"

#include <gmock/gmock.h>

#include "tests/support/assert_ok.h"

namespace tombolo::audit {
namespace {

using ::testing::HasSubstr;

constexpr char kPeer[] = "spiffe://federation.example/cn/33";

v1::AuditEvent EventOf(v1::AuditEventType type, uint64_t first, uint64_t last, uint32_t layers) {
  v1::AuditEvent event;
  event.set_type(type);
  event.set_outcome("OK");
  event.set_peer(kPeer);
  event.set_correlation_id(std::string(16, 'c'));
  event.set_layers(layers);
  v1::StreamRange* range = event.add_ranges();
  range->set_stream_id(std::string(32, 's'));
  range->set_first_seq(first);
  range->set_last_seq(last);
  return event;
}

class FeedLedgerTest : public ::testing::Test {
 protected:
  Code Take(const v1::AuditEvent& event) { return CodeOf(ledger_.Take(event)); }
  FeedLedger ledger_;
};

TEST_F(FeedLedgerTest, AnOpenFeedCoversWhatLiesWithin) {
  ASSERT_EQ(Take(EventOf(v1::FEED_OPENED, 10, 0, 3)), Code::kOk);
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 10, 12, 3)), Code::kOk);
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 13, 5000, 1)), Code::kOk);
  EXPECT_EQ(ledger_.disclosed(), 2u);
  EXPECT_EQ(ledger_.still_open(), 1u);
  ASSERT_EQ(Take(EventOf(v1::FEED_CLOSED, 10, 5000, 3)), Code::kOk);
  EXPECT_EQ(ledger_.still_open(), 0u);
  EXPECT_EQ(ledger_.opened(), 1u);
}

TEST_F(FeedLedgerTest, NothingGoesOutsideIt) {
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 1, 2, 1)), Code::NOT_PERMITTED);
  ASSERT_EQ(Take(EventOf(v1::FEED_OPENED, 10, 20, 1)), Code::kOk);
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 9, 12, 1)), Code::NOT_PERMITTED);
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 10, 21, 1)), Code::NOT_PERMITTED);
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 10, 20, 3)), Code::NOT_PERMITTED);
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 10, 20, 1)), Code::kOk);
  ASSERT_EQ(Take(EventOf(v1::FEED_CLOSED, 10, 20, 1)), Code::kOk);
  const Status late = ledger_.Take(EventOf(v1::RECORDS_DISCLOSED, 10, 20, 1));
  EXPECT_EQ(CodeOf(late), Code::NOT_PERMITTED);
  EXPECT_THAT(std::string(late.message()), HasSubstr("10 to 20"));
  EXPECT_THAT(std::string(late.message()), HasSubstr(kPeer));
}

TEST_F(FeedLedgerTest, AFeedIsOfOneSessionPeerAndStream) {
  ASSERT_EQ(Take(EventOf(v1::FEED_OPENED, 1, 0, 7)), Code::kOk);
  v1::AuditEvent other = EventOf(v1::RECORDS_DISCLOSED, 1, 2, 1);
  other.set_correlation_id(std::string(16, 'd'));
  EXPECT_EQ(Take(other), Code::NOT_PERMITTED);
  other = EventOf(v1::RECORDS_DISCLOSED, 1, 2, 1);
  other.set_peer("spiffe://federation.example/cn/44");
  EXPECT_EQ(Take(other), Code::NOT_PERMITTED);
  other = EventOf(v1::RECORDS_DISCLOSED, 1, 2, 1);
  other.mutable_ranges(0)->set_stream_id(std::string(32, 't'));
  EXPECT_EQ(Take(other), Code::NOT_PERMITTED);
}

TEST_F(FeedLedgerTest, ARefusalOpensNothing) {
  v1::AuditEvent refused = EventOf(v1::FEED_OPENED, 1, 0, 7);
  refused.set_outcome("NOT_PERMITTED");
  ASSERT_EQ(Take(refused), Code::kOk);
  EXPECT_EQ(ledger_.opened(), 0u);
  EXPECT_EQ(Take(EventOf(v1::RECORDS_DISCLOSED, 1, 2, 1)), Code::NOT_PERMITTED);
}

}  // namespace
}  // namespace tombolo::audit
