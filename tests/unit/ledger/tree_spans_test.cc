#include "gateway/ledger/tree_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"

namespace tombolo::ledger {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kSpan = limits::kTreeSpan;

// A log with its spans, as whoever appends to it comes by them.
struct Log {
  Log(HashKind kind, size_t size) : range(kind) {
    Hasher hasher(kind);
    for (size_t i = 0; i < size; ++i) {
      leaves.push_back(hasher.Hash({"leaf ", std::to_string(i)}));
      range.Append(leaves.back(), &spans);
    }
  }
  // Notes which leaves were asked for.
  LeafSource source() {
    asked.clear();
    return [this](uint64_t i) -> StatusOr<Digest> {
      asked.push_back(i);
      return leaves.at(i);
    };
  }
  CompactRange range;
  std::string spans;
  std::vector<Digest> leaves;
  std::vector<uint64_t> asked;
};

// Around the edges of spans and of trees of spans.
std::vector<uint64_t> Sizes() {
  std::vector<uint64_t> sizes = {0, 1, 2, 3, 100};
  for (const uint64_t spans : {1, 2, 3, 4, 5, 7, 8}) {
    for (const int64_t off : {-1, 0, 1, 37}) sizes.push_back(spans * kSpan + off);
  }
  return sizes;
}

TEST(TreeSpans, AreTheRootsOfWholeSpans) {
  for (const HashKind kind : {HashKind::kSha256, HashKind::kSha384}) {
    for (const uint64_t size : {kSpan - 1, kSpan, kSpan + 1, 3 * kSpan - 1, 3 * kSpan}) {
      const Log log(kind, size);
      std::string want;
      for (uint64_t first = 0; first + kSpan <= size; first += kSpan) {
        const auto begin = log.leaves.begin() + static_cast<std::ptrdiff_t>(first);
        want += TreeHash(kind, {begin, begin + kSpan}).str();
      }
      EXPECT_EQ(log.spans, want) << size;
    }
  }
}

TEST(TreeSpans, PathsEqualThoseMadeOfAllLeaves) {
  std::mt19937 random(11);
  for (const HashKind kind : {HashKind::kSha256, HashKind::kSha384}) {
    for (const uint64_t size : Sizes()) {
      Log log(kind, size);
      ASSERT_OK_AND_ASSIGN(const TreeSpans tree, TreeSpans::Make(log.range, log.spans));
      ASSERT_EQ(tree.size(), size);
      for (int round = 0; round < 20; ++round) {
        const uint64_t size1 = random() % (size + 1);
        ASSERT_OK_AND_ASSIGN(const Path want, ConsistencyPath(kind, size1, size, log.source()));
        ASSERT_OK_AND_ASSIGN(const Path got, tree.ConsistencyFrom(size1, log.source()));
        ASSERT_EQ(got, want) << size1 << " to " << size;
        ASSERT_OK_AND_ASSIGN(const Digest root, tree.RootAt(size1, log.source()));
        const auto begin = log.leaves.begin();
        ASSERT_EQ(root, TreeHash(kind, {begin, begin + static_cast<std::ptrdiff_t>(size1)}));
        if (size1 == size) continue;
        ASSERT_OK_AND_ASSIGN(const Path leaf, InclusionPath(kind, size1, size, log.source()));
        ASSERT_OK_AND_ASSIGN(const Path quick, tree.Inclusion(size1, log.source()));
        ASSERT_EQ(quick, leaf) << size1 << " of " << size;
      }
    }
  }
}

TEST(TreeSpans, GrownSpansEqualThoseMadeAtOnce) {
  for (const uint64_t step : {1, 100, 255, 256, 700, 1500}) {
    Log log(HashKind::kSha256, 0);
    Hasher hasher(HashKind::kSha256);
    auto grown = TreeSpans::Make(log.range, "");
    ASSERT_OK(grown);
    while (log.leaves.size() < 6 * kSpan) {
      std::string more;
      for (uint64_t i = 0; i < step; ++i) {
        log.leaves.push_back(hasher.Hash({"leaf ", std::to_string(log.leaves.size())}));
        log.range.Append(log.leaves.back(), &more);
      }
      log.spans += more;
      ASSERT_OK(grown->Grow(log.range, more));
      if (step == 1 && log.leaves.size() % 97 != 0) continue;
      ASSERT_OK_AND_ASSIGN(const TreeSpans fresh, TreeSpans::Make(log.range, log.spans));
      const uint64_t size1 = log.leaves.size() * 2 / 3;
      ASSERT_OK_AND_ASSIGN(const Path want, fresh.ConsistencyFrom(size1, log.source()));
      ASSERT_OK_AND_ASSIGN(const Path got, grown->ConsistencyFrom(size1, log.source()));
      EXPECT_EQ(got, want) << step << " " << log.leaves.size();
    }
  }
  // What does not follow is refused.
  Log log(HashKind::kSha256, 300);
  ASSERT_OK_AND_ASSIGN(TreeSpans spans, TreeSpans::Make(log.range, log.spans));
  EXPECT_CODE(Code::STORE_CORRUPT, spans.Grow(Log(HashKind::kSha256, 600).range, ""));
  EXPECT_CODE(Code::STORE_CORRUPT, spans.Grow(Log(HashKind::kSha256, 100).range, ""));
}

TEST(TreeSpans, OnlyLeavesOfTheCutSpanAreRead) {
  std::mt19937 random(12);
  Log log(HashKind::kSha256, 7 * kSpan + 37);
  ASSERT_OK_AND_ASSIGN(const TreeSpans tree, TreeSpans::Make(log.range, log.spans));
  for (int round = 0; round < 200; ++round) {
    const uint64_t at = random() % (tree.size() + 1);
    const uint64_t span = at / kSpan;
    ASSERT_OK(tree.ConsistencyFrom(at, log.source()));
    for (const uint64_t leaf : log.asked) ASSERT_EQ(leaf / kSpan, span) << at;
    ASSERT_LE(log.asked.size(), kSpan);
    ASSERT_OK(tree.RootAt(at, log.source()));
    for (const uint64_t leaf : log.asked) ASSERT_EQ(leaf / kSpan, span) << at;
    if (at == tree.size()) continue;
    ASSERT_OK(tree.Inclusion(at, log.source()));
    for (const uint64_t leaf : log.asked) ASSERT_EQ(leaf / kSpan, span) << at;
  }
  for (const uint64_t at : {uint64_t{0}, kSpan, 3 * kSpan, 7 * kSpan, tree.size()}) {
    ASSERT_OK(tree.ConsistencyFrom(at, log.source()));
    EXPECT_TRUE(log.asked.empty()) << at;
    ASSERT_OK(tree.RootAt(at, log.source()));
    EXPECT_TRUE(log.asked.empty()) << at;
  }
}

TEST(TreeSpans, Refusals) {
  Log log(HashKind::kSha256, 3 * kSpan + 5);
  ASSERT_OK_AND_ASSIGN(const TreeSpans tree, TreeSpans::Make(log.range, log.spans));
  EXPECT_CODE(Code::INVALID_ARGUMENT, tree.ConsistencyFrom(tree.size() + 1, log.source()));
  EXPECT_CODE(Code::INVALID_ARGUMENT, tree.RootAt(tree.size() + 1, log.source()));
  EXPECT_CODE(Code::INVALID_ARGUMENT, tree.Inclusion(tree.size(), log.source()));
  const LeafSource broken = [](uint64_t) -> StatusOr<Digest> {
    return MakeError(Code::IO_ERROR, "no leaf today");
  };
  EXPECT_CODE(Code::IO_ERROR, tree.ConsistencyFrom(1, broken));
  EXPECT_CODE(Code::IO_ERROR, tree.Inclusion(1, broken));
  EXPECT_CODE(Code::IO_ERROR, tree.RootAt(1, broken));
}

TEST(TreeSpans, SpansOfAnotherLogAreRefused) {
  const Log log(HashKind::kSha256, 3 * kSpan + 5);
  for (const std::string& spans : {std::string(), log.spans.substr(1), log.spans.substr(32),
                                   log.spans + log.spans.substr(32), log.spans + "x"}) {
    EXPECT_CODE(Code::STORE_CORRUPT, TreeSpans::Make(log.range, spans));
  }
  for (const size_t place : {0u, 40u, 95u}) {
    std::string spans = log.spans;
    spans[place] ^= 1;
    const auto got = TreeSpans::Make(log.range, spans);
    ASSERT_CODE(Code::STORE_CORRUPT, got);
    EXPECT_THAT(Describe(got.status()), HasSubstr("backup"));
  }
}

}  // namespace
}  // namespace tombolo::ledger
