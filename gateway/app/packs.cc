#include "gateway/app/packs.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/config/yaml.h"
#include "gateway/os/system.h"

namespace tombolo::app {
namespace {

constexpr char kPackFile[] = "pack.yaml";
constexpr char kProfileFile[] = "profile.yaml";
constexpr char kCoreProfile[] = "core";

// Packs and profiles that come with the program: TOMBOLO_SHARE, else where it was built or
// installed.
std::string ShareFolder() {
  const char* share = std::getenv("TOMBOLO_SHARE");
  return share != nullptr && *share != '\0' ? share : TOMBOLO_SHARE_DIR;
}

// A pack names files of its own folder only.
bool StaysInside(std::string_view file) {
  return !file.empty() && !file.starts_with('/') && file.find("..") == std::string_view::npos;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::vector<std::string> ProfileFolders(const v1::NodeConfig& config) {
  std::vector<std::string> folders(config.profile_folders().begin(),
                                   config.profile_folders().end());
  folders.push_back(os::JoinPath(ShareFolder(), "profiles"));
  return folders;
}

PackShelf::PackShelf(const v1::NodeConfig& config)
    : pack_folders_(config.pack_folders().begin(), config.pack_folders().end()),
      profile_folders_(ProfileFolders(config)) {
  pack_folders_.push_back(os::JoinPath(ShareFolder(), "packs"));
}

std::map<std::string, std::string> PackShelf::All() const {
  std::map<std::string, std::string> packs;
  for (const std::string& shelf : pack_folders_) {
    const StatusOr<std::vector<std::string>> names = os::ListFolder(shelf);
    if (!names.ok()) continue;  // a folder of node.yaml that is not there holds no packs
    for (const std::string& name : *names) {
      const std::string folder = os::JoinPath(shelf, name);
      if (os::FileExists(os::JoinPath(folder, kPackFile))) packs.try_emplace(name, folder);
    }
  }
  return packs;
}

StatusOr<std::string> PackShelf::FolderOf(const std::string& name_or_path) const {
  if (os::FileExists(os::JoinPath(name_or_path, kPackFile))) return name_or_path;
  const std::map<std::string, std::string> packs = All();
  if (const auto it = packs.find(name_or_path); it != packs.end()) return it->second;
  std::vector<std::string> names;
  for (const auto& [name, folder] : packs) names.push_back(name);
  return MakeError(Code::NOT_FOUND, "no pack '" + name_or_path + "'; there are: " + Joined(names) +
                                        ". A folder with a pack.yaml may be named by its path.");
}

std::vector<std::string> PackShelf::ProfileNames() const {
  std::set<std::string> found;
  for (const std::string& shelf : profile_folders_) {
    const StatusOr<std::vector<std::string>> names = os::ListFolder(shelf);
    if (!names.ok()) continue;
    for (const std::string& name : *names) {
      if (os::FileExists(os::JoinPath(os::JoinPath(shelf, name), kProfileFile))) found.insert(name);
    }
  }
  return {found.begin(), found.end()};
}

StatusOr<record::IdentifierCheck> PackShelf::CheckIdentifier(const std::string& scheme,
                                                             std::string_view value) {
  std::set<std::string> known;
  for (const std::string& name : ProfileNames()) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const record::Profile> profile, LoadProfile(name));
    if (profile->FindScheme(scheme) != nullptr) {
      return profile->CheckIdentifier(scheme, value, std::nullopt);
    }
    for (const std::string& other : profile->SchemeNames()) known.insert(other);
  }
  return MakeError(Code::SCHEME_UNKNOWN,
                   "no profile knows the scheme '" + scheme +
                       "'; there are: " + Joined({known.begin(), known.end()}));
}

engine::FileText PackShelf::FilesOf(const std::string& folder) const {
  return [folder](std::string_view file) -> StatusOr<std::string> {
    if (!StaysInside(file)) {
      return MakeError(Code::PACK_INVALID, "a pack may name files of its own folder only, not '" +
                                               std::string(file) + "'");
    }
    return os::ReadFile(os::JoinPath(folder, file), limits::kPackFileBytesMax);
  };
}

StatusOr<std::shared_ptr<const engine::Pack>> PackShelf::Load(const std::string& name_or_path) {
  ASSIGN_OR_RETURN(const std::string folder, FolderOf(name_or_path));
  return engine::Pack::Load(FilesOf(folder), Profiles());
}

StatusOr<std::vector<engine::LintFinding>> PackShelf::Lint(const std::string& name_or_path) {
  ASSIGN_OR_RETURN(const std::string folder, FolderOf(name_or_path));
  return engine::Lint(FilesOf(folder), Profiles());
}

engine::ProfileByName PackShelf::Profiles() {
  return [this](std::string_view name) {
    return LoadProfile(name.empty() ? kCoreProfile : std::string(name));
  };
}

StatusOr<std::shared_ptr<const record::Profile>> PackShelf::LoadProfile(const std::string& name) {
  if (const auto it = profiles_.find(name); it != profiles_.end()) return it->second;
  std::vector<v1::Profile> chain;
  std::map<std::string, std::string> folders;
  RETURN_IF_ERROR(CollectProfile(kCoreProfile, &chain, &folders));
  RETURN_IF_ERROR(CollectProfile(name, &chain, &folders));
  const auto file_text = [&folders](std::string_view profile,
                                    std::string_view file) -> StatusOr<std::string> {
    const auto it = folders.find(std::string(profile));
    if (it == folders.end() || !StaysInside(file)) {
      return MakeError(
          Code::CONFIG_VALUE,
          "a profile may name files of its own folder only, not '" + std::string(file) + "'");
    }
    return os::ReadFile(os::JoinPath(it->second, file), limits::kPackFileBytesMax);
  };
  ASSIGN_OR_RETURN(std::shared_ptr<const record::Profile> profile,
                   record::Profile::Compile(chain, file_text));
  profiles_[name] = profile;
  return profile;
}

Status PackShelf::CollectProfile(const std::string& name, std::vector<v1::Profile>* chain,
                                 std::map<std::string, std::string>* folders) {
  if (folders->count(name) > 0) return absl::OkStatus();
  for (const std::string& shelf : profile_folders_) {
    const std::string folder = os::JoinPath(shelf, name);
    const std::string file = os::JoinPath(folder, kProfileFile);
    if (!StaysInside(name) || !os::FileExists(file)) continue;
    (*folders)[name] = folder;
    ASSIGN_OR_RETURN(const std::string yaml, os::ReadFile(file, limits::kYamlBytesMax));
    v1::Profile profile;
    RETURN_IF_ERROR(config::ParseYaml(yaml, file, &profile));
    for (const std::string& included : profile.includes()) {
      RETURN_IF_ERROR(CollectProfile(included, chain, folders));
    }
    chain->push_back(std::move(profile));
    return absl::OkStatus();
  }
  return MakeError(Code::NOT_FOUND, "no profile '" + name + "' in " + Joined(profile_folders_));
}

StatusOr<readers::ReaderOptions> OptionsFor(const v1::Source& source) {
  readers::ReaderOptions options;
  switch (source.format()) {
    case v1::CSV:
      options.format = readers::Format::kCsv;
      break;
    case v1::XML:
      options.format = readers::Format::kXml;
      break;
    case v1::JSON:
      options.format = readers::Format::kJson;
      break;
    case v1::NDJSON:
      options.format = readers::Format::kNdjson;
      break;
    default:
      return MakeError(Code::PACK_INVALID, "source " + source.name() + " names no format");
  }
  const auto character = [](const std::string& text, char otherwise) {
    if (text.empty()) return otherwise;
    return text == "auto" ? '\0' : text == "\\t" ? '\t' : text[0];
  };
  options.encoding = source.encoding();
  options.delimiter = character(source.delimiter(), ',');
  options.quote = source.quote() == "none" ? '\0' : character(source.quote(), '"');
  options.header = !source.no_header();
  options.preamble_lines = source.preamble_lines();
  options.header_match.assign(source.header_match().begin(), source.header_match().end());
  options.row_path = source.row_path();
  options.ragged = source.pad_ragged() ? readers::Ragged::kPad : readers::Ragged::kQuarantine;
  options.member = source.member();
  const bool by_header = source.format() == v1::CSV && !source.no_header();
  for (const v1::SourceColumn& column : source.columns()) {
    // Of a CSV with a header the engine matches names itself: it knows which may be missing.
    if (!by_header) options.columns.push_back({column.name(), column.path()});
  }
  return options;
}

engine::SourceFile FileOf(const v1::Source& source, const std::string& path) {
  engine::SourceFile file;
  file.source = source.name();
  file.name = os::BaseName(path);
  file.open = [path](const v1::Source& opened) -> StatusOr<std::unique_ptr<RowReader>> {
    ASSIGN_OR_RETURN(const readers::ReaderOptions options, OptionsFor(opened));
    return readers::Open(path, options);
  };
  return file;
}

}  // namespace tombolo::app
