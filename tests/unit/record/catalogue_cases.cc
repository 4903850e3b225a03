#include "tests/unit/record/catalogue_cases.h"

namespace tombolo::record {
namespace {

using C = v1::Catalogue;
using Rules = v1::ProfileRules;

v1::CatalogueItem* Item(C* c, int index) { return c->mutable_items(index); }
v1::CatalogueField* RegisterField(C* c, const std::string& name) {
  return FieldOf(Item(c, kRegister), name);
}
v1::CatalogueField* Add(C* c, int item, const std::string& name, v1::FieldType type,
                        v1::SharingClass sharing_class = v1::PUBLIC) {
  return AddField(Item(c, item), name, type, sharing_class);
}

const std::string kReg = "items.test.register.";
const std::string kPen = "items.test.penalty.";
const std::string kBlack = "items.test.blacklist.";

std::vector<CatalogueCase> ItemShapeCases() {
  const Code v = Code::CONFIG_VALUE;
  return {
      {"no name", v, "name", [](C* c) { c->clear_name(); }},
      {"bad name", v, "name", [](C* c) { c->set_name("Test Town"); }},
      {"duplicate item", v, kReg + "code", [](C* c) { *c->add_items() = c->items(0); }},
      {"code in capitals", v, "items.Test.code", [](C* c) { Item(c, 0)->set_code("Test"); }},
      {"no scope", v, kReg + "identity_scope", [](C* c) { Item(c, 0)->clear_identity_scope(); }},
      {"no kind", v, kReg + "kind", [](C* c) { Item(c, 0)->clear_kind(); }},
      {"unknown kind", v, kReg + "kind",
       [](C* c) { Item(c, 0)->set_kind(static_cast<v1::RecordKind>(99)); }},
      {"no polarity", v, kReg + "polarity", [](C* c) { Item(c, 0)->clear_polarity(); }},
      {"no class", v, kReg + "sharing_class", [](C* c) { Item(c, 0)->clear_sharing_class(); }},
      {"local item", v, kReg + "sharing_class",
       [](C* c) {
         Item(c, 0)->set_sharing_class(v1::LOCAL);
         RegisterField(c, "owner.id")->clear_mask();
       }},
      {"no subject", v, kReg + "subject_kinds", [](C* c) { Item(c, 0)->clear_subject_kinds(); }},
      {"subject zero", v, kReg + "subject_kinds",
       [](C* c) { Item(c, 0)->add_subject_kinds(v1::SUBJECT_KIND_UNSPECIFIED); }},
      {"mild penalty", v, kPen + "polarity",
       [](C* c) { Item(c, kPenalty)->set_polarity(v1::NEUTRAL); }},
      {"negative inspection", v, kPen + "polarity",
       [](C* c) { Item(c, kPenalty)->set_kind(v1::INSPECTION); }},
      {"severity", v, kReg + "severity", [](C* c) { Item(c, 0)->set_severity("HUGE"); }},
      {"domain", v, kReg + "domain", [](C* c) { Item(c, 0)->set_domain("SPORT"); }},
      {"no such day", v, kReg + "valid_from",
       [](C* c) { Item(c, 0)->set_valid_from("2023-02-29"); }},
      {"validity backwards", v, kReg + "valid_until",
       [](C* c) { Item(c, 0)->set_valid_until("1989-12-31"); }},
      {"nameless authority", v, kReg + "authorities.name",
       [](C* c) { Item(c, 0)->mutable_authorities(0)->clear_name(); }},
      {"authority level", v, kReg + "authorities.level",
       [](C* c) { Item(c, 0)->mutable_authorities(0)->set_level("VILLAGE"); }},
      {"authority id without scheme", v, kReg + "authorities.id",
       [](C* c) { Item(c, 0)->mutable_authorities(0)->set_id("O123"); }},
      {"authority id wrong", Code::ID_INVALID, kReg + "authorities.id",
       [](C* c) { Item(c, 0)->mutable_authorities(0)->set_id("test.org:Oabc"); }},
      {"untitled basis", v, kReg + "legal_basis.title",
       [](C* c) { Item(c, 0)->mutable_legal_basis(0)->clear_title(); }},
      {"basis level", v, kReg + "legal_basis.level",
       [](C* c) { Item(c, 0)->mutable_legal_basis(0)->set_level("CUSTOM"); }},
      {"list without file", v, "code_lists.own.list.file",
       [](C* c) { c->mutable_code_lists(0)->clear_file(); }},
      {"duplicate list", v, "code_lists.own.list.name",
       [](C* c) { *c->add_code_lists() = c->code_lists(0); }},
      {"the program's list", v, "code_lists.tombolo.severity.name",
       [](C* c) {
         *c->add_code_lists() = c->code_lists(0);
         c->mutable_code_lists(1)->set_name("tombolo.severity");
       }},
  };
}

std::vector<CatalogueCase> FieldShapeCases() {
  const Code v = Code::CONFIG_VALUE;
  const std::string at = kReg + "fields.";
  return {
      {"duplicate field", v, at + "staff.name", [](C* c) { Add(c, 0, "staff", v1::INTEGER); }},
      {"field in capitals", v, at + "Staff.name", [](C* c) { Add(c, 0, "Staff", v1::INTEGER); }},
      {"header as field", v, at + "decision.date.name",
       [](C* c) { Add(c, 0, "decision.date", v1::DATE); }},
      {"no type", v, at + "x.type", [](C* c) { Add(c, 0, "x", v1::FIELD_TYPE_UNSPECIFIED); }},
      {"no field class", v, at + "x.sharing_class",
       [](C* c) { Add(c, 0, "x", v1::FLAG, v1::SHARING_CLASS_UNSPECIFIED); }},
      {"type of a known name", v, at + "notice.served_on.type",
       [](C* c) { Add(c, 0, "notice.served_on", v1::TEXT); }},
      {"code without list", v, at + "x.code_list", [](C* c) { Add(c, 0, "x", v1::CODE); }},
      {"unknown list", v, at + "branch.code_list",
       [](C* c) { RegisterField(c, "branch")->set_code_list("no.list"); }},
      {"list of a text", v, at + "scratch.code_list",
       [](C* c) { RegisterField(c, "scratch")->set_code_list("own.list"); }},
      {"unknown scheme", Code::SCHEME_UNKNOWN, at + "subject.id.scheme",
       [](C* c) { RegisterField(c, "subject.id")->set_scheme("no.scheme"); }},
      {"scheme of a text", v, at + "scratch.scheme",
       [](C* c) { RegisterField(c, "scratch")->set_scheme("test.org"); }},
      {"mask of nothing", v, at + "scratch.mask.in",
       [](C* c) { RegisterField(c, "scratch")->mutable_mask(); }},
      {"mask into itself", v, at + "owner.id.mask.in",
       [](C* c) { RegisterField(c, "owner.id")->mutable_mask()->set_in(v1::LIMITED); }},
      {"mask of a number", v, at + "staff.mask",
       [](C* c) { RegisterField(c, "staff")->mutable_mask()->set_in(v1::PUBLIC); }},
      {"limited record with a public mask", Code::CLASS_WIDENED, at + "owner.id.mask.in",
       [](C* c) {
         Item(c, 0)->set_sharing_class(v1::LIMITED);
         RegisterField(c, "owner.id")->set_sharing_class(v1::LOCAL);
       }},
      {"government record with a public mask", Code::CLASS_WIDENED, at + "owner.id.mask.in",
       [](C* c) { Item(c, 0)->set_sharing_class(v1::GOVERNMENT); }},
  };
}

}  // namespace

std::vector<CatalogueCase> ShapeCases() {
  std::vector<CatalogueCase> all = ItemShapeCases();
  for (CatalogueCase& one : FieldShapeCases()) all.push_back(std::move(one));
  return all;
}

std::vector<CatalogueCase> ContentCases() {
  const auto no_leak_rule = [](Rules* r) { r->set_public_leak(false); };
  const std::string reg = kReg + "fields.";
  const std::string pen = kPen + "fields.";
  return {
      {"item tag", Code::PROHIBITED_CATEGORY, kReg + "tags",
       [](C* c) { Item(c, 0)->add_tags("religion"); }},
      {"field tag", Code::PROHIBITED_CATEGORY, reg + "staff.tags",
       [](C* c) { RegisterField(c, "staff")->add_tags("religion"); }},
      {"field name", Code::PROHIBITED_CATEGORY, reg + "home.church_name.name",
       [](C* c) { Add(c, 0, "home.church_name", v1::TEXT); }},
      {"field title", Code::PROHIBITED_CATEGORY, reg + "staff.title",
       [](C* c) { RegisterField(c, "staff")->set_title("church of the owner"); }},
      {"evaluation of persons", Code::PERSON_SCORE, kReg + "kind",
       [](C* c) {
         Item(c, 0)->set_kind(v1::EVALUATION);
         Item(c, 0)->add_subject_kinds(v1::NATURAL_PERSON);
       }},
      {"score by name", Code::PERSON_SCORE, pen + "credit_score",
       [](C* c) { Add(c, kPenalty, "credit_score", v1::INTEGER); }},
      {"points by name", Code::PERSON_SCORE, pen + "licence.points",
       [](C* c) { Add(c, kPenalty, "licence.points", v1::DECIMAL); }},
      {"rank as text", Code::PERSON_SCORE, pen + "rank",
       [](C* c) { Add(c, kPenalty, "rank", v1::TEXT); }},
      {"grade by title", Code::PERSON_SCORE, pen + "x",
       [](C* c) { Add(c, kPenalty, "x", v1::TEXT)->set_title("Honesty Grade (A to D)"); }},
      {"rating by tag", Code::PERSON_SCORE, pen + "x",
       [](C* c) { Add(c, kPenalty, "x", v1::TEXT)->add_tags("person.rating"); }},
      {"points in Chinese", Code::PERSON_SCORE, pen + "x",
       [](C* c) { Add(c, kPenalty, "x", v1::INTEGER)->set_title("个人信用积分"); }},
      {"private source", Code::PRIVATE_SOURCE, kReg + "source_kind",
       [](C* c) { Item(c, 0)->set_source_kind("COMMERCIAL_PLATFORM"); }},
      {"private authority", Code::PRIVATE_SOURCE, kReg + "authorities.kind",
       [](C* c) { Item(c, 0)->mutable_authorities(0)->set_kind("COMPANY"); }},
      {"authority of no kind", Code::PRIVATE_SOURCE, kReg + "authorities.kind",
       [](C* c) { Item(c, 0)->mutable_authorities(0)->clear_kind(); }},
      {"public person's number", Code::PUBLIC_FIELD_LEAK, reg + "owner.id.sharing_class",
       [](C* c) {
         RegisterField(c, "owner.id")->clear_mask();
         RegisterField(c, "owner.id")->set_sharing_class(v1::PUBLIC);
       }},
      {"mask that hides three", Code::PUBLIC_FIELD_LEAK, reg + "owner.id.mask",
       [](C* c) { RegisterField(c, "owner.id")->mutable_mask()->set_keep_last(3); }},
      {"public remark", Code::PUBLIC_FIELD_LEAK, pen + "remark.name",
       [](C* c) { FieldOf(Item(c, kPenalty), "remark")->set_sharing_class(v1::PUBLIC); },
       no_leak_rule},
      {"birth date", Code::PUBLIC_FIELD_LEAK, pen + "born.tags",
       [](C* c) { Add(c, kPenalty, "born", v1::DATE)->add_tags("person.birth_date"); },
       no_leak_rule},
      {"phone of a person", Code::PUBLIC_FIELD_LEAK, pen + "tel.tags",
       [](C* c) { Add(c, kPenalty, "tel", v1::TEXT)->add_tags("contact.phone"); }, no_leak_rule},
      {"address of a person", Code::PUBLIC_FIELD_LEAK, pen + "street.tags",
       [](C* c) { Add(c, kPenalty, "street", v1::TEXT)->add_tags("contact.address"); },
       no_leak_rule},
      {"photo", Code::PUBLIC_FIELD_LEAK, pen + "face.tags",
       [](C* c) { Add(c, kPenalty, "face", v1::URL)->add_tags("person.photo"); }, no_leak_rule},
      {"bank", Code::PUBLIC_FIELD_LEAK, pen + "iban.tags",
       [](C* c) { Add(c, kPenalty, "iban", v1::TEXT)->add_tags("person.bank_account"); },
       no_leak_rule},
      {"health", Code::PUBLIC_FIELD_LEAK, pen + "state_of.tags",
       [](C* c) { Add(c, kPenalty, "state_of", v1::TEXT)->add_tags("person.health"); },
       no_leak_rule},
      {"a manager's birth date", Code::PUBLIC_FIELD_LEAK, reg + "born.tags",
       [](C* c) { Add(c, 0, "born", v1::DATE)->add_tags("person.birth_date"); }, no_leak_rule},
  };
}

std::vector<CatalogueCase> BasisCases() {
  const Code missing = Code::BASIS_DOCUMENT_MISSING;
  const auto no_grounds = [](Rules* r) { r->clear_list_grounds(); };
  return {
      {"no authority", missing, kPen + "authorities",
       [](C* c) {
         Item(c, kPenalty)->clear_authorities();
         DropField(Item(c, kPenalty), "authority.name");
         DropField(Item(c, kPenalty), "authority.id");
       }},
      {"no decision number", missing, kPen + "fields.decision.number",
       [](C* c) { DropField(Item(c, kPenalty), "decision.number"); }},
      {"no legal basis", missing, kPen + "legal_basis",
       [](C* c) {
         Item(c, kPenalty)->clear_legal_basis();
         DropField(Item(c, kPenalty), "legal_basis");
       }},
      {"authority without identifier", missing, kBlack + "authorities.id",
       [](C* c) { Item(c, kList)->mutable_authorities(0)->clear_id(); },
       [](Rules* r) { r->set_authority_identifier(false); }},
      {"authority of another scheme", missing, kBlack + "authorities.id",
       [](C* c) { Item(c, kList)->mutable_authorities(0)->set_id("test.other:Z9"); },
       [](Rules* r) { r->clear_authority_scheme(); }},
      {"no list terms", Code::LIST_GROUND_INVALID, kBlack + "list.ground",
       [](C* c) { Item(c, kList)->clear_list(); }, no_grounds},
      {"ground", Code::LIST_GROUND_INVALID, kBlack + "list.ground",
       [](C* c) { Item(c, kList)->mutable_list()->set_ground("MANNERS"); }, no_grounds},
      {"no way off", Code::LIST_GROUND_INVALID, kBlack + "list.removal_conditions",
       [](C* c) { Item(c, kList)->mutable_list()->clear_removal_conditions(); }, no_grounds},
      {"no review", Code::LIST_GROUND_INVALID, kBlack + "list.review_authority",
       [](C* c) { Item(c, kList)->mutable_list()->clear_review_authority(); }, no_grounds},
      {"low basis", Code::LEGAL_BASIS_INSUFFICIENT, kBlack + "legal_basis.level",
       [](C* c) { Item(c, kList)->mutable_legal_basis(0)->set_level("LOCAL_RULE"); },
       [](Rules* r) { r->clear_list_basis_local(); }},
      {"low basis of a national list", Code::LEGAL_BASIS_INSUFFICIENT, kBlack + "legal_basis.level",
       [](C* c) {
         Item(c, kList)->mutable_legal_basis(0)->set_level("LOCAL_REGULATION");
         Item(c, kList)->mutable_list()->set_national(true);
       },
       [](Rules* r) { r->clear_list_basis_national(); }},
      {"lister of level OTHER", Code::AUTHORITY_LEVEL, kBlack + "authorities.level",
       [](C* c) { Item(c, kList)->mutable_authorities(0)->set_level("OTHER"); },
       [](Rules* r) { r->clear_list_levels(); }},
      {"minor matter", Code::WINDOW_INVALID, kPen + "severity",
       [](C* c) {
         Item(c, kPenalty)->set_severity("MINOR");
         Item(c, kPenalty)->set_publicity_months(3);
       },
       [](Rules* r) { r->clear_windows(); }},
      {"long term", Code::WINDOW_INVALID, kPen + "publicity_months",
       [](C* c) { Item(c, kPenalty)->set_publicity_months(13); },
       [](Rules* r) { r->clear_windows(); }},
  };
}

}  // namespace tombolo::record
