#include "gateway/ledger/tree_spans.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/suite.h"

namespace tombolo::ledger {
namespace {

constexpr uint64_t kSpan = limits::kTreeSpan;
constexpr int kSpanLevel = std::countr_zero(kSpan);
static_assert(std::has_single_bit(kSpan), "a span is a perfect subtree");

// The k of RFC 6962: the largest power of two smaller than `size`; size > 1.
uint64_t SplitOf(uint64_t size) { return std::bit_floor(size - 1); }

Status Corrupt(uint64_t leaves, std::string_view what) {
  return MakeError(Code::STORE_CORRUPT,
                   absl::StrCat("the stored inner nodes of a log of ", leaves, " leaves ",
                                std::string(what), "; restore the store from a backup"));
}

// The nodes above `level` that are not there yet.
void HashAbove(Hasher* hasher, const std::vector<Digest>& level, std::vector<Digest>* above) {
  for (size_t i = 2 * above->size(); i + 1 < level.size(); i += 2) {
    above->push_back(NodeHash(hasher, level[i].view(), level[i + 1].view()));
  }
}

}  // namespace

StatusOr<TreeSpans> TreeSpans::Make(const CompactRange& range, std::string_view spans) {
  TreeSpans tree(range.kind());
  RETURN_IF_ERROR(tree.Grow(range, spans));
  return tree;
}

Status TreeSpans::Grow(const CompactRange& range, std::string_view spans) {
  const size_t hash_bytes = DigestBytes(kind_);
  const size_t known = levels_.empty() ? 0 : levels_[0].size();
  if (range.kind() != kind_ || range.size() < size_ || spans.size() % hash_bytes != 0 ||
      known + spans.size() / hash_bytes != range.size() / kSpan) {
    return Corrupt(range.size(), absl::StrCat("have ", spans.size(), " bytes"));
  }
  if (levels_.empty() && !spans.empty()) levels_.emplace_back();
  for (; !spans.empty(); spans.remove_prefix(hash_bytes)) {
    levels_[0].push_back(*DigestFrom(kind_, spans.substr(0, hash_bytes)));
  }
  Hasher hasher(kind_);
  for (size_t i = 0; i < levels_.size(); ++i) {
    if (levels_[i].size() < 2) break;
    if (i + 1 == levels_.size()) levels_.emplace_back();
    HashAbove(&hasher, levels_[i], &levels_[i + 1]);
  }
  size_ = range.size();
  return TakeTail(range);
}

// The range knows the widest subtrees itself, so spans of another log do not pass for its own.
Status TreeSpans::TakeTail(const CompactRange& range) {
  const std::vector<Digest>& nodes = range.nodes();
  size_t next = 0;
  uint64_t begin = 0;
  for (uint64_t left = range.size(); left >= kSpan; left -= std::bit_floor(left)) {
    const int height = std::bit_width(left) - 1;
    if (!(levels_[height - kSpanLevel][begin >> height] == nodes[next++])) {
      return Corrupt(range.size(), "are those of another log");
    }
    begin += std::bit_floor(left);
  }
  tail_.assign(nodes.begin() + static_cast<std::ptrdiff_t>(next), nodes.end());
  return absl::OkStatus();
}

std::optional<Digest> TreeSpans::TailHash(uint64_t begin, uint64_t end) const {
  // The tail's subtrees stand side by side, each as wide as a bit of the size, widest first.
  Hasher hasher(kind_);
  std::vector<Digest> within;
  uint64_t at = size_ - size_ % kSpan;
  for (size_t i = 0; i < tail_.size() && at < end; ++i) {
    const uint64_t width = std::bit_floor(size_ - at);
    if (at >= begin) {
      if (within.empty() && at != begin) return std::nullopt;
      within.push_back(tail_[i]);
    }
    at += width;
  }
  if (within.empty() || at != end) return std::nullopt;
  Digest root = within.back();
  for (size_t i = within.size() - 1; i > 0; --i) {
    root = NodeHash(&hasher, within[i - 1].view(), root.view());
  }
  return root;
}

StatusOr<Digest> TreeSpans::HashOver(uint64_t begin, uint64_t end, const LeafSource& leaf) const {
  const uint64_t width = end - begin;
  if (width >= kSpan && std::has_single_bit(width)) {
    const int height = std::countr_zero(width);
    return levels_[height - kSpanLevel][begin >> height];
  }
  if (width > kSpan) {
    const uint64_t middle = begin + SplitOf(width);
    ASSIGN_OR_RETURN(const Digest left, HashOver(begin, middle, leaf));
    ASSIGN_OR_RETURN(const Digest right, HashOver(middle, end, leaf));
    Hasher hasher(kind_);
    return NodeHash(&hasher, left.view(), right.view());
  }
  if (const std::optional<Digest> known = TailHash(begin, end); known.has_value()) return *known;
  CompactRange range(kind_);
  for (uint64_t i = begin; i < end; ++i) {
    ASSIGN_OR_RETURN(const Digest digest, leaf(i));
    range.Append(digest);
  }
  return range.Root();
}

StatusOr<Path> TreeSpans::ConsistencyFrom(uint64_t size1, const LeafSource& leaf) const {
  if (size1 > size_) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("a log of ", size_, " leaves has no beginning of ", size1));
  }
  Path path;
  if (size1 == 0 || size1 == size_) return path;
  uint64_t begin = 0, end = size_;
  // As ConsistencyPath: down to the subtree that ends where the first log ended.
  while (end != size1) {
    const uint64_t middle = begin + SplitOf(end - begin);
    const bool left = size1 <= middle;
    ASSIGN_OR_RETURN(const Digest sibling,
                     HashOver(left ? middle : begin, left ? end : middle, leaf));
    path.push_back(sibling);
    (left ? end : begin) = middle;
  }
  if (begin > 0) {
    ASSIGN_OR_RETURN(const Digest seed, HashOver(begin, end, leaf));
    path.push_back(seed);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

StatusOr<Path> TreeSpans::Inclusion(uint64_t index, const LeafSource& leaf) const {
  if (index >= size_) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("no leaf ", index, " in a log of ", size_, " leaves"));
  }
  Path path;
  for (uint64_t begin = 0, end = size_; end - begin > 1;) {
    const uint64_t middle = begin + SplitOf(end - begin);
    const bool left = index < middle;
    ASSIGN_OR_RETURN(const Digest sibling,
                     HashOver(left ? middle : begin, left ? end : middle, leaf));
    path.push_back(sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

StatusOr<Digest> TreeSpans::RootAt(uint64_t size1, const LeafSource& leaf) const {
  if (size1 > size_) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat("a log of ", size_, " leaves has no beginning of ", size1));
  }
  return HashOver(0, size1, leaf);
}

}  // namespace tombolo::ledger
