// Errors as values: the outward code, a message for the user, and faults of rows.
//
// Everything that can fail returns absl::Status or absl::StatusOr; no exception crosses a folder.
// The outward code travels inside the status as a payload. A message says what to do next: file,
// row, column, value.
//
// Ownership: plain values. Thread-safety: all functions are pure. Errors: none.
#ifndef TOMBOLO_GATEWAY_BASE_ERROR_H_
#define TOMBOLO_GATEWAY_BASE_ERROR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tombolo {

using absl::Status;
using absl::StatusOr;

// The outward codes, in the order of errors.def.
enum class Code : uint16_t {
  kOk = 0,
#define X(name, exit_code, http_status, doc) name,
#include "gateway/base/errors.def"
#undef X
};

struct CodeInfo {
  Code code;
  std::string_view name;  // e.g. "USCC_CHECK"
  int exit_code;          // of the program, when this is the first error
  int http_status;
  std::string_view doc;
};

// All codes, in order, without kOk.
const std::vector<CodeInfo>& AllCodes();
const CodeInfo& InfoOf(Code code);
std::string_view NameOf(Code code);
std::optional<Code> CodeFromName(std::string_view name);

// A status with an outward code. `code` must not be kOk.
Status MakeError(Code code, std::string_view message);
// The outward code of a status: kOk for ok, INTERNAL for a status made without MakeError.
Code CodeOf(const Status& status);
// "code: message", as shown to a user.
std::string Describe(const Status& status);

// One thing wrong with one row. Several may be found in one row; all are reported together.
struct Fault {
  Code code = Code::kOk;
  std::string column;  // source column or field; may be empty
  std::string value;   // the offending value, cut to kFaultValueBytesMax
  std::string reason;  // a sentence for the operator
  bool operator==(const Fault&) const = default;
};

// "CODE column = "value": reason", on one line.
std::string Describe(const Fault& fault);

#define TOMBOLO_CONCAT_INNER(a, b) a##b
#define TOMBOLO_CONCAT(a, b) TOMBOLO_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expr)                                \
  do {                                                       \
    if (::tombolo::Status status_ = (expr); !status_.ok()) { \
      return status_;                                        \
    }                                                        \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(TOMBOLO_CONCAT(status_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                          \
  if (!tmp.ok()) return tmp.status();         \
  lhs = std::move(*tmp)

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_ERROR_H_
