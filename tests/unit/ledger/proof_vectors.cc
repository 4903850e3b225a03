#include <boost/json/parse.hpp>
#include <cstdlib>

#include <google/protobuf/util/json_util.h>

#include "gateway/ledger/canonical.h"
#include "tests/unit/ledger/fixture.h"
#include "tests/unit/ledger/vectors.h"

namespace tombolo::ledger {
namespace {

using boost::json::object;

object Keys(const v1::RecordProof& proof) {
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(proof, &text).ok()) std::abort();
  return {{"proof", boost::json::parse(text)}};
}

template <typename Change>
void Damage(const VectorSet& set, std::string_view name, uint64_t seq, Change change) {
  v1::RecordProof proof = SampleProof(seq);
  change(&proof);
  set.Damaged(1, name, Keys(proof));
}

void AddEntryDamages(const VectorSet& set) {
  Damage(set, "seq-other", 1, [](auto* p) { p->mutable_entry()->set_seq(2); });
  Damage(set, "seq-zero", 1, [](auto* p) { p->mutable_entry()->clear_seq(); });
  Damage(set, "header-bit", 1, [](auto* p) { (*p->mutable_entry()->mutable_header())[2] ^= 1; });
  Damage(set, "layer-bit", 1, [](auto* p) {
    p->mutable_entry()->mutable_public_layer()->mutable_content()->back() ^= 1;
  });
  Damage(set, "salt-bit", 1,
         [](auto* p) { (*p->mutable_entry()->mutable_limited_layer()->mutable_salt())[0] ^= 1; });
  Damage(set, "salt-short", 1,
         [](auto* p) { p->mutable_entry()->mutable_public_layer()->mutable_salt()->pop_back(); });
  Damage(set, "layers-swapped", 1, [](auto* p) {
    p->mutable_entry()->mutable_public_layer()->Swap(p->mutable_entry()->mutable_limited_layer());
  });
  Damage(set, "layer-missing", 1, [](auto* p) { p->mutable_entry()->clear_limited_layer(); });
  Damage(set, "layer-hash-beside-content", 1, [](auto* p) {
    p->mutable_entry()->mutable_public_layer()->set_hash(std::string(32, 'h'));
  });
  Damage(set, "layer-hash-bit", 3, [](auto* p) {
    (*p->mutable_entry()->mutable_government_layer()->mutable_hash())[0] ^= 1;
  });
  Damage(set, "layer-hash-short", 3, [](auto* p) {
    p->mutable_entry()->mutable_government_layer()->mutable_hash()->pop_back();
  });
  Damage(set, "retract-as-put", 4, [](auto* p) { p->mutable_entry()->set_type(v1::PUT); });
  Damage(set, "retract-with-a-layer", 4, [](auto* p) {
    p->mutable_entry()->mutable_public_layer()->set_salt(std::string(16, 's'));
  });
  Damage(set, "leaf-hash-bit", 5,
         [](auto* p) { (*p->mutable_entry()->mutable_leaf_hash())[0] ^= 1; });
  Damage(set, "leaf-hash-beside-header", 5, [](auto* p) { p->mutable_entry()->set_header("h"); });
  Damage(set, "tombstone-naming-itself", 6, [](auto* p) {
    v1::TombstoneHeader header;
    header.add_erased_seqs(6);
    p->mutable_entry()->set_header(CanonicalBytes(header));
  });
}

void AddOtherDamages(const VectorSet& set) {
  Damage(set, "item-other", 1, [](auto* p) { p->mutable_stream()->set_item("test.penalty"); });
  Damage(set, "class-other", 1,
         [](auto* p) { p->mutable_stream()->set_sharing_class(v1::LIMITED); });
  Damage(set, "origin-other", 1,
         [](auto* p) { p->mutable_stream()->set_origin("spiffe://federation.example/yy"); });
  Damage(set, "generation-zero", 1, [](auto* p) { p->mutable_stream()->clear_generation(); });
  Damage(set, "suite-other", 1, [](auto* p) { p->set_suite(v1::SHA256_ECDSA_P256); });
  Damage(set, "suite-missing", 1, [](auto* p) { p->clear_suite(); });
  Damage(set, "path-bit", 1, [](auto* p) { (*p->mutable_inclusion_path(1))[0] ^= 1; });
  Damage(set, "path-hash-missing", 1, [](auto* p) { p->mutable_inclusion_path()->RemoveLast(); });
  Damage(set, "head-size-other", 1,
         [](auto* p) { p->mutable_head()->mutable_head()->set_size(7); });
  Damage(set, "head-size-other-signed", 1, [](auto* p) {
    p->mutable_head()->mutable_head()->set_size(60);
    SignAgain(p);
  });
  Damage(set, "head-root-other-signed", 1, [](auto* p) {
    (*p->mutable_head()->mutable_head()->mutable_root())[0] ^= 1;
    SignAgain(p);
  });
  Damage(set, "head-of-another-stream-signed", 1, [](auto* p) {
    (*p->mutable_head()->mutable_head()->mutable_stream_id())[0] ^= 1;
    SignAgain(p);
  });
  Damage(set, "nonce-bit", 1, [](auto* p) { (*p->mutable_head()->mutable_nonce())[0] ^= 1; });
  Damage(set, "batch-index-other", 1,
         [](auto* p) { p->mutable_head()->set_index(p->head().index() ^ 1); });
  Damage(set, "checkpoint-body-bit", 1,
         [](auto* p) { p->mutable_checkpoint()->mutable_body()->back() ^= 1; });
  Damage(set, "signature-bit", 1,
         [](auto* p) { (*p->mutable_checkpoint()->mutable_signature())[0] ^= 1; });
  Damage(set, "signature-missing", 1, [](auto* p) { p->mutable_checkpoint()->clear_signature(); });
  Damage(set, "public-key-other", 1,
         [](auto* p) { p->set_public_key(TestSigner(9)->public_key_der()); });
  Damage(set, "public-key-missing", 1, [](auto* p) { p->clear_public_key(); });
}

}  // namespace

void AddProofVectors(std::vector<Vector>* out) {
  const VectorSet set("proof", "proof", out);
  const char* const names[] = {"put-whole", "put-partial", "put-stub",
                               "retract",   "erased",      "tombstone"};
  for (uint64_t seq = 1; seq <= std::size(names); ++seq) {
    set.Valid(1, names[seq - 1], Keys(SampleProof(seq)));
  }
  object trusted = Keys(SampleProof(1));
  trusted["trusted_key"] = Hex(TestSigner()->public_key_der());
  set.Valid(1, "trusted-key", trusted);
  trusted["trusted_key"] = Hex(TestSigner(9)->public_key_der());
  set.Damaged(1, "trusted-key-other", trusted);
  AddEntryDamages(set);
  AddOtherDamages(set);
}

}  // namespace tombolo::ledger
