#include "gateway/node/initialise.h"

#include <utility>

#include "gateway/ledger/checkpoint.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {

Status Initialise(const Context& context) {
  ASSIGN_OR_RETURN(const std::optional<store::CheckpointRow> last, context.store->LastCheckpoint());
  if (last.has_value()) {
    return MakeError(Code::ALREADY_EXISTS, "this store holds a node already; nothing was changed");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<TickWriter> writer, TickWriter::Open(context));
  v1::AuditEvent event;
  event.set_type(v1::NODE_INITIALISED);
  event.set_key_id(context.signer->key_id());
  writer->Audit(std::move(event));
  return writer->Commit();
}

Status CheckOwnership(const Context& context) {
  ASSIGN_OR_RETURN(const std::optional<store::CheckpointRow> last, context.store->LastCheckpoint());
  if (!last.has_value()) {
    return MakeError(Code::NOT_FOUND, "the node was never initialised; run tombolo init");
  }
  ASSIGN_OR_RETURN(
      const ledger::Verifier verifier,
      ledger::Verifier::FromPublicKey(context.suite, context.signer->public_key_der()));
  v1::Checkpoint checkpoint;
  checkpoint.set_body(last->body);
  checkpoint.set_signature(last->signature);
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body,
                   ledger::VerifyCheckpoint(checkpoint, verifier));
  if (body.origin != context.origin) {
    return MakeError(Code::STORE_CORRUPT, "the store belongs to " + body.origin +
                                              ", node.yaml says " + context.origin +
                                              "; one of them is from another node");
  }
  return absl::OkStatus();
}

}  // namespace tombolo::node
