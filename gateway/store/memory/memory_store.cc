#include "gateway/store/memory/memory_store.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/store/tick_rules.h"

namespace tombolo::store {
namespace {

struct MemoryStream {
  StreamState state;
  std::vector<std::string> entries;
  CodecSizes sizes() const { return SizesOfStream(state.stream_id.size()); }
};

class MemoryStore : public Store {
 public:
  Status Commit(const Tick& tick) override;
  StatusOr<std::vector<StreamState>> Streams() override;
  StatusOr<std::vector<Scope>> Scopes() override;
  StatusOr<EntryPage> ReadEntries(uint32_t stream, uint64_t first_seq, size_t entries_max) override;
  Status FindRecords(absl::Span<const RecordId> ids,
                     std::vector<std::optional<RecordState>>* states) override;
  StatusOr<std::vector<RecordState>> FindBySubject(const SubjectKey& subject) override;
  Status ScanRecords(const std::function<bool(const RecordState&)>& visit) override;
  StatusOr<std::vector<IngestRow>> Ingests() override;
  StatusOr<std::vector<QuarantineRow>> Quarantine(uint64_t after_id, size_t rows_max) override;
  StatusOr<QuarantineRow> FindQuarantine(uint64_t id) override;
  StatusOr<std::string> ReadTrace(uint64_t trace, uint32_t part) override;
  StatusOr<std::vector<uint64_t>> Traces() override;
  StatusOr<std::optional<CheckpointRow>> LastCheckpoint() override;
  StatusOr<CheckpointRow> FindCheckpoint(uint64_t tick) override;
  StatusOr<Totals> Count() override;

 private:
  // Everything that can refuse a tick, before anything of it is applied.
  Status CheckStreams(const Tick& tick, std::vector<std::string>* redacted);
  void ApplyStreams(const Tick& tick, const std::vector<std::string>& redacted);
  void ApplyRecord(const RecordState& record);
  void ApplyQuarantine(const Tick& tick);
  void ApplyTraces(const Tick& tick);
  uint64_t LastTick() const { return checkpoints_.empty() ? 0 : checkpoints_.rbegin()->first; }

