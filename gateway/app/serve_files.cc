#include "gateway/app/serve_files.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/app/federation_folder.h"
#include "gateway/app/node_folder.h"
#include "gateway/app/policy_folder.h"
#include "gateway/base/limits.h"
#include "gateway/os/system.h"
#include "gateway/trust/document.h"

namespace tombolo::app {
namespace {

struct Bound {
  const char* name;
  uint64_t value, least, most;
};

Status CheckBounds(const std::vector<Bound>& bounds) {
  for (const Bound& bound : bounds) {
    if (bound.value >= bound.least && bound.value <= bound.most) continue;
    return MakeError(Code::CONFIG_VALUE,
                     absl::StrCat("node.yaml: serve.", bound.name, " is ", bound.value,
                                  "; it must be ", bound.least, " to ", bound.most));
  }
  return absl::OkStatus();
}

template <typename Value>
Value OrElse(Value value, Value otherwise) {
  return value == 0 ? otherwise : value;
}

void FillDefaults(v1::ServeConfig* config) {
  if (config->local().empty()) config->set_local(kLocalDefault);
  config->set_ping_interval_ms(OrElse(config->ping_interval_ms(), 5000u));
  config->set_receipt_interval_ms(OrElse(config->receipt_interval_ms(), 1000u));
  config->set_connections_max(OrElse(config->connections_max(), 1024u));
  config->set_connections_per_peer_max(OrElse(config->connections_per_peer_max(), 4u));
  config->set_credit_bytes(OrElse<uint64_t>(config->credit_bytes(), limits::kCreditBytesMin));
  config->set_cache_bytes(OrElse<uint64_t>(config->cache_bytes(), 16 * limits::kMiB));
  config->set_requests_per_second_max(OrElse(config->requests_per_second_max(), 20u));
  config->set_audit_head_events(OrElse(config->audit_head_events(), 1000u));
  config->set_audit_head_interval_ms(OrElse(config->audit_head_interval_ms(), 5000u));
}

bool IsLoopback(const std::string& address) {
  return absl::StartsWith(address, "127.") || absl::StartsWith(address, "[::1]:");
}

Status CheckPeers(const v1::ServeConfig& config, const std::string& self) {
  std::set<std::string> seen;
  for (const v1::PeerConfig& peer : config.peers()) {
    RETURN_IF_ERROR(CheckOrigin(peer.id()));
    if (peer.id() == self) {
      return MakeError(Code::CONFIG_VALUE, "node.yaml: serve.peers names this node itself");
    }
    if (!seen.insert(peer.id()).second) {
      return MakeError(Code::CONFIG_VALUE,
                       "node.yaml: serve.peers names " + peer.id() + " twice; each id once");
    }
    if (peer.has_endpoint() &&
        (peer.endpoint().port() == 0 || peer.endpoint().port() > UINT16_MAX)) {
      return MakeError(Code::CONFIG_VALUE,
                       "node.yaml: the endpoint of " + peer.id() + " wants a port, 1 to 65535");
    }
  }
  return absl::OkStatus();
}

Status ReadInto(const std::string& folder, const std::string& name,
                std::vector<v1::SignedDocument>* documents) {
  const std::string path = os::JoinPath(folder, name);
  if (!os::FileExists(path)) return absl::OkStatus();
  ASSIGN_OR_RETURN(v1::SignedDocument document, ReadDocument(path));
  documents->push_back(std::move(document));
  return absl::OkStatus();
}

Status ReadFederation(const std::string& folder, ServeFiles* files) {
  const std::string root_path = os::JoinPath(folder, kRootFile);
  if (!os::FileExists(root_path)) {
    return MakeError(Code::NOT_FOUND, "there is no " + root_path +
                                          "; copy the federation's documents there (`tombolo "
                                          "federation verify` checks them)");
  }
  ASSIGN_OR_RETURN(files->first_root, ReadDocument(root_path));
  files->documents.push_back(files->first_root);
  ASSIGN_OR_RETURN(const std::vector<std::string> lists, ListFiles(folder));
  for (const std::string& name : lists) {
    RETURN_IF_ERROR(ReadInto(folder, name, &files->documents));
  }
  for (const char* name : {kRegistryFile, kTimestampFile}) {
    RETURN_IF_ERROR(ReadInto(folder, name, &files->documents));
  }
  ASSIGN_OR_RETURN(const v1::Root root, trust::DecodeBody<v1::Root>(files->first_root.body()));
  files->identity.authorities_der.assign(root.certificate_authorities().begin(),
                                         root.certificate_authorities().end());
  return absl::OkStatus();
}

Status ReadPolicy(const std::string& folder, std::vector<v1::SignedDocument>* documents) {
  StatusOr<PolicyDocuments> own = ReadPolicyFolder(folder);
  if (CodeOf(own.status()) == Code::NOT_FOUND) return absl::OkStatus();  // nothing beyond PUBLIC
  RETURN_IF_ERROR(own.status());
  for (v1::SignedDocument& grant : own->grants) documents->push_back(std::move(grant));
  documents->push_back(std::move(own->policy));
  return absl::OkStatus();
}

}  // namespace

StatusOr<v1::ServeConfig> CheckServeConfig(const v1::NodeConfig& node) {
  if (!node.has_serve()) {
    return MakeError(Code::CONFIG_VALUE,
                     "node.yaml has no section `serve`; docs/operating.md shows one");
  }
  v1::ServeConfig config = node.serve();
  FillDefaults(&config);
  RETURN_IF_ERROR(CheckBounds(
      {{"ping_interval_ms", config.ping_interval_ms(), 1000, 60000},
       {"receipt_interval_ms", config.receipt_interval_ms(), 1, 60000},
       {"connections_max", config.connections_max(), 1, 100000},
       {"connections_per_peer_max", config.connections_per_peer_max(), 1, 1000},
       {"credit_bytes", config.credit_bytes(), limits::kCreditBytesMin, limits::kCreditBytesMax},
       {"cache_bytes", config.cache_bytes(), 1, 64 * limits::kGiB},
       {"requests_per_second_max", config.requests_per_second_max(), 1, 100000},
       {"audit_head_events", config.audit_head_events(), 1, 1000000},
       {"audit_head_interval_ms", config.audit_head_interval_ms(), 1, 3600000}}));
  if (!IsLoopback(config.local()) && !config.local_anywhere()) {
    return MakeError(Code::CONFIG_VALUE,
                     "node.yaml: serve.local is " + config.local() +
                         ", which others can reach without a certificate; take a loopback address, "
                         "or set local_anywhere where the network protects it");
  }
  RETURN_IF_ERROR(CheckPeers(config, node.origin()));
  return config;
}

net::ServerSettings NetSettings(const v1::ServeConfig& config) {
  net::ServerSettings settings;
  settings.listen = config.listen();
  settings.local = config.local();
  settings.connections_max = config.connections_max();
  settings.connections_per_peer_max = config.connections_per_peer_max();
  settings.requests_per_second_max = config.requests_per_second_max();
  return settings;
}

StatusOr<ServeFiles> ReadServeFiles(const std::string& node_folder) {
  ServeFiles files;
  const std::string tls = os::JoinPath(node_folder, kTlsFolder);
  const std::string chain = os::JoinPath(tls, kChainFile);
  if (!os::FileExists(chain)) {
    return MakeError(
        Code::NOT_FOUND,
        "there is no " + chain +
            "; ask for a certificate with `tombolo pki request` and put the chain that "
            "comes back there");
  }
  ASSIGN_OR_RETURN(files.identity.certificate_chain_pem, os::ReadFile(chain, limits::kPemBytesMax));
  files.identity.key_path = os::JoinPath(tls, kTlsKeyFile);
  RETURN_IF_ERROR(ReadFederation(os::JoinPath(node_folder, kFederationFolder), &files));
  RETURN_IF_ERROR(ReadPolicy(os::JoinPath(node_folder, kPolicyFolder), &files.documents));
  return files;
}

}  // namespace tombolo::app
