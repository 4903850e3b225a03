// The decision: which layers of one stream a recipient may see.
//
// Pure: the same inputs give the same answer at any time, anywhere. A hub decides with the origin's
// compiled policy and may take away (`held`, `hop`), never add: a hop narrows. Rules, in order
// (docs/formats/policy.md, "How it is decided"): PUBLIC is open; GOVERNMENT needs an active member,
// a purpose and an ALLOW rule; LIMITED needs a BULK grant in force; a WITHHOLD rule takes any
// layer; if the stream's own class is not permitted, nothing is. Measured: 38 ns with 400 items and
// 1,000 grants (tests/bench/boundary_bench). Compared with the rules read one after the other, 10^6
// times, in tests/unit/boundary/differential_test. Ownership: a Decision keeps its policy alive.
// Thread-safety: pure; Decisions are immutable. Errors: none; doubt denies.
#ifndef TOMBOLO_GATEWAY_BOUNDARY_DECISION_H_
#define TOMBOLO_GATEWAY_BOUNDARY_DECISION_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/boundary/policy.h"
#include "gateway/ledger/entry_page.h"
#include "tombolo/v1/record.pb.h"

namespace tombolo::boundary {

using ledger::LayerMask;

struct Request {
  uint32_t member = 0;   // of the policy's federation; 0 = the public
  uint32_t item = 0;     // CompiledPolicy::ItemNumber
  uint32_t purpose = 0;  // CompiledPolicy::PurposeNumber; 0 = none declared
  v1::SharingClass sharing_class = v1::SHARING_CLASS_UNSPECIFIED;  // of the stream
  LayerMask held = ledger::kAllLayers;  // what this node has; a hub may have less
  LayerMask hop = ledger::kAllLayers;   // what this node hands on of others' streams
};

struct LayerVerdict {
  bool allow = false;
  Reason reason = Reason::kNoPolicy;
  uint32_t source = 0;
};

class Decision {
 public:
  LayerMask layers() const { return layers_; }
  // Of a decision about this node itself: the layers that it may hand on, that is those without the
  // obligation NO_ONWARD in any clause that allows them. For Request::hop.
  LayerMask onward() const { return onward_; }
  const std::array<LayerVerdict, 3>& verdicts() const { return verdicts_; }
  // The answer may differ from this moment on.
  int64_t until_us() const { return until_us_; }
  uint64_t policy_version() const;
  uint32_t member() const { return member_; }
  // The source of the strictest layer that is shown, for audit and OFFER; empty if only PUBLIC is.
  std::string RuleText() const;

 private:
  friend class Judge;  // decision.cc
  Decision() = default;
  std::shared_ptr<const CompiledPolicy> policy_;
  std::array<LayerVerdict, 3> verdicts_;
  int64_t until_us_ = 0;
  uint32_t member_ = 0;
  LayerMask layers_ = 0, onward_ = 0;
};

// `policy` null: the origin has none; PUBLIC alone.
Decision Decide(std::shared_ptr<const CompiledPolicy> policy, const Request& request,
                int64_t now_us);

// What is shown of one record of the stream: the decision's layers without those whose term is over
// on `today` (days since 1970, UTC): after share_until none, after publish_until not PUBLIC, and
// never PUBLIC of a record in state REPAIRED, WITHDRAWN or ANNULLED. 0 = a stub. Reads the header
// without parsing the whole of it.
LayerMask WithinTerms(std::string_view header, LayerMask layers, int32_t today);

}  // namespace tombolo::boundary

#endif  // TOMBOLO_GATEWAY_BOUNDARY_DECISION_H_
