// The exchange of one node: all its sessions, fed with events, their effects carried out. Pure:
// bytes, time and pages come in, bytes and wishes go out, so that many nodes run in one test from
// one seed.
//
// Order of one turn (Turn): take all events that wait; run sessions; stage what they verified;
// commit one tick for all of them; then give credit, sign receipts that are due, and send. A
// session's trouble ends that session. A commit that fails with DISK_FULL or IO_ERROR ends all
// feeds that receive and goes on serving. Ownership: owns sessions, keeper, receiver and tick
// writer; borrows the context and the store. Thread-safety: one thread (the desk). Errors: of Open;
// later ones are in Status().
#ifndef TOMBOLO_GATEWAY_NODE_EXCHANGE_DESK_H_
#define TOMBOLO_GATEWAY_NODE_EXCHANGE_DESK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "gateway/exchange/session.h"
#include "gateway/node/authority.h"
#include "gateway/node/receive.h"
#include "gateway/node/share.h"

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
struct DialPeer {
  std::string peer, host;
  uint16_t port = 0;
};
struct Reidentify {};  // every connection, after a change of registry or revocation
using Wish = std::variant<Send, Hang, Fetch, DialPeer, Reidentify>;

// One line of `tombolo peers`.
struct PeerStatus {
  std::string id, state, last_error;
  uint64_t unsent = 0, unconfirmed = 0, incomplete = 0;
  uint64_t bytes_in = 0, bytes_out = 0, records_in = 0, records_out = 0;
  int64_t last_seen_us = 0, acknowledged_us = 0;
};

class ExchangeDesk {
 public:
  static StatusOr<std::unique_ptr<ExchangeDesk>> Open(const Context& context,
                                                      const v1::ServeConfig& config,
                                                      const boundary::CodeLists& codes,
                                                      const v1::SignedDocument* first_root);
  // All events that wait, then timers, then one commit. Wishes in the order to be carried out.
  Status Turn(std::vector<Event> events, std::vector<Wish>* wishes);
  int64_t NextTurnUs() const;  // monotonic; without events
  bool ready() const;          // store open, registry fresh, policies compiled
  bool stopped() const;
  std::vector<PeerStatus> Peers() const;
  std::shared_ptr<const exchange::Authority> authority() const;

 private:
  ExchangeDesk(const Context& context, const v1::ServeConfig& config);
  Status Carry(ConnectionId connection, exchange::Effects effects, std::vector<Wish>* wishes);
  Status CommitTurn(std::vector<Wish>* wishes);

  const Context& context_;
  v1::ServeConfig config_;
  exchange::Holdings holdings_;
  exchange::Carried carried_;
  std::unique_ptr<AuthorityKeeper> keeper_;
  std::unique_ptr<TickWriter> writer_;
  std::unique_ptr<Receiver> receiver_;
  std::map<ConnectionId, std::unique_ptr<exchange::Session>> sessions_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_EXCHANGE_DESK_H_
