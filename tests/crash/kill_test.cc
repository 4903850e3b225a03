// The program is killed at moments that a seed chooses; afterwards nothing is lost or doubled.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/integration/town.h"
#include "tests/support/fake_entropy.h"

namespace tombolo::testing {
namespace {

constexpr int kRows = 20000;
constexpr uint64_t kSeed = 20240301;
constexpr int kRounds = 10;
constexpr int kRoundsLong = 1000;
constexpr std::chrono::minutes kLongMax(8);

class KillTest : public Town {
 protected:
  pid_t Start(const std::string& file) {
    const std::string node = dir.File("node"), pack_folder = dir.File("pack"),
                      log = dir.File("log");
    const pid_t pid = fork();
    if (pid == 0) {
      if (std::freopen(log.c_str(), "w", stdout) == nullptr || dup2(1, 2) < 0) _exit(99);
      execl(TOMBOLO_PROGRAM, "tombolo", "ingest", "--node", node.c_str(), "--pack",
            pack_folder.c_str(), "--yes", file.c_str(), nullptr);
      _exit(98);
    }
    return pid;
  }
  // Whether it was killed before its end.
  bool KillAfter(pid_t pid, uint64_t wait_us) {
    const timespec wait{static_cast<time_t>(wait_us / 1000000),
                        static_cast<long>(wait_us % 1000000) * 1000};
    nanosleep(&wait, nullptr);
    kill(pid, SIGKILL);
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status);
  }
  int RunToEnd(const std::string& file) {
    int status = 0;
    EXPECT_EQ(waitpid(Start(file), &status, 0) > 0, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string Edition(int n) {
    std::string file = kTownHeader;
    for (int id = 1; id <= kRows; ++id) {
      const int edition = id % 3 == 0 ? n : 0;  // every third shop changes its name
      file += TownRow(id, "Shop " + std::to_string(id) + "." + std::to_string(edition));
    }
    return dir.Write("shops.csv", file);
  }
};

TEST_F(KillTest, AtAnyMomentNothingIsLostOrDoubled) {
  Use({.snapshot = true});
  folder.reset();
  FakeEntropy random(kSeed);
  const bool is_long = std::getenv("TOMBOLO_TEST_LONG") != nullptr;
  const auto started = std::chrono::steady_clock::now();
  int killed = 0;
  for (int round = 1; round <= (is_long ? kRoundsLong : kRounds); ++round) {
    if (std::chrono::steady_clock::now() - started > kLongMax) break;
    const std::string file = Edition(round);
    if (KillAfter(Start(file), random.Below(round % 2 == 0 ? 150000 : 600000))) ++killed;
    Reopen();
    ExpectExportVerifies();  // as it was left
    TakeFile(file, {.yes = true});
    EXPECT_OK(sum.outcome);
    EXPECT_EQ(Totals().records_present, static_cast<uint64_t>(kRows));
    TakeFile(file, {.yes = true});
    EXPECT_EQ(Rows().rows_unchanged(), static_cast<uint64_t>(kRows));
    const std::vector<node::RecordView> history = HistoryOf(3);
    ASSERT_EQ(history.size(), static_cast<size_t>(round)) << "round " << round;
    EXPECT_EQ(history[0].version, static_cast<uint64_t>(round));
    EXPECT_EQ(HistoryOf(1).size(), 1u);
    folder.reset();
    if (HasFailure()) break;
  }
  EXPECT_GE(killed, 1) << "no round was killed in the middle; the moments are too late";
  EXPECT_EQ(RunToEnd(dir.File("shops.csv")), 0);
}

}  // namespace
}  // namespace tombolo::testing
