#include "gateway/node/share.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/bytes.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry.h"
#include "gateway/node/entry_parts.h"
#include "gateway/node/tick_writer.h"
#include "gateway/store/received_rules.h"

namespace tombolo::node {
namespace {

using boundary::HeldEntry;
using boundary::LayerMask;

constexpr uint64_t kSpan = limits::kTreeSpan;
constexpr size_t kTreesMax = 16;
constexpr size_t kSpanLeavesMax = 8;
// Beyond, a tree is read from the store instead of hashed leaf by leaf.
constexpr uint64_t kGrowthMax = limits::kPageEntriesTarget;
// Form, lengths, salts and hashes of an entry, about.
constexpr size_t kEntryBytes = 112;

// --- what is carried

Status BadHead(uint32_t stream) {
  return MakeError(Code::STORE_CORRUPT,
                   absl::StrCat("the head of stream ", stream,
                                " does not parse; restore the node from a backup"));
}

using Checkpoints = std::map<uint64_t, v1::Checkpoint>;  // by tick

StatusOr<v1::Checkpoint> CheckpointOf(store::Store* store, uint64_t tick, Checkpoints* known) {
  const auto [at, is_new] = known->try_emplace(tick);
  if (is_new) {
    ASSIGN_OR_RETURN(store::CheckpointRow row, store->FindCheckpoint(tick));
    at->second.set_body(std::move(row.body));
    at->second.set_signature(std::move(row.signature));
  }
  return at->second;
}

Status FillOwn(store::Store* store, const store::StreamState& state, Checkpoints* checkpoints,
               exchange::CarriedStream* out) {
  v1::Head head;
  if (!head.mutable_proof()->ParseFromString(state.head_proof)) return BadHead(state.number);
  ASSIGN_OR_RETURN(*head.mutable_checkpoint(), CheckpointOf(store, state.tick, checkpoints));
  out->path = {out->parsed.origin()};
  out->held = ledger::kAllLayers;
  out->size = state.size;
  out->root = head.proof().head().root();
  out->head = std::make_shared<const std::string>(ledger::CanonicalBytes(head));
  return absl::OkStatus();
}

Status FillReceived(const store::ReceivedStream& row, const store::Delivery* delivery,
                    std::string_view self, exchange::CarriedStream* out) {
  v1::Head head;
  if (delivery == nullptr || !head.ParseFromString(row.head)) return BadHead(row.stream);
  out->path = delivery->path;
  out->path.emplace_back(self);
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if (row.next_seq[k] > row.proved_size) out->held |= static_cast<LayerMask>(1 << k);
  }
  out->size = row.proved_size;
  out->root = head.proof().head().root();
  out->head = std::make_shared<const std::string>(row.head);
  return absl::OkStatus();
}

// The streams that are asked for, and what is known of those that others sent.
struct Wanted {
  std::vector<store::StreamState> states;
  std::map<uint32_t, store::ReceivedStream> received;
  std::map<uint32_t, store::Delivery> deliveries;
};

Status LoadWanted(store::Store* store, uint64_t commit_count, Wanted* wanted) {
  std::vector<store::ReceivedStream> received;
  if (commit_count == 0) {
    ASSIGN_OR_RETURN(wanted->states, store->Streams());
    ASSIGN_OR_RETURN(received, store->ReceivedStreams());
  } else {
    ASSIGN_OR_RETURN(std::vector<uint32_t> changed, store->StreamsChangedSince(commit_count));
    std::erase(changed, kAuditStream);  // nearly every commit moves it
    if (changed.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(wanted->states, store->FindStreams(changed));
    ASSIGN_OR_RETURN(received, store->FindReceived(changed));
  }
  for (store::ReceivedStream& row : received) {
    const uint32_t number = row.stream;
    wanted->received[number] = std::move(row);
  }
  if (received.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<store::Delivery> deliveries, store->Deliveries());
  for (store::Delivery& row : deliveries) {
    const uint32_t number = row.number;
    wanted->deliveries[number] = std::move(row);
  }
  return absl::OkStatus();
}

// --- entries

// Bytes that the entry takes in a page of these layers, about.
size_t BytesOf(const HeldEntry& entry, LayerMask layers) {
  size_t bytes = kEntryBytes + entry.parts.header.size();
  if (!entry.current) return bytes;
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if ((entry.parts.shown & layers) >> k & 1) bytes += entry.parts.contents[k].size();
  }
  return bytes;
}

LayerMask LayersOf(const exchange::WantPage& want) {
  return want.fill_layer < 0 ? want.layers : static_cast<LayerMask>(1 << want.fill_layer);
}

// Where the span that holds entry `seq` ends.
uint64_t SpanEnd(uint64_t seq) { return ((seq - 1) / kSpan + 1) * kSpan; }

// The log of as many leaves as whole spans have.
StatusOr<ledger::CompactRange> RangeOver(HashKind kind, std::string_view spans) {
  const size_t hash_bytes = DigestBytes(kind);
  ledger::CompactRange above(kind);  // whose leaves are the spans
  for (size_t at = 0; at < spans.size(); at += hash_bytes) {
    above.Append(*ledger::DigestFrom(kind, spans.substr(at, hash_bytes)));
  }
  std::string bytes;
  ledger::AppendU8(&bytes, static_cast<uint8_t>(hash_bytes));
  ledger::AppendU64(&bytes, above.size() * kSpan);
  for (const Digest& node : above.nodes()) bytes += node.view();
  return ledger::CompactRange::Parse(kind, bytes);
}

uint64_t BytesKept(const boundary::ShapedPage& page) {
  return sizeof(page) + page.payload().capacity() + page.packed().capacity();
}

}  // namespace

