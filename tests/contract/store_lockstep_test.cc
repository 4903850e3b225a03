// The two stores, given the same thousands of small random ticks, tell the same at every step.
#include <random>

#include "absl/strings/str_cat.h"
#include "gateway/store/memory/memory_store.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/contract/store_contract.h"
#include "tests/contract/temp_folder.h"

namespace tombolo::store {
namespace {

// Makes ticks that are mostly right, from its own memory of what was accepted.
class TickMaker {
 public:
  explicit TickMaker(uint32_t seed) : random_(seed) {}

  size_t Pick(size_t below) { return random_() % below; }

  Tick Next() {
    Tick tick;
    sizes_next_ = sizes_;
    versions_next_ = versions_;
    tick_next_ = tick_;
    if (sizes_.size() < 2 || (sizes_.size() < 8 && Pick(40) == 0)) {
      const uint32_t number = static_cast<uint32_t>(sizes_.size() + 1);
      tick.new_streams.push_back(NewStream(number, number % 2 == 0 ? 48 : 32));
      sizes_next_[number] = 0;
    }
    for (size_t i = Pick(3); i > 0; --i) AddAppend(&tick);
    AddRedactions(&tick);
    for (size_t i = Pick(4); i > 0; --i) {
      tick.quarantine_add.push_back(QuarantinedRow(Pick(30), absl::StrCat("raw ", Pick(1000))));
    }
    if (Pick(4) == 0) tick.quarantine_remove.push_back(Pick(60));
    if (Pick(4) == 0) {
      tick.quarantine_resolve_keys.push_back(QuarantinedRow(Pick(30), "").row_key);
    }
    if (Pick(2) == 0) tick.checkpoint = CheckpointRow{++tick_next_, 1, "body", "signature"};
    if (Pick(20) == 0) Spoil(&tick);
    return tick;
  }
  void Accepted() {
    sizes_ = sizes_next_;
    versions_ = versions_next_;
    tick_ = tick_next_;
  }

 private:
  void AddAppend(Tick* tick) {
    const uint32_t stream = static_cast<uint32_t>(1 + Pick(sizes_next_.size()));
    for (const StreamAppend& append : tick->appends) {
      if (append.stream == stream) return;
    }
    const size_t hash_bytes = stream % 2 == 0 ? 48 : 32;
    std::vector<std::string> entries;
    const size_t count = Pick(30) == 0 ? 200 : 1 + Pick(4);
    for (size_t i = 0; i < count; ++i) {
      const std::string text = absl::StrCat(std::string(Pick(60), 'p'), random_());
      entries.push_back(Pick(9) == 0 ? RetractEntry(text) : PutEntry(text, hash_bytes));
      RecordState record = RecordOf(Pick(500), 0, stream, sizes_next_[stream] + i + 1);
      record.version = ++versions_next_[record.id];
      record.subject = Pick(6) == 0 ? SubjectKey() : SubjectOf(Pick(40));
      record.present = Pick(5) != 0;
      record.multi = Pick(3) == 0;
      if (!record.present) record.digest = ContentDigest();
      tick->records.push_back(record);
    }
    tick->appends.push_back(AppendOf(stream, sizes_next_[stream], entries));
    sizes_next_[stream] += count;
  }

  void AddRedactions(Tick* tick) {
    if (Pick(6) != 0) return;
    for (size_t i = Pick(5); i > 0; --i) {
      const uint32_t stream = static_cast<uint32_t>(1 + Pick(sizes_next_.size()));
      const size_t hash_bytes = stream % 2 == 0 ? 48 : 32;
      if (sizes_next_[stream] == 0) continue;
      const uint64_t seq = 1 + Pick(sizes_next_[stream]);
      // A stub of a retraction or of an erased entry is refused, by both.
      const bool stub = Pick(8) == 0;
      tick->redactions.push_back({stream, seq, stub ? Form::kStub : Form::kErased,
                                  std::string(stub ? 3 * hash_bytes : hash_bytes, 'h')});
    }
  }

