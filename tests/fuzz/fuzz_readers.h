// What the fuzz targets of the readers do with an input: the same functions run the corpus as an
// ordinary test.
//
// The first byte of an input chooses options, the rest is the file. Each function ends the program
// if a promise is broken: a cell that is not UTF-8, a row without number, columns that do not fit,
// rows that depend on block sizes, down to what a bad row shows of itself.
//
// Ownership: plain values. Thread-safety: one thread. Errors: abort.
#ifndef TOMBOLO_TESTS_FUZZ_FUZZ_READERS_H_
#define TOMBOLO_TESTS_FUZZ_FUZZ_READERS_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/readers/detect.h"
#include "adapters/readers/encoding.h"
#include "adapters/readers/reader_limits.h"
#include "adapters/readers/transcode.h"
#include "gateway/base/text.h"

namespace tombolo::fuzz {

inline void Promise(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "promise broken: %s\n", what);
  std::abort();
}

// Everything that a reader gives, as one text; checks each row.
inline std::string ReadWhole(std::string_view bytes, const readers::ReaderOptions& options,
                             size_t block_bytes) {
  readers::ReaderLimits limits;
  limits.block_bytes = block_bytes;
  limits.sample_bytes = 4 * limits::kKiB;
  limits.cell_bytes_max = 200;
  limits.row_bytes_max = 1000;
  limits.archive_unpacked_bytes_max = limits::kMiB;
  auto reader = readers::OpenBytesWith(readers::BytesOf(std::string(bytes)), options, "f", limits);
  if (!reader.ok()) {
    Promise(CodeOf(reader.status()) != Code::INTERNAL, "an outward code at opening");
    return std::string(NameOf(CodeOf(reader.status())));
  }
  std::string all;
  Row row;
  for (uint64_t number = 1;; ++number) {
    const StatusOr<bool> more = (*reader)->Next(&row);
    if (!more.ok()) {
      Promise(CodeOf(more.status()) != Code::INTERNAL, "an outward code");
      return all + std::string(NameOf(CodeOf(more.status())));
    }
    if (!*more) return all;
    Promise(row.number == number, "rows are numbered");
    Promise(IsUtf8(row.raw), "raw text is UTF-8");
    if (row.faults.empty()) {
      Promise(row.cells.size() == (*reader)->columns().size(), "cells fit the columns");
    } else {
      all.append(row.raw).push_back('^');
    }
    for (const std::string_view cell : row.cells) {
      Promise(IsUtf8(cell), "cells are UTF-8");
      if (row.faults.empty()) all.append(cell).push_back('|');
    }
    for (const Fault& fault : row.faults) {
      Promise(IsUtf8(fault.value) && IsUtf8(fault.reason), "faults are UTF-8");
      all.append(NameOf(fault.code)).append(fault.column).append(fault.value).push_back('!');
    }
    all.push_back('\n');
  }
}

// The rows do not depend on how the bytes come.
inline void SameInAnyBlocks(std::string_view bytes, const readers::ReaderOptions& options) {
  const std::string large = ReadWhole(bytes, options, 64 * limits::kKiB);
  Promise(ReadWhole(bytes, options, 64 * limits::kKiB) == large, "the same twice");
  // The first block of CSV chooses whether CR ends lines, so only without one it makes no odds.
  if (options.format != readers::Format::kCsv || bytes.find('\r') == std::string_view::npos) {
    const std::string small = ReadWhole(bytes, options, 64);
    // How much of a tag that never ends is looked at depends on the blocks.
    const bool huge_tag = small.ends_with(NameOf(Code::ROW_TOO_LARGE)) ||
                          large.ends_with(NameOf(Code::ROW_TOO_LARGE));
    Promise(huge_tag || small == large, "the same in small blocks");
  }
}

inline void FuzzCsv(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input[0]);
  readers::ReaderOptions options;
  static constexpr char kDelimiters[] = {',', '\t', '|', 0};
  options.delimiter = kDelimiters[choice & 3];
  options.lazy_quotes = (choice & 4) != 0;
  options.header = (choice & 8) == 0;
  options.ragged = (choice & 16) != 0 ? readers::Ragged::kPad : readers::Ragged::kQuarantine;
  static constexpr const char* kEncodings[] = {"UTF-8", "GB18030", "UTF-16LE", ""};
  options.encoding = kEncodings[choice >> 5 & 3];
  SameInAnyBlocks(input.substr(1), options);
}

inline void FuzzXml(std::string_view input) {
  readers::ReaderOptions options;
  options.format = readers::Format::kXml;
  options.row_path = "/A/B";
  options.columns = {{"x", ""}, {"y", "S/@y"}, {"all", "."}, {"d", "../../A/H/d"}};
  SameInAnyBlocks(input, options);
}

inline void FuzzJson(std::string_view input) {
  if (input.empty()) return;
  readers::ReaderOptions options;
  const bool lines = (input[0] & 1) != 0;
  options.format = lines ? readers::Format::kNdjson : readers::Format::kJson;
  options.encoding = "UTF-8";
  options.row_path = lines ? "" : (input[0] & 2) != 0 ? "/rows/*" : "/*";
  options.columns = {{"a", ""}, {"b", "b.c[0]"}, {"all", "."}};
  if (!lines) options.columns.push_back({"d", "/d"});
  SameInAnyBlocks(input.substr(1), options);
}

// A stream of `encoding` as UTF-8, without the markers, whose offsets are near enough only.
inline std::string Transcoded(std::string_view bytes, const readers::Encoding& encoding,
                              size_t block_bytes) {
  auto source = readers::TranscodingSource::Create(readers::BytesOf(std::string(bytes)), encoding,
                                                   block_bytes);
  std::string all;
  std::string block(block_bytes, '\0');
  for (;;) {
    const StatusOr<size_t> n = (*source)->Read(block.data(), block.size());
    Promise(n.ok(), "bytes in memory can be read");
    if (*n == 0) return readers::WithoutMarkers(all);
    Promise(IsUtf8({block.data(), *n}), "a stream is cut between characters");
    all.append(block, 0, *n);
  }
}

inline void FuzzEncoding(std::string_view input) {
  if (input.empty()) return;
  const auto& all = readers::AllEncodings();
  const readers::Encoding& encoding = all[static_cast<unsigned char>(input[0]) % all.size()];
  input.remove_prefix(1);
  auto decoder = readers::Decoder::Create(encoding);
  if (!decoder.ok()) return;
  std::string out;
  readers::BadBytes bad;
  const bool good = (*decoder)->Decode(input, &out, &bad);
  Promise(IsUtf8(out), "decoded text is UTF-8");
  Promise(good || (bad.offset < input.size() && !bad.bytes.empty()), "the bad run is named");
  if (encoding.kind == readers::EncodingKind::kUtf8) {
    Promise(good == IsUtf8(input), "both checks of UTF-8 agree");
  }
  Promise(Transcoded(input, encoding, 16) == Transcoded(input, encoding, limits::kKiB),
          "the same text in small blocks");
  readers::RankEncodings(input);
}

}  // namespace tombolo::fuzz

#endif  // TOMBOLO_TESTS_FUZZ_FUZZ_READERS_H_
