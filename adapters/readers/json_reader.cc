// JSON documents and lines of JSON, by boost::json::basic_parser.
#include <boost/json/basic_parser_impl.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/readers/json_rows.h"
#include "adapters/readers/tree_reader.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

namespace json = boost::json;
using Parser = json::basic_parser<JsonRows>;

constexpr std::string_view kBlanks = " \t\r\n";

json::parse_options ParseOptions(const ReaderLimits& limits) {
  json::parse_options options;
  options.max_depth = limits.nesting_max;
  return options;
}

Code CodeOfError(const json::error_code& error) {
  if (error == json::error::too_deep) return Code::NESTING_TOO_DEEP;
  return Code::JSON_MALFORMED;
}

class JsonReader : public TreeReader {
 public:
  JsonReader(ReaderInput input, const ReaderOptions& options, std::unique_ptr<CompiledPaths> paths,
             std::unique_ptr<TranscodingSource> source)
      : TreeReader(std::move(input), std::move(paths), std::move(source)),
        row_path_(options.row_path),
        parser_(ParseOptions(input_.limits), paths_.get(), &builder_,
                input_.limits.cell_bytes_max) {}

 private:
  Status Step() override {
    ASSIGN_OR_RETURN(std::string_view chunk, ReadChunk('\\'));
    if (chunk.empty()) return Finish();
    for (size_t at = chunk.find('\n'); at != std::string_view::npos;
         at = chunk.find('\n', at + 1)) {
      ++lines_;
    }
    if (!started_) {
      const size_t first = chunk.find_first_not_of(kBlanks);
      if (first == std::string_view::npos) return absl::OkStatus();
      if (chunk[first] != '{' && chunk[first] != '[') {
        return Fail(Code::FORMAT_UNKNOWN, "is not JSON: it begins with neither { nor [");
      }
      started_ = true;
    }
    if (!parser_.done()) {
      json::error_code error;
      const size_t n = parser_.write_some(true, chunk.data(), chunk.size(), error);
      if (error) return Malformed(error);
      chunk.remove_prefix(n);
    }
    if (parser_.done() && chunk.find_first_not_of(kBlanks) != std::string_view::npos) {
      return Fail(Code::JSON_MALFORMED,
                  "text follows the end of the document; is it NDJSON, one document a line?");
    }
    return absl::OkStatus();
  }

  Status Finish() {
    done_ = true;
    if (!started_) return Fail(Code::FILE_EMPTY, "the file has only blanks; get it again");
    if (!parser_.done()) {
      return Fail(Code::FILE_TRUNCATED,
                  absl::StrCat("the document ends after ", builder_.rows(),
                               " rows without being closed; get the file again"));
    }
    return CheckParentSeen(parser_.handler().parent_seen(), row_path_);
  }

  Status Malformed(const json::error_code& error) const {
    return Fail(
        CodeOfError(error),
        absl::StrCat("row ", builder_.rows() + (builder_.in_row() ? 0 : 1), " (at or before line ",
                     lines_ + 1, "): the JSON is not well-formed: ", error.message()));
  }

  std::string row_path_;
  Parser parser_;
  bool started_ = false;
  uint64_t lines_ = 0;
};

// Each line a document; a bad line is a bad row.
class NdjsonReader : public TreeReader {
 public:
  NdjsonReader(ReaderInput input, std::unique_ptr<CompiledPaths> paths,
               std::unique_ptr<TranscodingSource> source)
      : TreeReader(std::move(input), std::move(paths), std::move(source)),
        parser_(ParseOptions(input_.limits), paths_.get(), &builder_,
                input_.limits.cell_bytes_max) {}

 private:
  Status Step() override {
    ASSIGN_OR_RETURN(std::string_view chunk, ReadChunk('\\'));
    if (chunk.empty()) {
      done_ = true;
      if (skipping_ || !line_.empty()) Line(line_);
      if (line_number_ == 0) return Fail(Code::FILE_EMPTY, "the file is empty; get it again");
      return absl::OkStatus();
    }
    for (;;) {
      const size_t end = chunk.find('\n');
      if (end == std::string_view::npos) break;
      if (line_.empty() && !skipping_ && end <= input_.limits.row_bytes_max) {
        Line(chunk.substr(0, end));
      } else {
        Keep(chunk.substr(0, end));
        Line(line_);
      }
      line_.clear();
      skipping_ = false;
      chunk.remove_prefix(end + 1);
    }
    Keep(chunk);
    return absl::OkStatus();
  }

  void Keep(std::string_view part) {
    const size_t room = input_.limits.row_bytes_max - line_.size();
    skipping_ = skipping_ || part.size() > room;
    line_.append(part.substr(0, room));
  }

  void Line(std::string_view line) {
    ++line_number_;
    if (line.find_first_not_of(kBlanks) == std::string_view::npos && !skipping_) return;
    const uint64_t rows_before = builder_.rows();
    parser_.reset();
    parser_.handler().Reset(line_number_);
    json::error_code error;
    if (skipping_) {
      Bad(Code::ROW_TOO_LARGE, line, rows_before,
          absl::StrCat("the line has more than ", input_.limits.row_bytes_max, " bytes"));
      return;
    }
    const size_t n = parser_.write_some(false, line.data(), line.size(), error);
    if (error) {
      Bad(CodeOfError(error), line, rows_before,
          absl::StrCat("the line is not well-formed JSON: ", error.message()));
    } else if (line.find_first_not_of(kBlanks, n) != std::string_view::npos) {
      Bad(Code::JSON_MALFORMED, line, rows_before, "text follows the JSON document of the line");
    }
  }

  void Bad(Code code, std::string_view line, uint64_t rows_before, const std::string& reason) {
    const std::string shown = WithoutMarkers(WellFormedPrefix(line, limits::kRawShownBytesMax));
    if (builder_.rows() != rows_before && !builder_.in_row()) {
      builder_.FaultLast(code, shown, reason);
      return;
    }
    if (!builder_.in_row()) builder_.Begin(line_number_);
    builder_.DropCells();
    builder_.AddFault(code, "", shown, reason);
    builder_.ReplaceRaw(shown);
    builder_.End();
  }

  Parser parser_;
  std::string line_;
  bool skipping_ = false;
  uint64_t line_number_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> MakeJsonReader(ReaderInput input, const ReaderOptions& options,
                                          std::unique_ptr<CompiledPaths> paths,
                                          std::unique_ptr<TranscodingSource> source) {
  return std::make_unique<JsonReader>(std::move(input), options, std::move(paths),
                                      std::move(source));
}

std::unique_ptr<RowReader> MakeNdjsonReader(ReaderInput input, std::unique_ptr<CompiledPaths> paths,
                                            std::unique_ptr<TranscodingSource> source) {
  return std::make_unique<NdjsonReader>(std::move(input), std::move(paths), std::move(source));
}

}  // namespace tombolo::readers
