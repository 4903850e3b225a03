#include "gateway/ledger/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/bytes.h"
#include "gateway/ledger/suite.h"

namespace tombolo::ledger {
namespace {

// The largest power of two smaller than `size`; size > 1. The k of RFC 6962.
uint64_t SplitOf(uint64_t size) { return std::bit_floor(size - 1); }

// Where the path of `index` stops being bounded by complete subtrees on both sides.
int InnerLength(uint64_t index, uint64_t size) { return std::bit_width(index ^ (size - 1)); }

StatusOr<Digest> RangeHash(HashKind kind, uint64_t begin, uint64_t end, const LeafSource& leaf) {
  CompactRange range(kind);
  for (uint64_t i = begin; i < end; ++i) {
    ASSIGN_OR_RETURN(const Digest digest, leaf(i));
    range.Append(digest);
  }
  return range.Root();
}

Status CheckSizes(HashKind kind, const std::vector<std::string_view>& path, size_t want) {
  if (path.size() != want) {
    return MakeError(
        Code::PROOF_INVALID,
        absl::StrCat("the path has a wrong number of hashes: got ", path.size(), ", want ", want));
  }
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i].size() != DigestBytes(kind)) {
      return MakeError(Code::PROOF_INVALID,
                       absl::StrCat("hash ", i + 1, " of the path has a wrong size: got ",
                                    path[i].size(), " bytes, want ", DigestBytes(kind)));
    }
  }
  return absl::OkStatus();
}

Status CheckHashSize(HashKind kind, std::string_view what, std::string_view hash) {
  if (hash.size() == DigestBytes(kind)) return absl::OkStatus();
  return MakeError(Code::PROOF_INVALID,
                   absl::StrCat(ToAbsl(what), " has a wrong size: got ", hash.size(),
                                " bytes, want ", DigestBytes(kind)));
}

Status CheckRoot(std::string_view what, std::string_view got, std::string_view want) {
  if (got == want) return absl::OkStatus();
  return MakeError(Code::PROOF_INVALID, absl::StrCat("the path does not lead to ", ToAbsl(what),
                                                     ": got ", ToHex(got), ", want ", ToHex(want)));
}

// One step of the procedure of RFC 9162 section 2.1.4.2, which rebuilds both roots at once.
class ConsistencyWalk {
 public:
  ConsistencyWalk(HashKind kind, uint64_t size1, uint64_t size2, std::string_view seed)
      : hasher_(kind), first_(size1 - 1), second_(size2 - 1) {
    const int shift = std::countr_one(first_);
    first_ >>= shift;
    second_ >>= shift;
    root1_ = root2_ = *DigestFrom(kind, seed);
  }

  void Step(std::string_view sibling) {
    if ((first_ & 1) != 0 || first_ == second_) {
      root1_ = NodeHash(&hasher_, sibling, root1_.view());
      root2_ = NodeHash(&hasher_, sibling, root2_.view());
      while ((first_ & 1) == 0 && first_ != 0) Up();
    } else {
      root2_ = NodeHash(&hasher_, root2_.view(), sibling);
    }
    Up();
  }

  const Digest& root1() const { return root1_; }
  const Digest& root2() const { return root2_; }

 private:
  void Up() {
    first_ >>= 1;
    second_ >>= 1;
  }

  Hasher hasher_;
  uint64_t first_, second_;
  Digest root1_, root2_;
};

}  // namespace

Digest NodeHash(Hasher* hasher, std::string_view left, std::string_view right) {
  // Fed in one piece: three short updates cost a fifth of the hash itself.
  assert(left.size() <= kDigestBytesMax && right.size() <= kDigestBytesMax);
  std::array<char, 1 + 2 * kDigestBytesMax> input;
  input[0] = 1;
  char* const end =
      std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), input.data() + 1));
  hasher->Reset();
  hasher->Update({input.data(), static_cast<size_t>(end - input.data())});
  return hasher->Finish();
}

void CompactRange::Append(const Digest& leaf, std::string* spans) {
  assert(leaf.size == DigestBytes(kind()));
  // As in a binary counter: every 1 bit at the end of the size is a subtree as wide as the new one.
  Digest node = leaf;
  uint64_t width = 1;
  for (uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    node = NodeHash(&hasher_, nodes_.back().view(), node.view());
    nodes_.pop_back();
    width *= 2;
    if (width == limits::kTreeSpan && spans != nullptr) spans->append(node.view());
  }
  nodes_.push_back(node);
  ++size_;
}

Digest CompactRange::Root() const {
  Hasher hasher(kind());
  if (nodes_.empty()) return hasher.Finish();
  Digest root = nodes_.back();
  for (size_t i = nodes_.size() - 1; i > 0; --i) {
    root = NodeHash(&hasher, nodes_[i - 1].view(), root.view());
  }
  return root;
}

std::string CompactRange::Serialise() const {
  std::string out;
  AppendU8(&out, static_cast<uint8_t>(DigestBytes(kind())));
  AppendU64(&out, size_);
  for (const Digest& node : nodes_) out.append(node.view());
  return out;
}

StatusOr<CompactRange> CompactRange::Parse(HashKind kind, std::string_view bytes) {
  ByteReader in(bytes);
  CompactRange range(kind);
  const uint8_t hash_bytes = in.U8();
  range.size_ = in.U64();
  const size_t want = in.ok() ? std::popcount(range.size_) * DigestBytes(kind) : 0;
  if (!in.ok() || hash_bytes != DigestBytes(kind) || in.left() != want) {
    return MakeError(Code::STORE_CORRUPT,
                     absl::StrCat("a stored Merkle range of ", bytes.size(),
                                  " bytes is not canonical; restore the store from a backup"));
  }
  while (in.left() > 0) range.nodes_.push_back(*DigestFrom(kind, in.Take(hash_bytes)));
  return range;
}

