// What only the SQLite store can get wrong: files, other processes, disks.
#include "gateway/store/sqlite/sqlite_store.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/store/sqlite/schema.h"
#include "gateway/store/sqlite/sqlite_db.h"
#include "tests/contract/store_contract.h"
#include "tests/contract/temp_folder.h"

namespace tombolo::store {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() {
    options_.path = folder_ / "store.db";
    options_.busy_timeout_ms = 50;
  }
  std::unique_ptr<Store> Open() {
    auto store = OpenSqliteStore(options_);
    EXPECT_TRUE(store.ok()) << Describe(store.status());
    return store.ok() ? std::move(*store) : nullptr;
  }
  Status OpenStatus() { return OpenSqliteStore(options_).status(); }
  void RunSql(const std::string& sql) {
    Db db;
    ASSERT_OK(db.Open(options_.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0));
    ASSERT_OK(db.Exec(sql));
  }
  // Is the text anywhere in the store's files?
  bool OnDisk(std::string_view text) {
    for (const char* suffix : {"", "-wal", "-journal"}) {
      if (ReadFile(options_.path + suffix).find(text) != std::string::npos) return true;
    }
    return false;
  }

  TempFolder folder_;
  SqliteOptions options_;
};

Tick StreamTick(const std::vector<std::string>& entries) {
  Tick tick;
  tick.new_streams = {NewStream(1)};
  tick.appends = {AppendOf(1, 0, entries)};
  return tick;
}

// A tick whose number can be told from each of its parts.
Tick NumberedTick(uint64_t n) {
  Tick tick;
  if (n == 1) tick.new_streams = {NewStream(1)};
  tick.appends = {AppendOf(1, (n - 1) * 3,
                           {PutEntry(absl::StrCat("a", n)), PutEntry(absl::StrCat("b", n)),
                            PutEntry(absl::StrCat("c", n))})};
  for (uint64_t i = 0; i < 3; ++i) tick.records.push_back(RecordOf(n * 3 + i, 1, 1, n * 3 - 2 + i));
  tick.checkpoint = CheckpointRow{n, 1, absl::StrCat("body", n), "signature"};
  return tick;
}

// Beside it a page that came from another node, with its cursor, gap, receipt and a document.
Tick NumberedTickOfTwo(uint64_t n) {
  Tick tick = NumberedTick(n);
  if (n == 1) tick.new_streams.push_back(OthersStream(5));
  AddReceived(AppendOf(5, n - 1, {OthersPut(absl::StrCat("theirs", n), 1)}), &tick);
  tick.received.cursors = {{"peer", 5, 0, absl::StrCat("cursor", n)}};
  tick.received.gaps = {{5, n, 2}};
  tick.received.receipts = {{"peer", true, n, "receipt"}};
  tick.received.documents = {{1, "owner", n, false, "document", "digest"}};
  if (n > 1) tick.received.fills = {FillOf(5, n - 1, 1, absl::StrCat("theirs", n - 1))};
  return tick;
}

// All of tick `last` is there, and nothing of a later one.
void ExpectReceivedOf(Store* store, uint64_t last) {
  EXPECT_EQ(store->Streams()->at(1).size, last);
  EXPECT_EQ(store->ReceivedStreams()->at(0).proved_size, last);
  EXPECT_EQ(store->ReceivedStreams()->at(0).incomplete, last);
  EXPECT_EQ(store->Cursors("peer")->at(0).token, absl::StrCat("cursor", last));
  EXPECT_EQ(store->Gaps(5, 0, 100000)->size(), last);
  EXPECT_EQ((*store->LastReceipt("peer", true))->number, last);
  EXPECT_EQ(store->Documents()->at(0).version, last);
  EXPECT_EQ(*store->CommitCount(), last);
  const EntryPage page = *store->ReadEntries(5, 1, limits::kPageEntriesMax);
  ASSERT_EQ(page.entries.size(), last);
  for (const EntryView& entry : page.entries) {
    EXPECT_EQ(ShownLayers(entry), entry.seq == last ? 1 : 3) << entry.seq;
  }
}

// --- opening
TEST_F(SqliteStoreTest, MissingStoreIsNotMadeUnlessAsked) {
  for (OpenMode mode : {OpenMode::kReadWrite, OpenMode::kReadOnly}) {
    options_.mode = mode;
    EXPECT_CODE(NOT_FOUND, OpenStatus());
    EXPECT_EQ(access(options_.path.c_str(), F_OK), -1);
  }
}

TEST_F(SqliteStoreTest, EmptyFileIsNoStoreUnlessAsked) {
  WriteFile(options_.path, "");
  options_.mode = OpenMode::kReadWrite;
  EXPECT_CODE(NOT_FOUND, OpenStatus());
  options_.mode = OpenMode::kCreate;
  EXPECT_TRUE(OpenStatus().ok());
}

