// The publishing half of a session: which streams the subscriber sees, where it stands in each, and
// what is sent next.
//
// Backfill and live tail are one path: while a stream's position is behind its offered head, ask
// for the next page; when it is level, wait for OnMoved. Streams take turns, one page each. Nothing
// is asked for without credit, without room in the connection's queue, or before the feed's audit
// event is durable (no audit, no exchange). A layer whose position is behind the others (a new
// grant) is brought forward by LAYERS pages first and then rides in ENTRIES. What a subscriber may
// not see costs it one number here. Ownership: owned by its Session. Thread-safety: the session's.
// Errors: RECOVERY_NEEDED, FRAME_INVALID, FRAME_ORDER, STREAM_UNKNOWN, NOT_PERMITTED,
// LIMIT_EXCEEDED, RATE_LIMITED, those of receipts.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_H_
#define TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "gateway/exchange/effect.h"
#include "gateway/exchange/holdings.h"
#include "gateway/ledger/cursor.h"

namespace tombolo::exchange {

// A stream that this node can hand on, own or relayed.
struct CarriedStream {
  uint32_t number = 0;  // local
  std::string stream_id;
  std::string descriptor;  // canonical bytes
  v1::StreamDescriptor parsed;
  std::vector<std::string> path;                 // origin to this node
  boundary::LayerMask held = 0;                  // what this node has of it
  boundary::LayerMask hop = ledger::kAllLayers;  // what it may hand on; all of its own
  uint64_t size = 0;                             // proved by `head`
  std::string root;
  std::shared_ptr<const std::string> head;  // payload of its HEAD frame
};
struct MovedStream {
  uint32_t number = 0;
  uint64_t size = 0;
  std::string root;
  std::shared_ptr<const std::string> head;
};

// All of them, by number; one per node, shared by its sessions.
using Carried = std::map<uint32_t, CarriedStream>;

class Publisher {
 public:
  Publisher(std::string self, std::string peer, const Carried* carried,
            ledger::CursorCodec* cursors);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // The moment of what follows: monotonic and civil.
  void SetNow(int64_t now_us, int64_t civil_us);
  // From HELLO.
  void Greet(uint64_t credit_bytes, bool takes_zstd);

  // What the peer holds, gathered from HELD frames that come before SUBSCRIBE, and judged then.
  Status OnHeld(const v1::Held& held);
  // Decides each carried stream and asks for its FEED_OPENED; the OFFERs go out after
  // OnFeedDurable. A later one replaces the wish.
  Status OnSubscribe(const v1::Subscribe& wish, std::shared_ptr<const Authority> authority,
                     Effects* out);
  Status OnFill(const v1::Fill& fill, Effects* out);
  // Body, order (numbers rise) and signature; sizes and roots are the desk's to compare.
  Status OnReceipt(const v1::Receipt& receipt, Effects* out);
  void OnAuthority(std::shared_ptr<const Authority> authority, Effects* out);
  // FeedChange effects up to this number are in the audit log.
  void OnFeedDurable(uint64_t number, Effects* out);
  void OnMoved(const std::vector<MovedStream>& moved, Effects* out);
  void OnPage(const WantPage& want, std::shared_ptr<const boundary::ShapedPage> page, Effects* out);
  // The desk dropped it for its old authority: it has to be sent again, or never.
  void OnUnsent(const SendData& data, Effects* out);
  Status OnCredit(uint64_t bytes, Effects* out);
  void OnQueue(uint64_t queued_bytes, Effects* out);
  void OnTimer(Effects* out);
  // What went out since the last time.
  void FlushDisclosed(Effects* out);
  // No further page.
  void Stop() { stopped_ = true; }

  bool subscribed() const { return authority_ != nullptr; }
  bool offered() const { return offered_; }  // at least one OFFER was sent
  // When frames that were held back for the peer's rate may go; INT64_MAX if none are.
  int64_t ResumeUs() const;
  // When a decision changes by itself, by the civil clock.
  int64_t NextChangeUs() const { return subscribed() ? next_change_us_ : INT64_MAX; }
  // Since when data waits for credit, monotonic; 0 = it does not.
  int64_t StarvedSinceUs() const { return starved_since_us_; }

