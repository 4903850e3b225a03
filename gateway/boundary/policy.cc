#include "gateway/boundary/policy.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/trust/document.h"

namespace tombolo::boundary {
namespace {

constexpr size_t kWordBits = 64;
constexpr int64_t kSkewUs = int64_t{5} * 60 * 1000000;  // forgiven at issued_at, registry.md
constexpr std::string_view kNoOnward = "NO_ONWARD";
// Column of the items that no clause names; * covers them.
constexpr uint32_t kOtherItems = 1;

using Column = std::vector<uint64_t>;
void SetBit(Column* column, size_t bit) { (*column)[bit / kWordBits] |= 1ULL << bit % kWordBits; }
void OrInto(const Column& from, Column* into) {
  for (size_t w = 0; w < into->size(); ++w) (*into)[w] |= from[w];
}

template <typename List>
bool Has(const List& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Whether an active member is among a rule's recipients.
bool IsRecipient(const v1::RecipientSet& who, const trust::MemberFacts& facts,
                 const std::vector<trust::MemberFacts>& members) {
  const v1::Member& member = facts.member;
  if (who.any_member()) return true;
  if (who.members_size() > 0 && !Has(who.members(), member.id())) return false;
  if (who.levels_size() > 0 &&
      std::find(who.levels().begin(), who.levels().end(), member.level()) == who.levels().end()) {
    return false;
  }
  if (who.regions_size() > 0 &&
      std::none_of(who.regions().begin(), who.regions().end(), [&](const std::string& region) {
        return member.region().compare(0, region.size(), region) == 0;
      })) {
    return false;
  }
  if (who.within().empty() || who.within() == member.id()) return true;
  return std::any_of(facts.above.begin(), facts.above.end(), [&](uint32_t number) {
    return members[number - 1].member.id() == who.within();
  });
}

Status RefuseFaults(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", Describe(fault));
  }
  return MakeError(faults[0].code, text);
}

// The message in a document of this kind, signed by one key of `origin` at least.
template <typename Message>
StatusOr<Message> ReadSigned(const v1::SignedDocument& document, v1::DocumentKind kind,
                             const trust::Federation& federation) {
  if (document.kind() != kind) {
    return MakeError(Code::DOCUMENT_MISMATCH,
                     absl::StrCat("a document of kind ", v1::DocumentKind_Name(kind),
                                  " is wanted, got ", v1::DocumentKind_Name(document.kind())));
  }
  ASSIGN_OR_RETURN(Message message, trust::DecodeBody<Message>(document.body()));
  const std::vector<trust::MemberFacts>& members = federation.members();
  const auto origin = std::find_if(members.begin(), members.end(), [&](const auto& facts) {
    return facts.member.id() == message.origin();
  });
  if (origin == members.end()) {
    return MakeError(Code::DOCUMENT_MISMATCH,
                     absl::StrCat("the origin is no member in the active registry: got \"",
                                  message.origin(), "\""));
  }
  v1::RoleKeys role;
  *role.mutable_keys() = origin->member.signing_keys();
  role.set_threshold(1);
  RETURN_IF_ERROR(trust::CheckThreshold(document, role));
  return message;
}

int64_t MomentOr(const std::string& text, int64_t otherwise) {
  return text.empty() ? otherwise : *trust::ParseMoment(text);  // CheckPolicy has read it
}

}  // namespace

void BitColumns::Start(size_t bits) {
  words_ = std::max<size_t>(1, (bits + kWordBits - 1) / kWordBits);
  bits_.assign(words_, 0);
  count_ = 1;
}

uint32_t BitColumns::Add(const std::vector<uint64_t>& column) {
  const std::string key(reinterpret_cast<const char*>(column.data()), words_ * sizeof(uint64_t));
  const auto [at, fresh] = numbers_.try_emplace(key, count_);
  if (fresh) {
    bits_.insert(bits_.end(), column.begin(), column.end());
    ++count_;
  }
  return at->second;
}

// Fills the tables from messages that CheckPolicy has found sound.
class PolicyCompiler {
 public:
  PolicyCompiler(const v1::Policy& policy, const std::vector<v1::Grant>& grants,
                 const CodeLists& codes)
      : policy_(policy), grants_(grants) {
    for (const CodeTerm& term : codes.purposes) broader_[term.code] = term.broader;
    for (const v1::LocalCode& code : policy.purposes()) broader_[code.code()] = code.broader();
  }

