#include "adapters/readers/row_builder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/readers/encoding.h"
#include "adapters/readers/transcode.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr size_t kSpareRows = 64;

}  // namespace

RowBuilder::RowBuilder(const CompiledPaths* paths, const ReaderLimits& limits, const bool* marked,
                       std::string encoding)
    : paths_(paths),
      limits_(limits),
      marked_(marked),
      encoding_(std::move(encoding)),
      seen_(paths->columns.size(), 0),
      place_(paths->columns.size(), 0),
      row_(std::make_unique<Built>()),
      current_(std::make_unique<Built>()) {
  for (const CompiledPaths::Context& context : paths->contexts) {
    contexts_.push_back({context.column, context.scope_depth, nullptr});
  }
}

void RowBuilder::ClearContexts(int scope_depth_min) {
  for (Context& context : contexts_) {
    if (context.scope_depth >= scope_depth_min) context.text = nullptr;
  }
}

void RowBuilder::SetContext(size_t column, std::string_view text) {
  for (Context& context : contexts_) {
    if (context.column == column) context.text = std::make_shared<const std::string>(text);
  }
}

void RowBuilder::Begin(uint64_t line) {
  in_row_ = true;
  overflow_ = false;
  row_->number = ++rows_;
  row_->line = line;
  row_->raw.clear();
  row_->text.clear();
  row_->cells.clear();
  row_->faults.clear();
  row_->contexts.clear();
  for (const Context& context : contexts_) {
    if (context.text != nullptr) row_->contexts.push_back(context);
  }
}

bool RowBuilder::Overflow() {
  overflow_ = true;
  AddFault(Code::ROW_TOO_LARGE, "", "",
           absl::StrCat("the row has more than ", limits_.row_bytes_max, " bytes"));
  return true;
}

RowBuilder::CellRef* RowBuilder::Find(size_t column) {
  return seen_[column] == rows_ ? &row_->cells[place_[column]] : nullptr;
}

void RowBuilder::Add(const CellRef& cell) {
  seen_[cell.column] = rows_;
  place_[cell.column] = row_->cells.size();
  row_->cells.push_back(cell);
}

void RowBuilder::CellFromRaw(size_t column, size_t begin, size_t size) {
  if (Overflowed()) return;
  if (Find(column) != nullptr) {
    AddFault(Code::JSON_MALFORMED, paths_->columns[column], row_->raw.substr(begin, size),
             "the name stands twice in its object");
    return;
  }
  if (size > limits_.cell_bytes_max) return CellTooLarge(column);
  Add({column, begin, size, true});
}

void RowBuilder::Cell(size_t column, std::string_view text, Again again) {
  if (Overflowed()) return;
  CellRef* const old = Find(column);
  if (old != nullptr && again == Again::kFault) {
    AddFault(Code::JSON_MALFORMED, paths_->columns[column], text,
             "the name stands twice in its object");
    return;
  }
  const size_t size = text.size() + (old == nullptr ? 0 : old->size + 1);
  if (size > limits_.cell_bytes_max) return CellTooLarge(column);
  const size_t begin = row_->text.size();
  if (old != nullptr) {
    const std::string before(TextOf(*row_, *old));
    absl::StrAppend(&row_->text, before, "\n");
    *old = {column, begin, size, false};
  }
  row_->text.append(text);
  if (old == nullptr) Add({column, begin, size, false});
  Overflowed();
}

void RowBuilder::CellTooLarge(size_t column) {
  AddFault(Code::CELL_TOO_LARGE, paths_->columns[column], "",
           absl::StrCat("column ", paths_->columns[column], " has more than ",
                        limits_.cell_bytes_max, " bytes"));
}

void RowBuilder::AddFault(Code code, std::string column, std::string_view value,
                          std::string_view reason) {
  if (row_->faults.size() >= limits::kFaultsPerRowMax) return;
  row_->faults.push_back(
      {code, std::move(column),
       std::string(Utf8Prefix(WithoutMarkers(WellFormedPrefix(value, value.size())),
                              limits::kFaultValueBytesMax)),
       absl::StrCat("row ", row_->number,
                    row_->line == 0 ? "" : absl::StrCat(" (line ", row_->line, ")"), ": ",
                    ToAbsl(reason))});
}

