#include "gateway/record/canonical.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/record/wire.h"

namespace tombolo::record {
namespace {

using wire::BytesFieldSize;
using wire::OptionalTextSize;
using wire::VarintFieldSize;
using wire::Writer;
using wire::ZigZag;

// Field numbers of record.proto.
enum HeaderNumber {
  kRecordId = 1,
  kVersion,
  kKind,
  kPolarity,
  kState,
  kDatesFrom,
  kRecordedAt = 12
};
enum FieldNumber {
  kName = 1,
  kText,
  kInteger,
  kDate,
  kFlag,
  kAmount,
  kIdentifier,
  kCode,
  kTexts,
  kDecimal
};
constexpr int kLayerFields = 1;

// One value of a Field in terms of the wire: its size and how it is written.
size_t ScalarSize(uint64_t encoded) { return VarintFieldSize(encoded); }

size_t PairSize(std::string_view first, std::string_view second) {
  return OptionalTextSize(first) + OptionalTextSize(second);
}

size_t AmountSize(int64_t minor_units, std::string_view currency) {
  return (minor_units == 0 ? 0 : VarintFieldSize(ZigZag(minor_units))) + OptionalTextSize(currency);
}

template <typename Items>
size_t TextsSize(const Items& items) {
  size_t size = 0;
  for (const auto& item : items) size += BytesFieldSize(item.size());
  return size;
}

void WritePair(Writer* w, int number, std::string_view first, std::string_view second) {
  w->Length(number, PairSize(first, second));
  w->OptionalText(1, first);
  w->OptionalText(2, second);
}

void WriteAmount(Writer* w, int64_t minor_units, std::string_view currency) {
  w->Length(kAmount, AmountSize(minor_units, currency));
  if (minor_units != 0) w->VarintField(1, ZigZag(minor_units));
  w->OptionalText(2, currency);
}

template <typename Items>
void WriteTexts(Writer* w, const Items& items) {
  w->Length(kTexts, TextsSize(items));
  for (const auto& item : items) w->BytesField(1, item);
}

// Size of the value's member of the oneof; 0 = there is nothing to write.
struct ValueSize {
  size_t operator()(std::monostate) const { return 0; }
  size_t operator()(const std::string& text) const { return OptionalTextSize(text); }
  size_t operator()(int64_t number) const { return ScalarSize(ZigZag(number)); }
  size_t operator()(DateValue date) const { return ScalarSize(ZigZag(date.days)); }
  size_t operator()(bool flag) const { return ScalarSize(flag ? 1 : 0); }
  size_t operator()(const AmountValue& amount) const {
    return BytesFieldSize(AmountSize(amount.minor_units, amount.currency));
  }
  size_t operator()(const IdentifierValue& id) const {
    return id.value.empty() ? 0 : BytesFieldSize(PairSize(id.scheme, id.value));
  }
  size_t operator()(const CodeValue& code) const {
    return code.code.empty() ? 0 : BytesFieldSize(PairSize(code.code, code.label));
  }
  size_t operator()(const std::vector<std::string>& texts) const {
    return texts.empty() ? 0 : BytesFieldSize(TextsSize(texts));
  }
  size_t operator()(const DecimalValue& decimal) const { return OptionalTextSize(decimal.text); }
};

struct ValueWrite {
  Writer* w;
  void operator()(std::monostate) const {}
  void operator()(const std::string& text) const { w->BytesField(kText, text); }
  void operator()(int64_t number) const { w->VarintField(kInteger, ZigZag(number)); }
  void operator()(DateValue date) const { w->VarintField(kDate, ZigZag(date.days)); }
  void operator()(bool flag) const { w->VarintField(kFlag, flag ? 1 : 0); }
  void operator()(const AmountValue& amount) const {
    WriteAmount(w, amount.minor_units, amount.currency);
  }
  void operator()(const IdentifierValue& id) const {
    WritePair(w, kIdentifier, id.scheme, id.value);
  }
  void operator()(const CodeValue& code) const { WritePair(w, kCode, code.code, code.label); }
  void operator()(const std::vector<std::string>& texts) const { WriteTexts(w, texts); }
  void operator()(const DecimalValue& decimal) const { w->BytesField(kDecimal, decimal.text); }
};

void AppendMasked(const FieldSpec& field, const Value& value, std::string* out) {
  const v1::Mask& mask = *field.mask;
  const auto masked = [&mask](std::string_view text) {
    return MaskText(text, mask.keep_first(), mask.keep_last());
  };
  if (const auto* text = std::get_if<std::string>(&value)) {
    AppendField(field.name, masked(*text), out);
  } else if (const auto* id = std::get_if<IdentifierValue>(&value)) {
    AppendField(field.name, masked(id->value), out);
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    std::vector<std::string> copies;
    for (const std::string& one : *texts) copies.push_back(masked(one));
    AppendField(field.name, copies, out);
  }
}

struct HeaderFields {
  std::string_view record_id;  // empty = left out
  uint64_t version = 0;        // 0 = left out, and so on
  uint64_t kind = 0;
  uint64_t polarity = 0;
  uint64_t state = 0;
  std::array<std::optional<int32_t>, 6> dates;
  int64_t recorded_at_us = 0;
};

void AppendHeaderFields(const HeaderFields& h, std::string* out) {
  const auto varint_size = [](uint64_t v) { return v == 0 ? 0 : VarintFieldSize(v); };
  const auto recorded_at = static_cast<uint64_t>(h.recorded_at_us);
  size_t size = OptionalTextSize(h.record_id) + varint_size(h.version) + varint_size(h.kind) +
                varint_size(h.polarity) + varint_size(h.state) + varint_size(recorded_at);
  for (const auto& date : h.dates) size += date ? VarintFieldSize(ZigZag(*date)) : 0;
  Writer w(out, size);
  const auto varint = [&w](int number, uint64_t v) {
    if (v != 0) w.VarintField(number, v);
  };
  w.OptionalText(kRecordId, h.record_id);
  varint(kVersion, h.version);
  varint(kKind, h.kind);
  varint(kPolarity, h.polarity);
  varint(kState, h.state);
  for (size_t i = 0; i < h.dates.size(); ++i) {
    if (h.dates[i]) w.VarintField(kDatesFrom + static_cast<int>(i), ZigZag(*h.dates[i]));
  }
  varint(kRecordedAt, recorded_at);
}

std::array<std::optional<int32_t>, 6> DatesOf(const HeaderValues& h) {
  return {h.decided_on,  h.effective_on,  h.valid_from,
          h.valid_until, h.publish_until, h.share_until};
}

void AppendU32(size_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

size_t CodePointBytes(char first) {
  const auto c = static_cast<unsigned char>(first);
  return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

}  // namespace

void AppendField(std::string_view name, const Value& value, std::string* out) {
  const size_t value_size = std::visit(ValueSize{}, value);
  if (value_size == 0) return;
  const size_t size = BytesFieldSize(name.size()) + value_size;
  Writer w(out, BytesFieldSize(size));
  w.Length(kLayerFields, size);
  w.BytesField(kName, name);
  std::visit(ValueWrite{&w}, value);
}

Status EncodeLayers(const Draft& draft, LayerBytes* out) {
  for (std::string& layer : *out) layer.clear();
  const std::vector<FieldSpec>& fields = draft.item->fields;
  const size_t count = std::min(fields.size(), draft.values.size());
  for (size_t i = 0; i < count; ++i) {
    const Value& value = draft.values[i];
    if (std::holds_alternative<std::monostate>(value)) continue;
    const FieldSpec& field = fields[i];
    if (field.sharing_class >= v1::PUBLIC && field.sharing_class <= v1::LIMITED) {
      AppendField(field.name, value, &(*out)[field.sharing_class - v1::PUBLIC]);
    }
    if (field.mask.has_value() && field.mask->in() >= v1::PUBLIC &&
        field.mask->in() <= v1::LIMITED) {
      AppendMasked(field, value, &(*out)[field.mask->in() - v1::PUBLIC]);
    }
  }
  for (size_t k = 0; k < kLayers; ++k) {
    if ((*out)[k].size() <= limits::kLayerBytesMax) continue;
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("a record of item ", draft.item->code, " has ", (*out)[k].size(),
                                  " bytes in layer ", k + 1, ", at most ", limits::kLayerBytesMax,
                                  " are allowed; shorten its texts or leave fields out"));
  }
  return absl::OkStatus();
}

void AppendHeader(const RecordId& id, uint64_t version, int64_t recorded_at_us, const Draft& draft,
                  std::string* out) {
  HeaderFields h;
  h.record_id = id.view();
  h.version = version;
  h.kind = draft.item->kind;
  h.polarity = draft.item->polarity;
  h.state = draft.header.state;
  h.dates = DatesOf(draft.header);
  h.recorded_at_us = recorded_at_us;
  AppendHeaderFields(h, out);
}

void AppendContentForDigest(const HeaderValues& header, const ItemSpec& item,
                            const LayerBytes& layers, std::string* out) {
  AppendU32(item.code.size(), out);
  out->append(item.code);
  for (const int small : {int{item.kind}, int{item.polarity}, int{item.sharing_class}}) {
    out->push_back(static_cast<char>(small));
  }
  HeaderFields h;
  h.state = header.state;
  h.dates = DatesOf(header);
  const size_t length_at = out->size();
  AppendU32(0, out);
  AppendHeaderFields(h, out);
  // A header without id, version and time has less than 128 bytes: its length is one byte.
  (*out)[length_at + 3] = static_cast<char>(out->size() - length_at - 4);
  for (const std::string& layer : layers) {
    AppendU32(layer.size(), out);
    out->append(layer);
  }
}

void AppendHeaderMessage(const v1::RecordHeader& header, std::string* out) {
  const auto date = [](bool has, int32_t days) {
    return has ? std::optional<int32_t>(days) : std::nullopt;
  };
  HeaderFields h;
  h.record_id = header.record_id();
  h.version = header.version();
  // A negative enum value takes ten bytes on the wire, as in protobuf.
  h.kind = static_cast<uint64_t>(int64_t{header.kind()});
  h.polarity = static_cast<uint64_t>(int64_t{header.polarity()});
  h.state = static_cast<uint64_t>(int64_t{header.state()});
  h.dates = {date(header.has_decided_on(), header.decided_on()),
             date(header.has_effective_on(), header.effective_on()),
             date(header.has_valid_from(), header.valid_from()),
             date(header.has_valid_until(), header.valid_until()),
             date(header.has_publish_until(), header.publish_until()),
             date(header.has_share_until(), header.share_until())};
  h.recorded_at_us = header.recorded_at_us();
  AppendHeaderFields(h, out);
}

std::string MaskText(std::string_view text, uint32_t keep_first, uint32_t keep_last) {
  size_t points = 0;
  for (size_t i = 0; i < text.size(); i += CodePointBytes(text[i])) ++points;
  const bool short_text = points <= uint64_t{keep_first} + keep_last;
  std::string out;
  out.reserve(text.size());
  size_t index = 0;
  for (size_t i = 0; i < text.size(); ++index) {
    const size_t n = CodePointBytes(text[i]);
    const bool keep = !short_text && (index < keep_first || index >= points - keep_last);
    out.append(keep ? text.substr(i, n) : std::string_view("*"));
    i += n;
  }
  return out;
}

}  // namespace tombolo::record
