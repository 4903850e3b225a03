#include "gateway/app/message_json.h"

#include "google/protobuf/util/json_util.h"

namespace tombolo::app {

StatusOr<std::string> MessageJson(const google::protobuf::Message& message) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) {
    return MakeError(Code::INTERNAL, "a " + std::string(message.GetTypeName()) +
                                         " cannot be written as JSON; please report it");
  }
  return json;
}

}  // namespace tombolo::app
