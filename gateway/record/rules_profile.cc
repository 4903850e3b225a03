// What a profile switches on: validity of items, providers, lists, notices, publicity terms.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"
#include "gateway/record/rules_internal.h"

namespace tombolo::record {
namespace {

void CheckItemValidity(const RuleContext& c) {
  const auto day = c.draft.header.decided_on;
  if (!c.rules.item_validity() || !day) return;
  const bool early = c.item.valid_from && *day < *c.item.valid_from;
  const bool late = c.item.valid_until && *day > *c.item.valid_until;
  if (!early && !late) return;
  c.Refuse(Code::CATALOGUE_ITEM_UNKNOWN, "decided_on", FormatIsoDate(*day),
           absl::StrCat("the item ", c.item.code, " was not valid on the decision date"));
}

void CheckProvider(const RuleContext& c) {
  if (!c.rules.provider_entitled() || c.item.declared.authorities().empty()) return;
  const auto* name = c.Get<std::string>(c.item.authority_name);
  const auto* id = c.Get<IdentifierValue>(c.item.authority_id);
  if ((name == nullptr && id == nullptr) || AuthorityOf(c) != nullptr) return;
  c.Refuse(Code::PROVIDER_NOT_ENTITLED,
           name != nullptr ? names::kAuthorityName : names::kAuthorityId,
           name != nullptr ? *name : id->value, "not one of the item's authorities");
}

void CheckAuthorityIdentifier(const RuleContext& c) {
  if (!c.rules.authority_identifier() || c.item.polarity != v1::NEGATIVE) return;
  const std::string& wanted = c.rules.authority_scheme();
  std::string_view scheme;
  if (const auto* id = c.Get<IdentifierValue>(c.item.authority_id)) {
    scheme = id->scheme;
  } else if (const v1::Authority* authority = AuthorityOf(c)) {
    scheme = SplitIdentifier(authority->id()).scheme;
  }
  if (!scheme.empty() && (wanted.empty() || scheme == wanted)) return;
  c.Refuse(Code::BASIS_DOCUMENT_MISSING, names::kAuthorityId, scheme,
           absl::StrCat("the authority needs its identifier ", wanted));
}

void CheckListLevel(const RuleContext& c) {
  if (c.rules.list_levels().empty()) return;
  const v1::Authority* authority = AuthorityOf(c);
  if (authority != nullptr && authority->kind() == "JUDICIAL") return;
  std::string_view level = c.CodeOfField(c.item.authority_level);
  if (level.empty() && authority != nullptr) level = authority->level();
  if (LevelMayList(c.rules, level)) return;
  c.Refuse(Code::AUTHORITY_LEVEL, names::kAuthorityLevel, level,
           "only courts and authorities of the levels that the profile names may list");
}

// The day of the listing: the field, else the day of effect, else the decision's.
std::optional<int32_t> ListedOn(const RuleContext& c) {
  if (const auto day = c.DayOfField(c.item.listed_on)) return day;
  const HeaderValues& h = c.draft.header;
  return h.effective_on ? h.effective_on : h.decided_on;
}

void CheckNotice(const RuleContext& c) {
  if (!c.rules.list_notice()) return;
  const auto served = c.DayOfField(c.item.notice_served_on);
  if (!served) {
    c.Refuse(Code::NOTICE_MISSING, names::kNoticeServedOn, "",
             "the subject gets a notice before the listing");
    return;
  }
  const auto listed = ListedOn(c);
  if (!listed || *served >= *listed) {
    c.Refuse(Code::NOTICE_MISSING, names::kNoticeServedOn, FormatIsoDate(*served),
             "the notice was not served before the day of the listing");
  }
  const auto objection_until = c.DayOfField(c.item.objection_until);
  const bool answered = !c.CodeOfField(c.item.representation).empty();
  if (listed && objection_until && *listed < *objection_until && !answered) {
    c.Refuse(Code::NOTICE_MISSING, names::kObjectionUntil, FormatIsoDate(*objection_until),
             "listed before the time to object was over, with no answer or waiver");
  }
  const auto part = [&c](int field, std::string_view name) {
    if (!c.Has(field)) c.Refuse(Code::NOTICE_INCOMPLETE, name, "", "the notice lacks this part");
  };
  part(c.item.notice_reasons, names::kNoticeReasons);
  part(c.item.notice_basis, names::kNoticeBasis);
  part(c.item.notice_rights, names::kNoticeRights);
}

void CheckTerm(const RuleContext& c, const v1::ProfileRules::PublicityWindow& window) {
  const HeaderValues& h = c.draft.header;
  if (!window.publishable() && !c.item.declared.publish_minor()) {
    c.Refuse(Code::WINDOW_INVALID, names::kSeverity, window.severity(),
             "not published without a rule of the sector; make the item GOVERNMENT or LIMITED");
    return;
  }
  if (!h.decided_on) return;  // BASIS_DOCUMENT_MISSING has been said
  if (!h.publish_until) {
    c.Refuse(Code::WINDOW_INVALID, "publish_until", "",
             "a public negative record has a publicity term; give the item publicity_months");
    return;
  }
  const uint32_t months = std::min(window.months_max(), limits::kPublicityMonthsMax);
  const int32_t last = AddMonths(*h.decided_on, static_cast<int>(months));
  if (*h.publish_until <= last) return;
  c.Refuse(Code::WINDOW_INVALID, "publish_until", FormatIsoDate(*h.publish_until),
           absl::StrCat("at most ", window.months_max(), " months from the decision, ",
                        FormatIsoDate(last)));
}

void CheckWindow(const RuleContext& c) {
  const bool concerned = c.item.polarity == v1::NEGATIVE && c.item.sharing_class == v1::PUBLIC;
  if (c.rules.windows().empty() || !concerned) return;
  std::string_view severity = c.CodeOfField(c.item.severity);
  if (severity.empty()) severity = c.item.declared.severity();
  for (const v1::ProfileRules::PublicityWindow& window : c.rules.windows()) {
    if (window.severity() == severity) return CheckTerm(c, window);
  }
  c.Refuse(Code::WINDOW_INVALID, names::kSeverity, severity,
           "a public negative record states a severity, so that its publicity term can be checked");
}

void CheckPastWindow(const RuleContext& c) {
  const HeaderValues& h = c.draft.header;
  // What ended must still be told, whenever it ended.
  const bool ended = h.state == v1::REPAIRED || h.state == v1::EXPIRED ||
                     h.state == v1::WITHDRAWN || h.state == v1::ANNULLED;
  if (!c.rules.past_window() || ended) return;
  if (c.item.sharing_class == v1::PUBLIC && h.publish_until) c.HoldsThrough(*h.publish_until);
  if (h.share_until) c.HoldsThrough(*h.share_until);
  if (c.item.sharing_class == v1::PUBLIC && h.publish_until && *h.publish_until < c.today) {
    c.Refuse(Code::PAST_WINDOW, "publish_until", FormatIsoDate(*h.publish_until),
             "the publicity term is over");
  }
  if (h.share_until && *h.share_until < c.today) {
    c.Refuse(Code::PAST_WINDOW, "share_until", FormatIsoDate(*h.share_until),
             "the term for handing the record on is over");
  }
}

}  // namespace

void CheckProfileRules(const RuleContext& c) {
  CheckItemValidity(c);
  CheckProvider(c);
  CheckAuthorityIdentifier(c);
  CheckWindow(c);
  CheckPastWindow(c);
  if (!IsHarmfulList(c.item.kind, c.item.polarity)) return;
  CheckListLevel(c);
  CheckNotice(c);
}

}  // namespace tombolo::record
