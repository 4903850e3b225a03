// Rows that wait: putting them into quarantine during an ingest, and letting go of those that are
// sound now.
//
// A row is held once, whatever the number of times its file is read. It leaves when a later, whole
// reading of a file of the same pack and name no longer yields it as bad. Ownership: borrows the
// run. Thread-safety: one thread. Errors: of the store.
#ifndef TOMBOLO_GATEWAY_NODE_QUARANTINE_H_
#define TOMBOLO_GATEWAY_NODE_QUARANTINE_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "gateway/node/ingest_batch.h"

namespace tombolo::node {

class Quarantine {
 public:
  Quarantine(IngestRun* run, const IngestRequest& request);

  // Reads which rows of this pack and file are held already.
  Status Load();
  // Into the writer's tick; counted in the run's summary.
  void Add(engine::BadRow row);
  // Rows held before that this run did not meet again leave with the writer's tick.
  void ReleaseOlder();

 private:
  struct Held {
    uint64_t id = 0;
    bool met = false;
  };
  IngestRun* run_;
  const IngestRequest& request_;
  std::string pack_id_;
  std::string pack_name_;
  std::string file_;
  absl::flat_hash_map<std::string, Held> held_;  // by row key
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_QUARANTINE_H_
