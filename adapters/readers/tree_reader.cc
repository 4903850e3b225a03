#include "adapters/readers/tree_reader.h"

#include <utility>

namespace tombolo::readers {

StatusOr<std::unique_ptr<RowReader>> CreateTreeReader(ReaderInput input,
                                                      const ReaderOptions& options) {
  (void)options;
  return MakeError(Code::UNSUPPORTED, input.name + ": not yet");
}

}  // namespace tombolo::readers
