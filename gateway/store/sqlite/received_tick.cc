#include "gateway/store/sqlite/received_tick.h"

#include <algorithm>
#include <map>
#include <set>

#include "gateway/store/received_rules.h"

namespace tombolo::store {

Status ReceivedTick::CheckIsReceived(uint32_t stream) {
  ASSIGN_OR_RETURN(const bool is_received, received->IsReceived(stream));
  return is_received ? Status() : NotReceived(stream);
}

Status ReceivedTick::Check(const Tick& tick) {
  std::set<uint32_t> added, named;
  for (const StreamState& stream : tick.new_streams) added.insert(stream.number);
  for (const ReceivedStream& row : tick.received.streams) {
    named.insert(row.stream);
    if (!added.contains(row.stream)) RETURN_IF_ERROR(CheckIsReceived(row.stream));
  }
  for (const StreamAppend& append : tick.appends) {
    if (named.contains(append.stream)) continue;
    ASSIGN_OR_RETURN(const bool is_received, received->IsReceived(append.stream));
    if (is_received) return AppendWithoutRow(append.stream);
  }
  return Status();
}

Status ReceivedTick::Fill(const std::vector<LayerFill>& fills) {
  std::map<uint32_t, std::vector<const LayerFill*>> by_stream;
  for (const LayerFill& fill : fills) by_stream[fill.stream].push_back(&fill);
  for (auto& [stream, own] : by_stream) {
    RETURN_IF_ERROR(CheckIsReceived(stream));
    std::stable_sort(own.begin(), own.end(),
                     [](const LayerFill* a, const LayerFill* b) { return a->seq < b->seq; });
    ASSIGN_OR_RETURN(const StreamState state, streams->Find(stream));
    ASSIGN_OR_RETURN(ledger::EntryHasher hasher, HasherOf(state.stream_id, state.descriptor));
    RETURN_IF_ERROR(log->Fill(stream, SizesOfStream(state.stream_id.size()), &hasher, own));
  }
  return Status();
}

Status ReceivedTick::Drop(const LayerDrop& drop) {
  RETURN_IF_ERROR(CheckIsReceived(drop.stream));
  ASSIGN_OR_RETURN(const StreamState state, streams->Find(drop.stream));
  RETURN_IF_ERROR(received->Drop(drop));
  if (drop.layers == kAllLayers) {
    RETURN_IF_ERROR(log->Forget(drop.stream));
    RETURN_IF_ERROR(spans->Clear(drop.stream));
    RETURN_IF_ERROR(masks->Clear(drop.stream));
    return streams->Empty(state);
  }
  ASSIGN_OR_RETURN(ledger::EntryHasher hasher, HasherOf(state.stream_id, state.descriptor));
  RETURN_IF_ERROR(log->Drop(drop.stream, state.size, SizesOfStream(state.stream_id.size()), &hasher,
                            drop.layers));
  return streams->Touch(drop.stream);
}

Status ReceivedTick::Apply(const Tick& tick) {
  const ReceivedPart& part = tick.received;
  RETURN_IF_ERROR(Check(tick));
  for (const ReceivedStream& row : part.streams) {
    RETURN_IF_ERROR(received->PutStream(row));
    RETURN_IF_ERROR(streams->Touch(row.stream));
  }
  for (const Delivery& row : part.deliveries) RETURN_IF_ERROR(received->PutDelivery(row));
  for (const CursorIn& row : part.cursors) RETURN_IF_ERROR(received->PutCursor(row));
  for (const Confirmed& row : part.confirmed) RETURN_IF_ERROR(peers->PutConfirmed(row));
  for (const ReceiptRow& row : part.receipts) RETURN_IF_ERROR(peers->AddReceipt(row));
  for (const DocumentRow& row : part.documents) RETURN_IF_ERROR(peers->PutDocument(row));
  for (const Gap& row : part.gaps) {
    RETURN_IF_ERROR(CheckIsReceived(row.stream));
    RETURN_IF_ERROR(received->PutGap(row));
  }
  RETURN_IF_ERROR(Fill(part.fills));
  for (const LayerDrop& drop : part.drops) RETURN_IF_ERROR(Drop(drop));
  for (const WitnessRow& row : part.witnesses) RETURN_IF_ERROR(peers->PutWitness(row));
  for (const EvidenceRow& row : part.evidence) RETURN_IF_ERROR(peers->AddEvidence(row));
  for (const PeerRow& row : part.peers) RETURN_IF_ERROR(peers->PutPeer(row));
  return Status();
}

}  // namespace tombolo::store
