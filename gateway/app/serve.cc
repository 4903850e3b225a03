#include "gateway/app/serve.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "gateway/app/code_lists.h"
#include "gateway/app/serve_files.h"
#include "gateway/app/serve_log.h"
#include "gateway/app/service_notice.h"
#include "gateway/base/limits.h"

namespace tombolo::app {
namespace {

constexpr size_t kWaitingBytes = 1 * limits::kMiB;      // of one connection, for the desk
constexpr size_t kAllWaitingBytes = 64 * limits::kMiB;  // of all of them
constexpr int64_t kWaitUs = 60'000'000;                 // at most, without an event
constexpr int64_t kPublishUs = 250'000;                 // between two snapshots
constexpr int64_t kStuckUs = 30'000'000;                // a turn or page that takes longer
constexpr int64_t kMillisecondUs = 1000;
constexpr int64_t kDayUs = int64_t{86400} * 1000000;
constexpr uint64_t kLiveEntries = 64;                   // to a stream's end
constexpr uint64_t kLivePagesBytes = 1 * limits::kMiB;  // kept for further subscribers
constexpr int kFarewellMs = 1500;                       // of the network, when the desk has ended
constexpr char kYamlFile[] = "node.yaml";

LogLevel LevelFor(const std::string& peer) {
  return peer.empty() ? LogLevel::kDebug : LogLevel::kWarn;
}

std::string_view CodeName(const Status& status) {
  return status.ok() ? std::string_view("OK") : NameOf(CodeOf(status));
}

}  // namespace

Serving::Serving() : ended_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Serving::~Serving() {
  pages_.reset();
  server_.reset();
  if (ended_event_ >= 0) ::close(ended_event_);
}

StatusOr<std::unique_ptr<Serving>> Serving::Open(const std::string& node_folder) {
  std::unique_ptr<Serving> serving(new Serving());
  RETURN_IF_ERROR(serving->Prepare(node_folder));
  return serving;
}

Status Serving::Prepare(const std::string& node_folder) {
  os::SystemClock clock;
  begun_us_ = clock.MonotonicUs();
  ASSIGN_OR_RETURN(node_, NodeFolder::Open(node_folder, Access::kServe));
  ASSIGN_OR_RETURN(config_, CheckServeConfig(node_->config()));
  RETURN_IF_ERROR(OpenLog(config_.log_level()));
  ASSIGN_OR_RETURN(yaml_,
                   os::ReadFile(os::JoinPath(node_folder, kYamlFile), limits::kYamlBytesMax));
  ASSIGN_OR_RETURN(doorbell_, os::Doorbell::Hang(node_folder));
  ASSIGN_OR_RETURN(ServeFiles files, ReadServeFiles(node_folder));
  ASSIGN_OR_RETURN(const boundary::CodeLists codes, LoadCodeLists(node_->config()));
  ASSIGN_OR_RETURN(desk_,
                   node::ExchangeDesk::Open(node_->context(), config_, codes, &files.first_root));
  RETURN_IF_ERROR(OpenNetwork(files.identity));
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> reader, node_->OpenReader());
  // Packing costs more than it saves where peers call over loopback.
  const bool compress = !absl::StartsWith(config_.listen(), "127.");
  pages_ = std::make_unique<PageThread>(
      std::move(reader), node_->context().cursor_key, config_.cache_bytes(), compress,
      node_->context().clock, [this](node::PageReady page) { queue_->Put(std::move(page)); });
  cursors_ = std::make_unique<ledger::CursorCodec>(node_->context().cursor_key);
  live_pages_ = std::make_unique<node::PageMaker>(
      node_->context().store, cursors_.get(), node::PageMaker::Settings{kLivePagesBytes, nullptr});
  queue_->Put(node::Documents{std::move(files.documents)});
  return absl::OkStatus();
}

