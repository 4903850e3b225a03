// What a node may hold and hand on, what goes when that changes, and which documents a peer gets.
#include <gtest/gtest.h>

#include "tests/unit/node/authority_fixture.h"

namespace tombolo::node {
namespace {

std::vector<std::string> Kinds(const std::vector<v1::SignedDocument>& documents) {
  std::vector<std::string> kinds;
  for (const v1::SignedDocument& document : documents) {
    std::string name = v1::DocumentKind_Name(document.kind());
    v1::Grant grant;
    if (document.kind() == v1::GRANT && grant.ParseFromString(document.body())) name = grant.id();
    kinds.push_back(std::move(name));
  }
  return kinds;
}

TEST_F(AuthorityTest, WhatWasPassedOnlyUnderAnObligationIsNotHandedOn) {
  Federate();
  v1::Policy policy = PolicyOf(1, {});
  policy.mutable_rules(0)->add_obligations("NO_ONWARD");
  ASSERT_OK(Take(SignedBy(kOtherSeed, v1::POLICY, policy)));
  EXPECT_EQ(OfItem("a").layers, 3);
  EXPECT_EQ(OfItem("a").onward, 1);
}

TEST_F(AuthorityTest, OfASuspendedOriginAllGoes) {
  for (const bool removed : {false, true}) {
    SetUp();
    Hold();
    v1::Registry registry = RegistryOf(2);
    if (removed) {
      registry.mutable_members()->DeleteSubrange(0, 1);
      registry.mutable_members(1)->clear_parent();
    } else {
      registry.mutable_members(0)->set_state(v1::SUSPENDED);
    }
    Change(registry);
    EXPECT_EQ(outcome_.suspended, std::vector<std::string>{kOther});
    EXPECT_EQ(Streams().back().size, 0u);
    EXPECT_EQ(store_->Count()->received_present, 0u);
    EXPECT_FALSE(keeper_->current()->policies.contains(kOther));
    EXPECT_FALSE(keeper_->current()->documents.contains(kOther));
    EXPECT_EQ(OfItem("a").layers, 0);
    EXPECT_EQ(OfItem("a").onward, 0);
    const v1::AuditEvent event = Trail().back();
    EXPECT_EQ(event.type(), v1::LAYERS_WITHDRAWN);
    EXPECT_EQ(event.origin(), kOther);
    EXPECT_EQ(event.layers(), 7u);
    EXPECT_EQ(event.ranges(0).last_seq(), 1u);
    EXPECT_TRUE(Dropped(clock_.NowUs()).empty());
    ExpectHeadsVerify();
    Change(RegistryOf(3));  // it comes back
    EXPECT_EQ(OfItem("a").layers, 7);
  }
}

TEST_F(AuthorityTest, WhoIsSuspendedItselfKeepsWhatIsPublic) {
  Hold();
  v1::Registry registry = RegistryOf(2);
  registry.mutable_members(1)->set_state(v1::SUSPENDED);
  Change(registry);
  EXPECT_EQ(Received().next_seq, (std::array<uint64_t, 3>{2, 0, 0}));
  EXPECT_EQ(store_->Count()->received_present, 1u);
}

TEST_F(AuthorityTest, StalenessTakesNothing) {
  Hold();
  clock_.AdvanceUs(kDayUs);
  EXPECT_CODE(Code::TIMESTAMP_STALE, keeper_->current()->federation->CheckFresh(clock_.NowUs()));
  EXPECT_TRUE(Dropped(clock_.NowUs()).empty());
  EXPECT_EQ(OfItem("a").layers, 7);
}

TEST_F(AuthorityTest, APolicyTakesAwayInTheTransactionThatActivatesIt) {
  Hold();
  v1::Policy policy = PolicyOf(2, {});
  policy.clear_rules();
  ASSERT_OK(Take(SignedBy(kOtherSeed, v1::POLICY, policy)));
  EXPECT_EQ(Received().next_seq, (std::array<uint64_t, 3>{2, 0, 0}));
  EXPECT_EQ(Trail().back().type(), v1::LAYERS_WITHDRAWN);
  EXPECT_EQ(Trail().back().document_version(), 2u);
  EXPECT_EQ(Trail().back().layers(), 6u);
  EXPECT_TRUE(outcome_.suspended.empty());
}

TEST_F(AuthorityTest, AGrantEndsByTheClock) {
  Hold();
  const int64_t end_us = kNowUs + 10 * kDayUs;
  EXPECT_EQ(keeper_->NextChangeUs(clock_.NowUs()), end_us);
  EXPECT_EQ(keeper_->NextChangeUs(end_us), kNowUs + 100 * kDayUs);  // the policy's
  EXPECT_EQ(keeper_->NextChangeUs(kNowUs + 100 * kDayUs), INT64_MAX);
  EXPECT_TRUE(Dropped(end_us - 1).empty());
  EXPECT_EQ(Dropped(end_us), std::vector<int>{4});
  clock_.AdvanceUs(10 * kDayUs);
  ASSERT_OK_AND_ASSIGN(const auto drops, keeper_->Withdraw(writer_.get(), clock_.NowUs()));
  EXPECT_EQ(drops.size(), 1u);
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(Received().next_seq, (std::array<uint64_t, 3>{2, 2, 0}));
  EXPECT_EQ(Trail().back().layers(), 4u);
  EXPECT_EQ(Dropped(kNowUs + 100 * kDayUs), std::vector<int>{2});  // the policy is over
}

TEST_F(AuthorityTest, AKeyThatIsGoneSignsNoPolicy) {
  Hold();
  v1::Registry registry = RegistryOf(2);
  *registry.mutable_members(0)->mutable_signing_keys() =
      trust::SampleMember(kOther, v1::CITY, 99).signing_keys();
  Change(registry);
  EXPECT_FALSE(keeper_->current()->policies.contains(kOther));
  EXPECT_EQ(Received().next_seq, (std::array<uint64_t, 3>{2, 0, 0}));
}

TEST_F(AuthorityTest, WithoutARegistryNothingIsTakenAway) {
  Hold();
  v1::Root root = trust::SampleRoot(2);
  *root.mutable_registry() = trust::Role({14, 15, 16}, 2);
  ASSERT_OK(Take(trust::Signed(root)));
  EXPECT_EQ(outcome_.suspended.size(), 3u);
  EXPECT_TRUE(Dropped(clock_.NowUs()).empty());
  EXPECT_EQ(Received().next_seq, (std::array<uint64_t, 3>{2, 2, 2}));
  EXPECT_EQ(OfItem("a").onward, 0);
}

TEST_F(AuthorityTest, PeersGetWhatTheyLackAndMayHave) {
  Federate();
  trust::ListSpec list{.issuer = trust::RootSpec()};
  ASSERT_OK(Take(trust::ListDocument(list, trust::MakeCertificate(list.issuer))));
  std::vector<v1::SignedDocument> grants;
  for (const auto& [id, recipient] : {std::pair("g1", kOther), std::pair("g2", kTown)}) {
    v1::Grant grant = GrantOf(id, {recipient});
    grant.set_origin(kSelf);
    grants.push_back(SignedBy(kSelfSeed, v1::GRANT, grant));
    ASSERT_OK(Take(grants.back(), ""));
  }
  ASSERT_OK(Take(SignedBy(kSelfSeed, v1::POLICY, PolicyOf(7, grants, kSelf)), ""));
  const auto& federation = *keeper_->current()->federation;
  const uint32_t other = federation.Find(kOther)->number, town = federation.Find(kTown)->number;
  EXPECT_EQ(Kinds(keeper_->DocumentsFor(other, v1::Hello())),
            (std::vector<std::string>{"ROOT", "REVOCATION_LIST", "REGISTRY", "TIMESTAMP", "g1",
                                      "POLICY"}));
  v1::Hello level;
  level.set_root_version(1);
  level.set_registry_version(1);
  level.set_timestamp_version(1);
  EXPECT_EQ(Kinds(keeper_->DocumentsFor(town, level)), (std::vector<std::string>{"g2", "POLICY"}));
}

TEST_F(AuthorityTest, WhoCarriesGetsTheGrantsItHasToJudgeBy) {
  Federate();
  // This node hands on the other's streams to the town, which may carry nothing; this node stands
  // above the other.
  std::vector<v1::SignedDocument> grants;
  grants.push_back(SignedBy(kOtherSeed, v1::GRANT, GrantOf("for-self", {kSelf})));
  grants.push_back(SignedBy(kOtherSeed, v1::GRANT, GrantOf("for-town", {kTown})));
  v1::Grant item = GrantOf("item-b", {kTown});
  item.set_items(0, "b");
  grants.push_back(SignedBy(kOtherSeed, v1::GRANT, item));
  for (const v1::SignedDocument& grant : grants) ASSERT_OK(Take(grant));
  ASSERT_OK(Take(SignedBy(kOtherSeed, v1::POLICY, PolicyOf(3, grants))));
  const auto& federation = *keeper_->current()->federation;
  const uint32_t self = federation.Find(kSelf)->number, town = federation.Find(kTown)->number;
  v1::Subscribe wish;
  EXPECT_EQ(Kinds(keeper_->OriginDocumentsFor(town, {kOther}, wish)),
            (std::vector<std::string>{"for-town", "item-b", "POLICY"}));
  EXPECT_EQ(Kinds(keeper_->OriginDocumentsFor(self, {kOther}, wish)),
            (std::vector<std::string>{"for-self", "for-town", "POLICY"}));
  v1::PolicyHeld* held = wish.add_policies();
  held->set_origin(kOther);
  held->set_version(3);
  EXPECT_EQ(Kinds(keeper_->OriginDocumentsFor(town, {kOther, kTown}, wish)),
            (std::vector<std::string>{"for-town", "item-b"}));
}

}  // namespace
}  // namespace tombolo::node
