// One record with a field of every type in every layer, and the numbers of the worked example in
// docs/formats/record.md.
//
// Ownership: values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_RECORD_SAMPLE_H_
#define TOMBOLO_TESTS_UNIT_RECORD_SAMPLE_H_

#include <string>

#include "gateway/base/date.h"
#include "gateway/base/ids.h"
#include "gateway/record/draft.h"

namespace tombolo::record {

inline FieldSpec Spec(std::string name, v1::FieldType type, v1::SharingClass sharing_class) {
  FieldSpec spec;
  spec.name = std::move(name);
  spec.type = type;
  spec.sharing_class = sharing_class;
  return spec;
}

// Bytes 0, 1, 2, ... beginning with `first`.
inline std::string CountingBytes(size_t size, int first) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(first + static_cast<int>(i));
  return bytes;
}

// The item and draft of the worked example: a penalty, two public fields, one with a masked copy.
inline ItemSpec ExampleItem() {
  ItemSpec item;
  item.code = "test.penalty";
  item.kind = v1::PENALTY;
  item.polarity = v1::NEGATIVE;
  item.sharing_class = v1::PUBLIC;
  item.identity_scope = "test.penalties";
  item.fields = {
      Spec("decision.number", v1::TEXT, v1::PUBLIC), Spec("fine", v1::AMOUNT, v1::GOVERNMENT),
      Spec("subject.id", v1::IDENTIFIER, v1::LIMITED), Spec("subject.name", v1::TEXT, v1::PUBLIC)};
  v1::Mask mask;
  mask.set_in(v1::PUBLIC);
  mask.set_keep_first(2);
  mask.set_keep_last(1);
  item.fields[2].mask = mask;
  item.ResolveNames();
  return item;
}

inline Draft ExampleDraft(const ItemSpec& item) {
  Draft draft;
  draft.item = &item;
  draft.natural_key = {"2024/17"};
  draft.header.decided_on = *ParseIsoDate("2024-03-01");
  draft.header.publish_until = *ParseIsoDate("2025-03-01");
  draft.values = {std::string("2024/17"), AmountValue{500000, "EUR"},
                  IdentifierValue{"test.org", "O12345"}, std::string("Bäckerei Ö")};
  return draft;
}

inline constexpr int64_t kExampleRecordedAtUs = 1709287200000000;  // 2024-03-01T10:00:00Z
inline constexpr std::string_view kExampleOrigin = "spiffe://node.example/a";

}  // namespace tombolo::record

#endif  // TOMBOLO_TESTS_UNIT_RECORD_SAMPLE_H_
