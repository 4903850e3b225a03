#include "gateway/audit/log_head.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/audit/event.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/bytes.h"
#include "gateway/ledger/commitment.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/merkle.h"

namespace tombolo::audit {
namespace {

constexpr std::string_view kBodyTag = "TBW1";

Status NotCanonical(std::string_view why) {
  return MakeError(Code::NOT_CANONICAL, absl::StrCat("countersignature: ", ToAbsl(why)));
}

Status Refuse(Code code, std::string_view node, std::string_view why) {
  return MakeError(code, absl::StrCat("audit log of ", ToAbsl(node), ": ", ToAbsl(why)));
}

// A log keeps its id as long as it lives; only one that was never witnessed is named by its node.
Status CheckLog(const WitnessedHead& last, std::string_view node, ledger::Suite suite,
                std::string_view log) {
  std::string want = last.log_stream_id;
  if (want.empty()) {
    ASSIGN_OR_RETURN(const std::string descriptor,
                     ledger::EncodeDescriptor(AuditDescriptor(node, 1)));
    want = ledger::EntryHasher(suite).StreamId(descriptor).str();
  }
  if (log == want) return absl::OkStatus();
  return Refuse(
      Code::PROOF_INVALID, node,
      absl::StrCat("the head is of another stream: got ", ToHex(log), ", want ", ToHex(want)));
}

// What two signed heads may not say of one log, whatever the path.
Status CheckFollows(const WitnessedHead& last, std::string_view node, const WitnessedHead& next) {
  if (next.epoch < last.epoch) {
    return Refuse(Code::EPOCH_LOWER, node,
                  absl::StrCat("got epoch ", next.epoch, ", had ", last.epoch));
  }
  const bool earlier = next.epoch == last.epoch && next.tick < last.tick;
  const uint64_t older = earlier ? next.size : last.size;
  const uint64_t newer = earlier ? last.size : next.size;
  if (newer < older) {
    return Refuse(Code::STREAM_SHRUNK, node,
                  absl::StrCat("it shrank from ", older, " to ", newer, " events"));
  }
  const bool same_tick = next.epoch == last.epoch && next.tick == last.tick;
  if ((newer == older && next.root != last.root) || (same_tick && newer != older)) {
    return Refuse(Code::STREAM_FORKED, node,
                  absl::StrCat("two heads contradict each other: ", last.size, " events with root ",
                               ToHex(last.root), " at tick ", last.tick, ", and ", next.size,
                               " with ", ToHex(next.root), " at tick ", next.tick));
  }
  if (earlier) {
    return Refuse(Code::PROOF_INVALID, node,
                  absl::StrCat("the head is older than the one held: got tick ", next.tick,
                               ", had ", last.tick));
  }
  return absl::OkStatus();
}

Status CheckPath(const WitnessedHead& last, std::string_view node, HashKind kind,
                 const WitnessedHead& next, const std::vector<std::string_view>& path) {
  const std::string root = last.size == 0 ? Hasher(kind).Finish().str() : last.root;
  const Status status =
      ledger::VerifyConsistency(kind, last.size, root, next.size, next.root, path);
  return status.ok() ? status : Refuse(CodeOf(status), node, ToStd(status.message()));
}

Status CheckId(std::string_view whose, std::string_view id) {
  if (!id.empty() && id.size() <= limits::kOriginBytesMax && IsUtf8(id)) return absl::OkStatus();
  return NotCanonical(absl::StrCat("the ", ToAbsl(whose), "'s id must be 1 to ",
                                   limits::kOriginBytesMax, " bytes of UTF-8: got ", id.size()));
}

Status CheckBody(const CountersignatureBody& body) {
  RETURN_IF_ERROR(ledger::SuiteFromNumber(static_cast<uint32_t>(body.suite)).status());
  RETURN_IF_ERROR(CheckId("witness", body.witness));
  RETURN_IF_ERROR(CheckId("node", body.node));
  const size_t hash_bytes = body.head.log_stream_id.size();
  if (hash_bytes != DigestBytes(HashKind::kSha256) &&
      hash_bytes != DigestBytes(HashKind::kSha384)) {
    return NotCanonical(absl::StrCat("the log's id has a wrong size: got ", hash_bytes, " bytes"));
  }
  if (body.head.root.size() != hash_bytes) return NotCanonical("the root's size is wrong");
  if (body.head.epoch == 0 || body.head.tick == 0 || body.head.size == 0) {
    return NotCanonical("epoch, tick and size count from 1");
  }
  if (body.from_size > body.head.size) {
    return NotCanonical(
        absl::StrCat("the log before was larger: got ", body.from_size, " of ", body.head.size));
  }
  if (body.key_id.size() != ledger::kKeyIdBytes) return NotCanonical("the key id's size is wrong");
  return absl::OkStatus();
}

void AppendText(std::string* out, std::string_view text) {
  ledger::AppendU16(out, static_cast<uint16_t>(text.size()));
  out->append(text);
}

// The size of the log's hashes, told by what is left after the two ids.
size_t LogHashBytes(size_t left) {
  constexpr size_t kNumbers = 5 * sizeof(uint64_t);  // epoch, tick, size, from_size, time
  for (const HashKind kind : {HashKind::kSha256, HashKind::kSha384}) {
    if (left == 2 * DigestBytes(kind) + kNumbers + ledger::kKeyIdBytes) return DigestBytes(kind);
  }
  return 0;
}

}  // namespace

StatusOr<WitnessedHead> AcceptHead(const WitnessedHead& last, std::string_view node,
                                   const v1::Checkpoint& checkpoint, const v1::HeadProof& proof,
                                   const std::vector<std::string_view>& path,
                                   const ledger::Verifier& verifier) {
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body,
                   ledger::VerifyCheckpoint(checkpoint, verifier));
  if (body.origin != node) {
    return Refuse(Code::PROOF_INVALID, node, absl::StrCat("the checkpoint is of ", body.origin));
  }
  RETURN_IF_ERROR(ledger::VerifyHead(body, proof));
  RETURN_IF_ERROR(CheckLog(last, node, body.suite, proof.head().stream_id()));
  WitnessedHead next = {proof.head().stream_id(), body.epoch, body.tick, proof.head().size(),
                        proof.head().root()};
  if (next.size == 0) return Refuse(Code::PROOF_INVALID, node, "the head has no events");
  RETURN_IF_ERROR(CheckFollows(last, node, next));
  RETURN_IF_ERROR(CheckPath(last, node, ledger::HashOf(body.suite), next, path));
  return next;
}

