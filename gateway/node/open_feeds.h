// Feeds that are open: what the audit log has to say when one opens, moves or ends.
//
// An entry leaves only within a range that FEED_OPENED has made durable; FEED_CLOSED ends it
// (docs/decisions, audit of the exchange). Whatever a crash left open is found in the log at the
// next start and closed. Ownership: values. Thread-safety: one thread. Errors: those of the store.
#ifndef TOMBOLO_GATEWAY_NODE_OPEN_FEEDS_H_
#define TOMBOLO_GATEWAY_NODE_OPEN_FEEDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/exchange/effect.h"
#include "gateway/exchange/publisher.h"
#include "gateway/node/context.h"
#include "tombolo/v1/audit.pb.h"

namespace tombolo::node {

// The feeds of one session.
class OpenFeeds {
 public:
  // `peer`, `correlation_id`: of every event made here.
  OpenFeeds(std::string peer, std::string correlation_id);

  // Closes what the change ends, opens what it begins, tells what it denies.
  std::vector<v1::AuditEvent> Change(const exchange::FeedChange& change,
                                     const exchange::Carried& carried);
  std::vector<v1::AuditEvent> Sent(const exchange::Disclosed& sent,
                                   const exchange::Carried& carried) const;
  // Whether entries of the stream may go to the peer now.
  bool IsOpen(uint32_t stream) const { return feeds_.contains(stream); }
  // The session is over.
  std::vector<v1::AuditEvent> CloseAll(const exchange::Carried& carried);

 private:
  struct Feed {
    exchange::FeedChange::Line line;
    std::string purpose;
  };
  // Feeds that are alike in all that an event states once.
  class Batch;
  v1::AuditEvent EventOf(v1::AuditEventType type, const Feed& feed) const;

  std::string peer_, correlation_id_;
  std::map<uint32_t, Feed> feeds_;  // by stream
};

// FEED_CLOSED for what the last run left open: none if it stopped in order.
StatusOr<std::vector<v1::AuditEvent>> FeedsLeftOpen(store::Store* store);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_OPEN_FEEDS_H_
