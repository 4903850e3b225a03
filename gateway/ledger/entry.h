// Stream entries: descriptors, the headers of RETRACT and TOMBSTONE, and the leaf of an entry as it
// travels: whole, as a stub, or erased.
//
// Layouts: docs/formats/stream_entry.md and docs/formats/stub_and_tombstone.md. The header of a PUT
// is opaque here; gateway/record knows it.
// Ownership: results own their bytes. Thread-safety: pure but for the EntryHasher given.
// Errors: NOT_CANONICAL for an entry that no origin would write, LIMIT_EXCEEDED, DIGEST_MISMATCH.
#ifndef TOMBOLO_GATEWAY_LEDGER_ENTRY_H_
#define TOMBOLO_GATEWAY_LEDGER_ENTRY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/base/hash.h"
#include "gateway/ledger/commitment.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::ledger {

// Checked on the way out and in, by the same rules. RECORDS: origin, item, a class that may be
// shared, generation from 1. AUDIT: item empty, class LOCAL.
StatusOr<std::string> EncodeDescriptor(const v1::StreamDescriptor& descriptor);
StatusOr<v1::StreamDescriptor> DecodeDescriptor(std::string_view bytes);

// record_id of 16 bytes, version from 1.
StatusOr<std::string> EncodeRetract(const v1::RetractHeader& header);
StatusOr<v1::RetractHeader> DecodeRetract(std::string_view bytes);

// erased_seqs ascending, none twice, from 1; at least one. `own_seq` is the tombstone's number: it
// names earlier entries only.
StatusOr<std::string> EncodeTombstone(uint64_t own_seq, const v1::TombstoneHeader& header);
StatusOr<v1::TombstoneHeader> DecodeTombstone(uint64_t own_seq, std::string_view bytes);

// What an entry has of its content.
enum class EntryForm {
  kWhole,    // every layer with salt and bytes; RETRACT and TOMBSTONE are always whole
  kPartial,  // some layers only as hashes
  kStub,     // all three layers only as hashes
  kErased,   // nothing but the leaf
};
StatusOr<EntryForm> FormOf(const v1::StreamEntry& entry);

// Checks the entry's shape and sizes and computes the leaf that stands in the log at seq - 1. Of an
// erased entry it is the leaf stated.
StatusOr<Digest> EntryLeaf(EntryHasher* hasher, std::string_view stream_id,
                           const v1::StreamEntry& entry);

// The layer's hash, computed from salt and content or taken as stated. `layer`: PUBLIC to LIMITED.
StatusOr<Digest> LayerHashOf(EntryHasher* hasher, v1::SharingClass layer,
                             const v1::LayerCopy& copy);
// DIGEST_MISMATCH unless the copy's salt and content have the hash `want`.
Status VerifyLayer(EntryHasher* hasher, v1::SharingClass layer, const v1::LayerCopy& copy,
                   std::string_view want);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_ENTRY_H_
