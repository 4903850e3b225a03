#include "gateway/store/memory/memory_store.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/store/memory/memory_received.h"
#include "gateway/store/memory/memory_traces.h"
#include "gateway/store/received_rules.h"
#include "gateway/store/tick_rules.h"

namespace tombolo::store {
namespace {

struct MemoryStream {
  StreamState state;
  std::vector<std::string> entries;
  std::string spans;
  uint64_t changed_at = 0;  // commit
  CodecSizes sizes() const { return SizesOfStream(state.stream_id.size()); }
};

class MemoryStore : public Store {
 public:
  Status Commit(const Tick& tick) override;
  StatusOr<std::vector<StreamState>> Streams() override;
  StatusOr<std::vector<StreamState>> FindStreams(absl::Span<const uint32_t> numbers) override;
  StatusOr<std::vector<Scope>> Scopes() override;
  StatusOr<EntryPage> ReadEntries(uint32_t stream, uint64_t first_seq, size_t entries_max) override;
  Status FindRecords(absl::Span<const RecordId> ids,
                     std::vector<std::optional<RecordState>>* states) override;
  StatusOr<std::vector<RecordState>> FindBySubject(const SubjectKey& subject) override;
  Status ScanRecords(const std::function<bool(const RecordState&)>& visit) override;
  StatusOr<std::vector<IngestRow>> Ingests() override;
  StatusOr<std::vector<QuarantineRow>> Quarantine(uint64_t after_id, size_t rows_max) override;
  StatusOr<QuarantineRow> FindQuarantine(uint64_t id) override;
  StatusOr<std::string> ReadTrace(uint64_t trace, uint32_t part) override {
    return traces_.Read(trace, part);
  }
  StatusOr<std::vector<uint64_t>> Traces() override { return traces_.All(); }
  StatusOr<std::optional<CheckpointRow>> LastCheckpoint() override;
  StatusOr<CheckpointRow> FindCheckpoint(uint64_t tick) override;
  StatusOr<Totals> Count() override;

  StatusOr<uint64_t> CommitCount() override { return commits_; }
  StatusOr<std::vector<uint32_t>> StreamsChangedSince(uint64_t commit_count) override;
  StatusOr<std::vector<ReceivedStream>> ReceivedStreams() override { return received_.Streams(); }
  StatusOr<std::vector<ReceivedStream>> FindReceived(absl::Span<const uint32_t> numbers) override {
    return received_.Find(numbers);
  }
  StatusOr<std::string> ReadSpans(uint32_t stream) override;
  StatusOr<std::vector<uint64_t>> PresentByStream() override;
  StatusOr<std::vector<Delivery>> Deliveries() override { return received_.Deliveries(); }
  StatusOr<std::vector<CursorIn>> Cursors(const std::string& peer) override {
    return received_.Cursors(peer);
  }
  StatusOr<std::vector<Confirmed>> ConfirmedBy(const std::string& peer) override {
    return received_.ConfirmedBy(peer);
  }
  StatusOr<std::optional<ReceiptRow>> LastReceipt(const std::string& peer, bool ours) override {
    return received_.LastReceipt(peer, ours);
  }
  StatusOr<std::vector<DocumentRow>> Documents() override { return received_.Documents(); }
  StatusOr<std::vector<Gap>> Gaps(uint32_t stream, uint64_t after_seq, size_t rows_max) override {
    return received_.Gaps(stream, after_seq, rows_max);
  }
  StatusOr<std::vector<WitnessRow>> Witnesses() override { return received_.Witnesses(); }
  StatusOr<std::vector<EvidenceRow>> Evidence() override { return received_.Evidence(); }
  StatusOr<std::vector<PeerRow>> Peers() override { return received_.Peers(); }
  Status Lock() override;
  void Unlock() override { locked_ = false; }

