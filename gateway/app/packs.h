// Where packs and profiles are found, how their files are read, and how a locality's file is opened
// for a pack.
//
// A pack is named by its folder's path, or by its name in one of the pack folders: those of
// node.yaml, then those that come with the program. Ownership: results own what they hold.
// Thread-safety: one thread. Errors: NOT_FOUND naming what was looked for and where; PACK_INVALID,
// CONFIG_*, those of the readers.
#ifndef TOMBOLO_GATEWAY_APP_PACKS_H_
#define TOMBOLO_GATEWAY_APP_PACKS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/engine/pack.h"
#include "adapters/engine/run.h"
#include "adapters/readers/readers.h"
#include "tombolo/v1/node.pb.h"

namespace tombolo::app {

// Where profiles are looked for, in this order: the folders of node.yaml, then the program's.
std::vector<std::string> ProfileFolders(const v1::NodeConfig& config);

class PackShelf {
 public:
  explicit PackShelf(const v1::NodeConfig& config);

  StatusOr<std::string> FolderOf(const std::string& name_or_path) const;
  StatusOr<std::shared_ptr<const engine::Pack>> Load(const std::string& name_or_path);
  StatusOr<std::vector<engine::LintFinding>> Lint(const std::string& name_or_path);
  // (name, folder) of every pack on the shelf, by name; the first folder that has a name wins.
  std::map<std::string, std::string> All() const;

  // Every profile on the shelf, by name.
  std::vector<std::string> ProfileNames() const;
  // Checks an identifier under whichever profile knows its scheme; SCHEME_UNKNOWN if none does.
  StatusOr<record::IdentifierCheck> CheckIdentifier(const std::string& scheme,
                                                    std::string_view value);

  engine::FileText FilesOf(const std::string& folder) const;
  engine::ProfileByName Profiles();

 private:
  StatusOr<std::shared_ptr<const record::Profile>> LoadProfile(const std::string& name);
  Status CollectProfile(const std::string& name, std::vector<v1::Profile>* chain,
                        std::map<std::string, std::string>* folders);

  std::vector<std::string> pack_folders_;
  std::vector<std::string> profile_folders_;
  std::map<std::string, std::shared_ptr<const record::Profile>> profiles_;
};

// What the pack says about a source, as options of a reader.
StatusOr<readers::ReaderOptions> OptionsFor(const v1::Source& source);
// `path` as a file of `source`; opened anew each time.
engine::SourceFile FileOf(const v1::Source& source, const std::string& path);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_PACKS_H_
