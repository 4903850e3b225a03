// The rules on content of root, registry and timestamp; docs/formats/registry.md, timestamp.md.
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/trust/certificate.h"
#include "gateway/trust/document.h"
#include "gateway/trust/spiffe.h"

namespace tombolo::trust {
namespace {

constexpr int64_t kDayUs = int64_t{86400} * 1000000;
constexpr size_t kDigestSize = 32;
constexpr uint32_t kPortLast = 65535;

Status Broken(std::string_view what) { return MakeError(Code::INVALID_ARGUMENT, what); }

Status TooMany(std::string_view what, size_t count, size_t most) {
  return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat(ToAbsl(what), ": ", count, ", limit ", most));
}

// What all three begin with.
template <typename Message>
Status CheckHead(const Message& message) {
  RETURN_IF_ERROR(CheckTrustDomain(message.federation()));
  if (message.version() == 0) return Broken("the version is 0; versions count from 1");
  ASSIGN_OR_RETURN(const int64_t issued_us, ParseMoment(message.issued_at()));
  ASSIGN_OR_RETURN(const int64_t expires_us, ParseMoment(message.expires_at()));
  if (issued_us >= expires_us) return Broken("expires_at is not after issued_at");
  return absl::OkStatus();
}

StatusOr<std::string> KeyIdOf(const v1::PublicKey& key) {
  ASSIGN_OR_RETURN(const ledger::Suite suite, ledger::SuiteFromName(key.suite()));
  ASSIGN_OR_RETURN(const ledger::Verifier verifier,
                   ledger::Verifier::FromPublicKey(suite, key.spki()));
  return verifier.key_id();
}

Status CheckRole(std::string_view name, const v1::RoleKeys& role) {
  const auto count = static_cast<size_t>(role.keys_size());
  if (count > limits::kRoleKeysMax) {
    return TooMany(absl::StrCat("keys of the role ", ToAbsl(name)), count, limits::kRoleKeysMax);
  }
  if (role.threshold() == 0 || role.threshold() > count) {
    return Broken(absl::StrCat("the role ", ToAbsl(name), " has ", count, " keys and threshold ",
                               role.threshold(), "; write 1 to the number of keys"));
  }
  std::string before;
  for (const v1::PublicKey& key : role.keys()) {
    ASSIGN_OR_RETURN(std::string id, KeyIdOf(key));
    if (id <= before) {
      return Broken(absl::StrCat("the keys of the role ", ToAbsl(name),
                                 " do not stand by ascending key id, each once"));
    }
    before = std::move(id);
  }
  return absl::OkStatus();
}

Status CheckContent(const v1::Root& root) {
  RETURN_IF_ERROR(CheckHead(root));
  RETURN_IF_ERROR(CheckRole("root", root.root()));
  RETURN_IF_ERROR(CheckRole("registry", root.registry()));
  RETURN_IF_ERROR(CheckRole("timestamp", root.timestamp()));
  const auto count = static_cast<size_t>(root.certificate_authorities_size());
  if (count == 0) return Broken("the root names no certificate authority");
  if (count > limits::kAuthoritiesMax) {
    return TooMany("certificate authorities", count, limits::kAuthoritiesMax);
  }
  std::string_view before;
  for (const std::string& authority : root.certificate_authorities()) {
    if (authority <= before) {
      return Broken("the certificate authorities do not stand in byte order, each once");
    }
    before = authority;
    RETURN_IF_ERROR(CheckProfile(authority, CertificateRole::kRoot, root.federation()));
  }
  return absl::OkStatus();
}

// One member by itself; what concerns several is in MemberSet.
class MemberRules {
 public:
  explicit MemberRules(const v1::Member& member) : member_(member) {}

  Status Check(std::string_view federation) const {
    if (const Status name = CheckSpiffeId(member_.id(), federation); !name.ok()) return name;
    if (member_.level() < v1::COUNTY || member_.level() > v1::NATION) return Say("has no level");
    if (member_.state() != v1::ACTIVE && member_.state() != v1::SUSPENDED) {
      return Say("is neither ACTIVE nor SUSPENDED");
    }
    if (member_.epoch_min() == 0) return Say("has epoch_min 0; it counts from 1");
    RETURN_IF_ERROR(CheckKeys());
    return CheckEndpoints();
  }
  Status Say(std::string_view what) const {
    return Broken(absl::StrCat("member ", member_.id(), " ", ToAbsl(what)));
  }

