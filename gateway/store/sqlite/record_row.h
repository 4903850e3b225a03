// A record's state as a row of fixed size, and the row that finds records by subject.
//
// Record row: id 16, subject 16, digest 16, then little-endian scope u32, stream u32, seq u64,
// version u64 with the top bit for "present" and the next for "multi". Subject row: subject 16,
// id 16. Rows compare as bytes, the key first.
// Ownership: plain values. Thread-safety: pure. Errors: none; any bytes are some row.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_ROW_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_ROW_H_

#include <bit>
#include <cstring>
#include <string_view>

#include "gateway/store/store.h"

namespace tombolo::store {

static_assert(std::endian::native == std::endian::little, "rows are stored little-endian");

inline constexpr size_t kKeyBytes = RecordId::kBytes;
inline constexpr size_t kRecordRowBytes = 3 * kKeyBytes + 2 * 4 + 2 * 8;
inline constexpr size_t kSubjectRowBytes = 2 * kKeyBytes;
inline constexpr uint64_t kPresentBit = uint64_t{1} << 63;
inline constexpr uint64_t kMultiBit = uint64_t{1} << 62;

inline void PutRecordRow(const RecordState& state, char* row) {
  const uint64_t version =
      state.version | (state.present ? kPresentBit : 0) | (state.multi ? kMultiBit : 0);
  std::memcpy(row, state.id.bytes.data(), kKeyBytes);
  std::memcpy(row + kKeyBytes, state.subject.bytes.data(), kKeyBytes);
  std::memcpy(row + 2 * kKeyBytes, state.digest.bytes.data(), kKeyBytes);
  char* rest = row + 3 * kKeyBytes;
  std::memcpy(rest, &state.scope, 4);
  std::memcpy(rest + 4, &state.stream, 4);
  std::memcpy(rest + 8, &state.seq, 8);
  std::memcpy(rest + 16, &version, 8);
}

inline void TakeRecordRow(const char* row, RecordState* state) {
  std::memcpy(state->id.bytes.data(), row, kKeyBytes);
  std::memcpy(state->subject.bytes.data(), row + kKeyBytes, kKeyBytes);
  std::memcpy(state->digest.bytes.data(), row + 2 * kKeyBytes, kKeyBytes);
  const char* rest = row + 3 * kKeyBytes;
  std::memcpy(&state->scope, rest, 4);
  std::memcpy(&state->stream, rest + 4, 4);
  std::memcpy(&state->seq, rest + 8, 8);
  std::memcpy(&state->version, rest + 16, 8);
  state->present = (state->version & kPresentBit) != 0;
  state->multi = (state->version & kMultiBit) != 0;
  state->version &= ~(kPresentBit | kMultiBit);
}

inline void PutSubjectRow(const SubjectKey& subject, const RecordId& id, char* row) {
  std::memcpy(row, subject.bytes.data(), kKeyBytes);
  std::memcpy(row + kKeyBytes, id.bytes.data(), kKeyBytes);
}

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_RECORD_ROW_H_
