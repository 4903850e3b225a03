#include "gateway/exchange/holdings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::exchange {
namespace {

using ledger::kOrigin;
using ledger::TestSigner;
using testing::FakeEntropy;

constexpr v1::Suite kSuite = v1::SHA256_ED25519;

v1::StreamDescriptor Descriptor(uint32_t generation, const char* origin = kOrigin) {
  v1::StreamDescriptor descriptor = ledger::SampleDescriptor();
  descriptor.set_origin(origin);
  descriptor.set_generation(generation);
  return descriptor;
}

Digest Leaf(uint64_t number, char branch) {
  return Hasher(HashKind::kSha256).Hash({std::to_string(number), std::string(1, branch)});
}

ledger::CompactRange Range(uint64_t size, char branch = 'a') {
  ledger::CompactRange range(HashKind::kSha256);
  for (uint64_t i = 0; i < size; ++i) range.Append(Leaf(i, branch));
  return range;
}

trust::MemberFacts Member(const char* id, char seed) {
  trust::MemberFacts facts;
  facts.member.set_id(id);
  facts.member.set_epoch_min(1);
  facts.verifiers.push_back(
      *ledger::Verifier::FromPublicKey(kSuite, TestSigner(seed)->public_key_der()));
  return facts;
}

// Two streams of one origin, 1 and 2, and everything that its key may sign.
class HoldingsTest : public ::testing::Test {
 protected:
  HoldingsTest() : origin_(Member(kOrigin, 7)) {
    for (const uint32_t stream : {1, 2}) {
      holdings_.Add(std::make_unique<Holding>(Descriptor(stream), kSuite));
    }
  }

  Holding* At(uint32_t stream) {
    return holdings_.Find(Holding(Descriptor(stream), kSuite).stream_id);
  }

  // Size and branch of a stream at a tick; other branches have other entries from the first on.
  struct State {
    uint32_t stream = 1;
    uint64_t epoch = 1, tick = 1, size = 1;
    char branch = 'a';
    uint64_t salt = 0;  // another one gives another checkpoint
    char seed = 7;      // of the key
    const char* origin = kOrigin;
  };
  static v1::Head Sign(const State& state) {
    FakeEntropy entropy(state.epoch * 1000 + state.tick + state.salt * 1000000);
    v1::StreamHead stream;
    stream.set_stream_id(Holding(Descriptor(state.stream), kSuite).stream_id);
    stream.set_size(state.size);
    stream.set_root(Range(state.size, state.branch).Root().str());
    const auto batch =
        ledger::BuildBatch(kSuite, {stream, ledger::SampleHead(kSuite, 9)}, &entropy);
    ledger::CheckpointBody body;
    body.origin = state.origin;
    body.epoch = state.epoch;
    body.tick = state.tick;
    body.batch_root = batch->root.str();
    v1::Head head;
    *head.mutable_checkpoint() = *SignCheckpoint(body, TestSigner(state.seed).get());
    *head.mutable_proof() = batch->proofs[0];
    return head;
  }

  Status CheckSigned(const v1::Head& head) {
    alarm_.Clear();
    facts_ = {};
    return holdings_.CheckHead(origin_, head, &facts_, &alarm_);
  }
  Status Check(const State& state) { return CheckSigned(Sign(state)); }

  // Refused with that code: both statements are there, each with a signature that holds, and what
  // was held is held still.
  void ExpectAlarm(Code code, const State& state) {
    const Holding& holding = *At(state.stream);
    const v1::Head held = holding.head;
    const v1::Head came = Sign(state);
    EXPECT_CODE(code, CheckSigned(came));
    EXPECT_EQ(alarm_.code(), NameOf(code));
    EXPECT_EQ(Bytes(alarm_.second()), Bytes(came));
    for (const v1::Head* head : {&alarm_.first(), &alarm_.second()}) {
      EXPECT_OK(VerifyHead(head->checkpoint(), head->proof(), origin_.verifiers[0]));
    }
    EXPECT_NE(alarm_.first().checkpoint().body(), alarm_.second().checkpoint().body());
    EXPECT_EQ(Bytes(holding.head), Bytes(held));
  }
  void ExpectRefused(Code code, const v1::Head& head) {
    const v1::Head held = At(1)->head;
    EXPECT_CODE(code, CheckSigned(head));
    EXPECT_EQ(alarm_.ByteSizeLong(), 0u) << "nobody is accused of what is not proved";
    EXPECT_EQ(Bytes(At(1)->head), Bytes(held));
  }
  static std::string Bytes(const v1::Head& head) { return ledger::CanonicalBytes(head); }

