// A session's order of frames, deadlines, rates, credit and ends.
#include "gateway/exchange/session.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/exchange/test_link.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kSecondUs = 1000000;

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { Anew(); }
  // The province, which publishes and subscribes, and of the city only what it sends.
  void Anew(bool subscribe = true) {
    end_ = std::make_unique<TestEnd>(&province_, kCity, subscribe, &clock_);
    end_->Start();
  }
  v1::Hello Hello() {
    v1::Hello hello;
    hello.set_node(kCity);
    hello.add_versions(1);
    hello.set_credit_bytes(limits::kCreditBytesMin);
    hello.set_ping_interval_ms(5000);
    return hello;
  }
  template <typename Message>
  void Give(v1::FrameType type, const Message& message) {
    end_->TakeFrame(type, ledger::CanonicalBytes(message));
  }
  void Greet() {
    Give(v1::HELLO, Hello());
    ASSERT_TRUE(end_->open());
  }
  // One REFUSAL, then End; nothing after.
  void ExpectEnd(Code code) {
    EXPECT_EQ(end_->ended(), code);
    EXPECT_EQ(end_->session->state(), Session::State::kEnded);
    EXPECT_EQ(end_->Sent(v1::REFUSAL).size(), 1u);
    EXPECT_EQ(end_->types.back(), v1::REFUSAL);
    EXPECT_TRUE(std::holds_alternative<End>(end_->log.back()));
    const size_t effects = end_->log.size();
    Give(v1::PING, v1::Ping());
    end_->Timer();
    end_->Stop();
    end_->OnAuthority();
    EXPECT_EQ(end_->log.size(), effects);
    EXPECT_EQ(end_->session->NextTimerUs(), INT64_MAX);
  }
  void Later(int64_t us) {
    clock_.Advance(us);
    end_->Timer();
  }

  TestClock clock_;
  World world_;
  TestNode province_{kProvince, &world_}, city_{kCity, &world_};
  std::unique_ptr<TestEnd> end_;
};

// --- HELLO

TEST_F(SessionTest, HelloSaysWhoAndWhatThisNodeIs) {
  ASSERT_EQ(end_->types, std::vector<v1::FrameType>{v1::HELLO});
  v1::Hello hello;
  ASSERT_TRUE(hello.ParseFromString(end_->Sent(v1::HELLO)[0]));
  EXPECT_EQ(hello.node(), kProvince);
  EXPECT_EQ(hello.versions(0), 1u);
  EXPECT_EQ(hello.registry_version(), 1u);
  EXPECT_EQ(hello.policy_version(), 1u);
  EXPECT_EQ(hello.credit_bytes(), limits::kCreditBytesMin);
  EXPECT_TRUE(hello.zstd());
  Greet();
  EXPECT_EQ(end_->Last<Greeted>().hello.node(), kCity);
}

TEST_F(SessionTest, HellosThatAreRefused) {
  const auto code = [&](auto damage) {
    Anew();
    v1::Hello hello = Hello();
    damage(&hello);
    Give(v1::HELLO, hello);
    return end_->ended();
  };
  using Damaged = v1::Hello*;
  EXPECT_EQ(code([](Damaged h) { h->set_node(kTown); }), Code::PEER_KEY_MISMATCH);
  EXPECT_EQ(code([](Damaged h) { h->set_versions(0, 2); }), Code::PROTOCOL_VERSION);
  EXPECT_EQ(code([](Damaged h) { h->clear_versions(); }), Code::PROTOCOL_VERSION);
  EXPECT_EQ(code([](Damaged h) { h->add_versions(2); }), Code::kOk);
  EXPECT_EQ(code([](Damaged h) { h->set_credit_bytes(limits::kCreditBytesMin - 1); }),
            Code::FRAME_INVALID);
  EXPECT_EQ(code([](Damaged h) { h->set_credit_bytes(limits::kCreditBytesMax); }), Code::kOk);
  EXPECT_EQ(code([](Damaged h) { h->set_credit_bytes(limits::kCreditBytesMax + 1); }),
            Code::FRAME_INVALID);
  EXPECT_EQ(code([](Damaged h) { h->set_ping_interval_ms(999); }), Code::FRAME_INVALID);
  EXPECT_EQ(code([](Damaged h) { h->set_ping_interval_ms(1000); }), Code::kOk);
  EXPECT_EQ(code([](Damaged h) { h->set_ping_interval_ms(60001); }), Code::FRAME_INVALID);
  EXPECT_EQ(code([](Damaged h) { h->set_program(std::string(65, 'p')); }), Code::FRAME_INVALID);
}

