#include "gateway/node/signed_heads.h"

#include <utility>

#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/signer.h"
#include "gateway/node/trust_rows.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::node {

StatusOr<SignedHeads> SignedHeads::Open(const Context& context) {
  SignedHeads heads(context);
  ASSIGN_OR_RETURN(std::vector<store::ReceivedStream> rows, context.store->ReceivedStreams());
  if (rows.empty()) return heads;
  for (store::ReceivedStream& row : rows) heads.received_.emplace(row.stream, std::move(row));
  ASSIGN_OR_RETURN(const std::vector<store::DocumentRow> documents, context.store->Documents());
  ASSIGN_OR_RETURN(const StoredTrust trust, RestoreTrust(documents));
  heads.federation_ = trust.federation;
  return heads;
}

StatusOr<SignedHead> SignedHeads::Of(const store::StreamState& state,
                                     const std::string& origin) const {
  if (origin == context_->origin) return OfOwn(state);
  const auto it = received_.find(state.number);
  if (it == received_.end() || it->second.head.empty()) {
    return MakeError(Code::NOT_FOUND, "no signed head of this stream of " + origin +
                                          " is stored yet; ask again when it has been received");
  }
  return OfReceived(it->second, origin);
}

StatusOr<SignedHead> SignedHeads::OfOwn(const store::StreamState& state) const {
  SignedHead out;
  if (!out.proof.ParseFromString(state.head_proof)) {
    return MakeError(Code::STORE_CORRUPT, "the head proof of a stream does not parse");
  }
  ASSIGN_OR_RETURN(const store::CheckpointRow row, context_->store->FindCheckpoint(state.tick));
  out.checkpoint.set_body(row.body);
  out.checkpoint.set_signature(row.signature);
  out.tick = state.tick;
  out.suite = context_->suite;
  out.public_key_der = context_->signer->public_key_der();
  return out;
}

StatusOr<SignedHead> SignedHeads::OfReceived(const store::ReceivedStream& received,
                                             const std::string& origin) const {
  v1::Head head;
  if (!head.ParseFromString(received.head)) {
    return MakeError(Code::STORE_CORRUPT, "the head of a received stream does not parse");
  }
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body, ledger::DecodeBody(head.checkpoint().body()));
  SignedHead out;
  out.proof = head.proof();
  out.checkpoint = head.checkpoint();
  out.tick = body.tick;
  out.suite = body.suite;
  const trust::MemberFacts* member = federation_ == nullptr ? nullptr : federation_->Find(origin);
  if (member != nullptr) {
    for (const v1::PublicKey& key : member->member.signing_keys()) {
      if (ledger::KeyIdOf(key.spki()) == body.key_id) out.public_key_der = key.spki();
    }
  }
  if (out.public_key_der.empty()) {
    return MakeError(Code::NOT_FOUND,
                     "the registry has no signing key of " + origin +
                         " that signed this head; it is proved again when the origin's new heads "
                         "have arrived");
  }
  return out;
}

}  // namespace tombolo::node
