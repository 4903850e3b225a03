// The federation as one node knows it: the active root, registry, timestamp and revocation lists,
// and the only way from one state to the next.
//
// A Federation is an immutable value; Activate gives a new one or a refusal. So a change is one
// pointer, and whoever holds the old one decides consistently until it lets go. The store keeps
// what Activate accepted in the transaction that makes it active; Restore starts from there, so a
// rollback is noticed after a restart as well. Attacks refused, each with a test in
// tests/unit/trust/federation_test: rollback, same version with other content, freeze (expired),
// fast-forward, mix-and-match of registry and lists, too few signatures, one key twice, unknown
// key, skipped root, other federation, endless file. Ownership: owns all. Thread-safety: immutable.
// Errors: DOCUMENT_*, THRESHOLD_MISSED, SIGNATURE_INVALID, TIMESTAMP_STALE and those of document.h.
#ifndef TOMBOLO_GATEWAY_TRUST_FEDERATION_H_
#define TOMBOLO_GATEWAY_TRUST_FEDERATION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "gateway/ledger/signer.h"
#include "gateway/trust/certificate.h"
#include "gateway/trust/document.h"

namespace tombolo::trust {

// A member, indexed. `number` counts from 1 in the order of the registry and changes with it.
struct MemberFacts {
  uint32_t number = 0;
  v1::Member member;
  std::vector<uint32_t> above;              // parents, the nearest first
  std::vector<ledger::Verifier> verifiers;  // of signing_keys
};

// What must be stored so that Restore gives the same state.
struct TrustState {
  std::vector<v1::SignedDocument> documents;  // root, registry, timestamp, lists
  int64_t seen_us = 0;  // the latest moment at which a document was accepted; time below it is not
                        // believed when expiry is judged
  // A root has changed the role's keys since: any version of it may come next.
  bool registry_anew = false, timestamp_anew = false;
};

class Federation;
struct Activation {
  std::shared_ptr<const Federation> federation;
  bool changed = false;  // false: the very document that is active already, or `waiting`
  bool waiting = false;  // sound, but holds only together with one that is not there yet: keep it
                         // and try it again after every activation
  uint64_t version = 0;
};

class Federation : public std::enable_shared_from_this<Federation> {
 public:
  // From the operator's first root, trusted because it lies in the node's folder. It may have
  // expired, as every root may: newer ones lead on from it, and CheckFresh judges the last.
  static StatusOr<std::shared_ptr<const Federation>> Found(const v1::SignedDocument& root,
                                                           int64_t now_us);
  // What was accepted before; expiry is not judged here but by CheckFresh.
  static StatusOr<std::shared_ptr<const Federation>> Restore(const TrustState& state);

  // Root n+1 by the thresholds of n and n+1; when it changes the keys of registry or timestamp, the
  // versions of that role start anew, so that a stolen key's fast-forward is undone by rotation.
  // Registry by the role's threshold; above the version that the timestamp names it waits.
  // Timestamp by its role; it waits for what it names. `beside`: documents that wait; the pair
  // becomes active together (docs/formats/timestamp.md). Revocation list: signed by its authority,
  // which a certificate of the root has signed; number not below the active and the named one.
  StatusOr<Activation> Activate(const v1::SignedDocument& document,
                                absl::Span<const v1::SignedDocument> beside, int64_t now_us) const;

  // That members may be dealt with now: root and registry not expired (DOCUMENT_EXPIRED), timestamp
  // there, not expired, and naming the active registry and lists (TIMESTAMP_STALE).
  Status CheckFresh(int64_t now_us) const;
  // When CheckFresh will fail next, microseconds since 1970.
  int64_t FreshUntilUs() const;

  const MemberFacts* Find(std::string_view id) const;  // null: no member
  const MemberFacts* At(uint32_t number) const;        // null: none has it
  const std::vector<MemberFacts>& members() const { return members_->list; }
  // Whether `carrier` may hand over streams of `origin`: itself, above it, or among its relays.
  bool MayCarry(const MemberFacts& carrier, const MemberFacts& origin) const;

  const v1::Root& root() const { return root_; }
  const v1::Registry& registry() const { return registry_; }     // version 0: none is active
  const v1::Timestamp& timestamp() const { return timestamp_; }  // version 0: none is active
  const RevocationLists& lists() const { return lists_; }
  TrustState State() const;

 private:
  struct Members {
    std::vector<MemberFacts> list;
    absl::flat_hash_map<std::string, uint32_t> by_id;
  };
  friend class Step;  // federation_steps.cc: makes the next state
  Federation();
  Federation(const Federation&) = default;

  v1::Root root_;
  v1::Registry registry_;
  v1::Timestamp timestamp_;
  RevocationLists lists_;
  v1::SignedDocument signed_root_, signed_registry_, signed_timestamp_;
  std::map<std::string, v1::SignedDocument> signed_lists_;  // by the issuer's key id
  int64_t seen_us_ = 0;
  bool registry_anew_ = false, timestamp_anew_ = false;
  std::shared_ptr<const Members> members_;
};

}  // namespace tombolo::trust

#endif  // TOMBOLO_GATEWAY_TRUST_FEDERATION_H_