TEST_F(SqliteStoreTest, MissingFolder) {
  options_.path = folder_ / "no/such/store.db";
  EXPECT_CODE(NOT_FOUND, OpenStatus());
}

TEST_F(SqliteStoreTest, FolderInsteadOfFile) {
  options_.path = folder_.path();
  EXPECT_CODE(IO_ERROR, OpenStatus());
}

TEST_F(SqliteStoreTest, AnotherProgramsFiles) {
  WriteFile(options_.path, "id,name\n1,text that is no database at all, but long enough\n");
  EXPECT_CODE(STORE_CORRUPT, OpenStatus());
  WriteFile(options_.path, "");
  RunSql("create table t(x)");
  EXPECT_CODE(STORE_CORRUPT, OpenStatus());
}

TEST_F(SqliteStoreTest, NewerAndOlderSchema) {
  Open();
  RunSql(absl::StrCat("pragma user_version=", kSchemaVersion + 1));
  Status status = OpenStatus();
  EXPECT_CODE(SCHEMA_UNSUPPORTED, status);
  EXPECT_NE(Describe(status).find("newer"), std::string::npos) << Describe(status);
  RunSql("pragma user_version=0");
  status = OpenStatus();
  EXPECT_CODE(SCHEMA_UNSUPPORTED, status);
  EXPECT_NE(Describe(status).find("older"), std::string::npos) << Describe(status);
}

TEST_F(SqliteStoreTest, ReadOnlyReadsAndRefusesToCommit) {
  const std::string written = [&] {
    auto store = Open();
    EXPECT_TRUE(store->Commit(NumberedTick(1)).ok());
    return DumpOf(store.get());
  }();
  options_.mode = OpenMode::kReadOnly;
  auto store = Open();
  EXPECT_EQ(DumpOf(store.get()), written);
  EXPECT_CODE(INTERNAL, store->Commit(NumberedTick(2)));
  EXPECT_EQ(DumpOf(store.get()), written);
}

TEST_F(SqliteStoreTest, CommitInsideAScanIsRefused) {
  auto store = Open();
  ASSERT_OK(store->Commit(NumberedTick(1)));
  ASSERT_OK(store->ScanRecords([&](const RecordState&) {
    EXPECT_CODE(INTERNAL, store->Commit(NumberedTick(2)));
    return true;
  }));
  ASSERT_OK(store->Commit(NumberedTick(2)));
}

// --- several at once
TEST_F(SqliteStoreTest, BusyAfterABoundedWait) {
  auto store = Open();
  Db other;
  ASSERT_OK(other.Open(options_.path, SQLITE_OPEN_READWRITE, 0));
  ASSERT_OK(other.Exec("begin immediate"));
  const std::string before = DumpOf(store.get());  // reading goes on
  EXPECT_CODE(STORE_BUSY, store->Commit(NumberedTick(1)));
  ASSERT_OK(other.Exec("rollback"));
  EXPECT_EQ(before, DumpOf(store.get()));
  EXPECT_TRUE(store->Commit(NumberedTick(1)).ok());
}

TEST(WaitBeforeLookUs, OftenAndNotLongerThanAsked) {
  for (const int timeout_ms : {0, 1, 50, 100, 10000}) {
    int64_t waited_us = 0;
    int looks = 0;
    for (int wait_us = 0; (wait_us = WaitBeforeLookUs(looks, timeout_ms)) != 0; ++looks) {
      ASSERT_LE(wait_us, looks < 100 ? 250 : 1000);
      waited_us += wait_us;
    }
    EXPECT_EQ(waited_us, int64_t{timeout_ms} * 1000);
  }
}

TEST_F(SqliteStoreTest, TwoWritersAreFencedBySize) {
  for (size_t delta_rows_max : {size_t{1}, size_t{1000}}) {
    options_.path = folder_ / absl::StrCat("store", delta_rows_max, ".db");
    options_.delta_rows_max = delta_rows_max;
    auto first = Open();
    auto second = Open();
    for (uint64_t n = 1; n <= 30; n += 2) {
      ASSERT_OK(first->Commit(NumberedTick(n)));
      EXPECT_CODE(STORE_CONFLICT, second->Commit(NumberedTick(n)));
      ASSERT_OK(second->Commit(NumberedTick(n + 1)));
      ASSERT_EQ(DumpOf(first.get()), DumpOf(second.get()));
    }
  }
}

TEST_F(SqliteStoreTest, ReaderHoldsUpTheLogButNobodyElse) {
  options_.wal_bytes_max = 100000;
  auto writer = Open();
  ASSERT_OK(writer->Commit(NumberedTick(1)));
  auto reader = Open();
  uint64_t n = 1;
  ASSERT_OK(reader->ScanRecords([&](const RecordState&) {
    for (int i = 0; i < 30; ++i) EXPECT_TRUE(writer->Commit(NumberedTick(++n)).ok());
    return true;
  }));
  EXPECT_EQ(DumpOf(writer.get()), DumpOf(reader.get()));
}

