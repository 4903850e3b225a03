// tombolo subject on a real node: by its scheme's normal form, in a table and as JSON.
#include <gmock/gmock.h>

#include "tests/integration/town.h"
#include "tests/support/command_line.h"

namespace tombolo::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kLei[] = "5493001KJTIIGC8Y1R12";

class SubjectTest : public Town {
 protected:
  void SetUp() override {
    Town::SetUp();
    Use(TownPack());
    Take(std::string(kTownHeader) + TownRow(1, "Alpha", "A", std::string("S,2001-02-03,,") + kLei) +
         TownRow(2, "Beta", "A", std::string("S,2002-02-03,,") + kLei) + TownRow(3, "Gamma"));
  }
  CommandOutcome Subject(const std::string& id, bool json = false) const {
    std::vector<std::string> words = {"subject", "--node", dir.File("node"), id};
    if (json) words.push_back("--json");
    return RunWords(words);
  }
};

TEST_F(SubjectTest, AllRecordsOfASubjectWithTheirOrigin) {
  const CommandOutcome found = Subject(std::string("iso.lei:") + kLei);
  EXPECT_EQ(found.code, 0) << found.error;
  EXPECT_THAT(found.out, AllOf(HasSubstr("records: 2, origins: 1"), HasSubstr("Alpha"),
                               HasSubstr("Beta"), Not(HasSubstr("Gamma"))));
  const CommandOutcome json = Subject(std::string("iso.lei:") + kLei, true);
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"conflicts\":[]"), HasSubstr("\"withheld\":0"),
                              HasSubstr("\"origin\":\"spiffe://")));
  const CommandOutcome audit =
      RunWords({"audit", "show", "--node", dir.File("node"), "--type", "SUBJECT_VIEWED", "--json"});
  EXPECT_THAT(audit.out, AllOf(HasSubstr("SUBJECT_VIEWED"), Not(HasSubstr(kLei))));
}

TEST_F(SubjectTest, WhatIsNoIdentifierIsRefusedWithAdvice) {
  EXPECT_THAT(Subject("nonsense").error, HasSubstr("scheme:value"));
  EXPECT_THAT(Subject("no.such:1").error, HasSubstr("SCHEME_UNKNOWN"));
  const CommandOutcome wrong = Subject("iso.lei:5493001KJTIIGC8Y1R13");
  EXPECT_NE(wrong.code, 0);
  EXPECT_THAT(wrong.error, HasSubstr("LEI_INVALID"));
}

TEST_F(SubjectTest, NobodyIsNoError) {
  const CommandOutcome none = Subject("iso.lei:529900T8BM49AURSDO55");
  EXPECT_EQ(none.code, 0) << none.error;
  EXPECT_THAT(none.out, HasSubstr("records: 0"));
}

}  // namespace
}  // namespace tombolo::testing