 private:
  // Entries that a tick changes, as its earlier changes left them, by stream and number.
  using Edits = std::map<std::pair<uint32_t, uint64_t>, std::string>;
  struct View;  // the streams as they stand after the tick's appends
  // Everything that can refuse a tick, before anything of it is applied.
  Status CheckStreams(const Tick& tick, Edits* edits);
  Status EditLayers(const Tick& tick, const View& view, Edits* edits);
  Status EditRedactions(const Tick& tick, const View& view, Edits* edits);
  void ApplyStreams(const Tick& tick, const Edits& edits);
  void ForgetStream(uint32_t number);
  void ApplyRecord(const RecordState& record);
  void ApplyQuarantine(const Tick& tick);
  uint64_t LastTick() const { return checkpoints_.empty() ? 0 : checkpoints_.rbegin()->first; }

  std::map<uint32_t, MemoryStream> streams_;
  std::map<uint32_t, Scope> scopes_;
  std::map<RecordId, RecordState> records_;
  std::map<SubjectKey, std::set<RecordId>> by_subject_;
  std::map<uint32_t, IngestRow> ingests_;
  std::map<uint64_t, QuarantineRow> quarantine_;
  std::map<std::string, uint64_t> quarantine_ids_;
  uint64_t last_quarantine_id_ = 0;
  MemoryTraces traces_;
  std::map<uint64_t, CheckpointRow> checkpoints_;
  MemoryReceived received_;
  // (stream, seq) of entries that another one names as its previous one
  std::set<std::pair<uint32_t, uint64_t>> not_current_;
  uint64_t commits_ = 0;
  bool locked_ = false;
};

Status NumberTaken(std::string_view what, uint32_t number) {
  return MakeError(Code::STORE_CONFLICT, absl::StrCat(ToAbsl(what), " ", number,
                                                      " exists already; run the command again"));
}

struct MemoryStore::View {
  std::map<uint32_t, const StreamState*> added;
  std::map<uint32_t, const StreamAppend*> appended;
  const std::map<uint32_t, MemoryStream>* streams;

  const StreamState* Find(uint32_t number) const {
    if (auto it = added.find(number); it != added.end()) return it->second;
    auto it = streams->find(number);
    return it == streams->end() ? nullptr : &it->second.state;
  }

  uint64_t SizeOf(uint32_t number) const {
    const StreamState* stream = Find(number);
    auto it = appended.find(number);
    return (stream == nullptr ? 0 : stream->size) +
           (it == appended.end() ? 0 : it->second->lengths.size());
  }

