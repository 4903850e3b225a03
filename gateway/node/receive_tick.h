// Staged pages and layers as the parts of one tick: appends, index rows, links between a record's
// versions, gaps, erasures, cursors and audit events.
//
// Ownership: borrows all; views into the staged pages live as long as they do. Thread-safety: one
// thread. Errors: those of the store; after one the streams must be loaded anew.
#ifndef TOMBOLO_GATEWAY_NODE_RECEIVE_TICK_H_
#define TOMBOLO_GATEWAY_NODE_RECEIVE_TICK_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gateway/node/context.h"
#include "gateway/node/received_stream.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {

class ReceiveTick {
 public:
  ReceiveTick(const Context& context, KnownStreams* streams, TickWriter* writer);
  // In the order of staging. `reached`: ids of the streams whose head was reached.
  Status Run(std::vector<Staged>* staged, std::vector<std::string>* reached);

 private:
  // A record as the index has it, and after what was added.
  struct Slot {
    RecordId id;
    std::optional<store::RecordState> state;
    bool changed = false;
  };
  // An entry that a tombstone names.
  struct Erasure {
    uint32_t stream = 0;
    uint64_t seq = 0;
    Digest leaf;
    StagedEntry entry;
    bool erased_before = false;
  };
  struct EventKey {
    std::string peer, origin;
    store::LayerMask layers;
    auto operator<=>(const EventKey&) const = default;
  };
  struct EventParts {
    std::vector<v1::StreamRange> ranges;
    uint64_t count = 0;
  };

  Status FindErasures(const std::vector<Staged>& staged);
  Status FindErased(KnownStream* stream, uint64_t seq, const std::vector<Staged>& staged);
  Status LookUp(std::vector<Staged>* staged);
  void MakeRoom(const std::vector<Staged>& staged);
  void Add(const StagedPage& staged);
  void Add(const StagedLayers& staged);
  void AddEntry(KnownStream* stream, const StagedPage& staged, size_t index,
                store::StreamAppend* append);
  void AddPut(KnownStream* stream, const ledger::EntryParts& parts, const StagedEntry& entry,
              uint64_t seq, store::EntryView* view);
  void AddRetract(KnownStream* stream, const StagedEntry& entry, uint64_t seq,
                  store::EntryView* view);
  void AddErasures(KnownStream* stream, uint64_t tombstone_seq, std::string_view header);
  bool IsNewer(const Slot& slot, const StagedEntry& entry, uint32_t stream, uint64_t seq) const;
  void MoveTo(Slot* slot, const StagedEntry& entry, uint32_t stream, uint64_t seq,
              store::EntryView* view);
  SubjectKey SubjectOf(const ledger::EntryParts& parts);
  store::StreamAppend* AppendOf(KnownStream* stream);

  void OpenGapAt(KnownStream* stream, uint64_t seq, store::LayerMask layers,
                 const StagedEntry& entry);
  void CloseGap(KnownStream* stream, uint64_t seq, store::LayerMask layers);
  void CloseGapOf(KnownStream* stream, const RecordId& key);

  void Note(const std::string& peer, const KnownStream& stream, store::LayerMask layers,
            uint64_t first_seq, uint64_t last_seq, uint64_t count);
  void PutRows();
  void PutGaps();
  void PutEvents();

  const Context& context_;
  KnownStreams* streams_;
  TickWriter* writer_;
  std::vector<Slot> slots_;
  std::vector<Erasure> erasures_;  // in the order in which their tombstones come
  size_t next_erasure_ = 0;
  std::map<uint32_t, store::StreamAppend> appends_;
  std::set<uint32_t> touched_;
  std::set<std::pair<uint32_t, uint64_t>> gaps_;  // opened or changed
  std::map<std::tuple<std::string, uint32_t, uint8_t>, std::string> cursors_;
  std::map<EventKey, EventParts> events_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_RECEIVE_TICK_H_
