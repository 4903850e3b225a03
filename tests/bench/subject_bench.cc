// How long the look-up of one subject in a node's store takes: FindBySubject, then reading the
// entry of each record that it names.
//
//   subject_bench STORE.db [LOOKUPS]
//
// The store is one that `tombolo ingest` made, e.g. of the rows of make_rows.py; it is only read.
// Subjects are drawn at random, by how many records they have: what an answer costs goes by how
// many entries it holds. Times are CPU of the calling thread; the file is in the system's cache, of
// the store's own cache a look-up finds what those before it left. Never a test.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "gateway/store/sqlite/sqlite_store.h"

namespace tombolo::bench {
namespace {

struct Band {
  const char* name;
  size_t records_min, records_max;
};
constexpr Band kBands[] = {
    {"1", 1, 1}, {"2 to 3", 2, 3}, {"4 to 10", 4, 10}, {"11 to 100", 11, 100}};

struct Subject {
  SubjectKey key;
  size_t records = 0;
};

void Check(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", Describe(status).c_str());
  std::exit(1);
}

double CpuUs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// splitmix64: the same draw in every run.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// All subjects of the store with the number of their records, in an order that says nothing.
std::vector<Subject> Subjects(store::Store* store) {
  std::vector<SubjectKey> keys;
  Check(store->ScanRecords([&](const store::RecordState& record) {
    if (record.subject != SubjectKey()) keys.push_back(record.subject);
    return true;
  }));
  std::sort(keys.begin(), keys.end());
  std::vector<Subject> subjects;
  for (const SubjectKey& key : keys) {
    if (subjects.empty() || subjects.back().key != key) subjects.push_back({key, 0});
    ++subjects.back().records;
  }
  for (size_t i = subjects.size(); i > 1; --i) std::swap(subjects[i - 1], subjects[Mix(i) % i]);
  return subjects;
}

double Percentile(std::vector<double>* sorted, double share) {
  return (*sorted)[static_cast<size_t>(share * static_cast<double>(sorted->size() - 1))];
}

void Measure(store::Store* store, const std::vector<Subject>& subjects, const Band& band,
             size_t lookups) {
  std::vector<double> find, whole;
  size_t entries = 0;
  size_t in_band = 0;
  for (const Subject& subject : subjects) {
    if (subject.records < band.records_min || subject.records > band.records_max) continue;
    if (++in_band > lookups) continue;
    const double start = CpuUs();
    auto found = store->FindBySubject(subject.key);
    Check(found.status());
    const double between = CpuUs();
    for (const auto& record : *found) {
      auto page = store->ReadEntries(record.stream, record.seq, 1);
      Check(page.status());
      entries += page->entries.size();
    }
    find.push_back(between - start);
    whole.push_back(CpuUs() - start);
  }
  if (find.empty()) return;
  std::sort(find.begin(), find.end());
  std::sort(whole.begin(), whole.end());
  std::printf("| %-9s | %8zu | %7.1f | %6.1f / %6.1f | %6.1f / %6.1f |\n", band.name, in_band,
              static_cast<double>(entries) / static_cast<double>(find.size()),
              Percentile(&find, 0.5), Percentile(&find, 0.99), Percentile(&whole, 0.5),
              Percentile(&whole, 0.99));
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "subject_bench STORE.db [LOOKUPS]\n");
    return 2;
  }
  store::SqliteOptions options;
  options.path = argv[1];
  options.mode = store::OpenMode::kReadOnly;
  const size_t lookups = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20000;
  auto store = store::OpenSqliteStore(options);
  Check(store.status());
  const std::vector<Subject> subjects = Subjects(store->get());
  auto totals = (*store)->Count();
  Check(totals.status());
  std::printf("%llu records of %zu subjects\n\n",
              static_cast<unsigned long long>(totals->records_present), subjects.size());
  std::printf(
      "| records of the subject | subjects | entries read | find us, p50 / p99 |"
      " find and read us, p50 / p99 |\n|---|---|---|---|---|\n");
  for (const Band& band : kBands) Measure(store->get(), subjects, band, lookups);
  return 0;
}

}  // namespace
}  // namespace tombolo::bench

int main(int argc, char** argv) { return tombolo::bench::Main(argc, argv); }
