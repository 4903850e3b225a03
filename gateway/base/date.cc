#include "gateway/base/date.h"

#include <cstdio>

namespace tombolo {
namespace {

constexpr int64_t kUsPerDay = int64_t{86400} * 1000000;

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysInMonth(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::optional<int32_t> DaysFromCivil(CivilDate date) {
  if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > DaysInMonth(date.year, date.month)) {
    return std::nullopt;
  }
  const int y = date.month <= 2 ? date.year - 1 : date.year;
  const int era = y / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilDate CivilFromDays(int32_t days) {
  const int64_t z = int64_t{days} + 719468;  // any day number may come in, also from hostile bytes
  const int64_t era = FloorDivide(z, 146097);
  const auto day_of_era = static_cast<int>(z - era * 146097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int mp = (5 * day_of_year + 2) / 153;
  const int month = mp < 10 ? mp + 3 : mp - 9;
  const auto year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
  return {year, month, day_of_year - (153 * mp + 2) / 5 + 1};
}

std::optional<int32_t> ParseIsoDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[3] = {0, 0, 0};
  int part = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  return DaysFromCivil({parts[0], parts[1], parts[2]});
}

std::string FormatIsoDate(int32_t days) {
  const CivilDate d = CivilFromDays(days);
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02d-%02d", d.year, d.month, d.day);
  return out;
}

int32_t AddMonths(int32_t days, int months) {
  CivilDate d = CivilFromDays(days);
  const int64_t total = int64_t{d.year} * 12 + (d.month - 1) + months;
  if (total >= 10000 * 12) return *DaysFromCivil({9999, 12, 31});
  if (total < 12) return *DaysFromCivil({1, 1, 1});
  d.year = static_cast<int>(total / 12);
  d.month = static_cast<int>(total % 12) + 1;
  if (d.day > DaysInMonth(d.year, d.month)) d.day = DaysInMonth(d.year, d.month);
  return *DaysFromCivil(d);
}

int32_t DaysFromUs(int64_t time_us) {
  return static_cast<int32_t>(FloorDivide(time_us, kUsPerDay));
}

std::string FormatInstant(int64_t time_us) {
  const int64_t rest = time_us % kUsPerDay;
  const int64_t in_day = rest < 0 ? rest + kUsPerDay : rest;
  const int64_t s = in_day / 1000000;
  char out[48];
  std::snprintf(out, sizeof out, "T%02d:%02d:%02d.%06dZ", static_cast<int>(s / 3600),
                static_cast<int>(s / 60 % 60), static_cast<int>(s % 60),
                static_cast<int>(in_day % 1000000));
  return FormatIsoDate(DaysFromUs(time_us)) + out;
}

}  // namespace tombolo
