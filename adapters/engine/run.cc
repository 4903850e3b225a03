#include "adapters/engine/run.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/bad_rows.h"
#include "adapters/engine/compiled_pack.h"
#include "adapters/engine/lookup.h"
#include "adapters/engine/output.h"
#include "adapters/engine/poison.h"
#include "adapters/engine/row_set.h"
#include "adapters/engine/run_internal.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

class Runner : public RowListener {
 public:
  Runner(const CompiledPack& pack, const v1::Source& source, const SourceFile& file, Sink* sink)
      : pack_(pack), source_(source), file_(file), sink_(sink), bad_rows_(source, file, sink) {}

  StatusOr<RunResult> Go(const std::vector<SourceFile>& lookups, CodeUse* use);

  Status OnRow(const RowReader& reader, const Row& row) override;
  Status OnFaultyRow(const RowReader& reader, const Row& row) override;
  Status OnEnd(const RowReader& reader) override;

 private:
  Status LoadLookups(const std::vector<SourceFile>& lookups);
  Status RunQuery(const CompiledQuery& query);
  Status TakeOutput(const CompiledQuery& query, const OutputPlan& plan, sqlite3_stmt* statement);
  StatusOr<bool> IsKnown(const CompiledQuery& query, const OutputPlan& plan,
                         sqlite3_stmt* statement);
  Status TakeDraft(const CompiledQuery& query, const OutputPlan& plan, sqlite3_stmt* statement);
  void AddLostPoison();
  Status AddSinkFaults(const CompiledQuery& query, std::string_view scope);
  Status TellFaults(const CompiledQuery& query);
  StatusOr<std::string_view> ScopeOf(const CompiledQuery& query, const OutputPlan& plan,
                                     sqlite3_stmt* statement);
  // The row that the cursor stands on is what the output was made from.
  bool AtHand() const {
    return row_ != nullptr && rows_.size() == 1 && rows_.front() == row_->number;
  }
  void NoteReader(const RowReader& reader);
  Status Finish();
  void TellUnused();

  const CompiledPack& pack_;
  const v1::Source& source_;
  const SourceFile& file_;
  Sink* sink_;
  BadRows bad_rows_;
  std::unique_ptr<QueryBed> bed_;
  SourceTable table_;
  RunResult result_;
  RowBits claimed_;
  bool ended_ = false;  // a query came to the file's end

  // The row that the driving cursor stands on.
  const RowReader* reader_ = nullptr;
  const Row* row_ = nullptr;
  uint64_t rows_in_query_ = 0;

  // Of the output at hand; kept to use their buffers again.
  std::vector<uint64_t> rows_;
  std::vector<Fault> faults_;
  std::string output_, key_;
  record::Draft draft_;
  CodeUse* use_ = nullptr;
};

void Runner::NoteReader(const RowReader& reader) {
  if (!result_.columns.empty()) return;
  result_.columns = reader.columns();
  result_.encoding = reader.encoding();
}

Status Runner::OnRow(const RowReader& reader, const Row& row) {
  if (reader_ != &reader) NoteReader(reader);
  reader_ = &reader;
  row_ = &row;
  result_.rows_read = std::max(result_.rows_read, row.number);
  bed_->connection().Breathe(result_.rows_read);
  bed_->functions().open_poisons = 0;
  if (use_ != nullptr) use_->row = row.number;
  if (++rows_in_query_ % limits::kRunProgressRows != 0) return absl::OkStatus();
  return sink_->OnProgress(rows_in_query_, reader.BytesConsumed());
}

Status Runner::OnFaultyRow(const RowReader& reader, const Row& row) {
  NoteReader(reader);
  result_.rows_read = std::max(result_.rows_read, row.number);
  ++rows_in_query_;
  row_ = nullptr;
  bed_->connection().Breathe(result_.rows_read);
  return bad_rows_.Unreadable(reader, row);
}

Status Runner::OnEnd(const RowReader& reader) {
  NoteReader(reader);
  row_ = nullptr;
  reader_ = nullptr;
  ended_ = true;
  if (use_ != nullptr) use_->row = 0;
  bed_->functions().open_poisons = 0;
  bed_->connection().Breathe(result_.rows_read);
  return sink_->OnProgress(rows_in_query_, reader.BytesConsumed());
}

