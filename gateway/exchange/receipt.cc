#include "gateway/exchange/receipt.h"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/bytes.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::exchange {
namespace {

constexpr std::string_view kBodyTag = "TBR1";
constexpr std::string_view kItemsTag = "TBR2";
constexpr int kPositions = 3;  // one for each layer

Status NotCanonical(std::string_view why) {
  return MakeError(Code::NOT_CANONICAL, absl::StrCat("receipt: ", ToAbsl(why)));
}

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

Status CheckId(std::string_view whose, std::string_view id) {
  if (!id.empty() && id.size() <= limits::kOriginBytesMax && IsUtf8(id)) return absl::OkStatus();
  return NotCanonical(absl::StrCat("the ", ToAbsl(whose), "'s id must be 1 to ",
                                   limits::kOriginBytesMax, " bytes of UTF-8: got ", id.size()));
}

Status CheckItem(const v1::ReceiptItem& item) {
  const size_t hash_bytes = item.stream_id().size();
  if (hash_bytes != DigestBytes(HashKind::kSha256) &&
      hash_bytes != DigestBytes(HashKind::kSha384)) {
    return NotCanonical(absl::StrCat("a stream id has a wrong size: got ", hash_bytes, " bytes"));
  }
  const std::string stream = ToHex(item.stream_id());
  if (item.root().size() != hash_bytes) {
    return NotCanonical(absl::StrCat("stream ", stream, ": the root has a wrong size: got ",
                                     item.root().size(), " bytes, want ", hash_bytes));
  }
  if (item.next_seqs_size() != kPositions) {
    return NotCanonical(absl::StrCat("stream ", stream, ": want a position for each of ",
                                     kPositions, " layers: got ", item.next_seqs_size()));
  }
  for (const uint64_t next : item.next_seqs()) {
    if (next <= item.size() || next - item.size() == 1) continue;
    return NotCanonical(absl::StrCat("stream ", stream, ": a position of ", next,
                                     " lies beyond the ", item.size(), " entries signed for"));
  }
  if (HasUnknownFields(item)) {
    return NotCanonical(absl::StrCat("stream ", stream,
                                     ": the item has fields that no version "
                                     "knows"));
  }
  return absl::OkStatus();
}

template <typename Items>
Status CheckItems(const Items& items) {
  const auto count = static_cast<size_t>(items.size());
  if (count > limits::kReceiptItemsMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("receipt: too many streams: got ", count, ", limit ",
                                  limits::kReceiptItemsMax, "; make two receipts"));
  }
  const std::string* before = nullptr;
  for (const v1::ReceiptItem& item : items) {
    RETURN_IF_ERROR(CheckItem(item));
    if (before != nullptr && item.stream_id() <= *before) {
      return NotCanonical(absl::StrCat("stream ", ToHex(item.stream_id()),
                                       " does not follow the one before by ascending id"));
    }
    before = &item.stream_id();
  }
  return absl::OkStatus();
}

template <typename Items>
std::string ItemsDigest(ledger::Suite suite, const Items& items) {
  Hasher hasher(ledger::HashOf(suite));
  hasher.Update(kItemsTag);
  hasher.UpdateByte(static_cast<uint8_t>(suite));
  hasher.UpdateU32(static_cast<uint32_t>(items.size()));
  for (const v1::ReceiptItem& item : items) {
    const std::string bytes = ledger::CanonicalBytes(item);
    hasher.UpdateU32(static_cast<uint32_t>(bytes.size()));
    hasher.Update(bytes);
  }
  return hasher.Finish().str();
}

void AppendText(std::string* out, std::string_view text) {
  ledger::AppendU16(out, static_cast<uint16_t>(text.size()));
  out->append(text);
}

}  // namespace

