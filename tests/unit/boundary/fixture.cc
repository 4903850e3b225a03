#include "tests/unit/boundary/fixture.h"

#include <google/protobuf/text_format.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/trust/document.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::boundary {
namespace {

constexpr char kRoleSeed = 127;
// An authority's certificate, Ed25519, path length 1; its key is gone.
constexpr char kAuthority[] =
    "MIIBbDCCAR6gAwIBAgIUQOPfkW9Zlo52PbiYnqOF+UutfeAwBQYDK2VwMCIxIDAeBgNVBAMMF0ZlZGVyYXRpb24g"
    "b2YgdGhlIHRlc3RzMB4XDTI2MTEyMjIxNTQyOFoXDTM2MTExOTIxNTQyOFowIjEgMB4GA1UEAwwXRmVkZXJhdGlv"
    "biBvZiB0aGUgdGVzdHMwKjAFBgMrZXADIQB1zxDO4iT2bj5i/xmDTH8OONotBba2uOISTYjZGRyi26NmMGQwHQYD"
    "VR0OBBYEFFrDiQpP9F1Gzgh/qdnETEXD39w2MB8GA1UdIwQYMBaAFFrDiQpP9F1Gzgh/qdnETEXD39w2MBIGA1Ud"
    "EwEB/wQIMAYBAf8CAQEwDgYDVR0PAQH/BAQDAgEGMAUGAytlcANBAM75LtXF7CZ5XFiKxTAEnEDOtxyh/ftC33Hk"
    "pLJYRr4qMg00rXEyJG94pbd3TJ+HFjYAwe5i/eIOr8uHqwRA6Qg=";

[[noreturn]] void Die(const Status& status) {
  std::fprintf(stderr, "fixture: %s\n", Describe(status).c_str());
  std::abort();
}
template <typename T>
T Must(StatusOr<T> value) {
  if (!value.ok()) Die(value.status());
  return std::move(*value);
}

v1::PublicKey KeyOf(char seed) {
  v1::PublicKey key;
  key.set_suite("SHA256_ED25519");
  key.set_spki(ledger::TestSigner(seed)->public_key_der());
  return key;
}

template <typename Message>
void MergeText(std::string_view text, Message* message) {
  Message more;
  if (!google::protobuf::TextFormat::ParseFromString(std::string(text), &more)) std::abort();
  message->MergeFrom(more);
}

v1::Root TestRoot() {
  v1::Root root;
  root.set_federation("federation.example");
  root.set_version(1);
  root.set_issued_at("2026-01-01T00:00:00Z");
  root.set_expires_at("2027-01-01T00:00:00Z");
  for (v1::RoleKeys* role :
       {root.mutable_root(), root.mutable_registry(), root.mutable_timestamp()}) {
    *role->add_keys() = KeyOf(kRoleSeed);
    role->set_threshold(1);
  }
  root.add_certificate_authorities(*FromBase64(kAuthority));
  return root;
}

}  // namespace

template <typename Message>
v1::SignedDocument Signed(v1::DocumentKind kind, const Message& message, char seed) {
  v1::SignedDocument document;
  document.set_kind(kind);
  document.set_body(Must(trust::EncodeBody(message)));
  const Status status = trust::AddSignature(&document, ledger::TestSigner(seed).get());
  if (!status.ok()) Die(status);
  return document;
}
template v1::SignedDocument Signed(v1::DocumentKind, const v1::Policy&, char);
template v1::SignedDocument Signed(v1::DocumentKind, const v1::Grant&, char);

std::vector<TestMember> SampleMembers() {
  return {{kNation, v1::NATION, "", ""},
          {kOrigin, v1::PROVINCE, kNation, "310000"},
          {kCity, v1::CITY, kOrigin, "310100"},
          {kCounty, v1::COUNTY, kCity, "310105"},
          {kOther, v1::PROVINCE, kNation, "330000"},
          {kSuspended, v1::CITY, kOther, "330100", v1::SUSPENDED}};
}