Status Serving::OpenNetwork(const net::TlsIdentity& identity) {
  queue_ = std::make_unique<EventQueue>(EventQueue::Bounds{kWaitingBytes, kAllWaitingBytes},
                                        [this](node::ConnectionId connection, bool pause) {
                                          pause ? server_->Pause(connection)
                                                : server_->Resume(connection);
                                        });
  Publish(true);
  ASSIGN_OR_RETURN(server_, net::Server::Open(NetSettings(config_), identity, this));
  return absl::OkStatus();
}

// --- the desk's thread

void Serving::DeskThread() {
  while (!abandoned_) {
    const int64_t now_us = node_->clock().MonotonicUs();
    int64_t until_us = std::min(desk_->NextTurnUs(), now_us + kWaitUs);
    if (unpublished_) until_us = std::min(until_us, published_us_ + kPublishUs);
    if (!made_.empty()) until_us = now_us;
    std::vector<node::Event> events = queue_->Take(std::max<int64_t>(0, until_us - now_us));
    events.insert(events.begin(), std::make_move_iterator(made_.begin()),
                  std::make_move_iterator(made_.end()));
    made_.clear();
    const int64_t begun_us = node_->clock().MonotonicUs();
    turn_since_us_ = begun_us;
    std::vector<node::Wish> wishes;
    outcome_ = desk_->Turn(std::move(events), &wishes);
    turns_.Add(node_->clock().MonotonicUs() - begun_us);
    turn_since_us_ = 0;
    ShareFederation();  // before connections are identified anew
    CarryOut(std::move(wishes));
    Publish(false);
    if (!outcome_.ok() || desk_->stopped()) break;
  }
  server_->Stop(kFarewellMs);
  const uint64_t one = 1;
  (void)!::write(ended_event_, &one, sizeof(one));
}

void Serving::CarryOut(std::vector<node::Wish> wishes) {
  std::vector<net::Buffer> buffers;
  node::ConnectionId connection = 0;
  const auto flush = [&] {
    if (!buffers.empty()) server_->Send(connection, std::exchange(buffers, {}));
  };
  for (node::Wish& wish : wishes) {
    auto* send = std::get_if<node::Send>(&wish);
    if (send == nullptr || send->connection != connection) flush();
    if (send != nullptr) {
      connection = send->connection;
      buffers.push_back({std::move(send->head), std::move(send->shared)});
    } else if (auto* hang = std::get_if<node::Hang>(&wish)) {
      server_->Close(hang->connection, hang->after_sending);
    } else if (auto* fetch = std::get_if<node::Fetch>(&wish)) {
      if (!MakeHere(fetch)) pages_->Ask(std::move(*fetch));
    } else if (auto* dial = std::get_if<node::DialPeer>(&wish)) {
      server_->Dial(dial->host, dial->port, dial->peer);
    } else if (std::holds_alternative<node::Reidentify>(wish)) {
      server_->Reidentify();
    } else if (auto* note = std::get_if<node::Note>(&wish)) {
      Log(note->why.ok() ? LogLevel::kInfo : LogLevel::kWarn, LogEvent::kExchange,
          {{LogName::kRemark, note->what},
           {LogName::kPeer, note->peer},
           {LogName::kCode, CodeName(note->why)}});
    }
  }
  flush();
}

bool Serving::MakeHere(node::Fetch* fetch) {
  const exchange::WantPage& want = fetch->want;
  const bool live = want.fill_layer < 0 && want.from_seq + kLiveEntries > want.to_size;
  if (!live) return false;
  const auto today = static_cast<int32_t>(node_->clock().NowUs() / kDayUs);
  auto page = live_pages_->Make(want, today);
  made_.emplace_back(node::PageReady{fetch->connection, std::move(fetch->want), std::move(page)});
  return true;
}

void Serving::ShareFederation() {
  std::shared_ptr<const trust::Federation> federation = desk_->authority()->federation;
  const std::lock_guard<std::mutex> lock(mutex_);
  federation_ = std::move(federation);
}

