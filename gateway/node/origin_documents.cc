#include "gateway/node/origin_documents.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/trust/document.h"

namespace tombolo::node {
namespace {

// Of the bodies of one origin's grants that wait.
constexpr size_t kWaitingBytes = 16 * limits::kDocumentBytesMax;

using Grants = std::map<std::string, HeldGrantPtr>;
using PolicyPtr = std::shared_ptr<const boundary::CompiledPolicy>;
using FederationPtr = std::shared_ptr<const trust::Federation>;

std::vector<v1::SignedDocument> DocumentsOf(const Grants& grants) {
  std::vector<v1::SignedDocument> documents;
  documents.reserve(grants.size());
  for (const auto& [id, grant] : grants) documents.push_back(grant->document);
  return documents;
}

Status CheckSigned(const v1::SignedDocument& document, const trust::MemberFacts& origin) {
  v1::RoleKeys keys;
  *keys.mutable_keys() = origin.member.signing_keys();
  keys.set_threshold(1);
  return trust::CheckThreshold(document, keys);
}

// Takes out of `grants` those that do not hold by themselves under this policy.
void DropUnsound(const v1::Policy& policy, const boundary::CodeLists& codes,
                 const trust::MemberFacts& origin, Grants* grants) {
  std::erase_if(*grants,
                [&](const auto& item) { return !CheckSigned(item.second->document, origin).ok(); });
  std::vector<v1::Grant> messages;
  std::vector<std::string> ids;
  for (const auto& [id, grant] : *grants) {
    messages.push_back(grant->grant);
    ids.push_back(id);
  }
  // Faults of grant n are told as those of "grant[n]".
  for (const Fault& fault : boundary::CheckPolicy(policy, messages, codes, {})) {
    static constexpr std::string_view kPlace = "grant[";
    if (!fault.column.starts_with(kPlace)) continue;
    size_t at = 0;
    for (size_t i = kPlace.size(); i < fault.column.size() && fault.column[i] != ']'; ++i) {
      at = at * 10 + static_cast<size_t>(fault.column[i] - '0');
    }
    if (at < ids.size()) grants->erase(ids[at]);
  }
}

// With all grants that hold: one that does not must not take the policy and the others with it, or
// the order in which they came would matter. What is left out is taken off `grants`.
StatusOr<PolicyPtr> CompileWith(const v1::SignedDocument& document, const v1::Policy& policy,
                                const boundary::CodeLists& codes, const FederationPtr& federation,
                                Grants* grants) {
  StatusOr<PolicyPtr> compiled =
      boundary::CompiledPolicy::Compile(document, DocumentsOf(*grants), codes, federation);
  const trust::MemberFacts* origin = federation->Find(policy.origin());
  if (compiled.ok() || grants->empty() || origin == nullptr) return compiled;
  DropUnsound(policy, codes, *origin, grants);
  return boundary::CompiledPolicy::Compile(document, DocumentsOf(*grants), codes, federation);
}

Status Rollback(std::string_view what, uint64_t got, uint64_t known) {
  return MakeError(Code::DOCUMENT_ROLLBACK,
                   absl::StrCat(ToAbsl(what), " v", got, " is older than v", known,
                                ", which is known; ask its origin for the newest"));
}

Status Forked(std::string_view what, uint64_t version) {
  return MakeError(Code::DOCUMENT_FORKED,
                   absl::StrCat("another ", ToAbsl(what), " v", version,
                                " is known; ask its origin which one holds"));
}

}  // namespace

StatusOr<HeldGrantPtr> ReadGrant(const v1::SignedDocument& document) {
  HeldGrant grant;
  ASSIGN_OR_RETURN(grant.grant, trust::DecodeBody<v1::Grant>(document.body()));
  grant.document = document;
  grant.digest = trust::BodyDigest(document);
  return std::make_shared<const HeldGrant>(std::move(grant));
}

const trust::MemberFacts* ActiveMember(const trust::Federation& federation, std::string_view id) {
  const trust::MemberFacts* member = federation.Find(id);
  return member != nullptr && member->member.state() == v1::ACTIVE ? member : nullptr;
}

void OriginDocuments::RestorePolicy(v1::SignedDocument document, v1::Policy policy) {
  policy_digest_ = trust::BodyDigest(document);
  policy_document_ = std::move(document);
  policy_ = std::move(policy);
  named_ = NamedBy(policy_);
}

void OriginDocuments::RestoreGrant(HeldGrantPtr grant) {
  known_[grant->grant.id()] = std::move(grant);
  named_ = NamedBy(policy_);
}

std::map<std::string, HeldGrantPtr> OriginDocuments::NamedBy(const v1::Policy& policy) const {
  Grants found;
  for (const v1::GrantRef& ref : policy.grants()) {
    for (const Grants* grants : {&known_, &waiting_}) {
      const auto it = grants->find(ref.id());
      if (it == grants->end() || it->second->digest != ref.digest()) continue;
      found[ref.id()] = it->second;
    }
  }
  return found;
}

StatusOr<OriginDocuments::Taken> OriginDocuments::TakePolicy(const v1::SignedDocument& document,
                                                             const boundary::CodeLists& codes,
                                                             const FederationPtr& federation) {
  ASSIGN_OR_RETURN(v1::Policy policy, trust::DecodeBody<v1::Policy>(document.body()));
  Taken taken;
  taken.version = policy.version();
  std::string digest = trust::BodyDigest(document);
  if (digest == policy_digest_) return taken;
  const std::string what = "policy of " + origin_;
  if (policy.version() < policy_.version()) {
    return Rollback(what, policy.version(), policy_.version());
  }
  Grants named = NamedBy(policy);
  ASSIGN_OR_RETURN(PolicyPtr compiled, CompileWith(document, policy, codes, federation, &named));
  if (policy.version() == policy_.version()) return Forked(what, policy.version());
  taken.changed = true;
  policy_ = std::move(policy);
  policy_document_ = document;
  policy_digest_ = std::move(digest);
  named_ = std::move(named);
  if (ActiveMember(*federation, origin_) == nullptr) compiled = nullptr;
  compiled_ = std::move(compiled);
  for (const auto& [id, grant] : named_) {
    const auto it = waiting_.find(id);
    if (it == waiting_.end() || it->second != grant) continue;
    taken.stored.push_back(grant);
    known_[id] = grant;
    waiting_bytes_ -= grant->document.body().size();
    waiting_.erase(it);
  }
  return taken;
}

Status OriginDocuments::CheckVersion(const v1::SignedDocument& document,
                                     const HeldGrant& grant) const {
  const auto known = known_.find(grant.grant.id());
  if (known == known_.end()) return absl::OkStatus();
  const std::string what = absl::StrCat("grant ", grant.grant.id(), " of ", origin_);
  const uint64_t version = known->second->grant.version();
  if (grant.grant.version() < version) return Rollback(what, grant.grant.version(), version);
  const bool same = trust::BodyDigest(document) == known->second->digest;
  if (grant.grant.version() == version && !same) return Forked(what, version);
  return absl::OkStatus();
}

Status OriginDocuments::LetWait(const HeldGrantPtr& grant) {
  const size_t bytes = grant->document.body().size();
  if (waiting_bytes_ + bytes > kWaitingBytes || waiting_.size() >= limits::kGrantsMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("too many grants of ", origin_,
                                  " wait for a policy that names them; send the policy first"));
  }
  HeldGrantPtr& place = waiting_[grant->grant.id()];
  if (place != nullptr) waiting_bytes_ -= place->document.body().size();
  place = grant;
  waiting_bytes_ += bytes;
  return absl::OkStatus();
}

