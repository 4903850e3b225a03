#include "gateway/net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/net/http_parse.h"

namespace tombolo::net {
namespace {

constexpr uint64_t kStallFloorBytes = 64 * limits::kKiB;  // that a slow reader takes in one span

// Refused after the handshake, so that the other side learns the code and may fetch documents.
bool IsAnsweredLater(Code code) {
  return code == Code::PEER_UNKNOWN || code == Code::PEER_SUSPENDED ||
         code == Code::PEER_KEY_MISMATCH || code == Code::DOCUMENT_EXPIRED ||
         code == Code::TIMESTAMP_STALE;
}

}  // namespace

Connection::Connection(ConnectionId id, Side side, std::string wanted,
                       std::unique_ptr<Socket> socket, Surroundings* around)
    : id_(id),
      side_(side),
      wanted_(std::move(wanted)),
      socket_(std::move(socket)),
      around_(around),
      name_(side == Side::kLocal ? kLocalPeer : wanted_) {}

void Connection::Start(std::shared_ptr<const TlsContext> context) {
  if (context == nullptr) {
    stream_ = MakePlainStream(socket_->descriptor());
  } else {
    stream_ = MakeTlsStream(socket_->descriptor(), std::move(context), side_ == Side::kDialled,
                            [this](const std::vector<std::string>& chain) { return Judge(chain); });
  }
  Limit(around_->settings().handshake_ms_max, "the handshake");
  Shake();
}

Status Connection::Judge(const std::vector<std::string>& chain) {
  StatusOr<trust::PeerIdentity> who = around_->handler()->Identify(chain);
  chain_ = chain;
  if (who.ok() && side_ == Side::kDialled && who->id != wanted_) {
    return MakeError(Code::PEER_KEY_MISMATCH, "reached " + who->id + " instead of " + wanted_ +
                                                  "; mend the endpoint in the registry or in "
                                                  "node.yaml");
  }
  if (who.ok()) {
    peer_ = *std::move(who);
    name_ = peer_.id;
    return absl::OkStatus();
  }
  const bool later = side_ == Side::kAccepted && IsAnsweredLater(CodeOf(who.status()));
  if (!later) return who.status();
  refused_ = who.status();
  const StatusOr<trust::CertificateFacts> facts = chain.empty()
                                                      ? StatusOr<trust::CertificateFacts>(refused_)
                                                      : trust::ReadCertificate(chain.front());
  if (facts.ok()) name_ = facts->spiffe_id;
  return absl::OkStatus();
}

void Connection::Limit(int span_ms, const char* what) {
  socket_->SetAlarm(span_ms, [self = shared_from_this(), what] {
    self->Close(
        true, MakeError(Code::DEADLINE_EXCEEDED, std::string(what) + " took longer than allowed"));
  });
}

void Connection::Shake() {
  if (state_ != State::kHandshake) return;
  const Step step = stream_->Handshake();
  if (step == Step::kDone) return Shaken();
  if (step == Step::kWantRead) {
    return socket_->WaitReadable([self = shared_from_this()] { self->Shake(); });
  }
  if (step == Step::kWantWrite) {
    return socket_->WaitWritable([self = shared_from_this()] { self->Shake(); });
  }
  Close(true, step == Step::kFailed
                  ? stream_->error()
                  : MakeError(Code::TLS_FAILED, "the peer went during the handshake"));
}

void Connection::Shaken() {
  state_ = State::kHead;
  if (side_ != Side::kLocal) around_->Shaken();
  if (side_ != Side::kLocal && refused_.ok()) {
    refused_ = around_->AdmitConnection(peer_.id);
    admitted_ = refused_.ok();
  }
  Limit(around_->settings().head_ms_max, "the HTTP head");
  if (side_ == Side::kDialled) {
    if (!refused_.ok()) return Close(false, refused_);
    Queue("GET " + std::string(kUpgradeTarget) +
          " HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\n" +
          "Upgrade: " + std::string(kUpgradeProtocol) + "\r\n\r\n");
  }
  OnReadable();
}

// --- reading

void Connection::KeepReading(Step step) {
  if (state_ != State::kHead && state_ != State::kSession) return;
  if (paused_) {
    waits_to_read_ = false;
    return;
  }
  if (waits_to_read_) return;
  waits_to_read_ = true;
  const auto again = [self = shared_from_this()] {
    self->waits_to_read_ = false;
    self->OnReadable();
  };
  if (step == Step::kDone) return around_->loop()->Post(again);  // there is more: others first
  if (step == Step::kWantWrite) return socket_->WaitWritable(again);
  socket_->WaitReadable(again);
}

void Connection::OnReadable() {
  if (state_ != State::kHead && state_ != State::kSession) return;
  if (paused_) return;
  const auto self = shared_from_this();
  const absl::Span<char> scratch = around_->scratch();
  size_t got = 0;
  Step step = Step::kDone;
  while (step == Step::kDone && got < scratch.size()) {
    size_t more = 0;
    step = stream_->Read(scratch.data() + got, scratch.size() - got, &more);
    if (step == Step::kDone) got += more;
  }
  if (got > 0) Take(std::string_view(scratch.data(), got));
  if (state_ != State::kHead && state_ != State::kSession) return;
  if (step == Step::kFailed) return Close(false, stream_->error());
  if (step == Step::kClosed) {
    const bool early = side_ == Side::kDialled && state_ == State::kHead;
    return Close(true, early ? MakeError(Code::TLS_FAILED, "the peer closed before it answered")
                             : absl::OkStatus());
  }
  KeepReading(step);
}

void Connection::Resume() {
  if (!paused_) return;
  paused_ = false;
  if (!waits_to_read_) KeepReading(Step::kDone);
}

void Connection::Take(std::string_view bytes) {
  if (state_ == State::kSession) return around_->handler()->OnBytes(id_, bytes);
  head_.append(bytes);
  if (side_ == Side::kDialled) return TakeAnswer();
  TakeRequest();
}

// --- HTTP

void Connection::TakeRequest() {
  const StatusOr<std::optional<size_t>> size = HeadBytes(head_);
  if (!size.ok()) return Reply(ProblemReply(size.status()), nullptr, true, size.status());
  if (!size->has_value()) return;
  const StatusOr<HttpRequest> request = ParseRequest(std::string_view(head_).substr(0, **size));
  if (!request.ok()) return Reply(ProblemReply(request.status()), nullptr, true, request.status());
  const bool more = head_.size() > **size;
  head_.clear();
  Answer(*request, more);
}

void Connection::Answer(const HttpRequest& request, bool more) {
  if (more) {
    const Status status = MakeError(Code::HTTP_MALFORMED,
                                    "bytes came before the answer to the request before them; "
                                    "send one request at a time");
    return Reply(ProblemReply(status), &request, true, status);
  }
  if (!refused_.ok()) {
    const bool limited = CodeOf(refused_) == Code::RATE_LIMITED;
    return Reply(
        limited ? ProblemReply(refused_) : around_->handler()->OnRefused(request, refused_),
        &request, true, refused_);
  }
  if (side_ == Side::kLocal) {
    return Reply(around_->handler()->OnRequest(request, nullptr), &request,
                 request.HasWord("connection", "close"), absl::OkStatus());
  }
  const Status admitted = around_->AdmitRequest(peer_.id);
  if (!admitted.ok()) return Reply(ProblemReply(admitted), &request, false, admitted);
  if (IsUpgrade(request)) {
    Queue("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " +
          std::string(kUpgradeProtocol) + "\r\n\r\n");
    return OpenSession(false);
  }
  if (request.target == kUpgradeTarget) {
    const Status status =
        MakeError(Code::PROTOCOL_VERSION, "a session begins with `Upgrade: tombolo/1` in a GET");
    return Reply(ProblemReply(status), &request, false, status);
  }
  Reply(around_->handler()->OnRequest(request, &peer_), &request,
        request.HasWord("connection", "close"), absl::OkStatus());
}

void Connection::Reply(const HttpReply& reply, const HttpRequest* request, bool closing,
                       const Status& why) {
  Queue(EncodeReply(reply, request, closing));
  if (closing) return Close(true, why);
  if (state_ == State::kHead) Limit(around_->settings().head_ms_max, "the HTTP head");
}

void Connection::TakeAnswer() {
  const StatusOr<std::optional<size_t>> size = HeadBytes(head_);
  if (!size.ok()) return Close(false, size.status());
  if (!size->has_value()) return;
  const StatusOr<HttpAnswer> answer = ParseAnswer(std::string_view(head_).substr(0, **size));
  if (!answer.ok()) return Close(false, answer.status());
  if (answer->status == 101 && answer->upgrade == kUpgradeProtocol) {
    const std::string after = head_.substr(**size);
    head_ = std::string();
    OpenSession(true);
    if (!after.empty() && state_ == State::kSession) Take(after);
    return;
  }
  const std::string_view body = std::string_view(head_).substr(**size);
  const size_t wanted = std::min(answer->content_bytes, limits::kSmallPayloadBytesMax);
  if (body.size() >= wanted) Close(true, ErrorInProblem(answer->status, body));
}

void Connection::OpenSession(bool dialled) {
  if (state_ != State::kHead) return;  // the answer could not be written
  state_ = State::kSession;
  head_ = std::string();
  socket_->DropAlarm();
  watched_ = false;
  if (!queue_.empty()) WatchStall();
  around_->handler()->OnOpen(id_, peer_, dialled);
}

// --- writing

void Connection::Queue(std::string bytes) {
  queue_.Add({std::move(bytes), nullptr});
  Flush();
}

void Connection::Send(std::vector<Buffer> buffers) {
  if (state_ != State::kSession) return;
  for (Buffer& buffer : buffers) queue_.Add(std::move(buffer));
  if (queue_.bytes() > around_->settings().send_queue_bytes_max) {
    return Close(false, MakeError(Code::PEER_TOO_SLOW,
                                  "more bytes wait for the peer than a connection may hold"));
  }
  Flush();
}

void Connection::Flush() {
  if (waits_to_write_ || flushing_ || state_ == State::kGone || state_ == State::kFarewell) return;
  const auto self = shared_from_this();
  flushing_ = true;
  Step step = Step::kDone;
  while (!queue_.empty() && step == Step::kDone) {
    size_t taken = 0;
    step = stream_->Write(queue_.Front(), &taken);
    if (step == Step::kDone) {
      queue_.Take(taken);
      sent_ += taken;
    }
  }
  flushing_ = false;
  if (step == Step::kFailed || step == Step::kClosed) {
    const Status broke = step == Step::kFailed
                             ? stream_->error()
                             : MakeError(Code::IO_ERROR, "the peer has closed the connection");
    return Close(false, broke);
  }
  if (step != Step::kDone) {
    waits_to_write_ = true;
    const auto again = [self] {
      self->waits_to_write_ = false;
      self->Flush();
    };
    step == Step::kWantRead ? socket_->WaitReadable(again) : socket_->WaitWritable(again);
  }
  if (state_ == State::kSession) {
    if (!queue_.empty()) WatchStall();
    around_->handler()->OnDrained(id_, queue_.bytes());
  } else if (state_ == State::kFlushing && queue_.empty()) {
    SayFarewell();
  }
}

void Connection::WatchStall() {
  if (watched_) return;
  watched_ = true;
  const uint64_t goal = sent_ + std::min<uint64_t>(queue_.bytes(), kStallFloorBytes);
  socket_->SetAlarm(around_->settings().stalled_send_ms_max, [self = shared_from_this(), goal] {
    self->watched_ = false;
    if (self->state_ != State::kSession || self->queue_.empty()) return;
    if (self->sent_ >= goal) return self->WatchStall();
    self->Close(false, MakeError(Code::PEER_TOO_SLOW,
                                 "the peer takes what is sent to it too slowly or not at all"));
  });
}

// --- the end

void Connection::Close(bool after_sending, const Status& why) {
  if (state_ == State::kFlushing || state_ == State::kFarewell || state_ == State::kGone) {
    if (!after_sending) Drop();
    return;
  }
  const bool shaken = state_ != State::kHandshake;
  why_ = why;
  if (!after_sending) return Drop();
  state_ = State::kFlushing;
  socket_->SetAlarm(around_->settings().farewell_ms_max,
                    [self = shared_from_this()] { self->Drop(); });
  if (!shaken || queue_.empty()) return SayFarewell();
  Flush();
}

void Connection::SayFarewell() {
  state_ = State::kFarewell;
  stream_->SayEnd();
  socket_->SayEnd();
  Discard();
}

void Connection::Discard() {
  if (state_ != State::kFarewell) return;
  const absl::Span<char> scratch = around_->scratch();
  const ssize_t got = ::recv(socket_->descriptor(), scratch.data(), scratch.size(), 0);
  const bool empty = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (got <= 0 && !empty) return Drop();
  socket_->WaitReadable([self = shared_from_this()] { self->Discard(); });
}

void Connection::Drop() {
  if (state_ == State::kGone) return;
  state_ = State::kGone;
  const auto self = shared_from_this();
  socket_->Close();
  around_->Left(id_, name_, admitted_, why_);
}

void Connection::Reidentify() {
  if (chain_.empty() || (state_ != State::kHead && state_ != State::kSession)) return;
  StatusOr<trust::PeerIdentity> who = around_->handler()->Identify(chain_);
  if (!who.ok()) return Close(true, who.status());
  if (refused_.ok()) peer_ = *std::move(who);
}

}  // namespace tombolo::net
