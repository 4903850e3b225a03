// A scanned record as a row: decoding, unquoting, and every fault of the row.
#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/readers/csv_reader.h"
#include "adapters/readers/transcode.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

std::string CsvReader::ColumnName(size_t index) const {
  return index < columns_.size() ? columns_[index] : absl::StrCat("number ", index + 1);
}

std::string CsvReader::Where() const {
  return width_ == 0 ? absl::StrCat("line ", row_line_)
                     : absl::StrCat("row ", rows_, " (line ", row_line_, ")");
}

void CsvReader::AddFault(Code code, size_t cell, std::string_view value, std::string reason,
                         Row* row) {
  if (row->faults.size() >= limits::kFaultsPerRowMax) return;
  row->faults.push_back({code, cell < columns_.size() ? columns_[cell] : "",
                         std::string(Utf8Prefix(value, limits::kFaultValueBytesMax)),
                         absl::StrCat(Where(), ": ", reason)});
}

void CsvReader::AddEncodingFault(size_t cell, std::string_view value, uint64_t offset,
                                 std::string_view bytes, Row* row) {
  AddFault(Code::ENCODING_INVALID, cell, value,
           absl::StrCat("column ", ColumnName(cell), ": bytes ", ToHex(bytes), " at byte ", offset,
                        " of the file are not valid ", ToAbsl(input_.encoding->name)),
           row);
}

void CsvReader::Deliver(ScanResult result, Row* row) {
  row->number = ++rows_;
  row->line = row_line_;
  row->cells.clear();
  row->faults.clear();
  row->raw = {};
  text_.clear();
  raw_.clear();
  if (result != ScanResult::kRow) return DeliverBroken(result, row);
  const std::string_view text(buffer_.data() + pos_, record_.text_size);
  if (direct_ || IsAscii(text)) {
    FillDirect(text, row);
  } else {
    FillDecoded(text, row);
  }
  if (std::memchr(text.data(), 0, text.size()) != nullptr) CheckNul(row);
  if (row_offset_ < doubtful_until_) CheckBareQuotes(text, row);
  CheckSizes(row);
  Advance(record_.size);
  line_ += record_.lines;
}

std::string_view CsvReader::Unquote(const RawCell& cell, std::string_view content) {
  if (!cell.doubled) return content;
  const size_t begin = text_.size();
  for (size_t i = 0; i < content.size(); ++i) {
    text_.push_back(content[i]);
    if (content[i] == dialect_.quote && i + 1 < content.size() && content[i + 1] == content[i]) ++i;
  }
  return std::string_view(text_).substr(begin);
}

void CsvReader::FillDirect(std::string_view text, Row* row) {
  text_.reserve(text.size());  // views into text_ must stay where they are
  row->raw = text;
  row->cells.reserve(record_.cells.size());
  for (const RawCell& cell : record_.cells) {
    const std::string_view content = text.substr(cell.begin, cell.size);
    row->cells.push_back(cell.doubled ? Unquote(cell, content) : content);
  }
  if (FirstInvalidUtf8(text) != std::string_view::npos) CheckEncoding(text, row);
  if (marked_ && FindMarker(text)) CheckMarkers(row);
}

void CsvReader::CheckEncoding(std::string_view text, Row* row) {
  std::string shown;
  for (size_t i = 0; i < record_.cells.size(); ++i) {
    const RawCell& cell = record_.cells[i];
    const std::string_view content = text.substr(cell.begin, cell.size);
    BadBytes bad;
    shown.clear();
    if (decoder_->Decode(content, &shown, &bad)) continue;
    AddEncodingFault(i, shown, row_offset_ + cell.begin + bad.offset, bad.bytes, row);
    row->cells[i] = {};
  }
  if (row->faults.empty()) {
    // Beyond the columns that are kept.
    AddFault(Code::ENCODING_INVALID, columns_.size(), "", "bytes that are not valid UTF-8", row);
  }
  SetLossyRaw(text, row);
}

void CsvReader::CheckMarkers(Row* row) {
  for (size_t i = 0; i < row->cells.size(); ++i) {
    const auto marked = FindMarker(row->cells[i]);
    if (!marked) continue;
    AddEncodingFault(i, WithoutMarkers(row->cells[i]), marked->offset, marked->bytes, row);
    row->cells[i] = {};
  }
  if (row->faults.empty()) {
    AddFault(Code::ENCODING_INVALID, columns_.size(), "", "bytes that cannot be decoded", row);
  }
  raw_ = WithoutMarkers(row->raw);
  row->raw = raw_;
}

void CsvReader::FillDecoded(std::string_view text, Row* row) {
  spans_.clear();
  size_t at = 0;
  for (size_t i = 0; i < record_.cells.size(); ++i) {
    const RawCell& cell = record_.cells[i];
    raw_.append(text.substr(at, cell.begin - at));
    const size_t begin = raw_.size();
    const std::string_view content = text.substr(cell.begin, cell.size);
    at = cell.begin + cell.size;
    BadBytes bad;
    if (!decoder_->Decode(content, &raw_, &bad)) {
      AddEncodingFault(i, std::string_view(raw_).substr(begin),
                       row_offset_ + cell.begin + bad.offset, bad.bytes, row);
    }
    spans_.push_back({begin, raw_.size() - begin});
  }
  if (at < text.size()) decoder_->Decode(text.substr(at), &raw_, nullptr);
  text_.reserve(raw_.size());
  row->raw = raw_;
  for (size_t i = 0; i < spans_.size(); ++i) {
    row->cells.push_back(
        Unquote(record_.cells[i], row->raw.substr(spans_[i].begin, spans_[i].size)));
  }
}

