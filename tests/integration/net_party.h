// One side of a network test: a server with its thread, a certificate of the sample federation, and
// what its handler saw. And a plain client, which says whatever bytes a test wants.
//
// Ownership: a Party owns its server and stops it. Thread-safety: the test's thread; waits are
// bounded. Errors: a broken fixture ends the program.
#ifndef TOMBOLO_TESTS_INTEGRATION_NET_PARTY_H_
#define TOMBOLO_TESTS_INTEGRATION_NET_PARTY_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/net/server.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::net {

inline constexpr int kWaitMs = 10000;  // at most, for what must happen

// The sample federation with the revocation lists of its two authorities.
trust::FederationPtr ListedFederation();
// A node of the sample federation: its chain in PEM and its key in a file.
TlsIdentity IdentityOf(const testing::TempDir& dir, const trust::CertificateSpec& node,
                       const trust::CertificateSpec& issuer);
trust::CertificateSpec Province();  // the authority of the nodes
trust::CertificateSpec CityNode();
trust::CertificateSpec TownNode();

class Party : public Handler {
 public:
  struct Closing {
    ConnectionId id = 0;
    std::string peer;
    Status why;
  };

  Party(const trust::CertificateSpec& node, const ServerSettings& settings,
        const trust::CertificateSpec& issuer = Province());
  ~Party() override;

  Server* operator->() { return server_.get(); }
  void SetFederation(trust::FederationPtr federation);
  // The oldest one not yet seen; ends the test's wait after kWaitMs with an id of 0.
  ConnectionId NextOpen();
  Closing NextClosing();
  // What came on a connection, once it is at least so much, or after kWaitMs.
  std::string BytesOf(ConnectionId id, size_t bytes_min);
  size_t requests();  // that reached OnRequest

  // Handler
  StatusOr<trust::PeerIdentity> Identify(const std::vector<std::string>& chain) override;
  void OnOpen(ConnectionId id, const trust::PeerIdentity& peer, bool dialled) override;
  void OnBytes(ConnectionId id, std::string_view bytes) override;
  void OnDrained(ConnectionId id, uint64_t queued_bytes) override;
  void OnClosed(ConnectionId id, const std::string& peer, const Status& why) override;
  HttpReply OnRequest(const HttpRequest& request, const trust::PeerIdentity* peer) override;

  std::string body = "{}";  // of every answer, set before anybody asks

 private:
  bool WaitFor(std::unique_lock<std::mutex>* lock, const std::function<bool()>& holds);

  testing::TempDir dir_;
  std::mutex mutex_;
  std::condition_variable changed_;
  trust::FederationPtr federation_ = ListedFederation();
  std::deque<ConnectionId> opens_;
  std::deque<Closing> closings_;
  size_t requests_ = 0;
  std::map<ConnectionId, std::string> bytes_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

// A listener on any port of this machine, with spans short enough for a test.
ServerSettings TestSettings();

// A socket to 127.0.0.1.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  // False if the other side no longer takes bytes.
  bool Send(std::string_view bytes);
  // Up to `bytes`, or until the other side ends or `span_ms` is over.
  std::string Receive(size_t bytes, int span_ms = kWaitMs);
  std::string ReceiveAll(int span_ms = kWaitMs);
  bool ended() const { return ended_; }  // the other side has closed
  void EndSending();
  int descriptor() const { return socket_; }

 private:
  int socket_ = -1;
  bool ended_ = false;
};

// Milliseconds since some moment, for bounds on how long something took.
int64_t ElapsedMs();

}  // namespace tombolo::net

#endif  // TOMBOLO_TESTS_INTEGRATION_NET_PARTY_H_
