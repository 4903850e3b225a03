#include "adapters/readers/archives.h"

#include <fnmatch.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tombolo::readers {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way to say: gzip header and trailer
constexpr size_t kEndRecordBytes = 22;     // of a zip's end of central directory, without comment
constexpr size_t kZipCommentBytesMax = 65535;

// The bounds of unpacking, the same for both kinds.
class Bounds {
 public:
  Bounds(std::string name, const ReaderLimits& limits) : name_(std::move(name)), limits_(limits) {}

  Status Check(uint64_t packed, uint64_t unpacked) const {
    if (unpacked > limits_.archive_unpacked_bytes_max) {
      return MakeError(
          Code::ARCHIVE_TOO_LARGE,
          absl::StrCat(name_, ": unpacks to more than ", limits_.archive_unpacked_bytes_max,
                       " bytes; unpack and split it yourself if it is sound"));
    }
    if (unpacked > limits_.archive_ratio_floor_bytes &&
        unpacked / std::max<uint64_t>(packed, 1) > limits_.archive_ratio_max) {
      return MakeError(
          Code::ARCHIVE_TOO_LARGE,
          absl::StrCat(name_, ": ", packed, " bytes unpack to ", unpacked, " and more, beyond ",
                       limits_.archive_ratio_max, " times; unpack it yourself if it is sound"));
    }
    return absl::OkStatus();
  }

 private:
  std::string name_;
  ReaderLimits limits_;
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> packed, std::string name, const ReaderLimits& limits)
      : packed_(std::move(packed)),
        name_(std::move(name)),
        bounds_(name_, limits),
        in_(limits.block_bytes, '\0') {}
  ~GzipSource() override {
    if (open_) ::inflateEnd(&stream_);
  }

  Status Init() {
    open_ = ::inflateInit2(&stream_, kGzipOnly) == Z_OK;
    if (open_) return absl::OkStatus();
    return MakeError(Code::INTERNAL, "zlib cannot be initialised");
  }

  StatusOr<size_t> Read(char* out, size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(size, UINT32_MAX));
    const size_t wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && !done_) RETURN_IF_ERROR(Step());
    const size_t n = wanted - stream_.avail_out;
    unpacked_ += n;
    RETURN_IF_ERROR(bounds_.Check(taken_, unpacked_));
    return n;
  }

 private:
  Status Refill() {
    ASSIGN_OR_RETURN(const size_t n, packed_->Read(in_.data(), in_.size()));
    taken_ += n;
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(n);
    ended_ = n == 0;
    return absl::OkStatus();
  }

  Status Step() {
    if (stream_.avail_in == 0 && !ended_) RETURN_IF_ERROR(Refill());
    if (between_) return NextMember();
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      between_ = true;
      return absl::OkStatus();
    }
    if (code == Z_OK) return absl::OkStatus();
    if (code == Z_BUF_ERROR && !ended_) return absl::OkStatus();
    if (code == Z_BUF_ERROR) {
      return MakeError(Code::FILE_TRUNCATED,
                       absl::StrCat(name_, ": the gzip data ends after ", unpacked_,
                                    " unpacked bytes, before its end mark; get the file again"));
    }
    return MakeError(Code::ARCHIVE_INVALID,
                     absl::StrCat(name_, ": the gzip data is damaged after about ", unpacked_,
                                  " unpacked bytes", stream_.msg == nullptr ? "" : ": ",
                                  stream_.msg == nullptr ? "" : stream_.msg));
  }

  // After a member: the end, zero padding (tapes, some tools), or another member.
  Status NextMember() {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
    }
    if (stream_.avail_in == 0) {
      done_ = ended_;
      return absl::OkStatus();
    }
    ::inflateReset(&stream_);
    between_ = false;
    return absl::OkStatus();
  }

  std::unique_ptr<ByteSource> packed_;
  std::string name_;
  Bounds bounds_;
  std::string in_;
  z_stream stream_{};
  uint64_t taken_ = 0;
  uint64_t unpacked_ = 0;
  bool open_ = false;
  bool between_ = false;
  bool ended_ = false;
  bool done_ = false;
};

