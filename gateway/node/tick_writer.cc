#include "gateway/node/tick_writer.h"

#include <utility>

#include "gateway/audit/event.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/entry.h"

namespace tombolo::node {

TickWriter::TickWriter(const Context& context) : context_(context), hasher_(context.suite) {}

StatusOr<std::unique_ptr<TickWriter>> TickWriter::Open(const Context& context) {
  std::unique_ptr<TickWriter> writer(new TickWriter(context));
  RETURN_IF_ERROR(writer->Load());
  return writer;
}

Status TickWriter::Load() {
  ASSIGN_OR_RETURN(std::vector<store::StreamState> states, context_.store->Streams());
  for (store::StreamState& state : states) {
    v1::StreamDescriptor descriptor;
    if (!descriptor.ParseFromString(state.descriptor)) {
      return MakeError(Code::STORE_CORRUPT, "the descriptor of stream " +
                                                std::to_string(state.number) +
                                                " does not parse; restore the node from a backup");
    }
    ASSIGN_OR_RETURN(
        ledger::CompactRange range,
        ledger::CompactRange::Parse(ledger::HashOf(context_.suite), state.compact_range));
    if (range.size() != state.size) {
      return MakeError(Code::STORE_CORRUPT, "stream " + std::to_string(state.number) +
                                                " has size " + std::to_string(state.size) +
                                                " but its Merkle range " +
                                                std::to_string(range.size()));
    }
    if (descriptor.kind() == v1::RECORDS) {
      stream_numbers_[{descriptor.item(), descriptor.sharing_class()}] = state.number;
    }
    const uint32_t number = state.number;
    epoch_ = std::max(epoch_, state.epoch);
    SetStream(number, std::make_unique<Stream>(Stream{std::move(state), std::move(range), {}}));
  }
  ASSIGN_OR_RETURN(const std::vector<store::Scope> scopes, context_.store->Scopes());
  for (const store::Scope& s : scopes) scopes_[{s.pack, s.item, s.value}] = s.number;
  ASSIGN_OR_RETURN(const std::vector<store::IngestRow> ingests, context_.store->Ingests());
  for (const store::IngestRow& row : ingests) next_ingest_ = std::max(next_ingest_, row.number + 1);
  ASSIGN_OR_RETURN(const std::optional<store::CheckpointRow> last,
                   context_.store->LastCheckpoint());
  if (last.has_value()) last_tick_ = last->tick;
  if (streams_.size() <= kAuditStream || streams_[kAuditStream] == nullptr) {
    AddStream(audit::AuditDescriptor(context_.origin, 1), kAuditStream);
  }
  return absl::OkStatus();
}

std::string TickWriter::Checked(StatusOr<std::string> bytes) {
  if (bytes.ok()) return std::move(*bytes);
  if (failure_.ok()) failure_ = bytes.status();
  return "";
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
  const bool known = stream < streams_.size() && streams_[stream] != nullptr;
  return known ? streams_[stream]->range.size() : 0;
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

EntryAt TickWriter::Add(uint32_t number, const store::EntryView& entry, const Digest& leaf) {
  Stream& stream = At(number);
  store::StreamAppend& append = stream.append;
  if (append.lengths.empty()) {
    append.stream = number;
    append.epoch = stream.state.epoch;
    append.expected_size = stream.state.size;
    moved_.push_back(number);
  }
  const size_t before = append.entries.size();
  store::AppendEntry(entry, &append.entries);
  const size_t length = append.entries.size() - before;
  append.lengths.push_back(static_cast<uint32_t>(length));
  stream.range.Append(leaf);
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
  Add(kAuditStream, entry, hasher_.Leaf(bytes));
}

std::vector<v1::StreamRange> TickWriter::Ranges() const {
  std::vector<v1::StreamRange> ranges;
  for (const uint32_t number : moved_) {
    if (number == kAuditStream) continue;
    const Stream& stream = *streams_[number];
    v1::StreamRange range;
    range.set_stream_id(stream.state.stream_id);
    range.set_first_seq(stream.state.size + 1);
    range.set_last_seq(stream.range.size());
    ranges.push_back(std::move(range));
  }
  return ranges;
}

bool TickWriter::empty() const {
  return moved_.empty() && tick_.ingests.empty() && tick_.quarantine_add.empty() &&
         tick_.quarantine_remove.empty() && tick_.quarantine_resolve_keys.empty() &&
         tick_.records.empty() && tick_.redactions.empty() && tick_.trace_parts.empty() &&
         tick_.trace_remove.empty();
}

Status TickWriter::Commit() {
  const Status status = CommitTick();
  failed_ = !status.ok();
  return status;
}

Status TickWriter::CommitTick() {
  RETURN_IF_ERROR(failure_);
  const int64_t now_us = context_.clock->NowUs();
  std::vector<v1::StreamHead> heads;
  for (const uint32_t number : moved_) {
    Stream& stream = At(number);
    v1::StreamHead head;
    head.set_stream_id(stream.state.stream_id);
    head.set_size(stream.range.size());
    head.set_root(stream.range.Root().str());
    heads.push_back(std::move(head));
  }
  if (!heads.empty()) {
    ASSIGN_OR_RETURN(ledger::Batch batch,
                     ledger::BuildBatch(context_.suite, heads, context_.entropy));
    ledger::CheckpointBody body;
    body.origin = context_.origin;
    body.epoch = epoch_;
    body.tick = last_tick_ + 1;
    body.time_us = now_us;
    body.batch_root = batch.root.str();
    ASSIGN_OR_RETURN(v1::Checkpoint checkpoint, ledger::SignCheckpoint(body, context_.signer));
    tick_.checkpoint =
        store::CheckpointRow{body.tick, now_us, std::move(*checkpoint.mutable_body()),
                             std::move(*checkpoint.mutable_signature())};
    for (size_t i = 0; i < moved_.size(); ++i) {
      Stream& stream = At(moved_[i]);
      stream.append.compact_range = stream.range.Serialise();
      stream.append.head_proof = batch.proofs[i].SerializeAsString();
      tick_.appends.push_back(std::move(stream.append));
      stream.append = {};
    }
  }
  RETURN_IF_ERROR(context_.store->Commit(tick_));
  for (const uint32_t number : moved_) At(number).state.size = At(number).range.size();
  if (!heads.empty()) ++last_tick_;
  tick_ = {};
  moved_.clear();
  entries_ = 0;
  bytes_ = 0;
  return absl::OkStatus();
}

}  // namespace tombolo::node
