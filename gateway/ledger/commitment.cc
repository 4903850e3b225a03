#include "gateway/ledger/commitment.h"

namespace tombolo::ledger {

EntryHasher::EntryHasher(Suite suite) : suite_(suite), hasher_(HashOf(suite)) {}

void EntryHasher::Begin(std::string_view tag) {
  hasher_.Reset();
  hasher_.Update(tag);
  hasher_.UpdateByte(static_cast<uint8_t>(suite_));
}

Digest EntryHasher::LayerHash(v1::SharingClass layer, std::string_view salt,
                              std::string_view bytes) {
  Begin("TBL1");
  hasher_.UpdateByte(static_cast<uint8_t>(layer));
  hasher_.Update(salt);
  hasher_.Update(bytes);
  return hasher_.Finish();
}

Digest EntryHasher::StreamId(std::string_view descriptor_bytes) {
  Begin("TBS1");
  hasher_.Update(descriptor_bytes);
  return hasher_.Finish();
}

void EntryHasher::FeedEntry(v1::EntryType type, std::string_view stream_id,
                            std::string_view header) {
  Begin("TBE1");
  hasher_.UpdateByte(static_cast<uint8_t>(type));
  hasher_.Update(stream_id);
  hasher_.UpdateU32(static_cast<uint32_t>(header.size()));
  hasher_.Update(header);
}

Digest EntryHasher::PutCommitment(std::string_view stream_id, std::string_view header,
                                  const LayerHashes& layers) {
  FeedEntry(v1::PUT, stream_id, header);
  for (const Digest& layer : layers) hasher_.Update(layer.view());
  return hasher_.Finish();
}

Digest EntryHasher::BareCommitment(v1::EntryType type, std::string_view stream_id,
                                   std::string_view header) {
  FeedEntry(type, stream_id, header);
  return hasher_.Finish();
}

Digest EntryHasher::Leaf(std::string_view bytes) {
  hasher_.Reset();
  hasher_.UpdateByte(0);
  hasher_.Update(bytes);
  return hasher_.Finish();
}

}  // namespace tombolo::ledger
