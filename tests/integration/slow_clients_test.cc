// Deadlines are spans of a phase: whoever drips, stalls or says nothing is gone when the span is
// over, whatever it sent meanwhile, and others are served as before.
#include <gmock/gmock.h>

#include "tests/integration/net_party.h"
#include "tests/support/assert_ok.h"

namespace tombolo::net {
namespace {

using ::testing::HasSubstr;

constexpr int kSpanMs = 300;
constexpr int kSlackMs = 3000;  // for a busy machine
constexpr char kGood[] = "GET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

ServerSettings ShortSpans() {
  ServerSettings settings = TestSettings();
  settings.local = "127.0.0.1:0";
  settings.handshake_ms_max = settings.head_ms_max = settings.stalled_send_ms_max = kSpanMs;
  return settings;
}

class SlowClients : public ::testing::Test {
 protected:
  std::string Ask() {
    RawClient client(city_->local_port());
    client.Send(kGood);
    return client.ReceiveAll();
  }
  Party city_{CityNode(), ShortSpans()};
};

TEST_F(SlowClients, TheSpansOfServiceAreThoseOfTheProtocol) {
  const ServerSettings settings;
  EXPECT_EQ(settings.handshake_ms_max, limits::kHandshakeMsMax);
  EXPECT_EQ(settings.head_ms_max, limits::kHttpHeadMsMax);
  EXPECT_EQ(settings.stalled_send_ms_max, limits::kStalledSendMsMax);
}

TEST_F(SlowClients, ASilentHandshake) {
  const int64_t begun_ms = ElapsedMs();
  RawClient silent(city_->port());
  silent.ReceiveAll();
  EXPECT_TRUE(silent.ended());
  EXPECT_CODE(Code::DEADLINE_EXCEEDED, city_.NextClosing().why);
  EXPECT_LT(ElapsedMs() - begun_ms, kSpanMs + kSlackMs);
}

TEST_F(SlowClients, ADrippingHandshakeAndADrippingHead) {
  for (const uint16_t port : {city_->port(), city_->local_port()}) {
    const int64_t begun_ms = ElapsedMs();
    RawClient drip(port);
    // The begin of a ClientHello that is 512 bytes long, or of a request; a byte each 20 ms.
    const std::string text = port == city_->port()
                                 ? std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9)
                                 : std::string("GET /good HTTP/1.1\r\nX: ");
    size_t at = 0;
    while (!drip.ended() && ElapsedMs() - begun_ms < kSpanMs + kSlackMs) {
      if (!drip.Send(at < text.size() ? text.substr(at, 1) : std::string("a"))) break;
      ++at;
      drip.Receive(SIZE_MAX, 20);
    }
    EXPECT_CODE(Code::DEADLINE_EXCEEDED, city_.NextClosing().why);
    EXPECT_LT(ElapsedMs() - begun_ms, kSpanMs + kSlackMs);
  }
}

TEST_F(SlowClients, AnIdleConnectionBetweenRequests) {
  RawClient client(city_->local_port());
  client.Send("GET /good HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.ReceiveAll(), HasSubstr("HTTP/1.1 200"));
  EXPECT_TRUE(client.ended());
  EXPECT_CODE(Code::DEADLINE_EXCEEDED, city_.NextClosing().why);
}

TEST_F(SlowClients, AReaderThatTakesNothing) {
  city_.body = std::string(12 * limits::kMiB, 'b');
  RawClient reader(city_->local_port());
  reader.Send("GET /good HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_CODE(Code::DEADLINE_EXCEEDED, city_.NextClosing().why);
}

TEST_F(SlowClients, ASessionThatTakesNothingOrDripsOfIt) {
  Party town(TownNode(), TestSettings());
  const ConnectionId at_town = town->Dial("127.0.0.1", city_->port(), trust::kCity);
  ASSERT_EQ(town.NextOpen(), at_town);
  const ConnectionId at_city = city_.NextOpen();
  // A session at rest has no span.
  RawClient other(city_->local_port());
  other.ReceiveAll();
  EXPECT_CODE(Code::DEADLINE_EXCEEDED, city_.NextClosing().why);
  town->Pause(at_town);
  city_->Send(at_city, {{"", std::make_shared<const std::string>(15 * limits::kMiB, 'p')}});
  const Party::Closing closing = city_.NextClosing();
  EXPECT_EQ(closing.id, at_city);
  EXPECT_CODE(Code::PEER_TOO_SLOW, closing.why);
}

TEST_F(SlowClients, AHundredOfThemDelayNobody) {
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<RawClient>(city_->port()));
  const int64_t begun_ms = ElapsedMs();
  EXPECT_THAT(Ask(), HasSubstr("HTTP/1.1 200"));
  EXPECT_LT(ElapsedMs() - begun_ms, 1000);
  for (const auto& one : silent) {
    one->ReceiveAll();
    EXPECT_TRUE(one->ended());
  }
  EXPECT_LT(ElapsedMs() - begun_ms, kSpanMs + kSlackMs);
}

}  // namespace
}  // namespace tombolo::net
