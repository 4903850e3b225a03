// What the values of one column look like.
#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "adapters/engine/date_format.h"
#include "adapters/engine/draft_pack.h"
#include "adapters/engine/money.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr size_t kCodesMax = 30;
constexpr size_t kRowsPerCodeMin = 4;  // on average; fewer, and the values are no classification
// Of so many values one in a hundred may be wrong, and the column is what the others say: the rows
// with the wrong ones wait in quarantine.
constexpr size_t kValuesPerMisfit = 100;
constexpr size_t kRocValuesMin = 20;  // fewer digits alone are no dates of that calendar
constexpr int kYearFirst = 1850, kYearLast = 2150;  // plausible for dates without separators

bool Placeholder(std::string_view value) {
  static const std::set<std::string, std::less<>> kKnown = {"n/a",  "na",   "-",   "--",
                                                            "null", "none", "nil", "无"};
  return kKnown.count(absl::AsciiStrToLower(ToAbsl(value))) > 0;
}

bool AllAre(const std::vector<std::string>& values, bool (*fits)(std::string_view)) {
  return !values.empty() && std::all_of(values.begin(), values.end(), fits);
}

// A number with a leading zero is a name made of digits.
bool Whole(std::string_view value) {
  int64_t number = 0;
  const bool padded = value.size() > 1 && value[0] == '0';
  const bool sign = value[0] == '+';
  return !padded && !sign && absl::SimpleAtoi(ToAbsl(value), &number);
}

bool Plain(std::string_view value) {
  const bool padded = value.size() > 1 && value[0] == '0' && value[1] != '.';
  return !padded && value.find(' ') == std::string_view::npos &&
         ParseDecimal(value, '.').has_value();
}

bool Plausible(const std::vector<std::string>& values, const std::string& pattern) {
  if (pattern == "ROCMMDD" && values.size() < kRocValuesMin) return false;
  const std::optional<DateFormat> format = DateFormat::Compile(pattern);
  return std::all_of(values.begin(), values.end(), [&](const std::string& value) {
    const int year = CivilFromDays(format->Parse(value).value_or(0)).year;
    return year >= kYearFirst && year <= kYearLast;
  });
}

bool Counts(const std::vector<std::string>& values) {
  int64_t before = 0, now = 0;
  for (size_t i = 0; i < values.size(); ++i, before = now) {
    if (!absl::SimpleAtoi(values[i], &now) || (i > 0 && now != before + 1)) return false;
  }
  return values.size() > 1;
}

// A scheme without checks takes too much; only those that compute something count.
std::string SchemeOf(const std::vector<std::string>& values, const record::Profile& profile,
                     size_t* misfits) {
  const size_t misfits_max = values.size() / kValuesPerMisfit;
  for (const std::string& name : profile.SchemeNames()) {
    const v1::IdentifierScheme* const scheme = profile.FindScheme(name);
    if (scheme == nullptr || scheme->checks().empty()) continue;
    *misfits = 0;
    for (size_t i = 0; i < values.size() && *misfits <= misfits_max; ++i) {
      *misfits += profile.CheckIdentifier(name, values[i], std::nullopt).accepted() ? 0 : 1;
    }
    if (*misfits <= misfits_max) return name;
  }
  *misfits = 0;
  return "";
}

// A classification: few values, each often. One value alone classifies nothing, and the next file
// may have another.
bool AreCodes(const std::set<std::string>& distinct, size_t present) {
  return distinct.size() > 1 && distinct.size() <= kCodesMax &&
         distinct.size() * kRowsPerCodeMin <= present &&
         std::all_of(distinct.begin(), distinct.end(), [](const std::string& value) {
           return value.size() <= limits::kDraftCodeBytesMax &&
                  std::none_of(value.begin(), value.end(),
                               [](unsigned char c) { return absl::ascii_iscntrl(c); });
         });
}

}  // namespace

ColumnGuess GuessColumn(const std::vector<std::string>& values, const record::Profile& profile) {
  ColumnGuess guess;
  std::vector<std::string> present;
  std::set<std::string> absents, distinct;
  for (const std::string& raw : values) {
    const std::string value(Trim(raw));
    if (Placeholder(value)) absents.insert(value);
    if (value.empty() || Placeholder(value)) continue;
    present.push_back(value);
    distinct.insert(value);
  }
  guess.absents.assign(absents.begin(), absents.end());
  guess.always = !values.empty() && present.size() == values.size();
  guess.distinct = distinct.size() == present.size();
  guess.never = present.empty();
  if (guess.never) return guess;
  const DateGuess date = GuessDateFormat(present, present.size() / kValuesPerMisfit);
  if (!date.pattern.empty() && Plausible(present, date.pattern)) {
    guess.type = v1::DATE;
    guess.date_format = date.pattern;
    guess.misfits = date.misfits;
    guess.day_or_month_first = date.day_or_month_first;
  } else if (guess.scheme = SchemeOf(present, profile, &guess.misfits); !guess.scheme.empty()) {
    guess.type = v1::IDENTIFIER;
  } else if (AllAre(present, Whole)) {
    guess.type = v1::INTEGER;
    guess.counter = guess.always && Counts(present);
  } else if (AllAre(present, Plain)) {
    guess.type = v1::DECIMAL;
  } else if (AreCodes(distinct, present.size())) {
    guess.type = v1::CODE;
    guess.codes.assign(distinct.begin(), distinct.end());
  }
  return guess;
}

}  // namespace tombolo::engine
