#include "gateway/boundary/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/ledger/canonical.h"
#include "tests/unit/boundary/fixture.h"

namespace tombolo::boundary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kAllow[] =
    "id: 'gov' effect: ALLOW recipients {any_member: true} items: 'a.fine' layer: GOVERNMENT "
    "purposes: 'work' legal_basis: 'law' obligations: 'LOG'";

std::string HeaderOf(v1::RecordState state = v1::EFFECTIVE, int share_until = 0) {
  v1::RecordHeader header;
  header.set_record_id(std::string(16, 'r'));
  header.set_version(1);
  header.set_state(state);
  if (share_until != 0) header.set_share_until(share_until);
  return ledger::CanonicalBytes(header);
}

Explanation Why(const std::shared_ptr<const CompiledPolicy>& policy, const Question& question,
                const std::string& header = HeaderOf()) {
  return Explain(policy, RequestOf(policy, question), header, question.now_us);
}

TEST(Explain, NamesTheRuleOfEachLayer) {
  v1::Policy text = PolicyOf("");
  *text.add_rules() = RuleOf(kAllow);
  const auto policy = Compiled(text, {GrantOf("g", "obligations: 'NO_ONWARD'")});
  const Explanation why = Why(policy, {.member = kOther});
  EXPECT_EQ(why.policy_version, 7);
  EXPECT_EQ(why.registry_version, 3);
  EXPECT_FALSE(why.stub);
  ASSERT_EQ(why.layers.size(), 3);
  EXPECT_EQ(why.layers[0].layer, v1::PUBLIC);
  EXPECT_EQ(why.layers[0].reason, Reason::kPublic);
  EXPECT_EQ(why.layers[1].reason, Reason::kRule);
  EXPECT_EQ(why.layers[1].source, "rule gov v7");
  EXPECT_THAT(why.layers[1].obligations, ElementsAre("LOG"));
  EXPECT_EQ(why.layers[2].reason, Reason::kGrant);
  EXPECT_EQ(why.layers[2].source, "grant g v1");
  EXPECT_THAT(why.layers[2].obligations, ElementsAre("NO_ONWARD"));
}

TEST(Explain, SaysWhyTheOtherClausesDidNotDecide) {
  v1::Policy text = PolicyOf("");
  for (const std::string& rule : {
           absl::StrCat("id: 'a' effect: WITHHOLD recipients {members: '", kOther,
                        "'} items: 'a.fine' layer: GOVERNMENT"),
           std::string("id: 'b' effect: WITHHOLD recipients {any_member: true} items: 'a.fine' "
                       "layer: GOVERNMENT purposes: 'health'"),
           std::string(kAllow),
           std::string("id: 'h' effect: WITHHOLD recipients {any_member: true} items: '*' "
                       "layer: GOVERNMENT from: '2026-07-01T00:00:00Z'"),
           std::string("id: 'i' effect: WITHHOLD recipients {any_member: true} items: '*' "
                       "layer: GOVERNMENT until: '2026-06-01T00:00:00Z'"),
           std::string("id: 'j' effect: WITHHOLD recipients {any_member: true} items: 'b.tax' "
                       "layer: GOVERNMENT"),
       }) {
    *text.add_rules() = RuleOf(rule);
  }
  *text.add_rules() = RuleOf(kAllow);
  text.mutable_rules(6)->set_id("k");
  const auto policy = Compiled(
      text, {GrantOf("g", "mode: LOOK_UP recipients: '" + std::string(kCity) + "'"), GrantOf("h")});
  const Explanation why = Why(policy, {});
  EXPECT_EQ(why.layers[1].source, "rule gov v7");
  EXPECT_THAT(
      why.layers[1].considered,
      ElementsAre("rule a v7 does not name the recipient", "rule b v7 does not name the purpose",
                  "rule h v7 is in force from 2026-07-01T00:00:00Z",
                  "rule i v7 was in force until 2026-06-01T00:00:00Z",
                  "rule k v7 is in force too, but something else decided"));
  EXPECT_EQ(why.layers[2].reason, Reason::kLookUpOnly);
  EXPECT_EQ(why.layers[2].source, "grant g v1");
  EXPECT_THAT(why.layers[2].considered, ElementsAre("grant h v1 does not name the recipient"));
  EXPECT_THAT(why.layers[0].considered, IsEmpty());
}

