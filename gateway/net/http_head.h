// HTTP/1.1 as this node speaks it: what Beast's parser leaves to the application is checked here.
//
// RFC 9110 and 9112. Refused beside what the parser refuses: more or less than one Host, any
// Transfer-Encoding but a single `chunked`, Transfer-Encoding in HTTP/1.0, Content-Length twice
// (also if equal), Content-Encoding, Expect, methods other than GET and HEAD, targets not in origin
// form, folded fields, trailers, bytes after an upgrade request. Pure. Each line is one case of
// tests/unit/net/http_head_test.
// Ownership: results own their bytes. Thread-safety: pure. Errors: HTTP_MALFORMED,
// METHOD_NOT_ALLOWED, NOT_FOUND, RATE_LIMITED, LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_NET_HTTP_HEAD_H_
#define TOMBOLO_GATEWAY_NET_HTTP_HEAD_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::net {

struct HttpRequest {
  std::string method, target, host;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string_view Field(std::string_view name) const;      // empty if absent
};

struct HttpReply {
  int status = 200;
  std::string content_type;
  std::string body;
};

// `fields` as the parser gave them, in order. Checks the list above.
StatusOr<HttpRequest> CheckRequest(std::string_view method, std::string_view target,
                                   unsigned version,
                                   const std::vector<std::pair<std::string, std::string>>& fields);

// Whether it asks for `Upgrade: tombolo/1` on the right target, with the right Connection field.
bool IsUpgrade(const HttpRequest& request);
extern const std::string_view kUpgradeTarget;  // "/exchange"

// application/problem+json of RFC 9457 for a status: type "urn:tombolo:error:CODE", title, detail.
HttpReply ProblemReply(const Status& status);

// "application/json" or "application/x-protobuf" by the Accept field; protobuf only where named.
std::string_view NegotiateType(const HttpRequest& request);

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_HTTP_HEAD_H_
