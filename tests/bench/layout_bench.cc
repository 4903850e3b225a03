// Compares layouts of the store on the same ticks, in turn, each in a process of its own.
//
//   layout_bench [ROWS] [ROUNDS] [FILTER [ingest]]
//
// A: a SQLite row per record with a key and two indexes. B: blocks and a tree row per record. C:
// blocks and sorted runs, what is shipped, also with other sizes. CPU is user + system, of the
// store's calls alone; "find" is a re-ingest's look-ups by sorted batches. Never a test.
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/bench/layout_rows.h"
#include "tests/contract/temp_folder.h"

namespace tombolo::bench {
namespace {

constexpr uint64_t kTickRows = 28000;
constexpr uint64_t kFindRows = 4096;

struct Layout {
  const char* name;
  bool plain;  // layout A
  store::SqliteOptions options;
};

double CpuUs() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void Check(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", Describe(status).c_str());
  std::exit(1);
}

std::vector<RecordId> SortedIds(uint64_t first, uint64_t count) {
  std::vector<RecordId> ids;
  for (uint64_t row = first; row < first + count; ++row) ids.push_back(LayoutRows::RecordIdOf(row));
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Layout A, as far as this bench needs it.
class PlainTable {
 public:
  explicit PlainTable(const store::SqliteOptions& options) {
    Check(db_.Open(options.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 1000));
    Check(db_.Exec(absl::StrCat("pragma page_size=", options.page_bytes,
                                ";pragma journal_mode=wal;pragma synchronous=full;"
                                "pragma wal_autocheckpoint=0;pragma cache_size=-16384;")));
    Check(
        db_.Exec("create table record(record_id blob primary key, subject blob, digest blob,"
                 " scope int, stream int, seq int, version int, present int, entry blob);"
                 "create index by_subject on record(subject);"
                 "create unique index by_seq on record(stream,seq);"));
    Check(insert_.Prepare(&db_, "insert into record values(?,?,?,?,?,?,?,?,?)"));
    Check(find_.Prepare(&db_, "select digest,version from record where record_id=?"));
  }
  void Commit(const store::Tick& tick) {
    Check(db_.Exec("begin immediate"));
    // The entries lie by stream, the records by row: give each record the next entry of its stream.
    std::vector<std::pair<const store::StreamAppend*, std::pair<size_t, size_t>>> at(
        LayoutRows::kStreams + 1);
    for (const auto& append : tick.appends) at[append.stream] = {&append, {0, 0}};
    for (const auto& record : tick.records) {
      auto& [append, place] = at[record.stream];
      const std::string_view entry =
          std::string_view(append->entries).substr(place.second, append->lengths[place.first]);
      ++place.first;
      place.second += entry.size();
      Check(insert_.BindBlob(1, record.id.view())
                .BindBlob(2, record.subject.view())
                .BindBlob(3, record.digest.view())
                .Bind(4, record.scope)
                .Bind(5, record.stream)
                .Bind(6, static_cast<int64_t>(record.seq))
                .Bind(7, 1)
                .Bind(8, 1)
                .BindBlob(9, entry)
                .Run());
    }
    Check(db_.Exec("commit"));
    Check(db_.Checkpoint(false).status());
  }
  void Find(const std::vector<RecordId>& ids) {
    for (const RecordId& id : ids) {
      store::StmtReset reset(&find_);
      Check(find_.BindBlob(1, id.view()).Step().status());
    }
  }

 private:
  store::Db db_;
  store::Stmt insert_, find_;
};

// FindBySubject and the entries it names, for subjects of one to three records; mean CPU of one.
double SubjectLookupUs(store::Store* store, uint64_t rows) {
  constexpr int kLookups = 500;
  std::vector<SubjectKey> rare;
  for (uint64_t i = 0; rare.size() < kLookups; ++i) {
    const uint64_t row = LayoutRows::Mix(i) % rows;
    auto found = store->FindBySubject(LayoutRows::RareSubjectOf(row));
    Check(found.status());
    if (!found->empty() && found->size() <= 3) rare.push_back(found->front().subject);
  }
  const double start = CpuUs();
  for (const SubjectKey& subject : rare) {
    auto found = store->FindBySubject(subject);
    Check(found.status());
    for (const auto& record : *found) {
      Check(store->ReadEntries(record.stream, record.seq, 1).status());
    }
  }
  return (CpuUs() - start) / kLookups;
}

void RunLayout(const Layout& layout, uint64_t rows, bool ingest_only) {
  TempFolder folder;
  store::SqliteOptions options = layout.options;
  options.path = folder / "store.db";
  std::unique_ptr<PlainTable> plain;
  std::unique_ptr<store::Store> store;
  if (layout.plain) {
    plain = std::make_unique<PlainTable>(options);
  } else {
    auto opened = OpenSqliteStore(options);
    Check(opened.status());
    store = std::move(*opened);
  }
  LayoutRows source;
  std::vector<std::optional<store::RecordState>> states;
  double ingest = 0, commit_worst = 0;
  uint64_t entry_bytes = 0;
  for (uint64_t first = 0; first < rows; first += kTickRows) {
    const uint64_t count = std::min(kTickRows, rows - first);
    const store::Tick tick = source.Next(first, count);
    for (const auto& append : tick.appends) entry_bytes += append.entries.size();
    const std::vector<RecordId> ids = SortedIds(first, count);
    const double start = CpuUs();
    plain ? plain->Find(ids) : Check(store->FindRecords(ids, &states));
    plain ? plain->Commit(tick) : Check(store->Commit(tick));
    const double took = CpuUs() - start;
    ingest += took;
    commit_worst = std::max(commit_worst, took);
  }
  double find[2] = {0, 0};
  int which = 0;
  for (uint64_t batch : {kTickRows, kFindRows}) {
    for (uint64_t first = 0; first < rows && !ingest_only; first += batch) {
      const std::vector<RecordId> ids = SortedIds(first, std::min(batch, rows - first));
      const double start = CpuUs();
      plain ? plain->Find(ids) : Check(store->FindRecords(ids, &states));
      find[which] += CpuUs() - start;
    }
    ++which;
  }
  const double subject = plain || ingest_only ? 0 : SubjectLookupUs(store.get(), rows);
  store.reset();
  plain.reset();
  uint64_t disk = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    disk += file.file_size();
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const double n = static_cast<double>(rows);
  std::printf("| %-28s | %6.2f | %5.2f | %5.2f | %6.1f | %5.0f | %5.0f | %5.0f | %4.0f |\n",
              layout.name, ingest / n, find[0] / n, find[1] / n, subject,
              static_cast<double>(entry_bytes) / n, static_cast<double>(disk) / n,
              commit_worst / 1000, static_cast<double>(usage.ru_maxrss) / 1024);
}

std::vector<Layout> Layouts() {
  const store::SqliteOptions shipped;
  auto with = [&](auto change) {
    store::SqliteOptions options = shipped;
    change(options);
    return options;
  };
  constexpr size_t kTreesOnly = 1000000000;
  using O = store::SqliteOptions;
  return {
      {"A row per record", true, shipped},
      {"B blocks, trees", false, with([](O& o) { o.delta_rows_max = kTreesOnly; })},
      {"B cache 256 MiB", false, with([](O& o) {
         o.delta_rows_max = kTreesOnly;
         o.cache_bytes = 256 * limits::kMiB;
       })},
      {"C as shipped", false, shipped},
      {"C page 4096", false, with([](O& o) { o.page_bytes = 4096; })},
      {"C page 16384", false, with([](O& o) { o.page_bytes = 16384; })},
      {"C page 16384, block 64 KiB", false, with([](O& o) {
         o.page_bytes = 16384;
         o.block_bytes = 64 * limits::kKiB;
       })},
      {"C zstd 3", false, with([](O& o) { o.zstd_level = 3; })},
      {"C zstd 1", false, with([](O& o) { o.zstd_level = 1; })},
      {"C zstd -1", false, with([](O& o) { o.zstd_level = -1; })},
      {"C zstd -1000 (stored)", false, with([](O& o) { o.zstd_level = -1000; })},
      {"C block 8 KiB", false, with([](O& o) { o.block_bytes = 8 * limits::kKiB; })},
      {"C block 32 KiB", false, with([](O& o) { o.block_bytes = 32 * limits::kKiB; })},
      {"C block 64 KiB", false, with([](O& o) { o.block_bytes = 64 * limits::kKiB; })},
      {"C cache 4 MiB", false, with([](O& o) { o.cache_bytes = 4 * limits::kMiB; })},
      {"C cache 64 MiB", false, with([](O& o) { o.cache_bytes = 64 * limits::kMiB; })},
      {"C log 16 MiB", false, with([](O& o) { o.wal_bytes_max = 16 * limits::kMiB; })},
      {"C log 256 MiB", false, with([](O& o) { o.wal_bytes_max = 256 * limits::kMiB; })},
  };
}

int Main(int argc, char** argv) {
  const uint64_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 1;
  const std::string filter = argc > 3 ? argv[3] : "";
  const bool ingest_only = argc > 4;
  std::printf(
      "| layout | ingest us/row | find us/row, batch %llu | batch %llu | subject us |"
      " entry bytes/row | disk bytes/row | slowest tick ms | peak MiB |\n"
      "|---|---|---|---|---|---|---|---|---|\n",
      static_cast<unsigned long long>(kTickRows), static_cast<unsigned long long>(kFindRows));
  for (int round = 0; round < rounds; ++round) {
    for (const Layout& layout : Layouts()) {
      if (std::string(layout.name).find(filter) == std::string::npos) continue;
      std::fflush(stdout);
      const pid_t child = fork();
      if (child == 0) {
        RunLayout(layout, rows, ingest_only);
        std::fflush(stdout);
        _exit(0);
      }
      int status = 0;
      waitpid(child, &status, 0);
      if (status != 0) return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace tombolo::bench

int main(int argc, char** argv) { return tombolo::bench::Main(argc, argv); }
