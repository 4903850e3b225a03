// Lookup sources: read once, kept in memory as tables with indexes, for joins.
//
// Ownership: nothing is kept but in the connection. Thread-safety: one thread.
// Errors: NOT_FOUND for a lookup source without a file; what the readers say; LIMIT_EXCEEDED.
#ifndef TOMBOLO_ADAPTERS_ENGINE_LOOKUP_H_
#define TOMBOLO_ADAPTERS_ENGINE_LOOKUP_H_

#include <set>
#include <string>
#include <vector>

#include "adapters/engine/connection.h"
#include "adapters/engine/run.h"

namespace tombolo::engine {

// Fills the table of `source` (made by QueryBed::AddSources) from all of its files and indexes it.
// Only the columns in `read` (lower case) get values. Unreadable rows go to the sink.
Status LoadLookup(const v1::Source& source, const std::vector<SourceFile>& files,
                  const std::set<std::string>& read, Connection* connection, Sink* sink);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_LOOKUP_H_