TEST_F(SessionTest, NoHelloInTime) {
  EXPECT_EQ(end_->session->NextTimerUs(), clock_.now_us + 10 * kSecondUs);
  Later(10 * kSecondUs - 1);
  EXPECT_EQ(end_->session->state(), Session::State::kHello);
  Later(1);
  ExpectEnd(Code::DEADLINE_EXCEEDED);
  EXPECT_TRUE(end_->Last<End>().retry);
}

// --- order

TEST_F(SessionTest, BeforeHelloNothingElse) {
  for (int type = v1::PING; type <= v1::ALARM; ++type) {
    if (type == v1::REFUSAL || type == v1::BYE) continue;
    Anew();
    end_->TakeFrame(static_cast<v1::FrameType>(type), "");
    ExpectEnd(Code::FRAME_ORDER);
  }
}

TEST_F(SessionTest, HelloTwice) {
  Greet();
  Give(v1::HELLO, Hello());
  ExpectEnd(Code::FRAME_ORDER);
}

TEST_F(SessionTest, NothingIsPublishedToWhoDidNotSubscribe) {
  for (const v1::FrameType type : {v1::OFFER, v1::HEAD, v1::ENTRIES, v1::LAYERS}) {
    Anew(false);
    Greet();
    end_->TakeFrame(type, "");
    ExpectEnd(Code::FRAME_ORDER);
  }
}

TEST_F(SessionTest, NothingIsAskedOrSignedBeforeAnOffer) {
  for (const v1::FrameType type : {v1::FILL, v1::RECEIPT}) {
    Anew();
    Greet();
    Give(v1::SUBSCRIBE, v1::Subscribe());
    end_->TakeFrame(type, "");
    ExpectEnd(Code::FRAME_ORDER);
  }
}

TEST_F(SessionTest, HeldAfterSubscribe) {
  Greet();
  Give(v1::HELD, v1::Held());
  Give(v1::SUBSCRIBE, v1::Subscribe());
  ASSERT_TRUE(end_->open());
  Give(v1::HELD, v1::Held());
  ExpectEnd(Code::FRAME_ORDER);
}

TEST_F(SessionTest, HeldOutOfOrder) {
  Greet();
  v1::Held held;
  held.add_streams()->set_stream_id(std::string(32, 'b'));
  Give(v1::HELD, held);
  ASSERT_TRUE(end_->open());
  Give(v1::HELD, held);
  ExpectEnd(Code::FRAME_INVALID);
}

TEST_F(SessionTest, SubscribeAgainButNotAllTheTime) {
  Greet();
  Give(v1::SUBSCRIBE, v1::Subscribe());
  Later(kSecondUs);
  Give(v1::SUBSCRIBE, v1::Subscribe());
  ASSERT_TRUE(end_->open());
  EXPECT_EQ(end_->Count<Subscribed>(), 2u);
  Give(v1::SUBSCRIBE, v1::Subscribe());
  ExpectEnd(Code::RATE_LIMITED);
}

TEST_F(SessionTest, APayloadThatIsNone) {
  for (int type = v1::PING; type <= v1::ALARM; ++type) {
    if (type == v1::FILL || type == v1::RECEIPT || type == v1::HELD) continue;
    Anew();
    Greet();
    end_->TakeFrame(static_cast<v1::FrameType>(type), "\x07");
    EXPECT_TRUE(end_->ended() == Code::FRAME_INVALID || type == v1::ENTRIES)
        << v1::FrameType_Name(type);
    EXPECT_EQ(end_->session->state(), Session::State::kEnded);
  }
}

