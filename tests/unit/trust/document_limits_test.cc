// Each limit of a document at N and at N + 1.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_format.h"
#include "gateway/base/limits.h"
#include "gateway/trust/document.h"
#include "gateway/trust/spiffe.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::trust {
namespace {

TEST(DocumentLimits, BytesOfABody) {
  v1::Registry registry = SampleRegistry();
  registry.mutable_members(0)->set_title(std::string(1000000, 'x'));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeBody(registry));
  const size_t most = 1000000 + limits::kDocumentBytesMax - bytes.size();
  registry.mutable_members(0)->set_title(std::string(most, 'x'));
  ASSERT_OK_AND_ASSIGN(const std::string full, EncodeBody(registry));
  EXPECT_EQ(full.size(), limits::kDocumentBytesMax);
  EXPECT_OK(DecodeBody<v1::Registry>(full));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, DecodeBody<v1::Registry>(full + "x"));
  registry.mutable_members(0)->set_title(std::string(most + 1, 'x'));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, EncodeBody(registry));
  // The largest body with all its signatures fits a file.
  EXPECT_OK(FromFile(*ToFile(Sign(v1::REGISTRY, full, {1, 2, 3}))));
}

TEST(DocumentLimits, BytesOfAFile) {
  std::string text = *ToFile(Signed(SampleRoot()));
  text.resize(limits::kDocumentFileBytesMax, ' ');
  EXPECT_OK(FromFile(text));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, FromFile(text + " "));
}

TEST(DocumentLimits, Signatures) {
  v1::SignedDocument document = Signed(SampleRoot(), {});
  for (uint64_t seed = 1; seed <= limits::kDocumentSignaturesMax; ++seed) {
    ASSERT_OK(AddSignature(&document, SeedSigner(seed).get()));
  }
  EXPECT_OK(CheckThreshold(document, Role({1, 2}, 2)));
  EXPECT_OK(AddSignature(&document, SeedSigner(1).get()));  // replaces its own
  EXPECT_CODE(Code::LIMIT_EXCEEDED, AddSignature(&document, SeedSigner(99).get()));
  EXPECT_EQ(document.signatures_size(), static_cast<int>(limits::kDocumentSignaturesMax));
  document.add_signatures()->set_key_id(std::string(32, '\xff'));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, CheckThreshold(document, Role({1, 2}, 2)));
}

TEST(DocumentLimits, Members) {
  v1::Registry registry = SampleRegistry();
  registry.clear_members();
  const auto add = [&](size_t i) {
    *registry.add_members() =
        SampleMember(absl::StrFormat("spiffe://%s/%05d", kDomain, i), v1::CITY, 100000 + i);
  };
  for (size_t i = 0; i < limits::kMembersMax; ++i) add(i);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeBody(registry));
  EXPECT_LE(bytes.size(), limits::kDocumentBytesMax);
  add(limits::kMembersMax);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, EncodeBody(registry));
}

TEST(DocumentLimits, KeysOfARole) {
  v1::Root root = SampleRoot();
  Seeds seeds;
  for (uint64_t seed = 1; seed <= limits::kRoleKeysMax; ++seed) seeds.push_back(seed);
  *root.mutable_root() = Role(seeds, limits::kRoleKeysMax);
  EXPECT_OK(EncodeBody(root));
  seeds.push_back(limits::kRoleKeysMax + 1);
  *root.mutable_root() = Role(seeds, 1);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, EncodeBody(root));
}

TEST(DocumentLimits, Authorities) {
  v1::Root root = SampleRoot();
  const auto authorities = [&](size_t count) {
    std::vector<std::string> all;
    for (size_t i = 0; i < count; ++i) all.push_back(MakeCertificate(RootSpec(500 + i)));
    std::sort(all.begin(), all.end());
    root.clear_certificate_authorities();
    for (const std::string& one : all) root.add_certificate_authorities(one);
    return EncodeBody(root);
  };
  EXPECT_OK(authorities(limits::kAuthoritiesMax));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, authorities(limits::kAuthoritiesMax + 1));
}

TEST(DocumentLimits, KeysOfAMember) {
  const auto signing = [](size_t count) {
    v1::Registry registry = SampleRegistry();
    registry.mutable_members(0)->clear_signing_keys();
    for (size_t i = 0; i < count; ++i) {
      v1::PublicKey* key = registry.mutable_members(0)->add_signing_keys();
      key->set_suite("SHA256_ED25519");
      key->set_spki(SpkiOf(SeedKey(700 + i)));
    }
    return EncodeBody(registry);
  };
  const auto tls = [](size_t count) {
    v1::Registry registry = SampleRegistry();
    registry.mutable_members(0)->clear_tls_keys();
    for (size_t i = 0; i < count; ++i) {
      registry.mutable_members(0)->add_tls_keys(std::string(32, static_cast<char>('a' + i)));
    }
    return EncodeBody(registry);
  };
  EXPECT_OK(signing(limits::kMemberKeysMax));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, signing(limits::kMemberKeysMax + 1));
  EXPECT_OK(tls(limits::kMemberKeysMax));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, tls(limits::kMemberKeysMax + 1));
}

TEST(DocumentLimits, EndpointsAndHosts) {
  v1::Registry registry = SampleRegistry();
  const auto add = [&](size_t host_bytes) {
    v1::Endpoint* endpoint = registry.mutable_members(0)->add_endpoints();
    endpoint->set_host(std::string(host_bytes, 'h'));
    endpoint->set_port(65535);
  };
  for (size_t i = 0; i < limits::kEndpointsMax; ++i) add(limits::kHostBytesMax);
  EXPECT_OK(EncodeBody(registry));
  add(1);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, EncodeBody(registry));
  registry = SampleRegistry();
  add(limits::kHostBytesMax + 1);
  EXPECT_CODE(Code::INVALID_ARGUMENT, EncodeBody(registry));
}

TEST(DocumentLimits, DaysOfATimestamp) {
  v1::Timestamp timestamp = SampleTimestamp(Signed(SampleRegistry()));
  timestamp.set_issued_at(FormatMoment(kNowUs));
  timestamp.set_expires_at(FormatMoment(kNowUs + limits::kTimestampDaysMax * kDayUs));
  EXPECT_OK(EncodeBody(timestamp));
  timestamp.set_expires_at(FormatMoment(kNowUs + limits::kTimestampDaysMax * kDayUs + kSecondUs));
  EXPECT_CODE(Code::INVALID_ARGUMENT, EncodeBody(timestamp));
}

TEST(DocumentLimits, PartsAndBytesOfAName) {
  std::string id = std::string("spiffe://") + kDomain;
  for (size_t i = 0; i < limits::kIdPartsMax; ++i) id += "/a";
  EXPECT_OK(CheckSpiffeId(id, kDomain));
  EXPECT_CODE(Code::INVALID_ARGUMENT, CheckSpiffeId(id + "/a", kDomain));
  id.resize(limits::kOriginBytesMax, 'a');
  EXPECT_OK(CheckSpiffeId(id, kDomain));
  EXPECT_CODE(Code::INVALID_ARGUMENT, CheckSpiffeId(id + "a", kDomain));
  EXPECT_OK(CheckTrustDomain(std::string(limits::kOriginBytesMax, 'a')));
  EXPECT_CODE(Code::INVALID_ARGUMENT,
              CheckTrustDomain(std::string(limits::kOriginBytesMax + 1, 'a')));
}

}  // namespace
}  // namespace tombolo::trust
