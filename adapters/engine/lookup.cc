#include "adapters/engine/lookup.h"

#include "absl/strings/str_cat.h"
#include "adapters/engine/compiled_pack.h"
#include "adapters/engine/source_table.h"
#include "gateway/base/limits.h"

namespace tombolo::engine {
namespace {

StatusOr<Statement> PrepareInsert(const v1::Source& source, Connection* connection) {
  std::string sql = absl::StrCat("INSERT INTO ", QuoteName(source.name()), " VALUES(");
  for (int i = 0; i < source.columns_size(); ++i) sql += "?,";
  return connection->PrepareOwn(sql + "?,?)");
}

Status InsertRow(const Row& row, const std::vector<int>& places, std::string_view file,
                 sqlite3_stmt* insert, Connection* connection) {
  const auto bind = [insert](int index, std::string_view text) {
    sqlite3_bind_text64(insert, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  };
  sqlite3_reset(insert);
  sqlite3_clear_bindings(insert);
  const int columns = static_cast<int>(places.size());
  for (int i = 0; i < columns; ++i) {
    if (places[i] < 0 || static_cast<size_t>(places[i]) >= row.cells.size()) continue;
    const std::string_view cell = row.cells[places[i]];
    if (cell.data() != nullptr) bind(i + 1, cell);
  }
  sqlite3_bind_int64(insert, columns + 1, static_cast<sqlite3_int64>(row.number));
  bind(columns + 2, file);
  const int rc = sqlite3_step(insert);
  return rc == SQLITE_DONE ? absl::OkStatus() : connection->ErrorOf(rc, {"lookup tables", ""});
}

Status LoadFile(const v1::Source& source, const SourceFile& file, const std::set<std::string>& read,
                sqlite3_stmt* insert, Connection* connection, Sink* sink) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RowReader> reader, file.open(source));
  ASSIGN_OR_RETURN(std::vector<int> places, BindColumns(source, reader->columns(), file.name));
  for (int i = 0; i < source.columns_size(); ++i) {
    if (read.count(LowerName(source.columns(i).name())) == 0) places[i] = -1;
  }
  Row row;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->Next(&row));
    if (!more) return absl::OkStatus();
    connection->Breathe(0);
    if (row.faults.empty()) {
      RETURN_IF_ERROR(InsertRow(row, places, file.name, insert, connection));
      continue;
    }
    BadRow bad;
    bad.source = source.name();
    bad.number = row.number;
    bad.line = row.line;
    bad.raw = row.raw;
    bad.cells = row.cells;
    bad.columns = reader->columns();
    bad.faults = row.faults;
    RETURN_IF_ERROR(sink->OnBadRow(std::move(bad)));
  }
}

}  // namespace

Status LoadLookup(const v1::Source& source, const std::vector<SourceFile>& files,
                  const std::set<std::string>& read, Connection* connection, Sink* sink) {
  bool found = false;
  RETURN_IF_ERROR(connection->Execute("PRAGMA journal_mode=OFF; BEGIN"));
  {
    ASSIGN_OR_RETURN(const Statement insert, PrepareInsert(source, connection));
    for (const SourceFile& file : files) {
      if (file.source != source.name()) continue;
      found = true;
      RETURN_IF_ERROR(LoadFile(source, file, read, insert.get(), connection, sink));
    }
  }
  RETURN_IF_ERROR(connection->Execute("COMMIT"));
  if (!found) {
    return MakeError(Code::NOT_FOUND,
                     absl::StrCat("the pack joins the source '", source.name(),
                                  "', and no file for it was given; name it on the command line "
                                  "as well"));
  }
  for (const std::string& column : source.index_columns()) {
    // Building an index is one long statement of our own.
    connection->Breathe(limits::kLookupBytesMax);
    RETURN_IF_ERROR(connection->Execute(
        absl::StrCat("CREATE INDEX ", QuoteName(source.name() + "/" + column), " ON ",
                     QuoteName(source.name()), "(", QuoteName(column), ")")));
  }
  return absl::OkStatus();
}

}  // namespace tombolo::engine
