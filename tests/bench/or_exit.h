// Statuses in a bench: what fails is told, and the program ends.
//
// Ownership: plain values. Thread-safety: pure. Errors: end the program.
#ifndef TOMBOLO_TESTS_BENCH_OR_EXIT_H_
#define TOMBOLO_TESTS_BENCH_OR_EXIT_H_

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "gateway/base/error.h"

namespace tombolo {

inline void Check(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", Describe(status).c_str());
  std::exit(1);
}
template <typename T>
T Take(StatusOr<T> value) {
  Check(value.status());
  return *std::move(value);
}

}  // namespace tombolo

#endif  // TOMBOLO_TESTS_BENCH_OR_EXIT_H_
