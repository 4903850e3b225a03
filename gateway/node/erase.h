// Erasing a record: content, salts, keyed digest and subject reference of all its versions go; the
// leaves stay, so that every stream and checkpoint still verifies. The audit event, which never
// leaves the node, keeps the keyed reference of the subject: whoever asked can be told that it was
// done.
//
// Ownership: borrows the context. Thread-safety: one thread. Errors: NOT_FOUND, those of the store.
// One transaction.
#ifndef TOMBOLO_GATEWAY_NODE_ERASE_H_
#define TOMBOLO_GATEWAY_NODE_ERASE_H_

#include "gateway/node/context.h"

namespace tombolo::node {

// Returns the number of versions erased. A record that was erased before is NOT_FOUND.
StatusOr<uint64_t> EraseRecord(const Context& context, const RecordId& id);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_ERASE_H_
