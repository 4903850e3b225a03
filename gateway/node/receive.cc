#include "gateway/node/receive.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/entry.h"
#include "gateway/node/entry_parts.h"
#include "gateway/node/receive_tick.h"
#include "gateway/record/scan.h"
#include "gateway/store/received_rules.h"

namespace tombolo::node {
namespace {

constexpr int64_t kDayUs = int64_t{86400} * 1000000;
constexpr size_t kGapsRead = 10000;  // at once

Status Refuse(Code code, const KnownStream& stream, std::string_view what) {
  return MakeError(code, absl::StrCat("stream ", ToHex(stream.id), ": ", ToAbsl(what)));
}

Status CheckLayers(const KnownStream& stream, const v1::Layers& layers) {
  const auto count = static_cast<size_t>(layers.seqs_size());
  const bool sound = layers.layer() >= v1::PUBLIC && layers.layer() <= v1::LIMITED &&
                     layers.first_seq() > 0 && layers.last_seq() >= layers.first_seq() &&
                     static_cast<size_t>(layers.contents_size()) == count &&
                     layers.salts().size() == count * ledger::SaltBytes(stream.hasher.suite()) &&
                     std::adjacent_find(layers.seqs().begin(), layers.seqs().end(),
                                        std::greater_equal<>()) == layers.seqs().end() &&
                     (count == 0 || (layers.seqs(0) >= layers.first_seq() &&
                                     *layers.seqs().rbegin() <= layers.last_seq()));
  if (!sound) return Refuse(Code::NOT_CANONICAL, stream, "the columns of LAYERS do not fit");
  if (layers.last_seq() <= stream.staged_size) return absl::OkStatus();
  return Refuse(Code::STREAM_GAP, stream,
                absl::StrCat("LAYERS speaks of entry ", layers.last_seq(), ", held are ",
                             stream.staged_size));
}

}  // namespace

Receiver::Receiver(const Context& context, exchange::Holdings* holdings)
    : context_(context), holdings_(holdings) {}

// --- from the store

Status Receiver::Load() {
  staged_.clear();
  gains_.clear();
  reached_.clear();
  offers_.clear();
  delivery_.clear();
  new_deliveries_.clear();
  staged_bytes_ = staged_entries_ = 0;
  RETURN_IF_ERROR(LoadStreams());
  std::vector<std::string> unknown;
  for (const auto& [id, holding] : holdings_->all()) {
    if (!numbers_.contains(id)) unknown.push_back(id);
  }
  for (const std::string& id : unknown) holdings_->Remove(id);
  next_delivery_ = limits::kReceivedNumbersFrom;
  ASSIGN_OR_RETURN(const std::vector<store::Delivery> deliveries, context_.store->Deliveries());
  for (const store::Delivery& row : deliveries) {
    delivery_[{row.peer, absl::StrJoin(row.path, " ")}] = row.number;
    next_delivery_ = std::max(next_delivery_, row.number + 1);
  }
  return absl::OkStatus();
}

Status Receiver::LoadStreams() {
  streams_.clear();
  numbers_.clear();
  next_stream_ = limits::kReceivedNumbersFrom;
  ASSIGN_OR_RETURN(const std::vector<store::ReceivedStream> rows,
                   context_.store->ReceivedStreams());
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> states, context_.store->Streams());
  auto row = rows.begin();  // both ascend
  for (const store::StreamState& state : states) {
    next_stream_ = std::max(next_stream_, state.number + 1);
    while (row != rows.end() && row->stream < state.number) ++row;
    if (row == rows.end()) break;
    if (row->stream == state.number) RETURN_IF_ERROR(LoadStream(state, *row));
  }
  return absl::OkStatus();
}

