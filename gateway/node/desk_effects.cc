// What sessions ask of the exchange desk, effect by effect.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "gateway/node/exchange_desk.h"
#include "gateway/node/session_line.h"
#include "gateway/trust/document.h"

namespace tombolo::node {
namespace {

bool IsContradiction(Code code) {
  return code == Code::STREAM_FORKED || code == Code::STREAM_SHRUNK || code == Code::EPOCH_LOWER;
}

// The origin whose two statements an alarm holds.
std::string OriginOf(const v1::Alarm& alarm) {
  const StatusOr<ledger::CheckpointBody> body =
      ledger::DecodeBody(alarm.second().checkpoint().body());
  return body.ok() ? body->origin : "";
}

}  // namespace

void ExchangeDesk::Queue(SessionLine* line, exchange::Effects effects) {
  if (!effects.empty()) effects_.emplace_back(line->connection, std::move(effects));
}

Status ExchangeDesk::Drain() {
  while (!effects_.empty()) {
    auto [connection, effects] = std::move(effects_.front());
    effects_.pop_front();
    for (exchange::Effect& effect : effects) {
      SessionLine* line = Find(connection);
      if (line == nullptr) break;
      const Status done = std::visit([&](auto& one) { return Carry(line, one); }, effect);
      if (CodeOf(done) == Code::STORE_CORRUPT) return done;
      if (done.ok() || line->ended) continue;
      Refuse(line, done);
      break;
    }
  }
  return absl::OkStatus();
}

// --- frames

Status ExchangeDesk::Carry(SessionLine* line, exchange::SendControl& effect) {
  line->Write({effect.type, 0, std::move(effect.payload), nullptr}, wishes_);
  return absl::OkStatus();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::SendData& effect) {
  if (effect.disclosure.authority() != authority_->generation) {
    exchange::Effects effects;
    line->session->Unsent(effect, now_us_, &effects);
    Queue(line, std::move(effects));
    return absl::OkStatus();
  }
  const std::shared_ptr<const boundary::ShapedPage> page = effect.disclosure.shared_page();
  const std::string& bytes = effect.packed ? page->packed() : page->payload();
  const uint8_t flags = effect.packed ? exchange::kFlagZstd : 0;
  counts_.records_sent += page->shown();
  peers_[line->peer.id].records_out += page->shown();
  Outgoing frame{page->type(), flags, "", std::shared_ptr<const std::string>(page, &bytes), {}};
  if (line->holds_back) frame.data = effect;
  line->Write(std::move(frame), wishes_);
  return absl::OkStatus();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::WantPage& effect) {
  wishes_->emplace_back(std::in_place_type<Fetch>, line->connection, std::move(effect));
  return absl::OkStatus();
}

// --- who is there

Status ExchangeDesk::Carry(SessionLine* line, exchange::Greeted& effect) {
  line->greeted = true;
  line->theirs = std::move(effect.hello);
  if (SessionLine* other = FindPeer(line->peer.id, line); other != nullptr) {
    // The node with the lower id has the say whose call stays; of two calls of one, the newer.
    const bool ours_stays = context_.origin < line->peer.id;
    const bool this_stays = line->dialled == other->dialled || line->dialled == ours_stays;
    SessionLine* surplus = this_stays ? other : line;
    exchange::Effects effects;
    surplus->session->Stop("REPLACED", &effects);
    Queue(surplus, std::move(effects));
    if (surplus == line) return absl::OkStatus();
  }
  dialler_.Connected(line->peer.id);
  store::PeerRow& row = peers_[line->peer.id];
  row.peer = line->peer.id;
  row.last_connected_us = row.last_seen_us = civil_us_;
  v1::AuditEvent event;
  event.set_type(v1::PEER_CONNECTED);
  Audit(*line, std::move(event));
  Tell("session open", line->peer.id, absl::OkStatus());
  const trust::MemberFacts* member = authority_->federation->Find(line->peer.id);
  if (member != nullptr) SendDocuments(line, keeper_->DocumentsFor(member->number, line->theirs));
  heads_due_us_ = now_us_;
  return absl::OkStatus();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::Subscribed& effect) {
  line->wish = std::move(effect.wish);
  line->told.clear();
  std::set<std::string> origins;
  for (const auto& [number, stream] : carried_) origins.insert(stream.parsed.origin());
  SendOriginDocuments(line, origins);
  return absl::OkStatus();
}

// The subscriber judges each offer by the origin's policy, so that goes before it.
void ExchangeDesk::SendOriginDocuments(SessionLine* line, const std::set<std::string>& origins) {
  const trust::MemberFacts* member = authority_->federation->Find(line->peer.id);
  if (member == nullptr || !line->wish.has_value()) return;
  std::vector<std::string> untold;
  for (const std::string& origin : origins) {
    if (origin == context_.origin || origin == line->peer.id) continue;
    if (line->told.insert(origin).second) untold.push_back(origin);
  }
  if (untold.empty()) return;
  SendDocuments(line, keeper_->OriginDocumentsFor(member->number, untold, *line->wish));
}

void ExchangeDesk::SendDocuments(SessionLine* line,
                                 const std::vector<v1::SignedDocument>& documents) {
  if (!line->IsOpen()) return;
  for (const v1::SignedDocument& document : documents) {
    if (!line->known_documents.insert(trust::BodyDigest(document)).second) continue;
    v1::DocumentFrame frame;
    *frame.mutable_document() = document;
    line->Write({v1::DOCUMENT, 0, ledger::CanonicalBytes(frame), nullptr}, wishes_);
  }
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::End& effect) {
  line->ended = true;
  line->come_back = effect.retry;
  if (line->greeted) {
    AuditAll(line->feeds.CloseAll(carried_));
    const std::string code(effect.why.ok() ? "OK" : NameOf(CodeOf(effect.why)));
    if (!effect.refusal.code().empty()) {
      ++counts_.refusals[code];
      v1::AuditEvent refused;
      refused.set_type(v1::DATA_REFUSED);
      refused.set_outcome(code);
      Audit(*line, std::move(refused));
    }
    v1::AuditEvent ended;
    ended.set_type(v1::PEER_DISCONNECTED);
    ended.set_outcome(code);
    Audit(*line, std::move(ended));
    Tell("session ended", line->peer.id, effect.why);
    if (!effect.why.ok()) peers_[line->peer.id].last_error = code;
  } else if (!effect.why.ok()) {
    CountRefusal(line->peer.id, effect.why);
  }
  if (line->holds_back) {
    line->hang_up = true;
  } else {
    wishes_->emplace_back(std::in_place_type<Hang>, line->connection, true);
  }
  return absl::OkStatus();
}

// --- what was received

Status ExchangeDesk::Carry(SessionLine* line, exchange::StoreOffer& effect) {
  urgent_ = true;
  return receiver_->StageOffer(line->peer.id, effect.offer);
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::StorePage& effect) {
  urgent_ = true;
  line->staged_bytes += effect.wire_bytes;
  receipts_.Touch(line->peer.id, effect.page.stream_id);
  return receiver_->StagePage(line->peer.id, std::move(effect));
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::StoreLayers& effect) {
  urgent_ = true;
  line->staged_bytes += effect.wire_bytes;
  receipts_.Touch(line->peer.id, effect.stream_id);
  return receiver_->StageLayers(line->peer.id, effect);
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::ActivateDocument& effect) {
  const Status done = Activate(effect.document, line->peer.id);
  if (done.ok()) {
    line->known_documents.insert(trust::BodyDigest(effect.document));
    return done;
  }
  Tell("document refused", line->peer.id, done);
  // Refused and audited; it ends the session only where nothing could follow without it.
  if (effect.document.kind() != v1::POLICY) return absl::OkStatus();
  const StatusOr<v1::Policy> policy = trust::DecodeBody<v1::Policy>(effect.document.body());
  return policy.ok() && policy->origin() != line->peer.id ? absl::OkStatus() : done;
}

// --- the feed's ground

Status ExchangeDesk::Carry(SessionLine* line, exchange::FeedChange& effect) {
  AuditAll(line->feeds.Change(effect, carried_));
  line->feed_waits = effect.number;
  urgent_ = true;
  return absl::OkStatus();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::Disclosed& effect) {
  AuditAll(line->feeds.Sent(effect, carried_));
  return absl::OkStatus();
}

// --- receipts and witnesses

Status ExchangeDesk::Carry(SessionLine* line, exchange::AcceptReceipt& effect) {
  audit_due_us_ = std::min(audit_due_us_, now_us_);
  const auto find = [this](const std::string& stream_id) -> const exchange::CarriedStream* {
    const auto number = carried_numbers_.find(stream_id);
    return number == carried_numbers_.end() ? nullptr : &carried_.at(number->second);
  };
  const auto open = [line](uint32_t stream) { return line->feeds.IsOpen(stream); };
  RETURN_IF_ERROR(receipts_.Accept(line->peer.id, effect.receipt, find, open, writer_.get()));
  acknowledged_us_[line->peer.id] = civil_us_;
  return absl::OkStatus();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::MakeReceipt&) {
  line->receipt_due = true;
  line->holds_back = true;
  urgent_ = true;
  return absl::OkStatus();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::CheckAuditHead& effect) {
  const trust::MemberFacts* member = authority_->federation->Find(line->peer.id);
  if (member == nullptr) return absl::OkStatus();
  const StatusOr<v1::Countersignature> signature =
      witnesses_.Countersign(*member, effect.head, writer_.get());
  if (signature.ok()) {
    line->holds_back = true;
    urgent_ = true;
    line->Write({v1::COUNTERSIGNATURE, 0, ledger::CanonicalBytes(*signature), nullptr}, wishes_);
    return absl::OkStatus();
  }
  if (!IsContradiction(CodeOf(signature.status()))) return signature.status();
  exchange::RaiseAlarm alarm;
  alarm.alarm.set_code(std::string(NameOf(CodeOf(signature.status()))));
  if (const auto held = witnesses_.HeldOf(line->peer.id)) *alarm.alarm.mutable_first() = *held;
  *alarm.alarm.mutable_second() = effect.head.head();
  line->Write({v1::ALARM, 0, ledger::CanonicalBytes(alarm.alarm), nullptr}, wishes_);
  RETURN_IF_ERROR(Carry(line, alarm));
  return signature.status();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::KeepCountersignature& effect) {
  const trust::MemberFacts* member = authority_->federation->Find(line->peer.id);
  if (member == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t size,
                   witnesses_.Keep(*member, effect.countersignature, writer_.get()));
  audit_due_us_ = std::min(audit_due_us_, now_us_);
  const bool older = size < line->shown_size && size > line->witnessed_size;
  line->witnessed_size = size;
  if (older) {  // what it signed before: now with the path from there
    line->shown_events = 0;
    heads_due_us_ = now_us_;
  }
  return absl::OkStatus();
}

Status ExchangeDesk::Carry(SessionLine* line, exchange::RaiseAlarm& effect) {
  const std::string bytes = ledger::CanonicalBytes(effect.alarm);
  const std::string origin = OriginOf(effect.alarm);
  writer_->tick().received.evidence.push_back({origin, effect.alarm.code(), civil_us_, bytes});
  v1::AuditEvent event;
  event.set_type(v1::STREAM_ALARM);
  event.set_origin(origin.empty() ? line->peer.id : origin);
  event.set_outcome(effect.alarm.code());
  event.set_digest(Hasher(HashKind::kSha256).Hash({bytes}).str());
  Audit(*line, std::move(event));
  urgent_ = true;
  return absl::OkStatus();
}

}  // namespace tombolo::node
