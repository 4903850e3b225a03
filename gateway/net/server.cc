#include "gateway/net/server.h"

#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <utility>

#include "gateway/net/connection.h"

namespace tombolo::net {
namespace {

constexpr size_t kScratchBytes = 64 * limits::kKiB;
constexpr size_t kLocalConnections = 16;  // at once, on the local listener
constexpr int kSecondMs = 1000;

class ServerImpl : public Server, public Surroundings {
 public:
  ServerImpl(const ServerSettings& settings, Handler* handler)
      : settings_(settings), handler_(handler), scratch_(kScratchBytes), loop_(Loop::Make()) {}
  ~ServerImpl() override {
    // Sockets go before the loop; nobody is told any more.
    for (auto& [id, entry] : table_) entry.connection.reset();
    table_.clear();
    loop_.reset();
  }

  Status Listen() {
    if (!settings_.listen.empty()) {
      ASSIGN_OR_RETURN(port_, loop_->Listen(settings_.listen, [this](auto socket) {
        Accept(Side::kAccepted, std::move(socket));
      }));
    }
    if (!settings_.local.empty()) {
      ASSIGN_OR_RETURN(local_port_, loop_->Listen(settings_.local, [this](auto socket) {
        Accept(Side::kLocal, std::move(socket));
      }));
    }
    return absl::OkStatus();
  }

  // --- Server
  void Run() override { loop_->Run(); }
  void StopListening() override {
    loop_->Post([this] { loop_->StopListening(); });
  }
  void Stop(int deadline_ms) override {
    loop_->Post([this, deadline_ms] {
      stopping_ = true;
      loop_->StopListening();
      ForEach([](Connection* connection) { connection->Close(true, absl::OkStatus()); });
      if (table_.empty()) loop_->Stop();
      loop_->After(deadline_ms, [this] { loop_->Stop(); });
    });
  }
  ConnectionId Dial(const std::string& host, uint16_t port, const std::string& peer) override {
    const ConnectionId id = ++last_id_;
    loop_->Post([this, id, host, port, peer] {
      if (stopping_) return;
      loop_->Connect(host, port, settings_.handshake_ms_max,
                     [this, id, peer](StatusOr<std::unique_ptr<Socket>> socket) {
                       if (!socket.ok()) return handler_->OnClosed(id, peer, socket.status());
                       Begin(id, Side::kDialled, peer, *std::move(socket));
                     });
    });
    return id;
  }
  void Send(ConnectionId id, std::vector<Buffer> buffers) override {
    loop_->Post([this, id, buffers = std::move(buffers)]() mutable {
      if (Connection* connection = Find(id)) connection->Send(std::move(buffers));
    });
  }
  void Pause(ConnectionId id) override {
    With(id, [](Connection* connection) { connection->Pause(); });
  }
  void Resume(ConnectionId id) override {
    With(id, [](Connection* connection) { connection->Resume(); });
  }
  void Close(ConnectionId id, bool after_sending) override {
    With(id, [after_sending](Connection* connection) {
      connection->Close(after_sending, absl::OkStatus());
    });
  }
  Status SetIdentity(const TlsIdentity& identity) override {
    ASSIGN_OR_RETURN(std::shared_ptr<const TlsContext> made, TlsContext::Make(identity));
    const std::lock_guard<std::mutex> lock(mutex_);
    context_ = std::move(made);
    return absl::OkStatus();
  }
  void Reidentify() override {
    loop_->Post([this] { ForEach([](Connection* connection) { connection->Reidentify(); }); });
  }
  void Post(std::function<void()> work, int delay_ms) override {
    delay_ms > 0 ? loop_->After(delay_ms, std::move(work)) : loop_->Post(std::move(work));
  }
  uint16_t port() const override { return port_; }
  uint16_t local_port() const override { return local_port_; }
  uint64_t escaped_exceptions() const override { return loop_->escaped_exceptions(); }

  uint64_t handshakes() const override { return handshakes_; }

