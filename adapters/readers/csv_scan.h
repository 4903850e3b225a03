// Cuts one record of delimited text into raw cells, without decoding. See csv_reader.h for the
// dialect.
//
// Cells are found 16 bytes at a time (SSE2, part of every x86-64) or byte by byte elsewhere.
//
// Ownership: a Record holds offsets, not bytes. Thread-safety: all functions are pure. Errors:
// ScanResult.
#ifndef TOMBOLO_ADAPTERS_READERS_CSV_SCAN_H_
#define TOMBOLO_ADAPTERS_READERS_CSV_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tombolo::readers {

struct Dialect {
  char delimiter = ',';
  char quote = '"';      // 0: none
  char line_end = '\n';  // '\n' (CRLF too) or '\r' (CRLF too)
  bool lazy_quotes = false;
  size_t cell_bytes_max = 0;
  size_t row_bytes_max = 0;
  size_t columns_max = 0;
};

struct RawCell {
  uint32_t begin = 0;  // offset in the record, without the quote
  uint32_t size = 0;
  bool quoted = false;
  bool doubled = false;  // has doubled quotes in it
};

struct Record {
  std::vector<RawCell> cells;  // at most columns_max + 1
  size_t cells_total = 0;
  size_t text_size = 0;     // of the record without its line end
  size_t size = 0;          // with it
  size_t lines = 0;         // physical lines it takes
  bool terminated = false;  // false: the file ends without a line end
  size_t quote_at = 0;      // for kOpenQuote, kTextAfterQuote, kQuoteTooLong: the opening quote
  size_t broken_cell = 0;   // and the index of that cell
  size_t broken_at = 0;     // where it was seen: behind the closing quote, or where the limit is
  bool multiline = false;   // kQuoteTooLong: a line end was seen in it
};

enum class ScanResult {
  kRow,
  kNeedMore,   // the record goes on past `end`
  kEnd,        // nothing left (never from ScanRecord)
  kOpenQuote,  // the file ends inside a quoted cell
  kTextAfterQuote,
  kQuoteTooLong,  // a quoted cell is longer than cell_bytes_max
  kTooLarge,      // the row is longer than row_bytes_max
};

// The record at `begin`; `end` is the end of what is read, and of the file if `final`. kScanSlack
// bytes after `end` must be readable.
inline constexpr size_t kScanSlack = 16;
ScanResult ScanRecord(const char* begin, const char* end, bool final, const Dialect& dialect,
                      Record* record);

// The first `a` or `b` in [p, end), or `end`; the second form is the one without SSE2.
const char* FindEither(const char* p, const char* end, char a, char b);
const char* FindEitherPlain(const char* p, const char* end, char a, char b);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_CSV_SCAN_H_
