#include "gateway/node/tick_writer.h"

#include <algorithm>
#include <utility>

#include "gateway/audit/event.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/entry.h"

namespace tombolo::node {
namespace {

Status Conflict(const std::string& why) {
  return MakeError(Code::STORE_CONFLICT, why + "; nothing of this step was stored, run it again");
}

}  // namespace

TickWriter::TickWriter(const Context& context) : context_(context), hasher_(context.suite) {}

StatusOr<std::unique_ptr<TickWriter>> TickWriter::Open(const Context& context) {
  std::unique_ptr<TickWriter> writer(new TickWriter(context));
  RETURN_IF_ERROR(writer->Load());
  return writer;
}

Status TickWriter::Load() {
  RETURN_IF_ERROR(TakeInOthers());
  if (Find(kAuditStream) == nullptr) {
    AddStream(audit::AuditDescriptor(context_.origin, 1), kAuditStream);
  }
  return absl::OkStatus();
}

Status TickWriter::TakeInOthers() {
  ASSIGN_OR_RETURN(const uint64_t commits, context_.store->CommitCount());
  if (commits == seen_commits_) return absl::OkStatus();
  bool records_moved = false;
  RETURN_IF_ERROR(TakeInStreams(&records_moved));
  if (records_moved && RestsOnRecords()) {
    return Conflict("another command has written records since this one looked");
  }
  RETURN_IF_ERROR(TakeInScopes());
  RETURN_IF_ERROR(TakeInIngests());
  ASSIGN_OR_RETURN(const std::optional<store::CheckpointRow> last,
                   context_.store->LastCheckpoint());
  if (last.has_value()) last_tick_ = last->tick;
  seen_commits_ = commits;
  return absl::OkStatus();
}

Status TickWriter::TakeInStreams(bool* records_moved) {
  ASSIGN_OR_RETURN(const std::vector<uint32_t> changed,
                   context_.store->StreamsChangedSince(seen_commits_));
  if (changed.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<store::StreamState> states, context_.store->FindStreams(changed));
  for (store::StreamState& state : states) {
    RETURN_IF_ERROR(TakeInStream(std::move(state), records_moved));
  }
  return absl::OkStatus();
}

Status TickWriter::TakeInStream(store::StreamState state, bool* records_moved) {
  v1::StreamDescriptor descriptor;
  if (!descriptor.ParseFromString(state.descriptor)) {
    return MakeError(Code::STORE_CORRUPT, "the descriptor of stream " +
                                              std::to_string(state.number) +
                                              " does not parse; restore the node from a backup");
  }
  if (descriptor.origin() != context_.origin) return absl::OkStatus();  // received
  ASSIGN_OR_RETURN(
      ledger::CompactRange range,
      ledger::CompactRange::Parse(ledger::HashOf(context_.suite), state.compact_range));
  if (range.size() != state.size) {
    return MakeError(Code::STORE_CORRUPT, "stream " + std::to_string(state.number) + " has size " +
                                              std::to_string(state.size) +
                                              " but its Merkle range " +
                                              std::to_string(range.size()));
  }
  const uint32_t number = state.number;
  epoch_ = std::max(epoch_, state.epoch);
  const bool records = descriptor.kind() == v1::RECORDS;
  if (records) stream_numbers_[{descriptor.item(), descriptor.sharing_class()}] = number;
  Stream* known = Find(number);
  if (known == nullptr) {
    *records_moved |= records;
    SetStream(number, std::make_unique<Stream>(Stream{std::move(state), std::move(range), {}}));
    return absl::OkStatus();
  }
  for (const store::StreamState& added : tick_.new_streams) {
    if (added.number == number) return Conflict("another command has made streams");
  }
  const bool grown = known->state.size != state.size;
  *records_moved |= records && grown;
  known->state = std::move(state);
  known->append.epoch = known->state.epoch;
  known->append.expected_size = known->state.size;
  if (!grown) return absl::OkStatus();
  known->range = std::move(range);
  if (number != kAuditStream) return absl::OkStatus();
  known->append.spans.clear();
  for (const Digest& leaf : audit_leaves_) known->range.Append(leaf, &known->append.spans);
  return absl::OkStatus();
}

Status TickWriter::TakeInScopes() {
  ASSIGN_OR_RETURN(const std::vector<store::Scope> scopes, context_.store->Scopes());
  for (const store::Scope& s : scopes) {
    const auto [it, added] = scopes_.try_emplace({s.pack, s.item, s.value}, s.number);
    if (it->second != s.number) return Conflict("another command has numbered the same scope");
  }
  return absl::OkStatus();
}

Status TickWriter::TakeInIngests() {
  ASSIGN_OR_RETURN(const std::vector<store::IngestRow> ingests, context_.store->Ingests());
  uint32_t highest = stored_ingest_;
  for (const store::IngestRow& row : ingests) {
    highest = std::max(highest, row.number);
    if (row.number <= stored_ingest_) continue;
    for (const store::IngestRow& mine : tick_.ingests) {
      if (mine.number == row.number) return Conflict("another ingest has begun");
    }
  }
  stored_ingest_ = highest;
  next_ingest_ = std::max(next_ingest_, highest + 1);
  return absl::OkStatus();
}

// Whether the tick was made from what the records were: entries, the index's rows, traces.
bool TickWriter::RestsOnRecords() const {
  const auto own = [](const auto& row) { return row.stream < limits::kReceivedNumbersFrom; };
  const auto appends = [this](uint32_t number) {
    return number != kAuditStream && !streams_[number]->append.lengths.empty();
  };
  return std::any_of(moved_.begin(), moved_.end(), appends) || !tick_.new_scopes.empty() ||
         std::any_of(tick_.records.begin(), tick_.records.end(), own) ||
         std::any_of(tick_.redactions.begin(), tick_.redactions.end(), own) ||
         !tick_.trace_parts.empty() || !tick_.trace_remove.empty();
}

std::string TickWriter::Checked(StatusOr<std::string> bytes) {
  if (bytes.ok()) return std::move(*bytes);
  if (failure_.ok()) failure_ = bytes.status();
  return "";
}

TickWriter::Stream* TickWriter::Find(uint32_t number) const {
  return number < streams_.size() ? streams_[number].get() : nullptr;
}

void TickWriter::SetStream(uint32_t number, std::unique_ptr<Stream> stream) {
  if (streams_.size() <= number) streams_.resize(number + 1);
  streams_[number] = std::move(stream);
}

void TickWriter::AddStream(const v1::StreamDescriptor& descriptor, uint32_t number) {
  store::StreamState state;
  state.number = number;
  state.descriptor = Checked(ledger::EncodeDescriptor(descriptor));
  state.stream_id = hasher_.StreamId(state.descriptor).str();
  state.epoch = epoch_;
  ledger::CompactRange range(hasher_.hash());
  state.compact_range = range.Serialise();
  tick_.new_streams.push_back(state);
  SetStream(number, std::make_unique<Stream>(Stream{std::move(state), std::move(range), {}}));
}

uint32_t TickWriter::StreamFor(std::string_view item, v1::SharingClass sharing_class) {
  const std::pair<std::string, int> key(std::string(item), sharing_class);
  if (const auto it = stream_numbers_.find(key); it != stream_numbers_.end()) return it->second;
  const uint32_t number =
      static_cast<uint32_t>(std::max<size_t>(streams_.size(), kAuditStream + 1));
  if (number >= limits::kReceivedNumbersFrom && failure_.ok()) {
    failure_ = MakeError(Code::LIMIT_EXCEEDED,
                         "a node has at most " + std::to_string(limits::kReceivedNumbersFrom - 1) +
                             " streams of its own; spread the items over several nodes");
  }
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::RECORDS);
  descriptor.set_origin(context_.origin);
  descriptor.set_item(key.first);
  descriptor.set_sharing_class(sharing_class);
  descriptor.set_generation(1);
  AddStream(descriptor, number);
  stream_numbers_[key] = number;
  return number;
}

