// The change log: streams of entries, kept as blocks in one table.
//
// Appends join small blocks at a stream's end, so that many small ticks leave few blocks: a block
// is joined with the one before while that is no larger than twice it and both fit the target. An
// entry is so rewritten a logarithmic number of times (as in a binomial counter).
// Ownership: borrows the Db. Thread-safety: one thread per object. Errors: STORE_CORRUPT,
// NOT_FOUND, and those of sqlite_db.h. Writing calls run inside the caller's transaction.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_BLOCK_LOG_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_BLOCK_LOG_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gateway/ledger/commitment.h"
#include "gateway/store/sqlite/block_codec.h"
#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/store.h"

namespace tombolo::store {

class BlockLog {
 public:
  Status Open(Db* db, bool writable, int zstd_level, size_t block_bytes);

  // The entries follow expected_size, which the caller has compared.
  Status Append(const StreamAppend& append);
  // See Store::ReadEntries; an empty page past the end.
  StatusOr<EntryPage> Read(uint32_t stream, CodecSizes sizes, uint64_t first_seq,
                           size_t entries_max);
  // Redactions of one stream by ascending seq.
  Status Redact(uint32_t stream, CodecSizes sizes, absl::Span<const Redaction* const> redactions);
  // Fills of one stream by ascending seq.
  Status Fill(uint32_t stream, CodecSizes sizes, ledger::EntryHasher* hasher,
              absl::Span<const LayerFill* const> fills);
  // Takes layers out of all `size` entries.
  Status Drop(uint32_t stream, uint64_t size, CodecSizes sizes, ledger::EntryHasher* hasher,
              LayerMask layers);
  // Takes all entries away.
  Status Forget(uint32_t stream);

 private:
  struct Tail {
    std::string entries;  // of the blocks taken back, oldest first
    uint64_t count = 0;
    uint64_t first_seq = 0;
  };
  Status TakeTail(const StreamAppend& append, Tail* tail);
  Status WriteBlock(const BlockHeading& heading, std::string_view entries);
  Status RedactBlock(const OpenBlock& block, CodecSizes sizes,
                     absl::Span<const Redaction* const> redactions);
  // Writes an entry as it is to stand now; called for each entry of a block in turn.
  using EntryEdit = std::function<Status(const EntryView& entry, std::string* out)>;
  Status Edit(const OpenBlock& block, CodecSizes sizes, const EntryEdit& edit);
  Status UpdateBlock(const BlockHeading& heading, std::string_view entries);
  // The block that holds `seq`.
  StatusOr<OpenBlock> FindBlock(uint32_t stream, uint64_t seq);

  Db* db_ = nullptr;
  size_t block_bytes_ = 0;
  BlockCodec codec_;
  Stmt backwards_, body_, remove_, insert_, update_, forwards_, holder_, forget_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_BLOCK_LOG_H_
