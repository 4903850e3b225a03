#include "gateway/record/catalogue.h"

#include <gtest/gtest.h>

#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/record/catalogue_cases.h"

namespace tombolo::record {
namespace {

bool Has(const std::vector<Fault>& faults, Code code, const std::string& column) {
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
    return fault.code == code && fault.column == column && !fault.reason.empty();
  });
}

std::vector<Fault> Check(const v1::Catalogue& declared, const v1::ProfileRules& rules) {
  return Catalogue::Check(declared, *ProfileWith(rules));
}

TEST(CatalogueCheck, TheSampleIsSoundUnderEverySwitchAndNone) {
  EXPECT_EQ(Shown(Check(SampleCatalogue(), AllSwitches())), "");
  EXPECT_EQ(Shown(Check(SampleCatalogue(), v1::ProfileRules())), "");
}

class CatalogueDamage : public ::testing::TestWithParam<CatalogueCase> {};

TEST_P(CatalogueDamage, IsRefusedAloneAndOnlyWhileItsSwitchIsOn) {
  const CatalogueCase& one = GetParam();
  v1::Catalogue declared = SampleCatalogue();
  one.damage(&declared);
  const std::vector<Fault> faults = Check(declared, AllSwitches());
  EXPECT_TRUE(Has(faults, one.code, one.column)) << Shown(faults);
  for (const Fault& fault : faults) EXPECT_EQ(fault.code, one.code) << Shown(faults);
  if (!one.switch_off) return;
  v1::ProfileRules rules = AllSwitches();
  one.switch_off(&rules);
  EXPECT_EQ(Shown(Check(declared, rules)), "");
}

