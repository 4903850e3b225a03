#include "gateway/node/witnesses.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/audit/event.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::node {
namespace {

StatusOr<audit::WitnessedHead> FactsOf(const v1::Head& head) {
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body, ledger::DecodeBody(head.checkpoint().body()));
  const v1::StreamHead& stream = head.proof().head();
  return audit::WitnessedHead{stream.stream_id(), body.epoch, body.tick, stream.size(),
                              stream.root()};
}

// Among the member's keys.
StatusOr<const ledger::Verifier*> KeyOf(const trust::MemberFacts& peer, std::string_view key_id) {
  for (const ledger::Verifier& verifier : peer.verifiers) {
    if (verifier.key_id() == key_id) return &verifier;
  }
  return MakeError(Code::SIGNATURE_INVALID,
                   absl::StrCat("the registry names no key of ", peer.member.id(),
                                " that signed this about an audit log"));
}

v1::AuditEvent EventOf(v1::AuditEventType type, const std::string& peer, uint64_t size,
                       std::string_view signed_bytes) {
  v1::AuditEvent event;
  event.set_type(type);
  event.set_peer(peer);
  event.set_count(size);
  event.set_digest(Hasher(HashKind::kSha256).Hash({signed_bytes}).str());
  return event;
}

}  // namespace

Status Witnesses::Load() {
  Forget();
  ASSIGN_OR_RETURN(const std::vector<store::WitnessRow> rows, context_.store->Witnesses());
  for (const store::WitnessRow& row : rows) {
    if (row.node == context_.origin) {
      uint64_t& size = signed_sizes_[row.witness];
      size = std::max(size, row.size);
      continue;
    }
    Theirs& theirs = theirs_[row.node];
    v1::Head head;
    v1::Countersignature signature;
    const bool sound =
        head.ParseFromString(row.head) && signature.ParseFromString(row.countersignature);
    if (!sound) {
      return MakeError(Code::STORE_CORRUPT, absl::StrCat("the audit head kept of ", row.node,
                                                         " does not parse; restore a backup"));
    }
    ASSIGN_OR_RETURN(audit::WitnessedHead facts, FactsOf(head));
    if (facts.size < theirs.last.size) continue;
    theirs = {std::move(facts), std::move(head), std::move(signature)};
  }
  return absl::OkStatus();
}

void Witnesses::Forget() {
  theirs_.clear();
  signed_sizes_.clear();
}

StatusOr<v1::Countersignature> Witnesses::Countersign(const trust::MemberFacts& peer,
                                                      const v1::AuditHead& shown,
                                                      TickWriter* writer) {
  const std::string& id = peer.member.id();
  Theirs& theirs = theirs_[id];
  ASSIGN_OR_RETURN(const ledger::CheckpointBody signed_body,
                   ledger::DecodeBody(shown.head().checkpoint().body()));
  ASSIGN_OR_RETURN(const ledger::Verifier* verifier, KeyOf(peer, signed_body.key_id));
  if (shown.from_size() < theirs.last.size) return theirs.signature;  // the peer is behind
  const std::vector<std::string_view> path(shown.path().begin(), shown.path().end());
  ASSIGN_OR_RETURN(const audit::WitnessedHead accepted,
                   audit::AcceptHead(theirs.last, id, shown.head().checkpoint(),
                                     shown.head().proof(), path, *verifier));
  audit::CountersignatureBody body;
  body.witness = context_.origin;
  body.node = id;
  body.head = accepted;
  body.from_size = theirs.last.size;
  body.time_us = context_.clock->NowUs();
  v1::Countersignature out;
  ASSIGN_OR_RETURN(*out.mutable_body(),
                   audit::SignCountersignature(&body, context_.signer, out.mutable_signature()));
  writer->tick().received.witnesses.push_back({id, context_.origin, accepted.size,
                                               ledger::CanonicalBytes(shown.head()),
                                               ledger::CanonicalBytes(out)});
  writer->Audit(EventOf(v1::AUDIT_HEAD_COUNTERSIGNED, id, accepted.size, out.body()));
  ++own_events_;
  theirs = {accepted, shown.head(), out};
  return out;
}

std::optional<v1::Head> Witnesses::HeldOf(const std::string& peer) const {
  const auto it = theirs_.find(peer);
  if (it == theirs_.end() || it->second.last.size == 0) return std::nullopt;
  return it->second.head;
}

StatusOr<store::StreamState> Witnesses::Log() {
  ASSIGN_OR_RETURN(std::vector<store::StreamState> found,
                   context_.store->FindStreams({kAuditStream}));
  if (!found.empty()) return std::move(found.front());
  return MakeError(Code::STORE_CORRUPT, "this node has no audit log; run `tombolo init`");
}

