// A catalogue item in the form that the hot path uses: fields sorted, names resolved, classes
// final.
//
// Made by Catalogue::Compile (catalogue.h). The names that rules know are the constants below; a
// catalogue may add any others. Where a header date has a field of the same meaning
// (decision.date), the header has the value and the field is not declared. Ownership: owned by its
// Catalogue, stable addresses. Thread-safety: immutable after compilation. Errors: none.
#ifndef TOMBOLO_GATEWAY_RECORD_ITEM_H_
#define TOMBOLO_GATEWAY_RECORD_ITEM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tombolo/v1/catalogue.pb.h"
#include "tombolo/v1/record.pb.h"

namespace tombolo::record {

// Field names with a meaning of their own. All are optional in an item unless a rule says
// otherwise; an item that declares one must give it the type named here.
namespace names {
inline constexpr std::string_view kSubjectId = "subject.id";      // IDENTIFIER
inline constexpr std::string_view kSubjectName = "subject.name";  // TEXT
// CODE: ORGANISATION, INDIVIDUAL_BUSINESS, NATURAL_PERSON
inline constexpr std::string_view kSubjectKind = "subject.kind";
inline constexpr std::string_view kAuthorityName = "authority.name";          // TEXT
inline constexpr std::string_view kAuthorityId = "authority.id";              // IDENTIFIER
inline constexpr std::string_view kAuthorityLevel = "authority.level";        // CODE
inline constexpr std::string_view kAuthorityDivision = "authority.division";  // DIVISION
inline constexpr std::string_view kDecisionNumber = "decision.number";        // TEXT
inline constexpr std::string_view kDecisionKind = "decision.kind";            // CODE
inline constexpr std::string_view kLegalBasis = "legal_basis";                // TEXTS
inline constexpr std::string_view kSeverity = "severity";  // CODE: MINOR, GENERAL, SERIOUS
inline constexpr std::string_view kNoticeServedOn = "notice.served_on";        // DATE
inline constexpr std::string_view kNoticeReasons = "notice.reasons";           // TEXT
inline constexpr std::string_view kNoticeBasis = "notice.basis";               // TEXT
inline constexpr std::string_view kNoticeRights = "notice.rights";             // TEXT
inline constexpr std::string_view kObjectionUntil = "notice.objection_until";  // DATE
// CODE: ANSWERED, WAIVED
inline constexpr std::string_view kRepresentation = "notice.representation";
inline constexpr std::string_view kListedOn = "list.listed_on";  // DATE
// CODE: set when the subject is a related party
inline constexpr std::string_view kRelatedRole = "subject.related_role";
inline constexpr std::string_view kRemark = "remark";  // TEXT
}  // namespace names

struct FieldSpec {
  std::string name;
  v1::FieldType type = v1::FIELD_TYPE_UNSPECIFIED;
  // Effective: the stricter of record and field.
  v1::SharingClass sharing_class = v1::LOCAL;
  bool required = false;
  // For CODE. Fields whose codes the program itself knows have its built-in list if they name none.
  std::string code_list;
  std::string scheme;
  std::optional<v1::Mask> mask;
  bool watch_text = false;  // free text: watched for persons' numbers
};

struct ItemSpec {
  std::string code;
  std::string title;
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  v1::Polarity polarity = v1::POLARITY_UNSPECIFIED;
  v1::SharingClass sharing_class = v1::LOCAL;
  std::string identity_scope;
  uint32_t publicity_months = 0;
  std::optional<int32_t> valid_from;   // days
  std::optional<int32_t> valid_until;  // days
  std::vector<FieldSpec> fields;       // sorted by name, byte order
  v1::CatalogueItem declared;          // as loaded, for what the hot path does not need
  bool rates_subject = false;          // an evaluation, or has a score, grade, rank or the like
  // Index in `fields`, or -1. Linear in nothing: binary search.
  int FieldIndex(std::string_view name) const;
  // Resolved once: indices of the names above that rules and the store need for every record.
  int subject_id = -1, subject_name = -1, subject_kind = -1, related_role = -1;
  int authority_name = -1, authority_id = -1, authority_level = -1;
  int decision_number = -1, legal_basis = -1, severity = -1;
  int notice_served_on = -1, notice_reasons = -1, notice_basis = -1, notice_rights = -1;
  int objection_until = -1, representation = -1, listed_on = -1;
  // Fills the indices; `fields` must be sorted.
  void ResolveNames();
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_ITEM_H_
