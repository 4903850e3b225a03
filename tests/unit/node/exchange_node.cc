#include "tests/unit/node/exchange_node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "gateway/audit/event.h"
#include "gateway/ledger/entry.h"
#include "gateway/node/initialise.h"
#include "gateway/record/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::node {
namespace {

constexpr char kItem[] = "test.item";

std::string HeaderOf(const RecordId& id, uint64_t number, const Version& version) {
  v1::RecordHeader header;
  header.set_record_id(std::string(id.view()));
  header.set_version(number);
  header.set_kind(v1::PENALTY);
  header.set_polarity(v1::NEGATIVE);
  header.set_state(version.state);
  if (version.publish_until) header.set_publish_until(*version.publish_until);
  if (version.share_until) header.set_share_until(*version.share_until);
  header.set_recorded_at_us(1);
  std::string bytes;
  record::AppendHeaderMessage(header, &bytes);
  return bytes;
}

// Text that packs about as well as what people write.
std::string Words(uint64_t seed, size_t bytes) {
  static constexpr const char* kSyllables[] = {"ra",  "ton", "is",  "ment", "ko", "val", "er",
                                               "shu", "li",  "gan", "or",   "ed", "ing", "st"};
  testing::FakeEntropy random(seed);
  std::string text;
  while (text.size() < bytes) {
    text += kSyllables[random.Below(std::size(kSyllables))];
    if (random.Below(3) == 0) text += ' ';
    if (random.Below(8) == 0) text += std::to_string(random.Below(100000));
  }
  text.resize(bytes);
  return text;
}

// The limited layer names the subject.
std::string LayerOf(size_t layer, int record, uint64_t number, size_t text_bytes) {
  v1::Layer out;
  v1::Field* field = out.add_fields();
  field->set_name("a.text");
  field->set_text("layer " + std::to_string(layer) + " of " + std::to_string(record) + " v" +
                  std::to_string(number) +
                  Words(static_cast<uint64_t>(record) * 8 + layer, text_bytes));
  if (layer == 2) {
    field = out.add_fields();
    field->set_name("subject.id");
    field->mutable_identifier()->set_scheme("test.org");
    field->mutable_identifier()->set_value("O" + std::to_string(record % 5));
  }
  std::string bytes;
  record::AppendLayerMessage(out, &bytes);
  return bytes;
}

// All entries of a stream, with the bytes behind them.
std::vector<store::EntryPage> Read(store::Store* store, uint32_t stream) {
  std::vector<store::EntryPage> pages;
  for (uint64_t seq = 1;;) {
    auto page = store->ReadEntries(stream, seq, 1000);
    if (!page.ok() || page->entries.empty()) return pages;
    seq += page->entries.size();
    pages.push_back(*std::move(page));
  }
}

uint32_t NumberOf(store::Store* store, const std::string& stream_id) {
  auto states = store->Streams();
  for (const store::StreamState& state : *states) {
    if (state.stream_id == stream_id) return state.number;
  }
  return 0;
}

void ExpectEntry(const store::EntryView& own, const store::EntryView& got, LayerMask shown) {
  SCOPED_TRACE("entry " + std::to_string(own.seq));
  EXPECT_EQ(own.form == store::Form::kErased, got.form == store::Form::kErased);
  if (own.form == store::Form::kErased) {
    EXPECT_EQ(own.leaf_hash, got.leaf_hash);
    return;
  }
  EXPECT_EQ(own.type, got.type);
  EXPECT_EQ(own.header, got.header);
  if (own.type != v1::PUT) return;
  EXPECT_EQ(store::ShownLayers(got), shown);
  for (size_t k = 0; k < store::kLayers; ++k) {
    const bool there = store::Has(shown, k);
    EXPECT_EQ(got.layers[k], there ? own.layers[k] : std::string_view()) << "layer " << k;
    EXPECT_EQ(got.salts[k], there ? own.salts[k] : std::string_view()) << "layer " << k;
  }
}

// Versions by record id over all own streams; the last is the current one.
std::map<std::string, uint64_t> Newest(store::Store* store,
                                       const std::vector<exchange::CarriedStream>& streams) {
  std::map<std::string, uint64_t> newest;
  for (const exchange::CarriedStream& stream : streams) {
    for (const store::EntryPage& page : Read(store, stream.number)) {
      for (const store::EntryView& entry : page.entries) {
        if (entry.form == store::Form::kErased || entry.type == v1::TOMBSTONE) continue;
        v1::RecordHeader header;  // a RETRACT's first two fields are the same
        v1::RetractHeader retract;
        if (entry.type == v1::PUT) {
          header = *record::DecodeHeader(entry.header);
        } else {
          retract = *ledger::DecodeRetract(entry.header);
        }
        const std::string& id = entry.type == v1::PUT ? header.record_id() : retract.record_id();
        uint64_t& version = newest[id];
        version = std::max(version, entry.type == v1::PUT ? header.version() : retract.version());
      }
    }
  }
  return newest;
}

LayerMask Allowed(const store::EntryView& entry, const std::map<std::string, uint64_t>& newest,
                  LayerMask layers) {
  if (entry.type != v1::PUT || entry.form != store::Form::kFull) return 0;
  const v1::RecordHeader header = *record::DecodeHeader(entry.header);
  if (newest.at(header.record_id()) != header.version()) return 0;
  if (header.has_share_until() && header.share_until() < kToday) return 0;
  const bool closed = header.state() == v1::REPAIRED || header.state() == v1::WITHDRAWN ||
                      header.state() == v1::ANNULLED ||
                      (header.has_publish_until() && header.publish_until() < kToday);
  return closed ? static_cast<LayerMask>(layers & ~kPublicLayer) : layers;
}

}  // namespace

