// A pattern of an identifier scheme, compiled to a deterministic automaton: one table look-up per
// byte.
//
// The language is a subset of POSIX extended regular expressions (IEEE 1003.1, 9.4), always over
// the whole text: literals, `.` (any byte but controls), bracket expressions with ranges, negation
// and [:digit:] [:upper:] [:lower:]
// [:alpha:] [:alnum:], groups, `|`, `?`, `*`, `+`, `{m}`, `{m,}`, `{m,n}`, `\` before punctuation,
// and the redundant
// `^` at the start and `$` at the end. Refused: back references, `(?`, collating elements, anything
// not ASCII. Method: Glushkov's position automaton, then the subset construction, both bounded
// (gateway/base/limits.h).
//
// Ownership: a value. Thread-safety: immutable after Compile.
// Errors: CONFIG_VALUE with the byte of the pattern at which it stops being understood.
#ifndef TOMBOLO_GATEWAY_RECORD_SCHEME_PATTERN_H_
#define TOMBOLO_GATEWAY_RECORD_SCHEME_PATTERN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::record {

class Pattern {
 public:
  static StatusOr<Pattern> Compile(std::string_view pattern);

  // True if the whole of `text` matches. No allocation, time linear in `text`.
  bool Matches(std::string_view text) const {
    const uint32_t* row = next_.data() + start_;
    for (const char c : text) {
      const uint32_t next = row[class_of_[static_cast<unsigned char>(c)]];
      if (next == kDead) return false;
      row = next_.data() + next;
    }
    return row[class_count_] != 0;
  }

  // Bytes of the shortest and longest text that matches; SIZE_MAX if there is no longest.
  size_t length_min() const { return length_min_; }
  size_t length_max() const { return length_max_; }

 private:
  static constexpr uint32_t kDead = 0;

  std::array<uint8_t, 256> class_of_{};  // bytes that no state tells apart share a class
  size_t class_count_ = 0;
  // One row a state: for each class where the next state's row begins, then 1 if the state accepts.
  std::vector<uint32_t> next_;
  uint32_t start_ = 0;
  size_t length_min_ = 0;
  size_t length_max_ = 0;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_SCHEME_PATTERN_H_
