// Sets of row numbers: a bitmap for what a run has seen, and the compact text of rows(_row).
//
// Ownership: plain values. Thread-safety: plain values. Errors: std::nullopt for bytes that are no
// encoded set.
#ifndef TOMBOLO_ADAPTERS_ENGINE_ROW_SET_H_
#define TOMBOLO_ADAPTERS_ENGINE_ROW_SET_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tombolo::engine {

// One bit a row; grows with the highest number put in. Row numbers start at 1.
class RowBits {
 public:
  void Set(uint64_t row) {
    const size_t word = row / kBits;
    if (word >= words_.size()) words_.resize(word + word / 2 + 1);
    const uint64_t bit = uint64_t{1} << (row % kBits);
    count_ += (words_[word] & bit) == 0 ? 1 : 0;
    words_[word] |= bit;
  }
  bool Has(uint64_t row) const {
    const size_t word = row / kBits;
    return word < words_.size() && ((words_[word] >> (row % kBits)) & 1) != 0;
  }
  uint64_t count() const { return count_; }

 private:
  static constexpr size_t kBits = 64;
  uint64_t count_ = 0;
  std::vector<uint64_t> words_;
};

// Ascending row numbers as LEB128 differences. `rows` is sorted and freed of doubles in place.
std::string EncodeRows(std::vector<uint64_t>* rows);
std::optional<std::vector<uint64_t>> DecodeRows(std::string_view bytes);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_ROW_SET_H_
