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
};
// The publisher wants the next page of a stream; answered by Session::OnPage.
struct WantPage {
  uint32_t stream = 0;  // local number
  boundary::LayerMask layers = 0;
  int fill_layer = -1;  // -1: ENTRIES; else LAYERS of this layer index
  uint64_t from_seq = 0;
  uint64_t to_size = 0;  // the head offered last; entries beyond are not sent
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
    Code outcome = Code::kOk;
  };
  std::string purpose;
  std::vector<Line> lines;
};
struct AcceptReceipt {  // verified
  v1::Receipt receipt;
};
struct MakeReceipt {};   // sign one over what is stored, and send it
struct CheckAuditHead {  // signature verified; compare with the held one, countersign, send
  v1::AuditHead head;
};
struct KeepCountersignature {  // verified
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
};

using Effect = std::variant<SendControl, SendData, WantPage, StorePage, StoreLayers, StoreOffer,
                            ActivateDocument, FeedChange, AcceptReceipt, MakeReceipt,
                            CheckAuditHead, KeepCountersignature, RaiseAlarm, End>;
using Effects = std::vector<Effect>;

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_EFFECT_H_
