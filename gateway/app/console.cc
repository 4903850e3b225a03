#include "gateway/app/console.h"

#include <google/protobuf/stubs/logging.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_format.h"
#include "gateway/base/text.h"

namespace tombolo::app {
namespace {

constexpr int64_t kQuietUs = 2'000'000;
constexpr int64_t kRedrawUs = 100'000;
constexpr size_t kBarColumns = 24;
constexpr size_t kCellColumnsMin = 8;

void OnProtobufLog(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  if (message.find("UTF-8 data when parsing") != std::string::npos) return;
  const bool grave = level >= google::protobuf::LOGLEVEL_ERROR;
  PrintError("tombolo: " + std::string(grave ? "INTERNAL" : "warning") +
             ": libprotobuf: " + message + "\n");
}

// Next code point of well-formed UTF-8; U+FFFD and one byte for anything else.
char32_t NextCodePoint(std::string_view* s) {
  const auto lead = static_cast<unsigned char>(s->front());
  const size_t n = lead < 0x80   ? 1
                   : lead < 0xC2 ? 0
                   : lead < 0xE0 ? 2
                   : lead < 0xF0 ? 3
                   : lead < 0xF5 ? 4
                                 : 0;
  if (n == 0 || s->size() < n) {
    s->remove_prefix(1);
    return 0xFFFD;
  }
  char32_t code = n == 1 ? lead : lead & (0xFF >> (n + 1));
  for (size_t i = 1; i < n; ++i) code = code << 6 | (static_cast<unsigned char>((*s)[i]) & 0x3F);
  s->remove_prefix(n);
  return code;
}

// Unicode TR11 in the ranges that records have: CJK, Hangul, full-width forms, emoji.
size_t WidthOf(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return 0;
  if ((c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F))
    return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0x303E) ||
                    (c >= 0x3041 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) ||
                    (c >= 0xFF00 && c <= 0xFF60) || (c >= 0xFFE0 && c <= 0xFFE6) ||
                    (c >= 0x1F300 && c <= 0x1F9FF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

// At most `columns` wide, one line, no control characters.
std::string Fit(std::string_view text, size_t columns) {
  std::string out;
  size_t width = 0;
  const size_t full = DisplayWidth(text);
  const size_t room = full > columns ? columns - 1 : columns;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = NextCodePoint(&text);
    if (c < 0x20 || c == 0x7F) {
      if (width + 1 > room) break;
      out += ' ';
      ++width;
      continue;
    }
    if (width + WidthOf(c) > room) break;
    out.append(before.substr(0, before.size() - text.size()));
    width += WidthOf(c);
  }
  if (full > columns) out += "…";
  return out;
}

}  // namespace

const Terminal& TheTerminal() {
  static const Terminal terminal = [] {
    Terminal t;
    t.out_is_tty = isatty(STDOUT_FILENO) == 1;
    t.err_is_tty = isatty(STDERR_FILENO) == 1;
    const char* term = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");
    t.colours = t.out_is_tty && term != nullptr && std::strcmp(term, "dumb") != 0 &&
                (no_colour == nullptr || *no_colour == '\0');
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) t.columns = size.ws_col;
    return t;
  }();
  return terminal;
}

std::string Toned(Tone tone, std::string_view text) {
  static constexpr const char* kCodes[] = {"", "\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[2m"};
  if (tone == Tone::kPlain || !TheTerminal().colours) return std::string(text);
  return kCodes[static_cast<int>(tone)] + std::string(text) + "\x1b[0m";
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const char32_t c = NextCodePoint(&text);
    width += c < 0x20 || c == 0x7F ? 1 : WidthOf(c);
  }
  return width;
}

