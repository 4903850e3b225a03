// Rows of a file that need no second look: what a SELECT yields for them is what it yielded when
// they were accepted, and the records made of them have been current since.
//
// While a file is read its trace of last time is followed, part by part, and a new one is written,
// in the rows' order. The trace of last time counts only if all that it depends on is as it was:
// program, pack, catalogue and profile (one digest), streams (their sizes), the day (no earlier
// than then, each entry's own last day). Memory does not grow with the file, but for one bit an
// entry. docs/decisions/2026-11-22-known-rows.md.
// Ownership: borrows context and writer. Thread-safety: one thread. Errors: of the store.
#ifndef TOMBOLO_GATEWAY_NODE_KNOWN_ROWS_H_
#define TOMBOLO_GATEWAY_NODE_KNOWN_ROWS_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/node/context.h"
#include "gateway/node/ingest.h"
#include "gateway/node/seen_set.h"
#include "gateway/node/source_trace.h"
#include "gateway/node/tick_writer.h"
#include "gateway/record/rules.h"

namespace tombolo::node {

class KnownRows {
 public:
  static constexpr size_t kNoSlot = SIZE_MAX;
  static constexpr size_t kPartEntries = 8192;
  // Entries that are looked through for a row out of order.
  static constexpr size_t kWindowEntries = 65536;
  // A file with more rows whose records change again further down is read without a trace.
  static constexpr size_t kOutdatedMax = 65536;

  // Inactive where the program does not name itself, and for rows out of quarantine.
  Status Open(const Context& context, const IngestRequest& request, TickWriter* writer,
              int32_t today);
  bool active() const { return active_; }
  // There is a trace of last time to be followed.
  bool reading() const { return reading_; }

  // The entry of this output, if the trace has one that can be relied on today; else nullptr. Valid
  // until the next call.
  StatusOr<const TraceEntry*> Find(std::string_view output);

  // --- the new trace, in the order of the rows
  // A known row goes into it again.
  void Keep(const TraceEntry& entry);
  // A place for the output last looked for, to be filled by List; kNoSlot if it cannot be listed.
  size_t Reserve(uint32_t scope, const record::Verdict& verdict);
  // The record made of that output is current and plain (RecordState::multi is false).
  void List(size_t slot, EntryAt at);
  // What stands there is not, or no longer, as an entry may have said.
  void Outdate(EntryAt at);
  // A record of this stream changed without an entry in it, which sizes don't show.
  void Touch(uint32_t stream) {
    if (active_) touched_.insert(stream);
  }
  size_t slots() const { return slots_.size(); }
  // Before a commit: turns the slots into parts, in the writer's tick, and takes away what can't be
  // relied on from now on. Slots end here.
  Status Emit();
  // The file was read to its end and nothing more will be listed.
  Status Finish();

 private:
  bool Usable(const TraceHeading& heading) const;
  Status FillWindow();
  void ForgetBehind();
  const TraceEntry* Search();
  void Put(uint32_t part, std::string bytes);
  Status ClosePart();
  void DropHeading();
  Status RemoveTouched();

  const Context* context_ = nullptr;
  TickWriter* writer_ = nullptr;
  int32_t today_ = 0;
  bool active_ = false;
  uint64_t trace_ = 0;
  std::string conditions_;
  OutputPrint print_;  // of the output last looked for

  // The trace of last time. `window_` are its entries from number `first_` on; `next_` is the one
  // expected next.
  bool reading_ = false;
  TraceHeading old_;
  uint32_t parts_read_ = 0;
  std::vector<TraceEntry> window_;
  uint64_t first_ = 0;
  uint64_t next_ = 0;
  absl::flat_hash_map<OutputPrint, uint64_t> places_;  // of the window, once a row was out of order
  bool searching_ = false;

  // The new one.
  std::vector<TraceEntry> slots_;
  std::vector<TraceEntry> part_;
  uint32_t parts_ = 0;
  bool changed_ = false;  // differs from the old one
  SeenSet listed_, outdated_;
  std::vector<std::pair<uint32_t, uint64_t>> listed_outdated_;
  std::set<uint32_t> streams_, touched_;
};

// Traces that tell of one of these streams, or that cannot be read.
StatusOr<std::vector<uint64_t>> TracesOf(store::Store* store, const std::set<uint32_t>& streams);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_KNOWN_ROWS_H_
