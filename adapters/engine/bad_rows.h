// The rows of the driving file that make no record, on their way to the sink with their text.
//
// A fault of the row that a streaming query stands on is told at once. Rows of a group have gone by
// when their fault is found: their numbers wait, and a pass over the file fetches their text. The
// same pass finds the rows that no query claims.
// Ownership: the driving file and the sink outlive it. Thread-safety: one thread.
// Errors: the sink's, and the file's from passes.
#ifndef TOMBOLO_ADAPTERS_ENGINE_BAD_ROWS_H_
#define TOMBOLO_ADAPTERS_ENGINE_BAD_ROWS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapters/engine/row_set.h"
#include "adapters/engine/run.h"

namespace tombolo::engine {

class BadRows {
 public:
  BadRows(const v1::Source& source, const SourceFile& file, Sink* sink)
      : source_(source), file_(file), sink_(sink) {}

  // What is wrong with a draft.
  struct Note {
    const v1::RecordQuery* query = nullptr;
    std::vector<std::string> natural_key;
    std::vector<Fault> faults;
  };

  // A row that the reader could not make sense of; told once, however many passes meet it.
  Status Unreadable(const RowReader& reader, const Row& row);
  // The row at hand.
  Status Tell(const Note& note, const RowReader& reader, const Row& row);
  // Rows whose text is gone. May make a pass over the file.
  Status TellLater(Note note, const std::vector<uint64_t>& rows);
  // The last pass: what waits, and, if `find_unclaimed`, every row not in `claimed`. `why` is told
  // with unclaimed rows ("" = no more to say). Sets read_to_end().
  Status Finish(const RowBits& claimed, bool find_unclaimed, std::string_view why);

  uint64_t unreadable() const { return unreadable_.count(); }
  // True if the last error came from the sink, not from the file.
  bool sink_failed() const { return sink_failed_; }
  bool waiting() const { return !waiting_.empty(); }
  bool read_to_end() const { return read_to_end_; }
  uint64_t rows_passed() const { return rows_passed_; }

 private:
  struct Waiting {
    uint64_t row;
    std::shared_ptr<const Note> note;
  };
  Status Send(BadRow bad);
  Status Pass(const RowBits* claimed, const Note& unclaimed);
  Status PassRow(const RowReader& reader, const Row& row, const RowBits* claimed,
                 const Note& unclaimed, std::vector<Waiting>::const_iterator* next);

  const v1::Source& source_;
  const SourceFile& file_;
  Sink* sink_;
  RowBits unreadable_;
  std::vector<Waiting> waiting_;
  bool read_to_end_ = false;
  bool sink_failed_ = false;
  uint64_t rows_passed_ = 0;
};

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_BAD_ROWS_H_
