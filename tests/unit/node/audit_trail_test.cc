// The audit log read: the whole of it, one event, and what peers have signed of it.
#include "gateway/node/audit_trail.h"

#include <gmock/gmock.h>

#include "gateway/audit/event.h"
#include "gateway/audit/log_head.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/proof.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/boundary/fixture.h"
#include "tests/unit/ledger/fixture.h"
#include "tests/unit/node/fixture.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::node {
namespace {

using ::testing::HasSubstr;

constexpr char kWitness[] = "spiffe://federation.example/witness";
constexpr size_t kSeveralSpans = 2 * limits::kTreeSpan + 44;

class AuditTrailTest : public NodeTest {
 protected:
  void Grow(size_t events) {
    for (size_t i = 0; i < events; ++i) writer_->Audit(Exported());
    ASSERT_OK(writer_->Commit());
  }
  store::StreamState Log() {
    for (const store::StreamState& stream : Streams()) {
      if (stream.number == kAuditStream) return stream;
    }
    ADD_FAILURE() << "no log";
    return {};
  }
  // A witness's statement about the log's head as it is now, changed by `change`.
  void Witness(const std::function<void(audit::CountersignatureBody*)>& change = nullptr) {
    const store::StreamState log = Log();
    v1::HeadProof proof;
    ASSERT_TRUE(proof.ParseFromString(log.head_proof));
    audit::CountersignatureBody body;
    body.witness = kWitness;
    body.node = context_.origin;
    body.head = {log.stream_id, log.epoch, log.tick, log.size, proof.head().root()};
    body.time_us = clock_.NowUs();
    if (change != nullptr) change(&body);
    v1::Countersignature signature;
    ASSERT_OK_AND_ASSIGN(
        *signature.mutable_body(),
        audit::SignCountersignature(&body, signer_.get(), signature.mutable_signature()));
    writer_->tick().received.witnesses.push_back(
        {context_.origin, kWitness, body.head.size, "", signature.SerializeAsString()});
    Grow(1);
  }
  v1::AuditEvent Feed(v1::AuditEventType type, uint64_t first, uint64_t last) const {
    v1::AuditEvent event;
    event.set_type(type);
    event.set_peer(kWitness);
    event.set_correlation_id(std::string(16, 'f'));
    event.set_layers(1);
    v1::StreamRange* range = event.add_ranges();
    range->set_stream_id(std::string(32, 's'));
    range->set_first_seq(first);
    range->set_last_seq(last);
    return event;
  }
};

TEST_F(AuditTrailTest, AWholeLogVerifies) {
  Grow(kSeveralSpans - 1);  // the first event is that of the node's making
  ASSERT_OK_AND_ASSIGN(const AuditReport report, VerifyAudit(context_, nullptr));
  EXPECT_EQ(report.events, kSeveralSpans);
  EXPECT_EQ(report.tick, LastTick());
  EXPECT_TRUE(report.witnesses.empty());
}

TEST_F(AuditTrailTest, WhatAWitnessHasSeenMustBeItsBeginning) {
  Grow(5);
  Witness();
  ASSERT_OK_AND_ASSIGN(const AuditReport report, VerifyAudit(context_, nullptr));
  ASSERT_EQ(report.witnesses.size(), 1u);
  EXPECT_EQ(report.witnesses[0].witness, kWitness);
  EXPECT_EQ(report.witnesses[0].size, 6u);
  EXPECT_THAT(report.witnesses[0].unchecked, HasSubstr("federation"));
}

TEST_F(AuditTrailTest, TheWitnessSignsWithItsKeyOfTheRegistry) {
  Grow(5);
  Witness();
  v1::Registry registry;
  registry.set_federation("federation.example");
  registry.set_version(1);
  registry.set_issued_at("2026-01-01T00:00:00Z");
  registry.set_expires_at("2027-01-01T00:00:00Z");
  v1::Member* member = registry.add_members();
  member->set_id(kWitness);
  member->set_level(v1::CITY);
  member->set_state(v1::ACTIVE);
  member->set_epoch_min(1);
  member->add_tls_keys(std::string(32, 't'));
  v1::PublicKey* key = member->add_signing_keys();
  key->set_suite("SHA256_ED25519");
  key->set_spki(signer_->public_key_der());
  const auto unchecked = [&] {
    auto report = VerifyAudit(context_, boundary::FederationOf(registry).get());
    EXPECT_OK(report);
    return report.ok() ? report->witnesses.at(0).unchecked : "";
  };
  EXPECT_EQ(unchecked(), "");
  // Of a key that the registry no longer has, the statement still counts.
  key->set_spki(ledger::TestSigner(9)->public_key_der());
  EXPECT_THAT(unchecked(), HasSubstr("another key"));
  member->set_id("spiffe://federation.example/other");
  EXPECT_THAT(unchecked(), HasSubstr("no member"));
  member->set_id(kWitness);
  key->set_spki(signer_->public_key_der());
  // Somebody changed what is kept of the signature.
  auto rows = store_->Witnesses();
  ASSERT_OK(rows);
  store::WitnessRow row = rows->at(0);
  v1::Countersignature signature;
  ASSERT_TRUE(signature.ParseFromString(row.countersignature));
  signature.mutable_signature()->front() ^= 1;
  row.countersignature = signature.SerializeAsString();
  writer_->tick().received.witnesses.push_back(row);
  Grow(1);
  EXPECT_EQ(CodeOf(VerifyAudit(context_, boundary::FederationOf(registry).get()).status()),
            Code::SIGNATURE_INVALID);
}

TEST_F(AuditTrailTest, ARewrittenLogIsFound) {
  Grow(5);
  Witness([](audit::CountersignatureBody* body) { body->head.root[0] ^= 1; });
  const Status status = VerifyAudit(context_, nullptr).status();
  EXPECT_EQ(CodeOf(status), Code::STREAM_FORKED);
  EXPECT_THAT(std::string(status.message()), HasSubstr(kWitness));
}

TEST_F(AuditTrailTest, ALogThatBecameShorterIsFound) {
  Grow(5);
  Witness([](audit::CountersignatureBody* body) { body->head.size = 500; });
  EXPECT_EQ(CodeOf(VerifyAudit(context_, nullptr).status()), Code::STREAM_SHRUNK);
}

TEST_F(AuditTrailTest, AStatementAboutAnotherLogIsFound) {
  Grow(5);
  Witness([](audit::CountersignatureBody* body) { body->node = "spiffe://federation.example/x"; });
  EXPECT_EQ(CodeOf(VerifyAudit(context_, nullptr).status()), Code::PROOF_INVALID);
}

TEST_F(AuditTrailTest, ADisclosureOutsideEveryFeedIsFound) {
  writer_->Audit(Feed(v1::FEED_OPENED, 1, 0));
  writer_->Audit(Feed(v1::RECORDS_DISCLOSED, 1, 40));
  Grow(1);
  ASSERT_OK_AND_ASSIGN(const AuditReport report, VerifyAudit(context_, nullptr));
  EXPECT_EQ(report.feeds_opened, 1u);
  EXPECT_EQ(report.feeds_open, 1u);
  EXPECT_EQ(report.disclosures, 1u);
  writer_->Audit(Feed(v1::FEED_CLOSED, 1, 40));
  writer_->Audit(Feed(v1::RECORDS_DISCLOSED, 41, 42));
  Grow(1);
  const Status status = VerifyAudit(context_, nullptr).status();
  EXPECT_EQ(CodeOf(status), Code::NOT_PERMITTED);
  EXPECT_THAT(std::string(status.message()), HasSubstr("event 6: entries 41 to 42"));
}

TEST_F(AuditTrailTest, AHeadOfAnotherTickOrKeyIsFound) {
  Grow(3);
  Context other = context_;
  other.origin = "spiffe://federation.example/somebody";
  EXPECT_EQ(CodeOf(VerifyAudit(other, nullptr).status()), Code::PROOF_INVALID);
}

TEST_F(AuditTrailTest, EveryEventIsProved) {
  Grow(kSeveralSpans - 1);  // the first event is that of the node's making
  ASSERT_EQ(store_->ReadSpans(kAuditStream)->size(), 2u * 32);
  for (const uint64_t seq : {uint64_t{1}, uint64_t{256}, uint64_t{257}, uint64_t{kSeveralSpans}}) {
    ASSERT_OK_AND_ASSIGN(const v1::EventProof proof, ProveEvent(context_, seq));
    ASSERT_OK_AND_ASSIGN(
        const ledger::ProvenEntry proven,
        ledger::VerifyProof(proof.proof(), std::string_view(signer_->public_key_der())));
    EXPECT_EQ(proven.stream_size, kSeveralSpans);
    ledger::EntryHasher hasher(context_.suite);
    EXPECT_EQ(hasher.Leaf(proof.event()).view(), proof.proof().entry().leaf_hash());
    ASSERT_OK_AND_ASSIGN(const v1::AuditEvent event, audit::DecodeEvent(proof.event()));
    EXPECT_EQ(event.type(), seq == 1 ? v1::NODE_INITIALISED : v1::RECORDS_EXPORTED);
  }
  EXPECT_EQ(CodeOf(ProveEvent(context_, 0).status()), Code::NOT_FOUND);
  EXPECT_EQ(CodeOf(ProveEvent(context_, kSeveralSpans + 1).status()), Code::NOT_FOUND);
}

TEST_F(AuditTrailTest, TheHeadIsTheSignedOne) {
  Grow(3);
  ASSERT_OK_AND_ASSIGN(const v1::RecordProof head, AuditHead(context_));
  EXPECT_EQ(head.head().head().size(), 4u);
  EXPECT_EQ(head.stream().kind(), v1::AUDIT);
  EXPECT_FALSE(head.has_entry());
}

TEST_F(AuditTrailTest, EventsAreListedByTypePeerTimeAndCount) {
  Grow(3);
  const int64_t later = clock_.NowUs() + 1'000'000;
  clock_.AdvanceUs(1'000'000);
  writer_->Audit(Feed(v1::FEED_OPENED, 1, 0));
  Grow(1);
  const auto list = [this](const AuditFilter& filter) {
    std::vector<uint64_t> seqs;
    EXPECT_OK(ListEvents(context_, filter,
                         [&](uint64_t seq, const v1::AuditEvent&) { seqs.push_back(seq); }));
    return seqs;
  };
  using Seqs = std::vector<uint64_t>;
  EXPECT_EQ(list({}), Seqs({1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(list({.type = v1::FEED_OPENED}), Seqs({5}));
  EXPECT_EQ(list({.peer = kWitness}), Seqs({5}));
  EXPECT_EQ(list({.since_us = later}), Seqs({5, 6}));
  EXPECT_EQ(list({.type = v1::RECORDS_EXPORTED, .last = 2}), Seqs({4, 6}));
  EXPECT_EQ(list({.last = 9}), Seqs({1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace tombolo::node
