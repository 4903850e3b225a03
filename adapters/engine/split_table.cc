// split(text, sep): one row for each piece that is not blank, with columns `value` and `n` (from
// 1).
#include <string>
#include <vector>

#include "adapters/engine/functions.h"
#include "adapters/engine/poison.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

enum Column : int { kValue = 0, kN = 1, kText = 2, kSep = 3 };
constexpr int kBothArguments = 3;  // bits of idxNum
constexpr double kCost = 10;

struct SplitCursor : sqlite3_vtab_cursor {
  std::string text;
  std::string sep;
  std::vector<std::string_view> pieces;
  size_t at = 0;
};

int Connect(sqlite3* db, void*, int, const char* const*, sqlite3_vtab** out, char**) {
  const int rc =
      sqlite3_declare_vtab(db, "CREATE TABLE x(value TEXT, n INTEGER, text HIDDEN, sep HIDDEN)");
  if (rc != SQLITE_OK) return rc;
  sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  *out = new sqlite3_vtab{};
  return SQLITE_OK;
}

int Disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}

int BestIndex(sqlite3_vtab*, sqlite3_index_info* info) {
  int wanted = 0;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn < kText || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    wanted |= 1 << (constraint.iColumn - kText);
    info->aConstraintUsage[i].argvIndex = constraint.iColumn - kText + 1;
    info->aConstraintUsage[i].omit = 1;
  }
  if (wanted != kBothArguments) return SQLITE_CONSTRAINT;
  info->estimatedCost = kCost;
  info->estimatedRows = static_cast<sqlite3_int64>(kCost);
  return SQLITE_OK;
}

int OpenCursor(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  *out = new SplitCursor{};
  return SQLITE_OK;
}

int CloseCursor(sqlite3_vtab_cursor* cursor) {
  delete static_cast<SplitCursor*>(cursor);
  return SQLITE_OK;
}

std::string TextOf(sqlite3_value* value) {
  const void* const data = sqlite3_value_blob(value);
  return {static_cast<const char*>(data == nullptr ? "" : data),
          static_cast<size_t>(sqlite3_value_bytes(value))};
}

int Filter(sqlite3_vtab_cursor* base, int, const char*, int, sqlite3_value** args) {
  auto* const cursor = static_cast<SplitCursor*>(base);
  cursor->text = TextOf(args[0]);
  cursor->sep = TextOf(args[1]);
  cursor->pieces.clear();
  cursor->at = 0;
  std::string_view rest = cursor->text;
  // A poison is one piece, so that it reaches an output whole.
  const bool whole = cursor->sep.empty() || IsPoison(rest);
  while (!rest.empty()) {
    const size_t end = whole ? std::string_view::npos : rest.find(cursor->sep);
    const std::string_view piece = Trim(rest.substr(0, end));
    if (!piece.empty()) cursor->pieces.push_back(piece);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + cursor->sep.size());
  }
  return SQLITE_OK;
}

int Next(sqlite3_vtab_cursor* base) {
  ++static_cast<SplitCursor*>(base)->at;
  return SQLITE_OK;
}

int Eof(sqlite3_vtab_cursor* base) {
  const auto* const cursor = static_cast<SplitCursor*>(base);
  return cursor->at >= cursor->pieces.size() ? 1 : 0;
}

int ReadColumn(sqlite3_vtab_cursor* base, sqlite3_context* out, int column) {
  const auto* const cursor = static_cast<SplitCursor*>(base);
  const auto text = [out](std::string_view value) {
    sqlite3_result_text64(out, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  };
  if (column == kValue) text(cursor->pieces[cursor->at]);
  if (column == kN) sqlite3_result_int64(out, static_cast<sqlite3_int64>(cursor->at) + 1);
  if (column == kText) text(cursor->text);
  if (column == kSep) text(cursor->sep);
  return SQLITE_OK;
}

int RowId(sqlite3_vtab_cursor* base, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(static_cast<SplitCursor*>(base)->at) + 1;
  return SQLITE_OK;
}

}  // namespace

void AddSplitTable(sqlite3* db) {
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
  sqlite3_create_module_v2(db, "split", &kModule, nullptr, nullptr);
}

}  // namespace tombolo::engine