Status Runner::LoadLookups(const std::vector<SourceFile>& lookups) {
  for (const v1::Source& source : pack_.declared().sources()) {
    if (!source.lookup() || &source == &source_) continue;
    std::set<std::string> read;
    bool used = false;
    for (const CompiledQuery& query : pack_.queries()) {
      const auto reads = query.reads.find(LowerName(source.name()));
      if (query.declared->source() != source_.name() || reads == query.reads.end()) continue;
      used = true;
      read.insert(reads->second.begin(), reads->second.end());
    }
    if (used) RETURN_IF_ERROR(LoadLookup(source, lookups, read, &bed_->connection(), sink_));
  }
  return absl::OkStatus();
}

StatusOr<RunResult> Runner::Go(const std::vector<SourceFile>& lookups, CodeUse* use) {
  use_ = use;
  ASSIGN_OR_RETURN(bed_, QueryBed::Make(pack_.declared(), pack_.lists(), pack_.catalogue()));
  bed_->functions().use = use;
  table_.source = &source_;
  table_.file_name = file_.name;
  table_.open = [this] { return file_.open(source_); };
  table_.listener = this;
  RETURN_IF_ERROR(bed_->AddSources(pack_.declared(), &table_));
  RETURN_IF_ERROR(LoadLookups(lookups));
  bool any = false;
  for (const CompiledQuery& query : pack_.queries()) {
    if (query.declared->source() != source_.name()) continue;
    any = true;
    RETURN_IF_ERROR(RunQuery(query));
  }
  if (!any) {
    return MakeError(
        Code::INVALID_ARGUMENT,
        absl::StrCat(file_.name, ": no SELECT of the pack '", pack_.declared().name(),
                     "' is driven by the source '", source_.name(), "'; it is for joining only"));
  }
  RETURN_IF_ERROR(Finish());
  TellUnused();
  return std::move(result_);
}

Status Runner::RunQuery(const CompiledQuery& query) {
  table_.zero_copy = query.zero_copy;
  table_.opens = 0;
  table_.status = absl::OkStatus();
  table_.file_trouble = false;
  rows_in_query_ = 0;
  row_ = nullptr;
  Connection& connection = bed_->connection();
  connection.Breathe(result_.rows_read);
  ASSIGN_OR_RETURN(const Statement statement, connection.PrepareSelect(query.text, nullptr));
  std::vector<PlanProblem> problems;
  OutputPlan plan =
      OutputPlan::Make(statement.get(), *query.item, pack_.lists(), pack_.catalogue(), &problems);
  plan.AddItems(query.more_items, &problems);
  if (!problems.empty()) return MakeError(Code::INTERNAL, problems.front().message);
  draft_ = record::Draft();
  int rc = 0;
  while ((rc = sqlite3_step(statement.get())) == SQLITE_ROW) {
    connection.Breathe(result_.rows_read);
    RETURN_IF_ERROR(TakeOutput(query, plan, statement.get()));
  }
  row_ = nullptr;
  if (rc == SQLITE_DONE) return absl::OkStatus();
  if (table_.status.ok()) return connection.ErrorOf(rc, query.text);
  if (!table_.file_trouble) return table_.status;
  // The rows before the trouble stand; the other queries get them too.
  if (result_.outcome.ok()) result_.outcome = table_.status;
  return absl::OkStatus();
}

