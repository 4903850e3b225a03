// Record ids, subject keys and content digests: keyed with a secret of the node, so that nobody
// outside can guess or test them.
//
// HMAC-SHA256 (RFC 2104), and KeyedDigest for what is long and only compared here, under keys
// derived from the node secret with HKDF-SHA256 (RFC 5869), one key a purpose, cut to 16 bytes.
// docs/formats/record.md, "Identity". The node secret is part of
// every backup and never rotated. Ownership: holds derived keys; wiped on destruction.
// Thread-safety: one object per thread (it keeps hash state). Errors: none; a secret of the wrong
// size is a broken invariant.
#ifndef TOMBOLO_GATEWAY_RECORD_IDENTITY_H_
#define TOMBOLO_GATEWAY_RECORD_IDENTITY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/ids.h"

namespace tombolo::record {

inline constexpr size_t kNodeSecretBytes = 32;

// The key under which a node issues cursors and takes them back (docs/formats/cursor.md); 32 bytes.
std::string CursorKey(std::string_view node_secret);

class Identity {
 public:
  explicit Identity(std::string_view node_secret);  // kNodeSecretBytes
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  // The same for the same scope and key parts, whatever pack or format they came from.
  RecordId ForRecord(std::string_view identity_scope, const std::vector<std::string>& natural_key);
  SubjectKey ForSubject(std::string_view scheme, std::string_view value);
  ContentDigest ForContent(const RecordId& id, std::string_view content);
  OutputPrint ForOutput(std::string_view output);
  // Keyed reference of a source file's bytes or name for the audit log, 32 bytes.
  std::string ForSource(std::string_view digest_or_name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_IDENTITY_H_
