// The store of a node in one SQLite file: one transaction a tick, durable when Commit returns.
//
// Settings behind it (write-ahead log, synchronous=FULL, secure_delete, sizes) and the figures they
// rest on: docs/decisions. The block format: docs/formats/block.md.
// Ownership: the caller owns the store. Thread-safety: one thread per Store; several stores, also
// of several processes, may have the file open: any number read, one at a time commits. Errors:
// those of gateway/store/store.h; on opening also NOT_FOUND and SCHEMA_UNSUPPORTED.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_SQLITE_STORE_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_SQLITE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/base/limits.h"
#include "gateway/store/store.h"

namespace tombolo::store {

enum class OpenMode { kCreate, kReadWrite, kReadOnly };

struct SqliteOptions {
  std::string path;                   // of store.db
  OpenMode mode = OpenMode::kCreate;  // kCreate: makes the file if it is not there
  int busy_timeout_ms = 10000;        // how long Commit waits for another writer
  // What follows is fixed by measurement; benches and tests vary it.
  int page_bytes = 8192;  // of a new file
  size_t cache_bytes = 16 * limits::kMiB;
  int zstd_level = -5;  // of new blocks
  size_t block_bytes = limits::kBlockBytesTarget;
  uint64_t wal_bytes_max = 64 * limits::kMiB;  // a commit that leaves more than this checkpoints
  size_t delta_rows_max = 4096;                // rows in the index's trees before they become a run
  int64_t pages_max = 0;                       // 0 = no limit; for tests of a full disk
};

StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_SQLITE_STORE_H_
