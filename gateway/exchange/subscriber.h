// The subscribing half of a session: asks for the feed and verifies every frame of it before
// anything is kept.
//
// Of an OFFER: descriptor, whether the peer may carry that origin, path (no loop), and that the
// layers are no more than this node's own decision under the origin's policy gives (a widened class
// is CLASS_WIDENED). Of ENTRIES: the stream was offered, number follows, columns, headers, leaves,
// and the proof to a verified head. Entries that are held already are skipped without hashing. What
// came under an offer that has been overtaken by a newer policy here is stored without the layers
// that are no longer permitted. Each refusal has a vector under conformance/vectors/exchange or a
// test that nothing was stored. Ownership: owned by its Session; borrows Holdings, which it moves
// ahead. Thread-safety: the session's. Errors: STREAM_UNKNOWN, STREAM_GAP, RELAY_REFUSED,
// LOOP_DETECTED, CLASS_WIDENED, PROOF_INVALID, NOT_CANONICAL, FRAME_INVALID, RATE_LIMITED,
// LIMIT_EXCEEDED, alarms of Holdings::CheckHead.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_SUBSCRIBER_H_
#define TOMBOLO_GATEWAY_EXCHANGE_SUBSCRIBER_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/exchange/effect.h"
#include "gateway/exchange/holdings.h"

namespace tombolo::exchange {

// What the operator wants of a peer (v1::PeerConfig).
struct SubscribeWish {
  std::string purpose;
  std::vector<std::string> items, origins;
};

// Tokens by stream id.
using StoredCursors = std::map<std::string, std::vector<std::string>>;

class Subscriber {
 public:
  Subscriber(std::string self, std::string peer, Holdings* holdings);

  // HELD frames and SUBSCRIBE. `cursors`: stored tokens of this peer.
  void Subscribe(const SubscribeWish& wish, std::shared_ptr<const Authority> authority,
                 const StoredCursors& cursors, Effects* out);
  Status OnOffer(const v1::Offer& offer, int64_t civil_us, Effects* out);
  Status OnHead(const v1::Head& head, Effects* out);
  // `*kept` false: passed over on purpose, so the credit is to be given back at once.
  Status OnEntries(std::string_view payload, uint64_t wire_bytes, bool* kept, Effects* out);
  Status OnLayers(std::string_view payload, uint64_t wire_bytes, bool* kept, Effects* out);
  // Layers no longer permitted are not stored from here on; the store drops what there is
  // (node/receive).
  void OnAuthority(std::shared_ptr<const Authority> authority, int64_t civil_us);

  // Asks for layers of entries that came without them and without a reason; once a session.
  void AskFill(std::string_view stream_id, v1::SharingClass layer, std::vector<uint64_t> seqs);
  // Sends what was asked for, a few a second; false: more waits.
  bool SendFills(Effects* out);

  bool subscribed() const { return authority_ != nullptr; }
  bool IsOffered(std::string_view stream_id) const;

 private:
  struct Offered {
    boundary::LayerMask layers = 0;     // of the last OFFER
    boundary::LayerMask permitted = 0;  // those of them that this node may have now
    boundary::LayerMask asked = 0;      // by FILL
    std::shared_ptr<const VerifiedHead> target;
  };
  void SendHeld(const StoredCursors& cursors, Effects* out) const;
  Status CheckCarrier(const v1::Offer& offer, const v1::StreamDescriptor& descriptor) const;
  boundary::LayerMask Permitted(const v1::StreamDescriptor& descriptor, int64_t civil_us) const;
  StatusOr<Holding*> Accept(const v1::Offer& offer, const v1::StreamDescriptor& descriptor,
                            int64_t civil_us);
  Status Withdraw(const v1::Offer& offer, const v1::StreamDescriptor& descriptor, Effects* out);
  StatusOr<Offered*> FindOffered(std::string_view stream_id);
  Status CheckPage(const Offered& offered, const Holding& holding) const;
  Status CheckHeaders() const;
  Status Verify(const Offered& offered, Holding* holding, StorePage* store);
  void Strip(ledger::EntryHasher* hasher, boundary::LayerMask permitted, StorePage* store);
  ledger::EntryHasher* HasherOf(ledger::Suite suite);

  const std::string self_, peer_;
  Holdings* holdings_;
  SubscribeWish wish_;
  std::shared_ptr<const Authority> authority_;         // null before SUBSCRIBE
  absl::flat_hash_map<std::string, Offered> offered_;  // by stream id
  std::vector<v1::Fill> fills_;
  ledger::EntryPage page_;
  std::map<ledger::Suite, ledger::EntryHasher> hashers_;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_SUBSCRIBER_H_
