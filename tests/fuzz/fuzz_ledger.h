// What the fuzz targets of the ledger do with an input: the same functions run the corpus as an
// ordinary test.
//
// What decodes must encode to the same bytes again: there is one form only. Nothing can be signed
// by the key that is trusted here, so no proof may verify.
//
// Ownership: plain values. Thread-safety: one thread. Errors: abort.
#ifndef TOMBOLO_TESTS_FUZZ_FUZZ_LEDGER_H_
#define TOMBOLO_TESTS_FUZZ_FUZZ_LEDGER_H_

#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/hash.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/cursor.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/merkle.h"
#include "gateway/ledger/proof.h"

namespace tombolo::fuzz {

inline constexpr char kCursorKey[] = "0123456789abcdef0123456789abcdef";
inline constexpr uint64_t kOwnSeq = 1000;

inline void Require(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "promise broken: %s\n", what);
  std::abort();
}

// With a right MAC, so that the message behind it is reached.
inline void TryCursor(std::string_view message) {
  const std::string front("TBK1\x01");
  HmacSha256 mac(kCursorKey);
  mac.Update(front);
  mac.Update(message);
  const std::string bytes =
      front + std::string(message) + std::string(mac.Finish().view().substr(0, 16));
  ledger::CursorCodec codec(kCursorKey);
  const auto cursor = codec.Decode(bytes);
  if (cursor.ok()) Require(*codec.Encode(*cursor) == bytes, "one form of a cursor");
}

inline void TryLayouts(int what, std::string_view bytes) {
  if (what == 0) {
    const auto got = ledger::DecodeBody(bytes);
    if (got.ok()) Require(*ledger::EncodeBody(*got) == bytes, "one form of a checkpoint");
  } else if (what == 1) {
    const auto got = ledger::DecodeHead(bytes);
    if (got.ok())
      Require(*ledger::EncodeHead(got->suite, got->head) == bytes, "one form of a head");
  } else if (what == 2) {
    const auto got = ledger::CompactRange::Parse(HashKind::kSha256, bytes);
    if (got.ok()) Require(got->Serialise() == bytes, "one form of a range");
  } else {
    ledger::CursorCodec codec(kCursorKey);
    Require(!codec.Decode(bytes).ok(), "nobody guesses a MAC");
  }
}

inline void TryMessages(int what, std::string_view bytes) {
  if (what == 4) {
    TryCursor(bytes);
  } else if (what == 5) {
    const auto got = ledger::DecodeDescriptor(bytes);
    if (got.ok()) Require(*ledger::EncodeDescriptor(*got) == bytes, "one form of a descriptor");
  } else if (what == 6) {
    const auto got = ledger::DecodeRetract(bytes);
    if (got.ok()) Require(*ledger::EncodeRetract(*got) == bytes, "one form of a retraction");
  } else {
    const auto got = ledger::DecodeTombstone(kOwnSeq, bytes);
    if (got.ok()) {
      Require(*ledger::EncodeTombstone(kOwnSeq, *got) == bytes, "one form of a tombstone");
    }
  }
}

// Everything of the ledger that decodes bytes from outside. The first byte chooses the format.
inline void FuzzLedgerBytes(std::string_view input) {
  if (input.empty()) return;
  const int what = static_cast<unsigned char>(input[0]) % 8;
  input.remove_prefix(1);
  if (what < 4) {
    TryLayouts(what, input);
  } else {
    TryMessages(what, input);
  }
}

// A proof from outside, as protobuf bytes. Without a trusted key it must only not crash.
inline void FuzzLedgerProof(std::string_view input) {
  const google::protobuf::LogSilencer silencer;
  v1::RecordProof proof;
  if (!proof.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  static_cast<void>(ledger::VerifyProof(proof, std::nullopt));
  Require(!ledger::VerifyProof(proof, "a key that nobody has").ok(), "no key, no proof");
}

}  // namespace tombolo::fuzz

#endif  // TOMBOLO_TESTS_FUZZ_FUZZ_LEDGER_H_
