#include "gateway/trust/federation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::trust {
namespace {

Status Stale(std::string_view why) {
  return MakeError(Code::TIMESTAMP_STALE,
                   absl::StrCat(ToAbsl(why), "; fetch the newest timestamp"));
}

// Documents that are active have moments that were parsed when they came.
int64_t ExpiryUs(const std::string& moment) { return ParseMoment(moment).value_or(0); }

}  // namespace

Federation::Federation() : members_(std::make_shared<const Members>()) {}

Status Federation::CheckFresh(int64_t now_us) const {
  const int64_t now = std::max(now_us, seen_us_);
  if (now >= ExpiryUs(root_.expires_at())) {
    return MakeError(Code::DOCUMENT_EXPIRED,
                     absl::StrCat("root ", root_.version(), " expired at ", root_.expires_at(),
                                  "; get the next one"));
  }
  if (registry_.version() == 0) return Stale("no registry is active");
  if (now >= ExpiryUs(registry_.expires_at())) {
    return MakeError(Code::DOCUMENT_EXPIRED,
                     absl::StrCat("registry ", registry_.version(), " expired at ",
                                  registry_.expires_at(), "; get the next one"));
  }
  if (timestamp_.version() == 0) return Stale("no timestamp is active");
  if (now >= ExpiryUs(timestamp_.expires_at())) {
    return Stale(
        absl::StrCat("timestamp ", timestamp_.version(), " expired at ", timestamp_.expires_at()));
  }
  if (timestamp_.registry_digest() != BodyDigest(signed_registry_)) {
    return Stale("the timestamp names another registry");
  }
  for (const v1::CrlState& named : timestamp_.crls()) {
    const auto list = lists_.find(named.issuer_key_id());
    if (list == lists_.end() || list->second.number < named.number()) {
      return Stale("the timestamp names a revocation list that is not there");
    }
  }
  return absl::OkStatus();
}

int64_t Federation::FreshUntilUs() const {
  if (registry_.version() == 0 || timestamp_.version() == 0) return 0;
  return std::min({ExpiryUs(root_.expires_at()), ExpiryUs(registry_.expires_at()),
                   ExpiryUs(timestamp_.expires_at())});
}

const MemberFacts* Federation::Find(std::string_view id) const {
  const auto found = members_->by_id.find(ToAbsl(id));
  return found == members_->by_id.end() ? nullptr : At(found->second);
}

const MemberFacts* Federation::At(uint32_t number) const {
  if (number == 0 || number > members_->list.size()) return nullptr;
  return &members_->list[number - 1];
}

bool Federation::MayCarry(const MemberFacts& carrier, const MemberFacts& origin) const {
  if (carrier.member.state() != v1::ACTIVE) return false;
  if (carrier.number == origin.number) return true;
  const auto& relays = origin.member.relays();
  return std::find(origin.above.begin(), origin.above.end(), carrier.number) !=
             origin.above.end() ||
         std::find(relays.begin(), relays.end(), carrier.member.id()) != relays.end();
}

TrustState Federation::State() const {
  TrustState state;
  state.documents.push_back(signed_root_);
  if (registry_.version() != 0) state.documents.push_back(signed_registry_);
  if (timestamp_.version() != 0) state.documents.push_back(signed_timestamp_);
  for (const auto& [issuer, list] : signed_lists_) state.documents.push_back(list);
  state.seen_us = seen_us_;
  state.registry_anew = registry_anew_;
  state.timestamp_anew = timestamp_anew_;
  return state;
}

}  // namespace tombolo::trust
