#include "gateway/net/http_head.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::net {

const std::string_view kUpgradeTarget = "/exchange";
const std::string_view kUpgradeProtocol = "tombolo/1";

namespace {

constexpr unsigned kHttp11 = 11;
constexpr std::string_view kProtobufType = "application/x-protobuf";
constexpr std::string_view kProblemUrn = "urn:tombolo:error:";
constexpr size_t kTraceParentBytes = 55;  // of version 00

Status Malformed(const std::string& what) {
  return MakeError(Code::HTTP_MALFORMED, what + "; see docs/protocol.md, section 2");
}

bool IsVisible(char c) { return c > 0x20 && c < 0x7f; }

Status CheckTarget(std::string_view target) {
  if (target.empty() || target[0] != '/') return Malformed("the target is not in origin form");
  if (!std::all_of(target.begin(), target.end(), IsVisible) ||
      target.find('#') != std::string_view::npos) {
    return Malformed("the target has a character that may not stand there");
  }
  return absl::OkStatus();
}

Status CheckHost(std::string_view host) {
  const auto fits = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view(".-_~:[]").find(c) != std::string_view::npos;
  };
  if (host.empty() || host.size() > limits::kHostBytesMax ||
      !std::all_of(host.begin(), host.end(), fits)) {
    return Malformed("Host is not the name of a host");
  }
  return absl::OkStatus();
}

// What one field may say, seen by itself.
Status CheckField(std::string_view name, std::string_view value) {
  if (value.find_first_of("\r\n") != std::string_view::npos) return Malformed("a folded field");
  if (name == "transfer-encoding") return Malformed("Transfer-Encoding; a request has no body");
  if (name == "content-encoding") return Malformed("Content-Encoding; a request has no body");
  if (name == "expect") return Malformed("Expect");
  if (name == "content-length" && value != "0") {
    return Malformed("Content-Length is not 0; a request has no body");
  }
  return absl::OkStatus();
}

std::string_view StatusText(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
  }
  return status < 500 ? "Refused" : "Failed";
}

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string_view HttpRequest::Field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

bool HttpRequest::HasWord(std::string_view name, std::string_view word) const {
  for (const auto& [key, value] : fields) {
    if (key != name) continue;
    for (const absl::string_view part : absl::StrSplit(value, ',')) {
      if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(part), ToAbsl(word))) return true;
    }
  }
  return false;
}

StatusOr<HttpRequest> CheckRequest(std::string_view method, std::string_view target,
                                   unsigned version, const HttpFields& fields) {
  if (version != kHttp11) return Malformed("the version is not HTTP/1.1");
  if (fields.size() > limits::kHttpFieldsMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("more than ", limits::kHttpFieldsMax, " header fields"));
  }
  HttpRequest request;
  request.method = method;
  request.target = target;
  size_t hosts = 0, lengths = 0;
  for (const auto& [name, value] : fields) {
    std::string lower = absl::AsciiStrToLower(name);
    RETURN_IF_ERROR(CheckField(lower, value));
    hosts += lower == "host";
    lengths += lower == "content-length";
    if (lower == "host") request.host = value;
    request.fields.emplace_back(std::move(lower), value);
  }
  if (hosts != 1) return Malformed("there is not exactly one Host");
  if (lengths > 1) return Malformed("Content-Length comes twice");
  RETURN_IF_ERROR(CheckHost(request.host));
  if (method != "GET" && method != "HEAD") {
    return MakeError(Code::METHOD_NOT_ALLOWED, "only GET and HEAD are served here");
  }
  RETURN_IF_ERROR(CheckTarget(target));
  return request;
}

bool IsUpgrade(const HttpRequest& request) {
  return request.method == "GET" && request.target == kUpgradeTarget &&
         request.Field("upgrade") == kUpgradeProtocol && request.HasWord("connection", "upgrade");
}

