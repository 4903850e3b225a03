#include "tests/unit/exchange/test_node.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/exchange/frame.h"
#include "gateway/exchange/receipt.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry.h"
#include "gateway/record/canonical.h"
#include "tests/support/sample_record.h"

namespace tombolo::exchange {
namespace {

constexpr v1::Suite kSuite = v1::SHA256_ED25519;
constexpr uint32_t kReceivedFrom = 1000;
constexpr int32_t kToday = 20454;  // 2026-01-01

template <typename T>
T Must(StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "fixture: %s\n", Describe(value.status()).c_str());
  std::abort();
}

std::string RecordIdOf(uint64_t record) {
  std::string id(16, '\0');
  for (int i = 0; i < 8; ++i) id[15 - i] = static_cast<char>(record >> (8 * i));
  return id;
}

std::string PutHeader(uint64_t record, uint64_t version) {
  return testing::SampleHeader(RecordIdOf(record), version);
}

std::string RecordOf(const TestEntry& entry) {
  if (entry.type == v1::PUT) return Must(record::DecodeHeader(entry.header)).record_id();
  return Must(ledger::DecodeRetract(entry.header)).record_id();
}

boundary::LayerMask Bit(size_t k) { return static_cast<boundary::LayerMask>(1 << k); }

}  // namespace

ledger::EntryParts PartsOf(const TestEntry& entry) {
  ledger::EntryParts parts;
  parts.type = entry.type;
  parts.shown = entry.shown;
  parts.header = entry.header;
  for (size_t k = 0; k < ledger::kLayerCount && entry.type == v1::PUT; ++k) {
    if ((entry.shown & Bit(k)) != 0) {
      parts.salts[k] = entry.salts[k];
      parts.contents[k] = entry.contents[k];
    } else {
      parts.hashes[k] = entry.hashes[k];
    }
  }
  return parts;
}

TestNode::TestNode(std::string its_id, World* its_world)
    : id(std::move(its_id)), world(its_world), signer_(SignerOf(id)), entropy_(id.size()) {}

// --- own streams

uint32_t TestNode::AddStream(v1::SharingClass sharing_class, uint32_t generation) {
  const uint32_t number = static_cast<uint32_t>(logs_.size()) + 1;
  TestLog& log = logs_[number];
  log.number = number;
  log.descriptor.set_kind(v1::RECORDS);
  log.descriptor.set_origin(id);
  log.descriptor.set_item(kItem);
  log.descriptor.set_sharing_class(sharing_class);
  log.descriptor.set_generation(generation);
  log.stream_id =
      ledger::EntryHasher(kSuite).StreamId(ledger::CanonicalBytes(log.descriptor)).str();
  log.path = {id};
  numbers_[log.stream_id] = number;
  return number;
}

void TestNode::Append(TestLog* log, TestEntry entry) {
  ledger::EntryPage page;
  page.stream_id = log->stream_id;
  page.first_seq = log->entries.size() + 1;
  log->newest[RecordOf(entry)] = log->entries.size();
  log->entries.push_back(std::move(entry));
  page.entries.push_back(PartsOf(log->entries.back()));
  ledger::EntryHasher hasher(kSuite);
  ledger::CompactRange alone(HashKind::kSha256);
  ledger::AppendPage(&hasher, page, &alone, nullptr, nullptr);
  log->leaves.push_back(alone.nodes().front());
  log->range.Append(log->leaves.back());
}

void TestNode::Put(uint32_t stream, uint64_t count) {
  const uint64_t first = log(stream).entries.size() + 1;
  for (uint64_t i = 0; i < count; ++i) PutVersion(stream, stream * 1000000 + first + i, 1);
}

void TestNode::PutVersion(uint32_t stream, uint64_t record, uint64_t version) {
  TestEntry entry;
  entry.shown = ledger::kAllLayers;
  entry.header = PutHeader(record, version);
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    entry.salts[k] = entropy_.Bytes(ledger::SaltBytes(kSuite));
    entry.contents[k] = absl::StrCat("layer ", k, " of record ", record, " version ", version,
                                     k == 0 ? std::string(40 + pad, 'w') : "");
  }
  Append(&log(stream), std::move(entry));
}

