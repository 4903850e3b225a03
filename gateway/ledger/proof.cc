#include "gateway/ledger/proof.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/ledger/merkle.h"

namespace tombolo::ledger {
namespace {

Status Invalid(std::string_view why) { return MakeError(Code::PROOF_INVALID, why); }

// Head and checkpoint must be about the stream that the proof describes.
Status CheckBelongsTogether(const v1::RecordProof& proof, const CheckpointBody& body,
                            std::string_view stream_id) {
  if (body.origin != proof.stream().origin()) {
    return Invalid(absl::StrCat("the checkpoint is of another origin: got ", body.origin, ", want ",
                                proof.stream().origin()));
  }
  if (proof.head().head().stream_id() != stream_id) {
    return Invalid(absl::StrCat("the head is of another stream: got ",
                                ToHex(proof.head().head().stream_id()), ", want ",
                                ToHex(stream_id)));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<ProvenEntry> VerifyProof(const v1::RecordProof& proof,
                                  std::optional<std::string_view> trusted_key_der) {
  ASSIGN_OR_RETURN(const Suite suite, SuiteFromNumber(static_cast<uint32_t>(proof.suite())));
  if (trusted_key_der.has_value() && *trusted_key_der != proof.public_key()) {
    return MakeError(Code::SIGNATURE_INVALID,
                     absl::StrCat("the proof is under another key: got key id ",
                                  ToHex(KeyIdOf(proof.public_key())), ", want ",
                                  ToHex(KeyIdOf(*trusted_key_der))));
  }
  ASSIGN_OR_RETURN(const Verifier verifier, Verifier::FromPublicKey(suite, proof.public_key()));
  ProvenEntry out;
  out.key_trusted = trusted_key_der.has_value();
  ASSIGN_OR_RETURN(const std::string descriptor, EncodeDescriptor(proof.stream()));
  EntryHasher hasher(suite);
  const Digest stream_id = hasher.StreamId(descriptor);
  ASSIGN_OR_RETURN(out.form, FormOf(proof.entry()));
  ASSIGN_OR_RETURN(const Digest leaf, EntryLeaf(&hasher, stream_id.view(), proof.entry()));
  ASSIGN_OR_RETURN(out.checkpoint, VerifyCheckpoint(proof.checkpoint(), verifier));
  RETURN_IF_ERROR(CheckBelongsTogether(proof, out.checkpoint, stream_id.view()));
  RETURN_IF_ERROR(VerifyHead(out.checkpoint, proof.head()));
  const v1::StreamHead& head = proof.head().head();
  const std::vector<std::string_view> path(proof.inclusion_path().begin(),
                                           proof.inclusion_path().end());
  RETURN_IF_ERROR(VerifyInclusion(HashOf(suite), leaf.view(), proof.entry().seq() - 1, head.size(),
                                  path, head.root()));
  out.stream_size = head.size();
  return out;
}

}  // namespace tombolo::ledger
