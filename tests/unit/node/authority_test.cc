// Documents that come, wait and are refused, in any order and over restarts.
#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "tests/unit/node/authority_fixture.h"

namespace tombolo::node {
namespace {

TEST_F(AuthorityTest, WithoutARootNothingIsKnown) {
  EXPECT_CODE(Code::NOT_FOUND, AuthorityKeeper::Open(context_, codes_, {}, nullptr));
  ASSERT_OK(keeper_->Withdraw(writer_.get(), clock_.NowUs()));
  ASSERT_OK(writer_->Commit());
  keeper_->Adopt();
  EXPECT_EQ(Names(v1::DOCUMENT_ACTIVATED), std::vector<std::string>{"root OK"});
  ASSERT_OK(keeper_->Withdraw(writer_.get(), clock_.NowUs()));
  EXPECT_TRUE(writer_->empty());
  EXPECT_OK(AuthorityKeeper::Open(context_, codes_, {}, nullptr));
}

TEST_F(AuthorityTest, RegistryAndTimestampChangeTogether) {
  Federate();
  const uint64_t generation = keeper_->current()->generation;
  const v1::SignedDocument next = trust::Signed(RegistryOf(2));
  ASSERT_OK(Take(next));
  EXPECT_FALSE(outcome_.changed);
  EXPECT_EQ(keeper_->current()->federation->registry().version(), 1u);
  ASSERT_OK(Take(TimestampOf(next, 2)));
  EXPECT_EQ(keeper_->current()->federation->registry().version(), 2u);
  EXPECT_GT(keeper_->current()->generation, generation);
  const v1::SignedDocument third = trust::Signed(RegistryOf(3));
  ASSERT_OK(Take(TimestampOf(third, 3)));  // now the other way round
  EXPECT_FALSE(outcome_.changed);
  ASSERT_OK(Take(third));
  EXPECT_TRUE(outcome_.changed);
  EXPECT_EQ(keeper_->current()->federation->timestamp().version(), 3u);
  EXPECT_EQ(Names(v1::DOCUMENT_ACTIVATED),
            (std::vector<std::string>{"root OK", "registry OK", "timestamp OK", "registry OK",
                                      "timestamp OK", "registry OK", "timestamp OK"}));
  OpenKeeper();
  EXPECT_EQ(keeper_->current()->federation->registry().version(), 3u);
  ASSERT_OK(keeper_->current()->federation->CheckFresh(clock_.NowUs()));
}

TEST_F(AuthorityTest, PolicyAndGrantInEitherOrder) {
  const v1::SignedDocument grant = SignedBy(kOtherSeed, v1::GRANT, GrantOf("g1"));
  const v1::SignedDocument policy = SignedBy(kOtherSeed, v1::POLICY, PolicyOf(1, {grant}));
  for (const bool grant_first : {true, false}) {
    SetUp();
    Federate();
    EXPECT_EQ(OfItem("a").layers, 1);
    ASSERT_OK(Take(grant_first ? grant : policy));
    EXPECT_EQ(outcome_.changed, !grant_first);
    EXPECT_EQ(OfItem("a").layers, grant_first ? 1 : 3);
    ASSERT_OK(Take(grant_first ? policy : grant));
    EXPECT_TRUE(outcome_.changed);
    EXPECT_EQ(OfItem("a").layers, 7);
    EXPECT_EQ(OfItem("b").layers, 3);
    EXPECT_EQ(OfItem("b", v1::LIMITED).layers, 0);
    EXPECT_EQ(keeper_->current()->documents.at(kOther).size(), 2u);
    const uint64_t generation = keeper_->current()->generation;
    ASSERT_OK(Take(policy));
    ASSERT_OK(Take(grant));
    EXPECT_FALSE(outcome_.changed);
    EXPECT_EQ(keeper_->current()->generation, generation);
    OpenKeeper();
    EXPECT_EQ(OfItem("a").layers, 7);
    OpenKeeper({});
    EXPECT_EQ(OfItem("a").layers, 1);  // without a purpose
  }
}

TEST_F(AuthorityTest, ReplaysAreRefusedAndAuditedAlsoAfterARestart) {
  Federate();
  const v1::SignedDocument old_grant = SignedBy(kOtherSeed, v1::GRANT, GrantOf("g1"));
  const v1::SignedDocument grant = SignedBy(kOtherSeed, v1::GRANT, GrantOf("g1", {kSelf}, 2));
  const v1::SignedDocument old_policy = SignedBy(kOtherSeed, v1::POLICY, PolicyOf(1, {old_grant}));
  ASSERT_OK(Take(grant));
  ASSERT_OK(Take(SignedBy(kOtherSeed, v1::POLICY, PolicyOf(2, {grant}))));
  Change(RegistryOf(2));
  v1::Policy other_content = PolicyOf(2, {grant});
  other_content.mutable_rules(0)->set_id("other");
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Take(old_policy));
    EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Take(old_grant));
    EXPECT_CODE(Code::DOCUMENT_FORKED, Take(SignedBy(kOtherSeed, v1::POLICY, other_content)));
    EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Take(registry_));
    EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Take(TimestampOf(registry_, 1)));
    EXPECT_CODE(Code::THRESHOLD_MISSED,
                Take(SignedBy(kTownSeed, v1::POLICY, PolicyOf(3, {grant}))));
    EXPECT_EQ(OfItem("a").layers, 7);
    OpenKeeper();
  }
  const std::vector<std::string> refused = Names(v1::DOCUMENT_REFUSED);
  ASSERT_EQ(refused.size(), 12u);
  EXPECT_EQ(refused[0], "policy DOCUMENT_ROLLBACK");
  EXPECT_EQ(refused[6], "policy DOCUMENT_ROLLBACK");
  EXPECT_EQ(Trail().back().peer(), kTown);
}

