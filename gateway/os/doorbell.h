// How one process tells another that it has committed: a Unix datagram socket in the node's folder,
// serve.sock, mode 0600, one byte a ring.
//
// A ring may be lost or come twice; whoever waits looks at the store's commit counter. The socket
// of a process that has ended is taken over. A folder's path may be longer than a socket's address:
// it is then reached by the descriptor of the open folder, under /proc/self/fd. Ownership: the bell
// removes its socket. Thread-safety: Wait on one thread, Stop from any. Errors: ALREADY_EXISTS
// (another process serves this node: the socket answers), IO_ERROR.
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
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  // Of all rings that wait the gravest (kStop, kReload, kMoved); they are one then. Without one,
  // waits at most `timeout_ms` (negative: without end) and gives kMoved. kStop after Stop().
  Ring Wait(int timeout_ms);
  void Stop();
  int descriptor() const { return socket_; }  // for an event loop, which then calls Wait(0)

 private:
  explicit Doorbell(std::string node_folder) : node_folder_(std::move(node_folder)) {}
  Status Bind();

  std::string node_folder_;
  int socket_ = -1;
  int stop_event_ = -1;  // eventfd; once written, readable for good
  bool bound_ = false;
};

// Rings if somebody listens; nobody is no error. Never blocks.
void RingDoorbell(const std::string& node_folder, Ring ring);

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_DOORBELL_H_
