// What a server counts, as text for Prometheus (exposition format 0.0.4).
//
// Names end in their unit; peers are labels only if they are members, so the number of lines is
// bounded. Ownership: values. Thread-safety: pure; Durations belongs to one thread. Errors: none.
#ifndef TOMBOLO_GATEWAY_APP_METRICS_H_
#define TOMBOLO_GATEWAY_APP_METRICS_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/node/exchange_desk.h"

namespace tombolo::app {

// How long something took, in buckets.
class Durations {
 public:
  static constexpr std::array<int64_t, 8> kBoundsUs = {100,    500,     1000,    5000,
                                                       20'000, 100'000, 500'000, 2'000'000};
  void Add(int64_t us);
  uint64_t count() const { return count_; }
  int64_t sum_us() const { return sum_us_; }
  uint64_t UpTo(size_t bucket) const;  // cumulative

 private:
  std::array<uint64_t, kBoundsUs.size()> buckets_{};
  uint64_t count_ = 0;
  int64_t sum_us_ = 0;
};

struct MetricsInput {
  node::DeskCounts desk;
  std::vector<node::PeerStatus> peers;
  Durations turns;
  uint64_t sessions = 0, handshakes = 0, escaped_exceptions = 0;
  std::map<std::string, int64_t> expiry_s;  // by kind of document: seconds from now
  bool ready = false;
};

std::string MetricsText(const MetricsInput& input);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_METRICS_H_
