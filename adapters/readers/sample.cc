#include "adapters/readers/sample.h"

#include <algorithm>
#include <map>

#include "adapters/readers/csv_scan.h"

namespace tombolo::readers {
namespace {

constexpr std::string_view kDelimiters = ",;\t|";
constexpr size_t kRecordsLooked = 200;
constexpr size_t kPrologBytes = 200;

// How many of the first records of `text` (with slack behind it) share the most frequent number of
// cells, if that is at least two.
size_t Agreement(const std::string& text, size_t size, Dialect dialect) {
  std::map<size_t, size_t> widths;
  Record record;
  size_t at = 0;
  for (size_t i = 0; i < kRecordsLooked && at < size; ++i) {
    const ScanResult result =
        ScanRecord(text.data() + at, text.data() + size, true, dialect, &record);
    if (result != ScanResult::kRow || !record.terminated) break;
    if (record.text_size > 0) ++widths[record.cells_total];
    at += record.size;
  }
  size_t best = 0;
  for (const auto& [width, count] : widths) {
    if (width >= 2) best = std::max(best, count);
  }
  return best;
}

}  // namespace

std::string DecodeSample(std::string_view sample, const Encoding& encoding) {
  std::string out;
  StatusOr<std::unique_ptr<Decoder>> decoder = Decoder::Create(encoding);
  if (!decoder.ok()) return std::string(sample);
  (*decoder)->Decode(sample, &out, nullptr);
  if (out.starts_with("\xEF\xBB\xBF")) out.erase(0, 3);
  return out;
}

std::string DeclaredXmlEncoding(std::string_view sample) {
  if (sample.starts_with("\xEF\xBB\xBF")) return "UTF-8";
  const std::string_view prolog = sample.substr(0, sample.substr(0, kPrologBytes).find("?>"));
  if (!prolog.starts_with("<?xml")) {
    const bool utf16 = sample.starts_with("\xFF\xFE") || sample.starts_with("\xFE\xFF") ||
                       sample.substr(0, 2).find('\0') != std::string_view::npos;
    return utf16 ? "" : "UTF-8";
  }
  size_t at = prolog.find("encoding");
  if (at == std::string_view::npos) return "UTF-8";
  at = prolog.find_first_of("'\"", at);
  if (at == std::string_view::npos) return "UTF-8";
  const size_t end = prolog.find(prolog[at], at + 1);
  if (end == std::string_view::npos) return "UTF-8";
  return std::string(prolog.substr(at + 1, end - at - 1));
}

char GuessDelimiter(std::string_view sample, const Encoding& encoding,
                    const ReaderOptions& options) {
  std::string text = DecodeSample(sample, encoding);
  const size_t size = text.size();
  text.append(kScanSlack, '\0');
  Dialect dialect;
  dialect.quote = options.quote;
  dialect.line_end = text.find('\n') == std::string::npos ? '\r' : '\n';
  dialect.lazy_quotes = true;
  dialect.cell_bytes_max = dialect.row_bytes_max = size;
  dialect.columns_max = limits::kColumnsMax;
  char best = ',';
  size_t best_count = 0;
  for (const char delimiter : kDelimiters) {
    dialect.delimiter = delimiter;
    const size_t count = Agreement(text, size, dialect);
    if (count > best_count) best = delimiter, best_count = count;
  }
  return best;
}

StatusOr<std::string> TextBeyondAscii(const FileSource& file, uint64_t from,
                                      const ReaderLimits& limits) {
  std::string found;
  std::string block(limits.block_bytes, '\0');
  const uint64_t end = std::min<uint64_t>(static_cast<uint64_t>(file.identity().size_bytes),
                                          from + limits.sample_scan_bytes_max);
  for (uint64_t at = from; at < end && found.size() < limits.sample_bytes;) {
    ASSIGN_OR_RETURN(const size_t n, file.ReadAt(at, block.data(), block.size()));
    if (n == 0) break;
    const std::string_view text(block.data(), n);
    at += n;
    if (IsAscii(text)) continue;
    // Whole lines only, so that no character is cut.
    const size_t first = text.find('\n');
    const size_t last = text.rfind('\n');
    if (first == std::string_view::npos || first == last) continue;
    found.append(text.substr(first + 1, last - first));
  }
  return found;
}

}  // namespace tombolo::readers
