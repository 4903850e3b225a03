// Functions over code lists and identifier schemes.
#include "absl/strings/str_cat.h"
#include "adapters/engine/functions.h"
#include "adapters/engine/output.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

// A list of the pack, or the name of one of the catalogue or the profile.
struct ListSource {
  const CodeList* list = nullptr;
  std::string name;
};

bool CatalogueHas(const record::Catalogue& catalogue, std::string_view list) {
  if (catalogue.profile().HasCodeList(list)) return true;
  for (const v1::CodeListFile& file : catalogue.declared().code_lists()) {
    if (file.name() == list) return true;
  }
  return false;
}

const ListSource* ListOf(const Call& call, ListSource* own) {
  if (const auto* const kept = call.Kept<ListSource>(0); kept != nullptr) return kept;
  const auto list = call.context().lists->find(call.Text(0));
  if (list != call.context().lists->end() && !list->second.is_units()) {
    own->list = &list->second;
  } else if (!CatalogueHas(*call.context().catalogue, call.Text(0))) {
    std::string known;
    for (const auto& [name, other] : *call.context().lists) {
      if (!other.is_units()) absl::StrAppend(&known, known.empty() ? "" : ", ", name);
    }
    call.Fail(absl::StrCat("no code list '", ToAbsl(call.Text(0)),
                           "'; the pack has: ", known.empty() ? "none" : known));
    return nullptr;
  }
  own->name = std::string(call.Text(0));
  call.Keep(0, new ListSource(*own));
  return own;
}

void Known(const Call& call, std::string_view code) {
  if (CodeUse* const use = call.context().use; use != nullptr) {
    use->met[std::string(call.Text(0))].insert(std::string(code));
  }
  call.ReturnText(code);
}

void Unknown(const Call& call, std::string_view value) {
  if (CodeUse* const use = call.context().use; use != nullptr) {
    use->CountUnknown(call.Text(0), value);
  }
  call.ReturnPoison(Code::CODE_UNKNOWN, value,
                    absl::StrCat("not in the code list '", ToAbsl(call.Text(0)), "'"));
}

// code(list, value): the code that a value of the source means.
void CodeOfValue(const Call& call) {
  ListSource own;
  const ListSource* const source = ListOf(call, &own);
  if (source == nullptr) return;
  const std::string_view value = Trim(call.Text(1));
  if (value.empty()) return call.ReturnNull();
  if (source->list != nullptr) {
    const CodeList::Entry* const entry = source->list->Find(value);
    return entry == nullptr ? Unknown(call, value) : Known(call, entry->code);
  }
  if (call.context().catalogue->FindCode(source->name, value) == nullptr) {
    return Unknown(call, value);
  }
  Known(call, value);
}

// label(list, code): the label of a code.
void LabelOfCode(const Call& call) {
  ListSource own;
  const ListSource* const source = ListOf(call, &own);
  if (source == nullptr) return;
  const std::string_view code = Trim(call.Text(1));
  if (code.empty()) return call.ReturnNull();
  if (source->list != nullptr) {
    const CodeList::Entry* const entry = source->list->Find(code);
    return entry == nullptr ? Unknown(call, code) : call.ReturnTextOrNull(entry->label);
  }
  const std::string* const label = call.context().catalogue->FindCode(source->name, code);
  return label == nullptr ? Unknown(call, code) : call.ReturnTextOrNull(*label);
}

// coded(code, label): a code with the source's own label, for a field of type CODE.
void Coded(const Call& call) {
  const std::string_view code = Trim(call.Text(0)), label = Trim(call.Text(1));
  if (code.empty()) return call.ReturnNull();
  if (label.empty()) return call.ReturnText(code);
  call.ReturnText(absl::StrCat(ToAbsl(code), std::string(1, kLabelMark), ToAbsl(label)));
}

template <bool kWithScheme>
void Identifier(const Call& call) {
  const record::Profile& profile = call.context().catalogue->profile();
  const std::string_view scheme = call.Text(0), text = Trim(call.Text(1));
  if (text.empty()) {
    if (profile.FindScheme(scheme) != nullptr) return call.ReturnNull();
    return call.Fail(absl::StrCat("the profile has no identifier scheme '", ToAbsl(scheme), "'"));
  }
  const record::IdentifierCheck check = profile.CheckIdentifier(scheme, text, std::nullopt);
  if (!check.accepted()) {
    const Fault& fault = check.faults.front();
    if (fault.code == Code::SCHEME_UNKNOWN) return call.Fail(fault.reason);
    return call.ReturnPoison(fault.code, text, fault.reason);
  }
  call.ReturnText(kWithScheme ? absl::StrCat(ToAbsl(scheme), ":", check.normal) : check.normal);
}

constexpr FunctionSpec kSpecs[] = {
    {"code", 2, 2, CodeOfValue},          {"label", 2, 2, LabelOfCode},      {"coded", 2, 2, Coded},
    {"norm_id", 2, 2, Identifier<false>}, {"ident", 2, 2, Identifier<true>},
};

}  // namespace

void AddCodeFunctions(sqlite3* db, FunctionContext* context) {
  AddScalars(db, kSpecs, std::size(kSpecs), context);
}

}  // namespace tombolo::engine
