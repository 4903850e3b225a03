// From a draft to the exact bytes that are committed to, stored and handed on; and back.
//
// Byte rules: docs/formats/record.md. The bytes of a layer are made here once and never again:
// everyone else carries them. Hashing is gateway/ledger/commitment.h. Ownership: results own
// their bytes. Thread-safety: pure. Errors: NOT_CANONICAL, LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_RECORD_CANONICAL_H_
#define TOMBOLO_GATEWAY_RECORD_CANONICAL_H_

#include <array>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/base/ids.h"
#include "gateway/record/draft.h"

namespace tombolo::record {

// Index of a layer: PUBLIC 0, GOVERNMENT 1, LIMITED 2.
inline constexpr size_t kLayers = 3;
using LayerBytes = std::array<std::string, kLayers>;

// The three layers of a draft: each field into the layer of its class, a masked copy into the layer
// its mask names; LOCAL fields into none. Absent values, empty texts and empty lists are left out.
// The draft must have passed Validate (rules.h): what is not in normal form is written as it is.
// `out` is overwritten (its capacity is kept). LIMIT_EXCEEDED when a layer is too large.
Status EncodeLayers(const Draft& draft, LayerBytes* out);

// A record header in canonical bytes, appended to `*out`.
void AppendHeader(const RecordId& id, uint64_t version, int64_t recorded_at_us, const Draft& draft,
                  std::string* out);

// The content that "unchanged" means: item, kind, polarity, class, state, dates and layers, but not
// version and time. Fed to a keyed digest. Appended to `*out`.
void AppendContentForDigest(const HeaderValues& header, const ItemSpec& item,
                            const LayerBytes& layers, std::string* out);

// Strict decoding: NOT_CANONICAL for anything that AppendHeader / EncodeLayers would not have
// written (field order, defaults written out, unknown fields, unsorted or repeated names, text that
// is not UTF-8 or has control characters). LIMIT_EXCEEDED for more bytes than a header or layer may
// have.
StatusOr<v1::RecordHeader> DecodeHeader(std::string_view bytes);
StatusOr<v1::Layer> DecodeLayer(std::string_view bytes);

// One field of a layer, appended to `*out`; nothing if the value is absent or empty.
void AppendField(std::string_view name, const Value& value, std::string* out);

// The same bytes from messages, appended to `*out`; what DecodeHeader and DecodeLayer compare with.
void AppendHeaderMessage(const v1::RecordHeader& header, std::string* out);
void AppendLayerMessage(const v1::Layer& layer, std::string* out);

// A value masked for a more open layer: `keep_first` and `keep_last` code points stay, the others
// become
// '*'. A text of no more code points than are to be kept is '*' throughout, so that a short name or
// number never stands in clear. `text` is well-formed UTF-8.
std::string MaskText(std::string_view text, uint32_t keep_first, uint32_t keep_last);

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_CANONICAL_H_
