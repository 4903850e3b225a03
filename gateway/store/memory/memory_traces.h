// Parts of traces (gateway/node/source_trace.h) of a store in memory.
//
// Ownership: owns its bytes. Thread-safety: one thread. Errors: none.
#ifndef TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_TRACES_H_
#define TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_TRACES_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/store.h"

namespace tombolo::store {

class MemoryTraces {
 public:
  void Apply(const Tick& tick) {
    for (const uint64_t trace : tick.trace_remove) {
      parts_.erase(parts_.lower_bound({trace, 0}), parts_.upper_bound({trace, UINT32_MAX}));
    }
    for (const TracePart& part : tick.trace_parts) {
      if (part.bytes.empty()) {
        parts_.erase({part.trace, part.part});
      } else {
        parts_[{part.trace, part.part}] = part.bytes;
      }
    }
  }
  std::string Read(uint64_t trace, uint32_t part) const {
    const auto it = parts_.find({trace, part});
    return it == parts_.end() ? std::string() : it->second;
  }
  std::vector<uint64_t> All() const {
    std::vector<uint64_t> traces;
    for (const auto& [place, bytes] : parts_) {
      if (traces.empty() || traces.back() != place.first) traces.push_back(place.first);
    }
    return traces;
  }

 private:
  std::map<std::pair<uint64_t, uint32_t>, std::string> parts_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_TRACES_H_
