#include "gateway/app/policy_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/app/federation_folder.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/config/yaml.h"
#include "gateway/os/system.h"
#include "gateway/trust/document.h"

namespace tombolo::app {
namespace {

constexpr unsigned kFolderMode = 0700;
constexpr char kGrantPrefix[] = "grant-";
constexpr char kJson[] = ".json";
constexpr char kYaml[] = ".yaml";
constexpr char kGrantPlace[] = "grant[";  // how CheckPolicy names a grant, with its number behind

std::string GrantFile(const std::string& id) { return kGrantPrefix + id + kJson; }

template <typename Message>
StatusOr<PolicyDraft::File> ReadYaml(const std::string& path, Message* message) {
  ASSIGN_OR_RETURN(std::string text, os::ReadFile(path, limits::kYamlBytesMax));
  RETURN_IF_ERROR(config::ParseYaml(text, path, message));
  return PolicyDraft::File{path, std::move(text)};
}

Status ReadGrants(const std::string& folder, PolicyDraft* draft) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, os::ListFolder(folder));
  std::vector<std::pair<v1::Grant, PolicyDraft::File>> read;
  for (const std::string& name : names) {
    if (!name.ends_with(kYaml)) continue;
    v1::Grant grant;
    ASSIGN_OR_RETURN(PolicyDraft::File file, ReadYaml(os::JoinPath(folder, name), &grant));
    read.emplace_back(std::move(grant), std::move(file));
  }
  std::stable_sort(read.begin(), read.end(),
                   [](const auto& a, const auto& b) { return a.first.id() < b.first.id(); });
  for (auto& [grant, file] : read) {
    draft->grants.push_back(std::move(grant));
    draft->grant_files.push_back(std::move(file));
  }
  return absl::OkStatus();
}

// The grants in the policy by digest.
Status NameGrants(PolicyDraft* draft) {
  draft->policy.clear_grants();
  for (const v1::Grant& grant : draft->grants) {
    v1::SignedDocument document;
    ASSIGN_OR_RETURN(*document.mutable_body(), trust::EncodeBody(grant));
    v1::GrantRef* ref = draft->policy.add_grants();
    ref->set_id(grant.id());
    ref->set_version(grant.version());
    ref->set_digest(trust::BodyDigest(document));
  }
  return absl::OkStatus();
}

// A fault's place in the files.
std::string PlaceIn(const PolicyDraft& draft, std::string_view column) {
  const PolicyDraft::File* file = &draft.policy_file;
  std::string_view path = column;
  if (path.starts_with(kGrantPlace)) {
    path.remove_prefix(sizeof(kGrantPlace) - 1);
    const size_t end = path.find(']');
    size_t number = 0;
    if (absl::SimpleAtoi(ToAbsl(path.substr(0, end)), &number) &&
        number < draft.grant_files.size()) {
      file = &draft.grant_files[number];
    }
    path.remove_prefix(std::min(end, path.size() - 1) + 1);
    if (path.starts_with('.')) path.remove_prefix(1);
  }
  return config::PlaceOf(file->text, file->path, path) + std::string(path.empty() ? column : path);
}

}  // namespace

StatusOr<PolicyDraft> ReadDraft(const std::string& policy_path, const std::string& grants_folder,
                                int64_t now_us) {
  PolicyDraft draft;
  ASSIGN_OR_RETURN(draft.policy_file, ReadYaml(policy_path, &draft.policy));
  if (!grants_folder.empty()) RETURN_IF_ERROR(ReadGrants(grants_folder, &draft));
  draft.policy.set_issued_at(trust::FormatMoment(now_us));
  RETURN_IF_ERROR(NameGrants(&draft));
  return draft;
}

std::vector<Fault> CheckDraft(const PolicyDraft& draft, const boundary::CodeLists& codes) {
  std::vector<Fault> faults = boundary::CheckPolicy(draft.policy, draft.grants, codes, {});
  for (Fault& fault : faults) fault.column = PlaceIn(draft, fault.column);
  return faults;
}

Status AsStatus(const std::vector<Fault>& faults) {
  if (faults.empty()) return absl::OkStatus();
  std::string text;
  for (const Fault& fault : faults) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", fault.column, ": ", fault.reason);
    if (!fault.value.empty()) absl::StrAppend(&text, " (here: ", fault.value, ")");
  }
  return MakeError(faults[0].code, text);
}

