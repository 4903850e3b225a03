// What the publishing half tells of what it sent, and what it takes as signed for.
#include <gtest/gtest.h>

#include "gateway/exchange/receipt.h"
#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/exchange/test_link.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kSecondUs = 1000000;

class PublisherRecordsTest : public ::testing::Test {
 protected:
  PublisherRecordsTest() {
    stream_ = city_.AddStream(v1::PUBLIC);
    city_.Put(stream_, 100);
    (void)city_.Tick({stream_});
    link_.Start();
    link_.Run();
  }
  v1::Receipt Receipt(uint64_t number = 1, const char* subscriber = kProvince,
                      const char* signer = kProvince) {
    ReceiptBody body;
    body.subscriber = subscriber;
    body.publisher = kCity;
    body.number = number;
    v1::ReceiptItem item;
    item.set_stream_id(city_.log(stream_).stream_id);
    item.set_size(100);
    item.set_root(city_.log(stream_).range.Root().str());
    for (const uint64_t next : {101, 101, 0}) item.add_next_seqs(next);
    return *exchange::SignReceipt(body, {item}, SignerOf(signer).get());
  }
  Code Give(const v1::Receipt& receipt) {
    link_.a.TakeFrame(v1::RECEIPT, ledger::CanonicalBytes(receipt));
    return link_.a.ended();
  }

  TestClock clock_;
  World world_;
  TestNode city_{kCity, &world_}, province_{kProvince, &world_};
  uint32_t stream_ = 0;
  TestLink link_{&city_, &province_, false, true, &clock_};
};

TEST_F(PublisherRecordsTest, WhatWentOutIsToldExactlyOnceAPing) {
  EXPECT_EQ(link_.a.Count<Disclosed>(), 0u);
  clock_.Advance(5 * kSecondUs);
  link_.a.Timer();
  ASSERT_EQ(link_.a.Count<Disclosed>(), 1u);
  const Disclosed& sent = link_.a.Last<Disclosed>();
  ASSERT_EQ(sent.lines.size(), 1u) << "pages that follow each other are one range";
  EXPECT_EQ(sent.lines[0].stream, stream_);
  EXPECT_EQ(sent.lines[0].layers, 3);
  EXPECT_EQ(sent.lines[0].first_seq, 1u);
  EXPECT_EQ(sent.lines[0].last_seq, 100u);
  EXPECT_EQ(sent.lines[0].records, 100u);
  link_.b.Timer();
  link_.Run();
  clock_.Advance(5 * kSecondUs);
  link_.a.Timer();
  EXPECT_EQ(link_.a.Count<Disclosed>(), 1u) << "nothing since";
}

TEST_F(PublisherRecordsTest, WhatWentOutIsToldBeforeTheFeedChangesAndAtTheEnd) {
  world_.SetPolicy(kCity, {.government = false});
  link_.a.OnAuthority();
  const size_t count = link_.a.log.size();
  EXPECT_TRUE(std::holds_alternative<Disclosed>(link_.a.log[count - 2]));
  EXPECT_TRUE(std::holds_alternative<FeedChange>(link_.a.log[count - 1]));
  link_.b.OnAuthority();
  link_.Run();
  city_.Put(stream_, 1);
  link_.a.Moved(city_.Tick({stream_}));
  link_.Run();
  Effects effects;
  link_.a.session->Lost(MakeError(Code::IO_ERROR, "the line broke"), &effects);
  ASSERT_EQ(effects.size(), 2u);
  const Disclosed& sent = std::get<Disclosed>(effects[0]);
  EXPECT_EQ(sent.lines[0].first_seq, 101u);
  EXPECT_EQ(sent.lines[0].layers, 1);
  EXPECT_EQ(CodeOf(std::get<End>(effects[1]).why), Code::IO_ERROR);
  EXPECT_TRUE(std::get<End>(effects[1]).retry);
}

TEST_F(PublisherRecordsTest, WhatTheDeskDroppedIsSentAgain) {
  city_.Put(stream_, 3);
  link_.a.answers = false;
  link_.a.Moved(city_.Tick({stream_}));
  ASSERT_EQ(link_.a.wants.size(), 1u);
  const WantPage want = link_.a.wants.front();
  link_.a.wants.clear();
  Effects effects;
  link_.a.session->OnPage(want, city_.MakePage(want), clock_.now_us, clock_.civil_us, &effects);
  ASSERT_EQ(effects.size(), 2u);  // HEAD and the page
  const SendData data = std::get<SendData>(effects[1]);
  effects.pop_back();
  link_.a.Do(std::move(effects));
  Effects again;
  link_.a.session->Unsent(data, clock_.now_us, &again);
  link_.a.answers = true;
  link_.a.Do(std::move(again));
  link_.Run();
  EXPECT_EQ(province_.Find(city_.log(stream_).stream_id)->entries.size(), 103u);
  EXPECT_EQ(link_.b.ended(), Code::kOk);
}

TEST_F(PublisherRecordsTest, AReceiptThatHolds) {
  EXPECT_EQ(link_.a.session->publisher().lag().unconfirmed, 100u);
  EXPECT_EQ(link_.a.session->publisher().lag().unsent, 0u);
  EXPECT_EQ(Give(Receipt()), Code::kOk);
  EXPECT_EQ(link_.a.Count<AcceptReceipt>(), 1u);
  EXPECT_EQ(link_.a.session->publisher().lag().unconfirmed, 0u);
  EXPECT_EQ(Give(Receipt(3)), Code::kOk) << "one may be lost with its connection";
}

TEST_F(PublisherRecordsTest, AReceiptTwice) {
  EXPECT_EQ(Give(Receipt(2)), Code::kOk);
  EXPECT_EQ(Give(Receipt(2)), Code::FRAME_ORDER);
  EXPECT_EQ(link_.a.Count<AcceptReceipt>(), 1u);
}

TEST_F(PublisherRecordsTest, AReceiptOfAnotherNode) {
  EXPECT_EQ(Give(Receipt(1, kTown, kTown)), Code::SIGNATURE_INVALID);
}

TEST_F(PublisherRecordsTest, AReceiptUnderAnothersKey) {
  EXPECT_EQ(Give(Receipt(1, kProvince, kTown)), Code::SIGNATURE_INVALID);
}

TEST_F(PublisherRecordsTest, AReceiptThatWasChanged) {
  v1::Receipt receipt = Receipt();
  receipt.mutable_items(0)->set_size(99);
  receipt.mutable_items(0)->set_next_seqs(0, 100);
  receipt.mutable_items(0)->set_next_seqs(1, 100);
  EXPECT_EQ(Give(receipt), Code::DIGEST_MISMATCH);
  EXPECT_EQ(link_.a.Count<AcceptReceipt>(), 0u);
}

}  // namespace
}  // namespace tombolo::exchange
