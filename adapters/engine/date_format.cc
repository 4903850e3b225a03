#include "adapters/engine/date_format.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr int kRocYearZero = 1911;
// Serial 60 is 1900-02-29, a day that never was; from 61 on the offset to 1970 is constant.
constexpr int32_t kExcelOffset = 25569;
constexpr int32_t kExcelFalseLeapDay = 60;
constexpr int32_t kExcelSerialMax = 2958465;  // 9999-12-31
constexpr size_t kExcelDigitsMax = 7;

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr size_t kMonthShort = 3;

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

std::optional<int32_t> ParseExcel(std::string_view text) {
  const size_t point = text.find('.');  // the fraction is the time of day
  if (point != std::string_view::npos && !AllDigits(text.substr(point + 1))) return std::nullopt;
  text = text.substr(0, point);
  if (!AllDigits(text) || text.size() > kExcelDigitsMax) return std::nullopt;
  int32_t serial = 0;
  for (const char c : text) serial = serial * 10 + (c - '0');
  if (serial < 1 || serial == kExcelFalseLeapDay || serial > kExcelSerialMax) return std::nullopt;
  return serial - kExcelOffset + (serial < kExcelFalseLeapDay ? 1 : 0);
}

}  // namespace

struct DateFormat::Found {
  CivilDate date;
  std::optional<int32_t> days;
};

std::optional<DateFormat> DateFormat::Compile(std::string_view pattern) {
  DateFormat format;
  if (pattern == "excel") {
    format.excel_ = true;
    return format;
  }
  if (!pattern.empty() && pattern.back() == '*') {
    format.any_rest_ = true;
    pattern.remove_suffix(1);
  }
  static constexpr std::pair<std::string_view, Token> kTokens[] = {
      {"YYYY", Token::kYear4}, {"ROC", Token::kYearRoc}, {"MON", Token::kMonthName},
      {"MM", Token::kMonth2},  {"M", Token::kMonth},     {"DD", Token::kDay2},
      {"D", Token::kDay}};
  int years = 0, months = 0, days = 0;
  while (!pattern.empty()) {
    const auto* const token = std::find_if(
        std::begin(kTokens), std::end(kTokens),
        [&](const auto& t) { return absl::StartsWith(ToAbsl(pattern), ToAbsl(t.first)); });
    if (token == std::end(kTokens)) {
      if (format.parts_.empty() || format.parts_.back().token != Token::kText) {
        format.parts_.push_back({});
      }
      format.parts_.back().text.push_back(pattern.front());
      pattern.remove_prefix(1);
      continue;
    }
    years += token->second <= Token::kYearRoc ? 1 : 0;
    months += token->second >= Token::kMonth2 && token->second <= Token::kMonthName ? 1 : 0;
    days += token->second >= Token::kDay2 ? 1 : 0;
    format.parts_.push_back({token->second, ""});
    pattern.remove_prefix(token->first.size());
  }
  if (years != 1 || months != 1 || days != 1) return std::nullopt;
  return format;
}

bool DateFormat::MatchNumber(size_t part, std::string_view text, size_t digits, int* out,
                             Found* found) const {
  if (text.size() < digits || !AllDigits(text.substr(0, digits))) return false;
  *out = 0;
  for (size_t i = 0; i < digits; ++i) *out = *out * 10 + (text[i] - '0');
  return Match(part + 1, text.substr(digits), found);
}

// Tries the longest number first and steps back; at most two tokens vary, so this stays small.
bool DateFormat::Match(size_t part, std::string_view text, Found* found) const {
  if (part == parts_.size()) {
    if (!text.empty() && !any_rest_) return false;
    found->days = DaysFromCivil(found->date);
    return found->days.has_value();
  }
  CivilDate* const date = &found->date;
  switch (parts_[part].token) {
    case Token::kText:
      return absl::StartsWith(ToAbsl(text), parts_[part].text) &&
             Match(part + 1, text.substr(parts_[part].text.size()), found);
    case Token::kYear4:
      return MatchNumber(part, text, 4, &date->year, found);
    case Token::kMonth2:
      return MatchNumber(part, text, 2, &date->month, found);
    case Token::kDay2:
      return MatchNumber(part, text, 2, &date->day, found);
    case Token::kMonth:
      return MatchNumber(part, text, 2, &date->month, found) ||
             MatchNumber(part, text, 1, &date->month, found);
    case Token::kDay:
      return MatchNumber(part, text, 2, &date->day, found) ||
             MatchNumber(part, text, 1, &date->day, found);
    case Token::kYearRoc:
      for (size_t digits = 3; digits >= 1; --digits) {
        int year = 0;
        if (text.size() < digits || !AllDigits(text.substr(0, digits))) continue;
        for (size_t i = 0; i < digits; ++i) year = year * 10 + (text[i] - '0');
        if (year == 0) continue;
        date->year = year + kRocYearZero;
        if (Match(part + 1, text.substr(digits), found)) return true;
      }
      return false;
    case Token::kMonthName:
      for (size_t month = 0; month < kMonths.size(); ++month) {
        for (const size_t size : {kMonths[month].size(), kMonthShort}) {
          const std::string_view name = kMonths[month].substr(0, size);
          if (!absl::StartsWithIgnoreCase(ToAbsl(text), ToAbsl(name))) continue;
          date->month = static_cast<int>(month) + 1;
          if (Match(part + 1, text.substr(size), found)) return true;
        }
      }
      return false;
  }
  return false;
}

std::optional<int32_t> DateFormat::Parse(std::string_view text) const {
  if (excel_) return ParseExcel(text);
  Found found;
  return Match(0, text, &found) ? found.days : std::nullopt;
}

DateGuess GuessDateFormat(const std::vector<std::string>& texts, size_t misfits_max) {
  static constexpr std::string_view kKnown[] = {
      "YYYY-MM-DD",  "YYYYMMDD", "YYYY/M/D",    "YYYY-M-D", "YYYY.M.D",   "YYYY年M月D日",
      "D.M.YYYY",    "D/M/YYYY", "M/D/YYYY",    "D-M-YYYY", "D-MON-YYYY", "D MON YYYY",
      "YYYY-MM-DD*", "ROC/M/D",  "ROC年M月D日", "ROCMMDD"};
  DateGuess best;
  best.misfits = misfits_max + 1;
  if (texts.empty()) return {};
  for (const std::string_view pattern : kKnown) {
    const std::optional<DateFormat> format = DateFormat::Compile(pattern);
    if (!format.has_value()) continue;
    size_t misfits = 0;
    for (size_t i = 0; i < texts.size() && misfits <= best.misfits; ++i) {
      misfits += format->Parse(Trim(texts[i])).has_value() ? 0 : 1;
    }
    if (pattern == "M/D/YYYY" && best.pattern == "D/M/YYYY" && misfits == best.misfits) {
      best.day_or_month_first = true;
    }
    if (misfits < best.misfits) best = {std::string(pattern), misfits, false};
  }
  return best.pattern.empty() ? DateGuess() : best;
}

}  // namespace tombolo::engine
