#include "adapters/engine/pack.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "adapters/engine/compiled_pack.h"
#include "adapters/engine/output.h"
#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/config/yaml.h"

namespace tombolo::engine {
namespace {

constexpr std::string_view kPackFile = "pack.yaml";
constexpr int kTriedRows = 10;

}  // namespace

std::string Pack::id() const { return absl::StrCat(declared().name(), "@", declared().version()); }

bool CompiledPack::MakesGroups(const v1::RecordQuery& query) const {
  for (const CompiledQuery& compiled : queries_) {
    if (compiled.declared == &query) return !compiled.zero_copy;
  }
  return true;
}

StatusOr<const v1::Source*> CompiledPack::SourceForFile(std::string_view base_name) const {
  const v1::Source* found = nullptr;
  for (const v1::Source& source : declared_.sources()) {
    const bool fits =
        std::any_of(source.files().begin(), source.files().end(),
                    [&](const std::string& pattern) { return GlobFits(pattern, base_name); });
    if (!fits) continue;
    if (found != nullptr) {
      return MakeError(Code::PACK_INVALID,
                       absl::StrCat("the file '", ToAbsl(base_name), "' fits the sources '",
                                    found->name(), "' and '", source.name(), "' of the pack '",
                                    declared_.name(), "'; make the patterns exclude each other"));
    }
    found = &source;
  }
  return found;
}

const v1::Source* CompiledPack::FindSource(std::string_view name) const {
  for (const v1::Source& source : declared_.sources()) {
    if (source.name() == name) return &source;
  }
  return nullptr;
}

bool CompiledPack::HasLeaveOut(std::string_view rule) const {
  return std::any_of(declared_.leave_out().begin(), declared_.leave_out().end(),
                     [&](const v1::LeaveOutRule& known) { return known.name() == rule; });
}

bool CompiledPack::KnownUnused(std::string_view source, std::string_view column) const {
  return std::any_of(declared_.unused_columns().begin(), declared_.unused_columns().end(),
                     [&](const std::string& known) {
                       const size_t dot = known.find('.');
                       return dot != std::string::npos && known.substr(0, dot) == source &&
                              LowerName(known.substr(dot + 1)) == LowerName(column);
                     });
}

StatusOr<std::unique_ptr<QueryBed>> QueryBed::Make(const v1::Pack& pack, const CodeLists& lists,
                                                   const record::Catalogue& catalogue) {
  auto bed = std::make_unique<QueryBed>();
  bed->functions_.lists = &lists;
  bed->functions_.catalogue = &catalogue;
  ASSIGN_OR_RETURN(bed->connection_, Connection::Open());
  AddFunctions(bed->connection_->db(), &bed->functions_);
  for (const v1::Source& source : pack.sources()) bed->connection_->Allow(source.name());
  return bed;
}

Status QueryBed::AddSources(const v1::Pack& pack, SourceTable* driving) {
  AddSourceTable(connection_->db(), driving);
  for (const v1::Source& source : pack.sources()) {
    if (&source == driving->source || !source.lookup()) continue;
    std::string ddl = absl::StrCat("CREATE TABLE ", QuoteName(source.name()), "(");
    for (const v1::SourceColumn& column : source.columns()) {
      absl::StrAppend(&ddl, QuoteName(column.name()), " TEXT, ");
    }
    RETURN_IF_ERROR(connection_->Execute(ddl + "_row INTEGER, _file TEXT)"));
  }
  for (const char* const table : {"split('', '')", "json_each('[]')", "json_tree('[]')"}) {
    RETURN_IF_ERROR(connection_->Connect(table));
  }
  return connection_->Connect(QuoteName(driving->source->name()));
}

// Loads a pack step by step and gathers everything that is wrong on the way.
class PackLoader {
 public:
  explicit PackLoader(const FileText& file_text)
      : files_(file_text), file_text_([this](std::string_view file) { return ReadFile(file); }) {}