void Serving::Publish(bool at_once) {
  ShareFederation();
  const int64_t now_us = node_->clock().MonotonicUs();
  unpublished_ = !at_once && now_us - published_us_ < kPublishUs;
  if (unpublished_) return;
  published_us_ = now_us;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->origin = node_->context().origin;
  snapshot->program = node_->context().program;
  snapshot->federation = desk_->authority()->federation;
  snapshot->ready = desk_->Ready();
  snapshot->audit_head = desk_->AuditHead();
  snapshot->peers = desk_->Peers();
  snapshot->counts = desk_->counts();
  snapshot->turns = turns_;
  const std::lock_guard<std::mutex> lock(mutex_);
  snapshot_ = std::move(snapshot);
}

std::shared_ptr<const Snapshot> Serving::TakeSnapshot() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return snapshot_;
}

// --- the network's thread

StatusOr<trust::PeerIdentity> Serving::Identify(const std::vector<std::string>& chain) {
  std::shared_ptr<const trust::Federation> federation;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    federation = federation_;
  }
  return trust::Identify(*federation, chain, node_->clock().NowUs());
}

void Serving::OnOpen(net::ConnectionId id, const trust::PeerIdentity& peer, bool dialled) {
  open_.insert(id);
  ++sessions_;
  Log(LogLevel::kInfo, LogEvent::kSessionOpened,
      {{LogName::kSession, static_cast<int64_t>(id)},
       {LogName::kPeer, peer.id},
       {LogName::kDialled, int64_t{dialled}}});
  queue_->Put(node::Opened{id, peer, dialled});
}

void Serving::OnBytes(net::ConnectionId id, std::string_view bytes) {
  queue_->Put(node::Arrived{id, std::string(bytes)});
}

void Serving::OnDrained(net::ConnectionId id, uint64_t queued_bytes) {
  queue_->Put(node::Drained{id, queued_bytes});
}

void Serving::OnClosed(net::ConnectionId id, const std::string& peer, const Status& why) {
  if (peer == net::kLocalPeer) return;
  const bool was_open = open_.erase(id) > 0;
  if (was_open) --sessions_;
  if (!was_open && why.ok()) return;  // single requests
  const LogLevel level = was_open ? LogLevel::kInfo : LevelFor(peer);
  Log(level, was_open ? LogEvent::kSessionClosed : LogEvent::kRefused,
      {{LogName::kSession, static_cast<int64_t>(id)},
       {LogName::kPeer, peer},
       {LogName::kCode, CodeName(why)}});
  queue_->Put(node::Closed{id, peer, why});
}

Moment Serving::Now() {
  Moment moment;
  moment.now_us = node_->clock().NowUs();
  moment.sessions = sessions_;
  moment.handshakes = server_->handshakes();
  moment.escaped_exceptions = server_->escaped_exceptions();
  const int64_t monotonic_us = node_->clock().MonotonicUs();
  for (const int64_t since_us : {turn_since_us_.load(), pages_->busy_since_us()}) {
    if (since_us != 0 && monotonic_us - since_us > kStuckUs) {
      moment.alive = MakeError(Code::INTERNAL, "a thread has not answered for half a minute");
    }
  }
  return moment;
}

net::HttpReply Serving::OnRequest(const net::HttpRequest& request,
                                  const trust::PeerIdentity* peer) {
  const std::shared_ptr<const Snapshot> snapshot = TakeSnapshot();
  const net::HttpReply reply = peer == nullptr ? AnswerOperator(request, *snapshot, Now())
                                               : AnswerMember(request, *snapshot, *peer);
  Log(LogLevel::kDebug, LogEvent::kAnswered,
      {{LogName::kPeer, peer == nullptr ? "" : peer->id},
       {LogName::kTarget, PathOf(request)},
       {LogName::kHttpStatus, int64_t{reply.status}},
       {LogName::kTrace, net::TraceParent(request)}});
  return reply;
}

net::HttpReply Serving::OnRefused(const net::HttpRequest& request, const Status& why) {
  return AnswerRefused(request, *TakeSnapshot(), why);
}

// --- the main thread

