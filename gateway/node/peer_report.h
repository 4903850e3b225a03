// What the store says of each peer: `tombolo peers` while nothing is served, and its beginnings
// while something is.
//
// Ownership: results own their bytes. Thread-safety: one thread. Errors: those of the store.
#ifndef TOMBOLO_GATEWAY_NODE_PEER_REPORT_H_
#define TOMBOLO_GATEWAY_NODE_PEER_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/node/context.h"

namespace tombolo::node {

// How far a peer has signed for a stream of this node.
struct AcknowledgedStream {
  std::string stream_id;
  std::string item;
  uint64_t size = 0;      // entries that this node has
  uint64_t next_seq = 0;  // the first that the peer has not signed for, in any of its layers
};

struct PeerLine {
  std::string id;
  std::string state;               // "seen" or "never seen"; a server knows more
  std::string last_error;          // outward code
  std::optional<uint64_t> unsent;  // only a server knows
  uint64_t unconfirmed = 0;        // entries that the peer has not signed for
  uint64_t incomplete = 0;         // entries from it that lack a layer which nothing explains
  uint64_t bytes_in = 0, bytes_out = 0, records_in = 0, records_out = 0;
  int64_t last_seen_us = 0, acknowledged_us = 0;  // 0 = never
  std::vector<AcknowledgedStream> streams;        // acknowledged cursor, by stream
};

// Every peer that the store knows or the configuration names, by id.
StatusOr<std::vector<PeerLine>> PeersOfStore(const Context& context, const v1::ServeConfig& config);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_PEER_REPORT_H_
