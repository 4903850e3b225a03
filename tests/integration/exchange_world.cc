#include "tests/integration/exchange_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/audit/event.h"
#include "gateway/base/limits.h"
#include "gateway/exchange/frame.h"
#include "gateway/ledger/entry.h"
#include "gateway/node/audit_trail.h"
#include "gateway/node/initialise.h"
#include "gateway/node/inspect.h"
#include "gateway/store/memory/memory_store.h"
#include "gateway/trust/document.h"
#include "tests/support/assert_ok.h"
#include "tests/support/sample_record.h"

namespace tombolo::node {
namespace {

constexpr uint64_t kSigningSeeds = 1000;  // SampleMember's
constexpr int64_t kYearUs = 365 * trust::kDayUs;
constexpr size_t kReadEntries = 1000;

boundary::CodeLists Codes() {
  return {{{"work", ""}, {"work.tax", "work"}, {"health", ""}}, {{"law", ""}}};
}

std::string HeaderOf(const RecordId& id, uint64_t version) {
  return testing::SampleHeader(id.view(), version);
}

RecordId IdOf(uint8_t n) {
  RecordId id;
  id.bytes[0] = static_cast<decltype(id.bytes)::value_type>(n);
  return id;
}

std::string TextOf(const store::EntryView& entry) {
  if (entry.form == store::Form::kErased) return "ERASED";
  if (entry.type == v1::PUT) return absl::StrCat("PUT ", int{store::ShownLayers(entry)});
  return v1::EntryType_Name(entry.type);
}

}  // namespace

World::World() : clock(trust::kNowUs), registry(trust::SampleRegistry()) {}

World::Node* World::Add(const std::string& id, uint64_t seed, std::unique_ptr<store::Store> store) {
  auto node = std::make_unique<Node>();
  node->id = id;
  node->seed = seed;
  node->entropy = testing::FakeEntropy(seed);
  node->signer = trust::SeedSigner(seed + kSigningSeeds);
  node->store = store == nullptr ? store::MakeMemoryStore() : std::move(store);
  node->identity = std::make_unique<record::Identity>(std::string(32, static_cast<char>(seed)));
  node->context.origin = id;
  node->context.actor = "tester";
  node->context.program = "test";
  node->context.cursor_key = std::string(32, static_cast<char>(seed + 1));
  node->context.store = node->store.get();
  node->context.signer = node->signer.get();
  node->context.identity = node->identity.get();
  node->context.clock = &clock;
  node->context.entropy = &node->entropy;
  node->cursors = std::make_unique<ledger::CursorCodec>(node->context.cursor_key);
  node->pages = std::make_unique<PageMaker>(node->store.get(), node->cursors.get(),
                                            PageMaker::Settings{1 << 20, nullptr});
  EXPECT_OK(Initialise(node->context));
  Node* added = node.get();
  nodes_[id] = std::move(node);
  return added;
}

void World::Subscribe(const std::string& from, const std::string& to, const std::string& purpose) {
  v1::PeerConfig* peer = At(from).config.add_peers();
  peer->set_id(to);
  peer->set_dial(true);
  peer->set_subscribe(true);
  peer->set_purpose(purpose);
  peer->mutable_endpoint()->set_host("127.0.0.1");
  peer->mutable_endpoint()->set_port(1);
}

std::vector<std::string> World::ChainOf(const Node& node) const {
  const trust::CertificateSpec province = trust::IntermediateSpec(trust::RootSpec());
  return {trust::MakeCertificate(trust::NodeSpec(province, node.id, node.seed)),
          trust::MakeCertificate(province)};
}

std::vector<v1::SignedDocument> World::Documents() const {
  const trust::CertificateSpec root = trust::RootSpec(), province = trust::IntermediateSpec(root);
  v1::Registry latest = registry;
  latest.set_version(registry_version);
  const v1::SignedDocument document = trust::Signed(latest);
  return {trust::ListDocument({root}, trust::MakeCertificate(root)),
          trust::ListDocument({province}, trust::MakeCertificate(province)), document,
          trust::Signed(trust::SampleTimestamp(document, registry_version))};
}

void World::Start(const std::string& id) {
  Node& node = At(id);
  const v1::SignedDocument root = trust::Signed(trust::SampleRoot());
  auto desk = ExchangeDesk::Open(node.context, node.config, Codes(), &root);
  ASSERT_OK(desk);
  node.desk = std::move(*desk);
  // Before what waits: a policy means nothing without the registry.
  node.events.insert(node.events.begin(), node::Documents{Documents()});
}

void World::StartAll() {
  for (const auto& [id, node] : nodes_) Start(id);
  Pass(2 * trust::kSecondUs);  // who called before the other was ready calls again
}

void World::Kill(const std::string& id) {
  At(id).desk = nullptr;
  At(id).events.clear();
  for (const auto& [other, node] : nodes_) {
    if (other != id) Cut(id, other);
  }
}

void World::Republish(const std::string& id) { Give(id, Documents()); }

void World::Give(const std::string& id, const std::vector<v1::SignedDocument>& documents) {
  At(id).events.push_back(node::Documents{documents});
}

void World::Put(const std::string& id, const std::string& item, v1::SharingClass sharing_class,
                uint8_t record, uint64_t version) {
  Node& node = At(id);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<TickWriter> writer, TickWriter::Open(node.context));
  const uint32_t stream = writer->StreamFor(item, sharing_class);
  std::array<std::string, 3> layers;
  for (size_t k = 0; k < layers.size(); ++k) {
    layers[k] = testing::SampleLayer(
        absl::StrCat(id, " ", item, " ", int{record}, " v", version, " layer ", k));
  }
  std::vector<std::optional<store::RecordState>> before;
  ASSERT_OK(node.store->FindRecords({IdOf(record)}, &before));
  EntryAt previous;
  if (before[0].has_value()) previous = {before[0]->stream, before[0]->seq};
  const EntryAt at = writer->Put(stream, HeaderOf(IdOf(record), version),
                                 {layers[0], layers[1], layers[2]}, 1, previous);
  store::RecordState state;
  state.id = IdOf(record);
  state.stream = at.stream;
  state.seq = at.seq;
  state.version = version;
  state.present = true;
  writer->tick().records.push_back(state);
  ASSERT_OK(writer->Commit());
  node.events.push_back(StoreMoved{});
}

