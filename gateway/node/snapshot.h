// After a complete snapshot: which records vanished, whether they may be retracted, and doing it.
//
// Ownership: borrows the run. Thread-safety: one thread. Errors: of the store; a refusal is not
// one, it stands in SnapshotOutcome::refused.
#ifndef TOMBOLO_GATEWAY_NODE_SNAPSHOT_H_
#define TOMBOLO_GATEWAY_NODE_SNAPSHOT_H_

#include <set>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "gateway/node/ingest_batch.h"

namespace tombolo::node {

// What a snapshot may rest on, gathered while the file was read.
struct SnapshotBasis {
  const v1::RecordQuery* query = nullptr;
  std::set<uint32_t> scopes;               // numbers, named by sound rows
  absl::flat_hash_set<RecordId> shielded;  // of rows in quarantine whose key is known
  uint64_t keyless_rows = 0;               // rows in quarantine that could be any record's
  bool read_to_end = false;
};

// The share of `present` records that may vanish without being asked about.
uint64_t RetractionsAllowed(const v1::IngestConfig& config, uint64_t present);

// Retracts in ticks of their own (committed here), or says why not.
StatusOr<SnapshotOutcome> RetractVanished(IngestRun* run, const SnapshotBasis& basis,
                                          bool allow_retraction, const v1::AuditEvent& event);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SNAPSHOT_H_
