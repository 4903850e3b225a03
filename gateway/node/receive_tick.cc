#include "gateway/node/receive_tick.h"

#include <algorithm>

#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry.h"
#include "gateway/node/entry_parts.h"
#include "gateway/record/scan.h"
#include "gateway/store/key_order.h"

namespace tombolo::node {
namespace {

constexpr size_t kRangesMax = 1000;  // of one event

store::Form FormOf(const ledger::EntryParts& parts) {
  if (parts.erased) return store::Form::kErased;
  if (parts.type != v1::PUT || parts.shown == store::kAllLayers) return store::Form::kFull;
  return parts.shown == 0 ? store::Form::kStub : store::Form::kPartial;
}

store::EntryView ViewOf(const ledger::EntryParts& parts, uint32_t delivery) {
  store::EntryView view;
  view.type = parts.erased ? v1::PUT : parts.type;
  view.form = FormOf(parts);
  view.ingest = delivery;
  view.shown = parts.shown;
  view.header = parts.header;
  view.salts = parts.salts;
  view.layers = parts.contents;
  view.layer_hashes = parts.hashes;
  view.leaf_hash = parts.leaf;
  return view;
}

bool IsAt(const std::optional<store::RecordState>& state, uint32_t stream, uint64_t seq) {
  return state.has_value() && state->stream == stream && state->seq == seq;
}

}  // namespace

ReceiveTick::ReceiveTick(const Context& context, KnownStreams* streams, TickWriter* writer)
    : context_(context), streams_(streams), writer_(writer) {}

Status ReceiveTick::Run(std::vector<Staged>* staged, std::vector<std::string>* reached) {
  RETURN_IF_ERROR(FindErasures(*staged));
  RETURN_IF_ERROR(LookUp(staged));
  MakeRoom(*staged);
  for (const Staged& one : *staged) {
    std::visit([this](const auto& item) { Add(item); }, one);
    const auto* page = std::get_if<StagedPage>(&one);
    if (page == nullptr || !page->page.reaches_head) continue;
    const std::string& id = streams_->at(page->stream).id;
    if (std::find(reached->begin(), reached->end(), id) == reached->end()) reached->push_back(id);
  }
  for (Slot& slot : slots_) {
    if (slot.changed) writer_->tick().records.push_back(*slot.state);
  }
  PutRows();
  PutGaps();
  PutEvents();
  return absl::OkStatus();
}

// --- what has to be known first

Status ReceiveTick::FindErased(KnownStream* stream, uint64_t seq,
                               const std::vector<Staged>& staged) {
  Erasure erasure;
  erasure.stream = stream->number;
  erasure.seq = seq;
  const auto take = [&](const ledger::EntryParts& parts) {
    erasure.erased_before = parts.erased;
    erasure.leaf = LeafOf(&stream->hasher, stream->id, parts);
    const auto facts = record::ScanHeader(parts.header);
    if (!parts.erased && parts.type == v1::PUT && facts.has_value()) {
      erasure.entry.key = IndexKey(stream->origin, facts->record_id);
      erasure.entry.has_key = true;
    }
  };
  if (seq <= stream->size) {
    ASSIGN_OR_RETURN(const store::EntryPage page,
                     context_.store->ReadEntries(stream->number, seq, 1));
    if (page.entries.empty()) {
      return MakeError(Code::STORE_CORRUPT, "an entry that a tombstone names is missing");
    }
    take(PartsOf(page.entries[0]));
  } else {
    for (const Staged& one : staged) {
      const auto* other = std::get_if<StagedPage>(&one);
      if (other == nullptr || other->stream != stream->number) continue;
      const ledger::EntryPage& page = other->page.page;
      if (seq < page.first_seq || seq > page.last_seq()) continue;
      take(page.entries[seq - page.first_seq]);
    }
  }
  erasures_.push_back(erasure);
  return absl::OkStatus();
}

Status ReceiveTick::FindErasures(const std::vector<Staged>& staged) {
  for (const Staged& one : staged) {
    const auto* item = std::get_if<StagedPage>(&one);
    if (item == nullptr) continue;
    const ledger::EntryPage& page = item->page.page;
    for (size_t i = 0; i < page.entries.size(); ++i) {
      if (page.entries[i].type != v1::TOMBSTONE) continue;
      ASSIGN_OR_RETURN(const v1::TombstoneHeader header,
                       ledger::DecodeTombstone(page.first_seq + i, page.entries[i].header));
      for (const uint64_t seq : header.erased_seqs()) {
        RETURN_IF_ERROR(FindErased(&streams_->at(item->stream), seq, staged));
      }
    }
  }
  return absl::OkStatus();
}

// One sorted look-up for all records of the batch.
Status ReceiveTick::LookUp(std::vector<Staged>* staged) {
  std::vector<std::pair<uint64_t, StagedEntry*>> refs;
  const auto add = [&refs](StagedEntry* entry) {
    if (entry->has_key) refs.emplace_back(store::KeyPrefix(entry->key.bytes.data()), entry);
  };
  for (Staged& one : *staged) {
    if (auto* page = std::get_if<StagedPage>(&one); page != nullptr) {
      for (StagedEntry& entry : page->entries) add(&entry);
    } else {
      auto& layers = std::get<StagedLayers>(one);
      for (StagedFill& fill : layers.fills) add(&fill.entry);
      for (auto& [seq, entry] : layers.missing) add(&entry);
    }
  }
  for (Erasure& erasure : erasures_) add(&erasure.entry);
  std::sort(refs.begin(), refs.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->key < b.second->key;
  });
  std::vector<RecordId> ids;
  ids.reserve(refs.size());
  for (const auto& [prefix, entry] : refs) {
    if (ids.empty() || !(ids.back() == entry->key)) ids.push_back(entry->key);
    entry->slot = static_cast<uint32_t>(ids.size() - 1);
  }
  std::vector<std::optional<store::RecordState>> states;
  RETURN_IF_ERROR(context_.store->FindRecords(ids, &states));
  slots_.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    slots_[i].id = ids[i];
    slots_[i].state = states[i];
  }
  return absl::OkStatus();
}

