// Protobuf's varints and sized values, read strictly: for messages that are read by hand and must
// be in their one canonical form.
//
// Encoding: Protocol Buffers, "Encoding", base 128 varints. A varint is in its shortest form and
// within 64 bits; a size is not above what is left. Ownership: views point into the bytes given.
// Thread-safety: pure. Errors: false; `*in` is then of no use.
#ifndef TOMBOLO_GATEWAY_BASE_WIRE_READER_H_
#define TOMBOLO_GATEWAY_BASE_WIRE_READER_H_

#include <cstdint>
#include <limits>
#include <string_view>

namespace tombolo::wire_reader {

inline bool TakeVarint(std::string_view* in, uint64_t* value) {
  constexpr int kGroupBits = 7;
  constexpr uint8_t kGroup = 0x7F, kMore = 0x80;
  uint64_t result = 0;
  for (int shift = 0; shift < std::numeric_limits<uint64_t>::digits && !in->empty();
       shift += kGroupBits) {
    const auto byte = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    const uint64_t bits = byte & kGroup;
    if (bits << shift >> shift != bits) return false;
    result |= bits << shift;
    if ((byte & kMore) != 0) continue;
    *value = result;
    return byte != 0 || shift == 0;
  }
  return false;
}

// A length and as many bytes.
inline bool TakeSized(std::string_view* in, std::string_view* bytes) {
  uint64_t size = 0;
  if (!TakeVarint(in, &size) || size > in->size()) return false;
  *bytes = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

}  // namespace tombolo::wire_reader

#endif  // TOMBOLO_GATEWAY_BASE_WIRE_READER_H_
