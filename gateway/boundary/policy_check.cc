// Every fault of a policy and its grants, in the words of an operator; docs/formats/policy.md and
// grant.md, "Form".
#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/boundary/policy.h"
#include "gateway/record/grammar.h"
#include "gateway/trust/document.h"

namespace tombolo::boundary {
namespace {

constexpr size_t kIdBytesMax = limits::kPolicyIdBytesMax;
constexpr int64_t kYearUs = int64_t{366} * 86400 * 1000000;
constexpr std::string_view kSpiffe = "spiffe://";

bool HasOnly(std::string_view text, std::string_view signs) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           signs.find(c) != std::string_view::npos;
  });
}
bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && HasOnly(text, ".-");
}
// The form of a name with '-' allowed.
bool IsOwnCode(std::string_view text) {
  if (text.size() > kIdBytesMax) return false;
  std::string name(text);
  std::replace(name.begin(), name.end(), '-', '_');
  return record::IsName(name);
}
bool IsObligation(std::string_view text) {
  if (text.empty() || text.size() > kIdBytesMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

template <typename List>
bool Ascends(const List& list) {
  for (int i = 1; i < list.size(); ++i) {
    if (list[i] <= list[i - 1]) return false;
  }
  return true;
}

// Collects faults; `place` leads each of them.
class Checker {
 public:
  Checker(const CodeLists& codes, absl::Span<const std::string> items)
      : codes_(codes), items_(items.begin(), items.end()) {}

  std::vector<Fault> Check(const v1::Policy& policy, absl::Span<const v1::Grant> grants) {
    CheckHead(policy);
    known_purposes_ = CheckOwnCodes("purposes", codes_.purposes, policy.purposes());
    known_bases_ = CheckOwnCodes("legal_bases", codes_.legal_bases, policy.legal_bases());
    CheckRules(policy);
    CheckGrantRefs(policy);
    for (size_t i = 0; i < grants.size(); ++i) {
      CheckGrant(absl::StrCat("grant[", i, "]"), policy, grants[i]);
    }
    return std::move(faults_);
  }

 private:
  using Texts = google::protobuf::RepeatedPtrField<std::string>;

  void Say(std::string_view place, std::string_view value, std::string_view reason,
           Code code = Code::POLICY_INVALID) {
    faults_.push_back({code, std::string(place),
                       std::string(Utf8Prefix(value, limits::kFaultValueBytesMax)),
                       std::string(reason)});
  }
  void Want(bool good, std::string_view place, std::string_view value, std::string_view reason) {
    if (!good) Say(place, value, reason);
  }
  void Bound(size_t count, size_t most, std::string_view place) {
    if (count > most) Say(place, absl::StrCat(count), absl::StrCat("at most ", most, " may stand"));
  }

  std::optional<int64_t> Moment(std::string_view place, std::string_view text) {
    const StatusOr<int64_t> us = trust::ParseMoment(text);
    if (us.ok()) return *us;
    Say(place, text, "write a moment as YYYY-MM-DDTHH:MM:SSZ");
    return std::nullopt;
  }
  // Both must be there and in order; `years` apart at most.
  void Period(std::string_view place, std::string_view first, std::string_view last) {
    const std::optional<int64_t> begin = Moment(absl::StrCat(ToAbsl(place), "begin"), first);
    const std::optional<int64_t> end = Moment(absl::StrCat(ToAbsl(place), "end"), last);
    if (!begin || !end) return;
    Want(*begin < *end, place, last, "the end must be after the beginning");
    Want(*end - *begin <= static_cast<int64_t>(limits::kGrantYearsMax) * kYearUs, place, last,
         "the time must not be longer than 3 years");
  }

  void CheckHead(const v1::Policy& policy) {
    origin_ = policy.origin();
    domain_ = Domain(origin_);
    Want(!domain_.empty(), "origin", origin_, "write the SPIFFE ID of the member that signs");
    Want(policy.version() > 0, "version", "0", "versions count from 1");
    Period("issued_at to expires_at: ", policy.issued_at(), policy.expires_at());
  }
  // "spiffe://domain/" of an id, or nothing.
  static std::string_view Domain(std::string_view id) {
    if (id.substr(0, kSpiffe.size()) != kSpiffe) return {};
    const size_t slash = id.find('/', kSpiffe.size());
    if (slash == std::string_view::npos || slash + 1 == id.size()) return {};
    return id.substr(0, slash + 1);
  }

  std::set<std::string> CheckOwnCodes(
      std::string_view list, const std::vector<CodeTerm>& program,
      const google::protobuf::RepeatedPtrField<v1::LocalCode>& own) {
    std::set<std::string> known;
    for (const CodeTerm& term : program) known.insert(term.code);
    const std::set<std::string> shipped = known;
    Bound(own.size(), limits::kPurposesMax, list);
    std::string_view before;
    for (int i = 0; i < own.size(); ++i) {
      const v1::LocalCode& code = own[i];
      const std::string place = absl::StrCat(ToAbsl(list), "[", i, "]");
      Want(IsOwnCode(code.code()), place, code.code(),
           "a code has lower-case words of a-z 0-9 _ - with dots between, at most 64 characters");
      Want(shipped.count(code.code()) == 0, place, code.code(),
           "the program's list has this code; take another");
      Want(before < code.code(), place, code.code(), "sort the codes by byte order, each once");
      Want(code.broader().empty() || known.count(code.broader()) != 0, place, code.broader(),
           "the broader code is none of the program's list, nor one before it");
      before = code.code();
      known.insert(code.code());
    }
    return known;
  }

  void CheckRules(const v1::Policy& policy) {
    Bound(policy.rules_size(), limits::kPolicyRulesMax, "rules");
    std::string_view before;
    for (int i = 0; i < policy.rules_size(); ++i) {
      const v1::PolicyRule& rule = policy.rules(i);
      const std::string place = absl::StrCat("rules[", i, "]");
      Want(IsId(rule.id()), absl::StrCat(place, ".id"), rule.id(),
           "an id has 1 to 64 characters a-z 0-9 . -");
      Want(before < rule.id(), absl::StrCat(place, ".id"), rule.id(),
           "sort the rules by id, each id once");
      before = rule.id();
      CheckRule(place, rule);
    }
  }

  void CheckRule(const std::string& place, const v1::PolicyRule& rule) {
    if (!rule.where().empty()) {
      Say(place + ".where", rule.where(),
          "a feed shows a layer of an item whole or not at all; split the item instead, and let "
          "the "
          "pack put the records that differ into another one",
          Code::POLICY_UNSUITED);
    }
    CheckRecipients(place + ".recipients", rule.recipients());
    if (rule.items_size() != 1 || rule.items(0) != "*") CheckItems(place + ".items", rule.items());
    CheckPurposes(place + ".purposes", rule.purposes());
    CheckObligations(place + ".obligations", rule.obligations());
    CheckEffect(place, rule);
    const bool basis = rule.legal_basis().empty() || known_bases_.count(rule.legal_basis()) != 0;
    Want(basis, place + ".legal_basis", rule.legal_basis(), "the legal basis is on no list");
    std::optional<int64_t> from, until;
    if (!rule.from().empty()) from = Moment(place + ".from", rule.from());
    if (!rule.until().empty()) until = Moment(place + ".until", rule.until());
    Want(!from || !until || *from < *until, place + ".until", rule.until(),
         "the rule is never in force: until is not after from");
  }

  void CheckEffect(const std::string& place, const v1::PolicyRule& rule) {
    if (rule.effect() == v1::WITHHOLD) {
      Want(rule.layer() >= v1::PUBLIC && rule.layer() <= v1::LIMITED, place + ".layer", "",
           "WITHHOLD names a layer: PUBLIC, GOVERNMENT or LIMITED");
      return;
    }
    Want(rule.effect() == v1::ALLOW, place + ".effect", "", "write ALLOW or WITHHOLD");
    Want(rule.layer() == v1::GOVERNMENT, place + ".layer", "",
         "a rule allows GOVERNMENT only: PUBLIC needs no rule, LIMITED needs a grant");
    Want(rule.purposes_size() > 0, place + ".purposes", "", "ALLOW needs a purpose");
    Want(!rule.legal_basis().empty(), place + ".legal_basis", "", "ALLOW needs a legal basis");
  }

  void CheckRecipients(const std::string& place, const v1::RecipientSet& who) {
    const bool named =
        who.members_size() + who.levels_size() + who.regions_size() > 0 || !who.within().empty();
    Want(named != who.any_member(), place, "",
         "any_member must be true if no other condition is named, and only then");
    Want(Ascends(who.members()) && Ascends(who.levels()) && Ascends(who.regions()), place, "",
         "sort members, levels and regions, each once");
    for (const std::string& member : who.members()) CheckMemberId(place + ".members", member);
    for (const int level : who.levels()) {
      Want(level >= v1::COUNTY && level <= v1::NATION, place + ".levels", absl::StrCat(level),
           "the level is none of COUNTY, CITY, PROVINCE and NATION");
    }
    for (const std::string& region : who.regions()) {
      Want(!region.empty(), place + ".regions", "", "an empty region would mean everyone");
    }
    if (!who.within().empty()) CheckMemberId(place + ".within", who.within());
  }
  void CheckMemberId(std::string_view place, const std::string& id) {
    Want(!domain_.empty() && Domain(id) == domain_, place, id,
         "write a SPIFFE ID of the origin's federation");
  }

  void CheckItems(const std::string& place, const Texts& items) {
    Want(items.size() > 0 && Ascends(items), place, "", "name items by byte order, each once");
    for (const std::string& item : items) {
      Want(record::IsName(item), place, item,
           item == "*" ? "* stands alone, and only in rules" : "this is not the form of an item");
      Want(items_.empty() || items_.count(item) != 0, place, item,
           "the catalogue has no such item");
    }
  }
  void CheckPurposes(const std::string& place, const Texts& purposes) {
    Want(Ascends(purposes), place, "", "name purposes by byte order, each once");
    for (const std::string& purpose : purposes) {
      Want(known_purposes_.count(purpose) != 0, place, purpose, "the purpose is on no list");
    }
  }
  void CheckObligations(const std::string& place, const Texts& obligations) {
    Want(Ascends(obligations), place, "", "name obligations by byte order, each once");
    for (const std::string& code : obligations) {
      Want(IsObligation(code), place, code, "a code has 1 to 64 characters without blanks");
    }
  }

  void CheckGrantRefs(const v1::Policy& policy) {
    Bound(policy.grants_size(), limits::kGrantsMax, "grants");
    std::string_view before;
    for (int i = 0; i < policy.grants_size(); ++i) {
      const v1::GrantRef& ref = policy.grants(i);
      const std::string place = absl::StrCat("grants[", i, "]");
      Want(IsId(ref.id()) && ref.version() > 0 &&
               ref.digest().size() == DigestBytes(HashKind::kSha256),
           place, ref.id(), "a grant is named by id, version and the 32 bytes of its digest");
      Want(before < ref.id(), place, ref.id(), "sort the grants by id, each id once");
      before = ref.id();
    }
  }

  void CheckGrant(const std::string& place, const v1::Policy& policy, const v1::Grant& grant) {
    Want(IsId(grant.id()), place + ".id", grant.id(), "an id has 1 to 64 characters a-z 0-9 . -");
    Want(grant.origin() == policy.origin(), place + ".origin", grant.origin(),
         "the grant is of another origin than the policy");
    Want(grant.version() > 0, place + ".version", "0", "versions count from 1");
    Want(grant.recipients_size() > 0 && Ascends(grant.recipients()), place + ".recipients", "",
         "name recipients by byte order, each once");
    for (const std::string& id : grant.recipients()) CheckMemberId(place + ".recipients", id);
    Bound(grant.recipients_size(), limits::kGrantNamesMax, place + ".recipients");
    CheckItems(place + ".items", grant.items());
    Bound(grant.items_size(), limits::kGrantNamesMax, place + ".items");
    Want(grant.purposes_size() > 0, place + ".purposes", "", "a grant needs a purpose");
    CheckPurposes(place + ".purposes", grant.purposes());
    Want(known_bases_.count(grant.legal_basis()) != 0, place + ".legal_basis", grant.legal_basis(),
         "the legal basis is on no list");
    Bound(grant.reference().size(), limits::kGrantReferenceBytesMax, place + ".reference");
    Period(place + ".from to until: ", grant.from(), grant.until());
    Want(grant.mode() == v1::BULK || grant.mode() == v1::LOOK_UP, place + ".mode", "",
         "write BULK or LOOK_UP");
    CheckObligations(place + ".obligations", grant.obligations());
  }

  const CodeLists& codes_;
  std::set<std::string> items_, known_purposes_, known_bases_;
  std::string_view origin_, domain_;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> CheckPolicy(const v1::Policy& policy, absl::Span<const v1::Grant> grants,
                               const CodeLists& codes, absl::Span<const std::string> items) {
  return Checker(codes, items).Check(policy, grants);
}

}  // namespace tombolo::boundary
