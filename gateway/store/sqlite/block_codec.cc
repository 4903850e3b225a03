#include "gateway/store/sqlite/block_codec.h"

#include <zstd.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/store/entry_codec.h"

namespace tombolo::store {
namespace {

constexpr char kBlockVersion = 1;
// A block holds at most one tick's bytes or, where entries are small, one block's target; the
// heading is a few bytes. What claims more was not written by this program.
constexpr uint64_t kRawBytesMax = limits::kTickBytesMax + limits::kKiB;

Status Damaged(const BlockHeading& at, std::string_view what) {
  return MakeError(Code::STORE_CORRUPT,
                   absl::StrCat("the block of stream ", at.stream, " from entry ", at.first_seq,
                                " does not read back as it was written (", ToAbsl(what),
                                "); restore the store from a backup"));
}

}  // namespace

BlockCodec::BlockCodec() : compressor_(ZSTD_createCCtx()), decompressor_(ZSTD_createDCtx()) {}

BlockCodec::~BlockCodec() {
  ZSTD_freeCCtx(compressor_);
  ZSTD_freeDCtx(decompressor_);
}

Status BlockCodec::SetLevel(int zstd_level) {
  if (compressor_ == nullptr || decompressor_ == nullptr) {
    return MakeError(Code::INTERNAL, "no memory for zstd");
  }
  for (const auto& [parameter, value] :
       {std::pair(ZSTD_c_compressionLevel, zstd_level), std::pair(ZSTD_c_checksumFlag, 1)}) {
    const size_t rc = ZSTD_CCtx_setParameter(compressor_, parameter, value);
    if (ZSTD_isError(rc)) {
      return MakeError(Code::INTERNAL, absl::StrCat("zstd: ", ZSTD_getErrorName(rc)));
    }
  }
  return Status();
}

StatusOr<std::string_view> BlockCodec::Pack(const BlockHeading& heading, std::string_view entries) {
  raw_.clear();
  raw_.push_back(kBlockVersion);
  AppendVarint(heading.stream, &raw_);
  AppendVarint(heading.first_seq, &raw_);
  AppendVarint(heading.count, &raw_);
  raw_.append(entries);
  const size_t bound = ZSTD_compressBound(raw_.size());
  if (packed_.size() < bound) packed_.resize(bound);
  const size_t size =
      ZSTD_compress2(compressor_, packed_.data(), packed_.size(), raw_.data(), raw_.size());
  if (ZSTD_isError(size)) {
    return MakeError(Code::INTERNAL, absl::StrCat("zstd: ", ZSTD_getErrorName(size)));
  }
  return std::string_view(packed_.data(), size);
}

StatusOr<OpenBlock> BlockCodec::Unpack(const BlockHeading& expected, std::string_view body) {
  const unsigned long long raw_bytes = ZSTD_getFrameContentSize(body.data(), body.size());
  // The two error values are the highest numbers there are.
  if (raw_bytes > kRawBytesMax) return Damaged(expected, "impossible size");
  OpenBlock block;
  block.bytes.resize(raw_bytes);
  const size_t size = ZSTD_decompressDCtx(decompressor_, block.bytes.data(), block.bytes.size(),
                                          body.data(), body.size());
  if (ZSTD_isError(size)) return Damaged(expected, ZSTD_getErrorName(size));
  if (size != raw_bytes) return Damaged(expected, "wrong size");
  std::string_view in = block.bytes;
  if (in.empty() || in.front() != kBlockVersion) return Damaged(expected, "unknown version");
  in.remove_prefix(1);
  uint64_t stream = 0;
  if (!TakeVarint64(&in, &stream) || !TakeVarint64(&in, &block.heading.first_seq) ||
      !TakeVarint64(&in, &block.heading.count)) {
    return Damaged(expected, "no heading");
  }
  if (stream != expected.stream || block.heading.first_seq != expected.first_seq ||
      block.heading.count != expected.count) {
    return Damaged(expected, "it is another block");
  }
  block.heading.stream = expected.stream;
  block.entries_at = block.bytes.size() - in.size();
  return block;
}

}  // namespace tombolo::store
