// A node's own audit log, read: checked as a whole, listed, and proved event by event.
//
// Ownership: results own their bytes. Thread-safety: one thread; others may write meanwhile, what
// they add is left out. Errors: PROOF_INVALID and SIGNATURE_INVALID for a log that is not the one
// that was signed; STREAM_SHRUNK and STREAM_FORKED where a witness has seen another one;
// NOT_PERMITTED for a disclosure outside every feed; NOT_FOUND, STORE_CORRUPT.
#ifndef TOMBOLO_GATEWAY_NODE_AUDIT_TRAIL_H_
#define TOMBOLO_GATEWAY_NODE_AUDIT_TRAIL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/node/context.h"
#include "gateway/trust/federation.h"
#include "tombolo/v1/audit.pb.h"

namespace tombolo::node {

// A peer's signature over a head of this log; the log bears it out.
struct WitnessedBy {
  std::string witness;
  uint64_t size = 0;      // events of the head
  int64_t time_us = 0;    // by the witness's clock
  std::string unchecked;  // why its signature could not be checked; empty: it was
};

struct AuditReport {
  uint64_t events = 0, tick = 0;
  int64_t signed_at_us = 0;
  std::string root;
  std::vector<WitnessedBy> witnesses;
  uint64_t feeds_opened = 0, feeds_open = 0, disclosures = 0;  // in ranges
  std::vector<store::EvidenceRow> evidence;  // contradictions of others that are kept
};

// The whole log: every event's form, their root against the signed head, the countersignatures that
// peers gave, and that every disclosure lies within an open feed. `federation`: the keys of
// witnesses; null = not known, then only what they have seen is compared.
StatusOr<AuditReport> VerifyAudit(const Context& context, const trust::Federation* federation);

struct AuditFilter {
  std::optional<v1::AuditEventType> type;
  std::string peer;      // SPIFFE ID; empty = all
  int64_t since_us = 0;  // events from this moment on
  size_t last = 0;       // only the last so many of those that fit; 0 = all
};
// In the order of the log.
Status ListEvents(const Context& context, const AuditFilter& filter,
                  const std::function<void(uint64_t seq, const v1::AuditEvent&)>& visit);

// The signed head of the log: a proof without an entry.
StatusOr<v1::RecordProof> AuditHead(const Context& context);
// One event, from 1, under that head. Costs a page of leaves where the store has the log's spans,
// else all of them.
StatusOr<v1::EventProof> ProveEvent(const Context& context, uint64_t seq);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_AUDIT_TRAIL_H_
