// One tick at a time on a store in memory: checkpoints that verify, and nothing at all when
// something is wrong.
#include "gateway/node/tick_writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "gateway/base/limits.h"
#include "gateway/node/initialise.h"
#include "gateway/os/signer.h"
#include "gateway/store/memory/memory_store.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/fixture.h"

namespace tombolo::node {
namespace {

class TickWriterTest : public NodeTest {};

TEST_F(TickWriterTest, ANodeIsInitialisedOnce) {
  EXPECT_OK(CheckOwnership(context_));
  EXPECT_CODE(Code::ALREADY_EXISTS, Initialise(context_));
  EXPECT_EQ(LastTick(), 1u);
}

TEST_F(TickWriterTest, AStoreOfAnotherNodeIsNotOurs) {
  Context other = context_;
  other.origin = "spiffe://federation.example/other";
  EXPECT_CODE(Code::STORE_CORRUPT, CheckOwnership(other));
  ASSERT_OK(os::GenerateKeyFile(v1::SHA256_ED25519, dir_.File("key2")));
  ASSERT_OK_AND_ASSIGN(auto signer, os::LoadSigner(v1::SHA256_ED25519, dir_.File("key2")));
  other = context_;
  other.signer = signer.get();
  EXPECT_FALSE(CheckOwnership(other).ok());
  const auto empty = store::MakeMemoryStore();
  other = context_;
  other.store = empty.get();
  EXPECT_CODE(Code::NOT_FOUND, CheckOwnership(other));
}

TEST_F(TickWriterTest, TheCheckpointCoversEveryStreamThatMoved) {
  PutOne(writer_.get(), "a", 1);
  PutOne(writer_.get(), "a", 2);
  PutOne(writer_.get(), "b", 3);
  writer_->Audit(Exported());
  EXPECT_EQ(writer_->entries(), 4u);
  EXPECT_EQ(writer_->Ranges().size(), 2u);  // the audit log is not among them
  EXPECT_EQ(writer_->Ranges()[0].last_seq() - writer_->Ranges()[0].first_seq() + 1, 2u);
  ASSERT_OK(writer_->Commit());
  EXPECT_TRUE(writer_->empty());
  EXPECT_EQ(LastTick(), 2u);
  EXPECT_EQ(Streams().size(), 3u);
  ExpectHeadsVerify();
  PutOne(writer_.get(), "b", 4);  // the others rest on the tick before
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(LastTick(), 3u);
  ExpectHeadsVerify();
}

TEST_F(TickWriterTest, AWriterOpenedLaterGoesOnWhereTheOtherEnded) {
  const EntryAt first = PutOne(writer_.get(), "a", 1);
  ASSERT_OK(writer_->Commit());
  std::unique_ptr<TickWriter> later;
  Open(&later);
  EXPECT_EQ(later->StreamFor("a", v1::PUBLIC), first.stream);
  EXPECT_NE(later->StreamFor("a", v1::LIMITED), first.stream);
  const EntryAt second = PutOne(later.get(), "a", 2);
  EXPECT_EQ(second.seq, first.seq + 1);
  ASSERT_OK(later->Commit());
  ExpectHeadsVerify();
}

TEST_F(TickWriterTest, ASecondWriterIsRefusedAndLeavesNothing) {
  std::unique_ptr<TickWriter> second;
  Open(&second);
  PutOne(writer_.get(), "a", 1);
  ASSERT_OK(writer_->Commit());
  PutOne(second.get(), "a", 2);
  second->Audit(Exported());
  EXPECT_CODE(Code::STORE_CONFLICT, second->Commit());
  EXPECT_TRUE(second->failed());
  EXPECT_EQ(LastTick(), 2u);
  std::vector<std::optional<store::RecordState>> states;
  ASSERT_OK(store_->FindRecords({IdOf(2)}, &states));
  EXPECT_FALSE(states.at(0).has_value());
  ExpectHeadsVerify();
}

TEST_F(TickWriterTest, WithoutItsAuditEventNothingIsCommitted) {
  PutOne(writer_.get(), "a", 1);
  v1::AuditEvent bad;  // an ingest's event without pack
  bad.set_type(v1::INGEST_STARTED);
  writer_->Audit(bad);
  EXPECT_FALSE(writer_->Commit().ok());
  EXPECT_TRUE(writer_->failed());
  EXPECT_EQ(LastTick(), 1u);
  EXPECT_EQ(Streams().size(), 1u);
}

TEST_F(TickWriterTest, WhatNoOriginMayWriteIsNotCommitted) {
  using Spoil = std::function<void(TickWriter*, uint32_t stream)>;
  const std::pair<const char*, Spoil> kSpoils[] = {
      {"an item too long",
       [](TickWriter* w, uint32_t) {
         w->StreamFor(std::string(limits::kItemCodeBytesMax + 1, 'i'), v1::PUBLIC);
       }},
      {"a class that is not shared", [](TickWriter* w, uint32_t) { w->StreamFor("b", v1::LOCAL); }},
      {"a version 0", [](TickWriter* w, uint32_t s) { w->Retract(s, IdOf(1), 0, 5, 1, {}); }},
      {"a time before 1970",
       [](TickWriter* w, uint32_t s) { w->Retract(s, IdOf(1), 2, -1, 1, {}); }},
      {"a tombstone of nothing", [](TickWriter* w, uint32_t s) { w->Tombstone(s, {}, 5); }},
      {"a tombstone naming itself", [](TickWriter* w, uint32_t s) { w->Tombstone(s, {2}, 5); }}};
  for (const auto& [what, spoil] : kSpoils) {
    SCOPED_TRACE(what);
    std::unique_ptr<TickWriter> writer;
    Open(&writer);
    const EntryAt at = PutOne(writer.get(), "a", 1);
    ASSERT_EQ(at.seq, 1u);
    spoil(writer.get(), at.stream);
    EXPECT_CODE(Code::NOT_CANONICAL, writer->Commit());
    EXPECT_TRUE(writer->failed());
    EXPECT_EQ(LastTick(), 1u);
    EXPECT_EQ(Streams().size(), 1u);
  }
  const EntryAt at =
      PutOne(writer_.get(), std::string(limits::kItemCodeBytesMax, 'i'), 1);  // all sound
  writer_->Retract(at.stream, IdOf(1), 2, 5, 1, at);
  writer_->Tombstone(at.stream, {1, 2}, 5);
  EXPECT_OK(writer_->Commit());
  ExpectHeadsVerify();
}

TEST_F(TickWriterTest, AnAuditTextAtTheLimitAndBeyond) {
  v1::AuditEvent event = Exported();
  event.set_actor(std::string(limits::kAuditTextBytesMax, 'a'));
  writer_->Audit(event);
  EXPECT_OK(writer_->Commit());
  event.set_actor(std::string(limits::kAuditTextBytesMax + 1, 'a'));
  writer_->Audit(event);
  EXPECT_FALSE(writer_->Commit().ok());
}

TEST_F(TickWriterTest, EventsAreFilledIn) {
  writer_->Audit(Exported());
  ASSERT_OK(writer_->Commit());
  ASSERT_OK_AND_ASSIGN(const store::EntryPage page, store_->ReadEntries(kAuditStream, 2, 1));
  v1::AuditEvent event;
  ASSERT_TRUE(event.ParseFromString(std::string(page.entries.at(0).header)));
  EXPECT_EQ(event.actor(), "tester");
  EXPECT_EQ(event.at_us(), clock_.NowUs());
  EXPECT_EQ(event.outcome(), "OK");
  EXPECT_EQ(event.correlation_id().size(), kCorrelationBytes);
}

TEST_F(TickWriterTest, EverySaltIsDrawnAnew) {
  PutOne(writer_.get(), "a", 1);
  PutOne(writer_.get(), "a", 2);
  const uint32_t stream = writer_->StreamFor("a", v1::PUBLIC);
  ASSERT_OK(writer_->Commit());
  ASSERT_OK_AND_ASSIGN(const store::EntryPage page, store_->ReadEntries(stream, 1, 2));
  std::set<std::string> salts;
  for (const store::EntryView& entry : page.entries) {
    for (const std::string_view salt : entry.salts) salts.insert(std::string(salt));
  }
  EXPECT_EQ(salts.size(), 6u);
}

TEST_F(TickWriterTest, ScopesAndIngestsHaveNumbersOfTheirOwn) {
  const uint32_t a = writer_->ScopeFor("p", "i", "A");
  EXPECT_EQ(writer_->ScopeFor("p", "i", "A"), a);
  EXPECT_NE(writer_->ScopeFor("p", "i", "B"), a);
  EXPECT_NE(writer_->ScopeFor("q", "i", "A"), a);
  store::IngestRow row;
  row.number = writer_->next_ingest();
  writer_->SetIngest(row);
  EXPECT_EQ(writer_->next_ingest(), row.number + 1);
  EXPECT_FALSE(writer_->empty());
  PutOne(writer_.get(), "i", 1);
  ASSERT_OK(writer_->Commit());
  std::unique_ptr<TickWriter> later;
  Open(&later);
  EXPECT_EQ(later->ScopeFor("p", "i", "A"), a);
  EXPECT_EQ(later->next_ingest(), row.number + 1);
}

}  // namespace
}  // namespace tombolo::node
