// What a policy and its grants must look like, and what is not compiled.
#include "gateway/boundary/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/trust/document.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/boundary/fixture.h"

namespace tombolo::boundary {
namespace {

using ::testing::HasSubstr;

constexpr char kRule[] =
    "id: 'gov' effect: ALLOW recipients {any_member: true} items: 'a.fine' layer: GOVERNMENT "
    "purposes: 'work' legal_basis: 'law'";

std::vector<Fault> Check(const v1::Policy& policy, const std::vector<v1::Grant>& grants = {},
                         const std::vector<std::string>& items = {}) {
  return CheckPolicy(policy, grants, SampleCodes(), items);
}
v1::Policy WithRule(std::string_view rule) {
  v1::Policy policy = PolicyOf("");
  *policy.add_rules() = RuleOf(rule);
  return policy;
}

TEST(CheckPolicy, TakesASoundOne) {
  EXPECT_TRUE(Check(PolicyOf("")).empty());
  v1::Policy policy = PolicyOf("purposes {code: 'xx.a-b' broader: 'work'}");
  *policy.add_rules() = RuleOf(kRule);
  EXPECT_TRUE(Check(policy, {GrantOf("g")}).empty());
  EXPECT_TRUE(Check(policy, {GrantOf("g")}, {"a.fine"}).empty());
}

using Damage = std::function<void(v1::Policy*)>;
struct FaultCase {
  const char* column;
  Damage damage;
};
// One damage at a time; the first fault begins with the case's column.
void ExpectFaults(const std::vector<FaultCase>& cases) {
  for (const FaultCase& c : cases) {
    v1::Policy policy = WithRule(kRule);
    c.damage(&policy);
    const std::vector<Fault> faults = Check(policy);
    ASSERT_FALSE(faults.empty()) << c.column;
    EXPECT_THAT(faults[0].column, ::testing::StartsWith(c.column));
    EXPECT_EQ(faults[0].code, Code::POLICY_INVALID);
    EXPECT_FALSE(faults[0].reason.empty());
  }
}

TEST(CheckPolicy, NamesThePlaceOfEachFault) {
  ExpectFaults({
      {"origin", [](auto* p) { p->set_origin("cn/31"); }},
      {"version", [](auto* p) { p->set_version(0); }},
      {"issued_at", [](auto* p) { p->set_issued_at("2026-01-01"); }},
      {"issued_at", [](auto* p) { p->set_expires_at("2026-01-01T00:00:00Z"); }},
      {"issued_at", [](auto* p) { p->set_expires_at("2029-01-04T00:00:00Z"); }},
      {"purposes[0]", [](auto* p) { p->add_purposes()->set_code("Work"); }},
      {"purposes[0]", [](auto* p) { p->add_purposes()->set_code("work"); }},
      {"purposes[0]",
       [](auto* p) {
         v1::LocalCode* code = p->add_purposes();
         code->set_code("xx.a");
         code->set_broader("xx.b");
       }},
      {"purposes[1]",
       [](auto* p) {
         p->add_purposes()->set_code("xx.b");
         p->add_purposes()->set_code("xx.a");
       }},
      {"legal_bases[0]", [](auto* p) { p->add_legal_bases()->set_code("law"); }},
      {"grants[0]", [](auto* p) { p->add_grants()->set_id("g"); }},
  });
}

TEST(CheckPolicy, NamesThePlaceOfEachFaultOfARule) {
  const auto rule = [](const std::function<void(v1::PolicyRule*)>& damage) -> Damage {
    return [damage](v1::Policy* p) { damage(p->mutable_rules(0)); };
  };
  ExpectFaults({
      {"rules[1].id", [](auto* p) { *p->add_rules() = p->rules(0); }},
      {"rules[0].id", rule([](auto* r) { r->set_id("Gov"); })},
      {"rules[0].effect", rule([](auto* r) { r->clear_effect(); })},
      {"rules[0].layer", rule([](auto* r) { r->set_layer(v1::LIMITED); })},
      {"rules[0].layer", rule([](auto* r) { r->set_layer(v1::PUBLIC); })},
      {"rules[0].layer", rule([](auto* r) {
         r->set_effect(v1::WITHHOLD);
         r->set_layer(v1::LOCAL);
       })},
      {"rules[0].purposes", rule([](auto* r) { r->clear_purposes(); })},
      {"rules[0].purposes", rule([](auto* r) { r->set_purposes(0, "fun"); })},
      {"rules[0].purposes", rule([](auto* r) { r->add_purposes("health"); })},
      {"rules[0].legal_basis", rule([](auto* r) { r->clear_legal_basis(); })},
      {"rules[0].legal_basis", rule([](auto* r) { r->set_legal_basis("whim"); })},
      {"rules[0].items", rule([](auto* r) { r->clear_items(); })},
      {"rules[0].items", rule([](auto* r) { r->add_items("a.fine"); })},
      {"rules[0].items", rule([](auto* r) { r->set_items(0, "A Fine"); })},
      {"rules[0].items", rule([](auto* r) { r->set_items(0, "*"), r->add_items("a.fine"); })},
      {"rules[0].recipients", rule([](auto* r) { r->clear_recipients(); })},
      {"rules[0].recipients", rule([](auto* r) { r->mutable_recipients()->add_levels(v1::CITY); })},
      {"rules[0].recipients.members", rule([](auto* r) {
         r->mutable_recipients()->set_any_member(false);
         r->mutable_recipients()->add_members("spiffe://elsewhere.example/cn");
       })},
      {"rules[0].recipients.regions", rule([](auto* r) {
         r->mutable_recipients()->set_any_member(false);
         r->mutable_recipients()->add_regions("");
       })},
      {"rules[0].from", rule([](auto* r) { r->set_from("soon"); })},
      {"rules[0].until", rule([](auto* r) {
         r->set_from("2026-02-01T00:00:00Z");
         r->set_until("2026-02-01T00:00:00Z");
       })},
      {"rules[0].obligations", rule([](auto* r) { r->add_obligations("NO ONWARD"); })},
  });
}

TEST(CheckPolicy, NamesThePlaceOfEachFaultOfAGrant) {
  const struct {
    const char* column;
    std::function<void(v1::Grant*)> damage;
  } kCases[] = {
      {"grant[0].id", [](auto* g) { g->set_id("G 1"); }},
      {"grant[0].origin", [](auto* g) { g->set_origin(kOther); }},
      {"grant[0].version", [](auto* g) { g->set_version(0); }},
      {"grant[0].recipients", [](auto* g) { g->clear_recipients(); }},
      {"grant[0].recipients", [](auto* g) { g->set_recipients(0, "*"); }},
      {"grant[0].recipients", [](auto* g) { g->add_recipients(kOther); }},
      {"grant[0].items", [](auto* g) { g->clear_items(); }},
      {"grant[0].items", [](auto* g) { g->set_items(0, "*"); }},
      {"grant[0].purposes", [](auto* g) { g->clear_purposes(); }},
      {"grant[0].purposes", [](auto* g) { g->set_purposes(0, "*"); }},
      {"grant[0].legal_basis", [](auto* g) { g->clear_legal_basis(); }},
      {"grant[0].from", [](auto* g) { g->clear_from(); }},
      {"grant[0].from", [](auto* g) { g->clear_until(); }},
      {"grant[0].from", [](auto* g) { g->set_until("2025-01-01T00:00:00Z"); }},
      {"grant[0].from", [](auto* g) { g->set_until("2029-01-04T00:00:00Z"); }},
      {"grant[0].mode", [](auto* g) { g->clear_mode(); }},
      {"grant[0].obligations", [](auto* g) { g->add_obligations(""); }},
  };
  for (const auto& c : kCases) {
    v1::Grant grant = GrantOf("g");
    c.damage(&grant);
    const std::vector<Fault> faults = Check(PolicyOf(""), {grant});
    ASSERT_FALSE(faults.empty()) << c.column;
    EXPECT_THAT(faults[0].column, ::testing::StartsWith(c.column));
  }
}

TEST(CheckPolicy, WhatDependsOnRecordsIsRefusedWithAdvice) {
  const std::vector<Fault> faults = Check(WithRule(std::string(kRule) + " where: 'amount > 5'"));
  ASSERT_EQ(faults.size(), 1);
  EXPECT_EQ(faults[0].code, Code::POLICY_UNSUITED);
  EXPECT_EQ(faults[0].column, "rules[0].where");
  EXPECT_THAT(faults[0].reason, HasSubstr("split the item"));
}

TEST(CheckPolicy, TellsAllFaultsTogether) {
  v1::Policy policy = WithRule(std::string(kRule) + " where: 'x'");
  policy.set_version(0);
  policy.mutable_rules(0)->set_legal_basis("whim");
  EXPECT_EQ(Check(policy).size(), 3);
}

TEST(CheckPolicy, ItemsMustBeTheCataloguesWhereItIsKnown) {
  EXPECT_TRUE(Check(WithRule(kRule), {}, {"a.fine", "a.other"}).empty());
  EXPECT_EQ(Check(WithRule(kRule), {}, {"a.other"}).size(), 1);
}

TEST(PolicyLimits, AtNAndNPlusOne) {
  using limits::kGrantNamesMax;
  v1::Policy policy = PolicyOf("");
  for (size_t i = 0; i < limits::kPolicyRulesMax; ++i) {
    *policy.add_rules() = RuleOf(kRule);
    policy.mutable_rules()->rbegin()->set_id(absl::StrCat("r", 10000 + i));
  }
  for (size_t i = 0; i < limits::kPurposesMax; ++i) {
    policy.add_purposes()->set_code(absl::StrCat("xx.p", 10000 + i));
  }
  for (size_t i = 0; i < limits::kGrantsMax; ++i) {
    v1::GrantRef* ref = policy.add_grants();
    ref->set_id(absl::StrCat("g", 100000 + i));
    ref->set_version(1);
    ref->set_digest(std::string(32, 'd'));
  }
  EXPECT_TRUE(Check(policy).empty());
  *policy.add_rules() = RuleOf(kRule);
  policy.mutable_rules()->rbegin()->set_id("s");
  policy.add_purposes()->set_code("xx.q");
  *policy.add_grants() = policy.grants(0);
  policy.mutable_grants()->rbegin()->set_id("h");
  EXPECT_EQ(Check(policy).size(), 3);

  v1::Grant grant = GrantOf("g");
  grant.clear_items();
  grant.clear_recipients();
  for (size_t i = 0; i < kGrantNamesMax; ++i) {
    grant.add_items(absl::StrCat("a.i", 10000 + i));
    grant.add_recipients(absl::StrCat(kOther, "/", 10000 + i));
  }
  grant.set_reference(std::string(limits::kGrantReferenceBytesMax, 'r'));
  grant.set_id(std::string(limits::kPolicyIdBytesMax, 'g'));
  EXPECT_TRUE(Check(PolicyOf(""), {grant}).empty());
  grant.add_items("a.j");
  grant.add_recipients(std::string(kOther) + "/2");
  grant.mutable_reference()->push_back('r');
  grant.mutable_id()->push_back('g');
  EXPECT_EQ(Check(PolicyOf(""), {grant}).size(), 4);

  // kGrantYearsMax years, each taken as 366 days.
  v1::Grant longest = GrantOf("g", "until: '2029-01-03T00:00:00Z'");
  static_assert(limits::kGrantYearsMax == 3);
  EXPECT_TRUE(Check(PolicyOf(""), {longest}).empty());
  longest.set_until("2029-01-03T00:00:01Z");
  EXPECT_EQ(Check(PolicyOf(""), {longest}).size(), 1);
}

// --- documents
StatusOr<std::shared_ptr<const CompiledPolicy>> Compile(const Documents& documents) {
  return CompiledPolicy::Compile(documents.policy, documents.grants, SampleCodes(),
                                 SampleFederation());
}

TEST(Compile, TakesASoundOneAndKnowsItsSources) {
  ASSERT_OK_AND_ASSIGN(const auto policy, Compile(SignAll(WithRule(kRule), {GrantOf("g")})));
  EXPECT_EQ(policy->origin(), kOrigin);
  EXPECT_EQ(policy->version(), 7);
  EXPECT_EQ(policy->expires_us(), *trust::ParseMoment("2027-01-01T00:00:00Z"));
  EXPECT_EQ(policy->clause_count(), 2);
  EXPECT_EQ(policy->SourceName(1), "rule gov v7");
  EXPECT_EQ(policy->SourceName(2), "grant g v1");
  EXPECT_THAT(policy->named_purposes(), ::testing::ElementsAre("work"));
}

TEST(Compile, RefusesWhatIsNotSignedByTheOrigin) {
  const Documents good = SignAll(WithRule(kRule), {GrantOf("g")});
  ASSERT_OK(Compile(good));
  Documents unsigned_one = good;
  unsigned_one.policy.clear_signatures();
  EXPECT_CODE(Code::THRESHOLD_MISSED, Compile(unsigned_one));
  EXPECT_CODE(Code::THRESHOLD_MISSED, Compile(SignAll(WithRule(kRule), {}, 5)));  // kOther's key
  Documents changed = good;
  changed.policy.mutable_signatures(0)->mutable_signature()->at(3) ^= 1;
  EXPECT_CODE(Code::SIGNATURE_INVALID, Compile(changed));
  Documents grant = good;
  grant.grants[0].clear_signatures();
  EXPECT_CODE(Code::THRESHOLD_MISSED, Compile(grant));
}

TEST(Compile, RefusesWhatCannotBeParsed) {
  Documents cut = SignAll(WithRule(kRule), {});
  cut.policy.mutable_body()->pop_back();
  EXPECT_CODE(Code::NOT_CANONICAL, Compile(cut));
  Documents empty = SignAll(WithRule(kRule), {});
  empty.policy.clear_body();
  EXPECT_FALSE(Compile(empty).ok());
  Documents unknown_field = SignAll(WithRule(kRule), {});
  unknown_field.policy.mutable_body()->append("\xf8\x01\x01", 3);
  EXPECT_CODE(Code::NOT_CANONICAL, Compile(unknown_field));
}

TEST(Compile, RefusesOtherKindsAndStrangers) {
  const Documents good = SignAll(WithRule(kRule), {GrantOf("g")});
  EXPECT_CODE(Code::DOCUMENT_MISMATCH, Compile({good.grants[0], {}}));
  EXPECT_CODE(Code::DOCUMENT_MISMATCH, Compile({good.policy, {good.policy}}));
  v1::Policy stranger = WithRule(kRule);
  stranger.set_origin(kStranger);
  EXPECT_CODE(Code::DOCUMENT_MISMATCH, Compile(SignAll(stranger, {})));
}

TEST(Compile, TakesOnlyGrantsThatThePolicyNamesByDigest) {
  const Documents good = SignAll(WithRule(kRule), {GrantOf("g"), GrantOf("h")});
  // Not given: passed over.
  ASSERT_OK_AND_ASSIGN(const auto part, Compile({good.policy, {good.grants[1]}}));
  EXPECT_EQ(part->clause_count(), 2);
  EXPECT_EQ(part->SourceName(2), "grant h v1");
  // Given, but not named; other content; other version.
  const Documents bare = SignAll(WithRule(kRule), {});
  EXPECT_CODE(Code::DOCUMENT_MISMATCH, Compile({bare.policy, {good.grants[0]}}));
  for (const char* change : {"items: 'b.tax'", "version: 2"}) {
    const Documents other = SignAll(WithRule(kRule), {GrantOf("g", change)});
    EXPECT_CODE(Code::DOCUMENT_MISMATCH, Compile({good.policy, {other.grants[0]}})) << change;
  }
  // Twice is once.
  ASSERT_OK_AND_ASSIGN(const auto twice, Compile({good.policy, {good.grants[0], good.grants[0]}}));
  EXPECT_EQ(twice->clause_count(), 2);
}

TEST(Compile, RefusesFaultsWithAllOfThem) {
  const auto refused = Compile(
      SignAll(WithRule(std::string(kRule) + " where: 'x'"), {GrantOf("g", "legal_basis: 'whim'")}));
  EXPECT_CODE(Code::POLICY_UNSUITED, refused);
  EXPECT_THAT(Describe(refused.status()), HasSubstr("rules[0].where"));
  EXPECT_THAT(Describe(refused.status()), HasSubstr("grant[0].legal_basis"));
}

TEST(Compile, ItemsAndPurposesThatNoClauseTellsApartShareANumber) {
  ASSERT_OK_AND_ASSIGN(const auto policy, Compile(SignAll(WithRule(kRule), {})));
  EXPECT_EQ(policy->ItemNumber("b.tax"), policy->ItemNumber("c.other"));
  EXPECT_NE(policy->ItemNumber("b.tax"), policy->ItemNumber("a.fine"));
  EXPECT_EQ(policy->PurposeNumber("work"), policy->PurposeNumber("work.tax"));
  EXPECT_NE(policy->PurposeNumber("health"), policy->PurposeNumber("work"));
  EXPECT_NE(policy->PurposeNumber("health"), 0);  // known, though nothing is for it
}

// --- lists of codes
std::string Read(const std::string& name) {
  std::ifstream in(std::string(TOMBOLO_SOURCE_DIR "/adapters/profiles/core/") + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(CodeLists, TheProgramsOwnAreSound) {
  CodeLists codes;
  ASSERT_OK_AND_ASSIGN(codes.purposes, ReadCodeList(Read("purposes.csv")));
  ASSERT_OK_AND_ASSIGN(codes.legal_bases, ReadCodeList(Read("legal_bases.csv")));
  EXPECT_GT(codes.purposes.size(), 20);
  EXPECT_GT(codes.legal_bases.size(), 6);
  v1::Policy policy = WithRule(kRule);
  policy.mutable_rules(0)->set_purposes(0, "dpv:PublicBenefit");
  policy.mutable_rules(0)->set_legal_basis("dpv-gdpr:A6-1-e");
  EXPECT_TRUE(CheckPolicy(policy, {}, codes, {}).empty());
}

TEST(CodeLists, ReadsCommentsAndRefusesOtherForms) {
  ASSERT_OK_AND_ASSIGN(const auto terms,
                       ReadCodeList("# a list\ncode,broader,title\na,,First\nb,a,Second\n"));
  ASSERT_EQ(terms.size(), 2);
  EXPECT_EQ(terms[1].code, "b");
  EXPECT_EQ(terms[1].broader, "a");
  for (const char* bad : {"a,,First\n", "code,broader,title\na,b,First\nb,,Second\n",
                          "code,broader,title\na,,x\na,,x\n", "code,broader,title\na,\n",
                          "code,broader,title\n,,x\n", "code,broader,title\na,,\"x\"\n"}) {
    EXPECT_CODE(Code::POLICY_INVALID, ReadCodeList(bad)) << bad;
  }
  EXPECT_TRUE(ReadCodeList("")->empty());
}

TEST(Reasons, EachHasASentence) {
  for (int i = 0; i <= static_cast<int>(Reason::kTermOver); ++i) {
    EXPECT_GT(ReasonText(static_cast<Reason>(i)).size(), 10) << i;
  }
}

}  // namespace
}  // namespace tombolo::boundary
