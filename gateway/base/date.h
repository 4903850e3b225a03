// Civil dates of the proleptic Gregorian calendar as days since 1970-01-01.
//
// Algorithm: days_from_civil / civil_from_days, the usual era arithmetic over 400-year cycles.
// Ownership: plain values. Thread-safety: pure. Errors: std::nullopt for dates that do not exist.
#ifndef TOMBOLO_GATEWAY_BASE_DATE_H_
#define TOMBOLO_GATEWAY_BASE_DATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tombolo {

struct CivilDate {
  int year = 0;   // 1 to 9999
  int month = 0;  // 1 to 12
  int day = 0;    // 1 to 31
  bool operator==(const CivilDate&) const = default;
};

// std::nullopt if the date does not exist or the year is outside 1 to 9999.
std::optional<int32_t> DaysFromCivil(CivilDate date);
CivilDate CivilFromDays(int32_t days);

// Exactly "YYYY-MM-DD". A day outside the years 1 to 9999 is written with the digits that it has.
std::optional<int32_t> ParseIsoDate(std::string_view text);
std::string FormatIsoDate(int32_t days);

// `days` plus months, the day clamped to the month's end as ISO 8601 durations (P3M, P1Y) are read,
// the result clamped to the years 1 to 9999.
int32_t AddMonths(int32_t days, int months);

// Days and "YYYY-MM-DDTHH:MM:SS.ffffffZ" of an instant in microseconds since 1970, UTC.
int32_t DaysFromUs(int64_t time_us);
std::string FormatInstant(int64_t time_us);

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_DATE_H_
