// One folder a node: node.yaml, secret, signing.key, store.db; and, for the exchange, tls,
// federation and policy. Making it, opening it, wiring the real parts together.
//
// Ownership: a NodeFolder owns the store, keys and seams that its context points at. Thread-safety:
// one thread. Errors: NOT_FOUND with the advice to run `tombolo init`; CONFIG_*, FILE_UNREADABLE,
// those of the store.
#ifndef TOMBOLO_GATEWAY_APP_NODE_FOLDER_H_
#define TOMBOLO_GATEWAY_APP_NODE_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "gateway/node/context.h"
#include "gateway/os/system.h"

namespace tombolo::app {

// Folders in a node's folder, mode 0700, filled by the operator (docs/operating.md): certificate
// chain and key; the federation's signed documents; this node's signed policy and grants.
inline constexpr char kTlsFolder[] = "tls";
inline constexpr char kFederationFolder[] = "federation";
inline constexpr char kPolicyFolder[] = "policy";

// kServe: as kWrite, with the small caches of a process that is idle most of the time.
enum class Access { kRead, kWrite, kServe };

class NodeFolder {
 public:
  // A new node in `path`, which must not exist or be empty. Nothing is left behind if it fails
  // half-way.
  static Status Make(const std::string& path, const v1::NodeConfig& config);
  static StatusOr<std::unique_ptr<NodeFolder>> Open(const std::string& path, Access access);

  // From now on each commit rings the node's doorbell, so that a server beside this process hears
  // of it. A server does not ring itself.
  void RingOnCommit();

  // Another view of the store for a thread that only reads.
  StatusOr<std::unique_ptr<store::Store>> OpenReader() const;

  const node::Context& context() const { return context_; }
  const v1::NodeConfig& config() const { return config_; }
  const std::string& path() const { return path_; }
  os::SystemClock& clock() { return clock_; }

 private:
  NodeFolder() = default;
  static Status Fill(const std::string& path, const v1::NodeConfig& config, ledger::Suite suite,
                     Entropy* entropy);
  Status Load(const std::string& path, Access access);

  std::string path_;
  v1::NodeConfig config_;
  os::SystemClock clock_;
  os::SystemEntropy entropy_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ledger::Signer> signer_;
  std::unique_ptr<record::Identity> identity_;
  node::Context context_;
};

// spiffe://trust-domain/path as in the SPIFFE-ID standard, section 2, at most kOriginBytesMax
// bytes.
Status CheckOrigin(std::string_view origin);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_NODE_FOLDER_H_
