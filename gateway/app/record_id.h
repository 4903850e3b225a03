// A record as people name it on the command line.
//
// Ownership: plain values. Thread-safety: one thread. Errors: INVALID_ARGUMENT, NOT_FOUND.
#ifndef TOMBOLO_GATEWAY_APP_RECORD_ID_H_
#define TOMBOLO_GATEWAY_APP_RECORD_ID_H_

#include <string>

#include "gateway/node/inspect.h"

namespace tombolo::app {

// A full id in hex, or the beginning of one that only one record has: four digits at least.
StatusOr<RecordId> ParseRecordId(node::Inspector* inspector, const std::string& text);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_RECORD_ID_H_
