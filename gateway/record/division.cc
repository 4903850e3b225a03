#include "gateway/record/division.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/record/profile_table.h"

namespace tombolo::record {
namespace {

constexpr std::string_view kLevels[] = {"NATION", "PROVINCE", "PREFECTURE", "COUNTY"};

int32_t FirstDay(const Division& division) {
  return division.valid_from.value_or(std::numeric_limits<int32_t>::min());
}

Status Refuse(std::string_view file, size_t line, std::string_view why, std::string_view value) {
  return MakeError(Code::CONFIG_VALUE, absl::StrCat(ToAbsl(file), ", line ", line, ": ",
                                                    ToAbsl(why), ": '", ToAbsl(value), "'"));
}

}  // namespace

Status DivisionTable::AddCsv(std::string_view text, std::string_view file) {
  static const auto* const kHeader = new std::vector<std::string_view>{
      "code", "name", "parent", "level", "valid_from", "valid_to", "successors"};
  ASSIGN_OR_RETURN(std::vector<TableRow> rows,
                   ParseTable(text, file, *kHeader, kHeader->size(), limits::kDivisionRowsMax));
  for (TableRow& row : rows) {
    Division division;
    division.code = std::move(row.cells[0]);
    division.name = std::move(row.cells[1]);
    division.parent = std::move(row.cells[2]);
    division.level = std::move(row.cells[3]);
    if (division.code.empty()) return Refuse(file, row.line, "the code is empty", "");
    if (std::find(std::begin(kLevels), std::end(kLevels), division.level) == std::end(kLevels)) {
      return Refuse(file, row.line, "the level is not NATION, PROVINCE, PREFECTURE or COUNTY",
                    division.level);
    }
    const auto read_day = [](const std::string& cell, std::optional<int32_t>* day) {
      if (cell.empty()) return true;
      *day = ParseIsoDate(cell);
      return day->has_value();
    };
    if (!read_day(row.cells[4], &division.valid_from)) {
      return Refuse(file, row.line, "valid_from is not a date", row.cells[4]);
    }
    if (!read_day(row.cells[5], &division.valid_until)) {
      return Refuse(file, row.line, "valid_to is not a date", row.cells[5]);
    }
    if (division.valid_until.has_value() && *division.valid_until <= FirstDay(division)) {
      return Refuse(file, row.line, "the period ends before it begins", row.cells[5]);
    }
    division.successors =
        std::vector<std::string>(absl::StrSplit(row.cells[6], ' ', absl::SkipEmpty()));
    rows_.push_back(std::move(division));
  }
  return absl::OkStatus();
}

Status DivisionTable::Finish() {
  std::sort(rows_.begin(), rows_.end(), [](const Division& a, const Division& b) {
    return std::forward_as_tuple(a.code, FirstDay(a)) < std::forward_as_tuple(b.code, FirstDay(b));
  });
  index_.clear();
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    const auto [range, fresh] = index_.try_emplace(rows_[i].code, Range{i, i + 1});
    if (fresh) continue;
    range->second.end = i + 1;
    const Division& before = rows_[i - 1];
    if (!before.valid_until.has_value() || *before.valid_until > FirstDay(rows_[i])) {
      return MakeError(Code::CONFIG_VALUE, absl::StrCat("division ", rows_[i].code,
                                                        " has two rows whose periods overlap"));
    }
  }
  for (const Division& division : rows_) {
    if (!division.parent.empty() && !index_.contains(division.parent)) {
      return MakeError(Code::CONFIG_VALUE,
                       absl::StrCat("division ", division.code, " has the parent ", division.parent,
                                    ", which is not in the table"));
    }
    for (const std::string& successor : division.successors) {
      if (index_.contains(successor)) continue;
      return MakeError(Code::CONFIG_VALUE,
                       absl::StrCat("division ", division.code, " has the successor ", successor,
                                    ", which is not in the table"));
    }
  }
  return absl::OkStatus();
}

const Division* DivisionTable::Find(std::string_view code, std::optional<int32_t> day) const {
  const auto range = index_.find(ToAbsl(code));
  if (range == index_.end()) return nullptr;
  for (uint32_t i = range->second.end; i-- > range->second.begin;) {
    const Division& division = rows_[i];
    if (!day.has_value()) return &division;
    if (FirstDay(division) <= *day &&
        (!division.valid_until.has_value() || *day < *division.valid_until)) {
      return &division;
    }
  }
  return nullptr;
}

}  // namespace tombolo::record
