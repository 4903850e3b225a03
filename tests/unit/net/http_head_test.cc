// Each line of gateway/net/http_head.h's list, from fields and from bytes.
#include "gateway/net/http_head.h"

#include <gmock/gmock.h>

#include "gateway/base/limits.h"
#include "gateway/net/http_parse.h"
#include "tests/support/assert_ok.h"

namespace tombolo::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const HttpFields kHost = {{"Host", "node.example:8443"}};

StatusOr<HttpRequest> Check(HttpFields more, std::string_view method = "GET",
                            std::string_view target = "/v1/node", unsigned version = 11) {
  HttpFields fields = kHost;
  fields.insert(fields.end(), more.begin(), more.end());
  return CheckRequest(method, target, version, fields);
}

TEST(HttpHead, ASoundRequest) {
  ASSERT_OK_AND_ASSIGN(const HttpRequest request,
                       Check({{"Accept", "*/*"}, {"Content-Length", "0"}}, "HEAD"));
  EXPECT_EQ(request.method, "HEAD");
  EXPECT_EQ(request.target, "/v1/node");
  EXPECT_EQ(request.host, "node.example:8443");
  EXPECT_EQ(request.Field("accept"), "*/*");
  EXPECT_EQ(request.Field("Accept"), "");
}

TEST(HttpHead, EachLineOfTheListIsRefused) {
  const struct {
    const char* what;
    StatusOr<HttpRequest> outcome;
    Code code = Code::HTTP_MALFORMED;
  } kCases[] = {
      {"no Host", CheckRequest("GET", "/", 11, {})},
      {"two Hosts", Check({{"host", "node.example:8443"}})},
      {"an empty Host", CheckRequest("GET", "/", 11, {{"Host", ""}})},
      {"a Host with a path", CheckRequest("GET", "/", 11, {{"Host", "a/b"}})},
      {"a Host with an account", CheckRequest("GET", "/", 11, {{"Host", "a@b"}})},
      {"two names in one Host", CheckRequest("GET", "/", 11, {{"Host", "a, b"}})},
      {"chunked", Check({{"Transfer-Encoding", "chunked"}})},
      {"an odd coding", Check({{"Transfer-Encoding", "xchunked"}})},
      {"a list of codings", Check({{"Transfer-Encoding", "chunked, identity"}})},
      {"an empty coding", Check({{"transfer-encoding", ""}})},
      {"a coding in HTTP/1.0", Check({{"Transfer-Encoding", "chunked"}}, "GET", "/", 10)},
      {"HTTP/1.0", Check({}, "GET", "/", 10)},
      {"HTTP/2.0", Check({}, "GET", "/", 20)},
      {"a length", Check({{"Content-Length", "1"}})},
      {"a length with a sign", Check({{"Content-Length", "+0"}})},
      {"a length with two digits", Check({{"Content-Length", "00"}})},
      {"a length twice, equal", Check({{"Content-Length", "0"}, {"Content-Length", "0"}})},
      {"a length as a list", Check({{"Content-Length", "0, 0"}})},
      {"a coded content", Check({{"Content-Encoding", "gzip"}})},
      {"an expectation", Check({{"Expect", "100-continue"}})},
      {"a folded field", Check({{"X", "a\r\n b"}})},
      {"no target", Check({}, "GET", "")},
      {"an absolute target", Check({}, "GET", "http://node.example/")},
      {"an authority", Check({}, "GET", "node.example:443")},
      {"an asterisk", Check({}, "GET", "*")},
      {"a fragment", Check({}, "GET", "/a#b")},
      {"a blank in the target", Check({}, "GET", "/a b")},
      {"a control in the target", Check({}, "GET", "/a\x01")},
      {"bytes beyond ASCII", Check({}, "GET", "/\xe4\xb8\xad")},
      {"POST", Check({}, "POST"), Code::METHOD_NOT_ALLOWED},
      {"OPTIONS", Check({}, "OPTIONS"), Code::METHOD_NOT_ALLOWED},
      {"TRACE", Check({}, "TRACE"), Code::METHOD_NOT_ALLOWED},
      {"CONNECT", Check({}, "CONNECT"), Code::METHOD_NOT_ALLOWED},
      {"get", Check({}, "get"), Code::METHOD_NOT_ALLOWED},
  };
  for (const auto& one : kCases) EXPECT_CODE(one.code, one.outcome) << one.what;
}

TEST(HttpHead, FieldsUpToTheLimit) {
  HttpFields fields(limits::kHttpFieldsMax - 1, {"X", "y"});
  EXPECT_OK(Check(fields));
  fields.push_back({"X", "y"});
  EXPECT_CODE(Code::LIMIT_EXCEEDED, Check(fields));
}

TEST(HttpHead, AHeadEndsWhereItEndsAndAtTheLimit) {
  EXPECT_EQ(**HeadBytes("GET / HTTP/1.1\r\n\r\nmore"), 18u);
  EXPECT_FALSE(HeadBytes("GET / HTTP/1.1\r\n")->has_value());
  EXPECT_FALSE(HeadBytes("")->has_value());
  EXPECT_CODE(Code::HTTP_MALFORMED, HeadBytes("GET / HTTP/1.1\nHost"));
  EXPECT_CODE(Code::HTTP_MALFORMED, HeadBytes("\n"));
  const std::string full = std::string(limits::kHttpHeadBytesMax - 4, 'a') + "\r\n\r\n";
  EXPECT_OK(HeadBytes(full));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, HeadBytes("a" + full));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, HeadBytes(std::string(limits::kHttpHeadBytesMax + 1, 'a')));
}