void World::Retract(const std::string& id, const std::string& item, v1::SharingClass sharing_class,
                    uint8_t record, uint64_t version) {
  Node& node = At(id);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<TickWriter> writer, TickWriter::Open(node.context));
  std::vector<std::optional<store::RecordState>> before;
  ASSERT_OK(node.store->FindRecords({IdOf(record)}, &before));
  const EntryAt at = writer->Retract(writer->StreamFor(item, sharing_class), IdOf(record), version,
                                     clock.NowUs(), 1, {before[0]->stream, before[0]->seq});
  store::RecordState state = *before[0];
  state.digest = {};
  state.stream = at.stream;
  state.seq = at.seq;
  state.version = version;
  state.present = false;
  writer->tick().records.push_back(state);
  ASSERT_OK(writer->Commit());
  node.events.push_back(StoreMoved{});
}

void World::Policy(const std::string& id, uint64_t version, const std::string& purpose,
                   const std::string& granted) {
  Node& node = At(id);
  v1::Policy policy;
  policy.set_origin(id);
  policy.set_version(version);
  policy.set_issued_at(trust::FormatMoment(trust::kNowUs - trust::kSecondUs));
  policy.set_expires_at(trust::FormatMoment(trust::kNowUs + kYearUs));
  if (!purpose.empty()) {
    v1::PolicyRule* rule = policy.add_rules();
    rule->set_id("all");
    rule->set_effect(v1::ALLOW);
    rule->mutable_recipients()->set_any_member(true);
    rule->add_items("*");
    rule->set_layer(v1::GOVERNMENT);
    rule->add_purposes(purpose);
    rule->set_legal_basis("law");
  }
  std::vector<v1::SignedDocument> documents;
  if (!granted.empty()) {
    v1::Grant grant;
    grant.set_id("g-1");
    grant.set_origin(id);
    grant.set_version(1);
    grant.add_recipients(granted);
    grant.add_items("fines");
    grant.add_purposes(purpose);
    grant.set_legal_basis("law");
    grant.set_from(trust::FormatMoment(trust::kNowUs - trust::kSecondUs));
    grant.set_until(trust::FormatMoment(trust::kNowUs + kYearUs));
    grant.set_mode(v1::BULK);
    auto body = trust::EncodeBody(grant);
    ASSERT_OK(body);
    documents.push_back(trust::Sign(v1::GRANT, *body, {node.seed + kSigningSeeds}));
    v1::GrantRef* ref = policy.add_grants();
    ref->set_id("g-1");
    ref->set_version(1);
    ref->set_digest(trust::BodyDigest(documents.back()));
  }
  auto body = trust::EncodeBody(policy);
  ASSERT_OK(body);
  documents.push_back(trust::Sign(v1::POLICY, *body, {node.seed + kSigningSeeds}));
  Give(id, documents);
}