TEST_F(SessionTest, AFieldThatNoVersionKnowsDeepInside) {
  Greet();
  v1::Head head;
  auto* deep = head.mutable_proof()->mutable_head();
  deep->GetReflection()->MutableUnknownFields(deep)->AddVarint(99, 1);
  Give(v1::HEAD, head);
  ExpectEnd(Code::FRAME_INVALID);
}

// The damaged frames that every implementation has to refuse, at an open session.
TEST_F(SessionTest, VectorsOfFrames) {
  const std::filesystem::path folder =
      std::filesystem::path(TOMBOLO_SOURCE_DIR) / "conformance/vectors/exchange";
  size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().filename().string().rfind("frame-", 0) != 0) continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const boost::json::object vector = boost::json::parse(text.str()).as_object();
    if (vector.at("valid").as_bool()) continue;
    Anew();
    Greet();
    const std::string bytes = *FromHex(std::string(vector.at("bytes").as_string()));
    end_->Take(bytes);
    if (end_->open()) continue;  // cut short: seen when the connection ends, frame_test
    ++count;
    EXPECT_EQ(NameOf(end_->ended()), std::string(vector.at("code").as_string())) << file.path();
    EXPECT_EQ(end_->Count<StorePage>(), 0u);
    EXPECT_EQ(end_->types.back(), v1::REFUSAL);
  }
  EXPECT_GE(count, 10u);
}

// --- time

TEST_F(SessionTest, PingsGoOutAndSilenceEndsIt) {
  Anew(false);
  Greet();
  Later(5 * kSecondUs);
  EXPECT_EQ(end_->Sent(v1::PING).size(), 1u);
  Later(5 * kSecondUs);
  EXPECT_EQ(end_->Sent(v1::PING).size(), 2u);
  Later(5 * kSecondUs - 1);
  ASSERT_TRUE(end_->open());
  EXPECT_LE(end_->session->NextTimerUs(), clock_.now_us + 1);
  Later(1);
  ExpectEnd(Code::DEADLINE_EXCEEDED);
}

TEST_F(SessionTest, AnyFrameIsASignOfLife) {
  Anew(false);
  Greet();
  for (int i = 0; i < 10; ++i) {
    Later(14 * kSecondUs);
    Give(v1::PING, v1::Ping());
  }
  EXPECT_TRUE(end_->open());
}

// Frames of other kinds do not push a deadline back.
TEST_F(SessionTest, Drip) {
  v1::Hello hello = Hello();
  hello.set_policy_version(2);  // never comes
  Give(v1::HELLO, hello);
  for (int i = 0; i < 9; ++i) {
    Later(kSecondUs);
    Give(v1::PING, v1::Ping());
  }
  ASSERT_TRUE(end_->open());
  EXPECT_TRUE(end_->Sent(v1::SUBSCRIBE).empty());
  Later(kSecondUs);
  ExpectEnd(Code::DEADLINE_EXCEEDED);
}

TEST_F(SessionTest, SubscribesWhenEverythingNamedIsActive) {
  v1::Hello hello = Hello();
  hello.set_policy_version(2);
  hello.set_registry_version(2);
  Give(v1::HELLO, hello);
  EXPECT_TRUE(end_->Sent(v1::SUBSCRIBE).empty());
  world_.SetPolicy(kCity, {});
  end_->OnAuthority();
  EXPECT_TRUE(end_->Sent(v1::SUBSCRIBE).empty());
  v1::Ping ping;
  ping.set_policy_version(3);
  Give(v1::PING, ping);
  world_.SetState(kTown, v1::ACTIVE);
  end_->OnAuthority();
  EXPECT_TRUE(end_->Sent(v1::SUBSCRIBE).empty()) << "a PING named a newer policy";
  world_.SetPolicy(kCity, {});
  end_->OnAuthority();
  EXPECT_EQ(end_->Sent(v1::SUBSCRIBE).size(), 1u);
  Later(11 * kSecondUs);
  EXPECT_TRUE(end_->open());
}

