// Checks the vectors against the code, and the files under conformance/vectors against both. With
// TOMBOLO_WRITE_VECTORS=1 the files are written instead.
#include "tests/unit/ledger/vectors.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/support/assert_ok.h"

namespace tombolo::ledger {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(TOMBOLO_SOURCE_DIR) / "conformance/vectors";

// One key a line, so that a change of one value is a change of one line.
std::string FileText(const boost::json::object& value) {
  std::string out = "{\n";
  for (const auto& pair : value) {
    out += out.size() > 2 ? ",\n  " : "  ";
    out += boost::json::serialize(pair.key()) + ": " + boost::json::serialize(pair.value());
  }
  return out + "\n}\n";
}

std::map<std::string, Vector> ByPath() {
  std::map<std::string, Vector> out;
  for (Vector& vector : AllVectors()) {
    const std::string path = vector.folder + "/" + vector.name + ".json";
    EXPECT_TRUE(out.emplace(path, std::move(vector)).second) << path << " stands twice";
  }
  return out;
}

std::string Read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(LedgerVectors, FilesAreWhatTheCodeMakes) {
  const std::map<std::string, Vector> vectors = ByPath();
  if (std::getenv("TOMBOLO_WRITE_VECTORS") != nullptr) {
    for (const auto& [path, vector] : vectors) {
      fs::create_directories((kFolder / path).parent_path());
      std::ofstream(kFolder / path) << FileText(vector.value);
    }
  }
  std::set<std::string> folders;
  for (const auto& [path, vector] : vectors) {
    EXPECT_EQ(Read(kFolder / path), FileText(vector.value)) << path;
    folders.insert(vector.folder);
  }
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::directory_iterator(kFolder / folder)) {
      const std::string path = folder + "/" + entry.path().filename().string();
      EXPECT_EQ(vectors.count(path), 1u) << path << " is made by nothing";
    }
  }
}

TEST(LedgerVectors, EachFileBehavesAsItSays) {
  for (const auto& [path, vector] : ByPath()) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(Read(kFolder / path), error);
    ASSERT_FALSE(error) << path;
    const Status status = RunVector(value.as_object());
    EXPECT_NE(CodeOf(status), Code::INTERNAL) << path << ": " << Describe(status);
    EXPECT_EQ(status.ok(), value.as_object().at("valid").as_bool())
        << path << ": " << Describe(status);
  }
}

TEST(LedgerVectors, MoreDamagedThanValid) {
  std::map<std::string, int> surplus;
  for (const auto& [path, vector] : ByPath()) {
    surplus[vector.folder] += vector.value.at("valid").as_bool() ? -1 : 1;
  }
  EXPECT_EQ(surplus.size(), 5u);
  for (const auto& [folder, count] : surplus) EXPECT_GT(count, 0) << folder;
}

}  // namespace
}  // namespace tombolo::ledger
