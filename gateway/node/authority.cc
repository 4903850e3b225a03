#include "gateway/node/authority.h"

#include <algorithm>
#include <utility>

#include "gateway/ledger/canonical.h"
#include "gateway/trust/document.h"

namespace tombolo::node {
namespace {

// Documents of the federation that wait at most; a further one takes the place of the oldest.
constexpr size_t kWaitingDocuments = 8;
// Parts an origin from the id of its grant in a row's owner; stands in neither.
constexpr char kOwnerPart = ' ';

std::string KindWord(v1::DocumentKind kind) {
  switch (kind) {
    case v1::ROOT:
      return "root";
    case v1::REGISTRY:
      return "registry";
    case v1::TIMESTAMP:
      return "timestamp";
    case v1::POLICY:
      return "policy";
    case v1::GRANT:
      return "grant";
    case v1::REVOCATION_LIST:
      return "revocation list";
    default:
      return "unknown";
  }
}

v1::AuditEvent ActivatedEvent(v1::DocumentKind kind, const std::string& digest, uint64_t version) {
  v1::AuditEvent event;
  event.set_type(kind == v1::REVOCATION_LIST ? v1::CRL_ACTIVATED : v1::DOCUMENT_ACTIVATED);
  event.set_detail(KindWord(kind));
  event.set_digest(digest);
  event.set_document_version(version);
  return event;
}

v1::AuditEvent ActivatedEvent(const NewlyActive& active) {
  v1::AuditEvent event =
      ActivatedEvent(active.document.kind(), active.row.digest, active.row.version);
  if (!active.issuer_key_id.empty()) event.set_key_id(active.issuer_key_id);
  return event;
}

v1::AuditEvent ActivatedEvent(const store::DocumentRow& row, const std::string& origin) {
  v1::AuditEvent event =
      ActivatedEvent(static_cast<v1::DocumentKind>(row.kind), row.digest, row.version);
  event.set_origin(origin);
  return event;
}

store::DocumentRow RowOf(const v1::SignedDocument& document, std::string owner, uint64_t version) {
  store::DocumentRow row;
  row.kind = document.kind();
  row.owner = std::move(owner);
  row.version = version;
  row.document = ledger::CanonicalBytes(document);
  row.digest = trust::BodyDigest(document);
  return row;
}

std::string RegistryDigest(const trust::Federation& federation) {
  for (const v1::SignedDocument& document : federation.State().documents) {
    if (document.kind() == v1::REGISTRY) return trust::BodyDigest(document);
  }
  return "";
}

StatusOr<std::string> OriginIn(const v1::SignedDocument& document) {
  if (document.kind() == v1::POLICY) {
    ASSIGN_OR_RETURN(const v1::Policy policy, trust::DecodeBody<v1::Policy>(document.body()));
    return policy.origin();
  }
  if (document.kind() == v1::GRANT) {
    ASSIGN_OR_RETURN(const v1::Grant grant, trust::DecodeBody<v1::Grant>(document.body()));
    return grant.origin();
  }
  return MakeError(Code::INVALID_ARGUMENT, "the document is of no kind that this program knows");
}

// Who asked, in an event of the act.
void SetAsker(const std::string& from, v1::AuditEvent* event) {
  if (from.empty()) return;
  event->set_actor(from);
  event->set_peer(from);
}

}  // namespace

AuthorityKeeper::AuthorityKeeper(const Context& context, boundary::CodeLists codes,
                                 std::vector<std::string> purposes)
    : context_(context), codes_(std::move(codes)), purposes_(std::move(purposes)) {}

StatusOr<std::unique_ptr<AuthorityKeeper>> AuthorityKeeper::Open(
    const Context& context, const boundary::CodeLists& codes, std::vector<std::string> purposes,
    const v1::SignedDocument* first_root) {
  std::unique_ptr<AuthorityKeeper> keeper(new AuthorityKeeper(context, codes, std::move(purposes)));
  RETURN_IF_ERROR(keeper->Load(first_root));
  return keeper;
}

Status AuthorityKeeper::Load(const v1::SignedDocument* first_root) {
  ASSIGN_OR_RETURN(const std::vector<store::DocumentRow> rows, context_.store->Documents());
  ASSIGN_OR_RETURN(StoredTrust stored, RestoreTrust(rows));
  if (stored.federation == nullptr) {
    if (first_root == nullptr) {
      return MakeError(Code::NOT_FOUND,
                       "this node knows no federation; put the root that its operator trusts into "
                       "federation/root.json");
    }
    ASSIGN_OR_RETURN(stored.federation,
                     trust::Federation::Found(*first_root, context_.clock->NowUs()));
    stored.roots[stored.federation->root().version()] = *first_root;
    root_stored_ = false;
  }
  state_.federation = std::move(stored.federation);
  state_.roots = std::move(stored.roots);
  state_.changes = std::max<uint64_t>(stored.changes, 1);
  RETURN_IF_ERROR(LoadOrigins(rows));
  CompileAll(&state_);
  state_.authority = Assemble(state_);
  return absl::OkStatus();
}

Status AuthorityKeeper::LoadOrigins(const std::vector<store::DocumentRow>& rows) {
  std::map<std::string, std::shared_ptr<OriginDocuments>> origins;
  for (const store::DocumentRow& row : rows) {
    if (row.kind != v1::POLICY && row.kind != v1::GRANT) continue;
    v1::SignedDocument document;
    if (!document.ParseFromString(row.document)) {
      return MakeError(Code::STORE_CORRUPT, "a document of " + row.owner +
                                                " in the store does not read back; restore the "
                                                "node from a backup");
    }
    ASSIGN_OR_RETURN(const std::string origin, OriginIn(document));
    std::shared_ptr<OriginDocuments>& documents = origins[origin];
    if (documents == nullptr) documents = std::make_shared<OriginDocuments>(origin);
    if (row.kind == v1::POLICY) {
      ASSIGN_OR_RETURN(v1::Policy policy, trust::DecodeBody<v1::Policy>(document.body()));
      documents->RestorePolicy(std::move(document), std::move(policy));
    } else {
      ASSIGN_OR_RETURN(HeldGrantPtr grant, ReadGrant(document));
      documents->RestoreGrant(std::move(grant));
    }
  }
  for (auto& [origin, documents] : origins) state_.origins[origin] = std::move(documents);
  return absl::OkStatus();
}

void AuthorityKeeper::CompileAll(State* state) const {
  for (auto& [origin, documents] : state->origins) {
    auto compiled = std::make_shared<OriginDocuments>(*documents);
    compiled->Compile(codes_, state->federation);
    documents = std::move(compiled);
  }
}

std::shared_ptr<const exchange::Authority> AuthorityKeeper::Assemble(const State& state) const {
  auto authority = std::make_shared<exchange::Authority>();
  authority->generation = state_.authority == nullptr ? 1 : state_.authority->generation + 1;
  authority->federation = state.federation;
  for (const auto& [origin, documents] : state.origins) {
    if (documents->compiled() == nullptr) continue;
    authority->policies[origin] = documents->compiled();
    std::vector<v1::SignedDocument>& all = authority->documents[origin];
    for (const auto& [id, grant] : documents->grants()) all.push_back(grant->document);
    all.push_back(documents->policy());
  }
  return authority;
}

bool AuthorityKeeper::IsOlderFile(const v1::SignedDocument& document) const {
  const trust::TrustState state = state_.federation->State();
  const uint64_t version = VersionOf(document);
  const auto older = [&](uint64_t active, bool anew) { return version < active && !anew; };
  switch (document.kind()) {
    case v1::ROOT:
      return older(state_.federation->root().version(), false);
    case v1::REGISTRY:
      return older(state_.federation->registry().version(), state.registry_anew);
    case v1::TIMESTAMP:
      return older(state_.federation->timestamp().version(), state.timestamp_anew);
    default:
      return false;
  }
}

void AuthorityKeeper::LetWait(const v1::SignedDocument& document) {
  const std::string digest = trust::BodyDigest(document);
  for (const v1::SignedDocument& other : waiting_) {
    if (trust::BodyDigest(other) == digest) return;
  }
  if (waiting_.size() >= kWaitingDocuments) waiting_.erase(waiting_.begin());
  waiting_.push_back(document);
}

bool AuthorityKeeper::TryWaiting(State* next, bool* registry_anew, bool* timestamp_anew) {
  for (size_t i = 0; i < waiting_.size(); ++i) {
    const trust::TrustState state = next->federation->State();
    *registry_anew |= state.registry_anew;
    *timestamp_anew |= state.timestamp_anew;
    const v1::SignedDocument document = waiting_[i];
    const StatusOr<trust::Activation> tried =
        next->federation->Activate(document, waiting_, context_.clock->NowUs());
    if (tried.ok() && tried->waiting) continue;
    waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(i));
    if (!tried.ok() || !tried->changed) return !waiting_.empty();  // it is void, or active already
    next->federation = tried->federation;
    return true;
  }
  return false;
}

