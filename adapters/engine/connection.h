// A SQLite database in memory that runs a pack's SELECTs and nothing else.
//
// An authorizer lets a statement read the tables that it may, and call functions that depend on
// nothing but their arguments; a step budget between two rows ends what does not end by itself.
// Groups that outgrow the cache are sorted in a temporary file that SQLite unlinks as it opens it.
// Ownership: a Statement must go before its Connection. Thread-safety: one thread.
// Errors: PACK_SQL with file, line and column of the SQL; PACK_FORBIDDEN; LIMIT_EXCEEDED.
#ifndef TOMBOLO_ADAPTERS_ENGINE_CONNECTION_H_
#define TOMBOLO_ADAPTERS_ENGINE_CONNECTION_H_

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "gateway/base/error.h"

namespace tombolo::engine {

struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementCloser>;

// Columns of sources that a statement reads, by table, in lower case as ASCII goes.
using Reads = std::map<std::string, std::set<std::string>>;

// The SQL of a query and where it stands, for messages: "inspections.sql".
struct SqlText {
  std::string where;
  std::string sql;
};

class Connection {
 public:
  static StatusOr<std::unique_ptr<Connection>> Open();
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* db() const { return db_; }
  // Lets statements read this table.
  void Allow(std::string_view table);
  // Our own statement (tables of lookup sources): no authorizer.
  Status Execute(const std::string& sql);
  StatusOr<Statement> PrepareOwn(const std::string& sql);
  // Connects virtual tables now: SQLite asks the authorizer about its own bookkeeping while it
  // does.
  Status Connect(std::string_view from_clause);
  // One SELECT of a pack; `reads` (may be nullptr) gets what it reads.
  StatusOr<Statement> PrepareSelect(const SqlText& text, Reads* reads);
  // True if nothing in the statement keeps a value of one row while the next one is read.
  StatusOr<bool> KeepsNoRows(const SqlText& text);

  // Call whenever a row went in or came out: the step budget starts anew, and grows with the rows
  // that were read, since sorted groups are walked after all reading.
  void Breathe(uint64_t rows_read);
  // SQLite's last error as a status; `rc` from sqlite3_step or sqlite3_prepare.
  Status ErrorOf(int rc, const SqlText& text) const;

 private:
  Connection() = default;
  static int Authorize(void* self, int action, const char* a, const char* b, const char* db,
                       const char* view);
  static int Progress(void* self);
  int Judge(int action, std::string_view a, std::string_view b);
  bool IsOfSqlite(std::string_view table) const;
  int Deny(std::string_view what);

  sqlite3* db_ = nullptr;
  bool guard_ = false;
  std::set<std::string> allowed_;
  std::set<std::string, std::less<>> modules_;  // virtual tables that SQLite itself brings
  Reads* reads_ = nullptr;
  std::string denied_;
  int64_t steps_left_ = 0;
  bool out_of_steps_ = false;
};

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_CONNECTION_H_
