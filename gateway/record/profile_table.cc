#include "gateway/record/profile_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::record {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class TableParser {
 public:
  TableParser(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  bool AtEnd() const { return at_ >= text_.size(); }
  size_t line() const { return line_; }

  // Skips one line if it is empty or a comment.
  bool SkipBlankLine() {
    const size_t end = text_.find('\n', at_);
    const std::string_view line = text_.substr(at_, end - at_);
    if (!line.empty() && line != "\r" && line.front() != '#') return false;
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    ++line_;
    return true;
  }

  Status Refuse(absl::string_view why) const { return RefuseAt(line_, why); }
  Status RefuseAt(size_t line, absl::string_view why) const {
    return MakeError(Code::CONFIG_SYNTAX, absl::StrCat(ToAbsl(file_), ", line ", line, ": ", why));
  }

  StatusOr<std::vector<std::string>> ReadRow() {
    std::vector<std::string> cells;
    while (true) {
      std::string cell;
      if (Peek() == '"') {
        RETURN_IF_ERROR(ReadQuoted(&cell));
      } else {
        while (Peek() != '\n' && Peek() != ',' && !AtEnd() && !AtCrLf()) {
          if (Peek() == '"') return Refuse("a quote stands inside a cell that is not quoted");
          if (Peek() == '\r') return Refuse("a carriage return stands alone");
          cell.push_back(text_[at_++]);
        }
      }
      cells.push_back(std::move(cell));
      if (Peek() != ',') break;
      ++at_;
    }
    if (AtCrLf()) ++at_;
    if (!AtEnd()) {
      if (Peek() != '\n') return Refuse("text follows a closing quote");
      ++at_;
      ++line_;
    }
    return cells;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool AtCrLf() const { return text_.compare(at_, 2, "\r\n") == 0; }

  Status ReadQuoted(std::string* cell) {
    ++at_;
    while (true) {
      if (AtEnd()) return Refuse("a quote is opened and not closed");
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c == '"') {
        if (Peek() != '"') return absl::OkStatus();
        ++at_;
      }
      cell->push_back(c);
    }
  }

  std::string_view text_;
  std::string_view file_;
  size_t at_ = 0;
  size_t line_ = 1;
};

}  // namespace

StatusOr<std::vector<TableRow>> ParseTable(std::string_view text, std::string_view file,
                                           const std::vector<std::string_view>& header,
                                           size_t required, size_t rows_max) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  TableParser parser(text, file);
  if (!IsUtf8(text)) return parser.Refuse("the file is not UTF-8");
  std::vector<TableRow> rows;
  size_t columns = 0;
  while (!parser.AtEnd()) {
    if (parser.SkipBlankLine()) continue;
    const size_t line = parser.line();
    ASSIGN_OR_RETURN(std::vector<std::string> cells, parser.ReadRow());
    if (columns == 0) {
      columns = cells.size();
      bool fits = columns >= required && columns <= header.size();
      for (size_t i = 0; fits && i < columns; ++i) fits = cells[i] == header[i];
      if (!fits) {
        return parser.RefuseAt(line, "the header is not the one that such a table must have");
      }
      continue;
    }
    if (cells.size() != columns) {
      return parser.RefuseAt(line,
                             absl::StrCat(cells.size(), " cells where the header has ", columns));
    }
    if (rows.size() >= rows_max) {
      return MakeError(Code::LIMIT_EXCEEDED,
                       absl::StrCat(ToAbsl(file), ": more than ", rows_max, " rows"));
    }
    cells.resize(header.size());
    rows.push_back({line, std::move(cells)});
  }
  if (columns == 0) return parser.Refuse("the table has no header");
  return rows;
}

}  // namespace tombolo::record
