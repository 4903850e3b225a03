// One identifier scheme, compiled: bring to normal form, match the pattern, run the checks.
//
// Normal form: the characters of `strip` are removed wherever they stand, ASCII letters lifted if
// the scheme says so, nothing else. Full-width and other non-ASCII digits are never folded: they
// match no pattern, so they are refused. Ownership: keeps pointers into the profile that made it.
// Thread-safety: immutable after Compile. Errors: CONFIG_VALUE at compilation, naming the scheme;
// faults of identifiers are values.
#ifndef TOMBOLO_GATEWAY_RECORD_SCHEME_H_
#define TOMBOLO_GATEWAY_RECORD_SCHEME_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/record/profile.h"
#include "gateway/record/scheme_check.h"
#include "gateway/record/scheme_pattern.h"

namespace tombolo::record {

class Scheme {
 public:
  static StatusOr<std::unique_ptr<const Scheme>> Compile(const v1::IdentifierScheme& declared,
                                                         const SchemeContext& context);

  IdentifierCheck Check(std::string_view input, std::optional<int32_t> decided_on) const;
  // Pattern and hard checks of what is in normal form already; no allocation.
  bool AcceptsNormal(std::string_view normal, std::optional<int32_t> decided_on) const;
  void Normalise(std::string_view input, std::string* normal) const;

  const v1::IdentifierScheme& declared() const { return declared_; }
  const Pattern& pattern() const { return pattern_; }
  // True if a number of this scheme can be told from any other number: it has a check that refuses.
  bool has_hard_check() const;

 private:
  Scheme(const v1::IdentifierScheme& declared, Pattern pattern);
  Status CheckExamples() const;

  v1::IdentifierScheme declared_;
  Pattern pattern_;
  Code format_code_ = Code::ID_INVALID;
  Code check_code_ = Code::ID_INVALID;
  std::vector<SchemeCheck> checks_;
  std::array<char, 256> becomes_{};  // each byte's normal form
  std::array<uint8_t, 256> kept_{};  // 0: removed
};

// A person's number as it may be shown: at most its first and last two characters.
std::string MaskNumber(std::string_view number);

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_SCHEME_H_
