// Stream heads, their batch, and the checkpoint that signs it.
//
// Layouts: docs/formats/stream_head.md and docs/formats/checkpoint.md. A batch is a complete binary
// tree: its leaves are blinded with a nonce, stand in random order and are filled up with random
// hashes, so that whoever gets one head learns at most roughly how many streams moved.
// Ownership: results own their bytes. Thread-safety: pure, apart from the Entropy given.
// Errors: INVALID_ARGUMENT and LIMIT_EXCEEDED for what cannot be built; NOT_CANONICAL and
// SCHEMA_UNSUPPORTED for bytes that do not decode; PROOF_INVALID and SIGNATURE_INVALID.
#ifndef TOMBOLO_GATEWAY_LEDGER_CHECKPOINT_H_
#define TOMBOLO_GATEWAY_LEDGER_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/hash.h"
#include "gateway/base/seams.h"
#include "gateway/ledger/signer.h"
#include "gateway/ledger/suite.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::ledger {

inline constexpr size_t kNonceBytes = 16;

// "TBH1" || suite || stream id || u64 size || root; and back, strictly.
// NOT_CANONICAL if stream id or root do not have the suite's size.
StatusOr<std::string> EncodeHead(Suite suite, const v1::StreamHead& head);
struct DecodedHead {
  Suite suite = v1::SUITE_UNSPECIFIED;
  v1::StreamHead head;
};
StatusOr<DecodedHead> DecodeHead(std::string_view bytes);

struct Batch {
  Digest root;
  std::vector<v1::HeadProof> proofs;  // in the order of the heads given
};
// `heads`: 1 to kCheckpointStreamsMax, no stream twice.
StatusOr<Batch> BuildBatch(Suite suite, const std::vector<v1::StreamHead>& heads, Entropy* entropy);

struct CheckpointBody {
  Suite suite = v1::SUITE_UNSPECIFIED;
  std::string origin;   // SPIFFE ID; 1 to kOriginBytesMax bytes of UTF-8
  uint64_t epoch = 0;   // from 1; rises when a node was restored
  uint64_t tick = 0;    // from 1; plus 1 with every checkpoint of the origin
  int64_t time_us = 0;  // microseconds since 1970, UTC, by the origin's clock
  std::string key_id;   // kKeyIdBytes
  std::string batch_root;
  bool operator==(const CheckpointBody&) const = default;
};
StatusOr<std::string> EncodeBody(const CheckpointBody& body);
StatusOr<CheckpointBody> DecodeBody(std::string_view bytes);

// Fills in suite and key id from the signer, encodes and signs.
StatusOr<v1::Checkpoint> SignCheckpoint(CheckpointBody body, Signer* signer);

// Decodes the body and checks suite, key id and signature.
StatusOr<CheckpointBody> VerifyCheckpoint(const v1::Checkpoint& checkpoint,
                                          const Verifier& verifier);
// That the head hangs in the batch. The body must have been verified.
Status VerifyHead(const CheckpointBody& body, const v1::HeadProof& proof);
// Both in one.
Status VerifyHead(const v1::Checkpoint& checkpoint, const v1::HeadProof& proof,
                  const Verifier& verifier);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_CHECKPOINT_H_
