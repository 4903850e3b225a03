#include "tests/unit/node/fixture.h"

#include <utility>

#include "gateway/audit/event.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/tree_spans.h"
#include "gateway/node/initialise.h"
#include "gateway/node/inspect.h"
#include "gateway/os/signer.h"
#include "gateway/store/memory/memory_store.h"
#include "tests/support/assert_ok.h"

namespace tombolo::node {
namespace {

// The leaves of a stream, computed from its entries.
void LeavesOf(store::Store* store, const store::StreamState& stream, std::vector<Digest>* leaves) {
  ledger::EntryHasher hasher(v1::SHA256_ED25519);
  while (leaves->size() < stream.size) {
    ASSERT_OK_AND_ASSIGN(const store::EntryPage page,
                         store->ReadEntries(stream.number, leaves->size() + 1, 1000));
    ASSERT_FALSE(page.entries.empty());
    for (const store::EntryView& entry : page.entries) {
      if (entry.form == store::Form::kEvent) {
        ASSERT_OK(audit::DecodeEvent(entry.header));
        leaves->push_back(hasher.Leaf(entry.header));
        continue;
      }
      ASSERT_OK_AND_ASSIGN(const Digest leaf,
                           ledger::EntryLeaf(&hasher, stream.stream_id, ToStreamEntry(entry)));
      leaves->push_back(leaf);
    }
  }
}

// The root over all entries is the signed one, and paths made from the stored spans hold.
void ExpectRootAndPaths(store::Store* store, const store::StreamState& stream,
                        const std::string& root) {
  std::vector<Digest> leaves;
  LeavesOf(store, stream, &leaves);
  ASSERT_EQ(leaves.size(), stream.size);
  EXPECT_EQ(ledger::TreeHash(HashKind::kSha256, leaves).view(), root);
  ASSERT_OK_AND_ASSIGN(const ledger::CompactRange range,
                       ledger::CompactRange::Parse(HashKind::kSha256, stream.compact_range));
  ASSERT_OK_AND_ASSIGN(const std::string spans, store->ReadSpans(stream.number));
  ASSERT_OK_AND_ASSIGN(const ledger::TreeSpans tree, ledger::TreeSpans::Make(range, spans));
  const uint64_t index = stream.size / 3;
  ASSERT_OK_AND_ASSIGN(const ledger::Path path, tree.Inclusion(index, [&](uint64_t i) {
    return StatusOr<Digest>(leaves[i]);
  }));
  EXPECT_OK(ledger::VerifyInclusion(HashKind::kSha256, leaves[index].view(), index, stream.size,
                                    ledger::ViewsOf(path), root));
}

}  // namespace

void NodeTest::SetUp() {
  if (signer_ == nullptr) {  // SetUp once more is a new store
    ASSERT_OK(os::GenerateKeyFile(v1::SHA256_ED25519, dir_.File("key")));
  }
  ASSERT_OK_AND_ASSIGN(signer_, os::LoadSigner(v1::SHA256_ED25519, dir_.File("key")));
  store_ = store::MakeMemoryStore();
  context_ = ContextOn(store_.get());
  ASSERT_OK(Initialise(context_));
  Open(&writer_);
}

Context NodeTest::ContextOn(store::Store* store) {
  Context context;
  context.origin = "spiffe://federation.example/test";
  context.actor = "tester";
  context.store = store;
  context.signer = signer_.get();
  context.clock = &clock_;
  context.entropy = &entropy_;
  return context;
}

void NodeTest::Open(std::unique_ptr<TickWriter>* writer) {
  ASSERT_OK_AND_ASSIGN(*writer, TickWriter::Open(context_));
}

RecordId NodeTest::IdOf(uint8_t n) {
  RecordId id;
  id.bytes[0] = static_cast<decltype(id.bytes)::value_type>(n);
  return id;
}

EntryAt NodeTest::PutOne(TickWriter* writer, const std::string& item, uint8_t n) {
  const uint32_t stream = writer->StreamFor(item, v1::PUBLIC);
  const std::string layer = LayerOf("own");
  const EntryAt at = writer->Put(stream, HeaderOf(IdOf(n)), {layer, layer, layer}, 1, {});
  store::RecordState state;
  state.id = IdOf(n);
  state.stream = at.stream;
  state.seq = at.seq;
  state.version = 1;
  state.present = true;
  writer->tick().records.push_back(state);
  return at;
}

v1::AuditEvent NodeTest::Exported() {
  v1::AuditEvent event;
  event.set_type(v1::RECORDS_EXPORTED);
  return event;
}

std::vector<store::StreamState> NodeTest::Streams() {
  auto streams = store_->Streams();
  EXPECT_OK(streams);
  return streams.ok() ? *streams : std::vector<store::StreamState>();
}

std::vector<v1::AuditEvent> NodeTest::Trail() {
  std::vector<v1::AuditEvent> events;
  auto page = store_->ReadEntries(kAuditStream, 1, limits::kPageEntriesMax);
  EXPECT_OK(page);
  if (!page.ok()) return events;
  for (const store::EntryView& entry : page->entries) {
    auto event = audit::DecodeEvent(entry.header);
    EXPECT_OK(event);
    if (event.ok()) events.push_back(*std::move(event));
  }
  return events;
}

uint64_t NodeTest::LastTick() {
  const auto last = store_->LastCheckpoint();
  EXPECT_OK(last);
  return last.ok() && last->has_value() ? (*last)->tick : 0;
}

void NodeTest::ExpectHeadsVerify(store::Store* store) {
  ASSERT_OK_AND_ASSIGN(
      const ledger::Verifier verifier,
      ledger::Verifier::FromPublicKey(context_.suite, context_.signer->public_key_der()));
  ASSERT_OK_AND_ASSIGN(const std::vector<store::StreamState> streams, store->Streams());
  for (const store::StreamState& stream : streams) {
    v1::StreamDescriptor descriptor;
    ASSERT_TRUE(descriptor.ParseFromString(stream.descriptor));
    if (stream.size == 0 || descriptor.origin() != context_.origin) continue;
    ASSERT_OK_AND_ASSIGN(const store::CheckpointRow row, store->FindCheckpoint(stream.tick));
    v1::Checkpoint checkpoint;
    checkpoint.set_body(row.body);
    checkpoint.set_signature(row.signature);
    v1::HeadProof proof;
    ASSERT_TRUE(proof.ParseFromString(stream.head_proof));
    EXPECT_OK(ledger::VerifyHead(checkpoint, proof, verifier));
    EXPECT_EQ(proof.head().size(), stream.size);
    EXPECT_EQ(proof.head().stream_id(), stream.stream_id);
    ExpectRootAndPaths(store, stream, proof.head().root());
    proof.mutable_head()->set_size(stream.size + 1);
    EXPECT_FALSE(ledger::VerifyHead(checkpoint, proof, verifier).ok());
  }
}

}  // namespace tombolo::node
