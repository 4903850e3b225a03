#include "tests/unit/ledger/vectors.h"

#include <google/protobuf/util/json_util.h>

#include <boost/json/serialize.hpp>
#include <optional>

#include "gateway/base/text.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/cursor.h"
#include "gateway/ledger/merkle.h"
#include "gateway/ledger/proof.h"

namespace tombolo::ledger {
namespace {

using boost::json::object;
using boost::json::value;

std::string Bytes(const value& v) { return FromHex(std::string(v.as_string())).value(); }
uint64_t Number(const value& v) { return v.to_number<uint64_t>(); }
std::vector<std::string> List(const value& v) {
  std::vector<std::string> out;
  for (const value& item : v.as_array()) out.push_back(Bytes(item));
  return out;
}

Status Mismatch(std::string_view what) {
  return MakeError(Code::INTERNAL, "decoded otherwise: " + std::string(what));
}

Status RunRoot(HashKind kind, const object& v) {
  std::vector<Digest> leaves;
  for (const std::string& leaf : List(v.at("leaves"))) {
    leaves.push_back(Hasher(kind).Hash({std::string_view("\0", 1), leaf}));
  }
  if (TreeHash(kind, leaves).view() == Bytes(v.at("root"))) return absl::OkStatus();
  return MakeError(Code::PROOF_INVALID, "another root");
}

Status RunInclusion(HashKind kind, const object& v) {
  const std::vector<std::string> path = List(v.at("path"));
  return VerifyInclusion(kind, Bytes(v.at("leaf_hash")), Number(v.at("index")),
                         Number(v.at("size")), {path.begin(), path.end()}, Bytes(v.at("root")));
}

Status RunConsistency(HashKind kind, const object& v) {
  const std::vector<std::string> path = List(v.at("path"));
  return VerifyConsistency(kind, Number(v.at("size1")), Bytes(v.at("root1")), Number(v.at("size2")),
                           Bytes(v.at("root2")), {path.begin(), path.end()});
}

Status RunHead(const object& v) {
  ASSIGN_OR_RETURN(const DecodedHead got, DecodeHead(Bytes(v.at("bytes"))));
  if (!v.at("valid").as_bool()) return absl::OkStatus();
  const bool same = got.suite == static_cast<int>(Number(v.at("suite"))) &&
                    got.head.stream_id() == Bytes(v.at("stream_id")) &&
                    got.head.size() == Number(v.at("size")) &&
                    got.head.root() == Bytes(v.at("root"));
  return same ? absl::OkStatus() : Mismatch("head");
}

Status RunCheckpoint(Suite suite, const object& v) {
  ASSIGN_OR_RETURN(const Verifier verifier,
                   Verifier::FromPublicKey(suite, Bytes(v.at("public_key"))));
  v1::Checkpoint checkpoint;
  checkpoint.set_body(Bytes(v.at("body")));
  checkpoint.set_signature(Bytes(v.at("signature")));
  ASSIGN_OR_RETURN(const CheckpointBody got, VerifyCheckpoint(checkpoint, verifier));
  if (!v.at("valid").as_bool()) return absl::OkStatus();
  const bool same = got.origin == std::string(v.at("origin").as_string()) &&
                    got.epoch == Number(v.at("epoch")) && got.tick == Number(v.at("tick")) &&
                    got.time_us == v.at("time_us").to_number<int64_t>() &&
                    got.batch_root == Bytes(v.at("batch_root"));
  return same ? absl::OkStatus() : Mismatch("checkpoint");
}

Status RunHeadProof(const object& v) {
  ASSIGN_OR_RETURN(const CheckpointBody body, DecodeBody(Bytes(v.at("body"))));
  v1::HeadProof proof;
  proof.mutable_head()->set_stream_id(Bytes(v.at("stream_id")));
  proof.mutable_head()->set_size(Number(v.at("size")));
  proof.mutable_head()->set_root(Bytes(v.at("root")));
  proof.set_nonce(Bytes(v.at("nonce")));
  proof.set_index(static_cast<uint32_t>(Number(v.at("index"))));
  for (const std::string& node : List(v.at("path"))) proof.add_path(node);
  return VerifyHead(body, proof);
}

Status RunCursor(const object& v) {
  CursorCodec codec(Bytes(v.at("key")));
  ASSIGN_OR_RETURN(const v1::Cursor got, codec.Decode(Bytes(v.at("bytes"))));
  if (!v.at("valid").as_bool()) return absl::OkStatus();
  const boost::json::array& want = v.at("positions").as_array();
  if (want.size() != static_cast<size_t>(got.positions_size())) return Mismatch("cursor");
  for (size_t i = 0; i < want.size(); ++i) {
    const object& stated = want[i].as_object();
    const v1::Cursor::Position& position = got.positions(static_cast<int>(i));
    if (position.stream_id() != Bytes(stated.at("stream_id")) ||
        position.layer() != static_cast<int>(Number(stated.at("layer"))) ||
        position.next_seq() != Number(stated.at("next_seq"))) {
      return Mismatch("cursor");
    }
  }
  return absl::OkStatus();
}

Status RunProof(const object& v) {
  v1::RecordProof proof;
  if (!google::protobuf::util::JsonStringToMessage(boost::json::serialize(v.at("proof")), &proof)
           .ok()) {
    return MakeError(Code::NOT_CANONICAL, "the proof does not parse");
  }
  std::optional<std::string> trusted;
  if (const value* key = v.if_contains("trusted_key")) trusted = Bytes(*key);
  return VerifyProof(proof, trusted).status();
}

}  // namespace

std::string Hex(std::string_view bytes) { return ToHex(bytes); }

void VectorSet::Add(int suite, const std::string& name, std::string_view damage,
                    object keys) const {
  Vector vector{folder_, what_ + "-" + name, {}};
  vector.value["what"] = what_;
  vector.value["suite"] = suite;
  vector.value["valid"] = damage.empty();
  vector.value["damage"] = std::string(damage);
  for (auto& pair : keys) vector.value[pair.key()] = std::move(pair.value());
  out_->push_back(std::move(vector));
}

std::vector<Vector> AllVectors() {
  std::vector<Vector> out;
  AddMerkleVectors(&out);
  AddHeadVectors(&out);
  AddCheckpointVectors(&out);
  AddHeadProofVectors(&out);
  AddCursorVectors(&out);
  AddProofVectors(&out);
  return out;
}

Status RunVector(const object& vector) {
  const std::string what(vector.at("what").as_string());
  ASSIGN_OR_RETURN(const Suite suite,
                   SuiteFromNumber(static_cast<uint32_t>(Number(vector.at("suite")))));
  const HashKind kind = HashOf(suite);
  if (what == "merkle_root") return RunRoot(kind, vector);
  if (what == "inclusion") return RunInclusion(kind, vector);
  if (what == "consistency") return RunConsistency(kind, vector);
  if (what == "head") return RunHead(vector);
  if (what == "checkpoint") return RunCheckpoint(suite, vector);
  if (what == "head_proof") return RunHeadProof(vector);
  if (what == "cursor") return RunCursor(vector);
  if (what == "proof") return RunProof(vector);
  return MakeError(Code::INTERNAL, "no vector is of " + what);
}

}  // namespace tombolo::ledger
