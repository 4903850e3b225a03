// The publishing half, through a whole session: what is offered, asked for and sent, and when.
#include "gateway/exchange/publisher.h"

#include <gtest/gtest.h>

#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/exchange/test_link.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kSecondUs = 1000000;

class PublisherTest : public ::testing::Test {
 protected:
  // The province subscribes to the city.
  TestLink Link(std::string purpose = kPurpose) {
    return TestLink(&city_, &province_, false, true, &clock_, std::move(purpose));
  }
  uint32_t Stream(v1::SharingClass sharing_class, uint64_t count, uint32_t generation = 1) {
    const uint32_t stream = city_.AddStream(sharing_class, generation);
    city_.Put(stream, count);
    (void)city_.Tick({stream});
    return stream;
  }
  // The layers that the province has of each entry are these, and nothing is missing.
  void ExpectHeld(uint32_t stream, boundary::LayerMask layers) {
    const TestLog& origin = city_.log(stream);
    const TestLog* held = province_.Find(origin.stream_id);
    ASSERT_NE(held, nullptr);
    ASSERT_EQ(held->entries.size(), origin.entries.size());
    EXPECT_EQ(held->range.Root(), origin.range.Root());
    for (size_t i = 0; i < held->entries.size(); ++i) {
      EXPECT_EQ(held->entries[i].shown, layers) << "entry " << i + 1;
    }
    EXPECT_EQ(province_.doubled, 0u);
  }

  TestClock clock_;
  World world_;
  TestNode city_{kCity, &world_}, province_{kProvince, &world_}, town_{kTown, &world_};
};

TEST_F(PublisherTest, BackfillAndTail) {
  const uint32_t stream = Stream(v1::PUBLIC, 300);
  TestLink link = Link();
  link.Start();
  link.Run();
  EXPECT_EQ(link.a.ended(), Code::kOk);
  EXPECT_EQ(link.b.ended(), Code::kOk);
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.a.Sent(v1::HEAD).size(), 1u);
  city_.Put(stream, 2);
  link.a.Moved(city_.Tick({stream}));
  link.Run();
  ExpectHeld(stream, 3);
  EXPECT_EQ(link.a.Sent(v1::HEAD).size(), 2u);
  EXPECT_EQ(link.a.entries_sent, 302u);
}

}  // namespace
}  // namespace tombolo::exchange
