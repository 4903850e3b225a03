// Stored entries as the parts that travel, and the leaf they make.
//
// Ownership: parts are views into the bytes of the entry. Thread-safety: pure but for the hasher.
// Errors: none; sizes are those that the store or ReadEntries has checked.
#ifndef TOMBOLO_GATEWAY_NODE_ENTRY_PARTS_H_
#define TOMBOLO_GATEWAY_NODE_ENTRY_PARTS_H_

#include <string_view>

#include "gateway/ledger/commitment.h"
#include "gateway/ledger/entry_page.h"
#include "gateway/store/entry_codec.h"

namespace tombolo::node {

// Nothing of the content is copied. A node's audit events have no parts.
ledger::EntryParts PartsOf(const store::EntryView& entry);

Digest LeafOf(ledger::EntryHasher* hasher, std::string_view stream_id,
              const ledger::EntryParts& parts);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_ENTRY_PARTS_H_
