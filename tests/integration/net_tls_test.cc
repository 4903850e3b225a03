// Sessions over TLS 1.3 between two servers: who is let in, with which code the others are turned
// away, and that a change of the federation reaches open connections.
#include <gmock/gmock.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

#include "tests/integration/net_party.h"
#include "tests/support/assert_ok.h"

namespace tombolo::net {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr char kHere[] = "127.0.0.1";

class NetTls : public ::testing::Test {
 protected:
  // Both ends of a session that the town opened with the city.
  void Open() {
    town_id_ = town_->Dial(kHere, city_->port(), trust::kCity);
    ASSERT_EQ(town_.NextOpen(), town_id_);
    city_id_ = city_.NextOpen();
    ASSERT_NE(city_id_, 0u);
  }

  Party city_{CityNode(), TestSettings()}, town_{TownNode(), TestSettings()};
  ConnectionId city_id_ = 0, town_id_ = 0;
};

TEST_F(NetTls, BytesFlowBothWaysInOrder) {
  Open();
  const auto page = std::make_shared<const std::string>(3 * limits::kMiB, 'p');
  city_->Send(city_id_, {{"head", page}, {"tail", nullptr}});
  town_->Send(town_id_, {{"hello", nullptr}});
  town_->Send(town_id_, {{" city", nullptr}});
  EXPECT_TRUE(town_.BytesOf(town_id_, page->size() + 8) == "head" + *page + "tail");
  EXPECT_EQ(city_.BytesOf(city_id_, 10), "hello city");
  town_->Close(town_id_, true);
  const Party::Closing city = city_.NextClosing(), town = town_.NextClosing();
  EXPECT_OK(city.why);
  EXPECT_EQ(city.peer, trust::kTown);
  EXPECT_EQ(city.id, city_id_);
  EXPECT_OK(town.why);
}

TEST_F(NetTls, APausedConnectionLeavesTheBytesWithItsSender) {
  Open();
  town_->Pause(town_id_);
  const auto page = std::make_shared<const std::string>(12 * limits::kMiB, 'p');
  city_->Send(city_id_, {{"", page}});
  town_->Send(town_id_, {{"ping", nullptr}});
  EXPECT_EQ(city_.BytesOf(city_id_, 4), "ping");  // the town is alive, and takes nothing
  EXPECT_LT(town_.BytesOf(town_id_, 0).size(), limits::kMiB);
  town_->Resume(town_id_);
  EXPECT_TRUE(town_.BytesOf(town_id_, page->size()) == *page);
}

TEST_F(NetTls, AQueueBeyondItsBoundEndsTheSession) {
  Open();
  town_->Pause(town_id_);
  const size_t bound = ServerSettings().send_queue_bytes_max;
  EXPECT_GE(bound, limits::kSendQueueBytesMax);
  city_->Send(city_id_, {{"", std::make_shared<const std::string>(bound, 'p')}});
  city_->Send(city_id_, {{"", std::make_shared<const std::string>(bound, 'p')}});
  EXPECT_CODE(Code::PEER_TOO_SLOW, city_.NextClosing().why);
}

TEST_F(NetTls, WhoIsReachedMustBeWhoWasMeant) {
  town_->Dial(kHere, city_->port(), trust::kProvince);
  const Party::Closing closing = town_.NextClosing();
  EXPECT_CODE(Code::PEER_KEY_MISMATCH, closing.why);
  EXPECT_EQ(closing.peer, trust::kProvince);
  EXPECT_CODE(Code::TLS_FAILED, city_.NextClosing().why);
}

TEST_F(NetTls, NobodyThere) {
  ServerSettings none = TestSettings();
  uint16_t port = 0;
  { port = Party(TownNode(), none)->port(); }
  town_->Dial(kHere, port, trust::kCity);
  EXPECT_CODE(Code::IO_ERROR, town_.NextClosing().why);
}

// --- certificates that are refused

struct BadCaller {
  const char* what;
  trust::CertificateSpec node, issuer;
  Code city, caller;  // what each of the two is told
};

std::vector<BadCaller> BadCallers() {
  using trust::CertificateSpec;
  CertificateSpec expired = TownNode(), early = TownNode(), usage = TownNode();
  expired.until_us = trust::kNowUs - trust::kSecondUs;
  early.from_us = trust::kNowUs + trust::kDayUs;
  usage.extensions[NID_ext_key_usage] = "serverAuth";
  const CertificateSpec stranger = trust::IntermediateSpec(trust::RootSpec(200), 201);
  const CertificateSpec unknown =
      trust::NodeSpec(Province(), "spiffe://federation.example/new", 40);
  return {{"expired", expired, Province(), Code::PEER_CERT_EXPIRED, Code::PEER_CERT_EXPIRED},
          {"not yet valid", early, Province(), Code::PEER_CERT_EXPIRED, Code::PEER_CERT_EXPIRED},
          {"wrong usage", usage, Province(), Code::PEER_CERT_FORM, Code::PEER_CERT_FORM},
          {"other authority", trust::NodeSpec(stranger, trust::kTown, 33), stranger,
           Code::PEER_CERT_UNTRUSTED, Code::PEER_CERT_UNTRUSTED},
          {"no member", unknown, Province(), Code::PEER_UNKNOWN, Code::PEER_UNKNOWN},
          {"another's name", trust::NodeSpec(Province(), trust::kTown, 32), Province(),
           Code::PEER_KEY_MISMATCH, Code::PEER_KEY_MISMATCH}};
}

TEST_F(NetTls, EveryKindOfBadCertificateIsRefusedWithItsCode) {
  for (const BadCaller& bad : BadCallers()) {
    Party caller(bad.node, TestSettings(), bad.issuer);
    caller->Dial(kHere, city_->port(), trust::kCity);
    EXPECT_CODE(bad.caller, caller.NextClosing().why) << bad.what;
    EXPECT_CODE(bad.city, city_.NextClosing().why) << bad.what;
    // And as the one that is called.
    town_->Dial(kHere, caller->port(), trust::kTown);
    EXPECT_CODE(bad.city, town_.NextClosing().why) << bad.what;
  }
  EXPECT_EQ(city_.requests(), 0u);
  EXPECT_EQ(city_->handshakes(), 2u);  // who is no member hears it over HTTP
  Open();                              // the sound one is still let in
}

trust::FederationPtr WithoutTown(bool suspended) {
  if (!suspended) {
    trust::ListSpec list{Province(), 2};
    list.revoked = {TownNode().serial};
    return Then(ListedFederation(), trust::ListDocument(list, MakeCertificate(Province())));
  }
  v1::Registry registry = trust::SampleRegistry(2);
  registry.mutable_members(2)->set_state(v1::SUSPENDED);
  const v1::SignedDocument document = trust::Signed(registry);
  return Then(ListedFederation(), trust::Signed(trust::SampleTimestamp(document, 2)), {document});
}

TEST_F(NetTls, RevokedAndSuspendedAreRefusedAndOpenSessionsEnd) {
  for (const bool suspended : {false, true}) {
    const Code code = suspended ? Code::PEER_SUSPENDED : Code::PEER_CERT_REVOKED;
    Open();
    city_.SetFederation(WithoutTown(suspended));
    city_->Reidentify();
    const Party::Closing closing = city_.NextClosing();
    EXPECT_EQ(closing.id, city_id_);
    EXPECT_CODE(code, closing.why);
    EXPECT_OK(town_.NextClosing().why);
    town_->Dial(kHere, city_->port(), trust::kCity);
    EXPECT_CODE(code, city_.NextClosing().why);
    EXPECT_CODE(code, town_.NextClosing().why);
    city_.SetFederation(ListedFederation());
  }
}

TEST_F(NetTls, ReidentifyLeavesTheOthersAlone) {
  Open();
  Party province(trust::NodeSpec(Province(), trust::kProvince, 31), TestSettings());
  province->Dial(kHere, city_->port(), trust::kCity);
  const ConnectionId at_city = city_.NextOpen();
  const ConnectionId id = province.NextOpen();
  city_.SetFederation(WithoutTown(true));
  city_->Reidentify();
  EXPECT_EQ(city_.NextClosing().id, city_id_);
  city_->Send(at_city, {{"still", nullptr}});
  EXPECT_EQ(province.BytesOf(id, 5), "still");
}

// --- other kinds of TLS

// A client of any kind, blocking.
class TlsClient {
 public:
  TlsClient(uint16_t port, const TlsIdentity* identity) : raw_(port) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION*) {
      ++*static_cast<int*>(SSL_get_app_data(ssl));
      return 0;
    });
    if (identity != nullptr) {
      SSL_CTX_use_PrivateKey_file(context_, identity->key_path.c_str(), SSL_FILETYPE_PEM);
      const std::string file = dir_.Write("chain.pem", identity->certificate_chain_pem);
      SSL_CTX_use_certificate_chain_file(context_, file.c_str());
    }
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  SSL_CTX* context() { return context_; }
  bool Shake() {
    ssl_ = SSL_new(context_);
    SSL_set_app_data(ssl_, &tickets_);
    SSL_set_fd(ssl_, raw_.descriptor());
    return SSL_connect(ssl_) == 1;
  }
  // Sends, and what comes until the other side ends or `bytes` are there.
  std::string Say(const std::string& text, size_t bytes = SIZE_MAX) {
    if (SSL_write(ssl_, text.data(), static_cast<int>(text.size())) <= 0) return {};
    std::string got;
    char block[4096];
    for (int size = 0; got.size() < bytes; got.append(block, static_cast<size_t>(size))) {
      size = SSL_read(ssl_, block, sizeof(block));
      if (size <= 0) break;
    }
    return got;
  }
  int tickets() const { return tickets_; }

 private:
  testing::TempDir dir_;
  RawClient raw_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  int tickets_ = 0;
};

