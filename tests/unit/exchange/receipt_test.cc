#include "gateway/exchange/receipt.h"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <functional>
#include <string_view>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/ledger/bytes.h"
#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/support/format_page.h"
#include "tests/unit/ledger/fixture.h"

namespace tombolo::exchange {
namespace {

using ledger::Counting;
using ledger::TestSigner;
using testing::PageShows;

v1::ReceiptItem Item(std::string stream_id, uint64_t size) {
  v1::ReceiptItem item;
  item.set_root(std::string(stream_id.size(), 'r'));
  item.set_stream_id(std::move(stream_id));
  item.set_size(size);
  for (const uint64_t next : {size + 1, size + 1, uint64_t{0}}) item.add_next_seqs(next);
  return item;
}

void AddUnknownField(google::protobuf::Message* message) {
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(99, 1);
}

ReceiptBody ExampleBody() {
  ReceiptBody body;
  body.subscriber = "spiffe://federation.example/yy";
  body.publisher = "spiffe://federation.example/xx";
  body.number = 5;
  body.time_us = ledger::kTimeUs;
  body.registry_version = 3;
  body.policy_version = 7;
  return body;
}

std::vector<v1::ReceiptItem> ExampleItems() {
  v1::ReceiptItem item = Item(Counting(32, 2), 2001);
  item.set_root(Counting(32, 130));
  return {item};
}

v1::Receipt Example() {
  const auto signer = TestSigner();
  return *SignReceipt(ExampleBody(), ExampleItems(), signer.get());
}

ledger::Verifier TestVerifier(char seed = 7) {
  return *ledger::Verifier::FromPublicKey(v1::SHA256_ED25519, TestSigner(seed)->public_key_der());
}

TEST(Receipt, IsWhatThePageSays) {
  const v1::Receipt receipt = Example();
  EXPECT_TRUE(PageShows("receipt.md", ledger::CanonicalBytes(receipt.items(0))));
  EXPECT_TRUE(PageShows("receipt.md", DecodeReceiptBody(receipt.body())->items_digest));
  EXPECT_TRUE(PageShows("receipt.md", receipt.body()));
  EXPECT_TRUE(PageShows("receipt.md", receipt.signature()));
  ASSERT_OK_AND_ASSIGN(const ReceiptBody body, VerifyReceipt(receipt, TestVerifier()));
  EXPECT_EQ(body.subscriber, ExampleBody().subscriber);
  EXPECT_EQ(body.publisher, ExampleBody().publisher);
  EXPECT_EQ(body.number, 5u);
  EXPECT_EQ(body.time_us, ledger::kTimeUs);
  EXPECT_EQ(body.registry_version, 3u);
  EXPECT_EQ(body.policy_version, 7u);
}

// The digest written as one concatenation, over several items.
TEST(Receipt, DigestCoversCountAndEveryItem) {
  const std::vector<v1::ReceiptItem> items = {Item(Counting(32, 1), 3), Item(Counting(48, 1), 4),
                                              Item(Counting(32, 2), 5)};
  std::string bytes("TBR2\x01");
  ledger::AppendBigEndian(&bytes, items.size(), 4);
  for (const v1::ReceiptItem& item : items) {
    const std::string one = ledger::CanonicalBytes(item);
    ledger::AppendBigEndian(&bytes, one.size(), 4);
    bytes += one;
  }
  const auto signer = TestSigner();
  ASSERT_OK_AND_ASSIGN(const v1::Receipt receipt, SignReceipt(ExampleBody(), items, signer.get()));
  EXPECT_EQ(DecodeReceiptBody(receipt.body())->items_digest,
            Hasher(HashKind::kSha256).Hash({bytes}).str());
}

TEST(Receipt, WithoutItems) {
  const auto signer = TestSigner();
  ASSERT_OK_AND_ASSIGN(const v1::Receipt receipt, SignReceipt(ExampleBody(), {}, signer.get()));
  EXPECT_OK(VerifyReceipt(receipt, TestVerifier()));
}

TEST(ReceiptBody, ComesBackInEverySuiteAndHasOneForm) {
  for (const ledger::Suite suite :
       {v1::SHA256_ED25519, v1::SHA256_ECDSA_P256, v1::SHA384_ECDSA_P384}) {
    ReceiptBody body = ExampleBody();
    body.suite = suite;
    body.time_us = -1;
    body.key_id = Counting(ledger::kKeyIdBytes);
    body.items_digest = Counting(ledger::HashBytes(suite));
    ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeReceiptBody(body));
    ASSERT_OK_AND_ASSIGN(const ReceiptBody back, DecodeReceiptBody(bytes));
    EXPECT_EQ(back.time_us, -1);
    EXPECT_EQ(*EncodeReceiptBody(back), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_CODE(Code::NOT_CANONICAL, DecodeReceiptBody(std::string_view(bytes).substr(0, size)));
    }
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeReceiptBody(bytes + '\0'));
    EXPECT_CODE(Code::NOT_CANONICAL, DecodeReceiptBody("TBR2" + bytes.substr(4)));
    std::string unknown = bytes;
    unknown[4] = 9;
    EXPECT_CODE(Code::SCHEMA_UNSUPPORTED, DecodeReceiptBody(unknown));
  }
}

