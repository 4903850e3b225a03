// A draft of options from a look at a file.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/readers/archives.h"
#include "adapters/readers/csv_scan.h"
#include "adapters/readers/detect.h"
#include "adapters/readers/reader_limits.h"
#include "adapters/readers/readers.h"
#include "adapters/readers/sample.h"
#include "adapters/readers/shape.h"
#include "adapters/readers/sources.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr size_t kRowsLooked = 200;
constexpr std::string_view kBlanks = " \t\r\n";

struct Sample {
  std::string bytes;
  std::string for_encoding;  // with more text beyond ASCII, if the start has none
  bool whole = false;
};

StatusOr<Sample> TakeSample(const std::string& path, const ReaderLimits& limits) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileSource> file, FileSource::Open(path));
  std::string magic(4, '\0');
  ASSIGN_OR_RETURN(const size_t n, file->ReadAt(0, magic.data(), magic.size()));
  magic.resize(n);
  const Packing packing = PackingOf(magic);
  const FileSource* const raw = file.get();
  std::unique_ptr<ByteSource> source;
  if (packing == Packing::kZip) {
    ReaderOptions any;
    ASSIGN_OR_RETURN(ZipMember member, OpenZip(std::move(file), any, limits));
    source = std::move(member.source);
  } else if (packing == Packing::kGzip) {
    ASSIGN_OR_RETURN(source, OpenGzip(std::move(file), path, limits));
  } else {
    source = std::move(file);
  }
  Sample sample;
  Status late;
  ASSIGN_OR_RETURN(sample.bytes, ReadUpTo(source.get(), limits.sample_bytes, &late));
  sample.whole = sample.bytes.size() < limits.sample_bytes && late.ok();
  sample.for_encoding = sample.bytes;
  if (packing == Packing::kPlain && IsAscii(sample.bytes)) {
    ASSIGN_OR_RETURN(const std::string more, TextBeyondAscii(*raw, sample.bytes.size(), limits));
    sample.for_encoding += more;
  }
  return sample;
}

Format FormatOf(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return Format::kCsv;
  if (text[first] == '<') return Format::kXml;
  if (text[first] == '[') return Format::kJson;
  if (text[first] != '{') return Format::kCsv;
  // A document a line: the first line closes what it opens, and another follows.
  const size_t end = text.find('\n', first);
  if (end == std::string_view::npos) return Format::kJson;
  const std::string_view line = Trim(text.substr(first, end - first));
  const size_t next = text.find_first_not_of(kBlanks, end);
  return line.ends_with('}') && next != std::string_view::npos && text[next] == '{'
             ? Format::kNdjson
             : Format::kJson;
}

bool LooksLikeNumber(std::string_view cell) {
  return !cell.empty() && cell.find_first_not_of("0123456789.,-+/: ") == std::string_view::npos;
}

struct Line {
  std::vector<std::string> cells;
  size_t lines_before = 0;
};

std::vector<Line> FirstRecords(std::string text, const ReaderOptions& options) {
  const size_t size = text.size();
  Dialect dialect;
  dialect.delimiter = options.delimiter;
  dialect.quote = options.quote;
  dialect.line_end = text.find('\n') == std::string::npos ? '\r' : '\n';
  dialect.lazy_quotes = true;
  dialect.cell_bytes_max = dialect.row_bytes_max = size;
  dialect.columns_max = limits::kColumnsMax;
  text.append(kScanSlack, '\0');
  std::vector<Line> out;
  Record record;
  size_t lines = 0;
  for (size_t at = 0; at < size && out.size() < kRowsLooked; at += record.size) {
    const char* const begin = text.data() + at;
    if (ScanRecord(begin, text.data() + size, true, dialect, &record) != ScanResult::kRow) break;
    Line line;
    line.lines_before = lines;
    for (const RawCell& cell : record.cells) {
      line.cells.emplace_back(Trim({begin + cell.begin, cell.size}));
    }
    if (record.text_size > 0) out.push_back(std::move(line));
    lines += record.lines;
  }
  return out;
}

// The first row of the usual width whose cells are all there, differ, and are no numbers.
bool IsHeader(const Line& line, size_t width) {
  if (line.cells.size() != width) return false;
  std::set<std::string> seen;
  size_t named = 0;
  for (const std::string& cell : line.cells) {
    if (LooksLikeNumber(cell)) return false;
    named += !cell.empty() && seen.insert(cell).second ? 1 : 0;
  }
  return named * 10 >= width * 9;
}

