// One session with one peer, from HELLO to the last frame: order, versions, heartbeat, credit,
// rate, and handing frames to the two halves. Either side may be publisher, subscriber or both; who
// dialled makes no difference.
//
// States: kHello -> kOpen -> (kClosing ->) kEnded. Any error of the peer's ends the session with
// one REFUSAL and touches no other. Traps: per-read timeouts are no deadlines, so every deadline
// here is a moment that traffic of another kind does not push back (session_test "drip"); an
// authority change acts on open sessions (session_test "suspended while open"); frames that may not
// come now are FRAME_ORDER. Ownership: borrows the node's holdings, carried streams and cursor key,
// shared by its sessions; owns its halves. Thread-safety: one thread per session. Errors: none out
// of the calls; trouble is an End effect, and nothing comes after it.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_SESSION_H_
#define TOMBOLO_GATEWAY_EXCHANGE_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/exchange/effect.h"
#include "gateway/exchange/frame.h"
#include "gateway/exchange/holdings.h"
#include "gateway/exchange/publisher.h"
#include "gateway/exchange/subscriber.h"
#include "gateway/trust/peer.h"

namespace tombolo::exchange {

struct SessionSettings {
  std::string self;  // SPIFFE ID of this node
  std::string program;
  uint64_t credit_bytes = 0;  // that the peer may send
  uint32_t ping_interval_ms = 0;
  uint32_t receipt_interval_ms = 0;
  bool subscribe = false;
  SubscribeWish wish;
  StoredCursors cursors;  // that this node got from the peer before
};

// What HELLO and PING say of this node.
struct SelfState {
  uint64_t root_version = 0, registry_version = 0, timestamp_version = 0, policy_version = 0;
  uint64_t epoch = 0, tick = 0;
};

class Session {
 public:
  enum class State { kHello, kOpen, kClosing, kEnded };

  Session(SessionSettings settings, trust::PeerIdentity peer, Holdings* holdings,
          const Carried* carried, ledger::CursorCodec* cursors,
          std::shared_ptr<const Authority> authority);

  // `now_us` is monotonic, `civil_us` the civil clock. Each call appends to `*out`.
  void Start(const SelfState& self, int64_t now_us, int64_t civil_us, Effects* out);
  void OnFrame(const Frame& frame, int64_t now_us, int64_t civil_us, Effects* out);
  void OnTimer(const SelfState& self, int64_t now_us, int64_t civil_us, Effects* out);
  int64_t NextTimerUs() const;  // monotonic

  // So many bytes of data wait in the connection's queue.
  void OnWritten(uint64_t queued_bytes, int64_t now_us, Effects* out);
  // A page that WantPage asked for; null = there is none.
  void OnPage(const WantPage& want, std::shared_ptr<const boundary::ShapedPage> page,
              int64_t now_us, int64_t civil_us, Effects* out);
  // The desk dropped this effect, because registry or policies changed since it was made.
  void Unsent(const SendData& data, int64_t now_us, Effects* out);
  // FeedChange effects up to this number are in the audit log.
  void OnFeedDurable(uint64_t number, int64_t now_us, Effects* out);
  // Heads of own or relayed streams moved, or streams came; `carried` shows them already.
  void OnStreamsMoved(const std::vector<MovedStream>& moved, int64_t now_us, Effects* out);
  // Data frames of so many bytes are stored: gives credit back and makes a receipt due.
  void OnStored(uint64_t wire_bytes, int64_t now_us, Effects* out);
  // Asks for layers of entries that came without them and without a reason; once a session.
  void AskFill(std::string_view stream_id, v1::SharingClass layer, std::vector<uint64_t> seqs,
               Effects* out);
  // Layers of the stream were dropped: its stored cursors may name positions that no longer hold.
  void ForgetCursors(const std::string& stream_id) { settings_.cursors.erase(stream_id); }
  // Registry, policies, revocation or the moment changed. `peer_now`: the peer identified anew.
  // Decides every stream anew.
  void OnAuthority(std::shared_ptr<const Authority> authority, const Status& peer_now,
                   int64_t now_us, int64_t civil_us, Effects* out);
  // The surroundings found a fault: as if a frame had been at fault.
  void Refuse(const Status& why, int64_t now_us, Effects* out);
  // The connection is gone.
  void Lost(const Status& why, Effects* out);
  // Ends in order: what is stored is signed for, then BYE; `reason` is SHUTDOWN, REPLACED or IDLE.
  void Stop(std::string_view reason, Effects* out);

  State state() const { return state_; }
  bool greeted() const { return state_ == State::kOpen || state_ == State::kClosing; }
  const trust::PeerIdentity& peer() const { return peer_; }
  const Publisher& publisher() const { return publisher_; }
  const Subscriber& subscriber() const { return subscriber_; }

 private:
  void SetNow(int64_t now_us, int64_t civil_us);
  // With the offset of the last civil time.
  void SetNow(int64_t now_us) { SetNow(now_us, now_us + civil_offset_us_); }
  void Fail(const Status& why, Effects* out);
  void Finish(Status why, v1::Refusal refusal, bool retry, Effects* out);

  Status Take(const Frame& frame, Effects* out);
  Status CheckMoment(v1::FrameType type) const;
  Status CheckRate(v1::FrameType type);
  Status Dispatch(const Frame& frame, Effects* out);
  Status OnControl(const Frame& frame, Effects* out);
  Status OnFeedControl(const Frame& frame, Effects* out);
  Status OnStatement(const Frame& frame, Effects* out);
  Status OnData(const Frame& frame, Effects* out);
  Status OnHello(std::string_view payload, Effects* out);
  Status OnPing(std::string_view payload);
  Status OnAlarm(std::string_view payload, Effects* out);
  Status OnRefusal(std::string_view payload, Effects* out);
  Status OnBye(std::string_view payload, Effects* out);

  bool HasWhatTheyNamed() const;
  void TrySubscribe(Effects* out);
  void GiveBack(uint64_t wire_bytes, Effects* out);
  Status CheckDeadlines() const;
  void SendPing(const SelfState& self, Effects* out);

  SessionSettings settings_;
  trust::PeerIdentity peer_;
  std::shared_ptr<const Authority> authority_;
  State state_ = State::kHello;
  Publisher publisher_;
  Subscriber subscriber_;
  v1::Hello theirs_;
  uint64_t their_policy_ = 0;  // the highest version that HELLO or PING named
  uint64_t credit_left_ = 0;   // of what the peer was given
  uint64_t to_give_back_ = 0;
  bool stored_since_receipt_ = false;

  // Moments, monotonic; INT64_MAX = none.
  int64_t now_us_ = 0, civil_offset_us_ = 0;
  int64_t heard_us_ = 0;  // the last frame
  int64_t next_ping_us_ = INT64_MAX;
  int64_t hello_due_us_ = INT64_MAX, documents_due_us_ = INT64_MAX, bye_due_us_ = INT64_MAX;
  int64_t receipt_due_us_ = INT64_MAX, fills_due_us_ = INT64_MAX;
  int64_t subscribed_us_ = 0;  // when the last SUBSCRIBE came

  // Frames that came in the second that began at second_us_.
  int64_t second_us_ = 0;
  size_t control_frames_ = 0, stream_frames_ = 0;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_SESSION_H_
