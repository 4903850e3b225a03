// What is kept of a stream beside its entries: the roots of whole spans of leaves, and one bit an
// entry that says whether a later one names it as its previous one.
//
// Ownership: borrows the Db. Thread-safety: one thread per object. Errors: those of sqlite_db.h.
// Writing calls run inside the caller's transaction.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_SPAN_TABLES_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_SPAN_TABLES_H_

#include <string>
#include <utility>
#include <vector>

#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/store.h"

namespace tombolo::store {

class SpanTable {
 public:
  Status Open(Db* db, bool writable);
  // Hashes of `hash_bytes`, the first of which stands for span `first_span`, from 0.
  Status Append(uint32_t stream, uint64_t first_span, std::string_view hashes, size_t hash_bytes);
  StatusOr<std::string> Read(uint32_t stream);
  Status Clear(uint32_t stream);

 private:
  Status AppendRow(uint32_t stream, uint64_t row, std::string_view hashes);
  Stmt read_, row_, put_, clear_;
};

class MaskTable {
 public:
  Status Open(Db* db, bool writable);
  // (stream, seq) of the entries that are no longer current.
  Status Mark(std::vector<std::pair<uint32_t, uint64_t>> entries);
  // Sets EntryView::current; ascending seqs.
  Status Tell(uint32_t stream, std::vector<EntryView>* entries);
  Status Clear(uint32_t stream);

 private:
  StatusOr<std::string> ReadPage(uint32_t stream, uint64_t page);
  Stmt page_, put_, clear_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_SPAN_TABLES_H_