std::string_view TickWriter::ItemOf(uint32_t stream) const {
  for (const auto& [item_and_class, number] : stream_numbers_) {
    if (number == stream) return item_and_class.first;
  }
  return "";
}

uint64_t TickWriter::SizeOf(uint32_t stream) const {
  const Stream* known = Find(stream);
  return known != nullptr ? known->range.size() : 0;
}

StatusOr<v1::Head> TickWriter::HeadOf(uint32_t stream) const {
  const Stream* known = Find(stream);
  if (known == nullptr || known->state.tick == 0) {
    return MakeError(Code::NOT_FOUND,
                     "stream " + std::to_string(stream) + " has no signed head yet");
  }
  ASSIGN_OR_RETURN(store::CheckpointRow row, context_.store->FindCheckpoint(known->state.tick));
  v1::Head head;
  head.mutable_checkpoint()->set_body(std::move(row.body));
  head.mutable_checkpoint()->set_signature(std::move(row.signature));
  if (!head.mutable_proof()->ParseFromString(known->state.head_proof)) {
    return MakeError(Code::STORE_CORRUPT, "the head proof of stream " + std::to_string(stream) +
                                              " does not parse; restore the node from a backup");
  }
  return head;
}

uint32_t TickWriter::ScopeFor(std::string_view pack, std::string_view item,
                              std::string_view value) {
  std::array<std::string, 3> key{std::string(pack), std::string(item), std::string(value)};
  if (const auto it = scopes_.find(key); it != scopes_.end()) return it->second;
  uint32_t number = 1;
  for (const auto& entry : scopes_) number = std::max(number, entry.second + 1);
  tick_.new_scopes.push_back({number, key[1], key[0], key[2]});
  scopes_[std::move(key)] = number;
  return number;
}

