// The real clock, the real source of randomness and small file helpers.
//
// Ownership: plain objects. Thread-safety: SystemClock any thread; SystemEntropy one thread per
// object. Errors: FILE_UNREADABLE, IO_ERROR, DISK_FULL, ALREADY_EXISTS with the file's name and the
// system's reason. Where the system has no randomness left to give, the process ends: nothing safe
// could follow.
#ifndef TOMBOLO_GATEWAY_OS_SYSTEM_H_
#define TOMBOLO_GATEWAY_OS_SYSTEM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/seams.h"

namespace tombolo::os {

class SystemClock : public Clock {
 public:
  int64_t NowUs() override;
  int64_t MonotonicUs() override;
};

// getrandom(2), drawn in blocks so that a salt costs a copy.
class SystemEntropy : public Entropy {
 public:
  SystemEntropy() = default;
  ~SystemEntropy() override;
  void Fill(char* out, size_t size) override;

 private:
  static constexpr size_t kBlockBytes = 16384;
  char block_[kBlockBytes];
  size_t left_ = 0;
};

// A whole file of at most `bytes_max` bytes; LIMIT_EXCEEDED above.
StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max);
// Writes a new file, synced to disk together with its folder, or replaces one in a single step
// (temporary file and rename). `mode` are the permission bits.
Status WriteNewFile(const std::string& path, std::string_view content, unsigned mode);
Status ReplaceFile(const std::string& path, std::string_view content, unsigned mode);

bool FileExists(const std::string& path);
bool FolderExists(const std::string& path);
Status MakeFolder(const std::string& path, unsigned mode);
// Names in a folder, sorted, without . and ..
StatusOr<std::vector<std::string>> ListFolder(const std::string& path);
std::string BaseName(std::string_view path);
std::string JoinPath(std::string_view folder, std::string_view name);
// SHA-256 over a file's bytes, read in blocks.
StatusOr<std::string> FileSha256(const std::string& path);
// The linker's build id of the running program, in hex: another for other code. "" if it was linked
// without one.
std::string BuildId();
// The account that runs the program, for the audit trail; "uid:N" where it has no name.
std::string AccountName();

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_SYSTEM_H_
