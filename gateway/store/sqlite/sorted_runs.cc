#include "gateway/store/sqlite/sorted_runs.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "gateway/store/key_order.h"
#include "gateway/store/sqlite/check_sum.h"

namespace tombolo::store {
namespace {

int TierOf(uint64_t rows) {
  int tier = 0;
  for (rows /= SortedRuns::kSmallestTierRows; rows >= SortedRuns::kFanIn;
       rows /= SortedRuns::kFanIn) {
    ++tier;
  }
  return tier;
}

int64_t CheckOfRun(int kind, const Run& run) {
  uint64_t check = CheckSum(static_cast<uint64_t>(kind), PackPages(run.pages));
  check = CheckSum(check ^ static_cast<uint64_t>(run.number), run.fence);
  check = CheckSum(check, run.filter.bytes());
  return static_cast<int64_t>(check ^ run.row_count);
}

// The first of `count` rows, not before `from`, whose start is not below `key`.
size_t LowerBound(std::string_view rows, size_t row_bytes, size_t count, size_t from,
                  std::string_view key) {
  size_t low = from;
  size_t high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (CompareKeys(rows.data() + middle * row_bytes, key.data(), key.size()) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

Status SortedRuns::Open(Db* db, bool writable, PagePool* pool, int kind, size_t row_bytes,
                        size_t key_bytes) {
  pool_ = pool;
  kind_ = kind;
  row_bytes_ = row_bytes;
  key_bytes_ = key_bytes;
  RETURN_IF_ERROR(load_.Prepare(db,
                                "select run,row_count,pages,fence,check_sum,filter from index_run "
                                "where kind=$1 order by run"));
  if (!writable) return Status();
  RETURN_IF_ERROR(
      insert_.Prepare(db,
                      "insert into index_run(kind,run,row_count,pages,fence,check_sum,filter)"
                      " values($1,$2,$3,$4,$5,$6,$7)"));
  return remove_.Prepare(db, "delete from index_run where kind=$1 and run=$2");
}

Status SortedRuns::Load() {
  runs_.clear();
  StmtReset reset(&load_);
  load_.Bind(1, kind_);
  while (true) {
    bool row = false;
    ASSIGN_OR_RETURN(row, load_.Step());
    if (!row) return Status();
    Run& run = runs_.emplace_back();
    run.number = load_.Number(0);
    run.row_count = static_cast<uint64_t>(load_.Number(1));
    run.pages = UnpackPages(load_.Bytes(2));
    run.fence = load_.Copy(3);
    const bool filter_sound = run.filter.Load(load_.Bytes(5));
    const uint64_t pages = (run.row_count + rows_per_page() - 1) / rows_per_page();
    if (!filter_sound || pages == 0 || run.pages.size() != pages ||
        run.fence.size() != pages * key_bytes_ || load_.Number(4) != CheckOfRun(kind_, run)) {
      runs_.clear();
      return MakeError(Code::STORE_CORRUPT, absl::StrCat("run ", kind_, ".", load_.Number(0),
                                                         " of the record index is damaged; "
                                                         "restore the store from a backup"));
    }
  }
}

bool SortedRuns::FenceUpTo(const Run& run, size_t page, std::string_view key) const {
  return CompareKeys(run.fence.data() + page * key_bytes_, key.data(), key_bytes_) <= 0;
}

size_t SortedRuns::PageOf(const Run& run, std::string_view key, size_t from) const {
  // Sorted batches move by few pages, so the steps grow from there.
  const size_t pages = run.pages.size();
  size_t low = from;
  size_t step = 1;
  while (low + step < pages && FenceUpTo(run, low + step, key)) {
    low += step;
    step *= 2;
  }
  size_t high = std::min(low + step, pages);
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    (FenceUpTo(run, middle, key) ? low : high) = middle;
  }
  return low;
}

Status SortedRuns::FindInRun(const Run& run, const char* keys, size_t stride,
                             std::vector<uint32_t>* open,
                             const std::function<void(uint32_t, const char*)>& visit) {
  std::string_view content;
  size_t page = 0;
  size_t loaded = run.pages.size();  // none
  size_t at = 0;
  size_t count = 0;
  size_t left = 0;
  for (uint32_t index : *open) {
    const std::string_view key(keys + index * stride, key_bytes_);
    if (!run.filter.MayHave(key.data())) {
      (*open)[left++] = index;
      continue;
    }
    page = PageOf(run, key, page);
    if (page != loaded) {
      ASSIGN_OR_RETURN(content, pool_->Read(run.pages[page]));
      loaded = page;
      at = 0;
      count = run.RowsOn(page, rows_per_page());
    }
    at = LowerBound(content, row_bytes_, count, at, key);
    const char* row = content.data() + at * row_bytes_;
    if (at < count && CompareKeys(row, key.data(), key_bytes_) == 0) {
      visit(index, row);
    } else {
      (*open)[left++] = index;
    }
  }
  open->resize(left);
  return Status();
}

Status SortedRuns::Find(const char* keys, size_t stride, std::vector<uint32_t>* open,
                        const std::function<void(uint32_t, const char*)>& visit) {
  Status status;
  for (auto run = runs_.rbegin(); run != runs_.rend() && status.ok() && !open->empty(); ++run) {
    status = FindInRun(*run, keys, stride, open, visit);
  }
  pool_->EndRead();
  return status;
}

Status SortedRuns::FindPrefix(std::string_view prefix,
                              const std::function<void(const char*)>& visit) {
  std::string key(prefix);
  key.resize(key_bytes_, '\0');
  for (const Run& run : runs_) {
    const bool whole_key = prefix.size() >= KeyFilter::kKeyBytesMin;
    if (whole_key && !run.filter.MayHave(prefix.data())) continue;
    bool inside = true;
    for (size_t page = PageOf(run, key, 0); page < run.pages.size() && inside; ++page) {
      std::string_view content;
      ASSIGN_OR_RETURN(content, pool_->Read(run.pages[page]));
      const size_t count = run.RowsOn(page, rows_per_page());
      for (size_t at = LowerBound(content, row_bytes_, count, 0, prefix); at < count; ++at) {
        const char* row = content.data() + at * row_bytes_;
        inside = std::memcmp(row, prefix.data(), prefix.size()) == 0;
        if (!inside) break;
        visit(row);
      }
    }
    pool_->EndRead();
  }
  return Status();
}

void SortedRuns::AppendCursors(std::vector<std::unique_ptr<RowCursor>>* cursors) {
  for (const Run& run : runs_) {
    cursors->push_back(std::make_unique<RunCursor>(&run, row_bytes_, pool_, nullptr));
  }
}

size_t SortedRuns::RunsToMerge(uint64_t new_rows) const {
  uint64_t merged = new_rows;
  size_t taken = 0;
  while (true) {
    const int tier = TierOf(merged);
    uint64_t sum = merged;
    size_t like = 0;
    while (taken + like < runs_.size()) {
      const Run& run = runs_[runs_.size() - 1 - taken - like];
      if (TierOf(run.row_count) > tier || sum + run.row_count > kMergedRowsMax) break;
      sum += run.row_count;
      ++like;
    }
    if (like + 1 < kFanIn) return taken;
    taken += like;
    merged = sum;
  }
}

Status SortedRuns::WriteRun(RowCursor* rows, uint64_t rows_max, Run* run) {
  run->filter = KeyFilter(rows_max);
  std::string content;
  content.reserve(pool_->content_bytes());
  const size_t full = rows_per_page() * row_bytes_;
  RETURN_IF_ERROR(rows->Next());
  while (rows->row() != nullptr || !content.empty()) {
    if (rows->row() == nullptr || content.size() == full) {
      run->fence.append(content, 0, key_bytes_);
      uint32_t page = 0;
      ASSIGN_OR_RETURN(page, pool_->WriteToFree(content));
      run->pages.push_back(page);
      content.clear();
    }
    if (rows->row() == nullptr) continue;
    content.append(rows->row(), row_bytes_);
    run->filter.Add(rows->row());
    ++run->row_count;
    RETURN_IF_ERROR(rows->Next());
  }
  return Status();
}

Status SortedRuns::SaveRun(const Run& run) {
  const std::string pages = PackPages(run.pages);
  return insert_.Bind(1, kind_)
      .Bind(2, run.number)
      .Bind(3, static_cast<int64_t>(run.row_count))
      .BindBlob(4, pages)
      .BindBlob(5, run.fence)
      .Bind(6, CheckOfRun(kind_, run))
      .BindBlob(7, run.filter.bytes())
      .Run();
}

Status SortedRuns::Add(std::string_view rows) {
  if (rows.empty()) return Status();
  const size_t take = RunsToMerge(rows.size() / row_bytes_);
  const size_t first = runs_.size() - take;
  Run run;
  run.number = runs_.empty() ? 1 : runs_.back().number + 1;
  std::vector<std::unique_ptr<RowCursor>> inputs;
  uint64_t rows_max = rows.size() / row_bytes_;
  for (size_t i = first; i < runs_.size(); ++i) {
    rows_max += runs_[i].row_count;
    inputs.push_back(std::make_unique<RunCursor>(&runs_[i], row_bytes_, pool_,
                                                 [this](uint32_t page) { pool_->Free(page); }));
  }
  inputs.push_back(std::make_unique<MemoryCursor>(rows, row_bytes_));
  MergeCursor merged(std::move(inputs), key_bytes_);
  RETURN_IF_ERROR(WriteRun(&merged, rows_max, &run));
  for (size_t i = first; i < runs_.size(); ++i) {
    RETURN_IF_ERROR(remove_.Bind(1, kind_).Bind(2, runs_[i].number).Run());
  }
  RETURN_IF_ERROR(SaveRun(run));
  runs_.resize(first);
  runs_.push_back(std::move(run));
  return Status();
}

Status SortedRuns::RewriteRun(const Run& run, std::string_view rows) {
  size_t page = 0;
  for (; !rows.empty(); rows.remove_prefix(row_bytes_)) {
    const std::string_view key = rows.substr(0, key_bytes_);
    page = PageOf(run, key, page);
    std::string_view content;
    ASSIGN_OR_RETURN(content, pool_->Read(run.pages[page]));
    const size_t count = run.RowsOn(page, rows_per_page());
    const size_t at = LowerBound(content, row_bytes_, count, 0, key) * row_bytes_;
    if (at == count * row_bytes_ || content.substr(at, key_bytes_) != key) continue;
    std::string changed(content);
    pool_->EndRead();
    changed.replace(at, row_bytes_, rows.substr(0, row_bytes_));
    RETURN_IF_ERROR(pool_->Overwrite(run.pages[page], changed));
  }
  pool_->EndRead();
  return Status();
}

Status SortedRuns::Rewrite(std::string_view rows) {
  for (const Run& run : runs_) RETURN_IF_ERROR(RewriteRun(run, rows));
  return Status();
}

}  // namespace tombolo::store
