// Opens the readers of nested formats: XML, JSON, NDJSON.
//
// Ownership: the reader owns the input. Thread-safety: one thread per reader. Errors: see
// readers.h.
#ifndef TOMBOLO_ADAPTERS_READERS_TREE_READER_H_
#define TOMBOLO_ADAPTERS_READERS_TREE_READER_H_

#include <memory>

#include "adapters/readers/csv_reader.h"
#include "adapters/readers/readers.h"

namespace tombolo::readers {

StatusOr<std::unique_ptr<RowReader>> CreateTreeReader(ReaderInput input,
                                                      const ReaderOptions& options);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_TREE_READER_H_