void TestNode::Retract(uint32_t stream, uint64_t record, uint64_t version) {
  v1::RetractHeader header;
  header.set_record_id(RecordIdOf(record));
  header.set_version(version);
  header.set_recorded_at_us(1);
  TestEntry entry;
  entry.type = v1::RETRACT;
  entry.header = Must(ledger::EncodeRetract(header));
  Append(&log(stream), std::move(entry));
}

std::vector<MovedStream> TestNode::Tick(const std::vector<uint32_t>& streams) {
  std::vector<v1::StreamHead> heads;
  for (const uint32_t stream : streams) {
    v1::StreamHead& head = heads.emplace_back();
    head.set_stream_id(log(stream).stream_id);
    head.set_size(log(stream).range.size());
    head.set_root(log(stream).range.Root().str());
  }
  const ledger::Batch batch = Must(ledger::BuildBatch(kSuite, heads, &entropy_));
  ledger::CheckpointBody body;
  body.origin = id;
  body.epoch = epoch;
  body.tick = ++tick;
  body.time_us = trust::kNowUs;
  body.batch_root = batch.root.str();
  const v1::Checkpoint checkpoint = Must(ledger::SignCheckpoint(body, signer_.get()));
  std::vector<MovedStream> moved;
  for (size_t i = 0; i < streams.size(); ++i) {
    TestLog& one = log(streams[i]);
    *one.head.mutable_checkpoint() = checkpoint;
    *one.head.mutable_proof() = batch.proofs[i];
    one.proved_size = one.range.size();
    moved.push_back(Carry(one));
  }
  return moved;
}

void TestNode::Forget(uint32_t stream, uint64_t size) {
  TestLog& one = log(stream);
  one.entries.resize(size);
  one.leaves.resize(size);
  one.range = ledger::CompactRange(HashKind::kSha256);
  for (const Digest& leaf : one.leaves) one.range.Append(leaf);
  one.newest.clear();
  for (size_t i = 0; i < size; ++i) one.newest[RecordOf(one.entries[i])] = i;
}

MovedStream TestNode::Carry(const TestLog& log) {
  CarriedStream& stream = carried[log.number];
  stream.number = log.number;
  stream.stream_id = log.stream_id;
  stream.parsed = log.descriptor;
  stream.descriptor = ledger::CanonicalBytes(log.descriptor);
  stream.path = log.path;
  stream.held = ledger::kAllLayers;
  if (log.descriptor.origin() != id) {
    stream.held = 0;
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if (log.next_seq[k] > log.proved_size) stream.held |= Bit(k);
    }
  }
  stream.size = log.proved_size;
  stream.root = log.head.proof().head().root();
  stream.head = std::make_shared<const std::string>(ledger::CanonicalBytes(log.head));
  return {log.number, stream.size, stream.root, stream.head};
}

// --- pages

bool TestNode::IsCurrent(const TestLog& log, size_t index) const {
  return log.newest.at(RecordOf(log.entries[index])) == index;
}

std::string TestNode::CursorFor(const TestLog& log, boundary::LayerMask layers, uint64_t next_seq) {
  v1::Cursor cursor;
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if ((layers & Bit(k)) == 0) continue;
    v1::Cursor::Position* position = cursor.add_positions();
    position->set_stream_id(log.stream_id);
    position->set_layer(static_cast<v1::SharingClass>(v1::PUBLIC + k));
    position->set_next_seq(next_seq);
  }
  return Must(cursors.Encode(cursor));
}

