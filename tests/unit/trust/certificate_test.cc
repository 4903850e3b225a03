// Every line of the profile has a certificate that breaks it; chains and revocation lists likewise.
#include "gateway/trust/certificate.h"

#include <gtest/gtest.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <functional>

#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::trust {
namespace {

const CertificateSpec kRoot = RootSpec();
const CertificateSpec kProvinceCa = IntermediateSpec(kRoot);

CertificateSpec City() { return NodeSpec(kProvinceCa, kCity, 32); }

RevocationLists ListsOf(const std::vector<ListSpec>& specs) {
  RevocationLists lists;
  for (const ListSpec& spec : specs) {
    const StatusOr<RevocationList> list =
        ReadRevocationList(MakeList(spec), MakeCertificate(spec.issuer));
    EXPECT_OK(list);
    if (list.ok()) lists[list->issuer_key_id] = *list;
  }
  return lists;
}

struct Case {
  std::vector<std::string> chain;
  std::vector<std::string> roots = {MakeCertificate(kRoot)};
  RevocationLists lists = ListsOf({{kRoot}, {kProvinceCa}});
  int64_t now_us = kNowUs;

  StatusOr<CertificateFacts> Verify() const {
    ChainInput input;
    input.chain.assign(chain.begin(), chain.end());
    input.roots.assign(roots.begin(), roots.end());
    input.lists = &lists;
    input.trust_domain = kDomain;
    input.now_us = now_us;
    return VerifyChain(input);
  }
};

Case ChainOf(const CertificateSpec& node, const CertificateSpec& authority = kProvinceCa) {
  return {{MakeCertificate(node), MakeCertificate(authority)}};
}

TEST(Certificate, FactsAreThoseOfTheCertificate) {
  ASSERT_OK_AND_ASSIGN(const CertificateFacts facts, ReadCertificate(MakeCertificate(City())));
  EXPECT_EQ(facts.subject, "CN=node");
  EXPECT_EQ(facts.spiffe_id, kCity);
  EXPECT_EQ(facts.spki_digest, ledger::KeyIdOf(SpkiOf(SeedKey(32))));
  EXPECT_EQ(facts.serial, "20");
  EXPECT_EQ(facts.not_before_us, kNowUs - kDayUs);
  EXPECT_EQ(facts.not_after_us, kNowUs + 30 * kDayUs);
  EXPECT_EQ(facts.issuer_key.size(), 20u);
}

TEST(Certificate, BytesThatAreNoneAreRefused) {
  const std::string der = MakeCertificate(City());
  EXPECT_CODE(Code::PEER_CERT_FORM, ReadCertificate(""));
  EXPECT_CODE(Code::PEER_CERT_FORM, ReadCertificate(der + "x"));
  EXPECT_CODE(Code::PEER_CERT_FORM, ReadCertificate("-----BEGIN CERTIFICATE-----"));
  for (size_t size = 0; size < der.size(); size += 7) {
    EXPECT_CODE(Code::PEER_CERT_FORM, ReadCertificate(der.substr(0, size))) << size;
  }
}

TEST(Certificate, SizeHasALimit) {
  CertificateSpec spec = City();
  const auto sized = [&](size_t text) {
    spec.extensions[NID_netscape_comment] = std::string(text, 'x');
    return MakeCertificate(spec);
  };
  const size_t rest = sized(16000).size() - 16000;
  const std::string most = sized(limits::kCertificateBytesMax - rest);
  ASSERT_EQ(most.size(), limits::kCertificateBytesMax);
  EXPECT_OK(ReadCertificate(most));
  EXPECT_CODE(Code::LIMIT_EXCEEDED,
              ReadCertificate(sized(limits::kCertificateBytesMax - rest + 1)));
}

TEST(Profile, AllowedKeysAndNames) {
  EXPECT_OK(CheckProfile(MakeCertificate(kRoot), CertificateRole::kRoot, kDomain));
  EXPECT_OK(CheckProfile(MakeCertificate(kProvinceCa), CertificateRole::kIntermediate, kDomain));
  for (const Key& key : {SeedKey(1), EcKey("P-256"), EcKey("P-384"), RsaKey(2048)}) {
    CertificateSpec spec = City();
    spec.key = key;
    EXPECT_OK(CheckProfile(MakeCertificate(spec), CertificateRole::kNode, kDomain));
  }
  CertificateSpec spec = City();
  spec.extensions[NID_subject_alt_name] += ",DNS:city.example,IP:192.0.2.1";
  EXPECT_OK(CheckProfile(MakeCertificate(spec), CertificateRole::kNode, kDomain));
}

struct Damage {
  const char* what;
  std::function<void(CertificateSpec*)> apply;
};
std::function<void(CertificateSpec*)> With(int nid, const std::string& value) {
  return [nid, value](CertificateSpec* spec) { spec->extensions[nid] = value; };
}

TEST(Profile, EveryLineOfANodeHasADamage) {
  const std::string id = std::string("URI:") + kCity;
  const Damage kDamages[] = {
      {"version 1",
       [](CertificateSpec* spec) {
         spec->version = 0;
         spec->extensions.clear();
       }},
      {"weak curve", [](CertificateSpec* spec) { spec->key = EcKey("P-224"); }},
      {"other curve", [](CertificateSpec* spec) { spec->key = EcKey("P-521"); }},
      {"short RSA", [](CertificateSpec* spec) { spec->key = RsaKey(1024); }},
      {"SHA-1",
       [](CertificateSpec* spec) {
         spec->issuer_key = EcKey("P-256");
         spec->hash = EVP_sha1();
       }},
      {"unknown critical extension", [](CertificateSpec* spec) { spec->unknown_critical = true; }},
      {"CA:TRUE", With(NID_basic_constraints, "critical,CA:TRUE")},
      {"no basicConstraints", With(NID_basic_constraints, "")},
      {"no keyUsage", With(NID_key_usage, "")},
      {"other keyUsage", With(NID_key_usage, "critical,keyAgreement")},
      {"keyCertSign", With(NID_key_usage, "critical,digitalSignature,keyCertSign")},
      {"cRLSign", With(NID_key_usage, "critical,digitalSignature,cRLSign")},
      {"no extendedKeyUsage", With(NID_ext_key_usage, "")},
      {"server only", With(NID_ext_key_usage, "serverAuth")},
      {"client only", With(NID_ext_key_usage, "clientAuth")},
      {"any usage", With(NID_ext_key_usage, "anyExtendedKeyUsage")},
      {"no SAN", With(NID_subject_alt_name, "")},
      {"no URI", With(NID_subject_alt_name, "DNS:city.example")},
      {"two URIs", With(NID_subject_alt_name, id + "," + id + "2")},
      {"no SPIFFE ID", With(NID_subject_alt_name, "URI:https://federation.example/xx")},
      {"no path", With(NID_subject_alt_name, "URI:spiffe://federation.example")},
      {"other domain", With(NID_subject_alt_name, "URI:spiffe://other.example/xx")},
      {"dots", With(NID_subject_alt_name, "URI:spiffe://federation.example/xx/../yy")},
      {"e-mail", With(NID_subject_alt_name, id + ",email:a@city.example")}};
  for (const Damage& damage : kDamages) {
    CertificateSpec spec = City();
    damage.apply(&spec);
    EXPECT_CODE(Code::PEER_CERT_FORM,
                CheckProfile(MakeCertificate(spec), CertificateRole::kNode, kDomain))
        << damage.what;
  }
}

TEST(Profile, ANodesCertificateLivesAtMostSoLong) {
  CertificateSpec spec = City();
  spec.until_us = spec.from_us + limits::kLeafDaysMax * kDayUs;
  EXPECT_OK(CheckProfile(MakeCertificate(spec), CertificateRole::kNode, kDomain));
  spec.until_us += kSecondUs;
  EXPECT_CODE(Code::PEER_CERT_FORM,
              CheckProfile(MakeCertificate(spec), CertificateRole::kNode, kDomain));
}

TEST(Profile, EveryLineOfAnAuthorityHasADamage) {
  const Damage kDamages[] = {
      {"CA:FALSE", With(NID_basic_constraints, "critical,CA:FALSE")},
      {"no path length", With(NID_basic_constraints, "critical,CA:TRUE")},
      {"other path length", With(NID_basic_constraints, "critical,CA:TRUE,pathlen:2")},
      {"no keyUsage", With(NID_key_usage, "")},
      {"no cRLSign", With(NID_key_usage, "critical,keyCertSign")},
      {"no keyCertSign", With(NID_key_usage, "critical,cRLSign")},
      {"no constraint", With(NID_name_constraints, "")},
      {"other constraint", With(NID_name_constraints, "critical,permitted;URI:other.example")},
      {"wider constraint",
       With(NID_name_constraints,
            "critical,permitted;URI:federation.example,permitted;URI:other.example")},
      {"constraint of another kind", With(NID_name_constraints, "critical,permitted;DNS:example")},
      {"critical extension", [](CertificateSpec* spec) { spec->unknown_critical = true; }}};
  for (const Damage& damage : kDamages) {
    CertificateSpec spec = IntermediateSpec(kRoot);
    damage.apply(&spec);
    EXPECT_CODE(Code::PEER_CERT_FORM,
                CheckProfile(MakeCertificate(spec), CertificateRole::kIntermediate, kDomain))
        << damage.what;
  }
  EXPECT_CODE(Code::PEER_CERT_FORM,
              CheckProfile(MakeCertificate(kProvinceCa), CertificateRole::kRoot, kDomain));
  CertificateSpec signed_by_another = RootSpec();
  signed_by_another.issuer_key = SeedKey(5);
  EXPECT_CODE(Code::PEER_CERT_FORM,
              CheckProfile(MakeCertificate(signed_by_another), CertificateRole::kRoot, kDomain));
}

TEST(Chain, ASoundOneGivesTheFacts) {
  ASSERT_OK_AND_ASSIGN(const CertificateFacts facts, ChainOf(City()).Verify());
  EXPECT_EQ(facts.spiffe_id, kCity);
  Case whole = ChainOf(City());
  whole.chain.push_back(MakeCertificate(kRoot));
  EXPECT_OK(whole.Verify());
}

TEST(Chain, HasALimitOfCertificates) {
  Case longest = ChainOf(City());
  longest.chain.push_back(MakeCertificate(kRoot));
  ASSERT_EQ(longest.chain.size(), static_cast<size_t>(limits::kChainDepthMax));
  EXPECT_OK(longest.Verify());
  longest.chain.push_back(MakeCertificate(kRoot));
  EXPECT_CODE(Code::PEER_CERT_UNTRUSTED, longest.Verify());
  EXPECT_CODE(Code::PEER_CERT_MISSING, Case{}.Verify());
}

TEST(Chain, Dates) {
  Case chain = ChainOf(City());
  for (const int64_t day : {31, -2}) {
    chain.now_us = kNowUs + day * kDayUs;
    chain.lists = ListsOf({{kRoot, 1, kNowUs - 9 * kDayUs, kNowUs + 99 * kDayUs},
                           {kProvinceCa, 1, kNowUs - 9 * kDayUs, kNowUs + 99 * kDayUs}});
    EXPECT_CODE(Code::PEER_CERT_EXPIRED, chain.Verify()) << day;
  }
  CertificateSpec old = IntermediateSpec(kRoot);
  old.until_us = kNowUs - kSecondUs;
  EXPECT_CODE(Code::PEER_CERT_EXPIRED, ChainOf(City(), old).Verify());
}

TEST(Chain, OnlyTheRootsAuthorities) {
  const CertificateSpec stranger = RootSpec(200, "Stranger");
  Case other = ChainOf(City());
  other.roots = {MakeCertificate(stranger)};
  EXPECT_CODE(Code::PEER_CERT_UNTRUSTED, other.Verify());
  // The same names, other keys.
  const CertificateSpec twin = RootSpec(201);
  const CertificateSpec false_ca = IntermediateSpec(twin, 202);
  EXPECT_CODE(Code::PEER_CERT_UNTRUSTED, ChainOf(NodeSpec(false_ca, kCity, 32), false_ca).Verify());
  // The stranger brings his root along.
  Case brought = ChainOf(NodeSpec(IntermediateSpec(stranger, 203), kCity, 32),
                         IntermediateSpec(stranger, 203));
  brought.chain.push_back(MakeCertificate(stranger));
  EXPECT_CODE(Code::PEER_CERT_UNTRUSTED, brought.Verify());
  // Nobody has signed it but itself.
  CertificateSpec self = City();
  self.issuer_name = self.name;
  self.issuer_key = self.key;
  EXPECT_CODE(Code::PEER_CERT_UNTRUSTED, Case{{MakeCertificate(self)}}.Verify());
  // The authority in between is left out.
  EXPECT_CODE(Code::PEER_CERT_UNTRUSTED, Case{{MakeCertificate(City())}}.Verify());
  // A node signs for another node.
  CertificateSpec child = NodeSpec(City(), kTown, 33);
  EXPECT_FALSE(Case({MakeCertificate(child), MakeCertificate(City()), MakeCertificate(kProvinceCa)})
                   .Verify()
                   .ok());
}

TEST(Chain, NameConstraintsHold) {
  CertificateSpec outside = NodeSpec(kProvinceCa, "spiffe://other.example/xx", 32);
  EXPECT_CODE(Code::PEER_CERT_FORM, ChainOf(outside).Verify());
  // Also where the authority itself has none.
  CertificateSpec loose = IntermediateSpec(kRoot);
  loose.extensions[NID_name_constraints] = "";
  EXPECT_CODE(Code::PEER_CERT_FORM, ChainOf(City(), loose).Verify());
}

TEST(Chain, RevocationLists) {
  Case chain = ChainOf(City());
  chain.lists = ListsOf({{kRoot}, {kProvinceCa, 2, kNowUs - kDayUs, kNowUs + kDayUs, {5, 32}}});
  EXPECT_CODE(Code::PEER_CERT_REVOKED, chain.Verify());
  chain.lists = ListsOf({{kRoot, 2, kNowUs - kDayUs, kNowUs + kDayUs, {2}}, {kProvinceCa}});
  EXPECT_CODE(Code::PEER_CERT_REVOKED, chain.Verify());
  chain.lists = ListsOf({{kRoot}});
  EXPECT_CODE(Code::CRL_MISSING, chain.Verify());
  chain.lists = ListsOf({{kProvinceCa}});
  EXPECT_CODE(Code::CRL_MISSING, chain.Verify());
  chain.lists = ListsOf({{kRoot}, {kProvinceCa, 1, kNowUs - 8 * kDayUs, kNowUs - kDayUs}});
  EXPECT_CODE(Code::CRL_MISSING, chain.Verify());
  chain.lists = ListsOf({{kRoot}, {kProvinceCa, 1, kNowUs + kDayUs, kNowUs + 2 * kDayUs}});
  EXPECT_CODE(Code::CRL_MISSING, chain.Verify());
}

TEST(RevocationList, IsReadStrictly) {
  const std::string issuer = MakeCertificate(kProvinceCa);
  ASSERT_OK_AND_ASSIGN(const RevocationList list,
                       ReadRevocationList(MakeList({kProvinceCa, 7}), issuer));
  EXPECT_EQ(list.number, 7u);
  EXPECT_EQ(list.issuer_key_id, ledger::KeyIdOf(SpkiOf(kProvinceCa.key)));
  EXPECT_EQ(list.next_update_us, kNowUs + 6 * kDayUs);
  EXPECT_CODE(Code::PEER_CERT_FORM, ReadRevocationList("", issuer));
  EXPECT_CODE(Code::PEER_CERT_FORM, ReadRevocationList(MakeList({kProvinceCa}) + "x", issuer));
  EXPECT_CODE(Code::PEER_CERT_FORM, ReadRevocationList(MakeList({kProvinceCa, -1}), issuer));
  EXPECT_CODE(Code::PEER_CERT_FORM,
              ReadRevocationList(MakeList({kProvinceCa, 1, kNowUs, kNowUs}), issuer));
  ListSpec partial{kProvinceCa};
  partial.partial = true;
  EXPECT_CODE(Code::PEER_CERT_FORM, ReadRevocationList(MakeList(partial), issuer));
  ListSpec forged{kProvinceCa};
  forged.signer = SeedKey(9);
  EXPECT_CODE(Code::SIGNATURE_INVALID, ReadRevocationList(MakeList(forged), issuer));
  EXPECT_CODE(Code::SIGNATURE_INVALID, ReadRevocationList(MakeList({kRoot}), issuer));
  EXPECT_CODE(Code::PEER_CERT_FORM,
              ReadRevocationList(MakeList({City()}), MakeCertificate(City())));
}

}  // namespace
}  // namespace tombolo::trust
