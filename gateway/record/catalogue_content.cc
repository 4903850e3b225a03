// Content that is refused by design, and personal data that would stand in a public layer.
#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/record/canonical.h"
#include "gateway/record/catalogue_check.h"
#include "gateway/record/item.h"

namespace tombolo::record {
namespace {

constexpr std::array<std::string_view, 4> kPublicKinds = {"ADMINISTRATIVE", "JUDICIAL", "ARBITRAL",
                                                          "AUTHORISED_PUBLIC_BODY"};

// Tags of personal data. With "person." they concern a person whatever the subject is (a manager of
// a company); with "contact." they do where the subject is a natural person.
constexpr std::array<std::string_view, 12> kPersonalParts = {
    "birth_date", "birthdate", "address",      "home",   "phone",    "email",
    "photo",      "bank",      "bank_account", "health", "identity", "id_number"};

// Digits of a person's number that a masked copy in the public layer must hide.
constexpr size_t kHiddenCharactersMin = 4;

bool IsPersonalTag(std::string_view tag, bool natural_person) {
  if (tag == "remark") return true;
  std::string_view part;
  if (tag.starts_with("person.")) {
    part = tag.substr(std::string_view("person.").size());
  } else if (natural_person && tag.starts_with("contact.")) {
    part = tag.substr(std::string_view("contact.").size());
  } else if (natural_person) {
    part = tag;
  }
  return std::find(kPersonalParts.begin(), kPersonalParts.end(), part) != kPersonalParts.end();
}

}  // namespace

void CatalogueCheck::CheckContent(const v1::CatalogueItem& item) {
  CheckProhibited(item);
  CheckPersonScore(item);
  CheckSource(item);
}

void CatalogueCheck::CheckProhibited(const v1::CatalogueItem& item) {
  const auto refuse = [this](std::string_view key, std::string_view value,
                             const std::optional<std::string>& category) {
    if (!category) return;
    Add(Code::PROHIBITED_CATEGORY, key, value,
        absl::StrCat("data on ", *category, " is refused by design"));
  };
  for (const std::string& tag : item.tags()) refuse("tags", tag, profile_.ProhibitedByTag(tag));
  for (const v1::CatalogueField& field : item.fields()) {
    const std::string key = absl::StrCat("fields.", field.name());
    for (const std::string& tag : field.tags()) {
      refuse(key + ".tags", tag, profile_.ProhibitedByTag(tag));
    }
    // Whole words: the dots and underscores of a name separate them.
    std::string words = field.name();
    std::replace_if(
        words.begin(), words.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
    refuse(key + ".name", field.name(), profile_.ProhibitedByWords(words));
    refuse(key + ".title", field.title(), profile_.ProhibitedByWords(field.title()));
  }
}

void CatalogueCheck::CheckPersonScore(const v1::CatalogueItem& item) {
  if (!HasSubjectKind(item, v1::NATURAL_PERSON)) return;
  if (item.kind() == v1::EVALUATION) {
    Add(Code::PERSON_SCORE, "kind", "EVALUATION",
        "natural persons are not evaluated; limit subject_kinds to organisations");
  }
  for (const v1::CatalogueField& field : item.fields()) {
    if (!IsScoreField(field)) continue;
    Add(Code::PERSON_SCORE, absl::StrCat("fields.", field.name()), field.title(),
        "a score, grade, rank or points of a natural person is refused by design");
  }
}

void CatalogueCheck::CheckSource(const v1::CatalogueItem& item) {
  if (!item.source_kind().empty() && item.source_kind() != "PUBLIC_AUTHORITY") {
    Add(Code::PRIVATE_SOURCE, "source_kind", item.source_kind(),
        "only what a public authority established is carried");
  }
  for (const v1::Authority& authority : item.authorities()) {
    if (std::find(kPublicKinds.begin(), kPublicKinds.end(), authority.kind()) !=
        kPublicKinds.end()) {
      continue;
    }
    Add(Code::PRIVATE_SOURCE, "authorities.kind", authority.kind(),
        "an authority is ADMINISTRATIVE, JUDICIAL, ARBITRAL or AUTHORISED_PUBLIC_BODY");
  }
}

void CatalogueCheck::CheckPublicLeak(const v1::CatalogueItem& item,
                                     const v1::CatalogueField& field) {
  const v1::IdentifierScheme* scheme =
      field.scheme().empty() ? nullptr : profile_.FindScheme(field.scheme());
  const bool person_number = scheme != nullptr && scheme->natural_person();
  if (Stricter(item.sharing_class(), field.sharing_class()) != v1::PUBLIC) {
    if (person_number && field.mask().in() == v1::PUBLIC) CheckPersonMask(field);
    return;
  }
  if (person_number) {
    Add(Code::PUBLIC_FIELD_LEAK, "sharing_class", "PUBLIC",
        "a number that identifies a natural person is never public; make it LIMITED or mask it");
  }
  if (!profile_.rules().public_leak()) return;
  if (field.name() == names::kRemark) {
    Add(Code::PUBLIC_FIELD_LEAK, "name", field.name(), "remarks are not for the public layer");
  }
  const bool natural_person = HasSubjectKind(item, v1::NATURAL_PERSON);
  for (const std::string& tag : field.tags()) {
    if (!IsPersonalTag(tag, natural_person)) continue;
    Add(Code::PUBLIC_FIELD_LEAK, "tags", tag,
        "personal data of this sort is not for the public layer; give the field a stricter class");
  }
}

void CatalogueCheck::CheckPersonMask(const v1::CatalogueField& field) {
  const v1::IdentifierScheme* scheme = profile_.FindScheme(field.scheme());
  for (const std::string& example : scheme->examples()) {
    const std::string masked =
        MaskText(example, field.mask().keep_first(), field.mask().keep_last());
    if (std::count(masked.begin(), masked.end(), '*') >=
        static_cast<std::ptrdiff_t>(kHiddenCharactersMin)) {
      continue;
    }
    Add(Code::PUBLIC_FIELD_LEAK, "mask", masked,
        "the mask hides too little of a person's number; at least four characters must go");
    return;
  }
}

}  // namespace tombolo::record
