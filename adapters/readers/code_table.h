// The characters of one or two bytes of an encoding as UTF-8, so that most text is decoded by
// looking up instead of a call into the converter for every cell.
//
// Ownership: owns its entries. Thread-safety: immutable once made. Errors: none; what it does not
// hold is left to the caller.
#ifndef TOMBOLO_ADAPTERS_READERS_CODE_TABLE_H_
#define TOMBOLO_ADAPTERS_READERS_CODE_TABLE_H_

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tombolo::readers {

class CodeTable {
 public:
  // One character as UTF-8; "" if the bytes are none, or not a whole one.
  using Convert = std::function<std::string(std::string_view)>;

  // `pairs`: characters of two bytes too, whose first byte is no character by itself.
  CodeTable(const Convert& convert, bool pairs);

  // Appends characters as long as they are in the table; returns the bytes of `in` that were taken.
  size_t Decode(std::string_view in, std::string* out) const;

 private:
  static constexpr size_t kUtf8Bytes = 4;
  struct Entry {
    std::array<char, kUtf8Bytes> bytes{};
    unsigned char size = 0;  // 0: not in the table
  };
  static Entry EntryOf(const std::string& utf8);

  std::vector<Entry> single_;  // by byte
  std::vector<Entry> pair_;    // by both bytes, the first from 0x80
};

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_CODE_TABLE_H_
