// Runs against a std::map, with pages of a few rows so that borders are met all the time.
#include "gateway/store/sqlite/sorted_runs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gateway/store/sqlite/key_filter.h"
#include "gateway/store/sqlite/schema.h"

namespace tombolo::store {
namespace {

constexpr size_t kRowBytes = 24;
constexpr size_t kKeyBytes = 16;

class SortedRunsTest : public testing::Test {
 protected:
  void SetUp() override {
    SqliteOptions options;
    options.page_bytes = 512;
    options.path = ":memory:";
    Must(db_.Open(options.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0));
    Must(PrepareSchema(&db_, options));
    Must(pool_.Open(&db_, true));
    Must(runs_.Open(&db_, true, &pool_, 1, kRowBytes, kKeyBytes));
    Must(runs_.Load());
  }
  static void Must(const Status& status) { ASSERT_TRUE(status.ok()) << Describe(status); }

  // Keys share their first eight bytes or not, as `n` is below or above 1000.
  static std::string Key(uint64_t n) {
    std::string key(kKeyBytes, n < 1000 ? 'a' : 'b');
    const size_t at = n < 1000 ? kKeyBytes - 4 : 2;
    for (size_t i = 0; i < 4; ++i) key[at + i] = static_cast<char>(n >> (8 * (3 - i)));
    return key;
  }
  void Add(const std::map<std::string, std::string>& rows) {
    std::string bytes;
    for (const auto& [key, value] : rows) {
      bytes += key + value;
      model_[key] = value;
    }
    Must(pool_.Load());
    Must(runs_.Add(bytes));
    Must(pool_.Save());
  }
  static std::string Value(uint64_t n) {
    std::string value(kRowBytes - kKeyBytes, '\0');
    std::memcpy(value.data(), &n, sizeof(n));
    return value;
  }
  void ExpectModel(SortedRuns* runs, uint64_t keys) {
    std::string wanted;
    std::vector<std::string> names;
    for (uint64_t n = 0; n < keys; ++n) names.push_back(Key(n));
    std::sort(names.begin(), names.end());
    std::vector<uint32_t> open;
    for (const std::string& name : names) {
      open.push_back(static_cast<uint32_t>(open.size()));
      wanted += name;
    }
    std::map<std::string, std::string> found;
    Must(runs->Find(wanted.data(), kKeyBytes, &open, [&](uint32_t i, const char* row) {
      EXPECT_EQ(std::string(row, kKeyBytes), names[i]);
      found[names[i]] = std::string(row + kKeyBytes, kRowBytes - kKeyBytes);
    }));
    EXPECT_EQ(found, model_);
    EXPECT_EQ(open.size() + found.size(), names.size());
  }

