// Fixed layouts: writing and reading big-endian integers and runs of bytes.
//
// Ownership: a ByteReader views the caller's bytes; what Take() gives lives as long as they do.
// Thread-safety: plain values. Errors: reading past the end gives zeros and makes ok() false for
// good, so a parser checks once.
#ifndef TOMBOLO_GATEWAY_LEDGER_BYTES_H_
#define TOMBOLO_GATEWAY_LEDGER_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tombolo::ledger {

inline void AppendBigEndian(std::string* out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out->push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}
inline void AppendU8(std::string* out, uint8_t value) { AppendBigEndian(out, value, 1); }
inline void AppendU16(std::string* out, uint16_t value) { AppendBigEndian(out, value, 2); }
inline void AppendU64(std::string* out, uint64_t value) { AppendBigEndian(out, value, 8); }

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  size_t left() const { return rest_.size(); }

  // Empty if fewer than `size` bytes are left.
  std::string_view Take(size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  uint8_t U8() { return static_cast<uint8_t>(Integer(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Integer(2)); }
  uint64_t U64() { return Integer(8); }

 private:
  uint64_t Integer(size_t bytes) {
    uint64_t value = 0;
    for (const char c : Take(bytes)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_BYTES_H_
