#include "gateway/record/scheme_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"
#include "gateway/record/scheme.h"

namespace tombolo::record {

using families::Date;
using families::Inner;
using families::kNoValue;
using families::Luhn;
using families::Mod97;
using families::Place;
using families::Prefix;
using families::WeightedSum;

namespace {

constexpr size_t kDateBytes = 8;  // YYYYMMDD

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Status Refuse(absl::string_view why) { return MakeError(Code::CONFIG_VALUE, ToStd(why)); }

// `length` bytes from `offset` lie inside what the pattern guarantees.
bool Fits(uint64_t offset, uint64_t length, size_t length_min) {
  return length > 0 && offset + length <= length_min;
}

bool PassesMod97(std::string_view normal) {
  if (normal.size() < 3) return false;
  const std::string_view check = normal.substr(normal.size() - 2);
  if (!IsDigit(check[0]) || !IsDigit(check[1])) return false;
  // 00, 01 and 99 are what 97, 98 and 02 would be modulo 97; the standard's formula (98 - r) never
  // makes them.
  if (check == "00" || check == "01" || check == "99") return false;
  uint32_t rest = 0;
  for (const char c : normal) {
    if (IsDigit(c)) {
      rest = (rest * 10 + static_cast<uint32_t>(c - '0')) % 97;
    } else if (c >= 'A' && c <= 'Z') {
      rest = (rest * 100 + static_cast<uint32_t>(c - 'A') + 10) % 97;
    } else {
      return false;
    }
  }
  return rest == 1;
}

bool PassesLuhn(std::string_view normal) {
  uint32_t sum = 0;
  bool doubled = false;
  for (size_t i = normal.size(); i-- > 0; doubled = !doubled) {
    if (!IsDigit(normal[i])) return false;
    uint32_t digit = static_cast<uint32_t>(normal[i] - '0');
    if (doubled) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return normal.size() > 1 && sum % 10 == 0;
}

}  // namespace

StatusOr<SchemeCheck> SchemeCheck::Compile(const v1::IdentifierScheme::Check& declared,
                                           size_t length_min, const SchemeContext& context) {
  SchemeCheck check;
  ASSIGN_OR_RETURN(check.kind_, CompileKind(declared, length_min, context));
  check.warning_only_ = declared.warning_only();
  return check;
}

StatusOr<SchemeCheck::Kind> SchemeCheck::CompileKind(const v1::IdentifierScheme::Check& declared,
                                                     size_t length_min,
                                                     const SchemeContext& context) {
  switch (declared.kind_case()) {
    case v1::IdentifierScheme::Check::kWeightedSum:
      return CompileSum(declared.weighted_sum(), length_min);
    case v1::IdentifierScheme::Check::kMod97:
      return Kind(Mod97{});
    case v1::IdentifierScheme::Check::kLuhn:
      return Kind(Luhn{});
    case v1::IdentifierScheme::Check::kDate: {
      const auto& date = declared.date();
      if (!Fits(date.offset(), kDateBytes, length_min)) {
        return Refuse("a date lies beyond what the pattern guarantees");
      }
      Date made{date.offset()};
      if (date.year_min() != 0) made.year_min = static_cast<int>(date.year_min());
      if (date.year_max() != 0) made.year_max = static_cast<int>(date.year_max());
      if (made.year_min < 1 || made.year_max > 9999 || made.year_min > made.year_max) {
        return Refuse("year_min and year_max of a date make no sense");
      }
      return Kind(made);
    }
    case v1::IdentifierScheme::Check::kDivision: {
      const auto& place = declared.division();
      if (!Fits(place.offset(), place.length(), length_min)) {
        return Refuse("a division lies beyond what the pattern guarantees");
      }
      const DivisionTable* table = context.LookUpDivisions(place.table());
      if (table == nullptr) {
        return Refuse(absl::StrCat("the division table '", place.table(), "' is not declared"));
      }
      return Kind(Place{place.offset(),
                        place.length(),
                        table,
                        place.except_prefix(),
                        {place.also().begin(), place.also().end()}});
    }
    case v1::IdentifierScheme::Check::kInner: {
      const auto& inner = declared.inner();
      if (!Fits(inner.offset(), inner.length(), length_min)) {
        return Refuse("an inner identifier lies beyond what the pattern guarantees");
      }
      const Scheme* scheme = context.LookUpScheme(inner.scheme());
      if (scheme == nullptr) {
        return Refuse(absl::StrCat("the inner scheme '", inner.scheme(),
                                   "' is not declared before this one"));
      }
      return Kind(Inner{inner.offset(), inner.length(), scheme});
    }
    case v1::IdentifierScheme::Check::kPrefix:
      return CompilePrefix(declared.prefix(), context);
    case v1::IdentifierScheme::Check::KIND_NOT_SET:
      break;
  }
  return Refuse("a check names no kind");
}

StatusOr<SchemeCheck::Kind> SchemeCheck::CompileSum(
    const v1::IdentifierScheme::WeightedSum& declared, size_t length_min) {
  WeightedSum sum;
  sum.value.fill(kNoValue);
  if (declared.alphabet().empty() || declared.alphabet().size() > INT8_MAX) {
    return Refuse("the alphabet of a weighted sum is empty or too long");
  }
  for (size_t i = 0; i < declared.alphabet().size(); ++i) {
    const auto c = static_cast<unsigned char>(declared.alphabet()[i]);
    if (c >= 0x80) return Refuse("the alphabet of a weighted sum is not ASCII");
    if (sum.value[c] != kNoValue) return Refuse("the alphabet has a character twice");
    sum.value[c] = static_cast<int8_t>(i);
  }
  sum.modulus = declared.modulus();
  if (sum.modulus < 2) return Refuse("the modulus of a weighted sum is less than 2");
  sum.check_alphabet = declared.check_alphabet();
  if (sum.check_alphabet.size() != sum.modulus) {
    return Refuse("check_alphabet does not have one character per value of the modulus");
  }
  if (declared.weights().empty()) return Refuse("a weighted sum has no weights");
  // Weights are taken modulo the modulus, so no sum of an admissible length overflows.
  for (const uint32_t weight : declared.weights()) sum.weights.push_back(weight % sum.modulus);
  sum.complement = declared.complement();
  sum.offset = declared.offset();
  if (!Fits(sum.offset, sum.weights.size() + 1, length_min)) {
    return Refuse("a weighted sum reaches beyond what the pattern guarantees");
  }
  return Kind(std::move(sum));
}

StatusOr<SchemeCheck::Kind> SchemeCheck::CompilePrefix(
    const v1::IdentifierScheme::KnownPrefix& declared, const SchemeContext& context) {
  const CodeTable* codes = context.LookUpCodes(declared.code_list());
  if (codes == nullptr) {
    return Refuse(absl::StrCat("the code list '", declared.code_list(), "' is not declared"));
  }
  Prefix prefix;
  for (const auto& [code, label] : *codes) {
    prefix.codes.insert(code);
    prefix.lengths.push_back(code.size());
  }
  if (prefix.codes.empty()) {
    return Refuse(absl::StrCat("the code list '", declared.code_list(), "' is empty"));
  }
  std::sort(prefix.lengths.begin(), prefix.lengths.end());
  prefix.lengths.erase(std::unique(prefix.lengths.begin(), prefix.lengths.end()),
                       prefix.lengths.end());
  return Kind(std::move(prefix));
}

std::optional<char> families::WeightedSum::Expected(std::string_view normal) const {
  uint64_t total = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const int8_t of = value[static_cast<unsigned char>(normal[offset + i])];
    if (of == kNoValue) return std::nullopt;
    total += static_cast<uint64_t>(of) * weights[i];
  }
  const auto rest = static_cast<uint32_t>(total % modulus);
  // The second modulo turns a complement of `modulus` itself, for a rest of 0, into 0.
  return check_alphabet[complement ? (modulus - rest) % modulus : rest];
}

std::optional<int32_t> families::Date::Read(std::string_view normal) const {
  int parts[3] = {0, 0, 0};
  static constexpr size_t kEnds[] = {4, 6, kDateBytes};
  size_t at = 0;
  for (size_t part = 0; part < 3; ++part) {
    for (; at < kEnds[part]; ++at) {
      const char c = normal[offset + at];
      if (!IsDigit(c)) return std::nullopt;
      parts[part] = parts[part] * 10 + (c - '0');
    }
  }
  if (parts[0] < year_min || parts[0] > year_max) return std::nullopt;
  return DaysFromCivil({parts[0], parts[1], parts[2]});
}

bool SchemeCheck::Passes(std::string_view normal, std::optional<int32_t> decided_on) const {
  if (const auto* sum = std::get_if<WeightedSum>(&kind_)) {
    return sum->Expected(normal) == normal[sum->offset + sum->weights.size()];
  }
  if (std::holds_alternative<Mod97>(kind_)) return PassesMod97(normal);
  if (std::holds_alternative<Luhn>(kind_)) return PassesLuhn(normal);
  if (const auto* date = std::get_if<Date>(&kind_)) {
    const std::optional<int32_t> day = date->Read(normal);
    return day.has_value() && (!decided_on.has_value() || *day <= *decided_on);
  }
  if (const auto* place = std::get_if<Place>(&kind_)) {
    if (!place->except_prefix.empty() &&
        normal.substr(0, place->except_prefix.size()) == place->except_prefix) {
      return true;
    }
    const std::string_view code = normal.substr(place->offset, place->length);
    return place->table->Find(code, std::nullopt) != nullptr ||
           std::find(place->also.begin(), place->also.end(), code) != place->also.end();
  }
  if (const auto* inner = std::get_if<Inner>(&kind_)) {
    return inner->scheme->AcceptsNormal(normal.substr(inner->offset, inner->length), decided_on);
  }
  const auto& prefix = std::get<Prefix>(kind_);
  return std::any_of(prefix.lengths.begin(), prefix.lengths.end(), [&](size_t length) {
    return length <= normal.size() && prefix.codes.contains(ToAbsl(normal.substr(0, length)));
  });
}

std::string SchemeCheck::Why(std::string_view normal, std::optional<int32_t> decided_on,
                             bool in_clear) const {
  if (const auto* sum = std::get_if<WeightedSum>(&kind_)) {
    const std::optional<char> expected = sum->Expected(normal);
    if (!in_clear || !expected.has_value()) {
      return "the check character does not fit the characters before it";
    }
    return absl::StrCat("the check character is '",
                        std::string(1, normal[sum->offset + sum->weights.size()]),
                        "', the characters before it call for '", std::string(1, *expected), "'");
  }
  if (std::holds_alternative<Mod97>(kind_)) {
    return "the two check digits do not fit (ISO 7064 MOD 97-10; 00, 01 and 99 never do)";
  }
  if (std::holds_alternative<Luhn>(kind_)) return "the check digit does not fit (Luhn)";
  if (const auto* date = std::get_if<Date>(&kind_)) {
    if (!date->Read(normal).has_value()) return "the date in it does not exist or is not plausible";
    return decided_on.has_value() ? "the date in it lies after the decision" : "";
  }
  if (const auto* place = std::get_if<Place>(&kind_)) {
    if (!in_clear) return "the place code in it is not in the division table";
    return absl::StrCat("the place code ", ToAbsl(normal.substr(place->offset, place->length)),
                        " in it is not in the division table");
  }
  if (const auto* inner = std::get_if<Inner>(&kind_)) {
    return absl::StrCat("the ", inner->scheme->declared().scheme(), " in it is not valid");
  }
  return "it does not begin with a known prefix";
}

}  // namespace tombolo::record
