#include "gateway/record/catalogue.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/record/catalogue_check.h"
#include "gateway/record/profile_table.h"

namespace tombolo::record {
namespace {

using CodeLabels = absl::flat_hash_map<std::string, std::string>;

class CompiledCatalogue final : public Catalogue {
 public:
  CompiledCatalogue(const v1::Catalogue& declared, std::shared_ptr<const Profile> profile)
      : declared_(declared), profile_(std::move(profile)) {}

  const v1::Catalogue& declared() const override { return declared_; }
  const Profile& profile() const override { return *profile_; }
  const std::vector<std::unique_ptr<ItemSpec>>& items() const override { return items_; }

  const ItemSpec* FindItem(std::string_view code) const override {
    const auto at = by_code_.find(ToAbsl(code));
    return at == by_code_.end() ? nullptr : at->second;
  }

  const std::string* FindCode(std::string_view list, std::string_view code) const override {
    if (const auto own = lists_.find(ToAbsl(list)); own != lists_.end()) {
      const auto at = own->second.find(ToAbsl(code));
      return at == own->second.end() ? nullptr : &at->second;
    }
    if (const std::string* known = FindBuiltInCode(list, code)) return known;
    return profile_->FindCode(list, code);
  }

  void AddItem(std::unique_ptr<ItemSpec> item) {
    by_code_.emplace(item->code, item.get());
    items_.push_back(std::move(item));
  }

  Status AddList(const v1::CodeListFile& list, std::string_view text) {
    ASSIGN_OR_RETURN(
        const std::vector<TableRow> rows,
        ParseTable(text, list.file(), {"code", "label", "until"}, 2, limits::kCodeListRowsMax));
    CodeLabels& labels = lists_[list.name()];
    for (const TableRow& row : rows) {
      if (!labels.emplace(row.cells[0], row.cells[1]).second) {
        return MakeError(Code::CONFIG_VALUE,
                         absl::StrCat(list.file(), ", line ", row.line, ": the code ", row.cells[0],
                                      " stands twice; keep one row of it"));
      }
    }
    return absl::OkStatus();
  }

 private:
  const v1::Catalogue declared_;
  const std::shared_ptr<const Profile> profile_;
  std::vector<std::unique_ptr<ItemSpec>> items_;
  absl::flat_hash_map<std::string, const ItemSpec*> by_code_;
  absl::flat_hash_map<std::string, CodeLabels> lists_;
};

// A field that a tag declares to hold numbers of persons, and that is not public, is not free text.
bool HoldsNumbersByTag(const v1::CatalogueField& field) {
  return std::any_of(field.tags().begin(), field.tags().end(), [](const std::string& tag) {
    return tag.starts_with("person.") || tag == "contact.phone";
  });
}

FieldSpec CompileField(const v1::CatalogueItem& item, const v1::CatalogueField& field) {
  FieldSpec spec;
  spec.name = field.name();
  spec.type = field.type();
  spec.sharing_class = Stricter(item.sharing_class(), field.sharing_class());
  spec.required = field.required();
  spec.code_list = field.code_list();
  spec.scheme = field.scheme();
  if (field.has_mask()) spec.mask = field.mask();
  const std::string_view built_in = BuiltInListOf(field.name());
  if (field.type() == v1::CODE && !built_in.empty()) spec.code_list = std::string(built_in);
  const bool is_text = field.type() == v1::TEXT || field.type() == v1::TEXTS;
  const bool declared_numbers = spec.sharing_class != v1::PUBLIC && HoldsNumbersByTag(field);
  // What never leaves the node may hold anything; a masked copy of it does leave.
  const bool leaves = spec.sharing_class != v1::LOCAL;
  spec.watch_text = is_text && leaves && !declared_numbers;
  return spec;
}

std::optional<int32_t> DayOf(const std::string& text) {
  return text.empty() ? std::nullopt : ParseIsoDate(text);
}

std::unique_ptr<ItemSpec> CompileItem(const v1::CatalogueItem& item) {
  auto spec = std::make_unique<ItemSpec>();
  spec->code = item.code();
  spec->title = item.title();
  spec->kind = item.kind();
  spec->polarity = item.polarity();
  spec->sharing_class = item.sharing_class();
  spec->identity_scope = item.identity_scope();
  spec->publicity_months = item.publicity_months();
  spec->valid_from = DayOf(item.valid_from());
  spec->valid_until = DayOf(item.valid_until());
  spec->declared = item;
  spec->rates_subject = RatesSubject(item);
  for (const v1::CatalogueField& field : item.fields()) {
    spec->fields.push_back(CompileField(item, field));
  }
  std::sort(spec->fields.begin(), spec->fields.end(),
            [](const FieldSpec& a, const FieldSpec& b) { return a.name < b.name; });
  spec->ResolveNames();
  return spec;
}

Status ToStatus(const std::string& name, const std::vector<Fault>& faults) {
  std::string message = absl::StrCat("the catalogue ", name, " has ", faults.size(),
                                     faults.size() == 1 ? " fault:" : " faults:");
  const size_t told = std::min(faults.size(), limits::kYamlFaultsMax);
  for (size_t i = 0; i < told; ++i) absl::StrAppend(&message, "\n  ", Describe(faults[i]));
  if (told < faults.size()) {
    absl::StrAppend(&message, "\n  and ", faults.size() - told,
                    " more; tombolo pack check tells all of them");
  }
  return MakeError(faults.front().code, message);
}

}  // namespace

std::vector<Fault> Catalogue::Check(const v1::Catalogue& declared, const Profile& profile) {
  return CatalogueCheck(declared, profile).Run();
}

StatusOr<std::shared_ptr<const Catalogue>> Catalogue::Compile(
    const v1::Catalogue& declared, std::shared_ptr<const Profile> profile,
    const std::function<StatusOr<std::string>(std::string_view file)>& file_text) {
  const std::vector<Fault> faults = Check(declared, *profile);
  if (!faults.empty()) return ToStatus(declared.name(), faults);
  auto compiled = std::make_shared<CompiledCatalogue>(declared, std::move(profile));
  for (const v1::CodeListFile& list : declared.code_lists()) {
    ASSIGN_OR_RETURN(const std::string text, file_text(list.file()));
    RETURN_IF_ERROR(compiled->AddList(list, text));
  }
  for (const v1::CatalogueItem& item : declared.items()) compiled->AddItem(CompileItem(item));
  return std::shared_ptr<const Catalogue>(std::move(compiled));
}

}  // namespace tombolo::record
