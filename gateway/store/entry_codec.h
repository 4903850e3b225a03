// How entries lie in a block of the change log: LOCAL, never hashed, never sent.
// docs/formats/block.md has the bytes.
//
// One entry: a byte with EntryType (low nibble) and Form (high nibble), varints for the origin of
// this version (ingest number, previous entry of the same record as stream number, 0 = none, and
// its seq), the header, then by form: three salts and three layers, or three layer hashes; an
// erased entry has the leaf hash alone. Varints are those of protobuf (base 128, low group first).
// Ownership: views point into the bytes given. Thread-safety: pure. Errors: STORE_CORRUPT.
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

// Sizes that the suite of the stream fixes.
struct CodecSizes {
  uint8_t salt_bytes = 16;
  uint8_t hash_bytes = 32;
};

// A stream id is one hash, and a salt is half a hash.
constexpr CodecSizes SizesOfStream(size_t stream_id_bytes) {
  return {static_cast<uint8_t>(stream_id_bytes / 2), static_cast<uint8_t>(stream_id_bytes)};
}

// The varints of this format, for whoever frames entries. False: cut short or above 64 bits.
void AppendVarint(uint64_t value, std::string* out);
bool TakeVarint64(std::string_view* in, uint64_t* value);

void AppendEntry(const EntryView& entry, std::string* out);
// Decodes one entry at the start of `*in` and takes it off. Everything but seq is set.
Status TakeEntry(std::string_view* in, CodecSizes sizes, EntryView* entry);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_ENTRY_CODEC_H_
