// A clock that stands still until the test moves it.
//
// Ownership: plain object. Thread-safety: one thread, or none while others read. Errors: none.
#ifndef TOMBOLO_TESTS_SUPPORT_FAKE_CLOCK_H_
#define TOMBOLO_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <cstdint>

#include "gateway/base/seams.h"

namespace tombolo::testing {

class FakeClock : public Clock {
 public:
  // 2024-03-01T12:00:00Z unless told otherwise.
  explicit FakeClock(int64_t now_us = int64_t{1709294400} * 1000000) : now_us_(now_us) {}

  int64_t NowUs() override { return now_us_; }
  int64_t MonotonicUs() override { return monotonic_us_; }

  void AdvanceUs(int64_t us) {
    now_us_ += us;
    monotonic_us_ += us;
  }
  // Civil time jumps; the monotonic clock does not notice.
  void SetNowUs(int64_t now_us) { now_us_ = now_us; }

 private:
  int64_t now_us_;
  int64_t monotonic_us_ = 0;
};

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_FAKE_CLOCK_H_
