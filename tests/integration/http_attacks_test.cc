// What a hostile client may say to the HTTP of a node: each is refused or cut off, none is answered
// with success, and the next honest request is served as if nothing had been.
#include <gmock/gmock.h>

#include "tests/integration/net_party.h"
#include "tests/support/assert_ok.h"

namespace tombolo::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kTrailerBytes = 70000;  // one such field ends a Beast 1.81 server

struct Attack {
  std::string what, bytes;
};
using Attacks = std::vector<Attack>;

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\r\n";
  return text + "\r\n";
}
// A sound request with something more in its head, and behind it.
std::string With(const std::string& field, const std::string& after = "") {
  return Lines({"GET /good HTTP/1.1", "Host: a", field}) + after;
}
std::string First(const std::string& line) { return Lines({line, "Host: a"}); }

void AddRequestLines(Attacks* attacks) {
  for (const char* line : {"",
                           " ",
                           "GET",
                           "GET ",
                           "GET /good",
                           "GET /good ",
                           "GET /good HTTP",
                           "GET /good HTTP/",
                           "GET /good HTTP/1",
                           "GET /good HTTP/1.",
                           "GET /good HTTP/0.9",
                           "GET /good HTTP/1.0",
                           "GET /good HTTP/1.2",
                           "GET /good HTTP/2.0",
                           "GET /good HTTP/3",
                           "GET /good HTTP/11.1",
                           "GET /good HTTP/1.1 ",
                           "GET /good HTTP/1.1 x",
                           "GET /good http/1.1",
                           "GET  /good HTTP/1.1",
                           "GET /good  HTTP/1.1",
                           " GET /good HTTP/1.1",
                           "GET\t/good\tHTTP/1.1",
                           "GET /go od HTTP/1.1",
                           "GET good HTTP/1.1",
                           "GET * HTTP/1.1",
                           "GET http://a/good HTTP/1.1",
                           "GET a:80 HTTP/1.1",
                           "GET /good#x HTTP/1.1",
                           "GET \\good HTTP/1.1",
                           "GET ?x HTTP/1.1",
                           "GET ../good HTTP/1.1",
                           "GET /good HTTP/1.1\rX: y",
                           "GET /good HTTP/-1.1",
                           "GET /good HTTP/1.1.1",
                           "PRI * HTTP/2.0",
                           "\x16\x03\x01\x02",
                           "SSH-2.0-x"}) {
    attacks->push_back({"line " + std::string(line), First(line)});
  }
  for (const char* method :
       {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "GE T",
        "GET\x7f", "G\xc3\x89T", "BREW", "-", "HEADER"}) {
    attacks->push_back(
        {"method " + std::string(method), First(std::string(method) + " /good HTTP/1.1")});
  }
  for (const int c : {0, 1, 9, 11, 12, 27, 127, 128, 200, 255}) {
    attacks->push_back({"byte " + std::to_string(c) + " in the target",
                        First("GET /go" + std::string(1, static_cast<char>(c)) + "d HTTP/1.1")});
    attacks->push_back({"byte " + std::to_string(c) + " in a name",
                        With("X" + std::string(1, static_cast<char>(c)) + ": y")});
  }
}