std::string Get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: city\r\n" + more + "\r\n";
}
constexpr char kLast[] = "Connection: close\r\n";

class TlsKinds : public NetTls {
 protected:
  testing::TempDir dir_;
  const TlsIdentity town_identity_ = IdentityOf(dir_, TownNode(), Province());
};

TEST_F(TlsKinds, NoCertificate) {
  TlsClient client(city_->port(), nullptr);
  client.Shake();
  EXPECT_EQ(client.Say(Get("/good")), "");
  EXPECT_CODE(Code::PEER_CERT_MISSING, city_.NextClosing().why);
}

TEST_F(TlsKinds, OlderTlsOtherSuitesOtherGroupsAndNoTlsAtAll) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION}) {
    TlsClient client(city_->port(), &town_identity_);
    SSL_CTX_set_security_level(client.context(), 0);
    SSL_CTX_set_max_proto_version(client.context(), version);
    EXPECT_FALSE(client.Shake());
    EXPECT_CODE(Code::TLS_FAILED, city_.NextClosing().why);
  }
  TlsClient suite(city_->port(), &town_identity_);
  SSL_CTX_set_ciphersuites(suite.context(), "TLS_AES_128_CCM_SHA256");
  EXPECT_FALSE(suite.Shake());
  EXPECT_CODE(Code::TLS_FAILED, city_.NextClosing().why);
  TlsClient group(city_->port(), &town_identity_);
  SSL_CTX_set1_groups_list(group.context(), "P-521:X448");
  EXPECT_FALSE(group.Shake());
  EXPECT_CODE(Code::TLS_FAILED, city_.NextClosing().why);
  RawClient plain(city_->port());
  plain.Send(Get("/good"));
  plain.ReceiveAll();
  EXPECT_CODE(Code::TLS_FAILED, city_.NextClosing().why);
}

