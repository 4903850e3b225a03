#include "gateway/boundary/decision.h"

#include <algorithm>
#include <limits>

#include "gateway/ledger/commitment.h"

namespace tombolo::boundary {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int kPublicIndex = 0, kGovernmentIndex = 1, kLimitedIndex = 2;
constexpr LayerMask Bit(int layer_index) { return static_cast<LayerMask>(1 << layer_index); }

// Bit of a sharing class; 0 for one that is never shared.
LayerMask BitOfClass(v1::SharingClass sharing_class) {
  if (sharing_class < v1::PUBLIC || sharing_class > v1::LIMITED) return 0;
  return Bit(sharing_class - v1::PUBLIC);
}

// The clauses that fit, sorted by what they do; the first of each sort, by number, is named.
struct Fitting {
  uint32_t withheld[ledger::kLayerCount] = {0, 0, 0};
  uint32_t allow = 0, bulk = 0, look_up = 0, not_yet = 0, over = 0;
  bool onward_refused[ledger::kLayerCount] = {false, false, false};
  int64_t until_us = kNever;
};

void KeepFirst(uint32_t source, uint32_t* kept) {
  if (*kept == 0) *kept = source;
}

void AddInForce(const Clause& clause, uint32_t source, Fitting* out) {
  switch (clause.kind) {
    case ClauseKind::kWithhold:
      return KeepFirst(source, &out->withheld[clause.layer_index]);
    case ClauseKind::kAllow:
      KeepFirst(source, &out->allow);
      break;
    case ClauseKind::kBulk:
      KeepFirst(source, &out->bulk);
      break;
    case ClauseKind::kLookUp:
      return KeepFirst(source, &out->look_up);
  }
  if (clause.no_onward) out->onward_refused[clause.layer_index] = true;
}

void AddClause(const Clause& clause, uint32_t source, int64_t now_us, Fitting* out) {
  const bool grant = clause.kind == ClauseKind::kBulk || clause.kind == ClauseKind::kLookUp;
  if (now_us < clause.from_us) {
    out->until_us = std::min(out->until_us, clause.from_us);
    if (grant) KeepFirst(source, &out->not_yet);
  } else if (now_us < clause.until_us) {
    out->until_us = std::min(out->until_us, clause.until_us);
    AddInForce(clause, source, out);
  } else if (grant) {
    KeepFirst(source, &out->over);
  }
}

Fitting FindFitting(const CompiledPolicy& policy, const Request& request, int64_t now_us) {
  Fitting out;
  const uint64_t* member = policy.OfMember(request.member);
  const uint64_t* item = policy.OfItem(request.item);
  const uint64_t* purpose = policy.OfPurpose(request.purpose);
  const size_t words = policy.words();
  for (size_t w = 0; w < words; ++w) {
    for (uint64_t bits = member[w] & item[w] & purpose[w]; bits != 0; bits &= bits - 1) {
      const auto source = static_cast<uint32_t>(w * 64 + __builtin_ctzll(bits) + 1);
      AddClause(policy.clause(source), source, now_us, &out);
    }
  }
  return out;
}

LayerVerdict Allowed(Reason reason, uint32_t source) { return {true, reason, source}; }
LayerVerdict Denied(Reason reason, uint32_t source = 0) { return {false, reason, source}; }

LayerVerdict Limited(const Fitting& found) {
  if (found.bulk != 0) return Allowed(Reason::kGrant, found.bulk);
  if (found.look_up != 0) return Denied(Reason::kLookUpOnly, found.look_up);
  if (found.not_yet != 0) return Denied(Reason::kGrantNotYet, found.not_yet);
  if (found.over != 0) return Denied(Reason::kGrantOver, found.over);
  return Denied(Reason::kNoGrant);
}

}  // namespace

// Fills a Decision, step by step as docs/formats/policy.md has them.
class Judge {
 public:
  Judge(std::shared_ptr<const CompiledPolicy> policy, const Request& request, int64_t now_us)
      : request_(request), now_us_(now_us) {
    out_.policy_ = std::move(policy);
    out_.member_ = request.member;
    out_.until_us_ = kNever;
  }

  Decision Decide() && {
    if (out_.policy_ == nullptr) {
      out_.verdicts_ = {Allowed(Reason::kPublic, 0), Denied(Reason::kNoPolicy),
                        Denied(Reason::kNoPolicy)};
      out_.onward_ = ledger::kAllLayers;
    } else {
      Weigh(*out_.policy_);
    }
    Narrow();
    HideClass();
    for (int k = kPublicIndex; k <= kLimitedIndex; ++k) {
      if (out_.verdicts_[k].allow) out_.layers_ |= Bit(k);
    }
    out_.onward_ &= out_.layers_;
    if ((out_.onward_ & BitOfClass(request_.sharing_class)) == 0) out_.onward_ = 0;
    return std::move(out_);
  }

