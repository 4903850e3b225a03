// From the bytes of a head to its parts, with Beast's parser and no more of Beast than that.
//
// Only a whole head is given to the parser, at most kHttpHeadBytesMax of it, and never a body: a
// trailer of 70,000 bytes makes Beast 1.81 throw, so nothing here gets as far as a trailer
// (tests/integration/http_attacks_test). Ownership: results own their bytes. Thread-safety: pure.
// Errors: HTTP_MALFORMED, METHOD_NOT_ALLOWED, LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_NET_HTTP_PARSE_H_
#define TOMBOLO_GATEWAY_NET_HTTP_PARSE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/net/http_head.h"

namespace tombolo::net {

// Bytes up to and with the blank line; nullopt: not all there yet. An error as soon as no more
// bytes can mend it: too long, or a line that ends with LF alone.
StatusOr<std::optional<size_t>> HeadBytes(std::string_view bytes);

StatusOr<HttpRequest> ParseRequest(std::string_view head);

struct HttpAnswer {
  int status = 0;
  std::string upgrade;
  size_t content_bytes = 0;  // 0: not stated
};
StatusOr<HttpAnswer> ParseAnswer(std::string_view head);

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_HTTP_PARSE_H_
