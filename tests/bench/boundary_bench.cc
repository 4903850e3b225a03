// CPU time of one decision and of compiling, with 400 items, 1,000 grants, 60 rules and 200
// members. Questions are made beforehand; a prime number of them, so that no pattern repeats soon.
#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "gateway/boundary/decision.h"
#include "gateway/ledger/canonical.h"
#include "tests/unit/boundary/fixture.h"

namespace tombolo::boundary {
namespace {

constexpr size_t kMembers = 200, kItems = 400, kGrants = 1000, kRules = 60, kQuestions = 10007;
constexpr const char* kPurposes[] = {"work", "work.tax", "work.tax.audit", "health"};

std::string ItemOf(size_t i) { return absl::StrCat("a.item", 1000 + i); }
std::string MemberOf(size_t i) { return absl::StrCat("spiffe://federation.example/m", 1000 + i); }

std::vector<TestMember> Members() {
  std::vector<TestMember> out = {{kOrigin, v1::PROVINCE, "", "31"}};
  for (size_t i = 1; i < kMembers; ++i) {
    out.push_back(
        {MemberOf(i), i % 4 == 0 ? v1::COUNTY : v1::CITY, kOrigin, absl::StrCat(310000 + i % 30)});
  }
  return out;
}

v1::PolicyRule RandomRule(Numbers* numbers, size_t number) {
  v1::PolicyRule rule = RuleOf("effect: ALLOW layer: GOVERNMENT legal_basis: 'law'");
  rule.set_id(absl::StrCat("r", 100 + number));
  if (numbers->OneIn(5)) rule.set_effect(v1::WITHHOLD);
  if (numbers->OneIn(2)) {
    rule.mutable_recipients()->add_regions(absl::StrCat(310000 + numbers->Below(30)));
  } else {
    rule.mutable_recipients()->set_any_member(true);
  }
  const size_t first = numbers->Below(kItems - 20);
  for (size_t i = first; i < first + 20; ++i) rule.add_items(ItemOf(i));
  rule.add_purposes(kPurposes[numbers->Below(4)]);
  return rule;
}

v1::Grant RandomGrant(Numbers* numbers, size_t number) {
  v1::Grant grant = GrantOf(absl::StrCat("g", 10000 + number));
  grant.clear_recipients();
  grant.clear_items();
  const size_t member = 1 + numbers->Below(kMembers - 5), item = numbers->Below(kItems - 5);
  for (size_t i = 0; i < 4; ++i) {
    grant.add_recipients(MemberOf(member + i));
    grant.add_items(ItemOf(item + i));
  }
  return grant;
}

struct World {
  Documents documents;
  std::shared_ptr<const trust::Federation> federation;
  std::shared_ptr<const CompiledPolicy> policy;
  std::vector<Request> questions;
};

const World& TheWorld() {
  static const World* const kWorld = [] {
    auto* world = new World();
    Numbers numbers(1);
    v1::Policy policy = PolicyOf("");
    for (size_t i = 0; i < kRules; ++i) *policy.add_rules() = RandomRule(&numbers, i);
    std::vector<v1::Grant> grants;
    for (size_t i = 0; i < kGrants; ++i) grants.push_back(RandomGrant(&numbers, i));
    world->documents = SignAll(policy, grants, 1);
    world->federation = MakeFederation(Members());
    world->policy = *CompiledPolicy::Compile(world->documents.policy, world->documents.grants,
                                             SampleCodes(), world->federation);
    for (size_t i = 0; i < kQuestions; ++i) {
      Question question;
      question.member = MemberOf(1 + numbers.Below(kMembers - 1));
      question.item = ItemOf(numbers.Below(kItems));
      question.purpose = kPurposes[numbers.Below(4)];
      question.sharing_class = static_cast<v1::SharingClass>(1 + numbers.Below(3));
      world->questions.push_back(RequestOf(world->policy, question));
    }
    return world;
  }();
  return *kWorld;
}

void Decides(benchmark::State& state) {
  const World& world = TheWorld();
  size_t next = 0, shown = 0;
  for (auto unused : state) {
    const Decision decision = Decide(world.policy, world.questions[next], kNowUs);
    shown += decision.layers() != 0 ? 1 : 0;
    benchmark::DoNotOptimize(shown);
    if (++next == kQuestions) next = 0;
  }
}
BENCHMARK(Decides);

void Terms(benchmark::State& state) {
  v1::RecordHeader header;
  header.set_record_id(std::string(16, 'r'));
  header.set_version(3);
  header.set_kind(v1::PENALTY);
  header.set_polarity(v1::NEGATIVE);
  header.set_state(v1::EFFECTIVE);
  header.set_decided_on(20000);
  header.set_publish_until(21000);
  header.set_recorded_at_us(kNowUs);
  const std::string bytes = ledger::CanonicalBytes(header);
  for (auto unused : state) benchmark::DoNotOptimize(WithinTerms(bytes, 7, 20500));
}
BENCHMARK(Terms);

// Signatures of 1,001 documents included.
void Compiles(benchmark::State& state) {
  const World& world = TheWorld();
  for (auto unused : state) {
    benchmark::DoNotOptimize(CompiledPolicy::Compile(world.documents.policy, world.documents.grants,
                                                     SampleCodes(), world.federation));
  }
}
BENCHMARK(Compiles)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tombolo::boundary

BENCHMARK_MAIN();
