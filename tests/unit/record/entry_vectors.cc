// Whole entries: sound ones under every suite, and damaged ones that all keep the hashes of a sound
// one.
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/commitment.h"
#include "gateway/record/canonical.h"
#include "gateway/record/identity.h"
#include "tests/unit/record/sample.h"
#include "tests/unit/record/vectors.h"

namespace tombolo::record {
namespace {

std::string Descriptor() {
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::RECORDS);
  descriptor.set_origin(std::string(kExampleOrigin));
  descriptor.set_item("test.penalty");
  descriptor.set_sharing_class(v1::PUBLIC);
  descriptor.set_generation(1);
  return ledger::CanonicalBytes(descriptor);
}

void FillHashes(EntryVector* entry) {
  ledger::EntryHasher hasher(static_cast<v1::Suite>(entry->suite));
  const Digest stream = hasher.StreamId(entry->descriptor);
  ledger::LayerHashes hashes;
  for (size_t k = 0; k < entry->layers.size(); ++k) {
    const LayerPart& part = entry->layers[k];
    hashes[k] = hasher.LayerHash(static_cast<v1::SharingClass>(part.sharing_class), *part.salt,
                                 *part.bytes);
  }
  const Digest commitment = entry->type == v1::PUT
                                ? hasher.PutCommitment(stream.view(), entry->header, hashes)
                                : hasher.BareCommitment(static_cast<v1::EntryType>(entry->type),
                                                        stream.view(), entry->header);
  entry->stream_id = stream.str();
  entry->commitment = commitment.str();
  entry->leaf_hash = hasher.Leaf(commitment.view()).str();
}

EntryVector SoundPut(int suite) {
  const ItemSpec item = ExampleItem();
  const Draft draft = ExampleDraft(item);
  EntryVector entry;
  entry.name = "put-suite-" + std::to_string(suite);
  entry.suite = suite;
  entry.type = v1::PUT;
  entry.descriptor = Descriptor();
  Identity identity(CountingBytes(kNodeSecretBytes, 0));
  AppendHeader(identity.ForRecord(item.identity_scope, draft.natural_key), 1, kExampleRecordedAtUs,
               draft, &entry.header);
  LayerBytes layers;
  EncodeLayers(draft, &layers).IgnoreError();
  const size_t salt_bytes = ledger::SaltBytes(static_cast<v1::Suite>(suite));
  for (int k = 1; k <= 3; ++k) {
    entry.layers.push_back({k, CountingBytes(salt_bytes, 16 * k), layers[k - 1], std::nullopt});
  }
  FillHashes(&entry);
  return entry;
}

// Only layer `sharing_class` is shown; of the others the hash.
EntryVector OneLayer(int sharing_class) {
  EntryVector entry = SoundPut(1);
  entry.name = "only-layer-" + std::to_string(sharing_class);
  ledger::EntryHasher hasher(v1::SHA256_ED25519);
  for (LayerPart& part : entry.layers) {
    if (part.sharing_class == sharing_class) continue;
    part.hash =
        hasher.LayerHash(static_cast<v1::SharingClass>(part.sharing_class), *part.salt, *part.bytes)
            .str();
    part.salt.reset();
    part.bytes.reset();
  }
  return entry;
}

EntryVector EmptyOpenLayers() {
  EntryVector entry = SoundPut(1);
  entry.name = "put-empty-open-layers";
  entry.layers[0].bytes = "";
  entry.layers[1].bytes = "";
  FillHashes(&entry);
  return entry;
}

EntryVector SoundRetract() {
  v1::RetractHeader header;
  header.set_record_id(CountingBytes(16, 1));
  header.set_version(2);
  header.set_recorded_at_us(kExampleRecordedAtUs);
  EntryVector entry;
  entry.name = "retract";
  entry.type = v1::RETRACT;
  entry.descriptor = Descriptor();
  entry.header = ledger::CanonicalBytes(header);
  FillHashes(&entry);
  return entry;
}

EntryVector SoundTombstone() {
  v1::TombstoneHeader header;
  header.add_erased_seqs(1);
  header.add_erased_seqs(300);
  header.set_recorded_at_us(kExampleRecordedAtUs);
  EntryVector entry = SoundRetract();
  entry.name = "tombstone";
  entry.type = v1::TOMBSTONE;
  entry.header = ledger::CanonicalBytes(header);
  FillHashes(&entry);
  return entry;
}

void FlipLastBit(std::string* bytes) { bytes->back() = static_cast<char>(bytes->back() ^ 1); }

class Damages {
 public:
  template <typename Change>
  void Add(std::string damage, EntryVector entry, Change change) {
    entry.damage = std::move(damage);
    entry.name.clear();
    change(&entry);
    all_.push_back(std::move(entry));
  }
  std::vector<EntryVector> Take() { return std::move(all_); }