Status Receiver::LoadStream(const store::StreamState& state, const store::ReceivedStream& row) {
  ASSIGN_OR_RETURN(ledger::EntryHasher hasher, store::HasherOf(state.stream_id, state.descriptor));
  ASSIGN_OR_RETURN(v1::StreamDescriptor descriptor, ledger::DecodeDescriptor(state.descriptor));
  KnownStream& stream =
      streams_.try_emplace(state.number, state.number, state.stream_id, std::move(hasher))
          .first->second;
  numbers_[stream.id] = stream.number;
  stream.descriptor = state.descriptor;
  stream.origin = descriptor.origin();
  stream.stored = true;
  stream.epoch = state.epoch;
  stream.size = stream.staged_size = state.size;
  stream.row = row;
  if (row.proved_size > state.size) stream.row.proved_size = 0;  // it was dropped since
  stream.staged_range = state.compact_range;
  stream.staged_next = row.next_seq;
  exchange::Holding* holding = holdings_->Find(stream.id);
  if (holding == nullptr) {
    holding = holdings_->Add(
        std::make_unique<exchange::Holding>(std::move(descriptor), stream.hasher.suite()));
  }
  if (holding->epoch == 0 && !row.head.empty()) {
    if (!holding->head.ParseFromString(row.head)) {
      return Refuse(Code::STORE_CORRUPT, stream,
                    "its stored head does not parse; restore the node from a backup");
    }
    holding->epoch = row.head_epoch;
    holding->tick = row.head_tick;
  }
  TakeBack(stream);
  if (holding->range.size() != stream.size) {
    return Refuse(Code::STORE_CORRUPT, stream,
                  "its Merkle range is of another size; restore the node from a backup");
  }
  RETURN_IF_ERROR(LoadGaps(&stream));
  holding->incomplete = stream.gaps.size();
  return absl::OkStatus();
}

Status Receiver::LoadGaps(KnownStream* stream) {
  for (uint64_t after = 0;;) {
    ASSIGN_OR_RETURN(const std::vector<store::Gap> rows,
                     context_.store->Gaps(stream->number, after, kGapsRead));
    for (const store::Gap& row : rows) {
      OpenGap& gap = stream->gaps[row.seq];
      gap.layers = row.layers;
      gap.stored = true;
      ASSIGN_OR_RETURN(const store::EntryPage page,
                       context_.store->ReadEntries(stream->number, row.seq, 1));
      if (page.entries.empty()) continue;
      const auto facts = record::ScanHeader(page.entries[0].header);
      if (!facts.has_value()) continue;
      gap.has_key = true;
      gap.key = IndexKey(stream->origin, facts->record_id);
      stream->gap_of[gap.key] = row.seq;
    }
    if (rows.size() < kGapsRead) return absl::OkStatus();
    after = rows.back().seq;
  }
}

void Receiver::TakeBack(const KnownStream& stream) {
  exchange::Holding* holding = holdings_->Find(stream.id);
  if (holding == nullptr) return;
  StatusOr<ledger::CompactRange> range =
      ledger::CompactRange::Parse(stream.hasher.hash(), stream.staged_range);
  holding->range = range.ok() ? *std::move(range) : ledger::CompactRange(stream.hasher.hash());
  holding->next_seq = stream.staged_next;
}

void Receiver::Dropped(const store::LayerDrop& drop) {
  const auto known = streams_.find(drop.stream);
  if (known == streams_.end()) return;
  KnownStream& stream = known->second;
  const bool whole = drop.layers == store::kAllLayers;
  for (size_t k = 0; k < store::kLayers; ++k) {
    if (store::Has(drop.layers, k)) stream.row.next_seq[k] = stream.staged_next[k] = 0;
  }
  for (auto& [place, offer] : offers_) {
    if (offer.stream == drop.stream) offer.layers &= static_cast<uint8_t>(~drop.layers);
  }
  for (auto at = stream.gaps.begin(); at != stream.gaps.end();) {
    const auto gap = at++;
    gap->second.layers &= static_cast<uint8_t>(~drop.layers);
    if (gap->second.layers != 0 && !whole) continue;
    if (gap->second.has_key) stream.gap_of.erase(gap->second.key);
    stream.gaps.erase(gap);
  }
  if (whole) {
    stream.size = stream.staged_size = stream.row.proved_size = 0;
    stream.staged_range = store::EmptyRange(stream.id.size());
  }
  TakeBack(stream);
  if (exchange::Holding* holding = holdings_->Find(stream.id); holding != nullptr) {
    holding->incomplete = stream.gaps.size();
  }
}

std::string_view Receiver::StreamId(uint32_t number) const {
  const auto known = streams_.find(number);
  return known == streams_.end() ? std::string_view() : std::string_view(known->second.id);
}

