// Everything of the ledger that decodes bytes from outside. What decodes must encode to the same
// bytes again: there is one form only. The first byte chooses the format.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/base/hash.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/cursor.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/merkle.h"

namespace tombolo::ledger {
namespace {

constexpr char kKey[] = "0123456789abcdef0123456789abcdef";
constexpr uint64_t kOwnSeq = 1000;

void Require(bool condition) {
  if (!condition) std::abort();
}

// With a right MAC, so that the message behind it is reached.
void TryCursor(std::string_view message) {
  const std::string front("TBK1\x01");
  HmacSha256 mac(kKey);
  mac.Update(front);
  mac.Update(message);
  const std::string bytes =
      front + std::string(message) + std::string(mac.Finish().view().substr(0, 16));
  CursorCodec codec(kKey);
  const auto cursor = codec.Decode(bytes);
  if (cursor.ok()) Require(*codec.Encode(*cursor) == bytes);
}

void TryLayouts(char what, std::string_view bytes) {
  if (what == 0) {
    if (const auto got = DecodeBody(bytes); got.ok()) Require(*EncodeBody(*got) == bytes);
  } else if (what == 1) {
    const auto got = DecodeHead(bytes);
    if (got.ok()) Require(*EncodeHead(got->suite, got->head) == bytes);
  } else if (what == 2) {
    const auto got = CompactRange::Parse(HashKind::kSha256, bytes);
    if (got.ok()) Require(got->Serialise() == bytes);
  } else {
    CursorCodec codec(kKey);
    Require(!codec.Decode(bytes).ok());  // nobody guesses a MAC
  }
}

void TryMessages(char what, std::string_view bytes) {
  if (what == 4) {
    TryCursor(bytes);
  } else if (what == 5) {
    const auto got = DecodeDescriptor(bytes);
    if (got.ok()) Require(*EncodeDescriptor(*got) == bytes);
  } else if (what == 6) {
    if (const auto got = DecodeRetract(bytes); got.ok()) Require(*EncodeRetract(*got) == bytes);
  } else {
    const auto got = DecodeTombstone(kOwnSeq, bytes);
    if (got.ok()) Require(*EncodeTombstone(kOwnSeq, *got) == bytes);
  }
}

}  // namespace
}  // namespace tombolo::ledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const char what = static_cast<char>(data[0] % 8);
  if (what < 4) {
    tombolo::ledger::TryLayouts(what, bytes);
  } else {
    tombolo::ledger::TryMessages(what, bytes);
  }
  return 0;
}
