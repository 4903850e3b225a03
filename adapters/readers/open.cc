// Opening: what is it packed in, which encoding, which reader.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/readers/archives.h"
#include "adapters/readers/csv_reader.h"
#include "adapters/readers/detect.h"
#include "adapters/readers/reader_limits.h"
#include "adapters/readers/readers.h"
#include "adapters/readers/sample.h"
#include "adapters/readers/sources.h"
#include "adapters/readers/tree_reader.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

bool IsAuto(const std::string& label) {
  return label.empty() || absl::EqualsIgnoreCase(label, "auto");
}

StatusOr<const Encoding*> ChooseEncoding(const ReaderOptions& options, std::string_view sample,
                                         const std::string& name) {
  StatusOr<const Encoding*> found(nullptr);
  if (absl::EqualsIgnoreCase(options.encoding, "utf-16") ||
      absl::EqualsIgnoreCase(options.encoding, "utf16")) {
    // The mark tells the order; little-endian without one, as Windows writes it.
    return FindEncoding(sample.starts_with("\xFE\xFF") ? "UTF-16BE" : "UTF-16LE");
  }
  const std::string declared =
      options.format == Format::kXml && IsAuto(options.encoding) ? DeclaredXmlEncoding(sample) : "";
  if (!IsAuto(options.encoding)) {
    found = FindEncoding(options.encoding);
  } else if (!declared.empty()) {
    found = FindEncoding(declared);
  } else {
    found = DetectEncoding(sample);
  }
  if (found.ok()) return found;
  return MakeError(CodeOf(found.status()),
                   absl::StrCat(name, ": ", ToAbsl(ToStd(found.status().message()))));
}

StatusOr<std::unique_ptr<RowReader>> MakeReader(ReaderInput input, ReaderOptions options,
                                                std::string_view sample) {
  if (sample.empty()) {
    return MakeError(Code::FILE_EMPTY,
                     absl::StrCat(input.name, ": the file is empty; get it again"));
  }
  ASSIGN_OR_RETURN(input.encoding, ChooseEncoding(options, sample, input.name));
  if (options.format != Format::kCsv) return CreateTreeReader(std::move(input), options);
  if (options.delimiter == 0) options.delimiter = GuessDelimiter(sample, *input.encoding, options);
  return CsvReader::Create(std::move(input), options);
}

// Looks at the start of `source`, unpacks it if it is gzip, and puts the start back.
StatusOr<std::unique_ptr<RowReader>> OpenStream(std::unique_ptr<ByteSource> source,
                                                const ReaderOptions& options,
                                                const std::string& name, const ReaderLimits& limits,
                                                std::function<uint64_t()> consumed,
                                                const FileSource* file) {
  Status late;
  ASSIGN_OR_RETURN(std::string sample, ReadUpTo(source.get(), limits.sample_bytes, &late));
  ReaderInput input;
  const bool zip = PackingOf(sample) == Packing::kZip;
  if (zip) {
    return MakeError(Code::ARCHIVE_INVALID,
                     absl::StrCat(name,
                                  ": is a zip file inside another stream; zip needs a file, "
                                  "so save it and name the file"));
  }
  auto replay = std::make_unique<ReplaySource>(sample, std::move(source), late);
  if (consumed == nullptr) consumed = [raw = replay.get()] { return raw->consumed(); };
  input.source = std::move(replay);
  if (PackingOf(sample) == Packing::kGzip) {
    late = absl::OkStatus();
    ASSIGN_OR_RETURN(auto unpacked, OpenGzip(std::move(input.source), name, limits));
    ASSIGN_OR_RETURN(sample, ReadUpTo(unpacked.get(), limits.sample_bytes, &late));
    input.source = std::make_unique<ReplaySource>(sample, std::move(unpacked), late);
  } else if (file != nullptr && IsAscii(sample)) {
    ASSIGN_OR_RETURN(const std::string more, TextBeyondAscii(*file, sample.size(), limits));
    sample += more;
  }
  input.bytes_consumed = std::move(consumed);
  input.name = name;
  input.limits = limits;
  return MakeReader(std::move(input), options, sample);
}

}  // namespace

std::string_view FormatName(Format format) {
  switch (format) {
    case Format::kCsv:
      return "csv";
    case Format::kXml:
      return "xml";
    case Format::kJson:
      return "json";
    case Format::kNdjson:
      return "ndjson";
  }
  return "";
}

std::unique_ptr<ByteSource> BytesOf(std::string bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

StatusOr<std::unique_ptr<RowReader>> OpenWith(const std::string& path, const ReaderOptions& options,
                                              const ReaderLimits& limits) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileSource> file, FileSource::Open(path));
  std::string magic(4, '\0');
  ASSIGN_OR_RETURN(const size_t n, file->ReadAt(0, magic.data(), magic.size()));
  magic.resize(n);
  if (PackingOf(magic) == Packing::kZip) {
    ASSIGN_OR_RETURN(ZipMember member, OpenZip(std::move(file), options, limits));
    return OpenStream(std::move(member.source), options, path, limits,
                      std::move(member.bytes_consumed), nullptr);
  }
  const FileSource* const raw = file.get();
  return OpenStream(
      std::move(file), options, path, limits, [raw] { return raw->consumed(); }, raw);
}

StatusOr<std::unique_ptr<RowReader>> OpenBytesWith(std::unique_ptr<ByteSource> bytes,
                                                   const ReaderOptions& options,
                                                   const std::string& display_name,
                                                   const ReaderLimits& limits) {
  return OpenStream(std::move(bytes), options, display_name, limits, nullptr, nullptr);
}

StatusOr<std::unique_ptr<RowReader>> Open(const std::string& path, const ReaderOptions& options) {
  return OpenWith(path, options, ReaderLimits());
}

StatusOr<std::unique_ptr<RowReader>> OpenBytes(std::unique_ptr<ByteSource> bytes,
                                               const ReaderOptions& options,
                                               const std::string& display_name) {
  return OpenBytesWith(std::move(bytes), options, display_name, ReaderLimits());
}

}  // namespace tombolo::readers
