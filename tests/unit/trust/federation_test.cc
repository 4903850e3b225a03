// The attacks of The Update Framework, each refused; and what an honest federation does.
#include "gateway/trust/federation.h"

#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::trust {
namespace {

using Documents = std::vector<v1::SignedDocument>;

Status Refusal(const FederationPtr& federation, const v1::SignedDocument& document,
               const Documents& beside = {}, int64_t now_us = kNowUs) {
  const StatusOr<Activation> activation = federation->Activate(document, beside, now_us);
  if (!activation.ok()) return activation.status();
  EXPECT_FALSE(activation->changed);
  return absl::OkStatus();
}

bool Waits(const FederationPtr& federation, const v1::SignedDocument& document,
           const Documents& beside = {}) {
  const StatusOr<Activation> activation = federation->Activate(document, beside, kNowUs);
  EXPECT_OK(activation);
  return activation.ok() && activation->waiting && !activation->changed &&
         activation->federation == federation;
}

// Registry and timestamp n, which belong together.
struct Pair {
  v1::SignedDocument registry, timestamp;
};
Pair PairOf(uint64_t version, uint64_t root_version = 1) {
  const v1::SignedDocument registry = Signed(SampleRegistry(version));
  v1::Timestamp timestamp = SampleTimestamp(registry, version);
  timestamp.set_root_version(root_version);
  return {registry, Signed(timestamp)};
}

// `federation` with registry and timestamp `version`.
FederationPtr WithPair(const FederationPtr& federation, uint64_t version) {
  const Pair pair = PairOf(version);
  return Then(federation, pair.timestamp, {pair.registry});
}

TEST(Federation, StartsFromTheOperatorsRoot) {
  ASSERT_OK_AND_ASSIGN(const FederationPtr founded,
                       Federation::Found(Signed(SampleRoot()), kNowUs));
  EXPECT_CODE(Code::TIMESTAMP_STALE, founded->CheckFresh(kNowUs));
  EXPECT_EQ(founded->FreshUntilUs(), 0);
  EXPECT_CODE(Code::THRESHOLD_MISSED, Federation::Found(Signed(SampleRoot(), {1}), kNowUs));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Federation::Found(Signed(SampleRegistry()), kNowUs));
  EXPECT_CODE(Code::DOCUMENT_EXPIRED, Federation::Found(Signed(SampleRoot()), kNowUs - kDayUs));
  EXPECT_OK(Federation::Found(Signed(SampleRoot()), kNowUs + 9999 * kDayUs));  // leads on
}

TEST(Federation, RegistryAndTimestampMakeItFresh) {
  const FederationPtr federation = SampleFederation();
  EXPECT_OK(federation->CheckFresh(kNowUs));
  EXPECT_EQ(federation->FreshUntilUs(), kNowUs + kDayUs / 2);
  EXPECT_OK(federation->CheckFresh(federation->FreshUntilUs() - 1));
  EXPECT_CODE(Code::TIMESTAMP_STALE, federation->CheckFresh(federation->FreshUntilUs()));
  EXPECT_CODE(Code::DOCUMENT_EXPIRED, federation->CheckFresh(kNowUs + 100 * kDayUs));
  EXPECT_CODE(Code::DOCUMENT_EXPIRED, federation->CheckFresh(kNowUs + 400 * kDayUs));
}

TEST(Federation, MembersAreFoundAndStandInATree) {
  const FederationPtr federation = SampleFederation();
  ASSERT_EQ(federation->members().size(), 3u);
  const MemberFacts* province = federation->Find(kProvince);
  const MemberFacts* city = federation->Find(kCity);
  const MemberFacts* town = federation->Find(kTown);
  ASSERT_TRUE(province != nullptr && city != nullptr && town != nullptr);
  EXPECT_EQ(federation->At(city->number), city);
  EXPECT_EQ(federation->At(0), nullptr);
  EXPECT_EQ(federation->At(4), nullptr);
  EXPECT_EQ(federation->Find("spiffe://federation.example/none"), nullptr);
  EXPECT_EQ(town->above, (std::vector<uint32_t>{city->number, province->number}));
  EXPECT_EQ(town->verifiers.size(), 1u);
}

