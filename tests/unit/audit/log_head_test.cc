#include "gateway/audit/log_head.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "gateway/audit/event.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/merkle.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_entropy.h"
#include "tests/support/format_page.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::audit {
namespace {

using ledger::Counting;
using ledger::kOrigin;
using ledger::TestSigner;
using testing::FakeEntropy;
using testing::PageShows;

constexpr v1::Suite kSuite = v1::SHA256_ED25519;
constexpr HashKind kHash = HashKind::kSha256;

StatusOr<Digest> Leaf(uint64_t index, char branch) {
  return Hasher(kHash).Hash({std::to_string(index), std::string(1, branch)});
}

std::string LogId(const char* node = kOrigin, uint32_t generation = 1) {
  return ledger::EntryHasher(kSuite)
      .StreamId(*ledger::EncodeDescriptor(AuditDescriptor(node, generation)))
      .str();
}

std::string Root(uint64_t size, char branch) {
  ledger::CompactRange range(kHash);
  for (uint64_t i = 0; i < size; ++i) range.Append(*Leaf(i, branch));
  return range.Root().str();
}

// What a node shows of its log.
struct Shown {
  v1::Checkpoint checkpoint;
  v1::HeadProof proof;
  ledger::Path path;
};
struct State {
  uint64_t from = 0, epoch = 1, tick = 1, size = 1;
  char branch = 'a';
  std::string log = LogId();
  const char* origin = kOrigin;
  char seed = 7;
};

Shown Show(const State& state) {
  FakeEntropy entropy(state.tick);
  v1::StreamHead head;
  head.set_stream_id(state.log);
  head.set_size(state.size);
  head.set_root(Root(state.size, state.branch));
  const auto batch = ledger::BuildBatch(kSuite, {ledger::SampleHead(kSuite, 5), head}, &entropy);
  ledger::CheckpointBody body;
  body.origin = state.origin;
  body.epoch = state.epoch;
  body.tick = state.tick;
  body.batch_root = batch->root.str();
  Shown shown;
  shown.checkpoint = *SignCheckpoint(body, TestSigner(state.seed).get());
  shown.proof = batch->proofs[1];
  if (state.from <= state.size) {
    shown.path = *ledger::ConsistencyPath(kHash, state.from, state.size,
                                          [&](uint64_t i) { return Leaf(i, state.branch); });
  }
  return shown;
}

ledger::Verifier TestVerifier(char seed = 7) {
  return *ledger::Verifier::FromPublicKey(kSuite, TestSigner(seed)->public_key_der());
}

StatusOr<WitnessedHead> Accept(const WitnessedHead& last, const Shown& shown) {
  return AcceptHead(last, kOrigin, shown.checkpoint, shown.proof, ledger::ViewsOf(shown.path),
                    TestVerifier());
}

// The head of 8 events at tick 4.
WitnessedHead Held() { return *Accept({}, Show({.tick = 4, .size = 8})); }

TEST(AcceptHead, ALogThatGrows) {
  ASSERT_OK_AND_ASSIGN(const WitnessedHead first, Accept({}, Show({.tick = 4, .size = 8})));
  EXPECT_EQ(first.log_stream_id, LogId());
  EXPECT_EQ(first.epoch, 1u);
  EXPECT_EQ(first.tick, 4u);
  EXPECT_EQ(first.size, 8u);
  EXPECT_EQ(first.root, Root(8, 'a'));
  EXPECT_OK(Accept(first, Show({.from = 8, .tick = 4, .size = 8}))) << "the same again";
  EXPECT_OK(Accept(first, Show({.from = 8, .tick = 5, .size = 8}))) << "signed again";
  ASSERT_OK_AND_ASSIGN(const WitnessedHead second,
                       Accept(first, Show({.from = 8, .tick = 9, .size = 21})));
  EXPECT_EQ(second.size, 21u);
  EXPECT_OK(Accept(second, Show({.from = 21, .epoch = 2, .tick = 1, .size = 30})));
}

TEST(AcceptHead, Contradictions) {
  const WitnessedHead held = Held();
  const std::pair<Code, State> refused[] = {
      {Code::STREAM_SHRUNK, {.from = 8, .tick = 5, .size = 7}},
      {Code::STREAM_SHRUNK, {.from = 8, .epoch = 2, .tick = 1, .size = 7}},
      {Code::STREAM_SHRUNK, {.from = 8, .tick = 3, .size = 9}},
      {Code::STREAM_FORKED, {.from = 8, .tick = 5, .size = 8, .branch = 'b'}},
      {Code::STREAM_FORKED, {.from = 8, .tick = 3, .size = 8, .branch = 'b'}},
      {Code::STREAM_FORKED, {.from = 8, .epoch = 2, .tick = 1, .size = 8, .branch = 'b'}},
      {Code::STREAM_FORKED, {.from = 8, .tick = 4, .size = 9}},
      {Code::PROOF_INVALID, {.from = 8, .tick = 3, .size = 8}},
      {Code::PROOF_INVALID, {.from = 8, .tick = 3, .size = 7}},
      {Code::PROOF_INVALID, {.from = 8, .tick = 5, .size = 9, .branch = 'b'}},
      {Code::PROOF_INVALID, {.from = 7, .tick = 5, .size = 9}},
      {Code::PROOF_INVALID, {.from = 0, .tick = 5, .size = 9}},
  };
  for (const auto& [code, state] : refused) {
    EXPECT_CODE(code, Accept(held, Show(state)))
        << state.epoch << " " << state.tick << " " << state.size << " " << state.branch;
  }
  WitnessedHead later = held;
  later.epoch = 2;
  EXPECT_CODE(Code::EPOCH_LOWER, Accept(later, Show({.from = 8, .tick = 50, .size = 9})));
}

TEST(AcceptHead, WhoseLogItIs) {
  EXPECT_CODE(Code::PROOF_INVALID, Accept({}, Show({.size = 8, .log = LogId(kOrigin, 2)})));
  EXPECT_CODE(Code::PROOF_INVALID, Accept({}, Show({.size = 8, .log = Counting(32)})));
  EXPECT_CODE(Code::PROOF_INVALID,
              Accept({}, Show({.size = 8, .origin = "spiffe://federation.example/zz"})));
  EXPECT_CODE(Code::SIGNATURE_INVALID, Accept({}, Show({.size = 8, .seed = 8})));
  WitnessedHead named;
  named.log_stream_id = LogId(kOrigin, 2);
  EXPECT_OK(Accept(named, Show({.size = 8, .log = LogId(kOrigin, 2)})));
  EXPECT_CODE(Code::PROOF_INVALID, Accept(named, Show({.size = 8})));
}

TEST(AcceptHead, WhatIsNotProved) {
  EXPECT_CODE(Code::PROOF_INVALID, Accept({}, Show({.size = 0})));
  const std::pair<Code, std::function<void(Shown*)>> damages[] = {
      {Code::NOT_CANONICAL, [](Shown* s) { s->checkpoint.mutable_body()->pop_back(); }},
      {Code::SIGNATURE_INVALID, [](Shown* s) { s->checkpoint.clear_signature(); }},
      {Code::PROOF_INVALID, [](Shown* s) { s->proof.mutable_head()->set_size(10); }},
      {Code::PROOF_INVALID, [](Shown* s) { s->proof.clear_path(); }},
      {Code::PROOF_INVALID, [](Shown* s) { s->path.pop_back(); }},
      {Code::PROOF_INVALID, [](Shown* s) { s->path.push_back(s->path[0]); }},
      {Code::PROOF_INVALID, [](Shown* s) { s->path[0].bytes[3] ^= 1; }},
  };
  for (const auto& [code, damage] : damages) {
    Shown shown = Show({.from = 8, .tick = 9, .size = 21});
    damage(&shown);
    EXPECT_CODE(code, Accept(Held(), shown));
  }
  Shown first = Show({.size = 8});
  first.path.push_back(*Leaf(0, 'a'));
  EXPECT_CODE(Code::PROOF_INVALID, Accept({}, first)) << "nothing leads from nothing";
}

CountersignatureBody ExampleBody() {
  CountersignatureBody body;
  body.witness = "spiffe://federation.example/yy";
  body.node = kOrigin;
  body.head = {Counting(32, 2), 1, 42, 2001, Counting(32, 130)};
  body.from_size = 1990;
  body.time_us = ledger::kTimeUs;
  return body;
}

struct Signed {
  std::string body, signature;
};
Signed Example() {
  CountersignatureBody body = ExampleBody();
  Signed out;
  out.body = *SignCountersignature(&body, TestSigner().get(), &out.signature);
  return out;
}

TEST(Countersignature, IsWhatThePageSays) {
  const Signed example = Example();
  EXPECT_TRUE(PageShows("audit_head.md", example.body));
  EXPECT_TRUE(PageShows("audit_head.md", example.signature));
  ASSERT_OK_AND_ASSIGN(const CountersignatureBody body,
                       VerifyCountersignature(example.body, example.signature, TestVerifier()));
  EXPECT_EQ(body.witness, ExampleBody().witness);
  EXPECT_EQ(body.node, kOrigin);
  EXPECT_EQ(body.head.log_stream_id, Counting(32, 2));
  EXPECT_EQ(body.head.epoch, 1u);
  EXPECT_EQ(body.head.tick, 42u);
  EXPECT_EQ(body.head.size, 2001u);
  EXPECT_EQ(body.head.root, Counting(32, 130));
  EXPECT_EQ(body.from_size, 1990u);
  EXPECT_EQ(body.time_us, ledger::kTimeUs);
}

TEST(Countersignature, HasOneFormForLogsOfEitherHash) {
  for (const size_t hash_bytes : {size_t{32}, size_t{48}}) {
    CountersignatureBody body = *DecodeCountersignature(Example().body);
    body.head.log_stream_id = Counting(hash_bytes, 1);
    body.head.root = Counting(hash_bytes, 9);
    ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeCountersignature(body));
    ASSERT_OK_AND_ASSIGN(const CountersignatureBody back, DecodeCountersignature(bytes));
    EXPECT_EQ(back.head.root, body.head.root);
    EXPECT_EQ(*EncodeCountersignature(back), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_CODE(Code::NOT_CANONICAL,
                  DecodeCountersignature(std::string_view(bytes).substr(0, size)));
    }
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeCountersignature(bytes + '\0'));
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeCountersignature("TBC1" + bytes.substr(4)));
    std::string unknown = bytes;
    unknown[4] = 9;
    EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, DecodeCountersignature(unknown));
  }
}

