#include "gateway/node/erase.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gateway/ledger/entry.h"
#include "gateway/node/inspect.h"
#include "gateway/node/known_rows.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {
namespace {

// The PUT entries of a record that still have content or headers, by stream; found along the chain
// of versions.
StatusOr<std::map<uint32_t, std::vector<uint64_t>>> EntriesOf(const Context& context,
                                                              const store::RecordState& state) {
  std::map<uint32_t, std::vector<uint64_t>> entries;
  std::pair<uint32_t, uint64_t> at(state.stream, state.seq);
  while (at.first != 0) {
    ASSIGN_OR_RETURN(const store::EntryPage page,
                     context.store->ReadEntries(at.first, at.second, 1));
    if (page.entries.empty()) {
      return MakeError(Code::STORE_CORRUPT,
                       "a version of record " + state.id.hex() + " is missing");
    }
    const store::EntryView& entry = page.entries[0];
    if (entry.type == v1::PUT && entry.form != store::Form::kErased) {
      entries[at.first].push_back(at.second);
    }
    at = {entry.previous_stream, entry.previous_seq};
  }
  for (auto& [stream, seqs] : entries) std::sort(seqs.begin(), seqs.end());
  return entries;
}

StatusOr<std::string> LeafOf(const Context& context, ledger::EntryHasher* hasher,
                             std::string_view stream_id, uint32_t stream, uint64_t seq) {
  ASSIGN_OR_RETURN(const store::EntryPage page, context.store->ReadEntries(stream, seq, 1));
  ASSIGN_OR_RETURN(const Digest leaf,
                   ledger::EntryLeaf(hasher, stream_id, ToStreamEntry(page.entries.at(0))));
  return leaf.str();
}

// Only a record's origin can erase it; a holder follows its tombstone.
Status CheckOwn(const Context& context, const store::StreamState& stream) {
  ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                   ledger::DecodeDescriptor(stream.descriptor));
  if (descriptor.origin() == context.origin) return absl::OkStatus();
  return MakeError(Code::NOT_PERMITTED,
                   "the record is " + descriptor.origin() +
                       "'s, which alone can erase it; ask there, and it goes from here as well");
}

}  // namespace

StatusOr<uint64_t> EraseRecord(const Context& context, const RecordId& id) {
  std::vector<std::optional<store::RecordState>> states;
  RETURN_IF_ERROR(context.store->FindRecords({id}, &states));
  if (states.empty() || !states[0].has_value()) {
    return MakeError(Code::NOT_FOUND, "no record " + id.hex() + " in this node");
  }
  store::RecordState state = *states[0];
  ASSIGN_OR_RETURN(const auto entries, EntriesOf(context, state));
  if (entries.empty()) {
    return MakeError(Code::NOT_FOUND, "record " + id.hex() + " was erased before");
  }
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> streams, context.store->Streams());
  std::map<uint32_t, std::string> stream_ids;
  for (const store::StreamState& stream : streams) {
    if (stream.number == state.stream) RETURN_IF_ERROR(CheckOwn(context, stream));
    stream_ids[stream.number] = stream.stream_id;
  }

  ASSIGN_OR_RETURN(std::unique_ptr<TickWriter> writer, TickWriter::Open(context));
  ledger::EntryHasher hasher(context.suite);
  const int64_t now_us = context.clock->NowUs();
  uint64_t erased = 0;
  for (const auto& [stream, seqs] : entries) {
    for (const uint64_t seq : seqs) {
      ASSIGN_OR_RETURN(std::string leaf,
                       LeafOf(context, &hasher, stream_ids.at(stream), stream, seq));
      writer->tick().redactions.push_back({stream, seq, store::Form::kErased, std::move(leaf)});
      ++erased;
    }
    writer->Tombstone(stream, seqs, now_us);
  }
  const SubjectKey subject = state.subject;
  // What ingest knows of the record's rows tells of its content as the digest does.
  std::set<uint32_t> touched;
  for (const auto& [stream, seqs] : entries) touched.insert(stream);
  ASSIGN_OR_RETURN(writer->tick().trace_remove, TracesOf(context.store, touched));
  state.present = false;
  state.multi = false;
  state.digest = {};
  state.subject = {};
  writer->tick().records.push_back(state);
  v1::AuditEvent event;
  event.set_type(v1::RECORD_ERASED);
  if (subject != SubjectKey()) event.set_subject_ref(std::string(subject.view()));
  event.set_count(erased);
  for (v1::StreamRange& range : writer->Ranges()) *event.add_ranges() = std::move(range);
  writer->Audit(std::move(event));
  RETURN_IF_ERROR(writer->Commit());
  return erased;
}

}  // namespace tombolo::node