 private:
  // Steps 1 to 4.
  void Weigh(const CompiledPolicy& policy) {
    if (request_.item == 0) {
      out_.verdicts_.fill(Denied(Reason::kNoItem));
      return;
    }
    const Fitting found = FindFitting(policy, request_, now_us_);
    out_.until_us_ = found.until_us;
    out_.verdicts_[kPublicIndex] = Allowed(Reason::kPublic, 0);
    out_.verdicts_[kGovernmentIndex] =
        found.allow != 0 ? Allowed(Reason::kRule, found.allow) : Denied(Reason::kNoRule);
    out_.verdicts_[kLimitedIndex] = Limited(found);
    for (int k = kPublicIndex; k <= kLimitedIndex; ++k) {
      if (found.withheld[k] != 0) out_.verdicts_[k] = Denied(Reason::kWithheld, found.withheld[k]);
      if (!found.onward_refused[k]) out_.onward_ |= Bit(k);
    }
    CheckConditions(policy);
  }

  // What GOVERNMENT and LIMITED both need.
  void CheckConditions(const CompiledPolicy& policy) {
    if (now_us_ < policy.holds_from_us()) {
      out_.until_us_ = std::min(out_.until_us_, policy.holds_from_us());
      return DenyClosed(Reason::kNoPolicy);
    }
    if (now_us_ >= policy.expires_us()) return DenyClosed(Reason::kNoPolicy);
    out_.until_us_ = std::min(out_.until_us_, policy.expires_us());
    if (!policy.IsActive(request_.member)) return DenyClosed(Reason::kNotMember);
    if (request_.purpose == 0) return DenyClosed(Reason::kNoPurpose);
  }
  void DenyClosed(Reason reason) {
    out_.verdicts_[kGovernmentIndex] = Denied(reason);
    out_.verdicts_[kLimitedIndex] = Denied(reason);
  }

  // Step 6.
  void Narrow() {
    for (int k = kPublicIndex; k <= kLimitedIndex; ++k) {
      LayerVerdict& verdict = out_.verdicts_[k];
      if (!verdict.allow) continue;
      if ((request_.held & Bit(k)) == 0) {
        verdict = Denied(Reason::kNotHeld, verdict.source);
      } else if ((request_.hop & Bit(k)) == 0) {
        verdict = Denied(Reason::kHopNarrowed, verdict.source);
      }
    }
  }

  // Step 5, on what step 6 left: so it holds before and after.
  void HideClass() {
    const LayerMask own = BitOfClass(request_.sharing_class);
    for (int k = kPublicIndex; k <= kLimitedIndex; ++k) {
      if (own == Bit(k) && out_.verdicts_[k].allow) return;
    }
    for (LayerVerdict& verdict : out_.verdicts_) {
      if (verdict.allow) verdict = Denied(Reason::kClassHidden, verdict.source);
    }
  }

  const Request& request_;
  const int64_t now_us_;
  Decision out_;
};

Decision Decide(std::shared_ptr<const CompiledPolicy> policy, const Request& request,
                int64_t now_us) {
  return Judge(std::move(policy), request, now_us).Decide();
}

uint64_t Decision::policy_version() const { return policy_ == nullptr ? 0 : policy_->version(); }

std::string Decision::RuleText() const {
  for (int k = kLimitedIndex; k > kPublicIndex; --k) {
    if (verdicts_[k].allow) return std::string(policy_->SourceName(verdicts_[k].source));
  }
  return "";
}

// --- terms of one record
namespace {

// The fields of a canonical RecordHeader that bound its showing; numbers as in record.proto.
constexpr uint32_t kStateField = 5, kPublishUntilField = 10, kShareUntilField = 11;
constexpr int kVarintBytes = 10;

struct Terms {
  uint64_t state = 0;
  int32_t publish_until = std::numeric_limits<int32_t>::max();
  int32_t share_until = std::numeric_limits<int32_t>::max();
};

bool TakeVarint(std::string_view* in, uint64_t* value) {
  *value = 0;
  for (int i = 0; i < kVarintBytes && !in->empty(); ++i) {
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    *value |= uint64_t{byte & 0x7FU} << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

int32_t FromZigZag(uint64_t value) {
  const auto low = static_cast<uint32_t>(value);
  return static_cast<int32_t>((low >> 1) ^ (~(low & 1) + 1));
}

// False if the bytes are not what a header is made of: numbers, and one text of bytes.
bool ReadTerms(std::string_view header, Terms* terms) {
  while (!header.empty()) {
    uint64_t tag = 0, value = 0;
    if (!TakeVarint(&header, &tag) || !TakeVarint(&header, &value)) return false;
    const uint64_t field = tag >> 3;
    if ((tag & 7) == 2) {  // bytes: the value is their length
      if (value > header.size()) return false;
      header.remove_prefix(value);
    } else if ((tag & 7) != 0) {
      return false;
    } else if (field == kStateField) {
      terms->state = value;
    } else if (field == kPublishUntilField) {
      terms->publish_until = FromZigZag(value);
    } else if (field == kShareUntilField) {
      terms->share_until = FromZigZag(value);
    }
  }
  return terms->state != v1::RECORD_STATE_UNSPECIFIED;
}

}  // namespace

LayerMask WithinTerms(std::string_view header, LayerMask layers, int32_t today) {
  Terms terms;
  if (!ReadTerms(header, &terms) || today > terms.share_until) return 0;
  const bool closed = terms.state == v1::REPAIRED || terms.state == v1::WITHDRAWN ||
                      terms.state == v1::ANNULLED || today > terms.publish_until;
  return closed ? static_cast<LayerMask>(layers & ~Bit(kPublicIndex)) : layers;
}

}  // namespace tombolo::boundary
