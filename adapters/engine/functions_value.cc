// Functions that make typed values: dates, amounts, numbers.
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/date_format.h"
#include "adapters/engine/functions.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr std::string_view kIsoPattern = "YYYY-MM-DD";
constexpr int64_t kDaysShiftMax = 4000000;   // more than all days of the calendar
constexpr int64_t kMonthsShiftMax = 120000;  // more than all months of it

bool HasWide(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return true;
  }
  return false;
}

// Full-width digits count as digits.
std::string_view Folded(std::string_view text, std::string* keep) {
  if (!HasWide(text)) return text;
  *keep = FoldFullWidth(text);
  return *keep;
}

// As FormatIsoDate, which goes through printf; this is called for every row.
void ReturnDate(const Call& call, int32_t days) {
  const CivilDate date = CivilFromDays(days);
  char out[] = "0000-00-00";
  int year = date.year;
  for (char* place = out + 3; place >= out; --place, year /= 10) {
    *place = static_cast<char>('0' + year % 10);
  }
  out[5] = static_cast<char>('0' + date.month / 10);
  out[6] = static_cast<char>('0' + date.month % 10);
  out[8] = static_cast<char>('0' + date.day / 10);
  out[9] = static_cast<char>('0' + date.day % 10);
  call.ReturnText(std::string_view(out, kIsoPattern.size()));
}

// iso_date(text): a date as YYYY-MM-DD and nothing else.
void IsoDate(const Call& call) {
  const std::string_view text = Trim(call.Text(0));
  if (text.empty()) return call.ReturnNull();
  if (!ParseIsoDate(text).has_value()) {
    return call.ReturnPoison(Code::DATE_INVALID, text, "not a date of the form YYYY-MM-DD");
  }
  if (text.size() == call.Text(0).size()) return call.ReturnValue(0);
  call.ReturnText(text);
}

// The format of argument `i`, compiled once for a statement.
const DateFormat* FormatOf(const Call& call, int i, std::optional<DateFormat>* own) {
  if (const auto* const kept = call.Kept<DateFormat>(i); kept != nullptr) return kept;
  *own = DateFormat::Compile(call.Text(i));
  if (!own->has_value()) return nullptr;
  call.Keep(i, new DateFormat(**own));
  return &**own;
}

// parse_date(text, format, ...): the first format that fits.
void ParseDate(const Call& call) {
  if (call.count() == 1) return IsoDate(call);
  std::string keep;
  const std::string_view text = Folded(Trim(call.Text(0)), &keep);
  for (int i = 1; i < call.count(); ++i) {
    std::optional<DateFormat> own;
    const DateFormat* const format = FormatOf(call, i, &own);
    if (format == nullptr) {
      return call.Fail(absl::StrCat("parse_date(): '", ToAbsl(call.Text(i)),
                                    "' is no date format; it needs a year, a month and a day"));
    }
    const std::optional<int32_t> days = text.empty() ? std::nullopt : format->Parse(text);
    if (days.has_value()) return ReturnDate(call, *days);
  }
  if (text.empty()) return call.ReturnNull();
  std::string reason = "not a date of the form";
  for (int i = 1; i < call.count(); ++i) {
    absl::StrAppend(&reason, i == 1 ? " " : " or ", ToAbsl(call.Text(i)));
  }
  call.ReturnPoison(Code::DATE_INVALID, call.Text(0), reason);
}

// add_days(date, n) and add_months(date, n); months end at the month's last day.
template <bool kMonths>
void AddToDate(const Call& call) {
  const std::string_view text = Trim(call.Text(0));
  if (text.empty() || call.IsNull(1)) return call.ReturnNull();
  const std::optional<int32_t> days = ParseIsoDate(text);
  const int64_t shift = call.Integer(1);
  const int64_t bound = kMonths ? kMonthsShiftMax : kDaysShiftMax;
  if (!days.has_value() || shift < -bound || shift > bound) {
    return call.ReturnPoison(Code::DATE_INVALID, text, "not a date of the form YYYY-MM-DD");
  }
  static const int64_t kFirst = *DaysFromCivil({1, 1, 1}), kLast = *DaysFromCivil({9999, 12, 31});
  if (kMonths) {
    const CivilDate date = CivilFromDays(*days);
    const int64_t month = int64_t{date.year} * 12 + date.month - 1 + shift;
    if (month >= 12 && month < int64_t{10000} * 12) {
      return ReturnDate(call, AddMonths(*days, static_cast<int>(shift)));
    }
  } else if (*days + shift >= kFirst && *days + shift <= kLast) {
    return ReturnDate(call, static_cast<int32_t>(*days + shift));
  }
  call.ReturnPoison(Code::DATE_INVALID, text, "the date would leave the years 1 to 9999");
}

// '.' or ',' from an optional argument; 0 if it is neither.
char SignOf(const Call& call, int i) {
  if (call.count() <= i) return '.';
  const std::string_view sign = call.Text(i);
  return sign == "." || sign == "," ? sign[0] : '\0';
}