std::string NameOfCase(const ::testing::TestParamInfo<CatalogueCase>& info) {
  std::string name = info.param.name;
  for (char& c : name) {
    if (c == ' ' || c == '\'') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Shape, CatalogueDamage, ::testing::ValuesIn(ShapeCases()), NameOfCase);
INSTANTIATE_TEST_SUITE_P(Content, CatalogueDamage, ::testing::ValuesIn(ContentCases()), NameOfCase);
INSTANTIATE_TEST_SUITE_P(Basis, CatalogueDamage, ::testing::ValuesIn(BasisCases()), NameOfCase);

TEST(CatalogueCheck, WhatLooksAlikeAndIsLawfulPasses) {
  v1::Catalogue declared = SampleCatalogue();
  v1::CatalogueItem* reg = declared.mutable_items(kRegister);
  // Ratings of businesses, contact data of organisations, words within words.
  AddField(reg, "hygiene.rating", v1::INTEGER, v1::PUBLIC);
  AddField(reg, "office.address", v1::TEXT, v1::PUBLIC)->add_tags("contact.address");
  AddField(declared.mutable_items(kPenalty), "upgrade", v1::TEXT, v1::PUBLIC)
      ->set_title("Disappointment and Frankness");
  // A redlist needs neither terms nor notice.
  v1::CatalogueItem* redlist = declared.add_items();
  *redlist = declared.items(kList);
  redlist->set_code("test.redlist");
  redlist->set_polarity(v1::POSITIVE);
  redlist->clear_list();
  redlist->mutable_authorities(0)->set_level("OTHER");
  // A court lists at any level; a sector may publish minor matters.
  declared.mutable_items(kList)->mutable_authorities(0)->set_kind("JUDICIAL");
  declared.mutable_items(kList)->mutable_authorities(0)->set_level("OTHER");
  declared.mutable_items(kPenalty)->set_severity("MINOR");
  declared.mutable_items(kPenalty)->set_publicity_months(3);
  declared.mutable_items(kPenalty)->set_publish_minor(true);
  EXPECT_EQ(Shown(Check(declared, AllSwitches())), "");
}

TEST(CatalogueCheck, AllFaultsTogether) {
  v1::Catalogue declared = SampleCatalogue();
  declared.mutable_items(kRegister)->clear_kind();
  declared.mutable_items(kPenalty)->set_source_kind("PRIVATE");
  declared.mutable_items(kList)->clear_identity_scope();
  const auto compiled = Catalogue::Compile(declared, ProfileWith({}), nullptr);
  EXPECT_CODE(Code::CONFIG_VALUE, compiled);
  const std::string message(compiled.status().message());
  for (const char* part : {"3 faults", "items.test.register.kind", "items.test.penalty.source_kind",
                           "PRIVATE_SOURCE", "items.test.blacklist.identity_scope"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " in\n" << message;
  }
}

TEST(CatalogueCheck, ManyFaultsAreToldUpToTheLimit) {
  for (const size_t count : {limits::kYamlFaultsMax, limits::kYamlFaultsMax + 1, size_t{400}}) {
    v1::Catalogue declared;
    declared.set_name("test");
    for (size_t i = 0; i < count; ++i) {
      v1::CatalogueItem* item = declared.add_items();
      *item = SampleCatalogue().items(kRegister);
      item->clear_fields();
      item->set_code("item" + std::to_string(i));
      item->set_source_kind("PRIVATE");
    }
    ASSERT_EQ(Check(declared, {}).size(), count);
    const auto compiled = Catalogue::Compile(declared, ProfileWith({}), nullptr);
    const std::string message(compiled.status().message());
    EXPECT_NE(message.find(std::to_string(count) + " faults"), std::string::npos) << message;
    const auto lines = static_cast<size_t>(std::count(message.begin(), message.end(), '\n'));
    const size_t more = count - limits::kYamlFaultsMax;
    EXPECT_EQ(lines, limits::kYamlFaultsMax + (more > 0 ? 1 : 0));
    const std::string rest = "and " + std::to_string(more) + " more; tombolo pack check";
    EXPECT_EQ(message.find(rest) != std::string::npos, more > 0) << message;
  }
}

TEST(CatalogueLimits, Items) {
  v1::Catalogue declared;
  declared.set_name("test");
  v1::CatalogueItem item = SampleCatalogue().items(kRegister);
  item.clear_fields();
  for (size_t i = 0; i < limits::kItemsMax; ++i) {
    item.set_code("item" + std::to_string(i));
    *declared.add_items() = item;
  }
  EXPECT_EQ(Shown(Check(declared, {})), "");
  item.set_code("one.more");
  *declared.add_items() = item;
  EXPECT_TRUE(Has(Check(declared, {}), Code::LIMIT_EXCEEDED, "items"));
}

TEST(CatalogueLimits, Fields) {
  v1::Catalogue declared = SampleCatalogue();
  v1::CatalogueItem* item = declared.mutable_items(kRegister);
  for (size_t i = static_cast<size_t>(item->fields_size()); i < limits::kFieldsPerItemMax; ++i) {
    AddField(item, "f" + std::to_string(i), v1::FLAG, v1::PUBLIC);
  }
  EXPECT_EQ(Shown(Check(declared, {})), "");
  AddField(item, "one.more", v1::FLAG, v1::PUBLIC);
  EXPECT_TRUE(Has(Check(declared, {}), Code::LIMIT_EXCEEDED, "items.test.register.fields"));
}

TEST(CatalogueLimits, Names) {
  const auto faults = [](size_t code, size_t field, size_t scope, uint32_t months) {
    v1::Catalogue declared = SampleCatalogue();
    v1::CatalogueItem* item = declared.mutable_items(kRegister);
    item->set_code(std::string(code, 'c'));
    item->set_identity_scope(std::string(scope, 's'));
    item->set_publicity_months(months);
    AddField(item, std::string(field, 'f'), v1::FLAG, v1::PUBLIC);
    std::string codes;
    for (const Fault& fault : Check(declared, {})) {
      codes += std::string(NameOf(fault.code)) + " ";
    }
    return codes;
  };
  const size_t code = limits::kItemCodeBytesMax;
  const size_t field = limits::kFieldNameBytesMax;
  const size_t scope = limits::kIdentityScopeBytesMax;
  const uint32_t months = limits::kPublicityMonthsMax;
  EXPECT_EQ(faults(code, field, scope, months), "");
  EXPECT_EQ(faults(code + 1, field, scope, months), "LIMIT_EXCEEDED ");
  EXPECT_EQ(faults(code, field + 1, scope, months), "LIMIT_EXCEEDED ");
  EXPECT_EQ(faults(code, field, scope + 1, months), "LIMIT_EXCEEDED ");
  EXPECT_EQ(faults(code, field, scope, months + 1), "LIMIT_EXCEEDED ");
}

TEST(CatalogueLimits, ValueOfAFaultIsCutBetweenCharacters) {
  v1::Catalogue declared = SampleCatalogue();
  std::string value;
  while (value.size() < limits::kFaultValueBytesMax + 3) value += "上";
  declared.mutable_items(kRegister)->set_domain(value);
  const std::vector<Fault> faults = Check(declared, {});
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].value.size(), limits::kFaultValueBytesMax / 3 * 3);
}