StatusOr<std::vector<exchange::CarriedStream>> LoadCarried(store::Store* store,
                                                           std::string_view self,
                                                           uint64_t commit_count) {
  std::vector<exchange::CarriedStream> carried;
  Wanted wanted;
  RETURN_IF_ERROR(LoadWanted(store, commit_count, &wanted));
  Checkpoints checkpoints;
  for (const store::StreamState& state : wanted.states) {
    exchange::CarriedStream stream;
    ASSIGN_OR_RETURN(stream.parsed, ledger::DecodeDescriptor(state.descriptor));
    if (stream.parsed.kind() != v1::RECORDS || state.size == 0) continue;
    stream.number = state.number;
    stream.stream_id = state.stream_id;
    stream.descriptor = state.descriptor;
    const auto row = wanted.received.find(state.number);
    if (row == wanted.received.end()) {
      if (stream.parsed.origin() != self) continue;
      RETURN_IF_ERROR(FillOwn(store, state, &checkpoints, &stream));
    } else {
      // Not reached yet, or dropped since and coming anew.
      if (row->second.proved_size == 0 || row->second.proved_size > state.size) continue;
      const auto delivery = wanted.deliveries.find(row->second.delivery);
      RETURN_IF_ERROR(FillReceived(
          row->second, delivery == wanted.deliveries.end() ? nullptr : &delivery->second, self,
          &stream));
    }
    carried.push_back(std::move(stream));
  }
  return carried;
}

PageMaker::PageMaker(store::Store* reader, ledger::CursorCodec* cursors, Settings settings)
    : reader_(reader), cursors_(cursors), settings_(std::move(settings)) {}

// --- the cache

void PageMaker::Forget(std::map<Key, Page>::iterator cached) {
  cached_bytes_ -= BytesKept(*cached->second);
  cache_.erase(cached);
}

// A page shows what was current, and not erased or withdrawn, when it was made; so it goes when its
// stream changes. At midnight terms end.
Status PageMaker::ForgetChanged(int32_t today) {
  ASSIGN_OR_RETURN(const uint64_t count, reader_->CommitCount());
  if (count == commit_count_ && today == today_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<uint32_t> changed,
                   reader_->StreamsChangedSince(commit_count_));
  commit_count_ = count;
  for (auto at = cache_.begin(); at != cache_.end();) {
    const auto page = at++;
    const bool gone = today != today_ ||
                      std::binary_search(changed.begin(), changed.end(), std::get<0>(page->first));
    if (gone) Forget(page);
  }
  today_ = today;
  return absl::OkStatus();
}