  trust::MemberFacts origin_;
  Holdings holdings_;
  VerifiedHeadFacts facts_;
  v1::Alarm alarm_;
};

TEST_F(HoldingsTest, OneStatePerStream) {
  Holding* const first = At(1);
  EXPECT_EQ(holdings_.Add(std::make_unique<Holding>(Descriptor(1), kSuite)), first);
  EXPECT_EQ(holdings_.all().size(), 2u);
  const std::string id = first->stream_id;
  holdings_.Remove(id);
  holdings_.Remove(id);
  EXPECT_EQ(holdings_.Find(id), nullptr);
  EXPECT_EQ(holdings_.all().size(), 1u);
  EXPECT_NE(Holding(Descriptor(1), v1::SHA256_ECDSA_P256).stream_id, id);
}

TEST_F(HoldingsTest, HeadsThatGrow) {
  EXPECT_OK(Check({.tick = 4, .size = 3}));
  EXPECT_TRUE(facts_.newer);
  EXPECT_EQ(facts_.epoch, 1u);
  EXPECT_EQ(facts_.tick, 4u);
  EXPECT_EQ(facts_.head.size(), 3u);
  EXPECT_EQ(At(1)->tick, 4u);
  EXPECT_EQ(Bytes(At(1)->head), Bytes(Sign({.tick = 4, .size = 3})));

  EXPECT_OK(Check({.tick = 4, .size = 3}));
  EXPECT_TRUE(facts_.newer) << "the entries have not come yet, and may come on another way";
  At(1)->range = Range(3);
  EXPECT_OK(Check({.tick = 4, .size = 3}));
  EXPECT_FALSE(facts_.newer);
  EXPECT_OK(Check({.tick = 5, .size = 3}));
  EXPECT_FALSE(facts_.newer) << "signed again without growth";
  EXPECT_EQ(At(1)->tick, 5u);
  EXPECT_OK(Check({.tick = 9, .size = 8}));
  EXPECT_TRUE(facts_.newer);
  EXPECT_OK(Check({.epoch = 2, .tick = 1, .size = 8})) << "restored with everything";
  EXPECT_EQ(At(1)->epoch, 2u);
  EXPECT_EQ(At(1)->tick, 1u);
}

TEST_F(HoldingsTest, OlderHeadsThatAgreeArePassedOver) {
  EXPECT_OK(Check({.tick = 9, .size = 8}));
  At(1)->range = Range(5);
  for (const uint64_t size : {2, 5, 8}) {
    EXPECT_OK(Check({.tick = 4, .size = size}));
    EXPECT_EQ(facts_.newer, size == 8);
    EXPECT_EQ(At(1)->tick, 9u);
    EXPECT_EQ(At(1)->head.proof().head().size(), 8u);
  }
}

TEST_F(HoldingsTest, Shrinks) {
  EXPECT_OK(Check({.tick = 4, .size = 8}));
  ExpectAlarm(Code::STREAM_SHRUNK, {.tick = 5, .size = 7});
  ExpectAlarm(Code::STREAM_SHRUNK, {.tick = 5, .size = 0});
  ExpectAlarm(Code::STREAM_SHRUNK, {.epoch = 2, .tick = 1, .size = 7});
  ExpectAlarm(Code::STREAM_SHRUNK, {.tick = 3, .size = 9});
  EXPECT_OK(Check({.tick = 5, .size = 8})) << "an alarm does not move what is held";
}

TEST_F(HoldingsTest, Forks) {
  EXPECT_OK(Check({.tick = 4, .size = 8}));
  ExpectAlarm(Code::STREAM_FORKED, {.tick = 5, .size = 8, .branch = 'b'});
  ExpectAlarm(Code::STREAM_FORKED, {.tick = 3, .size = 8, .branch = 'b'});
  ExpectAlarm(Code::STREAM_FORKED, {.epoch = 2, .tick = 1, .size = 8, .branch = 'b'});
  ExpectAlarm(Code::STREAM_FORKED, {.tick = 4, .size = 8, .salt = 1});
  ExpectAlarm(Code::STREAM_FORKED, {.tick = 4, .size = 9, .salt = 1});
}

TEST_F(HoldingsTest, ForkBehindTheEntriesHeld) {
  EXPECT_OK(Check({.tick = 9, .size = 8}));
  At(1)->range = Range(5);
  ExpectAlarm(Code::STREAM_FORKED, {.tick = 4, .size = 5, .branch = 'b'});
}

TEST_F(HoldingsTest, TwoCheckpointsOfOneTickShowInAnyStream) {
  EXPECT_OK(Check({.stream = 2, .tick = 4, .size = 3}));
  ExpectAlarm(Code::STREAM_FORKED, {.stream = 1, .tick = 4, .size = 8});
  EXPECT_EQ(alarm_.first().proof().head().stream_id(), At(2)->stream_id);
  EXPECT_OK(Check({.stream = 1, .tick = 5, .size = 8}));
}

TEST_F(HoldingsTest, LowerEpoch) {
  EXPECT_OK(Check({.epoch = 3, .tick = 4, .size = 8}));
  ExpectAlarm(Code::EPOCH_LOWER, {.epoch = 2, .tick = 90, .size = 9});
}

TEST_F(HoldingsTest, LowestEpochOfTheRegistry) {
  origin_.member.set_epoch_min(3);
  EXPECT_CODE(Code::EPOCH_LOWER, Check({.epoch = 2, .tick = 4, .size = 8}));
  EXPECT_FALSE(alarm_.first().has_checkpoint()) << "there is no second statement";
  EXPECT_TRUE(alarm_.second().has_checkpoint());
  EXPECT_OK(Check({.epoch = 3, .tick = 4, .size = 8}));
}

TEST_F(HoldingsTest, StreamsAndOriginsThatWereNotOffered) {
  EXPECT_OK(Check({.tick = 4, .size = 8}));
  ExpectRefused(Code::STREAM_UNKNOWN, Sign({.stream = 3, .tick = 5, .size = 9}));
  ExpectRefused(Code::SIGNATURE_INVALID,
                Sign({.tick = 5, .size = 9, .origin = "spiffe://federation.example/zz"}));
  origin_ = Member("spiffe://federation.example/zz", 7);
  ExpectRefused(Code::STREAM_UNKNOWN,
                Sign({.tick = 5, .size = 9, .origin = "spiffe://federation.example/zz"}));
}

TEST_F(HoldingsTest, WhatIsNotProved) {
  const State next = {.tick = 5, .size = 9};
  EXPECT_OK(Check({.tick = 4, .size = 8}));
  ExpectRefused(Code::SIGNATURE_INVALID, Sign({.tick = 5, .size = 9, .seed = 8}));
  const std::pair<Code, std::function<void(v1::Head*)>> damages[] = {
      {Code::NOT_CANONICAL, [](v1::Head* h) { h->clear_checkpoint(); }},
      {Code::NOT_CANONICAL,
       [](v1::Head* h) { h->mutable_checkpoint()->mutable_body()->pop_back(); }},
      {Code::SIGNATURE_INVALID, [](v1::Head* h) { h->mutable_checkpoint()->clear_signature(); }},
      {Code::PROOF_INVALID, [](v1::Head* h) { h->mutable_proof()->mutable_head()->set_size(7); }},
      {Code::PROOF_INVALID, [](v1::Head* h) { h->mutable_proof()->clear_path(); }},
      {Code::PROOF_INVALID, [](v1::Head* h) { h->mutable_proof()->set_index(7); }},
      {Code::PROOF_INVALID, [](v1::Head* h) { h->mutable_proof()->clear_nonce(); }},
      {Code::STREAM_UNKNOWN, [](v1::Head* h) { h->clear_proof(); }},
  };
  for (const auto& [code, damage] : damages) {
    v1::Head head = Sign(next);
    damage(&head);
    ExpectRefused(code, head);
  }
  EXPECT_OK(Check(next));
}

TEST_F(HoldingsTest, AKnownCheckpointIsKnownWithItsSignatureOnly) {
  EXPECT_OK(Check({.tick = 4, .size = 8}));
  v1::Head head = Sign({.tick = 4, .size = 8});
  (*head.mutable_checkpoint()->mutable_signature())[5] ^= 1;
  ExpectRefused(Code::SIGNATURE_INVALID, head);
  origin_ = Member(kOrigin, 8);
  ExpectRefused(Code::SIGNATURE_INVALID, Sign({.tick = 4, .size = 8}));
}

TEST_F(HoldingsTest, OtherSuite) {
  holdings_.Add(std::make_unique<Holding>(Descriptor(3), v1::SHA256_ECDSA_P256));
  v1::Head head = Sign({.tick = 4, .size = 8});
  // The key's suite stands in the checkpoint; a stream of another suite cannot hang in it.
  head.mutable_proof()->mutable_head()->set_stream_id(
      Holding(Descriptor(3), v1::SHA256_ECDSA_P256).stream_id);
  ExpectRefused(Code::PROOF_INVALID, head);
}

// The heads of an honest origin in any order, many times over, never raise an alarm, and the newest
// is what stays.
TEST_F(HoldingsTest, HonestHeadsInAnyOrder) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    FakeEntropy random(seed);
    Holdings fresh;
    Holding* held = fresh.Add(std::make_unique<Holding>(Descriptor(1), kSuite));
    uint64_t newest = 0;
    for (int step = 0; step < 30; ++step) {
      const uint64_t tick = 1 + random.Below(12);
      const v1::Head head = Sign({.tick = tick, .size = tick * 3 / 2});
      ASSERT_OK(fresh.CheckHead(origin_, head, &facts_, &alarm_)) << seed;
      newest = std::max(newest, tick);
      ASSERT_EQ(held->tick, newest);
      ASSERT_EQ(facts_.newer, tick * 3 / 2 > held->range.size());
      if (random.Below(3) == 0) held->range = Range(held->head.proof().head().size());
    }
  }
}

// An origin with two stories is found out when both reach one node over a size or a tick.
TEST_F(HoldingsTest, TwoStoriesMeet) {
  for (uint64_t tick = 1; tick <= 6; ++tick) {
    for (uint64_t other = 1; other <= 6; ++other) {
      Holdings fresh;
      fresh.Add(std::make_unique<Holding>(Descriptor(1), kSuite));
      ASSERT_OK(fresh.CheckHead(origin_, Sign({.tick = tick, .size = tick}), &facts_, &alarm_));
      const v1::Head lie = Sign({.tick = other, .size = tick, .branch = 'b'});
      EXPECT_CODE(Code::STREAM_FORKED, fresh.CheckHead(origin_, lie, &facts_, &alarm_));
    }
  }
}

}  // namespace
}  // namespace tombolo::exchange