void CsvReader::CheckNul(Row* row) {
  for (size_t i = 0; i < row->cells.size(); ++i) {
    const std::string_view cell = row->cells[i];
    const size_t at = cell.find('\0');
    if (at == std::string_view::npos) continue;
    AddFault(Code::ENCODING_INVALID, i, cell.substr(0, at),
             absl::StrCat("column ", ColumnName(i), ": a NUL byte stands in the cell"), row);
  }
  if (row->faults.empty()) {
    AddFault(Code::ENCODING_INVALID, columns_.size(), "", "a NUL byte stands in the row", row);
  }
  std::string shown(row->raw);
  for (size_t at = shown.find('\0'); at != std::string::npos; at = shown.find('\0', at)) {
    shown.replace(at, 1, kReplacement);
  }
  // Cells may be views of raw_, which changes now.
  for (std::string_view& cell : row->cells) cell = {};
  raw_ = std::move(shown);
  row->raw = raw_;
}

void CsvReader::CheckBareQuotes(std::string_view text, Row* row) {
  for (size_t i = 0; i < record_.cells.size(); ++i) {
    const RawCell& cell = record_.cells[i];
    if (cell.quoted) continue;
    if (text.substr(cell.begin, cell.size).find(dialect_.quote) == std::string_view::npos) continue;
    AddFault(Code::CSV_QUOTE, i, row->cells[i],
             absl::StrCat("column ", ColumnName(i), ": a bare quote behind a broken one; the line ",
                          "may be part of the cell above"),
             row);
  }
}

void CsvReader::CheckSizes(Row* row) {
  for (size_t i = 0; i < record_.cells.size(); ++i) {
    if (record_.cells[i].size <= input_.limits.cell_bytes_max) continue;
    AddFault(Code::CELL_TOO_LARGE, i, row->cells[i],
             absl::StrCat("column ", ColumnName(i), " has ", record_.cells[i].size,
                          " bytes; the limit is ", input_.limits.cell_bytes_max),
             row);
  }
  if (width_ == 0 || record_.cells_total == width_) return;
  if (record_.cells_total < width_ && options_.ragged == Ragged::kPad) {
    row->cells.resize(width_);
    return;
  }
  const bool kept_all = row->cells.size() == record_.cells_total;
  if (options_.ragged == Ragged::kPad && kept_all &&
      std::all_of(row->cells.begin() + static_cast<ptrdiff_t>(width_), row->cells.end(),
                  [](std::string_view cell) { return cell.empty(); })) {
    row->cells.resize(width_);
    return;
  }
  const bool cut = !record_.terminated && record_.cells_total < width_;
  AddFault(Code::CSV_RAGGED, columns_.size(), "",
           absl::StrCat(record_.cells_total, " cells where the header has ", width_,
                        cut ? "; the file ends here without a line end, so it may be cut off" : ""),
           row);
  row->cells.resize(width_);
}

void CsvReader::SetLossyRaw(std::string_view text, Row* row) {
  raw_.clear();
  decoder_->Decode(text, &raw_, nullptr);
  if (marked_) raw_ = WithoutMarkers(raw_);
  row->raw = raw_;
}

void CsvReader::DeliverBroken(ScanResult result, Row* row) {
  const std::string_view rest(buffer_.data() + pos_, end_ - pos_);
  size_t text_size = rest.size();
  size_t taken = rest.size();
  bool skip = !ended_;
  const auto up_to_line_end = [&](size_t from) {
    const size_t at = rest.find(dialect_.line_end, from);
    if (at == std::string_view::npos) return;
    text_size = taken = at;
    if (dialect_.line_end == '\r' && at + 1 == rest.size() && !ended_) return;  // is it CRLF?
    ++taken;
    skip = false;
    if (dialect_.line_end == '\r' && rest.substr(taken).starts_with('\n')) ++taken;
  };
  if (result == ScanResult::kTooLarge) {
    AddFault(Code::ROW_TOO_LARGE, columns_.size(), "",
             absl::StrCat("the row has more than ", input_.limits.row_bytes_max,
                          " bytes; reading goes on at the next line end"),
             row);
    // The first one behind the limit, even if the row was seen to its end.
    up_to_line_end(input_.limits.row_bytes_max);
    behind_large_ = true;
  } else if (result == ScanResult::kTextAfterQuote) {
    AddFault(Code::CSV_QUOTE, record_.broken_cell, "",
             absl::StrCat("column ", ColumnName(record_.broken_cell),
                          ": text follows the closing quote; quotes inside must be doubled"),
             row);
    up_to_line_end(record_.quote_at);
  } else {
    AddFault(record_.multiline ? Code::CSV_QUOTE : Code::CELL_TOO_LARGE, record_.broken_cell, "",
             absl::StrCat("column ", ColumnName(record_.broken_cell), ": the quoted cell is not ",
                          "closed within the limit of ", input_.limits.cell_bytes_max,
                          " bytes; reading goes on at the line after the one that opens it"),
             row);
    // With lazy quotes every line could open such a cell again: going on behind it keeps the work
    // linear.
    up_to_line_end(record_.quote_at + (dialect_.lazy_quotes ? input_.limits.cell_bytes_max : 0));
  }
  if (result != ScanResult::kTooLarge) {
    doubtful_until_ = std::max(doubtful_until_, row_offset_ + record_.broken_at);
  }
  const std::string_view text = rest.substr(0, text_size);
  const bool cut = text.size() > limits::kRawShownBytesMax && direct_;
  SetLossyRaw(cut ? WellFormedPrefix(text, limits::kRawShownBytesMax)
                  : text.substr(0, limits::kRawShownBytesMax),
              row);
  const std::string_view gone = rest.substr(0, taken);
  line_ += static_cast<uint64_t>(std::count(gone.begin(), gone.end(), dialect_.line_end));
  Advance(taken);
  skipping_ = skip;
}

}  // namespace tombolo::readers
