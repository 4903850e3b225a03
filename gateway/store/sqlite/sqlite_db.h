// sqlite3 and sqlite3_stmt with owners, and return codes as Status.
//
// Ownership: a Db owns its connection, a Stmt its statement; a Stmt must not outlive its Db. Views
// from a column live until the next Step or Reset. Thread-safety: one thread per connection.
// Errors: STORE_BUSY, DISK_FULL, STORE_CORRUPT, IO_ERROR; INTERNAL for statements that are wrong.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_SQLITE_DB_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_SQLITE_DB_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tombolo::store {

// How long to wait for another's lock after it was looked at `looks` times, microseconds; 0 = give
// up, `timeout_ms` are over. At most a millisecond: a lock is held for a commit, which takes about
// as long. SQLite's own handler soon looks only every 100 ms, and then a server waits for seconds
// beside a command that commits again and again.
int WaitBeforeLookUs(int looks, int timeout_ms);

class Db {
 public:
  Db() = default;
  ~Db();
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;

  // `flags` as sqlite3_open_v2 takes them. A lock that another has is asked for again within a
  // millisecond or so, until about `busy_timeout_ms` have passed.
  Status Open(const std::string& path, int flags, int busy_timeout_ms);
  // Any number of statements, results ignored.
  Status Exec(const std::string& sql);
  // The first column of the first row, for pragmas; 0 if there is no row.
  StatusOr<int64_t> ReadNumber(const std::string& sql);
  // The status of a return code of this connection; Ok for SQLITE_OK, _ROW and _DONE.
  Status StatusOf(int rc) const;
  bool InTransaction() const;
  // Rows changed by the last insert, update or delete.
  int Changes() const;
  // Copies of the write-ahead log into the file. True if all of it went there; `truncate` also
  // empties the log's file.
  StatusOr<bool> Checkpoint(bool truncate);

  sqlite3* handle() { return db_; }
  const std::string& path() const { return path_; }

 private:
  sqlite3* db_ = nullptr;
  std::string path_;
  int busy_timeout_ms_ = 0;
};

class Stmt {
 public:
  Stmt() = default;
  ~Stmt();
  Stmt(const Stmt&) = delete;
  Stmt& operator=(const Stmt&) = delete;

  Status Prepare(Db* db, std::string_view sql);

  // Parameters from 1. Bytes must live until Reset. A failed bind shows at the next Step.
  Stmt& Bind(int index, int64_t value);
  Stmt& BindBlob(int index, std::string_view bytes);
  Stmt& BindText(int index, std::string_view text);

  // True: a row is there. False: done, and the statement is reset.
  StatusOr<bool> Step();
  // For statements without rows: one Step, then Reset.
  Status Run();
  void Reset();

  // Columns from 0.
  int64_t Number(int column) const;
  std::string_view Bytes(int column) const;
  std::string Copy(int column) const { return std::string(Bytes(column)); }

 private:
  Db* db_ = nullptr;
  sqlite3_stmt* stmt_ = nullptr;
  int bind_rc_ = 0;
};

// Resets a statement at the end of a block, so that no read stays open behind an early return.
class StmtReset {
 public:
  explicit StmtReset(Stmt* stmt) : stmt_(stmt) {}
  ~StmtReset() { stmt_->Reset(); }
  StmtReset(const StmtReset&) = delete;
  StmtReset& operator=(const StmtReset&) = delete;

 private:
  Stmt* stmt_;
};

// One consistent view over several reads; joins a transaction that is open already.
class ReadScope {
 public:
  explicit ReadScope(Db* db) : db_(db) {}
  ~ReadScope();
  ReadScope(const ReadScope&) = delete;
  ReadScope& operator=(const ReadScope&) = delete;
  Status Begin();

 private:
  Db* db_;
  bool owns_ = false;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_SQLITE_DB_H_
