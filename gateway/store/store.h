// What storage must do for a node. One commit point: a Tick is stored whole or not at all.
//
// Streams are append-only logs kept in blocks; per record there is one small index row that says
// where the current version stands, found by record id and by subject. The design and the
// measurements behind it: docs/decisions. Implementations: store/memory (tests, simulator),
// store/sqlite; all pass tests/contract/store_contract. Ownership: results own their bytes.
// Thread-safety: one thread per Store object; several objects (processes) may read one store at the
// same time, one writes. Errors: STORE_BUSY, STORE_CONFLICT, STORE_CORRUPT, DISK_FULL, IO_ERROR,
// NOT_FOUND. After an error from Commit nothing of that tick is stored.
#ifndef TOMBOLO_GATEWAY_STORE_STORE_H_
#define TOMBOLO_GATEWAY_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gateway/base/error.h"
#include "gateway/base/ids.h"
#include "gateway/store/entry_codec.h"
#include "gateway/store/received.h"

namespace tombolo::store {

// A stream as this store knows it. `number` is local, from 1, given by the caller in
// Tick::new_streams.
struct StreamState {
  uint32_t number = 0;
  std::string stream_id;      // 32 or 48 bytes
  std::string descriptor;     // canonical bytes of v1::StreamDescriptor
  uint64_t epoch = 0;         // fence: a writer with another epoch is refused
  uint64_t size = 0;          // entries; seqs are 1..size
  std::string compact_range;  // ledger::CompactRange, serialised
  uint64_t tick = 0;          // the tick whose checkpoint covers `size`
  std::string head_proof;     // v1::HeadProof of that checkpoint, serialised
};

// Where a record stands. One per record id.
struct RecordState {
  RecordId id;
  SubjectKey subject;    // zero bytes if the record names no subject
  ContentDigest digest;  // zero bytes when retracted or erased
  uint32_t scope = 0;    // number of a Scope
  uint32_t stream = 0;   // the entry of the current version (PUT, or the RETRACT that ended it)
  uint64_t seq = 0;
  uint64_t version = 0;
  // Several rows of one file made versions of it, so ingest weighs them together (node/ingest).
  // Every implementation must persist it.
  bool multi = false;
  bool present =
      false;  // false: retracted or erased; id and version are kept so that versions go on
  bool operator==(const RecordState&) const = default;
};

// Which part of which item a file speaks for; retraction of vanished records stays within one.
struct Scope {
  uint32_t number = 0;  // local, from 1, given by the caller
  std::string item;
  std::string pack;
  std::string value;  // of the pack's scope column; "" = the whole item
};

// One file's ingest, for provenance and `history`.
struct IngestRow {
  uint32_t number = 0;        // local, from 1, given by the caller
  std::string pack;           // name@version
  std::string file;           // base name as the operator gave it
  std::string source_digest;  // keyed digest of the content, set at the end
  int64_t started_at_us = 0;
  int64_t finished_at_us = 0;  // 0 = not finished
  std::string outcome;         // OK or an outward code
  std::string balance;         // v1::Balance, serialised
};

struct QuarantineRow {
  uint64_t id = 0;  // given by the store when added
  uint32_t ingest = 0;
  std::string pack;    // name@version
  std::string query;   // of the pack; "" = the row failed before any query
  std::string source;  // source name of the pack
  std::string file;    // base name
  uint64_t row_number = 0;
  uint64_t line = 0;
  std::string row_key;  // keyed digest of (pack name, query, source, raw), 16 bytes: the same row
                        // is held once
  std::string columns;  // header of the source: JSON array of names
  std::string raw;      // the row's source text, UTF-8
  std::string cells;    // JSON array of the row's cells, null = absent; "" if it could not be cut
  std::vector<Fault> faults;
  int64_t at_us = 0;
};

struct StreamAppend {
  uint32_t stream = 0;
  uint64_t epoch = 0;
  uint64_t expected_size =
      0;                // compare-and-set: STORE_CONFLICT if the stream has another size or epoch
  std::string entries;  // entry_codec, back to back
  std::vector<uint32_t> lengths;  // bytes of each entry in `entries`
  std::string compact_range;      // after the append
  std::string head_proof;         // after the append, v1::HeadProof; "" of a received stream
  // Roots of the subtrees of limits::kTreeSpan leaves that this append completes, back to back
  // (ledger/merkle.h); none, where nobody will ask for paths.
  std::string spans;
};

// Content to take out of entries that stay in their stream.
struct Redaction {
  uint32_t stream = 0;
  uint64_t seq = 0;
  Form to = Form::kStub;  // kStub or kErased
  std::string hashes;     // kStub: three layer hashes; kErased: the leaf hash
};

// A part of a trace: what the rows of one file came to, so that the same rows need no second look
// (gateway/node/source_trace.h). The store keeps the parts and does not read them.
struct TracePart {
  uint64_t trace = 0;
  uint32_t part = 0;
  std::string bytes;  // "" takes the part away
};

struct CheckpointRow {
  uint64_t tick = 0;  // last tick + 1, else STORE_CONFLICT
  int64_t at_us = 0;
  std::string body;
  std::string signature;
};

// One commit: everything or nothing.
struct Tick {
  std::vector<StreamState> new_streams;  // size 0
  std::vector<Scope> new_scopes;
  std::vector<StreamAppend> appends;  // at most one per stream; the audit log is one of them
  std::vector<RecordState>
      records;  // upserts by id; an upsert with a version not above the stored one is an error
                // unless it is for the same (stream, seq), e.g. after a redaction
  std::vector<Redaction> redactions;
  std::vector<IngestRow> ingests;             // upserts by number
  std::vector<QuarantineRow> quarantine_add;  // same row_key replaces
  std::vector<uint64_t> quarantine_remove;
  std::vector<std::string> quarantine_resolve_keys;  // row_keys whose rows are now accepted
  std::vector<uint64_t> trace_remove;                // whole traces, before:
  std::vector<TracePart> trace_parts;                // upserts; a later one of the same part wins
  std::optional<CheckpointRow> checkpoint;
  ReceivedPart received;
};

// Entries of one stream with the bytes they point into.
struct EntryPage {
  std::vector<std::string> blocks;
  std::vector<EntryView> entries;  // ascending seq, contiguous
};

struct Totals {
  uint64_t records_present = 0, records_gone = 0;    // own
  uint64_t received_present = 0, received_gone = 0;  // of streams of other origins
  uint64_t entries = 0, streams = 0, quarantined = 0;
  uint64_t bytes_on_disk = 0;
};

class Store : public ReceivedReads {
 public:
  virtual Status Commit(const Tick& tick) = 0;

