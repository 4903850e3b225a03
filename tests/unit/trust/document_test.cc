// Moments, signatures, thresholds, and the rules on what a document says.
#include "gateway/trust/document.h"

#include <gtest/gtest.h>

#include <functional>

#include "gateway/base/text.h"
#include "gateway/trust/spiffe.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::trust {
namespace {

TEST(Moment, OnlyTheOneForm) {
  ASSERT_OK_AND_ASSIGN(const int64_t us, ParseMoment("2026-01-01T06:00:00Z"));
  EXPECT_EQ(us, kNowUs);
  EXPECT_EQ(FormatMoment(kNowUs), "2026-01-01T06:00:00Z");
  EXPECT_OK(ParseMoment("2024-02-29T23:59:59Z"));
  for (const char* bad :
       {"", "2026-01-01", "2026-01-01T06:00:00", "2026-01-01T06:00:00z", "2026-01-01 06:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T06:60:00Z", "2026-01-01T06:00:60Z",
        "2026-02-29T06:00:00Z", "2026-01-01T06:00:00.0Z", "2026-01-01T+6:00:00Z",
        "2026-01-01T06:00:00+00:00", "2026-1-01T06:00:000Z", "2026-01-01T06-00-00Z"}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT, ParseMoment(bad)) << bad;
  }
}

TEST(SpiffeId, PartsAndDomain) {
  EXPECT_OK(CheckSpiffeId("spiffe://federation.example/A-z_0.9/b", kDomain));
  for (const char* bad : {"", "spiffe://federation.example", "spiffe://federation.example/",
                          "spiffe://federation.example//a", "spiffe://federation.example/a/",
                          "spiffe://federation.example/.", "spiffe://federation.example/a/..",
                          "spiffe://federation.example/a b", "spiffe://federation.example/a%20",
                          "spiffe://federation.example.org/a", "spiffe://other.example/a",
                          "http://x/a", "SPIFFE://federation.example/a"}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT, CheckSpiffeId(bad, kDomain)) << bad;
  }
  EXPECT_OK(CheckTrustDomain("a-1.example"));
  for (const char* bad : {"", "A.example", "a_b", "a/b"}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT, CheckTrustDomain(bad)) << bad;
  }
}

TEST(Document, SignedBytesAreThePages) {
  v1::Timestamp timestamp;
  timestamp.set_federation(kDomain);
  timestamp.set_version(7);
  timestamp.set_issued_at("2026-01-01T00:00:00Z");
  timestamp.set_expires_at("2026-01-01T12:00:00Z");
  timestamp.set_registry_version(3);
  std::string digest;
  for (int i = 0; i < 32; ++i) digest.push_back(static_cast<char>(i));
  timestamp.set_registry_digest(digest);
  timestamp.set_root_version(1);
  ASSERT_OK_AND_ASSIGN(const std::string body, EncodeBody(timestamp));
  const std::string id = ledger::KeyIdOf("key");
  const std::string bytes = SignedBytes(v1::TIMESTAMP, v1::SHA256_ED25519, id, body);
  EXPECT_EQ(bytes.substr(0, 6), std::string("TBD1\x03\x01"));
  EXPECT_EQ(bytes.substr(6, 32), id);
  EXPECT_EQ(ToHex(bytes.substr(38, 4)), "00000068");
  EXPECT_EQ(ToHex(bytes.substr(42, 20)), "0a1266656465726174696f6e2e6578616d706c65");
  EXPECT_EQ(bytes.substr(42), body);
}

