// Registry, policies, grants and revocation lists of this node: taking a document in, and what
// changes with it.
//
// One document, one transaction: the rows that remember it, the audit events, and what must go
// because of it (layers and streams that this node may no longer hold) commit together. Activate
// puts them into the writer's tick; the caller commits the writer and then calls Adopt, from which
// on current() is the new Authority, or Discard. A refusal is put into the tick as DOCUMENT_REFUSED
// and changes nothing. Documents may come in any order; those that hold only together with one that
// is not there yet wait in memory. Who is not an ACTIVE member speaks no longer: its policy is not
// compiled, all that was received of it goes, and nothing of it is handed on, since nobody could
// correct it any more. While no registry is active nobody is judged and nothing goes.
// Ownership: owns the current Authority; snapshots are shared. Thread-safety: one thread (the
// desk). Errors: those of trust::Federation::Activate, of OriginDocuments and of the store;
// NOT_FOUND without any root.
#ifndef TOMBOLO_GATEWAY_NODE_AUTHORITY_H_
#define TOMBOLO_GATEWAY_NODE_AUTHORITY_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/exchange/holdings.h"
#include "gateway/node/context.h"
#include "gateway/node/origin_documents.h"
#include "gateway/node/tick_writer.h"
#include "gateway/node/trust_rows.h"
#include "gateway/store/received.h"

namespace tombolo::node {

// What this node may have of a stream of another origin, and what of it hand on.
struct OwnDecision {
  boundary::LayerMask layers = 0, onward = 0;
};

class AuthorityKeeper {
 public:
  // From the store; `first_root` (may be null) where the store has none yet. `purposes`: for which
  // this node takes records, those of all its peers; what it may have is the union over them.
  static StatusOr<std::unique_ptr<AuthorityKeeper>> Open(const Context& context,
                                                         const boundary::CodeLists& codes,
                                                         std::vector<std::string> purposes,
                                                         const v1::SignedDocument* first_root);

  std::shared_ptr<const exchange::Authority> current() const { return state_.authority; }

  // `from`: SPIFFE ID of who brought it, "" = the operator, whose folder may have documents of the
  // federation that are older than the active ones: they are passed over. Not changed: it is active
  // already, or waits.
  struct Outcome {
    bool changed = false;
    std::vector<std::string> suspended;  // members that may no longer be dealt with
  };
  StatusOr<Outcome> Activate(TickWriter* writer, const v1::SignedDocument& document,
                             const std::string& from);
  void Adopt();    // the tick is committed
  void Discard();  // it is not

  OwnDecision DecideForSelf(const v1::StreamDescriptor& stream,
                            const exchange::Authority& authority, int64_t now_us) const;
  // What this node holds and may not under `authority`, by DecideForSelf of every received stream.
  StatusOr<std::vector<store::LayerDrop>> NoLongerPermitted(const exchange::Authority& authority,
                                                            int64_t now_us) const;
  // The same under the current one, put into the tick with its audit events; run at start and at
  // NextChangeUs (the end of a grant needs no message).
  StatusOr<std::vector<store::LayerDrop>> Withdraw(TickWriter* writer, int64_t now_us);
  // The first moment after `now_us` at which a decision may change by itself; INT64_MAX: none.
  int64_t NextChangeUs(int64_t now_us) const;

  // Documents for a peer, in the order of docs/protocol.md, section 4: what it lacks of the
  // federation's by its HELLO, then this node's grants that it may get, and the policy.
  std::vector<v1::SignedDocument> DocumentsFor(uint32_t member, const v1::Hello& theirs) const;
  // Grants that the member may get, and policies where `wish` shows none or an older one, of
  // origins that are handed on to it.
  std::vector<v1::SignedDocument> OriginDocumentsFor(uint32_t member,
                                                     const std::vector<std::string>& origins,
                                                     const v1::Subscribe& wish) const;
  // Of an active or former version; null: not here.
  const v1::SignedDocument* Root(uint64_t version) const;

 private:
  using OriginPtr = std::shared_ptr<const OriginDocuments>;
  struct State {
    std::shared_ptr<const trust::Federation> federation;
    std::map<uint64_t, v1::SignedDocument> roots;  // by version
    uint64_t changes = 0;                          // of the federation, as stored
    std::map<std::string, OriginPtr> origins;
    std::shared_ptr<const exchange::Authority> authority;
  };
  // A document's effect, before it is put into a tick.
  struct Change {
    State next;
    bool changed = false;
    std::vector<store::DocumentRow> rows;
    std::vector<v1::AuditEvent> events;
    uint64_t version = 0;
  };

  AuthorityKeeper(const Context& context, boundary::CodeLists codes,
                  std::vector<std::string> purposes);
  Status Load(const v1::SignedDocument* first_root);
  Status LoadOrigins(const std::vector<store::DocumentRow>& rows);
  Status Take(const v1::SignedDocument& document, Change* change);
  Status TakeOfFederation(const v1::SignedDocument& document, Change* change);
  Status TakeOfOrigin(const v1::SignedDocument& document, Change* change);
  // Tries what waits once more; true if the federation went on.
  bool TryWaiting(State* next, bool* registry_anew, bool* timestamp_anew);
  void LetWait(const v1::SignedDocument& document);
  bool IsOlderFile(const v1::SignedDocument& document) const;
  void CompileAll(State* state) const;
  std::shared_ptr<const exchange::Authority> Assemble(const State& state) const;
  void Refuse(const v1::SignedDocument& document, const std::string& from, const Status& why,
              TickWriter* writer) const;
  // The first root, where the store has none yet.
  void StoreFirstRoot(TickWriter* writer);
  // A received stream of which this node has layers that it may have no longer.
  struct Lost {
    store::LayerDrop drop;
    std::string origin, stream_id;
    uint64_t size = 0;
  };
  StatusOr<std::vector<Lost>> FindLost(const exchange::Authority& authority, int64_t now_us) const;
  // `like` has what the events share with that of the document.
  void PutLost(const std::vector<Lost>& lost, const v1::AuditEvent& like, TickWriter* writer) const;

  const Context& context_;
  const boundary::CodeLists codes_;
  const std::vector<std::string> purposes_;
  State state_;
  std::unique_ptr<State> pending_;
  std::vector<v1::SignedDocument> waiting_;  // of the federation
  bool root_stored_ = true, root_in_tick_ = false;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_AUTHORITY_H_