Digest TreeHash(HashKind kind, const std::vector<Digest>& leaves) {
  CompactRange range(kind);
  for (const Digest& leaf : leaves) range.Append(leaf);
  return range.Root();
}

StatusOr<Path> InclusionPath(HashKind kind, uint64_t index, uint64_t size, const LeafSource& leaf) {
  if (index >= size) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("no leaf ", index, " in a log of ", size, " leaves"));
  }
  Path path;
  for (uint64_t begin = 0, end = size; end - begin > 1;) {
    const uint64_t middle = begin + SplitOf(end - begin);
    const bool left = index < middle;
    ASSIGN_OR_RETURN(const Digest sibling,
                     RangeHash(kind, left ? middle : begin, left ? end : middle, leaf));
    path.push_back(sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

StatusOr<Path> ConsistencyPath(HashKind kind, uint64_t size1, uint64_t size2,
                               const LeafSource& leaf) {
  if (size1 > size2) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("a log of ", size2, " leaves has no beginning of ", size1));
  }
  Path path;
  if (size1 == 0 || size1 == size2) return path;
  uint64_t begin = 0, end = size2;
  // Down to the subtree that ends where the first log ended.
  while (end != size1) {
    const uint64_t middle = begin + SplitOf(end - begin);
    const bool left = size1 <= middle;
    ASSIGN_OR_RETURN(const Digest sibling,
                     RangeHash(kind, left ? middle : begin, left ? end : middle, leaf));
    path.push_back(sibling);
    (left ? end : begin) = middle;
  }
  if (begin > 0) {
    ASSIGN_OR_RETURN(const Digest seed, RangeHash(kind, begin, end, leaf));
    path.push_back(seed);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

size_t InclusionPathLength(uint64_t index, uint64_t size) {
  const int inner = InnerLength(index, size);
  return inner + (inner < 64 ? std::popcount(index >> inner) : 0);
}

size_t ConsistencyPathLength(uint64_t size1, uint64_t size2) {
  if (size1 == size2) return 0;
  const size_t seed = std::has_single_bit(size1) ? 0 : 1;
  return seed + InclusionPathLength(size1 - 1, size2) - std::countr_zero(size1);
}

StatusOr<Digest> RootFromInclusion(HashKind kind, std::string_view leaf, uint64_t index,
                                   uint64_t size, const std::vector<std::string_view>& path) {
  if (index >= size) {
    return MakeError(Code::PROOF_INVALID,
                     absl::StrCat("the leaf's index lies outside the log: got ", index,
                                  ", want less than ", size));
  }
  RETURN_IF_ERROR(CheckHashSize(kind, "the leaf", leaf));
  RETURN_IF_ERROR(CheckSizes(kind, path, InclusionPathLength(index, size)));
  Hasher hasher(kind);
  Digest root = *DigestFrom(kind, leaf);
  uint64_t node = index, last = size - 1;
  for (const std::string_view sibling : path) {
    if ((node & 1) != 0 || node == last) {
      root = NodeHash(&hasher, sibling, root.view());
      while ((node & 1) == 0 && node != 0) node >>= 1, last >>= 1;
    } else {
      root = NodeHash(&hasher, root.view(), sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return root;
}

Status VerifyInclusion(HashKind kind, std::string_view leaf, uint64_t index, uint64_t size,
                       const std::vector<std::string_view>& path, std::string_view root) {
  RETURN_IF_ERROR(CheckHashSize(kind, "the root", root));
  ASSIGN_OR_RETURN(const Digest got, RootFromInclusion(kind, leaf, index, size, path));
  return CheckRoot("the root", got.view(), root);
}

Status VerifyConsistency(HashKind kind, uint64_t size1, std::string_view root1, uint64_t size2,
                         std::string_view root2, const std::vector<std::string_view>& path) {
  if (size1 > size2) {
    return MakeError(Code::PROOF_INVALID, absl::StrCat("the later log is shorter: got ", size2,
                                                       " leaves, want at least ", size1));
  }
  RETURN_IF_ERROR(CheckHashSize(kind, "the earlier root", root1));
  RETURN_IF_ERROR(CheckHashSize(kind, "the later root", root2));
  const bool trivial = size1 == 0 || size1 == size2;
  RETURN_IF_ERROR(CheckSizes(kind, path, trivial ? 0 : ConsistencyPathLength(size1, size2)));
  if (size1 == 0) {
    RETURN_IF_ERROR(CheckRoot("the earlier root", Hasher(kind).Finish().view(), root1));
  }
  if (size1 == size2) return CheckRoot("the later root", root1, root2);
  if (size1 == 0) return absl::OkStatus();
  const bool seeded = std::has_single_bit(size1);
  ConsistencyWalk walk(kind, size1, size2, seeded ? root1 : path.front());
  for (size_t i = seeded ? 0 : 1; i < path.size(); ++i) walk.Step(path[i]);
  RETURN_IF_ERROR(CheckRoot("the earlier root", walk.root1().view(), root1));
  return CheckRoot("the later root", walk.root2().view(), root2);
}

std::vector<std::string_view> ViewsOf(const Path& path) {
  std::vector<std::string_view> views;
  for (const Digest& digest : path) views.push_back(digest.view());
  return views;
}

}  // namespace tombolo::ledger