TEST(Federation, WhoMayCarry) {
  v1::Registry registry = SampleRegistry(2);
  registry.mutable_members(0)->add_relays(kTown);         // the town carries for the province
  registry.mutable_members(1)->set_state(v1::SUSPENDED);  // the city carries nothing
  const v1::SignedDocument document = Signed(registry);
  const FederationPtr federation =
      Then(SampleFederation(), Signed(SampleTimestamp(document, 2)), {document});
  const MemberFacts& province = *federation->Find(kProvince);
  const MemberFacts& city = *federation->Find(kCity);
  const MemberFacts& town = *federation->Find(kTown);
  EXPECT_TRUE(federation->MayCarry(town, town));
  EXPECT_TRUE(federation->MayCarry(province, town));
  EXPECT_TRUE(federation->MayCarry(town, province));
  EXPECT_FALSE(federation->MayCarry(town, city));
  EXPECT_FALSE(federation->MayCarry(city, city));
  EXPECT_FALSE(federation->MayCarry(city, town));
}

TEST(Federation, TheSameDocumentChangesNothing) {
  const FederationPtr federation = SampleFederation();
  const Pair pair = PairOf(1);
  for (const v1::SignedDocument& document : {Signed(SampleRoot()), pair.registry, pair.timestamp}) {
    ASSERT_OK_AND_ASSIGN(const Activation same, federation->Activate(document, {}, kNowUs));
    EXPECT_FALSE(same.changed);
    EXPECT_FALSE(same.waiting);
    EXPECT_EQ(same.federation, federation);
  }
}

TEST(Federation, RollbackIsRefused) {
  const FederationPtr federation = WithPair(SampleFederation(), 5);
  const Pair old = PairOf(4);
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(federation, old.registry));
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(federation, old.timestamp, {old.registry}));
  const FederationPtr later = Then(federation, Signed(SampleRoot(2)));
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(later, Signed(SampleRoot(1))));
  // A newer timestamp that names older things.
  v1::Timestamp timestamp = SampleTimestamp(old.registry, 6);
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(federation, Signed(timestamp), {old.registry}));
  timestamp = SampleTimestamp(Signed(SampleRegistry(5)), 6);
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(later, Signed(timestamp)));
}

TEST(Federation, RollbackIsRefusedAfterARestart) {
  const FederationPtr federation = WithPair(SampleFederation(), 5);
  ASSERT_OK_AND_ASSIGN(const FederationPtr restored, Federation::Restore(federation->State()));
  EXPECT_OK(restored->CheckFresh(kNowUs));
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(restored, PairOf(4).registry));
  EXPECT_EQ(restored->members().size(), 3u);
  TrustState forged = federation->State();
  forged.documents[1].clear_signatures();
  EXPECT_CODE(Code::THRESHOLD_MISSED, Federation::Restore(forged));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Federation::Restore(TrustState{}));
}

TEST(Federation, TheSameVersionWithOtherContentIsAFork) {
  const FederationPtr federation = SampleFederation();
  v1::Registry registry = SampleRegistry(1);
  registry.mutable_members(0)->set_title("Other");
  EXPECT_CODE(Code::DOCUMENT_FORKED, Refusal(federation, Signed(registry)));
  v1::Timestamp timestamp = SampleTimestamp(Signed(SampleRegistry()));
  timestamp.set_expires_at(FormatMoment(kNowUs + kDayUs));
  EXPECT_CODE(Code::DOCUMENT_FORKED, Refusal(federation, Signed(timestamp)));
  v1::Root root = SampleRoot(1);
  root.set_expires_at(FormatMoment(kNowUs + 99 * kDayUs));
  EXPECT_CODE(Code::DOCUMENT_FORKED, Refusal(federation, Signed(root)));
  // The timestamp itself names another registry of that version.
  EXPECT_CODE(
      Code::DOCUMENT_FORKED,
      Refusal(federation, Signed(SampleTimestamp(Signed(registry), 2)), {Signed(registry)}));
}

