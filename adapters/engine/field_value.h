// Texts of SQL as values of catalogue types.
//
// Ownership: plain values; `out` keeps its buffers from row to row. Thread-safety: pure.
// Errors: a false return and a reason for the operator.
#ifndef TOMBOLO_ADAPTERS_ENGINE_FIELD_VALUE_H_
#define TOMBOLO_ADAPTERS_ENGINE_FIELD_VALUE_H_

#include <string>
#include <string_view>

#include "gateway/record/draft.h"
#include "tombolo/v1/catalogue.pb.h"

namespace tombolo::engine {

// Puts `text` into `*out` as `type`; not for CODE. `scheme`: of an IDENTIFIER field, "" = the text
// names it as scheme:value. `reason` says what is wrong.
bool ValueFromText(v1::FieldType type, std::string_view scheme, std::string_view text,
                   record::Value* out, std::string* reason);

// The buffer of a text value, made if `*out` holds something else.
std::string* TextIn(record::Value* out);

// A JSON array of texts and numbers, ["a","b"]; false if `text` is anything else. Blank items are
// left out.
bool ParseTextArray(std::string_view text, std::vector<std::string>* out);

}  // namespace tombolo::engine

#endif  // TOMBOLO_ADAPTERS_ENGINE_FIELD_VALUE_H_
