// An origin's policy and grants, checked and compiled into tables.
//
// Rules: docs/formats/policy.md and grant.md. Deny by default: an origin without a compiled policy,
// or with an expired one, gives PUBLIC alone; what cannot be parsed is not compiled. A compiled
// policy is bound to one registry, because recipients become numbers of its members; a change of
// either compiles anew. Algorithm: bit vectors (Lakshman and Stiliadis, "High-speed policy-based
// packet forwarding", SIGCOMM 1998): every rule and grant is one bit; a column a recipient, item
// and purpose has the bits of those that name it, and the AND of three columns is what fits.
// Ownership: owns its tables, keeps nothing of its inputs. Thread-safety: immutable.
// Errors: POLICY_INVALID and POLICY_UNSUITED, all faults together; SIGNATURE_INVALID,
// THRESHOLD_MISSED, NOT_CANONICAL; DOCUMENT_MISMATCH for another kind of document, an origin that
// is no member, and a grant that the policy does not name by this digest.
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
// A list as adapters/profiles/core has it: lines of code,broader,title without quotes, the first
// one with these words, after comments that begin with '#'. POLICY_INVALID: another form, a code
// twice, or a broader one that does not stand before it.
StatusOr<std::vector<CodeTerm>> ReadCodeList(std::string_view csv);

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
  kNoPolicy,     // the origin's policy is missing, not yet valid or expired
  kNoItem,       // nobody said which item
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

// What a rule or grant does.
enum class ClauseKind : uint8_t { kWithhold, kAllow, kBulk, kLookUp };

// One rule or grant, and when it is in force.
struct Clause {
  int64_t from_us = 0;   // inclusive
  int64_t until_us = 0;  // exclusive
  ClauseKind kind = ClauseKind::kWithhold;
  uint8_t layer_index = 0;  // PUBLIC 0, GOVERNMENT 1, LIMITED 2
  bool no_onward = false;   // has the obligation NO_ONWARD
};

// Columns of bits, all of one length, each kept once. Number 0 is never shared.
class BitColumns {
 public:
  void Start(size_t bits);  // makes column 0, without a bit
  size_t words() const { return words_; }
  // `column` has words() words. Gives the number of an equal one, from 1.
  uint32_t Add(const std::vector<uint64_t>& column);
  uint64_t* Zero() { return bits_.data(); }
  const uint64_t* At(uint32_t number) const { return bits_.data() + number * words_; }
  uint32_t count() const { return count_; }

 private:
  size_t words_ = 0;
  uint32_t count_ = 0;
  std::vector<uint64_t> bits_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;
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

  // Numbers for Decide. Items and purposes that no clause tells apart have the same number. Looked
  // up once per feed. Item 0: an empty code, which denies all. Purpose 0: none, or one that is on
  // no list, which leaves PUBLIC.
  uint32_t ItemNumber(std::string_view code) const;
  uint32_t PurposeNumber(std::string_view code) const;
  // Every purpose that a clause names, by byte order.
  const std::vector<std::string>& named_purposes() const { return named_purposes_; }

  // Clauses are numbered from 1, rules by id and then grants by id; such a number is a `source`.
  // "rule gov-registers v7" or "grant g-12 v3"; empty for 0.
  std::string_view SourceName(uint32_t source) const { return sources_[source]; }
  // Obligations of a source, as codes.
  absl::Span<const std::string> Obligations(uint32_t source) const { return obligations_[source]; }
  const Clause& clause(uint32_t source) const { return clauses_[source - 1]; }
  uint32_t clause_count() const { return static_cast<uint32_t>(clauses_.size()); }

  // Columns for Decide and Explain: bit source - 1 is set if the clause names it. Of a member that
  // is not active, and of number 0, what speaks of the public.
  size_t words() const { return items_.words(); }
  const uint64_t* OfMember(uint32_t member) const { return members_.At(MemberColumn(member)); }
  const uint64_t* OfItem(uint32_t item) const { return items_.At(item); }
  const uint64_t* OfPurpose(uint32_t purpose) const { return purposes_.At(purpose); }
  bool IsActive(uint32_t member) const { return MemberColumn(member) != 0; }
  // GOVERNMENT and LIMITED only from here (inclusive, skew forgiven) to expires_us().
  int64_t holds_from_us() const { return holds_from_us_; }

 private:
  friend class PolicyCompiler;
  CompiledPolicy() = default;
  uint32_t MemberColumn(uint32_t member) const {
    return member < member_columns_.size() ? member_columns_[member] : 0;
  }

  std::string origin_;
  uint64_t version_ = 0;
  int64_t holds_from_us_ = 0, expires_us_ = 0;
  std::shared_ptr<const trust::Federation> federation_;
  std::vector<Clause> clauses_;
  std::vector<std::string> sources_, named_purposes_;
  std::vector<std::vector<std::string>> obligations_;
  absl::flat_hash_map<std::string, uint32_t> item_numbers_, purpose_numbers_;
  std::vector<uint32_t> member_columns_;  // by number of the member; 0 = not active
  BitColumns members_, items_, purposes_;
};

}  // namespace tombolo::boundary

#endif  // TOMBOLO_GATEWAY_BOUNDARY_POLICY_H_
