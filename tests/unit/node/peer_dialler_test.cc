// Whom a node calls, and how long it waits.
#include "gateway/node/peer_dialler.h"

#include <gtest/gtest.h>

#include "tests/support/fake_entropy.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::node {
namespace {

constexpr int64_t kSecondUs = 1000000;

class PeerDiallerTest : public ::testing::Test {
 protected:
  PeerDiallerTest() : registry_(trust::SampleRegistry()) {
    AddEndpoint("a.example", 7001);
    AddEndpoint("b.example", 7002);
    v1::PeerConfig* peer = config_.add_peers();
    peer->set_id(trust::kCity);
    peer->set_dial(true);
    config_.add_peers()->set_id(trust::kTown);  // only listened for
  }
  void AddEndpoint(const std::string& host, uint32_t port) {
    v1::Endpoint* endpoint = registry_.mutable_members(1)->add_endpoints();
    endpoint->set_host(host);
    endpoint->set_port(port);
  }
  trust::FederationPtr Federation(uint64_t version = 2) {
    registry_.set_version(version);
    const v1::SignedDocument document = trust::Signed(registry_);
    return trust::Then(trust::SampleFederation(),
                       trust::Signed(trust::SampleTimestamp(document, version)), {document});
  }
  PeerDialler Make() { return PeerDialler(config_, &entropy_); }

  v1::Registry registry_;
  v1::ServeConfig config_;
  testing::FakeEntropy entropy_;
};

TEST_F(PeerDiallerTest, CallsOnceAndWaitsForTheOutcome) {
  PeerDialler dialler = Make();
  const auto calls = dialler.Due(*Federation(), 0);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].peer, trust::kCity);
  EXPECT_EQ(calls[0].host, "a.example");
  EXPECT_EQ(calls[0].port, 7001);
  EXPECT_TRUE(dialler.Due(*Federation(), 100 * kSecondUs).empty());
  EXPECT_EQ(dialler.NextUs(), INT64_MAX);
}

TEST_F(PeerDiallerTest, WaitsTwiceAsLongEachTimeUpToAMinute) {
  PeerDialler dialler = Make();
  const auto federation = Federation();
  int64_t now_us = 0;
  int64_t whole_us = kSecondUs;
  for (int failure = 0; failure < 10; ++failure) {
    ASSERT_EQ(dialler.Due(*federation, now_us).size(), 1u);
    dialler.Lost(trust::kCity, true, now_us);
    EXPECT_GE(dialler.NextUs() - now_us, whole_us / 2);
    EXPECT_LE(dialler.NextUs() - now_us, whole_us);
    EXPECT_TRUE(dialler.Due(*federation, dialler.NextUs() - 1).empty());
    now_us = dialler.NextUs();
    whole_us = std::min(2 * whole_us, 60 * kSecondUs);
  }
  dialler.Connected(trust::kCity);
  dialler.Lost(trust::kCity, true, now_us);
  EXPECT_LE(dialler.NextUs() - now_us, kSecondUs);
}

TEST_F(PeerDiallerTest, TriesEndpointsInTurnUnlessTheOperatorNamesOne) {
  PeerDialler dialler = Make();
  const auto federation = Federation();
  dialler.Due(*federation, 0);
  dialler.Lost(trust::kCity, true, 0);
  EXPECT_EQ(dialler.Due(*federation, 10 * kSecondUs)[0].host, "b.example");
  config_.mutable_peers(0)->mutable_endpoint()->set_host("127.0.0.1");
  config_.mutable_peers(0)->mutable_endpoint()->set_port(9);
  PeerDialler named = Make();
  EXPECT_EQ(named.Due(*federation, 0)[0].port, 9);
}

TEST_F(PeerDiallerTest, ARefusalWithoutRetryWaitsForTheOperator) {
  PeerDialler dialler = Make();
  const auto federation = Federation();
  dialler.Due(*federation, 0);
  dialler.Lost(trust::kCity, false, 0);
  EXPECT_TRUE(dialler.Due(*federation, 3600 * kSecondUs).empty());
  dialler.Lost(trust::kCity, true, 3600 * kSecondUs);  // another connection of that peer failed
  EXPECT_TRUE(dialler.Due(*federation, 7200 * kSecondUs).empty());
  dialler.Again(3600 * kSecondUs);
  EXPECT_EQ(dialler.Due(*federation, 3600 * kSecondUs).size(), 1u);
}

TEST_F(PeerDiallerTest, NobodyCallsASuspendedMember) {
  registry_.mutable_members(1)->set_state(v1::SUSPENDED);
  PeerDialler dialler = Make();
  EXPECT_TRUE(dialler.Due(*Federation(), 0).empty());
  registry_.mutable_members(1)->set_state(v1::ACTIVE);
  dialler.Again(5);
  EXPECT_EQ(dialler.Due(*Federation(3), 5).size(), 1u);
}

}  // namespace
}  // namespace tombolo::node
