#include "gateway/trust/document.h"

#include <google/protobuf/util/json_util.h>

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/date.h"
#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::trust {
namespace {

constexpr std::string_view kSignatureTag = "TBD1";
constexpr int64_t kSecondUs = 1000000;
constexpr int64_t kDaySeconds = 86400;

void AppendU32(std::string* out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

// Two digits at `at`, or -1.
int TwoDigits(std::string_view text, size_t at) {
  const auto digit = [&](size_t i) {
    return absl::ascii_isdigit(static_cast<unsigned char>(text[i])) ? text[i] - '0' : -1;
  };
  return digit(at) < 0 || digit(at + 1) < 0 ? -1 : digit(at) * 10 + digit(at + 1);
}

bool Within(int value, int last) { return value >= 0 && value <= last; }

Status BodyTooLarge(size_t size) {
  return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("the document's body has ", size,
                                                      " bytes, limit ", limits::kDocumentBytesMax));
}

// Keys by ascending id, none twice, not too many; a revocation list brings its own signature.
Status CheckSignatureForm(const v1::SignedDocument& document) {
  if (document.body().size() > limits::kDocumentBytesMax) {
    return BodyTooLarge(document.body().size());
  }
  if (document.signatures_size() > static_cast<int>(limits::kDocumentSignaturesMax)) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("the document has ", document.signatures_size(),
                                  " signatures, limit ", limits::kDocumentSignaturesMax));
  }
  std::string_view before;
  for (const v1::DocumentSignature& signature : document.signatures()) {
    const std::string_view id = signature.key_id();
    if (id.size() != ledger::kKeyIdBytes || (!before.empty() && id <= before)) {
      return MakeError(Code::INVALID_ARGUMENT,
                       "the document's signatures do not stand by ascending key id, each once");
    }
    before = id;
  }
  if (document.kind() == v1::REVOCATION_LIST && document.signatures_size() > 0) {
    return MakeError(Code::INVALID_ARGUMENT, "a revocation list has no signature but its own");
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<int64_t> ParseMoment(std::string_view text) {
  static constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  const Status refused =
      MakeError(Code::INVALID_ARGUMENT,
                absl::StrCat("'", ToAbsl(Utf8Prefix(text, limits::kFaultValueBytesMax)),
                             "' is not a moment; write it like 2026-01-31T12:00:00Z"));
  if (text.size() != kForm.size() || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z') {
    return refused;
  }
  const std::optional<int32_t> day = ParseIsoDate(text.substr(0, 10));
  const int hour = TwoDigits(text, 11), minute = TwoDigits(text, 14), second = TwoDigits(text, 17);
  if (!day.has_value() || !Within(hour, 23) || !Within(minute, 59) || !Within(second, 59)) {
    return refused;
  }
  return (*day * kDaySeconds + hour * 3600 + minute * 60 + second) * kSecondUs;
}

std::string FormatMoment(int64_t us) {
  const std::string instant = FormatInstant(us);
  return instant.substr(0, instant.find('.')) + "Z";
}

std::string SignedBytes(v1::DocumentKind kind, v1::Suite suite, std::string_view key_id,
                        std::string_view body) {
  std::string out(kSignatureTag);
  out.push_back(static_cast<char>(kind));
  out.push_back(static_cast<char>(suite));
  out.append(key_id);
  AppendU32(&out, static_cast<uint32_t>(body.size()));
  out.append(body);
  return out;
}

Status AddSignature(v1::SignedDocument* document, ledger::Signer* signer) {
  RETURN_IF_ERROR(CheckSignatureForm(*document));
  if (document->kind() == v1::REVOCATION_LIST) {
    return MakeError(Code::INVALID_ARGUMENT, "a revocation list has no signature but its own");
  }
  std::map<std::string, v1::DocumentSignature> by_key;
  for (const v1::DocumentSignature& old : document->signatures()) by_key[old.key_id()] = old;
  v1::DocumentSignature& mine = by_key[signer->key_id()];
  if (by_key.size() > limits::kDocumentSignaturesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("the document has its limit of ", limits::kDocumentSignaturesMax,
                                  " signatures already"));
  }
  ASSIGN_OR_RETURN(std::string signature,
                   signer->Sign(SignedBytes(document->kind(), signer->suite(), signer->key_id(),
                                            document->body())));
  mine.set_key_id(signer->key_id());
  mine.set_suite(static_cast<uint32_t>(signer->suite()));
  mine.set_signature(std::move(signature));
  document->clear_signatures();
  for (const auto& [id, one] : by_key) *document->add_signatures() = one;
  return absl::OkStatus();
}

Status CheckThreshold(const v1::SignedDocument& document, const v1::RoleKeys& role) {
  RETURN_IF_ERROR(CheckSignatureForm(document));
  std::map<std::string, ledger::Verifier> keys;
  for (const v1::PublicKey& key : role.keys()) {
    ASSIGN_OR_RETURN(const ledger::Suite suite, ledger::SuiteFromName(key.suite()));
    ASSIGN_OR_RETURN(ledger::Verifier verifier, ledger::Verifier::FromPublicKey(suite, key.spki()));
    keys.emplace(verifier.key_id(), std::move(verifier));
  }
  uint32_t good = 0;
  for (const v1::DocumentSignature& signature : document.signatures()) {
    const auto key = keys.find(signature.key_id());
    if (key == keys.end()) continue;
    const ledger::Verifier& verifier = key->second;
    if (signature.suite() != static_cast<uint32_t>(verifier.suite())) {
      return MakeError(Code::SIGNATURE_INVALID,
                       absl::StrCat("the signature of key ", ToHex(signature.key_id()),
                                    " is said to be of another suite than the key"));
    }
    RETURN_IF_ERROR(verifier.Verify(
        SignedBytes(document.kind(), verifier.suite(), verifier.key_id(), document.body()),
        signature.signature()));
    ++good;
  }
  if (role.threshold() >= 1 && good >= role.threshold()) return absl::OkStatus();
  return MakeError(Code::THRESHOLD_MISSED,
                   absl::StrCat(good, " keys of the role have signed, ", role.threshold(),
                                " must; have more of their holders sign"));
}

std::string BodyDigest(const v1::SignedDocument& document) {
  return Hasher(HashKind::kSha256).Hash({document.body()}).str();
}

StatusOr<std::string> ToFile(const v1::SignedDocument& document) {
  RETURN_IF_ERROR(CheckSignatureForm(document));
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(document, &text, options).ok()) {
    return MakeError(Code::INTERNAL, "the document cannot be written as JSON");
  }
  return text;
}

StatusOr<v1::SignedDocument> FromFile(std::string_view text) {
  if (text.size() > limits::kDocumentFileBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("the file has ", text.size(), " bytes, limit ",
                                  limits::kDocumentFileBytesMax));
  }
  v1::SignedDocument document;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), text.size()), &document);
  if (!parsed.ok()) {
    return MakeError(Code::JSON_MALFORMED,
                     absl::StrCat("not a signed document: ", std::string(parsed.message())));
  }
  if (document.kind() < v1::ROOT || document.kind() > v1::REVOCATION_LIST) {
    return MakeError(Code::SCHEMA_UNSUPPORTED, "the document is of no known kind");
  }
  RETURN_IF_ERROR(CheckSignatureForm(document));
  return document;
}

}  // namespace tombolo::trust
