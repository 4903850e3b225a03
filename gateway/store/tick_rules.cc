#include "gateway/store/tick_rules.h"

#include <algorithm>
#include <set>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/store/key_order.h"
#include "gateway/store/received_rules.h"

namespace tombolo::store {
namespace {

constexpr size_t kStreamIdBytesShort = 32;
constexpr size_t kStreamIdBytesLong = 48;
constexpr size_t kRowKeyBytes = 16;

Status Misuse(const std::string& what) {
  return MakeError(Code::INTERNAL, absl::StrCat("a tick was built wrongly: ", what));
}

Status CheckAppends(const Tick& tick) {
  absl::flat_hash_set<uint32_t> seen;
  size_t entries = 0;
  size_t bytes = 0;
  for (const StreamAppend& append : tick.appends) {
    if (!seen.insert(append.stream).second) {
      return Misuse(absl::StrCat("stream ", append.stream, " is appended to twice"));
    }
    uint64_t sum = 0;
    for (uint32_t length : append.lengths) sum += length;
    if (sum != append.entries.size()) {
      return Misuse(absl::StrCat("the lengths of stream ", append.stream, " add up to ", sum,
                                 " and its entries to ", append.entries.size(), " bytes"));
    }
    entries += append.lengths.size();
    bytes += append.entries.size();
  }
  if (entries > limits::kTickEntriesMax) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("a tick of ", entries, " entries; at most ",
                                                        limits::kTickEntriesMax, " are allowed"));
  }
  if (bytes > limits::kTickBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("a tick of ", bytes, " bytes; at most ",
                                                        limits::kTickBytesMax, " are allowed"));
  }
  return Status();
}

Status CheckNewStreams(const Tick& tick) {
  std::set<uint32_t> numbers;
  std::set<std::string> ids;
  for (const StreamState& stream : tick.new_streams) {
    if (stream.number == 0 || stream.size != 0) {
      return Misuse("a new stream has no number, or has entries already");
    }
    if (stream.stream_id.size() != kStreamIdBytesShort &&
        stream.stream_id.size() != kStreamIdBytesLong) {
      return Misuse(absl::StrCat("a stream id of ", stream.stream_id.size(), " bytes"));
    }
    if (!numbers.insert(stream.number).second || !ids.insert(stream.stream_id).second) {
      return Misuse(absl::StrCat("stream ", stream.number, " is new twice"));
    }
  }
  return Status();
}

Status CheckRedactions(const Tick& tick) {
  for (const Redaction& redaction : tick.redactions) {
    if (redaction.seq == 0) return Misuse("a redaction names no entry");
    if (redaction.to != Form::kStub && redaction.to != Form::kErased) {
      return Misuse("a redaction leads to a form with content");
    }
  }
  return Status();
}

}  // namespace

Status CheckTick(const Tick& tick) {
  RETURN_IF_ERROR(CheckNewStreams(tick));
  std::set<uint32_t> scopes;
  for (const Scope& scope : tick.new_scopes) {
    if (scope.number == 0 || !scopes.insert(scope.number).second) {
      return Misuse(absl::StrCat("scope ", scope.number, " has no number or comes twice"));
    }
  }
  RETURN_IF_ERROR(CheckAppends(tick));
  RETURN_IF_ERROR(CheckRedactions(tick));
  for (const RecordState& record : tick.records) {
    if (record.version == 0 || record.stream == 0 || record.seq == 0) {
      return Misuse(absl::StrCat("record ", record.id.hex(), " has no version or no entry"));
    }
  }
  for (const IngestRow& ingest : tick.ingests) {
    if (ingest.number == 0) return Misuse("an ingest has no number");
  }
  for (const QuarantineRow& row : tick.quarantine_add) {
    if (row.row_key.size() != kRowKeyBytes) return Misuse("a quarantined row has no key");
  }
  return CheckReceived(tick);
}