  Db db_;
  PagePool pool_;
  SortedRuns runs_;
  std::map<std::string, std::string> model_;
};

TEST(KeyFilterTest, HasAllThatWasAddedAndLittleElse) {
  std::mt19937_64 random(7);
  const auto key = [&random] {
    std::string bytes(KeyFilter::kKeyBytesMin, '\0');
    for (size_t i = 0; i < bytes.size(); i += 8) {
      const uint64_t word = random();
      std::memcpy(bytes.data() + i, &word, sizeof word);
    }
    return bytes;
  };
  constexpr int kKeys = 20000;
  KeyFilter made(kKeys);
  std::vector<std::string> keys;
  for (int i = 0; i < kKeys; ++i) {
    keys.push_back(key());
    made.Add(keys.back().data());
  }
  KeyFilter filter;
  EXPECT_TRUE(filter.MayHave(keys[0].data()));  // nothing is known yet
  ASSERT_TRUE(filter.Load(made.bytes()));
  for (const std::string& one : keys) ASSERT_TRUE(filter.MayHave(one.data()));
  int passed = 0;
  for (int i = 0; i < kKeys; ++i) passed += filter.MayHave(key().data());
  EXPECT_LT(passed, kKeys / 50);
  EXPECT_FALSE(filter.Load(made.bytes().substr(1)));
  EXPECT_FALSE(KeyFilter(0).MayHave(keys[0].data()));
}

TEST_F(SortedRunsTest, NoRunFindsNothing) {
  ExpectModel(&runs_, 10);
  Add({});
  EXPECT_EQ(runs_.run_count(), 0u);
}

TEST_F(SortedRunsTest, NewestRowWinsThroughMerges) {
  std::mt19937 random(5);
  for (uint64_t round = 0; round < 60; ++round) {
    std::map<std::string, std::string> rows;
    const size_t count = 1 + random() % 90;
    for (size_t i = 0; i < count; ++i) rows[Key(random() % 2000)] = Value(round * 1000 + i);
    Add(rows);
    ASSERT_LT(runs_.run_count(), SortedRuns::kFanIn);
    ASSERT_NO_FATAL_FAILURE(ExpectModel(&runs_, 2000)) << round;
  }
  // Another connection's view, read from the tables.
  SortedRuns other;
  Must(other.Open(&db_, false, &pool_, 1, kRowBytes, kKeyBytes));
  Must(other.Load());
  ExpectModel(&other, 2000);
}

TEST_F(SortedRunsTest, FullPagesAndOneRowMore) {
  const size_t rows_per_page = pool_.content_bytes() / kRowBytes;
  for (size_t count : {rows_per_page - 1, rows_per_page, rows_per_page + 1, 2 * rows_per_page}) {
    std::map<std::string, std::string> rows;
    for (size_t n = 0; n < count; ++n) rows[Key(n)] = Value(count);
    Add(rows);
    ExpectModel(&runs_, 100);
  }
}

TEST_F(SortedRunsTest, PrefixOverManyPages) {
  for (uint64_t round = 0; round < 3; ++round) {
    std::map<std::string, std::string> rows;
    for (uint64_t n = 0; n < 300; ++n) rows[Key(n)] = Value(round);
    rows[Key(5000 + round)] = Value(round);
    Add(rows);
  }
  std::map<std::string, int> seen;
  Must(runs_.FindPrefix(std::string(8, 'a'),
                        [&](const char* row) { ++seen[std::string(row, kKeyBytes)]; }));
  EXPECT_EQ(seen.size(), 300u);
  EXPECT_EQ(seen[Key(0)], 3);
  EXPECT_EQ(seen[Key(299)], 3);
  seen.clear();
  Must(runs_.FindPrefix(std::string(8, 'c'), [&](const char* row) { ++seen[row]; }));
  EXPECT_TRUE(seen.empty());
}

TEST_F(SortedRunsTest, RewriteReachesEveryRun) {
  for (uint64_t round = 0; round < 3; ++round) Add({{Key(1), Value(round)}, {Key(2), Value(9)}});
  ASSERT_EQ(runs_.run_count(), 3u);
  Must(runs_.Rewrite(Key(1) + Value(77) + Key(3) + Value(78)));
  model_[Key(1)] = Value(77);
  ExpectModel(&runs_, 10);
  std::vector<std::unique_ptr<RowCursor>> cursors;
  runs_.AppendCursors(&cursors);
  for (auto& cursor : cursors) {
    Must(cursor->Next());
    EXPECT_EQ(std::string(cursor->row(), kRowBytes), Key(1) + Value(77));
  }
}

TEST_F(SortedRunsTest, PagesAreReused) {
  uint64_t most = 0;
  for (uint64_t round = 0; round < 200; ++round) {
    std::map<std::string, std::string> rows;
    for (uint64_t n = 0; n < 200; ++n) rows[Key(n)] = Value(round);
    Add(rows);
    most = static_cast<uint64_t>(*db_.ReadNumber("select count(*) from index_page"));
  }
  const uint64_t pages_of_a_run = 200 / (pool_.content_bytes() / kRowBytes) + 1;
  EXPECT_LE(most, 2 * SortedRuns::kFanIn * pages_of_a_run);
}

TEST_F(SortedRunsTest, DamageIsNoticed) {
  std::map<std::string, std::string> rows;
  for (uint64_t n = 0; n < 100; ++n) rows[Key(n)] = Value(n);
  Add(rows);
  std::vector<uint32_t> open = {0};
  const auto ignore = [](uint32_t, const char*) {};
  for (const char* damage :
       {"update index_page set body=zeroblob(length(body))", "delete from index_page",
        "update index_page set body=substr(body,2)"}) {
    Must(db_.Exec("savepoint s"));
    Must(db_.Exec(damage));
    open = {0};
    EXPECT_EQ(CodeOf(runs_.Find(Key(1).data(), kKeyBytes, &open, ignore)), Code::STORE_CORRUPT)
        << damage;
    Must(db_.Exec("rollback to s"));
  }
  for (const char* damage :
       {"update index_run set row_count=row_count-1", "update index_run set fence=x'00'",
        "update index_run set pages=x''", "update index_run set row_count=0,pages=x'',fence=x''",
        "update index_run set run=run+1", "update index_run set check_sum=check_sum+1"}) {
    Must(db_.Exec("savepoint s"));
    Must(db_.Exec(damage));
    EXPECT_EQ(CodeOf(runs_.Load()), Code::STORE_CORRUPT) << damage;
    Must(db_.Exec("rollback to s"));
  }
  Must(runs_.Load());
  ExpectModel(&runs_, 100);
}

}  // namespace
}  // namespace tombolo::store
