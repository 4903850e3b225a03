#include "adapters/engine/source_table.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

// High, so that the planner makes the streamed table the outer loop of every join.
constexpr double kScanCost = 1e12;
constexpr sqlite3_int64 kScanRows = 1000000;

struct Table : sqlite3_vtab {
  SourceTable* source;
};

struct Cursor : sqlite3_vtab_cursor {
  std::unique_ptr<RowReader> reader;
  std::vector<int> places;
  Row row;
  bool ended = true;
};

SourceTable& SourceOf(sqlite3_vtab_cursor* cursor) {
  return *static_cast<Table*>(cursor->pVtab)->source;
}

int FailWith(SourceTable* source, Status status, bool file_trouble = false) {
  source->status = std::move(status);
  source->file_trouble = file_trouble;
  return SQLITE_ERROR;
}

int Connect(sqlite3* db, void* aux, int, const char* const*, sqlite3_vtab** out, char**) {
  auto* const source = static_cast<SourceTable*>(aux);
  std::string ddl = "CREATE TABLE x(";
  for (const v1::SourceColumn& column : source->source->columns()) {
    absl::StrAppend(&ddl, QuoteName(column.name()), " TEXT, ");
  }
  absl::StrAppend(&ddl, "_row INTEGER HIDDEN, _file TEXT HIDDEN)");
  const int rc = sqlite3_declare_vtab(db, ddl.c_str());
  if (rc != SQLITE_OK) return rc;
  auto* const table = new Table{};
  table->source = source;
  *out = table;
  return SQLITE_OK;
}

int Disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

int BestIndex(sqlite3_vtab*, sqlite3_index_info* info) {
  info->estimatedCost = kScanCost;
  info->estimatedRows = kScanRows;
  return SQLITE_OK;
}

int OpenCursor(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  *out = new Cursor{};
  return SQLITE_OK;
}

int CloseCursor(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int Next(sqlite3_vtab_cursor* base) {
  auto* const cursor = static_cast<Cursor*>(base);
  SourceTable& source = SourceOf(base);
  if (cursor->reader == nullptr) {
    cursor->ended = true;
    return SQLITE_OK;
  }
  RowListener* const listener = source.listener;
  while (true) {
    const StatusOr<bool> more = cursor->reader->Next(&cursor->row);
    if (!more.ok()) return FailWith(&source, more.status(), true);
    Status told;
    if (!*more) {
      cursor->ended = true;
      if (listener != nullptr) told = listener->OnEnd(*cursor->reader);
      return told.ok() ? SQLITE_OK : FailWith(&source, told);
    }
    const bool sound = cursor->row.faults.empty();
    if (listener != nullptr) {
      told = sound ? listener->OnRow(*cursor->reader, cursor->row)
                   : listener->OnFaultyRow(*cursor->reader, cursor->row);
    }
    if (!told.ok()) return FailWith(&source, told);
    if (sound) return SQLITE_OK;
  }
}

Status OpenReader(SourceTable* source, Cursor* cursor) {
  // A table that is scanned again for each row of another one belongs into `lookup: true`.
  if (++source->opens > limits::kSourceOpensMax) {
    return MakeError(Code::PACK_SQL,
                     absl::StrCat("the query reads the source '", source->source->name(),
                                  "' more than ", limits::kSourceOpensMax,
                                  " times; join it as a lookup source, or group its rows"));
  }
  ASSIGN_OR_RETURN(cursor->reader, source->open());
  ASSIGN_OR_RETURN(cursor->places,
                   BindColumns(*source->source, cursor->reader->columns(), source->file_name));
  return absl::OkStatus();
}

int Filter(sqlite3_vtab_cursor* base, int, const char*, int, sqlite3_value**) {
  auto* const cursor = static_cast<Cursor*>(base);
  SourceTable& source = SourceOf(base);
  cursor->ended = false;
  if (!source.open) {
    cursor->row.number = 1;
    cursor->places.assign(source.source->columns_size(), -1);
    return SQLITE_OK;
  }
  const Status opened = OpenReader(&source, cursor);
  if (!opened.ok()) return FailWith(&source, opened, source.opens <= limits::kSourceOpensMax);
  return Next(base);
}

int Eof(sqlite3_vtab_cursor* cursor) { return static_cast<Cursor*>(cursor)->ended ? 1 : 0; }

int ReadColumn(sqlite3_vtab_cursor* base, sqlite3_context* out, int column) {
  const auto* const cursor = static_cast<Cursor*>(base);
  const SourceTable& source = SourceOf(base);
  const auto text = [out](std::string_view value, sqlite3_destructor_type keep) {
    sqlite3_result_text64(out, value.data(), value.size(), keep, SQLITE_UTF8);
  };
  if (static_cast<size_t>(column) < cursor->places.size()) {
    const int place = cursor->places[column];
    if (place < 0 || static_cast<size_t>(place) >= cursor->row.cells.size()) return SQLITE_OK;
    const std::string_view cell = cursor->row.cells[place];
    if (cell.data() != nullptr) text(cell, source.zero_copy ? SQLITE_STATIC : SQLITE_TRANSIENT);
    return SQLITE_OK;
  }
  if (static_cast<size_t>(column) == cursor->places.size()) {
    sqlite3_result_int64(out, static_cast<sqlite3_int64>(cursor->row.number));
  } else {
    text(source.file_name, SQLITE_STATIC);
  }
  return SQLITE_OK;
}

int RowId(sqlite3_vtab_cursor* base, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(static_cast<Cursor*>(base)->row.number);
  return SQLITE_OK;
}

}  // namespace

