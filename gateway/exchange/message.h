// The message of a control frame, out of its payload.
//
// Protobuf as docs/formats/frame.md asks: any order of fields, but none that this version does not
// know, on no level. Ownership: results own their bytes. Thread-safety: pure. Errors:
// FRAME_INVALID.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_MESSAGE_H_
#define TOMBOLO_GATEWAY_EXCHANGE_MESSAGE_H_

#include <string_view>

#include "gateway/base/error.h"
#include "google/protobuf/message.h"

namespace tombolo::exchange {

// Into `*message`, whose name the error tells.
Status ReadMessage(std::string_view payload, google::protobuf::Message* message);

template <typename Message>
StatusOr<Message> MessageOf(std::string_view payload) {
  Message message;
  RETURN_IF_ERROR(ReadMessage(payload, &message));
  return message;
}

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_MESSAGE_H_
