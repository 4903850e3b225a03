#include "gateway/store/sqlite/sqlite_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/store/received_rules.h"
#include "gateway/store/sqlite/block_log.h"
#include "gateway/store/sqlite/received_tables.h"
#include "gateway/store/sqlite/received_tick.h"
#include "gateway/store/sqlite/record_index.h"
#include "gateway/store/sqlite/schema.h"
#include "gateway/store/sqlite/small_tables.h"
#include "gateway/store/sqlite/span_tables.h"
#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/tick_rules.h"

namespace tombolo::store {
namespace {

constexpr std::string_view kLastQuarantineId = "last_quarantine_id";
constexpr std::string_view kRecordsPresent = "records_present";
constexpr std::string_view kRecordsGone = "records_gone";
constexpr std::string_view kReceivedPresent = "received_present";
constexpr std::string_view kReceivedGone = "received_gone";
constexpr std::string_view kCommits = "commits";

class SqliteStore : public Store {
 public:
  explicit SqliteStore(const SqliteOptions& options) : options_(options) {}
  ~SqliteStore() override;
  Status Open();

  Status Commit(const Tick& tick) override;
  StatusOr<std::vector<StreamState>> Streams() override { return streams_.All(); }
  StatusOr<std::vector<StreamState>> FindStreams(absl::Span<const uint32_t> numbers) override;
  StatusOr<std::vector<Scope>> Scopes() override { return scopes_.All(); }
  StatusOr<EntryPage> ReadEntries(uint32_t stream, uint64_t first_seq, size_t entries_max) override;
  Status FindRecords(absl::Span<const RecordId> ids,
                     std::vector<std::optional<RecordState>>* states) override;
  StatusOr<std::vector<RecordState>> FindBySubject(const SubjectKey& subject) override;
  Status ScanRecords(const std::function<bool(const RecordState&)>& visit) override;
  StatusOr<std::vector<IngestRow>> Ingests() override { return ingests_.All(); }
  StatusOr<std::vector<QuarantineRow>> Quarantine(uint64_t after_id, size_t rows_max) override {
    return quarantine_.List(after_id, rows_max);
  }
  StatusOr<QuarantineRow> FindQuarantine(uint64_t id) override { return quarantine_.Find(id); }
  StatusOr<std::string> ReadTrace(uint64_t trace, uint32_t part) override {
    return traces_.Read(trace, part);
  }
  StatusOr<std::vector<uint64_t>> Traces() override { return traces_.All(); }
  StatusOr<std::optional<CheckpointRow>> LastCheckpoint() override { return checkpoints_.Last(); }
  StatusOr<CheckpointRow> FindCheckpoint(uint64_t tick) override { return checkpoints_.Find(tick); }
  StatusOr<Totals> Count() override;

  StatusOr<uint64_t> CommitCount() override;
  StatusOr<std::vector<uint32_t>> StreamsChangedSince(uint64_t commit_count) override {
    return streams_.ChangedSince(static_cast<int64_t>(commit_count));
  }
  StatusOr<std::vector<ReceivedStream>> ReceivedStreams() override { return received_.Streams(); }
  StatusOr<std::vector<ReceivedStream>> FindReceived(absl::Span<const uint32_t> numbers) override;
  StatusOr<std::string> ReadSpans(uint32_t stream) override;
  StatusOr<std::vector<uint64_t>> PresentByStream() override;
  StatusOr<std::vector<Delivery>> Deliveries() override { return received_.Deliveries(); }
  StatusOr<std::vector<CursorIn>> Cursors(const std::string& peer) override {
    return received_.Cursors(peer);
  }
  StatusOr<std::vector<Confirmed>> ConfirmedBy(const std::string& peer) override {
    return peers_.ConfirmedBy(peer);
  }
  StatusOr<std::optional<ReceiptRow>> LastReceipt(const std::string& peer, bool ours) override {
    return peers_.LastReceipt(peer, ours);
  }
  StatusOr<std::vector<DocumentRow>> Documents() override { return peers_.Documents(); }
  StatusOr<std::vector<Gap>> Gaps(uint32_t stream, uint64_t after_seq, size_t rows_max) override {
    return received_.Gaps(stream, after_seq, rows_max);
  }
  StatusOr<std::vector<WitnessRow>> Witnesses() override { return peers_.Witnesses(); }
  StatusOr<std::vector<EvidenceRow>> Evidence() override { return peers_.Evidence(); }
  StatusOr<std::vector<PeerRow>> Peers() override { return peers_.Peers(); }
  Status Lock() override;
  void Unlock() override;

