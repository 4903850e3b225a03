// How entries lie in a block of the change log: LOCAL, never hashed, never sent.
// docs/formats/block.md has the bytes.
//
// One entry: a byte with EntryType (low nibble) and Form (high nibble), varints for the origin of
// this version (ingest number, previous entry of the same record as stream number, 0 = none, and
// its seq), the header, then by form: three salts and three layers; three layer hashes; or a byte
// that says which layers are there, then for each salt and layer, or its hash. An erased entry has
// the leaf hash alone. Varints are those of protobuf (base 128, low group first).
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
  kFull = 0,     // header, salts, layers
  kStub = 1,     // header, layer hashes: the bodies were dropped (superseded) or never received
  kErased = 2,   // leaf hash alone
  kEvent = 3,    // an audit event: header holds the event's bytes, nothing else
  kPartial = 4,  // PUT: one or two layers with salt and content, the others as hashes
};

// Bit k stands for the layer with index k: PUBLIC 1, GOVERNMENT 2, LIMITED 4.
using LayerMask = uint8_t;
inline constexpr size_t kLayers = 3;
inline constexpr LayerMask kAllLayers = 7;
constexpr bool Has(LayerMask mask, size_t layer) { return (mask >> layer & 1) != 0; }

struct EntryView {
  uint64_t seq = 0;     // not encoded: position in the block
  bool current = true;  // not encoded: no later entry names it as its previous one
  v1::EntryType type = v1::PUT;
  Form form = Form::kFull;
  uint32_t ingest = 0;           // which ingest made it; 0 = none
  uint32_t previous_stream = 0;  // stream number of the record's previous entry; 0 = none
  uint64_t previous_seq = 0;
  LayerMask shown = 0;  // kPartial: the layers that are there; else left aside, see ShownLayers
  std::string_view header;
  std::array<std::string_view, kLayers> salts;         // PUT, where a layer is there
  std::array<std::string_view, kLayers> layers;        // PUT, where a layer is there
  std::array<std::string_view, kLayers> layer_hashes;  // PUT, where it is not
  std::string_view leaf_hash;                          // kErased
};

// The layers of a PUT that are there with salt and content, whatever its form.
LayerMask ShownLayers(const EntryView& entry);

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
