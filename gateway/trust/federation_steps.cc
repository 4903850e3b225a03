// From one state of the federation to the next: what a node accepts, in the order that
// docs/formats/registry.md gives.
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/trust/federation.h"

namespace tombolo::trust {
namespace {

constexpr int64_t kSkewUs = int64_t{5} * 60 * 1000000;

std::string Named(std::string_view what, uint64_t version) {
  return absl::StrCat(ToAbsl(what), " ", version);
}

Status Rollback(std::string_view what, uint64_t got, uint64_t known) {
  return MakeError(Code::DOCUMENT_ROLLBACK,
                   absl::StrCat(Named(what, got), " is older than ", known, ", which is known"));
}

Status Forked(std::string_view what, uint64_t version) {
  return MakeError(Code::DOCUMENT_FORKED,
                   absl::StrCat("another ", Named(what, version),
                                " is known; ask who signs it which one holds"));
}

bool SameRole(const v1::RoleKeys& a, const v1::RoleKeys& b) {
  return ledger::CanonicalBytes(a) == ledger::CanonicalBytes(b);
}

std::vector<std::string_view> AuthoritiesOf(const v1::Root& root) {
  return {root.certificate_authorities().begin(), root.certificate_authorities().end()};
}

}  // namespace

class Step {
 public:
  using Documents = absl::Span<const v1::SignedDocument>;
  Step(const Federation& from, Documents beside, int64_t now_us)
      : from_(from), beside_(beside), now_us_(std::max(now_us, from.seen_us_)) {}

  StatusOr<Activation> Take(const v1::SignedDocument& document) {
    switch (document.kind()) {
      case v1::ROOT:
        return TakeRoot(document);
      case v1::REGISTRY:
        return TakeRegistry(document);
      case v1::TIMESTAMP:
        return TakeTimestamp(document);
      case v1::REVOCATION_LIST:
        return TakeList(document);
      default:
        return MakeError(Code::INVALID_ARGUMENT,
                         "the document is none of root, registry, timestamp, revocation list");
    }
  }

  static StatusOr<std::shared_ptr<const Federation>> Found(const v1::SignedDocument& document,
                                                           int64_t now_us);
  static StatusOr<std::shared_ptr<const Federation>> Restore(const TrustState& state);

 private:
  StatusOr<Activation> TakeRoot(const v1::SignedDocument& document);
  StatusOr<Activation> TakeRegistry(const v1::SignedDocument& document);
  StatusOr<Activation> TakeTimestamp(const v1::SignedDocument& document);
  StatusOr<Activation> TakeList(const v1::SignedDocument& document);
  Status CheckFederation(const std::string& federation) const;
  Status CheckWindow(std::string_view what, int64_t begin_us, int64_t end_us) const;
  template <typename Message>
  StatusOr<Message> Read(const v1::SignedDocument& document, std::string_view what,
                         const v1::RoleKeys& role) const;
  StatusOr<v1::Registry> ReadRegistry(const v1::SignedDocument& document) const;
  StatusOr<v1::Timestamp> ReadTimestamp(const v1::SignedDocument& document) const;
  StatusOr<bool> HasWhatIsNamed(const v1::Timestamp& timestamp) const;
  const v1::SignedDocument* TimestampFor(const std::string& registry_digest) const;
  const v1::SignedDocument* RegistryOf(const v1::Timestamp& timestamp) const;
  static void ForgetWhatFails(Federation* next);
  static Status PutRegistry(const v1::SignedDocument& document, Federation* next);
  static Status PutTimestamp(const v1::SignedDocument& document, Federation* next);
  static Status PutList(const v1::SignedDocument& document, const RevocationList& list,
                        Federation* next);

  std::shared_ptr<Federation> Next() const {
    return std::shared_ptr<Federation>(new Federation(from_));
  }
  Activation Same(uint64_t version) const {
    return {from_.shared_from_this(), false, false, version};
  }
  Activation Waits(uint64_t version) const {
    return {from_.shared_from_this(), false, true, version};
  }
  Activation Changed(std::shared_ptr<Federation> next, uint64_t version) const {
    next->seen_us_ = now_us_;  // never below the one before
    return {std::move(next), true, false, version};
  }

