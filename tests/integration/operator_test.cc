// The operator's verbs on a real node: policy, explain, audit, peers; from the draft in YAML to
// what another program verifies.
#include <gmock/gmock.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "gateway/app/policy_folder.h"
#include "gateway/os/doorbell.h"
#include "gateway/os/signer.h"
#include "gateway/trust/document.h"
#include "tests/integration/town.h"
#include "tests/support/command_line.h"
#include "tests/support/one_answer_server.h"

namespace tombolo::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDomain[] = "federation.example";
constexpr char kTown[] = "spiffe://federation.example/town";
constexpr char kCity[] = "spiffe://federation.example/city";
constexpr int64_t kDayUs = int64_t{86400} * 1000000;

constexpr char kRule[] = R"(rules:
  - id: shops-to-government
    effect: ALLOW
    recipients: {any_member: true}
    items: [test.shop]
    layer: GOVERNMENT
    purposes: ["dpv:PublicBenefit"]
    legal_basis: gov.statute
)";

std::string InDays(int days) {
  os::SystemClock clock;
  return trust::FormatMoment(clock.NowUs() + days * kDayUs);
}

class OperatorTest : public Town {
 protected:
  void SetUp() override {
    Town::SetUp();
    Use(TownPack());
    Take(TownFile(3));
  }
  std::string Path(const std::string& name) const { return dir.File(name); }
  std::string Node() const { return Path("node"); }

  // --- federation: the town and a city, both members.
  void MakeFederation() const {
    DoWords({"pki", "root", Path("ca-root"), "--name", "Root", "--domain", kDomain});
    DoWords({"pki", "intermediate", Path("ca-xx"), "--root", Path("ca-root"), "--name", "XX",
             "--domain", kDomain});
    DoWords({"pki", "crl", "--authority", Path("ca-root"), "--days", "30"});
    DoWords({"pki", "crl", "--authority", Path("ca-xx")});
    DoWords(
        {"federation", "init", Path("fed"), "--name", kDomain, "--ca", Path("ca-root/cert.pem")});
    std::filesystem::create_directories(Path("city"));
    ASSERT_OK(os::GenerateKeyFile(v1::SHA256_ED25519, Path("city/signing.key")));
    AddMember("node", kTown);
    AddMember("city", kCity);
    for (const char* role : {"root", "registry"}) {
      DoWords({"federation", "sign", Path("fed/" + std::string(role) + ".json"), "--key",
               Path("fed/keys/" + std::string(role) + "-1.key")});
    }
    DoWords({"federation", "timestamp", Path("fed"), "--key", Path("fed/keys/timestamp-1.key"),
             "--list", Path("ca-root"), Path("ca-xx")});
    for (const auto& file : std::filesystem::directory_iterator(Path("fed"))) {
      if (file.path().extension() != ".json") continue;
      std::filesystem::copy(file.path(), Path("node/federation"));
    }
  }
  void AddMember(const std::string& folder_name, const std::string& id) const {
    dir.Write(folder_name + ".csr",
              DoWords({"pki", "request", Path(folder_name + "/tls"), "--id", id}));
    DoWords({"pki", "sign", Path(folder_name + ".csr"), "--authority", Path("ca-xx"), "--out",
             Path(folder_name + "/tls/chain.pem")});
    ASSERT_OK_AND_ASSIGN(const auto signer,
                         os::LoadSigner(v1::SHA256_ED25519, Path(folder_name + "/signing.key")));
    dir.Write(folder_name + ".der", signer->public_key_der());
    DoWords({"federation", "add", Path("fed"), id, "--level", "CITY", "--chain",
             Path(folder_name + "/tls/chain.pem"), "--signing-key", Path(folder_name + ".der")});
  }