uint32_t Receiver::NumberOf(std::string_view stream_id) const {
  const auto known = numbers_.find(stream_id);
  return known == numbers_.end() ? 0 : known->second;
}

// --- staging

Status Receiver::StageOffer(const std::string& peer, const v1::Offer& offer) {
  ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                   ledger::DecodeDescriptor(offer.stream_descriptor()));
  exchange::Holding* holding = nullptr;
  for (int suite = v1::Suite_MIN + 1; suite <= v1::Suite_MAX && holding == nullptr; ++suite) {
    if (!v1::Suite_IsValid(suite)) continue;
    ledger::EntryHasher hasher(static_cast<ledger::Suite>(suite));
    holding = holdings_->Find(hasher.StreamId(offer.stream_descriptor()).view());
  }
  if (holding == nullptr) {
    return MakeError(Code::STREAM_UNKNOWN, "an offer of a stream that nobody expects");
  }
  uint32_t number = NumberOf(holding->stream_id);
  if (number == 0) {
    number = next_stream_++;
    KnownStream& stream =
        streams_
            .try_emplace(number, number, holding->stream_id, ledger::EntryHasher(holding->suite))
            .first->second;
    numbers_[stream.id] = number;
    stream.descriptor = offer.stream_descriptor();
    stream.origin = descriptor.origin();
    stream.row.stream = number;
    stream.staged_range = store::EmptyRange(stream.id.size());
  }
  Offered& offered = offers_[{peer, holding->stream_id}];
  offered.stream = number;
  offered.layers = static_cast<store::LayerMask>(offer.layers());
  offered.path.assign(offer.path().begin(), offer.path().end());
  streams_.at(number).staged_next = holding->next_seq;
  return absl::OkStatus();
}

const Receiver::Offered* Receiver::FindOffer(const std::string& peer,
                                             std::string_view stream_id) const {
  const auto offer = offers_.find({peer, std::string(stream_id)});
  return offer == offers_.end() ? nullptr : &offer->second;
}

uint32_t Receiver::DeliveryFor(const std::string& peer, const std::vector<std::string>& path) {
  const auto [known, is_new] = delivery_.try_emplace({peer, absl::StrJoin(path, " ")});
  if (is_new) {
    known->second = next_delivery_++;
    new_deliveries_.push_back({known->second, peer, path, context_.clock->NowUs()});
  }
  return known->second;
}

Status Receiver::ScanEntry(KnownStream* stream, uint64_t seq, const ledger::EntryParts& parts,
                           store::LayerMask layers, StagedEntry* out) {
  if (parts.erased) {
    out->missing = layers;
    return absl::OkStatus();
  }
  if (parts.type == v1::TOMBSTONE) return ledger::DecodeTombstone(seq, parts.header).status();
  std::string_view record_id;
  v1::RetractHeader retract;
  if (parts.type == v1::RETRACT) {
    ASSIGN_OR_RETURN(retract, ledger::DecodeRetract(parts.header));
    record_id = retract.record_id();
    out->version = retract.version();
  } else {
    const auto facts = record::ScanHeader(parts.header);
    if (!facts.has_value()) {
      return Refuse(Code::NOT_CANONICAL, *stream,
                    absl::StrCat("the header of entry ", seq, " is not in canonical form"));
    }
    record_id = facts->record_id;
    out->version = facts->version;
    const auto today = static_cast<int32_t>(context_.clock->NowUs() / kDayUs);
    const auto hidden = static_cast<store::LayerMask>(layers & ~parts.shown);
    if (hidden != 0) out->missing = boundary::WithinTerms(parts.header, hidden, today);
  }
  out->key = IndexKey(stream->origin, record_id);
  out->has_key = true;
  return absl::OkStatus();
}

Status Receiver::ScanPage(KnownStream* stream, StagedPage* staged) {
  const ledger::EntryPage& page = staged->page.page;
  staged->entries.resize(page.entries.size());
  for (size_t i = 0; i < page.entries.size(); ++i) {
    RETURN_IF_ERROR(ScanEntry(stream, page.first_seq + i, page.entries[i], staged->layers,
                              &staged->entries[i]));
  }
  return absl::OkStatus();
}

