#include "gateway/node/peer_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include "gateway/ledger/entry.h"

namespace tombolo::node {
namespace {

using Lines = std::map<std::string, PeerLine>;
using Streams = std::map<uint32_t, store::StreamState>;  // by number

// The first entry that the peer lacks in a layer it may have; 0 = it may have none.
uint64_t FirstUnsigned(const store::Confirmed& row) {
  uint64_t first = 0;
  for (const uint64_t next : row.next_seq) {
    if (next != 0 && (first == 0 || next < first)) first = next;
  }
  return first;
}

Status AddConfirmed(const Context& context, const Streams& streams, PeerLine* line) {
  ASSIGN_OR_RETURN(const std::vector<store::Confirmed> rows, context.store->ConfirmedBy(line->id));
  for (const store::Confirmed& row : rows) {
    const auto it = streams.find(row.stream);
    const uint64_t next_seq = FirstUnsigned(row);
    if (it == streams.end() || next_seq == 0) continue;
    ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                     ledger::DecodeDescriptor(it->second.descriptor));
    const uint64_t size = it->second.size;
    line->streams.push_back({it->second.stream_id, descriptor.item(), size, next_seq});
    if (next_seq <= size) line->unconfirmed += size - next_seq + 1;
    line->acknowledged_us = std::max(line->acknowledged_us, row.at_us);
  }
  return absl::OkStatus();
}

// A stream's incomplete entries are counted with the peer that brought it last.
Status AddIncomplete(const Context& context, Lines* lines) {
  ASSIGN_OR_RETURN(const std::vector<store::Delivery> deliveries, context.store->Deliveries());
  std::map<uint32_t, std::string> senders;
  for (const store::Delivery& row : deliveries) senders[row.number] = row.peer;
  ASSIGN_OR_RETURN(const std::vector<store::ReceivedStream> received,
                   context.store->ReceivedStreams());
  for (const store::ReceivedStream& stream : received) {
    const auto sender = senders.find(stream.delivery);
    if (sender == senders.end() || stream.incomplete == 0) continue;
    (*lines)[sender->second].incomplete += stream.incomplete;
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<PeerLine>> PeersOfStore(const Context& context,
                                             const v1::ServeConfig& config) {
  Lines lines;
  for (const v1::PeerConfig& peer : config.peers()) lines[peer.id()].state = "never seen";
  ASSIGN_OR_RETURN(const std::vector<store::PeerRow> rows, context.store->Peers());
  for (const store::PeerRow& row : rows) {
    PeerLine& line = lines[row.peer];
    line.state = row.last_seen_us == 0 ? "never seen" : "seen";
    line.last_error = row.last_error;
    line.bytes_in = row.bytes_in;
    line.bytes_out = row.bytes_out;
    line.records_in = row.records_in;
    line.records_out = row.records_out;
    line.last_seen_us = row.last_seen_us;
  }
  RETURN_IF_ERROR(AddIncomplete(context, &lines));
  ASSIGN_OR_RETURN(std::vector<store::StreamState> states, context.store->Streams());
  Streams streams;
  for (store::StreamState& state : states) streams[state.number] = std::move(state);
  std::vector<PeerLine> out;
  for (auto& [id, line] : lines) {
    line.id = id;
    RETURN_IF_ERROR(AddConfirmed(context, streams, &line));
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace tombolo::node