TEST(Federation, FreezeEndsWithTheTimestamp) {
  const FederationPtr federation = SampleFederation();
  const int64_t late = kNowUs + kDayUs;
  EXPECT_CODE(Code::TIMESTAMP_STALE, federation->CheckFresh(late));
  EXPECT_CODE(Code::DOCUMENT_EXPIRED, Refusal(federation, PairOf(2).timestamp, {}, late));
  EXPECT_CODE(Code::DOCUMENT_EXPIRED,
              Refusal(federation, PairOf(2).registry, {}, kNowUs + 91 * kDayUs));
}

TEST(Federation, AClockSetBackRevivesNothing) {
  const FederationPtr federation = SampleFederation();
  v1::Timestamp timestamp = SampleTimestamp(Signed(SampleRegistry()), 2);
  timestamp.set_expires_at(FormatMoment(kNowUs + 3 * kDayUs));
  ASSERT_OK_AND_ASSIGN(const Activation later,
                       federation->Activate(Signed(timestamp), {}, kNowUs + 2 * kDayUs));
  EXPECT_TRUE(later.changed);
  v1::Timestamp expired = SampleTimestamp(Signed(SampleRegistry()), 3);
  EXPECT_CODE(Code::DOCUMENT_EXPIRED, Refusal(later.federation, Signed(expired), {}, kNowUs));
  EXPECT_EQ(later.federation->State().seen_us, kNowUs + 2 * kDayUs);
}

TEST(Federation, AClockThatIsYearsAheadIsNotRememberedWithARoot) {
  const int64_t ahead = kNowUs + 9999 * kDayUs;
  ASSERT_OK_AND_ASSIGN(const FederationPtr founded, Federation::Found(Signed(SampleRoot()), ahead));
  const int64_t expires = kNowUs + 365 * kDayUs;
  EXPECT_EQ(founded->State().seen_us, expires);
  ASSERT_OK_AND_ASSIGN(const Activation later,
                       SampleFederation()->Activate(Signed(SampleRoot(2)), {}, ahead));
  EXPECT_EQ(later.federation->State().seen_us, expires);
}

TEST(Federation, NotBeforeItsMomentButForTheSkew) {
  const FederationPtr federation = SampleFederation();
  v1::Registry registry = SampleRegistry(2);
  registry.set_issued_at(FormatMoment(kNowUs + 300 * kSecondUs));
  EXPECT_TRUE(Waits(federation, Signed(registry)));
  registry.set_issued_at(FormatMoment(kNowUs + 301 * kSecondUs));
  EXPECT_CODE(Code::DOCUMENT_EXPIRED, Refusal(federation, Signed(registry)));
}

TEST(Federation, TooFewOrWrongSignatures) {
  const FederationPtr federation = SampleFederation();
  EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(federation, Signed(SampleRegistry(2), {11})));
  EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(federation, Signed(SampleRegistry(2), {11, 11})));
  EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(federation, Signed(SampleRegistry(2), {1, 2})));
  EXPECT_CODE(Code::THRESHOLD_MISSED,
              Refusal(federation, Signed(SampleTimestamp(PairOf(2).registry, 2), {11})));
  EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(federation, Signed(SampleRoot(2), {1})));
  v1::SignedDocument wrong = Signed(SampleRegistry(2));
  wrong.mutable_signatures(1)->mutable_signature()->back() ^= 1;
  EXPECT_CODE(Code::SIGNATURE_INVALID, Refusal(federation, wrong));
  // The newer root's own keys must sign as well as the older one's.
  v1::Root root = SampleRoot(2);
  *root.mutable_root() = Role({4, 5, 6}, 2);
  EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(federation, Signed(root, {4, 5})));
  EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(federation, Signed(root, {1, 2})));
  ASSERT_OK_AND_ASSIGN(const Activation rotated,
                       federation->Activate(Signed(root, {1, 2, 4, 5}), {}, kNowUs));
  EXPECT_TRUE(rotated.changed);
}

