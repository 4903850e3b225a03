// Two sessions and the line between them: frames as bytes, cut as the test likes; what a desk would
// do with the effects.
//
// Ownership: borrows the nodes. Thread-safety: one thread. Errors: of a session stand in its End.
#ifndef TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_LINK_H_
#define TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_LINK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/exchange/session.h"
#include "tests/unit/exchange/test_node.h"

namespace tombolo::exchange {

struct TestClock {
  int64_t now_us = 1000000, civil_us = trust::kNowUs;
  void Advance(int64_t us) {
    now_us += us;
    civil_us += us;
  }
};

// One side of a line.
struct TestEnd {
  TestEnd(TestNode* its_node, const std::string& peer, bool subscribe, const TestClock* its_clock,
          std::string purpose = kPurpose);

  void Start();
  // As the desk: each effect in turn.
  void Do(Effects effects);
  void Take(std::string_view bytes);  // as they came
  void TakeFrame(v1::FrameType type, std::string_view payload, uint64_t wire_bytes = 0);
  void Moved(const std::vector<MovedStream>& moved);
  void OnAuthority(const Status& peer_now = absl::OkStatus());
  void Timer();
  void Stop(std::string_view reason = "SHUTDOWN");
  // Commits what is staged; gives credit back.
  void Commit();
  SelfState Self() const;

  template <typename T>
  size_t Count() const {
    size_t count = 0;
    for (const Effect& effect : log) count += std::holds_alternative<T>(effect) ? 1 : 0;
    return count;
  }
  // The last effect of that kind; the test fails without.
  template <typename T>
  const T& Last() const {
    for (auto it = log.rbegin(); it != log.rend(); ++it) {
      if (const T* found = std::get_if<T>(&*it)) return *found;
    }
    std::abort();
  }
  // Control frames of a type, in order.
  std::vector<std::string> Sent(v1::FrameType type) const;
  Code ended() const;  // kOk while it is open, or after an orderly end
  bool open() const { return session->state() == Session::State::kOpen; }

  TestNode* node;
  const TestClock* clock;
  std::string peer;
  std::unique_ptr<Session> session;
  FrameReader reader;
  std::string out;  // bytes to the other side
  std::vector<Effect> log;
  std::deque<WantPage> wants;  // not answered yet
  uint32_t number = 0;
  uint64_t staged_bytes = 0, data_bytes = 0, data_frames = 0, packed_frames = 0;
  uint64_t durable = 0, entries_sent = 0;
  bool answers = true;  // pages and audit at once
  bool stores = true;   // commits at once
  bool quiet = false;   // keeps no log
  // Of the frames to the other side.
  std::vector<v1::FrameType> types;
};

class TestLink {
 public:
  // `a_wants`, `b_wants`: who subscribes.
  TestLink(TestNode* a, TestNode* b, bool a_wants, bool b_wants, const TestClock* clock,
           std::string purpose = kPurpose);
  void Start();
  // Delivers everything until nothing moves.
  void Run();
  // Up to so many bytes each way; false if there was nothing.
  bool Step(size_t a_bytes, size_t b_bytes);

  TestEnd a, b;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_LINK_H_
