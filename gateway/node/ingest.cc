#include "gateway/node/ingest.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "gateway/node/ingest_batch.h"
#include "gateway/node/quarantine.h"
#include "gateway/node/snapshot.h"
#include "gateway/record/rules.h"

namespace tombolo::node {
namespace {

// The engine's sink: drafts into batches, bad rows into quarantine, everything into the row ledger.
class IngestSink : public engine::Sink {
 public:
  IngestSink(const IngestRequest& request, IngestRun* run, v1::AuditEvent event)
      : request_(request),
        run_(run),
        batch_(run),
        quarantine_(run, request),
        event_(std::move(event)),
        today_(DaysFromUs(run->context->clock->NowUs())) {
    for (const v1::RecordQuery& query : request.pack->declared().records()) {
      if (query.complete_snapshot()) snapshots_[&query].query = &query;
      std::vector<const record::ItemSpec*>& items = items_[&query];
      items.push_back(request.pack->catalogue().FindItem(query.item()));
      for (const std::string& code : query.more_items()) {
        items.push_back(request.pack->catalogue().FindItem(code));
      }
    }
  }

  Status Start() {
    RETURN_IF_ERROR(run_->known.Open(*run_->context, request_, run_->writer, today_));
    return quarantine_.Load();
  }

  bool WantsOutputs() const override { return run_->known.active(); }

  StatusOr<bool> OnOutput(const v1::RecordQuery& query, std::string_view output,
                          std::string_view key, absl::Span<const uint64_t> rows) override {
    key_ = key;
    ASSIGN_OR_RETURN(const TraceEntry* entry, run_->known.Find(output));
    if (entry == nullptr || !batch_.TakeKnown(*entry, key, rows)) return false;
    for (size_t i = 0; i < entry->warnings_count; ++i) {
      ++run_->summary.warnings[std::string(NameOf(entry->warnings[i]))];
    }
    if (const auto it = snapshots_.find(&query); it != snapshots_.end()) {
      it->second.scopes.insert(entry->scope);
    }
    if (batch_.full()) RETURN_IF_ERROR(Flush());
    return true;
  }

  StatusOr<std::vector<Fault>> OnDraft(const v1::RecordQuery& query, record::Draft* draft,
                                       absl::Span<const uint64_t> rows,
                                       std::string_view scope) override {
    record::Validate(request_.pack->catalogue(), today_, draft, &verdict_);
    if (!verdict_.faults.empty()) return verdict_.faults;
    for (const Fault& warning : verdict_.warnings) {
      ++run_->summary.warnings[std::string(NameOf(warning.code))];
    }
    const uint32_t scope_number = ScopeOf(*draft->item, scope);
    if (const auto it = snapshots_.find(&query); it != snapshots_.end()) {
      it->second.scopes.insert(scope_number);
    }
    RETURN_IF_ERROR(batch_.Add(query, *draft, scope_number, key_, verdict_, rows));
    if (batch_.full()) RETURN_IF_ERROR(Flush());
    return std::vector<Fault>();
  }

  StatusOr<std::vector<Fault>> OnFaultyDraft(const v1::RecordQuery&,
                                             record::Draft* draft) override {
    record::Validate(request_.pack->catalogue(), today_, draft, &verdict_);
    return verdict_.faults;
  }

  Status OnLeftOut(const v1::RecordQuery&, std::string_view rule,
                   absl::Span<const uint64_t> rows) override {
    run_->rows.LeftOut(rows, std::string(rule));
    return absl::OkStatus();
  }

  Status OnBadRow(engine::BadRow row) override {
    run_->rows.Each({row.number}, RowLedger::kQuarantined);
    for (auto& [query, basis] : snapshots_) {
      if (row.query != nullptr && row.query != query) continue;
      if (second_rows_.contains({row.query, row.number})) continue;  // its record was met
      if (row.natural_key.empty()) {
        ++basis.keyless_rows;
      } else {
        for (const record::ItemSpec* item : items_.at(query)) {
          basis.shielded.insert(
              run_->context->identity->ForRecord(item->identity_scope, row.natural_key));
        }
      }
    }
    waiting_bytes_ += 2 * row.raw.size();  // the text, and about as much in cells
    quarantine_.Add(std::move(row));
    const bool many = run_->writer->tick().quarantine_add.size() >= limits::kPageEntriesMax;
    return many || waiting_bytes_ >= limits::kTickBytesMax / 2 ? Flush() : absl::OkStatus();
  }