TEST(ReceiptBody, Bounds) {
  ReceiptBody good = *DecodeReceiptBody(Example().body());
  for (std::string ReceiptBody::*id : {&ReceiptBody::subscriber, &ReceiptBody::publisher}) {
    ReceiptBody body = good;
    body.*id = std::string(limits::kOriginBytesMax, 'i');
    EXPECT_OK(EncodeReceiptBody(body));
    for (const std::string& bad :
         {std::string(), std::string(limits::kOriginBytesMax + 1, 'i'), std::string("\xFF")}) {
      body.*id = bad;
      EXPECT_CODE(Code::NOT_CANONICAL, EncodeReceiptBody(body));
    }
  }
  const std::function<void(ReceiptBody*)> damages[] = {
      [](ReceiptBody* b) { b->number = 0; },
      [](ReceiptBody* b) { b->key_id.pop_back(); },
      [](ReceiptBody* b) { b->items_digest += 'x'; },
  };
  for (const auto& damage : damages) {
    ReceiptBody body = good;
    damage(&body);
    EXPECT_CODE(Code::NOT_CANONICAL, EncodeReceiptBody(body));
  }
}

TEST(Receipt, ItemsThatAreRefused) {
  const auto signer = TestSigner();
  v1::ReceiptItem other_root = Item(Counting(32), 1);
  other_root.mutable_root()->pop_back();
  v1::ReceiptItem two_positions = Item(Counting(32), 1);
  two_positions.mutable_next_seqs()->RemoveLast();
  v1::ReceiptItem four_positions = Item(Counting(32), 1);
  four_positions.add_next_seqs(1);
  v1::ReceiptItem beyond = Item(Counting(32), 1);  // 2 is the first entry that is not stored
  beyond.set_next_seqs(1, 3);
  v1::ReceiptItem unknown = Item(Counting(32), 1);
  AddUnknownField(&unknown);
  const std::vector<v1::ReceiptItem> refused[] = {
      {Item("", 1)},
      {Item(Counting(31), 1)},
      {Item(Counting(47), 1)},
      {other_root},
      {two_positions},
      {four_positions},
      {beyond},
      {unknown},
      {Item(Counting(32), 1), Item(Counting(32), 1)},
      {Item(Counting(32, 1), 1), Item(Counting(32, 0), 1)},
  };
  for (const auto& items : refused) {
    EXPECT_CODE(Code::NOT_CANONICAL, SignReceipt(ExampleBody(), items, signer.get()));
    // The same from a subscriber that does not check: signed, and refused all the same.
    v1::Receipt receipt = Example();
    receipt.mutable_items()->Clear();
    for (const v1::ReceiptItem& item : items) *receipt.add_items() = item;
    EXPECT_CODE(Code::NOT_CANONICAL, VerifyReceipt(receipt, TestVerifier()));
  }
}

std::vector<v1::ReceiptItem> ManyItems(size_t count, size_t hash_bytes) {
  std::vector<v1::ReceiptItem> items;
  for (size_t i = 0; i < count; ++i) {
    std::string id;
    ledger::AppendU64(&id, i);
    id.resize(hash_bytes, 's');
    items.push_back(Item(std::move(id), i + 1));
  }
  return items;
}

TEST(Receipt, ItemLimit) {
  const auto signer = TestSigner();
  auto items = ManyItems(limits::kReceiptItemsMax, 32);
  ASSERT_OK_AND_ASSIGN(v1::Receipt receipt, SignReceipt(ExampleBody(), items, signer.get()));
  EXPECT_OK(VerifyReceipt(receipt, TestVerifier()));
  EXPECT_LE(receipt.ByteSizeLong(), limits::kControlPayloadBytesMax) << "it fits its frame";
  items = ManyItems(limits::kReceiptItemsMax + 1, 32);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, SignReceipt(ExampleBody(), items, signer.get()));
  *receipt.add_items() = items.back();
  EXPECT_CODE(Code::LIMIT_EXCEEDED, VerifyReceipt(receipt, TestVerifier()));
  EXPECT_CODE(Code::LIMIT_EXCEEDED,
              SignReceipt(ExampleBody(), ManyItems(limits::kReceiptItemsMax, 48), signer.get()))
      << "few enough, but larger than a frame";
}

TEST(Receipt, WhatWasNotSigned) {
  const v1::Receipt good = Example();
  EXPECT_OK(VerifyReceipt(good, TestVerifier()));
  EXPECT_CODE(Code::SIGNATURE_INVALID, VerifyReceipt(good, TestVerifier(8)));
  v1::Receipt receipt = good;
  (*receipt.mutable_signature())[10] ^= 1;
  EXPECT_CODE(Code::SIGNATURE_INVALID, VerifyReceipt(receipt, TestVerifier()));
  receipt = good;
  receipt.mutable_items(0)->set_size(2002);
  EXPECT_CODE(Code::DIGEST_MISMATCH, VerifyReceipt(receipt, TestVerifier()));
  receipt = good;
  receipt.clear_items();
  EXPECT_CODE(Code::DIGEST_MISMATCH, VerifyReceipt(receipt, TestVerifier()));
  receipt = good;
  AddUnknownField(&receipt);
  EXPECT_CODE(Code::NOT_CANONICAL, VerifyReceipt(receipt, TestVerifier()));
  // Every number of the body is under the signature.
  for (const size_t at :
       {size_t{8}, size_t{40}, size_t{76}, size_t{84}, size_t{124}, good.body().size() - 1}) {
    receipt = good;
    (*receipt.mutable_body())[at] ^= 1;
    EXPECT_FALSE(VerifyReceipt(receipt, TestVerifier()).ok()) << at;
  }
}

}  // namespace
}  // namespace tombolo::exchange
