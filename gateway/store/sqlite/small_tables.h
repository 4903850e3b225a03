// The tables that hold one row per thing: streams, scopes, ingests, quarantine, parts of traces,
// checkpoints, counters.
//
// Ownership: borrows the Db. Thread-safety: one thread per object. Errors: STORE_CONFLICT,
// NOT_FOUND, STORE_CORRUPT and those of sqlite_db.h. Writing calls run inside the caller's
// transaction.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_SMALL_TABLES_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_SMALL_TABLES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/store.h"

namespace tombolo::store {

// Numbers by name; 0 until set.
class CounterTable {
 public:
  Status Open(Db* db, bool writable);
  StatusOr<int64_t> Get(std::string_view name);
  Status Set(std::string_view name, int64_t value);

 private:
  Stmt get_, set_;
};

class StreamTable {
 public:
  Status Open(Db* db, bool writable);
  // The commit under way; streams that change get its number.
  void SetCommit(int64_t commit) { commit_ = commit; }
  Status Add(const StreamState& stream);
  // Compare-and-set on epoch and size; `tick` 0 keeps the stream's.
  Status Advance(const StreamAppend& append, uint64_t tick);
  StatusOr<std::vector<StreamState>> All();
  StatusOr<std::vector<StreamState>> FindAll(absl::Span<const uint32_t> numbers);
  // NOT_FOUND for a number that is not there.
  StatusOr<CodecSizes> SizesOf(uint32_t stream, uint64_t* entries = nullptr);
  // The stream's id and descriptor, with SizesOf's answer.
  StatusOr<StreamState> Find(uint32_t stream);
  Status Touch(uint32_t stream);
  // No entries any more.
  Status Empty(const StreamState& stream);
  StatusOr<std::vector<uint32_t>> ChangedSince(int64_t commit);

 private:
  Db* db_ = nullptr;
  int64_t commit_ = 0;
  Stmt add_, advance_, all_, one_, id_bytes_, find_, touch_, empty_, changed_;
};

class ScopeTable {
 public:
  Status Open(Db* db, bool writable);
  Status Add(const Scope& scope);
  StatusOr<std::vector<Scope>> All();

 private:
  Stmt exists_, add_, all_;
};

class IngestTable {
 public:
  Status Open(Db* db, bool writable);
  Status Upsert(const IngestRow& ingest);
  StatusOr<std::vector<IngestRow>> All();

 private:
  Stmt upsert_, all_;
};

class TraceTable {
 public:
  Status Open(Db* db, bool writable);
  Status Put(const TracePart& part);
  Status Remove(uint64_t trace);
  StatusOr<std::string> Read(uint64_t trace, uint32_t part);
  StatusOr<std::vector<uint64_t>> All();

 private:
  Stmt put_, take_, remove_, read_, all_;
};

class CheckpointTable {
 public:
  Status Open(Db* db, bool writable);
  // STORE_CONFLICT unless it follows the last one.
  Status Add(const CheckpointRow& checkpoint);
  StatusOr<std::optional<CheckpointRow>> Last();
  StatusOr<CheckpointRow> Find(uint64_t tick);

 private:
  Stmt add_, last_, find_;
};

class QuarantineTable {
 public:
  Status Open(Db* db, bool writable);
  // Gives `next_id` to a row whose key is new; true if it was used.
  StatusOr<bool> Upsert(const QuarantineRow& row, uint64_t next_id);
  Status Remove(uint64_t id);
  Status Resolve(std::string_view row_key);
  StatusOr<std::vector<QuarantineRow>> List(uint64_t after_id, size_t rows_max);
  StatusOr<QuarantineRow> Find(uint64_t id);

 private:
  Stmt upsert_, id_of_, remove_, resolve_, list_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_SMALL_TABLES_H_
