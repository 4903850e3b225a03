// Frames: how they lie in the stream of bytes, and which may come.
//
// Bytes: docs/formats/frame.md. Heading: u32 payload length, u8 type, u8 flags, u16 zero, u32 frame
// number from 1. The length is compared with the limit of the type before a byte of the payload is
// kept, and the unpacked size, which the zstd frame must state, before anything is unpacked; so a
// peer costs at most its frame limit. Damaged frames: tests/unit/exchange/frame_test,
// tests/fuzz/fuzz_exchange_frame.
// Ownership: a FrameReader owns what it has not handed out; views live until the next Feed or Next.
// Thread-safety: one thread per object. Errors: FRAME_TOO_LARGE, FRAME_INVALID, FRAME_UNKNOWN,
// FRAME_ORDER. After an error the reader stays in it.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_FRAME_H_
#define TOMBOLO_GATEWAY_EXCHANGE_FRAME_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/base/limits.h"
#include "tombolo/v1/exchange.pb.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tombolo::exchange {

inline constexpr uint8_t kFlagZstd = 1;

// Bytes of a type's payload, as sent and unpacked: the table of frame.md. 0 for unknown types.
size_t PayloadLimit(v1::FrameType type);
// ENTRIES and LAYERS: they use credit, by their payload's length as sent plus the heading.
bool IsData(v1::FrameType type);

std::array<char, limits::kFrameHeadingBytes> EncodeHeading(v1::FrameType type, uint8_t flags,
                                                           size_t payload_bytes, uint32_t number);

struct Frame {
  v1::FrameType type = v1::FRAME_TYPE_UNSPECIFIED;
  std::string_view payload;  // unpacked
  uint64_t wire_bytes = 0;   // heading and payload as sent
};

// Cuts bytes into frames and unpacks them.
class FrameReader {
 public:
  FrameReader();
  ~FrameReader();
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  void Feed(std::string_view bytes);
  // The next whole frame, or nothing until more bytes come.
  StatusOr<std::optional<Frame>> Next();
  // The connection has ended: FRAME_INVALID if it did so within a frame.
  Status Finish() const;

 private:
  StatusOr<std::optional<Frame>> Cut();
  StatusOr<std::string_view> Unpack(v1::FrameType type, std::string_view packed);

  std::string buffer_, unpacked_;
  size_t taken_ = 0;
  uint32_t number_ = 0;
  Status failed_;
  ZSTD_DCtx_s* zstd_ = nullptr;  // made for the first frame that needs it
};

// zstd of a payload, level -5; empty unless it saves at least an eighth.
class FramePacker {
 public:
  FramePacker();
  ~FramePacker();
  FramePacker(const FramePacker&) = delete;
  FramePacker& operator=(const FramePacker&) = delete;
  std::string Pack(std::string_view payload);

 private:
  ZSTD_CCtx_s* zstd_;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_FRAME_H_
