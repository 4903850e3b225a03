#include "gateway/ledger/proof.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "gateway/ledger/merkle.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::ledger {
namespace {

using ::testing::HasSubstr;

TEST(Proof, SaysWhatItShows) {
  const EntryForm want[] = {EntryForm::kWhole, EntryForm::kPartial, EntryForm::kStub,
                            EntryForm::kWhole, EntryForm::kErased,  EntryForm::kWhole};
  const std::string key = TestSigner()->public_key_der();
  for (uint64_t seq = 1; seq <= 6; ++seq) {
    ASSERT_OK_AND_ASSIGN(const ProvenEntry proven, VerifyProof(SampleProof(seq), key));
    EXPECT_EQ(proven.form, want[seq - 1]);
    EXPECT_EQ(proven.checkpoint.origin, kOrigin);
    EXPECT_EQ(proven.checkpoint.tick, 42u);
    EXPECT_EQ(proven.stream_size, 6u);
    EXPECT_TRUE(proven.key_trusted);
    ASSERT_OK_AND_ASSIGN(const ProvenEntry alone, VerifyProof(SampleProof(seq), std::nullopt));
    EXPECT_FALSE(alone.key_trusted);
  }
}

// A proof that somebody made for an entry of their own, with their own key, fails only by the key.
TEST(Proof, ATrustedKeyIsWhatMakesItTheOrigins) {
  const v1::RecordProof proof = SampleProof(1);
  EXPECT_OK(VerifyProof(proof, std::nullopt));
  const Status status = VerifyProof(proof, TestSigner(9)->public_key_der()).status();
  EXPECT_CODE(Code::SIGNATURE_INVALID, status);
  EXPECT_THAT(Describe(status), HasSubstr("under another key"));
}

TEST(Proof, ErrorsNameTheStep) {
  v1::RecordProof proof = SampleProof(1);
  proof.mutable_stream()->set_item("test.other");
  EXPECT_THAT(Describe(VerifyProof(proof, std::nullopt).status()), HasSubstr("another stream"));
  proof = SampleProof(1);
  proof.mutable_stream()->set_origin("spiffe://federation.example/yy");
  EXPECT_THAT(Describe(VerifyProof(proof, std::nullopt).status()), HasSubstr("another origin"));
  proof = SampleProof(1);
  proof.mutable_entry()->mutable_header()->back() ^= 1;
  EXPECT_THAT(Describe(VerifyProof(proof, std::nullopt).status()), HasSubstr("lead to the root"));
  EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, VerifyProof(v1::RecordProof(), std::nullopt));
}

// Whatever single byte of a serialised proof is changed: it does not parse, does not verify, or
// says the same as before.
TEST(Proof, NoChangedByteShowsAnythingElse) {
  const google::protobuf::LogSilencer silencer;  // of ParseFromString below
  const std::string key = TestSigner()->public_key_der();
  for (const uint64_t seq : {1, 3, 5}) {
    const v1::RecordProof good = SampleProof(seq);
    const std::string bytes = good.SerializeAsString();
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (const char flip : {'\x01', '\x80'}) {
        std::string changed = bytes;
        changed[i] ^= flip;
        v1::RecordProof bad;
        if (!bad.ParseFromString(changed) || !VerifyProof(bad, key).ok()) continue;
        bad.DiscardUnknownFields();
        EXPECT_EQ(bad.entry().SerializeAsString(), good.entry().SerializeAsString()) << i;
        EXPECT_EQ(bad.stream().SerializeAsString(), good.stream().SerializeAsString()) << i;
      }
    }
  }
}

}  // namespace
}  // namespace tombolo::ledger
