// From a chain and the registry to a member, or to the one code that says why not.
#include "gateway/trust/peer.h"

#include <gtest/gtest.h>
#include <openssl/objects.h>

#include <functional>

#include "tests/support/assert_ok.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::trust {
namespace {

class Peers : public ::testing::Test {
 protected:
  void SetUp() override {
    federation_ = Then(SampleFederation(), ListDocument({root_}, MakeCertificate(root_)));
    federation_ = Then(federation_, ListDocument({province_}, MakeCertificate(province_)));
  }
  std::vector<std::string> Chain(const CertificateSpec& node) const {
    return {MakeCertificate(node), MakeCertificate(province_)};
  }
  StatusOr<PeerIdentity> Ask(const CertificateSpec& node) const {
    return Identify(*federation_, Chain(node), kNowUs);
  }
  // The federation after `change` of the registry.
  FederationPtr Changed(const std::function<void(v1::Registry*)>& change) const {
    v1::Registry registry = SampleRegistry(2);
    change(&registry);
    const v1::SignedDocument document = Signed(registry);
    return Then(federation_, Signed(SampleTimestamp(document, 2)), {document});
  }

  const CertificateSpec root_ = RootSpec(), province_ = IntermediateSpec(root_);
  const CertificateSpec city_ = NodeSpec(province_, kCity, 32);
  FederationPtr federation_;
};

TEST_F(Peers, AMemberIsKnown) {
  ASSERT_OK_AND_ASSIGN(const PeerIdentity peer, Ask(city_));
  EXPECT_EQ(peer.id, kCity);
  EXPECT_EQ(federation_->At(peer.member)->member.id(), kCity);
  EXPECT_EQ(peer.certificate.spiffe_id, kCity);
}

TEST_F(Peers, EveryKindOfBadCertificate) {
  CertificateSpec expired = city_, early = city_, usage = city_, two = city_, none = city_;
  expired.until_us = kNowUs - kSecondUs;
  early.from_us = kNowUs + kDayUs;
  usage.extensions[NID_ext_key_usage] = "serverAuth";
  two.extensions[NID_subject_alt_name] += ",URI:" + std::string(kTown);
  none.extensions[NID_subject_alt_name] = "DNS:city.example";
  const CertificateSpec stranger = IntermediateSpec(RootSpec(200), 201);
  const CertificateSpec unknown = NodeSpec(province_, "spiffe://federation.example/new", 40);
  const CertificateSpec outside = NodeSpec(province_, "spiffe://other.example/xx", 41);
  const CertificateSpec key = NodeSpec(province_, kCity, 33);  // the town's key, the city's name
  const struct {
    const char* what;
    CertificateSpec node;
    Code code;
  } kCases[] = {{"expired", expired, Code::PEER_CERT_EXPIRED},
                {"not yet valid", early, Code::PEER_CERT_EXPIRED},
                {"wrong usage", usage, Code::PEER_CERT_FORM},
                {"two names", two, Code::PEER_CERT_FORM},
                {"no name", none, Code::PEER_CERT_FORM},
                {"other authority", NodeSpec(stranger, kCity, 32), Code::PEER_CERT_UNTRUSTED},
                {"outside", outside, Code::PEER_CERT_FORM},
                {"unknown", unknown, Code::PEER_UNKNOWN},
                {"key", key, Code::PEER_KEY_MISMATCH}};
  for (const auto& one : kCases) EXPECT_CODE(one.code, Ask(one.node)) << one.what;
  EXPECT_CODE(Code::PEER_CERT_MISSING, Identify(*federation_, {}, kNowUs));
}

TEST_F(Peers, RevocationAndSuspensionAndKeysFollowTheFederation) {
  ListSpec list{province_, 2};
  list.revoked = {city_.serial};
  const FederationPtr revoked = Then(federation_, ListDocument(list, MakeCertificate(province_)));
  EXPECT_CODE(Code::PEER_CERT_REVOKED, Identify(*revoked, Chain(city_), kNowUs));
  const FederationPtr suspended =
      Changed([](v1::Registry* r) { r->mutable_members(1)->set_state(v1::SUSPENDED); });
  EXPECT_CODE(Code::PEER_SUSPENDED, Identify(*suspended, Chain(city_), kNowUs));
  const FederationPtr removed =
      Changed([](v1::Registry* r) { r->mutable_members()->DeleteSubrange(1, 2); });
  EXPECT_CODE(Code::PEER_UNKNOWN, Identify(*removed, Chain(city_), kNowUs));
  const FederationPtr rekeyed = Changed(
      [](v1::Registry* r) { r->mutable_members(1)->set_tls_keys(0, std::string(32, 'k')); });
  EXPECT_CODE(Code::PEER_KEY_MISMATCH, Identify(*rekeyed, Chain(city_), kNowUs));
  EXPECT_OK(Identify(*federation_, Chain(city_), kNowUs));  // the old value still says what it did
}

TEST_F(Peers, FreshnessIsJudgedLast) {
  EXPECT_CODE(Code::TIMESTAMP_STALE, Identify(*federation_, Chain(city_), kNowUs + kDayUs));
  const CertificateSpec key = NodeSpec(province_, kCity, 33);
  EXPECT_CODE(Code::PEER_KEY_MISMATCH, Identify(*federation_, Chain(key), kNowUs + kDayUs));
}

TEST_F(Peers, ExplainTellsEveryCheck) {
  const std::vector<CheckLine> good = ExplainPeer(*federation_, Chain(city_), kNowUs);
  EXPECT_EQ(good.size(), 7u);
  for (const CheckLine& line : good) EXPECT_OK(line.outcome) << line.what;
  // Two faults at once are both told.
  const CertificateSpec key = NodeSpec(province_, kCity, 33);
  std::vector<Code> codes;
  for (const CheckLine& line : ExplainPeer(*federation_, Chain(key), kNowUs + kDayUs)) {
    if (!line.outcome.ok()) codes.push_back(CodeOf(line.outcome));
  }
  EXPECT_EQ(codes, (std::vector<Code>{Code::PEER_KEY_MISMATCH, Code::TIMESTAMP_STALE}));
  const std::vector<CheckLine> empty = ExplainPeer(*federation_, {}, kNowUs);
  ASSERT_EQ(empty.size(), 2u);
  EXPECT_CODE(Code::PEER_CERT_MISSING, empty[0].outcome);
  const std::vector<CheckLine> garbage = ExplainPeer(*federation_, {"x"}, kNowUs);
  EXPECT_CODE(Code::PEER_CERT_FORM, garbage[0].outcome);
}

}  // namespace
}  // namespace tombolo::trust
