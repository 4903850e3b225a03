#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/commitment.h"
#include "tests/contract/store_contract.h"

namespace tombolo::store {
namespace {

constexpr size_t kKeyBytes = 16;

std::string Key(char kind, uint64_t n) {
  std::string key(kKeyBytes, '\0');
  key[0] = kind;
  for (size_t i = 0; i < sizeof(n); ++i) {
    key[kKeyBytes - 1 - i] = static_cast<char>(n >> (8 * i));
  }
  return key;
}

}  // namespace

RecordId IdOf(uint64_t n) { return RecordId::From(Key('i', n)); }
SubjectKey SubjectOf(uint64_t n) { return SubjectKey::From(Key('s', n)); }
ContentDigest DigestOf(uint64_t n) { return ContentDigest::From(Key('d', n)); }

StreamState NewStream(uint32_t number, size_t id_bytes) {
  StreamState stream;
  stream.number = number;
  stream.stream_id = std::string(id_bytes, 'S');
  stream.stream_id.replace(0, sizeof(number), reinterpret_cast<const char*>(&number),
                           sizeof(number));
  stream.descriptor = absl::StrCat("descriptor ", number);
  stream.epoch = 1;
  return stream;
}

std::string PutEntry(std::string_view text, size_t hash_bytes) {
  const std::string salt(hash_bytes / 2, 'x');
  EntryView entry;
  entry.type = v1::PUT;
  entry.ingest = 7;
  entry.previous_stream = 3;
  entry.previous_seq = 300;
  entry.header = "header";
  entry.salts = {salt, salt, salt};
  entry.layers = {text, "government", ""};
  std::string out;
  AppendEntry(entry, &out);
  return out;
}

std::string RetractEntry(std::string_view text) {
  EntryView entry;
  entry.type = v1::RETRACT;
  entry.header = text;
  std::string out;
  AppendEntry(entry, &out);
  return out;
}

std::string EventEntry(std::string_view text) {
  EntryView entry;
  entry.form = Form::kEvent;
  entry.header = text;
  std::string out;
  AppendEntry(entry, &out);
  return out;
}

StreamAppend AppendOf(uint32_t stream, uint64_t expected_size,
                      const std::vector<std::string>& entries) {
  StreamAppend append;
  append.stream = stream;
  append.epoch = 1;
  append.expected_size = expected_size;
  for (const std::string& entry : entries) {
    append.entries += entry;
    append.lengths.push_back(static_cast<uint32_t>(entry.size()));
  }
  append.compact_range = absl::StrCat("range ", expected_size + entries.size());
  append.head_proof = absl::StrCat("proof ", expected_size + entries.size());
  return append;
}

RecordState RecordOf(uint64_t n, uint64_t version, uint32_t stream, uint64_t seq) {
  RecordState record;
  record.id = IdOf(n);
  record.subject = SubjectOf(n);
  record.digest = DigestOf(n * 1000 + version);
  record.scope = 1;
  record.stream = stream;
  record.seq = seq;
  record.version = version;
  record.present = true;
  return record;
}

QuarantineRow QuarantinedRow(uint64_t key, std::string_view raw) {
  QuarantineRow row;
  row.ingest = 1;
  row.pack = "pack@1";
  row.query = "penalties";
  row.source = "main";
  row.file = "file.csv";
  row.row_number = key;
  row.line = key + 1;
  row.row_key = Key('q', key);
  row.columns = "[\"a\",\"b\"]";
  row.raw = std::string(raw);
  row.cells = "[\"1\",null]";
  row.faults = {{Code::DATE_INVALID, "a", "31.02.", "no such day"}, {Code::ROW_UNCLAIMED}};
  row.at_us = 5;
  return row;
}

StreamState OthersStream(uint32_t number, v1::Suite suite) {
  StreamState stream = NewStream(number);
  stream.stream_id = ledger::EntryHasher(suite).StreamId(stream.descriptor).str();
  return stream;
}

ReceivedStream RowOf(uint32_t stream, uint64_t size) {
  ReceivedStream row;
  row.stream = stream;
  row.proved_size = size;
  row.head_tick = size + 1;
  row.head_epoch = 2;
  row.head = absl::StrCat("head ", size);
  row.next_seq = {size + 1, size + 1, 0};
  row.delivery = 9;
  return row;
}

LayerFill FillOf(uint32_t stream, uint64_t seq, uint8_t layer, std::string_view text) {
  return {stream, seq, layer, std::string(16, static_cast<char>('a' + layer)),
          absl::StrCat(ToAbsl(text), layer)};
}

std::string OthersPut(std::string_view text, LayerMask shown, v1::Suite suite) {
  ledger::EntryHasher hasher(suite);
  EntryView entry;
  entry.form = shown == 0 ? Form::kStub : shown == kAllLayers ? Form::kFull : Form::kPartial;
  entry.shown = shown;
  entry.header = "header";
  std::array<LayerFill, kLayers> layers;
  std::array<Digest, kLayers> hashes;
  for (uint8_t i = 0; i < kLayers; ++i) {
    layers[i] = FillOf(1, 1, i, text);
    layers[i].salt.resize(ledger::SaltBytes(suite), 'z');
    hashes[i] =
        hasher.LayerHash(static_cast<v1::SharingClass>(i + 1), layers[i].salt, layers[i].content);
    if (Has(shown, i)) {
      entry.salts[i] = layers[i].salt;
      entry.layers[i] = layers[i].content;
    } else {
      entry.layer_hashes[i] = hashes[i].view();
    }
  }
  std::string out;
  AppendEntry(entry, &out);
  return out;
}

void AddReceived(const StreamAppend& append, Tick* tick) {
  tick->appends.push_back(append);
  tick->appends.back().head_proof.clear();
  tick->received.streams.push_back(
      RowOf(append.stream, append.expected_size + append.lengths.size()));
}

std::vector<std::string> TextsOf(const EntryPage& page) {
  std::vector<std::string> texts;
  for (const EntryView& entry : page.entries) {
    const bool has_layers = entry.type == v1::PUT && entry.form == Form::kFull;
    texts.emplace_back(has_layers ? entry.layers[0] : entry.header);
  }
  return texts;
}

namespace {

void DumpEntries(Store* store, const StreamState& stream, std::string* out) {
  for (uint64_t seq = 1; seq <= stream.size;) {
    auto page = store->ReadEntries(stream.number, seq, limits::kPageEntriesMax);
    if (!page.ok() || page->entries.empty()) {
      absl::StrAppend(out, "  unreadable from ", seq, " ", Describe(page.status()), "\n");
      return;
    }
    for (const EntryView& entry : page->entries) {
      std::string bytes;
      AppendEntry(entry, &bytes);
      absl::StrAppend(out, "  ", entry.seq, entry.current ? " " : " - ", ToHex(bytes), "\n");
    }
    seq += page->entries.size();
  }
}

void DumpQuarantine(Store* store, std::string* out) {
  std::vector<QuarantineRow> all;
  for (;;) {
    auto page = store->Quarantine(all.empty() ? 0 : all.back().id, limits::kPageEntriesMax);
    if (!page.ok()) {
      absl::StrAppend(out, Describe(page.status()), "\n");
      return;
    }
    if (page->empty()) break;
    for (QuarantineRow& row : *page) all.push_back(std::move(row));
  }
  for (const QuarantineRow& row : all) {
    absl::StrAppend(out, "quarantine ", row.id, " ", row.ingest, " ", row.pack, " ", row.query, " ",
                    row.source, " ", row.file, " ", row.row_number, " ", row.line);
    absl::StrAppend(out, " ", ToHex(row.row_key), " ", row.columns, " ", row.raw, " ", row.cells,
                    " ", row.at_us);
    for (const Fault& fault : row.faults) {
      absl::StrAppend(out, " [", ToAbsl(NameOf(fault.code)), " ", fault.column, " ", fault.value,
                      " ", fault.reason, "]");
    }
    absl::StrAppend(out, "\n");
  }
}

void DumpRecord(const RecordState& r, std::string* out) {
  absl::StrAppend(out, "record ", r.id.hex(), " ", r.subject.hex(), " ", r.digest.hex(), " ",
                  r.scope, " ");
  absl::StrAppend(out, r.stream, " ", r.seq, " ", r.version, " ", r.present, r.multi, "\n");
}

void DumpReceived(Store* store, const std::vector<StreamState>& streams, std::string* out) {
  auto received = store->ReceivedStreams();
  auto documents = store->Documents();
  auto deliveries = store->Deliveries();
  auto evidence = store->Evidence();
  if (!received.ok() || !documents.ok() || !deliveries.ok() || !evidence.ok()) {
    absl::StrAppend(out, "unreadable\n");
    return;
  }
  for (const StreamState& stream : streams) {
    auto spans = store->ReadSpans(stream.number);
    auto gaps = store->Gaps(stream.number, 0, limits::kPageEntriesMax);
    absl::StrAppend(out, "spans ", spans.ok() ? ToHex(*spans) : "unreadable", "\n");
    for (const Gap& gap : gaps.ok() ? *gaps : std::vector<Gap>()) {
      absl::StrAppend(out, "gap ", gap.stream, " ", gap.seq, " ", gap.layers, "\n");
    }
  }
  for (const ReceivedStream& r : *received) {
    absl::StrAppend(out, "received ", r.stream, " ", r.proved_size, " ", r.head, " ", r.incomplete);
    for (const uint64_t next : r.next_seq) absl::StrAppend(out, " ", next);
    absl::StrAppend(out, "\n");
  }
  for (const DocumentRow& d : *documents) {
    absl::StrAppend(out, "document ", d.kind, " ", d.owner, " ", d.version, " ", d.digest, "\n");
  }
  for (const Delivery& d : *deliveries) {
    absl::StrAppend(out, "delivery ", d.number, " ", d.peer, " ", d.path.size(), "\n");
  }
  for (const EvidenceRow& e : *evidence) absl::StrAppend(out, "evidence ", e.origin, "\n");
}

}  // namespace

std::string DumpOf(Store* store) {
  std::string out;
  auto streams = store->Streams();
  auto scopes = store->Scopes();
  auto ingests = store->Ingests();
  auto checkpoint = store->LastCheckpoint();
  auto totals = store->Count();
  if (!streams.ok() || !scopes.ok() || !ingests.ok() || !checkpoint.ok() || !totals.ok()) {
    return "unreadable";
  }
  for (const StreamState& s : *streams) {
    absl::StrAppend(&out, "stream ", s.number, " ", ToHex(s.stream_id), " ", s.descriptor, " ",
                    s.epoch, " ", s.size, " ", s.compact_range);
    absl::StrAppend(&out, " ", s.tick, " ", s.head_proof, "\n");
    DumpEntries(store, s, &out);
  }
  for (const Scope& s : *scopes) {
    absl::StrAppend(&out, "scope ", s.number, " ", s.item, " ", s.pack, " ", s.value, "\n");
  }
  for (const IngestRow& i : *ingests) {
    absl::StrAppend(&out, "ingest ", i.number, " ", i.pack, " ", i.file, " ", i.source_digest, " ",
                    i.started_at_us, " ", i.finished_at_us, " ");
    absl::StrAppend(&out, i.outcome, " ", i.balance, "\n");
  }
  const Status scanned = store->ScanRecords([&](const RecordState& record) {
    DumpRecord(record, &out);
    return true;
  });
  if (!scanned.ok()) absl::StrAppend(&out, Describe(scanned), "\n");
  DumpQuarantine(store, &out);
  if (*checkpoint) {
    absl::StrAppend(&out, "checkpoint ", (*checkpoint)->tick, " ", (*checkpoint)->at_us, " ",
                    (*checkpoint)->body, " ", (*checkpoint)->signature, "\n");
  }
  DumpReceived(store, *streams, &out);
  absl::StrAppend(&out, "received totals ", totals->received_present, " ", totals->received_gone,
                  "\n");
  absl::StrAppend(&out, "totals ", totals->records_present, " ", totals->records_gone, " ",
                  totals->entries, " ", totals->streams, " ", totals->quarantined, "\n");
  return out;
}

}  // namespace tombolo::store