Status CheckEntries(const StreamAppend& append, CodecSizes sizes) {
  std::string_view rest = append.entries;
  EntryView entry;
  for (uint32_t length : append.lengths) {
    std::string_view one = rest.substr(0, length);
    rest.remove_prefix(length);
    // Not STORE_CORRUPT: what is stored is sound, the caller's bytes are not.
    if (!TakeEntry(&one, sizes, &entry).ok() || !one.empty()) {
      return Misuse(absl::StrCat("an entry for stream ", append.stream, " does not decode"));
    }
  }
  return Status();
}

StatusOr<std::vector<const RecordState*>> FoldRecords(const std::vector<RecordState>& records) {
  // Ids are digests: their first eight bytes nearly always decide, and sit beside the index.
  struct Key {
    uint64_t prefix;
    uint32_t index;
  };
  std::vector<Key> keys(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    keys[i] = {KeyPrefix(records[i].id.bytes.data()), static_cast<uint32_t>(i)};
  }
  std::sort(keys.begin(), keys.end(), [&records](const Key& a, const Key& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = std::memcmp(records[a.index].id.bytes.data(),
                                  records[b.index].id.bytes.data(), RecordId::kBytes);
    return order != 0 ? order < 0 : a.index < b.index;
  });
  std::vector<const RecordState*> sorted(records.size());
  for (size_t i = 0; i < keys.size(); ++i) sorted[i] = &records[keys[i].index];
  size_t kept = 0;
  for (const RecordState* record : sorted) {
    if (kept > 0 && sorted[kept - 1]->id == record->id) {
      RETURN_IF_ERROR(CheckSuccessor(*sorted[kept - 1], *record));
      sorted[kept - 1] = record;
    } else {
      sorted[kept++] = record;
    }
  }
  sorted.resize(kept);
  return sorted;
}

Status CheckSuccessor(const RecordState& stored, const RecordState& next) {
  if (next.version > stored.version) return Status();
  if (next.version == stored.version && next.stream == stored.stream && next.seq == stored.seq) {
    return Status();
  }
  return MakeError(Code::VERSION_CONFLICT,
                   absl::StrCat("record ", next.id.hex(), " is stored as version ", stored.version,
                                "; version ", next.version, " cannot follow it"));
}

Status RedactEntry(const EntryView& entry, const Redaction& redaction, CodecSizes sizes,
                   std::string* out) {
  if (entry.form == Form::kEvent) return Misuse("an audit event cannot be redacted");
  if (entry.form == redaction.to) {
    AppendEntry(entry, out);
    return Status();
  }
  EntryView redacted = entry;
  redacted.form = redaction.to;
  redacted.shown = 0;
  redacted.salts = {};
  redacted.layers = {};
  const std::string_view hashes = redaction.hashes;
  if (redaction.to == Form::kErased) {
    if (hashes.size() != sizes.hash_bytes) return Misuse("an erasure needs one leaf hash");
    redacted.header = {};
    redacted.layer_hashes = {};
    redacted.leaf_hash = hashes;
    AppendEntry(redacted, out);
    return Status();
  }
  if (entry.form == Form::kErased || entry.type != v1::PUT) {
    return Misuse("only an entry with layers can become a stub");
  }
  if (hashes.size() != kLayers * sizes.hash_bytes) return Misuse("a stub needs three layer hashes");
  for (size_t i = 0; i < kLayers; ++i) {
    redacted.layer_hashes[i] = hashes.substr(i * sizes.hash_bytes, sizes.hash_bytes);
  }
  AppendEntry(redacted, out);
  return Status();
}

Status CheckNextTick(uint64_t last_tick, const CheckpointRow& next) {
  if (next.tick == last_tick + 1) return Status();
  return MakeError(Code::STORE_CONFLICT,
                   absl::StrCat("the store is at tick ", last_tick, "; tick ", next.tick,
                                " cannot follow it; run the command again"));
}

Status AppendConflict(const StreamAppend& append) {
  return MakeError(
      Code::STORE_CONFLICT,
      absl::StrCat("stream ", append.stream, " is no longer at entry ", append.expected_size,
                   " of epoch ", append.epoch, "; nothing was stored; run the command again"));
}

}  // namespace tombolo::store
