// Running a pack over files: rows in, drafts and faults out, with every source row accounted for.
//
// SQLite runs the SELECTs in a database of its own in memory, behind an authorizer that allows
// reading the pack's own sources and calling functions, nothing else. The driving source of a query
// streams through a virtual table; lookup sources are loaded once into indexed temporary tables.
// Each query of the pack reads the driving file once. Ownership: the sink and the files outlive the
// run. Thread-safety: one thread. Errors: a Status ends the run for trouble with the pack, a lookup
// file or the sink; trouble with the driving file itself stands in RunResult::outcome
// (OnQueriesDone and the last pass still run); a bad row goes to the sink as faults and the run
// goes on.
#ifndef TOMBOLO_ADAPTERS_ENGINE_RUN_H_
#define TOMBOLO_ADAPTERS_ENGINE_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "adapters/engine/pack.h"
#include "gateway/base/rows.h"
#include "gateway/record/draft.h"

namespace tombolo::engine {

struct SourceFile {
  std::string source;  // name of a source of the pack
  std::string name;    // base name, for messages
  // Opens the file anew, from its start. Called once per query and once more if quarantined rows
  // need their text.
  std::function<StatusOr<std::unique_ptr<RowReader>>(const v1::Source&)> open;
};

// A row as it goes to quarantine.
struct BadRow {
  const v1::RecordQuery* query =
      nullptr;  // nullptr: the reader could not deliver the row, or nothing claimed it
  std::string_view source;
  uint64_t number = 0;
  uint64_t line = 0;
  std::string_view raw;
  absl::Span<const std::string_view>
      cells;  // aligned with `columns`; absent = data() null; may be empty
  absl::Span<const std::string> columns;
  // The natural key, where all its parts were sound: a snapshot must not retract that record. Empty
  // if unknown.
  std::vector<std::string> natural_key;
  std::vector<Fault> faults;
};

// What the sink found out only after it had accepted a draft (a second row with the same key and
// other content).
struct LateFault {
  const v1::RecordQuery* query = nullptr;
  std::vector<uint64_t> rows;
  std::vector<std::string> natural_key;
  std::vector<Fault> faults;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Whether OnOutput is to be called.
  virtual bool WantsOutputs() const { return false; }
  // What the SELECT yields for one record, before a draft is made of it. `output` are the query,
  // the scope and all columns but _rows, in a form that is the same only for the same values; `key`
  // are the columns of the natural key. True: the sink knows what becomes of it, and no draft
  // follows.
  virtual StatusOr<bool> OnOutput(const v1::RecordQuery& query, std::string_view output,
                                  std::string_view key, absl::Span<const uint64_t> rows) {
    (void)query, (void)output, (void)key, (void)rows;
    return false;
  }
  // One record. `rows` are the source rows it was made from (ascending, at least one). `scope` is
  // the value of the query's scope column. `draft` may be moved from. The sink answers with the
  // faults it finds (rules); not empty = the engine sends the rows to OnBadRow with them.
  virtual StatusOr<std::vector<Fault>> OnDraft(const v1::RecordQuery& query, record::Draft* draft,
                                               absl::Span<const uint64_t> rows,
                                               std::string_view scope) = 0;
  // A draft that is refused already, since values of it could not be made (they are absent). What
  // else is wrong with it, so that all faults of a row are told together; nothing is kept.
  virtual StatusOr<std::vector<Fault>> OnFaultyDraft(const v1::RecordQuery& query,
                                                     record::Draft* draft) {
    (void)query;
    (void)draft;
    return std::vector<Fault>();
  }
  virtual Status OnLeftOut(const v1::RecordQuery& query, std::string_view rule,
                           absl::Span<const uint64_t> rows) = 0;
  // One call for each faulty draft and each of its rows: a row that several drafts were made from
  // may come several times. Rows of lookup sources come with that source's name.
  virtual Status OnBadRow(BadRow row) = 0;
  // Once, after all queries and before rows go to quarantine in the last pass: late faults, which
  // then come back through OnBadRow with the rows' text.
  virtual StatusOr<std::vector<LateFault>> OnQueriesDone() = 0;
  // Now and then: rows of the driving source and bytes of the file consumed so far in this query.
  virtual Status OnProgress(uint64_t rows, uint64_t bytes) = 0;
};

struct RunResult {
  bool read_to_end = false;  // the driving file was read whole, without a Status
  // Why the driving file was not read to its end (truncated, malformed, changed, too large ...):
  // trouble with the file is told here, with the rows before it counted and delivered. ok when
  // read_to_end.
  Status outcome;
  uint64_t rows_read = 0;  // of the driving source, bad ones included
  std::string encoding;
  std::vector<std::string> columns;  // of the driving source
  std::vector<std::string>
      unused_columns;  // that no query of the pack reads and unused_columns does not name
};

// Runs all queries of the pack whose driving source is `driving.source`. Rows that no query claims
// (yields as record, left out or fault) come to OnBadRow as ROW_UNCLAIMED after the queries.
StatusOr<RunResult> Run(const Pack& pack, const SourceFile& driving,
                        const std::vector<SourceFile>& lookups, Sink* sink);

// Source columns, and values of code-list columns in this file, that no item uses; for `tombolo
// pack coverage`.
struct Coverage {
  std::vector<std::string> unused_columns;
  struct Value {
    std::string list;
    std::string value;
    uint64_t rows = 0;
  };
  std::vector<Value> unknown_codes;       // in the file, not in the list
  std::vector<std::string> unused_codes;  // in a list, not in the file: "list:code"
};

// Runs the pack over the file and keeps nothing but that. Values given to code() and label() count;
// a value that several rows of a group share may count once.
StatusOr<Coverage> Cover(const Pack& pack, const SourceFile& driving,
                         const std::vector<SourceFile>& lookups);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_RUN_H_
