#include <boost/json/array.hpp>
#include <cstdlib>

#include "gateway/base/text.h"
#include "gateway/ledger/checkpoint.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/ledger/fixture.h"
#include "tests/unit/ledger/vectors.h"

namespace tombolo::ledger {
namespace {

using boost::json::array;
using boost::json::object;

// ECDSA draws a nonce, so these keys and signatures were made once, over SampleBody of the suite.
struct Prepared {
  int suite;
  const char* public_key;
  const char* signature;
};
constexpr Prepared kEcdsa[] = {
    {2,
     "3059301306072a8648ce3d020106082a8648ce3d03010703420004cbd6d2d8849d1a0a56dbc38c16b45893"
     "458645cd01ca35d388df0095ea20c8e810b467a6879c2d271c100a68c0ea543905c6a17c08b7ef5d11387a"
     "7993aa1d89",
     "3045022100f9195111ccb09b733409c7bb59963eb080650eaf8618d1b8e5247958ca330c260220480fe0fb"
     "ba40d0dc203ec6323fdf43dbbe6b43fdc504ea2c65aca0eba1070212"},
    {3,
     "3076301006072a8648ce3d020106052b810400220362000421ddfb69483e84ba6602f5f9f5fdfcc240f05a"
     "fb0c60346d7a5db6e2112d4be1d3012a87de2496d12241f5d3e662a7be99a8f26b19eced87d5a3ab7cbc84"
     "3935e9c77ca95214c11637cc4d5df4efcf4e713db84897243c9e490776269f6ab3b5",
     "3065023100c2f3531768f770a6f8e0ae08f88d6cdb8bc25fb2adfffbf65982f586e40a862940ba15604dcd"
     "a56ec809af1459fa7d060230461088b544ed58006b13eaa171c19a8335a81a5bdaa77891af8419b84da981"
     "341eb5e5d4310781f4b11fb552b8044d26"}};

CheckpointBody SampleBody(Suite suite, const std::string& public_key) {
  CheckpointBody body;
  body.suite = suite;
  body.origin = kOrigin;
  body.epoch = 1;
  body.tick = 42;
  body.time_us = kTimeUs;
  body.key_id = KeyIdOf(public_key);
  body.batch_root = Counting(HashBytes(suite));
  return body;
}

struct Signed {
  CheckpointBody stated;
  std::string body, signature, public_key;

