// What a reader gives and the pack engine takes: bytes in blocks, rows of named cells.
//
// A reader streams: it never holds more than a few rows. Rows are numbered from 1 in file order;
// the number counts data rows (the header and preamble are not rows). A bad row is a row too: it
// comes with its faults and without cells, so that whoever counts rows counts it.
//
// Ownership: views in a Row live until the next call of Next() on that reader.
// Thread-safety: one thread per object. Errors: a Status ends the file (what came before stays
// valid); trouble with a single row is a Fault of that row and reading goes on.
#ifndef TOMBOLO_GATEWAY_BASE_ROWS_H_
#define TOMBOLO_GATEWAY_BASE_ROWS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo {

// Bytes in blocks; files, decompressors and memory implement it.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `size` bytes into `out`; 0 means the end. FILE_TRUNCATED, ARCHIVE_*, IO_ERROR,
  // FILE_CHANGED.
  virtual StatusOr<size_t> Read(char* out, size_t size) = 0;
};

struct Row {
  uint64_t number = 0;  // from 1
  // physical line where the row starts, from 1; 0 if the format has none
  uint64_t line = 0;
  // aligned with RowReader::columns(); valid UTF-8; absent cell = data() null
  std::vector<std::string_view> cells;
  // not empty: the row goes to quarantine, cells may be incomplete
  std::vector<Fault> faults;
  // for quarantine: the row's source text as UTF-8, bad bytes as U+FFFD
  std::string_view raw;
};

class RowReader {
 public:
  virtual ~RowReader() = default;
  // The column names, known once the reader is open. Unique, not empty.
  virtual const std::vector<std::string>& columns() const = 0;
  // The next row into `*row`; false at the end of a file that was read whole.
  virtual StatusOr<bool> Next(Row* row) = 0;
  // Source bytes consumed so far (of the file on disk, packed as it is), for progress.
  virtual uint64_t BytesConsumed() const = 0;
  // The encoding in use, e.g. "UTF-8", "CP949"; "" where it has no meaning.
  virtual std::string encoding() const = 0;
};

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_ROWS_H_
