// Where each record stands, found by record id and by subject.
//
// Small ticks go to two trees (record_delta, subject_delta), newer than everything else; when these
// have grown, or with a large tick, their rows become runs (sorted_runs.h). So a large tick writes
// its rows in order instead of touching a page for every row.
// Ownership: borrows the Db. Thread-safety: one thread per object. Errors: STORE_CORRUPT and those
// of sqlite_db.h. Calls run inside the caller's transaction, after Refresh.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_INDEX_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_INDEX_H_

#include <functional>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "gateway/store/sqlite/small_tables.h"
#include "gateway/store/sqlite/sorted_runs.h"
#include "gateway/store/store.h"

namespace tombolo::store {

class RecordIndex {
 public:
  Status Open(Db* db, CounterTable* counters, bool writable, size_t delta_rows_max);

  // Takes notice of what others, or a rollback, have changed. First in every transaction.
  Status Refresh();
  // Nothing that is held in memory may be relied on; after a rollback.
  void Forget();

  Status Find(absl::Span<const RecordId> ids, std::vector<std::optional<RecordState>>* states);
  // As Find, and remembers the answer for FindAgain.
  Status FindAndKeep(absl::Span<const RecordId> ids,
                     std::vector<std::optional<RecordState>>* states);
  // As Find, but searches only for what the last FindAndKeep did not tell, while the index is as it
  // was: whoever commits records has mostly just looked them up.
  Status FindAgain(absl::Span<const RecordId> ids, std::vector<std::optional<RecordState>>* states);
  StatusOr<std::vector<RecordState>> FindBySubject(const SubjectKey& subject);
  Status Scan(const std::function<bool(const RecordState&)>& visit);

  // Upserts by ascending id, none twice; `old` is what Find said of the same ids.
  Status Upsert(absl::Span<const RecordState* const> records,
                absl::Span<const std::optional<RecordState>> old);
  // Takes older rows of these records, which may tell of erased content, out of the file.
  Status Wipe(absl::Span<const RecordState* const> records);

 private:
  static constexpr int64_t kUnknown = -1;
  Status FindInDelta(absl::Span<const RecordId> ids, std::vector<uint32_t>* open,
                     std::vector<std::optional<RecordState>>* states);
  Status UpsertDelta(std::string_view record_rows, std::string_view subject_rows);
  // Adds the rows of one tree, overlaid with `rows`, to the runs, and empties the tree.
  Status Flush(Stmt* all, Stmt* clear, SortedRuns* runs, std::string_view rows, size_t row_bytes,
               size_t key_bytes);
  Status SaveGeneration();

  Db* db_ = nullptr;
  CounterTable* counters_ = nullptr;
  size_t delta_rows_max_ = 0;
  uint64_t delta_rows_ = 0;  // at least as many as there are
  int64_t generation_ = kUnknown;
  // Every change of the index raises one of these two, so together they name its state.
  using Stamp = std::pair<int64_t, uint64_t>;
  Stamp stamp() const { return {generation_, delta_rows_}; }
  Stamp kept_stamp_ = {kUnknown, 0};
  std::vector<RecordId> kept_ids_;
  std::vector<std::optional<RecordState>> kept_states_;
  PagePool pool_;
  SortedRuns records_, subjects_;
  Stmt find_, after_, all_, upsert_, clear_;
  Stmt subjects_from_, all_subjects_, add_subject_, clear_subjects_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_INDEX_H_
