#include "gateway/boundary/explain.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"
#include "gateway/ledger/commitment.h"
#include "gateway/trust/document.h"

namespace tombolo::boundary {
namespace {

constexpr size_t kWordBits = 64;
constexpr char kPublicName[] = "the public";

v1::SharingClass ClassOf(size_t k) { return static_cast<v1::SharingClass>(k + v1::PUBLIC); }

bool Names(const uint64_t* column, uint32_t source) {
  const size_t bit = source - 1;
  return (column[bit / kWordBits] >> bit % kWordBits & 1) != 0;
}

// Why a clause about the item did not decide.
std::string WhyNot(const CompiledPolicy& policy, const Request& request, uint32_t source,
                   int64_t now_us) {
  const Clause& clause = policy.clause(source);
  if (!Names(policy.OfMember(request.member), source)) return "does not name the recipient";
  if (!Names(policy.OfPurpose(request.purpose), source)) return "does not name the purpose";
  if (now_us < clause.from_us) {
    return absl::StrCat("is in force from ", trust::FormatMoment(clause.from_us));
  }
  if (now_us >= clause.until_us) {
    return absl::StrCat("was in force until ", trust::FormatMoment(clause.until_us));
  }
  if (clause.kind == ClauseKind::kLookUp) return "is for single questions, not for feeds";
  return "is in force too, but something else decided";
}

std::vector<std::string> Considered(const CompiledPolicy& policy, const Request& request, size_t k,
                                    uint32_t decided, int64_t now_us) {
  std::vector<std::string> out;
  for (uint32_t source = 1; source <= policy.clause_count(); ++source) {
    if (source == decided || policy.clause(source).layer_index != k) continue;
    if (!Names(policy.OfItem(request.item), source)) continue;
    out.push_back(absl::StrCat(ToAbsl(policy.SourceName(source)), " ",
                               WhyNot(policy, request, source, now_us)));
  }
  return out;
}

}  // namespace

Explanation Explain(std::shared_ptr<const CompiledPolicy> policy, const Request& request,
                    std::string_view header, int64_t now_us) {
  const Decision decision = Decide(policy, request, now_us);
  const LayerMask shown = WithinTerms(header, decision.layers(), DaysFromUs(now_us));
  Explanation out;
  out.stub = shown == 0 && decision.layers() != 0;
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    const LayerVerdict& verdict = decision.verdicts()[k];
    LayerExplanation& layer = out.layers.emplace_back();
    layer.layer = ClassOf(k);
    layer.shown = (shown >> k & 1) != 0;
    layer.reason = verdict.allow && !layer.shown ? Reason::kTermOver : verdict.reason;
    if (policy == nullptr) continue;
    layer.source = std::string(policy->SourceName(verdict.source));
    if (layer.shown) {
      const absl::Span<const std::string> duties = policy->Obligations(verdict.source);
      layer.obligations.assign(duties.begin(), duties.end());
    }
    layer.considered = Considered(*policy, request, k, verdict.source, now_us);
  }
  if (policy != nullptr) {
    out.policy_version = policy->version();
    out.registry_version = policy->federation().registry().version();
  }
  return out;
}

namespace {

using Policy = std::shared_ptr<const CompiledPolicy>;

// A recipient as one of the two policies numbers it.
uint32_t MemberNumber(const Policy& policy, std::string_view id) {
  if (policy == nullptr) return 0;
  for (const trust::MemberFacts& facts : policy->federation().members()) {
    if (facts.member.id() == id) return facts.number;
  }
  return 0;
}

LayerMask LayersOf(const Policy& policy, uint32_t member, const std::string& purpose,
                   const StreamCount& stream, int64_t now_us) {
  Request request;
  request.member = member;
  request.sharing_class = stream.sharing_class;
  if (policy != nullptr) {
    request.item = policy->ItemNumber(stream.item);
    request.purpose = policy->PurposeNumber(purpose);
  }
  return Decide(policy, request, now_us).layers();
}

// The lines of one recipient and purpose, by item and layer.
void AddLines(const Policy& now, const Policy& then, const std::string& recipient,
              const std::string& purpose, absl::Span<const StreamCount> streams, int64_t now_us,
              std::vector<ShadowLine>* out) {
  const uint32_t before = MemberNumber(now, recipient), after = MemberNumber(then, recipient);
  std::map<std::pair<std::string_view, size_t>, ShadowLine> lines;
  for (const StreamCount& stream : streams) {
    const LayerMask had = LayersOf(now, before, purpose, stream, now_us);
    const LayerMask gets = LayersOf(then, after, purpose, stream, now_us);
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if (((had ^ gets) >> k & 1) == 0 || stream.present == 0) continue;
      ShadowLine& line = lines[{stream.item, k}];
      ((gets >> k & 1) != 0 ? line.released : line.withdrawn) += stream.present;
    }
  }
  for (auto& [key, line] : lines) {
    line.recipient = recipient;
    line.item = std::string(key.first);
    line.layer = ClassOf(key.second);
    line.purpose = purpose;
    out->push_back(std::move(line));
  }
}

}  // namespace

std::vector<ShadowLine> Shadow(std::shared_ptr<const CompiledPolicy> now,
                               std::shared_ptr<const CompiledPolicy> then,
                               absl::Span<const StreamCount> streams, int64_t now_us) {
  std::set<std::string> recipients, purposes;
  for (const Policy& policy : {now, then}) {
    if (policy == nullptr) continue;
    purposes.insert(policy->named_purposes().begin(), policy->named_purposes().end());
    for (const trust::MemberFacts& facts : policy->federation().members()) {
      recipients.insert(facts.member.id());
    }
  }
  std::vector<ShadowLine> out;
  AddLines(now, then, kPublicName, "", streams, now_us, &out);
  for (const std::string& recipient : recipients) {
    for (const std::string& purpose : purposes) {
      AddLines(now, then, recipient, purpose, streams, now_us, &out);
    }
  }
  return out;
}

}  // namespace tombolo::boundary
