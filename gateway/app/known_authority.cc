#include "gateway/app/known_authority.h"

#include <map>
#include <set>
#include <utility>

#include "gateway/app/code_lists.h"
#include "gateway/app/federation_folder.h"
#include "gateway/trust/document.h"

namespace tombolo::app {
namespace {

// By origin.
using DocumentsByOrigin = std::map<std::string, PolicyDocuments>;

// What the store has activated of origins other than this node.
StatusOr<DocumentsByOrigin> FromStore(const node::Context& context) {
  ASSIGN_OR_RETURN(const std::vector<store::DocumentRow> rows, context.store->Documents());
  DocumentsByOrigin out;
  std::map<std::string, v1::SignedDocument> grants;  // by digest
  for (const store::DocumentRow& row : rows) {
    if (row.kind != v1::POLICY && row.kind != v1::GRANT) continue;
    v1::SignedDocument document;
    if (!document.ParseFromString(row.document)) {
      return MakeError(Code::STORE_CORRUPT, "a document of " + row.owner +
                                                " in the store does not parse; restore the node "
                                                "from a backup");
    }
    if (row.kind == v1::GRANT) {
      grants[trust::BodyDigest(document)] = std::move(document);
      continue;
    }
    ASSIGN_OR_RETURN(const v1::Policy policy, trust::DecodeBody<v1::Policy>(document.body()));
    if (policy.origin() != context.origin) out[policy.origin()].policy = std::move(document);
  }
  for (auto& [origin, documents] : out) {
    ASSIGN_OR_RETURN(const v1::Policy policy,
                     trust::DecodeBody<v1::Policy>(documents.policy.body()));
    for (const v1::GrantRef& ref : policy.grants()) {
      const auto it = grants.find(ref.digest());
      if (it != grants.end()) documents.grants.push_back(it->second);
    }
  }
  return out;
}

}  // namespace

StatusOr<KnownAuthority> LoadAuthority(const NodeFolder& folder, int64_t now_us) {
  KnownAuthority out;
  ASSIGN_OR_RETURN(out.codes, LoadCodeLists(folder.config()));
  ASSIGN_OR_RETURN(out.authority.federation,
                   LoadFederation(os::JoinPath(folder.path(), kFederationFolder), now_us));
  ASSIGN_OR_RETURN(DocumentsByOrigin documents, FromStore(folder.context()));
  StatusOr<PolicyDocuments> own = ReadPolicyFolder(os::JoinPath(folder.path(), kPolicyFolder));
  if (own.ok()) {
    documents[folder.context().origin] = *std::move(own);
  } else if (CodeOf(own.status()) == Code::NOT_FOUND) {
    out.notes.push_back(std::string(own.status().message()));
  } else {
    return own.status();
  }
  for (const auto& [origin, signed_by] : documents) {
    StatusOr<std::shared_ptr<const boundary::CompiledPolicy>> policy =
        boundary::CompiledPolicy::Compile(signed_by.policy, signed_by.grants, out.codes,
                                          out.authority.federation);
    if (policy.ok()) {
      out.authority.policies[origin] = *std::move(policy);
    } else {
      out.notes.push_back("the policy of " + origin +
                          " does not hold: " + std::string(policy.status().message()));
    }
  }
  return out;
}

std::vector<std::string> OwnPurposes(const v1::NodeConfig& config) {
  std::set<std::string> purposes;
  for (const v1::PeerConfig& peer : config.serve().peers()) {
    if (!peer.purpose().empty()) purposes.insert(peer.purpose());
  }
  return {purposes.begin(), purposes.end()};
}

}  // namespace tombolo::app
