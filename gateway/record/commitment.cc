#include "gateway/record/commitment.h"

#include <cassert>

#include "absl/strings/str_cat.h"

namespace tombolo::record {
namespace {

constexpr uint8_t kLeafPrefix = 0x00;

HashKind HashOfKnownSuite(v1::Suite suite) {
  return suite == v1::SHA384_ECDSA_P384 ? HashKind::kSha384 : HashKind::kSha256;
}

}  // namespace

StatusOr<HashKind> HashOfSuite(int suite) {
  switch (suite) {
    case v1::SHA256_ED25519:
    case v1::SHA256_ECDSA_P256:
    case v1::SHA384_ECDSA_P384:
      return HashOfKnownSuite(static_cast<v1::Suite>(suite));
    default:
      return MakeError(Code::SCHEMA_UNSUPPORTED,
                       absl::StrCat("suite ", suite, " is not known; known are 1, 2 and 3"));
  }
}

Committer::Committer(v1::Suite suite) : suite_(suite), hasher_(HashOfKnownSuite(suite)) {
  assert(HashOfSuite(suite).ok());
}

Digest Committer::StreamId(std::string_view descriptor_bytes) {
  hasher_.Update("TBS1");
  hasher_.UpdateByte(static_cast<uint8_t>(suite_));
  hasher_.Update(descriptor_bytes);
  return hasher_.Finish();
}

Digest Committer::LayerHash(v1::SharingClass layer, std::string_view salt, std::string_view bytes) {
  assert(layer >= v1::PUBLIC && layer <= v1::LIMITED && salt.size() == salt_bytes());
  const std::array<char, 6> prefix = {
      'T', 'B', 'L', '1', static_cast<char>(suite_), static_cast<char>(layer)};
  hasher_.Update({prefix.data(), prefix.size()});
  hasher_.Update(salt);
  hasher_.Update(bytes);
  return hasher_.Finish();
}

void Committer::StartEntry(v1::EntryType type, std::string_view stream_id,
                           std::string_view header_bytes) {
  assert(stream_id.size() == DigestBytes(hasher_.kind()));
  const std::array<char, 6> prefix = {
      'T', 'B', 'E', '1', static_cast<char>(suite_), static_cast<char>(type)};
  hasher_.Update({prefix.data(), prefix.size()});
  hasher_.Update(stream_id);
  hasher_.UpdateU32(static_cast<uint32_t>(header_bytes.size()));
  hasher_.Update(header_bytes);
}

Digest Committer::PutCommitment(std::string_view stream_id, std::string_view header_bytes,
                                const std::array<Digest, 3>& layer_hashes) {
  StartEntry(v1::PUT, stream_id, header_bytes);
  for (const Digest& hash : layer_hashes) hasher_.Update(hash.view());
  return hasher_.Finish();
}

Digest Committer::HeaderCommitment(v1::EntryType type, std::string_view stream_id,
                                   std::string_view header_bytes) {
  assert(type == v1::RETRACT || type == v1::TOMBSTONE);
  StartEntry(type, stream_id, header_bytes);
  return hasher_.Finish();
}

Digest Committer::LeafHash(std::string_view commitment) {
  hasher_.UpdateByte(kLeafPrefix);
  hasher_.Update(commitment);
  return hasher_.Finish();
}

}  // namespace tombolo::record