 private:
  Status CheckCount(std::string_view what, int count) const {
    if (count == 0) return Say(absl::StrCat("has no ", ToAbsl(what)));
    if (count <= static_cast<int>(limits::kMemberKeysMax)) return absl::OkStatus();
    return TooMany(absl::StrCat(ToAbsl(what), " of ", member_.id()), count, limits::kMemberKeysMax);
  }
  Status CheckKeys() const {
    RETURN_IF_ERROR(CheckCount("tls_keys", member_.tls_keys_size()));
    RETURN_IF_ERROR(CheckCount("signing_keys", member_.signing_keys_size()));
    std::string_view before;
    for (const std::string& hash : member_.tls_keys()) {
      if (hash.size() != kDigestSize) return Say("has a hash in tls_keys that is not of 32 bytes");
      if (hash <= before) return Say("has tls_keys that are not in byte order, each once");
      before = hash;
    }
    return absl::OkStatus();
  }
  Status CheckEndpoints() const {
    const auto count = static_cast<size_t>(member_.endpoints_size());
    if (count > limits::kEndpointsMax) {
      return TooMany(absl::StrCat("endpoints of ", member_.id()), count, limits::kEndpointsMax);
    }
    for (const v1::Endpoint& endpoint : member_.endpoints()) {
      if (endpoint.host().empty() || endpoint.host().size() > limits::kHostBytesMax) {
        return Say("has an endpoint without host, or with one that is too long");
      }
      if (endpoint.port() == 0 || endpoint.port() > kPortLast) {
        return Say("has an endpoint with a port outside 1 to 65535");
      }
    }
    return absl::OkStatus();
  }
  const v1::Member& member_;
};

// What concerns several members: order, parents, relays, keys that two of them have.
Status CheckMembers(const v1::Registry& registry) {
  std::map<std::string_view, const v1::Member*> by_id;
  std::set<std::string> keys;
  std::string_view before;
  for (const v1::Member& member : registry.members()) {
    const MemberRules rules(member);
    RETURN_IF_ERROR(rules.Check(registry.federation()));
    if (member.id() <= before) return rules.Say("does not stand by ascending id, each once");
    before = member.id();
    by_id[member.id()] = &member;
    for (const std::string& hash : member.tls_keys()) {
      if (!keys.insert("t" + hash).second) return rules.Say("has a TLS key of another member");
    }
    for (const v1::PublicKey& key : member.signing_keys()) {
      ASSIGN_OR_RETURN(const std::string id, KeyIdOf(key));
      if (!keys.insert("s" + id).second) {
        return rules.Say("has a signing key twice, or one of another member");
      }
    }
  }
  for (const v1::Member& member : registry.members()) {
    const MemberRules rules(member);
    if (!member.parent().empty()) {
      const auto parent = by_id.find(member.parent());
      if (parent == by_id.end()) return rules.Say("has a parent that is no member");
      if (parent->second->level() <= member.level()) {
        return rules.Say("has a parent that is not of a higher level");
      }
    }
    std::string_view last;
    for (const std::string& relay : member.relays()) {
      if (by_id.count(relay) == 0) return rules.Say("has a relay that is no member");
      if (relay <= last) return rules.Say("has relays that are not in byte order, each once");
      last = relay;
    }
  }
  return absl::OkStatus();
}

Status CheckContent(const v1::Registry& registry) {
  RETURN_IF_ERROR(CheckHead(registry));
  const auto count = static_cast<size_t>(registry.members_size());
  if (count > limits::kMembersMax) return TooMany("members", count, limits::kMembersMax);
  return CheckMembers(registry);
}

Status CheckContent(const v1::Timestamp& timestamp) {
  RETURN_IF_ERROR(CheckHead(timestamp));
  ASSIGN_OR_RETURN(const int64_t issued_us, ParseMoment(timestamp.issued_at()));
  ASSIGN_OR_RETURN(const int64_t expires_us, ParseMoment(timestamp.expires_at()));
  if (expires_us - issued_us > limits::kTimestampDaysMax * kDayUs) {
    return Broken(
        absl::StrCat("the timestamp lives longer than ", limits::kTimestampDaysMax, " days"));
  }
  if (timestamp.registry_version() == 0 || timestamp.root_version() == 0 ||
      timestamp.registry_digest().size() != kDigestSize) {
    return Broken("the timestamp does not name a registry and a root");
  }
  std::string_view before;
  for (const v1::CrlState& list : timestamp.crls()) {
    if (list.issuer_key_id().size() != kDigestSize || list.digest().size() != kDigestSize) {
      return Broken("the timestamp names a revocation list by a hash that is not of 32 bytes");
    }
    if (list.issuer_key_id() <= before) {
      return Broken("the timestamp's lists do not stand by ascending key id, each once");
    }
    before = list.issuer_key_id();
  }
  return absl::OkStatus();
}

// Those of policies and grants are gateway/boundary's.
Status CheckContent(const v1::Policy&) { return absl::OkStatus(); }
Status CheckContent(const v1::Grant&) { return absl::OkStatus(); }

Status CheckSize(size_t size) {
  if (size <= limits::kDocumentBytesMax) return absl::OkStatus();
  return TooMany("bytes of the document's body", size, limits::kDocumentBytesMax);
}

}  // namespace

template <typename Message>
StatusOr<std::string> EncodeBody(const Message& message) {
  RETURN_IF_ERROR(CheckContent(message));
  std::string bytes = ledger::CanonicalBytes(message);
  RETURN_IF_ERROR(CheckSize(bytes.size()));
  return bytes;
}

template <typename Message>
StatusOr<Message> DecodeBody(std::string_view bytes) {
  RETURN_IF_ERROR(CheckSize(bytes.size()));
  Message message;
  RETURN_IF_ERROR(ledger::ParseCanonical(ToStd(message.GetDescriptor()->name()), bytes, &message));
  RETURN_IF_ERROR(CheckContent(message));
  return message;
}

template StatusOr<std::string> EncodeBody(const v1::Root&);
template StatusOr<std::string> EncodeBody(const v1::Registry&);
template StatusOr<std::string> EncodeBody(const v1::Timestamp&);
template StatusOr<std::string> EncodeBody(const v1::Policy&);
template StatusOr<std::string> EncodeBody(const v1::Grant&);
template StatusOr<v1::Root> DecodeBody(std::string_view);
template StatusOr<v1::Registry> DecodeBody(std::string_view);
template StatusOr<v1::Timestamp> DecodeBody(std::string_view);
template StatusOr<v1::Policy> DecodeBody(std::string_view);
template StatusOr<v1::Grant> DecodeBody(std::string_view);

}  // namespace tombolo::trust
