// Whether records of an item can ever have the basis that their polarity and profile ask for.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/base/text.h"
#include "gateway/record/catalogue_check.h"
#include "gateway/record/item.h"

namespace tombolo::record {
namespace {

bool HasField(const v1::CatalogueItem& item, std::string_view name) {
  return std::any_of(item.fields().begin(), item.fields().end(),
                     [name](const v1::CatalogueField& field) { return field.name() == name; });
}

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& list,
              const std::string& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

void CatalogueCheck::CheckBasis(const v1::CatalogueItem& item) {
  if (item.polarity() == v1::NEGATIVE) {
    const bool authority = !item.authorities().empty() || HasField(item, names::kAuthorityName) ||
                           HasField(item, names::kAuthorityId);
    if (!authority) {
      Add(Code::BASIS_DOCUMENT_MISSING, "authorities", "",
          "a negative item names its authority, or has a field authority.name or authority.id");
    }
    if (!HasField(item, names::kDecisionNumber)) {
      Add(Code::BASIS_DOCUMENT_MISSING, "fields.decision.number", "",
          "a negative item has a field decision.number, the authority's own reference");
    }
    if (item.legal_basis().empty() && !HasField(item, names::kLegalBasis)) {
      Add(Code::BASIS_DOCUMENT_MISSING, "legal_basis", "",
          "a negative item names its legal basis, or has a field legal_basis");
    }
    CheckAuthorityIdentifier(item);
    CheckWindows(item);
  }
  if (IsHarmfulList(item.kind(), item.polarity())) {
    CheckListTerms(item);
    CheckListBasis(item);
    CheckListLevel(item);
  }
}

void CatalogueCheck::CheckAuthorityIdentifier(const v1::CatalogueItem& item) {
  const v1::ProfileRules& rules = profile_.rules();
  if (!rules.authority_identifier() || HasField(item, names::kAuthorityId)) return;
  for (const v1::Authority& authority : item.authorities()) {
    const std::string_view scheme = SplitIdentifier(authority.id()).scheme;
    const bool fits =
        !scheme.empty() && (rules.authority_scheme().empty() || scheme == rules.authority_scheme());
    if (fits) continue;
    Add(Code::BASIS_DOCUMENT_MISSING, "authorities.id", authority.id(),
        absl::StrCat("the profile ", profile_.name(), " wants the authority's identifier ",
                     rules.authority_scheme()));
  }
}

void CatalogueCheck::CheckListTerms(const v1::CatalogueItem& item) {
  const v1::ProfileRules& rules = profile_.rules();
  if (rules.list_grounds().empty()) return;
  const v1::ListTerms& list = item.list();
  if (!Contains(rules.list_grounds(), list.ground())) {
    Add(Code::LIST_GROUND_INVALID, "list.ground", list.ground(),
        absl::StrCat("the profile ", profile_.name(),
                     " permits: ", absl::StrJoin(rules.list_grounds(), ", ")));
  }
  if (list.removal_conditions().empty()) {
    Add(Code::LIST_GROUND_INVALID, "list.removal_conditions", "",
        "a list says how a subject gets off it");
  }
  if (list.review_authority().empty()) {
    Add(Code::LIST_GROUND_INVALID, "list.review_authority", "",
        "a list says who reviews its entries");
  }
}

void CatalogueCheck::CheckListBasis(const v1::CatalogueItem& item) {
  const v1::ProfileRules& rules = profile_.rules();
  const auto& levels =
      item.list().national() ? rules.list_basis_national() : rules.list_basis_local();
  if (levels.empty()) return;
  const auto& bases = item.legal_basis();
  if (std::any_of(bases.begin(), bases.end(), [&levels](const v1::LegalBasis& basis) {
        return Contains(levels, basis.level());
      })) {
    return;
  }
  Add(Code::LEGAL_BASIS_INSUFFICIENT, "legal_basis.level", bases.empty() ? "" : bases[0].level(),
      absl::StrCat("this list needs a basis of level ", absl::StrJoin(levels, " or ")));
}

void CatalogueCheck::CheckListLevel(const v1::CatalogueItem& item) {
  const v1::ProfileRules& rules = profile_.rules();
  if (rules.list_levels().empty()) return;
  for (const v1::Authority& authority : item.authorities()) {
    if (authority.kind() == "JUDICIAL" || LevelMayList(rules, authority.level())) continue;
    if (authority.level().empty() && HasField(item, names::kAuthorityLevel)) continue;
    Add(Code::AUTHORITY_LEVEL, "authorities.level", authority.level(),
        "only courts and authorities of the levels that the profile names may list");
  }
}

void CatalogueCheck::CheckWindows(const v1::CatalogueItem& item) {
  if (item.sharing_class() != v1::PUBLIC || item.severity().empty()) return;
  for (const v1::ProfileRules::PublicityWindow& window : profile_.rules().windows()) {
    if (window.severity() != item.severity()) continue;
    if (!window.publishable() && !item.publish_minor()) {
      Add(Code::WINDOW_INVALID, "severity", item.severity(),
          "matters of this severity are not published unless the sector's rule lets them be");
    }
    if (item.publicity_months() > window.months_max()) {
      Add(Code::WINDOW_INVALID, "publicity_months", absl::StrCat(item.publicity_months()),
          absl::StrCat("at most ", window.months_max(), " months for this severity"));
    }
  }
}

}  // namespace tombolo::record