  // --- policy
  void WritePolicy(int version, const std::string& rules = kRule) const {
    dir.Write("policy.yaml", "origin: " + std::string(kTown) +
                                 "\nversion: " + std::to_string(version) +
                                 "\nexpires_at: " + InDays(365) + "\n" + rules);
  }
  void WriteGrant(int version, const std::string& reference = "Agreement 7") const {
    dir.Write("grants/one.yaml", "id: g-1\norigin: " + std::string(kTown) + "\nversion: " +
                                     std::to_string(version) + "\nrecipients: [" + kCity +
                                     "]\nitems: [test.shop]\npurposes: [\"dpv:PublicBenefit\"]\n"
                                     "legal_basis: gov.agreement\nreference: " +
                                     reference + "\nfrom: " + InDays(-1) +
                                     "\nuntil: " + InDays(90) + "\nmode: BULK\n");
  }
  CommandOutcome Sign(bool grants = false) const {
    std::vector<std::string> words = {"policy", "sign", Path("policy.yaml"), "--node", Node()};
    if (grants) words.insert(words.end(), {"--grants", Path("grants")});
    return RunWords(words);
  }
  CommandOutcome Explain(const std::string& to, const std::string& purpose,
                         const std::string& at = "") {
    std::vector<std::string> words = {"explain",     "--node", Node(), "--record",
                                      IdOf(1).hex(), "--to",   to,     "--json"};
    if (!purpose.empty()) words.insert(words.end(), {"--purpose", purpose});
    if (!at.empty()) words.insert(words.end(), {"--at", at});
    return RunWords(words);
  }
  static std::string Shown(const std::string& layer, bool shown) {
    return "{\"layer\":\"" + layer + "\",\"shown\":" + (shown ? "true" : "false");
  }
};

// --- policy

TEST_F(OperatorTest, ANewNodeHasTheFoldersOfTheExchange) {
  for (const char* name : {"tls", "federation", "policy"}) {
    const std::filesystem::path folder_path = Path("node/" + std::string(name));
    ASSERT_TRUE(std::filesystem::is_directory(folder_path)) << name;
    EXPECT_EQ(std::filesystem::status(folder_path).permissions(), std::filesystem::perms::owner_all)
        << name;
  }
}

TEST_F(OperatorTest, FaultsOfAPolicyAreToldWithTheirLines) {
  WritePolicy(1, std::string(kRule) + "    from: yesterday\n");
  WriteGrant(0);
  const std::vector<std::string> check = {"policy", "check",    Path("policy.yaml"), "--node",
                                          Path(""), "--grants", Path("grants")};
  const CommandOutcome refused = RunWords(check);
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.error, HasSubstr("POLICY_INVALID"));
  EXPECT_THAT(refused.error, HasSubstr("policy.yaml:12:5: rules[0].from: write a moment"));
  EXPECT_THAT(refused.error, HasSubstr("one.yaml:3:1: version: versions count from 1"));
  EXPECT_EQ(Sign(true).code, 2);
  EXPECT_FALSE(std::filesystem::exists(Path("node/policy/policy.json")));
  std::vector<std::string> json = check;
  json.push_back("--json");
  const CommandOutcome told = RunWords(json);
  EXPECT_EQ(told.code, 2);
  EXPECT_THAT(told.out, HasSubstr("\"accepted\":false"));
  EXPECT_THAT(told.out, HasSubstr("\"value\":\"yesterday\""));
  WritePolicy(1);
  WriteGrant(1);
  EXPECT_THAT(DoWords(check), HasSubstr("version 1, 1 rules, 1 grants"));
}

TEST_F(OperatorTest, AConditionOnRecordsIsUnsuited) {
  WritePolicy(1, std::string(kRule) + "    where: capital > 5\n");
  const CommandOutcome refused = Sign();
  EXPECT_THAT(refused.error, HasSubstr("POLICY_UNSUITED"));
  EXPECT_THAT(refused.error, HasSubstr("split the item"));
}