TEST(Document, SignaturesStandByKeyIdAndAKeyCountsOnce) {
  v1::SignedDocument document = Signed(SampleRoot(), {3, 1, 2, 1});
  ASSERT_EQ(document.signatures_size(), 3);
  EXPECT_LT(document.signatures(0).key_id(), document.signatures(1).key_id());
  EXPECT_LT(document.signatures(1).key_id(), document.signatures(2).key_id());
  EXPECT_OK(CheckThreshold(document, Role({1, 2, 3}, 3)));
  EXPECT_CODE(Code::THRESHOLD_MISSED, CheckThreshold(document, Role({1, 4, 5}, 2)));
  // The same key twice in the list of signatures is refused, not counted twice.
  *document.add_signatures() = document.signatures(2);
  EXPECT_CODE(Code::INVALID_ARGUMENT, CheckThreshold(document, Role({1, 2, 3}, 3)));
}

TEST(Document, Thresholds) {
  const v1::RoleKeys role = Role({1, 2, 3}, 2);
  EXPECT_OK(CheckThreshold(Signed(SampleRoot(), {1, 3}), role));
  EXPECT_OK(CheckThreshold(Signed(SampleRoot(), {1, 3, 77}), role));  // a stranger is passed over
  EXPECT_CODE(Code::THRESHOLD_MISSED, CheckThreshold(Signed(SampleRoot(), {1}), role));
  EXPECT_CODE(Code::THRESHOLD_MISSED, CheckThreshold(Signed(SampleRoot(), {1, 77}), role));
  EXPECT_CODE(Code::THRESHOLD_MISSED, CheckThreshold(Signed(SampleRoot(), {}), role));
  v1::RoleKeys nobody = role;
  nobody.set_threshold(0);
  EXPECT_CODE(Code::THRESHOLD_MISSED, CheckThreshold(Signed(SampleRoot(), {1, 2}), nobody));
}

TEST(Document, AWrongSignatureOfAKeyOfTheRoleSpoilsAll) {
  const v1::RoleKeys role = Role({1, 2, 3}, 2);
  const v1::SignedDocument good = Signed(SampleRoot(), {1, 2, 3});
  v1::SignedDocument bad = good;
  bad.mutable_signatures(0)->mutable_signature()->front() ^= 1;
  EXPECT_CODE(Code::SIGNATURE_INVALID, CheckThreshold(bad, role));
  bad = good;
  bad.mutable_signatures(0)->set_suite(2);
  EXPECT_CODE(Code::SIGNATURE_INVALID, CheckThreshold(bad, role));
  bad = good;
  bad.set_kind(v1::REGISTRY);
  EXPECT_CODE(Code::SIGNATURE_INVALID, CheckThreshold(bad, role));
  bad = good;
  bad.mutable_body()->push_back('x');
  EXPECT_CODE(Code::SIGNATURE_INVALID, CheckThreshold(bad, role));
  bad = good;
  bad.mutable_signatures(0)->mutable_key_id()->pop_back();
  EXPECT_CODE(Code::INVALID_ARGUMENT, CheckThreshold(bad, role));
  bad = good;
  bad.mutable_signatures()->SwapElements(0, 1);
  EXPECT_CODE(Code::INVALID_ARGUMENT, CheckThreshold(bad, role));
}

TEST(Document, BodiesAreCanonical) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeBody(SampleRegistry()));
  EXPECT_OK(DecodeBody<v1::Registry>(bytes));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeBody<v1::Registry>(bytes + std::string("\x78\x01", 2)));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeBody<v1::Registry>(bytes.substr(0, bytes.size() - 1)));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeBody<v1::Registry>(bytes + bytes));
  v1::Policy policy;
  policy.set_version(3);
  ASSERT_OK_AND_ASSIGN(const std::string text, EncodeBody(policy));
  ASSERT_OK_AND_ASSIGN(const v1::Policy back, DecodeBody<v1::Policy>(text));
  EXPECT_EQ(back.version(), 3u);
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeBody<v1::Grant>(std::string("\xff", 1)));
}

