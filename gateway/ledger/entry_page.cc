#include "gateway/ledger/entry_page.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/wire_reader.h"
#include "gateway/ledger/suite.h"

namespace tombolo::ledger {
namespace {

// Fields of v1::Entries, in their order.
enum Field : int {
  kStreamId = 1,
  kFirstSeq,
  kForms,
  kHeaders,
  kContents,
  kSalts,
  kHashes,
  kPath,
  kCursor,
};
constexpr int kFields = kCursor + 1;

// Protobuf's encoding: a tag is the field's number and the wire type, all in one byte here.
constexpr int kTagShift = 3;
constexpr uint8_t kSizedType = 2;
constexpr int kVarintBits = 7;
constexpr uint8_t kVarintMask = 0x7f;
constexpr uint8_t kVarintMore = 0x80;

// The byte of `forms`.
constexpr uint8_t kErasedForm = 0x80;
constexpr uint8_t kTypeMask = 0x03;
constexpr uint8_t kUnusedMask = 0x0c;
constexpr int kShownShift = 4;

constexpr bool IsRepeated(int field) {
  return field == kHeaders || field == kContents || field == kPath;
}
constexpr uint8_t TagOf(int field) {
  return static_cast<uint8_t>(field << kTagShift | (field == kFirstSeq ? 0 : kSizedType));
}
constexpr bool Shows(LayerMask mask, size_t layer) { return (mask >> layer & 1) != 0; }

Status Refuse(std::string_view what) {
  return MakeError(Code::NOT_CANONICAL, absl::StrCat("entries: ", std::string(what)));
}

Status TooLarge(std::string_view what, size_t got, size_t limit) {
  return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("entries: ", std::string(what), " has ", got,
                                                      " bytes, limit ", limit));
}

void AppendVarint(uint64_t value, std::string* out) {
  for (; value > kVarintMask; value >>= kVarintBits) {
    out->push_back(static_cast<char>((value & kVarintMask) | kVarintMore));
  }
  out->push_back(static_cast<char>(value));
}

void AppendHeading(Field field, size_t size, std::string* out) {
  out->push_back(static_cast<char>(TagOf(field)));
  AppendVarint(size, out);
}

void AppendSized(Field field, std::string_view bytes, std::string* out) {
  AppendHeading(field, bytes.size(), out);
  out->append(bytes);
}

using wire_reader::TakeSized;
using wire_reader::TakeVarint;

// The message taken apart. A repeated column is kept as the run of its fields, tags and all.
struct Columns {
  uint64_t first_seq = 0;
  std::array<std::string_view, kFields> bytes;
};

Status SplitFields(std::string_view in, Columns* columns, std::vector<std::string_view>* path) {
  int last = 0;
  while (!in.empty()) {
    const char* const start = in.data();
    const uint8_t tag = static_cast<uint8_t>(in.front());
    const int field = tag >> kTagShift;
    in.remove_prefix(1);
    if (field == 0 || field >= kFields || tag != TagOf(field)) {
      return Refuse(absl::StrCat("no field has the tag ", tag));
    }
    if (field < last || (field == last && !IsRepeated(field))) {
      return Refuse(absl::StrCat("field ", field, " comes after field ", last));
    }
    last = field;
    if (field == kFirstSeq) {
      if (!TakeVarint(&in, &columns->first_seq)) return Refuse("first_seq is not a number");
      continue;
    }
    std::string_view bytes;
    if (!TakeSized(&in, &bytes)) return Refuse(absl::StrCat("field ", field, " ends early"));
    std::string_view& column = columns->bytes[field];
    if (field == kPath) {
      path->push_back(bytes);
    } else if (IsRepeated(field)) {
      const char* const begin = column.empty() ? start : column.data();
      column = std::string_view(begin, static_cast<size_t>(in.data() - begin));
    } else if (bytes.empty()) {
      return Refuse(absl::StrCat("field ", field, " is written though it is empty"));
    } else {
      column = bytes;
    }
  }
  return absl::OkStatus();
}

// Takes the entries' parts off the columns, one entry after the other.
class ColumnReader {
 public:
  ColumnReader(Suite suite, Columns* columns)
      : salt_bytes_(SaltBytes(suite)), hash_bytes_(HashBytes(suite)), columns_(columns) {}