  std::shared_ptr<const CompiledPolicy> Compile(
      std::shared_ptr<const trust::Federation> federation) {
    out_->origin_ = policy_.origin();
    out_->version_ = policy_.version();
    out_->holds_from_us_ = *trust::ParseMoment(policy_.issued_at()) - kSkewUs;
    out_->expires_us_ = *trust::ParseMoment(policy_.expires_at());
    out_->federation_ = std::move(federation);
    AddClauses();
    FillMembers();
    FillItems();
    FillPurposes();
    return std::move(out_);
  }

 private:
  size_t rules() const { return static_cast<size_t>(policy_.rules_size()); }
  Column Empty() const { return Column(out_->words(), 0); }

  void AddClauses() {
    out_->sources_.emplace_back();
    out_->obligations_.emplace_back();
    for (const v1::PolicyRule& rule : policy_.rules()) {
      Add(rule.effect() == v1::ALLOW ? ClauseKind::kAllow : ClauseKind::kWithhold,
          rule.layer() - v1::PUBLIC, rule,
          absl::StrCat("rule ", rule.id(), " v", policy_.version()));
    }
    for (const v1::Grant& grant : grants_) {
      Add(grant.mode() == v1::BULK ? ClauseKind::kBulk : ClauseKind::kLookUp,
          v1::LIMITED - v1::PUBLIC, grant,
          absl::StrCat("grant ", grant.id(), " v", grant.version()));
    }
    for (BitColumns* columns : {&out_->members_, &out_->items_, &out_->purposes_}) {
      columns->Start(out_->clauses_.size());
    }
  }
  template <typename Message>
  void Add(ClauseKind kind, int layer_index, const Message& from, std::string name) {
    Clause& clause = out_->clauses_.emplace_back();
    clause.kind = kind;
    clause.layer_index = static_cast<uint8_t>(layer_index);
    clause.from_us = MomentOr(from.from(), std::numeric_limits<int64_t>::min());
    clause.until_us = MomentOr(from.until(), std::numeric_limits<int64_t>::max());
    clause.no_onward = Has(from.obligations(), kNoOnward);
    out_->sources_.push_back(std::move(name));
    out_->obligations_.emplace_back(from.obligations().begin(), from.obligations().end());
    named_.insert(from.purposes().begin(), from.purposes().end());
  }

  // Column 0, the public: WITHHOLD rules for any member.
  void FillMembers() {
    Column everyone = Empty();
    for (size_t i = 0; i < rules(); ++i) {
      const v1::PolicyRule& rule = policy_.rules(static_cast<int>(i));
      if (rule.effect() == v1::WITHHOLD && rule.recipients().any_member()) SetBit(&everyone, i);
    }
    std::copy(everyone.begin(), everyone.end(), out_->members_.Zero());

    std::map<std::string_view, std::vector<size_t>> granted;
    for (size_t g = 0; g < grants_.size(); ++g) {
      for (const std::string& id : grants_[g].recipients()) granted[id].push_back(rules() + g);
    }
    const std::vector<trust::MemberFacts>& members = out_->federation_->members();
    out_->member_columns_.assign(members.size() + 1, 0);
    for (const trust::MemberFacts& facts : members) {
      if (facts.member.state() != v1::ACTIVE) continue;
      Column column = Empty();
      for (size_t i = 0; i < rules(); ++i) {
        if (IsRecipient(policy_.rules(static_cast<int>(i)).recipients(), facts, members)) {
          SetBit(&column, i);
        }
      }
      const auto at = granted.find(facts.member.id());
      if (at != granted.end()) {
        for (const size_t bit : at->second) SetBit(&column, bit);
      }
      out_->member_columns_[facts.number] = out_->members_.Add(column);
    }
  }

  // Column 0 stays empty; the next one is that of the items that are not named.
  void FillItems() {
    Column all = Empty();
    std::map<std::string_view, std::vector<size_t>> named;
    for (size_t i = 0; i < rules(); ++i) {
      for (const std::string& item : policy_.rules(static_cast<int>(i)).items()) {
        if (item == "*") {
          SetBit(&all, i);
        } else {
          named[item].push_back(i);
        }
      }
    }
    for (size_t g = 0; g < grants_.size(); ++g) {
      for (const std::string& item : grants_[g].items()) named[item].push_back(rules() + g);
    }
    out_->items_.Add(all);  // kOtherItems
    for (const auto& [item, bits] : named) {
      Column column = all;
      for (const size_t bit : bits) SetBit(&column, bit);
      out_->item_numbers_[std::string(item)] = out_->items_.Add(column);
    }
  }

