// Audit events: the closed catalogue, their canonical bytes, and the check of a whole trail.
//
// An event is a leaf of the node's audit log: H(0x00 || canonical AuditEvent), docs/formats/
// stream_entry.md. Events hold digests and keyed references, never content of records.
// Ownership: results own their bytes. Thread-safety: pure. Errors: NOT_CANONICAL for an event that
// no node writes, LIMIT_EXCEEDED, PROOF_INVALID for a trail that is not the one that was signed.
#ifndef TOMBOLO_GATEWAY_AUDIT_EVENT_H_
#define TOMBOLO_GATEWAY_AUDIT_EVENT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/hash.h"
#include "tombolo/v1/audit.pb.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::audit {

// Parts of an event that a type may require; bits.
enum Part : uint32_t {
  kPack = 1 << 0,
  kSourceDigest = 1 << 1,
  kRanges = 1 << 2,
  kBalance = 1 << 3,
  kSubjectRef = 1 << 4,
  kKeyId = 1 << 5,
  kCorrelationId = 1 << 6,
  kPeer = 1 << 7,
  kOrigin = 1 << 8,
  kDigest = 1 << 9,
  kLayers = 1 << 10,           // at least one
  kDocumentVersion = 1 << 11,  // from 1
  // rule, purpose and document_version, where layers names more than PUBLIC
  kGround = 1 << 12,
  kOpenEnd = 1 << 13,  // allows ranges without an end; requires nothing
};

struct EventInfo {
  v1::AuditEventType type;
  std::string_view name;  // as in the schema
  uint32_t required;      // Part bits beside time, actor and outcome
  std::string_view doc;   // a sentence for docs/reference/audit_events.md
};

// Every type of the schema, in its order.
const std::vector<EventInfo>& AllEvents();
const EventInfo* FindEvent(v1::AuditEventType type);  // null if unknown
// The page docs/reference/audit_events.md.
std::string EventsPage();

// Checks what the event must hold and gives its canonical bytes; and back, strictly.
StatusOr<std::string> EncodeEvent(const v1::AuditEvent& event);
StatusOr<v1::AuditEvent> DecodeEvent(std::string_view bytes);

// The descriptor of a node's audit log.
v1::StreamDescriptor AuditDescriptor(std::string_view origin, uint32_t generation);

// The next event's bytes, or std::nullopt at the end of the trail.
using EventSource = std::function<StatusOr<std::optional<std::string>>()>;

// Decodes every event and recomputes the log's root over all of them; `head` must have been
// verified against its checkpoint. The error names the first event that is wrong, from 1.
Status VerifyTrail(HashKind kind, const EventSource& next, const v1::StreamHead& head);

}  // namespace tombolo::audit

#endif  // TOMBOLO_GATEWAY_AUDIT_EVENT_H_
