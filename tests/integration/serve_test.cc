// Two nodes as processes: they find each other, one takes the other's feed, what is ingested later
// follows, documents are taken anew, and both end in order.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <memory>

#include "gateway/base/limits.h"
#include "gateway/os/signer.h"
#include "gateway/os/system.h"
#include "tests/integration/serve_process.h"
#include "tests/support/assert_ok.h"
#include "tests/support/command_line.h"
#include "tests/support/temp_dir.h"

namespace tombolo::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kDomain[] = "federation.example";
constexpr char kCity[] = "spiffe://federation.example/uk/501";
constexpr char kProvince[] = "spiffe://federation.example/uk";
constexpr char kSample[] = "/adapters/packs/uk-fhrs/sample/FHRS909en-GB.2020-09-13.xml";

class Serve : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (dir_ == nullptr) dir_ = new TempDir();
    if (!std::filesystem::exists(Path("fed"))) MakeFederation();
  }
  static void TearDownTestSuite() {
    delete dir_;
    dir_ = nullptr;
  }
  void SetUp() override {
    std::filesystem::remove_all(Path("run"));
    std::filesystem::create_directories(Path("run"));
    for (const char* name : {"city", "province", "fed"}) {
      std::filesystem::copy(Path(name), Run(name), std::filesystem::copy_options::recursive);
    }
    TakeDocuments("city");
    TakeDocuments("province");
  }
  static std::string Path(const std::string& name) { return dir_->File(name); }
  static std::string Run(const std::string& name) { return Path("run/" + name); }

  static void MakeFederation() {
    DoWords({"pki", "root", Path("ca-root"), "--name", "R", "--domain", kDomain});
    DoWords({"pki", "intermediate", Path("ca-uk"), "--root", Path("ca-root"), "--name", "UK",
             "--domain", kDomain});
    DoWords({"pki", "crl", "--authority", Path("ca-root"), "--days", "30"});
    DoWords({"pki", "crl", "--authority", Path("ca-uk")});
    DoWords(
        {"federation", "init", Path("fed"), "--name", kDomain, "--ca", Path("ca-root/cert.pem")});
    MakeNode("city", kCity, "CITY");
    MakeNode("province", kProvince, "PROVINCE");
    Sign(Path("fed"), "root");
    SignRegistry(Path("fed"));
    RunWords({"ingest", "--node", Path("city"), "--pack", "uk-fhrs",
              std::string(TOMBOLO_SOURCE_DIR) + kSample});
  }
  static void MakeNode(const std::string& name, const std::string& id, const std::string& level) {
    DoWords({"init", Path(name), "--origin", id});
    dir_->Write(name + ".csr", DoWords({"pki", "request", Path(name + "/tls"), "--id", id}));
    DoWords({"pki", "sign", Path(name + ".csr"), "--authority", Path("ca-uk"), "--out",
             Path(name + "/tls/chain.pem")});
    dir_->Write(
        name + ".der",
        (*os::LoadSigner(v1::SHA256_ED25519, Path(name + "/signing.key")))->public_key_der());
    DoWords({"federation", "add", Path("fed"), id, "--level", level, "--title", name, "--chain",
             Path(name + "/tls/chain.pem"), "--signing-key", Path(name + ".der")});
  }
  static void Sign(const std::string& fed, const std::string& role) {
    DoWords({"federation", "sign", fed + "/" + role + ".json", "--key",
             fed + "/keys/" + role + "-1.key"});
  }
  static void SignRegistry(const std::string& fed) {
    Sign(fed, "registry");
    DoWords({"federation", "timestamp", fed, "--key", fed + "/keys/timestamp-1.key", "--list",
             Path("ca-root"), Path("ca-uk")});
  }
  static void TakeDocuments(const std::string& name) {
    for (const auto& file : std::filesystem::directory_iterator(Run("fed"))) {
      if (file.path().extension() != ".json") continue;
      std::filesystem::copy(file.path(), Run(name + "/federation"),
                            std::filesystem::copy_options::overwrite_existing);
    }
  }
  void Configure(const std::string& name, const std::string& serve) {
    const std::string path = Run(name + "/node.yaml");
    const std::string before = dir_->Read("run/" + name + "/node.yaml");
    dir_->Write("run/" + name + "/node.yaml",
                before + "serve:\n  local: \"127.0.0.1:0\"\n" + serve);
  }
  void StartCity() {
    Configure("city",
              "  listen: \"127.0.0.1:0\"\n  peers:\n    - id: " + std::string(kProvince) + "\n");
    city_ = std::make_unique<ServeProcess>(TOMBOLO_PROGRAM, Run("city"));
    ASSERT_NE(city_->Port("listen_port"), 0) << city_->log();
  }
  void StartProvince() {
    Configure("province", "  peers:\n    - id: " + std::string(kCity) +
                              "\n      dial: true\n      subscribe: true\n      endpoint: {host: "
                              "127.0.0.1, port: " +
                              std::to_string(city_->Port("listen_port")) + "}\n");
    province_ = std::make_unique<ServeProcess>(TOMBOLO_PROGRAM, Run("province"));
    ASSERT_NE(province_->Port("local_port"), 0) << province_->log();
  }
  void ExpectStops(ServeProcess* process) {
    process->Signal(SIGTERM);
    EXPECT_EQ(process->Join(), 0) << process->log();
    EXPECT_THAT(process->log(), HasSubstr("\"event\":\"stopped\""));
  }

  static TempDir* dir_;
  std::unique_ptr<ServeProcess> city_, province_;
};
TempDir* Serve::dir_ = nullptr;

