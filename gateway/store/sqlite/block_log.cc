#include "gateway/store/sqlite/block_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/store/tick_rules.h"

namespace tombolo::store {
namespace {

// A block below this is joined whatever is added to it: a row of a few hundred bytes costs more
// than copying them.
constexpr uint64_t kJoinBytesMin = 4 * limits::kKiB;
// An append of at least this share of the target stands alone: compressing its forerunners again
// would save little space.
constexpr uint64_t kLoneShare = 2;

BlockHeading HeadingOf(const Stmt& row, uint32_t stream) {
  BlockHeading heading;
  heading.stream = stream;
  heading.first_seq = static_cast<uint64_t>(row.Number(0));
  heading.count = static_cast<uint64_t>(row.Number(1)) - heading.first_seq + 1;
  return heading;
}

}  // namespace

Status BlockLog::Open(Db* db, bool writable, int zstd_level, size_t block_bytes) {
  db_ = db;
  block_bytes_ = block_bytes;
  RETURN_IF_ERROR(codec_.SetLevel(zstd_level));
  RETURN_IF_ERROR(forwards_.Prepare(
      db,
      "select first_seq,last_seq,body from change_log where stream=$1 and first_seq>="
      "(select coalesce(max(first_seq),0) from change_log where stream=$1 and first_seq<=$2)"
      " order by first_seq"));
  RETURN_IF_ERROR(holder_.Prepare(
      db,
      "select first_seq,last_seq,body from change_log where stream=$1 and first_seq<=$2"
      " order by first_seq desc limit 1"));
  if (!writable) return Status();
  RETURN_IF_ERROR(
      backwards_.Prepare(db,
                         "select first_seq,last_seq,raw_bytes from change_log where stream=$1"
                         " order by first_seq desc"));
  RETURN_IF_ERROR(
      body_.Prepare(db, "select body from change_log where stream=$1 and first_seq=$2"));
  RETURN_IF_ERROR(remove_.Prepare(db, "delete from change_log where stream=$1 and first_seq=$2"));
  RETURN_IF_ERROR(insert_.Prepare(db,
                                  "insert into change_log(stream,first_seq,last_seq,raw_bytes,body)"
                                  " values($1,$2,$3,$4,$5)"));
  RETURN_IF_ERROR(forget_.Prepare(db, "delete from change_log where stream=$1"));
  return update_.Prepare(
      db, "update change_log set raw_bytes=$1,body=$2 where stream=$3 and first_seq=$4");
}

Status BlockLog::TakeTail(const StreamAppend& append, Tail* tail) {
  tail->first_seq = append.expected_size + 1;
  uint64_t bytes = append.entries.size();
  if (bytes * kLoneShare >= block_bytes_) return Status();
  std::vector<BlockHeading> joined;  // newest first
  {
    StmtReset reset(&backwards_);
    backwards_.Bind(1, append.stream);
    while (true) {
      bool row = false;
      ASSIGN_OR_RETURN(row, backwards_.Step());
      if (!row) break;
      const uint64_t before = static_cast<uint64_t>(backwards_.Number(2));
      if (before + bytes > block_bytes_) break;
      if (before >= kJoinBytesMin && before > 2 * bytes) break;
      joined.push_back(HeadingOf(backwards_, append.stream));
      bytes += before;
    }
  }
  for (auto heading = joined.rbegin(); heading != joined.rend(); ++heading) {
    OpenBlock block;
    {
      StmtReset reset(&body_);
      bool row = false;
      ASSIGN_OR_RETURN(
          row,
          body_.Bind(1, append.stream).Bind(2, static_cast<int64_t>(heading->first_seq)).Step());
      ASSIGN_OR_RETURN(block, codec_.Unpack(*heading, row ? body_.Bytes(0) : std::string_view()));
    }
    tail->entries.append(block.entries());
    tail->count += heading->count;
    RETURN_IF_ERROR(
        remove_.Bind(1, append.stream).Bind(2, static_cast<int64_t>(heading->first_seq)).Run());
  }
  if (!joined.empty()) tail->first_seq = joined.back().first_seq;
  return Status();
}

Status BlockLog::WriteBlock(const BlockHeading& heading, std::string_view entries) {
  std::string_view body;
  ASSIGN_OR_RETURN(body, codec_.Pack(heading, entries));
  return insert_.Bind(1, heading.stream)
      .Bind(2, static_cast<int64_t>(heading.first_seq))
      .Bind(3, static_cast<int64_t>(heading.first_seq + heading.count - 1))
      .Bind(4, static_cast<int64_t>(entries.size()))
      .BindBlob(5, body)
      .Run();
}

Status BlockLog::Append(const StreamAppend& append) {
  if (append.lengths.empty()) return Status();
  Tail tail;
  RETURN_IF_ERROR(TakeTail(append, &tail));
  BlockHeading heading{append.stream, tail.first_seq, tail.count};
  if (tail.count > 0) {
    // What was taken back fits one block together with what is new.
    tail.entries.append(append.entries);
    heading.count += append.lengths.size();
    return WriteBlock(heading, tail.entries);
  }
  std::string_view rest = append.entries;
  size_t bytes = 0;
  for (uint32_t length : append.lengths) {
    if (heading.count > 0 && bytes + length > block_bytes_) {
      RETURN_IF_ERROR(WriteBlock(heading, rest.substr(0, bytes)));
      rest.remove_prefix(bytes);
      heading = {append.stream, heading.first_seq + heading.count, 0};
      bytes = 0;
    }
    bytes += length;
    ++heading.count;
  }
  return WriteBlock(heading, rest);
}

StatusOr<EntryPage> BlockLog::Read(uint32_t stream, CodecSizes sizes, uint64_t first_seq,
                                   size_t entries_max) {
  EntryPage page;
  first_seq = std::max<uint64_t>(first_seq, 1);
  entries_max = std::min(entries_max, limits::kPageEntriesMax);
  size_t bytes = 0;
  StmtReset reset(&forwards_);
  forwards_.Bind(1, stream).Bind(2, static_cast<int64_t>(first_seq));
  // Views point into the blocks, so that their strings may not move: entries are cut at the end.
  std::vector<OpenBlock> open;
  uint64_t counted = 0;
  uint64_t next_seq = 0;
  while (counted < entries_max) {
    bool row = false;
    ASSIGN_OR_RETURN(row, forwards_.Step());
    if (!row) break;
    const BlockHeading heading = HeadingOf(forwards_, stream);
    const uint64_t end = heading.first_seq + heading.count;
    if (end <= first_seq) break;  // past the end of the stream
    if (heading.first_seq > (open.empty() ? first_seq : next_seq)) {
      return MakeError(Code::STORE_CORRUPT,
                       absl::StrCat("stream ", stream, " has a gap before entry ",
                                    heading.first_seq, "; restore the store from a backup"));
    }
    next_seq = end;
    OpenBlock block;
    ASSIGN_OR_RETURN(block, codec_.Unpack(heading, forwards_.Bytes(2)));
    bytes += block.bytes.size();
    if (bytes > limits::kTickBytesMax && !open.empty()) break;
    counted += end - std::max(first_seq, heading.first_seq);
    open.push_back(std::move(block));
  }
  page.blocks.reserve(open.size());
  page.entries.reserve(std::min<uint64_t>(counted, entries_max));
  for (OpenBlock& block : open) {
    page.blocks.push_back(std::move(block.bytes));
    std::string_view in = std::string_view(page.blocks.back()).substr(block.entries_at);
    uint64_t seq = block.heading.first_seq;
    for (uint64_t i = 0; i < block.heading.count && page.entries.size() < entries_max; ++i) {
      EntryView entry;
      entry.seq = seq++;
      RETURN_IF_ERROR(TakeEntry(&in, sizes, &entry));
      if (entry.seq >= first_seq) page.entries.push_back(entry);
    }
  }
  return page;
}

StatusOr<OpenBlock> BlockLog::FindBlock(uint32_t stream, uint64_t seq) {
  StmtReset reset(&holder_);
  bool row = false;
  ASSIGN_OR_RETURN(row, holder_.Bind(1, stream).Bind(2, static_cast<int64_t>(seq)).Step());
  const BlockHeading heading = row ? HeadingOf(holder_, stream) : BlockHeading();
  if (!row || seq >= heading.first_seq + heading.count) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("stream ", stream, " has no entry ", seq));
  }
  return codec_.Unpack(heading, holder_.Bytes(2));
}