TEST(Document, FilesComeBack) {
  const v1::SignedDocument document = Signed(SampleRoot());
  ASSERT_OK_AND_ASSIGN(const std::string text, ToFile(document));
  ASSERT_OK_AND_ASSIGN(const v1::SignedDocument back, FromFile(text));
  EXPECT_EQ(back.body(), document.body());
  EXPECT_OK(CheckThreshold(back, Role({1, 2, 3}, 2)));
  EXPECT_CODE(Code::JSON_MALFORMED, FromFile(""));
  EXPECT_CODE(Code::JSON_MALFORMED, FromFile("[]"));
  EXPECT_CODE(Code::JSON_MALFORMED, FromFile(R"({"kind":"ROOT","more":1})"));
  EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, FromFile("{}"));
  EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, FromFile(R"({"kind":99})"));
  v1::SignedDocument list;
  list.set_kind(v1::REVOCATION_LIST);
  EXPECT_CODE(Code::INVALID_ARGUMENT, AddSignature(&list, SeedSigner(1).get()));
}

TEST(Document, NamesAreThoseOfTheBodyOnly) {
  EXPECT_EQ(BodyDigest(Signed(SampleRoot(), {1})), BodyDigest(Signed(SampleRoot(), {2, 3})));
  EXPECT_NE(BodyDigest(Signed(SampleRoot(1))), BodyDigest(Signed(SampleRoot(2))));
}

template <typename Message>
struct Rule {
  const char* what;
  std::function<void(Message*)> breaks;
  Code code = Code::INVALID_ARGUMENT;
};

TEST(Document, RulesOfARoot) {
  const Rule<v1::Root> kRules[] = {
      {"no federation", [](v1::Root* r) { r->clear_federation(); }},
      {"no version", [](v1::Root* r) { r->clear_version(); }},
      {"no moment", [](v1::Root* r) { r->clear_issued_at(); }},
      {"no end", [](v1::Root* r) { r->clear_expires_at(); }},
      {"ends first", [](v1::Root* r) { r->set_expires_at(r->issued_at()); }},
      {"no keys", [](v1::Root* r) { r->clear_registry(); }},
      {"threshold 0", [](v1::Root* r) { r->mutable_root()->set_threshold(0); }},
      {"threshold beyond", [](v1::Root* r) { r->mutable_root()->set_threshold(4); }},
      {"order of keys", [](v1::Root* r) { r->mutable_root()->mutable_keys()->SwapElements(0, 1); }},
      {"key twice", [](v1::Root* r) { *r->mutable_root()->add_keys() = r->root().keys(2); }},
      {"other suite",
       [](v1::Root* r) { r->mutable_root()->mutable_keys(0)->set_suite("SHA256_ECDSA_P256"); }},
      {"unknown suite", [](v1::Root* r) { r->mutable_root()->mutable_keys(0)->set_suite("X"); },
       Code::SCHEMA_UNSUPPORTED},
      {"no authority", [](v1::Root* r) { r->clear_certificate_authorities(); }},
      {"authority twice",
       [](v1::Root* r) { r->add_certificate_authorities(r->certificate_authorities(0)); }},
      {"authority is no root",
       [](v1::Root* r) {
         r->set_certificate_authorities(0, MakeCertificate(IntermediateSpec(RootSpec())));
       },
       Code::PEER_CERT_FORM}};
  EXPECT_OK(EncodeBody(SampleRoot()));
  for (const Rule<v1::Root>& rule : kRules) {
    v1::Root root = SampleRoot();
    rule.breaks(&root);
    EXPECT_CODE(rule.code, EncodeBody(root)) << rule.what;
  }
}