TEST_F(OperatorTest, SigningNamesTheGrantsRaisesTheVersionAndRings) {
  ASSERT_OK_AND_ASSIGN(const auto bell, os::Doorbell::Hang(Node()));
  WritePolicy(1);
  WriteGrant(1);
  ASSERT_EQ(Sign(true).code, 0);
  EXPECT_EQ(bell->Wait(0), os::Ring::kReload);
  ASSERT_OK_AND_ASSIGN(const app::PolicyDocuments first,
                       app::ReadPolicyFolder(Path("node/policy")));
  EXPECT_EQ(first.grants.size(), 1u);
  // The same version again, or a lower one.
  EXPECT_THAT(Sign(true).error, HasSubstr("DOCUMENT_ROLLBACK"));
  EXPECT_THAT(Sign(true).error, HasSubstr("write version: 2"));
  // A grant's content moves only with its version.
  WritePolicy(2);
  WriteGrant(1, "Agreement 8");
  EXPECT_THAT(Sign(true).error, HasSubstr("DOCUMENT_FORKED"));
  WriteGrant(2, "Agreement 8");
  ASSERT_EQ(Sign(true).code, 0);
  // All grants end only if that is said.
  WritePolicy(3);
  EXPECT_THAT(Sign(false).error, HasSubstr("names 1 grants and no --grants"));
  std::filesystem::remove(Path("grants/one.yaml"));
  ASSERT_EQ(Sign(true).code, 0);
  EXPECT_FALSE(std::filesystem::exists(Path("node/policy/grant-g-1.json")));
}

TEST_F(OperatorTest, AGrantOfAnotherVersionThanThePolicyNamesIsPassedOver) {
  WritePolicy(1);
  WriteGrant(1);
  ASSERT_EQ(Sign(true).code, 0);
  const std::string old = dir.Read("node/policy/grant-g-1.json");
  WritePolicy(2);
  WriteGrant(2);
  ASSERT_EQ(Sign(true).code, 0);
  dir.Write("node/policy/grant-g-1.json", old);
  ASSERT_OK_AND_ASSIGN(const app::PolicyDocuments now, app::ReadPolicyFolder(Path("node/policy")));
  EXPECT_TRUE(now.grants.empty());
  EXPECT_THAT(DoWords({"policy", "show", "--node", Node()}), HasSubstr("1 grants that it names"));
}

TEST_F(OperatorTest, ThePolicyOfAnotherNodeIsNotSigned) {
  dir.Write("policy.yaml",
            "origin: " + std::string(kCity) + "\nversion: 1\nexpires_at: " + InDays(9) + "\n");
  EXPECT_THAT(Sign().error, HasSubstr("DOCUMENT_MISMATCH"));
}

TEST_F(OperatorTest, ShowSaysWhatHolds) {
  EXPECT_THAT(RunWords({"policy", "show", "--node", Node()}).error,
              HasSubstr("tombolo policy sign"));
  WritePolicy(1);
  ASSERT_EQ(Sign().code, 0);
  EXPECT_THAT(DoWords({"policy", "show", "--node", Node()}), HasSubstr("not checked: there is no"));
  MakeFederation();
  const std::string text = DoWords({"policy", "show", "--node", Node()});
  EXPECT_THAT(text, HasSubstr("shops-to-government"));
  EXPECT_THAT(text, HasSubstr("Under the registry: it holds."));
  EXPECT_THAT(DoWords({"policy", "show", "--node", Node(), "--json"}),
              HasSubstr("\"under_the_registry\":\"it holds\""));
}

// --- explain and shadow

