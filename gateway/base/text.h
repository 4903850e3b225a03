// Small text helpers: the bridge between std::string_view and Debian's absl::string_view, hex,
// UTF-8.
//
// Ownership: plain values. Thread-safety: all functions are pure.
// Errors: std::nullopt where the input does not have the form asked for.
#ifndef TOMBOLO_GATEWAY_BASE_TEXT_H_
#define TOMBOLO_GATEWAY_BASE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace tombolo {

// Debian's Abseil has a string_view of its own; these work with either.
inline absl::string_view ToAbsl(std::string_view s) {
  return absl::string_view(s.data(), s.size());
}
inline std::string_view ToStd(absl::string_view s) { return std::string_view(s.data(), s.size()); }

// Lower-case hexadecimal and back. FromHex takes either case and an even number of digits only.
std::string ToHex(std::string_view bytes);
std::optional<std::string> FromHex(std::string_view hex);

// RFC 4648 section 4 base64 with padding and back; FromBase64 is strict.
std::string ToBase64(std::string_view bytes);
std::optional<std::string> FromBase64(std::string_view text);

// True if `s` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
bool IsUtf8(std::string_view s);
// Bytes of the well-formed sequence that `s`, not empty, begins with; 0 if there is none.
size_t Utf8SequenceBytes(std::string_view s);
// The longest prefix of `s` of at most `bytes_max` bytes that does not cut a UTF-8 sequence.
std::string_view Utf8Prefix(std::string_view s, size_t bytes_max);

// Without ASCII blanks, tabs, CR, LF and U+3000 at both ends.
std::string_view Trim(std::string_view s);

// Edit distance (Levenshtein) of two short words; for "did you mean".
size_t EditDistance(std::string_view a, std::string_view b);

// `s` as a JSON string literal with quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view s);

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_TEXT_H_
