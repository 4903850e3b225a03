// How entries lie in a block of the change log: LOCAL, never hashed, never sent. docs/formats/block.md
//
// One entry: form u8 (low nibble EntryType, high nibble Form), varints for the origin of this version (ingest number,
// previous entry of the same record as stream number + 1 and seq, 0 = none), header, then by form: three salts and
// layers, or three layer hashes, or the leaf hash alone.
// Ownership: views point into the block given. Thread-safety: pure. Errors: STORE_CORRUPT.
#ifndef TOMBOLO_GATEWAY_STORE_ENTRY_CODEC_H_
#define TOMBOLO_GATEWAY_STORE_ENTRY_CODEC_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "tombolo/v1/stream.pb.h"

namespace tombolo::store {

enum class Form : uint8_t {
  kFull = 0,    // header, salts, layers
  kStub = 1,    // header, layer hashes: the bodies were dropped (superseded) or never received
  kErased = 2,  // leaf hash alone
  kEvent = 3,   // an audit event: header holds the event's bytes, nothing else
};

struct EntryView {
  uint64_t seq = 0;  // not encoded: position in the block
  v1::EntryType type = v1::PUT;
  Form form = Form::kFull;
  uint32_t ingest = 0;           // which ingest made it; 0 = none
  uint32_t previous_stream = 0;  // stream number of the record's previous entry; 0 = none
  uint64_t previous_seq = 0;
  std::string_view header;
  std::array<std::string_view, 3> salts;         // kFull of PUT
  std::array<std::string_view, 3> layers;        // kFull of PUT
  std::array<std::string_view, 3> layer_hashes;  // kStub of PUT
  std::string_view leaf_hash;                    // kErased
};

// Sizes that the suite of the node fixes.
struct CodecSizes {
  uint8_t salt_bytes = 16;
  uint8_t hash_bytes = 32;
};

void AppendEntry(const EntryView& entry, std::string* out);
// Decodes one entry at the start of `*in` and takes it off. Everything but seq is set.
Status TakeEntry(std::string_view* in, CodecSizes sizes, EntryView* entry);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_ENTRY_CODEC_H_
