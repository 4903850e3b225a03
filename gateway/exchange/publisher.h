// The publishing half of a session: which streams the subscriber sees, where it stands in each, and
// what is sent next.
//
// Backfill and live tail are one path: while a stream's position is behind its offered head, ask
// for the next page; when it is level, wait for OnMoved. Streams take turns, one page each. Nothing
// is asked for without credit, without room in the connection's queue, or before the feed's audit
// event is durable (no audit, no exchange). A layer whose position is behind the others (a new
// grant) is brought forward by LAYERS pages and then rides in ENTRIES. What a subscriber may not
// see costs it nothing: it has no state here. Ownership: owned by its Session. Thread-safety: the
// session's. Errors: NOT_PERMITTED, PURPOSE_UNKNOWN, RECOVERY_NEEDED, FRAME_ORDER, those of cursors
// and receipts.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_H_
#define TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

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
  std::vector<std::string> path;  // origin to this node
  boundary::LayerMask held = 0;
  uint64_t size = 0;  // proved by `head`
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
  Publisher(const Carried* carried, ledger::CursorCodec* cursors);

  // What the peer holds, gathered from HELD frames that come before SUBSCRIBE.
  Status OnHeld(const v1::Held& held);
  // Decides each carried stream and asks for its FEED_OPENED; the OFFERs go out after
  // OnFeedDurable.
  Status OnSubscribe(const v1::Subscribe& wish, uint32_t member,
                     std::shared_ptr<const Authority> authority, int64_t civil_us, Effects* out);
  Status OnFill(const v1::Fill& fill, Effects* out);
  // Body, order (epochs, ticks, sizes never fall) and signature.
  Status OnReceipt(const v1::Receipt& receipt, Effects* out);
  void OnAuthority(std::shared_ptr<const Authority> authority, int64_t civil_us, Effects* out);
  void OnFeedDurable(Effects* out);
  void OnMoved(const std::vector<MovedStream>& moved, Effects* out);
  void OnPage(const WantPage& want, std::shared_ptr<const boundary::ShapedPage> page,
              int64_t civil_us, Effects* out);
  void OnCredit(uint64_t bytes, Effects* out);
  void OnQueue(uint64_t queued_bytes, Effects* out);

  // For `tombolo peers`: entries not yet sent, not yet receipted; when credit ran out.
  struct Lag {
    uint64_t unsent = 0, unconfirmed = 0;
    int64_t stalled_since_us = 0;
  };
  Lag lag() const;

 private:
  struct Feed {
    uint32_t stream = 0;
    boundary::Decision decision;
    std::array<uint64_t, 3> next_seq{};  // of permitted layers; 0 elsewhere
    uint64_t confirmed = 0;
    bool waiting = false;  // a page is on its way
  };
  void Pump(Effects* out);

  const Carried* carried_;
  ledger::CursorCodec* cursors_;
  std::map<uint32_t, Feed> feeds_;  // by stream
  std::deque<uint32_t> ready_;      // streams with something to send, in turn
  std::vector<v1::HeldStream> held_;
  std::shared_ptr<const Authority> authority_;
  uint64_t credit_ = 0, queued_ = 0;
  bool durable_ = false;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_H_
