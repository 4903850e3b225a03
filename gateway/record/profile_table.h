// Small CSV tables beside a profile or a catalogue (code lists, divisions): read whole, strict, RFC
// 4180 quoting.
//
// Not a reader of source files (adapters/readers): these tables are ours, so anything odd is an
// error, never repaired. Ownership: the table owns its cells. Thread-safety: pure. Errors:
// CONFIG_SYNTAX (quote, ragged row, not UTF-8, header) and LIMIT_EXCEEDED, naming file and line.
#ifndef TOMBOLO_GATEWAY_RECORD_PROFILE_TABLE_H_
#define TOMBOLO_GATEWAY_RECORD_PROFILE_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::record {

struct TableRow {
  size_t line = 0;  // physical, from 1
  std::vector<std::string>
      cells;  // one per column of `header`; "" where an optional column is absent
};

// Parses `text`, whose first row must be the first `required` or more names of `header`, in that
// order. Empty lines and lines that begin with '#' are skipped; LF or CRLF; a byte order mark is
// allowed.
StatusOr<std::vector<TableRow>> ParseTable(std::string_view text, std::string_view file,
                                           const std::vector<std::string_view>& header,
                                           size_t required, size_t rows_max);

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_PROFILE_TABLE_H_