TEST_F(AuthorityTest, OlderFilesOfTheOperatorArePassedOver) {
  Federate();
  Change(RegistryOf(2));
  const size_t events = Trail().size();
  EXPECT_OK(Take(registry_, ""));
  EXPECT_OK(Take(TimestampOf(registry_, 1), ""));
  EXPECT_FALSE(outcome_.changed);
  EXPECT_EQ(Trail().size(), events);
  ASSERT_OK(Take(SignedBy(kSelfSeed, v1::POLICY, PolicyOf(2, {}, kSelf)), ""));
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK,
              Take(SignedBy(kSelfSeed, v1::POLICY, PolicyOf(1, {}, kSelf)), ""));
}

TEST_F(AuthorityTest, WhatIsNotCommittedIsNotCurrent) {
  Hold();
  const auto before = keeper_->current();
  v1::Policy policy = PolicyOf(2, {});
  policy.clear_rules();
  const v1::SignedDocument next = SignedBy(kOtherSeed, v1::POLICY, policy);
  ASSERT_OK(keeper_->Activate(writer_.get(), next, kTown));
  EXPECT_EQ(keeper_->current(), before);
  keeper_->Discard();
  Open(&writer_);
  keeper_->Adopt();
  EXPECT_EQ(keeper_->current(), before);
  ASSERT_OK(Take(next));
  EXPECT_NE(keeper_->current(), before);
}

TEST_F(AuthorityTest, OnlyWhatChangedIsCompiledAnew) {
  Hold();
  ASSERT_OK(Take(SignedBy(kTownSeed, v1::POLICY, PolicyOf(1, {}, kTown))));
  const auto compiled = [this](const std::string& origin) {
    return keeper_->current()->policies.at(origin);
  };
  auto other = compiled(kOther), town = compiled(kTown);
  ASSERT_OK(Take(SignedBy(kTownSeed, v1::POLICY, PolicyOf(2, {}, kTown))));
  EXPECT_EQ(compiled(kOther), other);
  EXPECT_NE(compiled(kTown), town);
  town = compiled(kTown);
  ASSERT_OK(Take(TimestampOf(registry_, 2)));
  EXPECT_TRUE(outcome_.changed);
  EXPECT_EQ(compiled(kTown), town);
  v1::Registry registry = RegistryOf(3);
  registry.mutable_members(2)->set_level(v1::CITY);  // rules may speak of levels
  registry.mutable_members(2)->set_parent(kSelf);
  Change(registry);
  EXPECT_NE(compiled(kOther), other);
  EXPECT_NE(compiled(kTown), town);
  EXPECT_EQ(&compiled(kTown)->federation(), keeper_->current()->federation.get());
}

