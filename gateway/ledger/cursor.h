// Cursors: how far a recipient has confirmed, per (stream, layer); opaque to whoever holds one.
//
// Layout: docs/formats/cursor.md: "TBK1" || version u8 || canonical Cursor message || the first 16
// bytes of HMAC-SHA256 (RFC 2104) over all of that, under a key of the node that issued it. So a
// cursor comes back as it was given out, or is refused.
// Ownership: holds the key's hash state, wiped on destruction. Thread-safety: one thread per
// object. Errors: NOT_CANONICAL, SCHEMA_UNSUPPORTED, SIGNATURE_INVALID, LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_LEDGER_CURSOR_H_
#define TOMBOLO_GATEWAY_LEDGER_CURSOR_H_

#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/base/hash.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::ledger {

class CursorCodec {
 public:
  // `key`: 32 random bytes of the node that issues and takes back the cursors.
  explicit CursorCodec(std::string_view key) : mac_(key) {}

  // Positions sorted by (stream_id, layer), none twice, layers PUBLIC to LIMITED, next_seq from 1;
  // at most kCursorPositionsMax.
  StatusOr<std::string> Encode(const v1::Cursor& cursor);
  StatusOr<v1::Cursor> Decode(std::string_view bytes);

 private:
  std::string Mac(std::string_view bytes);
  HmacSha256 mac_;
};

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_CURSOR_H_