TEST_F(SqliteStoreTest, LogStaysBounded) {
  options_.wal_bytes_max = 500000;
  auto store = Open();
  for (uint64_t n = 1; n <= 300; ++n) {
    ASSERT_OK(store->Commit(NumberedTick(n)));
    ASSERT_LT(ReadFile(options_.path + "-wal").size(), 2 * options_.wal_bytes_max) << n;
  }
}

// --- disks
TEST_F(SqliteStoreTest, FullDiskRefusesThenGoesOn) {
  options_.pages_max = 60;
  auto store = Open();
  Status status;
  uint64_t n = 0;
  std::string before;
  std::string noise(20000, ' ');
  std::mt19937 random(1);
  while (status.ok() && n < 1000) {
    before = DumpOf(store.get());
    for (char& c : noise) c = static_cast<char>(random());
    Tick tick = NumberedTick(++n);
    tick.quarantine_add = {QuarantinedRow(n, noise)};
    status = store->Commit(tick);
  }
  EXPECT_CODE(DISK_FULL, status);
  EXPECT_EQ(before, DumpOf(store.get()));
  EXPECT_CODE(DISK_FULL, store->Commit([&] {
    Tick tick = NumberedTick(n);
    tick.quarantine_add = {QuarantinedRow(n, noise)};
    return tick;
  }()));
  // The same object goes on when there is room again.
  Tick make_room;
  for (uint64_t id = 1; id < n; ++id) make_room.quarantine_remove.push_back(id);
  ASSERT_OK(store->Commit(make_room));
  ASSERT_OK(store->Commit(NumberedTick(n)));
}

// What reads back must be what was written, or an error must say that it is not.
void ExpectSoundOrCorrupt(Store* store, uint64_t ticks, int* noticed) {
  std::vector<RecordId> ids;
  for (uint64_t n = 3; n < ticks * 3 + 3; ++n) ids.push_back(IdOf(n));
  std::vector<std::optional<RecordState>> states;
  const Status found = store->FindRecords(ids, &states);
  if (!found.ok()) {
    EXPECT_CODE(STORE_CORRUPT, found);
    ++*noticed;
  } else {
    for (uint64_t n = 3; n < ticks * 3 + 3; ++n) {
      ASSERT_EQ(states[n - 3], RecordOf(n, 1, 1, n - 2)) << n;
    }
  }
  auto page = store->ReadEntries(1, 1, ticks * 3);
  if (!page.ok()) {
    EXPECT_CODE(STORE_CORRUPT, page.status());
    ++*noticed;
  } else {
    const std::vector<std::string> texts = TextsOf(*page);
    for (size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(texts[i], absl::StrCat(std::string(1, "abc"[i % 3]), i / 3 + 1));
    }
  }
}

TEST_F(SqliteStoreTest, FlippedBytesAreNoticedOrHarmless) {
  constexpr uint64_t kTicks = 150;
  options_.delta_rows_max = 1;  // rows in runs: those have checks
  options_.page_bytes = 4096;
  {
    auto store = Open();
    for (uint64_t n = 1; n <= kTicks; ++n) ASSERT_OK(store->Commit(NumberedTick(n)));
  }
  const std::string sound = ReadFile(options_.path);
  std::mt19937 random(7);
  int noticed = 0;
  for (int round = 0; round < 400; ++round) {
    std::string damaged = sound;
    const size_t at = random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    WriteFile(options_.path, damaged);
    SCOPED_TRACE(absl::StrCat("byte ", at));
    options_.mode = OpenMode::kReadOnly;
    auto store = OpenSqliteStore(options_);
    if (!store.ok()) {
      EXPECT_NE(NameOf(CodeOf(store.status())), "INTERNAL") << Describe(store.status());
      ++noticed;
      continue;
    }
    ASSERT_NO_FATAL_FAILURE(ExpectSoundOrCorrupt(store->get(), kTicks, &noticed));
  }
  EXPECT_GT(noticed, 20);
}

TEST_F(SqliteStoreTest, TruncatedFileIsNoticed) {
  {
    auto store = Open();
    for (uint64_t n = 1; n <= 50; ++n) ASSERT_OK(store->Commit(NumberedTick(n)));
  }
  const std::string sound = ReadFile(options_.path);
  for (size_t part = 1; part < 8; ++part) {
    WriteFile(options_.path, sound.substr(0, sound.size() * part / 8));
    auto store = OpenSqliteStore(options_);
    Status status = store.status();
    if (store.ok()) status = (*store)->ReadEntries(1, 1, 1000).status();
    EXPECT_CODE(STORE_CORRUPT, status);
  }
}

