// Checks the vectors against the code, and the files of conformance/vectors/record against both.
// With TOMBOLO_WRITE_VECTORS=1 the files are written instead.
#include "tests/unit/record/vectors.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "gateway/base/text.h"
#include "gateway/record/canonical.h"
#include "gateway/record/commitment.h"

namespace tombolo::record {
namespace {

std::string Quoted(std::string_view hex_bytes) { return "\"" + ToHex(hex_bytes) + "\""; }

std::string Head(const std::string& what, int suite, const std::string& damage) {
  std::string out = "{\n  \"what\": \"" + what + "\",\n  \"suite\": " + std::to_string(suite);
  out += std::string(",\n  \"valid\": ") + (damage.empty() ? "true" : "false");
  return out + ",\n  \"damage\": \"" + damage + "\"";
}

std::string Json(const BytesVector& v) {
  return Head(v.what, 1, v.damage) + ",\n  \"bytes\": " + Quoted(v.bytes) + "\n}\n";
}

std::string Json(const EntryVector& v) {
  std::string out = Head("entry", v.suite, v.damage);
  out += ",\n  \"type\": " + std::to_string(v.type);
  out += ",\n  \"descriptor\": " + Quoted(v.descriptor);
  out += ",\n  \"header\": " + Quoted(v.header) + ",\n  \"layers\": [";
  for (size_t k = 0; k < v.layers.size(); ++k) {
    const LayerPart& part = v.layers[k];
    out +=
        std::string(k == 0 ? "" : ",") + "\n    {\"class\": " + std::to_string(part.sharing_class);
    if (part.salt) out += ", \"salt\": " + Quoted(*part.salt);
    if (part.bytes) out += ", \"bytes\": " + Quoted(*part.bytes);
    if (part.hash) out += ", \"hash\": " + Quoted(*part.hash);
    out += "}";
  }
  out +=
      std::string(v.layers.empty() ? "" : "\n  ") + "],\n  \"stream_id\": " + Quoted(v.stream_id);
  out += ",\n  \"commitment\": " + Quoted(v.commitment);
  return out + ",\n  \"leaf_hash\": " + Quoted(v.leaf_hash) + "\n}\n";
}

std::string FileName(const std::string& what, const std::string& damage, const std::string& name) {
  return what + "-" + (damage.empty() ? "valid-" + name : damage) + ".json";
}

std::map<std::string, std::string> AllFiles() {
  std::map<std::string, std::string> files;
  for (const auto& part : {LayerVectors(), HeaderVectors()}) {
    for (const BytesVector& v : part) files[FileName(v.what, v.damage, v.name)] = Json(v);
  }
  for (const EntryVector& v : EntryVectors()) files[FileName("entry", v.damage, v.name)] = Json(v);
  return files;
}

// Everything that docs/formats/record.md says of an entry.
bool EntryHolds(const EntryVector& v) {
  const auto kind = HashOfSuite(v.suite);
  if (!kind.ok() || v.type < v1::PUT || v.type > v1::TOMBSTONE) return false;
  if (v.layers.size() != (v.type == v1::PUT ? kLayers : 0)) return false;
  if (v.stream_id.size() != DigestBytes(*kind)) return false;
  Committer committer(static_cast<v1::Suite>(v.suite));
  std::array<Digest, 3> hashes;
  for (size_t k = 0; k < v.layers.size(); ++k) {
    const LayerPart& part = v.layers[k];
    if (part.hash) {
      if (part.hash->size() != DigestBytes(*kind)) return false;
      hashes[k].size = static_cast<uint8_t>(part.hash->copy(hashes[k].bytes.data(), 48));
      continue;
    }
    if (part.salt->size() != SaltBytes(*kind) || !DecodeLayer(*part.bytes).ok()) return false;
    hashes[k] = committer.LayerHash(static_cast<v1::SharingClass>(k + 1), *part.salt, *part.bytes);
  }
  if (v.type == v1::PUT && !DecodeHeader(v.header).ok()) return false;
  const Digest stream = committer.StreamId(v.descriptor);
  const Digest commitment =
      v.type == v1::PUT
          ? committer.PutCommitment(stream.view(), v.header, hashes)
          : committer.HeaderCommitment(static_cast<v1::EntryType>(v.type), stream.view(), v.header);
  return stream.view() == v.stream_id && commitment.view() == v.commitment &&
         committer.LeafHash(commitment.view()).view() == v.leaf_hash;
}

TEST(Vectors, Layers) {
  for (const BytesVector& v : LayerVectors()) {
    EXPECT_EQ(DecodeLayer(v.bytes).ok(), v.damage.empty()) << v.damage << v.name;
  }
}

TEST(Vectors, Headers) {
  for (const BytesVector& v : HeaderVectors()) {
    EXPECT_EQ(DecodeHeader(v.bytes).ok(), v.damage.empty()) << v.damage << v.name;
  }
}

TEST(Vectors, Entries) {
  for (const EntryVector& v : EntryVectors()) {
    EXPECT_EQ(EntryHolds(v), v.damage.empty()) << v.damage << v.name;
  }
}

TEST(Vectors, FilesAreWhatTheCodeMakes) {
  const std::filesystem::path folder =
      std::filesystem::path(TOMBOLO_SOURCE_DIR) / "conformance/vectors/record";
  const std::map<std::string, std::string> files = AllFiles();
  if (std::getenv("TOMBOLO_WRITE_VECTORS") != nullptr) {
    std::filesystem::create_directories(folder);
    for (const auto& [name, text] : files) std::ofstream(folder / name) << text;
  }
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") found.insert(entry.path().filename().string());
  }
  size_t damaged = 0;
  for (const auto& [name, text] : files) {
    std::stringstream content;
    content << std::ifstream(folder / name).rdbuf();
    EXPECT_EQ(content.str(), text) << name;
    EXPECT_EQ(found.erase(name), 1u) << name;
    if (text.find("\"valid\": false") != std::string::npos) ++damaged;
  }
  EXPECT_TRUE(found.empty()) << *found.begin() << " is made by nothing";
  EXPECT_GT(damaged, files.size() / 2);
}

}  // namespace
}  // namespace tombolo::record
