// What a server answers to members and to its operator, and what it counts.
#include "gateway/app/serve_http.h"

#include <gmock/gmock.h>

#include "gateway/app/serve_files.h"
#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

net::HttpRequest Get(const std::string& target, net::HttpFields fields = {}) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = target;
  request.fields = std::move(fields);
  return request;
}

class ServeHttp : public ::testing::Test {
 protected:
  void SetUp() override {
    snapshot_.origin = trust::kProvince;
    snapshot_.program = "test";
    snapshot_.federation = trust::SampleFederation();
    moment_.now_us = trust::kNowUs;
    peer_.id = trust::kCity;
  }
  net::HttpReply Operator(const std::string& target) {
    return AnswerOperator(Get(target), snapshot_, moment_);
  }
  net::HttpReply Member(const std::string& target, net::HttpFields fields = {}) {
    return AnswerMember(Get(target, std::move(fields)), snapshot_, peer_);
  }

  Snapshot snapshot_;
  Moment moment_;
  trust::PeerIdentity peer_;
};

TEST_F(ServeHttp, TargetsOfMembers) {
  EXPECT_EQ(Member("/v1/node").body,
            "{\"id\":\"spiffe://federation.example/xx\",\"program\":\"test\",\"versions\":[1]}\n");
  EXPECT_THAT(Member("/v1/peer").body, HasSubstr("\"level\":\"CITY\",\"state\":\"ACTIVE\""));
  for (const char* name : {"root", "registry", "timestamp"}) {
    const net::HttpReply reply = Member("/v1/documents/" + std::string(name));
    EXPECT_EQ(reply.status, 200) << name;
    EXPECT_THAT(reply.body, HasSubstr("\"body\"")) << name;
  }
  EXPECT_EQ(Member("/v1/documents/lists").body, "[]\n");
  EXPECT_EQ(Member("/v1/documents/root?version=1").status, 200);
  EXPECT_EQ(Member("/v1/documents/root?version=2").status, 404);
  EXPECT_EQ(Member("/v1/documents/root?version=x").status, 400);
  EXPECT_EQ(Member("/v1/audit/head").status, 404);  // no head yet
  for (const char* target : {"/", "/v1", "/v1/documents", "/v1/documents/", "/v1/documents/policy",
                             "/v1/../v1/node", "/metrics", "/healthz", "/v1/peers"}) {
    EXPECT_EQ(Member(target).status, 404) << target;
  }
}

TEST_F(ServeHttp, ProtobufWhereItIsAskedFor) {
  const net::HttpReply reply =
      Member("/v1/documents/registry", {{"accept", "application/x-protobuf"}});
  EXPECT_EQ(reply.content_type, "application/x-protobuf");
  v1::SignedDocument document;
  ASSERT_TRUE(document.ParseFromString(reply.body));
  EXPECT_EQ(document.kind(), v1::REGISTRY);
}

TEST_F(ServeHttp, WhoIsRefusedForAgeAloneMayFetchDocuments) {
  const Status stale = MakeError(Code::TIMESTAMP_STALE, "old");
  const Status suspended = MakeError(Code::PEER_SUSPENDED, "out");
  const auto answer = [this](const std::string& target, const Status& why) {
    return AnswerRefused(Get(target), snapshot_, why).status;
  };
  EXPECT_EQ(answer("/v1/documents/timestamp", stale), 200);
  EXPECT_EQ(answer("/v1/documents/timestamp", suspended), 403);
  EXPECT_EQ(answer("/v1/node", stale), 503);
  EXPECT_EQ(answer("/exchange", stale), 503);
}

TEST_F(ServeHttp, HealthAndReadiness) {
  EXPECT_EQ(Operator("/healthz").status, 200);
  EXPECT_EQ(Operator("/readyz").status, 200);
  moment_.now_us = trust::kNowUs + 7 * trust::kDayUs;  // nobody has signed a timestamp since
  EXPECT_EQ(Operator("/readyz").status, 503);
  EXPECT_THAT(Operator("/readyz").body, HasSubstr("TIMESTAMP_STALE"));
  EXPECT_EQ(Operator("/healthz").status, 200);
  moment_.now_us = trust::kNowUs;
  snapshot_.ready = MakeError(Code::PEER_UNKNOWN, "not in the registry");
  EXPECT_THAT(Operator("/readyz").body, HasSubstr("PEER_UNKNOWN"));
  moment_.alive = MakeError(Code::INTERNAL, "stuck");
  EXPECT_EQ(Operator("/healthz").status, 503);
  EXPECT_EQ(Operator("/exchange").status, 404);
}

TEST_F(ServeHttp, Peers) {
  node::PeerStatus peer;
  peer.id = trust::kCity;
  peer.state = "OPEN";
  peer.unsent = 5;
  snapshot_.peers = {peer};
  EXPECT_THAT(Operator("/v1/peers").body,
              HasSubstr("{\"origin\":\"spiffe://federation.example/xx\",\"peers\":[{\"id\":"
                        "\"spiffe://federation.example/xx/city\",\"state\":\"OPEN\""));
}

