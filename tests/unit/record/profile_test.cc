// The repository's profiles: what they hold, and what they refuse.
#include "gateway/record/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/assert_ok.h"
#include "tests/support/profiles_for_test.h"

namespace tombolo::record {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST(RepositoryProfiles, AllCompile) {
  for (const char* name : {"core", "cn", "test"}) {
    const auto loaded = testing::LoadProfile(name);
    EXPECT_OK(loaded);
    if (loaded.ok()) {
      EXPECT_EQ((*loaded)->name(), name);
    }
  }
}

TEST(RepositoryProfiles, CoreKnowsNoCountrysRules) {
  const auto core = testing::ProfileForTest("core");
  EXPECT_EQ(core->rules().ByteSizeLong(), 0u);
  for (const std::string& scheme : core->SchemeNames()) EXPECT_NE(scheme.substr(0, 3), "cn.");
  EXPECT_EQ(core->FindScheme("cn.uscc"), nullptr);
  EXPECT_EQ(core->CheckIdentifier("cn.uscc", "91350100M000100Y43", {}).faults[0].code,
            Code::SCHEME_UNKNOWN);
}

TEST(RepositoryProfiles, EverySchemeHasTitleSourceAndExample) {
  const auto profile = testing::ProfileForTest("test");
  EXPECT_THAT(profile->SchemeNames(), Contains("iso.lei"));
  for (const std::string& name : profile->SchemeNames()) {
    const v1::IdentifierScheme* scheme = profile->FindScheme(name);
    ASSERT_NE(scheme, nullptr);
    EXPECT_FALSE(scheme->title().empty()) << name;
    EXPECT_FALSE(scheme->source().empty()) << name;
    EXPECT_GT(scheme->examples_size(), 0) << name;
  }
}

TEST(RepositoryProfiles, PersonsNumbersAreMarked) {
  const auto profile = testing::ProfileForTest("cn");
  std::vector<std::string> persons;
  for (const std::string& name : profile->SchemeNames()) {
    if (profile->FindScheme(name)->natural_person()) persons.push_back(name);
  }
  EXPECT_THAT(persons, ElementsAre("bank.card", "cn.rid", "cn.mobile"));
}

TEST(RepositoryProfiles, ChineseRulesAreSwitchedOn) {
  const v1::ProfileRules& rules = testing::ProfileForTest("cn")->rules();
  EXPECT_EQ(rules.division_table(), "cn.gb2260");
  EXPECT_EQ(rules.authority_scheme(), "cn.uscc");
  EXPECT_TRUE(rules.item_validity() && rules.provider_entitled() && rules.list_notice() &&
              rules.authority_identifier() && rules.past_window() && rules.public_leak());
  EXPECT_EQ(rules.list_grounds_size(), 5);
  ASSERT_EQ(rules.windows_size(), 3);
  EXPECT_EQ(rules.windows(0).severity(), "MINOR");
  EXPECT_EQ(rules.windows(0).months_max(), 3u);
  EXPECT_FALSE(rules.windows(0).publishable());
  EXPECT_EQ(rules.windows(1).months_max(), 12u);
  EXPECT_EQ(rules.windows(2).months_max(), 36u);
  EXPECT_THAT(rules.list_levels(), Not(Contains("OTHER")));
  EXPECT_THAT(rules.list_basis_local(), Contains("LOCAL_REGULATION"));
  EXPECT_THAT(rules.list_basis_national(), Not(Contains("LOCAL_REGULATION")));
  // What includes it inherits them.
  EXPECT_EQ(testing::ProfileForTest("test")->rules().SerializeAsString(),
            rules.SerializeAsString());
}

TEST(RepositoryProfiles, CodeLists) {
  const auto profile = testing::ProfileForTest("cn");
  EXPECT_EQ(*profile->FindCode("cn.penalty_class", "2"), "罚款");
  EXPECT_EQ(*profile->FindCode("cn.penalty_class", "CRITICISM"), "通报批评");
  EXPECT_EQ(*profile->FindCode("cn.subject_category", "INDIVIDUAL_BUSINESS"), "个体工商户");
  EXPECT_EQ(*profile->FindCode("cn.uscc_registrar", "91"), "enterprise");
  EXPECT_EQ(profile->FindCode("cn.penalty_class", "8"), nullptr);
  EXPECT_EQ(profile->FindCode("cn.penalty_class", ""), nullptr);
  EXPECT_EQ(profile->FindCode("cn.no_such_list", "1"), nullptr);
  EXPECT_FALSE(profile->HasCodeList("cn.no_such_list"));
  for (const char* list : {"cn.permit_class", "cn.list_ground", "cn.id_type", "cn.severity",
                           "cn.record_status", "cn.use_scope"}) {
    EXPECT_TRUE(profile->HasCodeList(list)) << list;
  }
  for (const std::string& ground : profile->rules().list_grounds()) {
    EXPECT_NE(profile->FindCode("cn.list_ground", ground), nullptr) << ground;
  }
}

// --- PROHIBITED_CATEGORY

TEST(ProhibitedContent, EveryCategoryByTagAndByName) {
  const struct {
    const char* category;
    const char* tag;
    std::vector<const char*> names;
  } kCases[] = {
      {"politics", "politics", {"Political opinion", "party_membership", "政治面貌", "是否党员"}},
      {"religion", "religion", {"Religion", "religious_belief", "宗教信仰"}},
      {"ethnicity", "ethnicity", {"ethnicGroup", "Race", "民族"}},
      {"biometrics", "biometrics", {"fingerprint", "Facial image", "指纹", "人脸照片"}},
      {"genetics", "genetics", {"DNA", "genetic_test", "基因信息"}},
      {"health", "health", {"health status", "medical_history", "Blood type", "健康状况", "病史"}},
      {"whereabouts", "whereabouts", {"Location history", "whereabouts", "行踪轨迹"}},
      {"sexual_life", "sexual_life", {"sexual orientation", "性取向"}},
      {"financial_account", "financial_account", {"bank_account", "Card number", "银行账号"}},
      {"communications", "communications", {"call log", "chatHistory", "通话记录"}},
      {"social_rating", "social_rating", {"friends rating", "family_rating", "亲友评价"}},
      {"private_commercial", "private_commercial", {"Customer rating", "芝麻信用分"}},
  };
  const auto profile = testing::ProfileForTest("cn");
  for (const auto& c : kCases) {
    EXPECT_EQ(profile->ProhibitedByTag(c.tag), c.category);
    EXPECT_EQ(profile->ProhibitedByTag(std::string(c.tag) + ".detail"), c.category);
    for (const char* name : c.names)
      EXPECT_EQ(profile->ProhibitedByWords(name), c.category) << name;
  }
}

TEST(ProhibitedContent, LawfulNamesPass) {
  const auto profile = testing::ProfileForTest("cn");
  for (const char* name : {"",
                           "subject.name",
                           "Public Health",
                           "health and safety",
                           "Health & Safety ground",
                           "Toronto Public Health",
                           "public_health_unit",
                           "Environmental health officer",
                           "medical device registration",
                           "Party to the contract",
                           "third party",
                           "good faith",
                           "race course licence",
                           "food hygiene rating",
                           "inspection outcome",
                           "transaction",
                           "trace number",
                           "bank",
                           "severity",
                           "business address",
                           "公共卫生许可",
                           "转基因食品标识",
                           "民族自治地方",
                           "宗教活动场所登记",
                           "职业健康检查机构",
                           "行政处罚决定书文号",
                           "法定代表人",
                           "업소명",
                           "소재지도로명",
                           "주된음식"}) {
    EXPECT_EQ(profile->ProhibitedByWords(name), std::nullopt) << name;
  }
  for (const char* tag : {"", "contact.phone", "person.birth_date", "public_health", "location"}) {
    EXPECT_EQ(profile->ProhibitedByTag(tag), std::nullopt) << tag;
  }
}

TEST(ProhibitedContent, ALawfulPhraseDoesNotHideAnUnlawfulOne) {
  const auto profile = testing::ProfileForTest("cn");
  EXPECT_EQ(profile->ProhibitedByWords("public health and health status"), "health");
  EXPECT_EQ(profile->ProhibitedByWords("民族自治地方的民族"), "ethnicity");
}

TEST(ProhibitedContent, CoreRefusesWithoutAnyCountry) {
  const auto core = testing::ProfileForTest("core");
  EXPECT_EQ(core->ProhibitedByTag("religion"), "religion");
  EXPECT_EQ(core->ProhibitedByWords("religion"), "religion");
}

}  // namespace
}  // namespace tombolo::record