class ZipSource : public ByteSource {
 public:
  ZipSource(std::unique_ptr<FileSource> file, const ReaderLimits& limits)
      : file_(std::move(file)), name_(file_->path()), bounds_(name_, limits), limits_(limits) {}
  ~ZipSource() override {
    if (member_ != nullptr) ::zip_fclose(member_);
    if (archive_ != nullptr) ::zip_discard(archive_);
  }

  Status Init(const ReaderOptions& options) {
    RETURN_IF_ERROR(CheckDirectory());
    ASSIGN_OR_RETURN(const int fd, file_->Duplicate());
    int error = 0;
    archive_ = ::zip_fdopen(fd, ZIP_CHECKCONS, &error);
    if (archive_ == nullptr) {
      ::close(fd);
      return Invalid("it cannot be read as a zip file");
    }
    ASSIGN_OR_RETURN(const zip_uint64_t index, Choose(options));
    zip_stat_t stat;
    if (::zip_stat_index(archive_, index, 0, &stat) != 0) return Invalid("a member has no size");
    if (stat.encryption_method != ZIP_EM_NONE) {
      return Invalid(absl::StrCat("the member ", stat.name,
                                  " is encrypted; unpack it and give the plain file"));
    }
    packed_bytes_ = stat.comp_size;
    size_ = stat.size;
    RETURN_IF_ERROR(bounds_.Check(packed_bytes_, size_));
    member_ = ::zip_fopen_index(archive_, index, 0);
    if (member_ == nullptr) return Invalid(::zip_strerror(archive_));
    return absl::OkStatus();
  }

  StatusOr<size_t> Read(char* out, size_t size) override {
    const zip_int64_t n = ::zip_fread(member_, out, size);
    if (n < 0) {
      const int code = ::zip_error_code_zip(::zip_file_get_error(member_));
      RETURN_IF_ERROR(file_->CheckUnchanged());
      if (code == ZIP_ER_EOF) return Truncated();
      return Invalid(absl::StrCat("damaged after ", unpacked_,
                                  " unpacked bytes: ", ::zip_file_strerror(member_)));
    }
    unpacked_ += static_cast<uint64_t>(n);
    RETURN_IF_ERROR(bounds_.Check(packed_bytes_, unpacked_));
    if (unpacked_ > size_) return Invalid("the member is larger than the zip file says");
    if (n == 0 && size > 0) {
      RETURN_IF_ERROR(file_->CheckUnchanged());
      if (unpacked_ != size_) return Truncated();
    }
    return static_cast<size_t>(n);
  }

  uint64_t consumed() const {
    if (size_ == 0) return packed_bytes_;
    const double share = static_cast<double>(unpacked_) / static_cast<double>(size_);
    return static_cast<uint64_t>(share * static_cast<double>(packed_bytes_));
  }

 private:
  Status Invalid(const std::string& what) const {
    return MakeError(Code::ARCHIVE_INVALID, absl::StrCat(name_, ": ", what));
  }
  Status Truncated() const {
    return MakeError(Code::FILE_TRUNCATED,
                     absl::StrCat(name_, ": the zip file is cut off; get it again"));
  }

  // libzip takes the whole directory into memory, so its size is looked at first (APPNOTE 4.3.16).
  Status CheckDirectory() const {
    const auto file_size = static_cast<uint64_t>(file_->identity().size_bytes);
    const uint64_t size = std::min<uint64_t>(file_size, kEndRecordBytes + kZipCommentBytesMax);
    std::string end(size, '\0');
    ASSIGN_OR_RETURN(const size_t n, file_->ReadAt(file_size - size, end.data(), size));
    end.resize(n);
    const size_t at = end.rfind("PK\x05\x06");
    if (at == std::string::npos || end.size() - at < kEndRecordBytes) return Truncated();
    const auto little = [&](size_t offset, int bytes) {
      uint64_t value = 0;
      for (int i = bytes - 1; i >= 0; --i) {
        value = value << 8 | static_cast<unsigned char>(end[at + offset + static_cast<size_t>(i)]);
      }
      return value;
    };
    const uint64_t members = little(10, 2);
    const uint64_t directory_bytes = little(12, 4);
    if (members <= limits_.archive_members_max &&
        directory_bytes <= limits_.archive_directory_bytes_max) {
      return absl::OkStatus();
    }
    return MakeError(
        Code::ARCHIVE_TOO_LARGE,
        absl::StrCat(name_, ": the zip file has ", members, " members; the limit is ",
                     limits_.archive_members_max, ". Unpack it and give the file itself"));
  }

