#include "gateway/record/profile.h"

#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/record/division.h"
#include "gateway/record/profile_table.h"
#include "gateway/record/scheme.h"
#include "gateway/record/watch.h"

namespace tombolo::record {
namespace {

Status InProfile(const v1::Profile& declared, absl::string_view what) {
  return MakeError(Code::CONFIG_VALUE, absl::StrCat("profile '", declared.name(), "': ", what));
}

class CompiledProfile final : public Profile, public SchemeContext {
 public:
  // Adds one profile's tables and code lists; all of a chain come before the first scheme.
  Status AddTables(const v1::Profile& declared, const FileText& file_text);
  Status FinishTables();
  Status AddSchemes(const v1::Profile& declared);
  // Words, watched schemes and rule switches; after all schemes.
  Status AddRules(const v1::Profile& declared);
  void FinishWatch();
  void SetDigest(std::string digest) { digest_ = std::move(digest); }

  const std::string& name() const override { return name_; }
  const v1::ProfileRules& rules() const override { return rules_; }
  const v1::IdentifierScheme* FindScheme(std::string_view scheme) const override {
    const Scheme* found = LookUpScheme(scheme);
    return found == nullptr ? nullptr : &found->declared();
  }
  std::vector<std::string> SchemeNames() const override { return scheme_names_; }
  IdentifierCheck CheckIdentifier(std::string_view scheme, std::string_view input,
                                  std::optional<int32_t> decided_on) const override;
  std::vector<Fault> FindPersonNumbers(std::string_view text) const override {
    return watch_.Find(text);
  }
  std::string_view digest() const override { return digest_; }
  size_t PersonNumberRunMin() const override { return watch_.run_min(); }
  const Division* FindDivision(std::string_view table, std::string_view code,
                               std::optional<int32_t> day) const override {
    const DivisionTable* found = LookUpDivisions(table);
    return found == nullptr ? nullptr : found->Find(code, day);
  }
  const std::string* FindCode(std::string_view list, std::string_view code) const override {
    const CodeTable* codes = LookUpCodes(list);
    if (codes == nullptr) return nullptr;
    const auto found = codes->find(ToAbsl(code));
    return found == codes->end() ? nullptr : &found->second;
  }
  bool HasCodeList(std::string_view list) const override { return LookUpCodes(list) != nullptr; }
  std::optional<std::string> ProhibitedByTag(std::string_view tag) const override {
    return prohibited_.OfTag(tag);
  }
  std::optional<std::string> ProhibitedByWords(std::string_view text) const override {
    return prohibited_.OfWords(text);
  }

  const Scheme* LookUpScheme(std::string_view name) const override {
    const auto found = schemes_.find(ToAbsl(name));
    return found == schemes_.end() ? nullptr : found->second.get();
  }
  const DivisionTable* LookUpDivisions(std::string_view name) const override {
    const auto found = divisions_.find(ToAbsl(name));
    return found == divisions_.end() ? nullptr : found->second.get();
  }
  const CodeTable* LookUpCodes(std::string_view name) const override {
    const auto found = codes_.find(ToAbsl(name));
    return found == codes_.end() ? nullptr : found->second.get();
  }

 private:
  Status AddCodeList(const v1::CodeList& list, std::string_view text);
  Status MergeRules(const v1::Profile& declared);

