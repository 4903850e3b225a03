// Audit heads between this node and its peers: showing ours, countersigning theirs, keeping what
// each side signed.
//
// Bytes and rules: docs/formats/audit_head.md. Witnessing itself writes audit events; a log that
// grew by such events alone is not shown again, or two idle nodes would answer each other for ever.
// Ownership: borrows the context. Thread-safety: one thread (the desk). Errors: those of
// audit/log_head.h and the store; RECOVERY_NEEDED where a peer holds a signature of ours over a
// head that this log does not have.
#ifndef TOMBOLO_GATEWAY_NODE_WITNESSES_H_
#define TOMBOLO_GATEWAY_NODE_WITNESSES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "gateway/audit/log_head.h"
#include "gateway/ledger/tree_spans.h"
#include "gateway/node/context.h"
#include "gateway/node/tick_writer.h"
#include "gateway/trust/federation.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::node {

class Witnesses {
 public:
  explicit Witnesses(const Context& context) : context_(context) {}
  Status Load();

  // A peer's head: checked against the one held, countersigned, put into the tick. Sent after the
  // commit. Where the peer is behind what this node signed before, the old signature is given.
  StatusOr<v1::Countersignature> Countersign(const trust::MemberFacts& peer,
                                             const v1::AuditHead& head, TickWriter* writer);
  // The head that contradicts `head`, for evidence; nothing if none is held.
  std::optional<v1::Head> HeldOf(const std::string& peer) const;

  // A peer's signature over a head of this log: checked against the log and, if it is a new one,
  // kept with the tick. Gives the size that it is over.
  StatusOr<uint64_t> Keep(const trust::MemberFacts& peer,
                          const v1::Countersignature& countersignature, TickWriter* writer);
  // The newest head of this log with the path from `from_size` events, which the peer has signed in
  // the session; 0 = none yet, so that a witness which lost its memory can begin anew.
  StatusOr<v1::AuditHead> HeadFrom(uint64_t from_size);
  // The newest head alone.
  StatusOr<v1::Head> Head();
  // Events that Countersign and Keep have written, so that the desk can tell growth from echo.
  uint64_t own_events() const { return own_events_; }
  void Forget();  // the tick was not committed: the store is asked again

 private:
  struct Theirs {
    audit::WitnessedHead last;
    v1::Head head;
    v1::Countersignature signature;
  };
  StatusOr<Digest> Leaf(uint64_t index);
  StatusOr<store::StreamState> Log();
  StatusOr<ledger::TreeSpans> Tree();

  const Context& context_;
  std::map<std::string, Theirs> theirs_;          // newest, by node
  std::map<std::string, uint64_t> signed_sizes_;  // of this log, the largest by witness
  store::EntryPage page_;                         // of the log, read last
  uint64_t own_events_ = 0;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_WITNESSES_H_