TEST_F(OperatorTest, ExplainSaysWhichRuleGaveWhichLayer) {
  MakeFederation();
  WritePolicy(1);
  WriteGrant(1);
  ASSERT_EQ(Sign(true).code, 0);
  const std::string city = Explain(kCity, "dpv:PublicBenefit").out;
  EXPECT_THAT(city, HasSubstr(Shown("PUBLIC", true)));
  EXPECT_THAT(city, HasSubstr(Shown("GOVERNMENT", true)));
  EXPECT_THAT(city, HasSubstr("\"by\":\"rule shops-to-government v1\""));
  EXPECT_THAT(city, HasSubstr(Shown("LIMITED", true)));
  EXPECT_THAT(city, HasSubstr("\"by\":\"grant g-1 v1\""));
  const std::string none = Explain(kCity, "").out;
  EXPECT_THAT(none,
              HasSubstr(Shown("GOVERNMENT", false) + ",\"reason\":\"no purpose was declared"));
  const std::string everyone = Explain("public", "").out;
  EXPECT_THAT(everyone, HasSubstr(Shown("PUBLIC", true)));
  EXPECT_THAT(everyone, HasSubstr(Shown("LIMITED", false)));
  // After the policy's end, with the documents of today.
  const std::string later = Explain(kCity, "dpv:PublicBenefit", InDays(400)).out;
  EXPECT_THAT(later, HasSubstr(Shown("GOVERNMENT", false) + ",\"reason\":\"the origin's policy"));
  const std::string after_grant = Explain(kCity, "dpv:PublicBenefit", InDays(100)).out;
  EXPECT_THAT(after_grant, HasSubstr(Shown("GOVERNMENT", true)));
  EXPECT_THAT(after_grant, HasSubstr(Shown("LIMITED", false) + ",\"reason\":\"a grant covered"));
  const CommandOutcome stranger = Explain("spiffe://federation.example/nobody", "");
  EXPECT_EQ(stranger.code, 2);
  EXPECT_THAT(stranger.error, HasSubstr("--to public"));
  // Every question that was answered is in the audit log.
  const std::string log =
      DoWords({"audit", "show", "--node", Node(), "--type", "DECISION_EXPLAINED", "--json"});
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 5);
  EXPECT_THAT(log, HasSubstr(kCity));
}

TEST_F(OperatorTest, ExplainInATable) {
  MakeFederation();
  const std::string text =
      DoWords({"explain", "--node", Node(), "--record", IdOf(1).hex(), "--to", "public"});
  EXPECT_THAT(text, HasSubstr("open to everyone"));
  EXPECT_THAT(text, HasSubstr("Note: there is no"));
}

TEST_F(OperatorTest, ShadowCountsWhoWouldGetMoreOrLess) {
  MakeFederation();
  WritePolicy(1);
  const std::vector<std::string> shadow = {"policy", "shadow", Path("policy.yaml"),
                                           "--node", Node(),   "--json"};
  const std::string more = DoWords(shadow);
  EXPECT_THAT(more, HasSubstr("{\"recipient\":\"" + std::string(kCity) +
                              "\",\"item\":\"test.shop\",\"layer\":\"GOVERNMENT\",\"purpose\":"
                              "\"dpv:PublicBenefit\",\"released\":3,\"withdrawn\":0}"));
  ASSERT_EQ(Sign().code, 0);
  EXPECT_EQ(DoWords(shadow), "");
  WritePolicy(2, "");
  EXPECT_THAT(DoWords(shadow), HasSubstr("\"released\":0,\"withdrawn\":3"));
  // One that is signed already is taken as it is; nothing was changed by asking.
  std::filesystem::copy(Path("node/policy/policy.json"), Path("signed.json"));
  EXPECT_EQ(DoWords({"policy", "shadow", Path("signed.json"), "--node", Node()}),
            "Nobody would get more or less than now.\n");
  const std::string log =
      DoWords({"audit", "show", "--node", Node(), "--type", "POLICY_SHADOWED", "--json"});
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 4);
  EXPECT_THAT(log, HasSubstr("\"count\":\"6\""));  // both members
}

// --- audit

TEST_F(OperatorTest, TheAuditLogVerifiesHereAndElsewhere) {
  const std::string text = DoWords({"audit", "verify", "--node", Node()});
  EXPECT_THAT(text, HasSubstr("Verified: "));
  EXPECT_THAT(text, HasSubstr("No peer has countersigned"));
  EXPECT_THAT(DoWords({"audit", "verify", "--node", Node(), "--json"}),
              HasSubstr("{\"verified\":true"));
  EXPECT_THAT(DoWords({"audit", "show", "--node", Node(), "--last", "1"}),
              Not(HasSubstr("INGEST_STARTED")));
  const std::string head = DoWords({"audit", "head", "--node", Node()});
  EXPECT_THAT(head, HasSubstr("\"checkpoint\""));
  const std::string proof = DoWords({"audit", "prove", "--node", Node(), "2"});
  const std::string verifier =
      "python3 " TOMBOLO_SOURCE_DIR "/conformance/verify.py event " + Path("event.json");
  dir.Write("event.json", proof);
  const Ran good = RunShell(verifier);
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_THAT(good.out, HasSubstr("verified; signed by " + std::string(kTown)));
  // Another event under the same proof.
  const std::string other = DoWords({"audit", "prove", "--node", Node(), "3"});
  const auto event_of = [](const std::string& json) {
    return json.substr(0, json.find("\"proof\""));
  };
  dir.Write("event.json", event_of(other) + proof.substr(proof.find("\"proof\"")));
  EXPECT_EQ(RunShell(verifier).exit_code, 1);
  EXPECT_EQ(RunWords({"audit", "prove", "--node", Node(), "999"}).code, 2);
  EXPECT_THAT(RunWords({"audit", "show", "--node", Node(), "--type", "NONE"}).error,
              HasSubstr("is no type of event"));
  ExpectExportVerifies();
}

