#include "gateway/record/rule_list.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::record {
namespace {

constexpr std::string_view kEvery = "every catalogue";
constexpr std::string_view kLoad = "load";
constexpr std::string_view kRecord = "record";
constexpr std::string_view kBoth = "load, record";

// The form of a record: types, required fields, limits.
std::vector<RuleInfo> FormRules() {
  return {
      {Code::LIMIT_EXCEEDED, kEvery, kBoth,
       "A catalogue, item, name, key, text or layer is larger than its limit "
       "(gateway/base/limits.h).",
       "Shorten it, or split the catalogue."},
      {Code::ENCODING_INVALID, kEvery, kRecord, "A text is not valid UTF-8.",
       "Name the right encoding in the pack."},
      {Code::CODE_UNKNOWN, kEvery, kRecord, "A code is not in the code list of its field.",
       "Add it to the list, or map it in the pack."},
      {Code::DATE_INVALID, kEvery, kRecord, "A date lies outside the years 1 to 9999.",
       "Mend the row. A header with such a date is looked at no further."},
      {Code::AMOUNT_INVALID, kEvery, kRecord,
       "A currency is not three capital letters, or an amount is negative.", "Mend the row."},
      {Code::NUMBER_INVALID, kEvery, kRecord,
       "A decimal is not sign, digits, point, digits, or has more than 64 characters. "
       "Leading and trailing zeros and a plus sign are removed first.",
       "Mend the row, or convert it in the pack."},
      {Code::KEY_MISSING, kEvery, kRecord, "The natural key or a part of it is empty.",
       "Choose other key columns, or mend the row."},
      {Code::FIELD_REQUIRED, kEvery, kRecord,
       "A field that the item requires, or the state, is absent. A text of blanks counts as "
       "absent.",
       "Mend the row, or do not require the field."},
      {Code::FIELD_TYPE, kEvery, kRecord,
       "A value has another type than its field, is an identifier of another scheme, not an "
       "http(s) "
       "address, or has control characters (tabs become blanks and CR LF becomes LF first).",
       "Convert it in the pack."},
      {Code::FIELD_UNKNOWN, kEvery, kRecord, "The record has more values than its item has fields.",
       "Declare the field, or drop the column."},
  };
}

// Identifiers, divisions, persons' numbers.
std::vector<RuleInfo> IdentifierRules() {
  return {
      {Code::ID_INVALID, kEvery, kBoth,
       "An identifier does not have the pattern of its scheme, or fails its check.",
       "Mend the row; or declare the scheme as the source really writes it."},
      {Code::SCHEME_UNKNOWN, kEvery, kBoth, "No loaded profile declares the scheme.",
       "Declare it in a profile."},
      {Code::USCC_FORMAT, "a scheme of the profile", kBoth,
       "Not the form of a unified social credit code.", "Mend the row."},
      {Code::USCC_CHECK, "a scheme of the profile", kBoth,
       "The check character of a unified social credit code is wrong.", "Mend the row."},
      {Code::PERSON_ID_INVALID, "a scheme of the profile", kBoth,
       "A resident number has a wrong form, date or check character, or is younger than the "
       "decision.",
       "Mend the row."},
      {Code::LEI_INVALID, "a scheme of the profile", kBoth,
       "Not 20 characters, check digits wrong, or 00, 01, 99.", "Mend the row."},
      {Code::ID_IN_CLEAR, kEvery, kRecord,
       "Free text (fields of type TEXT and TEXTS) holds what is by form, place, date and check a "
       "number "
       "of a person. Not looked at: other types, LOCAL fields, and fields stricter than PUBLIC "
       "that are "
       "tagged as holding such numbers.",
       "Mask it in the pack, or move it to a field of its own."},
      {Code::DIVISION_UNKNOWN, "`division_table`", kRecord,
       "A code was never a division of the table. One that was abolished before, or made after, "
       "the "
       "decision is a warning.",
       "Mend the row, or bring the table up to date."},
  };
}

// What a record rests on.
std::vector<RuleInfo> BasisRules() {
  return {
      {Code::VERSION_CONFLICT, kEvery, "store",
       "The same record and version exist with other content.",
       "Somebody wrote at the same time; run again."},
      {Code::CATALOGUE_ITEM_UNKNOWN, "every catalogue; the date: `item_validity`", kRecord,
       "The item is not of the catalogue, or has no records about that kind of subject, or was not "
       "valid on the decision date.",
       "Mend the row, or the catalogue."},
      {Code::PROVIDER_NOT_ENTITLED, "`provider_entitled`", kRecord,
       "The record names an authority that is not one of the item's. Identifiers of one scheme "
       "decide, "
       "else names.",
       "Add the authority to the item, or leave the row out."},
      {Code::BASIS_DOCUMENT_MISSING,
       "every catalogue; the authority's identifier: `authority_identifier`", kBoth,
       "A NEGATIVE record lacks authority, decision number, decision date or legal basis; a "
       "NEGATIVE item "
       "has no way to state them.",
       "State them in the record, or as constants of the item. Nothing may be invented."},
      {Code::BASIS_NOT_EFFECTIVE, kEvery, kRecord,
       "A NEGATIVE record in state EFFECTIVE has an effective date, or a decision date, after "
       "today.",
       "Give it the state PENDING, or wait."},
      {Code::LEGAL_BASIS_INSUFFICIENT, "`list_basis_local`, `list_basis_national`", kLoad,
       "A list other than a redlist has no legal basis of a level that suffices.",
       "Name the instrument and its level in the item."},
      {Code::AUTHORITY_LEVEL, "`list_levels`", kBoth,
       "An entry of a list comes from an authority below the levels named, and not from a court.",
       "State the level, or leave the row out."},
      {Code::LIST_GROUND_INVALID, "`list_grounds`", kLoad,
       "A list has a ground that the profile does not permit, or no removal conditions or review "
       "authority.",
       "Complete the item's list terms."},
      {Code::NOTICE_MISSING, "`list_notice`", kRecord,
       "An entry of a list has no notice, or one served on or after the day of the listing, or the "
       "listing "
       "came before the time to object was over with no answer or waiver.",
       "Get the notice's data from the authority."},
      {Code::NOTICE_INCOMPLETE, "`list_notice`", kRecord,
       "The notice lacks reasons, basis or rights.", "Get them from the authority."},
      {Code::THIRD_PARTY_TAINT, kEvery, kRecord,
       "A burdening record is about a related party (subject.related_role) without a decision "
       "number, a "
       "decision date and a notice of its own.",
       "Leave the row out; a relation is no decision."},
  };
}

// What is refused by design, classes and terms.
std::vector<RuleInfo> OpennessRules() {
  return {
      {Code::PROHIBITED_CATEGORY, kEvery, kLoad,
       "A tag, field name or field title falls into a category that the profile prohibits.",
       "Drop the field. A lawful phrase that contains such a word goes to the profile's "
       "exceptions."},
      {Code::PERSON_SCORE, kEvery, kBoth,
       "An evaluation, or a field named or titled score, points, grade, rank, rating or "
       "probability, in an "
       "item about natural persons; a record of such an item about one.",
       "Limit the item to organisations, or drop the field."},
      {Code::PRIVATE_SOURCE, kEvery, kLoad, "The source or an authority is not public.",
       "Carry only what an authority established."},
      {Code::CLASS_WIDENED, kEvery, kLoad,
       "A masked copy would stand in a layer more open than the record's class. (A field's class "
       "can never "
       "widen the record's: the stricter counts.)",
       "Choose a stricter layer for the mask."},
      {Code::PUBLIC_FIELD_LEAK, "every catalogue for persons' numbers; the rest: `public_leak`",
       kBoth,
       "The public layer would hold a natural person's number (or a mask that hides fewer than "
       "four "
       "characters of it), a remark, or a field tagged as birth date, address, phone, photo, bank, "
       "health "
       "of a natural person.",
       "Give the field a stricter class, or mask it."},
      {Code::WINDOW_INVALID, "`windows`", kBoth,
       "A PUBLIC and NEGATIVE record has no publicity term, one longer than its severity allows, "
       "no "
       "severity, or a severity that is not published.",
       "Set severity and publicity_months of the item."},
      {Code::PAST_WINDOW, "`past_window`", kRecord,
       "The publicity term of a PUBLIC record, or the term for sharing, ended before today. "
       "Records that "
       "say that the matter ended are let through.",
       "Leave the row out by a rule of the pack."},
      {Code::DATE_ORDER, kEvery, kRecord,
       "valid_until before valid_from or effective_on, effective_on or publish_until before "
       "decided_on, "
       "share_until before publish_until, or the time to object ends before the notice.",
       "Mend the row."},
  };
}

}  // namespace

