// One thread's sockets and alarms: Asio, kept in one file.
//
// Ownership: the caller owns loop and sockets; sockets go before the loop, or with it. A callback
// that waits is dropped when its socket is closed. Thread-safety: Post, After and Stop from any
// thread, all else on the thread of Run. Errors: CONFIG_VALUE (an address), IO_ERROR.
#ifndef TOMBOLO_GATEWAY_NET_LOOP_H_
#define TOMBOLO_GATEWAY_NET_LOOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/base/error.h"

namespace tombolo::net {

using Callback = std::function<void()>;

class Socket {
 public:
  virtual ~Socket() = default;  // closes
  virtual int descriptor() const = 0;
  virtual void WaitReadable(Callback then) = 0;
  virtual void WaitWritable(Callback then) = 0;
  // One alarm a socket; a new one takes the place of the old.
  virtual void SetAlarm(int delay_ms, Callback then) = 0;
  virtual void DropAlarm() = 0;
  virtual void SayEnd() = 0;  // nothing more will be sent
  virtual void Close() = 0;
};

class Loop {
 public:
  static std::unique_ptr<Loop> Make();
  virtual ~Loop() = default;

  using Accepted = std::function<void(std::unique_ptr<Socket>)>;
  // "address:port" or "[address]:port"; the port that was bound.
  virtual StatusOr<uint16_t> Listen(const std::string& address, Accepted accepted) = 0;
  virtual void StopListening() = 0;
  using Connected = std::function<void(StatusOr<std::unique_ptr<Socket>>)>;
  virtual void Connect(const std::string& host, uint16_t port, int span_ms, Connected done) = 0;

  virtual void Post(Callback work) = 0;
  virtual void After(int delay_ms, Callback work) = 0;
  virtual int64_t NowMs() const = 0;  // monotonic

  virtual void Run() = 0;  // until Stop; an exception out of a callback is counted, and on it goes
  virtual void Stop() = 0;
  virtual uint64_t escaped_exceptions() const = 0;
};

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_LOOP_H_
