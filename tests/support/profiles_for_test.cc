#include "tests/support/profiles_for_test.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/config/yaml.h"

namespace tombolo::testing {
namespace {

StatusOr<std::string> ReadProfileFile(std::string_view profile, std::string_view file) {
  const std::string path =
      absl::StrCat(TOMBOLO_SOURCE_DIR, "/adapters/profiles/", ToAbsl(profile), "/", ToAbsl(file));
  std::ifstream in(path, std::ios::binary);
  if (!in) return MakeError(Code::FILE_UNREADABLE, absl::StrCat(path, " cannot be opened"));
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// Adds `name` and what it includes, depth first, each once.
Status AddToChain(std::string_view name, std::vector<v1::Profile>* chain) {
  for (const v1::Profile& there : *chain) {
    if (there.name() == name) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string text, ReadProfileFile(name, "profile.yaml"));
  v1::Profile declared;
  RETURN_IF_ERROR(config::ParseYaml(text, absl::StrCat(ToAbsl(name), "/profile.yaml"), &declared));
  for (const std::string& included : declared.includes()) {
    RETURN_IF_ERROR(AddToChain(included, chain));
  }
  chain->push_back(std::move(declared));
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<v1::Profile>> ReadProfileChain(std::string_view name) {
  std::vector<v1::Profile> chain;
  RETURN_IF_ERROR(AddToChain("core", &chain));
  RETURN_IF_ERROR(AddToChain(name, &chain));
  return chain;
}

StatusOr<std::shared_ptr<const record::Profile>> LoadProfile(std::string_view name) {
  ASSIGN_OR_RETURN(const std::vector<v1::Profile> chain, ReadProfileChain(name));
  return record::Profile::Compile(chain, ReadProfileFile);
}

std::shared_ptr<const record::Profile> ProfileForTest(std::string_view name) {
  static std::mutex mutex;
  static auto* const kept = new std::map<std::string, std::shared_ptr<const record::Profile>>;
  const std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<const record::Profile>& profile = (*kept)[std::string(name)];
  if (profile == nullptr) {
    StatusOr<std::shared_ptr<const record::Profile>> loaded = LoadProfile(name);
    if (!loaded.ok()) {
      std::fprintf(stderr, "%s\n", Describe(loaded.status()).c_str());
      std::abort();
    }
    profile = *std::move(loaded);
  }
  return profile;
}

StatusOr<std::shared_ptr<const record::Profile>> CompileProfileText(
    std::string_view yaml, const std::map<std::string, std::string>& files) {
  v1::Profile declared;
  RETURN_IF_ERROR(config::ParseYaml(yaml, "profile.yaml", &declared));
  const auto file_text = [&](std::string_view, std::string_view file) -> StatusOr<std::string> {
    const auto found = files.find(std::string(file));
    if (found != files.end()) return found->second;
    return MakeError(Code::FILE_UNREADABLE, absl::StrCat(ToAbsl(file), " does not exist"));
  };
  return record::Profile::Compile({declared}, file_text);
}

}  // namespace tombolo::testing
