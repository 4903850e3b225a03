// The policy of a node's operator: YAML that people write, and the signed documents in the node's
// folder policy/: policy.json and grant-ID.json, each a SignedDocument.
//
// Forms: docs/formats/policy.md and grant.md. Ownership: plain values. Thread-safety: one thread.
// Errors: FILE_UNREADABLE, CONFIG_*, POLICY_INVALID and POLICY_UNSUITED with all faults, one a
// line, led by file, line and column; DOCUMENT_ROLLBACK and DOCUMENT_FORKED for a version that does
// not rise; NOT_FOUND.
#ifndef TOMBOLO_GATEWAY_APP_POLICY_FOLDER_H_
#define TOMBOLO_GATEWAY_APP_POLICY_FOLDER_H_

#include <string>
#include <vector>

#include "gateway/boundary/policy.h"
#include "gateway/ledger/signer.h"

namespace tombolo::app {

inline constexpr char kPolicyFile[] = "policy.json";

// A policy as written, with its grants and the files' texts for naming places in them.
struct PolicyDraft {
  struct File {
    std::string path, text;
  };
  v1::Policy policy;
  std::vector<v1::Grant> grants;  // by id
  File policy_file;
  std::vector<File> grant_files;  // in the order of `grants`
};

// `policy_path`: YAML of v1::Policy. `grants_folder`: a file *.yaml a v1::Grant; "" = no grants.
// Sets the moment of issue and names the grants by digest: the policy as it would be signed.
StatusOr<PolicyDraft> ReadDraft(const std::string& policy_path, const std::string& grants_folder,
                                int64_t now_us);

// Every fault, column = place in the files ("policy.yaml:12:5: rules[3].items").
std::vector<Fault> CheckDraft(const PolicyDraft& draft, const boundary::CodeLists& codes);
// The same as one error; OK if there is none.
Status AsStatus(const std::vector<Fault>& faults);

// The documents of an origin: its policy, and the grants that it names.
struct PolicyDocuments {
  v1::SignedDocument policy;
  std::vector<v1::SignedDocument> grants;
};
StatusOr<PolicyDocuments> SignDraft(const PolicyDraft& draft, ledger::Signer* signer);

// What lies in policy/; NOT_FOUND if there is no policy. Grants that the policy does not name by
// this digest are passed over: they are of another version, written half-way or left behind.
StatusOr<PolicyDocuments> ReadPolicyFolder(const std::string& folder);
// That policy and grants rise above what is there: a policy's version always, a grant's if its
// content differs.
Status CheckRises(const PolicyDocuments& present, const PolicyDocuments& next);
// Grants first, then the policy, then away with grants that it no longer names: ended at any
// moment, nothing is given that neither of the two policies gives. Makes the folder if need be.
Status WritePolicyFolder(const std::string& folder, const PolicyDocuments& documents);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_POLICY_FOLDER_H_
