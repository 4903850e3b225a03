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
#include "gateway/ledger/entry.h"
#include "gateway/record/canonical.h"

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

// A number above those that the tombstones of the vectors name.
constexpr uint64_t kSeq = 1000;

v1::StreamEntry EntryOf(const EntryVector& v) {
  v1::StreamEntry entry;
  entry.set_seq(kSeq);
  entry.set_type(static_cast<v1::EntryType>(v.type));
  entry.set_header(v.header);
  v1::LayerCopy* (v1::StreamEntry::*const kLayersOf[])() = {
      &v1::StreamEntry::mutable_public_layer, &v1::StreamEntry::mutable_government_layer,
      &v1::StreamEntry::mutable_limited_layer};
  for (size_t k = 0; k < v.layers.size(); ++k) {
    v1::LayerCopy* copy = (entry.*kLayersOf[k])();
    copy->set_salt(v.layers[k].salt.value_or(""));
    copy->set_content(v.layers[k].bytes.value_or(""));
    copy->set_hash(v.layers[k].hash.value_or(""));
  }
  return entry;
}

bool ContentHolds(const EntryVector& v) {
  if (v.type == v1::RETRACT) return ledger::DecodeRetract(v.header).ok();
  if (v.type == v1::TOMBSTONE) return ledger::DecodeTombstone(kSeq, v.header).ok();
  for (const LayerPart& part : v.layers) {
    if (part.bytes && !DecodeLayer(*part.bytes).ok()) return false;
  }
  return DecodeHeader(v.header).ok();
}

// Everything that docs/formats/record.md says of an entry, as the program checks it.
bool EntryHolds(const EntryVector& v) {
  const auto suite = ledger::SuiteFromNumber(static_cast<uint32_t>(v.suite));
  if (!suite.ok() || !ledger::DecodeDescriptor(v.descriptor).ok()) return false;
  ledger::EntryHasher hasher(*suite);
  if (hasher.StreamId(v.descriptor).view() != v.stream_id) return false;
  const auto leaf = ledger::EntryLeaf(&hasher, v.stream_id, EntryOf(v));
  return leaf.ok() && leaf->view() == v.leaf_hash &&
         hasher.Leaf(v.commitment).view() == v.leaf_hash && ContentHolds(v);
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