  Status Next(uint8_t form, EntryParts* entry) {
    if (form == kErasedForm) {
      entry->erased = true;
      entry->type = v1::ENTRY_TYPE_UNSPECIFIED;
      return Fixed(kHashes, hash_bytes_, &entry->leaf);
    }
    entry->type = static_cast<v1::EntryType>(form & kTypeMask);
    entry->shown = static_cast<LayerMask>((form & ~kErasedForm) >> kShownShift);
    if ((form & (kErasedForm | kUnusedMask)) != 0 || entry->type == v1::ENTRY_TYPE_UNSPECIFIED ||
        (entry->shown != 0 && entry->type != v1::PUT)) {
      return Refuse(absl::StrCat("no entry has the form ", form));
    }
    RETURN_IF_ERROR(Sized(kHeaders, "a header", limits::kHeaderBytesMax, &entry->header));
    if (entry->type != v1::PUT) return absl::OkStatus();
    for (size_t i = 0; i < kLayerCount; ++i) {
      if (!Shows(entry->shown, i)) {
        RETURN_IF_ERROR(Fixed(kHashes, hash_bytes_, &entry->hashes[i]));
        continue;
      }
      RETURN_IF_ERROR(Fixed(kSalts, salt_bytes_, &entry->salts[i]));
      RETURN_IF_ERROR(Sized(kContents, "a layer", limits::kLayerBytesMax, &entry->contents[i]));
    }
    return absl::OkStatus();
  }

  Status UsedUp() const {
    for (const Field field : {kHeaders, kContents, kSalts, kHashes}) {
      if (!columns_->bytes[field].empty()) {
        return Refuse(absl::StrCat("field ", field, " has more than the entries need"));
      }
    }
    return absl::OkStatus();
  }

 private:
  static Status Short(Field field) {
    return Refuse(absl::StrCat("field ", field, " has less than the entries need"));
  }

  Status Fixed(Field field, size_t size, std::string_view* bytes) {
    std::string_view& column = columns_->bytes[field];
    if (column.size() < size) return Short(field);
    *bytes = column.substr(0, size);
    column.remove_prefix(size);
    return absl::OkStatus();
  }

  Status Sized(Field field, std::string_view what, size_t limit, std::string_view* bytes) {
    std::string_view& column = columns_->bytes[field];
    if (column.empty()) return Short(field);
    column.remove_prefix(1);
    // SplitFields has been over it.
    if (!TakeSized(&column, bytes)) return Short(field);
    if (bytes->size() > limit) return TooLarge(what, bytes->size(), limit);
    return absl::OkStatus();
  }

  const size_t salt_bytes_, hash_bytes_;
  Columns* const columns_;
};

Status CheckFrame(Suite suite, const Columns& columns, const std::vector<std::string_view>& path) {
  const size_t hash_bytes = HashBytes(suite);
  if (columns.bytes[kStreamId].size() != hash_bytes) {
    return Refuse(absl::StrCat("the stream id has ", columns.bytes[kStreamId].size(),
                               " bytes, want ", hash_bytes));
  }
  const size_t count = columns.bytes[kForms].size();
  if (count == 0) return Refuse("there is no entry");
  if (count > limits::kReceiveBatchEntriesMax) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("entries: ", count, " in one page, limit ",
                                                        limits::kReceiveBatchEntriesMax));
  }
  if (columns.first_seq == 0 || columns.first_seq > UINT64_MAX - (count - 1)) {
    return Refuse("entry numbers count from 1 and stay within 64 bits");
  }
  for (const std::string_view hash : path) {
    if (hash.size() == hash_bytes) continue;
    return Refuse(
        absl::StrCat("a hash of the path has ", hash.size(), " bytes, want ", hash_bytes));
  }
  return absl::OkStatus();
}

// Layer hashes, computed where shown and taken as stated where not.
LayerHashes HashesOf(EntryHasher* hasher, const EntryParts& entry) {
  LayerHashes hashes;
  for (size_t i = 0; i < kLayerCount; ++i) {
    hashes[i] = Shows(entry.shown, i) ? hasher->LayerHash(static_cast<v1::SharingClass>(i + 1),
                                                          entry.salts[i], entry.contents[i])
                                      : *DigestFrom(hasher->hash(), entry.hashes[i]);
  }
  return hashes;
}

