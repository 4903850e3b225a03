#include "adapters/engine/money.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr int kDigitsMax = 30;
constexpr size_t kGroupDigits = 3;
constexpr int8_t kUsualMinorDigits = 2;
constexpr size_t kCurrencyLetters = 3;

constexpr std::string_view kNoMinor =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kFourDigits = "CLF UYW";
constexpr std::string_view kTwoDigits =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWL";

bool Digit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// The length of a grouping mark at the start of `text`, 0 if none.
size_t GroupMark(std::string_view text, char sign) {
  if (text.empty()) return 0;
  if (text[0] == (sign == '.' ? ',' : '.') || text[0] == ' ') return 1;
  for (const std::string_view blank : {"\u00a0", "\u202f", "\u2009"}) {
    if (text.substr(0, blank.size()) == blank) return blank.size();
  }
  return 0;
}

bool Append(char digit, int* used, Decimal* out) {
  if (*used > 0 || digit != '0') ++*used;
  if (*used > kDigitsMax) return false;
  out->digits = out->digits * 10 + (digit - '0');
  return true;
}

constexpr size_t kLetters = 26;

bool CapitalLetters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

size_t PlaceOf(std::string_view currency) {
  size_t place = 0;
  for (const char c : currency) place = place * kLetters + static_cast<size_t>(c - 'A');
  return place;
}

// Digits of the minor unit by currency; kUnknown for codes that no currency has.
constexpr int8_t kUnknown = -1;
using MinorTable = std::array<int8_t, kLetters * kLetters * kLetters>;

MinorTable MakeMinorTable() {
  MinorTable table;
  table.fill(kUnknown);
  const auto add = [&](std::string_view list, int8_t digits) {
    for (const auto code : absl::StrSplit(ToAbsl(list), ' ', absl::SkipEmpty())) {
      table[PlaceOf(ToStd(code))] = digits;
    }
  };
  add(kTwoDigits, kUsualMinorDigits);
  add(kNoMinor, 0);
  add(kThreeDigits, 3);
  add(kFourDigits, 4);
  return table;
}

}  // namespace

std::optional<Decimal> ParseDecimal(std::string_view text, char sign) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  Decimal out;
  int used = 0;
  size_t run = 0;  // digits since the last grouping mark
  bool grouped = false;
  while (!text.empty() && text[0] != sign) {
    if (Digit(text[0])) {
      if (!Append(text[0], &used, &out)) return std::nullopt;
      ++run;
      text.remove_prefix(1);
      continue;
    }
    const size_t mark = GroupMark(text, sign);
    const bool fits = grouped ? run == kGroupDigits : run >= 1 && run <= kGroupDigits;
    if (mark == 0 || !fits) return std::nullopt;
    grouped = true;
    run = 0;
    text.remove_prefix(mark);
  }
  if (run == 0 || (grouped && run != kGroupDigits)) return std::nullopt;
  if (!text.empty()) {
    text.remove_prefix(1);
    if (text.empty() || !std::all_of(text.begin(), text.end(), Digit)) return std::nullopt;
    while (!text.empty() && text.back() == '0') text.remove_suffix(1);
    for (const char c : text) {
      if (out.scale == kDigitsMax || !Append(c, &used, &out)) return std::nullopt;
      ++out.scale;
    }
  }
  if (negative) out.digits = -out.digits;
  return out;
}

