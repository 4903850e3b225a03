// Pages of equal size for the index's runs, kept as rows of one table.
//
// A page's body has the size that just fills one page of the database, so that a row is one leaf
// and writing it again overwrites that leaf in place. Pages that a run gives back are written again
// by the next one; nothing is deleted. Each body starts with a check over the rest and its place.
// Ownership: borrows the Db. Thread-safety: one thread per object. Errors: STORE_CORRUPT when a
// page does not read back as it was written, and those of sqlite_db.h.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_PAGE_POOL_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_PAGE_POOL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/sqlite/sqlite_db.h"

namespace tombolo::store {

class PagePool {
 public:
  Status Open(Db* db, bool writable);

  // Bytes that one page takes; Write takes at most as many.
  size_t content_bytes() const { return content_bytes_; }

  // The content as written, filled up with zero bytes. Valid until the next Read; zero-copy.
  StatusOr<std::string_view> Read(uint32_t page);
  // Ends the validity of what Read gave and its hold on the database's page.
  void EndRead() { read_.Reset(); }

  // --- inside the caller's transaction
  // Reads which pages are free; before the first of the calls below.
  Status Load();
  StatusOr<uint32_t> WriteToFree(std::string_view content);
  Status Overwrite(uint32_t page, std::string_view content);
  void Free(uint32_t page) { free_.push_back(page); }
  // Takes the rows out of pages that no run uses.
  Status WipeFree();
  Status Save();

 private:
  void Frame(uint32_t page, std::string_view content);

  Db* db_ = nullptr;
  Stmt read_, insert_, update_, load_, save_;
  size_t content_bytes_ = 0;
  uint32_t pages_ = 0;  // pages there are; numbered from 1
  std::vector<uint32_t> free_;
  std::string body_;
};

// Page numbers as the tables hold them: u32 little-endian, back to back.
std::string PackPages(const std::vector<uint32_t>& pages);
std::vector<uint32_t> UnpackPages(std::string_view bytes);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_PAGE_POOL_H_
