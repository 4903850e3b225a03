#include "adapters/engine/connection.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/functions.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr absl::string_view kExplain = "EXPLAIN ";
constexpr int kStepsPerCall = 1000;

std::string Lower(std::string_view name) { return absl::AsciiStrToLower(ToAbsl(name)); }

std::string_view OrEmpty(const char* text) { return text == nullptr ? "" : text; }

// Line and column of a byte offset, both from 1; columns count characters.
std::string PlaceOf(const SqlText& text, int offset) {
  if (offset < 0 || static_cast<size_t>(offset) > text.sql.size()) return text.where;
  size_t line = 1, column = 1;
  for (const char c : std::string_view(text.sql).substr(0, offset)) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++column;
    }
  }
  return absl::StrCat(text.where, ":", line, ":", column);
}

// True if nothing but blanks, comments and semicolons is left.
bool OnlyBlanks(std::string_view sql) {
  while (!(sql = Trim(sql)).empty()) {
    size_t end = 0;
    if (sql[0] == ';') {
      end = 1;
    } else if (absl::StartsWith(ToAbsl(sql), "--")) {
      end = sql.find('\n');
    } else if (absl::StartsWith(ToAbsl(sql), "/*")) {
      end = sql.find("*/");
      end += end == std::string_view::npos ? 0 : 2;
    } else {
      return false;
    }
    if (end == std::string_view::npos) return true;
    sql.remove_prefix(end);
  }
  return true;
}

void SetLimits(sqlite3* db) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, static_cast<int>(limits::kSqlValueBytesMax));
  // Room for EXPLAIN in front of a SELECT of the full size.
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH,
                static_cast<int>(limits::kSqlBytesMax + kExplain.size()));
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, limits::kSqlExpressionDepthMax);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, limits::kSqlCompoundMax);
  sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, limits::kSqlArgumentsMax);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, limits::kSqlLikePatternBytesMax);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
  sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  // Otherwise a misspelt "column" in double quotes would silently be a text.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

}  // namespace

StatusOr<std::unique_ptr<Connection>> Connection::Open() {
  std::unique_ptr<Connection> connection(new Connection);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(":memory:", &connection->db_, flags, nullptr) != SQLITE_OK) {
    return MakeError(Code::INTERNAL, "SQLite cannot open a database in memory");
  }
  sqlite3* const db = connection->db_;
  SetLimits(db);
  const uint64_t cache_kib = limits::kSortCacheBytes / limits::kKiB;
  RETURN_IF_ERROR(connection->Execute(
      absl::StrCat("PRAGMA cache_size=-", cache_kib, "; PRAGMA temp_store=FILE;")));
  RETURN_IF_ERROR(connection->Execute(
      absl::StrCat("PRAGMA page_size=", limits::kSqlPageBytes,
                   "; PRAGMA max_page_count=", limits::kLookupBytesMax / limits::kSqlPageBytes)));
  {
    ASSIGN_OR_RETURN(const Statement modules,
                     connection->PrepareOwn("SELECT name FROM pragma_module_list"));
    while (sqlite3_step(modules.get()) == SQLITE_ROW) {
      const void* const name = sqlite3_column_blob(modules.get(), 0);
      connection->modules_.emplace(static_cast<const char*>(name),
                                   sqlite3_column_bytes(modules.get(), 0));
    }
  }
  sqlite3_set_authorizer(db, &Connection::Authorize, connection.get());
  sqlite3_progress_handler(db, kStepsPerCall, &Connection::Progress, connection.get());
  connection->guard_ = true;
  connection->Breathe(0);
  for (const char* const table : {"split", "json_each", "json_tree"}) connection->Allow(table);
  return connection;
}

Connection::~Connection() { sqlite3_close_v2(db_); }

void Connection::Allow(std::string_view table) { allowed_.insert(Lower(table)); }

Status Connection::Execute(const std::string& sql) {
  const bool guard = guard_;
  guard_ = false;
  const int rc = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  guard_ = guard;
  return rc == SQLITE_OK ? absl::OkStatus() : ErrorOf(rc, {"lookup tables", ""});
}

StatusOr<Statement> Connection::PrepareOwn(const std::string& sql) {
  const bool guard = guard_;
  guard_ = false;
  sqlite3_stmt* raw = nullptr;
  const int rc = sqlite3_prepare_v2(db_, sql.c_str(), -1, &raw, nullptr);
  guard_ = guard;
  if (rc != SQLITE_OK) return ErrorOf(rc, {"lookup tables", sql});
  return Statement(raw);
}

Status Connection::Connect(std::string_view from_clause) {
  return PrepareOwn(absl::StrCat("SELECT 1 FROM ", ToAbsl(from_clause))).status();
}

