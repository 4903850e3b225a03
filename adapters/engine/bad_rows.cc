#include "adapters/engine/bad_rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

BadRow BadRowOf(const v1::Source& source, const RowReader& reader, const Row& row) {
  BadRow bad;
  bad.source = source.name();
  bad.number = row.number;
  bad.line = row.line;
  bad.raw = row.raw;
  bad.cells = row.cells;
  bad.columns = reader.columns();
  return bad;
}

}  // namespace

Status BadRows::Send(BadRow bad) {
  Status sent = sink_->OnBadRow(std::move(bad));
  sink_failed_ = !sent.ok();
  return sent;
}

Status BadRows::Unreadable(const RowReader& reader, const Row& row) {
  if (unreadable_.Has(row.number)) return absl::OkStatus();
  unreadable_.Set(row.number);
  BadRow bad = BadRowOf(source_, reader, row);
  bad.faults = row.faults;
  return Send(std::move(bad));
}

Status BadRows::Tell(const Note& note, const RowReader& reader, const Row& row) {
  BadRow bad = BadRowOf(source_, reader, row);
  bad.query = note.query;
  bad.natural_key = note.natural_key;
  bad.faults = note.faults;
  return Send(std::move(bad));
}

Status BadRows::TellLater(Note note, const std::vector<uint64_t>& rows) {
  const auto shared = std::make_shared<const Note>(std::move(note));
  for (const uint64_t row : rows) {
    waiting_.push_back({row, shared});
    if (waiting_.size() >= limits::kPendingFaultsMax) RETURN_IF_ERROR(Pass(nullptr, {}));
  }
  return absl::OkStatus();
}

Status BadRows::Finish(const RowBits& claimed, bool find_unclaimed, std::string_view why) {
  Note unclaimed;
  unclaimed.faults.push_back(
      {Code::ROW_UNCLAIMED, "", "",
       absl::StrCat("no SELECT of the pack claims this row and no rule leaves it out",
                    why.empty() ? "" : "; ", ToAbsl(why))});
  return Pass(find_unclaimed ? &claimed : nullptr, unclaimed);
}

Status BadRows::Pass(const RowBits* claimed, const Note& unclaimed) {
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const Waiting& a, const Waiting& b) { return a.row < b.row; });
  ASSIGN_OR_RETURN(const std::unique_ptr<RowReader> reader, file_.open(source_));
  auto next = waiting_.cbegin();
  Row row;
  while (claimed != nullptr || next != waiting_.cend()) {
    ASSIGN_OR_RETURN(const bool more, reader->Next(&row));
    if (!more) {
      read_to_end_ = true;
      break;
    }
    rows_passed_ = std::max(rows_passed_, row.number);
    RETURN_IF_ERROR(PassRow(*reader, row, claimed, unclaimed, &next));
  }
  waiting_.clear();
  return absl::OkStatus();
}

Status BadRows::PassRow(const RowReader& reader, const Row& row, const RowBits* claimed,
                        const Note& unclaimed, std::vector<Waiting>::const_iterator* next) {
  for (; *next != waiting_.cend() && (*next)->row <= row.number; ++*next) {
    if ((*next)->row == row.number) RETURN_IF_ERROR(Tell(*(*next)->note, reader, row));
  }
  if (!row.faults.empty()) return Unreadable(reader, row);
  if (claimed == nullptr || claimed->Has(row.number)) return absl::OkStatus();
  return Tell(unclaimed, reader, row);
}

}  // namespace tombolo::engine
