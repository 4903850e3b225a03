#include "gateway/net/loop.h"

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <utility>

#include "absl/strings/numbers.h"

namespace tombolo::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr int kAcceptPauseMs = 100;  // after a failed accept: no descriptors are left

class SocketImpl : public Socket {
 public:
  explicit SocketImpl(tcp::socket socket)
      : socket_(std::move(socket)), alarm_(socket_.get_executor()) {
    Error ignored;
    socket_.non_blocking(true, ignored);
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
  }
  int descriptor() const override {
    return const_cast<tcp::socket&>(socket_).native_handle();  // NOLINT: Asio's is not const
  }
  void WaitReadable(Callback then) override { Wait(tcp::socket::wait_read, std::move(then)); }
  void WaitWritable(Callback then) override { Wait(tcp::socket::wait_write, std::move(then)); }
  void SetAlarm(int delay_ms, Callback then) override {
    alarm_.expires_after(std::chrono::milliseconds(delay_ms));
    // The number tells an alarm that went off while it was being replaced.
    alarm_.async_wait([number = ++*alarms_, alarms = alarms_, then = std::move(then)](Error error) {
      if (!error && number == *alarms) then();
    });
  }
  void DropAlarm() override {
    ++*alarms_;
    alarm_.cancel();
  }
  void SayEnd() override {
    Error ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }
  void Close() override {
    DropAlarm();
    Error ignored;
    socket_.close(ignored);
    *open_ = false;
  }
  ~SocketImpl() override { Close(); }

 private:
  void Wait(tcp::socket::wait_type what, Callback then) {
    socket_.async_wait(what, [open = open_, then = std::move(then)](Error error) {
      if (!error && *open) then();
    });
  }

  tcp::socket socket_;
  asio::steady_timer alarm_;
  std::shared_ptr<uint64_t> alarms_ = std::make_shared<uint64_t>(0);
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

StatusOr<tcp::endpoint> ParseAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  uint32_t port = 0;
  Error error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (colon == std::string::npos || error || !absl::SimpleAtoi(text.substr(colon + 1), &port) ||
      port > UINT16_MAX) {
    return MakeError(Code::CONFIG_VALUE,
                     "'" + text + "' is no address to listen on; write it like 127.0.0.1:8443");
  }
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

// One attempt to reach a host, within one span.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(asio::io_context* context, std::string name, Loop::Connected done)
      : name_(std::move(name)),
        resolver_(*context),
        socket_(*context),
        alarm_(*context),
        done_(std::move(done)) {}

  void Start(const std::string& host, uint16_t port, int span_ms) {
    alarm_.expires_after(std::chrono::milliseconds(span_ms));
    alarm_.async_wait([self = shared_from_this()](Error error) {
      if (!error) self->Fail("no answer in time");
    });
    Error error;
    const asio::ip::address address = asio::ip::make_address(host, error);
    if (!error) {  // no thread for a look-up
      socket_.async_connect(tcp::endpoint(address, port),
                            [self = shared_from_this()](Error e) { self->Reached(e); });
      return;
    }
    resolver_.async_resolve(host, std::to_string(port),
                            [self = shared_from_this()](Error e, tcp::resolver::results_type r) {
                              self->Resolved(e, std::move(r));
                            });
  }

 private:
  void Resolved(Error error, tcp::resolver::results_type results) {
    if (done_ == nullptr) return;
    if (error) return Fail(error.message());
    asio::async_connect(
        socket_, results,
        [self = shared_from_this()](Error e, const tcp::endpoint&) { self->Reached(e); });
  }
  void Reached(Error error) {
    if (done_ == nullptr) return;
    if (error) return Fail(error.message());
    alarm_.cancel();
    std::exchange(done_, nullptr)(std::make_unique<SocketImpl>(std::move(socket_)));
  }
  void Fail(const std::string& why) {
    if (done_ == nullptr) return;
    alarm_.cancel();
    resolver_.cancel();
    Error ignored;
    socket_.close(ignored);
    std::exchange(done_, nullptr)(MakeError(Code::IO_ERROR, "cannot reach " + name_ + ": " + why));
  }

  std::string name_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer alarm_;
  Loop::Connected done_;
};

class LoopImpl : public Loop {
 public:
  StatusOr<uint16_t> Listen(const std::string& address, Accepted accepted) override {
    ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(address));
    tcp::acceptor acceptor(context_);
    Error error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error) {
      return MakeError(Code::IO_ERROR, "cannot listen on " + address + ": " + error.message());
    }
    const uint16_t port = acceptor.local_endpoint(error).port();
    doors_.push_back(std::make_unique<Door>(Door{std::move(acceptor), std::move(accepted)}));
    Accept(doors_.back().get());
    return port;
  }
  void StopListening() override {
    for (const auto& door : doors_) {
      Error ignored;
      door->acceptor.close(ignored);
    }
  }
  void Connect(const std::string& host, uint16_t port, int span_ms, Connected done) override {
    std::make_shared<Attempt>(&context_, host + ":" + std::to_string(port), std::move(done))
        ->Start(host, port, span_ms);
  }
  void Post(Callback work) override { asio::post(context_, std::move(work)); }
  void After(int delay_ms, Callback work) override {
    Post([this, delay_ms, work = std::move(work)]() mutable {
      auto timer = std::make_shared<asio::steady_timer>(context_);
      timer->expires_after(std::chrono::milliseconds(delay_ms));
      timer->async_wait([timer, work = std::move(work)](Error error) {
        if (!error) work();
      });
    });
  }
  int64_t NowMs() const override {
    const auto since = asio::steady_timer::clock_type::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
  void Run() override {
    for (;;) {
      try {
        context_.run();
        return;
      } catch (...) {  // a library's; ours return Status
        ++escaped_;
      }
    }
  }
  void Stop() override { context_.stop(); }
  uint64_t escaped_exceptions() const override { return escaped_; }

 private:
  struct Door {
    tcp::acceptor acceptor;
    Accepted accepted;
  };
  void Accept(Door* door) {
    door->acceptor.async_accept([this, door](Error error, tcp::socket socket) {
      if (!door->acceptor.is_open()) return;
      if (error) return After(kAcceptPauseMs, [this, door] { Accept(door); });
      Accept(door);  // first, so that no fault of what follows closes the door
      door->accepted(std::make_unique<SocketImpl>(std::move(socket)));
    });
  }

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::list<std::unique_ptr<Door>> doors_;
  std::atomic<uint64_t> escaped_{0};
};

}  // namespace

std::unique_ptr<Loop> Loop::Make() { return std::make_unique<LoopImpl>(); }

}  // namespace tombolo::net
