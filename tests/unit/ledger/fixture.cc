#include "tests/unit/ledger/fixture.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdlib>

#include "gateway/ledger/canonical.h"
#include "gateway/ledger/merkle.h"
#include "tests/support/fake_entropy.h"
#include "tombolo/v1/record.pb.h"

namespace tombolo::ledger {
namespace {

class SeedSigner final : public Signer {
 public:
  explicit SeedSigner(const std::string& seed)
      : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                          reinterpret_cast<const unsigned char*>(seed.data()),
                                          seed.size()),
             EVP_PKEY_free) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    public_key_der_.assign(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
    key_id_ = KeyIdOf(public_key_der_);
  }
  Suite suite() const override { return v1::SHA256_ED25519; }
  const std::string& key_id() const override { return key_id_; }
  const std::string& public_key_der() const override { return public_key_der_; }
  StatusOr<std::string> Sign(std::string_view body) override {
    std::string out(64, '\0');
    size_t size = out.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get());
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(body.data()), body.size());
    EVP_MD_CTX_free(context);
    return out;
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::string public_key_der_, key_id_;
};

template <typename T>
T Must(StatusOr<T> value) {
  if (!value.ok()) std::abort();
  return *std::move(value);
}

std::string RecordHeaderBytes(char record, uint64_t version) {
  v1::RecordHeader header;
  header.set_record_id(std::string(16, record));
  header.set_version(version);
  header.set_kind(v1::INSPECTION);
  header.set_polarity(v1::NEUTRAL);
  header.set_state(v1::EFFECTIVE);
  header.set_decided_on(20000);
  header.set_recorded_at_us(kTimeUs);
  return CanonicalBytes(header);
}

std::string LayerBytes(const std::string& value) {
  if (value.empty()) return "";
  v1::Layer layer;
  v1::Field* field = layer.add_fields();
  field->set_name("subject.name");
  field->set_text(value);
  return CanonicalBytes(layer);
}

v1::StreamEntry Put(uint64_t seq, char record, const std::vector<std::string>& layers) {
  v1::StreamEntry entry;
  entry.set_seq(seq);
  entry.set_type(v1::PUT);
  entry.set_header(RecordHeaderBytes(record, 1));
  v1::LayerCopy* const copies[] = {entry.mutable_public_layer(), entry.mutable_government_layer(),
                                   entry.mutable_limited_layer()};
  for (size_t i = 0; i < kLayerCount; ++i) {
    copies[i]->set_salt(Counting(16, static_cast<int>(16 * (3 * seq + i))));
    copies[i]->set_content(LayerBytes(layers[i]));
  }
  return entry;
}

void HashOnly(EntryHasher* hasher, v1::SharingClass layer, v1::LayerCopy* copy) {
  const Digest hash = Must(LayerHashOf(hasher, layer, *copy));
  copy->Clear();
  copy->set_hash(hash.str());
}

}  // namespace

std::unique_ptr<Signer> TestSigner(char seed) {
  return std::make_unique<SeedSigner>(std::string(32, seed));
}

std::string Counting(size_t size, int first) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(first + static_cast<int>(i));
  return out;
}

v1::StreamHead SampleHead(Suite suite, int number) {
  v1::StreamHead head;
  head.set_stream_id(Counting(HashBytes(suite), number));
  head.set_size(static_cast<uint64_t>(number) * 1000 + 1);
  head.set_root(Counting(HashBytes(suite), 128 + number));
  return head;
}

v1::StreamDescriptor SampleDescriptor() {
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::RECORDS);
  descriptor.set_origin(kOrigin);
  descriptor.set_item("test.inspection");
  descriptor.set_sharing_class(v1::PUBLIC);
  descriptor.set_generation(1);
  return descriptor;
}

std::vector<v1::StreamEntry> SampleEntries(EntryHasher* hasher, std::string_view stream_id) {
  std::vector<v1::StreamEntry> entries = {Put(1, 'a', {"Alpha Ltd", "", "remark"}),
                                          Put(2, 'b', {"Beta Ltd", "tax", ""}),
                                          Put(3, 'c', {"Gamma Ltd", "", ""})};
  HashOnly(hasher, v1::LIMITED, entries[1].mutable_limited_layer());
  HashOnly(hasher, v1::PUBLIC, entries[2].mutable_public_layer());
  HashOnly(hasher, v1::GOVERNMENT, entries[2].mutable_government_layer());
  HashOnly(hasher, v1::LIMITED, entries[2].mutable_limited_layer());
  v1::RetractHeader retract;
  retract.set_record_id(std::string(16, 'c'));
  retract.set_version(2);
  retract.set_recorded_at_us(kTimeUs);
  v1::StreamEntry& retracted = entries.emplace_back();
  retracted.set_seq(4);
  retracted.set_type(v1::RETRACT);
  retracted.set_header(Must(EncodeRetract(retract)));
  const Digest leaf = Must(EntryLeaf(hasher, stream_id, Put(5, 'd', {"Delta Ltd", "", ""})));
  v1::StreamEntry& erased = entries.emplace_back();
  erased.set_seq(5);
  erased.set_leaf_hash(leaf.str());
  v1::TombstoneHeader tombstone;
  tombstone.add_erased_seqs(5);
  tombstone.set_recorded_at_us(kTimeUs);
  v1::StreamEntry& last = entries.emplace_back();
  last.set_seq(6);
  last.set_type(v1::TOMBSTONE);
  last.set_header(Must(EncodeTombstone(6, tombstone)));
  return entries;
}

v1::RecordProof SampleProof(uint64_t seq) {
  const Suite suite = v1::SHA256_ED25519;
  EntryHasher hasher(suite);
  v1::RecordProof proof;
  *proof.mutable_stream() = SampleDescriptor();
  proof.set_suite(suite);
  const Digest stream_id = hasher.StreamId(Must(EncodeDescriptor(proof.stream())));
  const std::vector<v1::StreamEntry> entries = SampleEntries(&hasher, stream_id.view());
  std::vector<Digest> leaves;
  for (const v1::StreamEntry& entry : entries) {
    leaves.push_back(Must(EntryLeaf(&hasher, stream_id.view(), entry)));
  }
  *proof.mutable_entry() = entries[seq - 1];
  const Path path = Must(InclusionPath(HashOf(suite), seq - 1, leaves.size(),
                                       [&](uint64_t i) -> StatusOr<Digest> { return leaves[i]; }));
  for (const Digest& node : path) proof.add_inclusion_path(node.str());
  v1::StreamHead* head = proof.mutable_head()->mutable_head();
  head->set_stream_id(stream_id.str());
  head->set_size(leaves.size());
  head->set_root(TreeHash(HashOf(suite), leaves).str());
  SignAgain(&proof);
  return proof;
}

void SignAgain(v1::RecordProof* proof) {
  testing::FakeEntropy entropy(5);
  const Suite suite = v1::SHA256_ED25519;
  const Batch batch = Must(BuildBatch(
      suite, {proof->head().head(), SampleHead(suite, 1), SampleHead(suite, 2)}, &entropy));
  *proof->mutable_head() = batch.proofs[0];
  CheckpointBody body;
  body.origin = kOrigin;
  body.epoch = 1;
  body.tick = 42;
  body.time_us = kTimeUs;
  body.batch_root = batch.root.str();
  const auto signer = TestSigner();
  *proof->mutable_checkpoint() = Must(SignCheckpoint(body, signer.get()));
  proof->set_public_key(signer->public_key_der());
}

}  // namespace tombolo::ledger
