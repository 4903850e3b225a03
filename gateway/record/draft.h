// A record before it has an identity, salts or a version: what an adapter hands over and the rules
// look at.
//
// The values stand in the order of the item's fields, so that nothing is looked up by name on the
// way. Ownership: a Draft owns its values and points at its ItemSpec, which must outlive it.
// Thread-safety: plain values. Errors: none.
#ifndef TOMBOLO_GATEWAY_RECORD_DRAFT_H_
#define TOMBOLO_GATEWAY_RECORD_DRAFT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/record/item.h"

namespace tombolo::record {

struct AmountValue {
  int64_t minor_units = 0;
  std::string currency;  // ISO 4217
  bool operator==(const AmountValue&) const = default;
};

struct IdentifierValue {
  std::string scheme;
  std::string value;  // normal form
  bool operator==(const IdentifierValue&) const = default;
};

struct CodeValue {
  std::string code;
  std::string label;
  bool operator==(const CodeValue&) const = default;
};

struct DateValue {
  int32_t days = 0;  // since 1970-01-01
  bool operator==(const DateValue&) const = default;
};

struct DecimalValue {
  std::string text;  // plain decimal, docs/formats/record.md
  bool operator==(const DecimalValue&) const = default;
};

// std::monostate = absent. std::string serves TEXT, DIVISION and URL.
using Value = std::variant<std::monostate, std::string, int64_t, DateValue, bool, AmountValue,
                           IdentifierValue, CodeValue, std::vector<std::string>, DecimalValue>;

// The dates and the state of the header, as known to the source. Absent = not known.
struct HeaderValues {
  v1::RecordState state = v1::EFFECTIVE;
  std::optional<int32_t> decided_on;
  std::optional<int32_t> effective_on;
  std::optional<int32_t> valid_from;
  std::optional<int32_t> valid_until;
  std::optional<int32_t> publish_until;
  std::optional<int32_t> share_until;
  bool operator==(const HeaderValues&) const = default;
};

struct Draft {
  const ItemSpec* item = nullptr;
  std::vector<std::string> natural_key;  // parts in the pack's order; none empty
  HeaderValues header;
  std::vector<Value> values;  // values[i] belongs to item->fields[i]
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_DRAFT_H_