TEST(Compile, SortsFieldsResolvesNamesAndTakesTheStricterClass) {
  v1::Catalogue declared = SampleCatalogue();
  declared.mutable_items(kPenalty)->set_sharing_class(v1::LIMITED);
  const auto catalogue = MustCompile(declared, ProfileWith({}));
  const ItemSpec* item = catalogue->FindItem("test.penalty");
  ASSERT_NE(item, nullptr);
  EXPECT_TRUE(std::is_sorted(item->fields.begin(), item->fields.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const FieldSpec& field : item->fields) EXPECT_EQ(field.sharing_class, v1::LIMITED);
  EXPECT_EQ(item->fields[item->decision_number].name, "decision.number");
  EXPECT_EQ(item->fields[item->FieldIndex("remark")].name, "remark");
  EXPECT_EQ(item->FieldIndex("remarks"), -1);
  EXPECT_EQ(item->FieldIndex(""), -1);
  EXPECT_EQ(item->subject_id, -1);
  EXPECT_EQ(catalogue->FindItem("test.penalt"), nullptr);
  EXPECT_EQ(catalogue->items().size(), 3u);
}

TEST(Compile, LocalFieldsStayLocalAndWatchedTextsAreFree) {
  const auto catalogue = MustCompile(SampleCatalogue(), ProfileWith({}));
  const ItemSpec* item = catalogue->FindItem("test.register");
  const auto field = [item](const char* name) { return item->fields[item->FieldIndex(name)]; };
  EXPECT_EQ(field("scratch").sharing_class, v1::LOCAL);
  EXPECT_EQ(field("staff").sharing_class, v1::GOVERNMENT);
  EXPECT_TRUE(field("subject.name").watch_text);
  EXPECT_TRUE(field("purposes").watch_text);
  EXPECT_FALSE(field("subject.id").watch_text);
  EXPECT_FALSE(field("scratch").watch_text);
  EXPECT_FALSE(field("phone").watch_text);
  EXPECT_FALSE(item->rates_subject);
}

TEST(Compile, CodeListsOfCatalogueProgramAndProfile) {
  const auto catalogue = MustCompile(SampleCatalogue(), ProfileWith({}));
  EXPECT_EQ(*catalogue->FindCode("own.list", "Y"), "second, quoted");
  EXPECT_EQ(catalogue->FindCode("own.list", "A"), nullptr);
  EXPECT_EQ(*catalogue->FindCode("test.list", "A"), "alpha");
  EXPECT_EQ(catalogue->FindCode("test.list", "X"), nullptr);
  EXPECT_NE(catalogue->FindCode("tombolo.severity", "MINOR"), nullptr);
  EXPECT_EQ(catalogue->FindCode("tombolo.severity", "minor"), nullptr);
  EXPECT_EQ(catalogue->FindCode("no.list", "A"), nullptr);
}

TEST(CatalogueLimits, RowsOfACodeList) {
  std::string text = "code,label\n";
  for (size_t i = 0; i < limits::kCodeListRowsMax; ++i) text += std::to_string(i) + ",x\n";
  const auto compile = [&text] {
    return Catalogue::Compile(SampleCatalogue(), ProfileWith({}),
                              [&text](std::string_view) -> StatusOr<std::string> { return text; });
  };
  EXPECT_OK(compile());
  text += "more,x\n";
  EXPECT_CODE(Code::LIMIT_EXCEEDED, compile());
}

TEST(Compile, BadListFiles) {
  const auto compile = [](StatusOr<std::string> text) {
    return Catalogue::Compile(SampleCatalogue(), ProfileWith({}),
                              [text](std::string_view) { return text; });
  };
  EXPECT_OK(compile(std::string("code,label\nX,x\n")));
  EXPECT_CODE(Code::CONFIG_VALUE, compile(std::string("code,label\nX,x\nX,y\n")));
  EXPECT_CODE(Code::CONFIG_SYNTAX, compile(std::string("X,x\n")));
  EXPECT_CODE(Code::CONFIG_SYNTAX, compile(std::string("code,label\n\"X,x\n")));
  EXPECT_CODE(Code::FILE_UNREADABLE, compile(MakeError(Code::FILE_UNREADABLE, "no file")));
}

}  // namespace
}  // namespace tombolo::record
