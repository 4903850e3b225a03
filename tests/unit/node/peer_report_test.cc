// What the store says of peers.
#include "gateway/node/peer_report.h"

#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/unit/node/fixture.h"

namespace tombolo::node {
namespace {

constexpr char kCity[] = "spiffe://federation.example/city";

class PeerReportTest : public NodeTest {
 protected:
  PeerLine LineOf(const std::string& id, const v1::ServeConfig& config = {}) {
    auto lines = PeersOfStore(context_, config);
    EXPECT_OK(lines);
    for (const PeerLine& line : *lines) {
      if (line.id == id) return line;
    }
    ADD_FAILURE() << "no line of " << id;
    return {};
  }
};

TEST_F(PeerReportTest, APeerThatOnlyTheConfigurationNames) {
  v1::ServeConfig config;
  config.add_peers()->set_id(kCity);
  EXPECT_EQ(LineOf(kCity, config).state, "never seen");
  EXPECT_EQ(PeersOfStore(context_, {})->size(), 0u);
}

TEST_F(PeerReportTest, WhatIsNotSignedForIsTheLag) {
  EntryAt at;
  for (uint8_t n = 1; n <= 9; ++n) at = PutOne(writer_.get(), "a.shop", n);
  ASSERT_OK(writer_->Commit());
  store::PeerRow peer;
  peer.peer = kCity;
  peer.last_seen_us = 77;
  peer.last_error = "TLS_FAILED";
  peer.bytes_out = 5;
  peer.records_out = 9;
  writer_->tick().received.peers.push_back(peer);
  // PUBLIC up to entry 6, LIMITED up to 3, GOVERNMENT not permitted.
  writer_->tick().received.confirmed.push_back({kCity, at.stream, {7, 0, 4}, 88});
  writer_->Audit(Exported());
  ASSERT_OK(writer_->Commit());
  const PeerLine line = LineOf(kCity);
  EXPECT_EQ(line.state, "seen");
  EXPECT_EQ(line.last_error, "TLS_FAILED");
  EXPECT_EQ(line.bytes_out, 5u);
  EXPECT_EQ(line.records_out, 9u);
  EXPECT_EQ(line.unconfirmed, 6u);
  EXPECT_EQ(line.acknowledged_us, 88);
  EXPECT_FALSE(line.unsent.has_value());
  ASSERT_EQ(line.streams.size(), 1u);
  EXPECT_EQ(line.streams[0].item, "a.shop");
  EXPECT_EQ(line.streams[0].size, 9u);
  EXPECT_EQ(line.streams[0].next_seq, 4u);
}

TEST_F(PeerReportTest, IncompleteEntriesAreCountedWithWhoBroughtThem) {
  const uint32_t stream = ReceiveOne(writer_.get(), 1, IdOf(7));
  writer_->tick().received.gaps.push_back({stream, 1, 4});
  writer_->Audit(Exported());
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(LineOf(kOther).incomplete, 1u);
}

}  // namespace
}  // namespace tombolo::node
