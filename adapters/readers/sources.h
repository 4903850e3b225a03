// Where bytes come from: a file that must not change while it is read, memory, and a source with
// its start put back.
//
// Ownership: a source owns its file descriptor or bytes. Thread-safety: one thread per object.
// Errors: FILE_UNREADABLE, FILE_CHANGED, IO_ERROR.
#ifndef TOMBOLO_ADAPTERS_READERS_SOURCES_H_
#define TOMBOLO_ADAPTERS_READERS_SOURCES_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "gateway/base/rows.h"

namespace tombolo::readers {

// What tells one state of a file from another: inode, size and time of the last change.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  int64_t size_bytes = 0;
  int64_t modified_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

// A regular file. At its end it compares the identity of the open file with that at opening, and
// the name's inode with the open file's: a file that was written to or replaced ends with
// FILE_CHANGED.
class FileSource : public ByteSource {
 public:
  static StatusOr<std::unique_ptr<FileSource>> Open(const std::string& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  StatusOr<size_t> Read(char* out, size_t size) override;
  // FILE_CHANGED if the file is no longer what was opened.
  Status CheckUnchanged() const;
  // Bytes at `offset`, without moving; fewer at the end.
  StatusOr<size_t> ReadAt(uint64_t offset, char* out, size_t size) const;
  // A descriptor of its own for a library that wants one; the caller closes it.
  StatusOr<int> Duplicate() const;

  const FileIdentity& identity() const { return identity_; }
  const std::string& path() const { return path_; }
  uint64_t consumed() const { return consumed_; }

 private:
  FileSource(std::string path, int fd, FileIdentity identity)
      : path_(std::move(path)), fd_(fd), identity_(identity) {}

  std::string path_;
  int fd_;
  FileIdentity identity_;
  uint64_t consumed_ = 0;
};

// Bytes in memory.
class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  StatusOr<size_t> Read(char* out, size_t size) override;

 private:
  std::string bytes_;
  size_t at_ = 0;
};

// `inner` after its first bytes were read for a look: gives them again, then the rest. Counts what
// went through.
class ReplaySource : public ByteSource {
 public:
  ReplaySource(std::string start, std::unique_ptr<ByteSource> inner, Status late)
      : start_(std::move(start)), inner_(std::move(inner)), late_(std::move(late)) {}
  StatusOr<size_t> Read(char* out, size_t size) override;
  uint64_t consumed() const { return consumed_; }

 private:
  std::string start_;
  std::unique_ptr<ByteSource> inner_;
  Status late_;
  size_t at_ = 0;
  uint64_t consumed_ = 0;
};

// Up to `size` bytes from `source`, over several reads; fewer only at the end. An error after some
// bytes goes to
// `*late`, so that what came before it can be used.
StatusOr<std::string> ReadUpTo(ByteSource* source, size_t size, Status* late);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_SOURCES_H_