// --- peers, and the bell

TEST_F(OperatorTest, PeersFromTheStoreAlone) {
  EXPECT_THAT(DoWords({"peers", "--node", Node()}), HasSubstr("No peer yet"));
  dir.Write("node/node.yaml", dir.Read("node/node.yaml") + "serve:\n  local: \"127.0.0.1:1\"\n" +
                                  "  peers:\n    - id: " + kCity + "\n");
  const std::string text = DoWords({"peers", "--node", Node()});
  EXPECT_THAT(text, HasSubstr("No server runs"));
  EXPECT_THAT(text, HasSubstr("never seen"));
  EXPECT_THAT(DoWords({"peers", "--node", Node(), "--json"}),
              HasSubstr("{\"id\":\"" + std::string(kCity) + "\",\"state\":\"never seen\""));
}

TEST_F(OperatorTest, PeersFromTheServerOfThisNodeOnly) {
  const std::string yaml = dir.Read("node/node.yaml");
  for (const std::string origin : {kTown, kCity}) {
    OneAnswerServer server("HTTP/1.1 200 OK\r\n\r\n{\"origin\":\"" + origin +
                           "\",\"peers\":[{\"id\":\"" + kCity +
                           "\",\"state\":\"in session\",\"unsent\":12}]}");
    dir.Write("node/node.yaml", yaml + "serve:\n  local: \"" + server.address() + "\"\n");
    const std::string told = DoWords({"peers", "--node", Node(), "--json"});
    EXPECT_EQ(told.find("\"state\":\"in session\"") != std::string::npos, origin == kTown);
    EXPECT_EQ(told.find("\"unsent\":12") != std::string::npos, origin == kTown);
  }
}

TEST_F(OperatorTest, ACommandThatCommitsRingsTheBell) {
  ASSERT_OK_AND_ASSIGN(const auto bell, os::Doorbell::Hang(Node()));
  const auto rung = [&bell] {
    pollfd waiting = {bell->descriptor(), POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  };
  DoWords({"status", "--node", Node()});
  EXPECT_FALSE(rung());
  DoWords({"export", "--node", Node(), "--out", Path("out.ndjson")});
  EXPECT_TRUE(rung());
}

// --- the page for operators

TEST(OperatingPage, ItsCommandsWorkInTheOrderInWhichTheyStand) {
  TempDir dir;
  std::filesystem::create_directory_symlink(TOMBOLO_SOURCE_DIR "/adapters", dir.File("adapters"));
  const std::string program = TOMBOLO_PROGRAM;
  std::string script = "set -e\ncd " + dir.path().string() +
                       "\nPATH=" + program.substr(0, program.rfind('/')) + ":$PATH\n";
  std::ifstream page(TOMBOLO_SOURCE_DIR "/docs/operating.md");
  std::string line;
  int commands = 0;
  for (bool inside = false; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside) {
      script += line + "\n";
      commands += line.starts_with("tombolo ") ? 1 : 0;
    }
  }
  EXPECT_GE(commands, 20);
  const Ran ran = RunShell("sh " + dir.Write("page.sh", script) + " 2>&1");
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("uk.fhrs.rating  GOVERNMENT"));
  EXPECT_THAT(ran.out, HasSubstr("Verified: "));
}

}  // namespace
}  // namespace tombolo::testing
