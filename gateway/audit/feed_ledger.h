// That nothing left the node outside an open feed: follows an audit trail event by event.
//
// FEED_OPENED of a session (correlation id), peer and stream opens a range for some layers;
// FEED_CLOSED ends it; each RECORDS_DISCLOSED must lie within one that is open
// (docs/decisions/2026-11-22-audit-of-exchange.md). Refusals open nothing. Ownership: a value.
// Thread-safety: one thread. Errors: NOT_PERMITTED for a disclosure outside every open feed.
#ifndef TOMBOLO_GATEWAY_AUDIT_FEED_LEDGER_H_
#define TOMBOLO_GATEWAY_AUDIT_FEED_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "gateway/base/error.h"
#include "tombolo/v1/audit.pb.h"

namespace tombolo::audit {

class FeedLedger {
 public:
  // The events of the trail in order, each once.
  Status Take(const v1::AuditEvent& event);

  uint64_t opened() const { return opened_; }        // ranges that feeds opened
  uint64_t disclosed() const { return disclosed_; }  // ranges found within one
  uint64_t still_open() const { return open_.size(); }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // correlation, peer, stream
  struct Feed {
    uint64_t first_seq = 0, last_seq = 0;  // last_seq 0: without end
    uint32_t layers = 0;
  };
  Status Within(const v1::AuditEvent& event, const v1::StreamRange& range) const;

  std::map<Key, Feed> open_;
  uint64_t opened_ = 0, disclosed_ = 0;
};

}  // namespace tombolo::audit

#endif  // TOMBOLO_GATEWAY_AUDIT_FEED_LEDGER_H_