  // The entry as earlier changes of the tick left it.
  StatusOr<std::string*> Take(uint32_t number, uint64_t seq, Edits* edits) const {
    const StreamState* stream = Find(number);
    if (stream == nullptr || seq > SizeOf(number)) {
      return MakeError(Code::NOT_FOUND, absl::StrCat("stream ", number, " has no entry ", seq));
    }
    std::string& bytes = (*edits)[{number, seq}];
    if (!bytes.empty()) return &bytes;
    if (seq <= stream->size) {
      bytes = streams->at(number).entries[seq - 1];
      return &bytes;
    }
    const StreamAppend& append = *appended.at(number);
    size_t at = 0;
    for (uint64_t i = stream->size + 1; i < seq; ++i) at += append.lengths[i - stream->size - 1];
    bytes = append.entries.substr(at, append.lengths[seq - stream->size - 1]);
    return &bytes;
  }
};

Status MemoryStore::EditLayers(const Tick& tick, const View& view, Edits* edits) {
  const auto edit = [&](uint32_t number, uint64_t seq, const auto& change) -> Status {
    ASSIGN_OR_RETURN(std::string* const bytes, view.Take(number, seq, edits));
    const StreamState& stream = *view.Find(number);
    ASSIGN_OR_RETURN(ledger::EntryHasher hasher, HasherOf(stream.stream_id, stream.descriptor));
    std::string_view in = *bytes;
    EntryView entry;
    RETURN_IF_ERROR(TakeEntry(&in, SizesOfStream(stream.stream_id.size()), &entry));
    std::string out;
    RETURN_IF_ERROR(change(&hasher, entry, &out));
    *bytes = out;
    return Status();
  };
  for (const LayerFill& fill : tick.received.fills) {
    RETURN_IF_ERROR(edit(fill.stream, fill.seq,
                         [&](ledger::EntryHasher* hasher, const EntryView& entry,
                             std::string* out) { return FillLayer(hasher, entry, fill, out); }));
  }
  for (const LayerDrop& drop : tick.received.drops) {
    if (drop.layers == kAllLayers) continue;
    for (uint64_t seq = 1; seq <= view.SizeOf(drop.stream); ++seq) {
      RETURN_IF_ERROR(
          edit(drop.stream, seq,
               [&](ledger::EntryHasher* hasher, const EntryView& entry, std::string* out) {
                 DropLayers(hasher, entry, drop.layers, out);
                 return Status();
               }));
    }
  }
  return Status();
}

Status MemoryStore::EditRedactions(const Tick& tick, const View& view, Edits* edits) {
  for (const Redaction& redaction : tick.redactions) {
    ASSIGN_OR_RETURN(std::string* const bytes, view.Take(redaction.stream, redaction.seq, edits));
    const CodecSizes sizes = SizesOfStream(view.Find(redaction.stream)->stream_id.size());
    std::string_view in = *bytes;
    EntryView entry;
    RETURN_IF_ERROR(TakeEntry(&in, sizes, &entry));
    std::string out;
    RETURN_IF_ERROR(RedactEntry(entry, redaction, sizes, &out));
    *bytes = out;
  }
  return Status();
}

Status MemoryStore::CheckStreams(const Tick& tick, Edits* edits) {
  View view;
  view.streams = &streams_;
  for (const StreamState& stream : tick.new_streams) {
    if (streams_.contains(stream.number)) return NumberTaken("stream", stream.number);
    for (const auto& [number, old] : streams_) {
      if (old.state.stream_id == stream.stream_id) return NumberTaken("the id of stream", number);
    }
    view.added[stream.number] = &stream;
  }
  for (const StreamAppend& append : tick.appends) {
    const StreamState* stream = view.Find(append.stream);
    if (stream == nullptr || stream->epoch != append.epoch ||
        stream->size != append.expected_size) {
      return AppendConflict(append);
    }
    RETURN_IF_ERROR(CheckEntries(append, SizesOfStream(stream->stream_id.size())));
    view.appended[append.stream] = &append;
  }
  RETURN_IF_ERROR(EditLayers(tick, view, edits));
  return EditRedactions(tick, view, edits);
}

void MemoryStore::ApplyStreams(const Tick& tick, const Edits& edits) {
  for (const StreamState& stream : tick.new_streams) {
    streams_[stream.number].state = stream;
    streams_[stream.number].changed_at = commits_;
  }
  for (const StreamAppend& append : tick.appends) {
    MemoryStream& stream = streams_[append.stream];
    std::string_view rest = append.entries;
    for (uint32_t length : append.lengths) {
      stream.entries.emplace_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
    for (const auto& place : PreviousOf(append, stream.sizes())) not_current_.insert(place);
    stream.state.size += append.lengths.size();
    stream.state.compact_range = append.compact_range;
    stream.state.head_proof = append.head_proof;
    stream.spans += append.spans;
    stream.changed_at = commits_;
    if (tick.checkpoint) stream.state.tick = tick.checkpoint->tick;
  }
  for (const ReceivedStream& row : tick.received.streams) {
    streams_[row.stream].changed_at = commits_;
  }
  for (const auto& [place, bytes] : edits) {
    streams_[place.first].entries[place.second - 1] = bytes;
  }
  for (const LayerDrop& drop : tick.received.drops) {
    if (drop.layers == kAllLayers) ForgetStream(drop.stream);
    streams_[drop.stream].changed_at = commits_;
  }
}

void MemoryStore::ForgetStream(uint32_t number) {
  MemoryStream& stream = streams_[number];
  stream.entries.clear();
  stream.spans.clear();
  not_current_.erase(not_current_.lower_bound({number, 0}),
                     not_current_.upper_bound({number, UINT64_MAX}));
  stream.state.size = 0;
  stream.state.compact_range = EmptyRange(stream.state.stream_id.size());
  std::vector<RecordState> forgotten;
  for (const auto& [id, record] : records_) {
    if (record.stream == number && record.present) forgotten.push_back(Forgotten(record));
  }
  for (const RecordState& record : forgotten) ApplyRecord(record);
}

void MemoryStore::ApplyRecord(const RecordState& record) {
  if (auto it = records_.find(record.id); it != records_.end()) {
    by_subject_[it->second.subject].erase(record.id);
  }
  records_[record.id] = record;
  if (record.subject != SubjectKey()) by_subject_[record.subject].insert(record.id);
}

void MemoryStore::ApplyQuarantine(const Tick& tick) {
  for (uint64_t id : tick.quarantine_remove) {
    if (auto it = quarantine_.find(id); it != quarantine_.end()) {
      quarantine_ids_.erase(it->second.row_key);
      quarantine_.erase(it);
    }
  }
  for (const std::string& key : tick.quarantine_resolve_keys) {
    if (auto it = quarantine_ids_.find(key); it != quarantine_ids_.end()) {
      quarantine_.erase(it->second);
      quarantine_ids_.erase(it);
    }
  }
  for (const QuarantineRow& row : tick.quarantine_add) {
    auto [it, is_new] = quarantine_ids_.emplace(row.row_key, last_quarantine_id_ + 1);
    if (is_new) ++last_quarantine_id_;
    QuarantineRow& stored = quarantine_[it->second];
    stored = row;
    stored.id = it->second;
  }
}

Status MemoryStore::Commit(const Tick& tick) {
  locked_ = false;
  RETURN_IF_ERROR(CheckTick(tick));
  for (const Scope& scope : tick.new_scopes) {
    if (scopes_.contains(scope.number)) return NumberTaken("scope", scope.number);
  }
  if (tick.checkpoint) RETURN_IF_ERROR(CheckNextTick(LastTick(), *tick.checkpoint));
  RETURN_IF_ERROR(received_.Check(tick));
  Edits edits;
  RETURN_IF_ERROR(CheckStreams(tick, &edits));
  std::vector<const RecordState*> records;
  ASSIGN_OR_RETURN(records, FoldRecords(tick.records));
  for (const RecordState* record : records) {
    auto it = records_.find(record->id);
    if (it != records_.end()) RETURN_IF_ERROR(CheckSuccessor(it->second, *record));
  }

  ++commits_;
  ApplyStreams(tick, edits);
  for (const RecordState* record : records) ApplyRecord(*record);
  for (const Scope& scope : tick.new_scopes) scopes_[scope.number] = scope;
  for (const IngestRow& ingest : tick.ingests) ingests_[ingest.number] = ingest;
  ApplyQuarantine(tick);
  traces_.Apply(tick);
  received_.Apply(tick.received);
  if (tick.checkpoint) checkpoints_[tick.checkpoint->tick] = *tick.checkpoint;
  return Status();
}

StatusOr<std::vector<StreamState>> MemoryStore::Streams() {
  std::vector<StreamState> all;
  for (const auto& [number, stream] : streams_) all.push_back(stream.state);
  return all;
}

StatusOr<std::vector<StreamState>> MemoryStore::FindStreams(absl::Span<const uint32_t> numbers) {
  std::vector<StreamState> found;
  for (const uint32_t number : numbers) {
    if (auto it = streams_.find(number); it != streams_.end()) found.push_back(it->second.state);
  }
  return found;
}

StatusOr<std::vector<Scope>> MemoryStore::Scopes() {
  std::vector<Scope> all;
  for (const auto& [number, scope] : scopes_) all.push_back(scope);
  return all;
}

StatusOr<EntryPage> MemoryStore::ReadEntries(uint32_t stream, uint64_t first_seq,
                                             size_t entries_max) {
  auto it = streams_.find(stream);
  if (it == streams_.end()) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no stream ", stream, " in this store"));
  }
  const std::vector<std::string>& entries = it->second.entries;
  entries_max = std::min(entries_max, limits::kPageEntriesMax);
  EntryPage page;
  size_t bytes = 0;
  for (uint64_t seq = std::max<uint64_t>(first_seq, 1);
       seq <= entries.size() && page.blocks.size() < entries_max; ++seq) {
    bytes += entries[seq - 1].size();
    if (bytes > limits::kTickBytesMax && !page.blocks.empty()) break;
    page.blocks.push_back(entries[seq - 1]);
  }
  uint64_t seq = std::max<uint64_t>(first_seq, 1);
  for (const std::string& block : page.blocks) {
    std::string_view in = block;
    EntryView& entry = page.entries.emplace_back();
    entry.seq = seq++;
    RETURN_IF_ERROR(TakeEntry(&in, it->second.sizes(), &entry));
    entry.current = !not_current_.contains({stream, entry.seq});
  }
  return page;
}

Status MemoryStore::FindRecords(absl::Span<const RecordId> ids,
                                std::vector<std::optional<RecordState>>* states) {
  states->assign(ids.size(), std::nullopt);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (auto it = records_.find(ids[i]); it != records_.end()) (*states)[i] = it->second;
  }
  return Status();
}

StatusOr<std::vector<RecordState>> MemoryStore::FindBySubject(const SubjectKey& subject) {
  std::vector<RecordState> found;
  if (auto it = by_subject_.find(subject); it != by_subject_.end()) {
    for (const RecordId& id : it->second) found.push_back(records_.at(id));
  }
  return found;
}

Status MemoryStore::ScanRecords(const std::function<bool(const RecordState&)>& visit) {
  for (const auto& [id, record] : records_) {
    if (!visit(record)) break;
  }
  return Status();
}

StatusOr<std::vector<IngestRow>> MemoryStore::Ingests() {
  std::vector<IngestRow> all;
  for (const auto& [number, ingest] : ingests_) all.push_back(ingest);
  return all;
}

StatusOr<std::vector<QuarantineRow>> MemoryStore::Quarantine(uint64_t after_id, size_t rows_max) {
  std::vector<QuarantineRow> rows;
  size_t bytes = 0;
  for (auto it = quarantine_.upper_bound(after_id);
       it != quarantine_.end() && rows.size() < rows_max && bytes < limits::kTickBytesMax; ++it) {
    rows.push_back(it->second);
    bytes += it->second.raw.size() + it->second.cells.size();
  }
  return rows;
}

StatusOr<QuarantineRow> MemoryStore::FindQuarantine(uint64_t id) {
  auto it = quarantine_.find(id);
  if (it == quarantine_.end()) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no row ", id, " in quarantine"));
  }
  return it->second;
}

