#include "gateway/node/replay.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "gateway/base/json_array.h"
#include "gateway/base/limits.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {
namespace {

// Rows of one file of one source, as a reader. Numbers go from 1; the original ones stand in
// `originals`.
class HeldRows : public RowReader {
 public:
  HeldRows(std::vector<std::string> columns,
           std::shared_ptr<const std::vector<store::QuarantineRow>> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}

  const std::vector<std::string>& columns() const override { return columns_; }
  uint64_t BytesConsumed() const override { return 0; }
  std::string encoding() const override { return "UTF-8"; }

  StatusOr<bool> Next(Row* row) override {
    if (at_ == rows_->size()) return false;
    const store::QuarantineRow& held = (*rows_)[at_++];
    const std::optional<std::vector<std::optional<std::string>>> cells = ParseJsonArray(held.cells);
    row->number = at_;
    row->line = held.line;
    row->raw = held.raw;
    row->faults.clear();
    row->cells.clear();
    if (!cells.has_value() || cells->size() != columns_.size()) {
      return MakeError(Code::STORE_CORRUPT,
                       "the cells of quarantined row " + std::to_string(held.id) + " do not parse");
    }
    cells_ = std::move(*cells);
    for (const auto& cell : cells_) {
      row->cells.push_back(cell.has_value() ? std::string_view(*cell) : std::string_view());
    }
    return true;
  }

 private:
  std::vector<std::string> columns_;
  std::shared_ptr<const std::vector<store::QuarantineRow>> rows_;
  std::vector<std::optional<std::string>> cells_;
  size_t at_ = 0;
};

// A row that the reader could not deliver whole would pass for sound by the cells it has; a second
// row of one key looks sound alone.
bool Replayable(const engine::Pack& pack, const store::QuarantineRow& row) {
  if (row.cells.empty()) return false;
  for (const Fault& fault : row.faults) {
    if (fault.code == Code::KEY_DUPLICATE) return false;
    if (row.query.empty() && fault.code != Code::ROW_UNCLAIMED) return false;
  }
  for (const v1::RecordQuery& query : pack.declared().records()) {
    if (query.source() == row.source && pack.MakesGroups(query)) return false;
  }
  return true;
}

StatusOr<std::vector<store::QuarantineRow>> Wanted(const Context& context, const engine::Pack& pack,
                                                   const std::vector<uint64_t>& ids) {
  std::vector<store::QuarantineRow> wanted;
  for (uint64_t after = 0;;) {
    ASSIGN_OR_RETURN(std::vector<store::QuarantineRow> page,
                     context.store->Quarantine(after, limits::kPageEntriesMax));
    if (page.empty()) break;
    after = page.back().id;
    for (store::QuarantineRow& row : page) {
      const bool ours = row.pack.substr(0, row.pack.rfind('@')) == pack.declared().name();
      const bool named = ids.empty() || std::find(ids.begin(), ids.end(), row.id) != ids.end();
      if (ours && named) wanted.push_back(std::move(row));
    }
  }
  return wanted;
}

}  // namespace

StatusOr<ReplayOutcome> Replay(const Context& context, std::shared_ptr<const engine::Pack> pack,
                               const std::vector<engine::SourceFile>& lookups,
                               const std::vector<uint64_t>& ids) {
  ReplayOutcome outcome;
  ASSIGN_OR_RETURN(std::vector<store::QuarantineRow> wanted, Wanted(context, *pack, ids));
  if (wanted.empty()) {
    return MakeError(Code::NOT_FOUND,
                     "no such row of pack " + pack->declared().name() + " is in quarantine");
  }
  // A row that two queries refused is held twice and taken once; two editions of a file may have
  // different rows of one number.
  std::map<std::tuple<std::string, std::string, std::string>,
           std::map<std::pair<uint64_t, std::string>, store::QuarantineRow>>
      by_file;
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<uint64_t>> held_ids;
  for (store::QuarantineRow& row : wanted) {
    ++outcome.tried;
    if (!Replayable(*pack, row)) {
      ++outcome.not_replayable;
      continue;
    }
    const std::tuple<std::string, std::string, std::string> file(row.source, row.file, row.columns);
    held_ids[file].push_back(row.id);
    std::pair<uint64_t, std::string> row_of_file(row.row_number, row.raw);
    by_file[file].try_emplace(std::move(row_of_file), std::move(row));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<TickWriter> writer, TickWriter::Open(context));
  v1::AuditEvent event;
  event.set_type(v1::QUARANTINE_REPLAYED);
  event.set_pack(pack->id());
  event.set_count(outcome.tried);
  writer->Audit(std::move(event));
  RETURN_IF_ERROR(writer->Commit());
  for (auto& [file, rows_by_number] : by_file) {
    auto rows = std::make_shared<std::vector<store::QuarantineRow>>();
    IngestRequest request;
    for (auto& [row_of_file, row] : rows_by_number) {
      request.replayed_rows.push_back({row_of_file.first, row.line});
      rows->push_back(std::move(row));
    }
    const std::optional<std::vector<std::optional<std::string>>> names =
        ParseJsonArray(std::get<2>(file));
    if (!names.has_value())
      return MakeError(Code::STORE_CORRUPT, "quarantined columns do not parse");
    std::vector<std::string> columns;
    for (const auto& name : *names) columns.push_back(name.value_or(""));
    request.pack = pack;
    request.lookups = lookups;
    request.delta = true;
    request.replayed_ids = held_ids[file];
    request.driving.source = std::get<0>(file);
    request.driving.name = std::get<1>(file);
    request.driving.open = [columns,
                            rows](const v1::Source&) -> StatusOr<std::unique_ptr<RowReader>> {
      return std::unique_ptr<RowReader>(new HeldRows(columns, rows));
    };
    ASSIGN_OR_RETURN(IngestSummary summary, Ingest(context, request));
    outcome.released += summary.released;
    outcome.runs.push_back(std::move(summary));
  }
  outcome.still_bad = outcome.tried - outcome.not_replayable - outcome.released;
  return outcome;
}

}  // namespace tombolo::node