std::shared_ptr<const boundary::ShapedPage> TestNode::MakePage(const WantPage& want) {
  ++pages_made;
  const TestLog& one = log(want.stream);
  if (want.from_seq > std::min<uint64_t>(want.to_size, one.entries.size())) return nullptr;
  if (want.fill_layer >= 0) return MakeLayers(want, one);
  const uint64_t last = std::min<uint64_t>(want.to_size, want.from_seq + page_entries - 1);
  std::vector<boundary::HeldEntry> held;
  for (uint64_t seq = want.from_seq; seq <= last; ++seq) {
    held.push_back({PartsOf(one.entries[seq - 1]), IsCurrent(one, seq - 1)});
  }
  const ledger::Path path = Must(ledger::ConsistencyPath(
      HashKind::kSha256, last, want.to_size,
      [&](uint64_t index) -> StatusOr<Digest> { return one.leaves[index]; }));
  const std::string cursor = CursorFor(one, want.layers, last + 1);
  boundary::PageSource source;
  source.suite = kSuite;
  source.stream_id = one.stream_id;
  source.first_seq = want.from_seq;
  source.entries = held;
  source.path = path;
  source.cursor = cursor;
  source.today = kToday;
  FramePacker packer;
  boundary::Packer function;
  if (pack) function = [&](std::string_view payload) { return packer.Pack(payload); };
  return Must(boundary::PageShaper(kSuite, function).Entries(source, want.layers));
}

std::shared_ptr<const boundary::ShapedPage> TestNode::MakeLayers(const WantPage& want,
                                                                 const TestLog& one) {
  const uint64_t last = std::min<uint64_t>(want.to_size, want.from_seq + page_entries - 1);
  std::vector<boundary::HeldEntry> held;
  for (uint64_t seq = want.from_seq; seq <= last; ++seq) {
    held.push_back({PartsOf(one.entries[seq - 1]), IsCurrent(one, seq - 1)});
    if (!want.seqs.empty() && !std::binary_search(want.seqs.begin(), want.seqs.end(), seq)) {
      held.back().current = false;
    }
  }
  const std::string cursor =
      CursorFor(one, want.layers, want.seqs.empty() ? last + 1 : want.position);
  boundary::PageSource source;
  source.suite = kSuite;
  source.stream_id = one.stream_id;
  source.first_seq = want.from_seq;
  source.entries = held;
  source.cursor = cursor;
  source.today = kToday;
  return Must(boundary::PageShaper(kSuite, nullptr).Layer(source, want.fill_layer, last));
}

// --- what was received

TestLog* TestNode::Find(std::string_view stream_id) {
  const auto number = numbers_.find(stream_id);
  return number == numbers_.end() ? nullptr : &logs_.at(number->second);
}

void TestNode::Accept(const v1::Offer& offer, const std::string& peer) {
  const v1::StreamDescriptor descriptor = Must(ledger::DecodeDescriptor(offer.stream_descriptor()));
  const std::string stream_id =
      ledger::EntryHasher(kSuite).StreamId(offer.stream_descriptor()).str();
  if (Find(stream_id) != nullptr || peer.empty()) return;
  const uint32_t number = kReceivedFrom + static_cast<uint32_t>(logs_.size());
  TestLog& log = logs_[number];
  log.number = number;
  log.descriptor = descriptor;
  log.stream_id = stream_id;
  log.path = {offer.path().begin(), offer.path().end()};
  log.path.push_back(id);
  numbers_[stream_id] = number;
}

void TestNode::Stage(const std::string& peer, const StorePage& page) {
  auto copy = std::make_shared<StorePage>(page);
  staged_.push_back({peer, std::move(copy), nullptr});
}

void TestNode::Stage(const std::string& peer, const StoreLayers& layers) {
  staged_.push_back({peer, nullptr, std::make_shared<StoreLayers>(layers)});
}

void TestNode::Keep(const std::string& peer, const StorePage& page) {
  TestLog& one = *Find(page.page.stream_id);
  if (page.page.first_seq != one.entries.size() + 1) ++doubled;
  const uint64_t first = one.entries.size() + 1;
  for (const ledger::EntryParts& parts : page.page.entries) {
    TestEntry entry;
    entry.type = parts.type;
    entry.shown = parts.shown;
    entry.header = parts.header;
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      entry.salts[k] = parts.salts[k];
      entry.contents[k] = parts.contents[k];
      entry.hashes[k] = parts.hashes[k];
    }
    Append(&one, std::move(entry));
    ++entries_stored;
  }
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    const bool level = one.next_seq[k] == first || (first == 1 && one.next_seq[k] == 0);
    if (!level || holdings.Find(one.stream_id)->next_seq[k] == 0) continue;
    one.next_seq[k] = one.entries.size() + 1;
    tokens_[peer][one.stream_id][k] = page.page.cursor;
  }
  if (one.range.Serialise() != page.compact_range) std::abort();
  if (page.reaches_head) {
    one.head = page.head->head;
    one.proved_size = page.head->size;
  }
}