 private:
  std::vector<EntryVector> all_;
};

std::vector<EntryVector> DamagedEntries() {
  Damages d;
  const EntryVector put = SoundPut(1);
  d.Add("layer-bit", put, [](EntryVector* e) { FlipLastBit(&*e->layers[0].bytes); });
  d.Add("salt-bit", put, [](EntryVector* e) { FlipLastBit(&*e->layers[1].salt); });
  d.Add("salt-short", put, [](EntryVector* e) { e->layers[1].salt->pop_back(); });
  d.Add("salt-moved-into-layer", put, [](EntryVector* e) {
    e->layers[2].bytes->insert(0, 1, e->layers[2].salt->back());
    e->layers[2].salt->pop_back();
  });
  d.Add("layers-swapped", put, [](EntryVector* e) {
    std::swap(e->layers[0].bytes, e->layers[1].bytes);
    std::swap(e->layers[0].salt, e->layers[1].salt);
  });
  d.Add("layer-emptied", put, [](EntryVector* e) { e->layers[1].bytes = ""; });
  d.Add("layer-missing", put, [](EntryVector* e) { e->layers.pop_back(); });
  d.Add("hash-of-hidden-layer-bit", OneLayer(1),
        [](EntryVector* e) { FlipLastBit(&*e->layers[2].hash); });
  d.Add("hash-short", OneLayer(1), [](EntryVector* e) { e->layers[2].hash->pop_back(); });
  d.Add("header-bit", put, [](EntryVector* e) { FlipLastBit(&e->header); });
  d.Add("header-of-another-version", put, [](EntryVector* e) { e->header[19] = 2; });
  d.Add("other-stream", put, [](EntryVector* e) { FlipLastBit(&e->descriptor); });
  d.Add("stream-id-bit", put, [](EntryVector* e) { FlipLastBit(&e->stream_id); });
  d.Add("commitment-bit", put, [](EntryVector* e) { FlipLastBit(&e->commitment); });
  d.Add("leaf-bit", put, [](EntryVector* e) { FlipLastBit(&e->leaf_hash); });
  d.Add("leaf-without-prefix", put, [](EntryVector* e) {
    e->leaf_hash = Hasher(HashKind::kSha256).Hash({e->commitment}).str();
  });
  d.Add("other-suite-same-hash", put, [](EntryVector* e) { e->suite = v1::SHA256_ECDSA_P256; });
  d.Add("suite-unknown", put, [](EntryVector* e) { e->suite = 4; });
  d.Add("suite-zero", put, [](EntryVector* e) { e->suite = 0; });
  d.Add("retract-as-tombstone", SoundRetract(), [](EntryVector* e) { e->type = v1::TOMBSTONE; });
  d.Add("type-unknown", SoundRetract(), [](EntryVector* e) { e->type = 4; });
  d.Add("retract-with-layers", SoundRetract(), [&put](EntryVector* e) { e->layers = put.layers; });
  d.Add("layer-not-canonical", put, [](EntryVector* e) {
    e->layers[0].bytes->append("\x12\x01x");
    FillHashes(e);  // hashed as if all were well
  });
  return d.Take();
}

}  // namespace

std::vector<EntryVector> EntryVectors() {
  std::vector<EntryVector> all = {SoundPut(1), SoundPut(2),       SoundPut(3),    OneLayer(1),
                                  OneLayer(3), EmptyOpenLayers(), SoundRetract(), SoundTombstone()};
  for (EntryVector& damaged : DamagedEntries()) all.push_back(std::move(damaged));
  return all;
}

}  // namespace tombolo::record
