// What several tests of the ledger share: a signer with a fixed key, heads, and a whole proof.
//
// Ownership: values. Thread-safety: one thread. Errors: none; a broken fixture ends the program.
#ifndef TOMBOLO_TESTS_UNIT_LEDGER_FIXTURE_H_
#define TOMBOLO_TESTS_UNIT_LEDGER_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/signer.h"

namespace tombolo::ledger {

inline constexpr char kOrigin[] = "spiffe://federation.example/xx";
inline constexpr int64_t kTimeUs = 1767225600000000;  // 2026-01-01T00:00:00Z

// Ed25519 from a seed of 32 equal bytes; deterministic, so vectors come out the same.
std::unique_ptr<Signer> TestSigner(char seed = 7);

// `size` bytes counting up from `first`.
std::string Counting(size_t size, int first = 0);

v1::StreamHead SampleHead(Suite suite, int number);
v1::StreamDescriptor SampleDescriptor();

// The entries of the sample stream: PUT whole, PUT partial, PUT as a stub, RETRACT, erased, and the
// TOMBSTONE that names it.
std::vector<v1::StreamEntry> SampleEntries(EntryHasher* hasher, std::string_view stream_id);

// The proof of entry `seq` (1 to 6) of the sample stream, signed by TestSigner.
v1::RecordProof SampleProof(uint64_t seq);
// Signs the proof's checkpoint again over heads that fit its (changed) head; for damages that lie
// above the leaf.
void SignAgain(v1::RecordProof* proof);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_TESTS_UNIT_LEDGER_FIXTURE_H_
