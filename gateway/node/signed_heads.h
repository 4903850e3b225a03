// The newest signed head of each stream that this node holds, its own or received, with all that
// somebody else needs to check it: the checkpoint in which it hangs, and the key.
//
// Ownership: borrows the context; results own their bytes. Thread-safety: one thread.
// Errors: NOT_FOUND (nothing signed is stored of a received stream, or its signer's key is no
// longer in the registry), STORE_CORRUPT and others of the store.
#ifndef TOMBOLO_GATEWAY_NODE_SIGNED_HEADS_H_
#define TOMBOLO_GATEWAY_NODE_SIGNED_HEADS_H_

#include <map>
#include <memory>
#include <string>

#include "gateway/ledger/commitment.h"
#include "gateway/node/context.h"
#include "gateway/trust/federation.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::node {

struct SignedHead {
  v1::HeadProof proof;  // its head says how many entries are covered
  v1::Checkpoint checkpoint;
  uint64_t tick = 0;
  ledger::Suite suite = v1::SUITE_UNSPECIFIED;
  std::string public_key_der;  // of who signed the checkpoint
};

class SignedHeads {
 public:
  // Reads what is stored about received streams and the registry once.
  static StatusOr<SignedHeads> Open(const Context& context);

  // `origin`: of the stream's descriptor. An own stream must have entries.
  StatusOr<SignedHead> Of(const store::StreamState& state, const std::string& origin) const;

 private:
  explicit SignedHeads(const Context& context) : context_(&context) {}
  StatusOr<SignedHead> OfOwn(const store::StreamState& state) const;
  StatusOr<SignedHead> OfReceived(const store::ReceivedStream& received,
                                  const std::string& origin) const;

  const Context* context_;
  std::map<uint32_t, store::ReceivedStream> received_;   // by number
  std::shared_ptr<const trust::Federation> federation_;  // null: no root yet
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SIGNED_HEADS_H_
