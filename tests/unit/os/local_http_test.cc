// One request to a server on this machine.
#include "gateway/os/local_http.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/support/one_answer_server.h"

namespace tombolo::os {
namespace {

using ::testing::HasSubstr;

constexpr int kDeadlineMs = 5000;
constexpr int kSoonMs = 20;

using Server = tombolo::testing::OneAnswerServer;

TEST(LocalHttp, GivesTheBody) {
  std::string request;
  {
    Server server("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\":1}");
    ASSERT_OK_AND_ASSIGN(const std::string body,
                         GetLocal(server.address(), "/v1/peers", kDeadlineMs));
    EXPECT_EQ(body, "{\"a\":1}");
    request = server.request();
  }
  EXPECT_THAT(request, ::testing::StartsWith("GET /v1/peers HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(request, HasSubstr("\r\nConnection: close\r\n"));
}

TEST(LocalHttp, NobodyListens) {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  socklen_t size = sizeof(address);
  getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string where = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  EXPECT_EQ(CodeOf(GetLocal(where, "/", kDeadlineMs).status()), Code::NOT_FOUND);
  close(taken);
}

TEST(LocalHttp, NamesAreNotLookedUp) {
  for (const char* wrong : {"localhost:80", "127.0.0.1", "", "127.0.0.1:x", ":"}) {
    EXPECT_EQ(CodeOf(GetLocal(wrong, "/", kDeadlineMs).status()), Code::INVALID_ARGUMENT) << wrong;
  }
}

TEST(LocalHttp, AnswersThatAreNone) {
  for (const char* answer :
       {"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 200 OK\r\n", "SSH-2.0-x"}) {
    Server server(answer);
    EXPECT_EQ(CodeOf(GetLocal(server.address(), "/", kDeadlineMs).status()), Code::HTTP_MALFORMED)
        << answer;
  }
}

TEST(LocalHttp, TooLongAnswersEnd) {
  Server server("HTTP/1.1 200 OK\r\n\r\n" +
                std::string(limits::kHttpHeadBytesMax + limits::kHttpBodyBytesMax, 'x'));
  EXPECT_EQ(CodeOf(GetLocal(server.address(), "/", kDeadlineMs).status()), Code::LIMIT_EXCEEDED);
}

TEST(LocalHttp, AServerThatSaysNothingIsGivenUp) {
  Server server("");
  EXPECT_EQ(CodeOf(GetLocal(server.address(), "/", kSoonMs).status()), Code::DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace tombolo::os
