// All that this node holds about one subject, across origins, with contradictions shown and nothing
// merged.
//
// A received record is found where the layer with its subject is held. Ownership: results own their
// bytes. Thread-safety: one thread; FindConflicts is pure. Errors: those of the store; of the audit
// event's commit, and then nothing is answered.
#ifndef TOMBOLO_GATEWAY_NODE_SUBJECT_VIEW_H_
#define TOMBOLO_GATEWAY_NODE_SUBJECT_VIEW_H_

#include <string>
#include <string_view>
#include <vector>

#include "gateway/node/context.h"
#include "gateway/node/inspect.h"

namespace tombolo::node {

struct HeldRecord {
  RecordView view;
  std::string origin;
  std::vector<std::string> path;  // origin to who handed it to this node; empty for own records
};

enum class ConflictKind {
  kSameDecision,   // one authority's decision number, reported by two origins or items
  kFactsDisagree,  // the subject's name, or state or dates of a REGISTRATION or of a PERMIT of one
                   // number, differ between origins; what one of them does not say is no difference
};
struct Conflict {
  ConflictKind kind;
  std::string field;            // e.g. subject.name, decision.number
  std::vector<size_t> records;  // indexes into SubjectView::records, ascending
};
struct SubjectView {
  std::vector<HeldRecord> records;  // present ones, by item, then origin, then id
  std::vector<Conflict> conflicts;
  uint64_t withheld = 0;  // records whose share_until is over, not shown
};

// `scheme` and `value` in normal form. Audited as SUBJECT_VIEWED before it is answered.
StatusOr<SubjectView> ViewSubject(const Context& context, std::string_view scheme,
                                  std::string_view value);
// By field, then by the first record.
std::vector<Conflict> FindConflicts(const std::vector<HeldRecord>& records);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SUBJECT_VIEW_H_
