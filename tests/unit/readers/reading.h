// Reads everything of some bytes and keeps copies, for the tests of readers.
//
// Ownership: plain values. Thread-safety: plain values. Errors: in Reading::status.
#ifndef TOMBOLO_TESTS_UNIT_READERS_READING_H_
#define TOMBOLO_TESTS_UNIT_READERS_READING_H_

#include <iconv.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/readers/reader_limits.h"
#include "adapters/readers/readers.h"

namespace tombolo::readers::testing {

struct ReadRow {
  uint64_t number = 0;
  uint64_t line = 0;
  std::vector<std::string> cells;  // "<absent>" for an absent one
  std::vector<Fault> faults;
  std::string raw;
  // The codes of the faults, by comma.
  std::string Codes() const {
    std::string out;
    for (const Fault& f : faults) out += (out.empty() ? "" : ",") + std::string(NameOf(f.code));
    return out;
  }
};

struct Reading {
  Status status;  // of opening or of the end
  bool opened = false;
  std::vector<std::string> columns;
  std::vector<ReadRow> rows;
  std::string encoding;
  uint64_t consumed = 0;

  size_t bad() const {
    size_t n = 0;
    for (const ReadRow& row : rows) n += row.faults.empty() ? 0 : 1;
    return n;
  }
  // Sound rows as "a|b;c|d"; a bad row as "!CODE".
  std::string Text() const {
    std::string out;
    for (const ReadRow& row : rows) {
      if (!out.empty()) out += ";";
      if (!row.faults.empty()) {
        out += "!" + row.Codes();
        continue;
      }
      for (size_t i = 0; i < row.cells.size(); ++i) out += (i == 0 ? "" : "|") + row.cells[i];
    }
    return out;
  }
};

inline Reading Drain(StatusOr<std::unique_ptr<RowReader>> reader) {
  Reading out;
  if (!reader.ok()) {
    out.status = reader.status();
    return out;
  }
  out.opened = true;
  out.columns = (*reader)->columns();
  Row row;
  for (;;) {
    const StatusOr<bool> more = (*reader)->Next(&row);
    if (!more.ok()) out.status = more.status();
    if (!more.ok() || !*more) break;
    ReadRow copy{row.number, row.line, {}, row.faults, std::string(row.raw)};
    for (const std::string_view cell : row.cells) {
      copy.cells.push_back(cell.data() == nullptr ? "<absent>" : std::string(cell));
    }
    out.rows.push_back(std::move(copy));
  }
  out.encoding = (*reader)->encoding();
  out.consumed = (*reader)->BytesConsumed();
  return out;
}

// Bytes in pieces of `piece_bytes`, so that every boundary is met.
class PieceSource : public ByteSource {
 public:
  PieceSource(std::string bytes, size_t piece_bytes)
      : bytes_(std::move(bytes)), piece_bytes_(piece_bytes) {}
  StatusOr<size_t> Read(char* out, size_t size) override {
    const size_t n = std::min({size, piece_bytes_, bytes_.size() - at_});
    bytes_.copy(out, n, at_);
    at_ += n;
    return n;
  }

 private:
  std::string bytes_;
  size_t piece_bytes_;
  size_t at_ = 0;
};

inline Reading ReadBytes(std::string bytes, const ReaderOptions& options,
                         const ReaderLimits& limits = ReaderLimits()) {
  return Drain(OpenBytesWith(BytesOf(std::move(bytes)), options, "test", limits));
}

inline Reading ReadCsv(std::string bytes) {
  ReaderOptions options;
  options.encoding = "UTF-8";
  return ReadBytes(std::move(bytes), options);
}

inline ReaderOptions Tree(Format format, std::string row_path, std::vector<ColumnPath> columns) {
  ReaderOptions options;
  options.format = format;
  options.row_path = std::move(row_path);
  options.columns = std::move(columns);
  return options;
}

// UTF-8 into another encoding by iconv, for making test files.
inline std::string Encode(std::string_view text, const char* to) {
  const iconv_t cd = iconv_open(to, "UTF-8");
  std::string out(text.size() * 4 + 16, '\0');
  char* in = const_cast<char*>(text.data());
  size_t in_left = text.size();
  char* at = out.data();
  size_t left = out.size();
  const bool good = iconv(cd, &in, &in_left, &at, &left) != static_cast<size_t>(-1);
  iconv_close(cd);
  out.resize(good ? out.size() - left : 0);
  return out;
}

}  // namespace tombolo::readers::testing

#endif  // TOMBOLO_TESTS_UNIT_READERS_READING_H_
