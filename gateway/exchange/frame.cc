#include "gateway/exchange/frame.h"

#include <zstd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/ledger/bytes.h"

namespace tombolo::exchange {
namespace {

// Fast enough for the line; frames that gain nothing are sent as they are.
constexpr int kZstdLevel = -5;

struct Heading {
  uint32_t payload_bytes = 0;
  v1::FrameType type = v1::FRAME_TYPE_UNSPECIFIED;
  uint8_t flags = 0;
  uint16_t zero = 0;
  uint32_t number = 0;
};

uint32_t ReadU32(ledger::ByteReader* in) {
  const uint32_t high = in->U16();
  return high << 16 | in->U16();
}

// Types that this version does not know become FRAME_TYPE_UNSPECIFIED.
Heading ReadHeading(std::string_view bytes) {
  ledger::ByteReader in(bytes);
  Heading heading;
  heading.payload_bytes = ReadU32(&in);
  const int type = in.U8();
  if (v1::FrameType_IsValid(type)) heading.type = static_cast<v1::FrameType>(type);
  heading.flags = in.U8();
  heading.zero = in.U16();
  heading.number = ReadU32(&in);
  return heading;
}

Status Invalid(std::string_view why) {
  return MakeError(Code::FRAME_INVALID, absl::StrCat("the frame ", ToAbsl(why)));
}

Status TooLarge(std::string_view what, uint64_t got, v1::FrameType type) {
  return MakeError(Code::FRAME_TOO_LARGE,
                   absl::StrCat(v1::FrameType_Name(type), ": ", ToAbsl(what), " got ", got,
                                " bytes, limit ", PayloadLimit(type)));
}

// `before` is the number of the frame before; as 64 bits, so that nothing can follow the last one.
Status CheckHeading(const Heading& heading, uint64_t before) {
  if (heading.type == v1::FRAME_TYPE_UNSPECIFIED) {
    return MakeError(Code::FRAME_UNKNOWN, absl::StrCat("frame ", before + 1,
                                                       " is of a type that this version does not "
                                                       "know"));
  }
  if (heading.payload_bytes > PayloadLimit(heading.type)) {
    return TooLarge("the payload is too large:", heading.payload_bytes, heading.type);
  }
  if ((heading.flags & ~kFlagZstd) != 0) return Invalid("has flags that this version lacks");
  if (heading.zero != 0) return Invalid("has bytes in its heading that must be 0");
  if (heading.type == v1::HELLO && heading.flags != 0) return Invalid("is a compressed HELLO");
  if (heading.number != before + 1) {
    return MakeError(Code::FRAME_ORDER, absl::StrCat("the frame's number does not follow: got ",
                                                     heading.number, ", want ", before + 1));
  }
  return absl::OkStatus();
}

// Bytes of the window that a zstd frame asks for: RFC 8878 section 3.1.1.1.2. A frame of a single
// segment asks for its content's size. `packed` has a whole frame heading.
uint64_t WindowBytes(std::string_view packed, uint64_t content_bytes) {
  constexpr size_t kDescriptorAt = 4;  // after the magic number
  constexpr int kSingleSegment = 1 << 5;
  constexpr int kSmallestLog = 10;
  if ((static_cast<unsigned char>(packed[kDescriptorAt]) & kSingleSegment) != 0) {
    return content_bytes;
  }
  const auto window = static_cast<unsigned char>(packed[kDescriptorAt + 1]);
  const uint64_t base = uint64_t{1} << (kSmallestLog + (window >> 3));
  return base + base / 8 * (window & 7);
}

// That the payload is one zstd frame as docs/formats/frame.md allows; its content's size.
StatusOr<size_t> CheckPacked(v1::FrameType type, std::string_view packed) {
  constexpr std::string_view kMagic("\x28\xB5\x2F\xFD");
  // Skippable frames have another magic number, and libzstd would pass over them.
  if (packed.substr(0, kMagic.size()) != kMagic) return Invalid("is not compressed with zstd");
  const unsigned long long content = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (content == ZSTD_CONTENTSIZE_ERROR) return Invalid("has a damaged zstd heading");
  if (content == ZSTD_CONTENTSIZE_UNKNOWN) return Invalid("does not state its unpacked size");
  if (content > PayloadLimit(type)) return TooLarge("unpacked it is too large:", content, type);
  if (ZSTD_getDictID_fromFrame(packed.data(), packed.size()) != 0) {
    return Invalid("is compressed with a dictionary");
  }
  if (WindowBytes(packed, content) > limits::kFramePayloadBytesMax) {
    return Invalid("asks for too large a zstd window");
  }
  if (ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) {
    return Invalid("is not exactly one zstd frame");
  }
  return static_cast<size_t>(content);
}

}  // namespace

size_t PayloadLimit(v1::FrameType type) {
  switch (type) {
    case v1::ENTRIES:
    case v1::LAYERS:
      return limits::kFramePayloadBytesMax;
    case v1::DOCUMENT:
    case v1::HELD:
    case v1::RECEIPT:
    case v1::HEAD:
    case v1::FILL:
    case v1::OFFER:
    case v1::SUBSCRIBE:
      return limits::kControlPayloadBytesMax;
    case v1::HELLO:
    case v1::PING:
    case v1::CREDIT:
    case v1::REFUSAL:
    case v1::BYE:
    case v1::AUDIT_HEAD:
    case v1::COUNTERSIGNATURE:
    case v1::ALARM:
      return limits::kSmallPayloadBytesMax;
    default:
      return 0;
  }
}

bool IsData(v1::FrameType type) { return type == v1::ENTRIES || type == v1::LAYERS; }

std::array<char, limits::kFrameHeadingBytes> EncodeHeading(v1::FrameType type, uint8_t flags,
                                                           size_t payload_bytes, uint32_t number) {
  std::string bytes;
  ledger::AppendBigEndian(&bytes, payload_bytes, 4);
  ledger::AppendU8(&bytes, static_cast<uint8_t>(type));
  ledger::AppendU8(&bytes, flags);
  ledger::AppendU16(&bytes, 0);
  ledger::AppendBigEndian(&bytes, number, 4);
  std::array<char, limits::kFrameHeadingBytes> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

FrameReader::FrameReader() = default;

FrameReader::~FrameReader() { ZSTD_freeDCtx(zstd_); }

void FrameReader::Feed(std::string_view bytes) {
  if (!failed_.ok()) return;
  buffer_.erase(0, taken_);
  taken_ = 0;
  buffer_.append(bytes);
}

StatusOr<std::optional<Frame>> FrameReader::Next() {
  if (!failed_.ok()) return failed_;
  StatusOr<std::optional<Frame>> frame = Cut();
  if (!frame.ok()) {
    failed_ = frame.status();
    buffer_ = {};
    taken_ = 0;
  }
  return frame;
}

StatusOr<std::optional<Frame>> FrameReader::Cut() {
  const std::string_view rest = std::string_view(buffer_).substr(taken_);
  if (rest.size() < limits::kFrameHeadingBytes) return std::nullopt;
  const Heading heading = ReadHeading(rest);
  RETURN_IF_ERROR(CheckHeading(heading, number_));
  const size_t wire_bytes = limits::kFrameHeadingBytes + heading.payload_bytes;
  if (rest.size() < wire_bytes) return std::nullopt;
  Frame frame;
  frame.type = heading.type;
  frame.wire_bytes = wire_bytes;
  frame.payload = rest.substr(limits::kFrameHeadingBytes, heading.payload_bytes);
  if ((heading.flags & kFlagZstd) != 0) {
    ASSIGN_OR_RETURN(frame.payload, Unpack(heading.type, frame.payload));
  }
  taken_ += wire_bytes;
  number_ = heading.number;
  return frame;
}

StatusOr<std::string_view> FrameReader::Unpack(v1::FrameType type, std::string_view packed) {
  ASSIGN_OR_RETURN(const size_t content_bytes, CheckPacked(type, packed));
  if (zstd_ == nullptr) zstd_ = ZSTD_createDCtx();
  if (zstd_ == nullptr) return MakeError(Code::INTERNAL, "no memory for zstd");
  unpacked_.resize(std::max(unpacked_.size(), content_bytes));
  const size_t size =
      ZSTD_decompressDCtx(zstd_, unpacked_.data(), content_bytes, packed.data(), packed.size());
  if (ZSTD_isError(size)) {
    return Invalid(absl::StrCat("does not unpack: ", ZSTD_getErrorName(size)));
  }
  if (size != content_bytes) return Invalid("unpacks to another size than it states");
  return std::string_view(unpacked_).substr(0, content_bytes);
}

Status FrameReader::Finish() const {
  RETURN_IF_ERROR(failed_);
  if (taken_ == buffer_.size()) return absl::OkStatus();
  return Invalid(absl::StrCat("after number ", number_, " was cut short: got ",
                              buffer_.size() - taken_, " bytes of it"));
}

FramePacker::FramePacker() : zstd_(ZSTD_createCCtx()) {}

FramePacker::~FramePacker() { ZSTD_freeCCtx(zstd_); }

std::string FramePacker::Pack(std::string_view payload) {
  // What does not fit here does not save an eighth.
  std::string out(payload.size() - (payload.size() + 7) / 8, '\0');
  if (zstd_ == nullptr || out.empty()) return {};
  const size_t size =
      ZSTD_compressCCtx(zstd_, out.data(), out.size(), payload.data(), payload.size(), kZstdLevel);
  if (ZSTD_isError(size)) return {};
  out.resize(size);
  return out;
}

}  // namespace tombolo::exchange
