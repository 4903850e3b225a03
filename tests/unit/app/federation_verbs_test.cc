// The recipe of certs/README.md on the command line, from the root authority to a peer that is
// known; and what each damage says.
#include <gmock/gmock.h>

#include <filesystem>

#include "gateway/app/cli.h"
#include "gateway/app/federation_folder.h"
#include "gateway/base/limits.h"
#include "gateway/os/signer.h"
#include "gateway/os/system.h"
#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"

namespace tombolo::app {
namespace {

using ::testing::HasSubstr;

constexpr char kDomain[] = "federation.example";
constexpr char kCity[] = "spiffe://federation.example/xx/city";

struct Ran {
  int code = 0;
  std::string out, error;
};

class FederationVerbs : public ::testing::Test {
 protected:
  Ran Run(const std::vector<std::string>& words) const {
    std::vector<const char*> argv = {"tombolo"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Ran ran;
    ran.code = RunCommandLine(static_cast<int>(argv.size()), argv.data());
    ran.out = ::testing::internal::GetCapturedStdout();
    ran.error = ::testing::internal::GetCapturedStderr();
    return ran;
  }
  std::string Do(const std::vector<std::string>& words) const {
    const Ran ran = Run(words);
    EXPECT_EQ(ran.code, 0) << words[0] << " " << words[1] << ": " << ran.error;
    return ran.out;
  }
  std::string Path(const std::string& name) const { return dir_.File(name); }

  void MakeAuthorities() const {
    Do({"pki", "root", Path("ca-root"), "--name", "Root", "--domain", kDomain});
    Do({"pki", "intermediate", Path("ca-xx"), "--root", Path("ca-root"), "--name", "XX", "--domain",
        kDomain});
    Do({"pki", "crl", "--authority", Path("ca-root"), "--days", "30"});
    Do({"pki", "crl", "--authority", Path("ca-xx")});
  }
  // Key, request, chain NAME.pem and public signing key NAME.der.
  void MakeNode(const std::string& name, const std::string& id) const {
    dir_.Write(name + ".csr", Do({"pki", "request", Path(name), "--id", id}));
    Do({"pki", "sign", Path(name + ".csr"), "--authority", Path("ca-xx"), "--out",
        Path(name + ".pem")});
    const std::string key = Path(name + ".key");
    ASSERT_OK(os::GenerateKeyFile(v1::SHA256_ED25519, key));
    dir_.Write(name + ".der", (*os::LoadSigner(v1::SHA256_ED25519, key))->public_key_der());
  }
  void AddNode(const std::string& name, const std::string& id) const {
    Do({"federation", "add", Path("fed"), id, "--level", "CITY", "--title", name, "--chain",
        Path(name + ".pem"), "--signing-key", Path(name + ".der"), "--endpoint", "a.example:8443"});
  }
  std::string Key(const std::string& name) const { return Path("fed/keys/" + name + ".key"); }
  Ran Sign(const std::string& document, const std::string& key) const {
    return Run({"federation", "sign", Path("fed/" + document), "--key", Key(key)});
  }
  Ran Timestamp() const {
    return Run({"federation", "timestamp", Path("fed"), "--key", Key("timestamp-1"), "--list",
                Path("ca-root"), Path("ca-xx")});
  }
  void MakeFederation() const {
    MakeAuthorities();
    MakeNode("city", kCity);
    Do({"federation", "init", Path("fed"), "--name", kDomain, "--ca", Path("ca-root/cert.pem"),
        "--keys", "3", "--threshold", "2"});
    AddNode("city", kCity);
    for (const char* key : {"root-1", "root-3"}) EXPECT_EQ(Sign("root.json", key).code, 0);
    SignRegistry();
  }
  void SignRegistry() const {
    for (const char* key : {"registry-2", "registry-3"}) {
      EXPECT_EQ(Sign("registry.json", key).code, 0);
    }
    EXPECT_EQ(Timestamp().code, 0);
  }
  Ran Check(const std::string& chain) const {
    return Run({"check", "cert", "--federation", Path("fed"), Path(chain)});
  }

  testing::TempDir dir_;
};

TEST_F(FederationVerbs, FromTheRootToAKnownPeer) {
  MakeFederation();
  EXPECT_THAT(Do({"federation", "verify", Path("fed")}), HasSubstr("root 1, registry 1"));
  EXPECT_THAT(Do({"federation", "verify", Path("fed"), "--json"}), HasSubstr("\"lists\":2"));
  EXPECT_THAT(Do({"federation", "show", Path("fed")}), HasSubstr(kCity));
  EXPECT_THAT(Do({"federation", "show", Path("fed"), "--json"}),
              HasSubstr("\"endpoint\":\"a.example:8443\""));
  const Ran known = Check("city.pem");
  EXPECT_EQ(known.code, 0);
  EXPECT_THAT(known.out, HasSubstr("\"accepted\":true"));
  EXPECT_THAT(known.out, HasSubstr(kCity));
}

TEST_F(FederationVerbs, KeysAreForTheirOwnerAndNothingIsMadeTwice) {
  MakeFederation();
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  int keys = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
    const std::string name = entry.path().filename();
    if (name != "key.pem" && !name.ends_with(".key")) continue;
    ++keys;
    EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none) << name;
  }
  EXPECT_EQ(keys, 3 + 7 + 1);  // authorities and node; the roles'; the node's signing key
  EXPECT_EQ(
      Run({"federation", "init", Path("fed"), "--name", kDomain, "--ca", Path("ca-root/cert.pem")})
          .code,
      2);
  EXPECT_EQ(Run({"pki", "root", Path("ca-root"), "--name", "R", "--domain", kDomain}).code, 2);
  EXPECT_EQ(Run({"pki", "request", Path("city"), "--id", kCity}).code, 2);
  EXPECT_THAT(Do({"pki", "renew", Path("city"), "--id", kCity}), HasSubstr("CERTIFICATE REQUEST"));
}

TEST_F(FederationVerbs, SuspendedRemovedRevoked) {
  MakeFederation();
  Do({"federation", "suspend", Path("fed"), kCity});
  EXPECT_EQ(Timestamp().code, 3);  // nobody has signed the new registry yet
  SignRegistry();
  EXPECT_THAT(Do({"federation", "verify", Path("fed")}), HasSubstr("registry 2"));
  EXPECT_THAT(Check("city.pem").out, HasSubstr("PEER_SUSPENDED"));
  Do({"federation", "remove", Path("fed"), kCity});
  SignRegistry();
  EXPECT_THAT(Check("city.pem").out, HasSubstr("PEER_UNKNOWN"));
  EXPECT_EQ(Run({"federation", "remove", Path("fed"), kCity}).code, 2);
  ASSERT_OK_AND_ASSIGN(const std::string issued,
                       os::ReadFile(Path("ca-xx/issued"), limits::kPemBytesMax));
  Do({"pki", "revoke", issued.substr(0, issued.find(' ')), "--authority", Path("ca-xx")});
  EXPECT_EQ(Timestamp().code, 0);
  EXPECT_THAT(Check("city.pem").out, HasSubstr("PEER_CERT_REVOKED"));
  EXPECT_EQ(Check("city.pem").code, 3);
}

TEST_F(FederationVerbs, WhatDoesNotFitIsRefused) {
  MakeFederation();
  MakeNode("town", "spiffe://federation.example/xx/town");
  // The authority signs for its own domain only, and a root for no node.
  dir_.Write("out.csr", Do({"pki", "request", Path("out"), "--id", "spiffe://other.example/a"}));
  for (const char* authority : {"ca-xx", "ca-root"}) {
    EXPECT_THAT(Run({"pki", "sign", Path("out.csr"), "--authority", Path(authority), "--out",
                     Path("out.pem")})
                    .error,
                HasSubstr("PEER_CERT_FORM"));
    EXPECT_FALSE(std::filesystem::exists(Path("out.pem")));
  }
  // Another node's chain; a level and an endpoint that are none.
  const auto add = [&](const std::string& level, const std::string& chain,
                       const std::string& endpoint) {
    return Run({"federation", "add", Path("fed"), "spiffe://federation.example/xx/town", "--level",
                level, "--chain", Path(chain), "--signing-key", Path("town.der"), "--endpoint",
                endpoint});
  };
  EXPECT_THAT(add("CITY", "city.pem", "a:1").error, HasSubstr("DOCUMENT_MISMATCH"));
  EXPECT_THAT(add("TOWN", "town.pem", "a:1").error, HasSubstr("is no level"));
  EXPECT_THAT(add("CITY", "town.pem", "a").error, HasSubstr("is no endpoint"));
  // A key of another role counts for nothing.
  EXPECT_EQ(Sign("root.json", "registry-1").code, 0);
  EXPECT_EQ(Run({"federation", "timestamp", Path("fed"), "--key", Key("registry-1")}).code, 3);
  // A document that somebody changed.
  v1::SignedDocument registry = *ReadDocument(Path("fed/registry.json"));
  registry.mutable_signatures(0)->mutable_signature()->front() ^= 1;
  ASSERT_OK(WriteDocument(Path("fed/registry.json"), registry));
  EXPECT_THAT(Run({"federation", "verify", Path("fed")}).error, HasSubstr("SIGNATURE_INVALID"));
  EXPECT_EQ(Run({"federation", "verify", Path("none")}).code, 2);
  EXPECT_EQ(Run({"federation", "init", Path("fed2"), "--name", kDomain, "--ca",
                 Path("ca-root/cert.pem"), "--threshold", "2"})
                .code,
            2);
  EXPECT_FALSE(std::filesystem::exists(Path("fed2")));
}

TEST_F(FederationVerbs, AFileOfCertificatesHasALimit) {
  MakeFederation();
  std::string pem = dir_.Read("city.pem");
  pem.resize(limits::kPemBytesMax, '\n');
  dir_.Write("full.pem", pem);
  EXPECT_EQ(Check("full.pem").code, 0);
  dir_.Write("more.pem", pem + "\n");
  EXPECT_THAT(Check("more.pem").error, HasSubstr("LIMIT_EXCEEDED"));
  dir_.Write("none.pem", "text");
  EXPECT_THAT(Check("none.pem").out, HasSubstr("\"accepted\":false"));
}

}  // namespace
}  // namespace tombolo::app
