// The subscribing half of a session: asks for the feed and verifies every frame of it before
// anything is kept.
//
// Of an OFFER: descriptor, whether the peer may carry that origin, path (no loop), and that the
// layers are no more than this node's own decision under the origin's policy gives (a widened class
// is CLASS_WIDENED). Of ENTRIES: the stream was offered, number follows, columns, leaves, and the
// proof to a verified head. Entries that are held already are skipped without hashing. Each refusal
// has a vector under conformance/vectors/exchange and a test that nothing was stored. Ownership:
// owned by its Session; borrows Holdings. Thread-safety: the session's. Errors: STREAM_UNKNOWN,
// STREAM_GAP, RELAY_REFUSED, LOOP_DETECTED, CLASS_WIDENED, PROOF_INVALID, NOT_CANONICAL, alarms of
// Holdings::CheckHead, CREDIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_SUBSCRIBER_H_
#define TOMBOLO_GATEWAY_EXCHANGE_SUBSCRIBER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/exchange/effect.h"
#include "gateway/exchange/holdings.h"

namespace tombolo::exchange {

// What the operator wants of a peer (v1::PeerConfig).
struct SubscribeWish {
  std::string purpose;
  std::vector<std::string> items, origins;
};

class Subscriber {
 public:
  Subscriber(std::string self, Holdings* holdings);

  // DOCUMENT frames are awaited first where the peer's versions are higher; then HELD and
  // SUBSCRIBE. `cursors`: stored tokens of this peer by stream id.
  void Subscribe(const SubscribeWish& wish, std::shared_ptr<const Authority> authority,
                 const std::map<std::string, std::vector<std::string>>& cursors, Effects* out);
  Status OnOffer(const v1::Offer& offer, const trust::MemberFacts& peer, int64_t civil_us,
                 Effects* out);
  Status OnHead(const v1::Head& head, Effects* out);
  Status OnEntries(std::string_view payload, uint64_t wire_bytes, Effects* out);
  Status OnLayers(std::string_view payload, uint64_t wire_bytes, Effects* out);
  // Streams or layers no longer permitted are forgotten here; the store drops them (node/receive).
  void OnAuthority(std::shared_ptr<const Authority> authority);

 private:
  struct Offered {
    Holding* holding = nullptr;
    boundary::LayerMask layers = 0;
    std::shared_ptr<const VerifiedHead> target;
  };
  std::string self_;
  Holdings* holdings_;
  std::shared_ptr<const Authority> authority_;
  std::map<std::string, Offered, std::less<>> offered_;  // by stream id
  ledger::EntryPage page_;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_SUBSCRIBER_H_
