// Layer hashes, stream ids and entry commitments: what is signed for, in the end.
//
// Hash inputs: docs/formats/record.md, "Hashes". Leaf: RFC 6962 section 2.1.
// Ownership: results are values. Thread-safety: one Committer per thread (it keeps hash state).
// Errors: none in Committer; HashOfSuite gives SCHEMA_UNSUPPORTED.
#ifndef TOMBOLO_GATEWAY_RECORD_COMMITMENT_H_
#define TOMBOLO_GATEWAY_RECORD_COMMITMENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/base/hash.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::record {

// The hash of a suite. SCHEMA_UNSUPPORTED for a number that this program does not know.
StatusOr<HashKind> HashOfSuite(int suite);
// Bytes of a layer's salt: half a digest, 16 or 24.
constexpr size_t SaltBytes(HashKind kind) { return DigestBytes(kind) / 2; }

class Committer {
 public:
  // SHA256_ED25519, SHA256_ECDSA_P256 or SHA384_ECDSA_P384; anything else is a broken invariant.
  explicit Committer(v1::Suite suite);

  v1::Suite suite() const { return suite_; }
  HashKind hash_kind() const { return hasher_.kind(); }
  size_t salt_bytes() const { return SaltBytes(hasher_.kind()); }

  // `descriptor_bytes`: canonical bytes of a StreamDescriptor.
  Digest StreamId(std::string_view descriptor_bytes);
  // `layer`: PUBLIC, GOVERNMENT or LIMITED; `salt`: salt_bytes() long; `bytes` may be empty.
  Digest LayerHash(v1::SharingClass layer, std::string_view salt, std::string_view bytes);
  // A PUT entry from its three layer hashes.
  Digest PutCommitment(std::string_view stream_id, std::string_view header_bytes,
                       const std::array<Digest, 3>& layer_hashes);
  // A RETRACT or TOMBSTONE entry.
  Digest HeaderCommitment(v1::EntryType type, std::string_view stream_id,
                          std::string_view header_bytes);
  // The leaf of the stream's Merkle tree.
  Digest LeafHash(std::string_view commitment);

 private:
  void StartEntry(v1::EntryType type, std::string_view stream_id, std::string_view header_bytes);

  v1::Suite suite_;
  Hasher hasher_;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_COMMITMENT_H_