void TestNode::Keep(const std::string& peer, const StoreLayers& layers) {
  v1::Layers frame;
  if (!ledger::ParseCanonical("layers", *layers.payload, &frame).ok()) std::abort();
  TestLog& one = *Find(layers.stream_id);
  const size_t k = static_cast<size_t>(frame.layer() - v1::PUBLIC);
  ledger::EntryHasher hasher(kSuite);
  for (int i = 0; i < frame.seqs_size() && !layers.held; ++i) {
    TestEntry& entry = one.entries[frame.seqs(i) - 1];
    const std::string salt = frame.salts().substr(16 * i, 16);
    if ((entry.shown & Bit(k)) != 0) {  // again, after a line that broke before the commit
      if (entry.contents[k] != frame.contents(i)) std::abort();
      continue;
    }
    const Digest hash = hasher.LayerHash(frame.layer(), salt, frame.contents(i));
    if (hash.view() != entry.hashes[k]) std::abort();
    entry.salts[k] = salt;
    entry.contents[k] = frame.contents(i);
    entry.hashes[k].clear();
    entry.shown |= Bit(k);
  }
  if (one.next_seq[k] == 0) one.next_seq[k] = 1;
  tokens_[peer][one.stream_id][k] = frame.cursor();
  if (frame.first_seq() > one.next_seq[k] || frame.last_seq() < one.next_seq[k]) return;
  one.next_seq[k] = frame.last_seq() + 1;
  holdings.Find(one.stream_id)->next_seq[k] = one.next_seq[k];
}

std::vector<MovedStream> TestNode::Commit() {
  std::vector<MovedStream> moved;
  for (const Staged& staged : std::exchange(staged_, {})) {
    const std::string stream_id = staged.page != nullptr ? std::string(staged.page->page.stream_id)
                                                         : staged.layers->stream_id;
    if (staged.page != nullptr) Keep(staged.peer, *staged.page);
    if (staged.layers != nullptr) Keep(staged.peer, *staged.layers);
    const TestLog& one = *Find(stream_id);
    if (one.proved_size > 0) moved.push_back(Carry(one));
  }
  return moved;
}

void TestNode::Crash() {
  staged_.clear();
  for (const auto& [number, one] : logs_) {
    Holding* holding = holdings.Find(one.stream_id);
    if (holding == nullptr) continue;
    holding->range = one.range;
    holding->next_seq = one.next_seq;
  }
}

StoredCursors TestNode::CursorsOf(const std::string& peer) const {
  StoredCursors out;
  const auto found = tokens_.find(peer);
  if (found == tokens_.end()) return out;
  for (const auto& [stream_id, tokens] : found->second) {
    for (const std::string& token : tokens) {
      if (!token.empty()) out[stream_id].push_back(token);
    }
  }
  return out;
}

v1::Receipt TestNode::SignReceipt(const std::string& publisher) {
  ReceiptBody body;
  body.subscriber = id;
  body.publisher = publisher;
  body.number = ++receipts_[publisher];
  std::vector<v1::ReceiptItem> items;
  for (const auto& [stream_id, holding] : holdings.all()) {
    v1::ReceiptItem& item = items.emplace_back();
    item.set_stream_id(stream_id);
    item.set_size(holding->range.size());
    item.set_root(holding->range.Root().str());
    for (const uint64_t next : holding->next_seq) item.add_next_seqs(next);
  }
  return Must(exchange::SignReceipt(body, std::move(items), signer_.get()));
}

}  // namespace tombolo::exchange