StatusOr<PolicyDocuments> SignDraft(const PolicyDraft& draft, ledger::Signer* signer) {
  PolicyDocuments out;
  out.policy.set_kind(v1::POLICY);
  ASSIGN_OR_RETURN(*out.policy.mutable_body(), trust::EncodeBody(draft.policy));
  RETURN_IF_ERROR(trust::AddSignature(&out.policy, signer));
  for (const v1::Grant& grant : draft.grants) {
    v1::SignedDocument& document = out.grants.emplace_back();
    document.set_kind(v1::GRANT);
    ASSIGN_OR_RETURN(*document.mutable_body(), trust::EncodeBody(grant));
    RETURN_IF_ERROR(trust::AddSignature(&document, signer));
  }
  return out;
}

StatusOr<PolicyDocuments> ReadPolicyFolder(const std::string& folder) {
  const std::string path = os::JoinPath(folder, kPolicyFile);
  if (!os::FileExists(path)) {
    return MakeError(Code::NOT_FOUND, "there is no " + path +
                                          ", so nothing but PUBLIC is let out; write a policy and "
                                          "sign it with: tombolo policy sign policy.yaml");
  }
  PolicyDocuments out;
  ASSIGN_OR_RETURN(out.policy, ReadDocument(path));
  ASSIGN_OR_RETURN(const v1::Policy policy, trust::DecodeBody<v1::Policy>(out.policy.body()));
  for (const v1::GrantRef& ref : policy.grants()) {
    const std::string file = os::JoinPath(folder, GrantFile(ref.id()));
    if (!os::FileExists(file)) continue;
    ASSIGN_OR_RETURN(v1::SignedDocument document, ReadDocument(file));
    if (trust::BodyDigest(document) == ref.digest()) out.grants.push_back(std::move(document));
  }
  return out;
}

Status CheckRises(const PolicyDocuments& present, const PolicyDocuments& next) {
  ASSIGN_OR_RETURN(const v1::Policy before, trust::DecodeBody<v1::Policy>(present.policy.body()));
  ASSIGN_OR_RETURN(const v1::Policy after, trust::DecodeBody<v1::Policy>(next.policy.body()));
  if (after.version() <= before.version()) {
    return MakeError(Code::DOCUMENT_ROLLBACK,
                     absl::StrCat("version ", before.version(),
                                  " of the policy is in force already; write version: ",
                                  before.version() + 1, " instead of ", after.version()));
  }
  std::map<std::string, v1::GrantRef> held;
  for (const v1::GrantRef& ref : before.grants()) held[ref.id()] = ref;
  for (const v1::GrantRef& ref : after.grants()) {
    const auto it = held.find(ref.id());
    if (it == held.end() || it->second.digest() == ref.digest()) continue;
    if (ref.version() > it->second.version()) continue;
    const bool same = ref.version() == it->second.version();
    return MakeError(
        same ? Code::DOCUMENT_FORKED : Code::DOCUMENT_ROLLBACK,
        absl::StrCat("grant ", ref.id(), " was signed as version ", it->second.version(),
                     " with other content; write version: ", it->second.version() + 1));
  }
  return absl::OkStatus();
}

Status WritePolicyFolder(const std::string& folder, const PolicyDocuments& documents) {
  if (!os::FolderExists(folder)) RETURN_IF_ERROR(os::MakeFolder(folder, kFolderMode));
  std::set<std::string> named;
  for (const v1::SignedDocument& document : documents.grants) {
    ASSIGN_OR_RETURN(const v1::Grant grant, trust::DecodeBody<v1::Grant>(document.body()));
    named.insert(GrantFile(grant.id()));
    RETURN_IF_ERROR(WriteDocument(os::JoinPath(folder, GrantFile(grant.id())), document));
  }
  RETURN_IF_ERROR(WriteDocument(os::JoinPath(folder, kPolicyFile), documents.policy));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, os::ListFolder(folder));
  for (const std::string& name : names) {
    const bool grant = name.starts_with(kGrantPrefix) && name.ends_with(kJson);
    if (!grant || named.count(name) > 0) continue;
    std::error_code ignored;  // one that stays is passed over by whoever reads the folder
    std::filesystem::remove(os::JoinPath(folder, name), ignored);
  }
  return absl::OkStatus();
}

}  // namespace tombolo::app
