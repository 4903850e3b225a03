// What every store checks and does alike with what comes from other nodes: the shape of a tick's
// received part, which document replaces which, layers put into entries and taken out of them.
//
// Ownership: plain values. Thread-safety: pure but for the EntryHasher given. Errors: INTERNAL for
// a tick no correct caller makes, VERSION_CONFLICT, DOCUMENT_FORKED, DIGEST_MISMATCH,
// STORE_CORRUPT.
#ifndef TOMBOLO_GATEWAY_STORE_RECEIVED_RULES_H_
#define TOMBOLO_GATEWAY_STORE_RECEIVED_RULES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/ledger/commitment.h"
#include "gateway/store/store.h"

namespace tombolo::store {

// All that can be told from the tick alone.
Status CheckReceived(const Tick& tick);

// The refusals of rows and layers for a stream that is not received, and of entries for one that
// is, without its row.
Status NotReceived(uint32_t stream);
Status AppendWithoutRow(uint32_t stream);

// Whether `next` is to be stored: false if just this document is. `stored` may be null.
StatusOr<bool> ReplacesDocument(const DocumentRow* stored, const DocumentRow& next);
// `last`: of the same peer and side, 0 = none.
Status CheckReceiptNumber(uint64_t last, const ReceiptRow& next);

// (stream, seq) of the entries that those of a sound append follow.
std::vector<std::pair<uint32_t, uint64_t>> PreviousOf(const StreamAppend& append, CodecSizes sizes);

// The hasher for a stream's layers: its id tells which suite it was made with.
StatusOr<ledger::EntryHasher> HasherOf(std::string_view stream_id, std::string_view descriptor);

// The entry with the layer filled in, or without the layers of `mask`, appended to `out`. Doing it
// twice changes nothing.
Status FillLayer(ledger::EntryHasher* hasher, const EntryView& entry, const LayerFill& fill,
                 std::string* out);
void DropLayers(ledger::EntryHasher* hasher, const EntryView& entry, LayerMask mask,
                std::string* out);

// StreamState::compact_range of a stream without entries.
std::string EmptyRange(size_t stream_id_bytes);

// The record as it stands when its stream is forgotten: not present, and nothing tells of content.
RecordState Forgotten(const RecordState& record);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_RECEIVED_RULES_H_
