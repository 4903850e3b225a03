// Dates in the formats that files have, by a pattern such as "D.M.YYYY" or "YYYY年M月D日".
//
// Tokens: YYYY four digits; MM, DD exactly two; M, D one or two; MON an English month name or its
// first three letters; ROC a year of the Republic of China calendar, one to three digits (1 =
// 1912);
// `*` at the end: whatever follows. Everything else stands for itself. The whole pattern "excel"
// means a serial number of the 1900 date system (ECMA-376 part 1, section 18.17.4.1).
// Other eras are further tokens.
// Ownership: plain values. Thread-safety: immutable. Errors: std::nullopt.
#ifndef TOMBOLO_ADAPTERS_ENGINE_DATE_FORMAT_H_
#define TOMBOLO_ADAPTERS_ENGINE_DATE_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tombolo::engine {

class DateFormat {
 public:
  // std::nullopt for a pattern without a day, month and year, or with one of them twice.
  static std::optional<DateFormat> Compile(std::string_view pattern);
  // Days since 1970-01-01 if all of `text` matches and the date exists.
  std::optional<int32_t> Parse(std::string_view text) const;

 private:
  enum class Token : uint8_t { kYear4, kYearRoc, kMonth2, kMonth, kMonthName, kDay2, kDay, kText };
  struct Part {
    Token token = Token::kText;
    std::string text;
  };
  struct Found;
  bool Match(size_t part, std::string_view text, Found* found) const;
  bool MatchNumber(size_t part, std::string_view text, size_t digits, int* out, Found* found) const;

  std::vector<Part> parts_;
  bool any_rest_ = false;
  bool excel_ = false;
};

// The common pattern that fits most texts, the first among equals; "" if every one leaves more than
// `misfits_max` of them. For drafting packs.
struct DateGuess {
  std::string pattern;
  size_t misfits = 0;
  bool day_or_month_first = false;  // both fit as well: somebody must say which it is
};
DateGuess GuessDateFormat(const std::vector<std::string>& texts, size_t misfits_max);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_DATE_FORMAT_H_
