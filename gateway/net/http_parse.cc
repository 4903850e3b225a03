#include "gateway/net/http_parse.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::net {
namespace {

namespace beast = boost::beast;

Status Refused(std::string_view what) {
  return MakeError(Code::HTTP_MALFORMED,
                   "the head cannot be read: " + std::string(what) + "; mend what sends it");
}

template <typename Parser>
Status Parse(std::string_view head, Parser* parser) {
  // A parser joins folded lines, so they are looked for before.
  if (head.find("\n ") != std::string_view::npos || head.find("\n\t") != std::string_view::npos) {
    return Refused("a folded field");
  }
  parser->header_limit(static_cast<uint32_t>(limits::kHttpHeadBytesMax));
  parser->skip(true);
  boost::system::error_code error;
  const size_t used = parser->put(boost::asio::buffer(head.data(), head.size()), error);
  if (error) return Refused(error.message());
  if (!parser->is_header_done() || used != head.size()) return Refused("it does not end");
  return absl::OkStatus();
}

std::string Text(beast::string_view view) { return std::string(view.data(), view.size()); }

}  // namespace

StatusOr<std::optional<size_t>> HeadBytes(std::string_view bytes) {
  const size_t end = bytes.find("\r\n\r\n");
  const size_t size = end == std::string_view::npos ? bytes.size() : end + 4;
  if (size > limits::kHttpHeadBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("the head is larger than ", limits::kHttpHeadBytesMax, " bytes"));
  }
  for (size_t at = bytes.find('\n'); at < size; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return Refused("a line ends with LF alone");
  }
  if (end == std::string_view::npos) return std::optional<size_t>();
  return std::optional<size_t>(size);
}

StatusOr<HttpRequest> ParseRequest(std::string_view head) {
  beast::http::request_parser<beast::http::empty_body> parser;
  RETURN_IF_ERROR(Parse(head, &parser));
  HttpFields fields;
  for (const auto& field : parser.get()) {
    fields.emplace_back(Text(field.name_string()), Text(field.value()));
  }
  return CheckRequest(Text(parser.get().method_string()), Text(parser.get().target()),
                      parser.get().version(), fields);
}

StatusOr<HttpAnswer> ParseAnswer(std::string_view head) {
  beast::http::response_parser<beast::http::empty_body> parser;
  RETURN_IF_ERROR(Parse(head, &parser));
  const auto& message = parser.get();
  HttpAnswer answer;
  answer.status = static_cast<int>(message.result_int());
  answer.upgrade = Text(message[beast::http::field::upgrade]);
  const std::string length = Text(message[beast::http::field::content_length]);
  if (!length.empty() && !absl::SimpleAtoi(length, &answer.content_bytes)) {
    return Refused("Content-Length");
  }
  return answer;
}

}  // namespace tombolo::net
