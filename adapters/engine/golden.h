// What a pack makes of a file, as text that can be kept beside it and compared.
//
// One JSON object a line, in the order of the run: records, rows left out, bad rows. Keys and lists
// are in a fixed order, and nothing depends on the machine or the day.
// Ownership: plain values. Thread-safety: pure functions. Errors: as Run; GOLDEN_DIFFERS.
#ifndef TOMBOLO_ADAPTERS_ENGINE_GOLDEN_H_
#define TOMBOLO_ADAPTERS_ENGINE_GOLDEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "adapters/engine/run.h"

namespace tombolo::engine {

// Runs the pack. With `today` (days since 1970-01-01) the rules of the catalogue are applied as
// ingest does, values are in normal form, and what the rules refuse is a bad row.
StatusOr<std::string> RenderGolden(const Pack& pack, const SourceFile& driving,
                                   const std::vector<SourceFile>& lookups,
                                   std::optional<int32_t> today);

// One record as its line, without the line feed.
std::string GoldenLine(std::string_view query, const record::Draft& draft,
                       absl::Span<const uint64_t> rows, std::string_view scope);

// GOLDEN_DIFFERS names the first line that differs and shows both.
Status CompareGolden(std::string_view file, std::string_view expected, std::string_view actual);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_GOLDEN_H_
