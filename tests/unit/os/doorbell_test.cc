// One process tells another that it has committed.
#include "gateway/os/doorbell.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"

namespace tombolo::os {
namespace {

using ::testing::HasSubstr;

constexpr int kNoWait = 0;
constexpr int kWithoutEnd = -1;

class DoorbellTest : public ::testing::Test {
 protected:
  std::unique_ptr<Doorbell> Hang(const std::string& folder) {
    StatusOr<std::unique_ptr<Doorbell>> bell = Doorbell::Hang(folder);
    EXPECT_OK(bell.status());
    return bell.ok() ? std::move(*bell) : nullptr;
  }
  std::string Folder() const { return dir_.path().string(); }

  testing::TempDir dir_;
};

TEST_F(DoorbellTest, ARingIsHeard) {
  const auto bell = Hang(Folder());
  RingDoorbell(Folder(), Ring::kReload);
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kReload);
  RingDoorbell(Folder(), Ring::kMoved);
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kMoved);
}

TEST_F(DoorbellTest, WithoutARingTheWaitEndsAsIfSomethingHadMoved) {
  const auto bell = Hang(Folder());
  EXPECT_EQ(bell->Wait(kNoWait), Ring::kMoved);
  EXPECT_EQ(bell->Wait(1), Ring::kMoved);
}

TEST_F(DoorbellTest, ManyRingsAreOneAndTheGravestCounts) {
  const auto bell = Hang(Folder());
  for (const Ring ring : {Ring::kMoved, Ring::kReload, Ring::kMoved}) RingDoorbell(Folder(), ring);
  EXPECT_EQ(bell->Wait(kNoWait), Ring::kReload);
  EXPECT_EQ(bell->Wait(kNoWait), Ring::kMoved);  // none was left over
  for (const Ring ring : {Ring::kStop, Ring::kReload}) RingDoorbell(Folder(), ring);
  EXPECT_EQ(bell->Wait(kNoWait), Ring::kStop);
}

TEST_F(DoorbellTest, AFullBellBlocksNobodyAndStillRings) {
  const auto bell = Hang(Folder());
  for (int i = 0; i < 5000; ++i) RingDoorbell(Folder(), Ring::kMoved);
  RingDoorbell(Folder(), Ring::kStop);  // lost, because nobody listened in time
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kMoved);
  RingDoorbell(Folder(), Ring::kStop);
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kStop);
}

TEST_F(DoorbellTest, NobodyListensIsNoTrouble) {
  RingDoorbell(Folder(), Ring::kMoved);
  RingDoorbell(dir_.File("no such folder"), Ring::kMoved);
  EXPECT_TRUE(std::filesystem::is_empty(Folder()));
}

TEST_F(DoorbellTest, StopEndsAWaitFromAnotherThreadAndForGood) {
  const auto bell = Hang(Folder());
  std::thread stopper([&bell] { bell->Stop(); });
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kStop);
  stopper.join();
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kStop);
}

TEST_F(DoorbellTest, OnlyTheOwnerMayRingAndTheSocketGoesWithTheBell) {
  auto bell = Hang(Folder());
  struct stat info = {};
  ASSERT_EQ(stat(dir_.File("serve.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0600u);
  bell.reset();
  EXPECT_FALSE(std::filesystem::exists(dir_.File("serve.sock")));
}

TEST_F(DoorbellTest, ASecondServerIsToldToWait) {
  const auto bell = Hang(Folder());
  const StatusOr<std::unique_ptr<Doorbell>> second = Doorbell::Hang(Folder());
  EXPECT_EQ(CodeOf(second.status()), Code::ALREADY_EXISTS);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("stop that first"));
  RingDoorbell(Folder(), Ring::kReload);  // the first still listens
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kReload);
}

TEST_F(DoorbellTest, TheSocketOfAProcessThatEndedIsTakenOver) {
  const std::string path = dir_.File("serve.sock");
  const int dead = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  close(dead);
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto bell = Hang(Folder());
  ASSERT_NE(bell, nullptr);
  RingDoorbell(Folder(), Ring::kReload);
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kReload);
}

TEST_F(DoorbellTest, AFolderDeeperThanASocketsAddressMayBe) {
  const std::string deep = dir_.File(std::string(120, 'd') + "/" + std::string(120, 'e'));
  std::filesystem::create_directories(deep);
  const auto bell = Hang(deep);
  ASSERT_NE(bell, nullptr);
  RingDoorbell(deep, Ring::kReload);
  EXPECT_EQ(bell->Wait(kWithoutEnd), Ring::kReload);
  EXPECT_EQ(CodeOf(Doorbell::Hang(deep).status()), Code::ALREADY_EXISTS);
}

TEST_F(DoorbellTest, AFolderThatIsNotThereIsNamed) {
  const Status status = Doorbell::Hang(dir_.File("none")).status();
  EXPECT_EQ(CodeOf(status), Code::IO_ERROR);
  EXPECT_THAT(std::string(status.message()), HasSubstr("none/serve.sock"));
}

}  // namespace
}  // namespace tombolo::os
