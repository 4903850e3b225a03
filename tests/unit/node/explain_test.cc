// The operator's questions about a record that came from another node, and about one that is gone.
#include "gateway/node/explain.h"

#include <gmock/gmock.h>

#include "gateway/node/initialise.h"
#include "gateway/store/memory/memory_store.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/boundary/fixture.h"
#include "tests/unit/node/fixture.h"

namespace tombolo::node {
namespace {

using boundary::Reason;

// Reads "a", the item of NodeTest's received record.
constexpr char kRule[] =
    "rules { id: 'r' effect: ALLOW recipients { any_member: true } items: 'a' layer: GOVERNMENT "
    "purposes: 'work' legal_basis: 'law' ";

// The node is a city that carries records of another origin.
class ExplainTest : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    writer_.reset();
    store_ = store::MakeMemoryStore();
    context_ = ContextOn(store_.get());
    context_.origin = boundary::kCity;
    ASSERT_OK(Initialise(context_));
    Open(&writer_);
    question_.record = theirs_;
    question_.recipient = boundary::kCounty;
    question_.purpose = "work";
    question_.own_purposes = {"work"};
    question_.at_us = boundary::kNowUs;
    authority_.federation = boundary::SampleFederation();
    Allow("}");
  }
  void Allow(const std::string& rest) {
    authority_.policies[kOther] = boundary::Compiled(boundary::PolicyOf(kRule + rest));
  }
  void Hold(store::LayerMask layers) {
    ReceiveOne(writer_.get(), layers, theirs_);
    writer_->Audit(Exported());
    ASSERT_OK(writer_->Commit());
  }
  Reason ReasonOf(v1::SharingClass layer) {
    auto answer = ExplainDecision(context_, authority_, question_);
    EXPECT_OK(answer);
    if (!answer.ok()) return Reason::kNoPolicy;
    EXPECT_TRUE(answer->received);
    const boundary::LayerExplanation& one = answer->explanation.layers.at(layer - v1::PUBLIC);
    EXPECT_EQ(one.layer, layer);
    return one.reason;
  }

  const RecordId theirs_ = IdOf(77);
  exchange::Authority authority_;
  DecisionQuestion question_;
};

TEST_F(ExplainTest, AHubGivesWhatItsOriginGives) {
  Hold(store::kAllLayers);
  EXPECT_EQ(ReasonOf(v1::PUBLIC), Reason::kPublic);
  EXPECT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kRule);
  EXPECT_EQ(ReasonOf(v1::LIMITED), Reason::kNoGrant);
}

TEST_F(ExplainTest, ButNotWhatItDoesNotHold) {
  Hold(1);
  EXPECT_EQ(ReasonOf(v1::PUBLIC), Reason::kPublic);
  EXPECT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kNotHeld);
}

TEST_F(ExplainTest, NorWhatItMayNotHandOn) {
  Hold(store::kAllLayers);
  Allow("obligations: 'NO_ONWARD' }");
  EXPECT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kHopNarrowed);
  Allow("}");
  question_.own_purposes.clear();  // it may not have the layer itself
  EXPECT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kHopNarrowed);
  question_.own_purposes = {"health", "work"};  // any of its purposes will do
  EXPECT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kRule);
  authority_.hop = 1;  // its own setting
  EXPECT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kHopNarrowed);
}

TEST_F(ExplainTest, AnOriginWithoutAPolicyGivesPublicAlone) {
  Hold(store::kAllLayers);
  authority_.policies.clear();
  EXPECT_EQ(ReasonOf(v1::PUBLIC), Reason::kPublic);
  EXPECT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kNoPolicy);
}

TEST_F(ExplainTest, TheQuestionStandsInTheLog) {
  Hold(store::kAllLayers);
  ASSERT_EQ(ReasonOf(v1::GOVERNMENT), Reason::kRule);
  const v1::AuditEvent event = Trail().back();
  EXPECT_EQ(event.type(), v1::DECISION_EXPLAINED);
  EXPECT_EQ(event.peer(), boundary::kCounty);
  EXPECT_EQ(event.purpose(), "work");
  EXPECT_EQ(event.origin(), kOther);
  EXPECT_EQ(event.layers(), 3u);
  EXPECT_EQ(event.rule(), "rule r v7");
  EXPECT_EQ(event.document_version(), 7u);
  ASSERT_EQ(event.ranges_size(), 1);
  EXPECT_EQ(event.ranges(0).first_seq(), 1u);
  EXPECT_EQ(event.ranges(0).last_seq(), 1u);
}

TEST_F(ExplainTest, WhatCannotBeAskedIsNotLogged) {
  const EntryAt at = PutOne(writer_.get(), "a", 5);
  ASSERT_OK(writer_->Commit());
  store::RecordState state;
  state.id = IdOf(5);
  state.stream = at.stream;
  state.version = 2;
  state.seq = writer_->Retract(at.stream, IdOf(5), 2, 1, 1, at).seq;
  writer_->tick().records.push_back(state);
  ASSERT_OK(writer_->Commit());
  const size_t events = Trail().size();
  question_.record = IdOf(5);
  EXPECT_EQ(CodeOf(ExplainDecision(context_, authority_, question_).status()), Code::NOT_FOUND);
  question_.record = IdOf(99);
  EXPECT_EQ(CodeOf(ExplainDecision(context_, authority_, question_).status()), Code::NOT_FOUND);
  Hold(store::kAllLayers);
  question_.record = theirs_;
  question_.recipient = boundary::kStranger;
  EXPECT_EQ(CodeOf(ExplainDecision(context_, authority_, question_).status()), Code::NOT_FOUND);
  EXPECT_EQ(Trail().size(), events + 1);  // that of Hold
}

TEST_F(ExplainTest, AShadowCountsOwnRecordsOnly) {
  Hold(store::kAllLayers);
  PutOne(writer_.get(), "a", 5);
  ASSERT_OK(writer_->Commit());
  const auto then = boundary::Compiled(boundary::PolicyOf(std::string(kRule) + "}"));
  ASSERT_OK_AND_ASSIGN(const auto lines, ShadowPolicy(context_, nullptr, then, boundary::kNowUs));
  ASSERT_FALSE(lines.empty());
  for (const boundary::ShadowLine& line : lines) {
    EXPECT_EQ(line.released, 1u) << line.recipient;
    EXPECT_EQ(line.withdrawn, 0u);
  }
  EXPECT_EQ(Trail().back().type(), v1::POLICY_SHADOWED);
  EXPECT_EQ(Trail().back().count(), lines.size());
}

}  // namespace
}  // namespace tombolo::node
