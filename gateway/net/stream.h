// The bytes of one connection over a socket that never blocks: plain, or in TLS 1.3.
//
// OpenSSL reads and writes the socket itself, so bytes are copied once and an idle connection keeps
// no buffers (SSL_MODE_RELEASE_BUFFERS). Ownership: a stream borrows the descriptor and shares its
// context. Thread-safety: one thread per stream; a context may be shared. Errors: of TlsContext:
// CONFIG_VALUE, FILE_UNREADABLE, INTERNAL; of a stream: the verdict's, PEER_CERT_* by the peer's
// alert, TLS_FAILED, IO_ERROR.
#ifndef TOMBOLO_GATEWAY_NET_STREAM_H_
#define TOMBOLO_GATEWAY_NET_STREAM_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/net/server.h"

struct ssl_ctx_st;

namespace tombolo::net {

// TLS 1.3 only, its three suites, three groups, no tickets, no resumption, no early data.
class TlsContext {
 public:
  static StatusOr<std::shared_ptr<const TlsContext>> Make(const TlsIdentity& identity);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* get() const { return context_; }

 private:
  TlsContext() = default;
  ssl_ctx_st* context_ = nullptr;
};

// What is made of the chain that the other side showed (DER, its own certificate first).
using Verdict = std::function<Status(const std::vector<std::string>& chain)>;

enum class Step { kDone, kWantRead, kWantWrite, kClosed, kFailed };

class Stream {
 public:
  virtual ~Stream() = default;
  virtual Step Handshake() = 0;
  // kDone: at least one byte.
  virtual Step Read(char* out, size_t size, size_t* got) = 0;
  virtual Step Write(std::string_view bytes, size_t* taken) = 0;
  // Tells the other side that nothing follows; best effort.
  virtual void SayEnd() = 0;
  virtual const Status& error() const = 0;  // after kFailed
};

std::unique_ptr<Stream> MakePlainStream(int descriptor);
std::unique_ptr<Stream> MakeTlsStream(int descriptor, std::shared_ptr<const TlsContext> context,
                                      bool dialled, Verdict verdict);

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_STREAM_H_