  const Federation& from_;
  const Documents beside_;
  const int64_t now_us_;
};

Status Step::CheckFederation(const std::string& federation) const {
  if (federation == from_.root_.federation()) return absl::OkStatus();
  return MakeError(Code::DOCUMENT_MISMATCH,
                   absl::StrCat("the document is of the federation ", federation, ", this is ",
                                from_.root_.federation()));
}

Status Step::CheckWindow(std::string_view what, int64_t begin_us, int64_t end_us) const {
  if (now_us_ < begin_us - kSkewUs) {
    return MakeError(Code::DOCUMENT_EXPIRED,
                     absl::StrCat(ToAbsl(what), " holds only from ", FormatMoment(begin_us),
                                  "; compare both clocks"));
  }
  if (now_us_ < end_us) return absl::OkStatus();
  return MakeError(Code::DOCUMENT_EXPIRED, absl::StrCat(ToAbsl(what), " expired at ",
                                                        FormatMoment(end_us), "; get a newer one"));
}

template <typename Message>
StatusOr<Message> Step::Read(const v1::SignedDocument& document, std::string_view what,
                             const v1::RoleKeys& role) const {
  ASSIGN_OR_RETURN(Message message, DecodeBody<Message>(document.body()));
  RETURN_IF_ERROR(CheckFederation(message.federation()));
  ASSIGN_OR_RETURN(const int64_t issued_us, ParseMoment(message.issued_at()));
  ASSIGN_OR_RETURN(const int64_t expires_us, ParseMoment(message.expires_at()));
  RETURN_IF_ERROR(CheckWindow(Named(what, message.version()), issued_us, expires_us));
  RETURN_IF_ERROR(CheckThreshold(document, role));
  return message;
}

StatusOr<v1::Registry> Step::ReadRegistry(const v1::SignedDocument& document) const {
  ASSIGN_OR_RETURN(v1::Registry registry,
                   Read<v1::Registry>(document, "registry", from_.root_.registry()));
  const uint64_t known = from_.registry_anew_ ? 0 : from_.registry_.version();
  if (registry.version() < known) return Rollback("registry", registry.version(), known);
  if (registry.version() == known && BodyDigest(document) != BodyDigest(from_.signed_registry_)) {
    return Forked("registry", known);
  }
  return registry;
}

StatusOr<v1::Timestamp> Step::ReadTimestamp(const v1::SignedDocument& document) const {
  ASSIGN_OR_RETURN(v1::Timestamp timestamp,
                   Read<v1::Timestamp>(document, "timestamp", from_.root_.timestamp()));
  const uint64_t known = from_.timestamp_anew_ ? 0 : from_.timestamp_.version();
  if (timestamp.version() < known) return Rollback("timestamp", timestamp.version(), known);
  if (timestamp.version() == known && BodyDigest(document) != BodyDigest(from_.signed_timestamp_)) {
    return Forked("timestamp", known);
  }
  if (timestamp.root_version() < from_.root_.version()) {
    return Rollback("the timestamp's root", timestamp.root_version(), from_.root_.version());
  }
  const uint64_t registry = from_.registry_anew_ ? 0 : from_.registry_.version();
  if (timestamp.registry_version() < registry) {
    return Rollback("the timestamp's registry", timestamp.registry_version(), registry);
  }
  if (timestamp.registry_version() == registry &&
      timestamp.registry_digest() != BodyDigest(from_.signed_registry_)) {
    return Forked("registry", registry);
  }
  return timestamp;
}

// Whether the root and the lists that it names are here.
StatusOr<bool> Step::HasWhatIsNamed(const v1::Timestamp& timestamp) const {
  bool all = timestamp.root_version() == from_.root_.version();
  for (const v1::CrlState& named : timestamp.crls()) {
    const auto list = from_.lists_.find(named.issuer_key_id());
    if (list == from_.lists_.end() || list->second.number < named.number()) {
      all = false;
    } else if (list->second.number == named.number() && list->second.digest != named.digest()) {
      return Forked("revocation list", named.number());
    }
  }
  return all;
}

const v1::SignedDocument* Step::TimestampFor(const std::string& registry_digest) const {
  for (const v1::SignedDocument& document : beside_) {
    if (document.kind() != v1::TIMESTAMP) continue;
    const StatusOr<v1::Timestamp> timestamp = ReadTimestamp(document);
    if (!timestamp.ok() || timestamp->registry_digest() != registry_digest) continue;
    const StatusOr<bool> complete = HasWhatIsNamed(*timestamp);
    if (complete.ok() && *complete) return &document;
  }
  return nullptr;
}

const v1::SignedDocument* Step::RegistryOf(const v1::Timestamp& timestamp) const {
  for (const v1::SignedDocument& document : beside_) {
    if (document.kind() != v1::REGISTRY || BodyDigest(document) != timestamp.registry_digest()) {
      continue;
    }
    const StatusOr<v1::Registry> registry = ReadRegistry(document);
    if (registry.ok() && registry->version() == timestamp.registry_version()) return &document;
  }
  return nullptr;
}

// After a change of root: what its keys and authorities do not support any more.
void Step::ForgetWhatFails(Federation* next) {
  const v1::Root& root = next->root_;
  if (next->registry_.version() != 0 &&
      !CheckThreshold(next->signed_registry_, root.registry()).ok()) {
    next->registry_.Clear();
    next->signed_registry_.Clear();
    next->members_ = std::make_shared<const Federation::Members>();
  }
  if (next->timestamp_.version() != 0 &&
      !CheckThreshold(next->signed_timestamp_, root.timestamp()).ok()) {
    next->timestamp_.Clear();
    next->signed_timestamp_.Clear();
  }
  const std::vector<std::string_view> roots = AuthoritiesOf(root);
  for (auto list = next->signed_lists_.begin(); list != next->signed_lists_.end();) {
    const StatusOr<AuthorityList> parts = SplitListBody(list->second.body());
    const bool holds = parts.ok() && CheckAuthority(parts->issuer, roots, root.federation()).ok();
    if (!holds) next->lists_.erase(list->first);
    list = holds ? std::next(list) : next->signed_lists_.erase(list);
  }
}

StatusOr<Activation> Step::TakeRoot(const v1::SignedDocument& document) {
  ASSIGN_OR_RETURN(v1::Root root, DecodeBody<v1::Root>(document.body()));
  RETURN_IF_ERROR(CheckFederation(root.federation()));
  ASSIGN_OR_RETURN(const int64_t issued_us, ParseMoment(root.issued_at()));
  ASSIGN_OR_RETURN(const int64_t expires_us, ParseMoment(root.expires_at()));
  // An expired root still leads to its successors.
  RETURN_IF_ERROR(CheckWindow(Named("root", root.version()), issued_us, now_us_ + 1));
  const v1::Root& old = from_.root_;
  if (root.version() < old.version()) return Rollback("root", root.version(), old.version());
  if (root.version() - old.version() > 1) {
    return MakeError(Code::DOCUMENT_ROLLBACK,
                     absl::StrCat("root ", root.version(), " does not follow ", old.version(),
                                  "; get the ones in between first"));
  }
  if (BodyDigest(document) == BodyDigest(from_.signed_root_)) return Same(root.version());
  RETURN_IF_ERROR(CheckThreshold(document, old.root()));
  RETURN_IF_ERROR(CheckThreshold(document, root.root()));
  if (root.version() == old.version()) return Forked("root", root.version());
  const bool registry = !SameRole(old.registry(), root.registry());
  const bool timestamp = !SameRole(old.timestamp(), root.timestamp());
  std::shared_ptr<Federation> next = Next();
  next->registry_anew_ |= registry;
  next->timestamp_anew_ |= registry || timestamp;
  next->root_ = std::move(root);
  next->signed_root_ = document;
  ForgetWhatFails(next.get());
  // Expiry is not judged here, so a clock that is years ahead must not be remembered either.
  next->seen_us_ = std::max(from_.seen_us_, std::min(now_us_, expires_us));
  const uint64_t version = next->root_.version();
  return Activation{std::move(next), true, false, version};
}

Status Step::PutRegistry(const v1::SignedDocument& document, Federation* next) {
  ASSIGN_OR_RETURN(next->registry_, DecodeBody<v1::Registry>(document.body()));
  next->signed_registry_ = document;
  next->registry_anew_ = false;
  auto members = std::make_shared<Federation::Members>();
  members->list.reserve(next->registry_.members_size());
  for (const v1::Member& member : next->registry_.members()) {
    MemberFacts& facts = members->list.emplace_back();
    facts.number = static_cast<uint32_t>(members->list.size());
    facts.member = member;
    for (const v1::PublicKey& key : member.signing_keys()) {
      ASSIGN_OR_RETURN(const ledger::Suite suite, ledger::SuiteFromName(key.suite()));
      ASSIGN_OR_RETURN(ledger::Verifier verifier,
                       ledger::Verifier::FromPublicKey(suite, key.spki()));
      facts.verifiers.push_back(std::move(verifier));
    }
    members->by_id.emplace(member.id(), facts.number);
  }
  // Levels rise from a member to its parent, so this ends.
  for (MemberFacts& facts : members->list) {
    for (const std::string* parent = &facts.member.parent(); !parent->empty();) {
      const uint32_t number = members->by_id.at(*parent);
      facts.above.push_back(number);
      parent = &members->list[number - 1].member.parent();
    }
  }
  next->members_ = std::move(members);
  return absl::OkStatus();
}

Status Step::PutTimestamp(const v1::SignedDocument& document, Federation* next) {
  ASSIGN_OR_RETURN(next->timestamp_, DecodeBody<v1::Timestamp>(document.body()));
  next->signed_timestamp_ = document;
  next->timestamp_anew_ = false;
  return absl::OkStatus();
}

StatusOr<Activation> Step::TakeRegistry(const v1::SignedDocument& document) {
  ASSIGN_OR_RETURN(const v1::Registry registry, ReadRegistry(document));
  const uint64_t version = registry.version();
  const std::string digest = BodyDigest(document);
  const v1::Timestamp& active = from_.timestamp_;
  if (from_.registry_.version() != 0 && digest == BodyDigest(from_.signed_registry_)) {
    return Same(version);
  }
  if (const v1::SignedDocument* timestamp = TimestampFor(digest); timestamp != nullptr) {
    std::shared_ptr<Federation> next = Next();
    RETURN_IF_ERROR(PutRegistry(document, next.get()));
    RETURN_IF_ERROR(PutTimestamp(*timestamp, next.get()));
    return Changed(std::move(next), version);
  }
  const bool first = active.version() == 0 && from_.registry_.version() == 0;
  const bool named = active.registry_version() == version && active.registry_digest() == digest;
  if (first || named) {
    std::shared_ptr<Federation> next = Next();
    RETURN_IF_ERROR(PutRegistry(document, next.get()));
    return Changed(std::move(next), version);
  }
  if (active.version() != 0 && !from_.timestamp_anew_ && active.registry_version() == version) {
    return Forked("registry", version);
  }
  return Waits(version);
}

StatusOr<Activation> Step::TakeTimestamp(const v1::SignedDocument& document) {
  ASSIGN_OR_RETURN(const v1::Timestamp timestamp, ReadTimestamp(document));
  const uint64_t version = timestamp.version();
  if (from_.timestamp_.version() != 0 &&
      BodyDigest(document) == BodyDigest(from_.signed_timestamp_)) {
    return Same(version);
  }
  ASSIGN_OR_RETURN(const bool complete, HasWhatIsNamed(timestamp));
  if (!complete) return Waits(version);
  std::shared_ptr<Federation> next = Next();
  const bool held = from_.registry_.version() != 0 &&
                    timestamp.registry_version() == from_.registry_.version() &&
                    timestamp.registry_digest() == BodyDigest(from_.signed_registry_);
  if (!held) {
    const v1::SignedDocument* registry = RegistryOf(timestamp);
    if (registry == nullptr) return Waits(version);
    RETURN_IF_ERROR(PutRegistry(*registry, next.get()));
  }
  RETURN_IF_ERROR(PutTimestamp(document, next.get()));
  return Changed(std::move(next), version);
}

Status Step::PutList(const v1::SignedDocument& document, const RevocationList& list,
                     Federation* next) {
  next->lists_[list.issuer_key_id] = list;
  next->signed_lists_[list.issuer_key_id] = document;
  return absl::OkStatus();
}

StatusOr<Activation> Step::TakeList(const v1::SignedDocument& document) {
  if (document.signatures_size() > 0) {
    return MakeError(Code::INVALID_ARGUMENT, "a revocation list has no signature but its own");
  }
  ASSIGN_OR_RETURN(const AuthorityList parts, SplitListBody(document.body()));
  RETURN_IF_ERROR(
      CheckAuthority(parts.issuer, AuthoritiesOf(from_.root_), from_.root_.federation()));
  ASSIGN_OR_RETURN(const RevocationList list, ReadRevocationList(parts.list, parts.issuer));
  RETURN_IF_ERROR(
      CheckWindow(Named("revocation list", list.number), list.this_update_us, list.next_update_us));
  const auto known = from_.lists_.find(list.issuer_key_id);
  if (known != from_.lists_.end()) {
    if (list.number < known->second.number) {
      return Rollback("revocation list", list.number, known->second.number);
    }
    if (list.digest == known->second.digest) return Same(list.number);
    if (list.number == known->second.number) return Forked("revocation list", list.number);
  }
  for (const v1::CrlState& named : from_.timestamp_.crls()) {
    if (named.issuer_key_id() != list.issuer_key_id) continue;
    if (list.number < named.number()) {
      return Rollback("revocation list", list.number, named.number());
    }
    if (list.number == named.number() && list.digest != named.digest()) {
      return Forked("revocation list", list.number);
    }
  }
  std::shared_ptr<Federation> next = Next();
  RETURN_IF_ERROR(PutList(document, list, next.get()));
  return Changed(std::move(next), list.number);
}

StatusOr<std::shared_ptr<const Federation>> Step::Found(const v1::SignedDocument& document,
                                                        int64_t now_us) {
  if (document.kind() != v1::ROOT) {
    return MakeError(Code::INVALID_ARGUMENT, "the federation's first document must be a root");
  }
  std::shared_ptr<Federation> federation(new Federation());
  ASSIGN_OR_RETURN(federation->root_, DecodeBody<v1::Root>(document.body()));
  RETURN_IF_ERROR(CheckThreshold(document, federation->root_.root()));
  ASSIGN_OR_RETURN(const int64_t issued_us, ParseMoment(federation->root_.issued_at()));
  RETURN_IF_ERROR(Step(*federation, {}, now_us).CheckWindow("the root", issued_us, now_us + 1));
  federation->signed_root_ = document;
  ASSIGN_OR_RETURN(const int64_t expires_us, ParseMoment(federation->root_.expires_at()));
  federation->seen_us_ = std::min(now_us, expires_us);
  return std::shared_ptr<const Federation>(std::move(federation));
}

StatusOr<std::shared_ptr<const Federation>> Step::Restore(const TrustState& state) {
  std::shared_ptr<Federation> federation(new Federation());
  if (state.documents.empty() || state.documents[0].kind() != v1::ROOT) {
    return MakeError(Code::INVALID_ARGUMENT, "the federation's first document must be a root");
  }
  for (const v1::SignedDocument& document : state.documents) {
    if (document.kind() == v1::ROOT) {
      ASSIGN_OR_RETURN(federation->root_, DecodeBody<v1::Root>(document.body()));
      RETURN_IF_ERROR(CheckThreshold(document, federation->root_.root()));
      federation->signed_root_ = document;
    } else if (document.kind() == v1::REGISTRY) {
      RETURN_IF_ERROR(CheckThreshold(document, federation->root_.registry()));
      RETURN_IF_ERROR(PutRegistry(document, federation.get()));
    } else if (document.kind() == v1::TIMESTAMP) {
      RETURN_IF_ERROR(CheckThreshold(document, federation->root_.timestamp()));
      RETURN_IF_ERROR(PutTimestamp(document, federation.get()));
    } else {
      ASSIGN_OR_RETURN(const AuthorityList parts, SplitListBody(document.body()));
      ASSIGN_OR_RETURN(const RevocationList list, ReadRevocationList(parts.list, parts.issuer));
      RETURN_IF_ERROR(PutList(document, list, federation.get()));
    }
  }
  federation->seen_us_ = state.seen_us;
  federation->registry_anew_ = state.registry_anew;
  federation->timestamp_anew_ = state.timestamp_anew;
  return std::shared_ptr<const Federation>(std::move(federation));
}

StatusOr<std::shared_ptr<const Federation>> Federation::Found(const v1::SignedDocument& root,
                                                              int64_t now_us) {
  return Step::Found(root, now_us);
}

StatusOr<std::shared_ptr<const Federation>> Federation::Restore(const TrustState& state) {
  return Step::Restore(state);
}

StatusOr<Activation> Federation::Activate(const v1::SignedDocument& document,
                                          absl::Span<const v1::SignedDocument> beside,
                                          int64_t now_us) const {
  return Step(*this, beside, now_us).Take(document);
}

}  // namespace tombolo::trust