std::shared_ptr<const trust::Federation> MakeFederation(const std::vector<TestMember>& members) {
  v1::Registry registry;
  registry.set_federation("federation.example");
  registry.set_version(3);
  registry.set_issued_at("2026-01-01T00:00:00Z");
  registry.set_expires_at("2027-01-01T00:00:00Z");
  for (size_t i = 0; i < members.size(); ++i) {
    v1::Member* member = registry.add_members();
    member->set_id(members[i].id);
    member->set_title("a member");
    member->set_level(members[i].level);
    member->set_parent(members[i].parent);
    member->set_region(members[i].region);
    member->set_state(members[i].state);
    member->add_tls_keys(std::string(32, static_cast<char>(i + 1)));
    // The role's seed is passed over.
    *member->add_signing_keys() = KeyOf(static_cast<char>(i + 1 < kRoleSeed ? i + 1 : i + 2));
    member->set_epoch_min(1);
  }
  return FederationOf(registry);
}

std::shared_ptr<const trust::Federation> FederationOf(const v1::Registry& registry) {
  trust::TrustState state;
  state.documents = {Signed(v1::ROOT, TestRoot(), kRoleSeed),
                     Signed(v1::REGISTRY, registry, kRoleSeed)};
  return Must(trust::Federation::Restore(state));
}

std::shared_ptr<const trust::Federation> SampleFederation() {
  static const auto* const kFederation =
      new std::shared_ptr<const trust::Federation>(MakeFederation(SampleMembers()));
  return *kFederation;
}

CodeLists SampleCodes() {
  return {{{"work", ""}, {"work.tax", "work"}, {"work.tax.audit", "work.tax"}, {"health", ""}},
          {{"law", ""}}};
}

v1::Policy PolicyOf(std::string_view rest) {
  v1::Policy policy;
  MergeText(absl::StrCat("origin: '", kOrigin,
                         "' version: 7 issued_at: '2026-01-01T00:00:00Z' "
                         "expires_at: '2027-01-01T00:00:00Z' ",
                         ToAbsl(rest)),
            &policy);
  return policy;
}

v1::PolicyRule RuleOf(std::string_view text) {
  v1::PolicyRule rule;
  MergeText(text, &rule);
  return rule;
}

v1::Grant GrantOf(std::string_view id, std::string_view rest) {
  v1::Grant grant, over;
  MergeText(absl::StrCat("id: '", ToAbsl(id), "' origin: '", kOrigin, "' recipients: '", kOther,
                         "' items: 'a.fine' purposes: 'work' version: 1 legal_basis: 'law' "
                         "from: '2026-01-01T00:00:00Z' until: '2027-01-01T00:00:00Z' mode: BULK"),
            &grant);
  MergeText(rest, &over);
  if (over.recipients_size() > 0) grant.clear_recipients();
  if (over.items_size() > 0) grant.clear_items();
  if (over.purposes_size() > 0) grant.clear_purposes();
  grant.MergeFrom(over);
  return grant;
}

Documents SignAll(v1::Policy policy, const std::vector<v1::Grant>& grants, char seed) {
  Documents out;
  for (const v1::Grant& grant : grants) {
    out.grants.push_back(Signed(v1::GRANT, grant, seed));
    v1::GrantRef* ref = policy.add_grants();
    ref->set_id(grant.id());
    ref->set_version(grant.version());
    ref->set_digest(trust::BodyDigest(out.grants.back()));
  }
  out.policy = Signed(v1::POLICY, policy, seed);
  return out;
}

std::shared_ptr<const CompiledPolicy> Compiled(const v1::Policy& policy,
                                               const std::vector<v1::Grant>& grants) {
  const Documents documents = SignAll(policy, grants);
  return Must(CompiledPolicy::Compile(documents.policy, documents.grants, SampleCodes(),
                                      SampleFederation()));
}

Request RequestOf(const std::shared_ptr<const CompiledPolicy>& policy, const Question& question) {
  Request request;
  request.sharing_class = question.sharing_class;
  request.held = question.held;
  request.hop = question.hop;
  if (policy == nullptr) return request;
  request.item = policy->ItemNumber(question.item);
  request.purpose = policy->PurposeNumber(question.purpose);
  const trust::MemberFacts* member = policy->federation().Find(question.member);
  if (member != nullptr) request.member = member->number;
  return request;
}

Decision Ask(const std::shared_ptr<const CompiledPolicy>& policy, const Question& question) {
  return Decide(policy, RequestOf(policy, question), question.now_us);
}

uint64_t Numbers::Next() {
  state_ += 0x9E3779B97F4A7C15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace tombolo::boundary