size_t UsualWidth(const std::vector<Line>& lines) {
  std::map<size_t, size_t> widths;
  for (const Line& line : lines) ++widths[line.cells.size()];
  size_t best = 1;
  size_t count = 0;
  for (const auto& [width, times] : widths) {
    if (times >= count) best = width, count = times;
  }
  return best;
}

Status GuessCsv(const Sample& sample, const std::string& text, const Encoding& encoding,
                const std::string& path, SampleGuess* guess) {
  ReaderOptions& options = guess->options;
  options.delimiter = GuessDelimiter(sample.bytes, encoding, options);
  const std::vector<Line> lines = FirstRecords(text, options);
  const size_t width = UsualWidth(lines);
  const auto header = std::find_if(lines.begin(), lines.end(),
                                   [&](const Line& line) { return IsHeader(line, width); });
  options.header = header != lines.end();
  if (options.header) {
    options.preamble_lines = static_cast<uint32_t>(header->lines_before);
  } else {
    guess->notes.push_back("no header row was recognised; name the columns");
  }
  if (width == 1) guess->notes.push_back("only one column; is the delimiter another one?");
  options.encoding = std::string(encoding.name);
  ASSIGN_OR_RETURN(auto reader, OpenBytes(BytesOf(sample.bytes), options, path));
  for (const std::string& name : reader->columns()) options.columns.push_back({name, ""});
  return absl::OkStatus();
}

Status GuessTree(const std::string& text, const std::string& path, SampleGuess* guess) {
  ReaderOptions& options = guess->options;
  const bool xml = options.format == Format::kXml;
  if (options.format == Format::kNdjson) {
    // As if the lines were one array.
    std::string joined = "[";
    for (const char c : text) joined.append(c == '\n' ? "," : std::string(1, c));
    const Shape shape = ShapeOfJson(joined);
    options.columns = ColumnsOf(shape, "/*", options.format);
  } else {
    const Shape shape = xml ? ShapeOfXml(text) : ShapeOfJson(text);
    guess->row_paths = RowPaths(shape);
    if (guess->row_paths.empty()) {
      return MakeError(Code::FORMAT_UNKNOWN,
                       absl::StrCat(path,
                                    ": nothing repeats in the first bytes, so there is no "
                                    "row to be seen; name the row path"));
    }
    options.row_path = guess->row_paths.front();
    options.columns = ColumnsOf(shape, options.row_path, options.format);
  }
  if (options.columns.size() > limits::kColumnsMax) options.columns.resize(limits::kColumnsMax);
  return absl::OkStatus();
}

}  // namespace

StatusOr<SampleGuess> Guess(const std::string& path) {
  const ReaderLimits limits;
  ASSIGN_OR_RETURN(const Sample sample, TakeSample(path, limits));
  if (sample.bytes.empty()) {
    return MakeError(Code::FILE_EMPTY, absl::StrCat(path, ": the file is empty; get it again"));
  }
  SampleGuess guess;
  std::vector<Candidate> ranked = RankEncodings(sample.for_encoding);
  const StatusOr<const Encoding*> sure = DetectEncoding(sample.for_encoding);
  const bool xml = sample.bytes.find("<?xml") < 4;
  if (xml && !DeclaredXmlEncoding(sample.bytes).empty()) {
    ASSIGN_OR_RETURN(const Encoding* declared, FindEncoding(DeclaredXmlEncoding(sample.bytes)));
    ranked = {{declared, 1}};
  } else if (!sure.ok()) {
    if (ranked.empty()) {
      return MakeError(CodeOf(sure.status()), absl::StrCat(path, ": ", sure.status().message()));
    }
    guess.notes.push_back("the encoding is not certain; look at the text");
  }
  for (const Candidate& candidate : ranked) guess.encodings.emplace_back(candidate.encoding->name);
  const Encoding& encoding = *ranked.front().encoding;
  guess.options.encoding = std::string(encoding.name);
  const std::string text = DecodeSample(sample.bytes, encoding);
  guess.options.format = FormatOf(text);
  if (guess.options.format == Format::kCsv) {
    RETURN_IF_ERROR(GuessCsv(sample, text, encoding, path, &guess));
  } else {
    RETURN_IF_ERROR(GuessTree(text, path, &guess));
  }
  return guess;
}

}  // namespace tombolo::readers
