// What this node may have and hand on under its authority, and which documents a peer gets.
#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "gateway/ledger/entry.h"
#include "gateway/node/authority.h"

namespace tombolo::node {
namespace {

constexpr int kRangesOfOneEvent = 500;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

boundary::LayerMask HeldLayers(const store::ReceivedStream& row) {
  boundary::LayerMask held = 0;
  for (size_t i = 0; i < row.next_seq.size(); ++i) {
    if (row.next_seq[i] != 0) held = static_cast<boundary::LayerMask>(held | 1 << i);
  }
  return held;
}

template <typename List>
bool Names(const List& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The items of which one of these grants names the member.
std::set<std::string> ItemsGranted(const OriginDocuments& documents, const std::string& member) {
  std::set<std::string> items;
  for (const auto& [id, grant] : documents.grants()) {
    if (!Names(grant->grant.recipients(), member)) continue;
    items.insert(grant->grant.items().begin(), grant->grant.items().end());
  }
  return items;
}

// Its recipients get a grant, and who carries the origin's streams of its items and may itself have
// them, because it must decide about others (docs/formats/grant.md, "Who gets it").
void AddGrants(const OriginDocuments& documents, const trust::Federation& federation,
               const trust::MemberFacts& member, std::vector<v1::SignedDocument>* out) {
  const trust::MemberFacts* origin = federation.Find(documents.origin());
  const std::string& id = member.member.id();
  std::set<std::string> carried;
  if (origin != nullptr && federation.MayCarry(member, *origin)) {
    carried = ItemsGranted(documents, id);
  }
  for (const auto& [key, grant] : documents.grants()) {
    const auto& items = grant->grant.items();
    const bool gets = Names(grant->grant.recipients(), id) ||
                      std::any_of(items.begin(), items.end(),
                                  [&](const std::string& item) { return carried.contains(item); });
    if (gets) out->push_back(grant->document);
  }
}

}  // namespace

OwnDecision AuthorityKeeper::DecideForSelf(const v1::StreamDescriptor& stream,
                                           const exchange::Authority& authority,
                                           int64_t now_us) const {
  OwnDecision own;
  if (stream.origin() == context_.origin) return {ledger::kAllLayers, ledger::kAllLayers};
  if (ActiveMember(*authority.federation, stream.origin()) == nullptr) return own;
  const auto found = authority.policies.find(stream.origin());
  const std::shared_ptr<const boundary::CompiledPolicy> policy =
      found == authority.policies.end() ? nullptr : found->second;
  const trust::MemberFacts* self = authority.federation->Find(context_.origin);
  boundary::Request request;
  request.member = self == nullptr ? 0 : self->number;
  request.sharing_class = stream.sharing_class();
  const auto decide = [&](const std::string& purpose) {
    if (policy != nullptr) {
      request.item = policy->ItemNumber(stream.item());
      request.purpose = policy->PurposeNumber(purpose);
    }
    const boundary::Decision decision = boundary::Decide(policy, request, now_us);
    own.layers |= decision.layers();
    own.onward |= decision.onward();
  };
  if (purposes_.empty()) decide("");
  for (const std::string& purpose : purposes_) decide(purpose);
  return own;
}

StatusOr<std::vector<AuthorityKeeper::Lost>> AuthorityKeeper::FindLost(
    const exchange::Authority& authority, int64_t now_us) const {
  std::vector<Lost> lost;
  if (authority.federation->registry().version() == 0) return lost;  // nobody can be judged
  ASSIGN_OR_RETURN(const std::vector<store::ReceivedStream> rows,
                   context_.store->ReceivedStreams());
  if (rows.empty()) return lost;
  std::map<uint32_t, const store::ReceivedStream*> by_number;
  for (const store::ReceivedStream& row : rows) by_number[row.stream] = &row;
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> streams, context_.store->Streams());
  for (const store::StreamState& stream : streams) {
    const auto row = by_number.find(stream.number);
    if (row == by_number.end()) continue;
    ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                     ledger::DecodeDescriptor(stream.descriptor));
    const boundary::LayerMask permitted = DecideForSelf(descriptor, authority, now_us).layers;
    const boundary::LayerMask held = HeldLayers(*row->second);
    // Where nothing is permitted the entries go as well.
    const auto layers =
        static_cast<boundary::LayerMask>(permitted == 0 ? ledger::kAllLayers : held & ~permitted);
    if (layers == 0 || (held == 0 && stream.size == 0)) continue;
    lost.push_back({{stream.number, layers}, descriptor.origin(), stream.stream_id, stream.size});
  }
  return lost;
}

