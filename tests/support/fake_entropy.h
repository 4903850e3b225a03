// Randomness from a seed: the same bytes in every run. SplitMix64 (Steele, Lea, Flood 2014); never
// for real salts.
//
// Ownership: plain object. Thread-safety: one thread. Errors: none.
#ifndef TOMBOLO_TESTS_SUPPORT_FAKE_ENTROPY_H_
#define TOMBOLO_TESTS_SUPPORT_FAKE_ENTROPY_H_

#include <cstddef>
#include <cstdint>

#include "gateway/base/seams.h"

namespace tombolo::testing {

class FakeEntropy : public Entropy {
 public:
  explicit FakeEntropy(uint64_t seed = 1) : state_(seed) {}

  void Fill(char* out, size_t size) override {
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(Next() >> 56);
  }

  // For tests that draw numbers: uniform enough in [0, bound).
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_FAKE_ENTROPY_H_
