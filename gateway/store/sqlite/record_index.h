// Where each record stands, found by record id and by subject.
//
// Ownership: borrows the Db. Thread-safety: one thread per object. Errors: STORE_CORRUPT and those
// of sqlite_db.h. Writing calls run inside the caller's transaction.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_INDEX_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_INDEX_H_

#include <functional>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/store.h"

namespace tombolo::store {

class RecordIndex {
 public:
  Status Open(Db* db, bool writable);

  Status Find(absl::Span<const RecordId> ids, std::vector<std::optional<RecordState>>* states);
  StatusOr<std::vector<RecordState>> FindBySubject(const SubjectKey& subject);
  Status Scan(const std::function<bool(const RecordState&)>& visit);

  // Upserts by ascending id, none twice; `old` is what Find said of the same ids.
  Status Upsert(absl::Span<const RecordState* const> records,
                absl::Span<const std::optional<RecordState>> old);

 private:
  Db* db_ = nullptr;
  Stmt find_, after_, upsert_, by_subject_, add_subject_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_INDEX_H_