bool RowBuilder::MarkFault(const std::string& column, std::string_view text) {
  const auto marked = FindMarker(text);
  if (!marked) return false;
  const std::string where = column.empty() ? "" : absl::StrCat("column ", column, ": ");
  AddFault(Code::ENCODING_INVALID, column, text,
           marked->bytes.empty()
               ? absl::StrCat(where, "a code point of U+FDD0 to U+FDEF, which is no character")
               : absl::StrCat(where, "bytes ", ToHex(marked->bytes), " at byte ", marked->offset,
                              " of the file are not valid ", encoding_));
  return true;
}

void RowBuilder::Note(std::string_view text) {
  // Once: how text is cut into pieces depends on the parser's chunks.
  if (!in_row_ || !MayHaveMarkers() || noted_ == rows_) return;
  if (MarkFault("", text)) noted_ = rows_;
}

void RowBuilder::CheckMarkers() {
  const size_t before = row_->faults.size();
  for (const CellRef& cell : row_->cells) {
    MarkFault(paths_->columns[cell.column], TextOf(*row_, cell));
  }
  if (row_->faults.size() == before) MarkFault("", row_->raw);
  for (const Context& context : row_->contexts) {
    MarkFault(paths_->columns[context.column], *context.text);
  }
  if (row_->faults.size() == before) return;
  DropCells();
  row_->contexts.clear();
  row_->raw = WithoutMarkers(row_->raw.empty() ? row_->text : row_->raw);
}

void RowBuilder::DropCells() { row_->cells.clear(); }

void RowBuilder::ReplaceRaw(std::string_view text) { row_->raw.assign(text); }

std::string_view RowBuilder::TextOf(const Built& built, const CellRef& cell) const {
  return std::string_view(cell.in_raw ? built.raw : built.text).substr(cell.begin, cell.size);
}

void RowBuilder::End() {
  in_row_ = false;
  // Of a row that is too large only a part was kept, and not always the same one: no further faults
  // then.
  if (!Overflowed() && MayHaveMarkers()) CheckMarkers();
  if (overflow_) {
    DropCells();
    // How much was kept beyond the limit depends on the parser's chunks.
    const size_t shown = std::min(limits::kRawShownBytesMax, limits_.row_bytes_max);
    row_->raw = WithoutMarkers(WellFormedPrefix(row_->raw, shown));
    row_->text.clear();
  }
  queue_.push_back(std::move(row_));
  if (spare_.empty()) {
    row_ = std::make_unique<Built>();
  } else {
    row_ = std::move(spare_.back());
    spare_.pop_back();
  }
}

void RowBuilder::FaultLast(Code code, std::string_view raw, std::string_view reason) {
  row_.swap(queue_.back());
  AddFault(code, "", raw, reason);
  DropCells();
  row_->contexts.clear();
  row_->raw = WithoutMarkers(raw);
  row_.swap(queue_.back());
}

// For formats without a text of their own for a row: `name=value` lines.
void RowBuilder::MakeRaw(Built* built) {
  built->raw.reserve(2 * built->text.size());
  for (const CellRef& cell : built->cells) {
    built->raw.append(paths_->columns[cell.column]).push_back('=');
    built->raw.append(TextOf(*built, cell)).push_back('\n');
  }
}

void RowBuilder::Pop(Row* row) {
  if (spare_.size() < kSpareRows) spare_.push_back(std::move(current_));
  current_ = std::move(queue_.front());
  queue_.pop_front();
  if (current_->raw.empty()) MakeRaw(current_.get());
  row->number = current_->number;
  row->line = current_->line;
  row->raw = current_->raw;
  row->faults = current_->faults;
  row->cells.assign(paths_->columns.size(), std::string_view());
  const auto put = [row](size_t column, std::string_view text) {
    // An empty cell that is there must not look absent.
    row->cells[column] = text.data() == nullptr ? std::string_view("") : text;
  };
  for (const CellRef& cell : current_->cells) put(cell.column, TextOf(*current_, cell));
  for (const Context& context : current_->contexts) put(context.column, *context.text);
}

}  // namespace tombolo::readers
