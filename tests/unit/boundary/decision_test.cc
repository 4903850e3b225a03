// Every rule of docs/formats/policy.md, "How it is decided"; denial first.
#include "gateway/boundary/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/ledger/canonical.h"
#include "gateway/trust/document.h"
#include "tests/unit/boundary/fixture.h"

namespace tombolo::boundary {
namespace {

constexpr LayerMask kNothing = 0, kOpen = 1, kGov = 2, kLim = 4, kPublicGov = 3;

// GOVERNMENT of a.fine for every member that declares work.
constexpr char kAllow[] =
    "id: 'gov' effect: ALLOW recipients {any_member: true} items: 'a.fine' layer: GOVERNMENT "
    "purposes: 'work' legal_basis: 'law'";

std::shared_ptr<const CompiledPolicy> WithRules(const std::vector<std::string>& rules,
                                                const std::vector<v1::Grant>& grants = {}) {
  v1::Policy policy = PolicyOf("");
  for (const std::string& rule : rules) *policy.add_rules() = RuleOf(rule);
  return Compiled(policy, grants);
}
// A WITHHOLD rule whose id stands after "gov".
std::string Withhold(std::string_view rest) {
  return "id: 'no' effect: WITHHOLD " + std::string(rest);
}
Reason ReasonOf(const Decision& decision, v1::SharingClass layer) {
  return decision.verdicts()[static_cast<size_t>(layer - v1::PUBLIC)].reason;
}

TEST(DenyByDefault, WithoutAPolicyPublicAlone) {
  const Decision decision = Ask(nullptr, {});
  EXPECT_EQ(decision.layers(), kOpen);
  EXPECT_EQ(ReasonOf(decision, v1::GOVERNMENT), Reason::kNoPolicy);
  EXPECT_EQ(ReasonOf(decision, v1::LIMITED), Reason::kNoPolicy);
  EXPECT_EQ(decision.policy_version(), 0);
  EXPECT_EQ(decision.RuleText(), "");
  EXPECT_EQ(Ask(nullptr, {.sharing_class = v1::GOVERNMENT}).layers(), kNothing);
  EXPECT_EQ(Ask(nullptr, {.sharing_class = v1::LIMITED}).layers(), kNothing);
}

TEST(DenyByDefault, AnEmptyPolicyPublicAlone) {
  const auto policy = WithRules({});
  for (const char* member : {"", kNation, kOrigin, kCity, kOther, kSuspended, kStranger}) {
    EXPECT_EQ(Ask(policy, {.member = member}).layers(), kOpen) << member;
    EXPECT_EQ(Ask(policy, {.member = member, .sharing_class = v1::GOVERNMENT}).layers(), kNothing);
    EXPECT_EQ(Ask(policy, {.member = member, .sharing_class = v1::LIMITED}).layers(), kNothing);
  }
  EXPECT_EQ(ReasonOf(Ask(policy, {}), v1::GOVERNMENT), Reason::kNoRule);
  EXPECT_EQ(ReasonOf(Ask(policy, {}), v1::LIMITED), Reason::kNoGrant);
}

TEST(DenyByDefault, AnExpiredOrFuturePolicyPublicAlone) {
  const auto policy = WithRules({kAllow}, {GrantOf("g")});
  const int64_t expires = *trust::ParseMoment("2027-01-01T00:00:00Z");
  const int64_t begins = *trust::ParseMoment("2025-12-31T23:55:00Z");  // 5 minutes are forgiven
  const auto at = [&](int64_t now_us) { return Ask(policy, {.member = kOther, .now_us = now_us}); };
  EXPECT_EQ(at(expires - 1).layers(), kPublicGov | kLim);
  EXPECT_EQ(at(expires).layers(), kOpen);
  EXPECT_EQ(ReasonOf(at(expires), v1::GOVERNMENT), Reason::kNoPolicy);
  EXPECT_EQ(at(begins).layers(), kPublicGov);  // the grant begins at midnight
  EXPECT_EQ(at(begins - 1).layers(), kOpen);
  EXPECT_EQ(at(begins - 1).until_us(), begins);
  EXPECT_EQ(at(expires - 1).until_us(), expires);
}

TEST(DenyByDefault, UnknownNumbersGiveNothingClosed) {
  const auto policy = WithRules({kAllow}, {GrantOf("g")});
  Request request = RequestOf(policy, {.member = kOther});
  EXPECT_EQ(Decide(policy, request, kNowUs).layers(), 7);
  for (const uint32_t member : {0U, 7U, 1000000U, ~0U}) {
    Request other = request;
    other.member = member;
    EXPECT_EQ(Decide(policy, other, kNowUs).layers(), kOpen) << member;
    EXPECT_EQ(ReasonOf(Decide(policy, other, kNowUs), v1::LIMITED), Reason::kNotMember);
  }
  Request no_purpose = request;
  no_purpose.purpose = 0;
  EXPECT_EQ(ReasonOf(Decide(policy, no_purpose, kNowUs), v1::LIMITED), Reason::kNoPurpose);
  Request no_item = request;
  no_item.item = 0;
  EXPECT_EQ(Decide(policy, no_item, kNowUs).layers(), kNothing);
  EXPECT_EQ(ReasonOf(Decide(policy, no_item, kNowUs), v1::PUBLIC), Reason::kNoItem);
  EXPECT_EQ(policy->ItemNumber(""), 0);
  EXPECT_EQ(policy->PurposeNumber(""), 0);
  EXPECT_EQ(policy->PurposeNumber("no.such"), 0);
}

TEST(DenyByDefault, StreamsOfNoSharedClassGiveNothing) {
  const auto policy = WithRules({kAllow}, {GrantOf("g")});
  for (const auto none : {v1::SHARING_CLASS_UNSPECIFIED, v1::LOCAL}) {
    EXPECT_EQ(Ask(policy, {.member = kOther, .sharing_class = none}).layers(), kNothing);
    EXPECT_EQ(Ask(nullptr, {.sharing_class = none}).layers(), kNothing);
  }
}

struct RuleCase {
  const char* what;
  Question question;
  LayerMask layers;
};

TEST(Government, NeedsMemberPurposeAndRule) {
  const auto policy = WithRules({kAllow});
  const RuleCase kCases[] = {
      {"an active member", {}, kPublicGov},
      {"a narrower purpose", {.purpose = "work.tax"}, kPublicGov},
      {"one two steps narrower", {.purpose = "work.tax.audit"}, kPublicGov},
      {"another purpose", {.purpose = "health"}, kOpen},
      {"no purpose", {.purpose = ""}, kOpen},
      {"an unknown purpose", {.purpose = "fun"}, kOpen},
      {"another item", {.item = "a.licence"}, kOpen},
      {"a suspended member", {.member = kSuspended}, kOpen},
      {"a removed member", {.member = kStranger}, kOpen},
      {"the public", {.member = ""}, kOpen},
      {"a GOVERNMENT stream", {.sharing_class = v1::GOVERNMENT}, kPublicGov},
      {"that for the public", {.member = "", .sharing_class = v1::GOVERNMENT}, kNothing},
      {"a LIMITED stream", {.sharing_class = v1::LIMITED}, kNothing},
  };
  for (const RuleCase& c : kCases) {
    EXPECT_EQ(Ask(policy, c.question).layers(), c.layers) << c.what;
  }
  EXPECT_EQ(Ask(policy, {}).RuleText(), "rule gov v7");
  EXPECT_EQ(Ask(policy, {}).policy_version(), 7);
}

TEST(Government, ARuleForANarrowerPurposeDoesNotCoverTheBroader) {
  const auto policy = WithRules(
      {"id: 'gov' effect: ALLOW recipients {any_member: true} items: '*' layer: GOVERNMENT "
       "purposes: 'work.tax' legal_basis: 'law'"});
  EXPECT_EQ(Ask(policy, {.purpose = "work"}).layers(), kOpen);
  EXPECT_EQ(Ask(policy, {.purpose = "work.tax"}).layers(), kPublicGov);
  EXPECT_EQ(Ask(policy, {.purpose = "work.tax", .item = "never.named"}).layers(), kPublicGov);
}

TEST(Government, OwnPurposesNarrowThoseOfTheProgram) {
  v1::Policy text = PolicyOf(
      "purposes {code: 'cn.market-supervision' broader: 'work'} purposes {code: 'cn.other'}");
  *text.add_rules() = RuleOf(kAllow);
  const auto policy = Compiled(text);
  EXPECT_EQ(Ask(policy, {.purpose = "cn.market-supervision"}).layers(), kPublicGov);
  EXPECT_EQ(Ask(policy, {.purpose = "cn.other"}).layers(), kOpen);
  EXPECT_EQ(ReasonOf(Ask(policy, {.purpose = "cn.other"}), v1::GOVERNMENT), Reason::kNoRule);
}

TEST(Government, RecipientsMeetAllNamedConditions) {
  const struct {
    std::string who;
    std::vector<const char*> members;  // of those active
  } kCases[] = {
      {"any_member: true", {kNation, kOrigin, kCity, kCounty, kOther}},
      {absl::StrCat("members: '", kCity, "' members: '", kOther, "'"), {kCity, kOther}},
      {absl::StrCat("members: '", kSuspended, "'"), {}},
      {absl::StrCat("members: '", kStranger, "'"), {}},
      {"levels: COUNTY levels: PROVINCE", {kOrigin, kCounty, kOther}},
      {"regions: '31'", {kOrigin, kCity, kCounty}},
      {"regions: '3101' regions: '33'", {kCity, kCounty, kOther}},
      {absl::StrCat("within: '", kOrigin, "'"), {kOrigin, kCity, kCounty}},
      {absl::StrCat("within: '", kNation, "'"), {kNation, kOrigin, kCity, kCounty, kOther}},
      {absl::StrCat("within: '", kOrigin, "' levels: CITY"), {kCity}},
      {absl::StrCat("within: '", kOrigin, "' regions: '33'"), {}},
      {absl::StrCat("members: '", kCity, "' levels: COUNTY"), {}},
  };
  for (const auto& c : kCases) {
    const auto policy = WithRules(
        {absl::StrCat("id: 'gov' effect: ALLOW recipients {", c.who,
                      "} items: 'a.fine' layer: GOVERNMENT purposes: 'work' legal_basis: 'law'")});
    std::vector<std::string> got;
    for (const TestMember& member : SampleMembers()) {
      if (Ask(policy, {.member = member.id}).layers() == kPublicGov) got.push_back(member.id);
    }
    EXPECT_EQ(got, std::vector<std::string>(c.members.begin(), c.members.end())) << c.who;
  }
}

TEST(Government, RulesHoldFromAndUntil) {
  const auto policy = WithRules(
      {absl::StrCat(kAllow, " from: '2026-03-01T00:00:00Z' until: '2026-09-01T00:00:00Z'")});
  const int64_t from = *trust::ParseMoment("2026-03-01T00:00:00Z");
  const int64_t until = *trust::ParseMoment("2026-09-01T00:00:00Z");
  EXPECT_EQ(Ask(policy, {.now_us = from - 1}).layers(), kOpen);
  EXPECT_EQ(Ask(policy, {.now_us = from - 1}).until_us(), from);
  EXPECT_EQ(Ask(policy, {.now_us = from}).layers(), kPublicGov);
  EXPECT_EQ(Ask(policy, {.now_us = until - 1}).layers(), kPublicGov);
  EXPECT_EQ(Ask(policy, {.now_us = until - 1}).until_us(), until);
  EXPECT_EQ(Ask(policy, {.now_us = until}).layers(), kOpen);
}

TEST(Limited, NeedsABulkGrantInForce) {
  const auto policy = WithRules({}, {GrantOf("g")});
  const RuleCase kCases[] = {
      {"its recipient", {.member = kOther}, kOpen | kLim},
      {"a LIMITED stream", {.member = kOther, .sharing_class = v1::LIMITED}, kOpen | kLim},
      {"a narrower purpose", {.member = kOther, .purpose = "work.tax"}, kOpen | kLim},
      {"another purpose", {.member = kOther, .purpose = "health"}, kOpen},
      {"no purpose", {.member = kOther, .purpose = ""}, kOpen},
      {"another item", {.member = kOther, .item = "a.licence"}, kOpen},
      {"another member", {.member = kCity}, kOpen},
      {"who stands above the recipient", {.member = kNation}, kOpen},
      {"the origin itself", {.member = kOrigin}, kOpen},
      {"the public", {.member = ""}, kOpen},
  };
  for (const RuleCase& c : kCases) {
    EXPECT_EQ(Ask(policy, c.question).layers(), c.layers) << c.what;
  }
  EXPECT_EQ(Ask(policy, {.member = kOther}).RuleText(), "grant g v1");
}

TEST(Limited, SaysWhyAGrantDoesNotHelp) {
  const struct {
    const char* rest;
    Reason reason;
    const char* source;
  } kCases[] = {
      {"from: '2026-07-01T00:00:00Z'", Reason::kGrantNotYet, "grant g v1"},
      {"until: '2026-06-01T00:00:00Z'", Reason::kGrantOver, "grant g v1"},
      {"mode: LOOK_UP", Reason::kLookUpOnly, "grant g v1"},
      {"items: 'a.other'", Reason::kNoGrant, ""},
  };
  for (const auto& c : kCases) {
    const auto policy = WithRules({kAllow}, {GrantOf("g", c.rest)});
    const Decision decision = Ask(policy, {.member = kOther});
    EXPECT_EQ(decision.layers(), kPublicGov) << c.rest;
    EXPECT_EQ(ReasonOf(decision, v1::LIMITED), c.reason) << c.rest;
    EXPECT_EQ(policy->SourceName(decision.verdicts()[2].source), c.source) << c.rest;
  }
}

TEST(Limited, AGrantHoldsFromAndUntil) {
  const auto policy =
      WithRules({}, {GrantOf("g", "from: '2026-03-01T00:00:00Z' until: '2026-09-01T00:00:00Z'")});
  const int64_t from = *trust::ParseMoment("2026-03-01T00:00:00Z");
  const int64_t until = *trust::ParseMoment("2026-09-01T00:00:00Z");
  const auto layers = [&](int64_t now_us) {
    return Ask(policy, {.member = kOther, .now_us = now_us}).layers();
  };
  EXPECT_EQ(layers(from - 1), kOpen);
  EXPECT_EQ(layers(from), kOpen | kLim);
  EXPECT_EQ(layers(until - 1), kOpen | kLim);
  EXPECT_EQ(layers(until), kOpen);
}

TEST(Limited, ASuspendedRecipientGetsNothing) {
  const auto policy = WithRules({}, {GrantOf("g", absl::StrCat("recipients: '", kSuspended, "'"))});
  EXPECT_EQ(Ask(policy, {.member = kSuspended}).layers(), kOpen);
}

TEST(Withhold, WinsOverRulesAndGrants) {
  const struct {
    std::string rest;
    Question question;
    LayerMask layers;
  } kCases[] = {
      {"layer: GOVERNMENT items: '*' recipients {any_member: true}", {.member = kOther}, 5},
      {"layer: LIMITED items: 'a.fine' recipients {any_member: true}", {.member = kOther}, 3},
      {"layer: PUBLIC items: '*' recipients {any_member: true}",
       {.member = kOther, .sharing_class = v1::GOVERNMENT},
       6},
      // The stream's own class is gone, so all is.
      {"layer: PUBLIC items: '*' recipients {any_member: true}", {.member = kOther}, kNothing},
      {"layer: PUBLIC items: '*' recipients {any_member: true}", {.member = ""}, kNothing},
      {"layer: PUBLIC items: '*' recipients {any_member: true}", {.member = kSuspended}, kNothing},
      {"layer: PUBLIC items: 'a.other' recipients {any_member: true}", {.member = ""}, kOpen},
      {"layer: PUBLIC items: '*' recipients {levels: CITY}", {.member = ""}, kOpen},
      {"layer: PUBLIC items: '*' recipients {levels: CITY}", {.member = kCity}, kNothing},
      {"layer: GOVERNMENT items: '*' recipients {levels: CITY}", {.member = kOther}, 7},
      {"layer: GOVERNMENT items: '*' recipients {levels: CITY}", {.member = kCity}, kOpen},
      {"layer: GOVERNMENT items: '*' recipients {any_member: true} purposes: 'health'", {}, 3},
      {"layer: GOVERNMENT items: '*' recipients {any_member: true} purposes: 'work'",
       {.purpose = "work.tax"},
       kOpen},
      {"layer: PUBLIC items: '*' recipients {any_member: true} purposes: 'work'",
       {.member = "", .purpose = ""},
       kOpen},
      {"layer: GOVERNMENT items: '*' recipients {any_member: true} "
       "until: '2026-06-01T00:00:00Z'",
       {},
       kPublicGov},
  };
  for (const auto& c : kCases) {
    const auto policy = WithRules({kAllow, Withhold(c.rest)}, {GrantOf("g")});
    EXPECT_EQ(Ask(policy, c.question).layers(), c.layers) << c.rest << c.question.member;
  }
}

TEST(Withhold, OutlivesThePolicysTermForPublic) {
  const auto policy =
      WithRules({Withhold("layer: PUBLIC items: '*' recipients {any_member: true}")});
  const int64_t later = *trust::ParseMoment("2030-01-01T00:00:00Z");
  EXPECT_EQ(Ask(policy, {.now_us = later}).layers(), kNothing);
}

TEST(Hub, NarrowsAndNeverWidens) {
  const auto policy = WithRules({kAllow}, {GrantOf("g")});
  for (const char* member : {"", kCity, kOther}) {
    for (const auto own : {v1::PUBLIC, v1::GOVERNMENT, v1::LIMITED}) {
      const LayerMask whole = Ask(policy, {.member = member, .sharing_class = own}).layers();
      for (int held = 0; held < 8; ++held) {
        for (int hop = 0; hop < 8; ++hop) {
          const LayerMask got = Ask(policy, {.member = member,
                                             .sharing_class = own,
                                             .held = static_cast<LayerMask>(held),
                                             .hop = static_cast<LayerMask>(hop)})
                                    .layers();
          const LayerMask most = whole & held & hop;
          // Nothing at all where the stream's own class is taken away.
          EXPECT_EQ(got, (most >> (own - v1::PUBLIC) & 1) != 0 ? most : kNothing);
        }
      }
    }
  }
  const Decision narrow = Ask(policy, {.held = kOpen});
  EXPECT_EQ(ReasonOf(narrow, v1::GOVERNMENT), Reason::kNotHeld);
  EXPECT_EQ(ReasonOf(Ask(policy, {.hop = kOpen}), v1::GOVERNMENT), Reason::kHopNarrowed);
  EXPECT_EQ(ReasonOf(Ask(policy, {.hop = kGov}), v1::GOVERNMENT), Reason::kClassHidden);
}

TEST(Hub, DoesNotHandOnWhatCameUnderNoOnward) {
  const auto policy =
      WithRules({kAllow}, {GrantOf("g", "obligations: 'LOG' obligations: 'NO_ONWARD'"),
                           GrantOf("h", "items: 'a.free'")});
  EXPECT_EQ(Ask(policy, {.member = kOther}).layers(), 7);
  EXPECT_EQ(Ask(policy, {.member = kOther}).onward(), kPublicGov);
  EXPECT_EQ(Ask(policy, {.member = kOther, .sharing_class = v1::LIMITED}).onward(), kNothing);
  EXPECT_EQ(Ask(policy, {.member = kOther, .item = "a.free"}).onward(), kOpen | kLim);
  EXPECT_EQ(Ask(nullptr, {}).onward(), kOpen);
  // Another grant without the obligation does not free what came under one that has it.
  const auto both = WithRules({}, {GrantOf("a"), GrantOf("g", "obligations: 'NO_ONWARD'")});
  EXPECT_EQ(Ask(both, {.member = kOther}).onward(), kOpen);
  // One that is over binds no longer.
  const auto over = WithRules({}, {GrantOf("a"), GrantOf("g",
                                                         "obligations: 'NO_ONWARD' until: "
                                                         "'2026-02-01T00:00:00Z'")});
  EXPECT_EQ(Ask(over, {.member = kOther}).onward(), kOpen | kLim);
}

TEST(Obligations, AreThoseOfTheSource) {
  const auto policy = WithRules({absl::StrCat(kAllow, " obligations: 'DELETE_AFTER_USE'")});
  const uint32_t source = Ask(policy, {}).verdicts()[1].source;
  EXPECT_THAT(policy->Obligations(source), ::testing::ElementsAre("DELETE_AFTER_USE"));
  EXPECT_TRUE(policy->Obligations(0).empty());
}

// --- terms of one record
std::string HeaderOf(v1::RecordState state, int publish_until, int share_until) {
  v1::RecordHeader header;
  header.set_record_id(std::string(16, 'r'));
  header.set_version(300);
  header.set_kind(v1::PENALTY);
  header.set_polarity(v1::NEGATIVE);
  header.set_state(state);
  header.set_decided_on(-40000);
  header.set_valid_until(99999);
  if (publish_until != 0) header.set_publish_until(publish_until);
  if (share_until != 0) header.set_share_until(share_until);
  header.set_recorded_at_us(kNowUs);
  return ledger::CanonicalBytes(header);
}

TEST(Terms, StatesAndLastDays) {
  constexpr int kToday = 20000;
  const struct {
    v1::RecordState state;
    int publish_until, share_until;
    LayerMask layers;
  } kCases[] = {
      {v1::EFFECTIVE, 0, 0, 7},
      {v1::EFFECTIVE, kToday, 0, 7},
      {v1::EFFECTIVE, kToday - 1, 0, 6},
      {v1::EFFECTIVE, -kToday, 0, 6},
      {v1::EFFECTIVE, 0, kToday, 7},
      {v1::EFFECTIVE, 0, kToday - 1, 0},
      {v1::EFFECTIVE, kToday, kToday - 1, 0},
      {v1::EFFECTIVE, 0, -5, 0},
      {v1::REPAIRED, 0, 0, 6},
      {v1::WITHDRAWN, 0, 0, 6},
      {v1::ANNULLED, kToday, kToday, 6},
      {v1::STAYED, 0, 0, 7},
      {v1::EXPIRED, 0, 0, 7},
  };
  for (const auto& c : kCases) {
    const std::string header = HeaderOf(c.state, c.publish_until, c.share_until);
    for (int layers = 0; layers < 8; ++layers) {
      EXPECT_EQ(WithinTerms(header, static_cast<LayerMask>(layers), kToday), layers & c.layers)
          << c.state << " " << c.publish_until << " " << c.share_until;
    }
  }
}

TEST(Terms, WhatCannotBeReadShowsNothing) {
  const std::string header = HeaderOf(v1::EFFECTIVE, 30000, 30000);
  EXPECT_EQ(WithinTerms("", 7, 1), 0);
  EXPECT_EQ(WithinTerms(header.substr(0, 5), 7, 1), 0);
  EXPECT_EQ(WithinTerms(std::string(12, '\xff'), 7, 1), 0);
  EXPECT_EQ(WithinTerms(header + "\x0d", 7, 1), 0);      // a fixed number, which no header has
  EXPECT_EQ(WithinTerms(header + "\x62\x7f", 7, 1), 0);  // bytes past the end
}

}  // namespace
}  // namespace tombolo::boundary
