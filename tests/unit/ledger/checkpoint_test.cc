#include "gateway/ledger/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::ledger {
namespace {

using testing::FakeEntropy;
using ::testing::HasSubstr;

constexpr Suite kSuites[] = {v1::SHA256_ED25519, v1::SHA256_ECDSA_P256, v1::SHA384_ECDSA_P384};

std::vector<v1::StreamHead> Heads(Suite suite, size_t count) {
  std::vector<v1::StreamHead> heads(count);
  for (size_t i = 0; i < count; ++i) {
    std::string id(HashBytes(suite), '\0');
    for (size_t b = 0; b < 4; ++b) id[b] = static_cast<char>(i >> (8 * b));
    heads[i].set_stream_id(id);
    heads[i].set_size(i + 1);
    heads[i].set_root(std::string(HashBytes(suite), 'r'));
  }
  return heads;
}

CheckpointBody Body(Suite suite) {
  CheckpointBody body;
  body.suite = suite;
  body.origin = kOrigin;
  body.epoch = 1;
  body.tick = 1;
  body.time_us = -5;
  body.key_id = std::string(kKeyIdBytes, 'k');
  body.batch_root = std::string(HashBytes(suite), 'b');
  return body;
}

TEST(Batch, EveryHeadHangsInItAndInNoOther) {
  for (const Suite suite : kSuites) {
    for (const size_t count : {1, 2, 3, 4, 5, 9, 33}) {
      FakeEntropy entropy(count);
      const auto heads = Heads(suite, count);
      ASSERT_OK_AND_ASSIGN(const Batch batch, BuildBatch(suite, heads, &entropy));
      ASSERT_OK_AND_ASSIGN(const Batch other, BuildBatch(suite, heads, &entropy));
      CheckpointBody body = Body(suite);
      body.batch_root = batch.root.str();
      ASSERT_EQ(batch.proofs.size(), count);
      for (size_t i = 0; i < count; ++i) {
        EXPECT_EQ(batch.proofs[i].head().stream_id(), heads[i].stream_id());
        EXPECT_OK(VerifyHead(body, batch.proofs[i]));
        EXPECT_CODE(Code::PROOF_INVALID, VerifyHead(body, other.proofs[i]));
      }
    }
  }
}

TEST(Batch, HidesOrderAndNumber) {
  const Suite suite = v1::SHA256_ED25519;
  const auto heads = Heads(suite, 5);
  FakeEntropy entropy;
  std::set<uint32_t> first_head_at;
  std::set<std::string> nonces;
  for (int round = 0; round < 200; ++round) {
    ASSERT_OK_AND_ASSIGN(const Batch batch, BuildBatch(suite, heads, &entropy));
    std::set<uint32_t> positions;
    for (const v1::HeadProof& proof : batch.proofs) {
      EXPECT_EQ(proof.path_size(), 3) << "five to eight streams look the same";
      positions.insert(proof.index());
      nonces.insert(proof.nonce());
    }
    EXPECT_EQ(positions.size(), 5u);
    EXPECT_LT(*positions.rbegin(), 8u);
    first_head_at.insert(batch.proofs[0].index());
  }
  EXPECT_EQ(first_head_at.size(), 8u) << "every place is taken, those of fillers too";
  EXPECT_EQ(nonces.size(), 1000u);
}

TEST(Batch, RefusesWhatCannotBeBuilt) {
  const Suite suite = v1::SHA256_ED25519;
  FakeEntropy entropy;
  EXPECT_CODE(Code::INVALID_ARGUMENT, BuildBatch(suite, {}, &entropy));
  auto heads = Heads(suite, 3);
  heads[2] = heads[0];
  EXPECT_CODE(Code::INVALID_ARGUMENT, BuildBatch(suite, heads, &entropy));
  heads = Heads(suite, 3);
  heads[1].mutable_root()->pop_back();
  EXPECT_CODE(Code::NOT_CANONICAL, BuildBatch(suite, heads, &entropy));
  EXPECT_CODE(Code::NOT_CANONICAL, BuildBatch(v1::SHA384_ECDSA_P384, Heads(suite, 1), &entropy));
}

TEST(Batch, StreamLimit) {
  const Suite suite = v1::SHA256_ED25519;
  FakeEntropy entropy;
  auto heads = Heads(suite, limits::kCheckpointStreamsMax + 1);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, BuildBatch(suite, heads, &entropy));
  heads.pop_back();
  ASSERT_OK_AND_ASSIGN(const Batch batch, BuildBatch(suite, heads, &entropy));
  CheckpointBody body = Body(suite);
  body.batch_root = batch.root.str();
  EXPECT_EQ(batch.proofs[0].path_size(), 16);
  EXPECT_OK(VerifyHead(body, batch.proofs[limits::kCheckpointStreamsMax - 1]));
}

