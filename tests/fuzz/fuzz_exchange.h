// What the fuzz targets of the exchange do with an input: the same functions run the corpus as an
// ordinary test.
//
// Frames: however the bytes are cut, the same frames and the same fault come out, and none is
// larger than its type allows. Statements: what decodes encodes to the same bytes again; nothing
// can be signed by the key that is trusted here, so nothing may verify.
//
// Ownership: plain values. Thread-safety: one thread. Errors: abort.
#ifndef TOMBOLO_TESTS_FUZZ_FUZZ_EXCHANGE_H_
#define TOMBOLO_TESTS_FUZZ_FUZZ_EXCHANGE_H_

#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/audit/log_head.h"
#include "gateway/base/text.h"
#include "gateway/exchange/frame.h"
#include "gateway/exchange/holdings.h"
#include "gateway/exchange/receipt.h"
#include "tests/fuzz/fuzz_ledger.h"

namespace tombolo::fuzz {

// Types, sizes and a digest of the payloads, then the fault: what a reader made of the bytes.
inline std::string FramesIn(std::string_view bytes, size_t piece_bytes) {
  exchange::FrameReader reader;
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
    reader.Feed(bytes.substr(at, piece_bytes));
    for (;;) {
      const auto frame = reader.Next();
      if (!frame.ok()) return out + std::string(NameOf(CodeOf(frame.status())));
      if (!frame->has_value()) break;
      Require((*frame)->payload.size() <= exchange::PayloadLimit((*frame)->type), "frame limit");
      const Digest digest = Hasher(HashKind::kSha256).Hash({(*frame)->payload});
      out += std::to_string((*frame)->type) + " " + std::to_string((*frame)->wire_bytes) + " " +
             digest.str() + "\n";
    }
  }
  return out + std::string(NameOf(CodeOf(reader.Finish())));
}

// The first byte chooses the pieces.
inline void FuzzExchangeFrame(std::string_view input) {
  if (input.empty()) return;
  const size_t piece_bytes = static_cast<unsigned char>(input[0]) + size_t{1};
  input.remove_prefix(1);
  Require(FramesIn(input, piece_bytes) == FramesIn(input, input.size() + 1), "pieces of any size");
}

// The public key of docs/formats/checkpoint.md's example, for which nobody here signs.
inline ledger::Verifier ExampleKey() {
  return *ledger::Verifier::FromPublicKey(
      v1::SHA256_ED25519, *FromHex("302a300506032b6570032100ea4a6c63e29c520abef5507b132ec5f9954776"
                                   "aebebe7b92421eea691446d22c"));
}

inline void TryHead(std::string_view bytes) {
  v1::Head head;
  if (!head.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const auto body = ledger::DecodeBody(head.checkpoint().body());
  trust::MemberFacts origin;
  origin.member.set_id(body.ok() ? body->origin : "spiffe://federation.example/xx");
  origin.verifiers.push_back(ExampleKey());
  v1::StreamDescriptor descriptor;
  descriptor.set_origin(origin.member.id());
  auto holding = std::make_unique<exchange::Holding>(descriptor, v1::SHA256_ED25519);
  holding->stream_id = head.proof().head().stream_id();
  exchange::Holdings holdings;
  holdings.Add(std::move(holding));
  exchange::VerifiedHeadFacts facts;
  v1::Alarm alarm;
  Require(!holdings.CheckHead(origin, head, &facts, &alarm).ok(), "a head that nobody signed");
  Require(alarm.code().empty(), "an alarm without a signature");
}

inline void TryReceipt(std::string_view bytes) {
  v1::Receipt receipt;
  if (!receipt.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  receipt.clear_signature();
  Require(!exchange::VerifyReceipt(receipt, ExampleKey()).ok(), "a receipt that nobody signed");
}

// The first byte chooses the statement.
inline void FuzzExchangeStatement(std::string_view input) {
  if (input.empty()) return;
  const google::protobuf::LogSilencer silencer;
  const int what = static_cast<unsigned char>(input[0]) % 4;
  input.remove_prefix(1);
  if (what == 0) {
    const auto got = exchange::DecodeReceiptBody(input);
    if (got.ok()) Require(*exchange::EncodeReceiptBody(*got) == input, "one form of a receipt");
  } else if (what == 1) {
    const auto got = audit::DecodeCountersignature(input);
    if (got.ok()) Require(*audit::EncodeCountersignature(*got) == input, "one countersignature");
  } else if (what == 2) {
    TryReceipt(input);
  } else {
    TryHead(input);
  }
}

}  // namespace tombolo::fuzz

#endif  // TOMBOLO_TESTS_FUZZ_FUZZ_EXCHANGE_H_