std::string FormatDecimal(Decimal value) {
  const bool negative = value.digits < 0;
  // The magnitude has at most 30 digits, so it can be negated.
  __int128 rest = negative ? -value.digits : value.digits;
  while (value.scale > 0 && rest % 10 == 0) {
    rest /= 10;
    --value.scale;
  }
  std::string out;
  for (int place = 0; rest != 0 || place <= value.scale; ++place) {
    if (place == value.scale && place > 0) out.push_back('.');
    out.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (negative) out.push_back('-');
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<int> MinorDigits(std::string_view currency) {
  static const MinorTable kTable = MakeMinorTable();
  if (currency.size() != kCurrencyLetters || !CapitalLetters(currency)) return std::nullopt;
  const int8_t digits = kTable[PlaceOf(currency)];
  return digits == kUnknown ? std::nullopt : std::optional<int>(digits);
}

std::optional<NumberAndUnit> SplitUnit(std::string_view text) {
  const auto bare = [](std::string_view part) {
    part = Trim(part);
    if (part.size() >= 2 && part.front() == '(' && part.back() == ')') {
      part = Trim(part.substr(1, part.size() - 2));
    }
    return part;
  };
  text = Trim(text);
  const auto first = std::find_if(text.begin(), text.end(), Digit);
  if (first == text.end()) return std::nullopt;
  size_t begin = first - text.begin();
  // A sign belongs to the number whether it stands right before it or before the unit: -$5, $-5.
  bool negative = false;
  std::string_view before = Trim(text.substr(0, begin));
  if (!before.empty() && (before.front() == '-' || before.back() == '-')) {
    negative = true;
    before = before.front() == '-' ? before.substr(1) : before.substr(0, before.size() - 1);
  }
  size_t end = begin;
  for (size_t i = begin; i < text.size();) {
    if (Digit(text[i])) {
      end = ++i;
      continue;
    }
    size_t mark = GroupMark(text.substr(i), '.');
    if (mark == 0) mark = GroupMark(text.substr(i), ',');
    if (mark == 0 || i + mark >= text.size() || !Digit(text[i + mark])) break;
    i += mark;
  }
  NumberAndUnit out;
  out.number = absl::StrCat(negative ? "-" : "", ToAbsl(text.substr(begin, end - begin)));
  out.unit = absl::StrCat(ToAbsl(bare(before)), ToAbsl(bare(text.substr(end))));
  return out;
}

std::optional<int64_t> ToMinorUnits(Decimal value, const MoneyUnit& unit, std::string* reason) {
  if (value.digits < 0) {
    *reason = "an amount cannot be negative";
    return std::nullopt;
  }
  const std::optional<int> minor = MinorDigits(unit.currency);
  if (!minor.has_value()) {
    *reason = absl::StrCat("'", unit.currency, "' is no currency code of ISO 4217");
    return std::nullopt;
  }
  __int128 product = 0;
  bool overflow = __builtin_mul_overflow(value.digits, unit.factor.digits, &product);
  int scale = value.scale + unit.factor.scale - *minor;
  for (; scale < 0 && !overflow; ++scale) {
    overflow = __builtin_mul_overflow(product, static_cast<__int128>(10), &product);
  }
  for (; scale > 0 && !overflow && product != 0; --scale) {
    if (product % 10 != 0) {
      *reason = absl::StrCat("more decimals than ", unit.currency, " has (", *minor,
                             "); amounts are never rounded");
      return std::nullopt;
    }
    product /= 10;
  }
  if (overflow || product > std::numeric_limits<int64_t>::max()) {
    *reason = "the amount is too large";
    return std::nullopt;
  }
  return static_cast<int64_t>(product);
}

std::string FoldFullWidth(std::string_view text) {
  constexpr std::string_view kLead1 = "\xef\xbc";  // U+FF01 to U+FF3F
  constexpr std::string_view kLead2 = "\xef\xbd";  // U+FF40 to U+FF5E
  constexpr unsigned char kLead1First = 0x81, kLead1Last = 0xbf;
  constexpr unsigned char kLead2First = 0x80, kLead2Last = 0x9e;
  constexpr std::string_view kIdeographicSpace = "\u3000";
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const std::string_view lead = text.substr(i, 2);
    const auto last = static_cast<unsigned char>(i + 2 < text.size() ? text[i + 2] : 0);
    if (lead == kLead1 && last >= kLead1First && last <= kLead1Last) {
      out.push_back(static_cast<char>('!' + (last - kLead1First)));
      i += 3;
    } else if (lead == kLead2 && last >= kLead2First && last <= kLead2Last) {
      out.push_back(static_cast<char>('`' + (last - kLead2First)));
      i += 3;
    } else if (text.substr(i, kIdeographicSpace.size()) == kIdeographicSpace) {
      out.push_back(' ');
      i += kIdeographicSpace.size();
    } else {
      out.push_back(text[i++]);
    }
  }
  return out;
}

}  // namespace tombolo::engine
