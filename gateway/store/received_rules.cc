#include "gateway/store/received_rules.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/ledger/merkle.h"

namespace tombolo::store {
namespace {

Status Misuse(const std::string& what) {
  return MakeError(Code::INTERNAL, absl::StrCat("a tick was built wrongly: ", what));
}

Status CheckDrops(const Tick& tick) {
  std::set<uint32_t> dropped, whole;
  for (const LayerDrop& drop : tick.received.drops) {
    if (drop.stream == 0 || drop.layers == 0 || drop.layers > kAllLayers) {
      return Misuse("a drop names no stream or no layer");
    }
    if (!dropped.insert(drop.stream).second) {
      return Misuse(absl::StrCat("stream ", drop.stream, " drops layers twice"));
    }
    if (drop.layers == kAllLayers) whole.insert(drop.stream);
  }
  const auto refuse = [](uint32_t stream) {
    return Misuse(absl::StrCat("stream ", stream, " is forgotten and written to"));
  };
  for (const StreamAppend& append : tick.appends) {
    if (whole.contains(append.stream)) return refuse(append.stream);
  }
  for (const LayerFill& fill : tick.received.fills) {
    if (whole.contains(fill.stream)) return refuse(fill.stream);
  }
  for (const Redaction& redaction : tick.redactions) {
    if (whole.contains(redaction.stream)) return refuse(redaction.stream);
  }
  for (const Gap& gap : tick.received.gaps) {
    if (whole.contains(gap.stream)) return refuse(gap.stream);
  }
  for (const RecordState& record : tick.records) {
    if (whole.contains(record.stream)) return refuse(record.stream);
  }
  return Status();
}

// With a layer out, an entry is partial or a stub; with all in, whole.
void SetShown(LayerMask shown, EntryView* entry) {
  entry->shown = shown;
  entry->form = shown == kAllLayers ? Form::kFull : shown == 0 ? Form::kStub : Form::kPartial;
}

}  // namespace

Status CheckReceived(const Tick& tick) {
  const ReceivedPart& part = tick.received;
  std::set<uint32_t> streams;
  for (const ReceivedStream& row : part.streams) {
    if (row.stream == 0 || !streams.insert(row.stream).second) {
      return Misuse(absl::StrCat("received stream ", row.stream, " has no number or comes twice"));
    }
  }
  for (const StreamAppend& append : tick.appends) {
    if (streams.contains(append.stream) && !append.head_proof.empty()) {
      return Misuse(absl::StrCat("stream ", append.stream, " is received and signed here"));
    }
  }
  for (const Delivery& delivery : part.deliveries) {
    if (delivery.number == 0) return Misuse("a delivery has no number");
  }
  for (const CursorIn& cursor : part.cursors) {
    if (cursor.layer >= kLayers) return Misuse("a cursor names no layer");
  }
  for (const Gap& gap : part.gaps) {
    if (gap.seq == 0 || gap.layers > kAllLayers) return Misuse("a gap names no entry or layer");
  }
  for (const LayerFill& fill : part.fills) {
    if (fill.seq == 0 || fill.layer >= kLayers) return Misuse("a fill names no entry or layer");
  }
  return CheckDrops(tick);
}

Status NotReceived(uint32_t stream) {
  return Misuse(absl::StrCat("stream ", stream, " is not received from others"));
}

Status AppendWithoutRow(uint32_t stream) {
  return Misuse(absl::StrCat("stream ", stream, " is received and comes without its row"));
}

StatusOr<bool> ReplacesDocument(const DocumentRow* stored, const DocumentRow& next) {
  if (stored == nullptr || next.restart || next.version > stored->version) return true;
  if (next.version < stored->version) {
    return MakeError(Code::VERSION_CONFLICT,
                     absl::StrCat("document of ", next.owner, ": version ", stored->version,
                                  " was seen already; version ", next.version,
                                  " cannot follow it; ask its signer for the newest"));
  }
  if (next.digest == stored->digest) return false;
  return MakeError(Code::DOCUMENT_FORKED,
                   absl::StrCat("document of ", next.owner, ": there are two of version ",
                                next.version, "; ask its signer which one holds"));
}

Status CheckReceiptNumber(uint64_t last, const ReceiptRow& next) {
  if (next.number > last && (!next.ours || next.number == last + 1)) return Status();
  return MakeError(Code::VERSION_CONFLICT,
                   absl::StrCat("receipt ", next.number, " with ", next.peer,
                                " does not follow receipt ", last, "; connect again"));
}

std::vector<std::pair<uint32_t, uint64_t>> PreviousOf(const StreamAppend& append,
                                                      CodecSizes sizes) {
  std::vector<std::pair<uint32_t, uint64_t>> previous;
  std::string_view rest = append.entries;
  EntryView entry;
  while (!rest.empty() && TakeEntry(&rest, sizes, &entry).ok()) {
    if (entry.previous_stream != 0)
      previous.emplace_back(entry.previous_stream, entry.previous_seq);
  }
  return previous;
}

StatusOr<ledger::EntryHasher> HasherOf(std::string_view stream_id, std::string_view descriptor) {
  for (int number = v1::Suite_MIN + 1; number <= v1::Suite_MAX; ++number) {
    if (!v1::Suite_IsValid(number)) continue;
    ledger::EntryHasher hasher(static_cast<ledger::Suite>(number));
    if (hasher.StreamId(descriptor).view() == stream_id) return hasher;
  }
  return MakeError(Code::STORE_CORRUPT,
                   absl::StrCat("the id ", ToHex(stream_id), " of a stream is not that of its ",
                                "descriptor; restore the store from a backup"));
}

Status FillLayer(ledger::EntryHasher* hasher, const EntryView& entry, const LayerFill& fill,
                 std::string* out) {
  const LayerMask shown = ShownLayers(entry);
  if (entry.form == Form::kErased) {
    AppendEntry(entry, out);
    return Status();
  }
  if (entry.type != v1::PUT) return Misuse("a layer for an entry that has none");
  const auto layer = static_cast<v1::SharingClass>(fill.layer + 1);
  const Digest got = hasher->LayerHash(layer, fill.salt, fill.content);
  Digest computed;
  std::string_view want = entry.layer_hashes[fill.layer];
  if (Has(shown, fill.layer)) {
    computed = hasher->LayerHash(layer, entry.salts[fill.layer], entry.layers[fill.layer]);
    want = computed.view();
  }
  if (got.view() != want || fill.salt.size() != ledger::SaltBytes(hasher->suite())) {
    return MakeError(
        Code::DIGEST_MISMATCH,
        absl::StrCat("entry ", fill.seq, " of stream ", fill.stream,
                     ": the layer's bytes are not those that its origin committed to"));
  }
  EntryView filled = entry;
  filled.salts[fill.layer] = fill.salt;
  filled.layers[fill.layer] = fill.content;
  SetShown(static_cast<LayerMask>(shown | 1 << fill.layer), &filled);
  AppendEntry(filled, out);
  return Status();
}

void DropLayers(ledger::EntryHasher* hasher, const EntryView& entry, LayerMask mask,
                std::string* out) {
  const LayerMask shown = ShownLayers(entry);
  if ((shown & mask) == 0) {
    AppendEntry(entry, out);
    return;
  }
  EntryView left = entry;
  std::array<Digest, kLayers> hashes;
  for (size_t i = 0; i < kLayers; ++i) {
    if (!Has(shown & mask, i)) continue;
    hashes[i] =
        hasher->LayerHash(static_cast<v1::SharingClass>(i + 1), entry.salts[i], entry.layers[i]);
    left.layer_hashes[i] = hashes[i].view();
    left.salts[i] = left.layers[i] = {};
  }
  SetShown(static_cast<LayerMask>(shown & ~mask), &left);
  AppendEntry(left, out);
}

std::string EmptyRange(size_t stream_id_bytes) {
  const bool is_short = stream_id_bytes == DigestBytes(HashKind::kSha256);
  return ledger::CompactRange(is_short ? HashKind::kSha256 : HashKind::kSha384).Serialise();
}

RecordState Forgotten(const RecordState& record) {
  RecordState forgotten = record;
  forgotten.subject = SubjectKey();
  forgotten.digest = ContentDigest();
  forgotten.present = false;
  return forgotten;
}

}  // namespace tombolo::store