  // A purpose has the clauses that name it, or a code that it narrows, or none at all.
  void FillPurposes() {
    Column all = Empty();
    std::map<std::string_view, Column> naming;
    const auto name = [&](const auto& codes, size_t bit) {
      if (codes.empty()) SetBit(&all, bit);
      for (const std::string& code : codes) {
        SetBit(&naming.try_emplace(code, Empty()).first->second, bit);
      }
    };
    for (size_t i = 0; i < rules(); ++i) name(policy_.rules(static_cast<int>(i)).purposes(), i);
    for (size_t g = 0; g < grants_.size(); ++g) name(grants_[g].purposes(), rules() + g);
    std::copy(all.begin(), all.end(), out_->purposes_.Zero());
    for (const auto& [code, ignored] : broader_) {
      Column column = all;
      std::set<std::string_view> seen;  // ends a circle, should a list have one
      for (std::string_view at = code; !at.empty() && seen.insert(at).second;) {
        const auto found = naming.find(at);
        if (found != naming.end()) OrInto(found->second, &column);
        const auto next = broader_.find(at);
        at = next == broader_.end() ? std::string_view() : next->second;
      }
      out_->purpose_numbers_[code] = out_->purposes_.Add(column);
    }
    out_->named_purposes_.assign(named_.begin(), named_.end());
  }

  const v1::Policy& policy_;
  const std::vector<v1::Grant>& grants_;
  std::map<std::string, std::string, std::less<>> broader_;
  std::set<std::string> named_;
  std::shared_ptr<CompiledPolicy> out_{new CompiledPolicy()};
};

namespace {

using RefsById = std::map<std::string_view, const v1::GrantRef*>;

// That the policy names this grant, by version and digest.
Status CheckNamed(const v1::Policy& policy, const RefsById& refs, const v1::Grant& grant,
                  const v1::SignedDocument& document) {
  const auto ref = refs.find(grant.id());
  if (ref != refs.end() && ref->second->version() == grant.version() &&
      ref->second->digest() == trust::BodyDigest(document)) {
    return absl::OkStatus();
  }
  return MakeError(Code::DOCUMENT_MISMATCH,
                   absl::StrCat("grant ", grant.id(), " v", grant.version(), " is not one that v",
                                policy.version(), " of the policy of ", policy.origin(),
                                " names by its digest; sign the policy anew"));
}

}  // namespace

StatusOr<std::shared_ptr<const CompiledPolicy>> CompiledPolicy::Compile(
    const v1::SignedDocument& policy, absl::Span<const v1::SignedDocument> grants,
    const CodeLists& codes, std::shared_ptr<const trust::Federation> federation) {
  ASSIGN_OR_RETURN(const v1::Policy rules, ReadSigned<v1::Policy>(policy, v1::POLICY, *federation));
  RefsById refs;
  for (const v1::GrantRef& ref : rules.grants()) refs[ref.id()] = &ref;
  std::map<std::string, v1::Grant> by_id;
  for (const v1::SignedDocument& document : grants) {
    ASSIGN_OR_RETURN(v1::Grant grant, ReadSigned<v1::Grant>(document, v1::GRANT, *federation));
    RETURN_IF_ERROR(CheckNamed(rules, refs, grant, document));
    by_id[grant.id()] = std::move(grant);
  }
  std::vector<v1::Grant> sorted;
  sorted.reserve(by_id.size());
  for (auto& [id, grant] : by_id) sorted.push_back(std::move(grant));
  const std::vector<Fault> faults = CheckPolicy(rules, sorted, codes, {});
  if (!faults.empty()) return RefuseFaults(faults);
  return PolicyCompiler(rules, sorted, codes).Compile(std::move(federation));
}

uint32_t CompiledPolicy::ItemNumber(std::string_view code) const {
  if (code.empty()) return 0;
  const auto at = item_numbers_.find(ToAbsl(code));
  return at == item_numbers_.end() ? kOtherItems : at->second;
}

uint32_t CompiledPolicy::PurposeNumber(std::string_view code) const {
  const auto at = purpose_numbers_.find(ToAbsl(code));
  return at == purpose_numbers_.end() ? 0 : at->second;
}

}  // namespace tombolo::boundary
