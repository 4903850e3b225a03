// All that this node holds about one subject, across origins, with contradictions shown and nothing
// merged.
//
// Ownership: results own their bytes. Thread-safety: one thread; FindConflicts is pure.
// Errors: those of the store.
#ifndef TOMBOLO_GATEWAY_NODE_SUBJECT_VIEW_H_
#define TOMBOLO_GATEWAY_NODE_SUBJECT_VIEW_H_

#include <string>
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
  kFactsDisagree,  // a basic fact (name, state, dates of a REGISTRATION or PERMIT of one number)
                   // differs between origins
};
struct Conflict {
  ConflictKind kind;
  std::string field;            // e.g. subject.name, decision.number
  std::vector<size_t> records;  // indexes into SubjectView::records
};
struct SubjectView {
  std::vector<HeldRecord> records;  // present ones, by item, then origin, then id
  std::vector<Conflict> conflicts;
  uint64_t withheld = 0;  // records whose term is over, hidden
};

// `scheme` and `value` in normal form. Audited as SUBJECT_VIEWED before it is answered.
StatusOr<SubjectView> ViewSubject(const Context& context, std::string_view scheme,
                                  std::string_view value);
std::vector<Conflict> FindConflicts(const std::vector<HeldRecord>& records);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SUBJECT_VIEW_H_
