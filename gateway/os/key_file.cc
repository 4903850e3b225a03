#include "gateway/os/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/base/limits.h"
#include "gateway/os/system.h"

namespace tombolo::os {
namespace {

constexpr unsigned kOwnerOnly = 0600;
constexpr unsigned kGroupAndOthers = 0077;

Status Unreadable(const std::string& path, const std::string& why) {
  return MakeError(Code::FILE_UNREADABLE, absl::StrCat(path, ": ", why));
}

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Asks the open file, not the path, so that nothing can be swapped in between.
Status CheckMode(const std::string& path, int fd) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) return Unreadable(path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return Unreadable(path, "is not a regular file");
  if ((info.st_mode & kGroupAndOthers) != 0) {
    return Unreadable(path, absl::StrFormat("holds a secret but has mode %04o; run: chmod 600 %s",
                                            info.st_mode & 07777u, path));
  }
  if (info.st_size > static_cast<off_t>(limits::kSecretFileBytesMax)) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat(path, ": ", info.st_size, " bytes, limit ",
                                                        limits::kSecretFileBytesMax));
  }
  return absl::OkStatus();
}

}  // namespace

SecretText::~SecretText() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Status WriteSecretFile(const std::string& path, std::string_view content) {
  return WriteNewFile(path, content, kOwnerOnly);
}

StatusOr<SecretText> ReadSecretFile(const std::string& path) {
  const OpenFile file(path);
  if (file.fd() < 0) return Unreadable(path, std::strerror(errno));
  RETURN_IF_ERROR(CheckMode(path, file.fd()));
  // One byte more than the limit shows a file that grew; the buffer never moves, so no copy of the
  // secret is left behind.
  std::string bytes(limits::kSecretFileBytesMax + 1, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t n = read(file.fd(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return MakeError(Code::IO_ERROR, absl::StrCat(path, ": ", std::strerror(errno)));
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > limits::kSecretFileBytesMax) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return MakeError(Code::FILE_CHANGED, absl::StrCat(path, " grew while it was read"));
  }
  bytes.resize(size);
  return SecretText(std::move(bytes));
}

}  // namespace tombolo::os
