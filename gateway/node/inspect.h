// Looking at what a node holds: records, their history, and the entry behind each version; of its
// own records and of those received from others, whose layers may be withheld.
//
// Ownership: results own their bytes. Thread-safety: one thread. Errors: NOT_FOUND, STORE_CORRUPT
// and others of the store.
#ifndef TOMBOLO_GATEWAY_NODE_INSPECT_H_
#define TOMBOLO_GATEWAY_NODE_INSPECT_H_

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/node/context.h"
#include "tombolo/v1/record.pb.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::node {

// One version of a record as this node holds it.
struct RecordView {
  RecordId id;  // in this node; a received record has its origin's id in `header`
  v1::StreamDescriptor stream;
  bool received = false;  // stream.origin() is another node
  uint64_t seq = 0;
  uint64_t version = 0;
  v1::EntryType type = v1::PUT;
  store::Form form = store::Form::kFull;
  bool present = false;             // of the current version: the record is in force at this node
  v1::RecordHeader header;          // PUT, unless erased
  std::array<v1::Layer, 3> layers;  // PUT, where `shown` has the layer's bit
  store::LayerMask shown = 0;       // the layers that this node has; the others are withheld
  int64_t recorded_at_us = 0;
  store::IngestRow ingest;   // of an own record; number 0 = not made by an ingest
  store::Delivery delivery;  // of a received one; number 0 = not known
};

struct RecordFilter {
  std::string origin;  // SPIFFE ID; empty = this node's own records, "*" = those of all origins
  std::string item;    // empty = all
  std::optional<v1::SharingClass> sharing_class;
  std::optional<v1::RecordState> state;
  std::optional<SubjectKey> subject;
  std::string contains;  // text that some text field holds; empty = all
  bool gone = false;     // also retracted and erased ones
  size_t records_max = 50;
};

class Inspector {
 public:
  // Reads streams and ingests once.
  static StatusOr<Inspector> Open(const Context& context);

  // In ascending order of record id (which says nothing), until `visit` returns false or
  // records_max were shown.
  Status List(const RecordFilter& filter, const std::function<bool(const RecordView&)>& visit);
  StatusOr<RecordView> Show(const RecordId& id);
  // All versions, the newest first.
  StatusOr<std::vector<RecordView>> History(const RecordId& id);
  // Records whose id begins with these bytes as hex, at most `records_max`; for short ids on the
  // command line.
  StatusOr<std::vector<RecordId>> FindByPrefix(std::string_view hex, size_t records_max);

  const std::map<uint32_t, v1::StreamDescriptor>& streams() const { return descriptors_; }

 private:
  explicit Inspector(const Context& context) : context_(&context) {}
  bool IsReceived(uint32_t stream) const;
  // Header, layers and what else a PUT has.
  Status FillPut(const store::EntryView& entry, RecordView* view) const;
  StatusOr<RecordView> At(const store::RecordState& state, uint32_t stream, uint64_t seq,
                          std::pair<uint32_t, uint64_t>* previous);
  StatusOr<store::RecordState> StateOf(const RecordId& id);

  const Context* context_;
  std::map<uint32_t, v1::StreamDescriptor> descriptors_;
  std::map<uint32_t, store::IngestRow> ingests_;
  std::map<uint32_t, store::Delivery> deliveries_;
};

// An entry as it travels or is exported.
v1::StreamEntry ToStreamEntry(const store::EntryView& entry);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_INSPECT_H_