StatusOr<std::vector<uint32_t>> MemoryStore::StreamsChangedSince(uint64_t commit_count) {
  std::vector<uint32_t> changed;
  for (const auto& [number, stream] : streams_) {
    if (stream.changed_at > commit_count) changed.push_back(number);
  }
  return changed;
}

StatusOr<std::string> MemoryStore::ReadSpans(uint32_t stream) {
  const auto it = streams_.find(stream);
  if (it == streams_.end()) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no stream ", stream, " in this store"));
  }
  return it->second.spans;
}

StatusOr<std::vector<uint64_t>> MemoryStore::PresentByStream() {
  std::vector<uint64_t> present;
  for (const auto& [id, record] : records_) {
    if (!record.present) continue;
    if (present.size() <= record.stream) present.resize(record.stream + 1);
    ++present[record.stream];
  }
  return present;
}

Status MemoryStore::Lock() {
  if (locked_) return MakeError(Code::INTERNAL, "the store is locked already");
  locked_ = true;
  return Status();
}

StatusOr<std::optional<CheckpointRow>> MemoryStore::LastCheckpoint() {
  if (checkpoints_.empty()) return std::optional<CheckpointRow>();
  return std::optional<CheckpointRow>(checkpoints_.rbegin()->second);
}

StatusOr<CheckpointRow> MemoryStore::FindCheckpoint(uint64_t tick) {
  auto it = checkpoints_.find(tick);
  if (it == checkpoints_.end()) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no checkpoint for tick ", tick));
  }
  return it->second;
}

StatusOr<Totals> MemoryStore::Count() {
  Totals totals;
  for (const auto& [id, record] : records_) {
    if (received_.IsReceived(record.stream)) {
      ++(record.present ? totals.received_present : totals.received_gone);
    } else {
      ++(record.present ? totals.records_present : totals.records_gone);
    }
  }
  for (const auto& [number, stream] : streams_) totals.entries += stream.entries.size();
  totals.streams = streams_.size();
  totals.quarantined = quarantine_.size();
  return totals;
}

}  // namespace

std::unique_ptr<Store> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace tombolo::store