// --- entries

store::StreamAppend* ReceiveTick::AppendOf(KnownStream* stream) {
  const auto [known, is_new] = appends_.try_emplace(stream->number);
  if (is_new) {
    known->second.stream = stream->number;
    known->second.epoch = stream->epoch;
    known->second.expected_size = stream->size;
  }
  return &known->second;
}

// Entries in blocks are about as large as on their way.
void ReceiveTick::MakeRoom(const std::vector<Staged>& staged) {
  std::map<uint32_t, size_t> bytes;
  for (const Staged& one : staged) {
    const auto* page = std::get_if<StagedPage>(&one);
    if (page != nullptr)
      bytes[page->stream] += page->page.payload->size() + page->entries.size() * 8;
  }
  for (const auto& [stream, size] : bytes) {
    AppendOf(&streams_->at(stream))->entries.reserve(size);
  }
}

void ReceiveTick::Add(const StagedPage& staged) {
  KnownStream* const stream = &streams_->at(staged.stream);
  const exchange::StorePage& page = staged.page;
  store::StreamAppend* const append = AppendOf(stream);
  for (size_t i = 0; i < staged.entries.size(); ++i) AddEntry(stream, staged, i, append);
  append->compact_range = page.compact_range;
  append->spans += page.spans;
  touched_.insert(staged.stream);
  stream->row.delivery = staged.delivery;
  if (page.reaches_head && page.head != nullptr) {
    stream->row.proved_size = page.head->size;
    stream->row.head_epoch = page.head->epoch;
    stream->row.head_tick = page.head->tick;
    stream->row.head = ledger::CanonicalBytes(page.head->head);
  }
  for (uint8_t k = 0; k < store::kLayers && !page.page.cursor.empty(); ++k) {
    if (!store::Has(staged.layers, k)) continue;
    cursors_[{staged.peer, staged.stream, k}] = std::string(page.page.cursor);
  }
  Note(staged.peer, *stream, staged.layers, page.page.first_seq, page.page.last_seq(),
       staged.entries.size());
}

void ReceiveTick::AddEntry(KnownStream* stream, const StagedPage& staged, size_t index,
                           store::StreamAppend* append) {
  const ledger::EntryParts& parts = staged.page.page.entries[index];
  const StagedEntry& entry = staged.entries[index];
  const uint64_t seq = staged.page.page.first_seq + index;
  store::EntryView view = ViewOf(parts, staged.delivery);
  if (entry.has_key) CloseGapOf(stream, entry.key);
  if (parts.type == v1::PUT) {
    AddPut(stream, parts, entry, seq, &view);
  } else if (parts.type == v1::RETRACT) {
    AddRetract(stream, entry, seq, &view);
  } else if (parts.type == v1::TOMBSTONE) {
    AddErasures(stream, seq, parts.header);
  }
  if (entry.missing != 0) OpenGapAt(stream, seq, entry.missing, entry);
  const size_t before = append->entries.size();
  store::AppendEntry(view, &append->entries);
  append->lengths.push_back(static_cast<uint32_t>(append->entries.size() - before));
}