void AddFields(Attacks* attacks) {
  for (const char* field : {"Host: a",
                            "Host: b",
                            "host: a",
                            "HOST:",
                            "Transfer-Encoding: chunked",
                            "Transfer-Encoding: identity",
                            "Transfer-Encoding: xchunked",
                            "Transfer-Encoding: chunked, identity",
                            "Transfer-Encoding: identity, chunked",
                            "Transfer-Encoding: gzip, chunked",
                            "Transfer-Encoding:",
                            "Transfer-Encoding: CHUNKED",
                            "Transfer-Encoding:\tchunked",
                            "transfer-encoding : chunked",
                            "Transfer_Encoding : chunked",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                            "Transfer-Encoding: chunked\r\nContent-Length: 0",
                            "Content-Length: 1",
                            "Content-Length: 18446744073709551615",
                            "Content-Length: 18446744073709551616",
                            "Content-Length: 99999999999999999999999",
                            "Content-Length: -1",
                            "Content-Length: +0",
                            "Content-Length: 0x0",
                            "Content-Length: 00",
                            "Content-Length: 0 0",
                            "Content-Length: 0,0",
                            "Content-Length: 0\r\nContent-Length: 0",
                            "Content-Length: 0\r\nContent-Length: 5",
                            "Content-Length: five",
                            "Content-Length:",
                            "Content-Encoding: gzip",
                            "Content-Encoding: identity",
                            "Expect: 100-continue",
                            "Expect: x",
                            "X : y",
                            " X: y",
                            "\tX: y",
                            "X: y\r\n z",
                            "X: y\r\n\tz",
                            "X: y\r\n Transfer-Encoding: chunked",
                            "X",
                            ":",
                            ": y",
                            "X Y: z",
                            "X(: y",
                            "X\": y",
                            "X: y\rZ: w",
                            "X: \x01",
                            "X: \x7f",
                            "X: y\nZ: w"}) {
    attacks->push_back({"field " + std::string(field), With(field)});
  }
  attacks->push_back({"a NUL in a value", With(std::string("X: a\0b", 6))});
  attacks->push_back({"a NUL in a name", With(std::string("X\0Y: b", 6))});
  for (const char* host : {"", " ", "a b", "a,b", "a/b", "a@b", "a\\b", "a?b", "a#b", "http://a"}) {
    attacks->push_back(
        {"Host " + std::string(host), Lines({"GET /good HTTP/1.1", "Host: " + std::string(host)})});
  }
  attacks->push_back({"no Host", Lines({"GET /good HTTP/1.1"})});
  attacks->push_back(
      {"a long Host", Lines({"GET /good HTTP/1.1", "Host: " + std::string(254, 'a')})});
}