// --- the lines

void World::Connect(const std::string& from, const std::string& to) {
  Node& a = At(from);
  Node& b = At(to);
  if (a.desk == nullptr || b.desk == nullptr) {
    if (a.desk != nullptr) {
      a.events.push_back(Closed{0, to, MakeError(Code::IO_ERROR, "nobody listens")});
    }
    return;
  }
  const auto at_a = trust::Identify(*a.desk->authority()->federation, ChainOf(b), clock.NowUs());
  const auto at_b = trust::Identify(*b.desk->authority()->federation, ChainOf(a), clock.NowUs());
  if (!at_a.ok() || !at_b.ok()) {
    const Status why = at_a.ok() ? at_b.status() : at_a.status();
    a.events.push_back(Closed{0, to, why});
    b.events.push_back(Closed{0, from, why});
    return;
  }
  const ConnectionId id = next_wire_++;
  wires_[id] = {from, to, false};
  a.events.push_back(Opened{id, *at_a, true});
  b.events.push_back(Opened{id, *at_b, false});
}

void World::Cut(const std::string& a, const std::string& b) {
  for (auto& [id, wire] : wires_) {
    const bool joins = (wire.from == a && wire.to == b) || (wire.from == b && wire.to == a);
    if (!joins || wire.closed) continue;
    wire.closed = true;
    for (const std::string& end : {a, b}) {
      if (At(end).desk == nullptr) continue;
      At(end).events.push_back(
          Closed{id, end == a ? b : a, MakeError(Code::IO_ERROR, "the line broke")});
    }
  }
}

void World::Carry(Node* node, Wish& wish) {
  if (auto* send = std::get_if<Send>(&wish)) {
    Wire* wire = WireOf(send->connection);
    if (wire == nullptr || wire->closed) return;
    const std::string to = Other(*wire, node->id);
    std::string bytes = send->head;
    if (send->shared != nullptr) bytes += *send->shared;
    if (on_line) on_line(node->id, to, &bytes);
    if (!bytes.empty()) At(to).events.push_back(Arrived{send->connection, std::move(bytes)});
    node->events.push_back(Drained{send->connection, 0});
  } else if (auto* hang = std::get_if<Hang>(&wish)) {
    Wire* wire = WireOf(hang->connection);
    if (wire == nullptr || wire->closed) return;
    wire->closed = true;
    const std::string to = Other(*wire, node->id);
    node->events.push_back(Closed{hang->connection, to, absl::OkStatus()});
    At(to).events.push_back(Closed{hang->connection, node->id, absl::OkStatus()});
  } else if (auto* fetch = std::get_if<Fetch>(&wish)) {
    const int32_t today = static_cast<int32_t>(clock.NowUs() / trust::kDayUs);
    ++node->pages_made;
    auto page = node->pages->Make(fetch->want, today);
    node->events.push_back(PageReady{fetch->connection, fetch->want, std::move(page)});
  } else if (auto* dial = std::get_if<DialPeer>(&wish)) {
    node->calls.push_back(*dial);
    Connect(node->id, dial->peer);
  } else if (auto* note = std::get_if<Note>(&wish)) {
    node->notes.push_back(*note);
  }
}

bool World::TurnOf(Node* node) {
  if (node->desk == nullptr) return false;
  std::vector<Event> events = std::exchange(node->events, {});
  const bool due = node->desk->NextTurnUs() <= clock.MonotonicUs();
  if (events.empty() && !due) return false;
  std::vector<Wish> wishes;
  EXPECT_OK(node->desk->Turn(std::move(events), &wishes));
  for (Wish& wish : wishes) Carry(node, wish);
  return true;
}

void World::Run(size_t rounds_max) {
  for (size_t round = 0; round < rounds_max; ++round) {
    bool moved = false;
    for (const auto& [id, node] : nodes_) moved |= TurnOf(node.get());
    if (!moved) return;
  }
  ADD_FAILURE() << "the nodes do not come to rest";
}

void World::Pass(int64_t us, int64_t step_us) {
  for (int64_t passed = 0; passed < us; passed += step_us) {
    clock.AdvanceUs(step_us);
    Run();
  }
}

// --- what is there