Status Runner::TakeOutput(const CompiledQuery& query, const OutputPlan& plan,
                          sqlite3_stmt* statement) {
  if (!plan.Rows(statement, &rows_) || rows_.back() > result_.rows_read) {
    return MakeError(Code::PACK_SQL, absl::StrCat(query.text.where,
                                                  ": _rows is neither _row of the driving source '",
                                                  source_.name(), "' nor rows(_row) of it"));
  }
  for (const uint64_t row : rows_) claimed_.Set(row);
  const std::string_view rule = plan.LeftOutBy(statement);
  if (rule.data() != nullptr && !Trim(rule).empty() && !IsPoison(rule)) {
    bed_->functions().open_poisons = 0;
    if (!pack_.HasLeaveOut(rule)) {
      return MakeError(Code::PACK_INVALID,
                       absl::StrCat(query.text.where, ": _leave_out names the rule '", ToAbsl(rule),
                                    "', which pack.yaml does not declare under leave_out"));
    }
    return sink_->OnLeftOut(*query.declared, rule, rows_);
  }
  faults_.clear();
  if (IsPoison(rule)) {
    faults_.push_back(FaultOfPoison(rule));
    faults_.back().column = "_leave_out";
  }
  // A poison that a condition swallowed makes the output faulty, whatever it says.
  if (sink_->WantsOutputs() && faults_.empty() && bed_->functions().open_poisons == 0) {
    ASSIGN_OR_RETURN(const bool known, IsKnown(query, plan, statement));
    if (known) return absl::OkStatus();
  }
  return TakeDraft(query, plan, statement);
}

StatusOr<bool> Runner::IsKnown(const CompiledQuery& query, const OutputPlan& plan,
                               sqlite3_stmt* statement) {
  output_.assign(query.declared->name());
  if (!plan.has_scope()) {  // then it is none of the columns
    ASSIGN_OR_RETURN(const std::string_view scope, ScopeOf(query, plan, statement));
    absl::StrAppend(&output_, "\n", scope.size(), "\n", ToAbsl(scope));
  }
  key_.clear();
  plan.AppendOutput(statement, &output_, &key_);
  return sink_->OnOutput(*query.declared, output_, key_, rows_);
}

Status Runner::TakeDraft(const CompiledQuery& query, const OutputPlan& plan,
                         sqlite3_stmt* statement) {
  plan.Fill(statement, &draft_, &faults_);
  AddLostPoison();
  ASSIGN_OR_RETURN(const std::string_view scope, ScopeOf(query, plan, statement));
  RETURN_IF_ERROR(AddSinkFaults(query, scope));
  return faults_.empty() ? absl::OkStatus() : TellFaults(query);
}

// A comparison or a CAST swallowed a fault: what was decided with it is not to be trusted.
void Runner::AddLostPoison() {
  FunctionContext& functions = bed_->functions();
  if (functions.open_poisons > 0 && faults_.empty()) {
    faults_.push_back(FaultOfPoison(functions.last_poison));
    faults_.back().reason +=
        " (the value was used in a condition or a conversion; no_fault() says that this is meant)";
  }
  functions.open_poisons = 0;
}

Status Runner::AddSinkFaults(const CompiledQuery& query, std::string_view scope) {
  if (faults_.empty()) {
    ASSIGN_OR_RETURN(faults_, sink_->OnDraft(*query.declared, &draft_, rows_, scope));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<Fault> more, sink_->OnFaultyDraft(*query.declared, &draft_));
  const size_t own = faults_.size();
  for (const Fault& fault : more) {
    // A value that could not be made is absent for the rules; that is not a second fault.
    const bool told = std::any_of(faults_.begin(), faults_.begin() + static_cast<ptrdiff_t>(own),
                                  [&](const Fault& f) { return f.column == fault.column; });
    if (!told) faults_.push_back(fault);
  }
  return absl::OkStatus();
}

Status Runner::TellFaults(const CompiledQuery& query) {
  BadRows::Note note;
  note.query = query.declared;
  const bool key_sound =
      std::none_of(faults_.begin(), faults_.end(),
                   [](const Fault& fault) { return absl::StartsWith(fault.column, "key_"); }) &&
      std::none_of(draft_.natural_key.begin(), draft_.natural_key.end(),
                   [](const std::string& part) { return part.empty(); });
  if (key_sound) note.natural_key = draft_.natural_key;
  if (faults_.size() > limits::kFaultsPerRowMax) faults_.resize(limits::kFaultsPerRowMax);
  note.faults = faults_;
  if (AtHand()) return bad_rows_.Tell(note, *reader_, *row_);
  return bad_rows_.TellLater(std::move(note), rows_);
}

