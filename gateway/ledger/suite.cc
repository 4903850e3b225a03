#include "gateway/ledger/suite.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::ledger {
namespace {

bool IsKnown(int number) { return v1::Suite_IsValid(number) && number != v1::SUITE_UNSPECIFIED; }

}  // namespace

StatusOr<Suite> SuiteFromNumber(uint32_t number) {
  if (number > v1::Suite_MAX || !IsKnown(static_cast<int>(number))) {
    return MakeError(Code::SCHEMA_UNSUPPORTED,
                     absl::StrCat("suite ", number, " is not known here; want 1, 2 or 3"));
  }
  return static_cast<Suite>(number);
}

StatusOr<Suite> SuiteFromName(std::string_view name) {
  Suite suite = v1::SUITE_UNSPECIFIED;
  if (!v1::Suite_Parse(std::string(name), &suite) || !IsKnown(suite)) {
    return MakeError(Code::SCHEMA_UNSUPPORTED,
                     absl::StrCat("suite \"", ToAbsl(name),
                                  "\" is not known; want SHA256_ED25519, SHA256_ECDSA_P256 or "
                                  "SHA384_ECDSA_P384"));
  }
  return suite;
}

std::string_view SuiteName(Suite suite) { return v1::Suite_Name(suite); }

HashKind HashOf(Suite suite) {
  return suite == v1::SHA384_ECDSA_P384 ? HashKind::kSha384 : HashKind::kSha256;
}

size_t HashBytes(Suite suite) { return DigestBytes(HashOf(suite)); }

size_t SaltBytes(Suite suite) { return HashBytes(suite) / 2; }

std::optional<Digest> DigestFrom(HashKind kind, std::string_view bytes) {
  if (bytes.size() != DigestBytes(kind)) return std::nullopt;
  Digest digest;
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  digest.size = static_cast<uint8_t>(bytes.size());
  return digest;
}

}  // namespace tombolo::ledger