 private:
  bool writable() const { return options_.mode != OpenMode::kReadOnly; }
  Status Apply(const Tick& tick);
  Status ApplyAppends(const Tick& tick);
  Status ApplyRedactions(const Tick& tick);
  // `wipe`: of records without content, nothing that older rows tell of it may stay in the file.
  Status ApplyRecords(const std::vector<RecordState>& upserts, bool wipe);
  Status AddCounts(absl::Span<const RecordState* const> records,
                   absl::Span<const std::optional<RecordState>> old);
  Status ApplyReceived(const Tick& tick);
  Status ForgetRecords(const Tick& tick);
  Status ApplyQuarantine(const Tick& tick);
  void CheckpointIfDue(bool erased);

  const SqliteOptions options_;
  Db db_;  // before the statements: they go first
  CounterTable counters_;
  StreamTable streams_;
  ScopeTable scopes_;
  IngestTable ingests_;
  TraceTable traces_;
  CheckpointTable checkpoints_;
  QuarantineTable quarantine_;
  BlockLog log_;
  RecordIndex index_;
  ReceivedTables received_;
  PeerTables peers_;
  SpanTable spans_;
  MaskTable masks_;
  bool locked_ = false;
  uint64_t wal_pages_ = 0;  // in the log after the last commit
  bool erase_due_ = false;  // erased content may still stand in the log's file
  Status failed_;           // a write failed in a way that only reopening clears
};

int CountWalPages(void* store_wal_pages, sqlite3*, const char*, int pages) {
  *static_cast<uint64_t*>(store_wal_pages) = static_cast<uint64_t>(pages);
  return SQLITE_OK;
}

SqliteStore::~SqliteStore() {
  // Leaves a file without a log where nobody else has it open; if not, the next opening reads it.
  if (erase_due_) db_.Checkpoint(true).status().IgnoreError();
}

Status SqliteStore::Open() {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE;
  if (options_.mode == OpenMode::kCreate) flags |= SQLITE_OPEN_CREATE;
  if (options_.mode == OpenMode::kReadOnly) {
    flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY;
  }
  RETURN_IF_ERROR(db_.Open(options_.path, flags, options_.busy_timeout_ms));
  RETURN_IF_ERROR(PrepareSchema(&db_, options_));
  sqlite3_wal_hook(db_.handle(), CountWalPages, &wal_pages_);
  RETURN_IF_ERROR(counters_.Open(&db_, writable()));
  RETURN_IF_ERROR(streams_.Open(&db_, writable()));
  RETURN_IF_ERROR(scopes_.Open(&db_, writable()));
  RETURN_IF_ERROR(ingests_.Open(&db_, writable()));
  RETURN_IF_ERROR(traces_.Open(&db_, writable()));
  RETURN_IF_ERROR(checkpoints_.Open(&db_, writable()));
  RETURN_IF_ERROR(quarantine_.Open(&db_, writable()));
  RETURN_IF_ERROR(log_.Open(&db_, writable(), options_.zstd_level, options_.block_bytes));
  RETURN_IF_ERROR(received_.Open(&db_, writable()));
  RETURN_IF_ERROR(peers_.Open(&db_, writable()));
  RETURN_IF_ERROR(spans_.Open(&db_, writable()));
  RETURN_IF_ERROR(masks_.Open(&db_, writable()));
  return index_.Open(&db_, &counters_, writable(), options_.delta_rows_max);
}

Status SqliteStore::Lock() {
  RETURN_IF_ERROR(failed_);
  if (!writable() || db_.InTransaction()) {
    return MakeError(Code::INTERNAL,
                     "a store opened for reading, in use or locked cannot be locked");
  }
  RETURN_IF_ERROR(db_.Exec("begin immediate"));
  locked_ = true;
  return Status();
}

void SqliteStore::Unlock() {
  if (!locked_) return;
  locked_ = false;
  const Status undone = db_.Exec("rollback");
  if (!undone.ok()) failed_ = undone;
}

Status SqliteStore::Commit(const Tick& tick) {
  RETURN_IF_ERROR(failed_);
  if (!writable() || (db_.InTransaction() && !locked_)) {
    return MakeError(Code::INTERNAL, "a commit to a store opened for reading, or inside a scan");
  }
  if (const Status sound = CheckTick(tick); !sound.ok()) {
    Unlock();
    return sound;
  }
  if (!locked_) RETURN_IF_ERROR(db_.Exec("begin immediate"));
  locked_ = false;
  Status status = Apply(tick);
  if (status.ok()) status = db_.Exec("commit");
  if (!status.ok()) {
    index_.Forget();
    // Some errors have rolled back already.
    if (db_.InTransaction()) {
      const Status undone = db_.Exec("rollback");
      if (!undone.ok()) failed_ = undone;
    }
    // After a failed write or sync nobody knows what is on the disk until it is read again.
    if (CodeOf(status) == Code::IO_ERROR || CodeOf(status) == Code::STORE_CORRUPT) {
      failed_ = status;
    }
    return status;
  }
  CheckpointIfDue(!tick.redactions.empty() || !tick.received.drops.empty());
  return Status();
}

Status SqliteStore::Apply(const Tick& tick) {
  int64_t commits = 0;
  ASSIGN_OR_RETURN(commits, counters_.Get(kCommits));
  RETURN_IF_ERROR(counters_.Set(kCommits, ++commits));
  streams_.SetCommit(commits);
  if (tick.checkpoint) RETURN_IF_ERROR(checkpoints_.Add(*tick.checkpoint));
  for (const StreamState& stream : tick.new_streams) RETURN_IF_ERROR(streams_.Add(stream));
  for (const Scope& scope : tick.new_scopes) RETURN_IF_ERROR(scopes_.Add(scope));
  RETURN_IF_ERROR(ApplyAppends(tick));
  RETURN_IF_ERROR(ApplyReceived(tick));
  RETURN_IF_ERROR(ApplyRedactions(tick));
  RETURN_IF_ERROR(ForgetRecords(tick));
  const bool erases =
      std::any_of(tick.redactions.begin(), tick.redactions.end(),
                  [](const Redaction& redaction) { return redaction.to == Form::kErased; });
  RETURN_IF_ERROR(ApplyRecords(tick.records, erases));
  for (const IngestRow& ingest : tick.ingests) RETURN_IF_ERROR(ingests_.Upsert(ingest));
  for (const uint64_t trace : tick.trace_remove) RETURN_IF_ERROR(traces_.Remove(trace));
  for (const TracePart& part : tick.trace_parts) RETURN_IF_ERROR(traces_.Put(part));
  return ApplyQuarantine(tick);
}

Status SqliteStore::ApplyAppends(const Tick& tick) {
  const uint64_t tick_number = tick.checkpoint ? tick.checkpoint->tick : 0;
  for (const StreamAppend& append : tick.appends) {
    RETURN_IF_ERROR(streams_.Advance(append, tick_number));
    CodecSizes sizes;
    ASSIGN_OR_RETURN(sizes, streams_.SizesOf(append.stream));
    RETURN_IF_ERROR(CheckEntries(append, sizes));
    RETURN_IF_ERROR(log_.Append(append));
    RETURN_IF_ERROR(spans_.Append(append.stream, append.expected_size / limits::kTreeSpan,
                                  append.spans, sizes.hash_bytes));
    RETURN_IF_ERROR(masks_.Mark(PreviousOf(append, sizes)));
  }
  return Status();
}

Status SqliteStore::ApplyReceived(const Tick& tick) {
  return ReceivedTick{&streams_, &log_, &received_, &peers_, &spans_, &masks_}.Apply(tick);
}

// The records whose current version lies in a stream that is forgotten.
Status SqliteStore::ForgetRecords(const Tick& tick) {
  std::set<uint32_t> streams;
  for (const LayerDrop& drop : tick.received.drops) {
    if (drop.layers == kAllLayers) streams.insert(drop.stream);
  }
  if (streams.empty()) return Status();
  std::vector<RecordState> forgotten;
  RETURN_IF_ERROR(index_.Refresh());
  RETURN_IF_ERROR(index_.Scan([&](const RecordState& record) {
    if (record.present && streams.contains(record.stream)) forgotten.push_back(Forgotten(record));
    return true;
  }));
  return ApplyRecords(forgotten, true);
}

Status SqliteStore::ApplyRedactions(const Tick& tick) {
  std::map<uint32_t, std::vector<const Redaction*>> by_stream;
  for (const Redaction& redaction : tick.redactions) {
    by_stream[redaction.stream].push_back(&redaction);
  }
  for (auto& [stream, redactions] : by_stream) {
    std::stable_sort(redactions.begin(), redactions.end(),
                     [](const Redaction* a, const Redaction* b) { return a->seq < b->seq; });
    CodecSizes sizes;
    ASSIGN_OR_RETURN(sizes, streams_.SizesOf(stream));
    RETURN_IF_ERROR(log_.Redact(stream, sizes, redactions));
  }
  return Status();
}

Status SqliteStore::ApplyRecords(const std::vector<RecordState>& upserts, bool wipe) {
  if (upserts.empty()) return Status();
  std::vector<const RecordState*> records;
  ASSIGN_OR_RETURN(records, FoldRecords(upserts));
  std::vector<RecordId> ids(records.size());
  for (size_t i = 0; i < records.size(); ++i) ids[i] = records[i]->id;
  std::vector<std::optional<RecordState>> old;
  RETURN_IF_ERROR(index_.Refresh());
  RETURN_IF_ERROR(index_.FindAgain(ids, &old));
  for (size_t i = 0; i < records.size(); ++i) {
    if (old[i]) RETURN_IF_ERROR(CheckSuccessor(*old[i], *records[i]));
  }
  RETURN_IF_ERROR(index_.Upsert(records, old));
  if (wipe) {
    // With an erasure the digests of the erased content go too; older runs may still hold them.
    std::vector<const RecordState*> erased;
    for (const RecordState* record : records) {
      if (record->digest == ContentDigest()) erased.push_back(record);
    }
    RETURN_IF_ERROR(index_.Wipe(erased));
  }
  return AddCounts(records, old);
}

Status SqliteStore::AddCounts(absl::Span<const RecordState* const> records,
                              absl::Span<const std::optional<RecordState>> old) {
  std::set<uint32_t> named, received;
  for (size_t i = 0; i < records.size(); ++i) {
    named.insert(records[i]->stream);
    if (old[i]) named.insert(old[i]->stream);
  }
  for (const uint32_t stream : named) {
    ASSIGN_OR_RETURN(const bool is_received, received_.IsReceived(stream));
    if (is_received) received.insert(stream);
  }
  std::map<std::string_view, int64_t> change;
  const auto counter = [&](const RecordState& record) {
    if (received.contains(record.stream)) return record.present ? kReceivedPresent : kReceivedGone;
    return record.present ? kRecordsPresent : kRecordsGone;
  };
  for (size_t i = 0; i < records.size(); ++i) {
    if (old[i]) --change[counter(*old[i])];
    ++change[counter(*records[i])];
  }
  for (const auto& [name, more] : change) {
    if (more == 0) continue;
    ASSIGN_OR_RETURN(const int64_t before, counters_.Get(name));
    RETURN_IF_ERROR(counters_.Set(name, before + more));
  }
  return Status();
}

Status SqliteStore::ApplyQuarantine(const Tick& tick) {
  for (uint64_t id : tick.quarantine_remove) RETURN_IF_ERROR(quarantine_.Remove(id));
  for (const std::string& key : tick.quarantine_resolve_keys) {
    RETURN_IF_ERROR(quarantine_.Resolve(key));
  }
  if (tick.quarantine_add.empty()) return Status();
  int64_t last_id = 0;
  ASSIGN_OR_RETURN(last_id, counters_.Get(kLastQuarantineId));
  for (const QuarantineRow& row : tick.quarantine_add) {
    bool used = false;
    ASSIGN_OR_RETURN(used, quarantine_.Upsert(row, static_cast<uint64_t>(last_id) + 1));
    if (used) ++last_id;
  }
  return counters_.Set(kLastQuarantineId, last_id);
}

void SqliteStore::CheckpointIfDue(bool erased) {
  erase_due_ = erase_due_ || erased;
  const uint64_t page_bytes = static_cast<uint64_t>(options_.page_bytes);
  if (!erase_due_ && wal_pages_ * page_bytes < options_.wal_bytes_max) return;
  // The tick is durable; what goes wrong here must not make it look refused. It stops the next one.
  auto whole = db_.Checkpoint(erase_due_);
  if (!whole.ok()) {
    if (CodeOf(whole.status()) != Code::DISK_FULL) failed_ = whole.status();
    return;
  }
  if (*whole) erase_due_ = false;
}

StatusOr<EntryPage> SqliteStore::ReadEntries(uint32_t stream, uint64_t first_seq,
                                             size_t entries_max) {
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  CodecSizes sizes;
  uint64_t size = 0;
  ASSIGN_OR_RETURN(sizes, streams_.SizesOf(stream, &size));
  EntryPage page;
  ASSIGN_OR_RETURN(page, log_.Read(stream, sizes, first_seq, entries_max));
  RETURN_IF_ERROR(masks_.Tell(stream, &page.entries));
  if (page.entries.empty() && first_seq <= size && entries_max > 0) {
    return MakeError(Code::STORE_CORRUPT,
                     absl::StrCat("stream ", stream, " has ", size, " entries, but entry ",
                                  first_seq, " is missing; restore the store from a backup"));
  }
  return page;
}

Status SqliteStore::FindRecords(absl::Span<const RecordId> ids,
                                std::vector<std::optional<RecordState>>* states) {
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  RETURN_IF_ERROR(index_.Refresh());
  return index_.FindAndKeep(ids, states);
}

StatusOr<std::vector<RecordState>> SqliteStore::FindBySubject(const SubjectKey& subject) {
  if (subject == SubjectKey()) return std::vector<RecordState>();
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  RETURN_IF_ERROR(index_.Refresh());
  return index_.FindBySubject(subject);
}

Status SqliteStore::ScanRecords(const std::function<bool(const RecordState&)>& visit) {
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  RETURN_IF_ERROR(index_.Refresh());
  return index_.Scan(visit);
}

StatusOr<uint64_t> SqliteStore::CommitCount() {
  ASSIGN_OR_RETURN(const int64_t commits, counters_.Get(kCommits));
  return static_cast<uint64_t>(commits);
}

StatusOr<std::vector<StreamState>> SqliteStore::FindStreams(absl::Span<const uint32_t> numbers) {
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  return streams_.FindAll(numbers);
}

StatusOr<std::vector<ReceivedStream>> SqliteStore::FindReceived(
    absl::Span<const uint32_t> numbers) {
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  return received_.Find(numbers);
}

StatusOr<std::string> SqliteStore::ReadSpans(uint32_t stream) {
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  RETURN_IF_ERROR(streams_.Find(stream).status());
  return spans_.Read(stream);
}

StatusOr<std::vector<uint64_t>> SqliteStore::PresentByStream() {
  std::vector<uint64_t> present;
  RETURN_IF_ERROR(ScanRecords([&](const RecordState& record) {
    if (!record.present) return true;
    if (present.size() <= record.stream) present.resize(record.stream + 1);
    ++present[record.stream];
    return true;
  }));
  return present;
}

StatusOr<Totals> SqliteStore::Count() {
  ReadScope scope(&db_);
  RETURN_IF_ERROR(scope.Begin());
  Totals totals;
  auto read = [&](const std::string& sql, uint64_t* value) -> Status {
    int64_t number = 0;
    ASSIGN_OR_RETURN(number, db_.ReadNumber(sql));
    *value = static_cast<uint64_t>(number);
    return Status();
  };
  int64_t number = 0;
  ASSIGN_OR_RETURN(number, counters_.Get(kRecordsPresent));
  totals.records_present = static_cast<uint64_t>(number);
  ASSIGN_OR_RETURN(number, counters_.Get(kRecordsGone));
  totals.records_gone = static_cast<uint64_t>(number);
  ASSIGN_OR_RETURN(number, counters_.Get(kReceivedPresent));
  totals.received_present = static_cast<uint64_t>(number);
  ASSIGN_OR_RETURN(number, counters_.Get(kReceivedGone));
  totals.received_gone = static_cast<uint64_t>(number);
  RETURN_IF_ERROR(read("select coalesce(sum(size),0) from stream_head", &totals.entries));
  RETURN_IF_ERROR(read("select count(*) from stream_head", &totals.streams));
  RETURN_IF_ERROR(read("select count(*) from quarantine", &totals.quarantined));
  uint64_t pages = 0;
  uint64_t page_bytes = 0;
  RETURN_IF_ERROR(read("pragma page_count", &pages));
  RETURN_IF_ERROR(read("pragma page_size", &page_bytes));
  totals.bytes_on_disk = pages * page_bytes;
  return totals;
}

}  // namespace

StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options) {
  auto store = std::make_unique<SqliteStore>(options);
  RETURN_IF_ERROR(store->Open());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace tombolo::store
