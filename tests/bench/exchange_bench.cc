// What handing records from one node to another costs, without sessions and network: pages made
// from one store, checked as a subscriber does, stored in another; both stores SQLite files, both
// durable.
//
//   exchange_bench FOLDER [RECORDS]
//
// FOLDER must exist; the two stores are made in it anew. Records have three layers, about 700 bytes
// together. Times are CPU of the calling thread a record: `make` at the publisher; `check`
// (columns, hashes, path), `stage`, `fill` and `commit` at the receiver. Then single changes, one
// commit each at both ends. Never a test.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

#include "gateway/base/limits.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/bench/or_exit.h"
#include "tests/unit/node/exchange_node.h"

namespace tombolo::node {
namespace {

constexpr int kChanges = 1000;
constexpr int kSubscribers = 10;

double CpuUs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// Adds the CPU time of its life to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(double* sum) : sum_(sum), start_(CpuUs()) {}
  ~Stopwatch() { *sum_ += CpuUs() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double* sum_;
  double start_;
};

struct Sums {
  double make = 0, check = 0, stage = 0, fill = 0, commit = 0, again = 0;
};

std::unique_ptr<store::Store> OpenStore(const std::string& path) {
  for (const char* tail : {"", "-wal", "-shm"}) std::filesystem::remove(path + tail);
  store::SqliteOptions options;
  options.path = path;
  return Take(store::OpenSqliteStore(options));
}

void StoreStaged(ExchangeNode* to, Sums* sums) {
  {
    const Stopwatch watch(&sums->fill);
    Check(to->receiver.Fill(to->writer.get()));
  }
  const Stopwatch watch(&sums->commit);
  Check(to->writer->Commit());
  to->receiver.Done();
}

bool Hand(ExchangeNode* from, ExchangeNode* to, const exchange::CarriedStream& stream,
          LayerMask layers, Sums* sums) {
  const uint64_t held = to->holdings.Find(stream.stream_id)->range.size();
  if (held >= stream.size) return false;
  exchange::WantPage want;
  want.stream = stream.number;
  want.layers = layers;
  want.from_seq = held + 1;
  want.to_size = stream.size;
  std::shared_ptr<const boundary::ShapedPage> page;
  {
    const Stopwatch watch(&sums->make);
    page = Take(from->maker.Make(want, kToday));
  }
  for (int i = 0; i < kSubscribers; ++i) {
    const Stopwatch watch(&sums->again);
    Take(from->maker.Make(want, kToday));
  }
  exchange::StorePage verified;
  {
    const Stopwatch watch(&sums->check);
    verified = Take(to->Verify(stream, page->payload()));
  }
  const Stopwatch watch(&sums->stage);
  Check(to->receiver.StagePage(from->context.origin, std::move(verified)));
  return true;
}

void Show(const char* what, const Sums& sums, double count) {
  std::printf(
      "%-28s make %6.2f | check %5.2f stage %5.2f fill %5.2f commit %7.2f = %7.2f | "
      "again %.2f\n",
      what, sums.make / count, sums.check / count, sums.stage / count, sums.fill / count,
      sums.commit / count, (sums.check + sums.stage + sums.fill + sums.commit) / count,
      sums.again / count / kSubscribers);
}

void Copy(ExchangeNode* from, const std::string& folder, testing::FakeClock* clock,
          LayerMask layers, const char* what) {
  ExchangeNode to("holder", OpenStore(folder + "/holder.db"), clock, 5);
  const exchange::CarriedStream stream = from->Carried().at(0);
  Check(to.Offer(from, stream, layers));
  Sums sums;
  while (Hand(from, &to, stream, layers, &sums)) {
    if (to.receiver.full()) StoreStaged(&to, &sums);
  }
  if (!to.receiver.empty()) StoreStaged(&to, &sums);
  Show(what, sums, static_cast<double>(stream.size));
  if (layers != 3) return;
  Sums live;
  for (int i = 0; i < kChanges; ++i) {
    from->Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 190});
    from->Commit();
    Hand(from, &to, from->Carried().at(0), layers, &live);
    StoreStaged(&to, &live);
  }
  Show("changes, one by one", live, kChanges);
}

void Run(const std::string& folder, int records) {
  testing::FakeClock clock;
  ExchangeNode city("city", OpenStore(folder + "/city.db"), &clock);
  for (int i = 0; i < records; ++i) {
    city.Put(i, {v1::PUBLIC, v1::EFFECTIVE, {}, {}, 190});
    if ((i + 1) % 20000 == 0) city.Commit();
  }
  city.Commit();
  std::printf("%d records; us of CPU a record\n", records);
  Copy(&city, folder, &clock, 1, "PUBLIC");
  Copy(&city, folder, &clock, 7, "all three");
  Copy(&city, folder, &clock, 3, "PUBLIC, GOVERNMENT");
}

}  // namespace
}  // namespace tombolo::node

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: exchange_bench FOLDER [RECORDS]\n");
    return 2;
  }
  tombolo::node::Run(argv[1], argc > 2 ? std::atoi(argv[2]) : 100000);
}