TEST(Explain, TellsOfTheRecordsOwnTerms) {
  const auto policy = Compiled(PolicyOf(""));
  const Explanation repaired = Why(policy, {}, HeaderOf(v1::REPAIRED));
  EXPECT_FALSE(repaired.layers[0].shown);
  EXPECT_EQ(repaired.layers[0].reason, Reason::kTermOver);
  EXPECT_TRUE(repaired.stub);
  EXPECT_EQ(repaired.layers[1].reason, Reason::kNoRule);
  const int today = 20619;  // 2026-06-15
  EXPECT_TRUE(Why(policy, {}, HeaderOf(v1::EFFECTIVE, today)).layers[0].shown);
  EXPECT_FALSE(Why(policy, {}, HeaderOf(v1::EFFECTIVE, today - 1)).layers[0].shown);
}

TEST(Explain, WithoutAPolicyOrStream) {
  const Explanation none = Why(nullptr, {});
  EXPECT_TRUE(none.layers[0].shown);
  EXPECT_EQ(none.layers[1].reason, Reason::kNoPolicy);
  EXPECT_EQ(none.policy_version, 0);
  const Explanation hidden = Why(nullptr, {.sharing_class = v1::LIMITED});
  EXPECT_EQ(hidden.layers[0].reason, Reason::kClassHidden);
  EXPECT_FALSE(hidden.stub);  // the stream itself is not shown
}

// --- shadow
std::string LineText(const ShadowLine& line) {
  return absl::StrCat(line.recipient.substr(line.recipient.rfind('/') + 1), " ", line.item, " ",
                      static_cast<int>(line.layer), " ", line.purpose, " +", line.released, " -",
                      line.withdrawn);
}
std::vector<std::string> Lines(const std::vector<ShadowLine>& lines) {
  std::vector<std::string> out;
  for (const ShadowLine& line : lines) out.push_back(LineText(line));
  return out;
}

const std::vector<StreamCount>& Counts() {
  static const auto* const kCounts = new std::vector<StreamCount>{{"a.fine", v1::PUBLIC, 100},
                                                                  {"a.fine", v1::GOVERNMENT, 20},
                                                                  {"a.fine", v1::LIMITED, 3},
                                                                  {"b.tax", v1::GOVERNMENT, 7}};
  return *kCounts;
}

TEST(Shadow, NothingChangesNothingIsSaid) {
  v1::Policy text = PolicyOf("");
  *text.add_rules() = RuleOf(kAllow);
  const auto policy = Compiled(text, {GrantOf("g")});
  EXPECT_THAT(Shadow(policy, policy, Counts(), kNowUs), IsEmpty());
  EXPECT_THAT(Shadow(nullptr, nullptr, Counts(), kNowUs), IsEmpty());
}

TEST(Shadow, CountsWhatIsReleasedAndWithdrawn) {
  v1::Policy open = PolicyOf("");
  *open.add_rules() = RuleOf(
      absl::StrCat("id: 'gov' effect: ALLOW recipients {members: '", kCity,
                   "'} items: 'a.fine' layer: GOVERNMENT purposes: 'work' legal_basis: 'law'"));
  const auto now = Compiled(PolicyOf(""));
  const auto then = Compiled(open, {GrantOf("g")});
  // GOVERNMENT streams have their PUBLIC layer shown with them.
  EXPECT_THAT(Lines(Shadow(now, then, Counts(), kNowUs)),
              ElementsAre("01 a.fine 1 work +20 -0", "01 a.fine 2 work +120 -0",
                          "33 a.fine 1 work +3 -0", "33 a.fine 3 work +103 -0"));
  EXPECT_THAT(Lines(Shadow(then, now, Counts(), kNowUs)),
              ElementsAre("01 a.fine 1 work +0 -20", "01 a.fine 2 work +0 -120",
                          "33 a.fine 1 work +0 -3", "33 a.fine 3 work +0 -103"));
}

TEST(Shadow, SpeaksOfThePublicToo) {
  v1::Policy closed = PolicyOf("");
  *closed.add_rules() = RuleOf(
      "id: 'no' effect: WITHHOLD recipients {any_member: true} items: 'a.fine' layer: PUBLIC");
  const std::vector<ShadowLine> lines =
      Shadow(Compiled(PolicyOf("")), Compiled(closed), Counts(), kNowUs);
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0].recipient, "the public");
  EXPECT_EQ(lines[0].withdrawn, 100);
}

}  // namespace
}  // namespace tombolo::boundary
