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

#include "gateway/base/text.h"
#include "gateway/ledger/commitment.h"
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

// The sound entries among the vectors of gateway/record, hashed from their files part by part.
TEST(LedgerVectors, EntriesOfTheRecordFolderHashAsStated) {
  int checked = 0;
  for (const auto& file : fs::directory_iterator(kFolder / "record")) {
    if (file.path().filename().string().rfind("entry-valid-", 0) != 0) continue;
    const boost::json::object v = boost::json::parse(Read(file.path())).as_object();
    const auto bytes = [](const boost::json::value& hex) {
      return FromHex(std::string(hex.as_string())).value();
    };
    EntryHasher hasher(*SuiteFromNumber(v.at("suite").to_number<uint32_t>()));
    const auto type = static_cast<v1::EntryType>(v.at("type").to_number<int>());
    const std::string stream = hasher.StreamId(bytes(v.at("descriptor"))).str();
    LayerHashes hashes;
    for (const boost::json::value& item : v.at("layers").as_array()) {
      const boost::json::object& layer = item.as_object();
      const int k = layer.at("class").to_number<int>();
      hashes[k - 1] = layer.contains("hash")
                          ? *DigestFrom(hasher.hash(), bytes(layer.at("hash")))
                          : hasher.LayerHash(static_cast<v1::SharingClass>(k),
                                             bytes(layer.at("salt")), bytes(layer.at("bytes")));
    }
    const std::string header = bytes(v.at("header"));
    const Digest commitment = type == v1::PUT ? hasher.PutCommitment(stream, header, hashes)
                                              : hasher.BareCommitment(type, stream, header);
    EXPECT_EQ(stream, bytes(v.at("stream_id"))) << file.path();
    EXPECT_EQ(commitment.str(), bytes(v.at("commitment"))) << file.path();
    EXPECT_EQ(hasher.Leaf(commitment.view()).str(), bytes(v.at("leaf_hash"))) << file.path();
    ++checked;
  }
  EXPECT_GE(checked, 5);
}

// The examples of the pages are those of these vectors.
TEST(LedgerVectors, PagesShowTheSameBytes) {
  struct Example {
    const char* page;
    const char* vector;
    std::vector<const char*> keys;
  };
  const Example kExamples[] = {
      {"stream_head", "head/head-valid-suite-1", {"bytes"}},
      {"stream_head", "merkle/merkle_root-valid-leaves-7", {"root"}},
      {"checkpoint", "checkpoint/checkpoint-valid-ed25519", {"public_key", "body", "signature"}},
      {"checkpoint", "checkpoint/head_proof-valid-three-streams", {"nonce"}},
      {"cursor", "cursor/cursor-valid-three-positions", {"bytes"}}};
  const std::map<std::string, Vector> vectors = ByPath();
  for (const Example& example : kExamples) {
    std::string page =
        Read(fs::path(TOMBOLO_SOURCE_DIR) / "docs/formats" / (std::string(example.page) + ".md"));
    std::erase_if(page, [](char c) { return c == ' ' || c == '\n'; });
    const Vector& vector = vectors.at(std::string(example.vector) + ".json");
    for (const char* key : example.keys) {
      const std::string hex(vector.value.at(key).as_string());
      EXPECT_NE(page.find(hex), std::string::npos) << example.page << " " << key;
    }
  }
}

}  // namespace
}  // namespace tombolo::ledger