Status Receiver::StagePage(const std::string& peer, exchange::StorePage page) {
  const Offered* offer = FindOffer(peer, page.page.stream_id);
  const auto known = offer == nullptr ? streams_.end() : streams_.find(offer->stream);
  if (known == streams_.end()) {
    return MakeError(Code::STREAM_UNKNOWN, "entries of a stream that was not offered");
  }
  KnownStream& stream = known->second;
  const uint64_t wire_bytes = page.wire_bytes;
  if (page.page.last_seq() <= stream.staged_size) {  // staged already, by another way
    gains_[peer].credit += wire_bytes;
    return absl::OkStatus();
  }
  if (page.page.first_seq != stream.staged_size + 1) {
    TakeBack(stream);
    return Refuse(
        Code::STREAM_GAP, stream,
        absl::StrCat("a page from entry ", page.page.first_seq, ", held are ", stream.staged_size));
  }
  const exchange::Holding* holding = holdings_->Find(stream.id);
  StagedPage staged;
  staged.peer = peer;
  staged.stream = stream.number;
  for (size_t k = 0; k < store::kLayers && holding != nullptr; ++k) {
    if (holding->next_seq[k] == page.page.last_seq() + 1) {
      staged.layers |= static_cast<store::LayerMask>(offer->layers & 1 << k);
    }
  }
  staged.page = std::move(page);
  if (const Status sound = ScanPage(&stream, &staged); !sound.ok()) {
    TakeBack(stream);
    return sound;
  }
  staged.delivery = DeliveryFor(peer, offer->path);
  stream.staged_size = staged.page.page.last_seq();
  stream.staged_range = staged.page.compact_range;
  if (holding != nullptr) stream.staged_next = holding->next_seq;
  staged_bytes_ += staged.page.payload->size();
  staged_entries_ += staged.entries.size();
  gains_[peer].credit += wire_bytes;
  gains_[peer].records += staged.entries.size();
  staged_.emplace_back(std::move(staged));
  return absl::OkStatus();
}

template <typename Visit>
Status Receiver::EachHeld(const KnownStream& stream, uint64_t first, uint64_t last,
                          const Visit& visit) {
  uint64_t seq = first;
  while (seq <= std::min(last, stream.size)) {
    const uint64_t count = std::min(last, stream.size) - seq + 1;
    ASSIGN_OR_RETURN(const store::EntryPage page,
                     context_.store->ReadEntries(
                         stream.number, seq, std::min<size_t>(count, limits::kPageEntriesTarget)));
    if (page.entries.empty()) {
      return Refuse(Code::STORE_CORRUPT, stream, absl::StrCat("entry ", seq, " is missing"));
    }
    for (const store::EntryView& entry : page.entries) {
      RETURN_IF_ERROR(visit(entry.seq, PartsOf(entry)));
    }
    seq += page.entries.size();
  }
  for (const Staged& one : staged_) {
    const auto* staged = std::get_if<StagedPage>(&one);
    if (staged == nullptr || staged->stream != stream.number) continue;
    const ledger::EntryPage& page = staged->page.page;
    for (; seq <= std::min(last, page.last_seq()) && seq >= page.first_seq; ++seq) {
      RETURN_IF_ERROR(visit(seq, page.entries[seq - page.first_seq]));
    }
  }
  return absl::OkStatus();
}

// What is given is compared with what is held, and what is not given noted.
Status Receiver::ReadLayers(KnownStream* stream, const v1::Layers& layers, bool brings_forward,
                            StagedLayers* staged) {
  const size_t salt_bytes = ledger::SaltBytes(stream->hasher.suite());
  int next = 0;
  const auto visit = [&](uint64_t seq, const ledger::EntryParts& parts) -> Status {
    const bool given = next < layers.seqs_size() && layers.seqs(next) == seq;
    const int at = given ? next++ : 0;
    const auto bit = static_cast<store::LayerMask>(1 << staged->layer);
    if (parts.erased || (parts.shown & bit) != 0) return absl::OkStatus();
    if (parts.type != v1::PUT) {
      if (!given) return absl::OkStatus();
      return Refuse(Code::NOT_CANONICAL, *stream,
                    absl::StrCat("a layer for entry ", seq, ", which has none"));
    }
    StagedEntry entry;
    RETURN_IF_ERROR(ScanEntry(stream, seq, parts, bit, &entry));
    if (!given) {
      if (entry.missing != 0) staged->missing.emplace_back(seq, entry);
      return absl::OkStatus();
    }
    StagedFill& fill = staged->fills.emplace_back();
    fill.entry = entry;
    fill.fill = {stream->number, seq, staged->layer,
                 layers.salts().substr(static_cast<size_t>(at) * salt_bytes, salt_bytes),
                 layers.contents(at)};
    const Digest hash = stream->hasher.LayerHash(layers.layer(), fill.fill.salt, fill.fill.content);
    if (hash.view() == parts.hashes[staged->layer]) return absl::OkStatus();
    return Refuse(
        Code::DIGEST_MISMATCH, *stream,
        absl::StrCat("the layer of entry ", seq, " is not the one that its origin committed to"));
  };
  if (brings_forward) return EachHeld(*stream, layers.first_seq(), layers.last_seq(), visit);
  for (const uint64_t seq : layers.seqs()) RETURN_IF_ERROR(EachHeld(*stream, seq, seq, visit));
  return absl::OkStatus();
}

