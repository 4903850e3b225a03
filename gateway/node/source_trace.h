// The form in which the store keeps what the rows of one file came to: parts of entries, and a
// heading that says under which conditions they can be relied on.
//
// An entry stands for one row of a SELECT's output, told by its keyed print, that was accepted as
// it is and whose record has been current since. docs/decisions/2026-11-22-known-rows.md.
// Ownership: plain values. Thread-safety: pure. Errors: bytes that do not read back give nothing: a
// trace is a help, and a file can always be read without.
#ifndef TOMBOLO_GATEWAY_NODE_SOURCE_TRACE_H_
#define TOMBOLO_GATEWAY_NODE_SOURCE_TRACE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gateway/base/error.h"
#include "gateway/base/ids.h"

namespace tombolo::node {

struct TraceEntry {
  static constexpr size_t kWarningsMax = 3;  // a record with more is looked at each time

  OutputPrint print;
  uint32_t stream = 0;  // where the record's current version stands
  uint64_t seq = 0;     // 0: nowhere yet
  uint32_t scope = 0;
  std::optional<int32_t> holds_through;  // Verdict::holds_through
  std::array<Code, kWarningsMax> warnings{};
  size_t warnings_count = 0;

  bool operator==(const TraceEntry&) const = default;
};

inline constexpr uint32_t kTraceHeading = 0;  // the heading's part; entries stand in 1, 2, ...

struct TraceHeading {
  std::string conditions;    // digest of all that the entries depend on and the file does not hold
  int32_t validated_on = 0;  // the day of the rules
  uint32_t parts = 0;
  // The streams that entries name, with the sizes they had: a longer one may have changed a record.
  std::vector<std::pair<uint32_t, uint64_t>> streams;
  // (stream, seq) of entries that are no longer as the trace says.
  std::vector<std::pair<uint32_t, uint64_t>> outdated;

  bool operator==(const TraceHeading&) const = default;
};

std::string EncodeTracePart(absl::Span<const TraceEntry> entries);
std::optional<std::vector<TraceEntry>> DecodeTracePart(std::string_view bytes);
std::string EncodeTraceHeading(const TraceHeading& heading);
std::optional<TraceHeading> DecodeTraceHeading(std::string_view bytes);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SOURCE_TRACE_H_