Status AuthorityKeeper::TakeOfFederation(const v1::SignedDocument& document, Change* change) {
  const trust::Federation& before = *state_.federation;
  const trust::TrustState state = before.State();
  const std::string digest = trust::BodyDigest(document);
  for (const v1::SignedDocument& active : state.documents) {
    if (trust::BodyDigest(active) == digest) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(trust::Activation activation,
                   before.Activate(document, waiting_, context_.clock->NowUs()));
  if (!activation.changed) {
    if (activation.waiting) LetWait(document);
    return absl::OkStatus();
  }
  State& next = change->next;
  next.federation = std::move(activation.federation);
  bool registry_anew = state.registry_anew, timestamp_anew = state.timestamp_anew;
  while (TryWaiting(&next, &registry_anew, &timestamp_anew)) {
  }
  for (NewlyActive& active :
       NewDocuments(&before, *next.federation, registry_anew, timestamp_anew)) {
    change->events.push_back(ActivatedEvent(active));
    if (active.document.kind() == v1::ROOT) {
      next.roots[active.row.version] = std::move(active.document);
    }
    change->rows.push_back(std::move(active.row));
  }
  change->rows.push_back(StateRow(*next.federation, ++next.changes));
  // Policies are bound to the numbers of members, which are those of the registry.
  if (RegistryDigest(before) != RegistryDigest(*next.federation)) CompileAll(&next);
  change->changed = true;
  return absl::OkStatus();
}

Status AuthorityKeeper::TakeOfOrigin(const v1::SignedDocument& document, Change* change) {
  ASSIGN_OR_RETURN(const std::string origin, OriginIn(document));
  const auto held = state_.origins.find(origin);
  auto documents = held == state_.origins.end() ? std::make_shared<OriginDocuments>(origin)
                                                : std::make_shared<OriginDocuments>(*held->second);
  const std::shared_ptr<const trust::Federation>& federation = state_.federation;
  const bool policy = document.kind() == v1::POLICY;
  ASSIGN_OR_RETURN(const OriginDocuments::Taken taken,
                   policy ? documents->TakePolicy(document, codes_, federation)
                          : documents->TakeGrant(document, codes_, federation));
  if (!taken.changed) {
    state_.origins[origin] = std::move(documents);  // it may wait there
    return absl::OkStatus();
  }
  for (const HeldGrantPtr& grant : taken.stored) {
    change->rows.push_back(
        RowOf(grant->document, origin + kOwnerPart + grant->grant.id(), grant->grant.version()));
  }
  if (policy) change->rows.push_back(RowOf(document, origin, taken.version));
  for (const store::DocumentRow& row : change->rows) {
    change->events.push_back(ActivatedEvent(row, origin));
  }
  change->next.origins[origin] = std::move(documents);
  change->changed = true;
  return absl::OkStatus();
}

Status AuthorityKeeper::Take(const v1::SignedDocument& document, Change* change) {
  change->next = state_;
  return IsOfFederation(document.kind()) ? TakeOfFederation(document, change)
                                         : TakeOfOrigin(document, change);
}

void AuthorityKeeper::Refuse(const v1::SignedDocument& document, const std::string& from,
                             const Status& why, TickWriter* writer) const {
  v1::AuditEvent event;
  event.set_type(v1::DOCUMENT_REFUSED);
  event.set_outcome(std::string(NameOf(CodeOf(why))));
  event.set_detail(KindWord(document.kind()));
  event.set_digest(trust::BodyDigest(document));
  event.set_document_version(VersionOf(document));
  SetAsker(from, &event);
  writer->Audit(std::move(event));
}

void AuthorityKeeper::StoreFirstRoot(TickWriter* writer) {
  if (root_stored_ || root_in_tick_) return;
  root_in_tick_ = true;
  store::ReceivedPart& part = writer->tick().received;
  for (const NewlyActive& active : NewDocuments(nullptr, *state_.federation, false, false)) {
    part.documents.push_back(active.row);
    writer->Audit(ActivatedEvent(active));
  }
  part.documents.push_back(StateRow(*state_.federation, state_.changes));
}

StatusOr<AuthorityKeeper::Outcome> AuthorityKeeper::Activate(TickWriter* writer,
                                                             const v1::SignedDocument& document,
                                                             const std::string& from) {
  Outcome outcome;
  if (from.empty() && IsOlderFile(document)) return outcome;
  Change change;
  if (const Status taken = Take(document, &change); !taken.ok()) {
    Refuse(document, from, taken, writer);
    return taken;
  }
  if (!change.changed) return outcome;
  change.next.authority = Assemble(change.next);
  ASSIGN_OR_RETURN(const std::vector<Lost> lost,
                   FindLost(*change.next.authority, context_.clock->NowUs()));
  StoreFirstRoot(writer);
  std::vector<store::DocumentRow>& rows = writer->tick().received.documents;
  rows.insert(rows.end(), change.rows.begin(), change.rows.end());
  v1::AuditEvent like;
  like.set_correlation_id(context_.entropy->Bytes(kCorrelationBytes));
  SetAsker(from, &like);
  for (const v1::AuditEvent& part : change.events) {
    v1::AuditEvent event = like;
    event.MergeFrom(part);
    writer->Audit(std::move(event));
  }
  like.set_document_version(VersionOf(document));
  PutLost(lost, like, writer);
  outcome.changed = true;
  for (const trust::MemberFacts& facts : state_.federation->members()) {
    const std::string& id = facts.member.id();
    if (facts.member.state() == v1::ACTIVE &&
        ActiveMember(*change.next.federation, id) == nullptr) {
      outcome.suspended.push_back(id);
    }
  }
  pending_ = std::make_unique<State>(std::move(change.next));
  return outcome;
}

void AuthorityKeeper::Adopt() {
  if (pending_ != nullptr) state_ = *std::move(pending_);
  pending_.reset();
  root_stored_ |= root_in_tick_;
  root_in_tick_ = false;
}

void AuthorityKeeper::Discard() {
  pending_.reset();
  root_in_tick_ = false;
}

const v1::SignedDocument* AuthorityKeeper::Root(uint64_t version) const {
  const auto it = state_.roots.find(version);
  return it == state_.roots.end() ? nullptr : &it->second;
}

}  // namespace tombolo::node