void TickWriter::SetIngest(store::IngestRow row) {
  next_ingest_ = std::max(next_ingest_, row.number + 1);
  for (store::IngestRow& present : tick_.ingests) {
    if (present.number == row.number) {
      present = std::move(row);
      return;
    }
  }
  tick_.ingests.push_back(std::move(row));
}

TickWriter::Stream& TickWriter::Moved(uint32_t number) {
  Stream& stream = At(number);
  if (stream.moved) return stream;
  stream.moved = true;
  stream.append.stream = number;
  stream.append.epoch = stream.state.epoch;
  stream.append.expected_size = stream.state.size;
  moved_.push_back(number);
  return stream;
}

EntryAt TickWriter::Add(uint32_t number, const store::EntryView& entry, const Digest& leaf) {
  Stream& stream = Moved(number);
  store::StreamAppend& append = stream.append;
  const size_t before = append.entries.size();
  store::AppendEntry(entry, &append.entries);
  const size_t length = append.entries.size() - before;
  append.lengths.push_back(static_cast<uint32_t>(length));
  stream.range.Append(leaf, &append.spans);
  ++entries_;
  bytes_ += length;
  return {number, stream.range.size()};
}

EntryAt TickWriter::Put(uint32_t stream, std::string_view header,
                        const std::array<std::string_view, 3>& layers, uint32_t ingest,
                        EntryAt previous) {
  const size_t salt_bytes = ledger::SaltBytes(context_.suite);
  scratch_.resize(3 * salt_bytes);
  context_.entropy->Fill(scratch_.data(), scratch_.size());
  store::EntryView entry;
  entry.type = v1::PUT;
  entry.form = store::Form::kFull;
  entry.ingest = ingest;
  entry.previous_stream = previous.stream;
  entry.previous_seq = previous.seq;
  entry.header = header;
  ledger::LayerHashes hashes;
  for (size_t i = 0; i < layers.size(); ++i) {
    entry.salts[i] = std::string_view(scratch_).substr(i * salt_bytes, salt_bytes);
    entry.layers[i] = layers[i];
    hashes[i] = hasher_.LayerHash(static_cast<v1::SharingClass>(i + 1), entry.salts[i], layers[i]);
  }
  const Digest commitment = hasher_.PutCommitment(At(stream).state.stream_id, header, hashes);
  return Add(stream, entry, hasher_.Leaf(commitment.view()));
}

EntryAt TickWriter::Retract(uint32_t stream, const RecordId& id, uint64_t version, int64_t now_us,
                            uint32_t ingest, EntryAt previous) {
  v1::RetractHeader header;
  header.set_record_id(std::string(id.view()));
  header.set_version(version);
  header.set_recorded_at_us(now_us);
  const std::string bytes = Checked(ledger::EncodeRetract(header));
  store::EntryView entry;
  entry.type = v1::RETRACT;
  entry.ingest = ingest;
  entry.previous_stream = previous.stream;
  entry.previous_seq = previous.seq;
  entry.header = bytes;
  const Digest commitment = hasher_.BareCommitment(v1::RETRACT, At(stream).state.stream_id, bytes);
  return Add(stream, entry, hasher_.Leaf(commitment.view()));
}

EntryAt TickWriter::Tombstone(uint32_t stream, const std::vector<uint64_t>& erased_seqs,
                              int64_t now_us) {
  v1::TombstoneHeader header;
  for (const uint64_t seq : erased_seqs) header.add_erased_seqs(seq);
  header.set_recorded_at_us(now_us);
  const uint64_t own_seq = At(stream).range.size() + 1;
  const std::string bytes = Checked(ledger::EncodeTombstone(own_seq, header));
  store::EntryView entry;
  entry.type = v1::TOMBSTONE;
  entry.header = bytes;
  const Digest commitment =
      hasher_.BareCommitment(v1::TOMBSTONE, At(stream).state.stream_id, bytes);
  return Add(stream, entry, hasher_.Leaf(commitment.view()));
}

void TickWriter::Audit(v1::AuditEvent event) {
  if (event.at_us() == 0) event.set_at_us(context_.clock->NowUs());
  if (event.actor().empty()) event.set_actor(context_.actor);
  if (event.outcome().empty()) event.set_outcome("OK");
  if (event.correlation_id().empty()) {
    event.set_correlation_id(context_.entropy->Bytes(kCorrelationBytes));
  }
  const std::string bytes = Checked(audit::EncodeEvent(event));  // no audit, no commit
  store::EntryView entry;
  entry.type = v1::PUT;
  entry.form = store::Form::kEvent;
  entry.header = bytes;
  audit_leaves_.push_back(hasher_.Leaf(bytes));
  Add(kAuditStream, entry, audit_leaves_.back());
}