// number(text [, decimal sign]): a plain decimal.
void Number(const Call& call) {
  const char sign = SignOf(call, 1);
  if (sign == '\0') return call.Fail("number(text, sign): the decimal sign is '.' or ','");
  std::string keep;
  const std::string_view text = Trim(Folded(call.Text(0), &keep));
  if (text.empty()) return call.ReturnNull();
  const std::optional<Decimal> value = ParseDecimal(text, sign);
  if (!value.has_value()) {
    return call.ReturnPoison(
        Code::NUMBER_INVALID, call.Text(0),
        absl::StrCat("not a number with the decimal sign '", std::string(1, sign), "'"));
  }
  call.ReturnText(FormatDecimal(*value));
}

// integer(text): a whole number of 64 bits; thousands may be grouped by commas.
void Integer(const Call& call) {
  std::string keep;
  const std::string_view text = Trim(Folded(call.Text(0), &keep));
  if (text.empty()) return call.ReturnNull();
  const std::optional<Decimal> value = ParseDecimal(text, '.');
  int64_t whole = 0;
  if (!value.has_value() || !absl::SimpleAtoi(FormatDecimal(*value), &whole)) {
    return call.ReturnPoison(Code::NUMBER_INVALID, call.Text(0), "not a whole number");
  }
  call.ReturnInteger(whole);
}

// "CNY" or "CNY:10000", that is currency and factor.
std::optional<MoneyUnit> UnitOf(std::string_view text) {
  const size_t colon = text.find(':');
  MoneyUnit unit{{1, 0}, std::string(text.substr(0, colon))};
  if (!MinorDigits(unit.currency).has_value()) return std::nullopt;
  if (colon == std::string_view::npos) return unit;
  const std::optional<Decimal> factor = ParseDecimal(text.substr(colon + 1), '.');
  if (!factor.has_value() || factor->digits <= 0) return std::nullopt;
  unit.factor = *factor;
  return unit;
}

// Where amount() takes the units from: a list of the pack, or one unit for all.
struct UnitSource {
  const CodeList* list = nullptr;
  std::optional<MoneyUnit> fixed;
};

const UnitSource* UnitsOf(const Call& call, UnitSource* own) {
  if (const auto* const kept = call.Kept<UnitSource>(1); kept != nullptr) return kept;
  const auto list = call.context().lists->find(call.Text(1));
  if (list != call.context().lists->end() && list->second.is_units()) {
    own->list = &list->second;
  } else {
    own->fixed = UnitOf(call.Text(1));
    if (!own->fixed.has_value()) return nullptr;
  }
  call.Keep(1, new UnitSource(*own));
  return own;
}

// amount(text [, units [, decimal sign]]): 'CUR:minor units'.
void Amount(const Call& call) {
  const char sign = SignOf(call, 2);
  if (sign == '\0') return call.Fail("amount(text, units, sign): the decimal sign is '.' or ','");
  UnitSource own;
  const UnitSource* const units = call.count() > 1 ? UnitsOf(call, &own) : &own;
  if (units == nullptr) {
    return call.Fail(absl::StrCat("amount(): '", ToAbsl(call.Text(1)),
                                  "' is no unit list of the pack, no currency (CNY) and no "
                                  "currency with a factor (CNY:10000)"));
  }
  std::string keep;
  const std::string_view text = Trim(Folded(call.Text(0), &keep));
  if (text.empty()) return call.ReturnNull();
  const auto refuse = [&](std::string_view reason) {
    call.ReturnPoison(Code::AMOUNT_INVALID, call.Text(0), reason);
  };
  const std::optional<NumberAndUnit> split = SplitUnit(text);
  const std::optional<Decimal> value =
      split.has_value() ? ParseDecimal(split->number, sign) : std::nullopt;
  if (!value.has_value()) return refuse("not a number with a unit");
  std::optional<MoneyUnit> unit = units->fixed;
  if (units->list != nullptr) {
    const MoneyUnit* const found = units->list->FindUnit(split->unit);
    if (found != nullptr) unit = *found;
  } else if (!unit.has_value()) {
    unit = UnitOf(split->unit);
  } else if (!split->unit.empty() && split->unit != unit->currency) {
    return refuse(absl::StrCat("'", split->unit, "' is not ", unit->currency));
  }
  if (!unit.has_value()) return refuse(absl::StrCat("unknown unit '", split->unit, "'"));
  std::string reason;
  const std::optional<int64_t> minor = ToMinorUnits(*value, *unit, &reason);
  if (!minor.has_value()) return refuse(reason);
  call.ReturnText(absl::StrCat(unit->currency, ":", *minor));
}

constexpr FunctionSpec kSpecs[] = {
    {"iso_date", 1, 1, IsoDate},
    {"parse_date", 1, kAnyCount, ParseDate},
    {"add_days", 2, 2, AddToDate<false>},
    {"add_months", 2, 2, AddToDate<true>},
    {"number", 1, 2, Number},
    {"decimal", 1, 2, Number},
    {"integer", 1, 1, Integer},
    {"amount", 1, 3, Amount},
};

}  // namespace

void AddValueFunctions(sqlite3* db, FunctionContext* context) {
  AddScalars(db, kSpecs, std::size(kSpecs), context);
}

}  // namespace tombolo::engine