StatusOr<std::vector<int>> BindColumns(const v1::Source& source,
                                       const std::vector<std::string>& file_columns,
                                       std::string_view file_name) {
  std::vector<int> places;
  std::string missing;
  for (const v1::SourceColumn& column : source.columns()) {
    // For CSV the path is the header's name; XML and JSON readers name columns as the pack does.
    const std::string& wanted =
        source.format() == v1::CSV && !column.path().empty() ? column.path() : column.name();
    const auto found = std::find(file_columns.begin(), file_columns.end(), wanted);
    if (found != file_columns.end()) {
      places.push_back(static_cast<int>(found - file_columns.begin()));
      continue;
    }
    places.push_back(-1);
    if (column.optional()) continue;
    std::string nearest;
    size_t best = std::numeric_limits<size_t>::max();
    for (const std::string& name : file_columns) {
      const size_t distance = EditDistance(wanted, name);
      if (distance >= best) continue;
      best = distance;
      nearest = name;
    }
    absl::StrAppend(&missing, missing.empty() ? "" : "; ", "no column '", wanted, "'");
    if (!nearest.empty()) absl::StrAppend(&missing, " (the nearest is '", nearest, "')");
  }
  if (missing.empty()) return places;
  return MakeError(
      Code::HEADER_MISSING,
      absl::StrCat(ToAbsl(file_name), ": ", missing, "; the pack's source '", source.name(),
                   "' needs it. If the publisher renamed it, set `path` of the column "
                   "to the new name; if it may be missing, set `optional: true`"));
}

std::string QuoteName(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

void AddSourceTable(sqlite3* db, SourceTable* table) {
  static const sqlite3_module kModule = [] {
    sqlite3_module module{};
    module.xConnect = Connect;
    module.xBestIndex = BestIndex;
    module.xDisconnect = Disconnect;
    module.xOpen = OpenCursor;
    module.xClose = CloseCursor;
    module.xFilter = Filter;
    module.xNext = Next;
    module.xEof = Eof;
    module.xColumn = ReadColumn;
    module.xRowid = RowId;
    return module;
  }();
  sqlite3_create_module_v2(db, table->source->name().c_str(), &kModule, table, nullptr);
}

}  // namespace tombolo::engine
