#include "gateway/base/date.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace tombolo {
namespace {

int DaysInMonth(int year, int month) {  // literal, by the almanac
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

TEST(Date, EveryDayFromYear1To9999FollowsTheOneBefore) {
  int32_t days = *DaysFromCivil({1, 1, 1});
  for (int year = 1; year <= 9999; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= DaysInMonth(year, month); ++day, ++days) {
        const CivilDate date{year, month, day};
        if (DaysFromCivil(date) != days || !(CivilFromDays(days) == date)) {
          FAIL() << year << "-" << month << "-" << day << " is not " << days;
        }
      }
    }
  }
  EXPECT_EQ(days - 1, *DaysFromCivil({9999, 12, 31}));
  EXPECT_EQ(*DaysFromCivil({1970, 1, 1}), 0);
}

TEST(Date, DatesThatDoNotExist) {
  for (const CivilDate date :
       {CivilDate{2021, 2, 29}, CivilDate{1900, 2, 29}, CivilDate{2000, 2, 30},
        CivilDate{2021, 4, 31}, CivilDate{2021, 0, 1}, CivilDate{2021, 13, 1},
        CivilDate{2021, 1, 0}, CivilDate{2021, 1, 32}, CivilDate{0, 1, 1}, CivilDate{10000, 1, 1},
        CivilDate{-1, 1, 1}, CivilDate{2021, -1, 1}}) {
    EXPECT_EQ(DaysFromCivil(date), std::nullopt) << FormatIsoDate(0) << date.year << date.month;
  }
}

TEST(Date, IsoTextIsStrict) {
  EXPECT_EQ(ParseIsoDate("1970-01-02"), 1);
  EXPECT_EQ(ParseIsoDate("2000-02-29"), 11016);
  for (const char* text : {"", "1970-1-02", "1970-01-2", "1970/01/02", "70-01-02", "1970-01-02 ",
                           " 970-01-02", "1970-01-0a", "+970-01-02", "1970-02-29", "0000-01-01",
                           "1970-01-02T00:00:00Z", "19700102", "1970-00-01", "１970-01-0"}) {
    EXPECT_EQ(ParseIsoDate(text), std::nullopt) << text;
  }
  EXPECT_EQ(FormatIsoDate(-1), "1969-12-31");
  EXPECT_EQ(FormatIsoDate(*DaysFromCivil({1, 2, 3})), "0001-02-03");
}

TEST(Date, AnyDayNumberHasAText) {
  EXPECT_EQ(FormatIsoDate(std::numeric_limits<int32_t>::max()), "5881580-07-11");
  EXPECT_EQ(FormatIsoDate(std::numeric_limits<int32_t>::min()), "-5877641-06-23");
}

int32_t Day(const char* iso) { return ParseIsoDate(iso).value(); }

TEST(Date, MonthsAreClampedToTheMonthsEnd) {
  EXPECT_EQ(AddMonths(Day("2021-01-31"), 1), Day("2021-02-28"));
  EXPECT_EQ(AddMonths(Day("2020-01-31"), 1), Day("2020-02-29"));
  EXPECT_EQ(AddMonths(Day("2020-02-29"), 12), Day("2021-02-28"));
  EXPECT_EQ(AddMonths(Day("2020-02-29"), 48), Day("2024-02-29"));
  EXPECT_EQ(AddMonths(Day("2021-11-30"), 3), Day("2022-02-28"));
  EXPECT_EQ(AddMonths(Day("2021-12-15"), 1), Day("2022-01-15"));
  EXPECT_EQ(AddMonths(Day("2021-01-15"), -1), Day("2020-12-15"));
  EXPECT_EQ(AddMonths(Day("2021-01-15"), 0), Day("2021-01-15"));
}

TEST(Date, MonthsStayWithinTheCalendar) {
  const int big = std::numeric_limits<int>::max();
  EXPECT_EQ(AddMonths(Day("9999-12-01"), 1), Day("9999-12-31"));
  EXPECT_EQ(AddMonths(Day("9999-11-30"), 1), Day("9999-12-30"));
  EXPECT_EQ(AddMonths(Day("0001-01-15"), -1), Day("0001-01-01"));
  EXPECT_EQ(AddMonths(Day("2021-01-01"), big), Day("9999-12-31"));
  EXPECT_EQ(AddMonths(Day("2021-01-01"), -big), Day("0001-01-01"));
  EXPECT_EQ(AddMonths(std::numeric_limits<int32_t>::max(), 1), Day("9999-12-31"));
  EXPECT_EQ(AddMonths(std::numeric_limits<int32_t>::min(), -1), Day("0001-01-01"));
}

TEST(Date, InstantsBeforeAndAfter1970) {
  EXPECT_EQ(FormatInstant(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatInstant(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(FormatInstant(int64_t{1709294400} * 1000000 + 5), "2024-03-01T12:00:00.000005Z");
  EXPECT_EQ(DaysFromUs(-1), -1);
  EXPECT_EQ(DaysFromUs(0), 0);
  EXPECT_EQ(DaysFromUs(int64_t{86400} * 1000000 - 1), 0);
  EXPECT_EQ(DaysFromUs(int64_t{86400} * 1000000), 1);
  EXPECT_EQ(FormatInstant(std::numeric_limits<int64_t>::max()), "294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(FormatInstant(std::numeric_limits<int64_t>::min()), "-290308-12-21T19:59:05.224192Z");
}

}  // namespace
}  // namespace tombolo
