#include "gateway/store/memory/memory_received.h"

#include <algorithm>
#include <set>

#include "gateway/store/received_rules.h"

namespace tombolo::store {
namespace {

template <typename Map>
auto ValuesOf(const Map& map) {
  std::vector<typename Map::mapped_type> all;
  for (const auto& [key, value] : map) all.push_back(value);
  return all;
}

}  // namespace

Status MemoryReceived::Check(const Tick& tick) const {
  std::set<uint32_t> added, named;
  for (const StreamState& stream : tick.new_streams) added.insert(stream.number);
  for (const ReceivedStream& row : tick.received.streams) {
    named.insert(row.stream);
    if (!streams_.contains(row.stream) && !added.contains(row.stream)) {
      return NotReceived(row.stream);
    }
  }
  for (const StreamAppend& append : tick.appends) {
    if (streams_.contains(append.stream) && !named.contains(append.stream)) {
      return AppendWithoutRow(append.stream);
    }
  }
  const auto received = [&](uint32_t stream) {
    return streams_.contains(stream) || named.contains(stream);
  };
  for (const LayerFill& fill : tick.received.fills) {
    if (!received(fill.stream)) return NotReceived(fill.stream);
  }
  for (const LayerDrop& drop : tick.received.drops) {
    if (!received(drop.stream)) return NotReceived(drop.stream);
  }
  for (const Gap& gap : tick.received.gaps) {
    if (!received(gap.stream)) return NotReceived(gap.stream);
  }
  std::map<std::pair<int, std::string>, const DocumentRow*> documents;
  for (const DocumentRow& row : tick.received.documents) {
    const std::pair<int, std::string> key(row.kind, row.owner);
    const auto earlier = documents.find(key);
    const auto stored = documents_.find(key);
    const DocumentRow* before = earlier != documents.end()   ? earlier->second
                                : stored != documents_.end() ? &stored->second
                                                             : nullptr;
    RETURN_IF_ERROR(ReplacesDocument(before, row).status());
    documents[key] = &row;
  }
  std::map<std::pair<std::string, bool>, uint64_t> last;
  for (const auto& [key, row] : receipts_) last[key] = row.number;
  for (const ReceiptRow& row : tick.received.receipts) {
    RETURN_IF_ERROR(CheckReceiptNumber(last[{row.peer, row.ours}], row));
    last[{row.peer, row.ours}] = row.number;
  }
  return Status();
}

void MemoryReceived::ApplyDrop(const LayerDrop& drop) {
  ReceivedStream& stream = streams_[drop.stream];
  for (size_t i = 0; i < kLayers; ++i) {
    if (Has(drop.layers, i)) stream.next_seq[i] = 0;
  }
  // All of the stream: a token kept for one layer may name the position of another.
  std::erase_if(cursors_, [&](const auto& item) { return item.second.stream == drop.stream; });
  std::vector<Gap> left;
  for (const auto& [key, gap] : gaps_) {
    if (gap.stream != drop.stream) continue;
    left.push_back({gap.stream, gap.seq, static_cast<uint8_t>(gap.layers & ~drop.layers)});
  }
  for (const Gap& gap : left) ApplyGap(gap);
}

void MemoryReceived::ApplyGap(const Gap& gap) {
  gaps_.erase({gap.stream, gap.seq});
  if (gap.layers != 0) gaps_[{gap.stream, gap.seq}] = gap;
}

void MemoryReceived::Apply(const ReceivedPart& part) {
  for (const ReceivedStream& row : part.streams) streams_[row.stream] = row;
  for (const Delivery& row : part.deliveries) deliveries_[row.number] = row;
  for (const CursorIn& row : part.cursors) {
    const std::tuple<std::string, uint32_t, uint8_t> key(row.peer, row.stream, row.layer);
    if (row.token.empty()) {
      cursors_.erase(key);
    } else {
      cursors_[key] = row;
    }
  }
  for (const Confirmed& row : part.confirmed) confirmed_[{row.peer, row.stream}] = row;
  for (const ReceiptRow& row : part.receipts) receipts_[{row.peer, row.ours}] = row;
  for (const DocumentRow& row : part.documents) {
    DocumentRow& stored = documents_[{row.kind, row.owner}];
    stored = row;
    stored.restart = false;
  }
  for (const Gap& gap : part.gaps) ApplyGap(gap);
  for (const LayerDrop& drop : part.drops) ApplyDrop(drop);
  for (const WitnessRow& row : part.witnesses) witnesses_[{row.node, row.witness, row.size}] = row;
  evidence_.insert(evidence_.end(), part.evidence.begin(), part.evidence.end());
  for (const PeerRow& row : part.peers) peers_[row.peer] = row;
}

std::vector<ReceivedStream> MemoryReceived::Streams() const {
  std::vector<ReceivedStream> all = ValuesOf(streams_);
  for (ReceivedStream& stream : all) {
    const auto begin = gaps_.lower_bound({stream.stream, 0});
    const auto end = gaps_.upper_bound({stream.stream, UINT64_MAX});
    stream.incomplete = static_cast<uint64_t>(std::distance(begin, end));
  }
  return all;
}

std::vector<ReceivedStream> MemoryReceived::Find(absl::Span<const uint32_t> numbers) const {
  std::vector<ReceivedStream> found;
  for (ReceivedStream& stream : Streams()) {
    if (std::binary_search(numbers.begin(), numbers.end(), stream.stream)) found.push_back(stream);
  }
  return found;
}

std::vector<Delivery> MemoryReceived::Deliveries() const { return ValuesOf(deliveries_); }

std::vector<CursorIn> MemoryReceived::Cursors(const std::string& peer) const {
  std::vector<CursorIn> found;
  for (const auto& [key, row] : cursors_) {
    if (row.peer == peer) found.push_back(row);
  }
  return found;
}

std::vector<Confirmed> MemoryReceived::ConfirmedBy(const std::string& peer) const {
  std::vector<Confirmed> found;
  for (const auto& [key, row] : confirmed_) {
    if (row.peer == peer) found.push_back(row);
  }
  return found;
}

std::optional<ReceiptRow> MemoryReceived::LastReceipt(const std::string& peer, bool ours) const {
  const auto it = receipts_.find({peer, ours});
  return it == receipts_.end() ? std::nullopt : std::optional<ReceiptRow>(it->second);
}

std::vector<DocumentRow> MemoryReceived::Documents() const { return ValuesOf(documents_); }

std::vector<Gap> MemoryReceived::Gaps(uint32_t stream, uint64_t after_seq, size_t rows_max) const {
  std::vector<Gap> found;
  for (auto it = gaps_.upper_bound({stream, after_seq});
       it != gaps_.end() && it->first.first == stream && found.size() < rows_max; ++it) {
    found.push_back(it->second);
  }
  return found;
}

std::vector<WitnessRow> MemoryReceived::Witnesses() const { return ValuesOf(witnesses_); }
std::vector<PeerRow> MemoryReceived::Peers() const { return ValuesOf(peers_); }

}  // namespace tombolo::store