  // nullptr if there were errors.
  std::shared_ptr<const CompiledPack> Load(const ProfileByName& profiles) {
    pack_ = std::make_shared<CompiledPack>();
    if (!LoadDeclared()) return nullptr;
    LoadLists();
    LoadCatalogue(profiles);
    if (pack_->catalogue_ == nullptr) return nullptr;
    for (const v1::RecordQuery& query : pack_->declared_.records()) CheckQuery(query);
    if (errors_ > 0) return nullptr;
    Advise();
    UpdateDigest(pack_->catalogue_->profile().digest());
    pack_->digest_ = digest_.Finish().str();
    return pack_;
  }

  std::vector<LintFinding>& findings() { return findings_; }
  Code first_code() const { return first_code_; }

 private:
  void Fail(Code code, std::string_view where, std::string_view message) {
    if (errors_++ == 0) first_code_ = code;
    findings_.push_back({true, std::string(where), std::string(message)});
  }
  void Fail(const Status& status, std::string_view where) {
    Fail(CodeOf(status), where, ToStd(status.message()));
  }
  void Advice(std::string_view where, std::string_view message) {
    findings_.push_back({false, std::string(where), std::string(message)});
  }

  StatusOr<std::string> ReadFile(std::string_view file) {
    StatusOr<std::string> text = files_(file);
    UpdateDigest(file);
    if (text.ok()) UpdateDigest(*text);
    return text;
  }
  void UpdateDigest(std::string_view part) {
    digest_.UpdateU64(part.size());
    digest_.Update(part);
  }

  bool LoadDeclared();
  void LoadLists();
  void LoadCatalogue(const ProfileByName& profiles);
  void CheckQuery(const v1::RecordQuery& query);
  void CheckReads(const CompiledQuery& query);
  Status TryOnNulls(const v1::Source& source, const std::string& where, CompiledQuery* query);
  StatusOr<CompiledQuery> Compile(const v1::RecordQuery& query, const v1::Source& source);
  void Advise();

