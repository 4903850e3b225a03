#include "gateway/ledger/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::ledger {
namespace {

using ::testing::HasSubstr;

constexpr Suite kSuites[] = {v1::SHA256_ED25519, v1::SHA256_ECDSA_P256, v1::SHA384_ECDSA_P384};

std::string U32(size_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(n >> shift));
  return out;
}

// The layouts of the pages, written as one concatenation each.
TEST(EntryHasher, IsWhatThePagesSay) {
  for (const Suite suite : kSuites) {
    const HashKind kind = HashOf(suite);
    const auto h = [&](const std::string& bytes) { return Hasher(kind).Hash({bytes}).str(); };
    const std::string s(1, static_cast<char>(suite));
    EntryHasher hasher(suite);
    const std::string stream = hasher.StreamId("descriptor").str();
    EXPECT_EQ(stream, h("TBS1" + s + "descriptor"));
    const std::string salt(SaltBytes(suite), 's');
    LayerHashes layers;
    std::string joined;
    for (int k = 1; k <= 3; ++k) {
      layers[k - 1] = hasher.LayerHash(static_cast<v1::SharingClass>(k), salt, "content");
      EXPECT_EQ(layers[k - 1].str(), h("TBL1" + s + static_cast<char>(k) + salt + "content"));
      joined += layers[k - 1].str();
    }
    const std::string header(300, 'h');
    const std::string put = hasher.PutCommitment(stream, header, layers).str();
    EXPECT_EQ(put, h("TBE1" + s + '\1' + stream + U32(300) + header + joined));
    EXPECT_EQ(hasher.BareCommitment(v1::RETRACT, stream, "x").str(),
              h("TBE1" + s + '\2' + stream + U32(1) + "x"));
    EXPECT_EQ(hasher.BareCommitment(v1::TOMBSTONE, stream, "").str(),
              h("TBE1" + s + '\3' + stream + U32(0)));
    EXPECT_EQ(hasher.Leaf(put).str(), h(std::string(1, '\0') + put));
  }
}

TEST(EntryHasher, SuitesAndClassesAreSeparated) {
  EntryHasher one(v1::SHA256_ED25519);
  EntryHasher two(v1::SHA256_ECDSA_P256);  // the same hash function
  const std::string salt(SaltBytes(v1::SHA256_ED25519), 's');
  EXPECT_FALSE(one.LayerHash(v1::PUBLIC, salt, "x") == two.LayerHash(v1::PUBLIC, salt, "x"));
  EXPECT_FALSE(one.LayerHash(v1::PUBLIC, salt, "x") == one.LayerHash(v1::LIMITED, salt, "x"));
  EXPECT_FALSE(one.StreamId("x") == two.StreamId("x"));
  EXPECT_EQ(SaltBytes(v1::SHA256_ED25519), 16u);
  EXPECT_EQ(SaltBytes(v1::SHA384_ECDSA_P384), 24u);
}

TEST(Suite, NumbersAndNames) {
  for (const Suite suite : kSuites) {
    EXPECT_EQ(*SuiteFromNumber(static_cast<uint32_t>(suite)), suite);
    EXPECT_EQ(*SuiteFromName(SuiteName(suite)), suite);
    EXPECT_EQ(SaltBytes(suite) * 2, HashBytes(suite));
  }
  for (const uint32_t number : {0u, 4u, 5u, 255u, 0xFFFFFFFFu}) {
    EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, SuiteFromNumber(number));
  }
  for (const char* name : {"", "SUITE_UNSPECIFIED", "sha256_ed25519", "SM3_SM2"}) {
    EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, SuiteFromName(name));
  }
}

TEST(Descriptor, RefusesWhatNoNodeWrites) {
  const std::function<void(v1::StreamDescriptor*)> kDamages[] = {
      [](auto* d) { d->set_kind(v1::STREAM_KIND_UNSPECIFIED); },
      [](auto* d) { d->set_kind(static_cast<v1::StreamKind>(7)); },
      [](auto* d) { d->clear_origin(); },
      [](auto* d) { d->set_origin(std::string(limits::kOriginBytesMax + 1, 'o')); },
      [](auto* d) { d->clear_item(); },
      [](auto* d) { d->set_item(std::string(limits::kItemCodeBytesMax + 1, 'i')); },
      [](auto* d) { d->clear_sharing_class(); },
      [](auto* d) { d->set_sharing_class(v1::LOCAL); },
      [](auto* d) { d->clear_generation(); },
      [](auto* d) { d->set_kind(v1::AUDIT); }};
  ASSERT_OK(EncodeDescriptor(SampleDescriptor()));
  for (size_t i = 0; i < std::size(kDamages); ++i) {
    v1::StreamDescriptor bad = SampleDescriptor();
    kDamages[i](&bad);
    EXPECT_CODE(Code::NOT_CANONICAL, EncodeDescriptor(bad)) << "damage " << i;
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeDescriptor(CanonicalBytes(bad))) << "damage " << i;
  }
  v1::StreamDescriptor most = SampleDescriptor();
  most.set_origin(std::string(limits::kOriginBytesMax, 'o'));
  most.set_item(std::string(limits::kItemCodeBytesMax, 'i'));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeDescriptor(most));
  EXPECT_OK(DecodeDescriptor(bytes));
  v1::StreamDescriptor audit;
  audit.set_kind(v1::AUDIT);
  audit.set_origin(kOrigin);
  audit.set_sharing_class(v1::LOCAL);
  audit.set_generation(1);
  EXPECT_OK(EncodeDescriptor(audit));
}