// --- rates and credit

TEST_F(SessionTest, ControlFramesInASecond) {
  Greet();
  for (size_t i = 0; i < limits::kControlFramesPerSecondMax; ++i) Give(v1::PING, v1::Ping());
  ASSERT_TRUE(end_->open());
  clock_.Advance(kSecondUs);
  for (size_t i = 0; i < limits::kControlFramesPerSecondMax; ++i) Give(v1::PING, v1::Ping());
  ASSERT_TRUE(end_->open());
  Give(v1::PING, v1::Ping());
  ExpectEnd(Code::RATE_LIMITED);
}

TEST_F(SessionTest, StreamFramesAndDocumentsInASecond) {
  Greet();
  end_->quiet = true;
  for (size_t i = 0; i < limits::kStreamFramesPerSecondMax; ++i) {
    Give(v1::DOCUMENT, v1::DocumentFrame());
  }
  ASSERT_TRUE(end_->open());
  end_->quiet = false;
  Give(v1::DOCUMENT, v1::DocumentFrame());
  ExpectEnd(Code::RATE_LIMITED);
}

TEST_F(SessionTest, MoreThanTheCredit) {
  Greet();
  end_->TakeFrame(v1::ENTRIES, "", limits::kCreditBytesMin + 1);
  ExpectEnd(Code::CREDIT_EXCEEDED);
}

TEST_F(SessionTest, CreditOfNothing) {
  Greet();
  Give(v1::CREDIT, v1::Credit());
  ExpectEnd(Code::FRAME_INVALID);
}

// --- registry and policies

TEST_F(SessionTest, SuspendedWhileOpen) {
  Greet();
  end_->OnAuthority(MakeError(Code::PEER_SUSPENDED, "suspended"));
  ExpectEnd(Code::PEER_SUSPENDED);
  EXPECT_FALSE(end_->Last<End>().retry);
}

TEST_F(SessionTest, StaleWhileOpenMayComeBack) {
  Greet();
  end_->OnAuthority(MakeError(Code::TIMESTAMP_STALE, "stale"));
  ExpectEnd(Code::TIMESTAMP_STALE);
  EXPECT_TRUE(end_->Last<End>().retry);
}

// --- alarms

class AlarmTest : public SessionTest {
 protected:
  AlarmTest() {
    stream_ = city_.AddStream(v1::PUBLIC);
    city_.Put(stream_, 3);
    (void)city_.Tick({stream_});
    *alarm_.mutable_first() = city_.log(stream_).head;
    city_.Forget(stream_, 2);
    city_.Put(stream_, 1);
    (void)city_.Tick({stream_});
    *alarm_.mutable_second() = city_.log(stream_).head;
    alarm_.set_code("STREAM_FORKED");
    Greet();
  }
  v1::Alarm alarm_;
  uint32_t stream_ = 0;
};

TEST_F(AlarmTest, OneThatHolds) {
  Give(v1::ALARM, alarm_);
  EXPECT_EQ(end_->Count<RaiseAlarm>(), 1u);
  EXPECT_TRUE(end_->open()) << "who sent it ends the session";
}

TEST_F(AlarmTest, OfStatementsThatAgree) {
  *alarm_.mutable_second() = alarm_.first();
  Give(v1::ALARM, alarm_);
  ExpectEnd(Code::PROOF_INVALID);
  EXPECT_EQ(end_->Count<RaiseAlarm>(), 0u);
}

TEST_F(AlarmTest, OfAStatementThatWasChanged) {
  alarm_.mutable_second()->mutable_checkpoint()->mutable_body()->back() ^= 1;
  Give(v1::ALARM, alarm_);
  ExpectEnd(Code::SIGNATURE_INVALID);
}

