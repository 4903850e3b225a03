// Opening the desk, its turns, events and timers; what sessions ask for is in desk_effects.cc, the
// commit and what follows it in desk_commit.cc.
#include "gateway/node/exchange_desk.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/exchange/message.h"
#include "gateway/exchange/receipt.h"
#include "gateway/ledger/canonical.h"
#include "gateway/node/open_feeds.h"
#include "gateway/node/session_line.h"
#include "gateway/trust/peer.h"

namespace tombolo::node {
namespace {

constexpr int64_t kMillisecondUs = 1000;
constexpr int64_t kAuditWaitUs = 1000 * kMillisecondUs;  // of events that nothing waits for
constexpr size_t kRefusedKindsMax = 1000;                // then they are written at once

// node.yaml's values or their defaults.
v1::ServeConfig WithDefaults(v1::ServeConfig config) {
  constexpr uint32_t kPingMs = 5000, kReceiptMs = 1000, kHeadEvents = 1000, kHeadMs = 5000;
  if (config.ping_interval_ms() == 0) config.set_ping_interval_ms(kPingMs);
  if (config.receipt_interval_ms() == 0) config.set_receipt_interval_ms(kReceiptMs);
  if (config.audit_head_events() == 0) config.set_audit_head_events(kHeadEvents);
  if (config.audit_head_interval_ms() == 0) config.set_audit_head_interval_ms(kHeadMs);
  if (config.credit_bytes() == 0) config.set_credit_bytes(limits::kCreditBytesMin);
  return config;
}

std::vector<std::string> PurposesOf(const v1::ServeConfig& config) {
  std::set<std::string> purposes;
  for (const v1::PeerConfig& peer : config.peers()) purposes.insert(peer.purpose());
  return {purposes.begin(), purposes.end()};
}

// Origins that this node asks `peer` for: those named, or all but what other peers bring directly.
std::vector<std::string> OriginsOf(const v1::PeerConfig& peer) {
  return {peer.origins().begin(), peer.origins().end()};
}

}  // namespace

ExchangeDesk::ExchangeDesk(const Context& context, const v1::ServeConfig& config)
    : context_(context),
      config_(WithDefaults(config)),
      cursors_(context.cursor_key),
      dialler_(config_, context.entropy),
      receipts_(context),
      witnesses_(context) {}

ExchangeDesk::~ExchangeDesk() = default;

StatusOr<std::unique_ptr<ExchangeDesk>> ExchangeDesk::Open(const Context& context,
                                                           const v1::ServeConfig& config,
                                                           const boundary::CodeLists& codes,
                                                           const v1::SignedDocument* first_root) {
  std::unique_ptr<ExchangeDesk> desk(new ExchangeDesk(context, config));
  RETURN_IF_ERROR(desk->Start(codes, first_root));
  return desk;
}

Status ExchangeDesk::Start(const boundary::CodeLists& codes, const v1::SignedDocument* first_root) {
  now_us_ = context_.clock->MonotonicUs();
  civil_us_ = context_.clock->NowUs();
  ASSIGN_OR_RETURN(keeper_,
                   AuthorityKeeper::Open(context_, codes, PurposesOf(config_), first_root));
  authority_ = keeper_->current();
  ASSIGN_OR_RETURN(writer_, TickWriter::Open(context_));
  receiver_ = std::make_unique<Receiver>(context_, &holdings_);
  RETURN_IF_ERROR(receiver_->Load());
  RETURN_IF_ERROR(witnesses_.Load());
  ASSIGN_OR_RETURN(const std::vector<store::PeerRow> rows, context_.store->Peers());
  for (const store::PeerRow& row : rows) {
    peers_[row.peer] = row;
    ASSIGN_OR_RETURN(const std::optional<store::ReceiptRow> last,
                     context_.store->LastReceipt(row.peer, false));
    if (!last.has_value()) continue;
    ASSIGN_OR_RETURN(const v1::Receipt receipt, exchange::MessageOf<v1::Receipt>(last->receipt));
    ASSIGN_OR_RETURN(const exchange::ReceiptBody body, exchange::DecodeReceiptBody(receipt.body()));
    acknowledged_us_[row.peer] = body.time_us;
  }
  ASSIGN_OR_RETURN(std::vector<v1::AuditEvent> left, FeedsLeftOpen(context_.store));
  AuditAll(std::move(left));
  v1::AuditEvent serving;
  serving.set_type(v1::NODE_SERVING);
  AuditAll({serving});
  RETURN_IF_ERROR(keeper_->Withdraw(writer_.get(), civil_us_).status());
  std::vector<Wish> none;
  wishes_ = &none;
  RETURN_IF_ERROR(writer_->Commit());
  keeper_->Adopt();
  RETURN_IF_ERROR(receiver_->Load());
  return ReloadCarried(true);
}

exchange::SelfState ExchangeDesk::Self() const {
  exchange::SelfState self;
  const trust::Federation& federation = *authority_->federation;
  self.root_version = federation.root().version();
  self.registry_version = federation.registry().version();
  self.timestamp_version = federation.timestamp().version();
  const auto own = authority_->policies.find(context_.origin);
  if (own != authority_->policies.end()) self.policy_version = own->second->version();
  self.epoch = writer_->epoch();
  self.tick = writer_->last_tick();
  return self;
}

Status ExchangeDesk::Ready() const {
  RETURN_IF_ERROR(authority_->federation->CheckFresh(civil_us_));
  if (authority_->federation->Find(context_.origin) != nullptr) return absl::OkStatus();
  return MakeError(Code::PEER_UNKNOWN,
                   absl::StrCat("the registry does not have this node, ", context_.origin,
                                "; have it added with `tombolo federation add`"));
}

SessionLine* ExchangeDesk::Find(ConnectionId id) {
  const auto it = lines_.find(id);
  return it == lines_.end() ? nullptr : it->second.get();
}

SessionLine* ExchangeDesk::FindPeer(std::string_view peer, const SessionLine* other_than) {
  for (const auto& [id, line] : lines_) {
    const bool fits = line->greeted && !line->ended && line->peer.id == peer;
    if (fits && line.get() != other_than) return line.get();
  }
  return nullptr;
}

// --- events

Status ExchangeDesk::On(Opened& event) {
  if (stopping_) {
    wishes_->emplace_back(std::in_place_type<Hang>, event.connection, false);
    return absl::OkStatus();
  }
  exchange::SessionSettings settings;
  settings.self = context_.origin;
  settings.program = context_.program.substr(0, 64);
  settings.credit_bytes = config_.credit_bytes();
  settings.ping_interval_ms = config_.ping_interval_ms();
  settings.receipt_interval_ms = config_.receipt_interval_ms();
  for (const v1::PeerConfig& peer : config_.peers()) {
    if (peer.id() != event.peer.id) continue;
    settings.subscribe = peer.subscribe();
    settings.wish = {peer.purpose(), {peer.items().begin(), peer.items().end()}, OriginsOf(peer)};
  }
  auto line = std::make_unique<SessionLine>(event.connection, event.peer, event.dialled,
                                            context_.entropy->Bytes(kCorrelationBytes));
  ASSIGN_OR_RETURN(const std::vector<store::CursorIn> cursors,
                   context_.store->Cursors(event.peer.id));
  for (const store::CursorIn& cursor : cursors) {
    const std::string known(receiver_->StreamId(cursor.stream));
    if (known.empty()) continue;
    settings.cursors[known].push_back(cursor.token);
    receipts_.Touch(event.peer.id, known);
  }
  line->session = std::make_unique<exchange::Session>(std::move(settings), event.peer, &holdings_,
                                                      &carried_, &cursors_, authority_);
  SessionLine* added = line.get();
  lines_[event.connection] = std::move(line);
  exchange::Effects effects;
  added->session->Start(Self(), now_us_, civil_us_, &effects);
  Queue(added, std::move(effects));
  return absl::OkStatus();
}

Status ExchangeDesk::On(Arrived& event) {
  SessionLine* line = Find(event.connection);
  if (line == nullptr || line->ended) return absl::OkStatus();
  counts_.bytes_in += event.bytes.size();
  peers_[line->peer.id].bytes_in += event.bytes.size();
  peers_[line->peer.id].last_seen_us = civil_us_;
  line->reader.Feed(event.bytes);
  while (!line->ended) {
    StatusOr<std::optional<exchange::Frame>> frame = line->reader.Next();
    if (!frame.ok()) {
      Refuse(line, frame.status());
      break;
    }
    if (!frame->has_value()) break;
    ++counts_.frames[{(*frame)->type, true}];
    exchange::Effects effects;
    line->session->OnFrame(**frame, now_us_, civil_us_, &effects);
    Queue(line, std::move(effects));
    RETURN_IF_ERROR(Drain());  // what a frame asks for is done before the next one is read
  }
  return absl::OkStatus();
}

Status ExchangeDesk::On(Drained& event) {
  SessionLine* line = Find(event.connection);
  if (line == nullptr || line->ended) return absl::OkStatus();
  exchange::Effects effects;
  line->session->OnWritten(event.queued_bytes, now_us_, &effects);
  Queue(line, std::move(effects));
  return absl::OkStatus();
}

Status ExchangeDesk::On(Closed& event) {
  SessionLine* line = Find(event.connection);
  if (line == nullptr) {  // never became a session
    if (!event.why.ok()) CountRefusal(event.peer, event.why);
    if (FindPeer(event.peer, nullptr) == nullptr) dialler_.Lost(event.peer, true, now_us_);
    return absl::OkStatus();
  }
  if (!line->ended) {
    exchange::Effects effects;
    line->session->Lost(event.why, &effects);
    Queue(line, std::move(effects));
    RETURN_IF_ERROR(Drain());
  }
  const std::string peer = line->peer.id;
  const bool come_back = line->come_back;
  lines_.erase(event.connection);
  if (FindPeer(peer, nullptr) == nullptr) dialler_.Lost(peer, come_back, now_us_);
  return absl::OkStatus();
}

Status ExchangeDesk::On(PageReady& event) {
  SessionLine* line = Find(event.connection);
  if (line == nullptr || line->ended) return absl::OkStatus();
  if (!event.page.ok()) {
    Refuse(line, event.page.status());
    return absl::OkStatus();
  }
  exchange::Effects effects;
  line->session->OnPage(event.want, std::move(*event.page), now_us_, civil_us_, &effects);
  Queue(line, std::move(effects));
  return absl::OkStatus();
}

Status ExchangeDesk::On(StoreMoved&) {
  next_look_us_ = now_us_;
  return absl::OkStatus();
}

Status ExchangeDesk::On(Documents& event) {
  v1::AuditEvent reloaded;
  reloaded.set_type(v1::SETTINGS_RELOADED);
  AuditAll({reloaded});
  for (const v1::SignedDocument& document : event.documents) {
    const Status done = Activate(document, "");
    if (!done.ok()) Tell("document refused", "", done);
  }
  dialler_.Again(now_us_);
  return absl::OkStatus();
}

Status ExchangeDesk::On(StopAll&) {
  if (stopping_) return absl::OkStatus();
  stopping_ = true;
  for (const auto& [id, line] : lines_) {
    if (line->ended) continue;
    exchange::Effects effects;
    line->session->Stop("SHUTDOWN", &effects);
    Queue(line.get(), std::move(effects));
  }
  return Drain();
}

// --- the turn

Status ExchangeDesk::Timers() {
  const exchange::SelfState self = Self();
  for (const auto& [id, line] : lines_) {
    if (line->ended || line->session->NextTimerUs() > now_us_) continue;
    exchange::Effects effects;
    line->session->OnTimer(self, now_us_, civil_us_, &effects);
    Queue(line.get(), std::move(effects));
  }
  if (civil_us_ >= recheck_civil_us_) RETURN_IF_ERROR(Recheck());
  if (now_us_ >= heads_due_us_) ShowAuditHeads();
  if (stopping_ && lines_.empty() && !stop_written_) {  // after the last session's end
    stop_written_ = urgent_ = true;
    v1::AuditEvent stopped;
    stopped.set_type(v1::NODE_STOPPED);
    AuditAll({stopped});
  }
  if (stopping_ || !Ready().ok()) return absl::OkStatus();
  for (DialPeer& call : dialler_.Due(*authority_->federation, now_us_)) {
    wishes_->push_back(std::move(call));
  }
  return absl::OkStatus();
}

void ExchangeDesk::ShowAuditHeads() {
  heads_due_us_ = now_us_ + int64_t{config_.audit_head_interval_ms()} * kMillisecondUs;
  const uint64_t grown = writer_->SizeOf(kAuditStream) - witnesses_.own_events();
  for (const auto& [id, line] : lines_) {
    if (!line->IsOpen() || line->shown_events == grown) continue;
    StatusOr<v1::AuditHead> head = witnesses_.HeadFrom(line->witnessed_size);
    if (!head.ok()) {
      CountRefusal(line->peer.id, head.status());
      continue;
    }
    line->shown_events = grown;
    line->shown_size = head->head().proof().head().size();
    line->Write({v1::AUDIT_HEAD, 0, ledger::CanonicalBytes(*head), nullptr}, wishes_);
  }
}

Status ExchangeDesk::Turn(std::vector<Event> events, std::vector<Wish>* wishes) {
  wishes_ = wishes;
  now_us_ = context_.clock->MonotonicUs();
  civil_us_ = context_.clock->NowUs();
  for (Event& event : events) {
    RETURN_IF_ERROR(std::visit([this](auto& one) { return On(one); }, event));
    RETURN_IF_ERROR(Drain());
    if (receiver_->full()) RETURN_IF_ERROR(Commit());
  }
  RETURN_IF_ERROR(Timers());
  if (now_us_ >= next_look_us_) RETURN_IF_ERROR(ReloadCarried(false));
  RETURN_IF_ERROR(Drain());
  while (IsCommitDue()) {
    RETURN_IF_ERROR(Commit());
    RETURN_IF_ERROR(Drain());
  }
  CountSent();
  return absl::OkStatus();
}

void ExchangeDesk::CountSent() {
  for (const Wish& wish : *wishes_) {
    const Send* send = std::get_if<Send>(&wish);
    if (send == nullptr) continue;
    const uint64_t bytes = send->head.size() + (send->shared == nullptr ? 0 : send->shared->size());
    counts_.bytes_out += bytes;
    ++counts_.frames[{send->type, false}];
    if (const SessionLine* line = Find(send->connection)) peers_[line->peer.id].bytes_out += bytes;
  }
}

int64_t ExchangeDesk::NextTurnUs() const {
  int64_t next = std::min({audit_due_us_, next_look_us_, heads_due_us_});
  if (!stopping_) next = std::min(next, dialler_.NextUs());
  for (const auto& [id, line] : lines_) {
    if (!line->ended) next = std::min(next, line->session->NextTimerUs());
  }
  const int64_t recheck_in_us = std::max<int64_t>(0, recheck_civil_us_ - context_.clock->NowUs());
  const int64_t now_us = context_.clock->MonotonicUs();
  if (recheck_in_us < std::numeric_limits<int64_t>::max() - now_us) {
    next = std::min(next, now_us + recheck_in_us);
  }
  return next;
}

// --- audit

void ExchangeDesk::Audit(const SessionLine& line, v1::AuditEvent event) {
  if (event.actor().empty()) event.set_actor(line.peer.id);
  event.set_peer(line.peer.id);
  event.set_correlation_id(line.correlation);
  AuditAll({std::move(event)});
}

void ExchangeDesk::AuditAll(std::vector<v1::AuditEvent> events) {
  for (v1::AuditEvent& event : events) writer_->Audit(std::move(event));
  if (!events.empty()) audit_due_us_ = std::min(audit_due_us_, now_us_ + kAuditWaitUs);
}

void ExchangeDesk::CountRefusal(const std::string& peer, const Status& why) {
  const std::string code(NameOf(CodeOf(why)));
  ++counts_.refusals[code];
  ++refused_[{peer, code}];
  if (!peer.empty()) peers_[peer].last_error = code;
  Tell("refused", peer, why);
  audit_due_us_ = std::min(audit_due_us_, now_us_ + kAuditWaitUs);
  if (refused_.size() >= kRefusedKindsMax) FlushRefusals();
}

void ExchangeDesk::Tell(std::string_view what, std::string_view peer, const Status& why) {
  wishes_->emplace_back(std::in_place_type<Note>, std::string(what), std::string(peer), why);
}

void ExchangeDesk::FlushRefusals() {
  for (const auto& [kind, count] : refused_) {
    v1::AuditEvent event;
    event.set_type(v1::PEER_REFUSED);
    event.set_peer(kind.first);
    event.set_outcome(kind.second);
    event.set_count(count);
    writer_->Audit(std::move(event));
  }
  refused_.clear();
}

void ExchangeDesk::Refuse(SessionLine* line, const Status& why) {
  exchange::Effects effects;
  line->session->Refuse(why, now_us_, &effects);
  Queue(line, std::move(effects));
}

std::vector<PeerStatus> ExchangeDesk::Peers() const {
  std::vector<PeerStatus> out;
  for (const auto& [id, row] : peers_) {
    if (id.empty()) continue;
    PeerStatus status;
    status.id = id;
    status.state = "DOWN";
    status.last_error = row.last_error;
    status.bytes_in = row.bytes_in;
    status.bytes_out = row.bytes_out;
    status.records_in = row.records_in;
    status.records_out = row.records_out;
    status.last_seen_us = row.last_seen_us;
    for (const auto& [connection, line] : lines_) {
      if (line->ended || line->peer.id != id) continue;
      const exchange::Publisher::Lag lag = line->session->publisher().lag();
      status.state = line->greeted ? "OPEN" : "GREETING";
      status.unsent = lag.unsent;
      status.unconfirmed = lag.unconfirmed;
      for (const auto& [stream_id, holding] : holdings_.all()) {
        if (line->session->subscriber().IsOffered(stream_id)) {
          status.incomplete += holding->incomplete;
        }
      }
    }
    if (const auto at = acknowledged_us_.find(id); at != acknowledged_us_.end()) {
      status.acknowledged_us = at->second;
    }
    out.push_back(std::move(status));
  }
  return out;
}

}  // namespace tombolo::node
