// A folder with a federation's documents: root.json, registry.json, timestamp.json and list-*.json,
// each a SignedDocument; and, where they are signed, keys/ with a file a key.
//
// Ownership: plain values. Thread-safety: one thread. Errors: FILE_UNREADABLE, IO_ERROR, those of
// trust/document.h and federation.h; NOT_FOUND with the advice to run `tombolo federation init`.
#ifndef TOMBOLO_GATEWAY_APP_FEDERATION_FOLDER_H_
#define TOMBOLO_GATEWAY_APP_FEDERATION_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "gateway/trust/federation.h"

namespace tombolo::app {

inline constexpr char kRootFile[] = "root.json";
inline constexpr char kRegistryFile[] = "registry.json";
inline constexpr char kTimestampFile[] = "timestamp.json";

StatusOr<v1::SignedDocument> ReadDocument(const std::string& path);
// New, or in the place of the one that is there.
Status WriteDocument(const std::string& path, const v1::SignedDocument& document);

// The names of the list files in the folder, sorted.
StatusOr<std::vector<std::string>> ListFiles(const std::string& folder);
// The list of an authority (crl.pem, cert.pem in its folder) as a document.
StatusOr<v1::SignedDocument> ListOfAuthority(const std::string& authority_folder);

// What a node that starts from the folder's root makes of its documents now.
StatusOr<std::shared_ptr<const trust::Federation>> LoadFederation(const std::string& folder,
                                                                  int64_t now_us);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_FEDERATION_FOLDER_H_