StatusOr<Statement> Connection::PrepareSelect(const SqlText& text, Reads* reads) {
  if (text.sql.size() > limits::kSqlBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat(text.where, ": the SQL has more than ",
                                                        limits::kSqlBytesMax, " bytes"));
  }
  if (text.sql.find('\0') != std::string::npos || !IsUtf8(text.sql)) {
    return MakeError(Code::PACK_SQL, text.where + ": the SQL is not UTF-8 text");
  }
  denied_.clear();
  reads_ = reads;
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int rc =
      sqlite3_prepare_v2(db_, text.sql.c_str(), static_cast<int>(text.sql.size()) + 1, &raw, &tail);
  reads_ = nullptr;
  Statement statement(raw);
  if (rc != SQLITE_OK) return ErrorOf(rc, text);
  if (statement == nullptr) {
    return MakeError(Code::PACK_SQL, text.where + ": there is no SELECT in it");
  }
  if (!OnlyBlanks(tail)) {
    return MakeError(Code::PACK_FORBIDDEN, text.where + ": more than one statement");
  }
  if (sqlite3_stmt_isexplain(raw) != 0 || sqlite3_stmt_readonly(raw) == 0 ||
      sqlite3_column_count(raw) == 0) {
    return MakeError(Code::PACK_FORBIDDEN, text.where + ": only a SELECT is allowed");
  }
  if (sqlite3_bind_parameter_count(raw) != 0) {
    return MakeError(Code::PACK_SQL, text.where + ": a SELECT of a pack has no parameters (?)");
  }
  return statement;
}

StatusOr<bool> Connection::KeepsNoRows(const SqlText& text) {
  ASSIGN_OR_RETURN(const Statement explain, PrepareOwn(absl::StrCat(kExplain, text.sql)));
  while (sqlite3_step(explain.get()) == SQLITE_ROW) {
    const auto* const opcode = reinterpret_cast<const char*>(sqlite3_column_text(explain.get(), 1));
    if (absl::StartsWith(OrEmpty(opcode).data(), "Agg")) return false;
  }
  return true;
}

void Connection::Breathe(uint64_t rows_read) {
  steps_left_ = limits::kSqlStepsPerRowMax +
                static_cast<int64_t>(std::min<uint64_t>(rows_read, limits::kSqlStepsPerRowMax)) *
                    limits::kSqlStepsPerSortedRow;
}

int Connection::Progress(void* self) {
  auto* const connection = static_cast<Connection*>(self);
  connection->steps_left_ -= kStepsPerCall;
  connection->out_of_steps_ = connection->steps_left_ < 0;
  return connection->out_of_steps_ ? 1 : 0;
}

Status Connection::ErrorOf(int rc, const SqlText& text) const {
  const std::string place = PlaceOf(text, sqlite3_error_offset(db_));
  if (!denied_.empty()) {
    return MakeError(Code::PACK_FORBIDDEN,
                     absl::StrCat(place, ": ", denied_,
                                  "; a SELECT of a pack only reads its own sources and calls the "
                                  "functions of docs/packs.md"));
  }
  switch (rc & 0xff) {
    case SQLITE_INTERRUPT:
      return MakeError(Code::LIMIT_EXCEEDED,
                       absl::StrCat(place,
                                    ": the query works too long on one row; look for a "
                                    "recursion without end or a join without a condition"));
    case SQLITE_TOOBIG:
      return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat(place, ": a value is longer than ",
                                                          limits::kSqlValueBytesMax, " bytes"));
    case SQLITE_FULL:
      return MakeError(
          Code::LIMIT_EXCEEDED,
          absl::StrCat(place, ": the lookup sources need more than ", limits::kLookupBytesMax,
                       " bytes of memory, or no room is left for sorting"));
    case SQLITE_NOMEM:
      return MakeError(Code::LIMIT_EXCEEDED, place + ": out of memory");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return MakeError(Code::IO_ERROR, place + ": no temporary file for sorting can be written");
    default:
      return MakeError(Code::PACK_SQL, absl::StrCat(place, ": ", sqlite3_errmsg(db_)));
  }
}

int Connection::Authorize(void* self, int action, const char* a, const char* b, const char*,
                          const char*) {
  return static_cast<Connection*>(self)->Judge(action, OrEmpty(a), OrEmpty(b));
}

int Connection::Deny(std::string_view what) {
  if (denied_.empty()) denied_ = std::string(what);
  return SQLITE_DENY;
}

bool Connection::IsOfSqlite(std::string_view table) const {
  return absl::StartsWith(ToAbsl(table), "sqlite_") || absl::StartsWith(ToAbsl(table), "pragma_") ||
         modules_.count(table) > 0;
}

int Connection::Judge(int action, std::string_view a, std::string_view b) {
  if (!guard_) return SQLITE_OK;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_READ: {
      const std::string table = Lower(a);
      // A count(*) over a common table expression asks for the table of its name and no column.
      if (allowed_.count(table) == 0 && (!b.empty() || IsOfSqlite(table))) {
        return Deny(absl::StrCat("reads '", ToAbsl(a), "', which is none of its sources"));
      }
      if (reads_ != nullptr) (*reads_)[table].insert(Lower(b));
      return SQLITE_OK;
    }
    case SQLITE_FUNCTION:
      if (FunctionAllowed(b)) return SQLITE_OK;
      return Deny(absl::StrCat("calls the function ", ToAbsl(b), "()"));
    case SQLITE_PRAGMA:
      return Deny("uses PRAGMA");
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return Deny("attaches a database");
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return Deny("uses a transaction");
    default:
      return Deny("changes data or the schema");
  }
}

}  // namespace tombolo::engine
