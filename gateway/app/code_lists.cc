#include "gateway/app/code_lists.h"

#include "absl/strings/str_join.h"
#include "gateway/app/packs.h"
#include "gateway/base/limits.h"
#include "gateway/os/system.h"

namespace tombolo::app {
namespace {

constexpr char kFolder[] = "core";
constexpr char kPurposes[] = "purposes.csv";
constexpr char kLegalBases[] = "legal_bases.csv";

StatusOr<std::vector<boundary::CodeTerm>> ReadList(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string csv, os::ReadFile(path, limits::kPackFileBytesMax));
  StatusOr<std::vector<boundary::CodeTerm>> terms = boundary::ReadCodeList(csv);
  if (terms.ok()) return terms;
  return MakeError(CodeOf(terms.status()), path + ": " + std::string(terms.status().message()));
}

}  // namespace

StatusOr<boundary::CodeLists> LoadCodeLists(const v1::NodeConfig& config) {
  const std::vector<std::string> shelves = ProfileFolders(config);
  for (const std::string& shelf : shelves) {
    const std::string folder = os::JoinPath(shelf, kFolder);
    const std::string purposes = os::JoinPath(folder, kPurposes);
    const std::string bases = os::JoinPath(folder, kLegalBases);
    if (!os::FileExists(purposes) || !os::FileExists(bases)) continue;
    boundary::CodeLists lists;
    ASSIGN_OR_RETURN(lists.purposes, ReadList(purposes));
    ASSIGN_OR_RETURN(lists.legal_bases, ReadList(bases));
    return lists;
  }
  return MakeError(Code::NOT_FOUND,
                   "no profile folder has core/purposes.csv and core/legal_bases.csv; looked in " +
                       absl::StrJoin(shelves, ", ") +
                       ". Set TOMBOLO_SHARE to the folder that holds the program's profiles");
}

}  // namespace tombolo::app
