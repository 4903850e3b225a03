// One session with one peer, from HELLO to the last frame: order, versions, heartbeat, credit,
// rate, and handing frames to the two halves. Either side may be publisher, subscriber or both; who
// dialled makes no difference.
//
// States: kHello -> kOpen -> kEnded. Any error of the peer's ends the session with one REFUSAL and
// touches no other. Traps: per-read timeouts are no deadlines, so every deadline here is a moment
// that traffic of another kind does not push back (session_test "drip"); an authority change acts
// on open sessions (session_test "suspended while open"); frames that may not come now are
// FRAME_ORDER. Ownership: borrows peers' facts through Authority snapshots; owns its halves.
// Thread-safety: one thread per session. Errors: none out of the calls; trouble is an End effect.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_SESSION_H_
#define TOMBOLO_GATEWAY_EXCHANGE_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
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
};

// What HELLO and PING say of this node.
struct SelfState {
  uint64_t root_version = 0, registry_version = 0, timestamp_version = 0, policy_version = 0;
  uint64_t epoch = 0, tick = 0;
};

class Session {
 public:
  enum class State { kHello, kOpen, kEnded };

  Session(SessionSettings settings, trust::PeerIdentity peer, Holdings* holdings,
          std::shared_ptr<const Authority> authority);

  // `now_us` is monotonic, `civil_us` the civil clock. Each call appends to `*out`.
  void Start(const SelfState& self, int64_t now_us, int64_t civil_us, Effects* out);
  void OnFrame(const Frame& frame, int64_t now_us, int64_t civil_us, Effects* out);
  void OnTimer(const SelfState& self, int64_t now_us, int64_t civil_us, Effects* out);
  int64_t NextTimerUs() const;  // monotonic

  // The connection wrote out up to this many data bytes; more may be queued.
  void OnWritten(uint64_t queued_bytes, int64_t now_us, Effects* out);
  // A page that WantPage asked for; null = there is none (the head was reached).
  void OnPage(const WantPage& want, std::shared_ptr<const boundary::ShapedPage> page,
              int64_t now_us, int64_t civil_us, Effects* out);
  // The FeedChange asked for is in the audit log.
  void OnFeedDurable(int64_t now_us, Effects* out);
  // Heads of own or relayed streams moved (local numbers, heads as frames' payloads, shared).
  void OnStreamsMoved(const std::vector<MovedStream>& moved, int64_t now_us, Effects* out);
  // Pages up to here are stored: gives credit back and may make a receipt due.
  void OnStored(uint64_t wire_bytes, int64_t now_us, Effects* out);
  // Registry, policies or revocation changed. Identifies the peer anew, decides every stream anew.
  void OnAuthority(std::shared_ptr<const Authority> authority, const Status& peer_now,
                   int64_t now_us, int64_t civil_us, Effects* out);
  // Ends in order: what is queued goes out, then BYE.
  void Stop(std::string_view reason, Effects* out);

  State state() const { return state_; }
  const trust::PeerIdentity& peer() const { return peer_; }
  const Publisher& publisher() const { return publisher_; }
  const Subscriber& subscriber() const { return subscriber_; }

 private:
  void Fail(const Status& why, Effects* out);
  Status Dispatch(const Frame& frame, int64_t now_us, int64_t civil_us, Effects* out);
  Status OnHello(std::string_view payload, int64_t now_us, Effects* out);

  SessionSettings settings_;
  trust::PeerIdentity peer_;
  std::shared_ptr<const Authority> authority_;
  State state_ = State::kHello;
  Publisher publisher_;
  Subscriber subscriber_;
  v1::Hello theirs_;
  uint64_t credit_given_ = 0;  // that the peer has left
  int64_t silent_since_us_ = 0, next_ping_us_ = 0, hello_due_us_ = 0;
  uint32_t control_frames_ = 0;  // in the second that began at
  int64_t control_second_us_ = 0;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_SESSION_H_
