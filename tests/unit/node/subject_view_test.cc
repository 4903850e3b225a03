// One subject across origins: what is found, by which way it came, what contradicts each other.
#include "gateway/node/subject_view.h"

#include <gtest/gtest.h>

#include "gateway/store/memory/memory_store.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/exchange_node.h"

namespace tombolo::node {
namespace {

class SubjectViewTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  ExchangeNode city_{"city", store::MakeMemoryStore(), &clock_, 1};
  ExchangeNode town_{"town", store::MakeMemoryStore(), &clock_, 2};
  ExchangeNode province_{"province", store::MakeMemoryStore(), &clock_, 3};
};

TEST_F(SubjectViewTest, OwnAndReceivedRecordsWithTheirWays) {
  for (int i = 0; i < 10; ++i) city_.Put(i);
  for (int i = 0; i < 10; ++i) town_.Put(i);
  town_.Put(20, {v1::PUBLIC, v1::EFFECTIVE, {}, kToday - 1});  // its time is over
  city_.Retract(6);
  province_.Put(1);
  for (ExchangeNode* node : {&city_, &town_, &province_}) node->Commit();
  ASSERT_OK(town_.TakeFrom(&city_, 7));
  ASSERT_OK(province_.TakeFrom(&town_, 7));
  ASSERT_OK_AND_ASSIGN(const SubjectView view, ViewSubject(province_.context, "test.org", "O1"));
  ASSERT_EQ(view.records.size(), 4u);  // 1 of city and province, 1 and 6 of town
  EXPECT_EQ(view.records[0].origin, city_.context.origin);
  EXPECT_EQ(view.records[0].path,
            (std::vector<std::string>{city_.context.origin, town_.context.origin}));
  EXPECT_EQ(view.records[1].origin, province_.context.origin);
  EXPECT_TRUE(view.records[1].path.empty());
  EXPECT_EQ(view.records[2].origin, town_.context.origin);
  EXPECT_EQ(view.records[2].path, std::vector<std::string>{town_.context.origin});
  EXPECT_TRUE(view.conflicts.empty());
  EXPECT_EQ(view.withheld, 0u);
  ASSERT_OK_AND_ASSIGN(const SubjectView other, ViewSubject(town_.context, "test.org", "O0"));
  EXPECT_EQ(other.records.size(), 4u);
  EXPECT_EQ(other.withheld, 1u);
}

TEST_F(SubjectViewTest, ASubjectInAHiddenLayerIsNotFound) {
  city_.Put(1);
  city_.Commit();
  ASSERT_OK(province_.TakeFrom(&city_, 3));
  ASSERT_OK_AND_ASSIGN(const SubjectView view, ViewSubject(province_.context, "test.org", "O1"));
  EXPECT_TRUE(view.records.empty());
}

TEST_F(SubjectViewTest, EveryQuestionIsAuditedWithoutNamingTheSubject) {
  ASSERT_OK(ViewSubject(city_.context, "test.org", "O1"));
  const auto events = city_.Events(v1::SUBJECT_VIEWED);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].subject_ref(), city_.identity->ForSubject("test.org", "O1").view());
  EXPECT_EQ(events[0].DebugString().find("O1\""), std::string::npos);
}

// --- contradictions

struct Said {
  std::string origin, item = "a";
  v1::RecordKind kind = v1::PENALTY;
  std::vector<std::pair<std::string, std::string>> fields;
  v1::RecordState state = v1::EFFECTIVE;
  std::optional<int32_t> valid_until;
  size_t layer = 0;
};

HeldRecord Held(const Said& said) {
  HeldRecord held;
  held.origin = said.origin;
  held.view.stream.set_origin(said.origin);
  held.view.stream.set_item(said.item);
  held.view.header.set_kind(said.kind);
  held.view.header.set_state(said.state);
  if (said.valid_until) held.view.header.set_valid_until(*said.valid_until);
  for (const auto& [name, value] : said.fields) {
    v1::Field* field = held.view.layers[said.layer].add_fields();
    field->set_name(name);
    field->set_text(value);
  }
  return held;
}

std::vector<std::string> Fields(const std::vector<Said>& all) {
  std::vector<HeldRecord> records;
  for (const Said& said : all) records.push_back(Held(said));
  std::vector<std::string> fields;
  for (const Conflict& conflict : FindConflicts(records)) fields.push_back(conflict.field);
  return fields;
}

const std::vector<std::pair<std::string, std::string>> kDecision = {{"authority.name", "Tax"},
                                                                    {"decision.number", "7"}};