TEST(Federation, RootsComeOneAfterTheOther) {
  const FederationPtr federation = SampleFederation();
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(federation, Signed(SampleRoot(3))));
  EXPECT_EQ(Then(Then(federation, Signed(SampleRoot(2))), Signed(SampleRoot(3)))->root().version(),
            3u);
}

TEST(Federation, OtherFederation) {
  const FederationPtr federation = SampleFederation();
  v1::Root root = SampleRoot(2);
  root.set_federation("other.example");
  EXPECT_CODE(Code::DOCUMENT_MISMATCH, Refusal(federation, Signed(root)));
  v1::Timestamp timestamp = SampleTimestamp(PairOf(1).registry, 2);
  timestamp.set_federation("other.example");
  EXPECT_CODE(Code::DOCUMENT_MISMATCH, Refusal(federation, Signed(timestamp)));
  v1::SignedDocument policy;
  policy.set_kind(v1::POLICY);
  EXPECT_CODE(Code::INVALID_ARGUMENT, Refusal(federation, policy));
}

TEST(Federation, RegistryAndTimestampBecomeActiveTogether) {
  const FederationPtr federation = SampleFederation();
  const Pair pair = PairOf(2);
  EXPECT_TRUE(Waits(federation, pair.registry));
  EXPECT_TRUE(Waits(federation, pair.timestamp));
  EXPECT_OK(federation->CheckFresh(kNowUs));  // the old pair holds meanwhile
  for (const bool registry_last : {false, true}) {
    const FederationPtr next = registry_last ? Then(federation, pair.registry, {pair.timestamp})
                                             : Then(federation, pair.timestamp, {pair.registry});
    EXPECT_EQ(next->registry().version(), 2u);
    EXPECT_EQ(next->timestamp().version(), 2u);
    EXPECT_OK(next->CheckFresh(kNowUs));
  }
}

TEST(Federation, MixAndMatchIsNotPossible) {
  const FederationPtr federation = SampleFederation();
  v1::Registry other = SampleRegistry(2);
  other.mutable_members(0)->set_title("Other");
  const Pair pair = PairOf(2);
  // A registry beside that is not the one named, or that nobody signed.
  EXPECT_TRUE(Waits(federation, pair.timestamp, {Signed(other), PairOf(3).registry}));
  EXPECT_TRUE(Waits(federation, pair.timestamp, {Signed(SampleRegistry(2), {11})}));
  EXPECT_TRUE(Waits(federation, pair.registry, {PairOf(3).timestamp}));
  v1::Timestamp false_one = SampleTimestamp(pair.registry, 2);
  EXPECT_TRUE(Waits(federation, pair.registry, {Signed(false_one, {22})}));
}

TEST(Federation, ATimestampWaitsForItsRoot) {
  const FederationPtr federation = SampleFederation();
  const Pair pair = PairOf(2, 2);
  EXPECT_TRUE(Waits(federation, pair.timestamp, {pair.registry}));
  const FederationPtr later = Then(federation, Signed(SampleRoot(2)));
  EXPECT_EQ(Then(later, pair.timestamp, {pair.registry})->registry().version(), 2u);
}

TEST(Federation, TheFirstRegistryNeedsNoTimestampButNobodyIsDealtWith) {
  ASSERT_OK_AND_ASSIGN(const FederationPtr founded,
                       Federation::Found(Signed(SampleRoot()), kNowUs));
  const FederationPtr next = Then(founded, PairOf(1).registry);
  EXPECT_EQ(next->registry().version(), 1u);
  EXPECT_CODE(Code::TIMESTAMP_STALE, next->CheckFresh(kNowUs));
  EXPECT_TRUE(Waits(next, PairOf(2).registry));
}

