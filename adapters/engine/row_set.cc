#include "adapters/engine/row_set.h"

#include <algorithm>
#include <limits>

namespace tombolo::engine {
namespace {

constexpr unsigned kPayloadBits = 7;
constexpr uint64_t kPayloadMask = 0x7f;
constexpr uint64_t kMoreBit = 0x80;
constexpr unsigned kShiftMax = 63;

}  // namespace

std::string EncodeRows(std::vector<uint64_t>* rows) {
  std::sort(rows->begin(), rows->end());
  rows->erase(std::unique(rows->begin(), rows->end()), rows->end());
  std::string out;
  uint64_t last = 0;
  for (const uint64_t row : *rows) {
    uint64_t rest = row - last;
    last = row;
    while (rest > kPayloadMask) {
      out.push_back(static_cast<char>((rest & kPayloadMask) | kMoreBit));
      rest >>= kPayloadBits;
    }
    out.push_back(static_cast<char>(rest));
  }
  return out;
}

std::optional<std::vector<uint64_t>> DecodeRows(std::string_view bytes) {
  std::vector<uint64_t> rows;
  uint64_t last = 0, value = 0;
  unsigned shift = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (shift >= kShiftMax) return std::nullopt;
    value |= (byte & kPayloadMask) << shift;
    shift += kPayloadBits;
    if ((byte & kMoreBit) != 0) continue;
    if (value == 0 || value > std::numeric_limits<uint64_t>::max() - last) return std::nullopt;
    last += value;
    rows.push_back(last);
    value = 0;
    shift = 0;
  }
  if (shift != 0) return std::nullopt;
  return rows;
}

}  // namespace tombolo::engine