TEST_F(AuthorityTest, AnUnsoundGrantTakesNothingWithIt) {
  const v1::SignedDocument good = SignedBy(kOtherSeed, v1::GRANT, GrantOf("g1"));
  v1::Grant fault = GrantOf("g2");
  fault.set_legal_basis("none");
  const v1::SignedDocument bad = SignedBy(kOtherSeed, v1::GRANT, fault);
  const v1::SignedDocument policy = SignedBy(kOtherSeed, v1::POLICY, PolicyOf(1, {good, bad}));
  for (const bool policy_first : {true, false}) {
    SetUp();
    Federate();
    if (policy_first) {
      ASSERT_OK(Take(policy));
    }
    ASSERT_OK(Take(good));
    EXPECT_EQ(Take(bad).ok(), !policy_first);
    if (!policy_first) {
      ASSERT_OK(Take(policy));
    }
    EXPECT_EQ(OfItem("a").layers, 7);
    EXPECT_EQ(keeper_->current()->documents.at(kOther).size(), 2u);
  }
}

TEST_F(AuthorityTest, GrantsThatWaitAreBounded) {
  Federate();
  const auto large = [](uint64_t i) {
    std::vector<std::string> recipients;
    for (size_t n = 0; n < limits::kGrantNamesMax; ++n) {
      recipients.push_back(std::string(kSelf) + "/" + std::string(200, 'x') +
                           std::to_string(1000 + n));
    }
    return SignedBy(kOtherSeed, v1::GRANT, GrantOf("g" + std::to_string(i), recipients));
  };
  const uint64_t fit = 16 * limits::kDocumentBytesMax / large(10).body().size();
  for (uint64_t i = 10; i < 10 + fit; ++i) ASSERT_OK(Take(large(i)));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, Take(large(10 + fit)));
  EXPECT_OK(Take(SignedBy(kOtherSeed, v1::POLICY, PolicyOf(1, {}))));
}

TEST_F(AuthorityTest, AStolenKeysVersionsEndWithItsRotation) {
  Federate();
  v1::Registry ahead = RegistryOf(1000000);
  Change(ahead);
  v1::Root root = trust::SampleRoot(2);
  *root.mutable_registry() = trust::Role({14, 15, 16}, 2);
  ASSERT_OK(Take(trust::Signed(root)));
  EXPECT_EQ(keeper_->current()->federation->registry().version(), 0u);
  EXPECT_TRUE(Dropped(clock_.NowUs()).empty());
  OpenKeeper();  // what the rotation forgot stays forgotten
  EXPECT_EQ(keeper_->current()->federation->registry().version(), 0u);
  const v1::SignedDocument anew = trust::Signed(RegistryOf(2), {14, 15});
  ASSERT_OK(Take(anew));
  v1::Timestamp timestamp = trust::SampleTimestamp(anew, 2);
  timestamp.set_root_version(2);
  ASSERT_OK(Take(trust::Signed(timestamp)));
  ASSERT_OK(keeper_->current()->federation->CheckFresh(clock_.NowUs()));
  OpenKeeper();
  EXPECT_EQ(keeper_->current()->federation->registry().version(), 2u);
  EXPECT_EQ(keeper_->Root(1)->body(), root_.body());
  EXPECT_NE(keeper_->Root(2), nullptr);
  EXPECT_EQ(keeper_->Root(3), nullptr);
}

TEST_F(AuthorityTest, RevocationListsAreKeptAndAudited) {
  Federate();
  trust::ListSpec list{.issuer = trust::RootSpec()};
  list.number = 4;
  const auto document = [&] {
    return trust::ListDocument(list, trust::MakeCertificate(list.issuer));
  };
  ASSERT_OK(Take(document()));
  EXPECT_EQ(Trail().back().type(), v1::CRL_ACTIVATED);
  EXPECT_EQ(Trail().back().document_version(), 4u);
  OpenKeeper();
  EXPECT_EQ(keeper_->current()->federation->lists().size(), 1u);
  list.number = 3;
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Take(document()));
}

}  // namespace
}  // namespace tombolo::node