  // --- Surroundings
  void Shaken() override { ++handshakes_; }
  Handler* handler() override { return handler_; }
  const ServerSettings& settings() const override { return settings_; }
  Loop* loop() override { return loop_.get(); }
  absl::Span<char> scratch() override { return absl::MakeSpan(scratch_); }
  Status AdmitConnection(const std::string& peer) override {
    Peer& state = peers_[peer];
    if (state.connections >= settings_.connections_per_peer_max) {
      return MakeError(Code::RATE_LIMITED, "too many connections of one peer at once");
    }
    ++state.connections;
    return absl::OkStatus();
  }
  Status AdmitRequest(const std::string& peer) override {
    Peer& state = peers_[peer];
    const int64_t now_ms = loop_->NowMs();
    if (now_ms - state.second_began_ms >= kSecondMs) {
      state.second_began_ms = now_ms;
      state.requests = 0;
    }
    if (++state.requests > settings_.requests_per_second_max) {
      return MakeError(Code::RATE_LIMITED, "too many requests in this second");
    }
    return absl::OkStatus();
  }
  void Left(ConnectionId id, const std::string& peer, bool admitted, const Status& why) override {
    if (admitted) --peers_[peer].connections;
    const auto found = table_.find(id);
    if (found != table_.end()) {
      local_count_ -= found->second.side == Side::kLocal;
      table_.erase(found);
    }
    handler_->OnClosed(id, peer, why);
    if (stopping_ && table_.empty()) loop_->Stop();
  }

 private:
  struct Entry {
    Side side;
    std::shared_ptr<Connection> connection;
  };
  struct Peer {  // members only, so their number is bounded
    uint32_t connections = 0;
    uint32_t requests = 0;  // in the second that began then
    int64_t second_began_ms = 0;
  };

  Connection* Find(ConnectionId id) {
    const auto found = table_.find(id);
    return found == table_.end() ? nullptr : found->second.connection.get();
  }
  void With(ConnectionId id, std::function<void(Connection*)> work) {
    loop_->Post([this, id, work = std::move(work)] {
      if (Connection* connection = Find(id)) work(connection);
    });
  }
  // Each connection that is there now, whatever becomes of the table.
  void ForEach(const std::function<void(Connection*)>& work) {
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, entry] : table_) all.push_back(entry.connection);
    for (const auto& connection : all) work(connection.get());
  }
  void Accept(Side side, std::unique_ptr<Socket> socket) {
    const bool full = side == Side::kLocal
                          ? local_count_ >= kLocalConnections
                          : table_.size() - local_count_ >= settings_.connections_max;
    const ConnectionId id = ++last_id_;
    if (full) {
      return handler_->OnClosed(id, "", MakeError(Code::RATE_LIMITED, "too many connections"));
    }
    Begin(id, side, "", std::move(socket));
  }
  void Begin(ConnectionId id, Side side, const std::string& peer, std::unique_ptr<Socket> socket) {
    std::shared_ptr<const TlsContext> context;
    if (side != Side::kLocal) {
      const std::lock_guard<std::mutex> lock(mutex_);
      context = context_;
    }
    auto connection = std::make_shared<Connection>(id, side, peer, std::move(socket), this);
    table_[id] = {side, connection};
    local_count_ += side == Side::kLocal;
    connection->Start(std::move(context));
  }

  const ServerSettings settings_;
  Handler* const handler_;
  std::vector<char> scratch_;
  std::unique_ptr<Loop> loop_;
  std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;  // guarded by mutex_
  std::map<ConnectionId, Entry> table_;
  size_t local_count_ = 0;
  std::map<std::string, Peer> peers_;
  std::atomic<ConnectionId> last_id_{0};
  std::atomic<uint64_t> handshakes_{0};
  uint16_t port_ = 0, local_port_ = 0;
  bool stopping_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::Open(const ServerSettings& settings,
                                               const TlsIdentity& identity, Handler* handler) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
  auto server = std::make_unique<ServerImpl>(settings, handler);
  RETURN_IF_ERROR(server->SetIdentity(identity));
  RETURN_IF_ERROR(server->Listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tombolo::net
