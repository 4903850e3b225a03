// The limits that readers keep, as values, so that tests can try N and N + 1 with small numbers.
//
// Ownership: plain values. Thread-safety: plain values. Errors: each limit's code stands in
// gateway/base/limits.h.
#ifndef TOMBOLO_ADAPTERS_READERS_READER_LIMITS_H_
#define TOMBOLO_ADAPTERS_READERS_READER_LIMITS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "adapters/readers/readers.h"
#include "gateway/base/limits.h"

namespace tombolo::readers {

struct ReaderLimits {
  size_t cell_bytes_max =
      limits::kCellBytesMax;  // as the cell stands in the file, without its quotes
  size_t row_bytes_max = limits::kRowBytesMax;  // likewise, without the line end
  size_t columns_max = limits::kColumnsMax;
  size_t nesting_max = limits::kNestingMax;
  size_t block_bytes = limits::kReadBlockBytes;
  size_t sample_bytes = limits::kSampleBytes;
  uint64_t sample_scan_bytes_max = limits::kSampleScanBytesMax;
  uint64_t archive_unpacked_bytes_max = limits::kArchiveUnpackedBytesMax;
  uint64_t archive_ratio_max = limits::kArchiveRatioMax;
  uint64_t archive_ratio_floor_bytes = limits::kArchiveRatioFloorBytes;
  size_t archive_members_max = limits::kArchiveMembersMax;
  size_t archive_directory_bytes_max = limits::kArchiveDirectoryBytesMax;
};

// As Open and OpenBytes.
StatusOr<std::unique_ptr<RowReader>> OpenWith(const std::string& path, const ReaderOptions& options,
                                              const ReaderLimits& limits);
StatusOr<std::unique_ptr<RowReader>> OpenBytesWith(std::unique_ptr<ByteSource> bytes,
                                                   const ReaderOptions& options,
                                                   const std::string& display_name,
                                                   const ReaderLimits& limits);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_READER_LIMITS_H_
