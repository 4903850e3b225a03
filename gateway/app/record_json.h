// A record version as JSON and as text for people.
//
// Ownership: plain values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_GATEWAY_APP_RECORD_JSON_H_
#define TOMBOLO_GATEWAY_APP_RECORD_JSON_H_

#include <string>

#include "gateway/node/inspect.h"

namespace tombolo::app {

std::string RecordJson(const node::RecordView& view);
// {"public":{..},"government":{..},"limited":{..}}; "withheld" for a layer that this node does not
// have.
std::string LayersJson(const node::RecordView& view);
// Header and layers, one field a line.
std::string RecordText(const node::RecordView& view);
// The text of a field of any layer; "" if there is none.
std::string FieldText(const node::RecordView& view, std::string_view name);
// "in force", "retracted", "erased" or the record's state in lower case.
std::string Standing(const node::RecordView& view);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_RECORD_JSON_H_