TEST_F(TlsKinds, EachPermittedSuiteAndGroupWithoutATicket) {
  for (const char* suite :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
    for (const char* group : {"X25519", "P-256", "P-384"}) {
      TlsClient client(city_->port(), &town_identity_);
      SSL_CTX_set_ciphersuites(client.context(), suite);
      SSL_CTX_set1_groups_list(client.context(), group);
      ASSERT_TRUE(client.Shake()) << suite << " " << group;
      EXPECT_THAT(client.Say(Get("/good", kLast)),
                  HasSubstr("\r\n\r\n\"" + std::string(trust::kTown)));
      EXPECT_EQ(client.tickets(), 0);
      EXPECT_OK(city_.NextClosing().why);
    }
  }
}

TEST_F(TlsKinds, RequestsOfAMember) {
  TlsClient client(city_->port(), &town_identity_);
  ASSERT_TRUE(client.Shake());
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_THAT(client.Say(Get("/good", "traceparent: " + parent + "\r\n"), 1),
              HasSubstr("traceparent: " + parent));
  EXPECT_THAT(client.Say(Get("/bad"), 1), HasSubstr("HTTP/1.1 404"));
  const std::string upgrade = client.Say(Get("/exchange"), 1);
  EXPECT_THAT(upgrade, HasSubstr("HTTP/1.1 426"));
  EXPECT_THAT(upgrade, HasSubstr("Upgrade: tombolo/1"));
  EXPECT_THAT(client.Say(Get("/good", kLast)), HasSubstr("HTTP/1.1 200"));
  EXPECT_OK(city_.NextClosing().why);
}