void PageMaker::Keep(const Key& key, const Page& page) {
  const uint64_t bytes = BytesKept(*page);
  if (bytes > settings_.cache_bytes) return;
  while (cached_bytes_ + bytes > settings_.cache_bytes && !oldest_.empty()) {
    if (const auto cached = cache_.find(oldest_.front()); cached != cache_.end()) Forget(cached);
    oldest_.pop_front();
  }
  while (!oldest_.empty() && !cache_.contains(oldest_.front())) oldest_.pop_front();
  cache_[key] = page;
  oldest_.push_back(key);
  cached_bytes_ += bytes;
}

StatusOr<PageMaker::Page> PageMaker::Make(const exchange::WantPage& want, int32_t today) {
  if (want.fill_layer >= static_cast<int>(ledger::kLayerCount)) {
    return MakeError(Code::INVALID_ARGUMENT, "a page of a layer that is none");
  }
  const Key key(want.stream, want.layers, want.fill_layer, want.from_seq, want.to_size);
  RETURN_IF_ERROR(ForgetChanged(today));  // each time: what was erased meanwhile must not go out
  if (want.seqs.empty()) {
    if (const auto cached = cache_.find(key); cached != cache_.end()) {
      ++hits_;
      return cached->second;
    }
  }
  ASSIGN_OR_RETURN(StreamFacts* const facts, FactsOf(want.stream));
  if (!want.seqs.empty()) return MakeFill(want, facts, today);
  ASSIGN_OR_RETURN(Page page, MakePage(want, facts, today));
  if (page != nullptr) Keep(key, page);
  return page;
}

StatusOr<PageMaker::StreamFacts*> PageMaker::FactsOf(uint32_t stream) {
  if (const auto known = facts_.find(stream); known != facts_.end()) return &known->second;
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> states, reader_->FindStreams({stream}));
  for (const store::StreamState& state : states) {
    ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                     ledger::DecodeDescriptor(state.descriptor));
    if (descriptor.kind() != v1::RECORDS) continue;
    ASSIGN_OR_RETURN(ledger::EntryHasher hasher,
                     store::HasherOf(state.stream_id, state.descriptor));
    facts_.emplace(state.number, StreamFacts{state.stream_id, std::move(hasher)});
  }
  const auto known = facts_.find(stream);
  if (known != facts_.end()) return &known->second;
  return MakeError(Code::INVALID_ARGUMENT,
                   absl::StrCat("stream ", stream, " is none whose records are handed on"));
}

// --- pages

void PageMaker::AddChunk(store::EntryPage chunk, const exchange::WantPage& want) {
  stretch_.chunks.push_back(std::move(chunk));
  for (const store::EntryView& entry : stretch_.chunks.back().entries) {
    const HeldEntry held{PartsOf(entry), entry.current};
    const size_t bytes = BytesOf(held, LayersOf(want));
    if (!stretch_.entries.empty() && stretch_.bytes + bytes > limits::kPageBytesTarget) {
      stretch_.full = true;
      return;
    }
    stretch_.entries.push_back(held);
    stretch_.bytes += bytes;
  }
}