  // For `tombolo peers`: entries not yet sent, not yet receipted; when credit ran out.
  struct Lag {
    uint64_t unsent = 0, unconfirmed = 0;
    int64_t stalled_since_us = 0;
  };
  Lag lag() const;

 private:
  struct Feed;
  using Positions = std::array<uint64_t, ledger::kLayerCount>;
  // Where a stream begins: what HELD said of it.
  struct Start {
    uint64_t size = 0, epoch = 0, tick = 0;
    std::string root;
    Positions next_seq{};
  };
  struct Arrived {
    uint32_t stream = 0;
    uint64_t ticket = 0;
    std::shared_ptr<const boundary::ShapedPage> page;
  };
  // What was decided with, of a stream that gives no feed.
  struct Denied {
    boundary::LayerMask held = 0, hop = 0;
  };

  // publisher.cc: what the peer may have
  Status CheckOwn(const Start& held, const CarriedStream& stream) const;
  Positions PositionsOf(const v1::HeldStream& held) const;
  bool IsWanted(const CarriedStream& stream) const;
  bool IsEligible(const CarriedStream& stream) const;
  boundary::LayerMask HopOf(const CarriedStream& stream) const;
  boundary::Decision Judge(const CarriedStream& stream, bool* purpose_known) const;
  void DecideAll(Effects* out);
  void Decide(const CarriedStream& stream, FeedChange* change);
  void Deny(const CarriedStream& stream, Code why, FeedChange* change);
  void Open(const CarriedStream& stream, boundary::Decision decision, FeedChange* change);
  void Rescope(Feed* feed, boundary::LayerMask layers, FeedChange* change);
  void AddLine(Feed* feed, FeedChange* change);
  void Announce(FeedChange change, Effects* out);

  // publisher_pages.cc: what is sent
  bool Allow();
  void SendOffers(Effects* out);
  void SendOffer(const Feed& feed, const CarriedStream& stream, Effects* out);
  bool SendHead(Feed* feed, Effects* out);
  void MakeReady(Feed* feed);
  void DropPage(Feed* feed);
  bool NextWant(Feed* feed, WantPage* want);
  void DropWaiting(Feed* feed);
  bool NextFill(Feed* feed, WantPage* want);
  void Pump(Effects* out);
  void SendArrived(Effects* out);
  enum class Sent { kYes, kWait, kNever };
  Sent SendPage(Feed* feed, const Arrived& arrived, Effects* out);
  void Advance(Feed* feed, const boundary::ShapedPage& page);
  void NoteSent(Feed* feed, const boundary::ShapedPage& page, Effects* out);

  const std::string self_, peer_;
  const Carried* carried_;
  ledger::CursorCodec* cursors_;
  std::shared_ptr<const Authority> authority_;  // null before SUBSCRIBE
  v1::Subscribe wish_;
  absl::flat_hash_set<std::string> wanted_items_, wanted_origins_;
  Status fresh_;
  int64_t now_us_ = 0, civil_us_ = 0, next_change_us_ = INT64_MAX;

  absl::flat_hash_map<uint32_t, std::unique_ptr<Feed>> feeds_;  // by stream
  absl::flat_hash_map<std::string, uint32_t> numbers_;          // of feeds, by stream id
  absl::flat_hash_map<uint32_t, Denied> denied_;
  absl::flat_hash_map<std::string, Start> starts_;  // by stream id
  absl::flat_hash_map<uint32_t, std::deque<WantPage>> fills_;
  std::string last_held_;  // stream id
  uint64_t held_count_ = 0, changes_ = 0, durable_ = 0, tickets_ = 0;
  std::deque<uint32_t> changed_;  // feeds whose OFFER is due when their change is durable
  std::deque<uint32_t> ready_;    // streams with something to send, in turn
  std::deque<Arrived> arrived_;   // pages that wait for credit or for the queue
  size_t outstanding_ = 0;        // pages asked for
  size_t fill_count_ = 0;         // in fills_

  std::vector<Disclosed::Line> sent_;
  uint64_t credit_ = 0, queued_ = 0, last_receipt_ = 0;
  int64_t second_us_ = 0, starved_since_us_ = 0;
  size_t frames_ = 0;  // OFFER and HEAD in the second that began at second_us_
  bool throttled_ = false, takes_zstd_ = false, offered_ = false, stopped_ = false;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_H_
