// YAML for people, parsed into a protobuf message, and back.
//
// Keys are the message's field names, enums are written by name, a oneof by the name of the member
// that is meant, a repeated field as a list (also when it has one element). What a plain scalar
// means is decided by the field it goes to and never guessed from its looks: `no`, `010` and
// `2021-01-01` are text for a text field, and refused with a reason for a flag or a number. Taken
// out of YAML on purpose: anchors, aliases, tags, several documents in one file.
// docs/reference/configuration.md tells the same to operators.
//
// Ownership: plain values; nothing is kept. Thread-safety: pure functions.
// Errors: all faults of a file together, one line each, as "file:line:column: what is wrong and
// what to write", at most limits::kYamlFaultsMax of them. The code is the first fault's:
// CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY, CONFIG_VALUE, or LIMIT_EXCEEDED for a file past kYamlBytesMax
// or kYamlDepthMax. Columns count characters from 1. Preconditions: the message type has no map
// fields and no groups.
#ifndef TOMBOLO_GATEWAY_CONFIG_YAML_H_
#define TOMBOLO_GATEWAY_CONFIG_YAML_H_

#include <string>
#include <string_view>

#include "gateway/base/error.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace tombolo::config {

// Replaces `*out` by what `text` says. On an error `*out` is as it was. An empty text is an empty
// message. `file_name` only appears in messages.
Status ParseYaml(std::string_view text, std::string_view file_name, google::protobuf::Message* out);

// Where the value at `path` ("rules[3].items") stands in a text that ParseYaml accepts, as
// "file:line:column: "; where the text has nothing there, the nearest part of the path that it has.
// What follows the path after another character than these does not count.
std::string PlaceOf(std::string_view text, std::string_view file_name, std::string_view path);

// `message` as block YAML: fields in the order of their numbers, defaults left out, text quoted
// where a reader could take it for something else, text of several lines as a literal block.
// ParseYaml gives the same message back.
std::string ToYaml(const google::protobuf::Message& message);

}  // namespace tombolo::config

#endif  // TOMBOLO_GATEWAY_CONFIG_YAML_H_