  std::map<uint32_t, MemoryStream> streams_;
  std::map<uint32_t, Scope> scopes_;
  std::map<RecordId, RecordState> records_;
  std::map<SubjectKey, std::set<RecordId>> by_subject_;
  std::map<uint32_t, IngestRow> ingests_;
  std::map<uint64_t, QuarantineRow> quarantine_;
  std::map<std::string, uint64_t> quarantine_ids_;
  uint64_t last_quarantine_id_ = 0;
  std::map<std::pair<uint64_t, uint32_t>, std::string> trace_parts_;
  std::map<uint64_t, CheckpointRow> checkpoints_;
};

Status NumberTaken(std::string_view what, uint32_t number) {
  return MakeError(Code::STORE_CONFLICT, absl::StrCat(ToAbsl(what), " ", number,
                                                      " exists already; run the command again"));
}

Status MemoryStore::CheckStreams(const Tick& tick, std::vector<std::string>* redacted) {
  std::map<uint32_t, const StreamState*> added;
  for (const StreamState& stream : tick.new_streams) {
    if (streams_.contains(stream.number)) return NumberTaken("stream", stream.number);
    for (const auto& [number, old] : streams_) {
      if (old.state.stream_id == stream.stream_id) return NumberTaken("the id of stream", number);
    }
    added[stream.number] = &stream;
  }
  auto find = [&](uint32_t number) -> const StreamState* {
    if (auto it = added.find(number); it != added.end()) return it->second;
    auto it = streams_.find(number);
    return it == streams_.end() ? nullptr : &it->second.state;
  };
  std::map<uint32_t, const StreamAppend*> appended;
  for (const StreamAppend& append : tick.appends) {
    const StreamState* stream = find(append.stream);
    if (stream == nullptr || stream->epoch != append.epoch ||
        stream->size != append.expected_size) {
      return AppendConflict(append);
    }
    RETURN_IF_ERROR(CheckEntries(append, SizesOfStream(stream->stream_id.size())));
    appended[append.stream] = &append;
  }
  // (stream, seq) -> the entry as earlier redactions of this tick left it
  std::map<std::pair<uint32_t, uint64_t>, std::string> current;
  for (const Redaction& redaction : tick.redactions) {
    const StreamState* stream = find(redaction.stream);
    std::string& bytes = current[{redaction.stream, redaction.seq}];
    if (bytes.empty() && stream != nullptr) {
      if (redaction.seq <= stream->size) {
        bytes = streams_.at(redaction.stream).entries[redaction.seq - 1];
      } else if (auto it = appended.find(redaction.stream); it != appended.end()) {
        size_t at = 0;
        uint64_t seq = stream->size;
        for (uint32_t length : it->second->lengths) {
          if (++seq == redaction.seq) bytes = it->second->entries.substr(at, length);
          at += length;
        }
      }
    }
    if (bytes.empty()) {
      return MakeError(Code::NOT_FOUND,
                       absl::StrCat("stream ", redaction.stream, " has no entry ", redaction.seq));
    }
    const CodecSizes sizes = SizesOfStream(stream->stream_id.size());
    std::string_view in = bytes;
    EntryView entry;
    RETURN_IF_ERROR(TakeEntry(&in, sizes, &entry));
    std::string out;
    RETURN_IF_ERROR(RedactEntry(entry, redaction, sizes, &out));
    bytes = out;
    redacted->push_back(std::move(out));
  }
  return Status();
}

void MemoryStore::ApplyStreams(const Tick& tick, const std::vector<std::string>& redacted) {
  for (const StreamState& stream : tick.new_streams) streams_[stream.number].state = stream;
  for (const StreamAppend& append : tick.appends) {
    MemoryStream& stream = streams_[append.stream];
    std::string_view rest = append.entries;
    for (uint32_t length : append.lengths) {
      stream.entries.emplace_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
    stream.state.size += append.lengths.size();
    stream.state.compact_range = append.compact_range;
    stream.state.head_proof = append.head_proof;
    if (tick.checkpoint) stream.state.tick = tick.checkpoint->tick;
  }
  for (size_t i = 0; i < redacted.size(); ++i) {
    const Redaction& redaction = tick.redactions[i];
    streams_[redaction.stream].entries[redaction.seq - 1] = redacted[i];
  }
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

void MemoryStore::ApplyTraces(const Tick& tick) {
  for (const uint64_t trace : tick.trace_remove) {
    trace_parts_.erase(trace_parts_.lower_bound({trace, 0}),
                       trace_parts_.upper_bound({trace, UINT32_MAX}));
  }
  for (const TracePart& part : tick.trace_parts) {
    if (part.bytes.empty()) {
      trace_parts_.erase({part.trace, part.part});
    } else {
      trace_parts_[{part.trace, part.part}] = part.bytes;
    }
  }
}

Status MemoryStore::Commit(const Tick& tick) {
  RETURN_IF_ERROR(CheckTick(tick));
  for (const Scope& scope : tick.new_scopes) {
    if (scopes_.contains(scope.number)) return NumberTaken("scope", scope.number);
  }
  if (tick.checkpoint) RETURN_IF_ERROR(CheckNextTick(LastTick(), *tick.checkpoint));
  std::vector<std::string> redacted;
  RETURN_IF_ERROR(CheckStreams(tick, &redacted));
  std::vector<const RecordState*> records;
  ASSIGN_OR_RETURN(records, FoldRecords(tick.records));
  for (const RecordState* record : records) {
    auto it = records_.find(record->id);
    if (it != records_.end()) RETURN_IF_ERROR(CheckSuccessor(it->second, *record));
  }

  ApplyStreams(tick, redacted);
  for (const RecordState* record : records) ApplyRecord(*record);
  for (const Scope& scope : tick.new_scopes) scopes_[scope.number] = scope;
  for (const IngestRow& ingest : tick.ingests) ingests_[ingest.number] = ingest;
  ApplyQuarantine(tick);
  ApplyTraces(tick);
  if (tick.checkpoint) checkpoints_[tick.checkpoint->tick] = *tick.checkpoint;
  return Status();
}

StatusOr<std::vector<StreamState>> MemoryStore::Streams() {
  std::vector<StreamState> all;
  for (const auto& [number, stream] : streams_) all.push_back(stream.state);
  return all;
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

StatusOr<std::string> MemoryStore::ReadTrace(uint64_t trace, uint32_t part) {
  auto it = trace_parts_.find({trace, part});
  return it == trace_parts_.end() ? std::string() : it->second;
}

StatusOr<std::vector<uint64_t>> MemoryStore::Traces() {
  std::vector<uint64_t> traces;
  for (const auto& [place, bytes] : trace_parts_) {
    if (traces.empty() || traces.back() != place.first) traces.push_back(place.first);
  }
  return traces;
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
    ++(record.present ? totals.records_present : totals.records_gone);
  }
  for (const auto& [number, stream] : streams_) totals.entries += stream.entries.size();
  totals.streams = streams_.size();
  totals.quarantined = quarantine_.size();
  return totals;
}

}  // namespace

std::unique_ptr<Store> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace tombolo::store