// --- erasing
TEST_F(SqliteStoreTest, ErasedContentIsGoneFromTheFiles) {
  options_.zstd_level = -1000;  // stores literally, so that a search of the file would find it
  for (size_t delta_rows_max : {size_t{1}, size_t{1000}}) {
    options_.path = folder_ / absl::StrCat("store", delta_rows_max, ".db");
    options_.delta_rows_max = delta_rows_max;
    auto store = Open();
    const std::string canary = "Wang Xiaoming 310104";
    Tick tick = StreamTick({PutEntry("before"), PutEntry(canary)});
    tick.records = {RecordOf(1, 1, 1, 1), RecordOf(2, 1, 1, 2)};
    ASSERT_OK(store->Commit(tick));
    // Small ticks join the block again and again, large ones merge the index's runs.
    for (uint64_t i = 3; i < 40; ++i) {
      Tick next;
      next.appends = {AppendOf(1, i - 1, {PutEntry("after")})};
      next.records = {RecordOf(i, 1, 1, i)};
      ASSERT_OK(store->Commit(next));
    }
    ASSERT_TRUE(OnDisk(canary));
    ASSERT_TRUE(OnDisk(RecordOf(2, 1, 1, 2).digest.view()));
    Tick erase;
    erase.redactions = {{1, 2, Form::kErased, std::string(32, 'e')}};
    erase.records = {RecordOf(2, 2, 1, 2)};
    erase.records[0].present = false;
    erase.records[0].digest = ContentDigest();
    ASSERT_OK(store->Commit(erase));
    EXPECT_FALSE(OnDisk(canary)) << delta_rows_max;
    EXPECT_FALSE(OnDisk(RecordOf(2, 1, 1, 2).digest.view())) << delta_rows_max;
    EXPECT_TRUE(OnDisk("before"));
    EXPECT_EQ(store->ReadEntries(1, 2, 1)->entries[0].form, Form::kErased);
    EXPECT_TRUE(store->FindBySubject(SubjectOf(1))->size() == 1);
  }
}

TEST_F(SqliteStoreTest, RowLeavingQuarantineIsGoneFromTheFile) {
  const std::string canary = "Li Xiaohong 310105";
  {
    auto store = Open();
    Tick tick;
    tick.quarantine_add = {QuarantinedRow(1, canary)};
    ASSERT_OK(store->Commit(tick));
    ASSERT_TRUE(OnDisk(canary));
    Tick resolve;
    resolve.quarantine_resolve_keys = {QuarantinedRow(1, "").row_key};
    ASSERT_OK(store->Commit(resolve));
  }
  EXPECT_FALSE(OnDisk(canary));
}

// --- kill -9
// Commits numbered ticks for ever, and says each number when its commit has returned.
[[noreturn]] void CommitUntilKilled(const SqliteOptions& options, int acks) {
  auto store = OpenSqliteStore(options);
  if (!store.ok()) _exit(2);
  auto last = (*store)->LastCheckpoint();
  if (!last.ok()) _exit(3);
  for (uint64_t n = *last ? (*last)->tick + 1 : 1;; ++n) {
    if (!(*store)->Commit(NumberedTickOfTwo(n)).ok()) _exit(4);
    if (write(acks, &n, sizeof(n)) != sizeof(n)) _exit(5);
  }
}

TEST_F(SqliteStoreTest, KilledWhileCommittingLosesNothingAcknowledged) {
  options_.delta_rows_max = 20;
  options_.wal_bytes_max = 100000;  // checkpoints now and then
  std::mt19937 random(3);
  uint64_t acked = 0;
  for (int round = 0; round < 10; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) CommitUntilKilled(options_, pipe_ends[1]);
    close(pipe_ends[1]);
    const uint64_t wanted = acked + 1 + random() % 40;
    while (acked < wanted && read(pipe_ends[0], &acked, sizeof(acked)) == sizeof(acked)) {
    }
    kill(child, SIGKILL);
    // What it said before it died counts too.
    while (read(pipe_ends[0], &acked, sizeof(acked)) == sizeof(acked)) {
    }
    close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    ASSERT_GE(acked, wanted);
    auto store = Open();
    const uint64_t last = store->LastCheckpoint()->value().tick;
    ASSERT_GE(last, acked);
    ASSERT_LE(last, acked + 1);
    ASSERT_EQ(store->Streams()->at(0).size, last * 3);
    EXPECT_EQ(store->Count()->records_present, last * 3);
    int noticed = 0;
    ASSERT_NO_FATAL_FAILURE(ExpectSoundOrCorrupt(store.get(), last, &noticed));
    EXPECT_EQ(noticed, 0);
    ASSERT_NO_FATAL_FAILURE(ExpectReceivedOf(store.get(), last));
  }
}

}  // namespace
}  // namespace tombolo::store
