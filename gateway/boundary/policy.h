// An origin's policy and grants, checked and compiled into tables.
//
// Rules: docs/formats/policy.md and grant.md. Deny by default: an origin without a compiled policy,
// or with an expired one, gives PUBLIC alone; what cannot be parsed is not compiled. A compiled
// policy is bound to one registry, because recipients become numbers of its members; a change of
// either compiles anew (about 1 ms with 400 items and 1,000 grants).
// Ownership: owns its tables, keeps nothing of its inputs. Thread-safety: immutable.
// Errors: POLICY_INVALID and POLICY_UNSUITED, all faults together; SIGNATURE_INVALID,
// DOCUMENT_MISMATCH for a grant whose digest the policy does not name.
#ifndef TOMBOLO_GATEWAY_BOUNDARY_POLICY_H_
#define TOMBOLO_GATEWAY_BOUNDARY_POLICY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "gateway/base/error.h"
#include "gateway/trust/federation.h"
#include "tombolo/v1/policy.pb.h"

namespace tombolo::boundary {

// Codes that rules may use: those that come with the program (adapters/profiles/core, terms of the
// W3C Data Privacy Vocabulary) and the policy's own. A code covers what names it as its broader
// one.
struct CodeTerm {
  std::string code;
  std::string broader;
};
struct CodeLists {
  std::vector<CodeTerm> purposes;
  std::vector<CodeTerm> legal_bases;
};

// Every fault, column = "rules[3].items" or the like, in the words of an operator. What depends on
// single records is POLICY_UNSUITED with the advice to split the item. Empty: Compile succeeds.
// `items`: codes of the origin's catalogue, empty = not known (a hub), then item codes are taken.
std::vector<Fault> CheckPolicy(const v1::Policy& policy, absl::Span<const v1::Grant> grants,
                               const CodeLists& codes, absl::Span<const std::string> items);

// One reason for a layer, in the order of what decides.
enum class Reason : uint8_t {
  kPublic,       // open to everyone
  kRule,         // an ALLOW rule
  kGrant,        // a grant in force, for bulk
  kWithheld,     // a WITHHOLD rule
  kNoPolicy,     // the origin's policy is missing or expired
  kNotMember,    // the requester is no active member
  kNoPurpose,    // none was declared, or it is on no list
  kNoRule,       // no ALLOW rule fits
  kNoGrant,      // no grant names recipient, item and purpose
  kGrantNotYet,  // one does, from a later moment
  kGrantOver,    // one did
  kLookUpOnly,   // one does, for single questions
  kClassHidden,  // the record's own class is not permitted, so nothing of it is shown
  kNotHeld,      // this node does not have the layer (a hub)
  kHopNarrowed,  // this node, being a hub, hands on less
  kTermOver,     // a date in the record's header
};
std::string_view ReasonText(Reason reason);  // one fixed sentence each

// What a cell of the table knows of one layer: who decides between two moments.
struct Clause {
  int64_t from_us = 0;   // inclusive
  int64_t until_us = 0;  // exclusive
  Reason reason = Reason::kNoRule;
  uint32_t source = 0;  // index into CompiledPolicy::sources
  bool allow = false;
};

class CompiledPolicy {
 public:
  // The signatures of `policy` and of each grant are checked under the origin's signing keys in the
  // registry. Grants that the policy names but that are not given are passed over: a recipient is
  // only sent its own. One that is given but not named, or with another digest, is refused.
  static StatusOr<std::shared_ptr<const CompiledPolicy>> Compile(
      const v1::SignedDocument& policy, absl::Span<const v1::SignedDocument> grants,
      const CodeLists& codes, std::shared_ptr<const trust::Federation> federation);

  const std::string& origin() const { return origin_; }
  uint64_t version() const { return version_; }
  int64_t expires_us() const { return expires_us_; }
  const trust::Federation& federation() const { return *federation_; }

  // Numbers for Decide, 0 = unknown to this policy (which denies). Looked up once per feed.
  uint32_t ItemNumber(std::string_view code) const;
  uint32_t PurposeNumber(std::string_view code) const;
  // "rule gov-registers v7" or "grant g-12 v3".
  std::string_view SourceName(uint32_t source) const { return sources_[source]; }
  // Obligations of a source, as codes.
  absl::Span<const std::string> Obligations(uint32_t source) const;

  // Clauses of one layer for (member, item, purpose), ascending and without overlap; moments
  // between them deny. For Decide and Explain.
  absl::Span<const Clause> Clauses(uint32_t member, uint32_t item, uint32_t purpose,
                                   int layer_index) const;

 private:
  CompiledPolicy() = default;
  std::string origin_;
  uint64_t version_ = 0;
  int64_t expires_us_ = 0;
  std::shared_ptr<const trust::Federation> federation_;
  absl::flat_hash_map<std::string, uint32_t> items_, purposes_;
  std::vector<std::string> sources_;
  std::vector<std::vector<std::string>> obligations_;
  // Members with the same clauses share a profile; cells_[(profile, item, purpose, layer)] is a
  // range of clauses_.
  std::vector<uint32_t> profile_of_member_;
  std::vector<uint32_t> cells_;
  std::vector<Clause> clauses_;
};

}  // namespace tombolo::boundary

#endif  // TOMBOLO_GATEWAY_BOUNDARY_POLICY_H_
