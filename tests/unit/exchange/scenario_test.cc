// Two and three nodes, one seed: lines that break, bytes that drip, commits that are lost, policies
// that change; in the end everybody has what it may have, once.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/exchange/test_link.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kSecondUs = 1000000;
constexpr int kRounds = 60;

// Whoever subscribes along a line: `from` gets what `to` has.
struct Wire {
  TestNode* a;
  TestNode* b;
  bool a_wants, b_wants;
  std::unique_ptr<TestLink> link;
};

class ScenarioTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  ScenarioTest() : random_(GetParam()) {}

  void Connect(Wire* wire) {
    wire->link =
        std::make_unique<TestLink>(wire->a, wire->b, wire->a_wants, wire->b_wants, &clock_);
    for (TestEnd* end : {&wire->link->a, &wire->link->b}) end->stores = false;
    wire->link->Start();
  }
  // The line is gone; what its ends had staged is kept or lost with the node's next commit.
  void Cut(Wire* wire) { wire->link.reset(); }
  // All of the node's lines end, and what was not committed is lost.
  void Kill(TestNode* node) {
    for (Wire& wire : wires_) {
      if (wire.a == node || wire.b == node) Cut(&wire);
    }
    node->Crash();
    ++kills_;
  }
  void Commit(TestNode* node) {
    const std::vector<MovedStream> moved = node->Commit();
    ForEnds(node, [&](TestEnd* end) {
      end->Commit();
      end->Moved(moved);
    });
  }
  template <typename Do>
  void ForEnds(TestNode* node, Do what) {
    for (Wire& wire : wires_) {
      if (wire.link == nullptr) continue;
      if (wire.a == node) what(&wire.link->a);
      if (wire.b == node) what(&wire.link->b);
    }
  }
  void Grow(TestNode* node) {
    const auto stream = static_cast<uint32_t>(1 + random_.Below(2));
    if (random_.Below(4) == 0) {
      const uint64_t record = stream * 1000000 + 1 + random_.Below(10);
      const uint64_t version = ++versions_[{node, record}] + 1;
      if (random_.Below(2) == 0) {
        node->Retract(stream, record, version);
      } else {
        node->PutVersion(stream, record, version);
      }
    } else {
      node->Put(stream, 1 + random_.Below(20));
    }
    const std::vector<MovedStream> moved = node->Tick({stream});
    ForEnds(node, [&](TestEnd* end) { end->Moved(moved); });
  }
  void ChangePolicy(const char* origin, bool limited) {
    PolicyWish wish;
    if (limited) wish.limited_for = {kProvince, kTown};
    world_.SetPolicy(origin, wish);
    // The origin knows first, as everybody would hear of it from there.
    for (Wire& wire : wires_) {
      if (wire.link != nullptr) Settle(&wire, true);
    }
    for (TestNode* node : nodes_) {
      if (node->id == origin) ForEnds(node, [](TestEnd* end) { end->OnAuthority(); });
    }
    for (TestNode* node : nodes_) {
      if (node->id != origin) ForEnds(node, [](TestEnd* end) { end->OnAuthority(); });
    }
  }
  // Delivers what is under way.
  void Settle(Wire* wire, bool commits) {
    for (int i = 0; i < 10000 && wire->link->Step(SIZE_MAX, SIZE_MAX); ++i) {
      if (!commits) continue;
      Commit(wire->a);
      Commit(wire->b);
    }
    if (commits) {
      Commit(wire->a);
      Commit(wire->b);
    }
  }
  void Round() {
    for (Wire& wire : wires_) {
      if (wire.link == nullptr) Connect(&wire);
    }
    clock_.Advance(static_cast<int64_t>(random_.Below(kSecondUs)));
    TestNode* node = nodes_[random_.Below(nodes_.size())];
    if (!node->logs().empty() && node->logs().begin()->first == 1) Grow(node);
    for (Wire& wire : wires_) {
      if (wire.link == nullptr) continue;
      const bool drip = random_.Below(3) == 0;
      const size_t steps = 1 + random_.Below(30);
      for (size_t i = 0; i < steps; ++i) {
        (void)wire.link->Step(drip ? random_.Below(40) : random_.Below(20000),
                              drip ? random_.Below(40) : random_.Below(20000));
      }
      wire.link->a.Timer();
      wire.link->b.Timer();
      ASSERT_EQ(wire.link->a.ended(), Code::kOk);
      ASSERT_EQ(wire.link->b.ended(), Code::kOk);
      if (random_.Below(4) == 0) Cut(&wire);
    }
    if (random_.Below(2) == 0) Commit(node);
    if (random_.Below(6) == 0) Kill(nodes_[random_.Below(nodes_.size())]);
  }
  void Finish() {
    for (Wire& wire : wires_) Cut(&wire);
    for (TestNode* node : nodes_) (void)node->Commit();
    for (int again = 0; again < 3; ++again) {
      for (Wire& wire : wires_) {
        if (wire.link == nullptr) Connect(&wire);
        Settle(&wire, true);
        ASSERT_EQ(wire.link->a.ended(), Code::kOk);
        ASSERT_EQ(wire.link->b.ended(), Code::kOk);
      }
    }
  }
  // Level with the origin, each current record with exactly these layers, nothing twice.
  void ExpectLevel(TestNode* holder, const TestNode& origin, boundary::LayerMask layers) {
    for (const auto& [number, log] : origin.logs()) {
      if (log.descriptor.origin() != origin.id) continue;
      const TestLog* held = holder->Find(log.stream_id);
      ASSERT_NE(held, nullptr);
      ASSERT_EQ(held->entries.size(), log.entries.size());
      EXPECT_EQ(held->range.Root(), log.range.Root());
      for (size_t k = 0; k < ledger::kLayerCount; ++k) {
        if ((layers >> k & 1) != 0) {
          EXPECT_EQ(held->next_seq[k], log.entries.size() + 1) << "layer " << k;
        }
      }
      for (size_t i = 0; i < held->entries.size(); ++i) {
        EXPECT_EQ(held->entries[i].shown & ~layers, 0);
      }
    }
    EXPECT_EQ(holder->doubled, 0u);
  }
  TestNode* Add(const char* id, bool own) {
    owned_.push_back(std::make_unique<TestNode>(id, &world_));
    TestNode* node = owned_.back().get();
    node->page_entries = 1 + random_.Below(40);
    for (uint32_t stream = 1; own && stream <= 2; ++stream) {
      (void)node->AddStream(stream == 1 ? v1::PUBLIC : v1::GOVERNMENT);
      node->Put(stream, 10);
      (void)node->Tick({stream});
    }
    nodes_.push_back(node);
    return node;
  }

  TestClock clock_;
  World world_;
  testing::FakeEntropy random_;
  std::vector<std::unique_ptr<TestNode>> owned_;
  std::vector<TestNode*> nodes_;
  std::vector<Wire> wires_;
  std::map<std::pair<TestNode*, uint64_t>, uint64_t> versions_;
  int kills_ = 0;
};

