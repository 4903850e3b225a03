// One index as a few sorted runs of rows of fixed size, newest first in a search.
//
// A batch of sorted rows becomes a run; runs of like size are merged, so that there are few and a
// row is written a logarithmic number of times (O'Neil et al., The Log-Structured Merge-Tree, Acta
// Informatica 33, 1996; size-tiered, fan-in kFanIn). The first key of every page is held in memory:
// a search reads at most one page of each run, a sorted batch of searches each page at most once. A
// filter of each run spares the page of most keys that are not in it.
// Ownership: borrows Db and pool. Thread-safety: one thread per object. Errors: as page_pool.h.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_SORTED_RUNS_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_SORTED_RUNS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/sqlite/row_cursor.h"

namespace tombolo::store {

class SortedRuns {
 public:
  static constexpr size_t kFanIn = 16;
  static constexpr uint64_t kSmallestTierRows = 4096;
  // Runs past this are left alone, so that no merge, and so no transaction, grows without bound.
  static constexpr uint64_t kMergedRowsMax = 2000000;

  // `kind` tells the indexes of one file apart. A key has KeyFilter::kKeyBytesMin or more.
  Status Open(Db* db, bool writable, PagePool* pool, int kind, size_t row_bytes, size_t key_bytes);
  // Reads which runs there are.
  Status Load();

  // Calls `visit(i, row)` for each wanted key that is there, with its newest row. Keys ascend, lie
  // `stride` bytes apart, and have key_bytes. Keys not found stay in `*open`, which holds the
  // indexes of the keys to look for, ascending.
  Status Find(const char* keys, size_t stride, std::vector<uint32_t>* open,
              const std::function<void(uint32_t, const char*)>& visit);
  // Every row of every run whose key starts with `prefix`, which has KeyFilter::kKeyBytesMin bytes
  // or more; a key may come more than once.
  Status FindPrefix(std::string_view prefix, const std::function<void(const char*)>& visit);
  // A cursor for each run, oldest first.
  void AppendCursors(std::vector<std::unique_ptr<RowCursor>>* cursors);

  // --- inside the caller's transaction, the pool loaded and saved by the caller
  // Sorted rows without doubles. They are newer than all that is here.
  Status Add(std::string_view rows);
  // Replaces every row of these keys, in whatever run, by the row given.
  Status Rewrite(std::string_view rows);

  size_t run_count() const { return runs_.size(); }

 private:
  size_t rows_per_page() const { return pool_->content_bytes() / row_bytes_; }
  // Whether the first key of the page is not above `key`.
  bool FenceUpTo(const Run& run, size_t page, std::string_view key) const;
  // The page, not before `from`, on which `key` is if it is in the run.
  size_t PageOf(const Run& run, std::string_view key, size_t from) const;
  Status FindInRun(const Run& run, const char* keys, size_t stride, std::vector<uint32_t>* open,
                   const std::function<void(uint32_t, const char*)>& visit);
  Status RewriteRun(const Run& run, std::string_view rows);
  size_t RunsToMerge(uint64_t new_rows) const;
  // `rows_max`: at least as many as there are.
  Status WriteRun(RowCursor* rows, uint64_t rows_max, Run* run);
  Status SaveRun(const Run& run);

  PagePool* pool_ = nullptr;
  int kind_ = 0;
  size_t row_bytes_ = 0;
  size_t key_bytes_ = 0;
  std::vector<Run> runs_;  // oldest first
  Stmt load_, insert_, remove_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_SORTED_RUNS_H_
