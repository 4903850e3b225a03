// Drafts on their way into one tick: encoded at once, looked up together, settled per record,
// written in file order.
//
// Ownership: a batch owns the encoded bytes. Thread-safety: one thread. Errors: of the store and of
// encoding.
#ifndef TOMBOLO_GATEWAY_NODE_INGEST_BATCH_H_
#define TOMBOLO_GATEWAY_NODE_INGEST_BATCH_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "adapters/engine/run.h"
#include "gateway/node/context.h"
#include "gateway/node/ingest.h"
#include "gateway/node/known_rows.h"
#include "gateway/node/row_ledger.h"
#include "gateway/node/seen_set.h"
#include "gateway/node/tick_writer.h"
#include "gateway/record/canonical.h"
#include "gateway/record/draft.h"

namespace tombolo::node {

// What one ingest knows while it runs; shared by its parts.
struct IngestRun {
  const Context* context = nullptr;
  TickWriter* writer = nullptr;
  uint32_t ingest = 0;
  RowLedger rows;
  SeenSet seen;
  KnownRows known;
  IngestSummary summary;
  std::vector<engine::LateFault> late_faults;
};

class IngestBatch {
 public:
  explicit IngestBatch(IngestRun* run) : run_(run) {}

  // `key`: the natural key as the engine gives it; `verdict`: of the rules.
  Status Add(const v1::RecordQuery& query, const record::Draft& draft, uint32_t scope,
             std::string_view key, const record::Verdict& verdict, absl::Span<const uint64_t> rows);
  // A known row, in its place among the others. False: rows that wait may be of the same record, or
  // an earlier row of this file was, and it must be looked at like them.
  bool TakeKnown(const TraceEntry& entry, std::string_view key, absl::Span<const uint64_t> rows);
  bool full() const;

  // Looks all pending records up, settles them and puts what is new into the writer's tick (which
  // the caller commits). Records that earlier made several versions in one file are kept back for
  // SettleKept.
  Status Settle();
  // The end of the file: records that were kept back, with all their rows together.
  Status SettleKept();

 private:
  // Where an item's records go and are counted; looked up once.
  struct Target {
    uint32_t stream = 0;
    ItemCounts* counts = nullptr;
  };
  struct Pending {
    const v1::RecordQuery* query;
    const record::ItemSpec* item;
    const Target* target;
    RecordId id;
    SubjectKey subject;
    ContentDigest digest;
    uint32_t scope;
    record::HeaderValues header;
    std::string_view layer(const std::string& arena, size_t i) const {
      return std::string_view(arena).substr(layers_at[i], layers_at[i + 1] - layers_at[i]);
    }
    std::array<size_t, record::kLayers + 1> layers_at;  // offsets into the arena
    size_t rows_at;
    size_t rows_count;
    size_t slot;  // KnownRows
  };
  // A version to be written: of pending_[pending], after `previous`.
  struct Plan {
    size_t pending;
    uint64_t version;
    EntryAt previous;        // the stored entry before it, or
    int previous_plan = -1;  // the plan before it
    std::optional<EntryAt>
        leave;   // the record leaves this stream first (its class or item changed)
    bool fresh;  // counts as new
    bool returned;
    bool multi;
    bool dropped = false;  // a later row of the file took its place
    bool last = true;      // of its record
    EntryAt at;            // once written
  };
  using States = std::vector<std::optional<store::RecordState>>;

  absl::Span<const uint64_t> RowsOf(const Pending& p) const {
    return absl::MakeConstSpan(row_numbers_).subspan(p.rows_at, p.rows_count);
  }
  Status Lookup(std::vector<size_t>* order, std::vector<RecordId>* ids, States* states);
  void SettleRecord(const std::optional<store::RecordState>& state, absl::Span<const size_t> group);
  void SettleMulti(const store::RecordState& state, absl::Span<const size_t> group);
  void PlanVersion(const std::optional<store::RecordState>& state, size_t pending,
                   int previous_plan, bool multi);
  void Unchanged(const store::RecordState& state, const Pending& p);
  Status Write();
  Status WriteOne(Plan* plan, int64_t now_us);
  void KeepBack(absl::Span<const size_t> group);
  void Clear();

  const Target* TargetOf(const record::ItemSpec& item);

  IngestRun* run_;
  absl::node_hash_map<const record::ItemSpec*, Target> targets_;
  std::vector<ItemCounts*> counts_;   // by stream, of known rows
  absl::flat_hash_set<size_t> keys_;  // hashes of the natural keys that wait
  std::vector<Pending> pending_;
  std::string arena_;
  std::vector<uint64_t> row_numbers_;
  std::vector<Plan> plans_;
  record::LayerBytes layers_;
  std::string scratch_;
  std::string header_;
  // Kept back: the same shape as above.
  std::vector<Pending> kept_;
  std::string kept_arena_;
  std::vector<uint64_t> kept_rows_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_INGEST_BATCH_H_