// Reads whole spans, as many as the page will probably take, until it is full.
Status PageMaker::ReadStretch(const exchange::WantPage& want) {
  stretch_.chunks.clear();
  stretch_.entries.clear();
  stretch_.bytes = 0;
  stretch_.full = false;
  const uint64_t last_of_page =
      std::min(want.to_size, SpanEnd(want.from_seq) + limits::kPageEntriesTarget - kSpan);
  uint64_t spans = 1;
  for (uint64_t at = want.from_seq; at <= last_of_page;) {
    const uint64_t end = std::min(last_of_page, SpanEnd(at) + (spans - 1) * kSpan);
    ASSIGN_OR_RETURN(store::EntryPage chunk,
                     reader_->ReadEntries(want.stream, at, static_cast<size_t>(end - at + 1)));
    if (chunk.entries.empty()) break;
    at += chunk.entries.size();
    AddChunk(std::move(chunk), want);
    const size_t count = stretch_.entries.size();
    if (stretch_.full || count >= limits::kPageEntriesTarget) break;
    spans = (limits::kPageBytesTarget - std::min(limits::kPageBytesTarget, stretch_.bytes)) /
            (stretch_.bytes / count * kSpan + 1);
    if (spans == 0 && count >= kSpan) break;
    spans = std::max<uint64_t>(spans, 1);
  }
  return absl::OkStatus();
}

StatusOr<PageMaker::Page> PageMaker::MakePage(const exchange::WantPage& want, StreamFacts* facts,
                                              int32_t today) {
  if (want.from_seq == 0 || want.from_seq > want.to_size) return Page();
  RETURN_IF_ERROR(ReadStretch(want));
  if (stretch_.entries.empty()) return Page();
  uint64_t last = want.from_seq + stretch_.entries.size() - 1;
  const uint64_t whole = last / kSpan * kSpan;
  if (want.fill_layer < 0 && last != want.to_size && whole >= want.from_seq) last = whole;
  stretch_.entries.resize(last - want.from_seq + 1);
  return Shape(want, facts, last, today);
}

StatusOr<std::string> PageMaker::CursorFor(const exchange::WantPage& want, const StreamFacts& facts,
                                           uint64_t next_seq) {
  v1::Cursor cursor;
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if ((LayersOf(want) >> k & 1) == 0) continue;
    v1::Cursor::Position* position = cursor.add_positions();
    position->set_stream_id(facts.stream_id);
    position->set_layer(static_cast<v1::SharingClass>(v1::PUBLIC + k));
    position->set_next_seq(next_seq);
  }
  return cursors_->Encode(cursor);
}

StatusOr<PageMaker::Page> PageMaker::Shape(const exchange::WantPage& want, StreamFacts* facts,
                                           uint64_t last_seq, int32_t today) {
  const bool fill = !want.seqs.empty();
  ASSIGN_OR_RETURN(const std::string cursor,
                   CursorFor(want, *facts, fill ? want.position : last_seq + 1));
  boundary::PageSource source;
  source.suite = facts->hasher.suite();
  source.stream_id = facts->stream_id;
  source.first_seq = fill ? want.seqs.front() : want.from_seq;
  source.entries = stretch_.entries;
  source.cursor = cursor;
  source.today = today;
  boundary::PageShaper& shaper =
      shapers_.try_emplace(source.suite, source.suite, settings_.pack).first->second;
  if (want.fill_layer >= 0) return shaper.Layer(source, want.fill_layer, last_seq);
  ledger::Path path;
  if (last_seq != want.to_size) {
    ASSIGN_OR_RETURN(const ledger::TreeSpans* const spans,
                     SpansOf(want.stream, facts, want.to_size));
    ASSIGN_OR_RETURN(path, spans->ConsistencyFrom(last_seq, [&](uint64_t index) {
      return LeafAt(want.stream, facts, index, want.to_size);
    }));
  }
  source.path = path;
  return shaper.Entries(source, want.layers);
}

// Entries that were not asked for stand in the stretch as if they had nothing to give.
StatusOr<PageMaker::Page> PageMaker::MakeFill(const exchange::WantPage& want, StreamFacts* facts,
                                              int32_t today) {
  stretch_.chunks.clear();
  stretch_.entries.clear();
  stretch_.bytes = 0;
  stretch_.full = false;
  const uint64_t first = want.seqs.front();
  uint64_t last = 0;
  for (const uint64_t seq : want.seqs) {
    if (seq < first || seq > want.to_size || seq - first >= limits::kPageEntriesTarget) break;
    ASSIGN_OR_RETURN(store::EntryPage chunk, reader_->ReadEntries(want.stream, seq, 1));
    if (chunk.entries.empty()) break;
    stretch_.entries.resize(seq - first);
    AddChunk(std::move(chunk), want);
    if (stretch_.full) break;
    last = seq;
  }
  if (last == 0) return Page();
  stretch_.entries.resize(last - first + 1);
  return Shape(want, facts, last, today);
}