// Somebody with the stolen registry and timestamp keys has pushed the versions far ahead.
TEST(Federation, RotationUndoesAFastForward) {
  const FederationPtr pushed = WithPair(SampleFederation(), 1000000);
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(pushed, PairOf(2).registry));
  v1::Root root = SampleRoot(2);
  *root.mutable_registry() = Role({14, 15, 16}, 2);
  const FederationPtr rotated = Then(pushed, Signed(root));
  EXPECT_EQ(rotated->registry().version(), 0u);  // nobody but the thief's keys have signed it
  EXPECT_EQ(rotated->members().size(), 0u);
  EXPECT_CODE(Code::TIMESTAMP_STALE, rotated->CheckFresh(kNowUs));
  const v1::SignedDocument registry = Signed(SampleRegistry(2), {14, 15});
  v1::Timestamp timestamp = SampleTimestamp(registry, 2);
  timestamp.set_root_version(2);
  ASSERT_OK_AND_ASSIGN(const FederationPtr restored, Federation::Restore(rotated->State()));
  for (const FederationPtr& start : {rotated, restored}) {
    EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(start, PairOf(1000001).registry));
    const FederationPtr healed = Then(start, Signed(timestamp), {registry});
    EXPECT_OK(healed->CheckFresh(kNowUs));
    EXPECT_EQ(healed->registry().version(), 2u);
  }
}

TEST(Federation, RotationOfTheTimestampKeyKeepsTheRegistry) {
  const FederationPtr pushed =
      Then(SampleFederation(), Signed(SampleTimestamp(Signed(SampleRegistry()), 1000000)));
  v1::Root root = SampleRoot(2);
  *root.mutable_timestamp() = Role({22}, 1);
  const FederationPtr rotated = Then(pushed, Signed(root));
  EXPECT_EQ(rotated->registry().version(), 1u);
  EXPECT_EQ(rotated->timestamp().version(), 0u);
  v1::Timestamp timestamp = SampleTimestamp(Signed(SampleRegistry()), 2);
  timestamp.set_root_version(2);
  EXPECT_CODE(Code::THRESHOLD_MISSED, Refusal(rotated, Signed(timestamp)));
  EXPECT_OK(Then(rotated, Signed(timestamp, {22}))->CheckFresh(kNowUs));
}

TEST(Federation, AKeyMoreKeepsWhatItsHoldersSigned) {
  v1::Root root = SampleRoot(2);
  *root.mutable_registry() = Role({11, 12, 13, 14}, 2);
  const FederationPtr rotated = Then(SampleFederation(), Signed(root));
  EXPECT_OK(rotated->CheckFresh(kNowUs));
  EXPECT_TRUE(rotated->State().registry_anew);
  EXPECT_TRUE(rotated->State().timestamp_anew);
  v1::Timestamp timestamp = SampleTimestamp(Signed(SampleRegistry(1)), 1);
  timestamp.set_root_version(2);
  EXPECT_FALSE(Then(rotated, Signed(timestamp))->State().timestamp_anew);
}

class Lists : public ::testing::Test {
 protected:
  const CertificateSpec root_ = RootSpec(), province_ = IntermediateSpec(root_);
  const std::string authority_ = MakeCertificate(province_);
  v1::SignedDocument List(int64_t number, std::vector<int64_t> revoked = {}) const {
    ListSpec spec{province_, number};
    spec.revoked = std::move(revoked);
    return ListDocument(spec, authority_);
  }
};

