// The codes of purposes and legal bases that come with the program, for policies.
//
// They lie beside the core profile: core/purposes.csv and core/legal_bases.csv in the first profile
// folder that has both (packs.h). Ownership: plain values. Thread-safety: any thread. Errors:
// NOT_FOUND naming the folders looked in; POLICY_INVALID with file and line.
#ifndef TOMBOLO_GATEWAY_APP_CODE_LISTS_H_
#define TOMBOLO_GATEWAY_APP_CODE_LISTS_H_

#include "gateway/boundary/policy.h"
#include "tombolo/v1/node.pb.h"

namespace tombolo::app {

StatusOr<boundary::CodeLists> LoadCodeLists(const v1::NodeConfig& config);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_CODE_LISTS_H_
