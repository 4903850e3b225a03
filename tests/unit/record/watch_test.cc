#include "gateway/record/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/assert_ok.h"
#include "tests/support/profiles_for_test.h"
#include "tests/unit/record/scheme_reference.h"

namespace tombolo::record {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Fault> Find(std::string_view text) {
  return testing::ProfileForTest("cn")->FindPersonNumbers(text);
}

TEST(TextWatch, FindsNumbersHoweverTheyAreWritten) {
  for (const char* text : {
           "11010519491231002X",
           "1.11010519491231002X",
           "No 7. 4111111111111111",
           "身份证11010519491231002X号",
           "身份证号：11010519491231002x。",
           "(11010519491231002X)",
           "id=11010519491231002X;",
           "110105 19491231 002X",
           "110105-19491231-002X",
           "110105 1949 1231 002X",
           "１１０１０５１９４９１２３１００２Ｘ",
           "11010519491231００２ｘ",
           "法定代表人 11010519491231002X, 电话",
           "13800138000",
           "电话138 0013 8000",
           "tel 138-0013-8000.",
           "+86 13800138000",
           "+8613800138000",
           "008613800138000",
           "+86 138 0013 8000",
           "＋86 13800138000",
           "+８６13800138000",
           "+86-138-0013-8000",
           "+1 415 555 1234, 13800138000",   // another number after a comma
           "+1 415 555 1234 138 0013 8000",  // more digits than one number has
           "call +1 415 or 13800138000",
           "卡号4111111111111111",
           "card 4111 1111 1111 1111",
           "4111-1111-1111-1111",
           "378282246310005",
           "3782 822463 10005",
           "5555555555554444",
           "6222020000000000000",
       }) {
    EXPECT_EQ(Find(text).size(), 1u) << text;
  }
}

TEST(TextWatch, PassesWhatOnlyLooksLikeOne) {
  for (const char* text : {
           "",
           "no digits here",
           "110105194912310021",   // check
           "11010519491331002X",   // month 13
           "11010519490229001X",   // not a leap year
           "00010519491231002X",   // no such province
           "110105491231002",      // the form of 15 digits
           "X11010519491231002X",  // part of a longer run of letters and digits
           "11010519491231002X7",
           "A11010519491231002X",
           "1101051949123100２2X",
           "110105  19491231  002X",  // two blanks: not groups
           "110105/19491231/002X",
           "11 0105 19491231 002X",  // other groups
           "12800138000",            // no mobile begins with 12
           "1380013800",             // ten digits
           "138001380001",           // twelve
           "2138001380",
           "1 3800138000",
           "138 00138000",
           "021-62345678",  // a landline
           "沪证13-2020-01234",
           "4111111111111112",         // Luhn
           "9111111111111111",         // no such issuer
           "41111111111111111111111",  // too long
           "4111 1111 1111 1112",
           "0000000000000000",
           "lat 51.4111111111111111",
           "3220000-101-2001-24197",  // a permit number
           "+14155551234",            // the United States
           "＋14155551234",
           "+１4155551234",
           "+1-415-555-1234",
           "+49 15112345678",  // Germany
           "+49 151 1234 5678",
           "+49-151-1234-5678",
           "+7 13800138000",
           "2020-01-01 12:00:00 2021-02-03",
       }) {
    EXPECT_THAT(Find(text), IsEmpty()) << text;
  }
}

// About one credit code of digits in eleven has the check character of a resident number, and one
// in ten passes Luhn: they are what they are.
TEST(TextWatch, CreditCodesAreNeverPersonsNumbers) {
  Generator generator;
  int looks_like_rid = 0;
  int looks_like_card = 0;
  for (int i = 0; looks_like_rid < 200 || looks_like_card < 200; ++i) {
    ASSERT_LT(i, 10000000);
    // Registrars 9 and 5, then digits that read as a place and a plausible date.
    std::string body =
        i % 2 == 0 ? "911" + generator.Text(kDigits, 3) : "55" + generator.Text(kDigits, 4);
    body += i % 2 == 0 ? "19" + generator.Text("678", 1) + generator.Text(kDigits, 1) + "0" +
                             generator.Text("123456789", 1) + "1" + generator.Text(kDigits, 4)
                       : generator.Text(kDigits, 11);
    std::string code = body;
    code += kAlphabet31[static_cast<size_t>(UsccCheckPlace(body))];
    if (IsRid(code)) {
      ++looks_like_rid;
    } else if (code.back() <= '9' && LuhnCheck(body) == code.back()) {
      ++looks_like_card;
    } else {
      continue;
    }
    ASSERT_THAT(Find("代码" + code + "公司"), IsEmpty()) << code;
  }
}

TEST(TextWatch, FindsEveryGeneratedNumberInText) {
  Generator generator;
  for (int i = 0; i < 2000; ++i) {
    const std::string rid = generator.Rid();
    if (!IsUscc(rid)) {
      ASSERT_EQ(Find("当事人" + rid + "于").size(), 1u) << rid;
    }
    const std::string card = generator.Visa();
    if (!IsRid(card) && !IsUscc(card)) {
      ASSERT_EQ(Find("no. " + card + ".").size(), 1u) << card;
    }
  }
}

TEST(TextWatch, ReportsEachNumberOnceMaskedWithItsPlace) {
  const std::vector<Fault> faults =
      Find("甲11010519491231002X，乙 138 0013 8000，卡4111111111111111");
  ASSERT_EQ(faults.size(), 3u);
  EXPECT_EQ(faults[0].code, Code::ID_IN_CLEAR);
  EXPECT_EQ(faults[0].value, "11**************2X");
  EXPECT_THAT(faults[0].reason, HasSubstr("byte 4 "));
  EXPECT_THAT(faults[0].reason, HasSubstr("cn.rid"));
  EXPECT_EQ(faults[1].value, "13*******00");
  EXPECT_THAT(faults[1].reason, HasSubstr("cn.mobile"));
  EXPECT_THAT(faults[2].reason, HasSubstr("bank.card"));
  for (const Fault& fault : faults) {
    EXPECT_EQ(fault.reason.find("1949"), std::string::npos);
  }
}

TEST(TextWatch, CutAndOddBytesAreHarmless) {
  for (const char* text : {"\xEF", "\xEF\xBC", "1\xEF", "1\xEF\xBC", "\xEF\xBC\xA0", "\xEF\xBD\x80",
                           "\xFF\xFE", "11010519491231002\xEF\xBC"}) {
    EXPECT_THAT(Find(text), IsEmpty()) << text;
  }
  EXPECT_THAT(Find(std::string(1 << 20, '1')), IsEmpty());
}

TEST(TextWatch, CoreAloneWatchesCardsOnly) {
  const auto core = testing::ProfileForTest("core");
  EXPECT_EQ(core->FindPersonNumbers("4111111111111111").size(), 1u);
  EXPECT_THAT(core->FindPersonNumbers("11010519491231002X 13800138000"), IsEmpty());
}

// --- categories

CategoryWords WordsOf(std::vector<std::string> words, std::vector<std::string> except) {
  v1::Profile::ProhibitedCategory category;
  category.set_category("c");
  category.add_tags("health");
  for (const std::string& word : words) category.add_words(word);
  for (const std::string& phrase : except) category.add_except_phrases(phrase);
  CategoryWords made;
  EXPECT_OK(made.Add(category));
  return made;
}

TEST(CategoryWords, ComparesWholeWordsInAnyCase) {
  const CategoryWords words = WordsOf({"blood type", "race", "民族"}, {"race course", "民族乡"});
  for (const char* text : {"blood type", "Blood_Type", "subject.blood-type", "bloodType",
                           "BLOOD TYPE", "race", "the Race of a person", "所属民族名称",
                           "race_code", "race course and race", "民族乡的民族"}) {
    EXPECT_EQ(words.OfWords(text), "c") << text;
  }
  for (const char* text : {"", "bloodtype", "type blood", "trace", "races", "racecourse",
                           "race course", "Race-Course", "民族乡", "民 族"}) {
    EXPECT_EQ(words.OfWords(text), std::nullopt) << text;
  }
}

TEST(CategoryWords, TagsCoverWhatIsBelowThem) {
  const CategoryWords words = WordsOf({}, {});
  EXPECT_EQ(words.OfTag("health"), "c");
  EXPECT_EQ(words.OfTag("health.diagnosis.code"), "c");
  for (const char* tag : {"", "healthy", "Health", "public.health", "healt", "."}) {
    EXPECT_EQ(words.OfTag(tag), std::nullopt) << tag;
  }
}

TEST(CategoryWords, RefusesEmptyOnes) {
  const auto add = [](const char* category, const char* tag, const char* word, const char* phrase) {
    v1::Profile::ProhibitedCategory declared;
    declared.set_category(category);
    declared.add_tags(tag);
    declared.add_words(word);
    declared.add_except_phrases(phrase);
    return CategoryWords().Add(declared);
  };
  EXPECT_OK(add("c", "t", "w", "p"));
  EXPECT_CODE(Code::CONFIG_VALUE, add("", "t", "w", "p"));
  EXPECT_CODE(Code::CONFIG_VALUE, add("c", "", "w", "p"));
  EXPECT_CODE(Code::CONFIG_VALUE, add("c", "t", "", "p"));
  EXPECT_CODE(Code::CONFIG_VALUE, add("c", "t", "_.-", "p"));
  EXPECT_CODE(Code::CONFIG_VALUE, add("c", "t", "w", " "));
}

}  // namespace
}  // namespace tombolo::record