void TickWriter::ResignHeads() {
  for (uint32_t number = 0; number < streams_.size(); ++number) {
    if (streams_[number] != nullptr && streams_[number]->range.size() > 0) Moved(number);
  }
  v1::AuditEvent event;
  event.set_type(v1::KEY_ACTIVATED);
  event.set_key_id(context_.signer->key_id());
  Audit(std::move(event));
}

std::vector<v1::StreamRange> TickWriter::Ranges() const {
  std::vector<v1::StreamRange> ranges;
  for (const uint32_t number : moved_) {
    const Stream& stream = *streams_[number];
    if (number == kAuditStream || stream.append.lengths.empty()) continue;
    v1::StreamRange range;
    range.set_stream_id(stream.state.stream_id);
    range.set_first_seq(stream.state.size + 1);
    range.set_last_seq(stream.range.size());
    ranges.push_back(std::move(range));
  }
  return ranges;
}

bool TickWriter::empty() const {
  const store::ReceivedPart& part = tick_.received;
  const bool received = !part.streams.empty() || !part.deliveries.empty() ||
                        !part.cursors.empty() || !part.confirmed.empty() ||
                        !part.receipts.empty() || !part.documents.empty() || !part.gaps.empty() ||
                        !part.fills.empty() || !part.drops.empty() || !part.witnesses.empty() ||
                        !part.evidence.empty() || !part.peers.empty();
  return !received && moved_.empty() && tick_.appends.empty() && tick_.ingests.empty() &&
         tick_.quarantine_add.empty() && tick_.quarantine_remove.empty() &&
         tick_.quarantine_resolve_keys.empty() && tick_.records.empty() &&
         tick_.redactions.empty() && tick_.trace_parts.empty() && tick_.trace_remove.empty();
}

Status TickWriter::Commit() {
  Status status = failure_;
  if (status.ok()) status = context_.store->Lock();
  if (status.ok()) {
    status = CommitTick();
    if (!status.ok()) context_.store->Unlock();
  }
  failed_ = !status.ok();
  if (status.ok() && context_.committed) context_.committed();
  return status;
}

Status TickWriter::SignHeads() {
  if (moved_.empty()) return absl::OkStatus();
  std::vector<v1::StreamHead> heads;
  for (const uint32_t number : moved_) {
    const Stream& stream = At(number);
    v1::StreamHead head;
    head.set_stream_id(stream.state.stream_id);
    head.set_size(stream.range.size());
    head.set_root(stream.range.Root().str());
    heads.push_back(std::move(head));
  }
  ASSIGN_OR_RETURN(const ledger::Batch batch,
                   ledger::BuildBatch(context_.suite, heads, context_.entropy));
  ledger::CheckpointBody body;
  body.origin = context_.origin;
  body.epoch = epoch_;
  body.tick = last_tick_ + 1;
  body.time_us = context_.clock->NowUs();
  body.batch_root = batch.root.str();
  ASSIGN_OR_RETURN(v1::Checkpoint checkpoint, ledger::SignCheckpoint(body, context_.signer));
  tick_.checkpoint =
      store::CheckpointRow{body.tick, body.time_us, std::move(*checkpoint.mutable_body()),
                           std::move(*checkpoint.mutable_signature())};
  for (size_t i = 0; i < moved_.size(); ++i) {
    Stream& stream = At(moved_[i]);
    stream.append.compact_range = stream.range.Serialise();
    stream.append.head_proof = batch.proofs[i].SerializeAsString();
    stream.state.compact_range = stream.append.compact_range;
    stream.state.head_proof = stream.append.head_proof;
    stream.state.tick = body.tick;
    tick_.appends.push_back(std::move(stream.append));
    stream.append = {};
  }
  return absl::OkStatus();
}

Status TickWriter::CommitTick() {
  RETURN_IF_ERROR(TakeInOthers());
  RETURN_IF_ERROR(SignHeads());
  RETURN_IF_ERROR(context_.store->Commit(tick_));
  ++seen_commits_;  // under the lock nobody else counted
  for (const uint32_t number : moved_) {
    Stream& stream = At(number);
    stream.state.size = stream.range.size();
    stream.moved = false;
  }
  if (tick_.checkpoint.has_value()) last_tick_ = tick_.checkpoint->tick;
  for (const store::IngestRow& row : tick_.ingests) {
    stored_ingest_ = std::max(stored_ingest_, row.number);
  }
  tick_ = {};
  moved_.clear();
  audit_leaves_.clear();
  entries_ = 0;
  bytes_ = 0;
  return absl::OkStatus();
}

}  // namespace tombolo::node
