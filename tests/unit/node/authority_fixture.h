// A keeper of documents on a node in memory, with a federation of three members: this node, which
// stands above the other, and a town below that one.
//
// Ownership: owns all. Thread-safety: one thread. Errors: failed expectations.
#ifndef TOMBOLO_TESTS_UNIT_NODE_AUTHORITY_FIXTURE_H_
#define TOMBOLO_TESTS_UNIT_NODE_AUTHORITY_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gateway/node/authority.h"
#include "gateway/trust/document.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/fixture.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::node {

using trust::kDayUs;
using trust::kNowUs;
inline constexpr char kOther[] = "spiffe://federation.example/other";
inline constexpr char kSelf[] = "spiffe://federation.example/test";
inline constexpr char kTown[] = "spiffe://federation.example/town";
// Signing keys of the members, from the seeds that SampleMember makes of these.
inline constexpr uint64_t kOtherSeed = 32, kSelfSeed = 33, kTownSeed = 34;
constexpr uint64_t SigningSeed(uint64_t seed) { return seed + 1000; }

inline v1::Registry RegistryOf(uint64_t version) {
  v1::Registry registry = trust::SampleRegistry(version);
  registry.clear_members();
  *registry.add_members() = trust::SampleMember(kOther, v1::CITY, kOtherSeed);
  *registry.add_members() = trust::SampleMember(kSelf, v1::PROVINCE, kSelfSeed);
  *registry.add_members() = trust::SampleMember(kTown, v1::COUNTY, kTownSeed);
  registry.mutable_members(0)->set_parent(kSelf);
  registry.mutable_members(2)->set_parent(kOther);
  return registry;
}
inline v1::SignedDocument TimestampOf(const v1::SignedDocument& registry, uint64_t version) {
  return trust::Signed(trust::SampleTimestamp(registry, version));
}

template <typename Message>
v1::SignedDocument SignedBy(uint64_t seed, v1::DocumentKind kind, const Message& message) {
  auto body = trust::EncodeBody(message);
  EXPECT_OK(body);
  return trust::Sign(kind, body.value_or(""), {SigningSeed(seed)});
}

inline v1::Grant GrantOf(const std::string& id,
                         const std::vector<std::string>& recipients = {kSelf},
                         uint64_t version = 1) {
  v1::Grant grant;
  grant.set_id(id);
  grant.set_origin(kOther);
  grant.set_version(version);
  for (const std::string& recipient : recipients) grant.add_recipients(recipient);
  grant.add_items("a");
  grant.add_purposes("work");
  grant.set_legal_basis("law");
  grant.set_from(trust::FormatMoment(kNowUs - kDayUs));
  grant.set_until(trust::FormatMoment(kNowUs + 10 * kDayUs));
  grant.set_mode(v1::BULK);
  return grant;
}

// Gives GOVERNMENT to everyone who works, and what the grants say.
inline v1::Policy PolicyOf(uint64_t version, const std::vector<v1::SignedDocument>& grants,
                           const std::string& origin = kOther) {
  v1::Policy policy;
  policy.set_origin(origin);
  policy.set_version(version);
  policy.set_issued_at(trust::FormatMoment(kNowUs - kDayUs));
  policy.set_expires_at(trust::FormatMoment(kNowUs + 100 * kDayUs));
  v1::PolicyRule* rule = policy.add_rules();
  rule->set_id("gov");
  rule->set_effect(v1::ALLOW);
  rule->mutable_recipients()->set_any_member(true);
  rule->add_items("*");
  rule->set_layer(v1::GOVERNMENT);
  rule->add_purposes("work");
  rule->set_legal_basis("law");
  for (const v1::SignedDocument& document : grants) {
    v1::Grant grant;
    EXPECT_TRUE(grant.ParseFromString(document.body()));
    v1::GrantRef* ref = policy.add_grants();
    ref->set_id(grant.id());
    ref->set_version(grant.version());
    ref->set_digest(trust::BodyDigest(document));
  }
  return policy;
}

class AuthorityTest : public NodeTest {
 protected:
  void SetUp() override {
    clock_ = testing::FakeClock(kNowUs);
    NodeTest::SetUp();
    codes_.purposes = {{"work", ""}};
    codes_.legal_bases = {{"law", ""}};
    root_ = trust::Signed(trust::SampleRoot());
    OpenKeeper();
  }
  void OpenKeeper(const std::vector<std::string>& purposes = {"work"}) {
    Open(&writer_);
    ASSERT_OK_AND_ASSIGN(keeper_, AuthorityKeeper::Open(context_, codes_, purposes, &root_));
  }
  // Takes a document in and commits what follows from it.
  Status Take(const v1::SignedDocument& document, const std::string& from = kTown) {
    StatusOr<AuthorityKeeper::Outcome> outcome = keeper_->Activate(writer_.get(), document, from);
    if (outcome.ok()) outcome_ = *outcome;
    if (!writer_->empty()) {
      EXPECT_OK(writer_->Commit());
    }
    keeper_->Adopt();
    return outcome.status();
  }
  void Federate() {
    registry_ = trust::Signed(RegistryOf(1));
    ASSERT_OK(Take(registry_));
    ASSERT_OK(Take(TimestampOf(registry_, 1)));
    ASSERT_OK(keeper_->current()->federation->CheckFresh(clock_.NowUs()));
  }
  void Change(const v1::Registry& registry) {
    const v1::SignedDocument next = trust::Signed(registry);
    ASSERT_OK(Take(next));
    EXPECT_FALSE(outcome_.changed);
    ASSERT_OK(Take(TimestampOf(next, registry.version())));
    EXPECT_TRUE(outcome_.changed);
  }
  // This node holds all layers of the other's stream, under a rule and a grant.
  void Hold() {
    Federate();
    const v1::SignedDocument grant = SignedBy(kOtherSeed, v1::GRANT, GrantOf("g1"));
    ASSERT_OK(Take(grant));
    ASSERT_OK(Take(SignedBy(kOtherSeed, v1::POLICY, PolicyOf(1, {grant}))));
    ReceiveOne(writer_.get(), store::kAllLayers, IdOf(77));
    writer_->Audit(Exported());
    ASSERT_OK(writer_->Commit());
    EXPECT_TRUE(Dropped(clock_.NowUs()).empty());
  }
  std::vector<int> Dropped(int64_t now_us) {
    auto drops = keeper_->NoLongerPermitted(*keeper_->current(), now_us);
    EXPECT_OK(drops);
    std::vector<int> layers;
    for (const store::LayerDrop& drop : *drops) layers.push_back(drop.layers);
    return layers;
  }
  OwnDecision OfItem(const std::string& item, v1::SharingClass sharing_class = v1::PUBLIC) {
    v1::StreamDescriptor stream;
    stream.set_kind(v1::RECORDS);
    stream.set_origin(kOther);
    stream.set_item(item);
    stream.set_sharing_class(sharing_class);
    return keeper_->DecideForSelf(stream, *keeper_->current(), clock_.NowUs());
  }
  std::vector<std::string> Names(v1::AuditEventType type) {
    std::vector<std::string> names;
    for (const v1::AuditEvent& event : Trail()) {
      if (event.type() == type) names.push_back(event.detail() + " " + event.outcome());
    }
    return names;
  }
  store::ReceivedStream Received() { return store_->ReceivedStreams()->at(0); }

  boundary::CodeLists codes_;
  v1::SignedDocument root_, registry_;
  std::unique_ptr<AuthorityKeeper> keeper_;
  AuthorityKeeper::Outcome outcome_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_TESTS_UNIT_NODE_AUTHORITY_FIXTURE_H_