// A stream that was forgotten and comes anew finds its records at the places they had.
bool ReceiveTick::IsNewer(const Slot& slot, const StagedEntry& entry, uint32_t stream,
                          uint64_t seq) const {
  return !slot.state.has_value() || entry.version > slot.state->version ||
         (entry.version == slot.state->version && IsAt(slot.state, stream, seq));
}

void ReceiveTick::MoveTo(Slot* slot, const StagedEntry& entry, uint32_t stream, uint64_t seq,
                         store::EntryView* view) {
  if (slot->state.has_value() && !IsAt(slot->state, stream, seq)) {
    view->previous_stream = slot->state->stream;
    view->previous_seq = slot->state->seq;
  }
  if (!slot->state.has_value()) slot->state.emplace();
  slot->state->id = entry.key;
  slot->state->stream = stream;
  slot->state->seq = seq;
  slot->state->version = entry.version;
  slot->changed = true;
}

void ReceiveTick::AddPut(KnownStream* stream, const ledger::EntryParts& parts,
                         const StagedEntry& entry, uint64_t seq, store::EntryView* view) {
  Slot* const slot = &slots_[entry.slot];
  if (!IsNewer(*slot, entry, stream->number, seq)) {
    // Came after a higher version. It names itself, so that it never counts as current.
    view->previous_stream = stream->number;
    view->previous_seq = seq;
    return;
  }
  MoveTo(slot, entry, stream->number, seq, view);
  slot->state->subject = SubjectOf(parts);
  slot->state->present = true;
}

void ReceiveTick::AddRetract(KnownStream* stream, const StagedEntry& entry, uint64_t seq,
                             store::EntryView* view) {
  Slot* const slot = &slots_[entry.slot];
  if (!IsNewer(*slot, entry, stream->number, seq)) return;
  MoveTo(slot, entry, stream->number, seq, view);
  slot->state->present = false;
}

// The tombstone's content is in erasures_ already, in this order.
void ReceiveTick::AddErasures(KnownStream* stream, uint64_t tombstone_seq,
                              std::string_view header) {
  const auto decoded = ledger::DecodeTombstone(tombstone_seq, header);
  const int count = decoded.ok() ? decoded->erased_seqs_size() : 0;
  for (int i = 0; i < count && next_erasure_ < erasures_.size(); ++i) {
    const Erasure& erasure = erasures_[next_erasure_++];
    CloseGap(stream, erasure.seq, store::kAllLayers);
    if (erasure.erased_before) continue;
    writer_->tick().redactions.push_back(
        {erasure.stream, erasure.seq, store::Form::kErased, erasure.leaf.str()});
    if (!erasure.entry.has_key) continue;
    Slot& slot = slots_[erasure.entry.slot];
    if (!IsAt(slot.state, erasure.stream, erasure.seq)) continue;
    slot.state->present = false;
    slot.state->subject = SubjectKey();
    slot.changed = true;
  }
}

// From the strictest layer that is shown: a more open one may have a masked copy.
SubjectKey ReceiveTick::SubjectOf(const ledger::EntryParts& parts) {
  for (size_t k = store::kLayers; context_.identity != nullptr && k-- > 0;) {
    if (!store::Has(parts.shown, k)) continue;
    const auto subject = record::ScanSubject(parts.contents[k]);
    if (subject.has_value()) return context_.identity->ForSubject(subject->scheme, subject->value);
  }
  return SubjectKey();
}

// --- layers

void ReceiveTick::Add(const StagedLayers& staged) {
  KnownStream* const stream = &streams_->at(staged.stream);
  const auto bit = static_cast<store::LayerMask>(1 << staged.layer);
  for (const StagedFill& fill : staged.fills) {
    writer_->tick().received.fills.push_back(fill.fill);
    CloseGap(stream, fill.fill.seq, bit);
    Slot& slot = slots_[fill.entry.slot];
    if (!IsAt(slot.state, staged.stream, fill.fill.seq) || context_.identity == nullptr) continue;
    const auto subject = record::ScanSubject(fill.fill.content);
    if (!subject.has_value()) continue;
    slot.state->subject = context_.identity->ForSubject(subject->scheme, subject->value);
    slot.changed = true;
  }
  // What a later entry took over needs no layer.
  for (const auto& [seq, entry] : staged.missing) {
    if (IsAt(slots_[entry.slot].state, staged.stream, seq)) OpenGapAt(stream, seq, bit, entry);
  }
  touched_.insert(staged.stream);
  if (!staged.cursor.empty()) {
    cursors_[{staged.peer, staged.stream, staged.layer}] = staged.cursor;
  }
  Note(staged.peer, *stream, bit, staged.first_seq, staged.last_seq, staged.fills.size());
}

