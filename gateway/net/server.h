// Listening, dialling, and one connection each: TLS, the upgrade, a session's bytes in and out.
//
// One thread runs all sockets (asio's io_context inside, no Asio type outside). Callbacks come on
// that thread and must not block; whoever needs to work posts to a thread of its own. TLS 1.3 only,
// suites TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, groups
// X25519, P-256, P-384, no tickets, no early data, no renegotiation, a certificate from both.
// Traps: Beast 1.81 lets one long trailer throw and kill the process, so only whole, bounded heads
// of requests without a body reach its parser, and the loop counts what escapes and goes on
// (tests/integration/http_attacks_test). Deadlines are spans of phases, not of reads
// (slow_clients_test). An open connection is judged again on every Reidentify (net_tls_test),
// because revocation does not reach it otherwise. The process ignores SIGPIPE from Open on.
// Ownership: a Server owns its connections; the handler outlives it. Thread-safety: everything but
// Run from any thread. Errors: TLS_FAILED, PEER_*, HTTP_MALFORMED, DEADLINE_EXCEEDED,
// PEER_TOO_SLOW, RATE_LIMITED, IO_ERROR; of Open also CONFIG_VALUE, FILE_UNREADABLE.
#ifndef TOMBOLO_GATEWAY_NET_SERVER_H_
#define TOMBOLO_GATEWAY_NET_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/limits.h"
#include "gateway/net/http_head.h"
#include "gateway/trust/peer.h"

namespace tombolo::net {

using ConnectionId = uint64_t;  // never used twice

// Part of what is sent: bytes of one frame. `shared` is not copied; `head` goes before it.
struct Buffer {
  std::string head;
  std::shared_ptr<const std::string> shared;  // may be null
};

inline constexpr char kLocalPeer[] = "local";

// What happens; all on the server's thread.
class Handler {
 public:
  virtual ~Handler() = default;
  // The certificate chain of a peer after the handshake's own checks (possession of the key). Not
  // OK: the connection ends with an alert; but who called and is refused by the registry or its
  // freshness is told by OnRefused's answer. Called again for each open connection by Reidentify.
  virtual StatusOr<trust::PeerIdentity> Identify(const std::vector<std::string>& chain) = 0;
  // A session's bytes may flow from here on; `dialled`: this node opened it.
  virtual void OnOpen(ConnectionId id, const trust::PeerIdentity& peer, bool dialled) = 0;
  virtual void OnBytes(ConnectionId id, std::string_view bytes) = 0;
  // The queue has this many bytes left that the kernel has not taken.
  virtual void OnDrained(ConnectionId id, uint64_t queued_bytes) = 0;
  // `why` OK: closed in order. Also for what never reached OnOpen; `peer` as far as it is known,
  // kLocalPeer for the local listener's.
  virtual void OnClosed(ConnectionId id, const std::string& peer, const Status& why) = 0;
  // A single request of a peer, or on the local listener (peer null).
  virtual HttpReply OnRequest(const HttpRequest& request, const trust::PeerIdentity* peer) = 0;
  // A request of somebody whose chain holds and whom Identify refused; the last one.
  virtual HttpReply OnRefused(const HttpRequest& request, const Status& why) {
    (void)request;
    return ProblemReply(why);
  }
};

// Certificate and key of this node, and the authorities; replaced as a whole.
struct TlsIdentity {
  std::string certificate_chain_pem;
  std::string key_path;  // read by OpenSSL where it lies, never copied elsewhere
  std::vector<std::string> authorities_der;  // named to callers as a hint
};

struct ServerSettings {
  std::string listen;  // address:port; empty = no listener; port 0 = any, see port()
  std::string local;   // plain HTTP for health and metrics; empty = none
  uint32_t connections_max = 1024, connections_per_peer_max = 4;
  uint32_t requests_per_second_max = 20;
  // Two pages beyond the mark at which a publisher stops fetching.
  size_t send_queue_bytes_max = limits::kSendQueueBytesMax + 2 * limits::kFramePayloadBytesMax;
  // Spans, which tests make short.
  int handshake_ms_max = limits::kHandshakeMsMax, head_ms_max = limits::kHttpHeadMsMax;
  int stalled_send_ms_max = limits::kStalledSendMsMax, farewell_ms_max = 1000;
};

class Server {
 public:
  static StatusOr<std::unique_ptr<Server>> Open(const ServerSettings& settings,
                                                const TlsIdentity& identity, Handler* handler);
  virtual ~Server() = default;

  virtual void Run() = 0;  // until Stop; catches, counts and goes on
  virtual void StopListening() = 0;
  // No new connections; what is queued goes out; after the deadline at the latest Run returns.
  virtual void Stop(int deadline_ms) = 0;
  // Opens a session with a peer; the certificate must be `peer`'s, whatever host it was. OnOpen or
  // OnClosed follows.
  virtual ConnectionId Dial(const std::string& host, uint16_t port, const std::string& peer) = 0;
  // Queues buffers in order. A queue above send_queue_bytes_max, or too little progress in
  // stalled_send_ms_max, closes with PEER_TOO_SLOW. Without an open session they are dropped.
  virtual void Send(ConnectionId id, std::vector<Buffer> buffers) = 0;
  // Stops reading from a connection until Resume: back-pressure instead of buffering.
  virtual void Pause(ConnectionId id) = 0;
  virtual void Resume(ConnectionId id) = 0;
  // `after_sending`: what is queued goes out first, within farewell_ms_max.
  virtual void Close(ConnectionId id, bool after_sending) = 0;
  virtual Status SetIdentity(const TlsIdentity& identity) = 0;  // for new connections
  virtual void Reidentify() = 0;  // every open connection; those refused are closed
  // Runs `work` on the server's thread, at once or after a delay.
  virtual void Post(std::function<void()> work, int delay_ms = 0) = 0;
  virtual uint16_t port() const = 0;
  virtual uint16_t local_port() const = 0;
  virtual uint64_t escaped_exceptions() const = 0;
  virtual uint64_t handshakes() const = 0;  // that came to their end, refused or not
};

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_SERVER_H_