ExchangeNode::ExchangeNode(const std::string& name, std::unique_ptr<store::Store> its_store,
                           testing::FakeClock* clock, char seed)
    : entropy(static_cast<uint64_t>(seed)),
      store(std::move(its_store)),
      signer(ledger::TestSigner(seed)),
      identity(std::make_unique<record::Identity>(std::string(record::kNodeSecretBytes, seed))),
      cursors(std::string(32, 'k')),
      maker(store.get(), &cursors, {64 << 20, nullptr}),
      receiver(context, &holdings) {
  context.origin = "spiffe://federation.example/" + name;
  context.actor = "test";
  context.store = store.get();
  context.signer = signer.get();
  context.identity = identity.get();
  context.clock = clock;
  context.entropy = &entropy;
  EXPECT_OK(Initialise(context));
  auto opened = TickWriter::Open(context);
  EXPECT_OK(opened);
  if (opened.ok()) writer = *std::move(opened);
  EXPECT_OK(receiver.Load());
}

RecordId ExchangeNode::IdOf(int record) const {
  Hasher hasher(HashKind::kSha256);
  return RecordId::From(hasher.Hash({context.origin, std::to_string(record)}).view().substr(0, 16));
}

void ExchangeNode::Put(int record, const Version& version) {
  Place& place = places_[record];
  if (place.at.stream != 0 && place.sharing_class != version.sharing_class) Retract(record);
  const uint32_t stream = writer->StreamFor(kItem, version.sharing_class);
  ++place.version;
  const std::string header = HeaderOf(IdOf(record), place.version, version);
  std::array<std::string, 3> layers;
  for (size_t k = 0; k < 3; ++k) layers[k] = LayerOf(k, record, place.version, version.bytes);
  place.at = writer->Put(stream, header, {layers[0], layers[1], layers[2]}, 0, place.at);
  place.sharing_class = version.sharing_class;
  store::RecordState state;
  state.id = IdOf(record);
  state.subject = identity->ForSubject("test.org", "O" + std::to_string(record % 5));
  state.digest.bytes[0] = 1;
  state.stream = place.at.stream;
  state.seq = place.at.seq;
  state.version = place.version;
  state.present = true;
  writer->tick().records.push_back(state);
}

void ExchangeNode::Retract(int record) {
  Place& place = places_[record];
  ++place.version;
  place.at = writer->Retract(place.at.stream, IdOf(record), place.version, 1, 0, place.at);
  store::RecordState state;
  state.id = IdOf(record);
  state.stream = place.at.stream;
  state.seq = place.at.seq;
  state.version = place.version;
  writer->tick().records.push_back(state);
}

void ExchangeNode::Commit() { ASSERT_OK(writer->Commit()); }

