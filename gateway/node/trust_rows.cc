#include "gateway/node/trust_rows.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/hash.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/trust/document.h"

namespace tombolo::node {
namespace {

constexpr int kStateKind = v1::DOCUMENT_KIND_UNSPECIFIED;

Status Corrupt(const std::string& what) {
  return MakeError(Code::STORE_CORRUPT,
                   what + " in the store does not read back; restore the node from a backup");
}

template <typename Message>
uint64_t VersionIn(const v1::SignedDocument& document) {
  const StatusOr<Message> message = trust::DecodeBody<Message>(document.body());
  return message.ok() ? message->version() : 0;
}

StatusOr<trust::RevocationList> ListIn(const v1::SignedDocument& document) {
  ASSIGN_OR_RETURN(const trust::AuthorityList parts, trust::SplitListBody(document.body()));
  return trust::ReadRevocationList(parts.list, parts.issuer);
}

// seen_us, registry_anew and timestamp_anew, parted by blanks.
Status ReadState(const store::DocumentRow& row, trust::TrustState* state) {
  v1::SignedDocument document;
  if (!document.ParseFromString(row.document)) return Corrupt("the federation's state");
  const std::vector<std::string> parts = absl::StrSplit(document.body(), ' ');
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &state->seen_us)) {
    return Corrupt("the federation's state");
  }
  state->registry_anew = parts[1] == "1";
  state->timestamp_anew = parts[2] == "1";
  return absl::OkStatus();
}

// Whether a document still holds under the root; one that does not was forgotten with a change.
bool Holds(const v1::SignedDocument& document, const v1::Root& root) {
  if (document.kind() == v1::REGISTRY) return trust::CheckThreshold(document, root.registry()).ok();
  if (document.kind() == v1::TIMESTAMP)
    return trust::CheckThreshold(document, root.timestamp()).ok();
  const StatusOr<trust::AuthorityList> parts = trust::SplitListBody(document.body());
  const std::vector<std::string_view> roots(root.certificate_authorities().begin(),
                                            root.certificate_authorities().end());
  return parts.ok() && trust::CheckAuthority(parts->issuer, roots, root.federation()).ok();
}

store::DocumentRow RowOf(const v1::SignedDocument& document, const std::string& federation,
                         uint64_t version) {
  store::DocumentRow row;
  row.kind = document.kind();
  row.owner = federation;
  row.version = version;
  row.document = ledger::CanonicalBytes(document);
  row.digest = trust::BodyDigest(document);
  return row;
}

}  // namespace

bool IsOfFederation(v1::DocumentKind kind) {
  return kind == v1::ROOT || kind == v1::REGISTRY || kind == v1::TIMESTAMP ||
         kind == v1::REVOCATION_LIST;
}

uint64_t VersionOf(const v1::SignedDocument& document) {
  if (document.kind() == v1::ROOT) return VersionIn<v1::Root>(document);
  if (document.kind() == v1::REGISTRY) return VersionIn<v1::Registry>(document);
  if (document.kind() == v1::TIMESTAMP) return VersionIn<v1::Timestamp>(document);
  if (document.kind() == v1::POLICY) return VersionIn<v1::Policy>(document);
  if (document.kind() == v1::GRANT) return VersionIn<v1::Grant>(document);
  if (document.kind() != v1::REVOCATION_LIST) return 0;
  const StatusOr<trust::RevocationList> list = ListIn(document);
  return list.ok() ? list->number : 0;
}

StatusOr<StoredTrust> RestoreTrust(const std::vector<store::DocumentRow>& rows) {
  StoredTrust out;
  trust::TrustState state;
  std::vector<v1::SignedDocument> others;
  for (const store::DocumentRow& row : rows) {
    if (row.kind == kStateKind) {
      RETURN_IF_ERROR(ReadState(row, &state));
      out.changes = row.version;
      continue;
    }
    if (!IsOfFederation(static_cast<v1::DocumentKind>(row.kind))) continue;
    v1::SignedDocument document;
    if (!document.ParseFromString(row.document)) return Corrupt("a document of " + row.owner);
    if (row.kind == v1::ROOT) {
      out.roots[row.version] = std::move(document);
    } else {
      others.push_back(std::move(document));
    }
  }
  if (out.roots.empty()) return out;
  const v1::SignedDocument& newest = out.roots.rbegin()->second;
  const StatusOr<v1::Root> root = trust::DecodeBody<v1::Root>(newest.body());
  if (!root.ok()) return Corrupt("the root");
  state.documents.push_back(newest);
  for (v1::SignedDocument& document : others) {
    if (Holds(document, *root)) state.documents.push_back(std::move(document));
  }
  ASSIGN_OR_RETURN(out.federation, trust::Federation::Restore(state));
  return out;
}

std::vector<NewlyActive> NewDocuments(const trust::Federation* before,
                                      const trust::Federation& after, bool registry_anew,
                                      bool timestamp_anew) {
  std::set<std::string> known;
  if (before != nullptr) {
    for (const v1::SignedDocument& document : before->State().documents) {
      known.insert(trust::BodyDigest(document));
    }
  }
  const std::string& federation = after.root().federation();
  std::vector<NewlyActive> out;
  for (v1::SignedDocument& document : after.State().documents) {
    if (known.contains(trust::BodyDigest(document))) continue;
    const uint64_t version = VersionOf(document);
    NewlyActive active{RowOf(document, federation, version), {}, ""};
    if (document.kind() == v1::ROOT) active.row.owner = absl::StrCat(federation, "/", version);
    if (document.kind() == v1::REGISTRY) active.row.restart = registry_anew;
    if (document.kind() == v1::TIMESTAMP) active.row.restart = timestamp_anew;
    if (document.kind() == v1::REVOCATION_LIST) {
      const StatusOr<trust::RevocationList> list = ListIn(document);
      if (!list.ok()) continue;  // it was read when it became active
      active.issuer_key_id = list->issuer_key_id;
      active.row.owner = ToHex(list->issuer_key_id);
    }
    active.document = std::move(document);
    out.push_back(std::move(active));
  }
  return out;
}

store::DocumentRow StateRow(const trust::Federation& federation, uint64_t changes) {
  const trust::TrustState state = federation.State();
  v1::SignedDocument document;
  document.set_body(absl::StrCat(state.seen_us, " ", state.registry_anew ? "1" : "0", " ",
                                 state.timestamp_anew ? "1" : "0"));
  return RowOf(document, federation.root().federation(), changes);
}

}  // namespace tombolo::node