const std::vector<RuleInfo>& AllRules() {
  static const auto* const kAll = [] {
    auto* all = new std::vector<RuleInfo>;
    for (const auto& part : {FormRules(), IdentifierRules(), BasisRules(), OpennessRules()}) {
      all->insert(all->end(), part.begin(), part.end());
    }
    return all;
  }();
  return *kAll;
}

std::string RulesPage() {
  std::string page =
      "# Rules that records and catalogues must satisfy\n\n"
      "Made from gateway/record/rule_list.cc; a test compares. All faults of a record, and all of "
      "a "
      "catalogue, are reported together.\n\n"
      "*Binds*: every catalogue, or those whose profile sets the switch named (`rules` of "
      "profile.yaml). *Checked*: when a catalogue is loaded, on each record, or by the store.\n\n"
      "| code | binds | checked | refused when | what to do |\n|---|---|---|---|---|\n";
  for (const RuleInfo& rule : AllRules()) {
    absl::StrAppend(&page, "| ", ToAbsl(NameOf(rule.code)), " | ", ToAbsl(rule.binds), " | ",
                    ToAbsl(rule.checked), " | ");
    absl::StrAppend(&page, ToAbsl(rule.condition), " | ", ToAbsl(rule.advice), " |\n");
  }
  return page;
}

}  // namespace tombolo::record
