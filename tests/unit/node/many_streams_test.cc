// A province's hub holds streams of thousands of towns: what one of them costs when it moves does
// not grow with how many there are. Counted in steps of SQLite's loops, so no clock decides.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "gateway/node/share.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/node/exchange_node.h"
#include "tests/unit/node/received_sample.h"

namespace tombolo::node {
namespace {

uint64_t sqlite_steps = 0;

int CountStep(void*) {
  ++sqlite_steps;
  return 0;
}

int CountStepsOf(sqlite3* db, char**, const sqlite3_api_routines*) {
  sqlite3_progress_handler(db, 1, CountStep, nullptr);
  return SQLITE_OK;
}

// Every connection opened during its life counts.
class StepCounter {
 public:
  StepCounter() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(CountStepsOf)); }
  ~StepCounter() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(CountStepsOf)); }
};

void AddTowns(store::Store* store, uint32_t towns) {
  ledger::EntryHasher hasher(v1::SHA256_ED25519);
  store::Tick tick;
  for (uint32_t i = 0; i < towns; ++i) {
    v1::StreamDescriptor descriptor;
    descriptor.set_kind(v1::RECORDS);
    descriptor.set_origin(kOtherOrigin);
    descriptor.set_item("item-" + std::to_string(i));
    descriptor.set_sharing_class(v1::PUBLIC);
    descriptor.set_generation(1);
    store::StreamState stream;
    stream.number = limits::kReceivedNumbersFrom + 2 + i;
    stream.descriptor = *ledger::EncodeDescriptor(descriptor);
    stream.stream_id = hasher.StreamId(stream.descriptor).str();
    stream.epoch = 1;
    stream.compact_range = ledger::CompactRange(HashKind::kSha256).Serialise();
    store::ReceivedStream row;
    row.stream = stream.number;
    row.next_seq = {1, 0, 0};
    tick.new_streams.push_back(std::move(stream));
    tick.received.streams.push_back(std::move(row));
  }
  ASSERT_OK(store->Commit(tick));
}

// Steps that one received record takes at a node that holds so many streams: stored, found to be
// handed on, its page made, and taken in by a writer beside.
void CountMove(uint32_t towns, uint64_t* steps) {
  testing::TempDir dir;
  testing::FakeClock clock;
  store::SqliteOptions options;
  options.path = dir.File("store.db");
  ASSERT_OK_AND_ASSIGN(auto store, store::OpenSqliteStore(options));
  ExchangeNode hub("hub", std::move(store), &clock);
  hub.Put(1);
  hub.Commit();
  ASSERT_NO_FATAL_FAILURE(AddTowns(hub.store.get(), towns));
  ASSERT_OK_AND_ASSIGN(const auto receiving, TickWriter::Open(hub.context));
  ASSERT_OK_AND_ASSIGN(hub.writer, TickWriter::Open(hub.context));
  const auto own = hub.Carried();
  ASSERT_EQ(own.size(), 1u);
  exchange::WantPage want;
  want.stream = own[0].number;
  want.layers = kPublicLayer;
  want.from_seq = want.to_size = 1;
  ASSERT_OK(hub.maker.Make(want, kToday));  // knows from here on what changes
  ASSERT_OK_AND_ASSIGN(const uint64_t since, hub.store->CommitCount());

  sqlite_steps = 0;
  want.stream = ReceiveOne(receiving.get(), store::kAllLayers, hub.IdOf(77));
  receiving->tick().received.streams.back().proved_size = 1;
  ASSERT_OK(receiving->Commit());
  const auto carried = hub.Carried(since);
  ASSERT_EQ(carried.size(), 1u);
  EXPECT_EQ(carried[0].number, want.stream);
  ASSERT_OK_AND_ASSIGN(const auto page, hub.maker.Make(want, kToday));
  EXPECT_NE(page, nullptr);
  v1::AuditEvent event;
  event.set_type(v1::RECORDS_EXPORTED);
  hub.writer->Audit(std::move(event));
  ASSERT_OK(hub.writer->Commit());
  EXPECT_TRUE(hub.Carried(since + 1).empty());  // only the audit log moved
  *steps = sqlite_steps;
}

TEST(ManyStreamsTest, OneThatMovesCostsTheSameAmongHowManySoever) {
  const StepCounter counter;
  uint64_t among_few = 0, among_many = 0;
  ASSERT_NO_FATAL_FAILURE(CountMove(100, &among_few));
  ASSERT_NO_FATAL_FAILURE(CountMove(10000, &among_many));
  EXPECT_GT(among_few, 0u);
  EXPECT_LT(among_many, 2 * among_few);
  RecordProperty("steps_among_100", std::to_string(among_few));
  RecordProperty("steps_among_10000", std::to_string(among_many));
}

}  // namespace
}  // namespace tombolo::node
