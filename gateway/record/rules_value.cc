// One value against its field: type, form, identifier, code, division, persons' numbers.
#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"
#include "gateway/record/grammar.h"
#include "gateway/record/rules_internal.h"

namespace tombolo::record {
namespace {

bool IsBlank(std::string_view text) { return Trim(text).empty(); }

// Folds blanks and checks the form; false (and a fault) if it is no text. `scan` is of the text as
// it then stands.
bool CheckText(const RuleContext& c, const FieldSpec& field, bool one_line, std::string* text,
               TextScan* scan) {
  if (text->size() > limits::kFieldTextBytesMax) {
    c.Refuse(Code::LIMIT_EXCEEDED, field.name, *text,
             absl::StrCat("the text has ", text->size(), " bytes, at most ",
                          limits::kFieldTextBytesMax, " are allowed"));
    return false;
  }
  *scan = ScanText(*text);
  // Tabs and carriage returns are control characters too: a clean text is looked at once.
  if (scan->control != std::string_view::npos && FoldBlanks(text)) *scan = ScanText(*text);
  if (!scan->utf8) {
    c.Refuse(Code::ENCODING_INVALID, field.name, "", "the text is not valid UTF-8");
    return false;
  }
  if (scan->control != std::string_view::npos) {
    c.Refuse(Code::FIELD_TYPE, field.name, *text,
             absl::StrCat("a control character stands at byte ", scan->control, "; remove it"));
    return false;
  }
  if (one_line && scan->line_feed) {
    c.Refuse(Code::FIELD_TYPE, field.name, *text, "a line break stands in a value of one line");
    return false;
  }
  return true;
}
bool CheckText(const RuleContext& c, const FieldSpec& field, bool one_line, std::string* text) {
  TextScan scan;
  return CheckText(c, field, one_line, text, &scan);
}

void WatchText(const RuleContext& c, const FieldSpec& field, std::string_view text,
               const TextScan& scan) {
  if (!field.watch_text || scan.digit_run < c.catalogue.profile().PersonNumberRunMin()) return;
  for (const Fault& found : c.catalogue.profile().FindPersonNumbers(text)) {
    c.Refuse(found.code, field.name, found.value, found.reason);
  }
}

void CheckDivision(const RuleContext& c, const FieldSpec& field, const std::string& code) {
  const std::string& table = c.rules.division_table();
  if (table.empty()) return;
  const Profile& profile = c.catalogue.profile();
  if (profile.FindDivision(table, code, c.draft.header.decided_on) != nullptr) return;
  const Division* ever = profile.FindDivision(table, code, std::nullopt);
  if (ever == nullptr) {
    c.Refuse(Code::DIVISION_UNKNOWN, field.name, code, "was never a division of the table");
  } else {
    c.Warn(Code::DIVISION_UNKNOWN, field.name, code,
           absl::StrCat(ever->name, " was not a division on the decision date"));
  }
}

void CheckUrl(const RuleContext& c, const FieldSpec& field, std::string_view url) {
  std::string_view rest;
  if (url.starts_with("https://")) rest = url.substr(std::string_view("https://").size());
  if (url.starts_with("http://")) rest = url.substr(std::string_view("http://").size());
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty() || url.find(' ') != std::string_view::npos) {
    c.Refuse(Code::FIELD_TYPE, field.name, url, "not an address of the form http(s)://host/...");
  }
}

void CheckIdentifierValue(const RuleContext& c, const FieldSpec& field, IdentifierValue* id) {
  if (id->scheme.empty()) id->scheme = field.scheme;
  if (!field.scheme.empty() && id->scheme != field.scheme) {
    c.Refuse(Code::FIELD_TYPE, field.name, id->scheme,
             absl::StrCat("the field holds identifiers of the scheme ", field.scheme));
    return;
  }
  const Profile& profile = c.catalogue.profile();
  IdentifierCheck check = profile.CheckIdentifier(id->scheme, id->value, c.draft.header.decided_on);
  for (const Fault& fault : check.faults) {
    c.Refuse(fault.code, field.name, fault.value, fault.reason);
  }
  for (const Fault& fault : check.warnings) {
    c.Warn(fault.code, field.name, fault.value, fault.reason);
  }
  if (!check.accepted()) return;
  id->value = std::move(check.normal);
  // A field of one scheme was looked at when the catalogue was loaded.
  if (!field.scheme.empty() || field.sharing_class != v1::PUBLIC) return;
  const v1::IdentifierScheme* scheme = profile.FindScheme(id->scheme);
  if (scheme != nullptr && scheme->natural_person()) {
    c.Refuse(Code::PUBLIC_FIELD_LEAK, field.name, "",
             absl::StrCat("a number of the scheme ", id->scheme,
                          " identifies a natural person and is never public"));
  }
}

// One overload a type; each finds its alternative or says FIELD_TYPE through the caller.
struct ValueCheck {
  const RuleContext& c;
  const FieldSpec& field;
  Value* value;