  virtual StatusOr<std::vector<StreamState>> Streams() = 0;
  // `numbers` ascending; what is not there is left out. Costs by how many are asked for.
  virtual StatusOr<std::vector<StreamState>> FindStreams(absl::Span<const uint32_t> numbers) = 0;
  virtual StatusOr<std::vector<Scope>> Scopes() = 0;
  // Entries first_seq.. of a stream, at most `entries_max` (<= limits::kPageEntriesMax); fewer at
  // the end or when the page grows past limits::kTickBytesMax. Empty past the end.
  virtual StatusOr<EntryPage> ReadEntries(uint32_t stream, uint64_t first_seq,
                                          size_t entries_max) = 0;

  // `ids` ascending and unique; (*states)[i] is nullopt where the id is unknown.
  virtual Status FindRecords(absl::Span<const RecordId> ids,
                             std::vector<std::optional<RecordState>>* states) = 0;
  virtual StatusOr<std::vector<RecordState>> FindBySubject(const SubjectKey& subject) = 0;
  // Every record in ascending id order, until `visit` returns false.
  virtual Status ScanRecords(const std::function<bool(const RecordState&)>& visit) = 0;

  virtual StatusOr<std::vector<IngestRow>> Ingests() = 0;
  // Ascending id, after `after_id`; fewer when the rows' raw text and cells reach
  // limits::kTickBytesMax: the row that brings them there is the page's last.
  virtual StatusOr<std::vector<QuarantineRow>> Quarantine(uint64_t after_id, size_t rows_max) = 0;
  virtual StatusOr<QuarantineRow> FindQuarantine(uint64_t id) = 0;
  // "" if there is no such part.
  virtual StatusOr<std::string> ReadTrace(uint64_t trace, uint32_t part) = 0;
  virtual StatusOr<std::vector<uint64_t>> Traces() = 0;  // that have a part, ascending
  virtual StatusOr<std::optional<CheckpointRow>> LastCheckpoint() = 0;
  virtual StatusOr<CheckpointRow> FindCheckpoint(uint64_t tick) = 0;
  virtual StatusOr<Totals> Count() = 0;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_STORE_H_
