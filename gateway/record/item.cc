#include "gateway/record/item.h"

#include <algorithm>

namespace tombolo::record {

int ItemSpec::FieldIndex(std::string_view name) const {
  const auto at = std::lower_bound(
      fields.begin(), fields.end(), name,
      [](const FieldSpec& field, std::string_view wanted) { return field.name < wanted; });
  if (at == fields.end() || at->name != name) return -1;
  return static_cast<int>(at - fields.begin());
}

void ItemSpec::ResolveNames() {
  subject_id = FieldIndex(names::kSubjectId);
  subject_name = FieldIndex(names::kSubjectName);
  subject_kind = FieldIndex(names::kSubjectKind);
  related_role = FieldIndex(names::kRelatedRole);
  authority_name = FieldIndex(names::kAuthorityName);
  authority_id = FieldIndex(names::kAuthorityId);
  authority_level = FieldIndex(names::kAuthorityLevel);
  decision_number = FieldIndex(names::kDecisionNumber);
  legal_basis = FieldIndex(names::kLegalBasis);
  severity = FieldIndex(names::kSeverity);
  notice_served_on = FieldIndex(names::kNoticeServedOn);
  notice_reasons = FieldIndex(names::kNoticeReasons);
  notice_basis = FieldIndex(names::kNoticeBasis);
  notice_rights = FieldIndex(names::kNoticeRights);
  objection_until = FieldIndex(names::kObjectionUntil);
  representation = FieldIndex(names::kRepresentation);
  listed_on = FieldIndex(names::kListedOn);
}

}  // namespace tombolo::record
