// The exchange desk's commits, what may be said only after one, and what a new registry or policy
// changes.
#include <algorithm>
#include <set>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "gateway/node/exchange_desk.h"
#include "gateway/node/session_line.h"
#include "gateway/trust/peer.h"

namespace tombolo::node {
namespace {

constexpr int64_t kMillisecondUs = 1000;
constexpr int64_t kSecondUs = 1000 * kMillisecondUs;

}  // namespace

bool ExchangeDesk::IsCommitDue() const { return urgent_ || now_us_ >= audit_due_us_; }

Status ExchangeDesk::Commit() {
  urgent_ = false;
  audit_due_us_ = INT64_MAX;
  FlushRefusals();
  if (!receiver_->empty()) {
    if (const Status filled = receiver_->Fill(writer_.get()); !filled.ok()) {
      return CommitFailed(filled);
    }
  }
  for (const auto& [id, line] : lines_) {
    if (!line->receipt_due) continue;
    line->receipt_due = false;
    StatusOr<std::vector<v1::Receipt>> receipts =
        receipts_.Make(line->peer.id, holdings_, *authority_, writer_.get());
    if (!receipts.ok()) return CommitFailed(receipts.status());
    std::vector<Outgoing> first;
    for (const v1::Receipt& receipt : *receipts) {
      first.push_back({v1::RECEIPT, 0, ledger::CanonicalBytes(receipt), nullptr});
    }
    line->later.insert(line->later.begin(), std::make_move_iterator(first.begin()),
                       std::make_move_iterator(first.end()));
  }
  if (writer_->empty()) {
    AfterCommit();
    return absl::OkStatus();
  }
  for (auto& [id, row] : peers_) {
    if (id.empty() || row == last_peers_[id]) continue;
    row.peer = id;
    last_peers_[id] = row;
    writer_->tick().received.peers.push_back(row);
  }
  if (const Status committed = writer_->Commit(); !committed.ok()) return CommitFailed(committed);
  ++counts_.commits;
  AfterCommit();
  return ReloadCarried(false);
}

// Nothing of the tick is stored. What was taken in is taken in again from the store, and the
// sessions that had a part in it end; they come back and go on from what is stored.
Status ExchangeDesk::CommitFailed(const Status& why) {
  // Peers had no part in it, so it is nothing that would keep them from coming back.
  const Status told = MakeError(Code::INTERNAL, "this node could not store what came; try again");
  keeper_->Discard();
  ASSIGN_OR_RETURN(writer_, TickWriter::Open(context_));
  RETURN_IF_ERROR(receiver_->Undo());
  receipts_.Forget();
  RETURN_IF_ERROR(witnesses_.Load());
  for (const auto& [id, line] : lines_) {
    line->receipt_due = false;
    line->feed_waits = 0;
    line->later.clear();
    line->holds_back = false;
    line->staged_bytes = 0;
    line->Flush(wishes_);  // hangs up where that waited
    if (!line->ended) Refuse(line.get(), told);
  }
  Tell("commit failed", "", why);
  return absl::OkStatus();
}

void ExchangeDesk::AfterCommit() {
  for (const auto& [peer, gain] : receiver_->Done()) {
    peers_[peer].records_in += gain.records;
    counts_.records_received += gain.records;
  }
  const std::vector<std::string>& reached = receiver_->reached();
  for (const auto& [id, line] : lines_) {
    line->Flush(wishes_);
    if (line->ended) continue;
    exchange::Effects effects;
    if (line->staged_bytes > 0) {
      line->session->OnStored(std::exchange(line->staged_bytes, 0), now_us_, &effects);
    }
    if (const uint64_t change = std::exchange(line->feed_waits, 0); change > 0) {
      line->session->OnFeedDurable(change, now_us_, &effects);
    }
    Queue(line.get(), std::move(effects));
    AskForGaps(line.get(), reached);
  }
  const uint64_t grown = writer_->SizeOf(kAuditStream) - witnesses_.own_events();
  const bool heads = std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) {
    return line.second->greeted && grown - line.second->shown_events >= config_.audit_head_events();
  });
  if (heads) heads_due_us_ = now_us_;
}

void ExchangeDesk::AskForGaps(SessionLine* line, const std::vector<std::string>& reached) {
  for (const std::string& stream_id : reached) {
    const exchange::Holding* holding = holdings_.Find(stream_id);
    if (holding == nullptr || holding->incomplete == 0) continue;
    if (!line->session->subscriber().IsOffered(stream_id)) continue;
    if (!line->filled.insert(stream_id).second) continue;
    const StatusOr<std::vector<store::Gap>> gaps =
        context_.store->Gaps(receiver_->NumberOf(stream_id), 0, limits::kFillSeqsMax);
    if (!gaps.ok()) continue;
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      std::vector<uint64_t> seqs;
      for (const store::Gap& gap : *gaps) {
        if ((gap.layers >> k & 1) != 0) seqs.push_back(gap.seq);
      }
      if (seqs.empty()) continue;
      exchange::Effects effects;
      line->session->AskFill(stream_id, static_cast<v1::SharingClass>(v1::PUBLIC + k),
                             std::move(seqs), &effects);
      Queue(line, std::move(effects));
    }
  }
}

// What was carried and is not in the store any more: it is offered to nobody.
void ExchangeDesk::ForgetGone(std::vector<exchange::MovedStream>* moved) {
  std::set<uint32_t> present;
  for (const exchange::MovedStream& stream : *moved) present.insert(stream.number);
  for (auto& [number, stream] : carried_) {
    if (present.contains(number)) continue;
    stream.held = stream.hop = 0;
    moved->push_back({number, stream.size, stream.root, stream.head});
  }
}

