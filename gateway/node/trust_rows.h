// The federation's state as rows of documents in the store, and back.
//
// A root is kept under its federation and version, since a peer that was off for long must be given
// each one in between; of registry and timestamp the active one is kept under the federation, of
// revocation lists that of each authority under its key id in hex. What the state has beside
// documents (trust::TrustState) is a row of kind 0. A row cannot be taken away: what a change of
// root made void is recognised by its signatures when the state is restored, as it was then.
// Ownership: values. Thread-safety: pure. Errors: STORE_CORRUPT.
#ifndef TOMBOLO_GATEWAY_NODE_TRUST_ROWS_H_
#define TOMBOLO_GATEWAY_NODE_TRUST_ROWS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/store/received.h"
#include "gateway/trust/federation.h"

namespace tombolo::node {

struct StoredTrust {
  std::shared_ptr<const trust::Federation> federation;  // null: the store has no root
  std::map<uint64_t, v1::SignedDocument> roots;         // by version
  uint64_t changes = 0;                                 // version of the row of kind 0
};
StatusOr<StoredTrust> RestoreTrust(const std::vector<store::DocumentRow>& rows);

// A document that a change made active, with what audit says of it.
struct NewlyActive {
  store::DocumentRow row;
  v1::SignedDocument document;
  std::string issuer_key_id;  // of a revocation list
};
// What `after` has and `before` (null: nothing) has not. `registry_anew`, `timestamp_anew`: on the
// way a version of that role could start anew.
std::vector<NewlyActive> NewDocuments(const trust::Federation* before,
                                      const trust::Federation& after, bool registry_anew,
                                      bool timestamp_anew);
// The row of kind 0.
store::DocumentRow StateRow(const trust::Federation& federation, uint64_t changes);

// Version of a root, registry or timestamp, number of a revocation list; 0: it does not parse.
uint64_t VersionOf(const v1::SignedDocument& document);
bool IsOfFederation(v1::DocumentKind kind);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_TRUST_ROWS_H_
