// A message as JSON for programs: names as in the schema, bytes in base64.
//
// Ownership: plain values. Thread-safety: pure. Errors: INTERNAL.
#ifndef TOMBOLO_GATEWAY_APP_MESSAGE_JSON_H_
#define TOMBOLO_GATEWAY_APP_MESSAGE_JSON_H_

#include <string>

#include "gateway/base/error.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace tombolo::app {

// On one line.
StatusOr<std::string> MessageJson(const google::protobuf::Message& message);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_MESSAGE_JSON_H_
