#include "tests/unit/record/rules_cases.h"

#include <cstdlib>

#include "gateway/base/limits.h"

namespace tombolo::record {
namespace {

using D = Draft;
using Rules = v1::ProfileRules;
using Texts = std::vector<std::string>;

// A case that sets one field of the register entry.
RecordCase Set(const std::string& name, Code code, const std::string& field, Value value) {
  return {name, code, field, kRegister, [field, value](D* d) { At(d, field) = value; }, nullptr};
}

constexpr int32_t kDayTooEarly = -719163;

}  // namespace

Value& At(Draft* draft, std::string_view name) {
  const int index = draft->item->FieldIndex(name);
  if (index < 0) std::abort();
  return draft->values[index];
}

Draft SoundDraft(const Catalogue& catalogue, int item) {
  Draft d;
  d.item = catalogue.items()[item].get();
  d.values.resize(d.item->fields.size());
  d.natural_key = {"key"};
  At(&d, "subject.name") = "Lift Works";
  if (item == kRegister) {
    At(&d, "subject.id") = IdentifierValue{"test.org", "o123"};
    At(&d, "subject.kind") = CodeValue{"ORGANISATION", ""};
    At(&d, "owner.id") = IdentifierValue{"test.person", "P1234567"};
    At(&d, "any.id") = IdentifierValue{"test.other", "Z9"};
    At(&d, "branch") = CodeValue{"X", "first"};
    At(&d, "size") = CodeValue{"A", "alpha"};
    At(&d, "capital") = AmountValue{100, "CNY"};
    At(&d, "staff") = int64_t{7};
    At(&d, "area") = DecimalValue{"12.50"};
    At(&d, "founded") = DateValue{100};
    At(&d, "active") = true;
    At(&d, "place") = "01";
    At(&d, "purposes") = Texts{"lifts", "stairs"};
    At(&d, "site") = "https://example.test/a?b";
    return d;
  }
  d.header.decided_on = 19900;
  At(&d, "decision.number") = "2024/17";
  if (item == kPenalty) {
    At(&d, "subject.kind") = CodeValue{"ORGANISATION", ""};
    At(&d, "authority.name") = "Anytown Council";
    At(&d, "authority.id") = IdentifierValue{"test.org", "O123"};
    At(&d, "legal_basis") = Texts{"Trade Act, section 3"};
    return d;
  }
  At(&d, "list.listed_on") = DateValue{19950};
  At(&d, "notice.served_on") = DateValue{19905};
  At(&d, "notice.objection_until") = DateValue{19940};
  At(&d, "notice.reasons") = "lifts fell";
  At(&d, "notice.basis") = "Lift Act";
  At(&d, "notice.rights") = "to object within 35 days";
  return d;
}

std::vector<RecordCase> ValueCases() {
  const Code type = Code::FIELD_TYPE;
  return {
      Set("required text absent", Code::FIELD_REQUIRED, "subject.name", std::monostate()),
      Set("required text blank", Code::FIELD_REQUIRED, "subject.name", " \t\r\n "),
      Set("number for text", type, "subject.name", int64_t{1}),
      Set("text for number", type, "staff", "7"),
      Set("text for date", type, "founded", "2001-01-01"),
      Set("text for flag", type, "active", "yes"),
      Set("text for amount", type, "capital", "7"),
      Set("text for code", type, "size", "A"),
      Set("text for identifier", type, "subject.id", "O1"),
      Set("text for texts", type, "purposes", "lifts"),
      Set("text for decimal", type, "area", "1"),
      Set("texts for text", type, "scratch", Texts{"a"}),
      Set("code for text", type, "scratch", CodeValue{"A", ""}),
      Set("date for number", type, "staff", DateValue{1}),
      Set("flag for number", type, "staff", true),
      Set("amount for decimal", type, "area", AmountValue{1, "CNY"}),
      Set("decimal for amount", type, "capital", DecimalValue{"1"}),
      Set("identifier for code", type, "size", IdentifierValue{"test.org", "O1"}),
      Set("control character", type, "scratch", "a\x01"),
      Set("escape in a list", type, "purposes", Texts{"a", "b\x1B[0m"}),
      Set("line break in a code", type, "size", CodeValue{"A", "al\npha"}),
      Set("line break in a division", type, "place", "0\n1"),
      Set("not UTF-8", Code::ENCODING_INVALID, "scratch", "\xFF"),
      Set("not UTF-8 in a list", Code::ENCODING_INVALID, "purposes", Texts{"\xC3"}),
      Set("long text", Code::LIMIT_EXCEEDED, "scratch",
          std::string(limits::kFieldTextBytesMax + 1, 'x')),
      Set("mail address", type, "site", "mailto:a@example.test"),
      Set("no host", type, "site", "https:///path"),
      Set("blank in an address", type, "site", "http://a b/"),
      Set("script address", type, "site", "javascript:alert(1)"),
      Set("date too early", Code::DATE_INVALID, "founded", DateValue{kDayTooEarly}),
      Set("date too late", Code::DATE_INVALID, "founded", DateValue{2932897}),
      Set("small currency", Code::AMOUNT_INVALID, "capital", AmountValue{1, "cny"}),
      Set("no currency", Code::AMOUNT_INVALID, "capital", AmountValue{1, ""}),
      Set("negative amount", Code::AMOUNT_INVALID, "capital", AmountValue{-1, "CNY"}),
      Set("exponent", Code::NUMBER_INVALID, "area", DecimalValue{"1e3"}),
      Set("comma", Code::NUMBER_INVALID, "area", DecimalValue{"1,5"}),
      Set("unknown code", Code::CODE_UNKNOWN, "size", CodeValue{"C", "gamma"}),
      Set("label without code", Code::CODE_UNKNOWN, "size", CodeValue{"", "gamma"}),
      Set("unknown subject kind", Code::CODE_UNKNOWN, "subject.kind", CodeValue{"ALIEN", ""}),
      Set("bad identifier", Code::ID_INVALID, "subject.id", IdentifierValue{"test.org", "O1x"}),
      Set("other scheme", type, "subject.id", IdentifierValue{"test.other", "Z9"}),
      Set("unknown scheme", Code::SCHEME_UNKNOWN, "any.id", IdentifierValue{"no.scheme", "Z9"}),
      Set("no scheme", Code::SCHEME_UNKNOWN, "any.id", IdentifierValue{"", "Z9"}),
      Set("public person's number", Code::PUBLIC_FIELD_LEAK, "any.id",
          IdentifierValue{"test.person", "P7"}),
      Set("person's number in text", Code::ID_IN_CLEAR, "subject.name", "Mr X, P1234567"),
      Set("person's number in a list", Code::ID_IN_CLEAR, "purposes", Texts{"a", "P1234567"}),
  };
}

std::vector<RecordCase> HeaderCases() {
  const Code order = Code::DATE_ORDER;
  return {
      {"no key", Code::KEY_MISSING, "", kRegister, [](D* d) { d->natural_key.clear(); }},
      {"empty key part", Code::KEY_MISSING, "", kRegister,
       [](D* d) { d->natural_key.push_back(""); }},
      {"long key", Code::LIMIT_EXCEEDED, "", kRegister,
       [](D* d) {
         d->natural_key = {"x", std::string(limits::kNaturalKeyBytesMax, 'k')};
       }},
      {"no item", Code::CATALOGUE_ITEM_UNKNOWN, "", kRegister, [](D* d) { d->item = nullptr; }},
      {"too many values", Code::FIELD_UNKNOWN, "", kRegister,
       [](D* d) { d->values.emplace_back(); }},
      {"no state", Code::FIELD_REQUIRED, "state", kRegister,
       [](D* d) { d->header.state = v1::RECORD_STATE_UNSPECIFIED; }},
      {"no such state", Code::FIELD_REQUIRED, "state", kRegister,
       [](D* d) { d->header.state = static_cast<v1::RecordState>(77); }},
      {"decided in year 0", Code::DATE_INVALID, "decided_on", kPenalty,
       [](D* d) { d->header.decided_on = kDayTooEarly; }},
      {"shared past 9999", Code::DATE_INVALID, "share_until", kRegister,
       [](D* d) { d->header.share_until = 2147483647; }},
      {"validity backwards", order, "valid_until", kRegister,
       [](D* d) { d->header.valid_from = 11, d->header.valid_until = 10; }},
      {"effect before decision", order, "effective_on", kPenalty,
       [](D* d) { d->header.effective_on = 19899; }},
      {"over before effect", order, "valid_until", kPenalty,
       [](D* d) { d->header.effective_on = 19950, d->header.valid_until = 19949; }},
      {"term before decision", order, "publish_until", kRegister,
       [](D* d) { d->header.decided_on = 20101, d->header.publish_until = 20100; }},
      {"sharing ends before publicity", order, "share_until", kRegister,
       [](D* d) { d->header.publish_until = 20101, d->header.share_until = 20100; }},
      {"objection before notice", order, "notice.objection_until", kList,
       [](D* d) { At(d, "notice.objection_until") = DateValue{19904}; }},
  };
}

std::vector<RecordCase> CoreCases() {
  const Code missing = Code::BASIS_DOCUMENT_MISSING;
  return {
      {"no decision number", missing, "decision.number", kPenalty,
       [](D* d) { At(d, "decision.number") = std::monostate(); }},
      {"blank decision number", missing, "decision.number", kPenalty,
       [](D* d) { At(d, "decision.number") = "  "; }},
      {"no decision date", missing, "decided_on", kPenalty,
       [](D* d) { d->header.decided_on.reset(); }},
      {"in force tomorrow", Code::BASIS_NOT_EFFECTIVE, "effective_on", kPenalty,
       [](D* d) { d->header.effective_on = kToday + 1; }},
      {"decided tomorrow", Code::BASIS_NOT_EFFECTIVE, "decided_on", kPenalty,
       [](D* d) { d->header.decided_on = kToday + 1; }},
      {"subject of another kind", Code::CATALOGUE_ITEM_UNKNOWN, "subject.kind", kRegister,
       [](D* d) {
         At(d, "subject.kind") = CodeValue{"NATURAL_PERSON", ""};
       }},
      {"related party without notice", Code::THIRD_PARTY_TAINT, "subject.related_role", kPenalty,
       [](D* d) {
         At(d, "subject.related_role") = CodeValue{"A", ""};
       }},
  };
}

std::vector<RecordCase> ProfileCases() {
  const auto no_window = [](Rules* r) { r->clear_windows(); };
  const auto no_notice = [](Rules* r) { r->set_list_notice(false); };
  const auto no_past = [](Rules* r) { r->set_past_window(false); };
  const auto drop = [](const char* field) {
    return [field](D* d) { At(d, field) = std::monostate(); };
  };
  return {
      {"never a division", Code::DIVISION_UNKNOWN, "place", kRegister,
       [](D* d) { At(d, "place") = "99"; }, [](Rules* r) { r->clear_division_table(); }},
      {"before the item", Code::CATALOGUE_ITEM_UNKNOWN, "decided_on", kRegister,
       [](D* d) { d->header.decided_on = 7304; }, [](Rules* r) { r->set_item_validity(false); }},
      {"after the item", Code::CATALOGUE_ITEM_UNKNOWN, "decided_on", kRegister,
       [](D* d) { d->header.decided_on = 22281; }, [](Rules* r) { r->set_item_validity(false); }},
      {"other authority by name", Code::PROVIDER_NOT_ENTITLED, "authority.name", kPenalty,
       [](D* d) {
         At(d, "authority.name") = "Othertown Council";
         At(d, "authority.id") = IdentifierValue{"test.org", "O999"};
       },
       [](Rules* r) { r->set_provider_entitled(false); }},
      {"other authority by identifier", Code::PROVIDER_NOT_ENTITLED, "authority.name", kPenalty,
       [](D* d) {
         At(d, "authority.id") = IdentifierValue{"test.org", "O999"};
       },
       [](Rules* r) { r->set_provider_entitled(false); }},
      {"authority of another scheme", Code::BASIS_DOCUMENT_MISSING, "authority.id", kPenalty,
       [](D* d) {
         At(d, "authority.id") = IdentifierValue{"test.other", "Z9"};
       },
       [](Rules* r) { r->set_authority_identifier(false); }},
      {"listed by a village", Code::AUTHORITY_LEVEL, "authority.level", kList,
       [](D* d) {
         At(d, "authority.level") = CodeValue{"OTHER", ""};
       },
       [](Rules* r) { r->clear_list_levels(); }},
      {"no notice", Code::NOTICE_MISSING, "notice.served_on", kList, drop("notice.served_on"),
       no_notice},
      {"notice on the day", Code::NOTICE_MISSING, "notice.served_on", kList,
       [](D* d) { At(d, "notice.served_on") = At(d, "notice.objection_until") = DateValue{19950}; },
       no_notice},
      {"listed before the objection", Code::NOTICE_MISSING, "notice.objection_until", kList,
       [](D* d) { At(d, "notice.objection_until") = DateValue{19951}; }, no_notice},
      {"no reasons", Code::NOTICE_INCOMPLETE, "notice.reasons", kList, drop("notice.reasons"),
       no_notice},
      {"no basis", Code::NOTICE_INCOMPLETE, "notice.basis", kList, drop("notice.basis"), no_notice},
      {"no rights", Code::NOTICE_INCOMPLETE, "notice.rights", kList, drop("notice.rights"),
       no_notice},
      {"a day too long", Code::WINDOW_INVALID, "publish_until", kPenalty,
       [](D* d) { d->header.publish_until = 20266; }, no_window},
      {"minor and public", Code::WINDOW_INVALID, "severity", kPenalty,
       [](D* d) {
         At(d, "severity") = CodeValue{"MINOR", ""};
       },
       no_window},
      {"term over", Code::PAST_WINDOW, "publish_until", kPenalty,
       [](D* d) { d->header.publish_until = kToday - 1; }, no_past},
      {"sharing over", Code::PAST_WINDOW, "share_until", kList,
       [](D* d) { d->header.share_until = kToday - 1; }, no_past},
  };
}

}  // namespace tombolo::record
