#include "gateway/exchange/message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/unknown_field_set.h>

#include <vector>

#include "absl/strings/str_cat.h"

namespace tombolo::exchange {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Recursion ends with the schema, which has no message within itself.
bool HasUnknownFields(const Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (HasUnknownFields(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (HasUnknownFields(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

}  // namespace

Status ReadMessage(std::string_view payload, Message* message) {
  // Protobuf would write a line about bad UTF-8 to standard error for every hostile input.
  const google::protobuf::LogSilencer silencer;
  const bool read = message->ParseFromArray(payload.data(), static_cast<int>(payload.size()));
  if (read && !HasUnknownFields(*message)) return absl::OkStatus();
  return MakeError(Code::FRAME_INVALID,
                   absl::StrCat("the payload is no ", message->GetDescriptor()->name(),
                                read ? ": it has fields that this version does not know" : ""));
}

}  // namespace tombolo::exchange
