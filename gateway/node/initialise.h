// The first tick of a node: its audit log begins with who made it and under which key.
//
// Ownership: borrows the context. Thread-safety: one thread. Errors: ALREADY_EXISTS if the store
// has a checkpoint; those of the store.
#ifndef TOMBOLO_GATEWAY_NODE_INITIALISE_H_
#define TOMBOLO_GATEWAY_NODE_INITIALISE_H_

#include "gateway/node/context.h"

namespace tombolo::node {

Status Initialise(const Context& context);

// That the store belongs to this node and key: the last checkpoint names origin and key and its
// signature verifies, and every stream's head hangs in it as stored. Cheap; `tombolo export` with
// the verifier checks everything.
Status CheckOwnership(const Context& context);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_INITIALISE_H_
