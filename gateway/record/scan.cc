#include "gateway/record/scan.h"

#include "gateway/base/ids.h"
#include "gateway/base/limits.h"
#include "gateway/base/wire_reader.h"
#include "gateway/record/grammar.h"
#include "tombolo/v1/record.pb.h"

namespace tombolo::record {
namespace {

constexpr std::string_view kSubjectField = "subject.id";

// Protobuf's wire types.
constexpr uint64_t kVarintType = 0, kSizedType = 2;
constexpr int kTypeBits = 3;

using wire_reader::TakeSized;
using wire_reader::TakeVarint;

// A field with the bytes of its value, where it has some.
struct WireField {
  uint64_t number = 0, type = 0, value = 0;
  std::string_view bytes;
};

bool TakeField(std::string_view* in, WireField* field) {
  uint64_t tag = 0;
  if (!TakeVarint(in, &tag)) return false;
  field->number = tag >> kTypeBits;
  field->type = tag & ((1 << kTypeBits) - 1);
  if (field->type == kSizedType) return TakeSized(in, &field->bytes);
  return field->type == kVarintType && TakeVarint(in, &field->value);
}

// Days since 1970 as sint32 has them.
bool IsDate(uint64_t value) {
  if (value > std::numeric_limits<uint32_t>::max()) return false;
  const auto low = static_cast<uint32_t>(value);
  return IsDay(static_cast<int32_t>((low >> 1) ^ (~(low & 1) + 1)));
}

template <bool (*kIsValid)(int)>
bool IsMember(uint64_t value) {
  return value > 0 && value <= std::numeric_limits<int32_t>::max() &&
         kIsValid(static_cast<int>(value));
}

bool TakeFact(const WireField& field, HeaderFacts* facts) {
  using Header = v1::RecordHeader;
  if (field.number == Header::kRecordIdFieldNumber) {
    facts->record_id = field.bytes;
    return field.type == kSizedType && field.bytes.size() == RecordId::kBytes;
  }
  if (field.type != kVarintType) return false;
  switch (field.number) {
    case Header::kVersionFieldNumber:
      facts->version = field.value;
      return field.value > 0;
    case Header::kKindFieldNumber:
      return IsMember<v1::RecordKind_IsValid>(field.value);
    case Header::kPolarityFieldNumber:
      return IsMember<v1::Polarity_IsValid>(field.value);
    case Header::kStateFieldNumber:
      return IsMember<v1::RecordState_IsValid>(field.value);
    case Header::kDecidedOnFieldNumber:
    case Header::kEffectiveOnFieldNumber:
    case Header::kValidFromFieldNumber:
    case Header::kValidUntilFieldNumber:
    case Header::kPublishUntilFieldNumber:
    case Header::kShareUntilFieldNumber:
      return IsDate(field.value);
    case Header::kRecordedAtUsFieldNumber:
      return field.value > 0 && field.value <= std::numeric_limits<int64_t>::max();
    default:
      return false;
  }
}

}  // namespace

std::optional<HeaderFacts> ScanHeader(std::string_view header) {
  if (header.size() > limits::kHeaderBytesMax) return std::nullopt;
  HeaderFacts facts;
  uint64_t last = 0;
  WireField field;
  while (!header.empty()) {
    if (!TakeField(&header, &field) || field.number <= last) return std::nullopt;
    // The first five are always there.
    if (field.number > last + 1 && last < v1::RecordHeader::kStateFieldNumber) return std::nullopt;
    if (!TakeFact(field, &facts)) return std::nullopt;
    last = field.number;
  }
  if (last < v1::RecordHeader::kStateFieldNumber) return std::nullopt;
  return facts;
}

std::optional<SubjectName> ScanSubject(std::string_view layer) {
  WireField field, part;
  while (TakeField(&layer, &field)) {
    std::string_view in = field.bytes;
    if (!TakeField(&in, &part) || part.number != v1::Field::kNameFieldNumber) return std::nullopt;
    if (part.bytes < kSubjectField) continue;
    if (part.bytes != kSubjectField || !TakeField(&in, &part) ||
        part.number != v1::Field::kIdentifierFieldNumber) {
      return std::nullopt;
    }
    in = part.bytes;
    SubjectName name;
    while (TakeField(&in, &part)) {
      if (part.number == v1::Identifier::kSchemeFieldNumber) name.scheme = part.bytes;
      if (part.number == v1::Identifier::kValueFieldNumber) name.value = part.bytes;
    }
    if (name.scheme.empty() || name.value.empty()) return std::nullopt;
    return name;
  }
  return std::nullopt;
}

}  // namespace tombolo::record
