// The forms that names, texts and numbers of a canonical record have. docs/formats/record.md,
// "Layer".
//
// Ownership: plain values. Thread-safety: pure. Errors: false or std::nullopt.
#ifndef TOMBOLO_GATEWAY_RECORD_GRAMMAR_H_
#define TOMBOLO_GATEWAY_RECORD_GRAMMAR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tombolo::record {

// [a-z][a-z0-9_]*(\.[a-z0-9_]+)*, without a bound on its length.
bool IsName(std::string_view text);

// Well-formed UTF-8 without control characters but line feed; any length, also empty.
bool IsCanonicalText(std::string_view text);
// The same, and no line feed.
bool IsCanonicalLine(std::string_view text);

// What one look at a text tells.
struct TextScan {
  bool utf8 =
      true;  // well-formed, RFC 3629; if not, the rest tells of what stands before the fault
  // Byte position of the first control character other than line feed; npos if none.
  size_t control = std::string_view::npos;
  bool line_feed = false;
  // Characters in the longest run of letters and digits, ASCII or full-width, that has a digit. May
  // be told too long, never too short.
  size_t digit_run = 0;
};
TextScan ScanText(std::string_view text);

// CR LF and CR become LF, a tab becomes a blank. In place; true if anything changed.
bool FoldBlanks(std::string* text);

// Three letters A to Z.
bool IsCurrency(std::string_view text);

// -?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?, not "-0", 1 to limits::kDecimalBytesMax bytes.
bool IsCanonicalDecimal(std::string_view text);
// "+01.50" -> "1.5", "-0.0" -> "0". Nothing for what is not [+-]?digits[.digits].
std::optional<std::string> NormalizeDecimal(std::string_view text);

// Days since 1970-01-01 within 0001-01-01 to 9999-12-31.
bool IsDay(int64_t days);

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_GRAMMAR_H_
