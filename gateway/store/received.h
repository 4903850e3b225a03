// What a store keeps for the exchange, beside what store.h names: streams of other origins, how far
// peers have confirmed, documents, evidence. A part of one Tick and a part of the Store interface,
// so that all of it commits with the entries or not at all.
//
// Received streams lie in the same change log as own ones, under local numbers; their PUT entries
// may have layers as hashes (Form::kPartial). Decision: docs/decisions, received records in the
// store. Ownership: results own their bytes. Thread-safety: as store.h. Errors: as store.h;
// VERSION_CONFLICT where a document's or receipt's number does not rise.
#ifndef TOMBOLO_GATEWAY_STORE_RECEIVED_H_
#define TOMBOLO_GATEWAY_STORE_RECEIVED_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gateway/base/error.h"

namespace tombolo::store {

// How a stream of another origin is held. One row per received stream.
struct ReceivedStream {
  uint32_t stream = 0;
  uint64_t proved_size =
      0;  // entries that `head` covers; those beyond are verified, not yet relayed
  uint64_t head_tick = 0, head_epoch = 0;  // of the head
  std::string head;                    // v1::Head, serialised: checkpoint and proof of proved_size
  std::array<uint64_t, 3> next_seq{};  // by layer: first entry not held; 0 = not permitted
  uint32_t delivery = 0;               // the newest Delivery that brought entries
  uint64_t incomplete = 0;             // rows of Gap; counted by the store
};

// On which way entries came; an entry's `ingest` names it. Numbers are drawn from the same series
// as those of IngestRow.
struct Delivery {
  uint32_t number = 0;
  std::string peer;               // SPIFFE ID of the sender
  std::vector<std::string> path;  // origin to sender
  int64_t started_at_us = 0;
};

// A cursor of a peer for one stream and layer, as this node got it.
struct CursorIn {
  std::string peer;
  uint32_t stream = 0;
  uint8_t layer = 0;  // index
  std::string token;  // empty: forget it
};

// How far a subscriber has signed for what it got from this node.
struct Confirmed {
  std::string peer;
  uint32_t stream = 0;
  std::array<uint64_t, 3> next_seq{};
  int64_t at_us = 0;
};
struct ReceiptRow {
  std::string peer;
  bool ours = false;  // true: this node signed it for the peer; false: the peer for this node
  // Of (peer, ours): ours the last + 1; a peer's above the last, since one may be lost with its
  // connection. Else VERSION_CONFLICT.
  uint64_t number = 0;
  std::string receipt;  // v1::Receipt, serialised
};

// A signed document that was activated. One row per (kind, owner): the highest.
struct DocumentRow {
  int kind = 0;       // v1::DocumentKind
  std::string owner;  // federation, origin, grant id with origin, or authority's key id
  uint64_t version = 0;
  bool restart = false;  // a root's rotation lets versions of this role start anew
  std::string document;  // v1::SignedDocument, serialised
  std::string digest;    // of the body; same version with other content is DOCUMENT_FORKED
};

// Entries that came without a layer this node may have, and that nothing explains yet.
struct Gap {
  uint32_t stream = 0;
  uint64_t seq = 0;
  uint8_t layers = 0;  // mask; 0 = explained now, the row goes
};

// Content of one layer of an entry that is held already; the store compares its hash with the one
// held and refuses the tick with DIGEST_MISMATCH if it differs. An entry that was erased meanwhile
// stays so.
struct LayerFill {
  uint32_t stream = 0;
  uint64_t seq = 0;
  uint8_t layer = 0;  // index
  std::string salt, content;
};

// Takes layers out of every entry of a stream (their hashes stay), or, with all layers, forgets the
// stream's entries and its records: those whose current version lies in it are no longer present.
// With the layers go their cursors, gaps and next_seq. Works through the stream block by block in
// the one transaction, after its appends and fills; with all layers it may have neither.
struct LayerDrop {
  uint32_t stream = 0;
  uint8_t layers = 0;  // mask; 7 = the whole stream: size 0, the head stays
};

// The newest head of a peer's audit log, and countersignatures of this node's.
struct WitnessRow {
  std::string node;     // whose log
  std::string witness;  // who signed; this node itself where it keeps a peer's head
  uint64_t size = 0;
  std::string head;              // v1::Head, serialised
  std::string countersignature;  // v1::Countersignature, serialised
};

struct EvidenceRow {
  std::string origin;
  std::string code;
  int64_t at_us = 0;
  std::string alarm;  // v1::Alarm, serialised
};

struct PeerRow {
  std::string peer;
  int64_t last_connected_us = 0, last_seen_us = 0;
  std::string last_error;  // outward code
  uint64_t bytes_in = 0, bytes_out = 0, records_in = 0, records_out = 0;
  bool operator==(const PeerRow&) const = default;
};

// Part of a Tick. See store.h for how a tick commits.
struct ReceivedPart {
  std::vector<ReceivedStream> streams;  // upserts, after the appends of the same tick
  std::vector<Delivery> deliveries;
  std::vector<CursorIn> cursors;
  std::vector<Confirmed> confirmed;
  std::vector<ReceiptRow> receipts;
  std::vector<DocumentRow> documents;
  std::vector<Gap> gaps;
  std::vector<LayerFill> fills;
  std::vector<LayerDrop> drops;
  std::vector<WitnessRow> witnesses;
  std::vector<EvidenceRow> evidence;
  std::vector<PeerRow> peers;
};

// Part of the Store interface; Store derives from it.
class ReceivedReads {
 public:
  virtual ~ReceivedReads() = default;
  // Rises with every commit, by whatever process; cheap enough to ask before each tick.
  virtual StatusOr<uint64_t> CommitCount() = 0;
  // Numbers of streams whose row changed by a commit after `commit_count`, ascending.
  virtual StatusOr<std::vector<uint32_t>> StreamsChangedSince(uint64_t commit_count) = 0;
  virtual StatusOr<std::vector<ReceivedStream>> ReceivedStreams() = 0;
  // As Store::FindStreams.
  virtual StatusOr<std::vector<ReceivedStream>> FindReceived(
      absl::Span<const uint32_t> numbers) = 0;
  // Roots of complete subtrees of limits::kTreeSpan leaves, back to back (ledger/tree_spans.h).
  virtual StatusOr<std::string> ReadSpans(uint32_t stream) = 0;
  // Current records of each stream, by number; for shadow and `tombolo peers`.
  virtual StatusOr<std::vector<uint64_t>> PresentByStream() = 0;
  virtual StatusOr<std::vector<Delivery>> Deliveries() = 0;
  virtual StatusOr<std::vector<CursorIn>> Cursors(const std::string& peer) = 0;
  virtual StatusOr<std::vector<Confirmed>> ConfirmedBy(const std::string& peer) = 0;
  virtual StatusOr<std::optional<ReceiptRow>> LastReceipt(const std::string& peer, bool ours) = 0;
  virtual StatusOr<std::vector<DocumentRow>> Documents() = 0;
  virtual StatusOr<std::vector<Gap>> Gaps(uint32_t stream, uint64_t after_seq, size_t rows_max) = 0;
  virtual StatusOr<std::vector<WitnessRow>> Witnesses() = 0;
  virtual StatusOr<std::vector<EvidenceRow>> Evidence() = 0;
  virtual StatusOr<std::vector<PeerRow>> Peers() = 0;

  // Takes the write lock so that a tick can be finished on the newest state; Commit or Unlock ends
  // it. STORE_BUSY after busy_timeout_ms. The lock is held for one tick, never across a wait.
  virtual Status Lock() = 0;
  virtual void Unlock() = 0;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_RECEIVED_H_
