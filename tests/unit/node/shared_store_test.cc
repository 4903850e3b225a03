// Several writers on one store: a tick is finished on what the others committed, or refused.
#include <gtest/gtest.h>

#include <functional>

#include "gateway/base/limits.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/node/initialise.h"
#include "gateway/os/signer.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/fixture.h"

namespace tombolo::node {
namespace {

class SharedStoreTest : public NodeTest {};

TEST_F(SharedStoreTest, AuditEventsComeAfterThoseOfOthers) {
  std::unique_ptr<TickWriter> server;
  Open(&server);
  PutOne(writer_.get(), "a", 1);
  writer_->Audit(Exported());
  v1::AuditEvent event = Exported();
  event.set_detail("server");
  server->Audit(event);  // counts on a log of one event
  ASSERT_OK(writer_->Commit());
  ASSERT_OK(server->Commit());
  PutOne(writer_.get(), "a", 2);  // nobody else wrote records
  writer_->Audit(Exported());
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(LastTick(), 4u);
  EXPECT_EQ(writer_->last_tick(), 4u);
  const std::vector<v1::AuditEvent> trail = Trail();
  ASSERT_EQ(trail.size(), 4u);
  EXPECT_EQ(trail[2].detail(), "server");
  ExpectHeadsVerify();
}

TEST_F(SharedStoreTest, SpansFollowWhereTheEventsComeToStand) {
  std::unique_ptr<TickWriter> other;
  Open(&other);
  for (int round = 0; round < 40; ++round) {
    TickWriter* one = round % 2 == 0 ? writer_.get() : other.get();
    TickWriter* two = round % 2 == 0 ? other.get() : writer_.get();
    for (int i = 0; i < 7; ++i) one->Audit(Exported());
    for (int i = 0; i < 23; ++i) two->Audit(Exported());
    ASSERT_OK(one->Commit());
    ASSERT_OK(two->Commit());
  }
  EXPECT_EQ(Trail().size(), 1u + 40 * 30);
  ExpectHeadsVerify();
}

TEST_F(SharedStoreTest, SpansOfRecordStreams) {
  const uint32_t stream = writer_->StreamFor("a", v1::PUBLIC);
  for (size_t i = 0; i < 3 * limits::kTreeSpan + 7; ++i) {
    writer_->Put(stream, "header", {"p", "g", "l"}, 1, {});
    if (i % 100 == 0) {
      ASSERT_OK(writer_->Commit());
    }
  }
  ASSERT_OK(writer_->Commit());
  ASSERT_OK_AND_ASSIGN(const std::string spans, store_->ReadSpans(stream));
  EXPECT_EQ(spans.size(), 3u * 32);
  ExpectHeadsVerify();
}

TEST_F(SharedStoreTest, WhatRestsOnRecordsThatMovedIsRefused) {
  PutOne(writer_.get(), "a", 1);
  ASSERT_OK(writer_->Commit());
  using Fill = std::function<void(TickWriter*)>;
  const std::pair<const char*, Fill> kFills[] = {
      {"the same stream", [this](TickWriter* w) { PutOne(w, "a", 3); }},
      {"another stream", [this](TickWriter* w) { PutOne(w, "b", 3); }},
      {"a trace",
       [](TickWriter* w) {
         w->tick().trace_parts.push_back({1, 1, "part"});
       }},
      {"a row of the index",
       [](TickWriter* w) {
         store::RecordState state;
         state.id = IdOf(1);
         state.stream = 2;
         state.seq = 1;
         state.version = 1;
         w->tick().records.push_back(state);
       }},
      {"an erasure",
       [](TickWriter* w) {
         w->tick().redactions.push_back({2, 1, store::Form::kErased, std::string(32, 'h')});
       }},
      {"a new scope", [](TickWriter* w) { w->ScopeFor("p", "i", "A"); }}};
  uint8_t n = 10;
  for (const auto& [what, fill] : kFills) {
    SCOPED_TRACE(what);
    std::unique_ptr<TickWriter> second;
    Open(&second);
    PutOne(writer_.get(), "a", ++n);
    ASSERT_OK(writer_->Commit());
    const size_t events = Trail().size();
    fill(second.get());
    second->Audit(Exported());
    EXPECT_CODE(Code::STORE_CONFLICT, second->Commit());
    EXPECT_TRUE(second->failed());
    EXPECT_EQ(Trail().size(), events);
    ASSERT_OK(store_->Lock());  // it was given back
    store_->Unlock();
  }
  ExpectHeadsVerify();
}

TEST_F(SharedStoreTest, NumbersThatAnotherCommandTookAreRefused) {
  std::unique_ptr<TickWriter> second;
  Open(&second);
  store::IngestRow row;
  row.number = writer_->next_ingest();
  writer_->SetIngest(row);
  second->SetIngest(row);
  ASSERT_OK(writer_->Commit());
  EXPECT_CODE(Code::STORE_CONFLICT, second->Commit());
  Open(&second);
  EXPECT_EQ(second->next_ingest(), row.number + 1);
  row.outcome = "OK";
  writer_->SetIngest(row);  // its own, once more
  second->Audit(Exported());
  ASSERT_OK(second->Commit());
  EXPECT_OK(writer_->Commit());
}

TEST_F(SharedStoreTest, ReceivedStreamsDoNotDisturb) {
  const RecordId id = IdOf(77);
  const uint32_t received = ReceiveOne(writer_.get(), 1, id);
  writer_->Audit(Exported());
  EXPECT_FALSE(writer_->empty());
  ASSERT_OK(writer_->Commit());
  EXPECT_TRUE(writer_->empty());
  std::unique_ptr<TickWriter> later;
  Open(&later);
  const uint32_t own = later->StreamFor("a", v1::PUBLIC);  // like that of the other origin
  EXPECT_EQ(own, 2u);
  EXPECT_EQ(later->SizeOf(received), 0u);
  EXPECT_EQ(later->ItemOf(received), "");
  PutOne(later.get(), "a", 1);
  ASSERT_OK(later->Commit());
  ExpectHeadsVerify();
}

TEST_F(SharedStoreTest, AServerReceivesWhileACommandWrites) {
  std::unique_ptr<TickWriter> server;
  Open(&server);
  const RecordId id = IdOf(77);
  const uint32_t received = ReceiveOne(server.get(), 3, id);
  server->Audit(Exported());
  PutOne(writer_.get(), "a", 1);
  ASSERT_OK(writer_->Commit());
  ASSERT_OK(server->Commit());
  PutOne(writer_.get(), "a", 2);
  writer_->Audit(Exported());
  ASSERT_OK(writer_->Commit());  // that streams of others moved is nothing to it
  server->tick().received.drops.push_back({received, store::kAllLayers});
  EXPECT_FALSE(server->empty());
  ASSERT_OK(server->Commit());
  ASSERT_OK_AND_ASSIGN(const store::Totals totals, store_->Count());
  EXPECT_EQ(totals.records_present, 2u);
  EXPECT_EQ(totals.received_gone, 1u);
  ExpectHeadsVerify();
}

TEST_F(SharedStoreTest, ATickWithoutOwnEntriesHasNoCheckpoint) {
  store::PeerRow peer;
  peer.peer = kOther;
  writer_->tick().received.peers.push_back(peer);
  EXPECT_FALSE(writer_->empty());
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(LastTick(), 1u);
  writer_->Audit(Exported());
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(LastTick(), 2u);
}

TEST_F(SharedStoreTest, TheHeadOfTheAuditLogIsAtHand) {
  EXPECT_CODE(Code::NOT_FOUND, writer_->HeadOf(9));
  writer_->Audit(Exported());
  ASSERT_OK(writer_->Commit());
  ASSERT_OK_AND_ASSIGN(const ledger::Verifier verifier,
                       ledger::Verifier::FromPublicKey(context_.suite, signer_->public_key_der()));
  ASSERT_OK_AND_ASSIGN(const v1::Head head, writer_->HeadOf(kAuditStream));
  EXPECT_OK(ledger::VerifyHead(head.checkpoint(), head.proof(), verifier));
  EXPECT_EQ(head.proof().head().size(), 2u);
}

TEST_F(SharedStoreTest, AChangedKeySignsEveryHeadAnew) {
  PutOne(writer_.get(), "a", 1);
  PutOne(writer_.get(), "b", 2);
  ASSERT_OK(writer_->Commit());
  ASSERT_OK(os::GenerateKeyFile(v1::SHA256_ED25519, dir_.File("key2")));
  ASSERT_OK_AND_ASSIGN(const auto signer, os::LoadSigner(v1::SHA256_ED25519, dir_.File("key2")));
  context_.signer = signer.get();
  writer_->ResignHeads();
  std::unique_ptr<TickWriter> second;
  Open(&second);
  PutOne(second.get(), "b", 3);  // moves a head that is about to be signed anew
  ASSERT_OK(second->Commit());
  EXPECT_TRUE(writer_->Ranges().empty());
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(Trail().back().type(), v1::KEY_ACTIVATED);
  EXPECT_EQ(Trail().back().key_id(), signer->key_id());
  ExpectHeadsVerify();  // under the new key
  PutOne(writer_.get(), "a", 4);
  ASSERT_OK(writer_->Commit());
  ExpectHeadsVerify();
}

TEST_F(SharedStoreTest, MoreStreamsThanNumbersForThem) {
  for (uint32_t i = 2; i < limits::kReceivedNumbersFrom; ++i) {
    writer_->StreamFor("i" + std::to_string(i), v1::PUBLIC);
  }
  EXPECT_EQ(writer_->StreamFor("last", v1::PUBLIC), limits::kReceivedNumbersFrom);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, writer_->Commit());
}

// Two connections to one file, in an order that a seed chooses.
TEST_F(SharedStoreTest, TwoWritersOnOneFileInAnyOrder) {
  store::SqliteOptions options;
  options.path = dir_.File("store.db");
  options.mode = store::OpenMode::kCreate;
  ASSERT_OK_AND_ASSIGN(const auto one, store::OpenSqliteStore(options));
  const Context ingest = ContextOn(one.get());
  ASSERT_OK(Initialise(ingest));
  options.mode = store::OpenMode::kReadWrite;
  ASSERT_OK_AND_ASSIGN(const auto two, store::OpenSqliteStore(options));
  const Context serve = ContextOn(two.get());
  ASSERT_OK_AND_ASSIGN(const auto ingesting, TickWriter::Open(ingest));
  ASSERT_OK_AND_ASSIGN(const auto serving, TickWriter::Open(serve));
  const uint32_t received = ReceiveOne(serving.get(), 1, IdOf(255));
  testing::FakeEntropy random(20240301);
  uint64_t records = 0, events = 1;
  for (int round = 0; round < 150; ++round) {
    if (random.Below(2) == 0) {
      const uint32_t stream =
          ingesting->StreamFor("i" + std::to_string(random.Below(3)), v1::PUBLIC);
      for (uint64_t i = random.Below(20); i > 0; --i, ++records) {
        ingesting->Put(stream, "header", {"p", "g", "l"}, 1, {});
      }
      ingesting->Audit(Exported());
      ++events;
      ASSERT_OK(ingesting->Commit());
    } else {
      for (uint64_t i = random.Below(9); i > 0; --i, ++events) serving->Audit(Exported());
      if (random.Below(3) == 0) continue;  // later, with more
      ASSERT_OK(serving->Commit());
    }
  }
  ASSERT_OK(serving->Commit());
  ExpectHeadsVerify(one.get());
  ASSERT_OK_AND_ASSIGN(const std::vector<store::StreamState> streams, two->Streams());
  uint64_t stored = 0;
  for (const store::StreamState& stream : streams) {
    if (stream.number == kAuditStream) {
      EXPECT_EQ(stream.size, events);
    } else if (stream.number != received) {
      stored += stream.size;
    }
  }
  EXPECT_EQ(stored, records);
}

}  // namespace
}  // namespace tombolo::node
