// The hashes that a record's bytes are bound by: layer hash, stream id, entry commitment, leaf.
//
// Layouts: docs/formats/record.md (layers, commitment) and docs/formats/stream_entry.md (stream id,
// leaf). The leaf prefix is RFC 6962 section 2.1.
// Ownership: digests are values; the object holds hash state only.
// Thread-safety: one thread per object. Errors: none; hashing cannot fail. Whoever has input from
// outside checks its sizes first (gateway/ledger/entry.h does).
#ifndef TOMBOLO_GATEWAY_LEDGER_COMMITMENT_H_
#define TOMBOLO_GATEWAY_LEDGER_COMMITMENT_H_

#include <array>
#include <string_view>

#include "gateway/base/hash.h"
#include "gateway/ledger/suite.h"

namespace tombolo::ledger {

// Index of a layer: PUBLIC 0, GOVERNMENT 1, LIMITED 2; its class is the index plus 1.
inline constexpr size_t kLayerCount = 3;
using LayerHashes = std::array<Digest, kLayerCount>;

class EntryHasher {
 public:
  explicit EntryHasher(Suite suite);
  Suite suite() const { return suite_; }
  HashKind hash() const { return hasher_.kind(); }

  // H("TBL1" || suite || class || salt || bytes). `salt` has SaltBytes(suite) bytes.
  Digest LayerHash(v1::SharingClass layer, std::string_view salt, std::string_view bytes);
  // H("TBS1" || suite || canonical StreamDescriptor).
  Digest StreamId(std::string_view descriptor_bytes);
  // H("TBE1" || suite || PUT || stream id || u32 header length || header || three layer hashes).
  Digest PutCommitment(std::string_view stream_id, std::string_view header,
                       const LayerHashes& layers);
  // The same without layer hashes, for RETRACT and TOMBSTONE.
  Digest BareCommitment(v1::EntryType type, std::string_view stream_id, std::string_view header);
  // H(0x00 || bytes): of a commitment, or of an audit event's canonical bytes.
  Digest Leaf(std::string_view bytes);

 private:
  void Begin(std::string_view tag);
  void FeedEntry(v1::EntryType type, std::string_view stream_id, std::string_view header);

  Suite suite_;
  Hasher hasher_;
};

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_COMMITMENT_H_
