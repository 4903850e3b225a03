#include "gateway/record/identity.h"

#include <cassert>

#include "gateway/base/hash.h"
#include "gateway/base/keyed_digest.h"

namespace tombolo::record {
namespace {

constexpr size_t kKeyBytes = 32;

// A derived key only lives on as hash state inside HmacSha256, which wipes it.
std::string DerivedKey(std::string_view node_secret, std::string_view purpose,
                       size_t bytes = kKeyBytes) {
  return HkdfSha256(node_secret, "", purpose, bytes);
}

void UpdatePart(HmacSha256* mac, std::string_view part) {
  mac->UpdateU32(static_cast<uint32_t>(part.size()));
  mac->Update(part);
}

template <typename Id>
Id Cut(const Digest& digest) {
  return Id::From(digest.view().substr(0, Id::kBytes));
}

}  // namespace

std::string CursorKey(std::string_view node_secret) {
  return DerivedKey(node_secret, "tombolo/cursor/v1");
}

struct Identity::Impl {
  explicit Impl(std::string_view node_secret)
      : record(DerivedKey(node_secret, "tombolo/record-id/v1")),
        subject(DerivedKey(node_secret, "tombolo/subject-key/v1")),
        content(DerivedKey(node_secret, "tombolo/content-digest/v2", KeyedDigest::kKeyBytes)),
        output(DerivedKey(node_secret, "tombolo/output-print/v1", KeyedDigest::kKeyBytes)),
        source(DerivedKey(node_secret, "tombolo/source-ref/v1")) {}
  HmacSha256 record, subject;
  KeyedDigest content, output;
  HmacSha256 source;
};

Identity::Identity(std::string_view node_secret) : impl_(std::make_unique<Impl>(node_secret)) {
  assert(node_secret.size() == kNodeSecretBytes);
}

Identity::~Identity() = default;

RecordId Identity::ForRecord(std::string_view identity_scope,
                             const std::vector<std::string>& natural_key) {
  UpdatePart(&impl_->record, identity_scope);
  for (const std::string& part : natural_key) UpdatePart(&impl_->record, part);
  return Cut<RecordId>(impl_->record.Finish());
}

SubjectKey Identity::ForSubject(std::string_view scheme, std::string_view value) {
  UpdatePart(&impl_->subject, scheme);
  UpdatePart(&impl_->subject, value);
  return Cut<SubjectKey>(impl_->subject.Finish());
}

ContentDigest Identity::ForContent(const RecordId& id, std::string_view content) {
  impl_->content.Update(id.view());
  impl_->content.Update(content);
  return Cut<ContentDigest>(impl_->content.Finish());
}

OutputPrint Identity::ForOutput(std::string_view output) {
  impl_->output.Update(output);
  return Cut<OutputPrint>(impl_->output.Finish());
}

std::string Identity::ForSource(std::string_view digest_or_name) {
  impl_->source.Update(digest_or_name);
  return impl_->source.Finish().str();
}

}  // namespace tombolo::record