  void Spoil(Tick* tick) {
    if (!tick->appends.empty() && Pick(2) == 0) {
      tick->appends.back().expected_size += 1;
    } else if (!tick->records.empty()) {
      tick->records.back().version = 1;
    } else {
      tick->checkpoint = CheckpointRow{tick_ + 2, 1, "", ""};
    }
  }

  std::mt19937 random_;
  std::map<uint32_t, uint64_t> sizes_, sizes_next_;
  std::map<RecordId, uint64_t> versions_, versions_next_;
  uint64_t tick_ = 0, tick_next_ = 0;
};

std::unique_ptr<Store> OpenSmall(const std::string& path, size_t delta_rows_max) {
  SqliteOptions options;
  options.path = path;
  // Small, so that blocks are joined and cut and runs made and merged all the time.
  options.page_bytes = 1024;
  options.block_bytes = 2000;
  options.delta_rows_max = delta_rows_max;
  options.wal_bytes_max = 200000;
  auto store = OpenSqliteStore(options);
  EXPECT_TRUE(store.ok()) << Describe(store.status());
  return store.ok() ? std::move(*store) : nullptr;
}

void ExpectSameSearches(Store* one, Store* other, TickMaker* maker) {
  std::vector<RecordId> ids;
  for (uint64_t n = 0; n < 520; n += 1 + maker->Pick(9)) ids.push_back(IdOf(n));
  std::vector<std::optional<RecordState>> first, second;
  ASSERT_OK(one->FindRecords(ids, &first));
  ASSERT_OK(other->FindRecords(ids, &second));
  ASSERT_TRUE(first == second);
  const SubjectKey subject = SubjectOf(maker->Pick(42));
  ASSERT_TRUE(*one->FindBySubject(subject) == *other->FindBySubject(subject));
}

class StoreLockstep : public testing::TestWithParam<size_t> {};

TEST_P(StoreLockstep, ThousandsOfSmallTicks) {
  constexpr int kTicks = 700;
  TempFolder folder;
  const std::string path = folder / "store.db";
  std::unique_ptr<Store> memory = MakeMemoryStore();
  std::unique_ptr<Store> sqlite = OpenSmall(path, GetParam());
  std::unique_ptr<Store> reader = OpenSmall(path, GetParam());
  TickMaker maker(static_cast<uint32_t>(GetParam()));
  int accepted = 0;
  for (int i = 0; i < kTicks; ++i) {
    const Tick tick = maker.Next();
    const Status expected = memory->Commit(tick);
    const Status status = sqlite->Commit(tick);
    ASSERT_EQ(NameOf(CodeOf(expected)), NameOf(CodeOf(status)))
        << i << ": " << Describe(expected) << " / " << Describe(status);
    if (status.ok()) {
      maker.Accepted();
      ++accepted;
    }
    ASSERT_NO_FATAL_FAILURE(ExpectSameSearches(memory.get(), sqlite.get(), &maker)) << i;
    if (i % 10 == 0) {
      ASSERT_NO_FATAL_FAILURE(ExpectSameSearches(memory.get(), reader.get(), &maker)) << i;
    }
    if (i % 250 == 0) {
      ASSERT_EQ(DumpOf(memory.get()), DumpOf(sqlite.get())) << i;
    }
    if (maker.Pick(200) == 0) {
      sqlite.reset();
      sqlite = OpenSmall(path, GetParam());
    }
  }
  EXPECT_EQ(DumpOf(memory.get()), DumpOf(sqlite.get()));
  EXPECT_EQ(DumpOf(memory.get()), DumpOf(reader.get()));
  // Most ticks must have done something, some must have been refused.
  EXPECT_GT(accepted, kTicks / 2);
  EXPECT_LT(accepted, kTicks);
}

// Every tick a run; a run every few ticks; trees alone.
INSTANTIATE_TEST_SUITE_P(DeltaRows, StoreLockstep, testing::Values(1, 25, 100000));

}  // namespace
}  // namespace tombolo::store
