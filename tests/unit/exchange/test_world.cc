#include "tests/unit/exchange/test_world.h"

#include <cstdio>
#include <cstdlib>

namespace tombolo::exchange {
namespace {

constexpr uint64_t kProvinceSeed = 31, kCitySeed = 32, kTownSeed = 33;  // of the trust fixture
constexpr uint64_t kSigningSeeds = 1000;

uint64_t SeedOf(const std::string& member) {
  const uint64_t seed = member == kProvince ? kProvinceSeed
                        : member == kCity   ? kCitySeed
                                            : kTownSeed;
  return kSigningSeeds + seed;
}

boundary::CodeLists Codes() { return {{{kPurpose, ""}, {"health", ""}}, {{"law", ""}}}; }

v1::Grant GrantFor(const std::string& origin, const PolicyWish& wish) {
  v1::Grant grant;
  grant.set_id("g-1");
  grant.set_origin(origin);
  grant.set_version(1);
  for (const std::string& recipient : wish.limited_for) grant.add_recipients(recipient);
  grant.add_items(kItem);
  grant.add_purposes(kPurpose);
  grant.set_legal_basis("law");
  grant.set_from("2026-01-01T00:00:00Z");
  grant.set_until(wish.limited_until);
  grant.set_mode(v1::BULK);
  return grant;
}

v1::PolicyRule GovernmentRule() {
  v1::PolicyRule rule;
  rule.set_id("gov");
  rule.set_effect(v1::ALLOW);
  rule.mutable_recipients()->set_any_member(true);
  rule.add_items("*");
  rule.set_layer(v1::GOVERNMENT);
  rule.add_purposes(kPurpose);
  rule.set_legal_basis("law");
  return rule;
}

template <typename T>
T Must(StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "fixture: %s\n", Describe(value.status()).c_str());
  std::abort();
}

}  // namespace

std::unique_ptr<ledger::Signer> SignerOf(const std::string& member) {
  return trust::SeedSigner(SeedOf(member));
}

World::World() : federation_(trust::SampleFederation()) {
  for (const char* member : {kProvince, kCity, kTown}) SetPolicy(member, {});
}

void World::SetPolicy(const std::string& origin, const PolicyWish& wish) {
  v1::Policy policy;
  policy.set_origin(origin);
  policy.set_version(++versions_[origin]);
  policy.set_issued_at("2026-01-01T00:00:00Z");
  policy.set_expires_at("2027-01-01T00:00:00Z");
  if (wish.government) *policy.add_rules() = GovernmentRule();
  Documents documents;
  if (!wish.limited_for.empty()) {
    const v1::Grant grant = GrantFor(origin, wish);
    documents.grants.push_back(
        trust::Sign(v1::GRANT, Must(trust::EncodeBody(grant)), {SeedOf(origin)}));
    v1::GrantRef* ref = policy.add_grants();
    ref->set_id(grant.id());
    ref->set_version(grant.version());
    ref->set_digest(trust::BodyDigest(documents.grants.back()));
  }
  documents.policy = trust::Sign(v1::POLICY, Must(trust::EncodeBody(policy)), {SeedOf(origin)});
  policies_[origin] = std::move(documents);
  Renew();
}

void World::SetState(const std::string& member, v1::MemberState state) {
  v1::Registry registry = trust::SampleRegistry(++registry_version_);
  for (v1::Member& one : *registry.mutable_members()) {
    if (one.id() == member) one.set_state(state);
  }
  const v1::SignedDocument document = trust::Signed(registry);
  SetFederation(trust::Then(
      federation_, trust::Signed(trust::SampleTimestamp(document, registry_version_)), {document}));
}

void World::SetFederation(trust::FederationPtr federation) {
  federation_ = std::move(federation);
  Renew();
}

void World::Renew() {
  auto next = std::make_shared<Authority>();
  next->generation = authority_ == nullptr ? 1 : authority_->generation + 1;
  next->federation = federation_;
  for (const auto& [origin, documents] : policies_) {
    next->policies[origin] = Must(boundary::CompiledPolicy::Compile(
        documents.policy, documents.grants, Codes(), federation_));
  }
  authority_ = std::move(next);
}

uint32_t World::NumberOf(const std::string& member) const {
  return federation_->Find(member)->number;
}

}  // namespace tombolo::exchange
