#include "gateway/os/local_http.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/os/system.h"

namespace tombolo::os {
namespace {

constexpr size_t kReadBytes = 16384;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kGood = "HTTP/1.1 200 ";

class Socket {
 public:
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(int fd, int64_t until_us) : fd_(fd), until_us_(until_us) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

  // Until the socket is ready for `events`, or the deadline.
  Status WaitFor(short events) const {
    SystemClock clock;
    const int64_t left_us = until_us_ - clock.MonotonicUs();
    pollfd waiting = {fd_, events, 0};
    if (left_us > 0 && poll(&waiting, 1, static_cast<int>(left_us / 1000) + 1) > 0) {
      return absl::OkStatus();
    }
    return MakeError(Code::DEADLINE_EXCEEDED, "the server on this machine does not answer");
  }

 private:
  int fd_;
  int64_t until_us_;
};

struct AddressList {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

StatusOr<std::unique_ptr<addrinfo, AddressList>> Resolve(const std::string& address) {
  const size_t colon = address.rfind(':');
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool sound = colon != std::string::npos &&
                     getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &list) == 0;
  if (sound) return std::unique_ptr<addrinfo, AddressList>(list);
  return MakeError(Code::INVALID_ARGUMENT,
                   "'" + address + "' is no address; write it in node.yaml like 127.0.0.1:9464");
}

Status Failed(const std::string& address) {
  return MakeError(Code::IO_ERROR, address + ": " + std::strerror(errno));
}

Status Connect(const Socket& socket, const std::string& address, const addrinfo& to) {
  if (connect(socket.fd(), to.ai_addr, to.ai_addrlen) == 0) return absl::OkStatus();
  if (errno != EINPROGRESS) return MakeError(Code::NOT_FOUND, "nobody listens at " + address);
  RETURN_IF_ERROR(socket.WaitFor(POLLOUT));
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return Failed(address);
  if (error != 0) return MakeError(Code::NOT_FOUND, "nobody listens at " + address);
  return absl::OkStatus();
}

Status SendAll(const Socket& socket, const std::string& address, std::string_view bytes) {
  while (!bytes.empty()) {
    RETURN_IF_ERROR(socket.WaitFor(POLLOUT));
    const ssize_t sent = send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent < 0) return Failed(address);
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return absl::OkStatus();
}

StatusOr<std::string> ReceiveAll(const Socket& socket, const std::string& address) {
  std::string bytes;
  char block[kReadBytes];
  for (;;) {
    RETURN_IF_ERROR(socket.WaitFor(POLLIN));
    const ssize_t got = recv(socket.fd(), block, sizeof(block), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return Failed(address);
    if (got == 0) return bytes;
    bytes.append(block, static_cast<size_t>(got));
    if (bytes.size() > limits::kHttpHeadBytesMax + limits::kHttpBodyBytesMax) {
      return MakeError(Code::LIMIT_EXCEEDED,
                       absl::StrCat("the answer of ", address, " is larger than ",
                                    limits::kHttpBodyBytesMax, " bytes"));
    }
  }
}

}  // namespace

StatusOr<std::string> GetLocal(const std::string& address, const std::string& path,
                               int deadline_ms) {
  ASSIGN_OR_RETURN(const auto to, Resolve(address));
  SystemClock clock;
  const Socket socket(
      ::socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol),
      clock.MonotonicUs() + int64_t{deadline_ms} * 1000);
  if (socket.fd() < 0) return Failed(address);
  RETURN_IF_ERROR(Connect(socket, address, *to));
  RETURN_IF_ERROR(SendAll(socket, address,
                          "GET " + path + " HTTP/1.1\r\nHost: " + address +
                              "\r\nAccept: application/json\r\nConnection: close\r\n\r\n"));
  ASSIGN_OR_RETURN(const std::string answer, ReceiveAll(socket, address));
  const size_t head_end = answer.find(kHeadEnd);
  if (!answer.starts_with(kGood) || head_end == std::string::npos) {
    return MakeError(Code::HTTP_MALFORMED,
                     "what listens at " + address + " does not answer as a node does");
  }
  return answer.substr(head_end + kHeadEnd.size());
}

}  // namespace tombolo::os
