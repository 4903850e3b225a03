#include "gateway/node/snapshot.h"

#include <algorithm>
#include <map>
#include <utility>

#include "gateway/base/limits.h"

namespace tombolo::node {
namespace {

// Defaults of IngestConfig, where node.yaml says nothing.
constexpr uint64_t kRetractionPercentMax = 10;
constexpr uint64_t kRetractionRecordsMin = 5;

Status Refusal(const SnapshotBasis& basis, const SnapshotOutcome& outcome, uint64_t allowed,
               bool allow_retraction) {
  if (!basis.read_to_end) {
    return MakeError(
        Code::SNAPSHOT_INCOMPLETE,
        "the file was not read to its end, so nothing of what it does not name was retracted");
  }
  if (allow_retraction) return absl::OkStatus();
  if (basis.keyless_rows > 0) {
    return MakeError(
        Code::SNAPSHOT_INCOMPLETE,
        std::to_string(outcome.vanished) + " records are not in this snapshot, but " +
            std::to_string(basis.keyless_rows) +
            " rows in quarantine have no readable key and may be theirs; mend those rows "
            "(tombolo quarantine list), or run again with --yes");
  }
  if (outcome.vanished > allowed) {
    return MakeError(
        Code::RETRACTION_LIMIT,
        std::to_string(outcome.vanished) + " of " + std::to_string(outcome.present_before) +
            " records are not in this snapshot, more than the " + std::to_string(allowed) +
            " that may be retracted unasked; check that the export is whole, then run again with "
            "--yes");
  }
  return absl::OkStatus();
}

Status RetractAll(IngestRun* run, const std::vector<store::RecordState>& vanished,
                  v1::AuditEvent event) {
  TickWriter& writer = *run->writer;
  event.set_type(v1::SNAPSHOT_RETRACTED);
  for (size_t begin = 0; begin < vanished.size();) {
    const size_t end = std::min(vanished.size(), begin + limits::kTickEntriesMax / 2);
    const int64_t now_us = run->context->clock->NowUs();
    for (size_t i = begin; i < end; ++i) {
      store::RecordState state = vanished[i];
      const EntryAt before{state.stream, state.seq};
      ++state.version;
      const EntryAt at =
          writer.Retract(state.stream, state.id, state.version, now_us, run->ingest, before);
      state.seq = at.seq;
      state.present = false;
      state.multi = false;
      state.digest = {};
      writer.tick().records.push_back(state);
    }
    event.clear_ranges();
    for (v1::StreamRange& range : writer.Ranges()) *event.add_ranges() = std::move(range);
    event.set_count(end - begin);
    writer.Audit(event);
    RETURN_IF_ERROR(writer.Commit());
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace

uint64_t RetractionsAllowed(const v1::IngestConfig& config, uint64_t present) {
  const uint64_t percent = config.retraction_percent_max() != 0 ? config.retraction_percent_max()
                                                                : kRetractionPercentMax;
  const uint64_t at_least = config.retraction_records_min() != 0 ? config.retraction_records_min()
                                                                 : kRetractionRecordsMin;
  return std::max(at_least, present * std::min<uint64_t>(percent, 100) / 100);
}

StatusOr<SnapshotOutcome> RetractVanished(IngestRun* run, const SnapshotBasis& basis,
                                          bool allow_retraction, const v1::AuditEvent& event) {
  SnapshotOutcome outcome;
  outcome.query = basis.query->name();
  outcome.scopes = basis.scopes.size();
  std::vector<store::RecordState> vanished;
  RETURN_IF_ERROR(run->context->store->ScanRecords([&](const store::RecordState& state) {
    // What was received from others has no scope; a file never speaks for it.
    if (state.stream >= limits::kReceivedNumbersFrom) return true;
    if (!state.present || basis.scopes.count(state.scope) == 0) return true;
    // Records that this run made or met are present afterwards; those it made are counted as new
    // above.
    ++outcome.present_before;
    if (!run->seen.Has(state.stream, state.seq) && !basis.shielded.contains(state.id)) {
      vanished.push_back(state);
    }
    return true;
  }));
  // The bound is a share of what was there before this file.
  std::vector<std::string> items(basis.query->more_items().begin(),
                                 basis.query->more_items().end());
  items.push_back(basis.query->item());
  for (const std::string& item : items) {
    const ItemCounts& counts = run->summary.items[item];
    outcome.present_before -= std::min(outcome.present_before, counts.fresh + counts.returned);
  }
  outcome.vanished = vanished.size();
  if (vanished.empty()) return outcome;
  const uint64_t allowed = RetractionsAllowed(run->context->ingest, outcome.present_before);
  outcome.refused = Refusal(basis, outcome, allowed, allow_retraction);
  if (!outcome.refused.ok()) {
    v1::AuditEvent refused = event;
    refused.set_type(v1::RETRACTION_REFUSED);
    refused.set_outcome(std::string(NameOf(CodeOf(outcome.refused))));
    refused.set_count(outcome.vanished);
    run->writer->Audit(refused);
    return outcome;
  }
  RETURN_IF_ERROR(RetractAll(run, vanished, event));
  outcome.retracted = true;
  std::map<uint32_t, uint64_t> by_stream;
  for (const store::RecordState& state : vanished) ++by_stream[state.stream];
  for (const auto& [stream, count] : by_stream) {
    run->summary.items[std::string(run->writer->ItemOf(stream))].retracted += count;
  }
  return outcome;
}

}  // namespace tombolo::node
