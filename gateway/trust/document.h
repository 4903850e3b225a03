// Signed documents: their canonical bytes, signatures and thresholds.
//
// Bytes: docs/formats/registry.md, "Signed documents". The model is The Update Framework 1.0.31,
// sections 5.3 to 5.5: roles with thresholds, versions that only rise, a root that is signed by the
// old and the new keys. One key counts once however often it signs.
// Ownership: results own their bytes. Thread-safety: pure, but for the Signer given.
// Errors: NOT_CANONICAL, LIMIT_EXCEEDED, SCHEMA_UNSUPPORTED, SIGNATURE_INVALID, THRESHOLD_MISSED,
// JSON_MALFORMED, PEER_CERT_FORM for an authority in a root, INVALID_ARGUMENT for a document whose
// content breaks its rules.
#ifndef TOMBOLO_GATEWAY_TRUST_DOCUMENT_H_
#define TOMBOLO_GATEWAY_TRUST_DOCUMENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/ledger/signer.h"
#include "tombolo/v1/policy.pb.h"
#include "tombolo/v1/registry.pb.h"

namespace tombolo::trust {

// YYYY-MM-DDTHH:MM:SSZ to microseconds since 1970; nothing else is accepted.
StatusOr<int64_t> ParseMoment(std::string_view text);
std::string FormatMoment(int64_t us);

// "TBD1" || u8 kind || u8 suite || key id || u32 length || body: what one signature is over.
std::string SignedBytes(v1::DocumentKind kind, v1::Suite suite, std::string_view key_id,
                        std::string_view body);
// Adds the signer's signature, in the order of key ids; a second one of a key replaces the first.
Status AddSignature(v1::SignedDocument* document, ledger::Signer* signer);
// That at least `role.threshold` different keys of the role have signed. Signatures of keys that
// are not the role's are passed over; a wrong one of a key that is: SIGNATURE_INVALID.
Status CheckThreshold(const v1::SignedDocument& document, const v1::RoleKeys& role);

// Canonical bytes with the rules on content that the format pages give; and back, strictly.
// `Message`: v1::Root, Registry, Timestamp; v1::Policy or Grant, whose content gateway/boundary
// judges.
template <typename Message>
StatusOr<std::string> EncodeBody(const Message& message);
template <typename Message>
StatusOr<Message> DecodeBody(std::string_view bytes);

// SHA-256 of the body, by which other documents name it.
std::string BodyDigest(const v1::SignedDocument& document);

// As it lies in a file: JSON by the rules of Protobuf, at most kDocumentFileBytesMax; and back.
StatusOr<std::string> ToFile(const v1::SignedDocument& document);
StatusOr<v1::SignedDocument> FromFile(std::string_view text);

}  // namespace tombolo::trust

#endif  // TOMBOLO_GATEWAY_TRUST_DOCUMENT_H_
