// Files that hold a secret: written with mode 0600, read only if nobody else can.
//
// Ownership: a SecretText owns its bytes and wipes them. Thread-safety: plain values.
// Errors: ALREADY_EXISTS, FILE_UNREADABLE (absent, or open to group or others), IO_ERROR,
// DISK_FULL, LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_OS_KEY_FILE_H_
#define TOMBOLO_GATEWAY_OS_KEY_FILE_H_

#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/error.h"

namespace tombolo::os {

class SecretText {
 public:
  explicit SecretText(std::string bytes) : bytes_(std::move(bytes)) {}
  ~SecretText();
  SecretText(SecretText&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText& operator=(SecretText&&) = delete;
  std::string_view view() const { return bytes_; }

 private:
  std::string bytes_;
};

// A new file of mode 0600, synced to disk with its folder. Never overwrites.
Status WriteSecretFile(const std::string& path, std::string_view content);

// The whole file, at most kSecretFileBytesMax. A symbolic link is followed; what counts is the mode
// of the file it leads to.
StatusOr<SecretText> ReadSecretFile(const std::string& path);

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_KEY_FILE_H_