TEST(CheckpointBody, ComesBackAsItWas) {
  for (const Suite suite : kSuites) {
    CheckpointBody body = Body(suite);
    for (const size_t size : {size_t{1}, limits::kOriginBytesMax}) {
      body.origin = std::string(size, 'o');
      body.epoch = UINT64_MAX;
      ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeBody(body));
      ASSERT_OK_AND_ASSIGN(const CheckpointBody back, DecodeBody(bytes));
      EXPECT_EQ(back, body);
    }
  }
}

TEST(CheckpointBody, RefusesWhatCannotBeWritten) {
  const auto refused = [](auto change) {
    CheckpointBody body = Body(v1::SHA256_ED25519);
    change(&body);
    return !EncodeBody(body).ok();
  };
  EXPECT_FALSE(refused([](auto*) {}));
  EXPECT_TRUE(refused([](auto* b) { b->suite = v1::SUITE_UNSPECIFIED; }));
  EXPECT_TRUE(refused([](auto* b) { b->suite = v1::SHA384_ECDSA_P384; }));
  EXPECT_TRUE(refused([](auto* b) { b->origin.clear(); }));
  EXPECT_TRUE(refused([](auto* b) { b->origin.assign(limits::kOriginBytesMax + 1, 'o'); }));
  EXPECT_TRUE(refused([](auto* b) { b->origin = "\xc3"; }));
  EXPECT_TRUE(refused([](auto* b) { b->epoch = 0; }));
  EXPECT_TRUE(refused([](auto* b) { b->tick = 0; }));
  EXPECT_TRUE(refused([](auto* b) { b->key_id.pop_back(); }));
  EXPECT_TRUE(refused([](auto* b) { b->batch_root += 'x'; }));
}

TEST(CheckpointBody, NoCutOrLongerOneDecodes) {
  ASSERT_OK_AND_ASSIGN(const std::string good, EncodeBody(Body(v1::SHA256_ED25519)));
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeBody(good.substr(0, cut))) << cut;
  }
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeBody(good + std::string(1, '\0')));
}

TEST(Checkpoint, NoFlippedBitVerifies) {
  const v1::RecordProof proof = SampleProof(1);
  ASSERT_OK_AND_ASSIGN(const Verifier verifier,
                       Verifier::FromPublicKey(v1::SHA256_ED25519, proof.public_key()));
  ASSERT_OK(VerifyHead(proof.checkpoint(), proof.head(), verifier));
  for (size_t i = 0; i < proof.checkpoint().body().size(); ++i) {
    v1::Checkpoint bad = proof.checkpoint();
    (*bad.mutable_body())[i] ^= 1;
    EXPECT_FALSE(VerifyCheckpoint(bad, verifier).ok()) << "body byte " << i;
  }
  for (size_t i = 0; i < proof.checkpoint().signature().size(); ++i) {
    v1::Checkpoint bad = proof.checkpoint();
    (*bad.mutable_signature())[i] ^= 1;
    EXPECT_CODE(Code::SIGNATURE_INVALID, VerifyCheckpoint(bad, verifier)) << "byte " << i;
  }
}

TEST(Checkpoint, AnotherKeyIsNamed) {
  const v1::RecordProof proof = SampleProof(1);
  ASSERT_OK_AND_ASSIGN(
      const Verifier other,
      Verifier::FromPublicKey(v1::SHA256_ED25519, TestSigner(9)->public_key_der()));
  const auto got = VerifyCheckpoint(proof.checkpoint(), other);
  EXPECT_CODE(Code::SIGNATURE_INVALID, got);
  EXPECT_THAT(Describe(got.status()), HasSubstr("names another key"));
  EXPECT_CODE(Code::SIGNATURE_INVALID, VerifyHead(proof.checkpoint(), proof.head(), other));
}

TEST(Verifier, RefusesKeysInAnotherForm) {
  const std::string good = TestSigner()->public_key_der();
  EXPECT_OK(Verifier::FromPublicKey(v1::SHA256_ED25519, good));
  EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, Verifier::FromPublicKey(static_cast<Suite>(4), good));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Verifier::FromPublicKey(v1::SHA256_ECDSA_P256, good));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Verifier::FromPublicKey(v1::SHA256_ED25519, ""));
  EXPECT_CODE(Code::INVALID_ARGUMENT,
              Verifier::FromPublicKey(v1::SHA256_ED25519, good + std::string(1, '\0')));
  for (size_t cut = 1; cut < good.size(); ++cut) {
    EXPECT_FALSE(Verifier::FromPublicKey(v1::SHA256_ED25519, good.substr(0, cut)).ok());
  }
}

}  // namespace
}  // namespace tombolo::ledger
