// A node's streams as JSON lines (docs/formats/export.md), and the proof of a single record
// (docs/formats/proof.md).
//
// Ownership: results own their bytes. Thread-safety: one thread; nothing may write to the store
// meanwhile, or the export says so. Errors: those of the store and of `line`.
#ifndef TOMBOLO_GATEWAY_NODE_EXPORT_H_
#define TOMBOLO_GATEWAY_NODE_EXPORT_H_

#include <functional>
#include <string>
#include <string_view>

#include "gateway/node/context.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::node {

struct ExportCounts {
  uint64_t streams = 0;
  uint64_t entries = 0;
  uint64_t checkpoints = 0;
};

// `line` gets each line without its line feed. `item` not empty: the streams of that item and the
// audit log only.
StatusOr<ExportCounts> ExportStreams(const Context& context, std::string_view item,
                                     const std::function<Status(std::string_view line)>& line);

// The same of the streams that this node holds of another origin, as far as a signed head covers
// them; layers that it does not have are hashes. NOT_FOUND: none, or heads under two keys.
StatusOr<ExportCounts> ExportReceived(const Context& context, const std::string& origin,
                                      std::string_view item,
                                      const std::function<Status(std::string_view line)>& line);

// Writes the audit event of an export; committed before the export begins.
Status AuditExport(const Context& context);

// The proof of the record's current version, own or received: by its origin's checkpoint. `layers`:
// which layers it shows where this node has them, the others are hashes.
StatusOr<v1::RecordProof> ProveRecord(const Context& context, const RecordId& id,
                                      const std::array<bool, 3>& layers);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_EXPORT_H_