HttpReply ProblemReply(const Status& status) {
  const CodeInfo& info = InfoOf(CodeOf(status));
  const std::string_view name = NameOf(info.code);
  HttpReply reply;
  reply.status = info.http_status;
  reply.content_type = "application/problem+json";
  reply.body = absl::StrCat("{\"type\":", JsonQuote(std::string(kProblemUrn) + std::string(name)),
                            ",\"title\":", JsonQuote(info.doc), ",\"status\":", info.http_status,
                            ",\"detail\":", JsonQuote(ToStd(status.message())), "}\n");
  return reply;
}

Status ErrorInProblem(int http_status, std::string_view body) {
  const size_t at = body.find(kProblemUrn);
  if (at != std::string_view::npos) {
    const std::string_view rest = body.substr(at + kProblemUrn.size());
    const std::optional<Code> code = CodeFromName(rest.substr(0, rest.find('"')));
    if (code.has_value() && *code != Code::kOk) {
      return MakeError(*code, absl::StrCat("the peer answered with HTTP status ", http_status));
    }
  }
  return MakeError(Code::HTTP_MALFORMED, absl::StrCat("the peer answered with HTTP status ",
                                                      http_status, " and no code; is it a node?"));
}

std::string_view NegotiateType(const HttpRequest& request) {
  for (const auto& [key, value] : request.fields) {
    if (key != "accept") continue;
    for (const absl::string_view part : absl::StrSplit(value, ',')) {
      const std::vector<absl::string_view> words = absl::StrSplit(part, ';');
      if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(words[0]), ToAbsl(kProtobufType))) {
        continue;
      }
      const bool refused = std::any_of(words.begin() + 1, words.end(), [](absl::string_view word) {
        const absl::string_view q = absl::StripAsciiWhitespace(word);
        return q == "q=0" || q == "q=0.0";
      });
      if (!refused) return kProtobufType;
    }
  }
  return "application/json";
}

std::string_view TraceParent(const HttpRequest& request) {
  // 00-<32 hex>-<16 hex>-<2 hex>, not all zero.
  const std::string_view text = request.Field("traceparent");
  if (text.size() != kTraceParentBytes || text.substr(0, 3) != "00-" || text[35] != '-' ||
      text[52] != '-') {
    return {};
  }
  const std::string_view trace = text.substr(3, 32), parent = text.substr(36, 16);
  if (!IsLowerHex(trace) || !IsLowerHex(parent) || !IsLowerHex(text.substr(53))) return {};
  const bool zero = trace.find_first_not_of('0') == std::string_view::npos ||
                    parent.find_first_not_of('0') == std::string_view::npos;
  return zero ? std::string_view() : text;
}

std::string EncodeReply(const HttpReply& reply, const HttpRequest* request, bool closing) {
  std::string out = absl::StrCat("HTTP/1.1 ", reply.status, " ", ToAbsl(StatusText(reply.status)),
                                 "\r\nContent-Type: ", reply.content_type,
                                 "\r\nContent-Length: ", reply.body.size(),
                                 "\r\nCache-Control: no-store"
                                 "\r\nX-Content-Type-Options: nosniff\r\n");
  if (reply.status == 405) absl::StrAppend(&out, "Allow: GET, HEAD\r\n");
  if (reply.status == 426) absl::StrAppend(&out, "Upgrade: ", ToAbsl(kUpgradeProtocol), "\r\n");
  if (reply.status == 429 || reply.status == 503) absl::StrAppend(&out, "Retry-After: 1\r\n");
  if (request != nullptr && !TraceParent(*request).empty()) {
    absl::StrAppend(&out, "traceparent: ", ToAbsl(TraceParent(*request)), "\r\n");
  }
  if (closing) absl::StrAppend(&out, "Connection: close\r\n");
  absl::StrAppend(&out, "\r\n");
  if (request == nullptr || request->method != "HEAD") absl::StrAppend(&out, reply.body);
  return out;
}

}  // namespace tombolo::net
