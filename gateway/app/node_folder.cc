#include "gateway/app/node_folder.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/config/yaml.h"
#include "gateway/node/initialise.h"
#include "gateway/os/doorbell.h"
#include "gateway/os/key_file.h"
#include "gateway/os/signer.h"
#include "gateway/store/sqlite/sqlite_store.h"

namespace tombolo::app {
namespace {

constexpr unsigned kFolderMode = 0700;
constexpr size_t kServeCacheBytes = 2 * limits::kMiB;
constexpr unsigned kConfigMode = 0644;
constexpr char kConfigFile[] = "node.yaml";
constexpr char kSecretFile[] = "secret";
constexpr char kKeyFile[] = "signing.key";
constexpr char kStoreFile[] = "store.db";

StatusOr<ledger::Suite> SuiteOf(const v1::NodeConfig& config) {
  if (config.suite().empty()) return v1::SHA256_ED25519;
  return ledger::SuiteFromName(config.suite());
}

bool SegmentFits(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  for (const char c : segment) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

}  // namespace

Status CheckOrigin(std::string_view origin) {
  static constexpr std::string_view kScheme = "spiffe://";
  const auto refuse = [&](const std::string& why) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "the origin '" + std::string(origin) + "' " + why +
                         "; write it like spiffe://federation.example/cn/31");
  };
  if (origin.size() > limits::kOriginBytesMax) return refuse("is too long");
  if (!origin.starts_with(kScheme)) return refuse("does not begin with spiffe://");
  std::string_view rest = origin.substr(kScheme.size());
  bool domain = true;
  for (;;) {
    const size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (!SegmentFits(segment))
      return refuse("has an empty part or a character that may not stand there");
    if (domain && segment.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos) {
      return refuse("has capital letters in its trust domain");
    }
    if (slash == std::string_view::npos) break;
    rest = rest.substr(slash + 1);
    domain = false;
  }
  return domain ? refuse("has no path after the trust domain") : absl::OkStatus();
}

Status NodeFolder::Make(const std::string& path, const v1::NodeConfig& config) {
  RETURN_IF_ERROR(CheckOrigin(config.origin()));
  ASSIGN_OR_RETURN(const ledger::Suite suite, SuiteOf(config));
  if (os::FolderExists(path)) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, os::ListFolder(path));
    if (!names.empty()) {
      return MakeError(Code::ALREADY_EXISTS,
                       "the folder " + path + " is not empty; name a new one for the node");
    }
  }
  // Made beside its place and moved there whole, so that no half node is ever found.
  os::SystemEntropy entropy;
  const std::string draft = path + ".new-" + ToHex(entropy.Bytes(4));
  Status status = os::MakeFolder(draft, kFolderMode);
  if (status.ok()) status = Fill(draft, config, suite, &entropy);
  std::error_code error;
  if (status.ok()) {
    std::filesystem::rename(draft, path, error);
    if (!error) return absl::OkStatus();
    status =
        MakeError(Code::IO_ERROR, "cannot move the new node to " + path + ": " + error.message());
  }
  std::filesystem::remove_all(draft, error);
  return status;
}

Status NodeFolder::Fill(const std::string& path, const v1::NodeConfig& config, ledger::Suite suite,
                        Entropy* entropy) {
  RETURN_IF_ERROR(os::WriteSecretFile(os::JoinPath(path, kSecretFile),
                                      ToHex(entropy->Bytes(record::kNodeSecretBytes)) + "\n"));
  RETURN_IF_ERROR(os::GenerateKeyFile(suite, os::JoinPath(path, kKeyFile)));
  RETURN_IF_ERROR(
      os::WriteNewFile(os::JoinPath(path, kConfigFile), config::ToYaml(config), kConfigMode));
  for (const char* name : {kTlsFolder, kFederationFolder, kPolicyFolder}) {
    RETURN_IF_ERROR(os::MakeFolder(os::JoinPath(path, name), kFolderMode));
  }
  store::SqliteOptions options;
  options.path = os::JoinPath(path, kStoreFile);
  options.mode = store::OpenMode::kCreate;
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> created, store::OpenSqliteStore(options));
  created.reset();
  ASSIGN_OR_RETURN(std::unique_ptr<NodeFolder> folder, Open(path, Access::kWrite));
  return node::Initialise(folder->context());
}

StatusOr<std::unique_ptr<NodeFolder>> NodeFolder::Open(const std::string& path, Access access) {
  std::unique_ptr<NodeFolder> folder(new NodeFolder());
  RETURN_IF_ERROR(folder->Load(path, access));
  return folder;
}

StatusOr<std::unique_ptr<store::Store>> NodeFolder::OpenReader() const {
  store::SqliteOptions options;
  options.path = os::JoinPath(path_, kStoreFile);
  options.mode = store::OpenMode::kReadOnly;
  options.cache_bytes = kServeCacheBytes;
  return store::OpenSqliteStore(options);
}

void NodeFolder::RingOnCommit() {
  context_.committed = [path = path_] { os::RingDoorbell(path, os::Ring::kMoved); };
}

Status NodeFolder::Load(const std::string& path, Access access) {
  path_ = path;
  const std::string config_path = os::JoinPath(path, kConfigFile);
  if (!os::FileExists(config_path)) {
    return MakeError(Code::NOT_FOUND, "there is no node in " + path +
                                          " (no node.yaml); make one with: tombolo init " + path +
                                          " --origin spiffe://federation.example/...");
  }
  ASSIGN_OR_RETURN(const std::string yaml, os::ReadFile(config_path, limits::kYamlBytesMax));
  RETURN_IF_ERROR(config::ParseYaml(yaml, config_path, &config_));
  RETURN_IF_ERROR(CheckOrigin(config_.origin()));
  ASSIGN_OR_RETURN(const ledger::Suite suite, SuiteOf(config_));
  ASSIGN_OR_RETURN(const os::SecretText secret_hex,
                   os::ReadSecretFile(os::JoinPath(path, kSecretFile)));
  const std::optional<std::string> secret = FromHex(Trim(secret_hex.view()));
  if (!secret.has_value() || secret->size() != record::kNodeSecretBytes) {
    return MakeError(Code::STORE_CORRUPT,
                     os::JoinPath(path, kSecretFile) +
                         " is not 32 bytes in hex; restore it from a backup, since "
                         "without it every record would get a new identity");
  }
  ASSIGN_OR_RETURN(signer_, os::LoadSigner(suite, os::JoinPath(path, kKeyFile)));
  identity_ = std::make_unique<record::Identity>(*secret);
  store::SqliteOptions options;
  options.path = os::JoinPath(path, kStoreFile);
  options.mode = access == Access::kRead ? store::OpenMode::kReadOnly : store::OpenMode::kReadWrite;
  if (access == Access::kServe) options.cache_bytes = kServeCacheBytes;
  ASSIGN_OR_RETURN(store_, store::OpenSqliteStore(options));
  context_.origin = config_.origin();
  context_.suite = suite;
  context_.ingest = config_.ingest();
  context_.actor = os::AccountName();
  context_.program = os::BuildId();
  context_.cursor_key = record::CursorKey(*secret);
  context_.store = store_.get();
  context_.signer = signer_.get();
  context_.identity = identity_.get();
  context_.clock = &clock_;
  context_.entropy = &entropy_;
  return absl::OkStatus();
}

}  // namespace tombolo::app
