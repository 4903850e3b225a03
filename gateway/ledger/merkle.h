// Merkle logs: appending, roots, paths that show membership and that a log only grew.
//
// RFC 6962 section 2.1 (tree), 2.1.1 (inclusion), 2.1.2 (consistency); the verification procedures
// are those of RFC 9162 sections 2.1.3.2 and 2.1.4.2. Leaves are given as hashes, already with the
// 0x00 prefix (EntryHasher::Leaf). Indexes count from 0; an entry with number `seq` has index
// seq - 1.
// Ownership: values. Thread-safety: one thread per CompactRange; the functions are pure.
// Errors: INVALID_ARGUMENT for what cannot be asked, PROOF_INVALID for a proof that does not hold
// (sizes are checked before anything is hashed), STORE_CORRUPT for a stored range that is not
// canonical.
#ifndef TOMBOLO_GATEWAY_LEDGER_MERKLE_H_
#define TOMBOLO_GATEWAY_LEDGER_MERKLE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/hash.h"

namespace tombolo::ledger {

// The state from which a log goes on growing: the roots of its perfect subtrees, left to right.
// Appending costs one node hash on average; the state is at most 64 hashes.
class CompactRange {
 public:
  explicit CompactRange(HashKind kind) : hasher_(kind) {}
  HashKind kind() const { return hasher_.kind(); }
  uint64_t size() const { return size_; }

  // `leaf` must have the kind's size. Where a subtree of limits::kTreeSpan leaves becomes complete,
  // its root is appended to `*spans`, if given.
  void Append(const Digest& leaf, std::string* spans = nullptr);
  // Roots of the perfect subtrees, one per set bit of size, widest first.
  const std::vector<Digest>& nodes() const { return nodes_; }
  // The tree's root; for an empty log the hash of the empty string.
  Digest Root() const;

  // hash length u8, size u64, then one hash per set bit of size, widest subtree first.
  std::string Serialise() const;
  static StatusOr<CompactRange> Parse(HashKind kind, std::string_view bytes);

 private:
  uint64_t size_ = 0;
  std::vector<Digest> nodes_;
  Hasher hasher_;
};

// H(0x01 || left || right); both of a digest's size.
Digest NodeHash(Hasher* hasher, std::string_view left, std::string_view right);
// The root over all leaves.
Digest TreeHash(HashKind kind, const std::vector<Digest>& leaves);

// Gives the hash of leaf `index`; an error ends the work and is handed on.
using LeafSource = std::function<StatusOr<Digest>(uint64_t index)>;
using Path = std::vector<Digest>;  // sibling hashes, from the leaf towards the root

// The path of leaf `index` in the tree over the first `size` leaves. Reads every leaf but that one.
StatusOr<Path> InclusionPath(HashKind kind, uint64_t index, uint64_t size, const LeafSource& leaf);
// That the tree over `size1` leaves is the beginning of the one over `size2`. Empty where size1 is
// 0 or equal to size2.
StatusOr<Path> ConsistencyPath(HashKind kind, uint64_t size1, uint64_t size2,
                               const LeafSource& leaf);

// The number of hashes that such a path has. index < size; 0 < size1 <= size2.
size_t InclusionPathLength(uint64_t index, uint64_t size);
size_t ConsistencyPathLength(uint64_t size1, uint64_t size2);

// The root that a path leads to.
StatusOr<Digest> RootFromInclusion(HashKind kind, std::string_view leaf, uint64_t index,
                                   uint64_t size, const std::vector<std::string_view>& path);
Status VerifyInclusion(HashKind kind, std::string_view leaf, uint64_t index, uint64_t size,
                       const std::vector<std::string_view>& path, std::string_view root);
Status VerifyConsistency(HashKind kind, uint64_t size1, std::string_view root1, uint64_t size2,
                         std::string_view root2, const std::vector<std::string_view>& path);

// Views of owned hashes, for the three functions above.
std::vector<std::string_view> ViewsOf(const Path& path);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_MERKLE_H_
