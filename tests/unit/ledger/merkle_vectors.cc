#include <boost/json/array.hpp>

#include "gateway/base/text.h"
#include "gateway/ledger/merkle.h"
#include "gateway/ledger/suite.h"
#include "tests/unit/ledger/fixture.h"
#include "tests/unit/ledger/reference.h"
#include "tests/unit/ledger/vectors.h"

namespace tombolo::ledger {
namespace {

using boost::json::array;
using boost::json::object;

// The leaves of the tree that Certificate Transparency's tests use.
reference::Data KnownLeaves() {
  reference::Data out;
  for (const char* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"}) {
    out.push_back(*FromHex(hex));
  }
  return out;
}

array HexList(const std::vector<std::string>& values) {
  array out;
  for (const std::string& value : values) out.emplace_back(Hex(value));
  return out;
}

struct Inclusion {
  std::string leaf, root;
  uint64_t index, size;
  std::vector<std::string> path;
  object Keys() const {
    return {{"leaf_hash", Hex(leaf)},
            {"index", index},
            {"size", size},
            {"path", HexList(path)},
            {"root", Hex(root)}};
  }
};

Inclusion MakeInclusion(HashKind kind, uint64_t index, uint64_t size) {
  const reference::Data data = KnownLeaves();
  return {reference::TreeHash(kind, data, index, index + 1),
          reference::TreeHash(kind, data, 0, size), index, size,
          reference::AuditPath(kind, index, data, 0, size)};
}

struct Consistency {
  uint64_t size1, size2;
  std::string root1, root2;
  std::vector<std::string> path;
  object Keys() const {
    return {{"size1", size1},
            {"root1", Hex(root1)},
            {"size2", size2},
            {"root2", Hex(root2)},
            {"path", HexList(path)}};
  }
};

Consistency MakeConsistency(HashKind kind, uint64_t size1, uint64_t size2) {
  const reference::Data data = KnownLeaves();
  std::vector<std::string> path;
  if (size1 > 0) path = reference::Subproof(kind, size1, data, 0, size2, true);
  return {size1, size2, reference::TreeHash(kind, data, 0, size1),
          reference::TreeHash(kind, data, 0, size2), path};
}

void AddRoots(const VectorSet& set) {
  const reference::Data data = KnownLeaves();
  const auto keys = [&](HashKind kind, size_t size) -> object {
    return {
        {"leaves", HexList(reference::Data(data.begin(), data.begin() + static_cast<long>(size)))},
        {"root", Hex(reference::TreeHash(kind, data, 0, size))}};
  };
  for (const size_t size : {0, 1, 2, 3, 5, 7, 8}) {
    set.Valid(1, "leaves-" + std::to_string(size), keys(HashKind::kSha256, size));
  }
  set.Valid(3, "sha384", keys(HashKind::kSha384, 8));
  object bad = keys(HashKind::kSha256, 7);
  bad["leaves"].as_array().pop_back();
  set.Damaged(1, "leaf-dropped", bad);
  bad = keys(HashKind::kSha256, 7);
  bad["leaves"].as_array().emplace_back("");
  set.Damaged(1, "leaf-added", bad);
  bad = keys(HashKind::kSha256, 8);
  bad["leaves"].as_array()[2].swap(bad["leaves"].as_array()[3]);
  set.Damaged(1, "leaves-swapped", bad);
  bad = keys(HashKind::kSha256, 8);
  bad["leaves"].as_array()[0] = "00";
  set.Damaged(1, "leaf-changed", bad);
  bad = keys(HashKind::kSha256, 0);
  bad["root"] = std::string(64, '0');
  set.Damaged(1, "empty-tree-zero-root", bad);
  bad = keys(HashKind::kSha384, 8);
  set.Damaged(1, "root-of-the-other-hash", bad);
}

void AddInclusions(const VectorSet& set) {
  const HashKind kind = HashKind::kSha256;
  for (const auto& [index, size] : {std::pair{0, 1}, {0, 8}, {5, 8}, {2, 3}, {4, 5}, {6, 7}}) {
    set.Valid(1, std::to_string(index) + "-of-" + std::to_string(size),
              MakeInclusion(kind, index, size).Keys());
  }
  set.Valid(3, "sha384", MakeInclusion(HashKind::kSha384, 3, 7).Keys());
  const Inclusion good = MakeInclusion(kind, 5, 8);
  const auto damaged = [&](std::string_view name, auto change) {
    Inclusion bad = good;
    change(&bad);
    set.Damaged(1, name, bad.Keys());
  };
  damaged("leaf-bit", [](Inclusion* p) { p->leaf[0] ^= 1; });
  damaged("leaf-short", [](Inclusion* p) { p->leaf.pop_back(); });
  damaged("root-bit", [](Inclusion* p) { p->root[31] ^= 1; });
  damaged("root-long", [](Inclusion* p) { p->root += 'x'; });
  damaged("path-bit", [](Inclusion* p) { p->path[1][7] ^= 1; });
  damaged("path-hash-short", [](Inclusion* p) { p->path[2].pop_back(); });
  damaged("path-hash-missing", [](Inclusion* p) { p->path.pop_back(); });
  damaged("path-hash-twice", [](Inclusion* p) { p->path.push_back(p->path.back()); });
  damaged("path-empty", [](Inclusion* p) { p->path.clear(); });
  damaged("path-reversed", [](Inclusion* p) { std::swap(p->path[0], p->path[2]); });
  damaged("index-plus-one", [](Inclusion* p) { ++p->index; });
  damaged("index-outside", [](Inclusion* p) { p->index = 8; });
  damaged("size-zero", [](Inclusion* p) { p->size = 0; });
  damaged("size-less", [](Inclusion* p) { p->size = 6; });
  damaged("size-more", [](Inclusion* p) { p->size = 9; });
  damaged("node-as-leaf", [&](Inclusion* p) {
    p->leaf = reference::TreeHash(kind, KnownLeaves(), 4, 6);
    p->path.erase(p->path.begin());
    p->index = 2;
    p->size = 8;
  });
}

void AddConsistencies(const VectorSet& set) {
  const HashKind kind = HashKind::kSha256;
  for (const auto& [a, b] : {std::pair{0, 5}, {1, 1}, {1, 8}, {6, 8}, {2, 5}, {4, 8}, {3, 7}}) {
    set.Valid(1, std::to_string(a) + "-to-" + std::to_string(b),
              MakeConsistency(kind, a, b).Keys());
  }
  set.Valid(3, "sha384", MakeConsistency(HashKind::kSha384, 3, 7).Keys());
  const Consistency good = MakeConsistency(kind, 6, 8);
  const auto damaged = [&](std::string_view name, auto change) {
    Consistency bad = good;
    change(&bad);
    set.Damaged(1, name, bad.Keys());
  };
  damaged("root1-bit", [](Consistency* p) { p->root1[0] ^= 1; });
  damaged("root2-bit", [](Consistency* p) { p->root2[0] ^= 1; });
  damaged("root1-short", [](Consistency* p) { p->root1.pop_back(); });
  damaged("roots-swapped", [](Consistency* p) { std::swap(p->root1, p->root2); });
  damaged("sizes-swapped", [](Consistency* p) { std::swap(p->size1, p->size2); });
  damaged("size1-less", [](Consistency* p) { p->size1 = 5; });
  damaged("size1-zero", [](Consistency* p) { p->size1 = 0; });
  damaged("sizes-equal", [](Consistency* p) { p->size1 = 8; });
  damaged("size2-more", [](Consistency* p) { p->size2 = 9; });
  damaged("path-bit", [](Consistency* p) { p->path[0][0] ^= 1; });
  damaged("path-hash-missing", [](Consistency* p) { p->path.pop_back(); });
  damaged("path-hash-twice", [](Consistency* p) { p->path.push_back(p->path.back()); });
  damaged("path-empty", [](Consistency* p) { p->path.clear(); });
  damaged("path-hash-long", [](Consistency* p) { p->path[1] += 'x'; });
  damaged("empty-tree-other-root", [&](Consistency* p) {
    *p = MakeConsistency(kind, 0, 5);
    p->root1 = p->root2;
  });
  damaged("same-size-other-root", [&](Consistency* p) {
    *p = MakeConsistency(kind, 5, 5);
    p->root2[3] ^= 1;
  });
}

}  // namespace

void AddMerkleVectors(std::vector<Vector>* out) {
  AddRoots(VectorSet("merkle", "merkle_root", out));
  AddInclusions(VectorSet("merkle", "inclusion", out));
  AddConsistencies(VectorSet("merkle", "consistency", out));
}

}  // namespace tombolo::ledger