TEST_F(TlsKinds, BytesBehindAnUpgradeRequestAreRefused) {
  TlsClient client(city_->port(), &town_identity_);
  ASSERT_TRUE(client.Shake());
  const std::string answer =
      client.Say(Get("/exchange", "Connection: Upgrade\r\nUpgrade: tombolo/1\r\n") + "early");
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400"));
  EXPECT_CODE(Code::HTTP_MALFORMED, city_.NextClosing().why);
}

TEST_F(TlsKinds, RequestsASecondAndConnectionsOfAPeer) {
  ServerSettings settings = TestSettings();
  settings.requests_per_second_max = 5;
  settings.connections_per_peer_max = 2;
  settings.connections_max = 3;
  Party city(CityNode(), settings);
  TlsClient one(city->port(), &town_identity_), two(city->port(), &town_identity_),
      three(city->port(), &town_identity_);
  ASSERT_TRUE(one.Shake());
  ASSERT_TRUE(two.Shake());
  std::string answer;
  int good = 0;
  for (int i = 0; i < 1000 && good == i; ++i) {
    answer = one.Say(Get("/good"), 1);
    good += answer.find("HTTP/1.1 200") != std::string::npos;
  }
  EXPECT_GE(good, 5);
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 429"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  ASSERT_TRUE(three.Shake());
  EXPECT_THAT(three.Say(Get("/good")), HasSubstr("HTTP/1.1 429"));
  EXPECT_CODE(Code::RATE_LIMITED, city.NextClosing().why);
  TlsClient again(city->port(), &town_identity_), beyond(city->port(), &town_identity_);
  EXPECT_TRUE(again.Shake());
  EXPECT_FALSE(beyond.Shake());  // more than three in all
  EXPECT_CODE(Code::RATE_LIMITED, city.NextClosing().why);
}

// --- the server itself

TEST_F(NetTls, ANewIdentityIsForNewConnections) {
  Open();
  testing::TempDir dir;
  ASSERT_OK(city_->SetIdentity(
      IdentityOf(dir, trust::NodeSpec(Province(), trust::kProvince, 31), Province())));
  town_->Dial(kHere, city_->port(), trust::kProvince);
  EXPECT_NE(town_.NextOpen(), 0u);
  city_->Send(city_id_, {{"as before", nullptr}});
  EXPECT_EQ(town_.BytesOf(town_id_, 9), "as before");
  TlsIdentity other = IdentityOf(dir, CityNode(), Province());
  other.key_path = "/nowhere/key.pem";
  EXPECT_CODE(Code::FILE_UNREADABLE, city_->SetIdentity(other));
  other = IdentityOf(dir, CityNode(), Province());
  other.certificate_chain_pem = "no certificate";
  EXPECT_CODE(Code::CONFIG_VALUE, city_->SetIdentity(other));
  other = IdentityOf(dir, TownNode(), Province());
  other.certificate_chain_pem =
      IdentityOf(testing::TempDir(), CityNode(), Province()).certificate_chain_pem;
  EXPECT_THAT(CodeOf(city_->SetIdentity(other)), AnyOf(Code::FILE_UNREADABLE, Code::CONFIG_VALUE));
}

TEST_F(NetTls, AnExceptionIsCountedAndTheServerGoesOn) {
  city_->Post([] { throw std::runtime_error("a library's"); });
  Open();
  EXPECT_EQ(city_->escaped_exceptions(), 1u);
}

TEST_F(NetTls, StopSendsWhatIsQueued) {
  Open();
  const auto page = std::make_shared<const std::string>(2 * limits::kMiB, 'p');
  city_->Send(city_id_, {{"", page}});
  city_->Stop(2000);
  EXPECT_EQ(town_.BytesOf(town_id_, page->size()).size(), page->size());
  EXPECT_OK(town_.NextClosing().why);
  EXPECT_OK(city_.NextClosing().why);
}

TEST_F(NetTls, AddressesThatAreNone) {
  testing::TempDir dir;
  const TlsIdentity identity = IdentityOf(dir, CityNode(), Province());
  for (const char* address : {"localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":1"}) {
    ServerSettings settings;
    settings.listen = address;
    EXPECT_CODE(Code::CONFIG_VALUE, Server::Open(settings, identity, &city_)) << address;
  }
  ServerSettings taken;
  taken.local = "127.0.0.1:" + std::to_string(city_->port());
  EXPECT_CODE(Code::IO_ERROR, Server::Open(taken, identity, &city_));
}

}  // namespace
}  // namespace tombolo::net