TEST(Document, RulesOfARegistry) {
  const auto first = [](v1::Registry* r) { return r->mutable_members(0); };
  const auto second = [](v1::Registry* r) { return r->mutable_members(1); };
  const Rule<v1::Registry> kRules[] = {
      {"no version", [](v1::Registry* r) { r->clear_version(); }},
      {"order", [](v1::Registry* r) { r->mutable_members()->SwapElements(0, 1); }},
      {"twice", [&](v1::Registry* r) { second(r)->set_id(kProvince); }},
      {"other domain", [&](v1::Registry* r) { first(r)->set_id("spiffe://other.example/xx"); }},
      {"no level", [&](v1::Registry* r) { first(r)->clear_level(); }},
      {"level unknown", [&](v1::Registry* r) { first(r)->set_level(v1::MemberLevel(9)); }},
      {"no state", [&](v1::Registry* r) { first(r)->clear_state(); }},
      {"no epoch", [&](v1::Registry* r) { first(r)->clear_epoch_min(); }},
      {"parent unknown", [&](v1::Registry* r) { second(r)->set_parent("spiffe://x/y"); }},
      {"own parent", [&](v1::Registry* r) { first(r)->set_parent(kProvince); }},
      {"parent of the same level", [&](v1::Registry* r) { second(r)->set_level(v1::PROVINCE); }},
      {"no TLS key", [&](v1::Registry* r) { first(r)->clear_tls_keys(); }},
      {"short TLS key", [&](v1::Registry* r) { first(r)->set_tls_keys(0, "x"); }},
      {"TLS key twice", [&](v1::Registry* r) { first(r)->add_tls_keys(first(r)->tls_keys(0)); }},
      {"another's TLS key",
       [&](v1::Registry* r) { second(r)->set_tls_keys(0, first(r)->tls_keys(0)); }},
      {"no signing key", [&](v1::Registry* r) { first(r)->clear_signing_keys(); }},
      {"another's signing key",
       [&](v1::Registry* r) { *second(r)->mutable_signing_keys(0) = first(r)->signing_keys(0); }},
      {"broken signing key",
       [&](v1::Registry* r) { first(r)->mutable_signing_keys(0)->set_spki("x"); }},
      {"no host", [&](v1::Registry* r) { first(r)->add_endpoints()->set_port(1); }},
      {"no port", [&](v1::Registry* r) { first(r)->add_endpoints()->set_host("a"); }},
      {"port beyond",
       [&](v1::Registry* r) {
         v1::Endpoint* endpoint = first(r)->add_endpoints();
         endpoint->set_host("a");
         endpoint->set_port(65536);
       }},
      {"relay unknown", [&](v1::Registry* r) { first(r)->add_relays("spiffe://x/y"); }},
      {"relays out of order", [&](v1::Registry* r) {
         first(r)->add_relays(kTown);
         first(r)->add_relays(kCity);
       }}};
  EXPECT_OK(EncodeBody(SampleRegistry()));
  for (const Rule<v1::Registry>& rule : kRules) {
    v1::Registry registry = SampleRegistry();
    rule.breaks(&registry);
    EXPECT_CODE(rule.code, EncodeBody(registry)) << rule.what;
  }
}

TEST(Document, RulesOfATimestamp) {
  const v1::Timestamp good = SampleTimestamp(Signed(SampleRegistry()));
  const Rule<v1::Timestamp> kRules[] = {
      {"no registry", [](v1::Timestamp* t) { t->clear_registry_version(); }},
      {"no digest", [](v1::Timestamp* t) { t->clear_registry_digest(); }},
      {"no root", [](v1::Timestamp* t) { t->clear_root_version(); }},
      {"short key id",
       [](v1::Timestamp* t) { t->mutable_crls(0)->set_issuer_key_id(std::string(31, 'a')); }},
      {"short digest",
       [](v1::Timestamp* t) { t->mutable_crls(0)->set_digest(std::string(31, 'a')); }},
      {"list twice", [](v1::Timestamp* t) { *t->add_crls() = t->crls(0); }}};
  v1::Timestamp sound = good;
  *sound.add_crls() = Naming({RootSpec()});
  EXPECT_OK(EncodeBody(sound));
  for (const Rule<v1::Timestamp>& rule : kRules) {
    v1::Timestamp timestamp = sound;
    rule.breaks(&timestamp);
    EXPECT_CODE(rule.code, EncodeBody(timestamp)) << rule.what;
  }
}

}  // namespace
}  // namespace tombolo::trust
