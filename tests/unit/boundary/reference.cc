#include "tests/unit/boundary/reference.h"

#include <set>

#include "gateway/trust/document.h"

namespace tombolo::boundary {
namespace {

using Layers = std::set<int>;  // classes

int64_t Moment(const std::string& text) { return *trust::ParseMoment(text); }

template <typename Message>
bool InForce(const Message& message, int64_t now_us) {
  if (!message.from().empty() && now_us < Moment(message.from())) return false;
  return message.until().empty() || now_us < Moment(message.until());
}

template <typename List, typename Value>
bool Contains(const List& list, const Value& value) {
  for (const auto& item : list) {
    if (item == value) return true;
  }
  return false;
}

std::string Broader(const ReferenceWorld& world, const std::string& code) {
  for (const CodeTerm& term : world.codes.purposes) {
    if (term.code == code) return term.broader;
  }
  for (const v1::LocalCode& own : world.policy->purposes()) {
    if (own.code() == code) return own.broader();
  }
  return "";
}
bool IsKnown(const ReferenceWorld& world, const std::string& code) {
  for (const CodeTerm& term : world.codes.purposes) {
    if (term.code == code) return true;
  }
  for (const v1::LocalCode& own : world.policy->purposes()) {
    if (own.code() == code) return true;
  }
  return false;
}
template <typename List>
bool Covers(const ReferenceWorld& world, const List& codes, std::string purpose) {
  for (; !purpose.empty(); purpose = Broader(world, purpose)) {
    if (Contains(codes, purpose)) return true;
  }
  return false;
}

const v1::Member* ActiveMember(const ReferenceWorld& world, const std::string& id) {
  for (const v1::Member& member : world.registry.members()) {
    if (member.id() == id && member.state() == v1::ACTIVE) return &member;
  }
  return nullptr;
}
const v1::Member* AnyMember(const ReferenceWorld& world, const std::string& id) {
  for (const v1::Member& member : world.registry.members()) {
    if (member.id() == id) return &member;
  }
  return nullptr;
}

bool IsRecipient(const ReferenceWorld& world, const v1::RecipientSet& who,
                 const v1::Member* member) {
  if (member == nullptr) return who.any_member();
  if (who.any_member()) return true;
  if (!who.members().empty() && !Contains(who.members(), member->id())) return false;
  if (!who.levels().empty() && !Contains(who.levels(), static_cast<int>(member->level()))) {
    return false;
  }
  bool region = who.regions().empty();
  for (const std::string& prefix : who.regions()) {
    if (member->region().substr(0, prefix.size()) == prefix) region = true;
  }
  if (!region) return false;
  if (who.within().empty()) return true;
  for (const v1::Member* at = member; at != nullptr; at = AnyMember(world, at->parent())) {
    if (at->id() == who.within()) return true;
  }
  return false;
}

bool HasItem(const v1::PolicyRule& rule, const std::string& item) {
  return Contains(rule.items(), item) || Contains(rule.items(), std::string("*"));
}

bool MayHaveClosed(const ReferenceWorld& world, const Question& q) {
  constexpr int64_t kFiveMinutesUs = 300000000;
  return world.policy != nullptr &&
         q.now_us >= Moment(world.policy->issued_at()) - kFiveMinutesUs &&
         q.now_us < Moment(world.policy->expires_at()) &&
         ActiveMember(world, q.member) != nullptr && IsKnown(world, q.purpose);
}

bool Allows(const ReferenceWorld& world, const Question& q, const v1::PolicyRule& rule) {
  return rule.effect() == v1::ALLOW && InForce(rule, q.now_us) && HasItem(rule, q.item) &&
         IsRecipient(world, rule.recipients(), ActiveMember(world, q.member)) &&
         Covers(world, rule.purposes(), q.purpose);
}
bool Withholds(const ReferenceWorld& world, const Question& q, const v1::PolicyRule& rule) {
  return rule.effect() == v1::WITHHOLD && InForce(rule, q.now_us) && HasItem(rule, q.item) &&
         IsRecipient(world, rule.recipients(), ActiveMember(world, q.member)) &&
         (rule.purposes().empty() ||
          (IsKnown(world, q.purpose) && Covers(world, rule.purposes(), q.purpose)));
}
bool Grants(const ReferenceWorld& world, const Question& q, const v1::Grant& grant) {
  return grant.mode() == v1::BULK && InForce(grant, q.now_us) &&
         Contains(grant.recipients(), q.member) && Contains(grant.items(), q.item) &&
         Covers(world, grant.purposes(), q.purpose);
}

// Steps 1 to 4; `bound`: layers that a clause with NO_ONWARD allows.
Layers Open(const ReferenceWorld& world, const Question& q, Layers* bound) {
  Layers layers = {v1::PUBLIC};
  if (world.policy == nullptr) return layers;
  if (MayHaveClosed(world, q)) {
    for (const v1::PolicyRule& rule : world.policy->rules()) {
      if (!Allows(world, q, rule)) continue;
      layers.insert(v1::GOVERNMENT);
      if (Contains(rule.obligations(), std::string("NO_ONWARD"))) bound->insert(v1::GOVERNMENT);
    }
    for (const v1::Grant& grant : world.grants) {
      if (!Grants(world, q, grant)) continue;
      layers.insert(v1::LIMITED);
      if (Contains(grant.obligations(), std::string("NO_ONWARD"))) bound->insert(v1::LIMITED);
    }
  }
  for (const v1::PolicyRule& rule : world.policy->rules()) {
    if (Withholds(world, q, rule)) layers.erase(rule.layer());
  }
  return layers;
}

LayerMask Mask(const Layers& layers, v1::SharingClass own) {
  if (layers.count(own) == 0) return 0;
  LayerMask mask = 0;
  for (const int layer : layers) mask |= static_cast<LayerMask>(1 << (layer - 1));
  return mask;
}

}  // namespace

LayerMask ReferenceLayers(const ReferenceWorld& world, const Question& question) {
  Layers bound;
  Layers layers = Open(world, question, &bound);
  for (int layer = v1::PUBLIC; layer <= v1::LIMITED; ++layer) {
    const bool here = (question.held >> (layer - 1) & question.hop >> (layer - 1) & 1) != 0;
    if (!here) layers.erase(layer);
  }
  return Mask(layers, question.sharing_class);
}

LayerMask ReferenceOnward(const ReferenceWorld& world, const Question& question) {
  Layers bound;
  Layers layers = Open(world, question, &bound);
  for (const int layer : bound) layers.erase(layer);
  return Mask(layers, question.sharing_class);
}

}  // namespace tombolo::boundary
