#include "gateway/store/entry_codec.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::store {
namespace {

constexpr int kNibbleBits = 4;
constexpr uint8_t kNibbleMask = 0x0f;
constexpr int kVarintBits = 7;
constexpr uint8_t kVarintMask = 0x7f;
constexpr uint8_t kVarintMore = 0x80;

Status Corrupt(std::string_view what) {
  return MakeError(Code::STORE_CORRUPT,
                   absl::StrCat("an entry of the change log does not read back: ", ToAbsl(what),
                                "; restore the store from a backup"));
}

bool TakeVarint(std::string_view* in, uint64_t* value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 64 && !in->empty(); shift += kVarintBits) {
    const uint8_t byte = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    const uint64_t bits = byte & kVarintMask;
    if ((bits << shift) >> shift != bits) return false;
    result |= bits << shift;
    if ((byte & kVarintMore) == 0) {
      *value = result;
      return true;
    }
  }
  return false;
}

bool TakeNumber32(std::string_view* in, uint32_t* value) {
  uint64_t wide = 0;
  if (!TakeVarint(in, &wide) || wide > UINT32_MAX) return false;
  *value = static_cast<uint32_t>(wide);
  return true;
}

bool TakeFixed(std::string_view* in, size_t size, std::string_view* bytes) {
  if (in->size() < size) return false;
  *bytes = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

bool TakeSized(std::string_view* in, std::string_view* bytes) {
  uint64_t size = 0;
  return TakeVarint(in, &size) && TakeFixed(in, size, bytes);
}

void AppendSized(std::string_view bytes, std::string* out) {
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

bool TakePartial(std::string_view* in, CodecSizes sizes, EntryView* entry) {
  std::string_view mask;
  if (!TakeFixed(in, 1, &mask)) return false;
  entry->shown = static_cast<LayerMask>(mask.front());
  // With none of the layers it is a stub, with all of them whole: an entry has one form.
  if (entry->shown == 0 || entry->shown >= kAllLayers) return false;
  for (size_t i = 0; i < kLayers; ++i) {
    if (!Has(entry->shown, i)) {
      if (!TakeFixed(in, sizes.hash_bytes, &entry->layer_hashes[i])) return false;
    } else if (!TakeFixed(in, sizes.salt_bytes, &entry->salts[i]) ||
               !TakeSized(in, &entry->layers[i])) {
      return false;
    }
  }
  return true;
}

// What follows the header of an entry of this form; PUT only.
bool TakeBody(std::string_view* in, CodecSizes sizes, EntryView* entry) {
  if (entry->form == Form::kPartial) return TakePartial(in, sizes, entry);
  if (entry->form == Form::kStub) {
    for (std::string_view& hash : entry->layer_hashes) {
      if (!TakeFixed(in, sizes.hash_bytes, &hash)) return false;
    }
    return true;
  }
  for (std::string_view& salt : entry->salts) {
    if (!TakeFixed(in, sizes.salt_bytes, &salt)) return false;
  }
  for (std::string_view& layer : entry->layers) {
    if (!TakeSized(in, &layer)) return false;
  }
  return true;
}

}  // namespace

void AppendVarint(uint64_t value, std::string* out) {
  while (value > kVarintMask) {
    out->push_back(static_cast<char>((value & kVarintMask) | kVarintMore));
    value >>= kVarintBits;
  }
  out->push_back(static_cast<char>(value));
}

bool TakeVarint64(std::string_view* in, uint64_t* value) { return TakeVarint(in, value); }

LayerMask ShownLayers(const EntryView& entry) {
  if (entry.type != v1::PUT) return 0;
  if (entry.form == Form::kPartial) return entry.shown;
  return entry.form == Form::kFull ? kAllLayers : 0;
}

void AppendEntry(const EntryView& entry, std::string* out) {
  out->push_back(static_cast<char>(static_cast<uint8_t>(entry.type) |
                                   static_cast<uint8_t>(entry.form) << kNibbleBits));
  AppendVarint(entry.ingest, out);
  AppendVarint(entry.previous_stream, out);
  if (entry.previous_stream != 0) AppendVarint(entry.previous_seq, out);
  if (entry.form == Form::kErased) {
    out->append(entry.leaf_hash);
    return;
  }
  AppendSized(entry.header, out);
  if (entry.type != v1::PUT || entry.form == Form::kEvent) return;
  if (entry.form == Form::kStub) {
    for (std::string_view hash : entry.layer_hashes) out->append(hash);
    return;
  }
  if (entry.form == Form::kPartial) {
    out->push_back(static_cast<char>(entry.shown));
    for (size_t i = 0; i < kLayers; ++i) {
      if (Has(entry.shown, i)) {
        out->append(entry.salts[i]);
        AppendSized(entry.layers[i], out);
      } else {
        out->append(entry.layer_hashes[i]);
      }
    }
    return;
  }
  for (std::string_view salt : entry.salts) out->append(salt);
  for (std::string_view layer : entry.layers) AppendSized(layer, out);
}

Status TakeEntry(std::string_view* in, CodecSizes sizes, EntryView* entry) {
  const uint64_t seq = entry->seq;
  *entry = EntryView();
  entry->seq = seq;
  if (in->empty()) return Corrupt("it ends early");
  const uint8_t first = static_cast<uint8_t>(in->front());
  in->remove_prefix(1);
  const int type = first & kNibbleMask;
  const int form = first >> kNibbleBits;
  if (!v1::EntryType_IsValid(type) || form > static_cast<int>(Form::kPartial)) {
    return Corrupt("unknown type or form");
  }
  entry->type = static_cast<v1::EntryType>(type);
  entry->form = static_cast<Form>(form);
  if (entry->type == v1::ENTRY_TYPE_UNSPECIFIED && entry->form != Form::kEvent) {
    return Corrupt("no type");
  }
  const bool layered = entry->form == Form::kStub || entry->form == Form::kPartial;
  if (layered && entry->type != v1::PUT) return Corrupt("only a PUT has layers");
  if (!TakeNumber32(in, &entry->ingest) || !TakeNumber32(in, &entry->previous_stream)) {
    return Corrupt("bad origin");
  }
  if (entry->previous_stream != 0 && !TakeVarint(in, &entry->previous_seq)) {
    return Corrupt("bad previous entry");
  }
  if (entry->form == Form::kErased) {
    if (!TakeFixed(in, sizes.hash_bytes, &entry->leaf_hash)) return Corrupt("bad leaf hash");
    return Status();
  }
  if (!TakeSized(in, &entry->header)) return Corrupt("bad header");
  if (entry->type != v1::PUT || entry->form == Form::kEvent) return Status();
  if (!TakeBody(in, sizes, entry)) return Corrupt("bad layers");
  return Status();
}

}  // namespace tombolo::store
