#include "gateway/ledger/checkpoint.h"

#include <bit>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/bytes.h"
#include "gateway/ledger/merkle.h"

namespace tombolo::ledger {
namespace {

constexpr std::string_view kHeadTag = "TBH1";
constexpr std::string_view kBodyTag = "TBC1";
constexpr size_t kBatchPathMax = std::bit_width(limits::kCheckpointStreamsMax - 1);

Status NotCanonical(std::string_view what, std::string_view why) {
  return MakeError(Code::NOT_CANONICAL, absl::StrCat(ToAbsl(what), ": ", ToAbsl(why)));
}

Status CheckSize(std::string_view what, std::string_view field, size_t got, size_t want) {
  if (got == want) return absl::OkStatus();
  return NotCanonical(
      what, absl::StrCat(ToAbsl(field), " has a wrong size: got ", got, " bytes, want ", want));
}

// Tag and suite, which all fixed layouts begin with.
StatusOr<Suite> ReadSuite(std::string_view what, std::string_view tag, ByteReader* in) {
  if (in->Take(tag.size()) != tag) {
    return NotCanonical(what, absl::StrCat("does not begin with ", ToAbsl(tag)));
  }
  const uint8_t number = in->U8();
  if (!in->ok()) return NotCanonical(what, "ends before its suite");
  return SuiteFromNumber(number);
}

// A number below `bound`, each as likely as the others. RFC 4086 has the reason for the rejection:
// a plain remainder would favour small numbers.
uint32_t RandomBelow(uint32_t bound, Entropy* entropy) {
  const uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
  for (;;) {
    uint32_t value = 0;
    for (const char c : entropy->Bytes(sizeof value)) {
      value = value << 8 | static_cast<unsigned char>(c);
    }
    if (value < limit) return value % bound;
  }
}

// The numbers below `count` in random order (Fisher and Yates).
std::vector<uint32_t> RandomOrder(uint32_t count, Entropy* entropy) {
  std::vector<uint32_t> order(count);
  for (uint32_t i = 0; i < count; ++i) order[i] = i;
  for (uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[RandomBelow(i, entropy)]);
  return order;
}

Digest HeadLeaf(Hasher* hasher, std::string_view nonce, std::string_view head_bytes) {
  return hasher->Hash({std::string_view("\0", 1), nonce, head_bytes});
}

Status CheckHeads(const std::vector<v1::StreamHead>& heads) {
  if (heads.empty()) return MakeError(Code::INVALID_ARGUMENT, "a checkpoint needs a stream head");
  if (heads.size() > limits::kCheckpointStreamsMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("too many streams for one checkpoint: got ", heads.size(),
                                  ", limit ", limits::kCheckpointStreamsMax));
  }
  absl::flat_hash_set<std::string> seen;
  for (const v1::StreamHead& head : heads) {
    if (!seen.insert(head.stream_id()).second) {
      return MakeError(Code::INVALID_ARGUMENT, absl::StrCat("stream ", ToHex(head.stream_id()),
                                                            " stands twice in one checkpoint"));
    }
  }
  return absl::OkStatus();
}

// The paths of the leaves at `positions`, read off the levels as they are folded.
Digest FoldBatch(HashKind kind, std::vector<Digest> level, const std::vector<uint32_t>& positions,
                 std::vector<v1::HeadProof>* proofs) {
  Hasher hasher(kind);
  for (int depth = 0; level.size() > 1; ++depth) {
    for (size_t i = 0; i < proofs->size(); ++i) {
      (*proofs)[i].add_path(level[(positions[i] >> depth) ^ 1].str());
    }
    for (size_t i = 0; i < level.size() / 2; ++i) {
      level[i] = NodeHash(&hasher, level[2 * i].view(), level[2 * i + 1].view());
    }
    level.resize(level.size() / 2);
  }
  return level.front();
}

}  // namespace

StatusOr<std::string> EncodeHead(Suite suite, const v1::StreamHead& head) {
  RETURN_IF_ERROR(
      CheckSize("stream head", "the stream id", head.stream_id().size(), HashBytes(suite)));
  RETURN_IF_ERROR(CheckSize("stream head", "the root", head.root().size(), HashBytes(suite)));
  std::string out(kHeadTag);
  AppendU8(&out, static_cast<uint8_t>(suite));
  out += head.stream_id();
  AppendU64(&out, head.size());
  out += head.root();
  return out;
}

StatusOr<DecodedHead> DecodeHead(std::string_view bytes) {
  ByteReader in(bytes);
  DecodedHead out;
  ASSIGN_OR_RETURN(out.suite, ReadSuite("stream head", kHeadTag, &in));
  out.head.set_stream_id(std::string(in.Take(HashBytes(out.suite))));
  out.head.set_size(in.U64());
  out.head.set_root(std::string(in.Take(HashBytes(out.suite))));
  if (!in.ok()) return NotCanonical("stream head", "ends too early");
  if (in.left() != 0) return NotCanonical("stream head", "bytes follow its end");
  return out;
}

StatusOr<Batch> BuildBatch(Suite suite, const std::vector<v1::StreamHead>& heads,
                           Entropy* entropy) {
  RETURN_IF_ERROR(CheckHeads(heads));
  const HashKind kind = HashOf(suite);
  const auto width = static_cast<uint32_t>(std::bit_ceil(heads.size()));
  const std::vector<uint32_t> order = RandomOrder(width, entropy);
  Hasher hasher(kind);
  std::vector<Digest> leaves(width);
  Batch batch;
  for (size_t i = 0; i < heads.size(); ++i) {
    ASSIGN_OR_RETURN(const std::string head_bytes, EncodeHead(suite, heads[i]));
    v1::HeadProof& proof = batch.proofs.emplace_back();
    *proof.mutable_head() = heads[i];
    proof.set_nonce(entropy->Bytes(kNonceBytes));
    proof.set_index(order[i]);
    leaves[order[i]] = HeadLeaf(&hasher, proof.nonce(), head_bytes);
  }
  for (size_t i = heads.size(); i < width; ++i) {
    leaves[order[i]] = *DigestFrom(kind, entropy->Bytes(DigestBytes(kind)));
  }
  batch.root = FoldBatch(kind, std::move(leaves), order, &batch.proofs);
  return batch;
}