std::vector<HeldStream> World::Held(const std::string& id, const std::string& origin) {
  std::vector<HeldStream> out;
  auto streams = At(id).store->Streams();
  EXPECT_OK(streams);
  if (!streams.ok()) return out;
  for (const store::StreamState& stream : *streams) {
    v1::StreamDescriptor descriptor;
    EXPECT_TRUE(descriptor.ParseFromString(stream.descriptor));
    if (descriptor.kind() != v1::RECORDS || descriptor.origin() != origin) continue;
    HeldStream held{descriptor.item(), descriptor.sharing_class(), {}};
    for (uint64_t next = 1; next <= stream.size;) {
      auto page = At(id).store->ReadEntries(stream.number, next, kReadEntries);
      EXPECT_OK(page);
      if (!page.ok() || page->entries.empty()) break;
      for (const store::EntryView& entry : page->entries) held.entries.push_back(TextOf(entry));
      next += page->entries.size();
    }
    out.push_back(std::move(held));
  }
  std::sort(out.begin(), out.end(), [](const HeldStream& a, const HeldStream& b) {
    return std::tie(a.item, a.sharing_class) < std::tie(b.item, b.sharing_class);
  });
  return out;
}

std::vector<v1::AuditEvent> World::Trail(const std::string& id) {
  std::vector<v1::AuditEvent> out;
  while (true) {
    auto page = At(id).store->ReadEntries(kAuditStream, out.size() + 1, kReadEntries);
    EXPECT_OK(page);
    if (!page.ok() || page->entries.empty()) return out;
    for (const store::EntryView& entry : page->entries) {
      auto event = audit::DecodeEvent(entry.header);
      EXPECT_OK(event);
      if (event.ok()) out.push_back(std::move(*event));
    }
  }
}

size_t World::Count(const std::string& id, v1::AuditEventType type) {
  const std::vector<v1::AuditEvent> trail = Trail(id);
  return static_cast<size_t>(std::count_if(
      trail.begin(), trail.end(), [&](const v1::AuditEvent& e) { return e.type() == type; }));
}

bool World::Connected(const std::string& a, const std::string& b) const {
  return std::any_of(wires_.begin(), wires_.end(), [&](const auto& one) {
    const Wire& wire = one.second;
    const bool joins = (wire.from == a && wire.to == b) || (wire.from == b && wire.to == a);
    return joins && !wire.closed;
  });
}

void World::ExpectSound(const std::string& id) {
  Node& node = At(id);
  for (const auto& [name, each] : nodes_) {  // whoever sent has more in its log
    const auto authority = each->desk == nullptr ? nullptr : each->desk->authority();
    const trust::Federation* federation =
        authority == nullptr ? nullptr : authority->federation.get();
    EXPECT_OK(VerifyAudit(each->context, federation).status()) << name;
  }
  ASSERT_OK_AND_ASSIGN(const auto streams, node.store->Streams());
  ASSERT_OK_AND_ASSIGN(const auto received, node.store->ReceivedStreams());
  std::map<uint32_t, store::ReceivedStream> rows;
  for (const store::ReceivedStream& row : received) rows[row.stream] = row;
  ledger::EntryHasher hasher(v1::SHA256_ED25519);
  for (const store::StreamState& stream : streams) {
    ledger::CompactRange range(HashKind::kSha256);
    while (range.size() < stream.size) {
      ASSERT_OK_AND_ASSIGN(const store::EntryPage page,
                           node.store->ReadEntries(stream.number, range.size() + 1, kReadEntries));
      ASSERT_FALSE(page.entries.empty());
      for (const store::EntryView& entry : page.entries) {
        if (entry.form == store::Form::kEvent) {
          range.Append(hasher.Leaf(entry.header));
          continue;
        }
        ASSERT_OK_AND_ASSIGN(const Digest leaf,
                             ledger::EntryLeaf(&hasher, stream.stream_id, ToStreamEntry(entry)));
        range.Append(leaf);
      }
    }
    v1::Head head;
    if (const auto row = rows.find(stream.number); row != rows.end()) {
      if (row->second.proved_size < stream.size || stream.size == 0) continue;
      ASSERT_TRUE(head.ParseFromString(row->second.head));
    } else {
      if (stream.size == 0) continue;
      ASSERT_TRUE(head.mutable_proof()->ParseFromString(stream.head_proof));
    }
    EXPECT_EQ(head.proof().head().size(), stream.size) << id;
    EXPECT_EQ(head.proof().head().root(), range.Root().view()) << id;
  }
}

}  // namespace tombolo::node
