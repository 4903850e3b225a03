// A subscriber at the end of a line on which a test says what the publisher sends.
//
// Ownership: owns both nodes. Thread-safety: one thread. Errors: failed expectations.
#ifndef TOMBOLO_TESTS_UNIT_EXCHANGE_SUBSCRIBER_FIXTURE_H_
#define TOMBOLO_TESTS_UNIT_EXCHANGE_SUBSCRIBER_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>

#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/exchange/test_link.h"

namespace tombolo::exchange {

inline constexpr int64_t kSecondUs = 1000000;
inline constexpr uint64_t kEntries = 20;
inline constexpr uint64_t kFirst = 5;  // entries of the first page

// The province's end of a session with the city; what the city sends is made by hand.
class SubscriberTest : public ::testing::Test {
 protected:
  SubscriberTest() {
    stream_ = city_.AddStream(v1::PUBLIC);
    city_.Put(stream_, 10);
    city_.Retract(stream_, stream_ * 1000000 + 3, 2);
    city_.Put(stream_, kEntries - 11);
    (void)city_.Tick({stream_});
    end_.Start();
    Subscribed();
  }
  const TestLog& log() { return city_.log(stream_); }
  void Subscribed() {
    v1::Hello hello;
    hello.set_node(kCity);
    hello.add_versions(1);
    hello.set_credit_bytes(limits::kCreditBytesMin);
    hello.set_ping_interval_ms(5000);
    end_.TakeFrame(v1::HELLO, ledger::CanonicalBytes(hello));
    ASSERT_TRUE(end_.session->subscriber().subscribed());
  }
  v1::Offer Offer(uint32_t layers = 3) {
    v1::Offer offer;
    offer.set_stream_descriptor(city_.carried[stream_].descriptor);
    offer.set_layers(layers);
    offer.add_path(kCity);
    return offer;
  }
  void GiveOffer(const v1::Offer& offer) {
    end_.TakeFrame(v1::OFFER, ledger::CanonicalBytes(offer));
  }
  void GiveHead() { end_.TakeFrame(v1::HEAD, *city_.carried[stream_].head); }
  v1::Entries Page(uint64_t first = 1, uint64_t count = kFirst, boundary::LayerMask layers = 3) {
    WantPage want;
    want.stream = stream_;
    want.layers = layers;
    want.from_seq = first;
    want.to_size = kEntries;
    city_.page_entries = count;
    v1::Entries page;
    EXPECT_OK(ledger::ParseCanonical("entries", city_.MakePage(want)->payload(), &page));
    return page;
  }
  void Give(const v1::Entries& page) { end_.TakeFrame(v1::ENTRIES, ledger::CanonicalBytes(page)); }
  // Offer, head and the first page, if `pages`; the session is open.
  void Begin(bool pages = true) {
    GiveOffer(Offer());
    GiveHead();
    if (pages) Give(Page());
    ASSERT_EQ(end_.ended(), Code::kOk);
    before_ = end_.Count<StorePage>() + end_.Count<StoreLayers>();
  }
  // Refused with that code: one REFUSAL, one End, nothing to store.
  void ExpectRefused(Code code, const char* what = "") {
    EXPECT_EQ(end_.ended(), code) << what;
    EXPECT_EQ(end_.session->state(), Session::State::kEnded) << what;
    EXPECT_EQ(end_.Sent(v1::REFUSAL).size(), 1u) << what;
    EXPECT_EQ(end_.Count<StorePage>() + end_.Count<StoreLayers>(), before_) << what;
    if (code != Code::kOk) {
      EXPECT_EQ(end_.Last<End>().refusal.code(), NameOf(code)) << what;
    }
  }
  // Begins anew, without what was held.
  void Anew() {
    province_.~TestNode();
    new (&province_) TestNode(kProvince, &world_);
    end_.~TestEnd();
    new (&end_) TestEnd(&province_, kCity, true, &clock_);
    end_.Start();
    Subscribed();
  }

  TestClock clock_;
  World world_;
  TestNode city_{kCity, &world_}, province_{kProvince, &world_};
  uint32_t stream_ = 0;
  TestEnd end_{&province_, kCity, true, &clock_};
  size_t before_ = 0;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_TESTS_UNIT_EXCHANGE_SUBSCRIBER_FIXTURE_H_
