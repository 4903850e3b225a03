// The compiled tables against the rules read one after the other: random policies, and random
// questions to each. Deterministic.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/boundary/explain.h"
#include "gateway/ledger/canonical.h"
#include "gateway/trust/document.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/boundary/reference.h"

namespace tombolo::boundary {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kPolicies = 40;
#else
constexpr int kPolicies = 2000;
#endif
constexpr int kQuestionsEach = 500;

constexpr const char* kMemberIds[] = {kNation, kOrigin,    kCity,     kCounty,
                                      kOther,  kSuspended, kStranger, ""};
constexpr const char* kItems[] = {"a.fine", "a.licence", "b.tax", "never.named"};
constexpr const char* kPurposes[] = {"health",   "work",           "work.tax", "work.tax.audit",
                                     "xx.local", "xx.local.small", "unknown",  ""};
constexpr const char* kMoments[] = {
    "2025-12-31T23:54:59Z", "2025-12-31T23:55:00Z", "2026-02-01T00:00:00Z", "2026-05-01T00:00:00Z",
    "2026-06-15T12:00:00Z", "2026-08-01T00:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"};

template <size_t n>
const char* Pick(Numbers* numbers, const char* const (&list)[n], size_t most = n) {
  return list[numbers->Below(std::min(n, most))];
}
// Some of the first `most` of a list, by byte order, at least `least`.
template <size_t n>
std::vector<std::string> Some(Numbers* numbers, const char* const (&list)[n], size_t most,
                              bool one_at_least) {
  std::vector<std::string> out;
  for (size_t i = 0; i < most; ++i) {
    if (numbers->OneIn(3)) out.emplace_back(list[i]);
  }
  if (out.empty() && one_at_least) out.emplace_back(list[numbers->Below(most)]);
  std::sort(out.begin(), out.end());
  return out;
}

// Two moments in order, each there or not.
template <typename Message>
void SetTimes(Numbers* numbers, bool both, Message* message) {
  const size_t first = numbers->Below(std::size(kMoments) - 1);
  const size_t last = first + 1 + numbers->Below(std::size(kMoments) - 1 - first);
  if (both || numbers->OneIn(3)) message->set_from(kMoments[first]);
  if (both || numbers->OneIn(3)) message->set_until(kMoments[last]);
}

v1::RecipientSet RandomRecipients(Numbers* numbers) {
  v1::RecipientSet who;
  if (numbers->OneIn(3)) {
    for (const std::string& id : Some(numbers, kMemberIds, 7, true)) who.add_members(id);
  }
  if (numbers->OneIn(4)) {
    for (int level = v1::COUNTY; level <= v1::NATION; ++level) {
      if (numbers->OneIn(2)) who.add_levels(static_cast<v1::MemberLevel>(level));
    }
  }
  if (numbers->OneIn(4)) {
    constexpr const char* kRegions[] = {"31", "3101", "33"};
    for (const std::string& region : Some(numbers, kRegions, 3, true)) who.add_regions(region);
  }
  if (numbers->OneIn(4)) who.set_within(Pick(numbers, kMemberIds, 5));
  if (who.ByteSizeLong() == 0) who.set_any_member(true);
  return who;
}

v1::PolicyRule RandomRule(Numbers* numbers, int number) {
  v1::PolicyRule rule;
  rule.set_id(absl::StrCat("r", number));
  const bool allow = !numbers->OneIn(3);
  rule.set_effect(allow ? v1::ALLOW : v1::WITHHOLD);
  *rule.mutable_recipients() = RandomRecipients(numbers);
  if (numbers->OneIn(4)) {
    rule.add_items("*");
  } else {
    for (const std::string& item : Some(numbers, kItems, 3, true)) rule.add_items(item);
  }
  rule.set_layer(allow ? v1::GOVERNMENT
                       : static_cast<v1::SharingClass>(v1::PUBLIC + numbers->Below(3)));
  for (const std::string& code : Some(numbers, kPurposes, 6, allow)) rule.add_purposes(code);
  if (allow) rule.set_legal_basis("law");
  SetTimes(numbers, false, &rule);
  if (numbers->OneIn(4)) rule.add_obligations("NO_ONWARD");
  return rule;
}

v1::Grant RandomGrant(Numbers* numbers, int number) {
  v1::Grant grant = GrantOf(absl::StrCat("g", number));
  grant.clear_recipients();
  for (const std::string& id : Some(numbers, kMemberIds, 7, true)) grant.add_recipients(id);
  grant.clear_items();
  for (const std::string& item : Some(numbers, kItems, 3, true)) grant.add_items(item);
  grant.clear_purposes();
  for (const std::string& code : Some(numbers, kPurposes, 6, true)) grant.add_purposes(code);
  SetTimes(numbers, true, &grant);
  grant.set_mode(numbers->OneIn(4) ? v1::LOOK_UP : v1::BULK);
  if (numbers->OneIn(4)) grant.add_obligations("NO_ONWARD");
  return grant;
}

Question RandomQuestion(Numbers* numbers) {
  Question question;
  question.member = Pick(numbers, kMemberIds);
  question.purpose = Pick(numbers, kPurposes);
  question.item = Pick(numbers, kItems);
  question.sharing_class = static_cast<v1::SharingClass>(numbers->Below(5));
  const int64_t shift = numbers->OneIn(2) ? 0 : -1;
  question.now_us = *trust::ParseMoment(Pick(numbers, kMoments)) + shift;
  if (numbers->OneIn(4)) question.held = static_cast<LayerMask>(numbers->Below(8));
  if (numbers->OneIn(4)) question.hop = static_cast<LayerMask>(numbers->Below(8));
  return question;
}

struct RandomWorld {
  v1::Policy policy;
  ReferenceWorld reference;
  std::shared_ptr<const CompiledPolicy> compiled;
};

void MakeWorld(Numbers* numbers, RandomWorld* out) {
  out->policy = PolicyOf(
      "purposes {code: 'xx.local' broader: 'work'} "
      "purposes {code: 'xx.local.small' broader: 'xx.local'}");
  const int rules = static_cast<int>(numbers->Below(7));
  for (int i = 0; i < rules; ++i) *out->policy.add_rules() = RandomRule(numbers, i);
  const int grants = static_cast<int>(numbers->Below(5));
  for (int i = 0; i < grants; ++i) out->reference.grants.push_back(RandomGrant(numbers, i));
  out->reference.policy = &out->policy;
  out->reference.registry = SampleFederation()->registry();
  out->reference.codes = SampleCodes();
  out->compiled = Compiled(out->policy, out->reference.grants);
}

bool SaysYes(Reason reason) {
  return reason == Reason::kPublic || reason == Reason::kRule || reason == Reason::kGrant;
}

std::string Describe(const RandomWorld& world, const Question& q) {
  std::string out = world.policy.DebugString();
  for (const v1::Grant& grant : world.reference.grants) out += grant.DebugString();
  absl::StrAppend(&out, "member ", q.member, " purpose ", q.purpose, " item ", q.item, " class ",
                  static_cast<int>(q.sharing_class), " at ", trust::FormatMoment(q.now_us),
                  " held ", int{q.held}, " hop ", int{q.hop});
  return out;
}

bool Agrees(const RandomWorld& world, const Question& question) {
  const Decision decision = Ask(world.compiled, question);
  if (decision.layers() != ReferenceLayers(world.reference, question)) return false;
  for (int k = 0; k < 3; ++k) {
    const LayerVerdict& verdict = decision.verdicts()[static_cast<size_t>(k)];
    if (verdict.allow != (decision.layers() >> k & 1) || verdict.allow != SaysYes(verdict.reason)) {
      return false;
    }
  }
  Question whole = question;
  whole.held = whole.hop = ledger::kAllLayers;
  return Ask(world.compiled, whole).onward() == ReferenceOnward(world.reference, whole);
}

TEST(Differential, TablesDecideAsTheRulesRead) {
  Numbers numbers(20260615);
  int64_t asked = 0, shown = 0;
  for (int p = 0; p < kPolicies; ++p) {
    RandomWorld world;
    MakeWorld(&numbers, &world);
    for (int i = 0; i < kQuestionsEach; ++i) {
      const Question question = RandomQuestion(&numbers);
      ASSERT_TRUE(Agrees(world, question)) << Describe(world, question);
      ++asked;
      shown += Ask(world.compiled, question).layers() > 1 ? 1 : 0;
    }
  }
  EXPECT_EQ(asked, int64_t{kPolicies} * kQuestionsEach);
  EXPECT_GT(shown, asked / 50);  // the cases are not all denials
}

TEST(Differential, TheAnswerHoldsUntilItsTerm) {
  Numbers numbers(7);
  for (int p = 0; p < 60; ++p) {
    RandomWorld world;
    MakeWorld(&numbers, &world);
    for (int i = 0; i < 100; ++i) {
      Question question = RandomQuestion(&numbers);
      const Decision decision = Ask(world.compiled, question);
      ASSERT_GT(decision.until_us(), question.now_us) << Describe(world, question);
      for (const char* text : kMoments) {
        for (const int64_t shift : {-1, 0}) {
          Question later = question;
          later.now_us = *trust::ParseMoment(text) + shift;
          if (later.now_us < question.now_us || later.now_us >= decision.until_us()) continue;
          ASSERT_EQ(ReferenceLayers(world.reference, later), decision.layers())
              << Describe(world, later);
        }
      }
    }
  }
}

TEST(Differential, ExplainSaysWhatDecideSays) {
  v1::RecordHeader header;
  header.set_record_id(std::string(16, 'r'));
  header.set_version(1);
  header.set_state(v1::EFFECTIVE);
  const std::string bytes = ledger::CanonicalBytes(header);
  Numbers numbers(11);
  for (int p = 0; p < 60; ++p) {
    RandomWorld world;
    MakeWorld(&numbers, &world);
    for (int i = 0; i < 100; ++i) {
      const Question q = RandomQuestion(&numbers);
      const Decision decision = Ask(world.compiled, q);
      const Explanation explanation =
          Explain(world.compiled, RequestOf(world.compiled, q), bytes, q.now_us);
      ASSERT_EQ(explanation.layers.size(), 3);
      for (size_t k = 0; k < 3; ++k) {
        const LayerExplanation& layer = explanation.layers[k];
        ASSERT_EQ(layer.shown, (decision.layers() >> k & 1) != 0) << Describe(world, q);
        ASSERT_EQ(layer.reason, decision.verdicts()[k].reason);
        // Whatever rule or grant decided is named.
        const bool named = layer.reason == Reason::kRule || layer.reason == Reason::kGrant ||
                           layer.reason == Reason::kWithheld;
        ASSERT_TRUE(!named || !layer.source.empty()) << Describe(world, q);
      }
    }
  }
}

}  // namespace
}  // namespace tombolo::boundary
