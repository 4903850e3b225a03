// Why a record would be shown or not, layer by layer; and what a new policy would change.
//
// Explain runs Decide and WithinTerms and adds, from the same tables, every clause that was looked
// at, so it cannot say otherwise than the feed does (differential_test holds them together).
// Ownership: results own their bytes. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_GATEWAY_BOUNDARY_EXPLAIN_H_
#define TOMBOLO_GATEWAY_BOUNDARY_EXPLAIN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gateway/boundary/decision.h"

namespace tombolo::boundary {

struct LayerExplanation {
  v1::SharingClass layer = v1::SHARING_CLASS_UNSPECIFIED;
  bool shown = false;
  Reason reason = Reason::kNoPolicy;
  std::string source;                   // rule or grant with version; empty if none
  std::vector<std::string> considered;  // every other clause and why it did not decide
  std::vector<std::string> obligations;
};

struct Explanation {
  std::vector<LayerExplanation> layers;  // PUBLIC, GOVERNMENT, LIMITED
  uint64_t policy_version = 0;
  uint64_t registry_version = 0;
  bool stub = false;  // nothing is shown, but the recipient may see the stream
};

// `header`: canonical RecordHeader of the record's current version.
Explanation Explain(std::shared_ptr<const CompiledPolicy> policy, const Request& request,
                    std::string_view header, int64_t now_us);

// --- shadow: the same store under two policies
struct StreamCount {
  std::string item;
  v1::SharingClass sharing_class = v1::SHARING_CLASS_UNSPECIFIED;
  uint64_t present = 0;  // current records in the stream
};
struct ShadowLine {
  std::string recipient;  // SPIFFE ID, or "the public"
  std::string item;
  v1::SharingClass layer = v1::SHARING_CLASS_UNSPECIFIED;
  std::string purpose;
  uint64_t released = 0;   // records whose layer would newly be shown
  uint64_t withdrawn = 0;  // or no longer
};
// For every member and every purpose that one of the two names. Lines without a change are left
// out.
std::vector<ShadowLine> Shadow(std::shared_ptr<const CompiledPolicy> now,
                               std::shared_ptr<const CompiledPolicy> then,
                               absl::Span<const StreamCount> streams, int64_t now_us);

}  // namespace tombolo::boundary

#endif  // TOMBOLO_GATEWAY_BOUNDARY_EXPLAIN_H_
