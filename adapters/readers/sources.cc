#include "adapters/readers/sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tombolo::readers {
namespace {

constexpr int64_t kNsPerSecond = 1000000000;

FileIdentity IdentityOf(const struct stat& s) {
  return {s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec * kNsPerSecond + s.st_mtim.tv_nsec};
}

Status SystemError(Code code, const std::string& path, const char* what, int error) {
  return MakeError(code, absl::StrCat(path, ": ", what, ": ", std::strerror(error)));
}

}  // namespace

StatusOr<std::unique_ptr<FileSource>> FileSource::Open(const std::string& path) {
  // O_NONBLOCK keeps a named pipe from holding the program; it has no effect on regular files.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return SystemError(Code::FILE_UNREADABLE, path, "cannot be opened", errno);
  struct stat s;
  if (::fstat(fd, &s) != 0) {
    const int error = errno;
    ::close(fd);
    return SystemError(Code::FILE_UNREADABLE, path, "cannot be examined", error);
  }
  if (!S_ISREG(s.st_mode)) {
    ::close(fd);
    return MakeError(Code::FILE_UNREADABLE,
                     absl::StrCat(path, ": is not a regular file; name a file to read"));
  }
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<FileSource>(new FileSource(path, fd, IdentityOf(s)));
}

FileSource::~FileSource() { ::close(fd_); }

StatusOr<size_t> FileSource::Read(char* out, size_t size) {
  // Never past the size at opening: what is written to the file later is not its content.
  const uint64_t left = static_cast<uint64_t>(identity_.size_bytes) - consumed_;
  ASSIGN_OR_RETURN(const size_t n, ReadAt(consumed_, out, std::min<uint64_t>(size, left)));
  consumed_ += n;
  if (n == 0 && size > 0) RETURN_IF_ERROR(CheckUnchanged());
  return n;
}

StatusOr<size_t> FileSource::ReadAt(uint64_t offset, char* out, size_t size) const {
  for (;;) {
    const ssize_t n = ::pread(fd_, out, size, static_cast<off_t>(offset));
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) return SystemError(Code::IO_ERROR, path_, "cannot be read", errno);
  }
}

Status FileSource::CheckUnchanged() const {
  struct stat open_file;
  struct stat named;
  if (::fstat(fd_, &open_file) != 0) {
    return SystemError(Code::IO_ERROR, path_, "cannot be examined", errno);
  }
  const bool written = IdentityOf(open_file) != identity_;
  const bool replaced = ::stat(path_.c_str(), &named) != 0 || named.st_ino != identity_.inode ||
                        named.st_dev != identity_.device;
  if (!written && !replaced) return absl::OkStatus();
  return MakeError(Code::FILE_CHANGED,
                   absl::StrCat(path_, ": was ", written ? "written to" : "replaced or removed",
                                " while it was read; run again when the file is at rest"));
}

StatusOr<int> FileSource::Duplicate() const {
  const int fd = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return SystemError(Code::IO_ERROR, path_, "descriptor cannot be copied", errno);
  return fd;
}

StatusOr<size_t> MemorySource::Read(char* out, size_t size) {
  const size_t n = std::min(size, bytes_.size() - at_);
  std::memcpy(out, bytes_.data() + at_, n);
  at_ += n;
  return n;
}

StatusOr<size_t> ReplaySource::Read(char* out, size_t size) {
  size_t n = 0;
  if (at_ < start_.size()) {
    n = std::min(size, start_.size() - at_);
    std::memcpy(out, start_.data() + at_, n);
    at_ += n;
    if (at_ == start_.size()) {
      start_ = std::string();
      at_ = 0;
    }
  } else {
    RETURN_IF_ERROR(late_);
    ASSIGN_OR_RETURN(n, inner_->Read(out, size));
  }
  consumed_ += n;
  return n;
}

StatusOr<std::string> ReadUpTo(ByteSource* source, size_t size, Status* late) {
  *late = absl::OkStatus();
  std::string out(size, '\0');
  size_t have = 0;
  while (have < size) {
    const StatusOr<size_t> n = source->Read(out.data() + have, size - have);
    if (!n.ok() && have == 0) return n.status();
    if (!n.ok()) {
      *late = n.status();
      break;
    }
    if (*n == 0) break;
    have += *n;
  }
  out.resize(have);
  return out;
}

}  // namespace tombolo::readers
