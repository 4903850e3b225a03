// What the parts of Validate share: the record being looked at and where faults go.
//
// Inside this folder only; the entry is Validate (rules.h).
// Ownership: points at the arguments of Validate. Thread-safety: one call. Errors: faults.
#ifndef TOMBOLO_GATEWAY_RECORD_RULES_INTERNAL_H_
#define TOMBOLO_GATEWAY_RECORD_RULES_INTERNAL_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/limits.h"
#include "gateway/record/catalogue.h"
#include "gateway/record/catalogue_check.h"
#include "gateway/record/draft.h"
#include "gateway/record/rules.h"

namespace tombolo::record {

struct RuleContext {
  const Catalogue& catalogue;
  const ItemSpec& item;
  const v1::ProfileRules& rules;
  int32_t today;
  Draft& draft;
  Verdict& verdict;

  void Refuse(Code code, std::string_view column, std::string_view value,
              std::string_view reason) const {
    if (verdict.faults.size() >= limits::kFaultsPerRowMax) return;
    verdict.faults.push_back(MakeFault(code, column, value, reason));
  }
  void Warn(Code code, std::string_view column, std::string_view value,
            std::string_view reason) const {
    if (verdict.warnings.size() >= limits::kFaultsPerRowMax) return;
    verdict.warnings.push_back(MakeFault(code, column, value, reason));
  }

  // What is said of the record holds up to this day.
  void HoldsThrough(int32_t day) const {
    verdict.holds_through = std::min(day, verdict.holds_through.value_or(day));
  }

  bool Has(int field) const {
    return field >= 0 && !std::holds_alternative<std::monostate>(draft.values[field]);
  }
  // The value of a field if it is there and of this type, else nullptr.
  template <typename T>
  const T* Get(int field) const {
    return field < 0 ? nullptr : std::get_if<T>(&draft.values[field]);
  }
  // The code of a CODE field, "" if absent.
  std::string_view CodeOfField(int field) const {
    const auto* code = Get<CodeValue>(field);
    return code == nullptr ? std::string_view() : std::string_view(code->code);
  }
  std::optional<int32_t> DayOfField(int field) const {
    const auto* day = Get<DateValue>(field);
    return day == nullptr ? std::nullopt : std::optional<int32_t>(day->days);
  }
};

// Brings one value to its normal form and checks it (rules_value.cc).
void CheckValue(const RuleContext& c, const FieldSpec& field, Value* value);
// Header, identity and the rules that bind every catalogue (rules_core.cc).
// False if a header date does not exist; nothing else can be told of such a header.
bool CheckDays(const RuleContext& c);
void CheckIdentity(const RuleContext& c);
void CheckHeader(const RuleContext& c);
void CheckCore(const RuleContext& c);
// The rules that the profile switches on (rules_profile.cc).
void CheckProfileRules(const RuleContext& c);

// The one authority of the record: a constant of the item, or the listed one that the record names.
// nullptr if the record names another, or none where the item lists several.
const v1::Authority* AuthorityOf(const RuleContext& c);

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_RULES_INTERNAL_H_