void AppendColumn(Field field, size_t size, absl::Span<const EntryParts> entries,
                  std::string* out) {
  if (size == 0) return;
  AppendHeading(field, size, out);
  for (const EntryParts& entry : entries) {
    if (field == kHashes) out->append(entry.leaf);
    const auto& parts = field == kSalts ? entry.salts : entry.hashes;
    for (const std::string_view part : parts) out->append(part);
  }
}

}  // namespace

void AppendEntries(Suite suite, const PageFrame& frame, absl::Span<const EntryParts> entries,
                   std::string* out) {
  AppendSized(kStreamId, frame.stream_id, out);
  out->push_back(static_cast<char>(TagOf(kFirstSeq)));
  AppendVarint(frame.first_seq, out);
  AppendHeading(kForms, entries.size(), out);
  size_t salts = 0, hashes = 0;
  for (const EntryParts& entry : entries) {
    out->push_back(
        static_cast<char>(entry.erased ? kErasedForm : entry.type | entry.shown << kShownShift));
    if (entry.erased) {
      ++hashes;
    } else if (entry.type == v1::PUT) {
      for (size_t i = 0; i < kLayerCount; ++i) ++(Shows(entry.shown, i) ? salts : hashes);
    }
  }
  for (const EntryParts& entry : entries) {
    if (!entry.erased) AppendSized(kHeaders, entry.header, out);
  }
  for (const EntryParts& entry : entries) {
    for (size_t i = 0; i < kLayerCount; ++i) {
      if (Shows(entry.shown, i)) AppendSized(kContents, entry.contents[i], out);
    }
  }
  AppendColumn(kSalts, salts * SaltBytes(suite), entries, out);
  AppendColumn(kHashes, hashes * HashBytes(suite), entries, out);
  for (const Digest& hash : frame.path) AppendSized(kPath, hash.view(), out);
  if (!frame.cursor.empty()) AppendSized(kCursor, frame.cursor, out);
}

Status ReadEntries(Suite suite, std::string_view payload, EntryPage* page) {
  page->entries.clear();
  page->path.clear();
  if (payload.size() > limits::kFramePayloadBytesMax) {
    return TooLarge("a page", payload.size(), limits::kFramePayloadBytesMax);
  }
  Columns columns;
  RETURN_IF_ERROR(SplitFields(payload, &columns, &page->path));
  RETURN_IF_ERROR(CheckFrame(suite, columns, page->path));
  page->stream_id = columns.bytes[kStreamId];
  page->first_seq = columns.first_seq;
  page->cursor = columns.bytes[kCursor];
  ColumnReader reader(suite, &columns);
  page->entries.reserve(columns.bytes[kForms].size());
  for (const char form : columns.bytes[kForms]) {
    RETURN_IF_ERROR(reader.Next(static_cast<uint8_t>(form), &page->entries.emplace_back()));
  }
  return reader.UsedUp();
}

void AppendPage(EntryHasher* hasher, const EntryPage& page, CompactRange* range, std::string* spans,
                std::vector<LayerHashes>* computed) {
  if (computed != nullptr) computed->assign(page.entries.size(), LayerHashes());
  for (size_t i = 0; i < page.entries.size(); ++i) {
    const EntryParts& entry = page.entries[i];
    if (entry.erased) {
      range->Append(*DigestFrom(hasher->hash(), entry.leaf), spans);
      continue;
    }
    Digest commitment;
    if (entry.type == v1::PUT) {
      const LayerHashes hashes = HashesOf(hasher, entry);
      commitment = hasher->PutCommitment(page.stream_id, entry.header, hashes);
      if (computed != nullptr) (*computed)[i] = hashes;
    } else {
      commitment = hasher->BareCommitment(entry.type, page.stream_id, entry.header);
    }
    range->Append(hasher->Leaf(commitment.view()), spans);
  }
}

Status CheckAgainstHead(const CompactRange& range, const std::vector<std::string_view>& path,
                        const v1::StreamHead& head) {
  return VerifyConsistency(range.kind(), range.size(), range.Root().view(), head.size(),
                           head.root(), path);
}

}  // namespace tombolo::ledger