StatusOr<std::string> EncodeReceiptBody(const ReceiptBody& body) {
  ASSIGN_OR_RETURN(const ledger::Suite suite,
                   ledger::SuiteFromNumber(static_cast<uint32_t>(body.suite)));
  RETURN_IF_ERROR(CheckId("subscriber", body.subscriber));
  RETURN_IF_ERROR(CheckId("publisher", body.publisher));
  if (body.number == 0) return NotCanonical("receipts count from 1: got 0");
  if (body.key_id.size() != ledger::kKeyIdBytes) return NotCanonical("the key id's size is wrong");
  if (body.items_digest.size() != ledger::HashBytes(suite)) {
    return NotCanonical("the digest's size is not the suite's");
  }
  std::string out(kBodyTag);
  ledger::AppendU8(&out, static_cast<uint8_t>(suite));
  AppendText(&out, body.subscriber);
  AppendText(&out, body.publisher);
  ledger::AppendU64(&out, body.number);
  ledger::AppendU64(&out, static_cast<uint64_t>(body.time_us));
  out += body.key_id;
  ledger::AppendU64(&out, body.registry_version);
  ledger::AppendU64(&out, body.policy_version);
  out += body.items_digest;
  return out;
}

StatusOr<ReceiptBody> DecodeReceiptBody(std::string_view bytes) {
  ledger::ByteReader in(bytes);
  if (in.Take(kBodyTag.size()) != kBodyTag) return NotCanonical("does not begin with TBR1");
  const uint8_t suite_number = in.U8();
  if (!in.ok()) return NotCanonical("ends before its suite");
  ReceiptBody body;
  ASSIGN_OR_RETURN(body.suite, ledger::SuiteFromNumber(suite_number));
  body.subscriber = in.Take(in.U16());
  body.publisher = in.Take(in.U16());
  body.number = in.U64();
  body.time_us = static_cast<int64_t>(in.U64());
  body.key_id = in.Take(ledger::kKeyIdBytes);
  body.registry_version = in.U64();
  body.policy_version = in.U64();
  body.items_digest = in.Take(ledger::HashBytes(body.suite));
  if (!in.ok()) return NotCanonical("ends too early");
  if (in.left() != 0) return NotCanonical("bytes follow its end");
  // What may not be written may not be read either; one list of bounds for both.
  RETURN_IF_ERROR(EncodeReceiptBody(body).status());
  return body;
}

StatusOr<v1::Receipt> SignReceipt(ReceiptBody body, std::vector<v1::ReceiptItem> items,
                                  ledger::Signer* signer) {
  RETURN_IF_ERROR(CheckItems(items));
  body.suite = signer->suite();
  body.key_id = signer->key_id();
  body.items_digest = ItemsDigest(body.suite, items);
  v1::Receipt receipt;
  ASSIGN_OR_RETURN(*receipt.mutable_body(), EncodeReceiptBody(body));
  ASSIGN_OR_RETURN(*receipt.mutable_signature(), signer->Sign(receipt.body()));
  for (v1::ReceiptItem& item : items) *receipt.add_items() = std::move(item);
  if (receipt.ByteSizeLong() > limits::kControlPayloadBytesMax) {
    return MakeError(
        Code::LIMIT_EXCEEDED,
        absl::StrCat("receipt: too large for its frame: got ", receipt.ByteSizeLong(),
                     " bytes, limit ", limits::kControlPayloadBytesMax, "; make two receipts"));
  }
  return receipt;
}

StatusOr<ReceiptBody> VerifyReceipt(const v1::Receipt& receipt, const ledger::Verifier& verifier) {
  ASSIGN_OR_RETURN(ReceiptBody body, DecodeReceiptBody(receipt.body()));
  if (body.suite != verifier.suite() || body.key_id != verifier.key_id()) {
    return MakeError(Code::SIGNATURE_INVALID,
                     absl::StrCat("the receipt names another key: got ", ToHex(body.key_id),
                                  ", want ", ToHex(verifier.key_id())));
  }
  RETURN_IF_ERROR(verifier.Verify(receipt.body(), receipt.signature()));
  if (HasUnknownFields(receipt)) return NotCanonical("has fields that no version knows");
  RETURN_IF_ERROR(CheckItems(receipt.items()));
  if (ItemsDigest(body.suite, receipt.items()) != body.items_digest) {
    return MakeError(Code::DIGEST_MISMATCH, "the receipt's items are not those that were signed");
  }
  return body;
}

}  // namespace tombolo::exchange
