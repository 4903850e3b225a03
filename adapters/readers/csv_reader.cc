#include "adapters/readers/csv_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/readers/transcode.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kGb18030Mark = "\x84\x31\x95\x33";

// Whether rows can be cut before they are decoded.
bool CanCutFirst(const Encoding& encoding, const ReaderOptions& options) {
  return encoding.CanCutAt('\n') && encoding.CanCutAt('\r') &&
         encoding.CanCutAt(options.delimiter) &&
         (options.quote == 0 || encoding.CanCutAt(options.quote));
}

Status CheckOptions(const ReaderOptions& options, const std::string& name) {
  const auto bad = [](char c) {
    return c == '\n' || c == '\r' || static_cast<unsigned char>(c) >= 0x80;
  };
  if (options.delimiter == 0 || bad(options.delimiter) || bad(options.quote) ||
      options.delimiter == options.quote) {
    return MakeError(Code::INVALID_ARGUMENT,
                     absl::StrCat(name,
                                  ": delimiter and quote must be two different ASCII "
                                  "characters that are no line end"));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<RowReader>> CsvReader::Create(ReaderInput input,
                                                       const ReaderOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options, input.name));
  const bool cut_first = CanCutFirst(*input.encoding, options);
  if (!cut_first) {
    ASSIGN_OR_RETURN(input.source,
                     TranscodingSource::Create(std::move(input.source), *input.encoding,
                                               input.limits.block_bytes));
  }
  std::unique_ptr<CsvReader> reader(new CsvReader(std::move(input), options));
  RETURN_IF_ERROR(reader->Init(!cut_first));
  return std::unique_ptr<RowReader>(std::move(reader));
}

Status CsvReader::Init(bool marked) {
  const ReaderLimits& limits = input_.limits;
  dialect_.delimiter = options_.delimiter;
  dialect_.quote = options_.quote;
  dialect_.lazy_quotes = options_.lazy_quotes;
  dialect_.cell_bytes_max = limits.cell_bytes_max;
  dialect_.row_bytes_max = limits.row_bytes_max;
  dialect_.columns_max = limits.columns_max;
  marked_ = marked;
  direct_ = marked || input_.encoding->kind == EncodingKind::kUtf8;
  ASSIGN_OR_RETURN(decoder_, Decoder::Create(direct_ ? AllEncodings().front() : *input_.encoding));
  buffer_.resize(2 * limits.block_bytes + kScanSlack);
  while (end_ < limits.block_bytes && !ended_ && late_.ok()) {
    const Status filled = Fill();
    if (end_ == 0) RETURN_IF_ERROR(filled);
    late_ = filled;
  }
  if (!marked_) {
    const std::string_view start(buffer_.data(), end_);
    if (direct_ && start.starts_with(kUtf8Mark)) Advance(kUtf8Mark.size());
    if (!direct_ && start.starts_with(kGb18030Mark)) Advance(kGb18030Mark.size());
  }
  FindLineEnds();
  return ReadHeader();
}

Status CsvReader::Fill() {
  RETURN_IF_ERROR(late_);
  if (pos_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + pos_, end_ - pos_);
    end_ -= pos_;
    pos_ = 0;
  }
  size_t free = buffer_.size() - kScanSlack - end_;
  if (free < input_.limits.block_bytes) {
    // ScanRecord gives up beyond the largest row, so this stays bounded by twice that.
    buffer_.resize(2 * buffer_.size());
    free = buffer_.size() - kScanSlack - end_;
  }
  ASSIGN_OR_RETURN(const size_t n, input_.source->Read(buffer_.data() + end_, free));
  end_ += n;
  ended_ = n == 0;
  return absl::OkStatus();
}

void CsvReader::FindLineEnds() {
  bool quoted = false;
  bool lone_cr = false;
  for (size_t i = pos_; i < end_; ++i) {
    const char c = buffer_[i];
    if (dialect_.quote != 0 && c == dialect_.quote) quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') return;
    if (c == '\r') lone_cr = true;
  }
  if (lone_cr) dialect_.line_end = '\r';
}

void CsvReader::Advance(size_t size) {
  pos_ += size;
  offset_ += size;
}

Status CsvReader::SkipLine() {
  for (;;) {
    const auto* const found = static_cast<const char*>(
        std::memchr(buffer_.data() + pos_, dialect_.line_end, end_ - pos_));
    if (found != nullptr) {
      Advance(static_cast<size_t>(found - buffer_.data()) + 1 - pos_);
      ++line_;
      break;
    }
    Advance(end_ - pos_);
    if (ended_) break;
    RETURN_IF_ERROR(Fill());
  }
  if (dialect_.line_end == '\r') {
    if (pos_ == end_ && !ended_) RETURN_IF_ERROR(Fill());
    if (pos_ < end_ && buffer_[pos_] == '\n') Advance(1);
  }
  skipping_ = false;
  return absl::OkStatus();
}

StatusOr<ScanResult> CsvReader::ScanNext() {
  if (skipping_) RETURN_IF_ERROR(SkipLine());
  if (behind_large_ && dialect_.quote != 0) {
    doubtful_until_ = std::max(doubtful_until_, offset_ + dialect_.cell_bytes_max);
  }
  behind_large_ = false;
  for (;;) {
    if (pos_ == end_ && ended_) return ScanResult::kEnd;
    const ScanResult result =
        ScanRecord(buffer_.data() + pos_, buffer_.data() + end_, ended_, dialect_, &record_);
    if (result == ScanResult::kNeedMore) {
      RETURN_IF_ERROR(Fill());
      continue;
    }
    // So that what a broken row shows of itself does not depend on where the block ends.
    const bool shown = result != ScanResult::kRow && result != ScanResult::kOpenQuote;
    if (shown && end_ - pos_ < limits::kRawShownBytesMax && !ended_ && late_.ok()) {
      late_ = Fill();
      continue;
    }
    if (result == ScanResult::kRow && record_.text_size == 0) {
      Advance(record_.size);
      ++line_;
      continue;
    }
    row_line_ = line_;
    row_offset_ = offset_;
    if (result == ScanResult::kOpenQuote) {
      const std::string_view before(buffer_.data() + pos_, record_.quote_at);
      const auto lines = std::count(before.begin(), before.end(), dialect_.line_end);
      return MakeError(Code::FILE_TRUNCATED,
                       absl::StrCat(input_.name, ": row ", rows_ + 1, " (line ", line_,
                                    "): the file ends inside the quoted cell of column ",
                                    ColumnName(record_.broken_cell), ", opened in line ",
                                    line_ + static_cast<uint64_t>(lines),
                                    "; get the file again, or close the quote there"));
    }
    return result;
  }
}

StatusOr<bool> CsvReader::Next(Row* row) {
  ScanResult result = pending_result_;
  if (!pending_) {
    ASSIGN_OR_RETURN(result, ScanNext());
  }
  pending_ = false;
  if (result == ScanResult::kEnd) return false;
  Deliver(result, row);
  return true;
}

}  // namespace tombolo::readers