TEST_F(ServeHttp, Metrics) {
  node::PeerStatus peer;
  peer.id = trust::kCity;
  peer.unsent = 5;
  peer.incomplete = 2;
  snapshot_.peers = {peer};
  snapshot_.counts.frames[{v1::ENTRIES, true}] = 3;
  snapshot_.counts.refusals["FRAME_INVALID"] = 4;
  snapshot_.turns.Add(150);
  snapshot_.turns.Add(3'000'000);
  moment_.escaped_exceptions = 1;
  moment_.handshakes = 9;
  const std::string text = Operator("/metrics").body;
  for (const char* line :
       {"tombolo_ready 1\n", "tombolo_handshakes_total 9\n", "tombolo_escaped_exceptions_total 1\n",
        "tombolo_frames_total{type=\"entries\",direction=\"in\"} 3\n",
        "tombolo_refusals_total{code=\"FRAME_INVALID\"} 4\n",
        "tombolo_lag_entries{peer=\"spiffe://federation.example/xx/city\"} 5\n",
        "tombolo_incomplete_entries 2\n", "tombolo_turn_seconds_bucket{le=\"0.0001\"} 0\n",
        "tombolo_turn_seconds_bucket{le=\"0.0005\"} 1\n",
        "tombolo_turn_seconds_bucket{le=\"+Inf\"} 2\n", "tombolo_turn_seconds_sum 3.00015\n",
        "tombolo_document_expiry_seconds{kind=\"registry\"} 7776000\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  // Every name is introduced before its first line.
  EXPECT_THAT(text, Not(HasSubstr("\ntombolo_sessions 0\n# TYPE tombolo_sessions")));
}

// --- node.yaml

StatusOr<v1::ServeConfig> Checked(const std::function<void(v1::ServeConfig*)>& change) {
  v1::NodeConfig config;
  config.set_origin(trust::kProvince);
  change(config.mutable_serve());
  return CheckServeConfig(config);
}

TEST(ServeConfig, DefaultsAndBounds) {
  EXPECT_CODE(Code::CONFIG_VALUE, CheckServeConfig(v1::NodeConfig()));
  ASSERT_OK_AND_ASSIGN(const v1::ServeConfig plain, Checked([](v1::ServeConfig*) {}));
  EXPECT_EQ(plain.local(), kLocalDefault);
  EXPECT_EQ(plain.connections_max(), 1024u);
  EXPECT_EQ(plain.credit_bytes(), limits::kCreditBytesMin);
  EXPECT_EQ(NetSettings(plain).requests_per_second_max, 20u);
  for (const uint32_t ms : {999u, 60001u}) {
    EXPECT_CODE(Code::CONFIG_VALUE,
                Checked([&](v1::ServeConfig* serve) { serve->set_ping_interval_ms(ms); }));
  }
  EXPECT_CODE(Code::CONFIG_VALUE, Checked([](v1::ServeConfig* serve) {
                serve->set_credit_bytes(limits::kCreditBytesMax + 1);
              }));
  EXPECT_OK(
      Checked([](v1::ServeConfig* serve) { serve->set_credit_bytes(limits::kCreditBytesMax); }));
}

TEST(ServeConfig, HealthIsForThisMachineUnlessSaidOtherwise) {
  for (const char* local : {"0.0.0.0:9464", "10.0.0.1:9464", "[::]:9464"}) {
    EXPECT_CODE(Code::CONFIG_VALUE,
                Checked([&](v1::ServeConfig* serve) { serve->set_local(local); }));
    EXPECT_OK(Checked([&](v1::ServeConfig* serve) {
      serve->set_local(local);
      serve->set_local_anywhere(true);
    }));
  }
  EXPECT_OK(Checked([](v1::ServeConfig* serve) { serve->set_local("[::1]:9464"); }));
}

TEST(ServeConfig, PeersOnceAndNotItself) {
  EXPECT_CODE(Code::CONFIG_VALUE, Checked([](v1::ServeConfig* serve) {
                serve->add_peers()->set_id(trust::kProvince);
              }));
  EXPECT_CODE(Code::CONFIG_VALUE, Checked([](v1::ServeConfig* serve) {
                serve->add_peers()->set_id(trust::kCity);
                serve->add_peers()->set_id(trust::kCity);
              }));
  EXPECT_CODE(Code::INVALID_ARGUMENT,
              Checked([](v1::ServeConfig* serve) { serve->add_peers()->set_id("city"); }));
  EXPECT_CODE(Code::CONFIG_VALUE, Checked([](v1::ServeConfig* serve) {
                v1::PeerConfig* peer = serve->add_peers();
                peer->set_id(trust::kCity);
                peer->mutable_endpoint()->set_host("a.example");
              }));
}

}  // namespace
}  // namespace tombolo::app
