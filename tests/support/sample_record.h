// A small record as an origin writes it: header and layers in their canonical bytes.
//
// Ownership: values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_TESTS_SUPPORT_SAMPLE_RECORD_H_
#define TOMBOLO_TESTS_SUPPORT_SAMPLE_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/record/canonical.h"

namespace tombolo::testing {

// Of a penalty in force.
inline std::string SampleHeader(std::string_view record_id, uint64_t version) {
  v1::RecordHeader header;
  header.set_record_id(std::string(record_id));
  header.set_version(version);
  header.set_kind(v1::PENALTY);
  header.set_polarity(v1::NEGATIVE);
  header.set_state(v1::EFFECTIVE);
  header.set_recorded_at_us(1);
  std::string bytes;
  record::AppendHeaderMessage(header, &bytes);
  return bytes;
}

// With one field, the name.
inline std::string SampleLayer(const std::string& text) {
  v1::Layer layer;
  v1::Field* field = layer.add_fields();
  field->set_name("name");
  field->set_text(text);
  std::string bytes;
  record::AppendLayerMessage(layer, &bytes);
  return bytes;
}

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_SAMPLE_RECORD_H_