TEST_F(Serve, OneTakesTheOthersFeedAndWhatFollows) {
  StartCity();
  EXPECT_TRUE(city_->Answers("/readyz", "ok"));
  StartProvince();
  EXPECT_THAT(province_->LineWith("session_opened"), HasSubstr(kCity));
  EXPECT_TRUE(province_->Answers("/v1/peers", "\"records_in\":11,")) << province_->Get("/v1/peers");
  EXPECT_TRUE(city_->Answers("/v1/peers", "\"unconfirmed\":0,\"incomplete\":0,"))
      << city_->Get("/v1/peers");
  EXPECT_THAT(city_->Get("/metrics"), HasSubstr("tombolo_handshakes_total 1\n"));
  EXPECT_THAT(city_->Get("/metrics"), HasSubstr("tombolo_sessions 1\n"));
  EXPECT_EQ(city_->Get("/healthz"), "ok\n");

  // One name changes at the source, which stands in a registration and in a rating; the doorbell,
  // not a poll, brings both over.
  ASSERT_OK_AND_ASSIGN(std::string changed,
                       os::ReadFile(std::string(TOMBOLO_SOURCE_DIR) + kSample, limits::kMiB));
  const std::string tag = "<BusinessName>";
  changed.insert(changed.find(tag) + tag.size(), "New ");
  const std::string later = dir_->Write("FHRS909en-GB.2020-10-13.xml", changed);
  RunWords({"ingest", "--node", Run("city"), "--pack", "uk-fhrs", later});
  EXPECT_TRUE(province_->Answers("/v1/peers", "\"records_in\":13,")) << province_->Get("/v1/peers");

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which need far more
  EXPECT_LT(city_->MemoryKib(), 20 * 1024);
  EXPECT_LT(province_->MemoryKib(), 20 * 1024);
#endif
  ExpectStops(province_.get());
  EXPECT_THAT(city_->LineWith("session_closed"), HasSubstr(kProvince));
  ExpectStops(city_.get());
  for (const char* name : {"city", "province"}) {
    DoWords({"audit", "verify", "--node", Run(name)});
  }
}

TEST_F(Serve, ASuspensionIsTakenWhileItServes) {
  StartCity();
  StartProvince();
  EXPECT_NE(province_->LineWith("session_opened"), "");
  EXPECT_TRUE(province_->Answers("/v1/peers", "\"records_in\":11,"));
  DoWords({"federation", "suspend", Run("fed"), kCity});
  SignRegistry(Run("fed"));
  TakeDocuments("province");
  province_->Signal(SIGHUP);
  EXPECT_NE(province_->LineWith("\"event\":\"reloaded\""), "") << province_->log();
  EXPECT_THAT(province_->LineWith("session_closed"), HasSubstr(kCity));
  EXPECT_NE(city_->LineWith("session_closed"), "");
  ExpectStops(province_.get());
  ExpectStops(city_.get());
}

TEST_F(Serve, AReloadThatCannotBeUsedLeavesTheOldStateInPlace) {
  StartCity();
  dir_->Write("run/city/tls/chain.pem", "no certificate");
  city_->Signal(SIGHUP);
  EXPECT_THAT(city_->LineWith("reload_failed"), HasSubstr("CONFIG_VALUE"));
  std::filesystem::remove(Run("city/federation/root.json"));
  city_->Signal(SIGHUP);
  EXPECT_THAT(city_->LineWith("reload_failed"), HasSubstr("NOT_FOUND"));
  EXPECT_EQ(city_->Get("/healthz"), "ok\n");
  ExpectStops(city_.get());
}

// A peer that no longer answers: frozen, its connection open.
TEST_F(Serve, ASilentPeerHoldsTheStopForNoLongerThanItMayTake) {
  StartCity();
  StartProvince();
  EXPECT_NE(city_->LineWith("session_opened"), "");
  province_->Signal(SIGSTOP);
  os::SystemClock clock;
  const int64_t begun_us = clock.MonotonicUs();
  city_->Signal(SIGTERM);
  EXPECT_GE(city_->Join(), 0) << city_->log();
  EXPECT_LE((clock.MonotonicUs() - begun_us) / 1000, limits::kStopMsMax + 2000);
  EXPECT_THAT(city_->log(), HasSubstr("\"event\":\"stopping\""));
}

TEST_F(Serve, ASecondSignalEndsAtOnce) {
  StartCity();
  StartProvince();
  EXPECT_NE(city_->LineWith("session_opened"), "");
  province_->Signal(SIGSTOP);
  os::SystemClock clock;
  const int64_t begun_us = clock.MonotonicUs();
  city_->Signal(SIGTERM);
  EXPECT_NE(city_->LineWith("stopping"), "");
  city_->Signal(SIGINT);
  EXPECT_EQ(city_->Join(), 1) << city_->log();
  EXPECT_THAT(city_->log(), HasSubstr("INTERRUPTED"));
  EXPECT_LE((clock.MonotonicUs() - begun_us) / 1000, 4000);
}

TEST_F(Serve, OneServerANodeAndNoneWithoutItsFiles) {
  StartCity();
  ServeProcess second(TOMBOLO_PROGRAM, Run("city"));
  EXPECT_EQ(second.Join(), 2);
  EXPECT_THAT(second.log(), HasSubstr("ALREADY_EXISTS"));
  ServeProcess without(TOMBOLO_PROGRAM, Run("province"));
  EXPECT_EQ(without.Join(), 2);
  EXPECT_THAT(without.log(), HasSubstr("serve"));
  ExpectStops(city_.get());
}

}  // namespace
}  // namespace tombolo::testing
