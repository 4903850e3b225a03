// HTTP/1.1 as this node speaks it: what Beast's parser leaves to the application is checked here.
//
// RFC 9110 and 9112, narrowed to requests without a body. Refused beside what the parser refuses:
// versions other than 1.1, more or less than one Host, any Transfer-Encoding, Content-Length other
// than one "0", Content-Encoding, Expect, methods other than GET and HEAD, targets not in origin
// form, folded fields, more than kHttpFieldsMax fields. So no body, chunk or trailer is ever
// parsed. Each line is one case of tests/unit/net/http_head_test. Ownership: results own their
// bytes. Thread-safety: pure. Errors: HTTP_MALFORMED, METHOD_NOT_ALLOWED, LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_NET_HTTP_HEAD_H_
#define TOMBOLO_GATEWAY_NET_HTTP_HEAD_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::net {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method, target, host;
  HttpFields fields;                                    // names in lower case
  std::string_view Field(std::string_view name) const;  // the first; empty if absent
  // Whether a field that is a list of words names one, in any case and in any of its lines.
  bool HasWord(std::string_view name, std::string_view word) const;
};

struct HttpReply {
  int status = 200;
  std::string content_type;
  std::string body;
};

// `fields` as the parser gave them, in order; `version` 11 is HTTP/1.1. Checks the list above.
StatusOr<HttpRequest> CheckRequest(std::string_view method, std::string_view target,
                                   unsigned version, const HttpFields& fields);

// Whether it asks for `Upgrade: tombolo/1` on the right target, with the right Connection field.
bool IsUpgrade(const HttpRequest& request);
extern const std::string_view kUpgradeTarget;    // "/exchange"
extern const std::string_view kUpgradeProtocol;  // "tombolo/1"

// application/problem+json of RFC 9457 for a status: type "urn:tombolo:error:CODE", title, detail.
HttpReply ProblemReply(const Status& status);
// The error in such a body; HTTP_MALFORMED with the HTTP status if it is none.
Status ErrorInProblem(int http_status, std::string_view body);

// "application/json" or "application/x-protobuf" by the Accept field; protobuf only where named.
std::string_view NegotiateType(const HttpRequest& request);

// The traceparent field (W3C Trace Context, level 1) if it is well-formed; else empty.
std::string_view TraceParent(const HttpRequest& request);

// The bytes of an answer. `closing`: no further request is answered on the connection.
std::string EncodeReply(const HttpReply& reply, const HttpRequest* request, bool closing);

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_HTTP_HEAD_H_
