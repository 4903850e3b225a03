// A value that a function could not make, on its way through SQL to the column it ends in.
//
// It is a text that begins with two control characters, then code, value and reason. CASE,
// COALESCE,
// || and our own functions hand it on; where it reaches an output it becomes a Fault of that
// column. Source text that forges one can only send its own row to quarantine: a poison is never
// accepted. Ownership: plain values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_ADAPTERS_ENGINE_POISON_H_
#define TOMBOLO_ADAPTERS_ENGINE_POISON_H_

#include <cstring>
#include <string>
#include <string_view>

#include "gateway/base/error.h"

namespace tombolo::engine {

inline constexpr char kPoisonLead = '\x01';
inline constexpr std::string_view kPoisonMark = "\x01\x02";

// Where the mark stands in `text`; npos if nowhere.
inline size_t FindPoison(std::string_view text) {
  if (text.empty() || std::memchr(text.data(), kPoisonLead, text.size()) == nullptr) {
    return std::string_view::npos;
  }
  return text.find(kPoisonMark);
}

inline bool IsPoison(std::string_view text) { return FindPoison(text) != std::string_view::npos; }

std::string MakePoison(Code code, std::string_view value, std::string_view reason);

// The fault that a poison stands for, without a column. What a builtin function cut off is made up
// for by a general sentence. Precondition: IsPoison(text).
Fault FaultOfPoison(std::string_view text);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_POISON_H_
