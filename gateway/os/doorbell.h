// How one process tells another that it has committed: a Unix datagram socket in the node's folder,
// serve.sock, mode 0600, one byte a ring.
//
// A ring may be lost or come twice; whoever waits looks at the store's commit counter.
// Ownership: the bell removes its socket. Thread-safety: Wait on one thread, Stop from any.
// Errors: ALREADY_EXISTS (another process serves this node: the socket answers), IO_ERROR.
#ifndef TOMBOLO_GATEWAY_OS_DOORBELL_H_
#define TOMBOLO_GATEWAY_OS_DOORBELL_H_

#include <memory>
#include <string>

#include "gateway/base/error.h"

namespace tombolo::os {

enum class Ring : char { kMoved = 'M', kReload = 'R', kStop = 'S' };

class Doorbell {
 public:
  static StatusOr<std::unique_ptr<Doorbell>> Hang(const std::string& node_folder);
  ~Doorbell();
  // The next ring, or kMoved after `timeout_ms` without one. kStop after Stop().
  Ring Wait(int timeout_ms);
  void Stop();
  int descriptor() const { return socket_; }  // for an event loop

 private:
  Doorbell() = default;
  int socket_ = -1;
  std::string path_;
};

// Rings if somebody listens; nobody is no error. Never blocks.
void RingDoorbell(const std::string& node_folder, Ring ring);

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_DOORBELL_H_
