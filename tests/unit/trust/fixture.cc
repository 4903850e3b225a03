#include "tests/unit/trust/fixture.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "gateway/base/hash.h"

namespace tombolo::trust {
namespace {

template <typename T>
T Value(StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "fixture: %s\n", Describe(value.status()).c_str());
  std::abort();
}

template <typename Message>
void SetMoments(Message* message, int64_t lives_us) {
  message->set_federation(kDomain);
  message->set_issued_at(FormatMoment(kNowUs - 60 * kSecondUs));
  message->set_expires_at(FormatMoment(kNowUs + lives_us));
}

}  // namespace

v1::RoleKeys Role(const Seeds& seeds, uint32_t threshold) {
  std::map<std::string, std::string> keys;
  for (const uint64_t seed : seeds) {
    const std::string spki = SpkiOf(SeedKey(seed));
    keys[ledger::KeyIdOf(spki)] = spki;
  }
  v1::RoleKeys role;
  for (const auto& [id, spki] : keys) {
    v1::PublicKey* key = role.add_keys();
    key->set_suite("SHA256_ED25519");
    key->set_spki(spki);
  }
  role.set_threshold(threshold);
  return role;
}

v1::Root SampleRoot(uint64_t version) {
  v1::Root root;
  SetMoments(&root, 365 * kDayUs);
  root.set_version(version);
  *root.mutable_root() = Role({1, 2, 3}, 2);
  *root.mutable_registry() = Role({11, 12, 13}, 2);
  *root.mutable_timestamp() = Role({kTimestampKey}, 1);
  root.add_certificate_authorities(MakeCertificate(RootSpec()));
  return root;
}

v1::Member SampleMember(const std::string& id, v1::MemberLevel level, uint64_t seed) {
  v1::Member member;
  member.set_id(id);
  member.set_level(level);
  member.set_state(v1::ACTIVE);
  member.set_epoch_min(1);
  member.add_tls_keys(ledger::KeyIdOf(SpkiOf(SeedKey(seed))));
  v1::PublicKey* key = member.add_signing_keys();
  key->set_suite("SHA256_ED25519");
  key->set_spki(SpkiOf(SeedKey(seed + 1000)));
  return member;
}

v1::Registry SampleRegistry(uint64_t version) {
  v1::Registry registry;
  SetMoments(&registry, 90 * kDayUs);
  registry.set_version(version);
  *registry.add_members() = SampleMember(kProvince, v1::PROVINCE, 31);
  *registry.add_members() = SampleMember(kCity, v1::CITY, 32);
  *registry.add_members() = SampleMember(kTown, v1::COUNTY, 33);
  registry.mutable_members(1)->set_parent(kProvince);
  registry.mutable_members(2)->set_parent(kCity);
  return registry;
}

v1::Timestamp SampleTimestamp(const v1::SignedDocument& registry, uint64_t version) {
  v1::Timestamp timestamp;
  SetMoments(&timestamp, kDayUs / 2);
  timestamp.set_version(version);
  timestamp.set_root_version(1);
  timestamp.set_registry_version(Value(DecodeBody<v1::Registry>(registry.body())).version());
  timestamp.set_registry_digest(BodyDigest(registry));
  return timestamp;
}

v1::SignedDocument Sign(v1::DocumentKind kind, std::string body, const Seeds& seeds) {
  v1::SignedDocument document;
  document.set_kind(kind);
  document.set_body(std::move(body));
  for (const uint64_t seed : seeds) {
    if (!AddSignature(&document, SeedSigner(seed).get()).ok()) std::abort();
  }
  return document;
}

v1::SignedDocument Signed(const v1::Root& root, const Seeds& seeds) {
  return Sign(v1::ROOT, Value(EncodeBody(root)), seeds);
}
v1::SignedDocument Signed(const v1::Registry& registry, const Seeds& seeds) {
  return Sign(v1::REGISTRY, Value(EncodeBody(registry)), seeds);
}
v1::SignedDocument Signed(const v1::Timestamp& timestamp, const Seeds& seeds) {
  return Sign(v1::TIMESTAMP, Value(EncodeBody(timestamp)), seeds);
}

v1::SignedDocument ListDocument(const ListSpec& list, const std::string& authority) {
  v1::SignedDocument document;
  document.set_kind(v1::REVOCATION_LIST);
  document.set_body(MakeList(list) + authority);
  return document;
}

v1::CrlState Naming(const ListSpec& list) {
  v1::CrlState named;
  named.set_issuer_key_id(ledger::KeyIdOf(SpkiOf(list.issuer.key)));
  named.set_number(static_cast<uint64_t>(list.number));
  named.set_digest(Hasher(HashKind::kSha256).Hash({MakeList(list)}).str());
  return named;
}

FederationPtr Then(const FederationPtr& before, const v1::SignedDocument& document,
                   const std::vector<v1::SignedDocument>& beside) {
  return Value(before->Activate(document, beside, kNowUs)).federation;
}

FederationPtr SampleFederation() {
  const v1::SignedDocument registry = Signed(SampleRegistry());
  const FederationPtr founded = Value(Federation::Found(Signed(SampleRoot()), kNowUs));
  return Then(Then(founded, registry), Signed(SampleTimestamp(registry)));
}

}  // namespace tombolo::trust
