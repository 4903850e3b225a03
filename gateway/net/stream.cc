#include "gateway/net/stream.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/base/freed.h"
#include "gateway/base/limits.h"

namespace tombolo::net {
namespace {

constexpr char kSuites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr size_t kReadAheadBytes = 64 * limits::kKiB;
constexpr char kGroups[] = "X25519:P-256:P-384";

std::string LibraryReason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "no reason given";
}

std::string SystemReason() { return std::strerror(errno); }

Status BadIdentity(Code code, const std::string& what) {
  const Status status = MakeError(code, what + ": " + LibraryReason());
  ERR_clear_error();
  return status;
}

// A key that wants a passphrase is refused; nobody is there to type it.
int NoPassphrase(char*, int, int, void*) { return 0; }

using OwnedX509 = std::unique_ptr<X509, Freed<X509_free>>;
using OwnedBio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

Status UseChain(SSL_CTX* context, const std::string& pem) {
  const OwnedBio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  OwnedX509 leaf(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
  if (leaf == nullptr || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return BadIdentity(Code::CONFIG_VALUE, "the node's chain holds no usable certificate");
  }
  for (;;) {
    OwnedX509 next(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
    if (next == nullptr) break;
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) {
      return BadIdentity(Code::CONFIG_VALUE, "the node's chain does not hold together");
    }
  }
  ERR_clear_error();  // the end of the text
  return absl::OkStatus();
}

// Names of the authorities that a peer's certificate should come from: a hint for its operator.
Status HintAuthorities(SSL_CTX* context, const std::vector<std::string>& ders) {
  for (const std::string& der : ders) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const OwnedX509 authority(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (authority == nullptr || SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return BadIdentity(Code::CONFIG_VALUE, "an authority is no certificate");
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> ChainOf(X509_STORE_CTX* store) {
  std::vector<std::string> chain;
  const STACK_OF(X509)* shown = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(shown); ++i) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(sk_X509_value(shown, i), &der);
    if (size < 0) return {};
    chain.emplace_back(reinterpret_cast<char*>(der), size);
    OPENSSL_free(der);
  }
  return chain;
}

// The error by which OpenSSL chooses the alert.
int AlertFor(Code code) {
  switch (code) {
    case Code::PEER_CERT_EXPIRED:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case Code::PEER_CERT_REVOKED:
      return X509_V_ERR_CERT_REVOKED;
    case Code::PEER_CERT_UNTRUSTED:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case Code::PEER_CERT_FORM:
      return X509_V_ERR_CERT_REJECTED;
    default:
      return X509_V_ERR_APPLICATION_VERIFICATION;
  }
}

// And back: what the other side says of our certificate.
Code CodeOfReason(int reason) {
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return Code::PEER_CERT_MISSING;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return Code::PEER_CERT_EXPIRED;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return Code::PEER_CERT_REVOKED;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return Code::PEER_CERT_UNTRUSTED;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      return Code::PEER_CERT_FORM;
    default:
      return Code::TLS_FAILED;
  }
}

class PlainStream : public Stream {
 public:
  explicit PlainStream(int descriptor) : descriptor_(descriptor) {}
  Step Handshake() override { return Step::kDone; }
  Step Read(char* out, size_t size, size_t* got) override {
    return Told(::recv(descriptor_, out, size, 0), got, Step::kWantRead);
  }
  Step Write(std::string_view bytes, size_t* taken) override {
    return Told(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL), taken,
                Step::kWantWrite);
  }
  void SayEnd() override {}
  const Status& error() const override { return error_; }

 private:
  Step Told(ssize_t result, size_t* moved, Step wait) {
    if (result > 0) {
      *moved = static_cast<size_t>(result);
      return Step::kDone;
    }
    if (result == 0) return Step::kClosed;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return wait;
    error_ = MakeError(Code::IO_ERROR, "the connection broke: " + SystemReason());
    return Step::kFailed;
  }

  int descriptor_;
  Status error_;
};

class TlsStream : public Stream {
 public:
  TlsStream(int descriptor, std::shared_ptr<const TlsContext> context, bool dialled,
            Verdict verdict)
      : context_(std::move(context)), verdict_(std::move(verdict)), ssl_(SSL_new(context_->get())) {
    SSL_set_app_data(ssl_, this);
    SSL_set_fd(ssl_, descriptor);
    dialled ? SSL_set_connect_state(ssl_) : SSL_set_accept_state(ssl_);
  }
  ~TlsStream() override { SSL_free(ssl_); }

