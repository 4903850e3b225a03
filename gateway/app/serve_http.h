// Single requests: what a server answers to members (docs/protocol.md, section 2) and to its
// operator, from a snapshot that the desk has published.
//
// Ownership: snapshots are immutable and shared. Thread-safety: pure. Errors: in the replies,
// NOT_FOUND and those of the snapshot.
#ifndef TOMBOLO_GATEWAY_APP_SERVE_HTTP_H_
#define TOMBOLO_GATEWAY_APP_SERVE_HTTP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/app/metrics.h"
#include "gateway/net/http_head.h"
#include "gateway/trust/peer.h"

namespace tombolo::app {

// How the node stands, as of a turn of the desk.
struct Snapshot {
  std::string origin, program;
  std::shared_ptr<const trust::Federation> federation;
  Status ready;
  StatusOr<v1::Head> audit_head = MakeError(Code::NOT_FOUND, "the audit log has no head yet");
  std::vector<node::PeerStatus> peers;
  node::DeskCounts counts;
  Durations turns;
};

// What is newer than the snapshot.
struct Moment {
  int64_t now_us = 0;
  uint64_t sessions = 0, handshakes = 0, escaped_exceptions = 0;
  Status alive;  // the threads answer
};

net::HttpReply AnswerMember(const net::HttpRequest& request, const Snapshot& snapshot,
                            const trust::PeerIdentity& peer);
// Somebody whose chain holds; `why` he is refused. Documents are given while only their age is the
// trouble, so that it can be mended.
net::HttpReply AnswerRefused(const net::HttpRequest& request, const Snapshot& snapshot,
                             const Status& why);
// /healthz, /readyz, /metrics, /v1/peers.
net::HttpReply AnswerOperator(const net::HttpRequest& request, const Snapshot& snapshot,
                              const Moment& moment);

// A request's target without its query, for the log.
std::string PathOf(const net::HttpRequest& request);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_SERVE_HTTP_H_
