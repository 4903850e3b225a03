#include "gateway/record/catalogue_check.h"

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/record/grammar.h"
#include "gateway/record/item.h"

namespace tombolo::record {
namespace {

template <size_t kSize>
bool OneOf(std::string_view text, const std::array<std::string_view, kSize>& allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

constexpr std::array<std::string_view, 5> kLevels = {"NATIONAL", "PROVINCE", "PREFECTURE", "COUNTY",
                                                     "OTHER"};
constexpr std::array<std::string_view, 3> kSeverities = {"MINOR", "GENERAL", "SERIOUS"};
constexpr std::array<std::string_view, 4> kDomains = {"GOVERNMENT_AFFAIRS", "COMMERCE", "SOCIETY",
                                                      "JUDICIARY"};
constexpr std::array<std::string_view, 6> kBasisLevels = {
    "LAW", "ADMIN_REGULATION", "LOCAL_REGULATION", "MINISTRY_RULE", "LOCAL_RULE", "CENTRAL_POLICY"};
// What the header says is not declared again as a field.
constexpr std::array<std::string_view, 8> kHeaderNames = {
    "decision.date", "decided_on",    "effective_on", "valid_from",
    "valid_until",   "publish_until", "share_until",  "state"};

struct KnownType {
  std::string_view name;
  v1::FieldType type;
};
constexpr std::array<KnownType, 20> kKnownTypes = {{
    {names::kSubjectId, v1::IDENTIFIER},
    {names::kSubjectName, v1::TEXT},
    {names::kSubjectKind, v1::CODE},
    {names::kAuthorityName, v1::TEXT},
    {names::kAuthorityId, v1::IDENTIFIER},
    {names::kAuthorityLevel, v1::CODE},
    {names::kAuthorityDivision, v1::DIVISION},
    {names::kDecisionNumber, v1::TEXT},
    {names::kDecisionKind, v1::CODE},
    {names::kLegalBasis, v1::TEXTS},
    {names::kSeverity, v1::CODE},
    {names::kNoticeServedOn, v1::DATE},
    {names::kNoticeReasons, v1::TEXT},
    {names::kNoticeBasis, v1::TEXT},
    {names::kNoticeRights, v1::TEXT},
    {names::kObjectionUntil, v1::DATE},
    {names::kRepresentation, v1::CODE},
    {names::kListedOn, v1::DATE},
    {names::kRelatedRole, v1::CODE},
    {names::kRemark, v1::TEXT},
}};

bool Maskable(v1::FieldType type) {
  return type == v1::TEXT || type == v1::TEXTS || type == v1::IDENTIFIER;
}

}  // namespace

Fault MakeFault(Code code, std::string_view column, std::string_view value,
                std::string_view reason) {
  return Fault{code, std::string(column),
               std::string(Utf8Prefix(value, limits::kFaultValueBytesMax)), std::string(reason)};
}

void CatalogueCheck::Add(Code code, std::string_view key, std::string_view value,
                         std::string_view reason) {
  faults_.push_back(MakeFault(code, absl::StrCat(where_, ToAbsl(key)), value, reason));
}

std::vector<Fault> CatalogueCheck::Run() {
  if (!IsName(declared_.name()) || declared_.name().size() > limits::kItemCodeBytesMax) {
    Add(Code::CONFIG_VALUE, "name", declared_.name(),
        "a catalogue needs a name of lower-case words with dots, at most 64 bytes");
  }
  if (static_cast<size_t>(declared_.items_size()) > limits::kItemsMax) {
    Add(Code::LIMIT_EXCEEDED, "items", absl::StrCat(declared_.items_size()),
        absl::StrCat("a catalogue has at most ", limits::kItemsMax, " items; split it"));
  }
  CheckLists();
  absl::flat_hash_set<std::string> codes;
  for (const v1::CatalogueItem& item : declared_.items()) {
    where_ = absl::StrCat("items.", item.code(), ".");
    if (!codes.insert(item.code()).second) {
      Add(Code::CONFIG_VALUE, "code", item.code(), "two items have this code; rename one");
    }
    CheckItem(item);
  }
  return std::move(faults_);
}

void CatalogueCheck::CheckLists() {
  absl::flat_hash_set<std::string> names;
  for (const v1::CodeListFile& list : declared_.code_lists()) {
    where_ = absl::StrCat("code_lists.", list.name(), ".");
    if (!IsName(list.name())) {
      Add(Code::CONFIG_VALUE, "name", list.name(), "a code list needs a name in lower case");
    }
    if (list.name().starts_with("tombolo.")) {
      Add(Code::CONFIG_VALUE, "name", list.name(), "names with tombolo. are the program's own");
    }
    if (!names.insert(list.name()).second) {
      Add(Code::CONFIG_VALUE, "name", list.name(), "two code lists have this name; rename one");
    }
    if (list.file().empty()) Add(Code::CONFIG_VALUE, "file", "", "a code list needs a file");
  }
  where_.clear();
}

void CatalogueCheck::CheckItem(const v1::CatalogueItem& item) {
  CheckItemNames(item);
  CheckItemEnums(item);
  CheckItemDates(item);
  CheckAuthorities(item);
  CheckContent(item);
  CheckBasis(item);
  CheckFields(item);
}

void CatalogueCheck::CheckItemNames(const v1::CatalogueItem& item) {
  if (!IsName(item.code())) {
    Add(Code::CONFIG_VALUE, "code", item.code(),
        "an item needs a code of lower-case words with dots");
  }
  if (item.code().size() > limits::kItemCodeBytesMax) {
    Add(Code::LIMIT_EXCEEDED, "code", item.code(),
        absl::StrCat("an item's code has at most ", limits::kItemCodeBytesMax, " bytes"));
  }
  if (item.identity_scope().empty()) {
    Add(Code::CONFIG_VALUE, "identity_scope", "",
        "an item needs an identity scope; records of one scope and key are one record");
  }
  if (item.identity_scope().size() > limits::kIdentityScopeBytesMax) {
    Add(Code::LIMIT_EXCEEDED, "identity_scope", item.identity_scope(),
        absl::StrCat("an identity scope has at most ", limits::kIdentityScopeBytesMax, " bytes"));
  }
}

void CatalogueCheck::CheckItemEnums(const v1::CatalogueItem& item) {
  if (item.kind() == 0 || !v1::RecordKind_IsValid(item.kind())) {
    Add(Code::CONFIG_VALUE, "kind", "", "an item needs a kind, e.g. REGISTRATION or PENALTY");
  }
  if (item.polarity() == 0 || !v1::Polarity_IsValid(item.polarity())) {
    Add(Code::CONFIG_VALUE, "polarity", "",
        "an item needs a polarity: BASIC, NEGATIVE, POSITIVE or NEUTRAL");
  }
  if (item.sharing_class() < v1::PUBLIC || item.sharing_class() > v1::LIMITED) {
    Add(Code::CONFIG_VALUE, "sharing_class", "",
        "an item needs a sharing class: PUBLIC, GOVERNMENT or LIMITED");
  }
  if (item.subject_kinds().empty()) {
    Add(Code::CONFIG_VALUE, "subject_kinds", "", "an item says whom its records are about");
  }
  for (const int kind : item.subject_kinds()) {
    if (kind == 0 || !v1::SubjectKind_IsValid(kind)) {
      Add(Code::CONFIG_VALUE, "subject_kinds", absl::StrCat(kind),
          "subject kinds are ORGANISATION, INDIVIDUAL_BUSINESS and NATURAL_PERSON");
    }
  }
  if (item.kind() == v1::PENALTY && item.polarity() != v1::NEGATIVE) {
    Add(Code::CONFIG_VALUE, "polarity", v1::Polarity_Name(item.polarity()),
        "a penalty is NEGATIVE");
  }
  if (item.kind() == v1::INSPECTION && item.polarity() == v1::NEGATIVE) {
    Add(Code::CONFIG_VALUE, "polarity", "NEGATIVE",
        "an inspection result punishes nobody: make it NEUTRAL, and the decision a PENALTY");
  }
  if (!item.severity().empty() && !OneOf(item.severity(), kSeverities)) {
    Add(Code::CONFIG_VALUE, "severity", item.severity(), "severity is MINOR, GENERAL or SERIOUS");
  }
  if (!item.domain().empty() && !OneOf(item.domain(), kDomains)) {
    Add(Code::CONFIG_VALUE, "domain", item.domain(),
        "domain is GOVERNMENT_AFFAIRS, COMMERCE, SOCIETY or JUDICIARY");
  }
}

void CatalogueCheck::CheckItemDates(const v1::CatalogueItem& item) {
  const auto day = [this](std::string_view key, const std::string& text) {
    const auto days = text.empty() ? std::nullopt : ParseIsoDate(text);
    if (!text.empty() && !days) {
      Add(Code::CONFIG_VALUE, key, text, "a date is written YYYY-MM-DD and must exist");
    }
    return days;
  };
  const auto from = day("valid_from", item.valid_from());
  const auto until = day("valid_until", item.valid_until());
  if (from && until && *from > *until) {
    Add(Code::CONFIG_VALUE, "valid_until", item.valid_until(), "lies before valid_from");
  }
  if (item.publicity_months() > limits::kPublicityMonthsMax) {
    Add(Code::LIMIT_EXCEEDED, "publicity_months", absl::StrCat(item.publicity_months()),
        absl::StrCat("at most ", limits::kPublicityMonthsMax, " months"));
  }
}

void CatalogueCheck::CheckAuthorities(const v1::CatalogueItem& item) {
  for (const v1::Authority& authority : item.authorities()) {
    if (authority.name().empty()) {
      Add(Code::CONFIG_VALUE, "authorities.name", "", "an authority needs a name");
    }
    if (!authority.level().empty() && !OneOf(authority.level(), kLevels)) {
      Add(Code::CONFIG_VALUE, "authorities.level", authority.level(),
          "level is NATIONAL, PROVINCE, PREFECTURE, COUNTY or OTHER");
    }
    if (authority.id().empty()) continue;
    const auto [scheme, value] = SplitIdentifier(authority.id());
    if (scheme.empty()) {
      Add(Code::CONFIG_VALUE, "authorities.id", authority.id(), "write it as scheme:value");
      continue;
    }
    for (const Fault& fault : profile_.CheckIdentifier(scheme, value, std::nullopt).faults) {
      Add(fault.code, "authorities.id", authority.id(), fault.reason);
    }
  }
  for (const v1::LegalBasis& basis : item.legal_basis()) {
    if (basis.title().empty()) {
      Add(Code::CONFIG_VALUE, "legal_basis.title", "", "a legal basis needs the instrument's name");
    }
    if (!basis.level().empty() && !OneOf(basis.level(), kBasisLevels)) {
      Add(Code::CONFIG_VALUE, "legal_basis.level", basis.level(),
          "level is LAW, ADMIN_REGULATION, LOCAL_REGULATION, MINISTRY_RULE, LOCAL_RULE or "
          "CENTRAL_POLICY");
    }
  }
}

void CatalogueCheck::CheckFields(const v1::CatalogueItem& item) {
  if (static_cast<size_t>(item.fields_size()) > limits::kFieldsPerItemMax) {
    Add(Code::LIMIT_EXCEEDED, "fields", absl::StrCat(item.fields_size()),
        absl::StrCat("an item has at most ", limits::kFieldsPerItemMax, " fields"));
  }
  const std::string item_where = where_;
  absl::flat_hash_set<std::string> names;
  for (const v1::CatalogueField& field : item.fields()) {
    where_ = absl::StrCat(item_where, "fields.", field.name(), ".");
    if (!IsName(field.name())) {
      Add(Code::CONFIG_VALUE, "name", field.name(), "a field's name is lower-case words with dots");
    }
    if (field.name().size() > limits::kFieldNameBytesMax) {
      Add(Code::LIMIT_EXCEEDED, "name", field.name(),
          absl::StrCat("a field's name has at most ", limits::kFieldNameBytesMax, " bytes"));
    }
    if (!names.insert(field.name()).second) {
      Add(Code::CONFIG_VALUE, "name", field.name(), "two fields of the item have this name");
    }
    if (OneOf(field.name(), kHeaderNames)) {
      Add(Code::CONFIG_VALUE, "name", field.name(),
          "the record's header has this; give it there and drop the field");
    }
    CheckFieldType(field);
    CheckFieldClass(item, field);
    CheckPublicLeak(item, field);
  }
  where_ = item_where;
}

void CatalogueCheck::CheckFieldType(const v1::CatalogueField& field) {
  if (field.type() == 0 || !v1::FieldType_IsValid(field.type())) {
    Add(Code::CONFIG_VALUE, "type", "", "a field needs a type, e.g. TEXT, DATE or CODE");
    return;
  }
  for (const KnownType& known : kKnownTypes) {
    if (known.name == field.name() && known.type != field.type()) {
      Add(Code::CONFIG_VALUE, "type", v1::FieldType_Name(field.type()),
          absl::StrCat("rules know this field as ", v1::FieldType_Name(known.type)));
    }
  }
  const bool has_list = !field.code_list().empty();
  if (field.type() == v1::CODE) {
    if (!has_list && BuiltInListOf(field.name()).empty()) {
      Add(Code::CONFIG_VALUE, "code_list", "", "a field of type CODE names its code list");
    } else if (has_list && !KnowsList(field.code_list())) {
      Add(Code::CONFIG_VALUE, "code_list", field.code_list(),
          "no code list of this name in the catalogue or its profile");
    }
  } else if (has_list) {
    Add(Code::CONFIG_VALUE, "code_list", field.code_list(), "only a field of type CODE has one");
  }
  if (field.scheme().empty()) return;
  if (field.type() != v1::IDENTIFIER) {
    Add(Code::CONFIG_VALUE, "scheme", field.scheme(), "only a field of type IDENTIFIER has one");
  } else if (profile_.FindScheme(field.scheme()) == nullptr) {
    Add(Code::SCHEME_UNKNOWN, "scheme", field.scheme(),
        absl::StrCat("the profile ", profile_.name(), " has no such scheme"));
  }
}

void CatalogueCheck::CheckFieldClass(const v1::CatalogueItem& item,
                                     const v1::CatalogueField& field) {
  if (field.sharing_class() == 0 || !v1::SharingClass_IsValid(field.sharing_class())) {
    Add(Code::CONFIG_VALUE, "sharing_class", "",
        "a field needs a sharing class: PUBLIC, GOVERNMENT, LIMITED or LOCAL");
  }
  if (field.has_mask()) CheckMask(item, field);
}

void CatalogueCheck::CheckMask(const v1::CatalogueItem& item, const v1::CatalogueField& field) {
  const v1::SharingClass in = field.mask().in();
  const std::string& name = v1::SharingClass_Name(in);
  if (in < v1::PUBLIC || in > v1::LIMITED) {
    Add(Code::CONFIG_VALUE, "mask.in", name, "a mask names PUBLIC, GOVERNMENT or LIMITED");
    return;
  }
  if (in < item.sharing_class()) {
    Add(Code::CLASS_WIDENED, "mask.in", name,
        "the masked copy would stand in a layer more open than the record's class");
  }
  if (in >= Stricter(item.sharing_class(), field.sharing_class())) {
    Add(Code::CONFIG_VALUE, "mask.in", name,
        "a masked copy stands in a layer more open than the field itself");
  }
  if (!Maskable(field.type())) {
    Add(Code::CONFIG_VALUE, "mask", v1::FieldType_Name(field.type()),
        "only TEXT, TEXTS and IDENTIFIER can be masked");
  }
}

bool CatalogueCheck::KnowsList(std::string_view list) const {
  const auto& lists = declared_.code_lists();
  return std::any_of(lists.begin(), lists.end(),
                     [list](const v1::CodeListFile& l) { return l.name() == list; }) ||
         profile_.HasCodeList(list) || IsBuiltInList(list);
}

}  // namespace tombolo::record
