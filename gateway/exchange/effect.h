// What a session asks of its surroundings. The driver (gateway/node/exchange_desk.h) carries
// effects out in the order given; nothing here is done twice if the driver does each once.
//
// Ownership: effects own their bytes. Thread-safety: plain values. Errors: none.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_EFFECT_H_
#define TOMBOLO_GATEWAY_EXCHANGE_EFFECT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/boundary/disclosure.h"
#include "gateway/ledger/entry_page.h"
#include "tombolo/v1/exchange.pb.h"
#include "tombolo/v1/registry.pb.h"

namespace tombolo::exchange {

// A control frame to send.
struct SendControl {
  v1::FrameType type = v1::FRAME_TYPE_UNSPECIFIED;
  std::string payload;
};
// Released records to send; the only effect that carries them.
struct SendData {
  boundary::Disclosure disclosure;
  bool packed = false;  // the page's compressed form goes out; credit was taken for that one
};
// The other side's HELLO held: the documents that it lacks go next, as DOCUMENT frames.
struct Greeted {
  v1::Hello hello;
};
// The peer asks for its feed: policies of the origins that this node carries for it go next.
struct Subscribed {
  v1::Subscribe wish;
};
// The publisher wants the next page of a stream; answered by Session::OnPage.
struct WantPage {
  uint32_t stream = 0;  // local number
  boundary::LayerMask layers = 0;
  int fill_layer = -1;  // -1: ENTRIES; else LAYERS of this layer index
  uint64_t from_seq = 0;
  uint64_t to_size = 0;        // of the HEAD sent last; entries beyond are not sent
  std::vector<uint64_t> seqs;  // of a FILL: these entries' layer `fill_layer`, and no others
  uint64_t position = 0;       // of a FILL: the layer's position, which the cursor repeats
  uint64_t ticket = 0;         // the publisher's own mark; comes back unchanged
};
// A head, verified, larger than what is held. Kept with the first page that reaches it.
struct VerifiedHead {
  std::string stream_id;
  v1::Head head;
  uint64_t epoch = 0, tick = 0, size = 0;
};
// A page whose every leaf is proved by a verified head. `payload` is the frame's, for the views.
struct StorePage {
  std::shared_ptr<const std::string> payload;
  std::shared_ptr<const std::string> stripped;  // views too, of layers that are no longer permitted
  ledger::EntryPage page;
  std::string spans;          // roots of subtrees that became complete
  std::string compact_range;  // after the page
  std::shared_ptr<const VerifiedHead> head;
  bool reaches_head = false;
  uint64_t wire_bytes = 0;  // credit to give back when it is stored
};
// Layers of held entries, each proved against the stored layer hash when it is applied.
struct StoreLayers {
  std::shared_ptr<const std::string> payload;
  std::string stream_id;
  uint64_t wire_bytes = 0;
  bool held = false;  // all of it is held already: only the cursor is new
};
struct StoreOffer {  // descriptor checked, carrier and path allowed
  v1::Offer offer;
};
struct ActivateDocument {
  v1::SignedDocument document;
};
// The subscriber's feed began or changed: audit (FEED_OPENED, FEED_CLOSED, FEED_DENIED) has to be
// durable before Session::OnFeedDurable lets the first page go.
struct FeedChange {
  struct Line {
    uint32_t stream = 0;
    boundary::LayerMask layers = 0;  // 0: closed or denied
    uint64_t from_seq = 0;
    std::string rule;
    int64_t until_us = 0;
    uint64_t policy_version = 0;  // that the decision rests on
    Code outcome = Code::kOk;
  };
  uint64_t number = 0;  // rises with every change of the session
  std::string purpose;
  std::vector<Line> lines;
};
// What went out since the last one, once a ping interval and at the end: audit (RECORDS_DISCLOSED).
struct Disclosed {
  struct Line {
    uint32_t stream = 0;
    boundary::LayerMask layers = 0;
    uint64_t first_seq = 0, last_seq = 0;
    uint64_t records = 0;  // entries that showed a layer
  };
  std::vector<Line> lines;
};
struct AcceptReceipt {  // verified
  v1::Receipt receipt;
};
struct MakeReceipt {};   // one is due: sign it over what is stored, and send it
struct CheckAuditHead {  // as it came: verify, compare with the held one, countersign, send
  v1::AuditHead head;
};
struct KeepCountersignature {  // as it came
  v1::Countersignature countersignature;
};
// Evidence of an origin's contradiction: kept, audited, told to the peer, session ends.
struct RaiseAlarm {
  v1::Alarm alarm;
};
// The session is over. `refusal`, if its code is not empty, was sent before.
struct End {
  Status why;
  v1::Refusal refusal;
  // Whoever dials may come back by itself: as the REFUSAL says that was sent, or came.
  bool retry = true;
};

using Effect =
    std::variant<SendControl, SendData, Greeted, Subscribed, WantPage, StorePage, StoreLayers,
                 StoreOffer, ActivateDocument, FeedChange, Disclosed, AcceptReceipt, MakeReceipt,
                 CheckAuditHead, KeepCountersignature, RaiseAlarm, End>;
using Effects = std::vector<Effect>;

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_EFFECT_H_
