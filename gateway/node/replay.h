// Rows out of quarantine, through the pack as it is now.
//
// Only rows that were cut into cells can be taken again, and only where the pack makes a record of
// a single row: a row of a group (a visit with several findings, say) would make a record of a part
// of its rows, so for those the operator ingests the file again. Ownership: the request's objects
// outlive the call. Thread-safety: one thread. Errors: those of Ingest; NOT_FOUND.
#ifndef TOMBOLO_GATEWAY_NODE_REPLAY_H_
#define TOMBOLO_GATEWAY_NODE_REPLAY_H_

#include <memory>
#include <string>
#include <vector>

#include "adapters/engine/pack.h"
#include "gateway/node/ingest.h"

namespace tombolo::node {

struct ReplayOutcome {
  uint64_t tried = 0;
  uint64_t released = 0;
  uint64_t still_bad = 0;
  uint64_t not_replayable = 0;      // not cut whole, of a group, or a second row of its key
  std::vector<IngestSummary> runs;  // one a file
};

// `ids` empty: every row of the pack.
StatusOr<ReplayOutcome> Replay(const Context& context, std::shared_ptr<const engine::Pack> pack,
                               const std::vector<engine::SourceFile>& lookups,
                               const std::vector<uint64_t>& ids);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_REPLAY_H_
