// Whether an alarm holds: two statements of one origin that cannot both be true.
//
// Rules: docs/protocol.md, "Heads". Ownership: keeps nothing. Thread-safety: pure. Errors:
// FRAME_INVALID for what is no alarm, SIGNATURE_INVALID, PROOF_INVALID (the statements do not
// contradict each other, or a head does not hang in its checkpoint), those of checkpoints.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_ALARM_H_
#define TOMBOLO_GATEWAY_EXCHANGE_ALARM_H_

#include "gateway/base/error.h"
#include "gateway/trust/federation.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::exchange {

// OK: both are signed by keys of the origin, and contradict each other as the code says.
Status CheckAlarm(const v1::Alarm& alarm, const trust::Federation& federation);

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_ALARM_H_