StatusOr<Digest> Witnesses::Leaf(uint64_t index) {
  const uint64_t seq = index + 1;
  const auto& entries = page_.entries;
  if (entries.empty() || seq < entries.front().seq || seq > entries.back().seq) {
    const uint64_t first = index / limits::kTreeSpan * limits::kTreeSpan + 1;
    ASSIGN_OR_RETURN(page_, context_.store->ReadEntries(kAuditStream, first, limits::kTreeSpan));
    if (entries.empty() || seq > entries.back().seq) {
      return MakeError(Code::STORE_CORRUPT,
                       absl::StrCat("the audit log has no event ", seq, "; restore a backup"));
    }
  }
  ledger::EntryHasher hasher(context_.suite);
  return hasher.Leaf(entries[seq - entries.front().seq].header);
}

StatusOr<v1::Head> Witnesses::Head() {
  ASSIGN_OR_RETURN(const store::StreamState log, Log());
  ASSIGN_OR_RETURN(const store::CheckpointRow row, context_.store->FindCheckpoint(log.tick));
  v1::Head head;
  head.mutable_checkpoint()->set_body(row.body);
  head.mutable_checkpoint()->set_signature(row.signature);
  if (!head.mutable_proof()->ParseFromString(log.head_proof)) {
    return MakeError(Code::STORE_CORRUPT, "the audit log's head does not parse; restore a backup");
  }
  return head;
}

StatusOr<ledger::TreeSpans> Witnesses::Tree() {
  ASSIGN_OR_RETURN(const store::StreamState log, Log());
  ASSIGN_OR_RETURN(const std::string spans, context_.store->ReadSpans(kAuditStream));
  ASSIGN_OR_RETURN(const ledger::CompactRange range,
                   ledger::CompactRange::Parse(ledger::HashOf(context_.suite), log.compact_range));
  page_ = {};
  return ledger::TreeSpans::Make(range, spans);
}

StatusOr<v1::AuditHead> Witnesses::HeadFrom(uint64_t from_size) {
  v1::AuditHead out;
  ASSIGN_OR_RETURN(*out.mutable_head(), Head());
  out.set_from_size(from_size);
  if (from_size == 0 || from_size == out.head().proof().head().size()) return out;
  ASSIGN_OR_RETURN(const ledger::TreeSpans tree, Tree());
  ASSIGN_OR_RETURN(const ledger::Path path,
                   tree.ConsistencyFrom(from_size, [this](uint64_t index) { return Leaf(index); }));
  for (const Digest& hash : path) out.add_path(hash.str());
  return out;
}

StatusOr<uint64_t> Witnesses::Keep(const trust::MemberFacts& peer,
                                   const v1::Countersignature& countersignature,
                                   TickWriter* writer) {
  const std::string& id = peer.member.id();
  ASSIGN_OR_RETURN(const audit::CountersignatureBody body,
                   audit::DecodeCountersignature(countersignature.body()));
  if (body.node != context_.origin || body.witness != id) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "a countersignature of another node, or of another node's log");
  }
  ASSIGN_OR_RETURN(const ledger::Verifier* verifier, KeyOf(peer, body.key_id));
  RETURN_IF_ERROR(audit::VerifyCountersignature(countersignature.body(),
                                                countersignature.signature(), *verifier)
                      .status());
  ASSIGN_OR_RETURN(const ledger::TreeSpans tree, Tree());
  bool ours = body.head.size <= tree.size();
  if (ours) {
    ASSIGN_OR_RETURN(const Digest root,
                     tree.RootAt(body.head.size, [this](uint64_t index) { return Leaf(index); }));
    ours = root.view() == body.head.root;
  }
  if (!ours) {
    return MakeError(Code::RECOVERY_NEEDED,
                     absl::StrCat(id, " has signed a head of ", body.head.size,
                                  " audit events that this log does not have; this node was "
                                  "restored from a backup, or its log was changed"));
  }
  uint64_t& largest = signed_sizes_[id];
  if (body.head.size > largest) {
    largest = body.head.size;
    writer->tick().received.witnesses.push_back(
        {context_.origin, id, largest, "", ledger::CanonicalBytes(countersignature)});
    writer->Audit(EventOf(v1::COUNTERSIGNATURE_RECEIVED, id, largest, countersignature.body()));
    ++own_events_;
  }
  return body.head.size;
}

}  // namespace tombolo::node
