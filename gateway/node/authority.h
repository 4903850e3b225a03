// Registry, policies, grants and revocation lists of this node: taking a document in, and what
// changes with it.
//
// One document, one transaction: the row that remembers its version, the audit event, and what must
// go because of it (layers and streams that this node may no longer hold) commit together. When it
// has committed, the new Authority replaces the old one and every open session is told. A refusal
// is audited too and changes nothing. Ownership: owns the current Authority; snapshots are shared.
// Thread-safety: one thread (the desk). Errors: those of trust::Federation::Activate and
// boundary::CompiledPolicy::Compile, of the store.
#ifndef TOMBOLO_GATEWAY_NODE_AUTHORITY_H_
#define TOMBOLO_GATEWAY_NODE_AUTHORITY_H_

#include <memory>
#include <string>
#include <vector>

#include "gateway/exchange/holdings.h"
#include "gateway/node/context.h"
#include "gateway/node/tick_writer.h"
#include "gateway/store/received.h"

namespace tombolo::node {

class AuthorityKeeper {
 public:
  // From the store; `first_root` where the store has none yet.
  static StatusOr<std::unique_ptr<AuthorityKeeper>> Open(const Context& context,
                                                         const boundary::CodeLists& codes,
                                                         const v1::SignedDocument* first_root);

  std::shared_ptr<const exchange::Authority> current() const { return current_; }

  // Grants wait until the policy that names them is there, and a policy is compiled with the grants
  // at hand; both orders end the same. `from`: who brought it, "" = the operator.
  struct Outcome {
    bool changed = false;
    std::vector<std::string> suspended;  // members that may no longer be dealt with
  };
  StatusOr<Outcome> Activate(TickWriter* writer, const v1::SignedDocument& document,
                             const std::string& from);

  // What this node may no longer hold under `authority`: decided with itself as the recipient, for
  // every received stream. Added to the tick by Activate; also run at start and when a decision's
  // time is up (a grant's end needs no message).
  std::vector<store::LayerDrop> NoLongerPermitted(const exchange::Authority& authority,
                                                  int64_t now_us) const;
  // The next moment at which a decision about this node's holdings or feeds changes by itself.
  int64_t NextChangeUs() const;

  // Documents to hand to a peer that has these versions; grants only if they name the peer or
  // permit what it carries.
  std::vector<v1::SignedDocument> DocumentsFor(uint32_t member, const v1::Hello& theirs) const;

 private:
  AuthorityKeeper(const Context& context, boundary::CodeLists codes);
  const Context& context_;
  boundary::CodeLists codes_;
  std::shared_ptr<const exchange::Authority> current_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_AUTHORITY_H_
