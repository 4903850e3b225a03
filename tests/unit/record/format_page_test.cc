// The worked example of docs/formats/record.md, made with what the program hashes with.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "gateway/base/text.h"
#include "gateway/ledger/commitment.h"
#include "gateway/ledger/entry.h"
#include "gateway/record/canonical.h"
#include "gateway/record/identity.h"
#include "tests/unit/record/sample.h"

namespace tombolo::record {
namespace {

std::string WorkedExample() {
  const ItemSpec item = ExampleItem();
  const Draft draft = ExampleDraft(item);
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::RECORDS);
  descriptor.set_origin(std::string(kExampleOrigin));
  descriptor.set_item(item.code);
  descriptor.set_sharing_class(item.sharing_class);
  descriptor.set_generation(1);
  const StatusOr<std::string> descriptor_bytes = ledger::EncodeDescriptor(descriptor);
  Identity identity(CountingBytes(kNodeSecretBytes, 0));
  const RecordId id = identity.ForRecord(item.identity_scope, draft.natural_key);
  std::string header;
  AppendHeader(id, 1, kExampleRecordedAtUs, draft, &header);
  LayerBytes layers;
  if (!descriptor_bytes.ok() || !EncodeLayers(draft, &layers).ok()) return "";

  std::ostringstream out;
  const auto line = [&out](const std::string& name, std::string_view bytes) {
    static constexpr size_t kDigitsInALine = 64;
    std::string hex = ToHex(bytes);
    if (hex.empty()) hex = "(no bytes)";
    for (size_t at = 0; at < hex.size(); at += kDigitsInALine) {
      out << "    " << (at == 0 ? name : "") << std::string(18 - (at == 0 ? name.size() : 0), ' ')
          << hex.substr(at, kDigitsInALine) << "\n";
    }
  };
  line("node secret", CountingBytes(kNodeSecretBytes, 0));
  line("record_id", id.view());
  line("descriptor", *descriptor_bytes);
  line("header", header);
  ledger::EntryHasher hasher(v1::SHA256_ED25519);
  const size_t salt_bytes = ledger::SaltBytes(hasher.suite());
  ledger::LayerHashes hashes;
  for (size_t k = 0; k < kLayers; ++k) {
    const std::string number = std::to_string(k + 1);
    const std::string salt = CountingBytes(salt_bytes, static_cast<int>(16 * (k + 1)));
    hashes[k] = hasher.LayerHash(static_cast<v1::SharingClass>(k + 1), salt, layers[k]);
    line("salt_" + number, salt);
    line("layer_" + number, layers[k]);
    line("layer_hash_" + number, hashes[k].view());
  }
  const Digest stream = hasher.StreamId(*descriptor_bytes);
  const Digest commitment = hasher.PutCommitment(stream.view(), header, hashes);
  line("stream_id", stream.view());
  line("commitment", commitment.view());
  line("leaf_hash", hasher.Leaf(commitment.view()).view());
  return out.str();
}

TEST(FormatPage, WorkedExampleIsWhatTheCodeComputes) {
  std::ifstream file(std::string(TOMBOLO_SOURCE_DIR) + "/docs/formats/record.md");
  std::stringstream page;
  page << file.rdbuf();
  const std::string example = WorkedExample();
  EXPECT_NE(page.str().find(example), std::string::npos) << "the example should read\n" << example;
}

}  // namespace
}  // namespace tombolo::record
