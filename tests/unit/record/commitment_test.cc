#include "gateway/record/commitment.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "gateway/base/text.h"
#include "gateway/record/canonical.h"
#include "gateway/record/identity.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/record/sample.h"

namespace tombolo::record {
namespace {

std::string U32(size_t value) {
  std::string out(4, '\0');
  for (int i = 3; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value & 0xFF);
  return out;
}

std::string Sha(v1::Suite suite, const std::string& input) {
  const HashKind kind = *HashOfSuite(suite);
  return Hasher(kind).Hash({input}).str();
}

class CommitterTest : public ::testing::TestWithParam<v1::Suite> {
 protected:
  std::string suite() const { return std::string(1, static_cast<char>(GetParam())); }
};

TEST_P(CommitterTest, FollowsThePage) {
  Committer committer(GetParam());
  const std::string salt = CountingBytes(committer.salt_bytes(), 9);
  EXPECT_EQ(salt.size(), GetParam() == v1::SHA384_ECDSA_P384 ? 24u : 16u);
  const std::string stream = Sha(GetParam(), "TBS1" + suite() + "descriptor");
  EXPECT_EQ(committer.StreamId("descriptor").str(), stream);
  std::array<Digest, 3> hashes;
  std::string joined;
  const std::string contents[3] = {"public", "", "limited"};
  for (int k = 1; k <= 3; ++k) {
    hashes[k - 1] = committer.LayerHash(static_cast<v1::SharingClass>(k), salt, contents[k - 1]);
    const std::string expected =
        Sha(GetParam(),
            "TBL1" + suite() + std::string(1, static_cast<char>(k)) + salt + contents[k - 1]);
    EXPECT_EQ(hashes[k - 1].str(), expected);
    joined += expected;
  }
  const std::string header = "header";
  const std::string entry =
      Sha(GetParam(), "TBE1" + suite() + "\x01" + stream + U32(6) + header + joined);
  EXPECT_EQ(committer.PutCommitment(stream, header, hashes).str(), entry);
  EXPECT_EQ(committer.HeaderCommitment(v1::RETRACT, stream, header).str(),
            Sha(GetParam(), "TBE1" + suite() + "\x02" + stream + U32(6) + header));
  EXPECT_EQ(committer.HeaderCommitment(v1::TOMBSTONE, stream, header).str(),
            Sha(GetParam(), "TBE1" + suite() + "\x03" + stream + U32(6) + header));
  EXPECT_EQ(committer.LeafHash(entry).str(), Sha(GetParam(), std::string(1, '\0') + entry));
}

INSTANTIATE_TEST_SUITE_P(Suites, CommitterTest,
                         ::testing::Values(v1::SHA256_ED25519, v1::SHA256_ECDSA_P256,
                                           v1::SHA384_ECDSA_P384));

TEST(Committer, SuitesAndClassesAreSeparated) {
  Committer one(v1::SHA256_ED25519);
  Committer two(v1::SHA256_ECDSA_P256);
  const std::string salt = CountingBytes(16, 0);
  EXPECT_FALSE(one.LayerHash(v1::PUBLIC, salt, "x") == two.LayerHash(v1::PUBLIC, salt, "x"));
  EXPECT_FALSE(one.LayerHash(v1::PUBLIC, salt, "x") == one.LayerHash(v1::LIMITED, salt, "x"));
  EXPECT_FALSE(one.StreamId("x") == two.StreamId("x"));
}

TEST(Suite, UnknownOnesAreRefused) {
  for (const int suite : {0, 4, 9, -1, 255}) {
    EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, HashOfSuite(suite));
  }
}

// The worked example of docs/formats/record.md, computed.
std::string WorkedExample() {
  const ItemSpec item = ExampleItem();
  const Draft draft = ExampleDraft(item);
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::RECORDS);
  descriptor.set_origin(std::string(kExampleOrigin));
  descriptor.set_item(item.code);
  descriptor.set_sharing_class(item.sharing_class);
  descriptor.set_generation(1);
  const std::string descriptor_bytes = descriptor.SerializeAsString();
  Identity identity(CountingBytes(kNodeSecretBytes, 0));
  const RecordId id = identity.ForRecord(item.identity_scope, draft.natural_key);
  std::string header;
  AppendHeader(id, 1, kExampleRecordedAtUs, draft, &header);
  LayerBytes layers;
  if (!EncodeLayers(draft, &layers).ok()) return "";

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
  line("descriptor", descriptor_bytes);
  line("header", header);
  Committer committer(v1::SHA256_ED25519);
  std::array<Digest, 3> hashes;
  for (size_t k = 0; k < kLayers; ++k) {
    const std::string number = std::to_string(k + 1);
    const std::string salt = CountingBytes(committer.salt_bytes(), static_cast<int>(16 * (k + 1)));
    hashes[k] = committer.LayerHash(static_cast<v1::SharingClass>(k + 1), salt, layers[k]);
    line("salt_" + number, salt);
    line("layer_" + number, layers[k]);
    line("layer_hash_" + number, hashes[k].view());
  }
  const Digest stream = committer.StreamId(descriptor_bytes);
  const Digest commitment = committer.PutCommitment(stream.view(), header, hashes);
  line("stream_id", stream.view());
  line("commitment", commitment.view());
  line("leaf_hash", committer.LeafHash(commitment.view()).view());
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
