// Writing the protobuf wire format by hand: the few shapes that records are made of.
//
// Source: protobuf encoding guide (varint, zigzag, length-delimited); byte rules in
// docs/formats/record.md. Sizes are computed before anything is written, so a length prefix is
// final when it is written and nothing is copied twice. Ownership: a Writer points into memory of
// the caller. Thread-safety: one thread per object. Errors: none; the caller makes room for exactly
// what the Size functions say.
#ifndef TOMBOLO_GATEWAY_RECORD_WIRE_H_
#define TOMBOLO_GATEWAY_RECORD_WIRE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tombolo::record::wire {

constexpr uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

// 1 byte for every 7 bits, at least one.
constexpr size_t VarintSize(uint64_t value) {
  return static_cast<size_t>((std::bit_width(value | 1) + 6) / 7);
}

// All field numbers of records are below 16, so that a tag is one byte.
inline constexpr size_t kTagSize = 1;

constexpr size_t BytesFieldSize(size_t size) { return kTagSize + VarintSize(size) + size; }
// A text that is not written when it is empty.
constexpr size_t OptionalTextSize(std::string_view text) {
  return text.empty() ? 0 : BytesFieldSize(text.size());
}
constexpr size_t VarintFieldSize(uint64_t value) { return kTagSize + VarintSize(value); }

class Writer {
 public:
  // Makes room for `size` more bytes at the end of `*out` and writes there.
  Writer(std::string* out, size_t size) {
    const size_t old = out->size();
    out->resize(old + size);
    at_ = out->data() + old;
  }

  void Varint(uint64_t value) {
    while (value >= 0x80) {
      *at_++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at_++ = static_cast<char>(value);
  }
  void VarintField(int number, uint64_t value) {
    Tag(number, 0);
    Varint(value);
  }
  // Tag and length; the content follows.
  void Length(int number, size_t size) {
    Tag(number, 2);
    Varint(size);
  }
  void BytesField(int number, std::string_view bytes) {
    Length(number, bytes.size());
    Raw(bytes);
  }
  void OptionalText(int number, std::string_view text) {
    if (!text.empty()) BytesField(number, text);
  }
  void Raw(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  const char* at() const { return at_; }

 private:
  void Tag(int number, int wire_type) { *at_++ = static_cast<char>(number << 3 | wire_type); }

  char* at_;
};

}  // namespace tombolo::record::wire

#endif  // TOMBOLO_GATEWAY_RECORD_WIRE_H_