TEST(Descriptor, RefusesOtherEncodings) {
  ASSERT_OK_AND_ASSIGN(const std::string good, EncodeDescriptor(SampleDescriptor()));
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeDescriptor(good.substr(0, cut)));
  }
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeDescriptor(good + "\x30\x01"));  // an unknown field
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeDescriptor(good + "\x28\x01"));  // a field twice
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeDescriptor(std::string("\x08\x00", 2) + good));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeDescriptor(good.substr(2) + good.substr(0, 2)));
}

TEST(Retract, RefusesWhatNoNodeWrites) {
  v1::RetractHeader good;
  good.set_record_id(std::string(16, 'r'));
  good.set_version(3);
  good.set_recorded_at_us(kTimeUs);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeRetract(good));
  ASSERT_OK_AND_ASSIGN(const v1::RetractHeader back, DecodeRetract(bytes));
  EXPECT_EQ(back.version(), 3u);
  const std::function<void(v1::RetractHeader*)> kDamages[] = {
      [](auto* h) { h->clear_record_id(); },
      [](auto* h) { h->set_record_id(std::string(15, 'r')); },
      [](auto* h) { h->set_record_id(std::string(17, 'r')); }, [](auto* h) { h->clear_version(); },
      [](auto* h) { h->set_recorded_at_us(-1); }};
  for (const auto& damage : kDamages) {
    v1::RetractHeader bad = good;
    damage(&bad);
    EXPECT_CODE(Code::NOT_CANONICAL, EncodeRetract(bad));
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeRetract(CanonicalBytes(bad)));
  }
}

TEST(Tombstone, NamesEarlierEntriesInOrder) {
  const auto header = [](std::initializer_list<uint64_t> seqs) {
    v1::TombstoneHeader out;
    for (const uint64_t seq : seqs) out.add_erased_seqs(seq);
    return out;
  };
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeTombstone(9, header({1, 5, 8})));
  EXPECT_OK(DecodeTombstone(9, bytes));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeTombstone(8, bytes));
  for (const auto& bad : {header({}), header({0, 1}), header({2, 1}), header({1, 1}),
                          header({1, 9}), header({UINT64_MAX})}) {
    EXPECT_CODE(Code::NOT_CANONICAL, EncodeTombstone(9, bad));
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeTombstone(9, CanonicalBytes(bad)));
  }
  // The same numbers, not packed.
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeTombstone(9, "\x08\x01\x08\x05"));
}

class EntryLeafTest : public ::testing::Test {
 protected:
  EntryLeafTest()
      : hasher_(v1::SHA256_ED25519),
        stream_(hasher_.StreamId(*EncodeDescriptor(SampleDescriptor())).str()),
        entries_(SampleEntries(&hasher_, stream_)) {}
  EntryHasher hasher_;
  std::string stream_;
  std::vector<v1::StreamEntry> entries_;
};

TEST_F(EntryLeafTest, FormsAreTold) {
  const EntryForm want[] = {EntryForm::kWhole, EntryForm::kPartial, EntryForm::kStub,
                            EntryForm::kWhole, EntryForm::kErased,  EntryForm::kWhole};
  for (size_t i = 0; i < entries_.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const EntryForm form, FormOf(entries_[i]));
    EXPECT_EQ(form, want[i]) << "entry " << i + 1;
  }
}

TEST_F(EntryLeafTest, AStubHasTheLeafOfTheWholeEntry) {
  v1::StreamEntry stub = entries_[0];
  ASSERT_OK_AND_ASSIGN(const Digest leaf, EntryLeaf(&hasher_, stream_, stub));
  v1::LayerCopy* const copies[] = {stub.mutable_public_layer(), stub.mutable_government_layer(),
                                   stub.mutable_limited_layer()};
  for (int i = 0; i < 3; ++i) {
    const auto layer = static_cast<v1::SharingClass>(i + 1);
    ASSERT_OK_AND_ASSIGN(const Digest hash, LayerHashOf(&hasher_, layer, *copies[i]));
    EXPECT_OK(VerifyLayer(&hasher_, layer, *copies[i], hash.view()));
    EXPECT_CODE(Code::DIGEST_MISMATCH,
                VerifyLayer(&hasher_, layer, *copies[i], std::string(32, 'x')));
    copies[i]->Clear();
    copies[i]->set_hash(hash.str());
    EXPECT_CODE(Code::NOT_CANONICAL, VerifyLayer(&hasher_, layer, *copies[i], hash.view()));
  }
  EXPECT_EQ(*FormOf(stub), EntryForm::kStub);
  EXPECT_EQ(*EntryLeaf(&hasher_, stream_, stub), leaf);
}

