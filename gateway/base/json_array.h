// A flat JSON array of texts and nulls, as rows are kept in quarantine.
//
// Source: RFC 8259, the subset that JsonQuote writes. Ownership: plain values. Thread-safety: pure.
// Errors: std::nullopt for anything else.
#ifndef TOMBOLO_GATEWAY_BASE_JSON_ARRAY_H_
#define TOMBOLO_GATEWAY_BASE_JSON_ARRAY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tombolo {

std::optional<std::vector<std::optional<std::string>>> ParseJsonArray(std::string_view json);

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_JSON_ARRAY_H_
