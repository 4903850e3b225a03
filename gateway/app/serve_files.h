// What a server reads of its node's folder, at its start and again when it is told to: certificate
// and key, the federation's documents, its own policy; and node.yaml's section `serve`, checked.
//
// Ownership: plain values. Thread-safety: pure but for reading files. Errors: CONFIG_VALUE,
// FILE_UNREADABLE, NOT_FOUND with the command that makes what is missing, those of documents.
#ifndef TOMBOLO_GATEWAY_APP_SERVE_FILES_H_
#define TOMBOLO_GATEWAY_APP_SERVE_FILES_H_

#include <optional>
#include <string>
#include <vector>

#include "gateway/net/server.h"
#include "tombolo/v1/node.pb.h"
#include "tombolo/v1/registry.pb.h"

namespace tombolo::app {

inline constexpr char kChainFile[] = "chain.pem";
inline constexpr char kTlsKeyFile[] = "key.pem";
inline constexpr char kLocalDefault[] = "127.0.0.1:9464";

// The section with its defaults filled in, each value within its bounds.
StatusOr<v1::ServeConfig> CheckServeConfig(const v1::NodeConfig& config);
net::ServerSettings NetSettings(const v1::ServeConfig& config);

struct ServeFiles {
  net::TlsIdentity identity;
  v1::SignedDocument first_root;
  // In the order in which they are to be taken: root, lists, registry, timestamp, grants, policy.
  std::vector<v1::SignedDocument> documents;
};
StatusOr<ServeFiles> ReadServeFiles(const std::string& node_folder);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_SERVE_FILES_H_