  static bool HasExtension(std::string_view name, Format format) {
    const std::string lower = absl::AsciiStrToLower(std::string(name));
    const auto ends = [&](const char* end) { return absl::EndsWith(lower, end); };
    switch (format) {
      case Format::kCsv:
        return ends(".csv") || ends(".tsv") || ends(".txt");
      case Format::kXml:
        return ends(".xml");
      case Format::kJson:
        return ends(".json") || ends(".geojson");
      case Format::kNdjson:
        return ends(".ndjson") || ends(".jsonl") || ends(".json");
    }
    return false;
  }

  StatusOr<zip_uint64_t> Choose(const ReaderOptions& options) const {
    struct Named {
      zip_uint64_t index;
      std::string name;
    };
    std::vector<Named> files;
    std::string listed;
    const zip_int64_t count = ::zip_get_num_entries(archive_, 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      const char* const raw = ::zip_get_name(archive_, static_cast<zip_uint64_t>(i), 0);
      const std::string name = raw == nullptr ? "" : raw;
      // Directories, and what macOS adds.
      if (name.empty() || name.back() == '/' || name.starts_with("__MACOSX/")) continue;
      constexpr size_t kListed = 10;
      if (files.size() < kListed) absl::StrAppend(&listed, listed.empty() ? "" : ", ", name);
      files.push_back({static_cast<zip_uint64_t>(i), name});
    }
    std::vector<Named> fit;
    for (const Named& file : files) {
      const bool fits = options.member.empty()
                            ? files.size() == 1 || HasExtension(file.name, options.format)
                            : file.name == options.member ||
                                  ::fnmatch(options.member.c_str(), file.name.c_str(), 0) == 0;
      if (fits) fit.push_back(file);
    }
    if (fit.size() == 1) return fit.front().index;
    return Invalid(absl::StrCat(fit.empty() ? "no member fits" : "several members fit",
                                options.member.empty() ? "" : " '", options.member,
                                options.member.empty() ? "" : "'", "; name one of: ", listed));
  }

  std::unique_ptr<FileSource> file_;
  std::string name_;
  Bounds bounds_;
  ReaderLimits limits_;
  zip_t* archive_ = nullptr;
  zip_file_t* member_ = nullptr;
  uint64_t packed_bytes_ = 0;
  uint64_t size_ = 0;
  uint64_t unpacked_ = 0;
};

}  // namespace

Packing PackingOf(std::string_view start) {
  if (start.starts_with("\x1F\x8B")) return Packing::kGzip;
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) return Packing::kZip;
  return Packing::kPlain;
}

StatusOr<std::unique_ptr<ByteSource>> OpenGzip(std::unique_ptr<ByteSource> packed,
                                               const std::string& name,
                                               const ReaderLimits& limits) {
  auto source = std::make_unique<GzipSource>(std::move(packed), name, limits);
  RETURN_IF_ERROR(source->Init());
  return std::unique_ptr<ByteSource>(std::move(source));
}

StatusOr<ZipMember> OpenZip(std::unique_ptr<FileSource> file, const ReaderOptions& options,
                            const ReaderLimits& limits) {
  auto source = std::make_unique<ZipSource>(std::move(file), limits);
  RETURN_IF_ERROR(source->Init(options));
  ZipMember member;
  member.bytes_consumed = [raw = source.get()] { return raw->consumed(); };
  member.source = std::move(source);
  return member;
}

}  // namespace tombolo::readers
