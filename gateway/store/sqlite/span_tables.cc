#include "gateway/store/sqlite/span_tables.h"

#include <algorithm>

#include "gateway/base/limits.h"

namespace tombolo::store {
namespace {

constexpr uint64_t kBits = 8;
constexpr uint64_t kSpansPerRow = 128;                       // a row of 4 KiB, or 6
constexpr uint64_t kSeqsPerPage = kBits * 4 * limits::kKiB;  // a row of 4 KiB

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

}  // namespace

Status SpanTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(
      read_.Prepare(db, "select hashes from stream_span where stream=$1 order by first_span"));
  if (!writable) return Status();
  RETURN_IF_ERROR(
      row_.Prepare(db, "select hashes from stream_span where stream=$1 and first_span=$2"));
  RETURN_IF_ERROR(
      put_.Prepare(db,
                   "insert into stream_span(stream,first_span,hashes) values($1,$2,$3)"
                   " on conflict(stream,first_span) do update set hashes=excluded.hashes"));
  return clear_.Prepare(db, "delete from stream_span where stream=$1");
}

Status SpanTable::AppendRow(uint32_t stream, uint64_t row, std::string_view hashes) {
  std::string grown;
  {
    StmtReset reset(&row_);
    ASSIGN_OR_RETURN(const bool found, row_.Bind(1, stream).Bind(2, Signed(row)).Step());
    if (found) grown = row_.Copy(0);
  }
  grown.append(hashes);
  return put_.Bind(1, stream).Bind(2, Signed(row)).BindBlob(3, grown).Run();
}

Status SpanTable::Append(uint32_t stream, uint64_t first_span, std::string_view hashes,
                         size_t hash_bytes) {
  while (!hashes.empty()) {
    const uint64_t within = first_span % kSpansPerRow;
    const std::string_view here = hashes.substr(0, (kSpansPerRow - within) * hash_bytes);
    RETURN_IF_ERROR(AppendRow(stream, first_span - within, here));
    hashes.remove_prefix(here.size());
    first_span += kSpansPerRow - within;
  }
  return Status();
}

StatusOr<std::string> SpanTable::Read(uint32_t stream) {
  std::string all;
  StmtReset reset(&read_);
  read_.Bind(1, stream);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, read_.Step());
    if (!more) return all;
    all.append(read_.Bytes(0));
  }
}

Status SpanTable::Clear(uint32_t stream) { return clear_.Bind(1, stream).Run(); }

Status MaskTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(page_.Prepare(db, "select bits from stream_mask where stream=$1 and page=$2"));
  if (!writable) return Status();
  RETURN_IF_ERROR(put_.Prepare(db,
                               "insert into stream_mask(stream,page,bits) values($1,$2,$3)"
                               " on conflict(stream,page) do update set bits=excluded.bits"));
  return clear_.Prepare(db, "delete from stream_mask where stream=$1");
}

StatusOr<std::string> MaskTable::ReadPage(uint32_t stream, uint64_t page) {
  StmtReset reset(&page_);
  ASSIGN_OR_RETURN(const bool found, page_.Bind(1, stream).Bind(2, Signed(page)).Step());
  std::string bits = found ? page_.Copy(0) : std::string();
  bits.resize(kSeqsPerPage / kBits);
  return bits;
}

Status MaskTable::Mark(std::vector<std::pair<uint32_t, uint64_t>> entries) {
  std::sort(entries.begin(), entries.end());
  for (auto it = entries.begin(); it != entries.end();) {
    const uint32_t stream = it->first;
    const uint64_t page = it->second / kSeqsPerPage;
    ASSIGN_OR_RETURN(std::string bits, ReadPage(stream, page));
    for (; it != entries.end() && it->first == stream && it->second / kSeqsPerPage == page; ++it) {
      const uint64_t bit = it->second % kSeqsPerPage;
      bits[bit / kBits] = static_cast<char>(bits[bit / kBits] | 1 << bit % kBits);
    }
    RETURN_IF_ERROR(put_.Bind(1, stream).Bind(2, Signed(page)).BindBlob(3, bits).Run());
  }
  return Status();
}

Status MaskTable::Tell(uint32_t stream, std::vector<EntryView>* entries) {
  std::string bits;
  uint64_t page = UINT64_MAX;
  for (EntryView& entry : *entries) {
    if (entry.seq / kSeqsPerPage != page) {
      page = entry.seq / kSeqsPerPage;
      ASSIGN_OR_RETURN(bits, ReadPage(stream, page));
    }
    const uint64_t bit = entry.seq % kSeqsPerPage;
    entry.current = (bits[bit / kBits] >> bit % kBits & 1) == 0;
  }
  return Status();
}

Status MaskTable::Clear(uint32_t stream) { return clear_.Bind(1, stream).Run(); }

}  // namespace tombolo::store
