#include "gateway/trust/spiffe.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::trust {
namespace {

constexpr std::string_view kScheme = "spiffe://";

Status Refuse(std::string_view name, std::string_view why) {
  return MakeError(
      Code::INVALID_ARGUMENT,
      absl::StrCat("'", ToAbsl(Utf8Prefix(name, limits::kFaultValueBytesMax)), "' ", ToAbsl(why)));
}

bool IsPart(std::string_view part) {
  if (part.empty() || part == "." || part == "..") return false;
  for (const char c : part) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  return true;
}

}  // namespace

Status CheckTrustDomain(std::string_view name) {
  if (name.empty() || name.size() > limits::kOriginBytesMax) {
    return Refuse(name, "is no trust domain: it has no or too many characters");
  }
  for (const char c : name) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c)) &&
        !absl::ascii_isdigit(static_cast<unsigned char>(c)) && c != '.' && c != '-') {
      return Refuse(name, "is no trust domain; write it like federation.example");
    }
  }
  return absl::OkStatus();
}

Status CheckSpiffeId(std::string_view id, std::string_view trust_domain) {
  if (id.size() > limits::kOriginBytesMax) return Refuse(id, "is too long for a SPIFFE ID");
  std::string_view rest = id;
  for (const std::string_view part : {kScheme, trust_domain, std::string_view("/")}) {
    if (!rest.starts_with(part)) {
      return Refuse(id, absl::StrCat("is no name in spiffe://", ToAbsl(trust_domain), "/"));
    }
    rest.remove_prefix(part.size());
  }
  for (size_t parts = 1;; ++parts) {
    const size_t slash = rest.find('/');
    if (!IsPart(rest.substr(0, slash))) {
      return Refuse(id, "has an empty part or a character that may not stand in a SPIFFE ID");
    }
    if (parts > limits::kIdPartsMax) return Refuse(id, "has too many parts for a SPIFFE ID");
    if (slash == std::string_view::npos) return absl::OkStatus();
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace tombolo::trust
