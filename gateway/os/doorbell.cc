#include "gateway/os/doorbell.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tombolo::os {
namespace {

constexpr char kSocketFile[] = "serve.sock";
constexpr mode_t kOwnerOnly = 0600;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int OpenFolder(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}
int NewSocket() { return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

// The bell in an open folder. By way of the descriptor it is short however deep the folder lies.
sockaddr_un AddressIn(int folder) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = absl::StrCat("/proc/self/fd/", folder, "/", kSocketFile);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool Answers(const sockaddr_un& address) {
  const Descriptor probe(NewSocket());
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

bool Graver(Ring a, Ring b) {
  const auto weight = [](Ring ring) { return ring == Ring::kStop ? 2 : ring == Ring::kReload; };
  return weight(a) > weight(b);
}

}  // namespace

StatusOr<std::unique_ptr<Doorbell>> Doorbell::Hang(const std::string& node_folder) {
  std::unique_ptr<Doorbell> bell(new Doorbell(node_folder));
  RETURN_IF_ERROR(bell->Bind());
  return bell;
}

Status Doorbell::Bind() {
  const auto failed = [this](const char* what) {
    return MakeError(Code::IO_ERROR, absl::StrCat("cannot ", what, " ", node_folder_, "/",
                                                  kSocketFile, ": ", std::strerror(errno)));
  };
  const Descriptor folder(OpenFolder(node_folder_));
  if (folder.get() < 0) return failed("open the folder of");
  socket_ = NewSocket();
  stop_event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (socket_ < 0 || stop_event_ < 0) return failed("make");
  // Two that start at once: the second waits here and then finds the first one's bell.
  if (flock(folder.get(), LOCK_EX) != 0) return failed("lock the folder of");
  const sockaddr_un address = AddressIn(folder.get());
  if (Answers(address)) {
    return MakeError(Code::ALREADY_EXISTS,
                     "another process serves the node in " + node_folder_ + "; stop that first");
  }
  if (unlinkat(folder.get(), kSocketFile, 0) != 0 && errno != ENOENT) return failed("replace");
  // The mode of a socket that is bound is taken from its descriptor.
  if (fchmod(socket_, kOwnerOnly) != 0) return failed("make");
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return failed("make");
  }
  bound_ = true;
  return absl::OkStatus();
}

Doorbell::~Doorbell() {
  if (bound_) {
    const Descriptor folder(OpenFolder(node_folder_));
    if (folder.get() >= 0) unlinkat(folder.get(), kSocketFile, 0);
  }
  if (socket_ >= 0) close(socket_);
  if (stop_event_ >= 0) close(stop_event_);
}

Ring Doorbell::Wait(int timeout_ms) {
  pollfd waiting[] = {{socket_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
  poll(waiting, 2, timeout_ms);
  if ((waiting[1].revents & POLLIN) != 0) return Ring::kStop;
  Ring gravest = Ring::kMoved;
  char byte = 0;
  while (recv(socket_, &byte, 1, MSG_DONTWAIT) > 0) {
    if (Graver(static_cast<Ring>(byte), gravest)) gravest = static_cast<Ring>(byte);
  }
  return gravest;
}

void Doorbell::Stop() { eventfd_write(stop_event_, 1); }

void RingDoorbell(const std::string& node_folder, Ring ring) {
  const Descriptor folder(OpenFolder(node_folder));
  const Descriptor socket(NewSocket());
  if (folder.get() < 0 || socket.get() < 0) return;
  const sockaddr_un address = AddressIn(folder.get());
  const char byte = static_cast<char>(ring);
  sendto(socket.get(), &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

}  // namespace tombolo::os
