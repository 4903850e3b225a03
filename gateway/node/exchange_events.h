// What happens to an exchange desk, and what it wishes done; plain values, so that the network, a
// test or a simulator can stand on the other side.
//
// Ownership: values own their bytes. Thread-safety: plain values. Errors: none.
#ifndef TOMBOLO_GATEWAY_NODE_EXCHANGE_EVENTS_H_
#define TOMBOLO_GATEWAY_NODE_EXCHANGE_EVENTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/exchange/effect.h"
#include "gateway/node/peer_dialler.h"
#include "gateway/trust/peer.h"

namespace tombolo::node {

using ConnectionId = uint64_t;

// --- in
struct Opened {
  ConnectionId connection = 0;
  trust::PeerIdentity peer;
  bool dialled = false;
};
struct Arrived {
  ConnectionId connection = 0;
  std::string bytes;
};
struct Drained {
  ConnectionId connection = 0;
  uint64_t queued_bytes = 0;
};
struct Closed {
  ConnectionId connection = 0;
  std::string peer;
  Status why;
};
struct PageReady {
  ConnectionId connection = 0;
  exchange::WantPage want;
  StatusOr<std::shared_ptr<const boundary::ShapedPage>> page;
};
struct StoreMoved {};  // another process has committed (the doorbell)
struct Documents {     // read again from the node's folder
  std::vector<v1::SignedDocument> documents;
};
struct StopAll {};
using Event =
    std::variant<Opened, Arrived, Drained, Closed, PageReady, StoreMoved, Documents, StopAll>;

// --- out
struct Send {
  ConnectionId connection = 0;
  v1::FrameType type = v1::FRAME_TYPE_UNSPECIFIED;
  std::string head;                           // frames' headings and control payloads
  std::shared_ptr<const std::string> shared;  // the payload that follows; may be null
};
struct Hang {
  ConnectionId connection = 0;
  bool after_sending = true;
};
struct Fetch {  // for the thread that makes pages
  ConnectionId connection = 0;
  exchange::WantPage want;
};
struct Reidentify {};  // every connection, after a change of registry or revocation
struct Note {          // for the log; `what` in fixed words
  std::string what, peer;
  Status why;
};
using Wish = std::variant<Send, Hang, Fetch, DialPeer, Reidentify, Note>;

// One line of `tombolo peers`.
struct PeerStatus {
  std::string id, state, last_error;
  uint64_t unsent = 0, unconfirmed = 0, incomplete = 0;
  uint64_t bytes_in = 0, bytes_out = 0, records_in = 0, records_out = 0;
  int64_t last_seen_us = 0, acknowledged_us = 0;
};

// What has happened since the start, for metrics.
struct DeskCounts {
  uint64_t commits = 0;
  uint64_t records_received = 0, records_sent = 0;
  std::map<std::string, uint64_t> refusals;         // by code
  std::map<std::pair<int, bool>, uint64_t> frames;  // by type; true = received
  uint64_t bytes_in = 0, bytes_out = 0;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_EXCHANGE_EVENTS_H_
