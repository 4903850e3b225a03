// A proof that one entry stands in one origin's signed log; checked alone, without a node.
//
// Steps: docs/formats/proof.md. Entry to leaf, leaf to the stream's root, head to the checkpoint's
// batch, batch to the signature.
// Ownership: results own their bytes. Thread-safety: pure.
// Errors: NOT_CANONICAL, LIMIT_EXCEEDED, SCHEMA_UNSUPPORTED, INVALID_ARGUMENT (the key),
// PROOF_INVALID, SIGNATURE_INVALID.
#ifndef TOMBOLO_GATEWAY_LEDGER_PROOF_H_
#define TOMBOLO_GATEWAY_LEDGER_PROOF_H_

#include <optional>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/entry.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::ledger {

// What a valid proof shows.
struct ProvenEntry {
  CheckpointBody checkpoint;  // who signed, when
  uint64_t stream_size = 0;   // entries of the stream at that time
  EntryForm form = EntryForm::kErased;
  bool key_trusted = false;  // the key equals the one the caller trusts
};

// `trusted_key_der`: the origin's SubjectPublicKeyInfo from a source the caller trusts; a proof
// under another key is SIGNATURE_INVALID. Without it the proof holds only as far as the key that it
// carries, and key_trusted is false.
StatusOr<ProvenEntry> VerifyProof(const v1::RecordProof& proof,
                                  std::optional<std::string_view> trusted_key_der);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_PROOF_H_