TEST(HttpHead, FromBytes) {
  const std::string rest = " /x HTTP/1.1\r\nHost: a\r\n";
  EXPECT_OK(ParseRequest("GET" + rest + "\r\n"));
  EXPECT_CODE(Code::HTTP_MALFORMED, ParseRequest("GET" + rest));
  for (const char* line : {"X: a\r\n b\r\n", "X: a\r\n\tb\r\n", "X : a\r\n", "X\r\n", ": a\r\n",
                           "X: a\x01\r\n", "X\xff: a\r\n"}) {
    EXPECT_CODE(Code::HTTP_MALFORMED, ParseRequest("GET" + rest + line + "\r\n")) << line;
  }
}

TEST(HttpHead, AnswersOfAListener) {
  ASSERT_OK_AND_ASSIGN(
      const HttpAnswer upgraded,
      ParseAnswer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tombolo/1\r\n\r\n"));
  EXPECT_EQ(upgraded.status, 101);
  EXPECT_EQ(upgraded.upgrade, kUpgradeProtocol);
  ASSERT_OK_AND_ASSIGN(const HttpAnswer refused,
                       ParseAnswer("HTTP/1.1 403 Refused\r\nContent-Length: 12\r\n\r\n"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.content_bytes, 12u);
  EXPECT_CODE(Code::HTTP_MALFORMED, ParseAnswer("SSH-2.0-x\r\n\r\n"));
}

TEST(HttpHead, UpgradeWantsAllOfIt) {
  const HttpFields sound = {{"Upgrade", "tombolo/1"}, {"Connection", "keep-alive, Upgrade"}};
  EXPECT_TRUE(IsUpgrade(*Check(sound, "GET", kUpgradeTarget)));
  EXPECT_FALSE(IsUpgrade(*Check(sound, "HEAD", kUpgradeTarget)));
  EXPECT_FALSE(IsUpgrade(*Check(sound, "GET", "/exchange/")));
  EXPECT_FALSE(IsUpgrade(*Check({sound[0]}, "GET", kUpgradeTarget)));
  EXPECT_FALSE(IsUpgrade(*Check({sound[1]}, "GET", kUpgradeTarget)));
  EXPECT_FALSE(IsUpgrade(*Check({{"Upgrade", "tombolo/2"}, sound[1]}, "GET", kUpgradeTarget)));
  EXPECT_FALSE(IsUpgrade(*Check({{"Upgrade", "websocket"}, sound[1]}, "GET", kUpgradeTarget)));
}

TEST(HttpHead, ProtobufOnlyWhereItIsNamed) {
  EXPECT_EQ(NegotiateType(*Check({})), "application/json");
  EXPECT_EQ(NegotiateType(*Check({{"Accept", "*/*"}})), "application/json");
  EXPECT_EQ(NegotiateType(*Check({{"Accept", "text/html, Application/X-Protobuf;q=0.5"}})),
            "application/x-protobuf");
  EXPECT_EQ(NegotiateType(*Check({{"Accept", "application/x-protobuf; q=0"}})), "application/json");
}

TEST(HttpHead, TraceParentIsPassedOnlyIfItIsOne) {
  const std::string sound = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(TraceParent(*Check({{"TraceParent", sound}})), sound);
  for (const std::string& bad :
       std::initializer_list<std::string>{sound + "-", sound.substr(1), "01" + sound.substr(2),
                                          "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                          "00-" + std::string(32, '0') + sound.substr(35),
                                          sound.substr(0, 36) + std::string(16, '0') + "-01"}) {
    EXPECT_EQ(TraceParent(*Check({{"traceparent", bad}})), "") << bad;
  }
}

TEST(HttpHead, ProblemsAreThoseOfTheList) {
  const HttpReply reply = ProblemReply(MakeError(Code::PEER_SUSPENDED, "city \"x\" is suspended"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_THAT(reply.body, HasSubstr("\"type\":\"urn:tombolo:error:PEER_SUSPENDED\""));
  EXPECT_THAT(reply.body, HasSubstr("\"detail\":\"city \\\"x\\\" is suspended\""));
  EXPECT_CODE(Code::PEER_SUSPENDED, ErrorInProblem(403, reply.body));
  EXPECT_CODE(Code::HTTP_MALFORMED, ErrorInProblem(502, "<html>"));
  EXPECT_CODE(Code::HTTP_MALFORMED, ErrorInProblem(502, "urn:tombolo:error:NO_SUCH_CODE\""));
}

TEST(HttpHead, RepliesInBytes) {
  const HttpRequest get = *Check({}), head = *Check({}, "HEAD");
  const HttpReply reply = {200, "text/plain", "words"};
  EXPECT_THAT(EncodeReply(reply, &get, false),
              ::testing::AllOf(HasSubstr("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 5\r\n"),
                               HasSubstr("\r\n\r\nwords"), Not(HasSubstr("Connection"))));
  EXPECT_THAT(EncodeReply(reply, &head, true),
              ::testing::AllOf(HasSubstr("Content-Length: 5\r\n"), Not(HasSubstr("words")),
                               HasSubstr("Connection: close\r\n")));
  const auto bytes = [](Code code) {
    return EncodeReply(ProblemReply(MakeError(code, "x")), nullptr, true);
  };
  EXPECT_THAT(bytes(Code::RATE_LIMITED), HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(bytes(Code::METHOD_NOT_ALLOWED), HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(bytes(Code::PROTOCOL_VERSION), HasSubstr("Upgrade: tombolo/1\r\n"));
}

}  // namespace
}  // namespace tombolo::net
