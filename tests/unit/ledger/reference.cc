#include "tests/unit/ledger/reference.h"

namespace tombolo::ledger::reference {
namespace {

std::string H(HashKind kind, const std::string& bytes) { return Hasher(kind).Hash({bytes}).str(); }

size_t LargestPowerOfTwoBelow(size_t n) {
  size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

}  // namespace

std::string TreeHash(HashKind kind, const Data& data, size_t begin, size_t end) {
  const size_t n = end - begin;
  if (n == 0) return H(kind, "");
  if (n == 1) return H(kind, std::string(1, '\0') + data[begin]);
  const size_t k = LargestPowerOfTwoBelow(n);
  return H(kind, std::string(1, '\1') + TreeHash(kind, data, begin, begin + k) +
                     TreeHash(kind, data, begin + k, end));
}

std::vector<std::string> AuditPath(HashKind kind, size_t m, const Data& data, size_t begin,
                                   size_t end) {
  const size_t n = end - begin;
  if (n == 1) return {};
  const size_t k = LargestPowerOfTwoBelow(n);
  std::vector<std::string> path;
  if (m < k) {
    path = AuditPath(kind, m, data, begin, begin + k);
    path.push_back(TreeHash(kind, data, begin + k, end));
  } else {
    path = AuditPath(kind, m - k, data, begin + k, end);
    path.push_back(TreeHash(kind, data, begin, begin + k));
  }
  return path;
}

std::vector<std::string> Subproof(HashKind kind, size_t m, const Data& data, size_t begin,
                                  size_t end, bool complete) {
  const size_t n = end - begin;
  if (m == n) {
    if (complete) return {};
    return {TreeHash(kind, data, begin, end)};
  }
  const size_t k = LargestPowerOfTwoBelow(n);
  std::vector<std::string> path;
  if (m <= k) {
    path = Subproof(kind, m, data, begin, begin + k, complete);
    path.push_back(TreeHash(kind, data, begin + k, end));
  } else {
    path = Subproof(kind, m - k, data, begin + k, end, false);
    path.push_back(TreeHash(kind, data, begin, begin + k));
  }
  return path;
}

}  // namespace tombolo::ledger::reference
