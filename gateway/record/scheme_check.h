// One check of an identifier's normal form, compiled: check characters, embedded dates, places and
// inner identifiers.
//
// Families, none of a country: weighted sum over any alphabet and modulus; ISO 7064 MOD 97-10;
// ISO/IEC 7812-1 annex B (Luhn); a real date at an offset; a code of a division table at an offset;
// another scheme at an offset; a prefix of a code list. Which of them a scheme uses, and with what
// numbers, is the profile's data. Ownership: keeps pointers into the profile that made it.
// Thread-safety: immutable after Compile. Errors: CONFIG_VALUE when the numbers do not hold
// together or lie outside what the pattern guarantees.
#ifndef TOMBOLO_GATEWAY_RECORD_SCHEME_CHECK_H_
#define TOMBOLO_GATEWAY_RECORD_SCHEME_CHECK_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "gateway/base/error.h"
#include "gateway/record/division.h"
#include "tombolo/v1/profile.pb.h"

namespace tombolo::record {

class Scheme;
using CodeTable = absl::flat_hash_map<std::string, std::string>;  // code to label

// Where a check finds what it names; each gives nullptr for an unknown name.
class SchemeContext {
 public:
  virtual ~SchemeContext() = default;
  virtual const Scheme* LookUpScheme(std::string_view name) const = 0;
  virtual const DivisionTable* LookUpDivisions(std::string_view name) const = 0;
  virtual const CodeTable* LookUpCodes(std::string_view name) const = 0;
};

// The families, as data of a compiled check.
namespace families {

inline constexpr int8_t kNoValue = -1;
struct WeightedSum {
  std::array<int8_t, 256> value{};
  std::vector<uint32_t> weights;
  uint32_t modulus = 1;
  bool complement = false;
  std::string check_alphabet;
  uint32_t offset = 0;
  // The character that must follow, or nullopt if one of the others has no value.
  std::optional<char> Expected(std::string_view normal) const;
};
struct Mod97 {};
struct Luhn {};
struct Date {
  uint32_t offset = 0;
  int year_min = 1;
  int year_max = 9999;
  std::optional<int32_t> Read(std::string_view normal) const;
};
struct Place {
  uint32_t offset = 0;
  uint32_t length = 0;
  const DivisionTable* table = nullptr;
  std::string except_prefix;
  std::vector<std::string> also;
};
struct Inner {
  uint32_t offset = 0;
  uint32_t length = 0;
  const Scheme* scheme = nullptr;
};
struct Prefix {
  absl::flat_hash_set<std::string> codes;
  std::vector<size_t> lengths;
};

}  // namespace families

class SchemeCheck {
 public:
  // `length_min`: bytes that the scheme's pattern guarantees; a check that could reach beyond is
  // refused.
  static StatusOr<SchemeCheck> Compile(const v1::IdentifierScheme::Check& declared,
                                       size_t length_min, const SchemeContext& context);

  // True if `normal`, which matches the scheme's pattern, passes.
  bool Passes(std::string_view normal, std::optional<int32_t> decided_on) const;
  // Why `normal` does not pass, as the second half of a sentence. `in_clear`: characters of it may
  // be told.
  std::string Why(std::string_view normal, std::optional<int32_t> decided_on, bool in_clear) const;
  bool warning_only() const { return warning_only_; }

 private:
  using Kind = std::variant<families::WeightedSum, families::Mod97, families::Luhn, families::Date,
                            families::Place, families::Inner, families::Prefix>;

  static StatusOr<Kind> CompileKind(const v1::IdentifierScheme::Check& declared, size_t length_min,
                                    const SchemeContext& context);
  static StatusOr<Kind> CompileSum(const v1::IdentifierScheme::WeightedSum& declared,
                                   size_t length_min);
  static StatusOr<Kind> CompilePrefix(const v1::IdentifierScheme::KnownPrefix& declared,
                                      const SchemeContext& context);

  Kind kind_;
  bool warning_only_ = false;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_SCHEME_CHECK_H_
