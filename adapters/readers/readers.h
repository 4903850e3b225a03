// Bytes in, rows out: opens CSV, XML, JSON and NDJSON files, plain, gzip or zip, in many encodings.
//
// Each format has one streaming reader; memory does not grow with the file. Sources: RFC 4180
// (CSV), RFC 8259 (JSON), XML 1.0 fifth edition with Namespaces 1.0, RFC 1952 (gzip), PKWARE
// APPNOTE (zip), WHATWG Encoding (labels).
//
// Ownership: the caller owns what is returned; Open keeps the file open until the reader is gone.
// Thread-safety: the functions are; a reader is for one thread.
// Errors: FILE_*, ARCHIVE_*, ENCODING_UNKNOWN, HEADER_MISSING, XML_*, JSON_MALFORMED,
// NESTING_TOO_DEEP, IO_ERROR,
//   INVALID_ARGUMENT for options that contradict each other. Trouble with one row is a Fault of
//   that row.
#ifndef TOMBOLO_ADAPTERS_READERS_READERS_H_
#define TOMBOLO_ADAPTERS_READERS_READERS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/rows.h"

namespace tombolo::readers {

// kCsv stands for every text of delimited cells; TSV is kCsv with the delimiter '\t'.
enum class Format { kCsv, kXml, kJson, kNdjson };
std::string_view FormatName(Format format);  // "csv", "xml", "json", "ndjson"

// A row with fewer or more cells than the header. kPad: missing cells are absent, extra ones are
// dropped if empty.
enum class Ragged { kQuarantine, kPad };

// A column and where its value stands.
struct ColumnPath {
  std::string name;
  // XML, relative to the row's element: `Scores/Hygiene`, `@id`, `Site/@lat`, `.` (the element's
  // own text),
  //   `{http://x.example/ns}Local`; a name without {} fits any namespace. If the path occurs
  //   several times in a row, the values are joined with a line feed. xsi:nil="true" makes the cell
  //   absent.
  // JSON: `a.b[0].c`, `.` (the row itself); `./a.b/0` with slashes where a key has dots or brackets
  // in it. Strings are
  //   unescaped, numbers keep their source text, true and false are text, null is absent, objects
  //   and arrays are JSON text without blanks.
  // Both: `../../Header/Date` goes up from the row, `/Root/Header/Date` starts at the top; such a
  // value must stand
  //   before the row and is forgotten when the element that it shares with the row begins again.
  // Empty: the name is the path. CSV does not use it.
  std::string path;
};

struct ReaderOptions {
  Format format = Format::kCsv;
  // A label such as "UTF-8", "GB18030", "cp949", "windows-1252"; "" or "auto" looks at the bytes
  // (docs in detect.h). For XML, "" takes the prolog's word.
  std::string encoding;
  char delimiter = ',';  // 0: the best of , ; tab |
  char quote = '"';      // 0: no quoting
  bool header = true;
  uint32_t preamble_lines = 0;  // physical lines before the header (or before the first row)
  std::vector<std::string>
      header_match;  // instead: the header is the first row that has all these cells
  // CSV without header: the names (optional). CSV with header: names that must be there, else
  // HEADER_MISSING. XML, JSON, NDJSON: required, since names cannot be discovered while streaming.
  std::vector<ColumnPath> columns;
  // XML: `/A/B/C`, names as in ColumnPath. JSON: `/records/*` (`*` is any element of an array, or
  // any member of an object), `/data/rows/*/items/*`, "" for the whole document. NDJSON: "".
  std::string row_path;
  Ragged ragged = Ragged::kQuarantine;
  bool lazy_quotes =
      false;           // a quote inside a quoted cell that is not followed by a delimiter is text
  std::string member;  // zip: name or pattern (* ?) of the member; empty: the only one that fits
};

// The file at `path`. Rows come from the bytes as they were when it was opened, else FILE_CHANGED.
StatusOr<std::unique_ptr<RowReader>> Open(const std::string& path, const ReaderOptions& options);
// Any bytes (standard input, memory); gzip is unpacked, zip is refused as it needs a file.
// `display_name` is for messages.
StatusOr<std::unique_ptr<RowReader>> OpenBytes(std::unique_ptr<ByteSource> bytes,
                                               const ReaderOptions& options,
                                               const std::string& display_name);
// Bytes that are in memory already. Copies `bytes`.
std::unique_ptr<ByteSource> BytesOf(std::string bytes);

// What a look at the first rows suggests; `tombolo pack new` drafts a pack from it.
struct SampleGuess {
  ReaderOptions options;               // ready to open the file with
  std::vector<std::string> row_paths;  // XML, JSON: candidates, best first
  std::vector<std::string> encodings;  // candidates, best first
  std::vector<std::string> notes;      // what a person should look at
};
// ENCODING_UNKNOWN, FORMAT_UNKNOWN, FILE_*, ARCHIVE_*.
StatusOr<SampleGuess> Guess(const std::string& path);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_READERS_H_