StatusOr<OriginDocuments::Taken> OriginDocuments::TakeGrant(const v1::SignedDocument& document,
                                                            const boundary::CodeLists& codes,
                                                            const FederationPtr& federation) {
  ASSIGN_OR_RETURN(const HeldGrantPtr grant, ReadGrant(document));
  const std::string& id = grant->grant.id();
  Taken taken;
  taken.version = grant->grant.version();
  for (const Grants* grants : {&named_, &known_, &waiting_}) {
    const auto it = grants->find(id);
    if (it != grants->end() && it->second->digest == grant->digest) return taken;
  }
  const trust::MemberFacts* origin = federation->Find(origin_);
  if (origin == nullptr) {
    return MakeError(Code::DOCUMENT_MISMATCH,
                     absl::StrCat("the origin ", origin_, " is no member in the active registry"));
  }
  RETURN_IF_ERROR(CheckSigned(document, *origin));
  RETURN_IF_ERROR(CheckVersion(document, *grant));
  const bool named =
      std::any_of(policy_.grants().begin(), policy_.grants().end(), [&](const v1::GrantRef& ref) {
        return ref.id() == id && ref.digest() == grant->digest && ref.version() == taken.version;
      });
  if (!named) {
    const auto it = waiting_.find(id);
    if (it != waiting_.end() && it->second->grant.version() > taken.version) return taken;
    RETURN_IF_ERROR(LetWait(grant));
    return taken;
  }
  Grants with = named_;
  with[id] = grant;
  ASSIGN_OR_RETURN(PolicyPtr compiled, boundary::CompiledPolicy::Compile(
                                           policy_document_, DocumentsOf(with), codes, federation));
  taken.changed = true;
  taken.stored.push_back(grant);
  named_ = std::move(with);
  known_[id] = grant;
  if (ActiveMember(*federation, origin_) == nullptr) compiled = nullptr;
  compiled_ = std::move(compiled);
  return taken;
}

void OriginDocuments::Compile(const boundary::CodeLists& codes, const FederationPtr& federation) {
  compiled_ = nullptr;
  if (policy_.version() == 0 || ActiveMember(*federation, origin_) == nullptr) return;
  named_ = NamedBy(policy_);
  StatusOr<PolicyPtr> compiled = CompileWith(policy_document_, policy_, codes, federation, &named_);
  if (compiled.ok()) compiled_ = *std::move(compiled);
}

}  // namespace tombolo::node
