#include "gateway/base/error.h"

#include <cassert>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo {
namespace {

constexpr char kPayloadUrl[] = "tombolo/code";

absl::StatusCode CanonicalCode(int http_status) {
  switch (http_status) {
    case 400:
    case 415:
    case 422:
      return absl::StatusCode::kInvalidArgument;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
    case 451:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 408:
      return absl::StatusCode::kDeadlineExceeded;
    case 409:
    case 410:
    case 426:
      return absl::StatusCode::kFailedPrecondition;
    case 413:
    case 429:
    case 507:
      return absl::StatusCode::kResourceExhausted;
    case 405:
    case 501:
      return absl::StatusCode::kUnimplemented;
    case 503:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

const std::vector<CodeInfo>& AllCodes() {
  static const auto* const kAll = new std::vector<CodeInfo>{
#define X(name, exit_code, http_status, doc) {Code::name, #name, exit_code, http_status, doc},
#include "gateway/base/errors.def"
#undef X
  };
  return *kAll;
}

const CodeInfo& InfoOf(Code code) {
  static const CodeInfo kOkInfo{Code::kOk, "OK", 0, 200, "Done."};
  if (code == Code::kOk) return kOkInfo;
  return AllCodes().at(static_cast<size_t>(code) - 1);
}

std::string_view NameOf(Code code) { return InfoOf(code).name; }

std::optional<Code> CodeFromName(std::string_view name) {
  for (const CodeInfo& info : AllCodes()) {
    if (info.name == name) return info.code;
  }
  return std::nullopt;
}

Status MakeError(Code code, std::string_view message) {
  assert(code != Code::kOk);
  Status status(CanonicalCode(InfoOf(code).http_status), ToAbsl(message));
  status.SetPayload(kPayloadUrl, absl::Cord(ToAbsl(NameOf(code))));
  return status;
}

Code CodeOf(const Status& status) {
  if (status.ok()) return Code::kOk;
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return Code::INTERNAL;
  return CodeFromName(std::string(*payload)).value_or(Code::INTERNAL);
}

std::string Describe(const Status& status) {
  if (status.ok()) return "OK";
  return absl::StrCat(ToAbsl(NameOf(CodeOf(status))), ": ", status.message());
}

std::string Describe(const Fault& fault) {
  std::string out = absl::StrCat(ToAbsl(NameOf(fault.code)), " ", fault.column);
  if (!fault.value.empty()) absl::StrAppend(&out, " = \"", fault.value, "\"");
  return absl::StrCat(out, ": ", fault.reason);
}

}  // namespace tombolo