  StatusOr<std::vector<engine::LateFault>> OnQueriesDone() override {
    RETURN_IF_ERROR(Flush());
    RETURN_IF_ERROR(batch_.SettleKept());
    RETURN_IF_ERROR(Flush());
    for (const engine::LateFault& late : run_->late_faults) {
      for (const uint64_t row : late.rows) second_rows_.insert({late.query, row});
    }
    return std::move(run_->late_faults);
  }

  Status OnProgress(uint64_t rows, uint64_t bytes) override {
    return request_.progress ? request_.progress(rows, bytes) : absl::OkStatus();
  }

  // Settles what is pending and commits, with one audit event for the batch.
  Status Flush() {
    waiting_bytes_ = 0;
    RETURN_IF_ERROR(batch_.Settle());
    RETURN_IF_ERROR(run_->known.Emit());
    if (run_->writer->entries() == 0 && run_->writer->empty()) return absl::OkStatus();
    v1::AuditEvent event = event_;
    event.set_type(v1::INGEST_BATCH);
    for (v1::StreamRange& range : run_->writer->Ranges()) {
      event.set_count(event.count() + range.last_seq() - range.first_seq() + 1);
      *event.add_ranges() = std::move(range);
    }
    if (event.ranges_size() > 0) run_->writer->Audit(event);
    return run_->writer->Commit();
  }

  Status RetractWhatVanished(bool read_to_end) {
    if (request_.delta) return absl::OkStatus();
    for (auto& [query, basis] : snapshots_) {
      if (query->source() != request_.driving.source) continue;
      if (query->scope_column().empty() && read_to_end) {
        for (const record::ItemSpec* item : items_.at(query)) {
          basis.scopes.insert(ScopeOf(*item, ""));
        }
      }
      basis.read_to_end = read_to_end;
      ASSIGN_OR_RETURN(SnapshotOutcome outcome,
                       RetractVanished(run_, basis, request_.allow_retraction, event_));
      run_->summary.snapshots.push_back(std::move(outcome));
    }
    return absl::OkStatus();
  }

  Quarantine& quarantine() { return quarantine_; }

 private:
  uint32_t ScopeOf(const record::ItemSpec& item, std::string_view value) {
    Cached& cached = last_scope_[&item];
    if (cached.number == 0 || cached.value != value) {
      cached.value = std::string(value);
      cached.number = run_->writer->ScopeFor(request_.pack->declared().name(), item.code, value);
    }
    return cached.number;
  }
  struct Cached {
    std::string value;
    uint32_t number = 0;
  };

