// The use case "ingest": one file of a locality, through its pack, into the node's store, every row
// accounted for.
//
// What happens to a record (docs/life_of_a_record.md): no record of its id -> new; other content ->
// changed, a further version; the same content, told by a keyed digest -> unchanged. A second row
// of the same file and key with other content is settled by the pack's on_duplicate. After a
// complete snapshot that was read to its end, records of its scopes that no row spoke of are
// retracted, within bounds. Every batch is one transaction with its checkpoint and audit event:
// stopped anywhere, what was stored is whole, and the next run completes the rest. Ownership: the
// request's objects outlive the call. Thread-safety: one ingest at a time on one node. Errors: of
// the store (nothing of the failed batch is stored). Trouble with the file itself is not an error
// of Ingest: it stands in IngestSummary::outcome, beside the balance of what was read before it.
#ifndef TOMBOLO_GATEWAY_NODE_INGEST_H_
#define TOMBOLO_GATEWAY_NODE_INGEST_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/engine/pack.h"
#include "adapters/engine/run.h"
#include "gateway/node/context.h"
#include "tombolo/v1/audit.pb.h"

namespace tombolo::node {

struct IngestRequest {
  std::shared_ptr<const engine::Pack> pack;
  engine::SourceFile driving;
  std::vector<engine::SourceFile> lookups;
  std::string file_sha256;  // of the driving file's bytes; goes keyed into the audit log
  bool delta = false;       // true: never retract, whatever the pack says of snapshots
  bool allow_retraction =
      false;  // --yes: retract above the configured share, and despite rows in quarantine
  // Rows out of quarantine instead of a file (replay.h): where each stood, and the rows that may
  // leave quarantine.
  struct RowPlace {
    uint64_t number = 0;
    uint64_t line = 0;
  };
  std::vector<RowPlace> replayed_rows;
  std::vector<uint64_t> replayed_ids;
  // For people who wait: rows and bytes of the driving file so far. A status stops the ingest
  // between batches.
  std::function<Status(uint64_t rows, uint64_t bytes)> progress;
};

struct ItemCounts {
  uint64_t fresh = 0;     // a record id never seen before
  uint64_t returned = 0;  // was retracted, is back
  uint64_t changed = 0;
  uint64_t unchanged = 0;
  uint64_t retracted = 0;  // vanished from a complete snapshot
};

struct SnapshotOutcome {
  std::string query;
  uint64_t scopes = 0;          // named by the file
  uint64_t present_before = 0;  // records of those scopes
  uint64_t vanished = 0;
  bool retracted = false;
  Status refused;  // why not, where vanished > 0 and not retracted
};

struct IngestSummary {
  uint32_t ingest = 0;  // number in the store
  v1::Balance balance;
  std::map<std::string, ItemCounts> items;      // by item code, counting records
  std::map<std::string, uint64_t> left_out;     // rows by rule
  std::map<std::string, uint64_t> quarantined;  // rows by code of their first fault
  std::map<std::string, uint64_t> warnings;     // by code, counting records
  uint64_t rows_known = 0;        // of the unchanged: told by the trace, not looked at again
  uint64_t quarantined_anew = 0;  // rows that were not in quarantine before
  uint64_t released = 0;          // rows that left quarantine because they are sound now
  std::vector<SnapshotOutcome> snapshots;
  std::vector<std::string> unused_columns;
  std::string encoding;
  Status outcome;  // why the file was not read to its end; ok = it was
  int64_t elapsed_us = 0;

  // Rows read = the sum of the other six.
  bool Adds() const;
  // The code that most rows went to quarantine for, the first of errors.def among equals; kOk if
  // none did.
  Code MainFault() const;
  // What the operator must act on: the file's own trouble, a refused retraction, the main fault of
  // a file with new rows in quarantine; else kOk.
  Code Attention() const;
};

StatusOr<IngestSummary> Ingest(const Context& context, const IngestRequest& request);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_INGEST_H_