  Step Handshake() override {
    ERR_clear_error();
    return Told(SSL_do_handshake(ssl_));
  }
  Step Read(char* out, size_t size, size_t* got) override {
    ERR_clear_error();
    return Told(SSL_read_ex(ssl_, out, size, got));
  }
  Step Write(std::string_view bytes, size_t* taken) override {
    ERR_clear_error();
    return Told(SSL_write_ex(ssl_, bytes.data(), bytes.size(), taken));
  }
  void SayEnd() override {
    ERR_clear_error();
    if (error_.ok() && SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  const Status& error() const override { return error_; }

  static int Judge(X509_STORE_CTX* store, void*) {
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* self = static_cast<TlsStream*>(SSL_get_app_data(ssl));
    self->judged_ = self->verdict_(ChainOf(store));
    X509_STORE_CTX_set_error(store,
                             self->judged_.ok() ? X509_V_OK : AlertFor(CodeOf(self->judged_)));
    return self->judged_.ok() ? 1 : 0;
  }

 private:
  Step Told(int result) {
    if (result == 1) return Step::kDone;
    const int system_error = errno;
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_WANT_READ:
        return Step::kWantRead;
      case SSL_ERROR_WANT_WRITE:
        return Step::kWantWrite;
      case SSL_ERROR_ZERO_RETURN:
        return Step::kClosed;
      case SSL_ERROR_SYSCALL:
        error_ = MakeError(Code::IO_ERROR,
                           std::string("the connection broke: ") + std::strerror(system_error));
        return Step::kFailed;
    }
    error_ = LibraryError();
    ERR_clear_error();
    return Step::kFailed;
  }
  Status LibraryError() const {
    if (!judged_.ok()) return judged_;
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    const bool shaken = SSL_is_init_finished(ssl_) == 1;
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING && shaken) {
      return MakeError(Code::IO_ERROR, "the connection broke: the peer went without a word");
    }
    return MakeError(CodeOfReason(reason), "TLS: " + LibraryReason() +
                                               "; `tombolo check cert` says what a peer makes of a "
                                               "certificate");
  }

  std::shared_ptr<const TlsContext> context_;
  Verdict verdict_;
  SSL* ssl_;
  Status judged_, error_;
};

Status Configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Several records in one read; whoever reads goes on until kWantRead, so none is left behind.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAheadBytes);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, static_cast<long>(limits::kPemBytesMax));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, TlsStream::Judge, nullptr);
  SSL_CTX_set_default_passwd_cb(context, NoPassphrase);
  const bool good = SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_set_ciphersuites(context, kSuites) == 1 &&
                    SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
                    SSL_CTX_set_num_tickets(context, 0) == 1 &&
                    SSL_CTX_set_max_early_data(context, 0) == 1;
  return good ? absl::OkStatus() : BadIdentity(Code::INTERNAL, "TLS cannot be set up");
}

}  // namespace

StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Make(const TlsIdentity& identity) {
  std::shared_ptr<TlsContext> made(new TlsContext());
  made->context_ = SSL_CTX_new(TLS_method());
  if (made->context_ == nullptr) return BadIdentity(Code::INTERNAL, "TLS cannot be set up");
  SSL_CTX* context = made->context_;
  RETURN_IF_ERROR(Configure(context));
  RETURN_IF_ERROR(UseChain(context, identity.certificate_chain_pem));
  if (SSL_CTX_use_PrivateKey_file(context, identity.key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return BadIdentity(Code::FILE_UNREADABLE, "the key " + identity.key_path +
                                                  " cannot be used (missing, with a passphrase, "
                                                  "or not the certificate's)");
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return BadIdentity(Code::CONFIG_VALUE,
                       "the key " + identity.key_path + " is not that of the node's certificate");
  }
  RETURN_IF_ERROR(HintAuthorities(context, identity.authorities_der));
  return std::shared_ptr<const TlsContext>(std::move(made));
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<Stream> MakePlainStream(int descriptor) {
  return std::make_unique<PlainStream>(descriptor);
}

std::unique_ptr<Stream> MakeTlsStream(int descriptor, std::shared_ptr<const TlsContext> context,
                                      bool dialled, Verdict verdict) {
  return std::make_unique<TlsStream>(descriptor, std::move(context), dialled, std::move(verdict));
}

}  // namespace tombolo::net
