// The tables of store.db, their version, and the settings of a connection.
//
// Ownership: none taken. Thread-safety: one thread per connection.
// Errors: SCHEMA_UNSUPPORTED for a store of another version, STORE_CORRUPT for another program's
// file, NOT_FOUND where there is none; those of sqlite_db.h.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_SCHEMA_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_SCHEMA_H_

#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/sqlite/sqlite_store.h"

namespace tombolo::store {

// "Tomb" in ASCII; file(1) and other programs can tell whose file it is.
inline constexpr int64_t kApplicationId = 0x546f6d62;
inline constexpr int64_t kSchemaVersion = 3;

// Sets up the connection; creates the tables if the file is new and the options allow it.
Status PrepareSchema(Db* db, const SqliteOptions& options);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_SCHEMA_H_
