// What only the SQLite store can get wrong of received streams: bytes left in the file, two
// writers.
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/contract/store_contract.h"
#include "tests/contract/temp_folder.h"

namespace tombolo::store {
namespace {

class SqliteReceivedTest : public testing::Test {
 protected:
  SqliteReceivedTest() {
    options_.path = folder_ / "store.db";
    options_.busy_timeout_ms = 50;
    options_.zstd_level = -1000;  // stores literally, so that a search of the file would find it
  }
  std::unique_ptr<Store> Open() {
    auto store = OpenSqliteStore(options_);
    EXPECT_TRUE(store.ok()) << Describe(store.status());
    return store.ok() ? std::move(*store) : nullptr;
  }
  // Is the text anywhere in the store's files?
  bool OnDisk(std::string_view text) {
    for (const char* suffix : {"", "-wal", "-journal"}) {
      std::ifstream file(options_.path + suffix, std::ios::binary);
      std::stringstream bytes;
      bytes << file.rdbuf();
      if (bytes.str().find(text) != std::string::npos) return true;
    }
    return false;
  }

  TempFolder folder_;
  SqliteOptions options_;
};

// A stream of another origin whose entry 2 is about somebody.
Tick ReceivedTick(const std::string& canary) {
  Tick tick;
  tick.new_streams = {OthersStream(5)};
  AddReceived(AppendOf(5, 0, {OthersPut("before", 7), OthersPut(canary, 7), OthersPut("z", 3)}),
              &tick);
  tick.records = {RecordOf(2, 1, 5, 2)};
  return tick;
}

TEST_F(SqliteReceivedTest, DroppedLayersAreGoneFromTheFiles) {
  auto store = Open();
  const std::string canary = "Wang Xiaoming 310104";
  ASSERT_OK(store->Commit(ReceivedTick(canary)));
  for (uint64_t i = 3; i < 40; ++i) {
    Tick next;
    AddReceived(AppendOf(5, i, {OthersPut("after", 1)}), &next);
    ASSERT_OK(store->Commit(next));
  }
  const std::string there[] = {absl::StrCat(canary, 0), absl::StrCat(canary, 1),
                               absl::StrCat(canary, 2)};
  for (const std::string& layer : there) ASSERT_TRUE(OnDisk(layer));
  Tick drop;
  drop.received.drops = {{5, 6}};
  ASSERT_OK(store->Commit(drop));
  EXPECT_TRUE(OnDisk(there[0]));
  EXPECT_FALSE(OnDisk(there[1]));
  EXPECT_FALSE(OnDisk(there[2]));
  EXPECT_FALSE(OnDisk(std::string(16, 'b'))) << "the salt of a dropped layer";
}

TEST_F(SqliteReceivedTest, ForgottenStreamIsGoneFromTheFiles) {
  for (size_t delta_rows_max : {size_t{1}, size_t{1000}}) {
    options_.path = folder_ / absl::StrCat("store", delta_rows_max, ".db");
    options_.delta_rows_max = delta_rows_max;
    auto store = Open();
    const std::string canary = "Wang Xiaoming 310104";
    const RecordState record = RecordOf(2, 1, 5, 2);
    ASSERT_OK(store->Commit(ReceivedTick(canary)));
    ASSERT_TRUE(OnDisk(canary));
    ASSERT_TRUE(OnDisk(record.digest.view()));
    Tick forget;
    forget.received.drops = {{5, 7}};
    ASSERT_OK(store->Commit(forget));
    EXPECT_FALSE(OnDisk(canary));
    EXPECT_FALSE(OnDisk(record.digest.view())) << delta_rows_max;
    EXPECT_TRUE(store->FindBySubject(record.subject)->empty());
  }
}

Tick OwnTick() {
  Tick tick;
  tick.new_streams = {NewStream(1)};
  tick.appends = {AppendOf(1, 0, {PutEntry("a")})};
  return tick;
}

TEST_F(SqliteReceivedTest, LockKeepsOthersOut) {
  auto one = Open();
  auto two = Open();
  ASSERT_OK(one->Lock());
  EXPECT_CODE(STORE_BUSY, two->Lock());
  EXPECT_CODE(STORE_BUSY, two->Commit(OwnTick()));
  one->Unlock();
  ASSERT_OK(two->Commit(OwnTick()));
  // What another one has committed is seen under the lock, and can be gone on from.
  ASSERT_OK(one->Lock());
  ASSERT_EQ(one->Streams()->at(0).size, 1u);
  EXPECT_EQ(*one->StreamsChangedSince(0), (std::vector<uint32_t>{1}));
  Tick next;
  next.appends = {AppendOf(1, 1, {PutEntry("b")})};
  ASSERT_OK(one->Commit(next));
  EXPECT_EQ(two->Streams()->at(0).size, 2u);
  options_.mode = OpenMode::kReadOnly;
  EXPECT_CODE(INTERNAL, Open()->Lock());
}

}  // namespace
}  // namespace tombolo::store