Status BlockLog::RedactBlock(const OpenBlock& block, CodecSizes sizes,
                             absl::Span<const Redaction* const> redactions) {
  std::string out;
  std::string_view in = block.entries();
  EntryView entry;
  for (uint64_t i = 0; i < block.heading.count; ++i) {
    const char* start = in.data();
    entry.seq = block.heading.first_seq + i;
    RETURN_IF_ERROR(TakeEntry(&in, sizes, &entry));
    std::string bytes(start, in.data());
    while (!redactions.empty() && redactions.front()->seq == entry.seq) {
      std::string redacted;
      std::string_view one = bytes;
      RETURN_IF_ERROR(TakeEntry(&one, sizes, &entry));
      RETURN_IF_ERROR(RedactEntry(entry, *redactions.front(), sizes, &redacted));
      bytes = std::move(redacted);
      redactions.remove_prefix(1);
    }
    out.append(bytes);
  }
  return UpdateBlock(block.heading, out);
}

Status BlockLog::UpdateBlock(const BlockHeading& heading, std::string_view entries) {
  std::string_view body;
  ASSIGN_OR_RETURN(body, codec_.Pack(heading, entries));
  return update_.Bind(1, static_cast<int64_t>(entries.size()))
      .BindBlob(2, body)
      .Bind(3, heading.stream)
      .Bind(4, static_cast<int64_t>(heading.first_seq))
      .Run();
}

Status BlockLog::Redact(uint32_t stream, CodecSizes sizes,
                        absl::Span<const Redaction* const> redactions) {
  while (!redactions.empty()) {
    OpenBlock block;
    ASSIGN_OR_RETURN(block, FindBlock(stream, redactions.front()->seq));
    const uint64_t end = block.heading.first_seq + block.heading.count;
    size_t here = 0;
    while (here < redactions.size() && redactions[here]->seq < end) ++here;
    RETURN_IF_ERROR(RedactBlock(block, sizes, redactions.subspan(0, here)));
    redactions.remove_prefix(here);
  }
  return Status();
}

}  // namespace tombolo::store
