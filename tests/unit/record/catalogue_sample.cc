#include "tests/unit/record/catalogue_sample.h"

#include <cstdio>
#include <cstdlib>

namespace tombolo::record {
namespace {

void AddAuthority(v1::CatalogueItem* item) {
  v1::Authority* authority = item->add_authorities();
  authority->set_name("Anytown Council");
  authority->set_id("test.org:O123");
  authority->set_level("COUNTY");
  authority->set_kind("ADMINISTRATIVE");
  v1::LegalBasis* basis = item->add_legal_basis();
  basis->set_title("Trade Act");
  basis->set_level("LAW");
}

void AddRegister(v1::Catalogue* catalogue) {
  v1::CatalogueItem* item = catalogue->add_items();
  item->set_code("test.register");
  item->set_kind(v1::REGISTRATION);
  item->set_polarity(v1::BASIC);
  item->set_sharing_class(v1::PUBLIC);
  item->set_identity_scope("test.register");
  item->set_valid_from("1990-01-01");
  item->set_valid_until("2030-12-31");
  item->add_subject_kinds(v1::ORGANISATION);
  item->add_subject_kinds(v1::INDIVIDUAL_BUSINESS);
  AddAuthority(item);
  AddField(item, "subject.name", v1::TEXT, v1::PUBLIC)->set_required(true);
  AddField(item, "subject.id", v1::IDENTIFIER, v1::PUBLIC)->set_scheme("test.org");
  AddField(item, "subject.kind", v1::CODE, v1::PUBLIC);
  AddField(item, "owner.id", v1::IDENTIFIER, v1::LIMITED)->set_scheme("test.person");
  v1::Mask* mask = FieldOf(item, "owner.id")->mutable_mask();
  mask->set_in(v1::PUBLIC);
  mask->set_keep_first(2);
  AddField(item, "any.id", v1::IDENTIFIER, v1::PUBLIC);
  AddField(item, "branch", v1::CODE, v1::PUBLIC)->set_code_list("own.list");
  AddField(item, "size", v1::CODE, v1::PUBLIC)->set_code_list("test.list");
  AddField(item, "capital", v1::AMOUNT, v1::PUBLIC);
  AddField(item, "staff", v1::INTEGER, v1::GOVERNMENT);
  AddField(item, "area", v1::DECIMAL, v1::PUBLIC);
  AddField(item, "founded", v1::DATE, v1::PUBLIC);
  AddField(item, "active", v1::FLAG, v1::PUBLIC);
  AddField(item, "place", v1::DIVISION, v1::PUBLIC);
  AddField(item, "purposes", v1::TEXTS, v1::PUBLIC);
  AddField(item, "site", v1::URL, v1::PUBLIC);
  AddField(item, "phone", v1::TEXT, v1::LIMITED)->add_tags("contact.phone");
  AddField(item, "scratch", v1::TEXT, v1::LOCAL);
}

void AddPenalty(v1::Catalogue* catalogue) {
  v1::CatalogueItem* item = catalogue->add_items();
  item->set_code("test.penalty");
  item->set_kind(v1::PENALTY);
  item->set_polarity(v1::NEGATIVE);
  item->set_sharing_class(v1::PUBLIC);
  item->set_identity_scope("test.penalty");
  item->set_publicity_months(12);
  item->set_severity("GENERAL");
  item->add_subject_kinds(v1::ORGANISATION);
  item->add_subject_kinds(v1::NATURAL_PERSON);
  AddAuthority(item);
  AddField(item, "subject.name", v1::TEXT, v1::PUBLIC);
  AddField(item, "subject.kind", v1::CODE, v1::PUBLIC);
  AddField(item, "subject.related_role", v1::CODE, v1::GOVERNMENT)->set_code_list("test.list");
  AddField(item, "decision.number", v1::TEXT, v1::PUBLIC);
  AddField(item, "legal_basis", v1::TEXTS, v1::PUBLIC);
  AddField(item, "authority.name", v1::TEXT, v1::PUBLIC);
  AddField(item, "authority.id", v1::IDENTIFIER, v1::PUBLIC);
  AddField(item, "severity", v1::CODE, v1::PUBLIC);
  AddField(item, "notice.served_on", v1::DATE, v1::GOVERNMENT);
  AddField(item, "remark", v1::TEXT, v1::GOVERNMENT);
}

void AddList(v1::Catalogue* catalogue) {
  v1::CatalogueItem* item = catalogue->add_items();
  item->set_code("test.blacklist");
  item->set_kind(v1::LIST_ENTRY);
  item->set_polarity(v1::NEGATIVE);
  item->set_sharing_class(v1::GOVERNMENT);
  item->set_identity_scope("test.blacklist");
  item->add_subject_kinds(v1::ORGANISATION);
  AddAuthority(item);
  item->mutable_list()->set_list_id("unsafe-lifts");
  item->mutable_list()->set_ground("SAFETY");
  item->mutable_list()->set_removal_conditions("after a passed inspection");
  item->mutable_list()->set_review_authority("Anytown Court");
  AddField(item, "subject.name", v1::TEXT, v1::GOVERNMENT);
  AddField(item, "decision.number", v1::TEXT, v1::GOVERNMENT);
  AddField(item, "authority.level", v1::CODE, v1::GOVERNMENT);
  AddField(item, "list.listed_on", v1::DATE, v1::GOVERNMENT);
  AddField(item, "notice.served_on", v1::DATE, v1::GOVERNMENT);
  AddField(item, "notice.objection_until", v1::DATE, v1::GOVERNMENT);
  AddField(item, "notice.representation", v1::CODE, v1::GOVERNMENT);
  for (const char* part : {"notice.reasons", "notice.basis", "notice.rights"}) {
    AddField(item, part, v1::TEXT, v1::GOVERNMENT);
  }
}

}  // namespace

v1::CatalogueField* AddField(v1::CatalogueItem* item, const std::string& name, v1::FieldType type,
                             v1::SharingClass sharing_class) {
  v1::CatalogueField* field = item->add_fields();
  field->set_name(name);
  field->set_type(type);
  field->set_sharing_class(sharing_class);
  return field;
}

v1::CatalogueField* FieldOf(v1::CatalogueItem* item, const std::string& name) {
  for (v1::CatalogueField& field : *item->mutable_fields()) {
    if (field.name() == name) return &field;
  }
  std::abort();
}

void DropField(v1::CatalogueItem* item, const std::string& name) {
  for (int i = 0; i < item->fields_size(); ++i) {
    if (item->fields(i).name() == name) return item->mutable_fields()->DeleteSubrange(i, 1);
  }
}

v1::Catalogue SampleCatalogue() {
  v1::Catalogue catalogue;
  catalogue.set_name("test.town");
  catalogue.set_profile("test");
  v1::CodeListFile* list = catalogue.add_code_lists();
  list->set_name("own.list");
  list->set_file("own.csv");
  AddRegister(&catalogue);
  AddPenalty(&catalogue);
  AddList(&catalogue);
  return catalogue;
}

v1::ProfileRules AllSwitches() {
  v1::ProfileRules rules;
  rules.set_division_table("test.places");
  rules.set_item_validity(true);
  rules.set_provider_entitled(true);
  rules.add_list_levels("COUNTY");
  rules.add_list_grounds("SAFETY");
  rules.add_list_basis_local("LAW");
  rules.add_list_basis_local("LOCAL_REGULATION");
  rules.add_list_basis_national("LAW");
  rules.set_list_notice(true);
  rules.set_authority_identifier(true);
  rules.set_authority_scheme("test.org");
  rules.set_past_window(true);
  rules.set_public_leak(true);
  const auto window = [&rules](const char* severity, uint32_t months, bool publishable) {
    v1::ProfileRules::PublicityWindow* w = rules.add_windows();
    w->set_severity(severity);
    w->set_months_max(months);
    w->set_publishable(publishable);
  };
  window("MINOR", 3, false);
  window("GENERAL", 12, true);
  window("SERIOUS", 36, true);
  return rules;
}

std::shared_ptr<FakeProfile> ProfileWith(const v1::ProfileRules& rules) {
  auto profile = std::make_shared<FakeProfile>();
  profile->rules_ = rules;
  return profile;
}

std::shared_ptr<const Catalogue> MustCompile(const v1::Catalogue& declared,
                                             std::shared_ptr<const Profile> profile) {
  auto compiled = Catalogue::Compile(
      declared, std::move(profile), [](std::string_view) -> StatusOr<std::string> {
        return std::string("code,label\nX,first\nY,\"second, quoted\"\n");
      });
  if (!compiled.ok()) {
    std::fprintf(stderr, "%s\n", Describe(compiled.status()).c_str());
    std::abort();
  }
  return *compiled;
}

std::string Shown(const std::vector<Fault>& faults) {
  std::string out;
  for (const Fault& fault : faults) {
    out += std::string(NameOf(fault.code)) + " " + fault.column + ": " + fault.reason + "\n";
  }
  return out;
}

}  // namespace tombolo::record
