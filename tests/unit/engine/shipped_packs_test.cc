// Every pack that is shipped loads, and lint has no complaint about it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/engine/pack.h"
#include "gateway/config/yaml.h"
#include "tests/support/assert_ok.h"

namespace tombolo::engine {
namespace {

namespace fs = std::filesystem;

const fs::path kAdapters = fs::path(TOMBOLO_SOURCE_DIR) / "adapters";

StatusOr<std::string> ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return MakeError(Code::NOT_FOUND, path.string() + ": no such file");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

StatusOr<std::shared_ptr<const record::Profile>> ShippedProfile(std::string_view name) {
  std::vector<v1::Profile> chain;
  for (const std::string& part : {std::string("core"), std::string(name)}) {
    if (part.empty() || (!chain.empty() && part == "core")) continue;
    const fs::path file = kAdapters / "profiles" / part / "profile.yaml";
    ASSIGN_OR_RETURN(const std::string text, ReadText(file));
    RETURN_IF_ERROR(config::ParseYaml(text, file.string(), &chain.emplace_back()));
  }
  return record::Profile::Compile(chain, [](std::string_view profile, std::string_view file) {
    return ReadText(kAdapters / "profiles" / profile / file);
  });
}

TEST(ShippedPacks, LoadWithoutComplaint) {
  int packs = 0;
  for (const fs::directory_entry& folder : fs::directory_iterator(kAdapters / "packs")) {
    if (!fs::exists(folder.path() / "pack.yaml")) continue;
    ++packs;
    const auto text = [&](std::string_view file) { return ReadText(folder.path() / file); };
    for (const LintFinding& finding : Lint(text, ShippedProfile)) {
      ADD_FAILURE() << folder.path().filename() << ": " << finding.where << ": " << finding.message;
    }
    EXPECT_OK(Pack::Load(text, ShippedProfile));
  }
  EXPECT_GE(packs, 4);
}

}  // namespace
}  // namespace tombolo::engine