// --- paths

StatusOr<Digest> PageMaker::LeafAt(uint32_t stream, StreamFacts* facts, uint64_t index,
                                   uint64_t to_size) {
  const uint64_t span = index / kSpan;
  auto known = std::find_if(leaves_.begin(), leaves_.end(), [&](const SpanLeaves& leaves) {
    return leaves.stream == stream && leaves.span == span;
  });
  if (known == leaves_.end()) {
    if (leaves_.size() >= kSpanLeavesMax) leaves_.pop_front();
    leaves_.push_back({stream, span, {}});
    known = std::prev(leaves_.end());
  }
  std::vector<Digest>& leaves = known->leaves;
  if (index % kSpan >= leaves.size()) {
    const uint64_t first = span * kSpan + leaves.size() + 1;
    const uint64_t last = std::min(to_size, (span + 1) * kSpan);
    ASSIGN_OR_RETURN(const store::EntryPage page,
                     reader_->ReadEntries(stream, first, static_cast<size_t>(last - first + 1)));
    for (const store::EntryView& entry : page.entries) {
      leaves.push_back(LeafOf(&facts->hasher, facts->stream_id, PartsOf(entry)));
    }
  }
  if (index % kSpan < leaves.size()) return leaves[index % kSpan];
  return MakeError(Code::STORE_CORRUPT, absl::StrCat("stream ", stream, " has no entry ", index + 1,
                                                     "; restore the store from a backup"));
}

Status PageMaker::AddLeaves(uint32_t stream, StreamFacts* facts, uint64_t size,
                            ledger::CompactRange* range, std::string* spans) {
  while (range->size() < size) {
    ASSIGN_OR_RETURN(const Digest leaf, LeafAt(stream, facts, range->size(), size));
    range->Append(leaf, spans);
  }
  return absl::OkStatus();
}

StatusOr<PageMaker::Tree> PageMaker::LoadTree(uint32_t stream, StreamFacts* facts, uint64_t size) {
  ASSIGN_OR_RETURN(std::string spans, reader_->ReadSpans(stream));
  const HashKind kind = facts->hasher.hash();
  spans.resize(std::min<size_t>(spans.size(), size / kSpan * DigestBytes(kind)));
  ASSIGN_OR_RETURN(ledger::CompactRange range, RangeOver(kind, spans));
  RETURN_IF_ERROR(AddLeaves(stream, facts, size, &range, &spans));
  ASSIGN_OR_RETURN(ledger::TreeSpans tree, ledger::TreeSpans::Make(range, spans));
  return Tree{std::move(range), std::move(tree)};
}

StatusOr<const ledger::TreeSpans*> PageMaker::SpansOf(uint32_t stream, StreamFacts* facts,
                                                      uint64_t size) {
  auto known = trees_.find(stream);
  if (known != trees_.end() && known->second.spans.size() == size) return &known->second.spans;
  if (known != trees_.end() && known->second.spans.size() < size &&
      size - known->second.spans.size() <= kGrowthMax) {
    Tree tree = std::move(known->second);
    trees_.erase(known);  // what fails half-way is not kept
    std::string more;
    RETURN_IF_ERROR(AddLeaves(stream, facts, size, &tree.range, &more));
    RETURN_IF_ERROR(tree.spans.Grow(tree.range, more));
    return &trees_.emplace(stream, std::move(tree)).first->second.spans;
  }
  ASSIGN_OR_RETURN(Tree tree, LoadTree(stream, facts, size));
  if (trees_.size() >= kTreesMax) trees_.clear();
  return &trees_.insert_or_assign(stream, std::move(tree)).first->second.spans;
}

}  // namespace tombolo::node
