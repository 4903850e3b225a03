// The exchange of one node: all its sessions, fed with events, their effects carried out. Pure:
// bytes, time and pages come in, bytes and wishes go out, so that many nodes run in one test from
// one seed.
//
// Order of one turn (Turn): take all events that wait; run sessions; stage what they verified;
// commit one tick for all of them; then give credit, sign receipts that are due, and send. A
// session's trouble ends that session. A commit that fails with DISK_FULL or IO_ERROR ends all
// feeds that receive and goes on serving. Ownership: owns sessions, keeper, receiver and tick
// writer; borrows the context and the store. Thread-safety: one thread (the desk). Errors: of Open;
// later ones are in Status().
#ifndef TOMBOLO_GATEWAY_NODE_EXCHANGE_DESK_H_
#define TOMBOLO_GATEWAY_NODE_EXCHANGE_DESK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/exchange/session.h"
#include "gateway/node/authority.h"
#include "gateway/node/exchange_events.h"
#include "gateway/node/peer_dialler.h"
#include "gateway/node/receipts.h"
#include "gateway/node/receive.h"
#include "gateway/node/share.h"
#include "gateway/node/witnesses.h"

namespace tombolo::node {

struct SessionLine;

class ExchangeDesk {
 public:
  // `context`: with signer, identity, cursor_key. `first_root`: needed where the store has none.
  static StatusOr<std::unique_ptr<ExchangeDesk>> Open(const Context& context,
                                                      const v1::ServeConfig& config,
                                                      const boundary::CodeLists& codes,
                                                      const v1::SignedDocument* first_root);
  ~ExchangeDesk();

  // All events that wait, then timers, then one commit. Wishes in the order to be carried out. An
  // error: the store cannot be relied on, end the program.
  Status Turn(std::vector<Event> events, std::vector<Wish>* wishes);
  int64_t NextTurnUs() const;  // monotonic; without events
  Status Ready() const;        // registry and timestamp hold now; else what is missing
  bool stopped() const { return stop_written_ && !urgent_; }
  std::vector<PeerStatus> Peers() const;  // from memory: cheap enough to ask often
  std::shared_ptr<const exchange::Authority> authority() const { return authority_; }
  // The newest signed head of the audit log.
  StatusOr<v1::Head> AuditHead() { return witnesses_.Head(); }
  const DeskCounts& counts() const { return counts_; }

 private:
  ExchangeDesk(const Context& context, const v1::ServeConfig& config);
  Status Start(const boundary::CodeLists& codes, const v1::SignedDocument* first_root);

  // Events.
  Status On(Opened& event);
  Status On(Arrived& event);
  Status On(Drained& event);
  Status On(Closed& event);
  Status On(PageReady& event);
  Status On(StoreMoved& event);
  Status On(Documents& event);
  Status On(StopAll& event);
  Status Timers();
  void ShowAuditHeads();

  // Effects, of one line each.
  void Queue(SessionLine* line, exchange::Effects effects);
  Status Drain();
  Status Carry(SessionLine* line, exchange::SendControl& effect);
  Status Carry(SessionLine* line, exchange::SendData& effect);
  Status Carry(SessionLine* line, exchange::Greeted& effect);
  Status Carry(SessionLine* line, exchange::Subscribed& effect);
  Status Carry(SessionLine* line, exchange::WantPage& effect);
  Status Carry(SessionLine* line, exchange::StorePage& effect);
  Status Carry(SessionLine* line, exchange::StoreLayers& effect);
  Status Carry(SessionLine* line, exchange::StoreOffer& effect);
  Status Carry(SessionLine* line, exchange::ActivateDocument& effect);
  Status Carry(SessionLine* line, exchange::FeedChange& effect);
  Status Carry(SessionLine* line, exchange::Disclosed& effect);
  Status Carry(SessionLine* line, exchange::AcceptReceipt& effect);
  Status Carry(SessionLine* line, exchange::MakeReceipt& effect);
  Status Carry(SessionLine* line, exchange::CheckAuditHead& effect);
  Status Carry(SessionLine* line, exchange::KeepCountersignature& effect);
  Status Carry(SessionLine* line, exchange::RaiseAlarm& effect);
  Status Carry(SessionLine* line, exchange::End& effect);

  // Documents.
  Status Activate(const v1::SignedDocument& document, const std::string& from);
  Status Recheck();
  Status Withdrawn(const std::vector<store::LayerDrop>& drops);
  void AuthorityChanged();
  void SendOriginDocuments(SessionLine* line, const std::set<std::string>& origins);
  void SendDocuments(SessionLine* line, const std::vector<v1::SignedDocument>& documents);

  // The commit.
  void CountSent();
  bool IsCommitDue() const;
  Status Commit();
  Status CommitFailed(const Status& why);
  void AfterCommit();
  void AskForGaps(SessionLine* line, const std::vector<std::string>& reached);
  Status ReloadCarried(bool all);
  void ForgetGone(std::vector<exchange::MovedStream>* moved);

  void Audit(const SessionLine& line, v1::AuditEvent event);
  void AuditAll(std::vector<v1::AuditEvent> events);
  void Refuse(SessionLine* line, const Status& why);
  void CountRefusal(const std::string& peer, const Status& why);
  void FlushRefusals();
  void Tell(std::string_view what, std::string_view peer, const Status& why);
  SessionLine* Find(ConnectionId id);
  SessionLine* FindPeer(std::string_view peer, const SessionLine* other_than);
  exchange::SelfState Self() const;

  const Context& context_;
  v1::ServeConfig config_;
  ledger::CursorCodec cursors_;
  exchange::Holdings holdings_;
  exchange::Carried carried_;
  absl::flat_hash_map<std::string, uint32_t> carried_numbers_;  // by stream id
  std::shared_ptr<const exchange::Authority> authority_;
  std::unique_ptr<AuthorityKeeper> keeper_;
  std::unique_ptr<TickWriter> writer_;
  std::unique_ptr<Receiver> receiver_;
  PeerDialler dialler_;
  Receipts receipts_;
  Witnesses witnesses_;
  std::map<ConnectionId, std::unique_ptr<SessionLine>> lines_;
  std::deque<std::pair<ConnectionId, exchange::Effects>> effects_;
  std::map<std::pair<std::string, std::string>, uint64_t> refused_;  // (peer, code): how often
  std::map<std::string, int64_t> acknowledged_us_;                   // of each peer's last receipt
  std::map<std::string, store::PeerRow> peers_, last_peers_;         // now, and as stored last
  std::vector<Wish>* wishes_ = nullptr;                              // of the turn
  DeskCounts counts_;
  int64_t now_us_ = 0, civil_us_ = 0;  // of the turn
  int64_t audit_due_us_ = INT64_MAX;   // monotonic: events that wait for a commit
  int64_t recheck_civil_us_ = 0;       // when a decision or the federation changes by itself
  int64_t next_look_us_ = 0;           // at the commit counter
  int64_t heads_due_us_ = 0;           // audit heads are shown
  uint64_t commit_count_ = 0;          // of the store, as taken into carried_
  bool urgent_ = false;                // something waits for a commit
  bool stopping_ = false;
  bool stop_written_ = false;  // NODE_STOPPED
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_EXCHANGE_DESK_H_
