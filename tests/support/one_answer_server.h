// A server on loopback that answers one connection and ends.
//
// Ownership: owns its socket and thread; the destructor waits until one connection was answered.
// Thread-safety: request() only after the other side has its answer. Errors: none.
#ifndef TOMBOLO_TESTS_SUPPORT_ONE_ANSWER_SERVER_H_
#define TOMBOLO_TESTS_SUPPORT_ONE_ANSWER_SERVER_H_

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace tombolo::testing {

// Answers one request with fixed bytes; empty: takes it and says nothing.
class OneAnswerServer {
 public:
  explicit OneAnswerServer(std::string answer) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    listen(listener_, 1);
    socklen_t size = sizeof(address);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, answer = std::move(answer)] { Answer(answer); });
  }
  ~OneAnswerServer() {
    thread_.join();
    close(listener_);
  }
  const std::string& address() const { return address_; }
  const std::string& request() const { return request_; }

 private:
  void Answer(const std::string& answer) {
    const int peer = accept(listener_, nullptr, nullptr);
    char block[4096];
    ssize_t got = 0;
    while (request_.find("\r\n\r\n") == std::string::npos &&
           (got = recv(peer, block, sizeof(block), 0)) > 0) {
      request_.append(block, static_cast<size_t>(got));
    }
    std::string_view left = answer;
    while (!left.empty()) {
      const ssize_t sent = send(peer, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      left.remove_prefix(static_cast<size_t>(sent));
    }
    if (answer.empty()) recv(peer, block, sizeof(block), 0);  // until the other side gives up
    close(peer);
  }

  int listener_;
  std::string address_, request_;
  std::thread thread_;
};

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_ONE_ANSWER_SERVER_H_
