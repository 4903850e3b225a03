#include "gateway/record/grammar.h"

#include <algorithm>
#include <cstring>

#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::record {
namespace {

constexpr int64_t kDayMin = -719162;  // 0001-01-01
constexpr int64_t kDayMax = 2932896;  // 9999-12-31

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view TakeDigits(std::string_view* text) {
  size_t n = 0;
  while (n < text->size() && IsDigit((*text)[n])) ++n;
  const std::string_view digits = text->substr(0, n);
  text->remove_prefix(n);
  return digits;
}

// Flags a zero byte of the eight (and perhaps one above it).
constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t ZeroByte(uint64_t word) { return (word - kOnes) & ~word & (kOnes * 0x80); }

// True if no byte of the eight is below 0x20, 0x7F or the lead byte C2: nothing to look at more
// closely.
bool IsPlain(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  const uint64_t below_blank = (word - kOnes * 0x20) & ~word & (kOnes * 0x80);
  return (below_blank | ZeroByte(word ^ (kOnes * 0x7F)) | ZeroByte(word ^ (kOnes * 0xC2))) == 0;
}

}  // namespace

bool IsName(std::string_view text) {
  if (text.empty() || !IsLower(text.front()) || text.back() == '.') return false;
  bool after_dot = false;
  for (const char c : text) {
    if (c == '.') {
      if (after_dot) return false;
      after_dot = true;
      continue;
    }
    if (!IsLower(c) && !IsDigit(c) && c != '_') return false;
    after_dot = false;
  }
  return true;
}

size_t FindControl(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && IsPlain(text.data() + i)) {
      i += 8;
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n') || c == 0x7F) return i;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
      return i;
    ++i;
  }
  return std::string_view::npos;
}

bool IsCanonicalText(std::string_view text) {
  return IsUtf8(text) && FindControl(text) == std::string_view::npos;
}

bool IsCanonicalLine(std::string_view text) {
  return IsCanonicalText(text) && text.find('\n') == std::string_view::npos;
}

bool FoldBlanks(std::string* text) {
  const size_t first = std::min(text->find('\r'), text->find('\t'));
  if (first == std::string::npos) return false;
  size_t out = first;
  for (size_t i = first; i < text->size(); ++i) {
    char c = (*text)[i];
    if (c == '\t') c = ' ';
    if (c == '\r') {
      if (i + 1 < text->size() && (*text)[i + 1] == '\n') ++i;
      c = '\n';
    }
    (*text)[out++] = c;
  }
  text->resize(out);
  return true;
}

bool IsCurrency(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool IsCanonicalDecimal(std::string_view text) {
  if (text.size() > limits::kDecimalBytesMax || text == "-0") return false;
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::string_view whole = TakeDigits(&text);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  if (text.empty()) return true;
  if (text.front() != '.') return false;
  text.remove_prefix(1);
  const std::string_view fraction = TakeDigits(&text);
  return text.empty() && !fraction.empty() && fraction.back() != '0';
}

std::optional<std::string> NormalizeDecimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::string_view whole = TakeDigits(&text);
  if (whole.empty()) return std::nullopt;
  std::string_view fraction;
  if (!text.empty()) {
    if (text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
    fraction = TakeDigits(&text);
    if (fraction.empty() || !text.empty()) return std::nullopt;
  }
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  std::string out;
  if (negative && !(whole == "0" && fraction.empty())) out.push_back('-');
  out.append(whole);
  if (!fraction.empty()) out.append(1, '.').append(fraction);
  if (out.size() > limits::kDecimalBytesMax) return std::nullopt;
  return out;
}

bool IsDay(int64_t days) { return days >= kDayMin && days <= kDayMax; }

}  // namespace tombolo::record
