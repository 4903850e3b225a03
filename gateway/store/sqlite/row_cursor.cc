#include "gateway/store/sqlite/row_cursor.h"

#include <algorithm>

#include "gateway/store/key_order.h"

namespace tombolo::store {

Status MemoryCursor::Next() {
  if (rest_.size() < row_bytes_) {
    row_ = nullptr;
    return Status();
  }
  row_ = rest_.data();
  rest_.remove_prefix(row_bytes_);
  return Status();
}

size_t Run::RowsOn(size_t index, size_t rows_per_page) const {
  const uint64_t before = uint64_t{index} * rows_per_page;
  return before >= row_count ? 0 : std::min<uint64_t>(rows_per_page, row_count - before);
}

RunCursor::RunCursor(const Run* run, size_t row_bytes, PagePool* pool,
                     std::function<void(uint32_t)> left_page)
    : run_(run), row_bytes_(row_bytes), pool_(pool), left_page_(std::move(left_page)) {}

Status RunCursor::Next() {
  at_ += row_bytes_;
  if (at_ >= rows_.size()) {
    row_ = nullptr;
    if (next_page_ == run_->pages.size()) return Status();
    const uint32_t page = run_->pages[next_page_];
    const size_t rows = run_->RowsOn(next_page_, pool_->content_bytes() / row_bytes_);
    std::string_view content;
    ASSIGN_OR_RETURN(content, pool_->Read(page));
    rows_ = content.substr(0, rows * row_bytes_);
    pool_->EndRead();
    ++next_page_;
    if (left_page_) left_page_(page);
    at_ = 0;
    if (rows_.empty()) return Status();
  }
  row_ = rows_.data() + at_;
  return Status();
}

MergeCursor::MergeCursor(std::vector<std::unique_ptr<RowCursor>> inputs, size_t key_bytes)
    : inputs_(std::move(inputs)), key_bytes_(key_bytes) {}

Status MergeCursor::Next() {
  if (!started_) {
    started_ = true;
    for (auto& input : inputs_) RETURN_IF_ERROR(input->Next());
  } else if (row_ != nullptr) {
    // Every other input that stands on the same key holds an older row of it.
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (i == current_ || inputs_[i]->row() == nullptr) continue;
      if (CompareKeys(inputs_[i]->row(), row_, key_bytes_) == 0) {
        RETURN_IF_ERROR(inputs_[i]->Next());
      }
    }
    RETURN_IF_ERROR(inputs_[current_]->Next());
  }
  row_ = nullptr;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const char* candidate = inputs_[i]->row();
    if (candidate == nullptr) continue;
    if (row_ == nullptr || CompareKeys(candidate, row_, key_bytes_) <= 0) {
      row_ = candidate;
      current_ = i;
    }
  }
  return Status();
}

}  // namespace tombolo::store
