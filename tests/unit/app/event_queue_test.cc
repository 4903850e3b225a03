// Events come out in order and joined; a connection that fills the queue is paused, and resumed
// when the desk has taken what waits.
#include "gateway/app/event_queue.h"

#include <gtest/gtest.h>

#include <utility>

namespace tombolo::app {
namespace {

using Pauses = std::vector<std::pair<node::ConnectionId, bool>>;

class Queue : public ::testing::Test {
 protected:
  Pauses pauses_;
  EventQueue queue_{{10, 25},
                    [this](node::ConnectionId id, bool pause) { pauses_.emplace_back(id, pause); }};
};

TEST_F(Queue, BytesOfOneConnectionAreJoinedInOrder) {
  queue_.Put(node::Arrived{1, "ab"});
  queue_.Put(node::Arrived{1, "cd"});
  queue_.Put(node::Arrived{2, "xy"});
  queue_.Put(node::Closed{1, "", {}});
  queue_.Put(node::Arrived{1, "late"});
  const std::vector<node::Event> events = queue_.Take(0);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(std::get<node::Arrived>(events[0]).bytes, "abcd");
  EXPECT_EQ(std::get<node::Arrived>(events[1]).connection, 2u);
  EXPECT_TRUE(std::holds_alternative<node::Closed>(events[2]));
  EXPECT_EQ(std::get<node::Arrived>(events[3]).bytes, "late");
  EXPECT_TRUE(queue_.Take(0).empty());
}

TEST_F(Queue, OfSomeEventsOnlyTheLastCounts) {
  queue_.Put(node::Drained{1, 100});
  queue_.Put(node::StoreMoved{});
  queue_.Put(node::Drained{2, 50});
  queue_.Put(node::Drained{1, 0});
  queue_.Put(node::StoreMoved{});
  const std::vector<node::Event> events = queue_.Take(0);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(std::get<node::Drained>(events[0]).queued_bytes, 0u);
  queue_.Put(node::StoreMoved{});
  EXPECT_EQ(queue_.Take(0).size(), 1u);  // told anew
}

TEST_F(Queue, AConnectionBeyondItsShareIsPausedOnce) {
  queue_.Put(node::Arrived{1, std::string(10, 'a')});
  EXPECT_TRUE(pauses_.empty());
  queue_.Put(node::Arrived{1, "b"});
  queue_.Put(node::Arrived{1, "c"});
  EXPECT_EQ(pauses_, (Pauses{{1, true}}));
  EXPECT_EQ(queue_.waiting_bytes(), 12u);
  EXPECT_EQ(queue_.Take(0).size(), 1u);
  EXPECT_EQ(pauses_, (Pauses{{1, true}, {1, false}}));
  EXPECT_EQ(queue_.waiting_bytes(), 0u);
  queue_.Put(node::Arrived{1, "d"});
  EXPECT_EQ(pauses_.size(), 2u);
}

TEST_F(Queue, AllTogetherHaveABoundToo) {
  for (node::ConnectionId id = 1; id <= 3; ++id) {
    queue_.Put(node::Arrived{id, std::string(9, 'a')});
  }
  EXPECT_EQ(pauses_, (Pauses{{3, true}}));
}

TEST_F(Queue, WakeEndsTheWait) {
  queue_.Wake();
  EXPECT_TRUE(queue_.Take(60'000'000).empty());
}

}  // namespace
}  // namespace tombolo::app
