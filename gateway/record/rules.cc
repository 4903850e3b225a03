#include "gateway/record/rules.h"

#include "gateway/base/date.h"
#include "gateway/record/rules_internal.h"

namespace tombolo::record {
namespace {

void FillPublicityTerm(const RuleContext& c) {
  HeaderValues& header = c.draft.header;
  if (header.publish_until || c.item.publicity_months == 0 || !header.decided_on) return;
  header.publish_until = AddMonths(*header.decided_on, static_cast<int>(c.item.publicity_months));
}

void CheckValues(const RuleContext& c) {
  const std::vector<FieldSpec>& fields = c.item.fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    Value& value = c.draft.values[i];
    if (!std::holds_alternative<std::monostate>(value)) CheckValue(c, fields[i], &value);
    // A text of blanks only is absent: CheckValue has cleared it.
    if (fields[i].required && std::holds_alternative<std::monostate>(value)) {
      c.Refuse(Code::FIELD_REQUIRED, fields[i].name, "", "the catalogue item requires this field");
    }
  }
}

}  // namespace

void Validate(const Catalogue& catalogue, int32_t today, Draft* draft, Verdict* verdict) {
  verdict->faults.clear();
  verdict->warnings.clear();
  verdict->holds_through.reset();
  if (draft->item == nullptr || catalogue.FindItem(draft->item->code) != draft->item) {
    verdict->faults.push_back(MakeFault(Code::CATALOGUE_ITEM_UNKNOWN, "", "",
                                        "the record's item is not one of this catalogue"));
    return;
  }
  // A draft with fewer values than fields leaves the rest absent; more values have no field at all.
  if (draft->values.size() > draft->item->fields.size()) {
    verdict->faults.push_back(MakeFault(Code::FIELD_UNKNOWN, "", "",
                                        "the record has more values than its item has fields"));
    return;
  }
  draft->values.resize(draft->item->fields.size());
  const RuleContext c{catalogue, *draft->item, catalogue.profile().rules(),
                      today,     *draft,       *verdict};
  CheckIdentity(c);
  if (!CheckDays(c)) return;
  CheckValues(c);
  FillPublicityTerm(c);
  CheckHeader(c);
  CheckCore(c);
  CheckProfileRules(c);
}

}  // namespace tombolo::record
