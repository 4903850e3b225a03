// For tests of the engine: rows in memory, packs as maps of files, a sink that keeps what it gets.
//
// Ownership: values. Thread-safety: one thread. Errors: failed expectations.
#ifndef TOMBOLO_TESTS_UNIT_ENGINE_ENGINE_SUPPORT_H_
#define TOMBOLO_TESTS_UNIT_ENGINE_ENGINE_SUPPORT_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/engine/pack.h"
#include "adapters/engine/run.h"

namespace tombolo::engine::testing {

using Files = std::map<std::string, std::string>;
// Cells of a row; std::nullopt = absent.
using Cells = std::vector<std::optional<std::string>>;

// A file in memory. Rows are rendered into a buffer that is overwritten by the next row, so that a
// view kept too long shows.
struct MemoryFile {
  std::vector<std::string> columns;
  std::vector<Cells> rows;
  std::map<uint64_t, Fault> bad;   // by row number
  std::optional<uint64_t> breaks;  // the reader fails when it should give this row
  int opened = 0;

  SourceFile AsSource(const std::string& source, const std::string& name);
};

FileText TextOf(const Files& files);
// A profile with the scheme test.num (four digits, blanks taken off) and the code list test.colour.
StatusOr<std::shared_ptr<const record::Profile>> TestProfile(std::string_view name);
StatusOr<std::shared_ptr<const Pack>> LoadPack(const Files& files);

// A pack with one source `src` (columns id, name, day, extra) and one SELECT of item test.item.
Files SimplePack(const std::string& sql);
// The catalogue that all test packs use; fields of every type, none required but "subject.name".
std::string TestCatalogue();

struct KeptDraft {
  std::string query;
  record::Draft draft;
  std::vector<uint64_t> rows;
  std::string scope;
};
struct KeptBadRow {
  std::string query;  // "" = none
  std::string source;
  uint64_t number = 0;
  std::string raw;
  std::vector<std::string> cells;
  std::vector<std::string> natural_key;
  std::vector<Fault> faults;
};
struct KeptLeftOut {
  std::string rule;
  std::vector<uint64_t> rows;
};

class KeepingSink : public Sink {
 public:
  StatusOr<std::vector<Fault>> OnDraft(const v1::RecordQuery& query, record::Draft* draft,
                                       absl::Span<const uint64_t> rows,
                                       std::string_view scope) override;
  StatusOr<std::vector<Fault>> OnFaultyDraft(const v1::RecordQuery& query,
                                             record::Draft* draft) override;
  Status OnLeftOut(const v1::RecordQuery& query, std::string_view rule,
                   absl::Span<const uint64_t> rows) override;
  Status OnBadRow(BadRow row) override;
  StatusOr<std::vector<LateFault>> OnQueriesDone() override { return late; }
  Status OnProgress(uint64_t rows, uint64_t bytes) override;

  std::vector<KeptDraft> drafts;
  std::vector<KeptBadRow> bad;
  std::vector<KeptLeftOut> left_out;
  std::vector<LateFault> late;
  uint64_t progress_rows = 0;
  bool take_drafts = true;  // false: counts them only
  uint64_t draft_count = 0;
  std::map<std::string, Fault> refuse;     // by key_1
  std::vector<Fault> faulty_draft_faults;  // answered by OnFaultyDraft
  Status progress_status, bad_row_status;
};

// Value of a field of a kept draft as text: "" if absent.
std::string FieldText(const record::Draft& draft, std::string_view field);

}  // namespace tombolo::engine::testing

#endif  // TOMBOLO_TESTS_UNIT_ENGINE_ENGINE_SUPPORT_H_
