// A small federation with a policy, and what signs both; shared by the tests of the boundary.
//
// Ownership: values. Thread-safety: one thread. Errors: none; a broken fixture ends the program.
#ifndef TOMBOLO_TESTS_UNIT_BOUNDARY_FIXTURE_H_
#define TOMBOLO_TESTS_UNIT_BOUNDARY_FIXTURE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/boundary/decision.h"
#include "gateway/boundary/policy.h"

namespace tombolo::boundary {

inline constexpr char kNation[] = "spiffe://federation.example/cn";
inline constexpr char kOrigin[] = "spiffe://federation.example/cn/31";  // a province
inline constexpr char kCity[] = "spiffe://federation.example/cn/31/01";
inline constexpr char kCounty[] = "spiffe://federation.example/cn/31/01/05";
inline constexpr char kOther[] = "spiffe://federation.example/cn/33";  // another province
inline constexpr char kSuspended[] = "spiffe://federation.example/cn/44";
inline constexpr char kStranger[] = "spiffe://federation.example/cn/99";  // no member

inline constexpr int64_t kNowUs = 1781524800000000;  // 2026-06-15T12:00:00Z

struct TestMember {
  std::string id;
  v1::MemberLevel level = v1::CITY;
  std::string parent, region;
  v1::MemberState state = v1::ACTIVE;
};
// In the order of ids.
std::vector<TestMember> SampleMembers();
// Member i (from 0) signs with the key of seed i + 1; at most 250 members.
std::shared_ptr<const trust::Federation> MakeFederation(const std::vector<TestMember>& members);
std::shared_ptr<const trust::Federation> FederationOf(const v1::Registry& registry);
// That of SampleMembers, made once.
std::shared_ptr<const trust::Federation> SampleFederation();
// The seed of kOrigin's key in SampleMembers.
inline constexpr char kOriginSeed = 2;

// work > work.tax > work.tax.audit, and health; basis law.
CodeLists SampleCodes();

// In text format, version 7 of kOrigin, 2026. `rest`: rules and more.
v1::Policy PolicyOf(std::string_view rest);
v1::PolicyRule RuleOf(std::string_view text);
// BULK for kOther, item a.fine, purpose work, 2026; `rest` is merged over it.
v1::Grant GrantOf(std::string_view id, std::string_view rest = "");

template <typename Message>
v1::SignedDocument Signed(v1::DocumentKind kind, const Message& message, char seed = kOriginSeed);
struct Documents {
  v1::SignedDocument policy;
  std::vector<v1::SignedDocument> grants;
};
// Names the grants in the policy and signs all.
Documents SignAll(v1::Policy policy, const std::vector<v1::Grant>& grants, char seed = kOriginSeed);
// Compiled under SampleFederation and SampleCodes; ends the program if refused.
std::shared_ptr<const CompiledPolicy> Compiled(const v1::Policy& policy,
                                               const std::vector<v1::Grant>& grants = {});

// A question in words. `member` empty = the public.
struct Question {
  std::string member = kCity;
  std::string purpose = "work";
  std::string item = "a.fine";
  v1::SharingClass sharing_class = v1::PUBLIC;
  int64_t now_us = kNowUs;
  LayerMask held = ledger::kAllLayers, hop = ledger::kAllLayers;
};
Request RequestOf(const std::shared_ptr<const CompiledPolicy>& policy, const Question& question);
Decision Ask(const std::shared_ptr<const CompiledPolicy>& policy, const Question& question);

// Deterministic numbers (SplitMix64, Steele, Lea and Flood, OOPSLA 2014).
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // 0 to bound - 1.
  size_t Below(size_t bound) { return static_cast<size_t>(Next() % bound); }
  bool OneIn(size_t bound) { return Below(bound) == 0; }

 private:
  uint64_t state_;
};

}  // namespace tombolo::boundary

#endif  // TOMBOLO_TESTS_UNIT_BOUNDARY_FIXTURE_H_
