// The operator's questions to the boundary: why a record is shown to somebody or not, and what
// another policy would change. Asked about the real store, and audited.
//
// Ownership: results own their bytes. Thread-safety: one thread. Errors: NOT_FOUND (no such record
// in force, or a recipient that the registry does not name), those of the store.
#ifndef TOMBOLO_GATEWAY_NODE_EXPLAIN_H_
#define TOMBOLO_GATEWAY_NODE_EXPLAIN_H_

#include <memory>
#include <string>
#include <vector>

#include "gateway/boundary/explain.h"
#include "gateway/exchange/holdings.h"
#include "gateway/node/context.h"

namespace tombolo::node {

struct DecisionQuestion {
  RecordId record;        // in this node
  std::string recipient;  // SPIFFE ID of a member; empty = the public
  std::string purpose;    // code; empty = none declared
  int64_t at_us = 0;      // microseconds since 1970, with the documents of today
  // What this node is itself given records for: bounds what it hands on of others' records.
  std::vector<std::string> own_purposes;
};

struct DecisionAnswer {
  v1::StreamDescriptor stream;
  uint64_t seq = 0, version = 0;
  bool received = false;  // of another origin; `held` and `hop` bound what goes on
  boundary::LayerMask held = ledger::kAllLayers, hop = ledger::kAllLayers;
  boundary::Explanation explanation;
};

// Writes DECISION_EXPLAINED. `authority` must have a federation.
StatusOr<DecisionAnswer> ExplainDecision(const Context& context,
                                         const exchange::Authority& authority,
                                         const DecisionQuestion& question);

// What goes to whom if `then` takes the place of `now` (null: none), over this node's own records;
// writes POLICY_SHADOWED.
StatusOr<std::vector<boundary::ShadowLine>> ShadowPolicy(
    const Context& context, std::shared_ptr<const boundary::CompiledPolicy> now,
    std::shared_ptr<const boundary::CompiledPolicy> then, int64_t at_us);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_EXPLAIN_H_
