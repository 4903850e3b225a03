// Registry and policies as this node's folder and store have them now: what the operator's
// questions are answered from while nothing is served.
//
// The federation is that of the folder federation/, the node's own policy that of policy/, those of
// other origins are the documents that the store has activated. Ownership: shared values.
// Thread-safety: one thread. Errors: NOT_FOUND with the advice what to put where; those of the
// documents.
#ifndef TOMBOLO_GATEWAY_APP_KNOWN_AUTHORITY_H_
#define TOMBOLO_GATEWAY_APP_KNOWN_AUTHORITY_H_

#include <string>
#include <vector>

#include "gateway/app/node_folder.h"
#include "gateway/app/policy_folder.h"
#include "gateway/exchange/holdings.h"

namespace tombolo::app {

struct KnownAuthority {
  exchange::Authority authority;
  boundary::CodeLists codes;
  // Policies that are there and do not hold, each with the reason: as good as none.
  std::vector<std::string> notes;
};

StatusOr<KnownAuthority> LoadAuthority(const NodeFolder& folder, int64_t now_us);

// For which purposes this node takes records: those of the peers in node.yaml, each once.
std::vector<std::string> OwnPurposes(const v1::NodeConfig& config);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_KNOWN_AUTHORITY_H_
