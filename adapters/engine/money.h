// Decimal numbers and money in exact arithmetic.
//
// A number is at most 30 digits and a scale; money is a whole number of the currency's minor unit
// (ISO 4217), and what does not come out whole is refused, never rounded.
// Ownership: plain values. Thread-safety: pure. Errors: NUMBER_INVALID and AMOUNT_INVALID as faults
// in `reason`.
#ifndef TOMBOLO_ADAPTERS_ENGINE_MONEY_H_
#define TOMBOLO_ADAPTERS_ENGINE_MONEY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tombolo::engine {

// digits * 10^-scale, signed.
struct Decimal {
  __int128 digits = 0;
  int scale = 0;
};

// "1,234.50", "-7": with `sign` '.' the grouping is ',' and the other way round; blanks and NBSP
// also group. Groups have three digits. std::nullopt if `text` is anything else.
std::optional<Decimal> ParseDecimal(std::string_view text, char sign);
// -?digits[.digits] without trailing zeros.
std::string FormatDecimal(Decimal value);

// Digits after the point of the currency's minor unit; std::nullopt for what is no currency code of
// ISO 4217 (list of 2024, without funds and metals).
std::optional<int> MinorDigits(std::string_view currency);

// One unit of money: "万元" is 10000 CNY.
struct MoneyUnit {
  Decimal factor;
  std::string currency;
};

// The number in a text and what stands before and after it, brackets and blanks taken off:
// "50(万美元)" is 50 and 万美元, "$ 12.5" is 12.5 and $.
struct NumberAndUnit {
  std::string number;
  std::string unit;
};
std::optional<NumberAndUnit> SplitUnit(std::string_view text);

// `value` times the unit, in minor units. std::nullopt and a reason if it is negative, does not
// come out whole or does not fit.
std::optional<int64_t> ToMinorUnits(Decimal value, const MoneyUnit& unit, std::string* reason);

// Full-width digits, point, comma, minus and brackets of `text` as ASCII; the rest as it is.
std::string FoldFullWidth(std::string_view text);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_MONEY_H_
