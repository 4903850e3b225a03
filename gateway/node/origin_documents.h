// What one origin has signed about who may have what: its policy, the grants that the policy names,
// and grants that no policy names yet.
//
// Policy and grants may come in any order and end the same: the policy in force is compiled with
// those of its grants that are here. A grant that is not named waits in memory, bounded, and is
// sent again after a restart; one that a later policy names no longer stays known, so that nothing
// older passes for new. A document is taken only with a signature of the origin's under the active
// registry. Ownership: values that share their grants. Thread-safety: values.
// Errors: DOCUMENT_ROLLBACK, DOCUMENT_FORKED, DOCUMENT_MISMATCH, those of
// boundary::CompiledPolicy::Compile; LIMIT_EXCEEDED for grants that wait.
#ifndef TOMBOLO_GATEWAY_NODE_ORIGIN_DOCUMENTS_H_
#define TOMBOLO_GATEWAY_NODE_ORIGIN_DOCUMENTS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/boundary/policy.h"
#include "gateway/trust/federation.h"

namespace tombolo::node {

struct HeldGrant {
  v1::SignedDocument document;
  std::string digest;
  v1::Grant grant;
};
using HeldGrantPtr = std::shared_ptr<const HeldGrant>;
StatusOr<HeldGrantPtr> ReadGrant(const v1::SignedDocument& document);

// Whose documents can hold: a member that is ACTIVE. Null: it is none.
const trust::MemberFacts* ActiveMember(const trust::Federation& federation, std::string_view id);

class OriginDocuments {
 public:
  explicit OriginDocuments(std::string origin) : origin_(std::move(origin)) {}

  // From the store, unjudged; Compile follows.
  void RestorePolicy(v1::SignedDocument document, v1::Policy policy);
  void RestoreGrant(HeldGrantPtr grant);

  // What a document that came changed. Nothing: it is here already, or waits.
  struct Taken {
    bool changed = false;
    uint64_t version = 0;              // of the policy or grant
    std::vector<HeldGrantPtr> stored;  // grants that are in force only since this document
  };
  StatusOr<Taken> TakePolicy(const v1::SignedDocument& document, const boundary::CodeLists& codes,
                             const std::shared_ptr<const trust::Federation>& federation);
  StatusOr<Taken> TakeGrant(const v1::SignedDocument& document, const boundary::CodeLists& codes,
                            const std::shared_ptr<const trust::Federation>& federation);
  // Anew, after a change of registry. Null afterwards: the origin is no active member, or its
  // documents do not hold under the registry; then only PUBLIC would be given.
  void Compile(const boundary::CodeLists& codes,
               const std::shared_ptr<const trust::Federation>& federation);

  const std::string& origin() const { return origin_; }
  const std::shared_ptr<const boundary::CompiledPolicy>& compiled() const { return compiled_; }
  uint64_t policy_version() const { return policy_.version(); }  // 0: there is none
  const v1::SignedDocument& policy() const { return policy_document_; }
  // Those that the policy names and that are here, by id.
  const std::map<std::string, HeldGrantPtr>& grants() const { return named_; }

 private:
  // The named ones of what is at hand, which a policy takes into use.
  std::map<std::string, HeldGrantPtr> NamedBy(const v1::Policy& policy) const;
  Status LetWait(const HeldGrantPtr& grant);
  Status CheckVersion(const v1::SignedDocument& document, const HeldGrant& grant) const;

  std::string origin_;
  v1::SignedDocument policy_document_;
  std::string policy_digest_;
  v1::Policy policy_;
  std::map<std::string, HeldGrantPtr> named_;    // by id
  std::map<std::string, HeldGrantPtr> known_;    // were in force once, as stored; by id
  std::map<std::string, HeldGrantPtr> waiting_;  // by id, the newest
  size_t waiting_bytes_ = 0;
  std::shared_ptr<const boundary::CompiledPolicy> compiled_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_ORIGIN_DOCUMENTS_H_