Status ExchangeDesk::ReloadCarried(bool all) {
  next_look_us_ = now_us_ + int64_t{config_.ping_interval_ms()} * kMillisecondUs;
  ASSIGN_OR_RETURN(const uint64_t count, context_.store->CommitCount());
  if (!all && count == commit_count_) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<exchange::CarriedStream> changed,
                   LoadCarried(context_.store, context_.origin, all ? 0 : commit_count_));
  commit_count_ = count;
  std::vector<exchange::MovedStream> moved;
  std::set<std::string> origins;
  for (exchange::CarriedStream& stream : changed) {
    if (stream.parsed.origin() != context_.origin) {
      stream.hop = keeper_->DecideForSelf(stream.parsed, *authority_, civil_us_).onward;
    }
    moved.push_back({stream.number, stream.size, stream.root, stream.head});
    origins.insert(stream.parsed.origin());
    const uint32_t number = stream.number;
    carried_numbers_[stream.stream_id] = number;
    carried_[number] = std::move(stream);
  }
  if (all) ForgetGone(&moved);
  if (moved.empty()) return absl::OkStatus();
  for (const auto& [id, line] : lines_) {
    if (line->ended) continue;
    SendOriginDocuments(line.get(), origins);
    exchange::Effects effects;
    line->session->OnStreamsMoved(moved, now_us_, &effects);
    Queue(line.get(), std::move(effects));
  }
  return absl::OkStatus();
}

// --- documents

Status ExchangeDesk::Activate(const v1::SignedDocument& document, const std::string& from) {
  if (!receiver_->empty()) RETURN_IF_ERROR(Commit());  // what is under way came under the old rules
  const StatusOr<AuthorityKeeper::Outcome> outcome =
      keeper_->Activate(writer_.get(), document, from);
  audit_due_us_ = std::min(audit_due_us_, now_us_ + kSecondUs);
  if (!outcome.ok()) return outcome.status();
  if (!outcome->changed) return absl::OkStatus();
  const std::vector<store::LayerDrop> drops = writer_->tick().received.drops;
  if (const Status committed = writer_->Commit(); !committed.ok()) {
    RETURN_IF_ERROR(CommitFailed(committed));
    return committed;
  }
  ++counts_.commits;
  keeper_->Adopt();
  Tell("document active", from, absl::OkStatus());
  return Withdrawn(drops);
}

// A moment has come at which a decision, or the federation, changes by itself.
Status ExchangeDesk::Recheck() {
  if (!receiver_->empty()) RETURN_IF_ERROR(Commit());
  ASSIGN_OR_RETURN(const std::vector<store::LayerDrop> drops,
                   keeper_->Withdraw(writer_.get(), civil_us_));
  if (!drops.empty()) {
    if (const Status committed = writer_->Commit(); !committed.ok()) {
      recheck_civil_us_ = civil_us_ + kSecondUs;  // and then again
      return CommitFailed(committed);
    }
    keeper_->Adopt();
    ++counts_.commits;
  }
  return Withdrawn(drops);
}

// Follows up what was dropped, and lets the present authority act on all sessions.
Status ExchangeDesk::Withdrawn(const std::vector<store::LayerDrop>& drops) {
  authority_ = keeper_->current();
  for (const store::LayerDrop& drop : drops) {
    const std::string stream_id(receiver_->StreamId(drop.stream));
    receiver_->Dropped(drop);
    for (const auto& [id, line] : lines_) {
      line->session->ForgetCursors(stream_id);
      if (line->ended || !line->session->subscriber().IsOffered(stream_id)) continue;
      receipts_.Touch(line->peer.id, stream_id);
      line->receipt_due = line->holds_back = true;
      urgent_ = true;
    }
  }
  RETURN_IF_ERROR(ReloadCarried(true));
  AuthorityChanged();
  return absl::OkStatus();
}

void ExchangeDesk::AuthorityChanged() {
  recheck_civil_us_ = keeper_->NextChangeUs(civil_us_);
  const int64_t stale_us = authority_->federation->FreshUntilUs();
  if (stale_us > civil_us_) recheck_civil_us_ = std::min(recheck_civil_us_, stale_us);
  if (recheck_civil_us_ <= civil_us_) recheck_civil_us_ = INT64_MAX;
  std::set<std::string> origins;
  for (const auto& [number, stream] : carried_) origins.insert(stream.parsed.origin());
  for (const auto& [id, line] : lines_) {
    if (line->ended) continue;
    const Status peer_now =
        trust::Identify(*authority_->federation, line->peer.chain, civil_us_).status();
    exchange::Effects effects;
    line->TakeBackData(now_us_, &effects);
    line->session->OnAuthority(authority_, peer_now, now_us_, civil_us_, &effects);
    if (line->greeted && peer_now.ok()) {
      const trust::MemberFacts* member = authority_->federation->Find(line->peer.id);
      SendDocuments(line.get(), keeper_->DocumentsFor(member->number, line->theirs));
      line->told.clear();
      SendOriginDocuments(line.get(), origins);
    }
    Queue(line.get(), std::move(effects));
  }
  dialler_.Again(now_us_);
  wishes_->emplace_back(std::in_place_type<Reidentify>);
}

}  // namespace tombolo::node
