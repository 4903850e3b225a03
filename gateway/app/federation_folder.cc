#include "gateway/app/federation_folder.h"

#include "gateway/base/limits.h"
#include "gateway/os/pki.h"
#include "gateway/os/system.h"

namespace tombolo::app {
namespace {

constexpr unsigned kPublicMode = 0644;

Status InFile(const std::string& path, const Status& status) {
  return MakeError(CodeOf(status), path + ": " + std::string(status.message()));
}

}  // namespace

StatusOr<v1::SignedDocument> ReadDocument(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(path, limits::kDocumentFileBytesMax));
  StatusOr<v1::SignedDocument> document = trust::FromFile(text);
  if (!document.ok()) return InFile(path, document.status());
  return document;
}

Status WriteDocument(const std::string& path, const v1::SignedDocument& document) {
  ASSIGN_OR_RETURN(const std::string text, trust::ToFile(document));
  return os::ReplaceFile(path, text, kPublicMode);
}

StatusOr<std::vector<std::string>> ListFiles(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, os::ListFolder(folder));
  std::vector<std::string> lists;
  for (const std::string& name : names) {
    if (name.starts_with("list-") && name.ends_with(".json")) lists.push_back(name);
  }
  return lists;
}

StatusOr<v1::SignedDocument> ListOfAuthority(const std::string& authority_folder) {
  const auto read = [&](const char* name, const char* what) -> StatusOr<std::string> {
    const std::string path = os::JoinPath(authority_folder, name);
    ASSIGN_OR_RETURN(const std::string pem, os::ReadFile(path, limits::kDocumentFileBytesMax));
    const StatusOr<std::vector<std::string>> ders = os::DerOfPem(pem, what);
    if (!ders.ok()) return InFile(path, ders.status());
    return ders->front();
  };
  ASSIGN_OR_RETURN(const std::string list, read(os::kListPem, "X509 CRL"));
  ASSIGN_OR_RETURN(const std::string certificate, read(os::kCertificatePem, "CERTIFICATE"));
  RETURN_IF_ERROR(trust::ReadRevocationList(list, certificate).status());
  v1::SignedDocument document;
  document.set_kind(v1::REVOCATION_LIST);
  document.set_body(list + certificate);
  return document;
}

StatusOr<std::shared_ptr<const trust::Federation>> LoadFederation(const std::string& folder,
                                                                  int64_t now_us) {
  if (!os::FileExists(os::JoinPath(folder, kRootFile))) {
    return MakeError(Code::NOT_FOUND,
                     "there is no root.json in " + folder +
                         "; copy the federation's documents there, or make a federation with: "
                         "tombolo federation init");
  }
  ASSIGN_OR_RETURN(const v1::SignedDocument root, ReadDocument(os::JoinPath(folder, kRootFile)));
  ASSIGN_OR_RETURN(std::shared_ptr<const trust::Federation> federation,
                   trust::Federation::Found(root, now_us));
  ASSIGN_OR_RETURN(std::vector<std::string> names, ListFiles(folder));
  for (const char* name : {kRegistryFile, kTimestampFile}) {
    if (os::FileExists(os::JoinPath(folder, name))) names.push_back(name);
  }
  for (const std::string& name : names) {
    const std::string path = os::JoinPath(folder, name);
    ASSIGN_OR_RETURN(const v1::SignedDocument document, ReadDocument(path));
    const StatusOr<trust::Activation> next = federation->Activate(document, {}, now_us);
    if (!next.ok()) return InFile(path, next.status());
    federation = next->federation;
  }
  return federation;
}

}  // namespace tombolo::app