StatusOr<std::string> EncodeBody(const CheckpointBody& body) {
  constexpr std::string_view kWhat = "checkpoint body";
  ASSIGN_OR_RETURN(const Suite suite, SuiteFromNumber(static_cast<uint32_t>(body.suite)));
  if (body.origin.empty() || body.origin.size() > limits::kOriginBytesMax || !IsUtf8(body.origin)) {
    return NotCanonical(kWhat, absl::StrCat("the origin must be 1 to ", limits::kOriginBytesMax,
                                            " bytes of UTF-8: got ", body.origin.size()));
  }
  if (body.epoch == 0) return NotCanonical(kWhat, "epochs count from 1: got 0");
  if (body.tick == 0) return NotCanonical(kWhat, "ticks count from 1: got 0");
  RETURN_IF_ERROR(CheckSize(kWhat, "the key id", body.key_id.size(), kKeyIdBytes));
  RETURN_IF_ERROR(CheckSize(kWhat, "the batch root", body.batch_root.size(), HashBytes(suite)));
  std::string out(kBodyTag);
  AppendU8(&out, static_cast<uint8_t>(suite));
  AppendU16(&out, static_cast<uint16_t>(body.origin.size()));
  out += body.origin;
  AppendU64(&out, body.epoch);
  AppendU64(&out, body.tick);
  AppendU64(&out, static_cast<uint64_t>(body.time_us));
  out += body.key_id;
  out += body.batch_root;
  return out;
}

StatusOr<CheckpointBody> DecodeBody(std::string_view bytes) {
  ByteReader in(bytes);
  CheckpointBody body;
  ASSIGN_OR_RETURN(body.suite, ReadSuite("checkpoint body", kBodyTag, &in));
  body.origin = in.Take(in.U16());
  body.epoch = in.U64();
  body.tick = in.U64();
  body.time_us = static_cast<int64_t>(in.U64());
  body.key_id = in.Take(kKeyIdBytes);
  body.batch_root = in.Take(HashBytes(body.suite));
  if (!in.ok()) return NotCanonical("checkpoint body", "ends too early");
  if (in.left() != 0) return NotCanonical("checkpoint body", "bytes follow its end");
  // What may not be written may not be read either; one list of bounds for both.
  RETURN_IF_ERROR(EncodeBody(body).status());
  return body;
}

StatusOr<v1::Checkpoint> SignCheckpoint(CheckpointBody body, Signer* signer) {
  body.suite = signer->suite();
  body.key_id = signer->key_id();
  v1::Checkpoint checkpoint;
  ASSIGN_OR_RETURN(*checkpoint.mutable_body(), EncodeBody(body));
  ASSIGN_OR_RETURN(*checkpoint.mutable_signature(), signer->Sign(checkpoint.body()));
  return checkpoint;
}

StatusOr<CheckpointBody> VerifyCheckpoint(const v1::Checkpoint& checkpoint,
                                          const Verifier& verifier) {
  ASSIGN_OR_RETURN(CheckpointBody body, DecodeBody(checkpoint.body()));
  if (body.suite != verifier.suite() || body.key_id != verifier.key_id()) {
    return MakeError(
        Code::SIGNATURE_INVALID,
        absl::StrCat("the checkpoint names another key: got ", ToHex(body.key_id), " of suite ",
                     ToAbsl(SuiteName(body.suite)), ", want ", ToHex(verifier.key_id()),
                     " of suite ", ToAbsl(SuiteName(verifier.suite()))));
  }
  RETURN_IF_ERROR(verifier.Verify(checkpoint.body(), checkpoint.signature()));
  return body;
}

Status VerifyHead(const CheckpointBody& body, const v1::HeadProof& proof) {
  const auto depth = static_cast<size_t>(proof.path_size());
  if (depth > kBatchPathMax) {
    return MakeError(Code::PROOF_INVALID, absl::StrCat("the batch path is too long: got ", depth,
                                                       " hashes, limit ", kBatchPathMax));
  }
  if (proof.nonce().size() != kNonceBytes) {
    return MakeError(Code::PROOF_INVALID,
                     absl::StrCat("the nonce has a wrong size: got ", proof.nonce().size(),
                                  " bytes, want ", kNonceBytes));
  }
  ASSIGN_OR_RETURN(const std::string head_bytes, EncodeHead(body.suite, proof.head()));
  const HashKind kind = HashOf(body.suite);
  Hasher hasher(kind);
  const Digest leaf = HeadLeaf(&hasher, proof.nonce(), head_bytes);
  const std::vector<std::string_view> path(proof.path().begin(), proof.path().end());
  return VerifyInclusion(kind, leaf.view(), proof.index(), uint64_t{1} << depth, path,
                         body.batch_root);
}

Status VerifyHead(const v1::Checkpoint& checkpoint, const v1::HeadProof& proof,
                  const Verifier& verifier) {
  ASSIGN_OR_RETURN(const CheckpointBody body, VerifyCheckpoint(checkpoint, verifier));
  return VerifyHead(body, proof);
}

}  // namespace tombolo::ledger