  std::string name_;
  v1::ProfileRules rules_;
  std::vector<std::string> scheme_names_;  // in the order of declaration
  absl::flat_hash_map<std::string, std::unique_ptr<const Scheme>> schemes_;
  absl::flat_hash_map<std::string, std::unique_ptr<DivisionTable>> divisions_;
  absl::flat_hash_map<std::string, std::unique_ptr<CodeTable>> codes_;
  TextWatch watch_;
  std::string digest_;
  CategoryWords prohibited_;
};

Status CompiledProfile::AddCodeList(const v1::CodeList& list, std::string_view text) {
  static const auto* const kHeader = new std::vector<std::string_view>{"code", "label", "until"};
  std::unique_ptr<CodeTable>& codes = codes_[list.name()];
  if (codes == nullptr) codes = std::make_unique<CodeTable>();
  ASSIGN_OR_RETURN(std::vector<TableRow> rows,
                   ParseTable(text, list.file(), *kHeader, 2, limits::kCodeListRowsMax));
  for (TableRow& row : rows) {
    const std::string& code = row.cells[0];
    if (code.empty() || !codes->try_emplace(code, std::move(row.cells[1])).second) {
      return MakeError(Code::CONFIG_VALUE,
                       absl::StrCat(list.file(), ", line ", row.line, ": the code '", code, "' is ",
                                    code.empty() ? "empty" : "there twice"));
    }
  }
  return absl::OkStatus();
}

Status CompiledProfile::AddTables(const v1::Profile& declared, const FileText& file_text) {
  name_ = declared.name();
  const auto add = [&](const std::string& name, const std::string& file,
                       const auto& take) -> Status {
    if (name.empty() || file.empty()) return InProfile(declared, "a table lacks name or file");
    StatusOr<std::string> text = file_text(declared.name(), file);
    const Status taken = text.ok() ? take(*text) : text.status();
    if (taken.ok()) return taken;
    return InProfile(declared,
                     absl::StrCat("table '", name, "', file ", file, ": ", taken.message()));
  };
  for (const v1::CodeList& list : declared.code_lists()) {
    RETURN_IF_ERROR(add(list.name(), list.file(),
                        [&](const std::string& text) { return AddCodeList(list, text); }));
  }
  for (const v1::DivisionTable& table : declared.division_tables()) {
    RETURN_IF_ERROR(add(table.name(), table.file(), [&](const std::string& text) {
      std::unique_ptr<DivisionTable>& divisions = divisions_[table.name()];
      if (divisions == nullptr) divisions = std::make_unique<DivisionTable>();
      return divisions->AddCsv(text, table.file());
    }));
  }
  return absl::OkStatus();
}

Status CompiledProfile::FinishTables() {
  for (const auto& [name, table] : divisions_) {
    if (const Status finished = table->Finish(); !finished.ok()) {
      return MakeError(Code::CONFIG_VALUE,
                       absl::StrCat("division table '", name, "': ", finished.message()));
    }
  }
  return absl::OkStatus();
}

Status CompiledProfile::AddSchemes(const v1::Profile& declared) {
  for (const v1::IdentifierScheme& scheme : declared.schemes()) {
    if (schemes_.contains(scheme.scheme())) {
      return InProfile(declared, absl::StrCat("scheme '", scheme.scheme(), "' is declared twice"));
    }
    StatusOr<std::unique_ptr<const Scheme>> compiled = Scheme::Compile(scheme, *this);
    if (!compiled.ok()) return InProfile(declared, compiled.status().message());
    schemes_.emplace(scheme.scheme(), *std::move(compiled));
    scheme_names_.push_back(scheme.scheme());
  }
  return absl::OkStatus();
}

Status CompiledProfile::MergeRules(const v1::Profile& declared) {
  v1::ProfileRules rules = declared.rules();
  for (const v1::ProfileRules::PublicityWindow& window : rules.windows()) {
    const std::string& severity = window.severity();
    if (severity != "MINOR" && severity != "GENERAL" && severity != "SERIOUS") {
      return InProfile(declared, absl::StrCat("the severity '", severity, "' of a window is not ",
                                              "MINOR, GENERAL or SERIOUS"));
    }
    // A later profile's window of the same severity takes the place of an earlier one's.
    for (int i = 0; i < rules_.windows_size(); ++i) {
      if (rules_.windows(i).severity() != severity) continue;
      rules_.mutable_windows()->DeleteSubrange(i, 1);
      break;
    }
  }
  rules_.MergeFrom(rules);
  if (!rules.division_table().empty() && LookUpDivisions(rules.division_table()) == nullptr) {
    return InProfile(declared, absl::StrCat("rules.division_table '", rules.division_table(),
                                            "' is not declared"));
  }
  if (!rules.authority_scheme().empty() && LookUpScheme(rules.authority_scheme()) == nullptr) {
    return InProfile(declared, absl::StrCat("rules.authority_scheme '", rules.authority_scheme(),
                                            "' is not declared"));
  }
  return absl::OkStatus();
}

Status CompiledProfile::AddRules(const v1::Profile& declared) {
  for (const v1::Profile::ProhibitedCategory& category : declared.prohibited()) {
    if (const Status added = prohibited_.Add(category); !added.ok()) {
      return InProfile(declared, added.message());
    }
  }
  for (const std::string& name : declared.watch_in_text()) {
    const Scheme* scheme = LookUpScheme(name);
    if (scheme == nullptr || !scheme->declared().natural_person()) {
      return InProfile(declared, absl::StrCat("watch_in_text '", name, "' is not a scheme of ",
                                              "natural persons"));
    }
    if (const Status watched = watch_.Watch(scheme); !watched.ok()) {
      return InProfile(declared, watched.message());
    }
  }
  return MergeRules(declared);
}

void CompiledProfile::FinishWatch() {
  for (const std::string& name : scheme_names_) {
    const Scheme* scheme = LookUpScheme(name);
    // An open pattern would exempt every row of digits, so only schemes with a check count.
    if (!scheme->declared().natural_person() && scheme->has_hard_check()) watch_.Exempt(scheme);
  }
}

IdentifierCheck CompiledProfile::CheckIdentifier(std::string_view scheme, std::string_view input,
                                                 std::optional<int32_t> decided_on) const {
  const Scheme* found = LookUpScheme(scheme);
  if (found != nullptr) return found->Check(input, decided_on);
  IdentifierCheck result;
  result.faults.push_back(
      {Code::SCHEME_UNKNOWN, "", std::string(scheme),
       absl::StrCat("the scheme '", ToAbsl(scheme), "' is not declared in profile '", name_, "'")});
  return result;
}

// Names are present and unique, and what a profile includes stands before it.
Status CheckChain(const std::vector<v1::Profile>& chain) {
  if (chain.empty()) return MakeError(Code::CONFIG_VALUE, "no profile was given");
  std::set<std::string> seen;
  for (const v1::Profile& declared : chain) {
    if (declared.name().empty()) return InProfile(declared, "it has no name");
    for (const std::string& included : declared.includes()) {
      if (!seen.contains(included)) {
        return InProfile(declared, absl::StrCat("the profile '", included,
                                                "' that it includes was not loaded before it"));
      }
    }
    if (!seen.insert(declared.name()).second) {
      return InProfile(declared, "it is in the chain twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::shared_ptr<const Profile>> Profile::Compile(const std::vector<v1::Profile>& chain,
                                                          const FileText& file_text) {
  RETURN_IF_ERROR(CheckChain(chain));
  Hasher hasher(HashKind::kSha256);
  const auto update = [&hasher](std::string_view part) {
    hasher.UpdateU64(part.size());
    hasher.Update(part);
  };
  const FileText hashed_text = [&](std::string_view profile, std::string_view file) {
    StatusOr<std::string> text = file_text(profile, file);
    update(profile);
    update(file);
    if (text.ok()) update(*text);
    return text;
  };
  auto made = std::make_shared<CompiledProfile>();
  for (const v1::Profile& declared : chain) {
    update(declared.DebugString());
    RETURN_IF_ERROR(made->AddTables(declared, hashed_text));
  }
  RETURN_IF_ERROR(made->FinishTables());
  for (const v1::Profile& declared : chain) RETURN_IF_ERROR(made->AddSchemes(declared));
  for (const v1::Profile& declared : chain) RETURN_IF_ERROR(made->AddRules(declared));
  made->FinishWatch();
  made->SetDigest(hasher.Finish().str());
  return std::shared_ptr<const Profile>(std::move(made));
}

}  // namespace tombolo::record