  const FileText& files_;
  const FileText file_text_;  // reads into the digest too
  Hasher digest_{HashKind::kSha256};
  std::shared_ptr<CompiledPack> pack_;
  std::vector<LintFinding> findings_;
  Code first_code_ = Code::PACK_INVALID;
  int errors_ = 0;
};

bool PackLoader::LoadDeclared() {
  const StatusOr<std::string> text = file_text_(kPackFile);
  if (!text.ok()) {
    Fail(text.status(), kPackFile);
    return false;
  }
  const Status parsed = config::ParseYaml(*text, kPackFile, &pack_->declared_);
  if (!parsed.ok()) {
    Fail(parsed, "");
    return false;
  }
  std::vector<LintFinding> findings;
  CheckDeclared(pack_->declared_, &findings);
  for (const LintFinding& finding : findings) {
    Fail(Code::PACK_INVALID, finding.where, finding.message);
  }
  return findings.empty();
}

void PackLoader::LoadLists() {
  for (const std::string& file : pack_->declared_.code_lists()) {
    const StatusOr<std::string> text = file_text_(file);
    if (!text.ok()) {
      Fail(text.status(), file);
      continue;
    }
    StatusOr<CodeList> list = CodeList::Parse(file, *text);
    if (!list.ok()) {
      Fail(list.status(), "");
      continue;
    }
    pack_->lists_.emplace(ListNameOf(file), std::move(*list));
  }
}

void PackLoader::LoadCatalogue(const ProfileByName& profiles) {
  const std::string& file = pack_->declared_.catalogue();
  const StatusOr<std::string> text = file_text_(file);
  if (!text.ok()) return Fail(text.status(), file);
  v1::Catalogue declared;
  const Status parsed = config::ParseYaml(*text, file, &declared);
  if (!parsed.ok()) return Fail(parsed, "");
  const auto profile = profiles(declared.profile());
  if (!profile.ok()) return Fail(profile.status(), file);
  const auto catalogue = record::Catalogue::Compile(declared, *profile, file_text_);
  if (!catalogue.ok()) {
    // One finding a fault: the status tells only the first of many.
    const std::vector<Fault> faults = record::Catalogue::Check(declared, **profile);
    for (const Fault& fault : faults) Fail(fault.code, file, Describe(fault));
    if (faults.empty()) Fail(catalogue.status(), file);
    return;
  }
  pack_->catalogue_ = *catalogue;
}

StatusOr<CompiledQuery> PackLoader::Compile(const v1::RecordQuery& query,
                                            const v1::Source& source) {
  CompiledQuery compiled;
  compiled.declared = &query;
  compiled.text.where = query.sql_file().empty()
                            ? absl::StrCat("pack.yaml: records.", query.name(), ".sql")
                            : query.sql_file();
  compiled.text.sql = query.sql();
  if (!query.sql_file().empty()) {
    ASSIGN_OR_RETURN(compiled.text.sql, file_text_(query.sql_file()));
  }
  compiled.item = pack_->catalogue_->FindItem(query.item());
  if (compiled.item == nullptr) {
    return MakeError(Code::PACK_INVALID,
                     absl::StrCat("item: the catalogue has no item '", query.item(), "'"));
  }
  for (const std::string& code : query.more_items()) {
    compiled.more_items.push_back(pack_->catalogue_->FindItem(code));
    if (compiled.more_items.back() == nullptr) {
      return MakeError(Code::PACK_INVALID,
                       absl::StrCat("more_items: the catalogue has no item '", code, "'"));
    }
  }
  for (int i = 0; i < source.columns_size(); ++i) {
    if (!query.scope_column().empty() &&
        LowerName(source.columns(i).name()) == LowerName(query.scope_column())) {
      compiled.scope_column = i;
    }
  }
  return compiled;
}

void PackLoader::CheckQuery(const v1::RecordQuery& query) {
  const std::string where = absl::StrCat("records.", query.name());
  const v1::Source& source = *pack_->FindSource(query.source());
  StatusOr<CompiledQuery> compiled = Compile(query, source);
  if (!compiled.ok()) return Fail(compiled.status(), where);
  const Status tried = TryOnNulls(source, where, &*compiled);
  if (!tried.ok()) return Fail(tried, where);
  pack_->queries_.push_back(std::move(*compiled));
}

// Prepares the SELECT over sources that have one row of NULLs each and runs it, so that a wrong
// format, list or scheme in a call shows at load.
Status PackLoader::TryOnNulls(const v1::Source& source, const std::string& where,
                              CompiledQuery* query) {
  SourceTable stub{&source, "stub"};
  ASSIGN_OR_RETURN(const std::unique_ptr<QueryBed> bed,
                   QueryBed::Make(pack_->declared_, pack_->lists_, *pack_->catalogue_));
  RETURN_IF_ERROR(bed->AddSources(pack_->declared_, &stub));
  Connection& connection = bed->connection();
  for (const v1::Source& lookup : pack_->declared_.sources()) {
    if (!lookup.lookup() || &lookup == &source) continue;
    RETURN_IF_ERROR(connection.Execute(
        absl::StrCat("INSERT INTO ", QuoteName(lookup.name()), "(_row) VALUES(1)")));
  }
  ASSIGN_OR_RETURN(const Statement statement, connection.PrepareSelect(query->text, &query->reads));
  CheckReads(*query);
  std::vector<PlanProblem> problems;
  OutputPlan plan =
      OutputPlan::Make(statement.get(), *query->item, pack_->lists_, *pack_->catalogue_, &problems);
  plan.AddItems(query->more_items, &problems);
  for (const PlanProblem& problem : problems) {
    Fail(problem.code, absl::StrCat(where, " (", query->text.where, ")"), problem.message);
  }
  ASSIGN_OR_RETURN(query->zero_copy, connection.KeepsNoRows(query->text));
  query->has_scope = plan.has_scope();
  query->fields = plan.fields();
  connection.Breathe(0);
  int rc = SQLITE_ROW;
  for (int rows = 0; rows < kTriedRows && rc == SQLITE_ROW; ++rows) {
    rc = sqlite3_step(statement.get());
  }
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? absl::OkStatus()
                                               : connection.ErrorOf(rc, query->text);
}

// A query may read its driving source and lookup sources; others would be missing at run time.
void PackLoader::CheckReads(const CompiledQuery& query) {
  const std::string where = absl::StrCat("records.", query.declared->name());
  for (const v1::Source& source : pack_->declared_.sources()) {
    if (query.reads.count(LowerName(source.name())) == 0) continue;
    if (source.lookup() || source.name() == query.declared->source()) continue;
    Fail(Code::PACK_INVALID, where,
         absl::StrCat("reads the source '", source.name(),
                      "', which is neither its driving source nor `lookup: true`"));
  }
  if (query.reads.count(LowerName(query.declared->source())) == 0) {
    Fail(Code::PACK_INVALID, where,
         absl::StrCat("does not read its driving source '", query.declared->source(), "'"));
  }
}

// What works and yet looks forgotten.
void PackLoader::Advise() {
  for (const v1::Source& source : pack_->declared_.sources()) {
    for (const v1::SourceColumn& column : source.columns()) {
      const bool read = std::any_of(
          pack_->queries_.begin(), pack_->queries_.end(), [&](const CompiledQuery& query) {
            const auto reads = query.reads.find(LowerName(source.name()));
            return reads != query.reads.end() && reads->second.count(LowerName(column.name())) > 0;
          });
      const bool named = pack_->KnownUnused(source.name(), column.name());
      const std::string where = absl::StrCat("pack.yaml: sources.", source.name());
      if (!read && !named) {
        Advice(where, absl::StrCat("no SELECT reads the column '", column.name(),
                                   "'; map it or name it in unused_columns"));
      } else if (read && named) {
        Advice(where,
               absl::StrCat("unused_columns names '", column.name(), "', which a SELECT reads"));
      }
    }
  }
  for (const auto& [name, list] : pack_->lists_) {
    const bool used = std::any_of(
        pack_->queries_.begin(), pack_->queries_.end(), [&, &list = name](const auto& query) {
          return query.text.sql.find(absl::StrCat("'", list, "'")) != std::string::npos ||
                 std::any_of(query.fields.begin(), query.fields.end(), [&](int field) {
                   return query.item->fields[field].code_list == list;
                 });
        });
    if (!used) Advice("pack.yaml: code_lists", absl::StrCat("nothing uses the list '", name, "'"));
  }
  for (const auto& item : pack_->catalogue_->items()) {
    bool made = false;
    for (const CompiledQuery& query : pack_->queries_) {
      // What more_items names has the same fields as the first item, of which they are told.
      const auto& more = query.more_items;
      made = made || std::find(more.begin(), more.end(), item.get()) != more.end();
      if (query.item != item.get()) continue;
      made = true;
      for (size_t i = 0; i < item->fields.size(); ++i) {
        const auto& filled = query.fields;
        if (std::find(filled.begin(), filled.end(), static_cast<int>(i)) != filled.end()) continue;
        Advice(query.text.where,
               absl::StrCat("never fills the field '", item->fields[i].name, "' of ", item->code));
      }
    }
    if (!made) Advice("pack.yaml: records", absl::StrCat("no SELECT makes the item ", item->code));
  }
}

StatusOr<std::shared_ptr<const Pack>> Pack::Load(const FileText& file_text,
                                                 const ProfileByName& profiles) {
  PackLoader loader(file_text);
  std::shared_ptr<const CompiledPack> pack = loader.Load(profiles);
  if (pack != nullptr) return std::shared_ptr<const Pack>(std::move(pack));
  std::string message;
  size_t errors = 0;
  for (const LintFinding& finding : loader.findings()) {
    if (!finding.error || ++errors > limits::kYamlFaultsMax) continue;
    absl::StrAppend(&message, message.empty() ? "" : "\n", finding.where,
                    finding.where.empty() ? "" : ": ", finding.message);
  }
  if (errors > limits::kYamlFaultsMax) {
    absl::StrAppend(&message, "\nand ", errors - limits::kYamlFaultsMax,
                    " more; tombolo pack check tells all of them");
  }
  return MakeError(loader.first_code(), message);
}

std::vector<LintFinding> Lint(const FileText& file_text, const ProfileByName& profiles) {
  PackLoader loader(file_text);
  loader.Load(profiles);
  return std::move(loader.findings());
}

}  // namespace tombolo::engine
