// A run that also counts which codes of which lists it met; for coverage.
//
// Ownership: as run.h. Thread-safety: one thread. Errors: as run.h.
#ifndef TOMBOLO_ADAPTERS_ENGINE_RUN_INTERNAL_H_
#define TOMBOLO_ADAPTERS_ENGINE_RUN_INTERNAL_H_

#include <vector>

#include "adapters/engine/functions.h"
#include "adapters/engine/run.h"

namespace tombolo::engine {

// `use` may be nullptr.
StatusOr<RunResult> RunCounting(const Pack& pack, const SourceFile& driving,
                                const std::vector<SourceFile>& lookups, Sink* sink, CodeUse* use);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_RUN_INTERNAL_H_