  const IngestRequest& request_;
  IngestRun* run_;
  IngestBatch batch_;
  Quarantine quarantine_;
  v1::AuditEvent event_;
  int32_t today_;
  record::Verdict verdict_;
  std::string_view key_;  // of the output at hand
  std::map<const v1::RecordQuery*, SnapshotBasis> snapshots_;
  std::map<const v1::RecordQuery*, std::vector<const record::ItemSpec*>> items_;
  absl::flat_hash_map<const record::ItemSpec*, Cached> last_scope_;
  // Rows whose key another row of the file had before.
  absl::flat_hash_set<std::pair<const v1::RecordQuery*, uint64_t>> second_rows_;
  size_t waiting_bytes_ = 0;  // of rows on their way to quarantine
};

store::IngestRow FirstRow(const Context& context, const IngestRequest& request, uint32_t number) {
  store::IngestRow row;
  row.number = number;
  row.pack = request.pack->id();
  row.file = request.driving.name;
  row.source_digest = context.identity->ForSource(request.file_sha256);
  row.started_at_us = context.clock->NowUs();
  return row;
}

// Ends of the ingest row, the last audit event, the last commit.
Status Finish(const Context& context, store::IngestRow row, v1::AuditEvent event, IngestRun* run) {
  const IngestSummary& summary = run->summary;
  row.finished_at_us = context.clock->NowUs();
  row.outcome = summary.outcome.ok() ? "OK" : std::string(NameOf(CodeOf(summary.outcome)));
  row.balance = ledger::CanonicalBytes(summary.balance);
  event.set_type(summary.outcome.ok() ? v1::INGEST_FINISHED : v1::INGEST_FAILED);
  event.set_outcome(row.outcome);
  *event.mutable_balance() = summary.balance;
  run->writer->SetIngest(std::move(row));
  run->writer->Audit(std::move(event));
  return run->writer->Commit();
}

}  // namespace

bool IngestSummary::Adds() const {
  return balance.rows_read() == balance.rows_new() + balance.rows_changed() +
                                    balance.rows_unchanged() + balance.rows_merged() +
                                    balance.rows_left_out() + balance.rows_quarantined();
}

Code IngestSummary::MainFault() const {
  Code main = Code::kOk;
  uint64_t most = 0;
  for (const auto& [name, rows] : quarantined) {
    const Code code = CodeFromName(name).value_or(Code::INTERNAL);
    if (rows > most || (rows == most && code < main)) {
      main = code;
      most = rows;
    }
  }
  return main;
}

Code IngestSummary::Attention() const {
  if (!outcome.ok()) return CodeOf(outcome);
  for (const SnapshotOutcome& snapshot : snapshots) {
    if (!snapshot.refused.ok()) return CodeOf(snapshot.refused);
  }
  return quarantined_anew > 0 ? MainFault() : Code::kOk;
}

StatusOr<IngestSummary> Ingest(const Context& context, const IngestRequest& request) {
  const int64_t start_us = context.clock->MonotonicUs();
  ASSIGN_OR_RETURN(std::unique_ptr<TickWriter> writer, TickWriter::Open(context));
  IngestRun run;
  run.context = &context;
  run.writer = writer.get();
  run.ingest = writer->next_ingest();
  run.summary.ingest = run.ingest;
  const store::IngestRow row = FirstRow(context, request, run.ingest);

  v1::AuditEvent event;
  event.set_correlation_id(context.entropy->Bytes(kCorrelationBytes));
  event.set_pack(row.pack);
  event.set_source_digest(row.source_digest);
  v1::AuditEvent started = event;
  started.set_type(v1::INGEST_STARTED);
  writer->SetIngest(row);
  writer->Audit(std::move(started));

  IngestSink sink(request, &run, event);
  RETURN_IF_ERROR(sink.Start());
  StatusOr<engine::RunResult> result =
      engine::Run(*request.pack, request.driving, request.lookups, &sink);
  // A failed commit left the writer's counts ahead of the store's: nothing more can be written.
  if (!result.ok() && writer->failed()) return result.status();
  engine::RunResult read;
  if (result.ok()) {
    read = std::move(*result);
    run.summary.outcome = read.outcome;
  } else {
    run.summary.outcome = result.status();
  }
  RETURN_IF_ERROR(sink.Flush());
  const bool whole = run.summary.outcome.ok() && read.read_to_end;
  RETURN_IF_ERROR(sink.RetractWhatVanished(whole));
  if (whole) sink.quarantine().ReleaseOlder();
  if (whole) RETURN_IF_ERROR(run.known.Finish());
  run.summary.encoding = read.encoding;
  run.summary.unused_columns = std::move(read.unused_columns);
  // A run that was ended has no number of its own: what was told was read.
  run.summary.balance = run.rows.Sum(result.ok() ? read.rows_read : run.rows.Told());
  run.summary.left_out = run.rows.LeftOutByRule();
  RETURN_IF_ERROR(Finish(context, row, event, &run));
  run.summary.elapsed_us = context.clock->MonotonicUs() - start_us;
  if (!run.summary.Adds()) {
    return MakeError(Code::INTERNAL,
                     "the balance of " + request.driving.name +
                         " does not add up; what is stored is sound, but please report this");
  }
  return std::move(run.summary);
}

}  // namespace tombolo::node
