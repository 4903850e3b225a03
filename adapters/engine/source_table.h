// A source of the pack as a virtual table of SQLite: rows of a reader, streamed.
//
// Columns are those that pack.yaml declares, all text, plus two hidden ones: `_row` (the row's
// number) and `_file` (the file's base name). Cells are handed to SQLite without a copy where the
// query lets them (zero_copy); they live until the reader moves on.
// Ownership: a SourceTable outlives the connection it is added to; it does not own the listener.
// Thread-safety: one thread. Errors: SQLite sees SQLITE_ERROR and `status` says what happened.
#ifndef TOMBOLO_ADAPTERS_ENGINE_SOURCE_TABLE_H_
#define TOMBOLO_ADAPTERS_ENGINE_SOURCE_TABLE_H_

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/rows.h"
#include "tombolo/v1/pack.pb.h"

namespace tombolo::engine {

inline constexpr std::string_view kRowColumn = "_row";
inline constexpr std::string_view kFileColumn = "_file";

// Told of every row that passes.
class RowListener {
 public:
  virtual ~RowListener() = default;
  // A sound row is now the current one. `row` lives until the next call for the same reader.
  virtual Status OnRow(const RowReader& reader, const Row& row) = 0;
  // A row with faults; SQL does not see it.
  virtual Status OnFaultyRow(const RowReader& reader, const Row& row) = 0;
  // The reader came to the file's end.
  virtual Status OnEnd(const RowReader& reader) = 0;
};

// Where each declared column of a source stands in a file; -1 = missing and optional.
// HEADER_MISSING names the column, the nearest that exists, and the file.
StatusOr<std::vector<int>> BindColumns(const v1::Source& source,
                                       const std::vector<std::string>& file_columns,
                                       std::string_view file_name);

struct SourceTable {
  const v1::Source* source = nullptr;
  std::string file_name;
  // Opens the file from its start. Empty: the table has one row of NULLs, for checking a SELECT.
  std::function<StatusOr<std::unique_ptr<RowReader>>()> open;
  RowListener* listener = nullptr;  // may be nullptr
  bool zero_copy = false;           // set before each statement
  int opens = 0;                    // set to 0 before each statement; bounded
  Status status;                    // why a statement failed, if it was not SQLite's doing
  bool file_trouble = false;  // `status` is about the file, not about the pack or the listener
};

// Makes `table` known as a table under its source's name.
void AddSourceTable(sqlite3* db, SourceTable* table);

// "name" as an SQL identifier in double quotes.
std::string QuoteName(std::string_view name);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_SOURCE_TABLE_H_
