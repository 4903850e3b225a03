#include "gateway/store/sqlite/page_pool.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace tombolo::store {
namespace {

constexpr size_t kCheckBytes = 8;
// What SQLite needs of a table's leaf besides the bytes of one blob: file format, sections 1.6, 2.1
// (35 for the page and its cell, 5 for the record's heading), rounded up.
constexpr size_t kLeafOverheadBytes = 48;

// Notices damage; no defence against intent, which could as well rewrite the check. Multiplies
// 64-bit words folded as wyhash does: a page costs less than reading it does.
uint64_t CheckOf(uint64_t seed, std::string_view bytes) {
  constexpr uint64_t kFirst = 0x9e3779b97f4a7c15;   // 2^64 / golden ratio
  constexpr uint64_t kSecond = 0xd1b54a32d192ed03;  // of the same family
  uint64_t even = seed ^ kFirst;
  uint64_t odd = seed ^ kSecond;
  const auto fold = [](uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t words[4];
  size_t at = 0;
  for (; at + sizeof(words) <= bytes.size(); at += sizeof(words)) {
    std::memcpy(words, bytes.data() + at, sizeof(words));
    even = fold(words[0] ^ kFirst, words[1] ^ even);
    odd = fold(words[2] ^ kSecond, words[3] ^ odd);
  }
  words[0] = words[1] = words[2] = words[3] = 0;
  std::memcpy(words, bytes.data() + at, bytes.size() - at);
  even = fold(words[0] ^ kFirst, words[1] ^ even);
  odd = fold(words[2] ^ kSecond, words[3] ^ odd);
  return fold(even ^ bytes.size(), odd ^ kFirst);
}

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
  std::memcpy(pages.data(), bytes.data(), pages.size() * sizeof(uint32_t));
  return pages;
}

Status PagePool::Open(Db* db, bool writable) {
  int64_t page_bytes = 0;
  ASSIGN_OR_RETURN(page_bytes, db->ReadNumber("pragma page_size"));
  content_bytes_ = static_cast<size_t>(page_bytes) - kLeafOverheadBytes - kCheckBytes;
  RETURN_IF_ERROR(read_.Prepare(db, "select body from index_page where page=$1"));
  if (!writable) return Status();
  RETURN_IF_ERROR(insert_.Prepare(db, "insert into index_page(page,body) values($1,$2)"));
  RETURN_IF_ERROR(update_.Prepare(db, "update index_page set body=$2 where page=$1"));
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
  if (check != CheckOf(page, content)) return Damaged(page);
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
  const uint64_t check = CheckOf(page, std::string_view(body_).substr(kCheckBytes));
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
  return update_.Bind(1, page).BindBlob(2, body_).Run();
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
