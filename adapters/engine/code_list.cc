#include "adapters/engine/code_list.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/record/profile_table.h"

namespace tombolo::engine {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view HeaderOf(std::string_view text) {
  if (absl::StartsWith(ToAbsl(text), ToAbsl(kByteOrderMark))) {
    text.remove_prefix(kByteOrderMark.size());
  }
  // Comment lines may stand before the header.
  while (!text.empty()) {
    const std::string_view line = Trim(text.substr(0, text.find('\n')));
    if (!line.empty() && line.front() != '#') return line;
    const size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return text;
}

Status Invalid(std::string_view message) { return MakeError(Code::PACK_INVALID, message); }

}  // namespace

StatusOr<CodeList> CodeList::Parse(std::string_view file, std::string_view text) {
  static const std::vector<std::string_view> kCodes = {"code", "label"};
  static const std::vector<std::string_view> kValues = {"value", "code", "label"};
  static const std::vector<std::string_view> kUnits = {"unit", "factor", "currency"};
  const std::string_view header = HeaderOf(text);
  const bool values = absl::StartsWith(ToAbsl(header), "value");
  CodeList list;
  list.is_units_ = absl::StartsWith(ToAbsl(header), "unit");
  const auto& columns = list.is_units_ ? kUnits : values ? kValues : kCodes;
  ASSIGN_OR_RETURN(
      const std::vector<record::TableRow> rows,
      record::ParseTable(text, file, columns, columns.size(), limits::kCodeListRowsMax));
  for (const record::TableRow& row : rows) {
    const std::vector<std::string>& c = row.cells;
    const Status added = list.is_units_ ? list.AddUnit(c[0], c[1], c[2])
                         : values       ? list.AddCode(c[0], c[1], c[2])
                                        : list.AddCode("", c[0], c[1]);
    if (!added.ok()) {
      return Invalid(
          absl::StrCat(ToAbsl(file), ": line ", row.line, ": ", ToAbsl(ToStd(added.message()))));
    }
  }
  return list;
}

Status CodeList::AddCode(std::string_view value, std::string_view code, std::string_view label) {
  value = Trim(value);
  code = Trim(code);
  label = Trim(label);
  if (code.empty()) return Invalid("the code is empty");
  const auto [known, fresh] = by_code_.try_emplace(std::string(code), entries_.size());
  if (fresh) {
    entries_.push_back({std::string(code), std::string(label)});
  } else if (value.empty()) {
    return Invalid(absl::StrCat("the code '", ToAbsl(code), "' stands twice"));
  }
  std::string& known_label = entries_[known->second].label;
  if (known_label.empty()) known_label = std::string(label);
  if (!label.empty() && known_label != label) {
    return Invalid(absl::StrCat("the code '", ToAbsl(code), "' has two labels, '", known_label,
                                "' and '", ToAbsl(label), "'"));
  }
  if (!value.empty() && !by_value_.try_emplace(std::string(value), known->second).second) {
    return Invalid(absl::StrCat("the value '", ToAbsl(value), "' stands twice"));
  }
  return absl::OkStatus();
}

Status CodeList::AddUnit(std::string_view unit, std::string_view factor,
                         std::string_view currency) {
  const std::optional<Decimal> number = ParseDecimal(Trim(factor), '.');
  if (!number.has_value() || number->digits <= 0) {
    return Invalid(absl::StrCat("the factor '", ToAbsl(factor), "' is no positive number"));
  }
  if (!MinorDigits(Trim(currency)).has_value()) {
    return Invalid(
        absl::StrCat("'", ToAbsl(currency), "' is no currency code of ISO 4217, such as CNY"));
  }
  const MoneyUnit value{*number, std::string(Trim(currency))};
  if (!units_.try_emplace(FoldFullWidth(Trim(unit)), value).second) {
    return Invalid(absl::StrCat("the unit '", ToAbsl(unit), "' stands twice"));
  }
  return absl::OkStatus();
}

const CodeList::Entry* CodeList::Find(std::string_view value) const {
  const auto found = by_value_.find(ToAbsl(value));
  return found == by_value_.end() ? FindCode(value) : &entries_[found->second];
}

const CodeList::Entry* CodeList::FindCode(std::string_view code) const {
  const auto found = by_code_.find(ToAbsl(code));
  return found == by_code_.end() ? nullptr : &entries_[found->second];
}

const MoneyUnit* CodeList::FindUnit(std::string_view unit) const {
  const auto found = units_.find(ToAbsl(unit));
  return found == units_.end() ? nullptr : &found->second;
}

std::string ListNameOf(std::string_view file) {
  const size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return std::string(file.substr(0, file.rfind('.')));
}

}  // namespace tombolo::engine
