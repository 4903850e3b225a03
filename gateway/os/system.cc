#include "gateway/os/system.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::os {
namespace {

Status Failure(Code fallback, const std::string& what, const std::string& path, int error) {
  const Code code = error == ENOSPC || error == EDQUOT ? Code::DISK_FULL : fallback;
  return MakeError(code, what + " " + path + ": " + std::strerror(error));
}

int64_t ReadClockUs(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Descriptor dir{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (dir.fd < 0 || fsync(dir.fd) != 0)
    return Failure(Code::IO_ERROR, "cannot sync", folder, errno);
  return absl::OkStatus();
}

Status WriteAndSync(const std::string& path, std::string_view content, int flags, unsigned mode) {
  Descriptor file{open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode)};
  if (file.fd < 0) {
    return Failure(errno == EEXIST ? Code::ALREADY_EXISTS : Code::IO_ERROR, "cannot make", path,
                   errno);
  }
  while (!content.empty()) {
    const ssize_t n = write(file.fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure(Code::IO_ERROR, "cannot write", path, errno);
    content.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(file.fd) != 0) return Failure(Code::IO_ERROR, "cannot sync", path, errno);
  return absl::OkStatus();
}

}  // namespace

int64_t SystemClock::NowUs() { return ReadClockUs(CLOCK_REALTIME); }
int64_t SystemClock::MonotonicUs() { return ReadClockUs(CLOCK_MONOTONIC); }

SystemEntropy::~SystemEntropy() { explicit_bzero(block_, sizeof block_); }

void SystemEntropy::Fill(char* out, size_t size) {
  while (size > 0) {
    if (left_ == 0) {
      size_t have = 0;
      while (have < kBlockBytes) {
        const ssize_t n = getrandom(block_ + have, kBlockBytes - have, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
          std::fputs("the system gives no randomness; stopping\n", stderr);
          std::abort();
        }
        have += static_cast<size_t>(n);
      }
      left_ = kBlockBytes;
    }
    const size_t n = std::min(size, left_);
    char* from = block_ + (kBlockBytes - left_);
    std::memcpy(out, from, n);
    explicit_bzero(from, n);  // a salt that was drawn must not be found in memory later
    left_ -= n;
    out += n;
    size -= n;
  }
}

StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max) {
  Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return Failure(Code::FILE_UNREADABLE, "cannot open", path, errno);
  std::string out;
  char block[65536];
  for (;;) {
    const ssize_t n = read(file.fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure(Code::IO_ERROR, "cannot read", path, errno);
    if (n == 0) return out;
    out.append(block, static_cast<size_t>(n));
    if (out.size() > bytes_max) {
      return MakeError(Code::LIMIT_EXCEEDED, path + " is larger than " + std::to_string(bytes_max) +
                                                 " bytes, the limit for this kind of file");
    }
  }
}

Status WriteNewFile(const std::string& path, std::string_view content, unsigned mode) {
  RETURN_IF_ERROR(WriteAndSync(path, content, O_EXCL, mode));
  return SyncFolderOf(path);
}

Status ReplaceFile(const std::string& path, std::string_view content, unsigned mode) {
  const std::string temporary = path + ".new";
  RETURN_IF_ERROR(WriteAndSync(temporary, content, O_TRUNC, mode));
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return Failure(Code::IO_ERROR, "cannot replace", path, errno);
  }
  return SyncFolderOf(path);
}

bool FileExists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool FolderExists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

Status MakeFolder(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) != 0) {
    return Failure(errno == EEXIST ? Code::ALREADY_EXISTS : Code::IO_ERROR,
                   "cannot make the folder", path, errno);
  }
  return SyncFolderOf(path);
}

StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  DIR* dir = opendir(path.c_str());
  if (dir == nullptr) return Failure(Code::FILE_UNREADABLE, "cannot list the folder", path, errno);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(dir)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

std::string BaseName(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  if (folder.empty() || name.starts_with('/')) return std::string(name);
  std::string out(folder);
  if (out.back() != '/') out.push_back('/');
  out.append(name);
  return out;
}

StatusOr<std::string> FileSha256(const std::string& path) {
  Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return Failure(Code::FILE_UNREADABLE, "cannot open", path, errno);
  Hasher hasher(HashKind::kSha256);
  std::string block(limits::kReadBlockBytes, '\0');
  for (;;) {
    const ssize_t n = read(file.fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure(Code::IO_ERROR, "cannot read", path, errno);
    if (n == 0) return hasher.Finish().str();
    hasher.Update({block.data(), static_cast<size_t>(n)});
  }
}

std::string BuildId() {
  std::string id;
  // The program itself comes first; libraries are not asked.
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr)& header = info->dlpi_phdr[i];
          if (header.p_type != PT_NOTE) continue;
          const char* at = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
          const char* const end = at + header.p_memsz;
          const auto padded = [](size_t size) { return (size + 3) / 4 * 4; };
          while (at + sizeof(ElfW(Nhdr)) <= end) {
            ElfW(Nhdr) note;
            std::memcpy(&note, at, sizeof note);
            const char* const name = at + sizeof note;
            const char* const bytes = name + padded(note.n_namesz);
            at = bytes + padded(note.n_descsz);
            const std::string_view owner(name, note.n_namesz);
            if (note.n_type != NT_GNU_BUILD_ID || owner != std::string_view("GNU", 4)) continue;
            *static_cast<std::string*>(out) = ToHex({bytes, note.n_descsz});
          }
        }
        return 1;
      },
      &id);
  return id;
}

std::string AccountName() {
  const uid_t uid = geteuid();
  passwd entry;
  passwd* found = nullptr;
  char buffer[4096];
  if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return "uid:" + std::to_string(uid);
}

}  // namespace tombolo::os