TEST_F(AlarmTest, OfAnotherKind) {
  alarm_.set_code("STREAM_SHRUNK");
  Give(v1::ALARM, alarm_);
  ExpectEnd(Code::PROOF_INVALID);
  Anew();
  Greet();
  alarm_.set_code("NOT_PERMITTED");
  Give(v1::ALARM, alarm_);
  ExpectEnd(Code::FRAME_INVALID);
}

// --- ends

TEST_F(SessionTest, StopWaitsForTheOthersBye) {
  Greet();
  end_->Stop();
  EXPECT_EQ(end_->types.back(), v1::BYE);
  EXPECT_EQ(end_->session->state(), Session::State::kClosing);
  const size_t frames = end_->types.size();
  Give(v1::SUBSCRIBE, v1::Subscribe());  // was on its way
  EXPECT_EQ(end_->types.size(), frames);
  Give(v1::BYE, v1::Bye());
  EXPECT_EQ(end_->session->state(), Session::State::kEnded);
  EXPECT_OK(end_->Last<End>().why);
  EXPECT_EQ(end_->types.size(), frames) << "BYE is the last frame";
}

TEST_F(SessionTest, StopDoesNotWaitForLong) {
  Greet();
  end_->Stop();
  EXPECT_EQ(end_->session->NextTimerUs(), clock_.now_us + 5 * kSecondUs);
  Later(5 * kSecondUs - 1);
  EXPECT_EQ(end_->session->state(), Session::State::kClosing);
  Later(1);
  EXPECT_EQ(end_->session->state(), Session::State::kEnded);
}

TEST_F(SessionTest, ByeIsAnsweredWithBye) {
  Greet();
  Give(v1::BYE, v1::Bye());
  EXPECT_EQ(end_->types.back(), v1::BYE);
  EXPECT_EQ(end_->session->state(), Session::State::kEnded);
}

TEST_F(SessionTest, ARefusalIsNotAnswered) {
  Greet();
  v1::Refusal refusal;
  refusal.set_code("STREAM_FORKED");
  const size_t frames = end_->types.size();
  Give(v1::REFUSAL, refusal);
  EXPECT_EQ(end_->ended(), Code::STREAM_FORKED);
  EXPECT_EQ(end_->types.size(), frames);
  EXPECT_FALSE(end_->Last<End>().retry);
  Anew();
  refusal.set_code("A_CODE_OF_TOMORROW");
  refusal.set_retry(true);
  Give(v1::REFUSAL, refusal);
  EXPECT_EQ(end_->ended(), Code::UNSUPPORTED);
  EXPECT_TRUE(end_->Last<End>().retry);
}

TEST_F(SessionTest, TheDesksOwnFaults) {
  Greet();
  Effects effects;
  end_->session->Refuse(MakeError(Code::DISK_FULL, "full"), clock_.now_us, &effects);
  end_->Do(std::move(effects));
  ExpectEnd(Code::DISK_FULL);
}

TEST_F(SessionTest, WhatIsStoredIsSignedForAfterTheIntervalAndBeforeBye) {
  const uint32_t stream = city_.AddStream(v1::PUBLIC);
  city_.Put(stream, 3);
  (void)city_.Tick({stream});
  TestLink link(&city_, &province_, false, true, &clock_);
  link.Start();
  link.Run();
  EXPECT_EQ(link.b.Count<MakeReceipt>(), 0u);
  clock_.Advance(kSecondUs);
  link.b.Timer();
  EXPECT_EQ(link.b.Count<MakeReceipt>(), 1u);
  link.Run();
  EXPECT_EQ(link.a.Count<AcceptReceipt>(), 1u);
  city_.Put(stream, 1);
  link.a.Moved(city_.Tick({stream}));
  link.Run();
  link.b.Stop();
  link.Run();
  EXPECT_EQ(link.a.Count<AcceptReceipt>(), 2u);
  EXPECT_EQ(link.a.session->state(), Session::State::kEnded);
  EXPECT_EQ(link.b.session->state(), Session::State::kEnded);
  EXPECT_OK(link.a.Last<End>().why);
}

}  // namespace
}  // namespace tombolo::exchange
