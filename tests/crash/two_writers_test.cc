// A command is killed while it commits beside a server, at moments that a seed chooses: the server
// goes on, and every head and the trail hold.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/node/initialise.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/fixture.h"

namespace tombolo::node {
namespace {

constexpr uint64_t kSeed = 20240301;
constexpr int kRounds = 6;
constexpr uint64_t kServerTicksMax = 8;   // until the kill
constexpr timespec kReading{0, 5000000};  // a command reads its file between commits
constexpr int kEntries = 20;              // of one commit of the command

class TwoWritersTest : public NodeTest {
 protected:
  // Commits records without an end, in a process of its own; a byte into `told` after the first.
  [[noreturn]] void WriteUntilKilled(const store::SqliteOptions& options, int told) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) _exit(5);  // never outlives the test
    auto opened = store::OpenSqliteStore(options);
    if (!opened.ok()) _exit(1);
    const Context context = ContextOn(opened->get());
    auto writer = TickWriter::Open(context);
    if (!writer.ok()) _exit(2);
    for (bool first = true;; first = false) {
      const uint32_t stream = (*writer)->StreamFor("a", v1::PUBLIC);
      for (int i = 0; i < kEntries; ++i) (*writer)->Put(stream, "header", {"p", "g", "l"}, 1, {});
      (*writer)->Audit(Exported());
      if (!(*writer)->Commit().ok()) _exit(3);
      nanosleep(&kReading, nullptr);
      if (first && write(told, "1", 1) != 1) _exit(4);
    }
  }
};

TEST_F(TwoWritersTest, ACommandDiesBesideAServer) {
  store::SqliteOptions options;
  options.path = dir_.File("store.db");
  options.mode = store::OpenMode::kCreate;
  {
    ASSERT_OK_AND_ASSIGN(const auto made, store::OpenSqliteStore(options));
    ASSERT_OK(Initialise(ContextOn(made.get())));
  }
  options.mode = store::OpenMode::kReadWrite;
  testing::FakeEntropy random(kSeed);
  uint64_t events = 0, commanded = 0;
  for (int round = 0; round < kRounds; ++round) {
    int told[2];
    ASSERT_EQ(pipe(told), 0);
    const pid_t command = fork();  // before this process has the store open
    if (command == 0) WriteUntilKilled(options, told[1]);
    ASSERT_EQ(close(told[1]), 0);
    ASSERT_OK_AND_ASSIGN(const auto opened, store::OpenSqliteStore(options));
    const Context server = ContextOn(opened.get());
    ASSERT_OK_AND_ASSIGN(const auto writer, TickWriter::Open(server));
    char byte = 0;
    ASSERT_EQ(read(told[0], &byte, 1), 1) << "the command did not come to its first commit";
    ASSERT_EQ(close(told[0]), 0);
    for (uint64_t ticks = random.Below(kServerTicksMax) + 1; ticks > 0; --ticks, ++events) {
      writer->Audit(Exported());
      ASSERT_OK(writer->Commit());
    }
    ASSERT_EQ(kill(command, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(command, &status, 0), command);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the command ended by itself with " << WEXITSTATUS(status);
    writer->Audit(Exported());
    ++events;
    ASSERT_OK(writer->Commit());  // on what the command left
    ExpectHeadsVerify(opened.get());
    ASSERT_OK_AND_ASSIGN(const std::vector<store::StreamState> streams, opened->Streams());
    ASSERT_EQ(streams.size(), 2u);
    EXPECT_EQ(streams[1].size % kEntries, 0u);
    EXPECT_GT(streams[1].size / kEntries, commanded);
    commanded = streams[1].size / kEntries;
    EXPECT_EQ(streams[0].size, 1 + events + commanded);
  }
}

}  // namespace
}  // namespace tombolo::node
