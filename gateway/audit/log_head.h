// Heads of audit logs between peers: that a log only grew, and a witness's signature over its head.
//
// Bytes: docs/formats/audit_head.md. The head itself is a stream head under a checkpoint like any
// other (docs/formats/checkpoint.md); a countersignature is a witness's statement that it saw this
// head and that it follows the one it saw before. So nobody can rewrite a log that a peer has
// witnessed without that peer noticing (Certificate Transparency's witnesses are the model).
// Ownership: results own their bytes. Thread-safety: pure, but for the Signer given.
// Errors: NOT_CANONICAL, SCHEMA_UNSUPPORTED, SIGNATURE_INVALID, PROOF_INVALID, STREAM_FORKED,
// STREAM_SHRUNK, EPOCH_LOWER.
#ifndef TOMBOLO_GATEWAY_AUDIT_LOG_HEAD_H_
#define TOMBOLO_GATEWAY_AUDIT_LOG_HEAD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/signer.h"

namespace tombolo::audit {

// The newest head of a peer's log that this node has accepted; size 0 = none yet.
struct WitnessedHead {
  std::string log_stream_id;
  uint64_t epoch = 0, tick = 0, size = 0;
  std::string root;
};

// Accepts the next head of the log: signature under `verifier`, head in the checkpoint's batch, the
// stream id is that of the node's audit log (of its first generation, if `last` names none), and
// `path` leads from `last` to it. Equal size asks for an equal root. STREAM_FORKED, STREAM_SHRUNK
// or EPOCH_LOWER where the two signed heads contradict each other; PROOF_INVALID for an older head.
StatusOr<WitnessedHead> AcceptHead(const WitnessedHead& last, std::string_view node,
                                   const v1::Checkpoint& checkpoint, const v1::HeadProof& proof,
                                   const std::vector<std::string_view>& path,
                                   const ledger::Verifier& verifier);

struct CountersignatureBody {
  v1::Suite suite = v1::SUITE_UNSPECIFIED;
  std::string witness;  // SPIFFE ID of who countersigns
  std::string node;     // whose log it is
  WitnessedHead head;
  uint64_t from_size = 0;  // of the head that the witness accepted before; 0 = first
  int64_t time_us = 0;     // by the witness's clock
  std::string key_id;      // of the witness's key
};
StatusOr<std::string> EncodeCountersignature(const CountersignatureBody& body);
StatusOr<CountersignatureBody> DecodeCountersignature(std::string_view bytes);
// Fills in suite and key id; gives the body's bytes, and their signature in `*signature`.
StatusOr<std::string> SignCountersignature(CountersignatureBody* body, ledger::Signer* signer,
                                           std::string* signature);
StatusOr<CountersignatureBody> VerifyCountersignature(std::string_view body,
                                                      std::string_view signature,
                                                      const ledger::Verifier& verifier);

}  // namespace tombolo::audit

#endif  // TOMBOLO_GATEWAY_AUDIT_LOG_HEAD_H_