TEST(FindConflicts, OneDecisionReportedTwice) {
  const std::vector<std::string> found = {"decision.number"};
  EXPECT_EQ(Fields({{"x", "a", v1::PENALTY, kDecision}, {"y", "a", v1::PENALTY, kDecision}}),
            found);
  EXPECT_EQ(Fields({{"x", "a", v1::PENALTY, kDecision}, {"x", "b", v1::PENALTY, kDecision}}),
            found);
  // Versions of one source, another authority, no authority: none.
  EXPECT_TRUE(
      Fields({{"x", "a", v1::PENALTY, kDecision}, {"x", "a", v1::PENALTY, kDecision}}).empty());
  EXPECT_TRUE(
      Fields({{"x", "a", v1::PENALTY, kDecision},
              {"y", "a", v1::PENALTY, {{"authority.name", "Fire"}, {"decision.number", "7"}}}})
          .empty());
  EXPECT_TRUE(Fields({{"x", "a", v1::PENALTY, {{"decision.number", "7"}}},
                      {"y", "a", v1::PENALTY, {{"decision.number", "7"}}}})
                  .empty());
}

TEST(FindConflicts, NamesThatDifferBetweenOrigins) {
  const auto named = [](const char* origin, const char* name) {
    return Said{origin, "a", v1::PENALTY, {{"subject.name", name}}};
  };
  EXPECT_EQ(Fields({named("x", "A Ltd"), named("y", "B Ltd")}),
            std::vector<std::string>{"subject.name"});
  EXPECT_TRUE(Fields({named("x", "A Ltd"), named("y", "A Ltd")}).empty());
  EXPECT_TRUE(Fields({named("x", "A Ltd"), named("x", "B Ltd")}).empty());  // it changed its name
  EXPECT_TRUE(Fields({named("x", "A Ltd"), named("y", "A**td")}).empty());  // masked
  EXPECT_TRUE(Fields({named("x", "A Ltd"), named("y", "")}).empty());
}

TEST(FindConflicts, FactsOfARegistrationOrOfAPermitOfOneNumber) {
  const auto fact = [](const char* origin, v1::RecordKind kind, std::optional<int32_t> until,
                       v1::RecordState state, const char* number) {
    Said said{origin, "a", kind, {}, state, until};
    if (*number != 0) said.fields = {{"decision.number", number}};
    return said;
  };
  using F = std::vector<std::string>;
  EXPECT_EQ(Fields({fact("x", v1::REGISTRATION, 5, v1::EFFECTIVE, ""),
                    fact("y", v1::REGISTRATION, 6, v1::WITHDRAWN, "")}),
            (F{"state", "valid_until"}));
  EXPECT_EQ(Fields({fact("x", v1::PERMIT, 5, v1::EFFECTIVE, "7"),
                    fact("y", v1::PERMIT, 6, v1::EFFECTIVE, "7")}),
            (F{"valid_until"}));
  EXPECT_TRUE(Fields({fact("x", v1::PERMIT, 5, v1::EFFECTIVE, "7"),
                      fact("y", v1::PERMIT, 6, v1::EFFECTIVE, "8")})
                  .empty());
  EXPECT_TRUE(Fields({fact("x", v1::PERMIT, 5, v1::EFFECTIVE, ""),
                      fact("y", v1::PERMIT, 6, v1::EFFECTIVE, "")})
                  .empty());
  // What one does not say is no difference; penalties may differ as they like.
  EXPECT_TRUE(Fields({fact("x", v1::REGISTRATION, 5, v1::EFFECTIVE, ""),
                      fact("y", v1::REGISTRATION, {}, v1::EFFECTIVE, "")})
                  .empty());
  EXPECT_TRUE(Fields({fact("x", v1::PENALTY, 5, v1::EFFECTIVE, ""),
                      fact("y", v1::PENALTY, 6, v1::WITHDRAWN, "")})
                  .empty());
}

TEST(FindConflicts, TheStrictestLayerSpeaks) {
  Said masked{"x", "a", v1::PENALTY, {{"subject.name", "A**"}}};
  HeldRecord both = Held(masked);
  v1::Field* field = both.view.layers[2].add_fields();
  field->set_name("subject.name");
  field->set_text("Alpha");
  const auto conflicts =
      FindConflicts({both, Held({"y", "a", v1::PENALTY, {{"subject.name", "Beta"}}})});
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].kind, ConflictKind::kFactsDisagree);
  EXPECT_EQ(conflicts[0].records, (std::vector<size_t>{0, 1}));
}

}  // namespace
}  // namespace tombolo::node