void AuthorityKeeper::PutLost(const std::vector<Lost>& lost, const v1::AuditEvent& like,
                              TickWriter* writer) const {
  std::vector<store::LayerDrop>& drops = writer->tick().received.drops;
  std::map<std::pair<std::string, uint32_t>, v1::AuditEvent> events;  // by origin and layers
  for (const Lost& stream : lost) {
    drops.push_back(stream.drop);
    if (stream.size == 0) continue;
    v1::AuditEvent& event = events[{stream.origin, stream.drop.layers}];
    if (event.ranges_size() == 0) {
      event = like;
      event.set_type(v1::LAYERS_WITHDRAWN);
      event.set_origin(stream.origin);
      event.set_layers(stream.drop.layers);
    }
    v1::StreamRange* range = event.add_ranges();
    range->set_stream_id(stream.stream_id);
    range->set_first_seq(1);
    range->set_last_seq(stream.size);
    if (event.ranges_size() < kRangesOfOneEvent) continue;
    writer->Audit(std::move(event));
    events.erase({stream.origin, stream.drop.layers});
  }
  for (auto& [key, event] : events) writer->Audit(std::move(event));
}

StatusOr<std::vector<store::LayerDrop>> AuthorityKeeper::NoLongerPermitted(
    const exchange::Authority& authority, int64_t now_us) const {
  ASSIGN_OR_RETURN(const std::vector<Lost> lost, FindLost(authority, now_us));
  std::vector<store::LayerDrop> drops;
  drops.reserve(lost.size());
  for (const Lost& stream : lost) drops.push_back(stream.drop);
  return drops;
}

StatusOr<std::vector<store::LayerDrop>> AuthorityKeeper::Withdraw(TickWriter* writer,
                                                                  int64_t now_us) {
  ASSIGN_OR_RETURN(const std::vector<Lost> lost, FindLost(*state_.authority, now_us));
  StoreFirstRoot(writer);
  v1::AuditEvent like;
  like.set_correlation_id(context_.entropy->Bytes(kCorrelationBytes));
  PutLost(lost, like, writer);
  std::vector<store::LayerDrop> drops;
  drops.reserve(lost.size());
  for (const Lost& stream : lost) drops.push_back(stream.drop);
  return drops;
}

int64_t AuthorityKeeper::NextChangeUs(int64_t now_us) const {
  int64_t next = kNever;
  const auto consider = [&](int64_t moment) {
    if (moment > now_us) next = std::min(next, moment);
  };
  for (const auto& [origin, policy] : state_.authority->policies) {
    consider(policy->holds_from_us());
    consider(policy->expires_us());
    for (uint32_t source = 1; source <= policy->clause_count(); ++source) {
      consider(policy->clause(source).from_us);
      consider(policy->clause(source).until_us);
    }
  }
  return next;
}

std::vector<v1::SignedDocument> AuthorityKeeper::DocumentsFor(uint32_t member,
                                                              const v1::Hello& theirs) const {
  std::vector<v1::SignedDocument> out;
  const trust::Federation& federation = *state_.federation;
  for (auto it = state_.roots.upper_bound(theirs.root_version()); it != state_.roots.end(); ++it) {
    out.push_back(it->second);
  }
  const trust::TrustState state = federation.State();
  const bool older_timestamp = theirs.timestamp_version() < federation.timestamp().version();
  const auto add = [&](v1::DocumentKind kind, bool lacks) {
    for (const v1::SignedDocument& document : state.documents) {
      if (lacks && document.kind() == kind) out.push_back(document);
    }
  };
  // HELLO does not say which lists are there; a timestamp that is newer may name newer ones.
  add(v1::REVOCATION_LIST, older_timestamp);
  add(v1::REGISTRY, theirs.registry_version() < federation.registry().version());
  add(v1::TIMESTAMP, older_timestamp);
  const auto own = state_.origins.find(context_.origin);
  const trust::MemberFacts* peer = federation.At(member);
  if (own == state_.origins.end() || peer == nullptr) return out;
  if (own->second->compiled() == nullptr) return out;
  AddGrants(*own->second, federation, *peer, &out);
  out.push_back(own->second->policy());
  return out;
}

std::vector<v1::SignedDocument> AuthorityKeeper::OriginDocumentsFor(
    uint32_t member, const std::vector<std::string>& origins, const v1::Subscribe& wish) const {
  std::vector<v1::SignedDocument> out;
  const trust::MemberFacts* peer = state_.federation->At(member);
  if (peer == nullptr) return out;
  for (const std::string& origin : origins) {
    const auto it = state_.origins.find(origin);
    if (it == state_.origins.end() || it->second->compiled() == nullptr) continue;
    AddGrants(*it->second, *state_.federation, *peer, &out);
    uint64_t held = 0;
    for (const v1::PolicyHeld& policy : wish.policies()) {
      if (policy.origin() == origin) held = policy.version();
    }
    if (held < it->second->policy_version()) out.push_back(it->second->policy());
  }
  return out;
}

}  // namespace tombolo::node