  bool operator()(std::monostate) const { return true; }

  bool operator()(std::string& text) const {
    const bool one_line = field.type != v1::TEXT;
    if (field.type != v1::TEXT && field.type != v1::DIVISION && field.type != v1::URL) return false;
    if (IsBlank(text)) {
      *value = std::monostate();
      return true;
    }
    TextScan scan;
    if (!CheckText(c, field, one_line, &text, &scan)) return true;
    if (field.type == v1::DIVISION) CheckDivision(c, field, text);
    if (field.type == v1::URL) CheckUrl(c, field, text);
    WatchText(c, field, text, scan);
    return true;
  }

  bool operator()(std::vector<std::string>& texts) const {
    if (field.type != v1::TEXTS) return false;
    std::erase_if(texts, IsBlank);
    for (std::string& text : texts) {
      TextScan scan;
      if (CheckText(c, field, /*one_line=*/false, &text, &scan)) WatchText(c, field, text, scan);
    }
    if (texts.empty()) *value = std::monostate();
    return true;
  }

  bool operator()(int64_t) const { return field.type == v1::INTEGER; }
  bool operator()(bool) const { return field.type == v1::FLAG; }

  bool operator()(DateValue date) const {
    if (field.type != v1::DATE) return false;
    if (!IsDay(date.days)) {
      c.Refuse(Code::DATE_INVALID, field.name, absl::StrCat(date.days),
               "the date lies outside the years 1 to 9999");
    }
    return true;
  }

  bool operator()(AmountValue& amount) const {
    if (field.type != v1::AMOUNT) return false;
    if (!IsCurrency(amount.currency)) {
      c.Refuse(Code::AMOUNT_INVALID, field.name, amount.currency,
               "a currency is three capital letters of ISO 4217");
    }
    if (amount.minor_units < 0) {
      c.Refuse(Code::AMOUNT_INVALID, field.name, absl::StrCat(amount.minor_units),
               "an amount is not negative");
    }
    return true;
  }

  bool operator()(IdentifierValue& id) const {
    if (field.type != v1::IDENTIFIER) return false;
    if (IsBlank(id.value)) {
      *value = std::monostate();
    } else if (CheckText(c, field, /*one_line=*/true, &id.value)) {
      CheckIdentifierValue(c, field, &id);
    }
    return true;
  }

  bool operator()(CodeValue& code) const {
    if (field.type != v1::CODE) return false;
    if (IsBlank(code.code) && IsBlank(code.label)) {
      *value = std::monostate();
      return true;
    }
    if (!CheckText(c, field, /*one_line=*/true, &code.code)) return true;
    if (!CheckText(c, field, /*one_line=*/true, &code.label)) return true;
    if (c.catalogue.FindCode(field.code_list, code.code) == nullptr) {
      c.Refuse(Code::CODE_UNKNOWN, field.name, code.code,
               absl::StrCat("not in the code list ", field.code_list));
    }
    return true;
  }

  bool operator()(DecimalValue& decimal) const {
    if (field.type != v1::DECIMAL) return false;
    if (IsCanonicalDecimal(decimal.text)) return true;
    if (IsBlank(decimal.text)) {
      *value = std::monostate();
    } else if (auto normal = NormalizeDecimal(decimal.text)) {
      decimal.text = std::move(*normal);
    } else {
      c.Refuse(Code::NUMBER_INVALID, field.name, decimal.text,
               "not a plain decimal number of at most 64 digits");
    }
    return true;
  }
};

}  // namespace

void CheckValue(const RuleContext& c, const FieldSpec& field, Value* value) {
  if (std::visit(ValueCheck{c, field, value}, *value)) return;
  c.Refuse(Code::FIELD_TYPE, field.name, "",
           absl::StrCat("the value is not of the type ", v1::FieldType_Name(field.type)));
}

}  // namespace tombolo::record