std::vector<exchange::CarriedStream> ExchangeNode::Carried(uint64_t commit_count) {
  auto carried = LoadCarried(store.get(), context.origin, commit_count);
  EXPECT_OK(carried);
  return carried.ok() ? *std::move(carried) : std::vector<exchange::CarriedStream>();
}

Status ExchangeNode::Offer(ExchangeNode* from, const exchange::CarriedStream& stream,
                           LayerMask layers) {
  exchange::Holding* holding =
      holdings.Add(std::make_unique<exchange::Holding>(stream.parsed, v1::SHA256_ED25519));
  for (size_t k = 0; k < 3; ++k) {
    if ((layers >> k & 1) != 0 && holding->next_seq[k] == 0) holding->next_seq[k] = 1;
  }
  v1::Offer offer;
  offer.set_stream_descriptor(stream.descriptor);
  offer.set_layers(layers);
  for (const std::string& node : stream.path) offer.add_path(node);
  return receiver.StageOffer(from->context.origin, offer);
}

StatusOr<exchange::StorePage> ExchangeNode::Verify(const exchange::CarriedStream& stream,
                                                   std::string_view payload) {
  exchange::Holding* holding = holdings.Find(stream.stream_id);
  exchange::StorePage page;
  page.payload = std::make_shared<const std::string>(payload);
  RETURN_IF_ERROR(ledger::ReadEntries(holding->suite, *page.payload, &page.page));
  v1::Head head;
  if (!head.ParseFromString(*stream.head)) return MakeError(Code::NOT_CANONICAL, "head");
  ledger::EntryHasher hasher(holding->suite);
  ledger::CompactRange range = holding->range;
  ledger::AppendPage(&hasher, page.page, &range, &page.spans, nullptr);
  RETURN_IF_ERROR(ledger::CheckAgainstHead(range, page.page.path, head.proof().head()));
  page.compact_range = range.Serialise();
  holding->range = std::move(range);
  for (uint64_t& next : holding->next_seq) {
    if (next == page.page.first_seq) next = page.page.last_seq() + 1;
  }
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body, ledger::DecodeBody(head.checkpoint().body()));
  page.head = std::make_shared<const exchange::VerifiedHead>(
      exchange::VerifiedHead{stream.stream_id, head, body.epoch, body.tick, stream.size});
  page.reaches_head = page.page.last_seq() == stream.size;
  page.wire_bytes = payload.size();
  return page;
}

StatusOr<bool> ExchangeNode::TakePage(ExchangeNode* from, const exchange::CarriedStream& stream,
                                      LayerMask layers) {
  const exchange::Holding* holding = holdings.Find(stream.stream_id);
  if (holding->range.size() >= stream.size) return false;
  exchange::WantPage want;
  want.stream = stream.number;
  want.from_seq = holding->range.size() + 1;
  want.to_size = stream.size;
  for (size_t k = 0; k < 3; ++k) {
    if (holding->next_seq[k] == want.from_seq) {
      want.layers |= static_cast<LayerMask>(layers & 1 << k);
    }
  }
  ASSIGN_OR_RETURN(const auto page, from->maker.Make(want, kToday));
  ASSIGN_OR_RETURN(exchange::StorePage verified, Verify(stream, page->payload()));
  RETURN_IF_ERROR(receiver.StagePage(from->context.origin, std::move(verified)));
  return true;
}

StatusOr<bool> ExchangeNode::TakeLayer(ExchangeNode* from, const exchange::CarriedStream& stream,
                                       int layer) {
  const exchange::Holding* holding = holdings.Find(stream.stream_id);
  if (holding->next_seq[layer] == 0 || holding->next_seq[layer] > holding->range.size()) {
    return false;
  }
  exchange::WantPage want;
  want.stream = stream.number;
  want.fill_layer = layer;
  want.from_seq = holding->next_seq[layer];
  want.to_size = holding->range.size();
  ASSIGN_OR_RETURN(const auto page, from->maker.Make(want, kToday));
  RETURN_IF_ERROR(receiver.StageLayers(
      from->context.origin, {std::make_shared<const std::string>(page->payload()), stream.stream_id,
                             page->payload().size()}));
  return true;
}