TEST(Countersignature, Bounds) {
  const CountersignatureBody good = *DecodeCountersignature(Example().body);
  for (std::string CountersignatureBody::*id :
       {&CountersignatureBody::witness, &CountersignatureBody::node}) {
    CountersignatureBody body = good;
    body.*id = std::string(limits::kOriginBytesMax, 'i');
    EXPECT_OK(EncodeCountersignature(body));
    for (const std::string& bad :
         {std::string(), std::string(limits::kOriginBytesMax + 1, 'i'), std::string("\xFF")}) {
      body.*id = bad;
      EXPECT_CODE(Code::NOT_CANONICAL, EncodeCountersignature(body));
    }
  }
  const std::function<void(CountersignatureBody*)> damages[] = {
      [](CountersignatureBody* b) { b->head.log_stream_id.pop_back(); },
      [](CountersignatureBody* b) { b->head.root += 'x'; },
      [](CountersignatureBody* b) { b->head.epoch = 0; },
      [](CountersignatureBody* b) { b->head.tick = 0; },
      [](CountersignatureBody* b) { b->head.size = b->from_size = 0; },
      [](CountersignatureBody* b) { b->from_size = b->head.size + 1; },
      [](CountersignatureBody* b) { b->key_id.clear(); },
  };
  for (const auto& damage : damages) {
    CountersignatureBody body = good;
    damage(&body);
    EXPECT_CODE(Code::NOT_CANONICAL, EncodeCountersignature(body));
  }
  CountersignatureBody body = good;
  body.from_size = body.head.size;
  EXPECT_OK(EncodeCountersignature(body)) << "nothing new, signed again";
}

TEST(Countersignature, WhatWasNotSigned) {
  const Signed example = Example();
  EXPECT_CODE(Code::SIGNATURE_INVALID,
              VerifyCountersignature(example.body, example.signature, TestVerifier(8)));
  for (const size_t at : {size_t{10}, size_t{40}, size_t{80}, size_t{120}}) {
    std::string other = example.body;
    other[at] ^= 1;
    EXPECT_FALSE(VerifyCountersignature(other, example.signature, TestVerifier()).ok()) << at;
  }
  std::string signature = example.signature;
  signature[0] ^= 1;
  EXPECT_CODE(Code::SIGNATURE_INVALID,
              VerifyCountersignature(example.body, signature, TestVerifier()));
}

}  // namespace
}  // namespace tombolo::audit