TEST_F(Lists, AreTakenFromTheirAuthoritiesOnly) {
  const FederationPtr federation = SampleFederation();
  const FederationPtr next = Then(federation, List(3));
  EXPECT_EQ(next->lists().size(), 1u);
  EXPECT_EQ(Then(next, ListDocument({root_}, MakeCertificate(root_)))->lists().size(), 2u);
  const CertificateSpec stranger = IntermediateSpec(RootSpec(200), 201);
  EXPECT_CODE(Code::PEER_CERT_UNTRUSTED,
              Refusal(federation, ListDocument({stranger}, MakeCertificate(stranger))));
  const CertificateSpec city = NodeSpec(province_, kCity, 32);
  EXPECT_CODE(Code::PEER_CERT_FORM,
              Refusal(federation, ListDocument({city}, MakeCertificate(city))));
  ListSpec forged{province_};
  forged.signer = SeedKey(9);
  EXPECT_CODE(Code::SIGNATURE_INVALID, Refusal(federation, ListDocument(forged, authority_)));
  v1::SignedDocument damaged = List(3);
  damaged.set_body(MakeList({province_}));
  EXPECT_CODE(Code::PEER_CERT_FORM, Refusal(federation, damaged));
  damaged = List(3);
  damaged.mutable_body()->push_back('x');
  EXPECT_CODE(Code::PEER_CERT_FORM, Refusal(federation, damaged));
  damaged = List(3);
  damaged.add_signatures();
  EXPECT_CODE(Code::INVALID_ARGUMENT, Refusal(federation, damaged));
}

TEST_F(Lists, OnlyRise) {
  const FederationPtr federation = Then(SampleFederation(), List(3));
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(federation, List(2)));
  EXPECT_CODE(Code::DOCUMENT_FORKED, Refusal(federation, List(3, {7})));
  EXPECT_OK(Refusal(federation, List(3)));
  EXPECT_EQ(Then(federation, List(4))->lists().begin()->second.number, 4u);
  ASSERT_OK_AND_ASSIGN(const FederationPtr restored, Federation::Restore(federation->State()));
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(restored, List(2)));
  EXPECT_CODE(Code::DOCUMENT_EXPIRED, Refusal(federation, List(5), {}, kNowUs + 7 * kDayUs));
  EXPECT_CODE(
      Code::DOCUMENT_EXPIRED,
      Refusal(SampleFederation(),
              ListDocument({province_, 5, kNowUs + kDayUs, kNowUs + 2 * kDayUs}, authority_)));
}

TEST_F(Lists, AreThoseThatTheTimestampNames) {
  v1::Timestamp timestamp = SampleTimestamp(Signed(SampleRegistry()), 2);
  *timestamp.add_crls() = Naming({province_, 3});
  const v1::SignedDocument naming = Signed(timestamp);
  const FederationPtr federation = SampleFederation();
  EXPECT_TRUE(Waits(federation, naming));
  EXPECT_TRUE(Waits(Then(federation, List(2)), naming));
  EXPECT_CODE(Code::DOCUMENT_FORKED, Refusal(Then(federation, List(3, {7})), naming));
  const FederationPtr next = Then(Then(federation, List(3)), naming);
  EXPECT_OK(next->CheckFresh(kNowUs));
  EXPECT_OK(Then(next, List(4))->CheckFresh(kNowUs));  // a newer one than named is no harm
  // Without its list the timestamp says nothing.
  TrustState without = next->State();
  without.documents.pop_back();
  ASSERT_OK_AND_ASSIGN(const FederationPtr bare, Federation::Restore(without));
  EXPECT_CODE(Code::TIMESTAMP_STALE, bare->CheckFresh(kNowUs));
  EXPECT_CODE(Code::DOCUMENT_ROLLBACK, Refusal(bare, List(2)));
  EXPECT_CODE(Code::DOCUMENT_FORKED, Refusal(bare, List(3, {7})));
}

TEST_F(Lists, GoWithTheirAuthority) {
  v1::Root root = SampleRoot(2);
  root.set_certificate_authorities(0, MakeCertificate(RootSpec(300)));
  EXPECT_EQ(Then(Then(SampleFederation(), List(3)), Signed(root))->lists().size(), 0u);
}

}  // namespace
}  // namespace tombolo::trust