StatusOr<std::string_view> Runner::ScopeOf(const CompiledQuery& query, const OutputPlan& plan,
                                           sqlite3_stmt* statement) {
  if (plan.has_scope()) {
    const std::string_view scope = plan.Scope(statement);
    if (IsPoison(scope)) {
      faults_.push_back(FaultOfPoison(scope));
      faults_.back().column = "_scope";
    }
    return scope;
  }
  if (query.scope_column < 0) return std::string_view();
  if (!AtHand()) {
    return MakeError(
        Code::PACK_SQL,
        absl::StrCat(query.text.where, ": scope_column is '", query.declared->scope_column(),
                     "', and this SELECT groups or sorts rows; add the column to it "
                     "as _scope"));
  }
  ASSIGN_OR_RETURN(const std::vector<int> places,
                   BindColumns(source_, reader_->columns(), file_.name));
  const int place = places[query.scope_column];
  if (place < 0 || static_cast<size_t>(place) >= row_->cells.size()) return std::string_view();
  return row_->cells[place];
}

Status Runner::Finish() {
  ASSIGN_OR_RETURN(std::vector<LateFault> late, sink_->OnQueriesDone());
  for (LateFault& fault : late) {
    BadRows::Note note{fault.query, std::move(fault.natural_key), std::move(fault.faults)};
    const Status told = bad_rows_.TellLater(std::move(note), fault.rows);
    if (!told.ok()) return told;
  }
  const bool unclaimed = !ended_ || claimed_.count() + bad_rows_.unreadable() < result_.rows_read;
  if (unclaimed || bad_rows_.waiting()) {
    const std::string why =
        result_.outcome.ok()
            ? ""
            : absl::StrCat("the file could not be read to its end, so groups are not formed: ",
                           Describe(result_.outcome));
    const Status passed = bad_rows_.Finish(claimed_, unclaimed, why);
    // The same trouble with the file is met again and was told already.
    if (!passed.ok() && result_.outcome.ok()) {
      if (bad_rows_.sink_failed()) return passed;
      result_.outcome = passed;
    } else if (!passed.ok() && bad_rows_.sink_failed()) {
      return passed;
    }
  }
  result_.rows_read = std::max(result_.rows_read, bad_rows_.rows_passed());
  result_.read_to_end = result_.outcome.ok() && (ended_ || bad_rows_.read_to_end());
  return absl::OkStatus();
}

void Runner::TellUnused() {
  std::set<std::string> read;
  for (const CompiledQuery& query : pack_.queries()) {
    const auto reads = query.reads.find(LowerName(source_.name()));
    if (reads != query.reads.end()) read.insert(reads->second.begin(), reads->second.end());
    if (query.declared->source() == source_.name()) {
      read.insert(LowerName(query.declared->scope_column()));
    }
  }
  for (const std::string& column : result_.columns) {
    std::string name = column;
    for (const v1::SourceColumn& declared : source_.columns()) {
      if (source_.format() == v1::CSV && declared.path() == column) name = declared.name();
    }
    const bool known =
        pack_.KnownUnused(source_.name(), name) || pack_.KnownUnused(source_.name(), column);
    if (read.count(LowerName(name)) == 0 && !known) result_.unused_columns.push_back(column);
  }
}

}  // namespace

StatusOr<RunResult> RunCounting(const Pack& pack, const SourceFile& driving,
                                const std::vector<SourceFile>& lookups, Sink* sink, CodeUse* use) {
  // Pack::Load makes nothing else.
  const auto& compiled = static_cast<const CompiledPack&>(pack);
  const v1::Source* const source = compiled.FindSource(driving.source);
  if (source == nullptr) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("the pack '", pack.declared().name(), "' has no source '",
                                  driving.source, "'"));
  }
  return Runner(compiled, *source, driving, sink).Go(lookups, use);
}

StatusOr<RunResult> Run(const Pack& pack, const SourceFile& driving,
                        const std::vector<SourceFile>& lookups, Sink* sink) {
  return RunCounting(pack, driving, lookups, sink, nullptr);
}

}  // namespace tombolo::engine
