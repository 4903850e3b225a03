// One block of the change log as bytes: a zstd frame with checksum around a small heading and the
// entries. docs/formats/block.md
//
// Ownership: owns its zstd contexts; results own their bytes. Thread-safety: one thread per object.
// Errors: STORE_CORRUPT when a block does not read back as it was written; INTERNAL if zstd fails.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_BLOCK_CODEC_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_BLOCK_CODEC_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/error.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tombolo::store {

struct BlockHeading {
  uint32_t stream = 0;
  uint64_t first_seq = 0;
  uint64_t count = 0;  // entries
};

// A block's bytes after decompression.
struct OpenBlock {
  std::string bytes;
  size_t entries_at = 0;  // where the first entry starts
  BlockHeading heading;
  std::string_view entries() const { return std::string_view(bytes).substr(entries_at); }
};

class BlockCodec {
 public:
  BlockCodec();
  ~BlockCodec();
  BlockCodec(const BlockCodec&) = delete;
  BlockCodec& operator=(const BlockCodec&) = delete;

  Status SetLevel(int zstd_level);
  // The body to store; valid until the next Pack.
  StatusOr<std::string_view> Pack(const BlockHeading& heading, std::string_view entries);
  // Refuses a body that is damaged or stands in another place than it was written for.
  StatusOr<OpenBlock> Unpack(const BlockHeading& expected, std::string_view body);

 private:
  ZSTD_CCtx_s* compressor_;
  ZSTD_DCtx_s* decompressor_;
  std::string raw_;
  std::string packed_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_BLOCK_CODEC_H_
