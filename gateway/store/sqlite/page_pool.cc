#include "gateway/store/sqlite/page_pool.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "gateway/store/sqlite/check_sum.h"

namespace tombolo::store {
namespace {

constexpr size_t kCheckBytes = 8;
// What SQLite needs of a table's leaf besides the bytes of one blob: file format, sections 1.6, 2.1
// (35 for the page and its cell, 5 for the record's heading), rounded up.
constexpr size_t kLeafOverheadBytes = 48;

Status Damaged(uint32_t page) {
  return MakeError(Code::STORE_CORRUPT,
                   absl::StrCat("page ", page,
                                " of the record index does not read back as it was "
                                "written; restore the store from a backup"));
}

}  // namespace

std::string PackPages(const std::vector<uint32_t>& pages) {
  return std::string(reinterpret_cast<const char*>(pages.data()), pages.size() * sizeof(uint32_t));
}

std::vector<uint32_t> UnpackPages(std::string_view bytes) {
  std::vector<uint32_t> pages(bytes.size() / sizeof(uint32_t));
  // An empty list has no storage, and memcpy wants some even for nothing.
  if (!pages.empty()) std::memcpy(pages.data(), bytes.data(), pages.size() * sizeof(uint32_t));
  return pages;
}

Status PagePool::Open(Db* db, bool writable) {
  db_ = db;
  int64_t page_bytes = 0;
  ASSIGN_OR_RETURN(page_bytes, db->ReadNumber("pragma page_size"));
  content_bytes_ = static_cast<size_t>(page_bytes) - kLeafOverheadBytes - kCheckBytes;
  RETURN_IF_ERROR(read_.Prepare(db, "select body from index_page where page=$1"));
  if (!writable) return Status();
  RETURN_IF_ERROR(insert_.Prepare(db, "insert into index_page(page,body) values($1,$2)"));
  RETURN_IF_ERROR(update_.Prepare(db, "update index_page set body=$1 where page=$2"));
  RETURN_IF_ERROR(load_.Prepare(db, "select page_count,free_pages from index_pool where pool=1"));
  return save_.Prepare(db,
                       "insert into index_pool(pool,page_count,free_pages) values(1,$1,$2)"
                       " on conflict(pool) do update set page_count=excluded.page_count,"
                       "free_pages=excluded.free_pages");
}

StatusOr<std::string_view> PagePool::Read(uint32_t page) {
  read_.Reset();
  bool row = false;
  ASSIGN_OR_RETURN(row, read_.Bind(1, page).Step());
  if (!row) return Damaged(page);
  const std::string_view body = read_.Bytes(0);
  if (body.size() != kCheckBytes + content_bytes_) return Damaged(page);
  uint64_t check = 0;
  std::memcpy(&check, body.data(), sizeof(check));
  const std::string_view content = body.substr(kCheckBytes);
  if (check != CheckSum(page, content)) return Damaged(page);
  return content;
}

Status PagePool::Load() {
  StmtReset reset(&load_);
  bool row = false;
  ASSIGN_OR_RETURN(row, load_.Step());
  pages_ = row ? static_cast<uint32_t>(load_.Number(0)) : 0;
  free_ = row ? UnpackPages(load_.Bytes(1)) : std::vector<uint32_t>();
  return Status();
}

void PagePool::Frame(uint32_t page, std::string_view content) {
  body_.assign(kCheckBytes, '\0');
  body_.append(content);
  body_.resize(kCheckBytes + content_bytes_, '\0');
  const uint64_t check = CheckSum(page, std::string_view(body_).substr(kCheckBytes));
  std::memcpy(body_.data(), &check, sizeof(check));
}

StatusOr<uint32_t> PagePool::WriteToFree(std::string_view content) {
  if (!free_.empty()) {
    const uint32_t page = free_.back();
    free_.pop_back();
    RETURN_IF_ERROR(Overwrite(page, content));
    return page;
  }
  const uint32_t page = ++pages_;
  Frame(page, content);
  RETURN_IF_ERROR(insert_.Bind(1, page).BindBlob(2, body_).Run());
  return page;
}

Status PagePool::Overwrite(uint32_t page, std::string_view content) {
  Frame(page, content);
  RETURN_IF_ERROR(update_.BindBlob(1, body_).Bind(2, page).Run());
  return db_->Changes() == 1 ? Status() : Damaged(page);
}

Status PagePool::WipeFree() {
  for (uint32_t page : free_) RETURN_IF_ERROR(Overwrite(page, {}));
  return Status();
}

Status PagePool::Save() {
  const std::string free_pages = PackPages(free_);
  return save_.Bind(1, pages_).BindBlob(2, free_pages).Run();
}

}  // namespace tombolo::store
