// Paths in large logs without reading them: the roots of all complete subtrees of kTreeSpan leaves
// are stored (one hash per 256 entries), so a path costs some thousand hashes once per head and
// then a few.
//
// Tree arithmetic: RFC 6962 section 2.1; results equal ConsistencyPath and InclusionPath of
// merkle.h (random comparison in tests/unit/ledger/tree_spans_test).
// Ownership: copies the spans. Thread-safety: const calls from several threads. Errors: those of
// LeafSource; INVALID_ARGUMENT for sizes that cannot be asked; STORE_CORRUPT if spans and range are
// not those of one log.
#ifndef TOMBOLO_GATEWAY_LEDGER_TREE_SPANS_H_
#define TOMBOLO_GATEWAY_LEDGER_TREE_SPANS_H_

#include <optional>
#include <string_view>
#include <vector>

#include "gateway/ledger/merkle.h"

namespace tombolo::ledger {

class TreeSpans {
 public:
  // `spans`: size / kTreeSpan hashes, back to back; `range`: the log at its full size.
  static StatusOr<TreeSpans> Make(const CompactRange& range, std::string_view spans);
  // The log has grown: `range` as it is now, `spans` those that were not given yet. Hashes only
  // what is new. After an error the object is of no use.
  Status Grow(const CompactRange& range, std::string_view spans);

  uint64_t size() const { return size_; }
  // From size1 leaves to size(). Leaves are asked for only within the span that size1 cuts, so not
  // at all where size1 is a multiple of kTreeSpan or size().
  StatusOr<Path> ConsistencyFrom(uint64_t size1, const LeafSource& leaf) const;
  // Of one leaf; asks for the other leaves of its span.
  StatusOr<Path> Inclusion(uint64_t index, const LeafSource& leaf) const;
  // Root over the first size1 leaves; asks for leaves as ConsistencyFrom does.
  StatusOr<Digest> RootAt(uint64_t size1, const LeafSource& leaf) const;

 private:
  explicit TreeSpans(HashKind kind) : kind_(kind) {}
  Status TakeTail(const CompactRange& range);
  // Root over the leaves [begin, end), which RFC 6962 splits the tree into, or a beginning of it.
  StatusOr<Digest> HashOver(uint64_t begin, uint64_t end, const LeafSource& leaf) const;
  // The same where the tail's own subtrees give it.
  std::optional<Digest> TailHash(uint64_t begin, uint64_t end) const;

  HashKind kind_;
  uint64_t size_ = 0;
  std::vector<std::vector<Digest>> levels_;  // [0] = span roots, [n + 1] half as many
  std::vector<Digest> tail_;                 // of the range, below the span level
};

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_TREE_SPANS_H_