Table::Table(std::vector<std::string> columns) {
  for (std::string& name : columns) {
    right_.push_back(name.starts_with('>'));
    columns_.push_back(right_.back() ? name.substr(1) : std::move(name));
  }
}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::Render() const {
  std::vector<size_t> widths;
  for (const std::string& name : columns_) widths.push_back(DisplayWidth(name));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  size_t total = 2 * (widths.size() - 1);
  for (const size_t width : widths) total += width;
  while (TheTerminal().out_is_tty && total > TheTerminal().columns) {
    auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kCellColumnsMin) break;
    const size_t cut = std::min(*widest - kCellColumnsMin, total - TheTerminal().columns);
    *widest -= cut;
    total -= cut;
  }
  const auto line = [&](const std::vector<std::string>& cells, Tone tone) {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string cell = Fit(cells[i], widths[i]);
      const std::string pad(widths[i] - std::min(widths[i], DisplayWidth(cell)), ' ');
      out += i > 0 ? "  " : "";
      if (right_[i]) out += pad;
      out += Toned(tone, cell);
      if (!right_[i] && i + 1 < cells.size()) out += pad;
    }
    return out + "\n";
  };
  std::string out = line(columns_, Tone::kStrong);
  for (const auto& row : rows_) out += line(row, Tone::kPlain);
  return out;
}

void JsonObject::Key(std::string_view key) {
  if (!body_.empty()) body_ += ',';
  body_ += JsonQuote(key) + ":";
}
JsonObject& JsonObject::Text(std::string_view key, std::string_view value) {
  Key(key);
  body_ += JsonQuote(value);
  return *this;
}
JsonObject& JsonObject::Number(std::string_view key, int64_t value) {
  Key(key);
  body_ += std::to_string(value);
  return *this;
}
JsonObject& JsonObject::Flag(std::string_view key, bool value) {
  Key(key);
  body_ += value ? "true" : "false";
  return *this;
}
JsonObject& JsonObject::Raw(std::string_view key, std::string_view json) {
  Key(key);
  body_ += json;
  return *this;
}

std::string JsonArrayOf(const std::vector<std::string>& json_values) {
  std::string out = "[";
  for (const std::string& value : json_values) out += (out.size() > 1 ? "," : "") + value;
  return out + "]";
}

std::string FaultJson(const Fault& fault) {
  return JsonObject()
      .Text("code", NameOf(fault.code))
      .Text("column", fault.column)
      .Text("value", fault.value)
      .Text("reason", fault.reason)
      .str();
}

std::string Grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

void Print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) std::_Exit(0);
}
void PrintError(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

Progress::Progress(Clock* clock, std::string label, uint64_t bytes_total, bool quiet)
    : clock_(clock),
      label_(std::move(label)),
      bytes_total_(bytes_total),
      enabled_(!quiet && TheTerminal().err_is_tty),
      start_us_(clock->MonotonicUs()) {}

Progress::~Progress() { Done(); }

void Progress::Update(uint64_t rows, uint64_t bytes) {
  if (!enabled_) return;
  const int64_t now_us = clock_->MonotonicUs();
  const int64_t elapsed_us = now_us - start_us_;
  if (elapsed_us < kQuietUs || now_us - drawn_us_ < kRedrawUs) return;
  drawn_us_ = now_us;
  shown_ = true;
  const double share =
      bytes_total_ == 0
          ? 0
          : std::min(1.0, static_cast<double>(bytes) / static_cast<double>(bytes_total_));
  const auto filled = static_cast<size_t>(share * kBarColumns);
  const double seconds = static_cast<double>(elapsed_us) / 1e6;
  std::string left = "";
  if (share > 0.01) {
    const auto rest = static_cast<int64_t>(seconds * (1 - share) / share);
    left = absl::StrFormat("%d:%02d left", rest / 60, rest % 60);
  }
  PrintError(absl::StrFormat(
      "\r\x1b[K%s [%s%s] %3d %%  %s rows, %s/s  %s", label_, std::string(filled, '#'),
      std::string(kBarColumns - filled, '.'), static_cast<int>(share * 100), Grouped(rows),
      Grouped(static_cast<uint64_t>(static_cast<double>(rows) / seconds)), left));
}

void TakeLibraryLogs() { google::protobuf::SetLogHandler(OnProtobufLog); }

void Progress::Done() {
  if (shown_) PrintError("\r\x1b[K");
  shown_ = false;
}

}  // namespace tombolo::app