  object Keys() const {
    return {{"public_key", Hex(public_key)}, {"body", Hex(body)},
            {"signature", Hex(signature)},   {"origin", stated.origin},
            {"epoch", stated.epoch},         {"tick", stated.tick},
            {"time_us", stated.time_us},     {"batch_root", Hex(stated.batch_root)}};
  }
  // After the body was changed: as if the origin had signed that.
  void SignAgain() { signature = *TestSigner()->Sign(body); }
};

Signed MakeEd25519() {
  Signed out;
  const auto signer = TestSigner();
  out.public_key = signer->public_key_der();
  out.stated = SampleBody(v1::SHA256_ED25519, out.public_key);
  out.body = *EncodeBody(out.stated);
  out.SignAgain();
  return out;
}

Signed MakeEcdsa(const Prepared& prepared) {
  Signed out;
  out.public_key = *FromHex(prepared.public_key);
  out.stated = SampleBody(static_cast<Suite>(prepared.suite), out.public_key);
  out.body = *EncodeBody(out.stated);
  out.signature = *FromHex(prepared.signature);
  return out;
}

// Where the parts of the sample body lie.
constexpr size_t kSuiteAt = 4, kLengthAt = 5, kOriginAt = 7;
const size_t kEpochAt = kOriginAt + std::string_view(kOrigin).size();
const size_t kTickAt = kEpochAt + 8, kKeyIdAt = kTickAt + 16;

void AddBodies(const VectorSet& set) {
  const Signed good = MakeEd25519();
  // Signed by the origin itself, and refused all the same: the form is checked, not only the key.
  const auto damaged = [&](std::string_view name, auto change) {
    Signed bad = good;
    change(&bad.body);
    bad.SignAgain();
    set.Damaged(1, name, bad.Keys());
  };
  damaged("tag-other", [](std::string* b) { (*b)[3] = '2'; });
  damaged("tag-of-a-head", [](std::string* b) { (*b)[2] = 'H'; });
  damaged("suite-zero", [](std::string* b) { (*b)[kSuiteAt] = 0; });
  damaged("suite-reserved", [](std::string* b) { (*b)[kSuiteAt] = 4; });
  damaged("suite-of-another-key", [](std::string* b) { (*b)[kSuiteAt] = 2; });
  damaged("origin-length-more", [](std::string* b) { ++(*b)[kLengthAt + 1]; });
  damaged("origin-length-less", [](std::string* b) { --(*b)[kLengthAt + 1]; });
  damaged("origin-empty", [](std::string* b) {
    b->erase(kOriginAt, kEpochAt - kOriginAt);
    (*b)[kLengthAt + 1] = 0;
  });
  damaged("origin-too-long", [](std::string* b) {
    b->replace(kLengthAt, kEpochAt - kLengthAt, "\x01" + std::string(257, 'x'));
    (*b)[kLengthAt + 1] = 0;
  });
  damaged("origin-not-utf8", [](std::string* b) { (*b)[kOriginAt] = '\xff'; });
  damaged("epoch-zero", [](std::string* b) { (*b)[kEpochAt + 7] = 0; });
  damaged("tick-zero", [](std::string* b) { (*b)[kTickAt + 7] = 0; });
  damaged("key-id-of-another-key", [](std::string* b) { (*b)[kKeyIdAt] ^= 1; });
  damaged("cut-by-one", [](std::string* b) { b->pop_back(); });
  damaged("byte-added", [](std::string* b) { b->push_back('\0'); });
  damaged("body-empty", [](std::string* b) { b->clear(); });
}

void AddSignatures(const VectorSet& set) {
  const Signed good = MakeEd25519();
  set.Valid(1, "ed25519", good.Keys());
  for (const Prepared& prepared : kEcdsa) {
    const Signed ecdsa = MakeEcdsa(prepared);
    const std::string name = "ecdsa-suite-" + std::to_string(prepared.suite);
    set.Valid(prepared.suite, name, ecdsa.Keys());
    Signed bad = ecdsa;
    bad.signature.back() ^= 1;
    set.Damaged(prepared.suite, name + "-signature-bit", bad.Keys());
    bad = ecdsa;
    bad.signature += '\0';
    set.Damaged(prepared.suite, name + "-signature-byte-added", bad.Keys());
    bad = ecdsa;
    bad.body[kTickAt + 7] ^= 1;
    set.Damaged(prepared.suite, name + "-body-changed", bad.Keys());
  }
  const auto damaged = [&](std::string_view name, auto change) {
    Signed bad = good;
    change(&bad);
    set.Damaged(1, name, bad.Keys());
  };
  damaged("signature-bit", [](Signed* s) { s->signature[0] ^= 1; });
  damaged("signature-empty", [](Signed* s) { s->signature.clear(); });
  damaged("signature-short", [](Signed* s) { s->signature.pop_back(); });
  damaged("signature-long", [](Signed* s) { s->signature += '\0'; });
  damaged("signature-of-another-body", [](Signed* s) { s->signature = *TestSigner()->Sign("x"); });
  damaged("signature-of-another-key",
          [](Signed* s) { s->signature = *TestSigner(9)->Sign(s->body); });
  damaged("body-bit", [](Signed* s) { s->body.back() ^= 1; });
  damaged("public-key-of-another",
          [](Signed* s) { s->public_key = TestSigner(9)->public_key_der(); });
  damaged("public-key-cut", [](Signed* s) { s->public_key.pop_back(); });
  damaged("public-key-byte-added", [](Signed* s) { s->public_key += '\0'; });
  damaged("public-key-of-another-suite",
          [](Signed* s) { s->public_key = *FromHex(kEcdsa[0].public_key); });
}

struct Hanging {
  std::string body;
  v1::HeadProof proof;
  object Keys() const {
    array path;
    for (const std::string& node : proof.path()) path.emplace_back(Hex(node));
    return {{"body", Hex(body)},           {"stream_id", Hex(proof.head().stream_id())},
            {"size", proof.head().size()}, {"root", Hex(proof.head().root())},
            {"nonce", Hex(proof.nonce())}, {"index", proof.index()},
            {"path", std::move(path)}};
  }
};

// The proof of head `which` in a batch of `count`.
Hanging MakeHanging(Suite suite, int count, int which) {
  testing::FakeEntropy entropy(static_cast<uint64_t>(100 * count));
  std::vector<v1::StreamHead> heads;
  for (int i = 0; i < count; ++i) heads.push_back(SampleHead(suite, i));
  const Batch batch = *BuildBatch(suite, heads, &entropy);
  CheckpointBody body = SampleBody(suite, TestSigner()->public_key_der());
  body.batch_root = batch.root.str();
  return {*EncodeBody(body), batch.proofs[static_cast<size_t>(which)]};
}

}  // namespace

void AddHeadVectors(std::vector<Vector>* out) {
  const VectorSet set("head", "head", out);
  for (const Suite suite : {v1::SHA256_ED25519, v1::SHA256_ECDSA_P256, v1::SHA384_ECDSA_P384}) {
    const v1::StreamHead head = SampleHead(suite, 5);
    set.Valid(suite, "suite-" + std::to_string(suite),
              {{"bytes", Hex(*EncodeHead(suite, head))},
               {"stream_id", Hex(head.stream_id())},
               {"size", head.size()},
               {"root", Hex(head.root())}});
  }
  const std::string good = *EncodeHead(v1::SHA256_ED25519, SampleHead(v1::SHA256_ED25519, 5));
  const auto damaged = [&](std::string_view name, auto change) {
    std::string bad = good;
    change(&bad);
    set.Damaged(1, name, {{"bytes", Hex(bad)}});
  };
  damaged("empty", [](std::string* b) { b->clear(); });
  damaged("tag-other", [](std::string* b) { (*b)[3] = '2'; });
  damaged("tag-of-a-checkpoint", [](std::string* b) { (*b)[2] = 'C'; });
  damaged("suite-zero", [](std::string* b) { (*b)[kSuiteAt] = 0; });
  damaged("suite-reserved", [](std::string* b) { (*b)[kSuiteAt] = 4; });
  damaged("suite-with-longer-hashes", [](std::string* b) { (*b)[kSuiteAt] = 3; });
  damaged("cut-by-one", [](std::string* b) { b->pop_back(); });
  damaged("byte-added", [](std::string* b) { b->push_back('\0'); });
  damaged("size-of-four-bytes", [](std::string* b) { b->erase(5 + 32, 4); });
}

void AddCheckpointVectors(std::vector<Vector>* out) {
  const VectorSet set("checkpoint", "checkpoint", out);
  AddSignatures(set);
  AddBodies(set);
}

void AddHeadProofVectors(std::vector<Vector>* out) {
  const VectorSet set("checkpoint", "head_proof", out);
  set.Valid(1, "only-stream", MakeHanging(v1::SHA256_ED25519, 1, 0).Keys());
  set.Valid(1, "three-streams", MakeHanging(v1::SHA256_ED25519, 3, 2).Keys());
  set.Valid(3, "sha384", MakeHanging(v1::SHA384_ECDSA_P384, 5, 4).Keys());
  const Hanging good = MakeHanging(v1::SHA256_ED25519, 5, 3);
  const auto damaged = [&](std::string_view name, auto change) {
    Hanging bad = good;
    change(&bad.proof);
    set.Damaged(1, name, bad.Keys());
  };
  damaged("stream-id-bit", [](auto* p) { (*p->mutable_head()->mutable_stream_id())[0] ^= 1; });
  damaged("stream-id-short", [](auto* p) { p->mutable_head()->mutable_stream_id()->pop_back(); });
  damaged("size-plus-one", [](auto* p) { p->mutable_head()->set_size(p->head().size() + 1); });
  damaged("root-bit", [](auto* p) { (*p->mutable_head()->mutable_root())[31] ^= 1; });
  damaged("root-long", [](auto* p) { *p->mutable_head()->mutable_root() += 'x'; });
  damaged("nonce-bit", [](auto* p) { (*p->mutable_nonce())[5] ^= 1; });
  damaged("nonce-short", [](auto* p) { p->mutable_nonce()->pop_back(); });
  damaged("nonce-empty", [](auto* p) { p->clear_nonce(); });
  damaged("index-other", [](auto* p) { p->set_index(p->index() ^ 1); });
  damaged("index-outside", [](auto* p) { p->set_index(p->index() + 8); });
  damaged("path-bit", [](auto* p) { (*p->mutable_path(2))[9] ^= 1; });
  damaged("path-hash-missing", [](auto* p) { p->mutable_path()->RemoveLast(); });
  damaged("path-hash-short", [](auto* p) { p->mutable_path(0)->pop_back(); });
  damaged("path-too-long", [](auto* p) {
    while (p->path_size() < 17) p->add_path(p->path(0));
  });
  damaged("head-of-another-stream",
          [](auto* p) { *p->mutable_head() = MakeHanging(v1::SHA256_ED25519, 5, 2).proof.head(); });
  Hanging other = good;
  other.body.back() ^= 1;
  set.Damaged(1, "batch-root-bit", other.Keys());
}

}  // namespace tombolo::ledger
