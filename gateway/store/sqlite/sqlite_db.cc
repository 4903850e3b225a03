#include "gateway/store/sqlite/sqlite_db.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::store {
namespace {

constexpr int kPrimaryCodeMask = 0xff;

constexpr int kShortWaitUs = 250, kLongWaitUs = 1000;
constexpr int kShortWaits = 400;
constexpr int64_t kMillisecondUs = 1000;

int WaitForLock(void* timeout_ms, int looks) {
  const int wait_us = WaitBeforeLookUs(looks, *static_cast<const int*>(timeout_ms));
  if (wait_us == 0) return 0;
  sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
  system->xSleep(system, wait_us);
  return 1;
}

Code CodeOfSqlite(int rc, int system_errno) {
  switch (rc & kPrimaryCodeMask) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::STORE_BUSY;
    case SQLITE_FULL:
      return Code::DISK_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return Code::STORE_CORRUPT;
    case SQLITE_IOERR:
      return system_errno == ENOSPC ? Code::DISK_FULL : Code::IO_ERROR;
    case SQLITE_CANTOPEN:
      return system_errno == ENOENT ? Code::NOT_FOUND : Code::IO_ERROR;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
    case SQLITE_NOLFS:
    case SQLITE_PROTOCOL:
      return Code::IO_ERROR;
    case SQLITE_TOOBIG:
      return Code::LIMIT_EXCEEDED;
    default:
      return Code::INTERNAL;
  }
}

std::string_view AdviceOf(Code code) {
  switch (code) {
    case Code::STORE_BUSY:
      return "another process is writing to it; try again when it is done";
    case Code::DISK_FULL:
      return "free some space, then run the command again: nothing is half-stored";
    case Code::STORE_CORRUPT:
      return "restore it from a backup";
    case Code::NOT_FOUND:
      return "make the node with `tombolo init`, or name its folder";
    case Code::IO_ERROR:
      return "check that the folder exists, may be written and its disk is sound";
    default:
      return "please report this";
  }
}

}  // namespace

int WaitBeforeLookUs(int looks, int timeout_ms) {
  const int64_t short_waits = std::min(looks, kShortWaits);
  const int64_t waited_us = short_waits * kShortWaitUs + (looks - short_waits) * kLongWaitUs;
  if (waited_us >= timeout_ms * kMillisecondUs) return 0;
  return looks < kShortWaits ? kShortWaitUs : kLongWaitUs;
}

Db::~Db() {
  // Statements are gone by now (they are members after the Db), so close cannot be refused; what
  // it reports could not be acted upon.
  if (db_ != nullptr) sqlite3_close_v2(db_);
}

Status Db::Open(const std::string& path, int flags, int busy_timeout_ms) {
  path_ = path;
  RETURN_IF_ERROR(StatusOf(sqlite3_open_v2(path.c_str(), &db_, flags, nullptr)));
  RETURN_IF_ERROR(StatusOf(sqlite3_extended_result_codes(db_, 1)));
  busy_timeout_ms_ = busy_timeout_ms;
  return StatusOf(sqlite3_busy_handler(db_, WaitForLock, &busy_timeout_ms_));
}

Status Db::StatusOf(int rc) const {
  if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE) return Status();
  const int system_errno = db_ == nullptr ? 0 : sqlite3_system_errno(db_);
  const Code code = CodeOfSqlite(rc, system_errno);
  std::string reason = sqlite3_errstr(rc);
  if (db_ != nullptr && sqlite3_extended_errcode(db_) == rc) reason = sqlite3_errmsg(db_);
  if (code == Code::IO_ERROR && system_errno != 0) {
    absl::StrAppend(&reason, " (", std::strerror(system_errno), ")");
  }
  return MakeError(code,
                   absl::StrCat("the store ", path_, ": ", reason, "; ", ToAbsl(AdviceOf(code))));
}

Status Db::Exec(const std::string& sql) {
  return StatusOf(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr));
}

StatusOr<int64_t> Db::ReadNumber(const std::string& sql) {
  Stmt stmt;
  RETURN_IF_ERROR(stmt.Prepare(this, sql));
  bool row = false;
  ASSIGN_OR_RETURN(row, stmt.Step());
  return row ? stmt.Number(0) : 0;
}

bool Db::InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }

int Db::Changes() const { return sqlite3_changes(db_); }

StatusOr<bool> Db::Checkpoint(bool truncate) {
  int frames = 0;
  int copied = 0;
  const int rc = sqlite3_wal_checkpoint_v2(
      db_, nullptr, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &frames,
      &copied);
  // A reader holds it up; the next checkpoint goes on from there.
  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) return false;
  RETURN_IF_ERROR(StatusOf(rc));
  return frames == copied;
}

Stmt::~Stmt() {
  // Repeats the error of the last step, which was reported then.
  sqlite3_finalize(stmt_);
}

Status Stmt::Prepare(Db* db, std::string_view sql) {
  db_ = db;
  const int rc = sqlite3_prepare_v3(db->handle(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &stmt_, nullptr);
  if (rc != SQLITE_ERROR) return db->StatusOf(rc);
  // The statements are the program's own: what does not fit them is the file.
  return MakeError(Code::STORE_CORRUPT,
                   absl::StrCat("the tables of ", db->path(), " are not those of a node's store: ",
                                sqlite3_errmsg(db->handle()), "; restore the store from a backup"));
}

Stmt& Stmt::Bind(int index, int64_t value) {
  const int rc = sqlite3_bind_int64(stmt_, index, value);
  if (rc != SQLITE_OK) bind_rc_ = rc;
  return *this;
}

Stmt& Stmt::BindBlob(int index, std::string_view bytes) {
  // A null pointer would bind NULL, and no column of ours may be NULL.
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  const int rc = sqlite3_bind_blob64(stmt_, index, data, bytes.size(), SQLITE_STATIC);
  if (rc != SQLITE_OK) bind_rc_ = rc;
  return *this;
}

Stmt& Stmt::BindText(int index, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  const int rc = sqlite3_bind_text64(stmt_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (rc != SQLITE_OK) bind_rc_ = rc;
  return *this;
}

StatusOr<bool> Stmt::Step() {
  if (bind_rc_ != SQLITE_OK) {
    const Status status = db_->StatusOf(bind_rc_);
    Reset();
    return status;
  }
  const int rc = sqlite3_step(stmt_);
  if (rc == SQLITE_ROW) return true;
  const Status status = db_->StatusOf(rc);
  Reset();
  if (!status.ok()) return status;
  return false;
}

Status Stmt::Run() {
  auto row = Step();
  Reset();
  return row.status();
}

void Stmt::Reset() {
  // Repeats the error of the last step, which was reported then.
  sqlite3_reset(stmt_);
  bind_rc_ = SQLITE_OK;
}

int64_t Stmt::Number(int column) const { return sqlite3_column_int64(stmt_, column); }

std::string_view Stmt::Bytes(int column) const {
  const void* data = sqlite3_column_blob(stmt_, column);
  const int size = sqlite3_column_bytes(stmt_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

ReadScope::~ReadScope() {
  // Nothing was written; if the end fails the connection stays in a read, and the next Begin or
  // Commit reports it.
  if (owns_) db_->Exec("commit").IgnoreError();
}

Status ReadScope::Begin() {
  if (db_->InTransaction()) return Status();
  RETURN_IF_ERROR(db_->Exec("begin"));
  owns_ = true;
  return Status();
}

}  // namespace tombolo::store
