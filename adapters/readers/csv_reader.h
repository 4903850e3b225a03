// Rows of delimited text (RFC 4180 and the dialects met in the field).
//
// What is a row: a record ends with LF or CRLF; with CR alone if no LF stands outside quotes in the
// file's first block. Empty lines are not rows. A quote is special only at the start of a cell;
// text after the closing quote is CSV_QUOTE unless lazy_quotes. After a broken quote reading goes
// on at the line after the one that opened it; after a row that is too large, at the next line end.
// What then stands up to the place where the quote was found broken may be the inside of that cell,
// so a bare quote there is CSV_QUOTE too; likewise for the size of a cell behind a row that was too
// large. Encodings in which delimiter, quote, CR and LF are never
// part of another character are cut first and decoded cell by cell, so that a broken character
// cannot swallow a delimiter; others come through TranscodingSource.
//
// Ownership: owns the source. Thread-safety: one thread per object. Errors: see readers.h.
#ifndef TOMBOLO_ADAPTERS_READERS_CSV_READER_H_
#define TOMBOLO_ADAPTERS_READERS_CSV_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/csv_scan.h"
#include "adapters/readers/encoding.h"
#include "adapters/readers/reader_limits.h"
#include "adapters/readers/readers.h"
#include "gateway/base/rows.h"

namespace tombolo::readers {

// What every reader is made from.
struct ReaderInput {
  std::unique_ptr<ByteSource>
      source;  // unpacked bytes from the start, with a byte order mark if it has one
  const Encoding* encoding = nullptr;
  std::function<uint64_t()> bytes_consumed;  // of the file on disk
  std::string name;                          // for messages
  ReaderLimits limits;
};

class CsvReader : public RowReader {
 public:
  // Reads the preamble and the header.
  static StatusOr<std::unique_ptr<RowReader>> Create(ReaderInput input,
                                                     const ReaderOptions& options);

  const std::vector<std::string>& columns() const override { return columns_; }
  StatusOr<bool> Next(Row* row) override;
  uint64_t BytesConsumed() const override { return input_.bytes_consumed(); }
  std::string encoding() const override { return std::string(input_.encoding->name); }

 private:
  CsvReader(ReaderInput input, const ReaderOptions& options)
      : input_(std::move(input)), options_(options) {}
  Status Init(bool marked);
  Status ReadHeader();
  StatusOr<bool> FindHeader(Row* row);
  Status TakeHeader(const Row& row);
  Status NameColumnsByWidth();
  Status CheckRequired() const;
  Status Missing(const std::string& what) const;

  Status Fill();
  void FindLineEnds();
  // Scans the next record that is not an empty line into record_; kEnd at the end of the file.
  StatusOr<ScanResult> ScanNext();
  Status SkipLine();
  void Advance(size_t size);

  // The record in record_ as `*row`; moves on behind it.
  void Deliver(ScanResult result, Row* row);
  void DeliverBroken(ScanResult result, Row* row);
  void FillDirect(std::string_view text, Row* row);
  void FillDecoded(std::string_view text, Row* row);
  void CheckEncoding(std::string_view text, Row* row);
  void CheckNul(Row* row);
  void CheckMarkers(Row* row);
  void CheckSizes(Row* row);
  void CheckBareQuotes(std::string_view text, Row* row);
  void AddEncodingFault(size_t cell, std::string_view value, uint64_t offset,
                        std::string_view bytes, Row* row);
  void AddFault(Code code, size_t cell, std::string_view value, std::string reason, Row* row);
  void SetLossyRaw(std::string_view text, Row* row);
  std::string ColumnName(size_t index) const;
  std::string Where() const;
  std::string_view Unquote(const RawCell& cell, std::string_view content);

  ReaderInput input_;
  ReaderOptions options_;
  std::unique_ptr<Decoder> decoder_;
  bool direct_ = true;   // rows are UTF-8 as they stand
  bool marked_ = false;  // the source is a TranscodingSource
  Dialect dialect_;
  std::vector<std::string> columns_;
  size_t width_ = 0;  // cells a row must have; 0 before the header is known
  std::vector<char> buffer_;
  size_t pos_ = 0;
  size_t end_ = 0;
  bool ended_ = false;
  Status late_;            // of a read whose earlier bytes are still to be used
  bool skipping_ = false;  // the rest of a line that is too large is still to be skipped
  uint64_t offset_ = 0;    // of buffer_[pos_] in the unpacked source
  uint64_t line_ = 1;      // of buffer_[pos_]
  uint64_t rows_ = 0;
  uint64_t row_line_ = 0;
  uint64_t row_offset_ = 0;
  uint64_t doubtful_until_ = 0;  // offset up to which lines may be the inside of a broken cell
  bool behind_large_ = false;    // the next row follows one that was too large
  Record record_;
  bool pending_ = false;  // record_ was scanned for the width and is still to be delivered
  ScanResult pending_result_ = ScanResult::kEnd;
  std::string text_;  // decoded or unquoted cells of the row
  std::string raw_;
  struct Span {
    size_t begin = 0;
    size_t size = 0;
  };
  std::vector<Span> spans_;  // of the decoded cells in raw_
};

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_CSV_READER_H_
