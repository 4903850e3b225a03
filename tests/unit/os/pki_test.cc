// Authorities, nodes and lists made on disk follow the federation's profile, as gateway/trust reads
// it; keys are for their owner only.
#include "gateway/os/pki.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "gateway/base/limits.h"
#include "gateway/trust/certificate.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_entropy.h"
#include "tests/support/temp_dir.h"

namespace tombolo::os {
namespace {

constexpr char kDomain[] = "federation.example";
constexpr char kCity[] = "spiffe://federation.example/xx/city";
constexpr int64_t kDayUs = int64_t{86400} * 1000000;

template <typename Result>
std::string Message(const Result& result) {
  if constexpr (requires { result.status(); }) {
    return Describe(result.status());
  } else {
    return Describe(result);
  }
}

class Pki : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(MakeRoot({Path("root"), "Root", kDomain, 3650}, &clock_, &entropy_));
    ASSERT_OK(MakeIntermediate({Path("province"), "Province", kDomain, 1095}, Path("root"), &clock_,
                               &entropy_));
    ASSERT_OK(Revoke(Path("root"), "", 30, &clock_));
    ASSERT_OK(Revoke(Path("province"), "", 7, &clock_));
  }
  std::string Path(const std::string& name) const { return dir_.File(name); }
  std::string OneDer(const std::string& name, const std::string& what = "CERTIFICATE") const {
    const StatusOr<std::vector<std::string>> all = DerOfPem(dir_.Read(name), what);
    EXPECT_OK(all);
    return all.ok() ? all->at(0) : "";
  }
  StatusOr<std::string> Node(int days = 398) {
    ASSIGN_OR_RETURN(const std::string request, MakeNodeRequest(Path("city"), kCity, false));
    return SignNodeRequest(Path("province"), request, days, &clock_, &entropy_);
  }
  StatusOr<trust::CertificateFacts> Verify(const std::string& pem, int64_t later_us = 0) const {
    ASSIGN_OR_RETURN(const std::vector<std::string> chain, DerOfPem(pem, "CERTIFICATE"));
    const std::string root = OneDer("root/cert.pem");
    trust::RevocationLists lists;
    for (const std::string name : {"root", "province"}) {
      ASSIGN_OR_RETURN(trust::RevocationList list,
                       trust::ReadRevocationList(OneDer(name + "/crl.pem", "X509 CRL"),
                                                 OneDer(name + "/cert.pem")));
      lists[list.issuer_key_id] = std::move(list);
    }
    trust::ChainInput input;
    input.chain.assign(chain.begin(), chain.end());
    input.roots = {root};
    input.lists = &lists;
    input.trust_domain = kDomain;
    input.now_us = now_.NowUs() + later_us;
    return trust::VerifyChain(input);
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  mutable testing::FakeClock now_;
  testing::FakeEntropy entropy_;
};

TEST_F(Pki, WhatItMakesFollowsTheProfile) {
  EXPECT_OK(trust::CheckProfile(OneDer("root/cert.pem"), trust::CertificateRole::kRoot, kDomain));
  EXPECT_OK(trust::CheckProfile(OneDer("province/cert.pem"), trust::CertificateRole::kIntermediate,
                                kDomain));
  ASSERT_OK_AND_ASSIGN(const std::string pem, Node());
  ASSERT_OK_AND_ASSIGN(const trust::CertificateFacts facts, Verify(pem));
  EXPECT_EQ(facts.spiffe_id, kCity);
  EXPECT_EQ(facts.not_after_us - facts.not_before_us, 398 * kDayUs);
}

TEST_F(Pki, KeysAreTheOwnersAndStayWhereTheyAre) {
  ASSERT_OK(Node());
  int keys = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
    if (!entry.is_regular_file()) continue;
    const bool secret =
        dir_.Read(std::filesystem::relative(entry.path(), dir_.path()).string()).find("PRIVATE") !=
        std::string::npos;
    EXPECT_EQ(secret, entry.path().filename() == "key.pem") << entry.path();
    if (!secret) continue;
    ++keys;
    EXPECT_EQ(entry.status().permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_EQ(keys, 3);
}

TEST_F(Pki, NothingIsOverwritten) {
  const auto again = MakeRoot({Path("root"), "Root", kDomain, 10}, &clock_, &entropy_);
  EXPECT_CODE(Code::ALREADY_EXISTS, again);
  EXPECT_NE(Message(again).find("name another folder"), std::string::npos) << Message(again);
  EXPECT_CODE(Code::ALREADY_EXISTS, MakeIntermediate({Path("province"), "P", kDomain, 10},
                                                     Path("root"), &clock_, &entropy_));
  ASSERT_OK(MakeNodeRequest(Path("city"), kCity, false));
  EXPECT_CODE(Code::ALREADY_EXISTS, MakeNodeRequest(Path("city"), kCity, false));
}

TEST_F(Pki, RenewalKeepsTheKey) {
  EXPECT_CODE(Code::FILE_UNREADABLE, MakeNodeRequest(Path("city"), kCity, true));
  ASSERT_OK_AND_ASSIGN(const std::string before, Node());
  ASSERT_OK_AND_ASSIGN(const std::string request, MakeNodeRequest(Path("city"), kCity, true));
  ASSERT_OK_AND_ASSIGN(const std::string after,
                       SignNodeRequest(Path("province"), request, 90, &clock_, &entropy_));
  ASSERT_OK_AND_ASSIGN(const trust::CertificateFacts first, Verify(before));
  ASSERT_OK_AND_ASSIGN(const trust::CertificateFacts second, Verify(after));
  EXPECT_EQ(first.spki_digest, second.spki_digest);
  EXPECT_NE(first.serial, second.serial);
}

TEST_F(Pki, RevocationAndItsNumber) {
  ASSERT_OK_AND_ASSIGN(const std::string pem, Node());
  ASSERT_OK_AND_ASSIGN(const trust::CertificateFacts facts, Verify(pem));
  EXPECT_CODE(Code::NOT_FOUND, Revoke(Path("province"), "00", 7, &clock_));
  ASSERT_OK(Revoke(Path("province"), facts.serial, 7, &clock_));
  EXPECT_CODE(Code::PEER_CERT_REVOKED, Verify(pem));
  ASSERT_OK(Revoke(Path("province"), facts.serial, 7, &clock_));  // once is enough
  ASSERT_OK(Revoke(Path("province"), "", 7, &clock_));
  EXPECT_CODE(Code::PEER_CERT_REVOKED, Verify(pem));
  ASSERT_OK_AND_ASSIGN(const trust::RevocationList list,
                       trust::ReadRevocationList(OneDer("province/crl.pem", "X509 CRL"),
                                                 OneDer("province/cert.pem")));
  EXPECT_EQ(list.number, 4u);
  EXPECT_EQ(list.next_update_us - list.this_update_us, 7 * kDayUs);
  EXPECT_CODE(Code::CRL_MISSING, Verify(pem, 8 * kDayUs));
}

TEST_F(Pki, DaysHaveLimits) {
  ASSERT_OK(Node(limits::kLeafDaysMax));
  ASSERT_OK_AND_ASSIGN(const std::string request, MakeNodeRequest(Path("city"), kCity, true));
  for (const int days : {limits::kLeafDaysMax + 1, 0, -1}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT,
                SignNodeRequest(Path("province"), request, days, &clock_, &entropy_));
    EXPECT_CODE(Code::INVALID_ARGUMENT, Revoke(Path("province"), "", days, &clock_));
  }
  EXPECT_OK(MakeRoot({Path("r1"), "R", kDomain, limits::kAuthorityDaysMax}, &clock_, &entropy_));
  EXPECT_CODE(
      Code::INVALID_ARGUMENT,
      MakeRoot({Path("r2"), "R", kDomain, limits::kAuthorityDaysMax + 1}, &clock_, &entropy_));
  EXPECT_FALSE(std::filesystem::exists(Path("r2")));
  // Nobody outlives who signed him; and a refusal leaves no key behind.
  EXPECT_CODE(Code::INVALID_ARGUMENT, MakeIntermediate({Path("long"), "L", kDomain, 3651},
                                                       Path("root"), &clock_, &entropy_));
  EXPECT_FALSE(std::filesystem::exists(Path("long")));
}

TEST_F(Pki, WrongRequestsAndNames) {
  for (const char* bad : {"", "Federation.example", "a b", "a,URI:x"}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT, MakeRoot({Path("bad"), "R", bad, 10}, &clock_, &entropy_))
        << bad;
  }
  EXPECT_CODE(Code::INVALID_ARGUMENT,
              MakeRoot({Path("bad"), std::string(65, 'x'), kDomain, 10}, &clock_, &entropy_));
  EXPECT_FALSE(std::filesystem::exists(Path("bad")));
  ASSERT_OK_AND_ASSIGN(const std::string request, MakeNodeRequest(Path("city"), kCity, false));
  std::string damaged = request;
  damaged[damaged.size() / 2] ^= 1;
  for (const std::string& text : {std::string(), std::string("x"), damaged}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT,
                SignNodeRequest(Path("province"), text, 10, &clock_, &entropy_));
  }
  ASSERT_OK_AND_ASSIGN(const std::string other, MakeNodeRequest(Path("x"), "http://a/b", false));
  EXPECT_CODE(Code::INVALID_ARGUMENT,
              SignNodeRequest(Path("province"), other, 10, &clock_, &entropy_));
  // A name that would be another entry in openssl.cnf's language stays one name.
  ASSERT_OK_AND_ASSIGN(const std::string odd,
                       MakeNodeRequest(Path("y"), "spiffe://federation.example/a,DNS:b", false));
  ASSERT_OK_AND_ASSIGN(const std::string chain,
                       SignNodeRequest(Path("province"), odd, 10, &clock_, &entropy_));
  EXPECT_CODE(Code::PEER_CERT_FORM, Verify(chain));
  // What is missing or wrong is told with the next step.
  const auto lost = SignNodeRequest(Path("nowhere"), request, 10, &clock_, &entropy_);
  EXPECT_CODE(Code::FILE_UNREADABLE, lost);
  EXPECT_NE(Message(lost).find("tombolo pki --help"), std::string::npos) << Message(lost);
  const auto junk = SignNodeRequest(Path("province"), "x", 10, &clock_, &entropy_);
  EXPECT_NE(Message(junk).find("tombolo pki request"), std::string::npos) << Message(junk);
  // A node signs for nobody.
  EXPECT_FALSE(SignNodeRequest(Path("city"), request, 10, &clock_, &entropy_).ok());
}

TEST_F(Pki, PemIsReadStrictly) {
  EXPECT_CODE(Code::INVALID_ARGUMENT, DerOfPem("", "CERTIFICATE"));
  EXPECT_CODE(Code::INVALID_ARGUMENT, DerOfPem("text", "CERTIFICATE"));
  EXPECT_CODE(Code::INVALID_ARGUMENT, DerOfPem(dir_.Read("root/crl.pem"), "CERTIFICATE"));
  const std::string pem = dir_.Read("root/cert.pem");
  EXPECT_CODE(Code::INVALID_ARGUMENT, DerOfPem(pem + pem.substr(0, 100), "CERTIFICATE"));
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> two, DerOfPem(pem + pem, "CERTIFICATE"));
  EXPECT_EQ(two.size(), 2u);
}

}  // namespace
}  // namespace tombolo::os
