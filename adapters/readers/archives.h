// Unpacking while reading: gzip (RFC 1951, RFC 1952, several members in a row) by zlib, zip members
// by libzip.
//
// Ownership: a source owns what it reads from. Thread-safety: one thread per object.
// Errors: ARCHIVE_INVALID (damaged, encrypted, no member that fits), ARCHIVE_TOO_LARGE (size or
// ratio),
//   FILE_TRUNCATED, and those of the inner source.
#ifndef TOMBOLO_ADAPTERS_READERS_ARCHIVES_H_
#define TOMBOLO_ADAPTERS_READERS_ARCHIVES_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/readers/reader_limits.h"
#include "adapters/readers/sources.h"
#include "gateway/base/rows.h"

namespace tombolo::readers {

enum class Packing { kPlain, kGzip, kZip };
Packing PackingOf(std::string_view start);

// `name` is for messages.
StatusOr<std::unique_ptr<ByteSource>> OpenGzip(std::unique_ptr<ByteSource> packed,
                                               const std::string& name, const ReaderLimits& limits);

struct ZipMember {
  std::unique_ptr<ByteSource> source;
  std::function<uint64_t()> bytes_consumed;  // packed bytes; valid while `source` lives
};
// The member that fits `options.member` (a name, or a pattern with * and ?); if that is empty, the
// only file, or the only one whose name ends as the format's do. Checks at the end that the file
// did not change.
StatusOr<ZipMember> OpenZip(std::unique_ptr<FileSource> file, const ReaderOptions& options,
                            const ReaderLimits& limits);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_ARCHIVES_H_
