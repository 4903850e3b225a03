// Rows of fixed size in ascending order, from memory, from a run or from several of them merged.
//
// Ownership: a cursor borrows what it reads from; row() is valid until Next. Thread-safety: one
// thread per object. Errors: as page_pool.h.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_ROW_CURSOR_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_ROW_CURSOR_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/sqlite/key_filter.h"
#include "gateway/store/sqlite/page_pool.h"

namespace tombolo::store {

class RowCursor {
 public:
  virtual ~RowCursor() = default;
  // The row it stands on; null at the end. Call Next first.
  const char* row() const { return row_; }
  virtual Status Next() = 0;

 protected:
  const char* row_ = nullptr;
};

class MemoryCursor : public RowCursor {
 public:
  MemoryCursor(std::string_view rows, size_t row_bytes) : rest_(rows), row_bytes_(row_bytes) {}
  Status Next() override;

 private:
  std::string_view rest_;
  const size_t row_bytes_;
};

// A sorted run: `row_count` rows in pages, each filled with as many whole rows as fit.
struct Run {
  int64_t number = 0;  // the higher, the newer
  uint64_t row_count = 0;
  std::vector<uint32_t> pages;
  std::string fence;  // the key of each page's first row
  KeyFilter filter;

  // Rows on the page of this index.
  size_t RowsOn(size_t index, size_t rows_per_page) const;
};

class RunCursor : public RowCursor {
 public:
  // `left_page` is called for each page when it has been read.
  RunCursor(const Run* run, size_t row_bytes, PagePool* pool,
            std::function<void(uint32_t)> left_page);
  Status Next() override;

 private:
  const Run* run_;
  const size_t row_bytes_;
  PagePool* pool_;
  std::function<void(uint32_t)> left_page_;
  std::string rows_;  // a copy: the pool's view would not outlive another cursor's read
  size_t next_page_ = 0;
  size_t at_ = 0;
};

// Of rows with the same key, the one of the last input that has it.
class MergeCursor : public RowCursor {
 public:
  MergeCursor(std::vector<std::unique_ptr<RowCursor>> inputs, size_t key_bytes);
  Status Next() override;

 private:
  std::vector<std::unique_ptr<RowCursor>> inputs_;  // oldest first
  const size_t key_bytes_;
  bool started_ = false;
  size_t current_ = 0;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_ROW_CURSOR_H_
