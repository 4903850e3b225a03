// What binds every catalogue.
#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"
#include "gateway/record/grammar.h"
#include "gateway/record/rules_internal.h"

namespace tombolo::record {
namespace {

using Day = std::optional<int32_t>;

void CheckOrder(const RuleContext& c, std::string_view column, Day first, Day second,
                std::string_view reason) {
  if (!first || !second || *first <= *second) return;
  c.Refuse(Code::DATE_ORDER, column, FormatIsoDate(*second), reason);
}

bool StatesAuthority(const RuleContext& c) {
  return c.Has(c.item.authority_name) || c.Has(c.item.authority_id) ||
         c.item.declared.authorities_size() == 1;
}

bool StatesLegalBasis(const RuleContext& c) {
  return c.Has(c.item.legal_basis) || c.item.declared.legal_basis_size() > 0;
}

void CheckBasisDocument(const RuleContext& c) {
  if (!StatesAuthority(c)) {
    c.Refuse(Code::BASIS_DOCUMENT_MISSING, names::kAuthorityName, "",
             "a negative record names the authority that decided");
  }
  if (!c.Has(c.item.decision_number)) {
    c.Refuse(Code::BASIS_DOCUMENT_MISSING, names::kDecisionNumber, "",
             "a negative record has the decision's number, the authority's own reference");
  }
  if (!c.draft.header.decided_on) {
    c.Refuse(Code::BASIS_DOCUMENT_MISSING, "decided_on", "",
             "a negative record has the date of the decision");
  }
  if (!StatesLegalBasis(c)) {
    c.Refuse(Code::BASIS_DOCUMENT_MISSING, names::kLegalBasis, "",
             "a negative record names its legal basis");
  }
}

// A stayed or annulled decision is told with that state; only one that claims to be in force must
// be.
void CheckInForce(const RuleContext& c) {
  const HeaderValues& h = c.draft.header;
  if (h.state != v1::EFFECTIVE) return;
  if (h.effective_on && *h.effective_on > c.today) {
    c.Refuse(Code::BASIS_NOT_EFFECTIVE, "effective_on", FormatIsoDate(*h.effective_on),
             "the decision is not in force yet; give the record the state PENDING");
  } else if (h.decided_on && *h.decided_on > c.today) {
    c.Refuse(Code::BASIS_NOT_EFFECTIVE, "decided_on", FormatIsoDate(*h.decided_on),
             "the decision lies in the future");
  }
}

bool IsNaturalPerson(const RuleContext& c) {
  const std::string_view kind = c.CodeOfField(c.item.subject_kind);
  if (!kind.empty()) return kind == "NATURAL_PERSON";
  const auto* id = c.Get<IdentifierValue>(c.item.subject_id);
  if (id == nullptr) return false;
  const v1::IdentifierScheme* scheme = c.catalogue.profile().FindScheme(id->scheme);
  return scheme != nullptr && scheme->natural_person();
}

// Without protobuf's reflection, which is slow; 0 for an absent or unknown code.
v1::SubjectKind SubjectKindOf(std::string_view code) {
  if (code == "ORGANISATION") return v1::ORGANISATION;
  if (code == "INDIVIDUAL_BUSINESS") return v1::INDIVIDUAL_BUSINESS;
  return code == "NATURAL_PERSON" ? v1::NATURAL_PERSON : v1::SUBJECT_KIND_UNSPECIFIED;
}

void CheckSubject(const RuleContext& c) {
  const std::string_view kind = c.CodeOfField(c.item.subject_kind);
  const v1::SubjectKind known = SubjectKindOf(kind);
  if (known != v1::SUBJECT_KIND_UNSPECIFIED && !HasSubjectKind(c.item.declared, known)) {
    c.Refuse(Code::CATALOGUE_ITEM_UNKNOWN, names::kSubjectKind, kind,
             "the catalogue item has no records about subjects of this kind");
  }
  if (c.item.rates_subject && IsNaturalPerson(c)) {
    c.Refuse(Code::PERSON_SCORE, names::kSubjectKind, kind,
             "a score, grade, rank or points of a natural person is refused by design");
  }
}

// Does the record hold something against its subject?
bool Burdens(const ItemSpec& item) {
  return item.polarity == v1::NEGATIVE || IsHarmfulList(item.kind, item.polarity) ||
         item.kind == v1::MEASURE;
}

void CheckRelatedParty(const RuleContext& c) {
  if (!c.Has(c.item.related_role) || !Burdens(c.item)) return;
  if (c.Has(c.item.decision_number) && c.draft.header.decided_on &&
      c.Has(c.item.notice_served_on)) {
    return;
  }
  c.Refuse(Code::THIRD_PARTY_TAINT, names::kRelatedRole, c.CodeOfField(c.item.related_role),
           "a related party needs a decision with number and date and a notice of its own");
}

}  // namespace

const v1::Authority* AuthorityOf(const RuleContext& c) {
  const auto* name = c.Get<std::string>(c.item.authority_name);
  const auto* id = c.Get<IdentifierValue>(c.item.authority_id);
  const auto& listed = c.item.declared.authorities();
  if (name == nullptr && id == nullptr) return listed.size() == 1 ? &listed[0] : nullptr;
  for (const v1::Authority& authority : listed) {
    const auto [scheme, value] = SplitIdentifier(authority.id());
    // An identifier decides where both have one of the same scheme; names can be written in many
    // ways.
    const bool same_scheme = id != nullptr && scheme == id->scheme;
    if (same_scheme ? value == id->value : name != nullptr && *name == authority.name()) {
      return &authority;
    }
  }
  return nullptr;
}

bool CheckDays(const RuleContext& c) {
  const HeaderValues& h = c.draft.header;
  bool sound = true;
  const auto check = [&](std::string_view name, Day day) {
    if (!day || IsDay(*day)) return;
    sound = false;
    c.Refuse(Code::DATE_INVALID, name, absl::StrCat(*day), "outside the years 1 to 9999");
  };
  check("decided_on", h.decided_on);
  check("effective_on", h.effective_on);
  check("valid_from", h.valid_from);
  check("valid_until", h.valid_until);
  check("publish_until", h.publish_until);
  check("share_until", h.share_until);
  return sound;
}

void CheckIdentity(const RuleContext& c) {
  size_t bytes = 0;
  if (c.draft.natural_key.empty()) {
    c.Refuse(Code::KEY_MISSING, "", "", "the record has no natural key");
  }
  for (const std::string& part : c.draft.natural_key) {
    bytes += part.size();
    if (part.empty()) {
      c.Refuse(Code::KEY_MISSING, "", "", "a part of the natural key is empty");
    }
  }
  if (bytes > limits::kNaturalKeyBytesMax) {
    c.Refuse(Code::LIMIT_EXCEEDED, "", "",
             absl::StrCat("the natural key has ", bytes, " bytes, at most ",
                          limits::kNaturalKeyBytesMax, " are allowed"));
  }
}

void CheckHeader(const RuleContext& c) {
  const HeaderValues& h = c.draft.header;
  if (h.state == v1::RECORD_STATE_UNSPECIFIED || !v1::RecordState_IsValid(h.state)) {
    c.Refuse(Code::FIELD_REQUIRED, "state", "", "a record has a state, e.g. EFFECTIVE");
  }
  CheckOrder(c, "valid_until", h.valid_from, h.valid_until, "valid_until lies before valid_from");
  CheckOrder(c, "effective_on", h.decided_on, h.effective_on,
             "effective_on lies before decided_on; use valid_from for an effect backwards");
  CheckOrder(c, "valid_until", h.effective_on, h.valid_until,
             "valid_until lies before effective_on");
  CheckOrder(c, "publish_until", h.decided_on, h.publish_until,
             "publish_until lies before decided_on");
  CheckOrder(c, "share_until", h.publish_until, h.share_until,
             "share_until lies before publish_until");
  CheckOrder(c, names::kObjectionUntil, c.DayOfField(c.item.notice_served_on),
             c.DayOfField(c.item.objection_until), "the time to object ends before the notice");
}

void CheckCore(const RuleContext& c) {
  CheckSubject(c);
  CheckRelatedParty(c);
  if (c.item.polarity != v1::NEGATIVE) return;
  CheckBasisDocument(c);
  CheckInForce(c);
}

}  // namespace tombolo::record