void Serving::Reload() {
  const std::string& folder = node_->path();
  const auto failed = [](const Status& status) {
    Log(LogLevel::kError, LogEvent::kReloadFailed,
        {{LogName::kCode, CodeName(status)}, {LogName::kAdvice, ToStd(status.message())}});
  };
  const StatusOr<std::string> yaml =
      os::ReadFile(os::JoinPath(folder, kYamlFile), limits::kYamlBytesMax);
  if (yaml.ok() && *yaml != yaml_) {
    failed(MakeError(Code::CONFIG_VALUE, "node.yaml has changed; start the server anew for it"));
  }
  StatusOr<ServeFiles> files = ReadServeFiles(folder);
  if (!files.ok()) return failed(files.status());
  const Status identity = server_->SetIdentity(files->identity);
  if (!identity.ok()) failed(identity);
  queue_->Put(node::Documents{std::move(files->documents)});
  if (identity.ok()) Log(LogLevel::kInfo, LogEvent::kReloaded, {});
}

void Serving::Stop() { os::RingDoorbell(node_->path(), os::Ring::kStop); }

Status Serving::OnSignal(int signals) {
  signalfd_siginfo info = {};
  if (::read(signals, &info, sizeof(info)) != sizeof(info)) return absl::OkStatus();
  if (info.ssi_signo == SIGHUP) {
    Reload();
    return absl::OkStatus();
  }
  if (stopping_) return MakeError(Code::INTERRUPTED, "ended by a second signal");
  Stop();
  return absl::OkStatus();
}

// Until the desk has ended: rings, signals, and the span of an orderly end.
Status Serving::Wait(int signals) {
  int64_t end_us = 0;  // monotonic; when the patience is over
  pollfd waits[] = {
      {ended_event_, POLLIN, 0}, {doorbell_->descriptor(), POLLIN, 0}, {signals, POLLIN, 0}};
  for (;;) {
    const int64_t now_us = node_->clock().MonotonicUs();
    if (stopping_ && now_us >= end_us) {
      return MakeError(Code::DEADLINE_EXCEEDED, "the exchange did not end in time");
    }
    const int64_t left_ms = stopping_ ? (end_us - now_us) / kMillisecondUs + 1 : -1;
    (void)::poll(waits, 3, static_cast<int>(left_ms));
    if ((waits[0].revents & POLLIN) != 0) return absl::OkStatus();
    if ((waits[2].revents & POLLIN) != 0) RETURN_IF_ERROR(OnSignal(signals));
    if ((waits[1].revents & POLLIN) == 0) continue;
    const os::Ring ring = doorbell_->Wait(0);
    if (ring == os::Ring::kReload) Reload();
    if (ring == os::Ring::kMoved) queue_->Put(node::StoreMoved{});
    if (ring != os::Ring::kStop || stopping_) continue;
    stopping_ = true;
    end_us = node_->clock().MonotonicUs() + limits::kStopMsMax * kMillisecondUs;
    Log(LogLevel::kInfo, LogEvent::kStopping, {});
    TellServiceManager("STOPPING=1");
    server_->StopListening();
    queue_->Put(node::StopAll{});
  }
}

Status Serving::Run(int signals) {
  net_thread_ = std::thread([this] { server_->Run(); });
  desk_thread_ = std::thread([this] { DeskThread(); });
  Log(LogLevel::kInfo, LogEvent::kReady,
      {{LogName::kNode, node_->context().origin},
       {LogName::kListenPort, int64_t{port()}},
       {LogName::kLocalPort, int64_t{local_port()}},
       {LogName::kStartMs, (node_->clock().MonotonicUs() - begun_us_) / kMillisecondUs}});
  TellServiceManager("READY=1");
  Status status = Wait(signals);
  abandoned_ = true;
  queue_->Wake();
  desk_thread_.join();
  net_thread_.join();
  if (status.ok()) status = outcome_;
  Log(status.ok() ? LogLevel::kInfo : LogLevel::kError,
      status.ok() ? LogEvent::kStopped : LogEvent::kFailed,
      {{LogName::kCode, CodeName(status)}, {LogName::kAdvice, ToStd(status.message())}});
  return status;
}

}  // namespace tombolo::app