TEST_F(EntryLeafTest, EveryPartIsBound) {
  ASSERT_OK_AND_ASSIGN(const Digest leaf, EntryLeaf(&hasher_, stream_, entries_[0]));
  const std::function<void(v1::StreamEntry*)> kChanges[] = {
      [](auto* e) { e->mutable_header()->back() ^= 1; },
      [](auto* e) { e->mutable_public_layer()->mutable_content()->back() ^= 1; },
      [](auto* e) { e->mutable_public_layer()->mutable_salt()->back() ^= 1; },
      [](auto* e) { e->mutable_government_layer()->mutable_salt()->back() ^= 1; },
      [](auto* e) { e->mutable_government_layer()->set_content("x"); },
      [](auto* e) { e->mutable_limited_layer()->mutable_content()->pop_back(); },
      [](auto* e) { e->mutable_public_layer()->Swap(e->mutable_limited_layer()); }};
  for (const auto& change : kChanges) {
    v1::StreamEntry other = entries_[0];
    change(&other);
    ASSERT_OK_AND_ASSIGN(const Digest got, EntryLeaf(&hasher_, stream_, other));
    EXPECT_NE(got.str(), leaf.str());
  }
  EXPECT_NE(EntryLeaf(&hasher_, std::string(32, 's'), entries_[0])->str(), leaf.str());
}

TEST_F(EntryLeafTest, RefusesShapesThatNoOriginWrites) {
  const std::pair<int, std::function<void(v1::StreamEntry*)>> kDamages[] = {
      {0, [](auto* e) { e->clear_seq(); }},
      {0, [](auto* e) { e->clear_type(); }},
      {0, [](auto* e) { e->set_type(static_cast<v1::EntryType>(9)); }},
      {0, [](auto* e) { e->clear_header(); }},
      {0, [](auto* e) { e->clear_government_layer(); }},
      {0, [](auto* e) { e->mutable_public_layer()->mutable_salt()->pop_back(); }},
      {0, [](auto* e) { e->mutable_public_layer()->clear_salt(); }},
      {0, [](auto* e) { e->mutable_public_layer()->set_hash(std::string(32, 'h')); }},
      {0, [](auto* e) { e->set_leaf_hash(std::string(32, 'l')); }},
      {2, [](auto* e) { e->mutable_public_layer()->set_hash(std::string(31, 'h')); }},
      {3, [](auto* e) { e->mutable_header()->pop_back(); }},
      {3, [](auto* e) { e->mutable_public_layer(); }},
      {4, [](auto* e) { e->set_leaf_hash(std::string(33, 'l')); }},
      {4, [](auto* e) { e->set_type(v1::PUT); }},
      {5, [](auto* e) { e->set_seq(5); }}};
  for (size_t i = 0; i < std::size(kDamages); ++i) {
    v1::StreamEntry bad = entries_[static_cast<size_t>(kDamages[i].first)];
    ASSERT_OK(EntryLeaf(&hasher_, stream_, bad));
    kDamages[i].second(&bad);
    EXPECT_CODE(Code::NOT_CANONICAL, EntryLeaf(&hasher_, stream_, bad)) << "damage " << i;
  }
  EXPECT_CODE(Code::NOT_CANONICAL, EntryLeaf(&hasher_, stream_.substr(1), entries_[0]));
}

TEST_F(EntryLeafTest, Limits) {
  v1::StreamEntry entry = entries_[0];
  entry.set_header(std::string(limits::kHeaderBytesMax, 'h'));
  entry.mutable_public_layer()->set_content(std::string(limits::kLayerBytesMax, 'c'));
  EXPECT_OK(EntryLeaf(&hasher_, stream_, entry));
  v1::StreamEntry header = entry;
  header.mutable_header()->push_back('h');
  EXPECT_CODE(Code::LIMIT_EXCEEDED, EntryLeaf(&hasher_, stream_, header));
  entry.mutable_public_layer()->mutable_content()->push_back('c');
  EXPECT_CODE(Code::LIMIT_EXCEEDED, EntryLeaf(&hasher_, stream_, entry));
}

TEST(Canonical, AMessageAtTheLimitAndBeyond) {
  v1::StreamEntry entry;
  entry.set_header("h");
  entry.mutable_header()->resize(limits::kTickBytesMax - 5, 'h');  // a tag and four bytes of length
  const std::string most = CanonicalBytes(entry);
  ASSERT_EQ(most.size(), limits::kTickBytesMax);
  v1::StreamEntry back;
  EXPECT_OK(ParseCanonical("entry", most, &back));
  EXPECT_EQ(back.header().size(), entry.header().size());
  entry.mutable_header()->push_back('h');
  EXPECT_CODE(Code::NOT_CANONICAL, ParseCanonical("entry", CanonicalBytes(entry), &back));
}

}  // namespace
}  // namespace tombolo::ledger
