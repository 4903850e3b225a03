// The seams to the outside world that pure code takes as arguments: the clock and the source of
// randomness. Real ones live in gateway/os, simulated ones in tests/support.
//
// Ownership: the caller keeps the object alive for as long as it is used.
// Thread-safety: as each implementation says. Errors: none; the real entropy aborts if the system
// has none.
#ifndef TOMBOLO_GATEWAY_BASE_SEAMS_H_
#define TOMBOLO_GATEWAY_BASE_SEAMS_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace tombolo {

class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since 1970-01-01T00:00:00Z; civil time, may jump.
  virtual int64_t NowUs() = 0;
  // Microseconds since some fixed moment; never goes back. For durations only.
  virtual int64_t MonotonicUs() = 0;
};

class Entropy {
 public:
  virtual ~Entropy() = default;
  // Fills `out` with `size` unpredictable bytes.
  virtual void Fill(char* out, size_t size) = 0;
  std::string Bytes(size_t size) {
    std::string out(size, '\0');
    Fill(out.data(), size);
    return out;
  }
};

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_SEAMS_H_
