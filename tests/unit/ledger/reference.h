// RFC 6962 section 2.1, written down as the text has it: slow, recursive, and sharing nothing with
// gateway/ledger/merkle.cc but the hash function. The fast code is compared with it.
//
// Ownership: values. Thread-safety: pure. Errors: none; callers respect the RFC's bounds.
#ifndef TOMBOLO_TESTS_UNIT_LEDGER_REFERENCE_H_
#define TOMBOLO_TESTS_UNIT_LEDGER_REFERENCE_H_

#include <string>
#include <vector>

#include "gateway/base/hash.h"

namespace tombolo::ledger::reference {

// D[n]: the leaves' data, not their hashes.
using Data = std::vector<std::string>;

// MTH(D[begin:end]).
std::string TreeHash(HashKind kind, const Data& data, size_t begin, size_t end);
// PATH(m, D[begin:end]), m counted from begin.
std::vector<std::string> AuditPath(HashKind kind, size_t m, const Data& data, size_t begin,
                                   size_t end);
// SUBPROOF(m, D[begin:end], complete), m counted from begin. PROOF(m, D) has complete = true.
std::vector<std::string> Subproof(HashKind kind, size_t m, const Data& data, size_t begin,
                                  size_t end, bool complete);

}  // namespace tombolo::ledger::reference

#endif  // TOMBOLO_TESTS_UNIT_LEDGER_REFERENCE_H_
