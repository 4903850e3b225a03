#include "gateway/audit/event.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/ids.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/commitment.h"
#include "gateway/ledger/merkle.h"
#include "gateway/ledger/signer.h"

namespace tombolo::audit {
namespace {

constexpr size_t kCorrelationIdBytes = 16;
constexpr size_t kSourceDigestBytes = 32;
constexpr size_t kDigestBytes = 32;
constexpr uint32_t kPublicBit = 1, kLayerBits = 7;

Status Refuse(const v1::AuditEvent& event, std::string_view why) {
  return MakeError(Code::NOT_CANONICAL,
                   absl::StrCat("audit event ", v1::AuditEventType_Name(event.type()), " (",
                                static_cast<int>(event.type()), "): ", ToAbsl(why)));
}

struct BytesField {
  std::string_view name;
  const std::string& value;
  size_t want;
  bool required;
};

Status CheckBytes(const v1::AuditEvent& event, uint32_t required) {
  const BytesField fields[] = {
      {"correlation_id", event.correlation_id(), kCorrelationIdBytes,
       (required & kCorrelationId) != 0},
      {"source_digest", event.source_digest(), kSourceDigestBytes, (required & kSourceDigest) != 0},
      {"subject_ref", event.subject_ref(), SubjectKey::kBytes, (required & kSubjectRef) != 0},
      {"key_id", event.key_id(), ledger::kKeyIdBytes, (required & kKeyId) != 0},
      {"digest", event.digest(), kDigestBytes, (required & kDigest) != 0}};
  for (const BytesField& field : fields) {
    if (field.value.empty() && !field.required) continue;
    if (field.value.size() == field.want) continue;
    return Refuse(event, absl::StrCat(ToAbsl(field.name), " has a wrong size: got ",
                                      field.value.size(), " bytes, want ", field.want));
  }
  return absl::OkStatus();
}

Status CheckText(const v1::AuditEvent& event, uint32_t required) {
  if (event.actor().empty()) return Refuse(event, "it names no actor");
  if (event.outcome() != "OK" && !CodeFromName(event.outcome()).has_value()) {
    return Refuse(event, absl::StrCat("the outcome is neither OK nor an error code: got \"",
                                      event.outcome(), "\""));
  }
  if ((required & kPack) != 0 && event.pack().empty()) return Refuse(event, "it names no pack");
  if ((required & kPeer) != 0 && event.peer().empty()) return Refuse(event, "it names no peer");
  if ((required & kOrigin) != 0 && event.origin().empty()) {
    return Refuse(event, "it names no origin");
  }
  for (const std::string* text : {&event.actor(), &event.pack(), &event.detail(), &event.peer(),
                                  &event.purpose(), &event.rule(), &event.origin()}) {
    if (!IsUtf8(*text)) return Refuse(event, "a text is not UTF-8");
    if (text->size() > limits::kAuditTextBytesMax) {
      return MakeError(Code::LIMIT_EXCEEDED,
                       absl::StrCat("audit event: a text of ", text->size(), " bytes, limit ",
                                    limits::kAuditTextBytesMax));
    }
  }
  return absl::OkStatus();
}

bool IsStreamIdSize(size_t size) {
  return size == DigestBytes(HashKind::kSha256) || size == DigestBytes(HashKind::kSha384);
}

Status CheckRanges(const v1::AuditEvent& event, uint32_t required) {
  if ((required & kRanges) != 0 && event.ranges().empty()) return Refuse(event, "it has no ranges");
  for (const v1::StreamRange& range : event.ranges()) {
    if (!IsStreamIdSize(range.stream_id().size())) {
      return Refuse(event, absl::StrCat("a stream id has a wrong size: got ",
                                        range.stream_id().size(), " bytes, want 32 or 48"));
    }
    if ((required & kOpenEnd) != 0 && range.first_seq() > 0 && range.last_seq() == 0) continue;
    if (range.first_seq() == 0 || range.last_seq() < range.first_seq()) {
      return Refuse(event, absl::StrCat("a range must run upwards from 1: got ", range.first_seq(),
                                        " to ", range.last_seq()));
    }
  }
  return absl::OkStatus();
}

// On what ground which layers went out.
Status CheckDisclosure(const v1::AuditEvent& event, uint32_t required) {
  if ((event.layers() & ~kLayerBits) != 0) return Refuse(event, "layers names one that is none");
  if ((required & kLayers) != 0 && event.layers() == 0) return Refuse(event, "it names no layer");
  if ((required & kDocumentVersion) != 0 && event.document_version() == 0) {
    return Refuse(event, "it names no version of a document");
  }
  if ((required & kGround) != 0 && (event.layers() & ~kPublicBit) != 0 &&
      (event.rule().empty() || event.purpose().empty() || event.document_version() == 0)) {
    return Refuse(event, "layers beyond PUBLIC need rule, purpose and the policy's version");
  }
  if (event.until_us() < 0) return Refuse(event, "until_us lies before 1970");
  return absl::OkStatus();
}

Status CheckEvent(const v1::AuditEvent& event) {
  const EventInfo* info = FindEvent(event.type());
  if (info == nullptr) return Refuse(event, "the type is not in the catalogue");
  if (event.at_us() < 0) return Refuse(event, "the time lies before 1970");
  RETURN_IF_ERROR(CheckText(event, info->required));
  RETURN_IF_ERROR(CheckBytes(event, info->required));
  RETURN_IF_ERROR(CheckRanges(event, info->required));
  RETURN_IF_ERROR(CheckDisclosure(event, info->required));
  if ((info->required & kBalance) != 0 && !event.has_balance()) {
    return Refuse(event, "it has no balance");
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::string> EncodeEvent(const v1::AuditEvent& event) {
  RETURN_IF_ERROR(CheckEvent(event));
  return ledger::CanonicalBytes(event);
}

StatusOr<v1::AuditEvent> DecodeEvent(std::string_view bytes) {
  v1::AuditEvent event;
  RETURN_IF_ERROR(ledger::ParseCanonical("audit event", bytes, &event));
  RETURN_IF_ERROR(CheckEvent(event));
  return event;
}

v1::StreamDescriptor AuditDescriptor(std::string_view origin, uint32_t generation) {
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::AUDIT);
  descriptor.set_origin(std::string(origin));
  descriptor.set_sharing_class(v1::LOCAL);
  descriptor.set_generation(generation);
  return descriptor;
}

Status VerifyTrail(HashKind kind, const EventSource& next, const v1::StreamHead& head) {
  ledger::CompactRange range(kind);
  Hasher hasher(kind);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<std::string> bytes, next());
    if (!bytes.has_value()) break;
    if (const Status good = DecodeEvent(*bytes).status(); !good.ok()) {
      return MakeError(CodeOf(good),
                       absl::StrCat("event ", range.size() + 1, " of the trail: ", good.message()));
    }
    range.Append(hasher.Hash({std::string_view("\0", 1), *bytes}));
  }
  if (range.size() != head.size()) {
    return MakeError(Code::PROOF_INVALID,
                     absl::StrCat("the trail has ", range.size(), " events, want ", head.size()));
  }
  if (range.Root().view() != head.root()) {
    return MakeError(Code::PROOF_INVALID,
                     absl::StrCat("the trail has another root: got ", ToHex(range.Root().view()),
                                  ", want ", ToHex(head.root())));
  }
  return absl::OkStatus();
}

}  // namespace tombolo::audit