StatusOr<std::string> EncodeCountersignature(const CountersignatureBody& body) {
  RETURN_IF_ERROR(CheckBody(body));
  std::string out(kBodyTag);
  ledger::AppendU8(&out, static_cast<uint8_t>(body.suite));
  AppendText(&out, body.witness);
  AppendText(&out, body.node);
  out += body.head.log_stream_id;
  ledger::AppendU64(&out, body.head.epoch);
  ledger::AppendU64(&out, body.head.tick);
  ledger::AppendU64(&out, body.head.size);
  out += body.head.root;
  ledger::AppendU64(&out, body.from_size);
  ledger::AppendU64(&out, static_cast<uint64_t>(body.time_us));
  out += body.key_id;
  return out;
}

StatusOr<CountersignatureBody> DecodeCountersignature(std::string_view bytes) {
  ledger::ByteReader in(bytes);
  if (in.Take(kBodyTag.size()) != kBodyTag) return NotCanonical("does not begin with TBW1");
  const uint8_t suite_number = in.U8();
  if (!in.ok()) return NotCanonical("ends before its suite");
  CountersignatureBody body;
  ASSIGN_OR_RETURN(body.suite, ledger::SuiteFromNumber(suite_number));
  body.witness = in.Take(in.U16());
  body.node = in.Take(in.U16());
  const size_t hash_bytes = LogHashBytes(in.left());
  if (hash_bytes == 0) return NotCanonical("its size fits no hash");
  body.head.log_stream_id = in.Take(hash_bytes);
  body.head.epoch = in.U64();
  body.head.tick = in.U64();
  body.head.size = in.U64();
  body.head.root = in.Take(hash_bytes);
  body.from_size = in.U64();
  body.time_us = static_cast<int64_t>(in.U64());
  body.key_id = in.Take(ledger::kKeyIdBytes);
  RETURN_IF_ERROR(CheckBody(body));
  return body;
}

StatusOr<std::string> SignCountersignature(CountersignatureBody* body, ledger::Signer* signer,
                                           std::string* signature) {
  body->suite = signer->suite();
  body->key_id = signer->key_id();
  ASSIGN_OR_RETURN(std::string bytes, EncodeCountersignature(*body));
  ASSIGN_OR_RETURN(*signature, signer->Sign(bytes));
  return bytes;
}

StatusOr<CountersignatureBody> VerifyCountersignature(std::string_view body,
                                                      std::string_view signature,
                                                      const ledger::Verifier& verifier) {
  ASSIGN_OR_RETURN(CountersignatureBody decoded, DecodeCountersignature(body));
  if (decoded.suite != verifier.suite() || decoded.key_id != verifier.key_id()) {
    return MakeError(Code::SIGNATURE_INVALID,
                     absl::StrCat("the countersignature names another key: got ",
                                  ToHex(decoded.key_id), ", want ", ToHex(verifier.key_id())));
  }
  RETURN_IF_ERROR(verifier.Verify(body, signature));
  return decoded;
}

}  // namespace tombolo::audit