TEST_P(ScenarioTest, TwoNodesBothWays) {
  TestNode* city = Add(kCity, true);
  TestNode* province = Add(kProvince, true);
  wires_.push_back({city, province, true, true, nullptr});
  for (int i = 0; i < kRounds; ++i) ASSERT_NO_FATAL_FAILURE(Round());
  ASSERT_NO_FATAL_FAILURE(Finish());
  ExpectLevel(province, *city, 3);
  ExpectLevel(city, *province, 3);
  EXPECT_GT(kills_, 0);
}

TEST_P(ScenarioTest, ThroughAHubAndDirectly) {
  TestNode* city = Add(kCity, true);
  TestNode* province = Add(kProvince, false);
  TestNode* town = Add(kTown, false);
  wires_.push_back({city, province, false, true, nullptr});
  wires_.push_back({province, town, false, true, nullptr});
  if (GetParam() % 2 == 0) wires_.push_back({city, town, false, true, nullptr});
  for (int i = 0; i < kRounds; ++i) ASSERT_NO_FATAL_FAILURE(Round());
  ASSERT_NO_FATAL_FAILURE(Finish());
  ExpectLevel(province, *city, 3);
  ExpectLevel(town, *city, 3);
  const TestLog* held = town->Find(city->logs().at(1).stream_id);
  ASSERT_GE(held->path.size(), 2u);
  EXPECT_EQ(held->path.front(), kCity);
}

TEST_P(ScenarioTest, AGrantThatComesInBetween) {
  TestNode* city = Add(kCity, true);
  TestNode* province = Add(kProvince, false);
  wires_.push_back({city, province, false, true, nullptr});
  for (int i = 0; i < kRounds / 2; ++i) ASSERT_NO_FATAL_FAILURE(Round());
  ChangePolicy(kCity, true);
  for (int i = 0; i < kRounds / 2; ++i) ASSERT_NO_FATAL_FAILURE(Round());
  ASSERT_NO_FATAL_FAILURE(Finish());
  ExpectLevel(province, *city, 7);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ScenarioTest, ::testing::Range<uint64_t>(1, 13));

}  // namespace
}  // namespace tombolo::exchange
