#include "gateway/ledger/merkle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "gateway/base/text.h"
#include "gateway/ledger/suite.h"
#include "tests/unit/ledger/reference.h"

namespace tombolo::ledger {
namespace {

using ::testing::HasSubstr;

constexpr HashKind kBothKinds[] = {HashKind::kSha256, HashKind::kSha384};

Digest LeafOf(HashKind kind, const std::string& data) {
  return Hasher(kind).Hash({std::string_view("\0", 1), data});
}

// The tree that Certificate Transparency's own tests are built on; leaves and roots as published.
const char* const kKnownLeaves[] = {"",
                                    "00",
                                    "10",
                                    "2021",
                                    "3031",
                                    "40414243",
                                    "5051525354555657",
                                    "606162636465666768696a6b6c6d6e6f"};
const char* const kKnownRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

reference::Data SomeData(size_t count) {
  std::mt19937 random(20260101);
  reference::Data data(count);
  for (std::string& leaf : data) {
    leaf.resize(random() % 40);
    for (char& c : leaf) c = static_cast<char>(random());
  }
  return data;
}

struct Log {
  Log(HashKind k, const reference::Data& data) : kind(k) {
    for (const std::string& d : data) leaves.push_back(LeafOf(kind, d));
  }
  LeafSource source() const {
    return [this](uint64_t i) -> StatusOr<Digest> { return leaves.at(i); };
  }
  HashKind kind;
  std::vector<Digest> leaves;
};

std::vector<std::string> Strings(const Path& path) {
  std::vector<std::string> out;
  for (const Digest& d : path) out.push_back(d.str());
  return out;
}

TEST(Merkle, PublishedTree) {
  CompactRange range(HashKind::kSha256);
  EXPECT_EQ(ToHex(range.Root().view()), kKnownRoots[0]);
  for (size_t i = 0; i < 8; ++i) {
    range.Append(LeafOf(HashKind::kSha256, *FromHex(kKnownLeaves[i])));
    EXPECT_EQ(ToHex(range.Root().view()), kKnownRoots[i + 1]) << i + 1 << " leaves";
  }
}

TEST(Merkle, RootsEqualTheReference) {
  for (const HashKind kind : kBothKinds) {
    const reference::Data data = SomeData(300);
    CompactRange range(kind);
    for (size_t n = 0; n <= data.size(); ++n) {
      ASSERT_EQ(range.Root().str(), reference::TreeHash(kind, data, 0, n)) << n;
      if (n < data.size()) range.Append(LeafOf(kind, data[n]));
    }
  }
}

TEST(Merkle, InclusionPathsEqualTheReferenceAndVerify) {
  std::mt19937 random(7);
  for (const HashKind kind : kBothKinds) {
    const reference::Data data = SomeData(300);
    const Log log(kind, data);
    for (size_t n = 1; n <= data.size(); n += 1 + n / 8) {
      const std::string root = reference::TreeHash(kind, data, 0, n);
      for (int round = 0; round < 12; ++round) {
        const size_t m = round == 0 ? 0 : round == 1 ? n - 1 : random() % n;
        const auto path = InclusionPath(kind, m, n, log.source());
        ASSERT_TRUE(path.ok());
        ASSERT_EQ(Strings(*path), reference::AuditPath(kind, m, data, 0, n)) << m << " of " << n;
        ASSERT_EQ(path->size(), InclusionPathLength(m, n));
        ASSERT_TRUE(VerifyInclusion(kind, log.leaves[m].view(), m, n, ViewsOf(*path), root).ok());
      }
    }
  }
}

TEST(Merkle, ConsistencyPathsEqualTheReferenceAndVerify) {
  std::mt19937 random(8);
  for (const HashKind kind : kBothKinds) {
    const reference::Data data = SomeData(300);
    const Log log(kind, data);
    for (size_t n = 1; n <= data.size(); n += 1 + n / 8) {
      const std::string root2 = reference::TreeHash(kind, data, 0, n);
      for (int round = 0; round < 12; ++round) {
        const size_t m = round == 0 ? 1 : round == 1 ? n : 1 + random() % n;
        const auto path = ConsistencyPath(kind, m, n, log.source());
        ASSERT_TRUE(path.ok());
        ASSERT_EQ(Strings(*path), reference::Subproof(kind, m, data, 0, n, true))
            << m << " to " << n;
        ASSERT_EQ(path->size(), ConsistencyPathLength(m, n));
        const std::string root1 = reference::TreeHash(kind, data, 0, m);
        ASSERT_TRUE(VerifyConsistency(kind, m, root1, n, root2, ViewsOf(*path)).ok())
            << m << " to " << n;
      }
    }
  }
}

// Every pair of small sizes, so that no shape of the walk is left out.
TEST(Merkle, EveryPairUpTo33) {
  const HashKind kind = HashKind::kSha256;
  const reference::Data data = SomeData(33);
  const Log log(kind, data);
  for (size_t n = 0; n <= 33; ++n) {
    const std::string root2 = reference::TreeHash(kind, data, 0, n);
    for (size_t m = 0; m <= n; ++m) {
      const std::string root1 = reference::TreeHash(kind, data, 0, m);
      const auto path = ConsistencyPath(kind, m, n, log.source());
      ASSERT_TRUE(path.ok());
      ASSERT_TRUE(VerifyConsistency(kind, m, root1, n, root2, ViewsOf(*path)).ok())
          << m << " to " << n;
      if (m == n) continue;
      const auto inclusion = InclusionPath(kind, m, n, log.source());
      ASSERT_TRUE(
          VerifyInclusion(kind, log.leaves[m].view(), m, n, ViewsOf(*inclusion), root2).ok());
    }
  }
}

TEST(Merkle, NoDamagedInclusionPathVerifies) {
  const HashKind kind = HashKind::kSha256;
  const reference::Data data = SomeData(40);
  const Log log(kind, data);
  for (size_t n = 1; n <= 40; ++n) {
    const std::string root = reference::TreeHash(kind, data, 0, n);
    for (size_t m = 0; m < n; ++m) {
      const Path good = *InclusionPath(kind, m, n, log.source());
      const std::string leaf = log.leaves[m].str();
      const auto verify = [&](const std::string& l, uint64_t i, uint64_t s, const Path& p,
                              const std::string& r) {
        return VerifyInclusion(kind, l, i, s, ViewsOf(p), r).ok();
      };
      ASSERT_TRUE(verify(leaf, m, n, good, root));
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(verify(leaf, i, n, good, root), i == m);
      for (size_t bit = 0; bit < 8; ++bit) {
        std::string other = leaf;
        other[bit * 4 % 32] ^= static_cast<char>(1 << bit);
        ASSERT_FALSE(verify(other, m, n, good, root));
        std::string other_root = root;
        other_root[bit * 4 % 32] ^= static_cast<char>(1 << bit);
        ASSERT_FALSE(verify(leaf, m, n, good, other_root));
      }
      for (size_t k = 0; k < good.size(); ++k) {
        Path bad = good;
        bad[k].bytes[k % 32] ^= 1;
        ASSERT_FALSE(verify(leaf, m, n, bad, root)) << "flipped hash " << k;
        bad = good;
        bad.erase(bad.begin() + static_cast<long>(k));
        ASSERT_FALSE(verify(leaf, m, n, bad, root)) << "dropped hash " << k;
        bad = good;
        bad.insert(bad.begin() + static_cast<long>(k), good[k]);
        ASSERT_FALSE(verify(leaf, m, n, bad, root)) << "doubled hash " << k;
      }
      Path longer = good;
      longer.push_back(log.leaves[0]);
      ASSERT_FALSE(verify(leaf, m, n, longer, root));
      ASSERT_FALSE(verify(leaf, n, n, good, root)) << "index outside";
    }
  }
}

TEST(Merkle, NoDamagedConsistencyPathVerifies) {
  const HashKind kind = HashKind::kSha256;
  const reference::Data data = SomeData(24);
  const Log log(kind, data);
  for (size_t n = 2; n <= 24; ++n) {
    const std::string root2 = reference::TreeHash(kind, data, 0, n);
    for (size_t m = 1; m < n; ++m) {
      const std::string root1 = reference::TreeHash(kind, data, 0, m);
      const Path good = *ConsistencyPath(kind, m, n, log.source());
      const auto verify = [&](const std::string& r1, const std::string& r2, const Path& p) {
        return VerifyConsistency(kind, m, r1, n, r2, ViewsOf(p)).ok();
      };
      ASSERT_TRUE(verify(root1, root2, good));
      ASSERT_FALSE(verify(root2, root2, good));
      ASSERT_FALSE(verify(root2, root1, good));
      ASSERT_FALSE(verify(root1, root1, good));
      for (size_t k = 0; k < good.size(); ++k) {
        Path bad = good;
        bad[k].bytes[31 - k % 32] ^= static_cast<char>(0x80);
        ASSERT_FALSE(verify(root1, root2, bad));
        bad = good;
        bad.erase(bad.begin() + static_cast<long>(k));
        ASSERT_FALSE(verify(root1, root2, bad));
        bad = good;
        bad.insert(bad.begin() + static_cast<long>(k), good[k]);
        ASSERT_FALSE(verify(root1, root2, bad));
      }
    }
  }
}

TEST(Merkle, ErrorsSayGotAndWant) {
  const HashKind kind = HashKind::kSha256;
  const Log log(kind, SomeData(5));
  const std::string leaf = log.leaves[2].str();
  const std::string root = TreeHash(kind, log.leaves).str();
  const Path path = *InclusionPath(kind, 2, 5, log.source());
  std::vector<std::string_view> views = ViewsOf(path);
  Status status = VerifyInclusion(kind, leaf, 5, 5, views, root);
  EXPECT_EQ(CodeOf(status), Code::PROOF_INVALID);
  EXPECT_THAT(Describe(status), HasSubstr("got 5, want less than 5"));
  EXPECT_THAT(Describe(VerifyInclusion(kind, leaf, 0, 0, {}, root)), HasSubstr("less than 0"));
  EXPECT_THAT(Describe(VerifyInclusion(kind, leaf.substr(1), 2, 5, views, root)),
              HasSubstr("the leaf has a wrong size: got 31 bytes, want 32"));
  EXPECT_THAT(Describe(VerifyInclusion(kind, leaf, 2, 5, views, root + "x")),
              HasSubstr("the root has a wrong size: got 33 bytes, want 32"));
  EXPECT_THAT(Describe(VerifyInclusion(kind, leaf, 4, 5, views, root)),
              HasSubstr("wrong number of hashes: got 3, want 1"));
  views[1] = views[1].substr(0, 16);
  EXPECT_THAT(Describe(VerifyInclusion(kind, leaf, 2, 5, views, root)),
              HasSubstr("hash 2 of the path has a wrong size: got 16 bytes, want 32"));
  EXPECT_THAT(Describe(VerifyInclusion(kind, leaf, 2, 5, ViewsOf(path), leaf)),
              HasSubstr("does not lead to the root: got " + ToHex(root) + ", want " + ToHex(leaf)));
  EXPECT_THAT(Describe(VerifyConsistency(kind, 5, root, 4, root, {})),
              HasSubstr("got 4 leaves, want at least 5"));
}

TEST(Merkle, ConsistencyWithTheEmptyLog) {
  const HashKind kind = HashKind::kSha256;
  const std::string empty = Hasher(kind).Finish().str();
  const std::string other(32, 'x');
  EXPECT_TRUE(VerifyConsistency(kind, 0, empty, 0, empty, {}).ok());
  EXPECT_TRUE(VerifyConsistency(kind, 0, empty, 9, other, {}).ok());
  EXPECT_FALSE(VerifyConsistency(kind, 0, other, 9, other, {}).ok());
  EXPECT_FALSE(VerifyConsistency(kind, 0, empty, 0, other, {}).ok());
  EXPECT_FALSE(VerifyConsistency(kind, 0, empty, 9, other, {other}).ok());
}

// Sizes as nobody stores them must neither crash nor loop.
TEST(Merkle, HugeSizes) {
  const HashKind kind = HashKind::kSha256;
  const std::string h(32, 'h');
  EXPECT_EQ(InclusionPathLength(0, UINT64_MAX), 64u);
  EXPECT_EQ(InclusionPathLength(UINT64_MAX - 1, UINT64_MAX), 63u);
  const std::vector<std::string_view> path(64, h);
  EXPECT_FALSE(VerifyInclusion(kind, h, 0, UINT64_MAX, path, h).ok());
  EXPECT_FALSE(VerifyConsistency(kind, UINT64_MAX - 1, h, UINT64_MAX, h, path).ok());
  EXPECT_FALSE(VerifyConsistency(kind, uint64_t{1} << 63, h, UINT64_MAX, h, path).ok());
}

TEST(Merkle, PathsOfWhatIsNotThere) {
  const Log log(HashKind::kSha256, SomeData(3));
  EXPECT_EQ(CodeOf(InclusionPath(log.kind, 3, 3, log.source()).status()), Code::INVALID_ARGUMENT);
  EXPECT_EQ(CodeOf(InclusionPath(log.kind, 0, 0, log.source()).status()), Code::INVALID_ARGUMENT);
  EXPECT_EQ(CodeOf(ConsistencyPath(log.kind, 4, 3, log.source()).status()), Code::INVALID_ARGUMENT);
  const LeafSource broken = [](uint64_t) -> StatusOr<Digest> {
    return MakeError(Code::STORE_CORRUPT, "gone");
  };
  EXPECT_EQ(CodeOf(InclusionPath(log.kind, 0, 3, broken).status()), Code::STORE_CORRUPT);
  EXPECT_EQ(CodeOf(ConsistencyPath(log.kind, 2, 3, broken).status()), Code::STORE_CORRUPT);
}

TEST(CompactRange, GoesOnAfterBeingStored) {
  for (const HashKind kind : kBothKinds) {
    const Log log(kind, SomeData(70));
    CompactRange whole(kind);
    for (size_t n = 0; n < log.leaves.size(); ++n) {
      auto parsed = CompactRange::Parse(kind, whole.Serialise());
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      EXPECT_EQ(parsed->size(), n);
      EXPECT_EQ(parsed->Root(), whole.Root());
      EXPECT_EQ(parsed->Serialise(), whole.Serialise());
      whole.Append(log.leaves[n]);
      parsed->Append(log.leaves[n]);
      EXPECT_EQ(parsed->Root(), whole.Root());
    }
  }
}

TEST(CompactRange, RefusesWhatItWouldNotWrite) {
  const HashKind kind = HashKind::kSha256;
  CompactRange range(kind);
  for (const Digest& leaf : Log(kind, SomeData(5)).leaves) range.Append(leaf);
  const std::string good = range.Serialise();
  ASSERT_TRUE(CompactRange::Parse(kind, good).ok());
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(CodeOf(CompactRange::Parse(kind, good.substr(0, cut)).status()), Code::STORE_CORRUPT);
  }
  EXPECT_FALSE(CompactRange::Parse(kind, good + "x").ok());
  EXPECT_FALSE(CompactRange::Parse(HashKind::kSha384, good).ok());
  std::string other = good;
  other[0] = 48;
  EXPECT_FALSE(CompactRange::Parse(kind, other).ok());
  other = good;
  other[8] = 7;  // the size's last byte: 7 leaves have three subtrees, not two
  EXPECT_FALSE(CompactRange::Parse(kind, other).ok());
}

}  // namespace
}  // namespace tombolo::ledger