// --- gaps

void ReceiveTick::OpenGapAt(KnownStream* stream, uint64_t seq, store::LayerMask layers,
                            const StagedEntry& entry) {
  OpenGap& gap = stream->gaps[seq];
  gap.layers |= layers;
  gap.has_key = entry.has_key;
  gap.key = entry.key;
  if (entry.has_key) stream->gap_of[entry.key] = seq;
  gaps_.emplace(stream->number, seq);
}

void ReceiveTick::CloseGap(KnownStream* stream, uint64_t seq, store::LayerMask layers) {
  const auto found = stream->gaps.find(seq);
  if (found == stream->gaps.end()) return;
  OpenGap& gap = found->second;
  gap.layers &= static_cast<store::LayerMask>(~layers);
  gaps_.emplace(stream->number, seq);
  if (gap.layers != 0) return;
  if (gap.has_key) stream->gap_of.erase(gap.key);
  if (!gap.stored) gaps_.erase({stream->number, seq});
  stream->gaps.erase(found);
}

void ReceiveTick::CloseGapOf(KnownStream* stream, const RecordId& key) {
  if (stream->gap_of.empty()) return;
  const auto found = stream->gap_of.find(key);
  if (found != stream->gap_of.end()) CloseGap(stream, found->second, store::kAllLayers);
}

void ReceiveTick::PutGaps() {
  for (const auto& [number, seq] : gaps_) {
    KnownStream& stream = streams_->at(number);
    const auto open = stream.gaps.find(seq);
    if (open != stream.gaps.end()) open->second.stored = true;
    writer_->tick().received.gaps.push_back(
        {number, seq, open == stream.gaps.end() ? store::LayerMask{0} : open->second.layers});
  }
}

// --- the rest

void ReceiveTick::PutRows() {
  store::Tick& tick = writer_->tick();
  for (auto& [number, append] : appends_) tick.appends.push_back(std::move(append));
  for (const uint32_t number : touched_) {
    KnownStream& stream = streams_->at(number);
    if (!stream.stored) {
      store::StreamState state;
      state.number = number;
      state.stream_id = stream.id;
      state.descriptor = stream.descriptor;
      state.epoch = stream.epoch;
      state.compact_range = ledger::CompactRange(stream.hasher.hash()).Serialise();
      tick.new_streams.push_back(std::move(state));
    }
    stream.row.stream = number;
    stream.row.next_seq = stream.staged_next;
    tick.received.streams.push_back(stream.row);
  }
  for (auto& [place, token] : cursors_) {
    const auto& [peer, stream, layer] = place;
    tick.received.cursors.push_back({peer, stream, layer, std::move(token)});
  }
}

void ReceiveTick::Note(const std::string& peer, const KnownStream& stream, store::LayerMask layers,
                       uint64_t first_seq, uint64_t last_seq, uint64_t count) {
  const store::LayerMask named = layers == 0 ? store::LayerMask{1} : layers;
  EventParts& parts = events_[{peer, stream.origin, named}];
  parts.count += count;
  if (!parts.ranges.empty() && parts.ranges.back().stream_id() == stream.id &&
      parts.ranges.back().last_seq() + 1 == first_seq) {
    parts.ranges.back().set_last_seq(last_seq);
    return;
  }
  v1::StreamRange& range = parts.ranges.emplace_back();
  range.set_stream_id(stream.id);
  range.set_first_seq(first_seq);
  range.set_last_seq(last_seq);
}

void ReceiveTick::PutEvents() {
  for (const auto& [key, parts] : events_) {
    for (size_t at = 0; at < parts.ranges.size(); at += kRangesMax) {
      v1::AuditEvent event;
      event.set_type(v1::RECORDS_RECEIVED);
      event.set_peer(key.peer);
      event.set_origin(key.origin);
      event.set_layers(key.layers);
      if (at == 0) event.set_count(parts.count);
      const size_t end = std::min(at + kRangesMax, parts.ranges.size());
      for (size_t i = at; i < end; ++i) *event.add_ranges() = parts.ranges[i];
      writer_->Audit(std::move(event));
    }
  }
}

RecordId IndexKey(std::string_view origin, std::string_view record_id) {
  Hasher hasher(HashKind::kSha256);
  const std::array<char, 2> length = {static_cast<char>(origin.size() >> 8),
                                      static_cast<char>(origin.size())};
  const Digest digest =
      hasher.Hash({"TBX1", std::string_view(length.data(), length.size()), origin, record_id});
  return RecordId::From(digest.view().substr(0, RecordId::kBytes));
}

}  // namespace tombolo::node