Status ExchangeNode::TakeFill(ExchangeNode* from, const exchange::CarriedStream& stream, int layer,
                              std::vector<uint64_t> seqs) {
  exchange::WantPage want;
  want.stream = stream.number;
  want.fill_layer = layer;
  want.from_seq = seqs.front();
  want.to_size = stream.size;
  want.seqs = std::move(seqs);
  want.position = stream.size + 1;
  ASSIGN_OR_RETURN(const auto page, from->maker.Make(want, kToday));
  return receiver.StageLayers(
      from->context.origin, {std::make_shared<const std::string>(page->payload()), stream.stream_id,
                             page->payload().size()});
}

Status ExchangeNode::Store() {
  RETURN_IF_ERROR(receiver.Fill(writer.get()));
  if (writer->empty()) return absl::OkStatus();
  RETURN_IF_ERROR(writer->Commit());
  receiver.Done();
  return absl::OkStatus();
}

Status ExchangeNode::TakeFrom(ExchangeNode* from, LayerMask layers, int pages) {
  for (const exchange::CarriedStream& stream : from->Carried()) {
    if (stream.parsed.origin() == context.origin) continue;
    const auto offered = static_cast<LayerMask>(layers & stream.held);
    RETURN_IF_ERROR(Offer(from, stream, offered));
    while (true) {
      if (pages-- <= 0) return absl::OkStatus();
      ASSIGN_OR_RETURN(const bool more, TakePage(from, stream, offered));
      if (!more) break;
      if (receiver.full()) RETURN_IF_ERROR(Store());
    }
    RETURN_IF_ERROR(Store());
    for (int k = 0; k < 3; ++k) {
      for (bool more = (offered >> k & 1) != 0; more;) {
        ASSIGN_OR_RETURN(more, TakeLayer(from, stream, k));
      }
    }
    RETURN_IF_ERROR(Store());
  }
  return absl::OkStatus();
}

std::optional<store::RecordState> ExchangeNode::Find(const ExchangeNode& origin, int record) {
  std::vector<std::optional<store::RecordState>> states;
  EXPECT_OK(
      store->FindRecords({IndexKey(origin.context.origin, origin.IdOf(record).view())}, &states));
  return states.at(0);
}

std::vector<v1::AuditEvent> ExchangeNode::Events(v1::AuditEventType type) {
  std::vector<v1::AuditEvent> events;
  for (const store::EntryPage& page : Read(store.get(), kAuditStream)) {
    for (const store::EntryView& entry : page.entries) {
      auto event = audit::DecodeEvent(entry.header);
      EXPECT_OK(event);
      if (event.ok() && event->type() == type) events.push_back(*std::move(event));
    }
  }
  return events;
}

std::vector<store::Gap> ExchangeNode::GapsOf(const ExchangeNode& origin) {
  std::vector<store::Gap> all;
  auto states = origin.store->Streams();
  for (const store::StreamState& state : *states) {
    const uint32_t number = receiver.NumberOf(state.stream_id);
    if (number == 0) continue;
    auto gaps = store->Gaps(number, 0, 1000);
    EXPECT_OK(gaps);
    all.insert(all.end(), gaps->begin(), gaps->end());
  }
  return all;
}

void ExpectHeld(ExchangeNode* origin, ExchangeNode* holder, LayerMask layers) {
  std::vector<exchange::CarriedStream> own;
  for (exchange::CarriedStream& stream : origin->Carried()) {
    if (stream.parsed.origin() == origin->context.origin) own.push_back(std::move(stream));
  }
  ASSERT_FALSE(own.empty());
  const std::map<std::string, uint64_t> newest = Newest(origin->store.get(), own);
  for (const exchange::CarriedStream& stream : own) {
    const uint32_t number = NumberOf(holder->store.get(), stream.stream_id);
    ASSERT_NE(number, 0u);
    const auto theirs = Read(holder->store.get(), number);
    std::vector<const store::EntryView*> got;
    for (const store::EntryPage& page : theirs) {
      for (const store::EntryView& entry : page.entries) got.push_back(&entry);
    }
    ASSERT_EQ(got.size(), stream.size);
    for (const store::EntryPage& page : Read(origin->store.get(), stream.number)) {
      for (const store::EntryView& entry : page.entries) {
        ExpectEntry(entry, *got.at(entry.seq - 1), Allowed(entry, newest, layers));
      }
    }
  }
}

}  // namespace tombolo::node
