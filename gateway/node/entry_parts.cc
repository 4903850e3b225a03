#include "gateway/node/entry_parts.h"

namespace tombolo::node {

Digest LeafOf(ledger::EntryHasher* hasher, std::string_view stream_id,
              const ledger::EntryParts& parts) {
  if (parts.erased) return *ledger::DigestFrom(hasher->hash(), parts.leaf);
  if (parts.type != v1::PUT) {
    return hasher->Leaf(hasher->BareCommitment(parts.type, stream_id, parts.header).view());
  }
  ledger::LayerHashes hashes;
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    hashes[k] = store::Has(parts.shown, k)
                    ? hasher->LayerHash(static_cast<v1::SharingClass>(v1::PUBLIC + k),
                                        parts.salts[k], parts.contents[k])
                    : *ledger::DigestFrom(hasher->hash(), parts.hashes[k]);
  }
  return hasher->Leaf(hasher->PutCommitment(stream_id, parts.header, hashes).view());
}

// Nothing of the content is copied.
ledger::EntryParts PartsOf(const store::EntryView& entry) {
  ledger::EntryParts parts;
  if (entry.form == store::Form::kErased) {
    parts.erased = true;
    parts.type = v1::ENTRY_TYPE_UNSPECIFIED;
    parts.leaf = entry.leaf_hash;
    return parts;
  }
  parts.type = entry.type;
  parts.header = entry.header;
  if (entry.type != v1::PUT) return parts;
  parts.shown = store::ShownLayers(entry);
  parts.salts = entry.salts;
  parts.contents = entry.layers;
  parts.hashes = entry.layer_hashes;
  return parts;
}

}  // namespace tombolo::node
