// The header of a delimited file: the preamble before it, the names of the columns.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/readers/csv_reader.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

// Names that are not empty and differ: the second `name` becomes `name_2`, an empty one
// `column_<place>`.
std::vector<std::string> UniqueNames(const std::vector<std::string>& given) {
  std::set<std::string> taken(given.begin(), given.end());
  std::set<std::string> used;
  std::vector<std::string> out;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string base = given[i].empty() ? absl::StrCat("column_", i + 1) : given[i];
    std::string name = base;
    // A made-up name must not take one that the file itself has.
    for (int n = 2; used.contains(name) || (name != given[i] && taken.contains(name)); ++n) {
      name = absl::StrCat(base, "_", n);
    }
    used.insert(name);
    out.push_back(name);
  }
  return out;
}

std::vector<std::string> TrimmedCells(const Row& row) {
  std::vector<std::string> names;
  for (const std::string_view cell : row.cells) names.emplace_back(Trim(cell));
  return names;
}

bool HasAll(const std::vector<std::string>& cells, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    return std::find(cells.begin(), cells.end(), name) != cells.end();
  });
}

// The known name that looks most like `name`.
std::string Nearest(const std::string& name, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = name.size();
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace

Status CsvReader::Missing(const std::string& what) const {
  return MakeError(Code::HEADER_MISSING, absl::StrCat(input_.name, ": ", what));
}

Status CsvReader::ReadHeader() {
  if (pos_ == end_ && ended_) {
    return MakeError(Code::FILE_EMPTY,
                     absl::StrCat(input_.name, ": the file is empty; get it again"));
  }
  for (uint32_t i = 0; i < options_.preamble_lines; ++i) RETURN_IF_ERROR(SkipLine());
  if (!options_.header) return NameColumnsByWidth();
  Row row;
  ASSIGN_OR_RETURN(const bool found, FindHeader(&row));
  if (!found && options_.preamble_lines == 0 && options_.header_match.empty()) {
    return MakeError(Code::FILE_EMPTY,
                     absl::StrCat(input_.name, ": the file has only empty lines; get it again"));
  }
  if (!found) {
    std::string wanted;
    for (const std::string& name : options_.header_match) {
      absl::StrAppend(&wanted, wanted.empty() ? "" : ", ", name);
    }
    return Missing(wanted.empty() ? absl::StrCat("nothing follows the ", options_.preamble_lines,
                                                 " lines before the header")
                                  : absl::StrCat("no row has all of: ", wanted,
                                                 "; look whether the header was renamed"));
  }
  RETURN_IF_ERROR(TakeHeader(row));
  rows_ = 0;
  return CheckRequired();
}

StatusOr<bool> CsvReader::FindHeader(Row* row) {
  for (size_t i = 0; i < limits::kHeaderSearchRowsMax; ++i) {
    ASSIGN_OR_RETURN(const ScanResult result, ScanNext());
    if (result == ScanResult::kEnd) return false;
    Deliver(result, row);
    if (options_.header_match.empty()) return true;
    if (row->faults.empty() && HasAll(TrimmedCells(*row), options_.header_match)) return true;
  }
  return false;
}

Status CsvReader::TakeHeader(const Row& row) {
  if (!row.faults.empty()) {
    const Fault& fault = row.faults.front();
    return MakeError(fault.code, absl::StrCat(input_.name, ": the header row (line ", row_line_,
                                              ") cannot be read: ", fault.reason));
  }
  if (row.cells.size() > input_.limits.columns_max) {
    return MakeError(
        Code::LIMIT_EXCEEDED,
        absl::StrCat(input_.name, ": the header has more than ", input_.limits.columns_max,
                     " columns; is the delimiter the right one?"));
  }
  columns_ = UniqueNames(TrimmedCells(row));
  width_ = columns_.size();
  return absl::OkStatus();
}

Status CsvReader::CheckRequired() const {
  for (const ColumnPath& wanted : options_.columns) {
    if (std::find(columns_.begin(), columns_.end(), wanted.name) != columns_.end()) continue;
    const std::string nearest = Nearest(wanted.name, columns_);
    return Missing(absl::StrCat("the header (line ", row_line_, ") has no column '", wanted.name,
                                "'", nearest.empty() ? "" : "; the nearest is '", nearest,
                                nearest.empty() ? "" : "'"));
  }
  return absl::OkStatus();
}

Status CsvReader::NameColumnsByWidth() {
  std::vector<std::string> names;
  for (const ColumnPath& column : options_.columns) names.push_back(column.name);
  if (names.empty()) {
    ASSIGN_OR_RETURN(pending_result_, ScanNext());
    if (pending_result_ != ScanResult::kRow) {
      return Missing(
          "the first row cannot be read, so the number of columns is not known; "
          "name the columns");
    }
    pending_ = true;
    names.resize(record_.cells_total);
  }
  if (names.size() > input_.limits.columns_max) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat(input_.name, ": more than ", input_.limits.columns_max,
                                  " columns; is the delimiter the right one?"));
  }
  columns_ = UniqueNames(names);
  width_ = columns_.size();
  return absl::OkStatus();
}

}  // namespace tombolo::readers