void AddBodies(Attacks* attacks) {
  const std::string chunked = "Transfer-Encoding: chunked";
  const std::string trailer = "0\r\nX: " + std::string(kTrailerBytes, 't') + "\r\n\r\n";
  attacks->push_back({"a trailer of 70,000 bytes", With(chunked, trailer)});
  attacks->push_back(
      {"a trailer in a POST", Lines({"POST /good HTTP/1.1", "Host: a", chunked}) + trailer});
  std::string many = "0\r\n";
  for (int i = 0; i < 10000; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  attacks->push_back({"ten thousand trailers", With(chunked, many + "\r\n")});
  attacks->push_back(
      {"a long chunk extension",
       With(chunked, "1;" + std::string(kTrailerBytes, 'e') + "\r\na\r\n0\r\n\r\n")});
  for (const char* chunk : {"0\r\n\r\n", "1\r\na\r\n0\r\n\r\n", "-1\r\n", "g\r\n", "0x1\r\na\r\n",
                            "FFFFFFFFFFFFFFFFF\r\n", "1 \r\na\r\n", " 1\r\na\r\n", "1\na\n0\n\n",
                            "2;\ta\r\nab\r\n0\r\n\r\n"}) {
    attacks->push_back({"chunk " + std::string(chunk), With(chunked, chunk)});
  }
  attacks->push_back({"a body behind a GET", With("Content-Length: 5", "hello")});
  attacks->push_back({"a request in a body", With("Content-Length: 40", With("X: y"))});
  attacks->push_back({"a request behind chunks", With(chunked, "0\r\n\r\n" + With("X: y"))});
}

void AddSizes(Attacks* attacks) {
  const size_t head = limits::kHttpHeadBytesMax;
  attacks->push_back({"a long line", First("GET /" + std::string(head, 'a') + " HTTP/1.1")});
  attacks->push_back({"a long method", First(std::string(head, 'G') + " / HTTP/1.1")});
  attacks->push_back({"a long name", With(std::string(head, 'n') + ": y")});
  attacks->push_back({"a long value", With("X: " + std::string(head, 'v'))});
  attacks->push_back({"an endless value", With("X: " + std::string(20 * head, 'v'))});
  attacks->push_back({"an endless line without an end", std::string(20 * head, 'a')});
  attacks->push_back({"only line ends", std::string(5000, '\n')});
  attacks->push_back({"only CRLF", "\r\n\r\n"});
  attacks->push_back({"only NUL", std::string(5000, '\0')});
  attacks->push_back({"only blanks", std::string(20 * head, ' ')});
  attacks->push_back({"an empty line first", "\r\n" + With("X: y")});
  std::string fields;
  for (size_t i = 0; i < limits::kHttpFieldsMax; ++i) fields += "X: y\r\n";
  attacks->push_back({"too many fields", With(fields + "Y: z")});
  attacks->push_back({"LF for CRLF", "GET /good HTTP/1.1\nHost: a\n\n"});
  attacks->push_back({"LF in the middle", "GET /good HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"});
  attacks->push_back({"CR for CRLF", "GET /good HTTP/1.1\rHost: a\r\r\n\r\n"});
  attacks->push_back({"pipelined upgrade", Lines({"GET /exchange HTTP/1.1", "Host: a",
                                                  "Connection: Upgrade", "Upgrade: tombolo/1"}) +
                                               "early"});
}

Attacks AllAttacks() {
  Attacks attacks;
  AddRequestLines(&attacks);
  AddFields(&attacks);
  AddBodies(&attacks);
  AddSizes(&attacks);
  return attacks;
}

class HttpAttacks : public ::testing::Test {
 protected:
  static ServerSettings Settings() {
    ServerSettings settings = TestSettings();
    settings.local = "127.0.0.1:0";
    settings.farewell_ms_max = 100;
    return settings;
  }
  std::string Say(const std::string& bytes) {
    RawClient client(city_->local_port());
    client.Send(bytes);
    client.EndSending();
    std::string answer = client.ReceiveAll();
    EXPECT_TRUE(client.ended());
    return answer;
  }
  Party city_{CityNode(), Settings()};
};

TEST_F(HttpAttacks, NoneSucceedsAndNoneEndsTheServer) {
  const Attacks attacks = AllAttacks();
  EXPECT_GE(attacks.size(), 170u);
  for (const Attack& attack : attacks) {
    const std::string answer = Say(attack.bytes);
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 2"))) << attack.what;
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 5"))) << attack.what;
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 101"))) << attack.what;
  }
  EXPECT_EQ(city_.requests(), 0u);
  EXPECT_EQ(city_->escaped_exceptions(), 0u);
  EXPECT_THAT(Say(Lines({"GET /good HTTP/1.1", "Host: a", "Connection: close"})),
              HasSubstr("HTTP/1.1 200"));
}

TEST_F(HttpAttacks, OneRequestAtATime) {
  const std::string good = Lines({"GET /good HTTP/1.1", "Host: a"});
  const std::string answer = Say(good + good + good);
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 200")));
  EXPECT_EQ(city_.requests(), 0u);
  RawClient client(city_->local_port());
  for (int i = 0; i < 3; ++i) {  // one after the other is fine
    client.Send(good);
    EXPECT_THAT(client.Receive(20), HasSubstr("HTTP/1.1 200 OK"));
    client.Receive(SIZE_MAX, 50);
  }
  EXPECT_EQ(city_.requests(), 3u);
}

TEST_F(HttpAttacks, TheRefusalSaysWhy) {
  const struct {
    std::string bytes;
    const char* status;
    const char* code;
  } kCases[] = {
      {With("Transfer-Encoding: chunked"), "400", "HTTP_MALFORMED"},
      {Lines({"POST /good HTTP/1.1", "Host: a"}), "405", "METHOD_NOT_ALLOWED"},
      {With("X: " + std::string(limits::kHttpHeadBytesMax, 'v')), "413", "LIMIT_EXCEEDED"},
      {Lines({"GET /none HTTP/1.1", "Host: a", "Connection: close"}), "404", "NOT_FOUND"}};
  for (const auto& one : kCases) {
    const std::string answer = Say(one.bytes);
    EXPECT_THAT(answer, HasSubstr(std::string("HTTP/1.1 ") + one.status)) << one.code;
    EXPECT_THAT(answer, HasSubstr(std::string("urn:tombolo:error:") + one.code));
    EXPECT_THAT(answer, HasSubstr("application/problem+json"));
  }
}

TEST_F(HttpAttacks, CutOffAnywhereItLeavesNothingBehind) {
  const std::string good = Lines({"GET /good HTTP/1.1", "Host: a", "Connection: close"});
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(Say(good.substr(0, cut)), "") << cut;
    EXPECT_OK(city_.NextClosing().why) << cut;
  }
  EXPECT_THAT(Say(good), HasSubstr("HTTP/1.1 200"));
}

}  // namespace
}  // namespace tombolo::net
