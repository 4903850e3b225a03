// One connection from its first byte to its last: handshake, HTTP, session, farewell.
//
// Every phase has one span that traffic does not extend; a session has none, but what is queued has
// to be taken: in each kStalledSendMsMax at least 64 KiB of it, or all. A connection that is ended
// says so, then reads and throws away for at most the farewell's span, so that what was said last
// is not lost to a reset. Ownership: shared by the server's table and its own callbacks.
// Thread-safety: the server's thread. Errors: reported once, through Surroundings::Left.
#ifndef TOMBOLO_GATEWAY_NET_CONNECTION_H_
#define TOMBOLO_GATEWAY_NET_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gateway/net/loop.h"
#include "gateway/net/send_queue.h"
#include "gateway/net/stream.h"

namespace tombolo::net {

// What a connection needs of the server that owns it.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual Handler* handler() = 0;
  virtual const ServerSettings& settings() const = 0;
  virtual Loop* loop() = 0;
  virtual absl::Span<char> scratch() = 0;  // to read into; free again when the call returns
  virtual void Shaken() = 0;               // a handshake of TLS came to its end
  // The limits of one peer: RATE_LIMITED.
  virtual Status AdmitConnection(const std::string& peer) = 0;
  virtual Status AdmitRequest(const std::string& peer) = 0;
  // The connection is over; `admitted`: AdmitConnection counted it.
  virtual void Left(ConnectionId id, const std::string& peer, bool admitted, const Status& why) = 0;
};

enum class Side { kAccepted, kDialled, kLocal };

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `wanted`: the peer that was dialled; empty for the others.
  Connection(ConnectionId id, Side side, std::string wanted, std::unique_ptr<Socket> socket,
             Surroundings* around);
  // `context` null: plain.
  void Start(std::shared_ptr<const TlsContext> context);
  void Send(std::vector<Buffer> buffers);  // only while a session is open
  void Pause() { paused_ = true; }
  void Resume();
  void Close(bool after_sending, const Status& why);
  void Reidentify();

 private:
  enum class State { kHandshake, kHead, kSession, kFlushing, kFarewell, kGone };

  Status Judge(const std::vector<std::string>& chain);
  void Shake();
  void Shaken();
  void KeepReading(Step step);
  void OnReadable();
  void Take(std::string_view bytes);
  void TakeRequest();
  void Answer(const HttpRequest& request, bool more);
  void Reply(const HttpReply& reply, const HttpRequest* request, bool closing, const Status& why);
  void TakeAnswer();
  void OpenSession(bool dialled);
  void Queue(std::string bytes);
  void Flush();
  void WatchStall();
  void Limit(int span_ms, const char* what);
  void SayFarewell();
  void Discard();
  void Drop();

  const ConnectionId id_;
  const Side side_;
  const std::string wanted_;
  std::unique_ptr<Socket> socket_;
  Surroundings* const around_;
  std::unique_ptr<Stream> stream_;
  State state_ = State::kHandshake;
  std::vector<std::string> chain_;  // that the peer showed
  trust::PeerIdentity peer_;
  std::string name_;  // of the peer as far as its chain holds
  Status refused_;    // answered to the first request instead of what it asks for
  Status why_;        // of the end
  bool admitted_ = false;
  std::string head_;  // bytes of HTTP that are not yet a whole head
  bool paused_ = false, waits_to_read_ = false, waits_to_write_ = false, flushing_ = false;
  SendQueue queue_;
  uint64_t sent_ = 0;
  bool watched_ = false;  // the stall's alarm is set
};

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_CONNECTION_H_
