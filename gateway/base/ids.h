// Identifiers of fixed size. They are values; each is its own type so that one cannot stand for
// another.
//
// Ownership: plain values. Thread-safety: plain values. Errors: none.
#ifndef TOMBOLO_GATEWAY_BASE_IDS_H_
#define TOMBOLO_GATEWAY_BASE_IDS_H_

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/base/text.h"

namespace tombolo {

template <typename Tag, size_t kSize>
struct FixedId {
  static constexpr size_t kBytes = kSize;
  std::array<char, kSize> bytes{};

  auto operator<=>(const FixedId& other) const {
    return std::memcmp(bytes.data(), other.bytes.data(), kSize) <=> 0;
  }
  bool operator==(const FixedId& other) const {
    return std::memcmp(bytes.data(), other.bytes.data(), kSize) == 0;
  }
  std::string_view view() const { return {bytes.data(), kSize}; }
  std::string hex() const { return ToHex(view()); }
  // `from` must have exactly kSize bytes.
  static FixedId From(std::string_view from) {
    FixedId id;
    std::memcpy(id.bytes.data(), from.data(), kSize);
    return id;
  }
  template <typename H>
  friend H AbslHashValue(H h, const FixedId& id) {
    return H::combine_contiguous(std::move(h), id.bytes.data(), kSize);
  }
};

// A record's identity: keyed digest of (identity scope, natural key); the same in every version.
// docs/formats/record.md
using RecordId = FixedId<struct RecordIdTag, 16>;
// Local reference of a subject: keyed digest of (scheme, value). Never leaves the node.
using SubjectKey = FixedId<struct SubjectKeyTag, 16>;
// Keyed digest of a record's content, by which ingest tells "unchanged". Never leaves the node,
// erased with the record.
using ContentDigest = FixedId<struct ContentDigestTag, 16>;
// Keyed digest of what a pack's SELECT yielded for one record, by which ingest knows it again
// before it makes a record of it. Never leaves the node, erased with the record.
using OutputPrint = FixedId<struct OutputPrintTag, 16>;

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_IDS_H_
