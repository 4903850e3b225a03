#include "gateway/record/rules.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/record/canonical.h"
#include "gateway/record/rule_list.h"
#include "tests/unit/record/catalogue_cases.h"
#include "tests/unit/record/rules_cases.h"

namespace tombolo::record {
namespace {

class RulesTest : public ::testing::Test {
 protected:
  void Load(const v1::Catalogue& declared, const v1::ProfileRules& rules) {
    catalogue_ = MustCompile(declared, ProfileWith(rules));
  }
  void SetUp() override { Load(SampleCatalogue(), AllSwitches()); }
  Draft Sound(int item) const { return SoundDraft(*catalogue_, item); }
  std::string Faults(Draft* draft) {
    Validate(*catalogue_, kToday, draft, &verdict_);
    return Shown(verdict_.faults);
  }

  std::shared_ptr<const Catalogue> catalogue_;
  Verdict verdict_;
};

TEST_F(RulesTest, SoundRecordsPassUnderEverySwitch) {
  for (const int item : {kRegister, kPenalty, kList}) {
    Draft draft = Sound(item);
    EXPECT_EQ(Faults(&draft), "");
    EXPECT_EQ(Shown(verdict_.warnings), "");
    // A second time changes nothing: what comes out is in normal form.
    const std::vector<Value> once = draft.values;
    const HeaderValues header = draft.header;
    EXPECT_EQ(Faults(&draft), "");
    EXPECT_EQ(draft.values, once);
    EXPECT_EQ(draft.header, header);
    LayerBytes layers;
    ASSERT_TRUE(EncodeLayers(draft, &layers).ok());
    for (const std::string& layer : layers) EXPECT_TRUE(DecodeLayer(layer).ok());
  }
}

class RecordDamage : public ::testing::TestWithParam<RecordCase> {};

TEST_P(RecordDamage, IsRefusedAndOnlyWhileItsSwitchIsOn) {
  const RecordCase& one = GetParam();
  const auto validate = [&one](const v1::ProfileRules& rules) {
    const auto catalogue = MustCompile(SampleCatalogue(), ProfileWith(rules));
    Draft draft = SoundDraft(*catalogue, one.item);
    one.damage(&draft);
    Verdict verdict;
    Validate(*catalogue, kToday, &draft, &verdict);
    return verdict.faults;
  };
  const std::vector<Fault> faults = validate(AllSwitches());
  ASSERT_EQ(faults.size(), 1u) << Shown(faults);
  EXPECT_EQ(faults[0].code, one.code) << Shown(faults);
  EXPECT_EQ(faults[0].column, one.column) << Shown(faults);
  EXPECT_NE(faults[0].reason, "");
  v1::ProfileRules rules = AllSwitches();
  if (one.switch_off) {
    one.switch_off(&rules);
    EXPECT_EQ(Shown(validate(rules)), "");
  } else {
    // What binds every catalogue binds one whose profile switches nothing on.
    EXPECT_EQ(Shown(validate(v1::ProfileRules())), Shown(faults));
  }
}

std::string NameOfCase(const ::testing::TestParamInfo<RecordCase>& info) {
  std::string name = info.param.name;
  for (char& c : name) {
    if (c == ' ' || c == '\'' || c == '-') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Values, RecordDamage, ::testing::ValuesIn(ValueCases()), NameOfCase);
INSTANTIATE_TEST_SUITE_P(Header, RecordDamage, ::testing::ValuesIn(HeaderCases()), NameOfCase);
INSTANTIATE_TEST_SUITE_P(Core, RecordDamage, ::testing::ValuesIn(CoreCases()), NameOfCase);
INSTANTIATE_TEST_SUITE_P(Profile, RecordDamage, ::testing::ValuesIn(ProfileCases()), NameOfCase);

TEST_F(RulesTest, BringsValuesToNormalForm) {
  Draft draft = Sound(kRegister);
  At(&draft, "subject.name") = "Lift\tWorks\r\nLtd";
  At(&draft, "purposes") = std::vector<std::string>{" ", "a", ""};
  At(&draft, "area") = DecimalValue{"+007.10"};
  At(&draft, "size") = CodeValue{" ", ""};
  At(&draft, "owner.id") = IdentifierValue{"", "p1234567"};
  EXPECT_EQ(Faults(&draft), "");
  EXPECT_EQ(At(&draft, "subject.name"), Value("Lift Works\nLtd"));
  EXPECT_EQ(At(&draft, "purposes"), Value(std::vector<std::string>{"a"}));
  EXPECT_EQ(At(&draft, "area"), Value(DecimalValue{"7.1"}));
  EXPECT_EQ(At(&draft, "size"), Value());
  EXPECT_EQ(At(&draft, "owner.id"), Value(IdentifierValue{"test.person", "P1234567"}));
}

TEST_F(RulesTest, TheVerdictSaysHowLongItHolds) {
  Draft draft = Sound(kRegister);
  draft.header.publish_until.reset();
  draft.header.share_until.reset();
  Faults(&draft);
  EXPECT_EQ(verdict_.holds_through, std::nullopt);
  draft = Sound(kPenalty);
  draft.header.publish_until = kToday + 1;
  EXPECT_EQ(Faults(&draft), "");
  EXPECT_EQ(verdict_.holds_through, kToday + 1);
  draft.header.publish_until = kToday;
  EXPECT_EQ(Faults(&draft), "");  // its last day
  EXPECT_EQ(verdict_.holds_through, kToday);
  draft = Sound(kList);
  draft.header.share_until = kToday + 3;
  Faults(&draft);
  ASSERT_TRUE(verdict_.holds_through.has_value());
  EXPECT_LE(*verdict_.holds_through, kToday + 3);
  // What ended is told whenever it ended.
  draft = Sound(kPenalty);
  draft.header.state = v1::REPAIRED;
  draft.header.publish_until = kToday - 1;
  Faults(&draft);
  EXPECT_EQ(verdict_.holds_through, std::nullopt);
}

TEST_F(RulesTest, AllFaultsTogetherUpToTheLimit) {
  Draft draft = Sound(kRegister);
  At(&draft, "subject.name") = std::monostate();
  At(&draft, "area") = DecimalValue{"x"};
  draft.natural_key.clear();
  draft.header.valid_from = 2;
  draft.header.valid_until = 1;
  Faults(&draft);
  EXPECT_EQ(verdict_.faults.size(), 4u) << Shown(verdict_.faults);

  draft = Sound(kRegister);
  At(&draft, "purposes") = std::vector<std::string>(limits::kFaultsPerRowMax, "\x01");
  Faults(&draft);
  EXPECT_EQ(verdict_.faults.size(), limits::kFaultsPerRowMax);
  At(&draft, "purposes") = std::vector<std::string>(limits::kFaultsPerRowMax + 1, "\x01");
  Faults(&draft);
  EXPECT_EQ(verdict_.faults.size(), limits::kFaultsPerRowMax);
}

TEST_F(RulesTest, LimitsAtTheirLastAllowedValue) {
  Draft draft = Sound(kRegister);
  At(&draft, "scratch") = std::string(limits::kFieldTextBytesMax, 'x');
  draft.natural_key = {"x", std::string(limits::kNaturalKeyBytesMax - 1, 'k')};
  At(&draft, "founded") = DateValue{-719162};
  draft.header.share_until = 2932896;
  EXPECT_EQ(Faults(&draft), "");
}

TEST_F(RulesTest, AnItemOfAnotherCatalogueIsUnknown) {
  const auto other = MustCompile(SampleCatalogue(), ProfileWith({}));
  Draft draft = SoundDraft(*other, kRegister);
  EXPECT_NE(Faults(&draft).find("CATALOGUE_ITEM_UNKNOWN"), std::string::npos);
}

TEST_F(RulesTest, MissingValuesAtTheEndAreAbsent) {
  Draft draft = Sound(kRegister);
  draft.values.clear();
  EXPECT_NE(Faults(&draft).find("FIELD_REQUIRED subject.name"), std::string::npos);
  EXPECT_EQ(verdict_.faults.size(), 1u);
}

TEST_F(RulesTest, WarningsDoNotRefuse) {
  Draft draft = Sound(kRegister);
  draft.header.decided_on = 20000;
  At(&draft, "place") = "02";
  At(&draft, "any.id") = IdentifierValue{"test.other", "W1"};
  EXPECT_EQ(Faults(&draft), "");
  ASSERT_EQ(verdict_.warnings.size(), 2u);
  EXPECT_EQ(verdict_.warnings[0].column, "any.id");
  EXPECT_EQ(verdict_.warnings[1].code, Code::DIVISION_UNKNOWN);
  draft.header.decided_on = 900;
  Faults(&draft);
  EXPECT_EQ(verdict_.warnings.size(), 1u);
}

TEST_F(RulesTest, PersonsNumbersAreOnlyLookedForInFreeText) {
  Draft draft = Sound(kRegister);
  At(&draft, "owner.id") = IdentifierValue{"test.person", "P1234567"};
  At(&draft, "phone") = "P1234567";
  At(&draft, "scratch") = "P1234567";
  At(&draft, "site") = "https://example.test/P1234567";
  EXPECT_EQ(Faults(&draft), "");
}

TEST_F(RulesTest, PublicityTermComesFromTheItem) {
  Draft draft = Sound(kPenalty);
  draft.header.decided_on = *ParseIsoDate("2024-02-29");
  EXPECT_EQ(Faults(&draft), "");
  EXPECT_EQ(draft.header.publish_until, ParseIsoDate("2025-02-28"));
  draft.header.publish_until = *ParseIsoDate("2024-12-31");
  EXPECT_EQ(Faults(&draft), "");
  EXPECT_EQ(draft.header.publish_until, ParseIsoDate("2024-12-31"));
  draft = Sound(kRegister);
  draft.header.decided_on = 19900;
  EXPECT_EQ(Faults(&draft), "");
  EXPECT_EQ(draft.header.publish_until, std::nullopt);
}

TEST_F(RulesTest, AuthorityAndBasisMayBeConstants) {
  Draft draft = Sound(kPenalty);
  At(&draft, "authority.name") = At(&draft, "authority.id") = std::monostate();
  At(&draft, "legal_basis") = std::monostate();
  EXPECT_EQ(Faults(&draft), "");

  v1::Catalogue declared = SampleCatalogue();
  *declared.mutable_items(kPenalty)->add_authorities() = declared.items(kPenalty).authorities(0);
  declared.mutable_items(kPenalty)->clear_legal_basis();
  Load(declared, {});
  draft = Sound(kPenalty);
  At(&draft, "authority.name") = At(&draft, "authority.id") = std::monostate();
  At(&draft, "legal_basis") = std::vector<std::string>{""};
  Faults(&draft);
  ASSERT_EQ(verdict_.faults.size(), 2u) << Shown(verdict_.faults);
  EXPECT_EQ(verdict_.faults[0].column, "authority.name");
  EXPECT_EQ(verdict_.faults[1].column, "legal_basis");
}

TEST_F(RulesTest, ADecisionThatIsNotInForceMayBeToldAsSuch) {
  for (const v1::RecordState state : {v1::PENDING, v1::STAYED, v1::ANNULLED}) {
    Draft draft = Sound(kPenalty);
    draft.header.effective_on = kToday + 1;
    draft.header.state = state;
    EXPECT_EQ(Faults(&draft), "");
  }
  Draft draft = Sound(kPenalty);
  draft.header.effective_on = kToday;
  EXPECT_EQ(Faults(&draft), "");
}

TEST_F(RulesTest, WhatEndedIsToldAfterItsTerm) {
  for (const v1::RecordState state : {v1::REPAIRED, v1::EXPIRED, v1::WITHDRAWN, v1::ANNULLED}) {
    Draft draft = Sound(kPenalty);
    draft.header.publish_until = kToday - 1;
    draft.header.state = state;
    EXPECT_EQ(Faults(&draft), "");
  }
  Draft draft = Sound(kPenalty);
  draft.header.publish_until = kToday;
  EXPECT_EQ(Faults(&draft), "");
}

TEST_F(RulesTest, RelatedPartiesWithADecisionOfTheirOwnPass) {
  Draft draft = Sound(kPenalty);
  At(&draft, "subject.related_role") = CodeValue{"A", ""};
  At(&draft, "notice.served_on") = DateValue{19890};
  EXPECT_EQ(Faults(&draft), "");
}

TEST_F(RulesTest, ListingsBeforeTheObjectionNeedAnAnswerOrAWaiver) {
  for (const char* answer : {"ANSWERED", "WAIVED"}) {
    Draft draft = Sound(kList);
    At(&draft, "notice.objection_until") = DateValue{19960};
    At(&draft, "notice.representation") = CodeValue{answer, ""};
    EXPECT_EQ(Faults(&draft), "");
  }
  // Without a day of its own the listing counts from the effect, else from the decision.
  Draft draft = Sound(kList);
  At(&draft, "list.listed_on") = std::monostate();
  EXPECT_NE(Faults(&draft).find("NOTICE_MISSING"), std::string::npos);
  draft.header.effective_on = 19950;
  EXPECT_EQ(Faults(&draft), "");
}

TEST_F(RulesTest, LevelsAboveTheOneNamedMayList) {
  for (const char* level : {"NATIONAL", "PROVINCE", "PREFECTURE", "COUNTY"}) {
    Draft draft = Sound(kList);
    At(&draft, "authority.level") = CodeValue{level, ""};
    EXPECT_EQ(Faults(&draft), "");
  }
}

TEST_F(RulesTest, WindowsFollowTheSeverityOfTheRecord) {
  Draft draft = Sound(kPenalty);
  draft.header.publish_until = 20265;  // 12 months
  EXPECT_EQ(Faults(&draft), "");
  draft.header.publish_until = 20995;  // 36 months
  At(&draft, "severity") = CodeValue{"SERIOUS", ""};
  EXPECT_EQ(Faults(&draft), "");
  draft.header.publish_until = 20996;
  EXPECT_NE(Faults(&draft).find("WINDOW_INVALID publish_until"), std::string::npos);

  v1::Catalogue declared = SampleCatalogue();
  declared.mutable_items(kPenalty)->clear_severity();
  declared.mutable_items(kPenalty)->clear_publicity_months();
  Load(declared, AllSwitches());
  draft = Sound(kPenalty);
  EXPECT_NE(Faults(&draft).find("WINDOW_INVALID severity"), std::string::npos);
  At(&draft, "severity") = CodeValue{"GENERAL", ""};
  EXPECT_NE(Faults(&draft).find("WINDOW_INVALID publish_until"), std::string::npos);
  declared.mutable_items(kPenalty)->set_sharing_class(v1::GOVERNMENT);
  Load(declared, AllSwitches());
  draft = Sound(kPenalty);
  EXPECT_EQ(Faults(&draft), "");
}

TEST_F(RulesTest, NaturalPersonsAreNotRatedEvenWhenTheItemSaysOrganisations) {
  v1::Catalogue declared = SampleCatalogue();
  AddField(declared.mutable_items(kRegister), "hygiene.rating", v1::INTEGER, v1::PUBLIC);
  AddField(declared.mutable_items(kRegister), "x", v1::FLAG, v1::PUBLIC);
  FieldOf(declared.mutable_items(kRegister), "subject.id")->clear_scheme();
  FieldOf(declared.mutable_items(kRegister), "subject.id")->set_sharing_class(v1::LIMITED);
  Load(declared, {});
  Draft draft = Sound(kRegister);
  EXPECT_EQ(Faults(&draft), "");
  At(&draft, "subject.kind") = std::monostate();
  EXPECT_EQ(Faults(&draft), "");
  At(&draft, "subject.id") = IdentifierValue{"test.person", "P7"};
  EXPECT_NE(Faults(&draft).find("PERSON_SCORE"), std::string::npos);
  At(&draft, "subject.kind") = CodeValue{"NATURAL_PERSON", ""};
  EXPECT_NE(Faults(&draft).find("PERSON_SCORE"), std::string::npos);
}

// ---- the list of rules

std::set<Code> CodesOfCases() {
  std::set<Code> codes;
  for (const auto& part : {ShapeCases(), ContentCases(), BasisCases()}) {
    for (const CatalogueCase& one : part) codes.insert(one.code);
  }
  for (const auto& part : {ValueCases(), HeaderCases(), CoreCases(), ProfileCases()}) {
    for (const RecordCase& one : part) codes.insert(one.code);
  }
  return codes;
}

TEST(RuleList, EveryRuleCodeHasItsLineAndItsCase) {
  std::set<Code> listed;
  for (const RuleInfo& rule : AllRules()) {
    EXPECT_TRUE(listed.insert(rule.code).second) << NameOf(rule.code) << " stands twice";
    EXPECT_FALSE(rule.condition.empty() || rule.advice.empty()) << NameOf(rule.code);
  }
  const std::set<Code> cases = CodesOfCases();
  for (const Code code : cases) {
    EXPECT_TRUE(listed.count(code) == 1 || code == Code::CONFIG_VALUE) << NameOf(code);
  }
  // Raised by the store; by the schemes of real profiles (their own tests); at the end of this
  // file.
  const std::set<Code> elsewhere = {Code::VERSION_CONFLICT, Code::USCC_FORMAT, Code::USCC_CHECK,
                                    Code::PERSON_ID_INVALID, Code::LEI_INVALID};
  for (const Code code : listed) {
    EXPECT_TRUE(cases.count(code) == 1 || elsewhere.count(code) == 1) << NameOf(code);
  }
  // Every code of the group in errors.def is a rule.
  for (const CodeInfo& info : AllCodes()) {
    if (info.code < Code::VERSION_CONFLICT || info.code > Code::DATE_ORDER) continue;
    EXPECT_EQ(listed.count(info.code), 1u) << info.name << " has no line in rule_list.cc";
  }
}

TEST(RuleList, ThePageIsUpToDate) {
  const std::string path = std::string(TOMBOLO_SOURCE_DIR) + "/docs/reference/rules.md";
  if (std::getenv("TOMBOLO_WRITE_VECTORS") != nullptr) std::ofstream(path) << RulesPage();
  std::stringstream page;
  page << std::ifstream(path).rdbuf();
  EXPECT_EQ(page.str(), RulesPage())
      << "run TOMBOLO_WRITE_VECTORS=1 build/dev/tests/record_test to write it again";
}

}  // namespace
}  // namespace tombolo::record
