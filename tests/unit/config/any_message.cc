#include "tests/unit/config/any_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include <cstdlib>

namespace tombolo::config {
namespace {

constexpr char kFile[] = R"pb(
  name: "any.proto"
  syntax: "proto3"
  enum_type {
    name: "Colour"
    value { name: "COLOUR_UNSPECIFIED" number: 0 }
    value { name: "RED" number: 1 }
    value { name: "GREEN" number: 2 }
  }
  message_type {
    name: "Any"
    field { name: "text" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "texts" number: 2 type: TYPE_STRING label: LABEL_REPEATED }
    field { name: "flag" number: 3 type: TYPE_BOOL label: LABEL_OPTIONAL }
    field { name: "flags" number: 4 type: TYPE_BOOL label: LABEL_REPEATED }
    field { name: "i32" number: 5 type: TYPE_INT32 label: LABEL_OPTIONAL }
    field { name: "i64" number: 6 type: TYPE_SINT64 label: LABEL_OPTIONAL }
    field { name: "u32" number: 7 type: TYPE_UINT32 label: LABEL_OPTIONAL }
    field { name: "u64" number: 8 type: TYPE_UINT64 label: LABEL_OPTIONAL }
    field { name: "u32s" number: 9 type: TYPE_UINT32 label: LABEL_REPEATED }
    field { name: "real" number: 10 type: TYPE_DOUBLE label: LABEL_OPTIONAL }
    field { name: "single" number: 11 type: TYPE_FLOAT label: LABEL_OPTIONAL }
    field { name: "bytes" number: 12 type: TYPE_BYTES label: LABEL_OPTIONAL }
    field { name: "colour" number: 13 type: TYPE_ENUM type_name: "Colour" label: LABEL_OPTIONAL }
    field { name: "colours" number: 14 type: TYPE_ENUM type_name: "Colour" label: LABEL_REPEATED }
    field { name: "child" number: 15 type: TYPE_MESSAGE type_name: "Any" label: LABEL_OPTIONAL }
    field { name: "children" number: 16 type: TYPE_MESSAGE type_name: "Any" label: LABEL_REPEATED }
    field { name: "either" number: 17 type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 }
    field {
      name: "other"
      number: 18
      type: TYPE_MESSAGE
      type_name: "Any"
      label: LABEL_OPTIONAL
      oneof_index: 0
    }
    oneof_decl { name: "choice" }
  }
)pb";

const google::protobuf::Message* Prototype() {
  google::protobuf::FileDescriptorProto file;
  if (!google::protobuf::TextFormat::ParseFromString(kFile, &file)) std::abort();
  static auto* const pool = new google::protobuf::DescriptorPool;
  static auto* const factory = new google::protobuf::DynamicMessageFactory(pool);
  return factory->GetPrototype(pool->BuildFile(file)->FindMessageTypeByName("Any"));
}

}  // namespace

std::unique_ptr<google::protobuf::Message> NewAny() {
  static const google::protobuf::Message* const prototype = Prototype();
  return std::unique_ptr<google::protobuf::Message>(prototype->New());
}

}  // namespace tombolo::config
