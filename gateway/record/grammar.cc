#include "gateway/record/grammar.h"

#include <algorithm>
#include <array>

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

enum class CharKind : uint8_t { kOther, kLetter, kDigit, kLineFeed, kControl };

constexpr std::array<CharKind, 128> MakeKinds() {
  std::array<CharKind, 128> kinds{};
  for (int c = 0; c < 128; ++c) {
    const int lower = c | 0x20;
    if (c == '\n') {
      kinds[c] = CharKind::kLineFeed;
    } else if (c < 0x20 || c == 0x7F) {
      kinds[c] = CharKind::kControl;
    } else if (c >= '0' && c <= '9') {
      kinds[c] = CharKind::kDigit;
    } else if (lower >= 'a' && lower <= 'z') {
      kinds[c] = CharKind::kLetter;
    }
  }
  return kinds;
}
constexpr std::array<CharKind, 128> kKinds = MakeKinds();

// Where the look stands, and the run of letters and digits that it is in.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  TextScan Go() {
    while (at_ < text_.size() && scan_.utf8) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x80) {
        TakeAscii(c);
      } else if (!SkipPlainWide()) {
        TakeWide();
      }
    }
    EndRun();
    return scan_;
  }

 private:
  void TakeAscii(unsigned char c) {
    const CharKind kind = kKinds[c];
    if (kind == CharKind::kLetter || kind == CharKind::kDigit) {
      ++run_;
      digit_ |= kind == CharKind::kDigit;
    } else {
      EndRun();
      scan_.line_feed |= kind == CharKind::kLineFeed;
      if (kind == CharKind::kControl) NoteControl();
    }
    ++at_;
  }

  // Three-byte sequences without a special case (U+1000 to U+CFFF), as East Asian text is made of.
  bool SkipPlainWide() {
    const size_t from = at_;
    const auto byte = [this](size_t i) { return static_cast<unsigned char>(text_[at_ + i]); };
    while (at_ + 3 <= text_.size() && byte(0) >= 0xE1 && byte(0) <= 0xEC &&
           (byte(1) & 0xC0) == 0x80 && (byte(2) & 0xC0) == 0x80) {
      at_ += 3;
    }
    if (at_ == from) return false;
    EndRun();
    return true;
  }

  void TakeWide() {
    const size_t bytes = Utf8SequenceBytes(text_.substr(at_));
    scan_.utf8 = bytes > 0;
    const auto lead = static_cast<unsigned char>(text_[at_]);
    if (lead == 0xEF) {  // every full-width letter and digit, and little else
      ++run_;
      digit_ = true;
    } else {
      EndRun();
    }
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (bytes == 2 && lead == 0xC2 && static_cast<unsigned char>(text_[at_ + 1]) < 0xA0) {
      NoteControl();
    }
    at_ += bytes;
  }

  void NoteControl() { scan_.control = std::min(scan_.control, at_); }

  void EndRun() {
    if (digit_) scan_.digit_run = std::max(scan_.digit_run, run_);
    run_ = 0;
    digit_ = false;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t run_ = 0;
  bool digit_ = false;
  TextScan scan_;
};

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

TextScan ScanText(std::string_view text) { return Scanner(text).Go(); }

bool IsCanonicalText(std::string_view text) {
  const TextScan scan = ScanText(text);
  return scan.utf8 && scan.control == std::string_view::npos;
}

bool IsCanonicalLine(std::string_view text) {
  const TextScan scan = ScanText(text);
  return scan.utf8 && scan.control == std::string_view::npos && !scan.line_feed;
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
