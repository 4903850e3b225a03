#include "gateway/record/scheme.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::record {
namespace {

constexpr size_t kShownEachEnd = 2;
constexpr size_t kMaskFromBytes =
    8;  // shorter numbers are hidden whole: two ends would be half of them

bool IsAscii(std::string_view s) {
  return std::none_of(s.begin(), s.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

StatusOr<Code> CodeNamed(const std::string& name) {
  if (name.empty()) return Code::ID_INVALID;
  const std::optional<Code> code = CodeFromName(name);
  if (code.has_value()) return *code;
  return MakeError(Code::CONFIG_VALUE, absl::StrCat("'", name, "' is not an error code"));
}

Status InScheme(const v1::IdentifierScheme& declared, absl::string_view what) {
  return MakeError(Code::CONFIG_VALUE, absl::StrCat("scheme '", declared.scheme(), "': ", what));
}

}  // namespace

std::string MaskNumber(std::string_view number) {
  if (number.size() < kMaskFromBytes || !IsAscii(number)) return "***";
  std::string masked(number);
  std::fill(masked.begin() + kShownEachEnd, masked.end() - kShownEachEnd, '*');
  return masked;
}

Scheme::Scheme(const v1::IdentifierScheme& declared, Pattern pattern)
    : declared_(declared), pattern_(std::move(pattern)) {
  for (size_t b = 0; b < becomes_.size(); ++b) {
    const char c = static_cast<char>(b);
    becomes_[b] =
        declared.upper_case() && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    kept_[b] = declared.strip().find(c) == std::string::npos;
  }
}

StatusOr<std::unique_ptr<const Scheme>> Scheme::Compile(const v1::IdentifierScheme& declared,
                                                        const SchemeContext& context) {
  if (declared.scheme().empty()) return InScheme(declared, "it has no name");
  if (!IsAscii(declared.strip())) return InScheme(declared, "strip is not ASCII");
  StatusOr<Pattern> pattern = Pattern::Compile(declared.pattern());
  if (!pattern.ok()) return InScheme(declared, pattern.status().message());
  auto made = std::unique_ptr<Scheme>(new Scheme(declared, *std::move(pattern)));
  for (const auto& [name, code] : {std::pair(&declared.format_code(), &made->format_code_),
                                   std::pair(&declared.check_code(), &made->check_code_)}) {
    StatusOr<Code> named = CodeNamed(*name);
    if (!named.ok()) return InScheme(declared, named.status().message());
    *code = *named;
  }
  for (const v1::IdentifierScheme::Check& check : declared.checks()) {
    StatusOr<SchemeCheck> compiled =
        SchemeCheck::Compile(check, made->pattern_.length_min(), context);
    if (!compiled.ok()) return InScheme(declared, compiled.status().message());
    made->checks_.push_back(*std::move(compiled));
  }
  RETURN_IF_ERROR(made->CheckExamples());
  return std::unique_ptr<const Scheme>(std::move(made));
}

Status Scheme::CheckExamples() const {
  for (const std::string& example : declared_.examples()) {
    const IdentifierCheck check = Check(example, std::nullopt);
    if (!check.accepted()) {
      return InScheme(declared_, absl::StrCat("its example '", example,
                                              "' does not pass: ", check.faults.front().reason));
    }
  }
  return absl::OkStatus();
}

bool Scheme::has_hard_check() const {
  return std::any_of(checks_.begin(), checks_.end(),
                     [](const SchemeCheck& check) { return !check.warning_only(); });
}

void Scheme::Normalise(std::string_view input, std::string* normal) const {
  normal->resize(input.size());
  char* out = normal->data();
  for (const char c : input) {
    *out = becomes_[static_cast<unsigned char>(c)];
    out += kept_[static_cast<unsigned char>(c)];
  }
  normal->resize(static_cast<size_t>(out - normal->data()));
}

bool Scheme::AcceptsNormal(std::string_view normal, std::optional<int32_t> decided_on) const {
  return pattern_.Matches(normal) &&
         std::all_of(checks_.begin(), checks_.end(), [&](const SchemeCheck& check) {
           return check.warning_only() || check.Passes(normal, decided_on);
         });
}

IdentifierCheck Scheme::Check(std::string_view input, std::optional<int32_t> decided_on) const {
  IdentifierCheck result;
  const bool in_clear = !declared_.natural_person();
  const auto shown = [&] {
    return in_clear ? std::string(Utf8Prefix(input, limits::kFaultValueBytesMax))
                    : MaskNumber(input);
  };
  const bool short_enough = input.size() <= limits::kIdentifierBytesMax;
  if (short_enough) Normalise(input, &result.normal);
  if (!short_enough || !pattern_.Matches(result.normal)) {
    result.faults.push_back(
        {format_code_, "", shown(),
         absl::StrCat(
             "not the form of ", declared_.scheme(),
             declared_.title().empty() ? "" : absl::StrCat(" (", declared_.title(), ")"))});
    return result;
  }
  for (const SchemeCheck& check : checks_) {
    if (check.Passes(result.normal, decided_on)) continue;
    std::vector<Fault>& into = check.warning_only() ? result.warnings : result.faults;
    into.push_back(
        {check_code_, "", shown(),
         absl::StrCat(declared_.scheme(), ": ", check.Why(result.normal, decided_on, in_clear))});
  }
  return result;
}

}  // namespace tombolo::record