Status Receiver::StageLayers(const std::string& peer, const exchange::StoreLayers& frame) {
  const Offered* offer = FindOffer(peer, frame.stream_id);
  exchange::Holding* holding = holdings_->Find(frame.stream_id);
  v1::Layers layers;
  if (offer == nullptr || holding == nullptr) {
    return MakeError(Code::STREAM_UNKNOWN, "layers of a stream that was not offered");
  }
  KnownStream& stream = streams_.at(offer->stream);
  if (!layers.ParseFromString(*frame.payload)) {
    return Refuse(Code::NOT_CANONICAL, stream, "LAYERS does not parse");
  }
  RETURN_IF_ERROR(CheckLayers(stream, layers));
  StagedLayers staged;
  staged.peer = peer;
  staged.stream = stream.number;
  staged.layer = static_cast<uint8_t>(layers.layer() - v1::PUBLIC);
  staged.first_seq = layers.first_seq();
  staged.last_seq = layers.last_seq();
  staged.cursor = layers.cursor();
  staged.wire_bytes = frame.wire_bytes;
  uint64_t& next = holding->next_seq[staged.layer];
  const bool brings_forward = next >= staged.first_seq && next <= staged.last_seq;
  if (!frame.held) RETURN_IF_ERROR(ReadLayers(&stream, layers, brings_forward, &staged));
  if (brings_forward) next = staged.last_seq + 1;
  stream.staged_next = holding->next_seq;
  staged_bytes_ += frame.payload->size();
  staged_entries_ += staged.fills.size();
  gains_[peer].credit += frame.wire_bytes;
  gains_[peer].records += staged.fills.size();
  staged_.emplace_back(std::move(staged));
  return absl::OkStatus();
}

bool Receiver::full() const {
  return staged_bytes_ >= limits::kReceiveBatchBytesMax ||
         staged_entries_ >= limits::kReceiveBatchEntriesMax;
}

// --- storing

Status Receiver::Fill(TickWriter* writer) {
  reached_.clear();
  if (staged_.empty()) return absl::OkStatus();
  store::ReceivedPart& part = writer->tick().received;
  part.deliveries.insert(part.deliveries.end(), new_deliveries_.begin(), new_deliveries_.end());
  new_deliveries_.clear();
  ReceiveTick tick(context_, &streams_, writer);
  RETURN_IF_ERROR(tick.Run(&staged_, &reached_));
  for (const Staged& one : staged_) {
    const uint32_t number = std::visit([](const auto& staged) { return staged.stream; }, one);
    const KnownStream& stream = streams_.at(number);
    if (exchange::Holding* holding = holdings_->Find(stream.id); holding != nullptr) {
      holding->incomplete = stream.gaps.size();
    }
  }
  return absl::OkStatus();
}

std::map<std::string, Receiver::PeerGain> Receiver::Done() {
  for (const Staged& one : staged_) {
    const uint32_t number = std::visit([](const auto& staged) { return staged.stream; }, one);
    KnownStream& stream = streams_.at(number);
    stream.stored = true;
    stream.size = stream.staged_size;
  }
  staged_.clear();
  staged_bytes_ = staged_entries_ = 0;
  return std::exchange(gains_, {});
}

}  // namespace tombolo::node
