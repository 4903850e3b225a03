// Looking at canonical bytes without making messages of them: what a node that takes in many
// records needs of each.
//
// Lockstep with DecodeHeader and DecodeLayer: tests/unit/record/scan_test. Ownership: views point
// into the bytes given. Thread-safety: pure. Errors: nothing for bytes that are not canonical.
#ifndef TOMBOLO_GATEWAY_RECORD_SCAN_H_
#define TOMBOLO_GATEWAY_RECORD_SCAN_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace tombolo::record {

struct HeaderFacts {
  std::string_view record_id;  // 16 bytes
  uint64_t version = 0;
};
// Nothing exactly where DecodeHeader refuses.
std::optional<HeaderFacts> ScanHeader(std::string_view header);

struct SubjectName {
  std::string_view scheme, value;
};
// The identifier in the field subject.id. Nothing if the layer has none, or does not decode up to
// there.
std::optional<SubjectName> ScanSubject(std::string_view layer);

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_SCAN_H_
