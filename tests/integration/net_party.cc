#include "tests/integration/net_party.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace tombolo::net {
namespace {

void Need(bool good, const std::string& what) {
  if (good) return;
  std::fprintf(stderr, "fixture: %s\n", what.c_str());
  std::abort();
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string PemOf(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  BIO* bio = BIO_new(BIO_s_mem());
  Need(certificate != nullptr && PEM_write_bio_X509(bio, certificate) == 1, "certificate");
  X509_free(certificate);
  return TextOf(bio);
}

std::string PemOf(const trust::Key& key) {
  BIO* bio = BIO_new(BIO_s_mem());
  Need(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "key");
  return TextOf(bio);
}

}  // namespace

int64_t ElapsedMs() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

trust::CertificateSpec Province() { return trust::IntermediateSpec(trust::RootSpec()); }
trust::CertificateSpec CityNode() { return trust::NodeSpec(Province(), trust::kCity, 32); }
trust::CertificateSpec TownNode() { return trust::NodeSpec(Province(), trust::kTown, 33); }

trust::FederationPtr ListedFederation() {
  const trust::CertificateSpec root = trust::RootSpec(), province = Province();
  const trust::FederationPtr listed =
      Then(trust::SampleFederation(), trust::ListDocument({root}, MakeCertificate(root)));
  return Then(listed, trust::ListDocument({province}, MakeCertificate(province)));
}

TlsIdentity IdentityOf(const testing::TempDir& dir, const trust::CertificateSpec& node,
                       const trust::CertificateSpec& issuer) {
  TlsIdentity identity;
  identity.certificate_chain_pem = PemOf(MakeCertificate(node)) + PemOf(MakeCertificate(issuer));
  identity.key_path = dir.Write("key.pem", PemOf(node.key));
  identity.authorities_der = {MakeCertificate(trust::RootSpec())};
  return identity;
}

ServerSettings TestSettings() {
  ServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.farewell_ms_max = 100;
  return settings;
}

Party::Party(const trust::CertificateSpec& node, const ServerSettings& settings,
             const trust::CertificateSpec& issuer) {
  StatusOr<std::unique_ptr<Server>> server =
      Server::Open(settings, IdentityOf(dir_, node, issuer), this);
  Need(server.ok(), Describe(server.status()));
  server_ = *std::move(server);
  thread_ = std::thread([this] { server_->Run(); });
}

Party::~Party() {
  server_->Stop(500);
  thread_.join();
}

void Party::SetFederation(trust::FederationPtr federation) {
  const std::lock_guard<std::mutex> lock(mutex_);
  federation_ = std::move(federation);
}

bool Party::WaitFor(std::unique_lock<std::mutex>* lock, const std::function<bool()>& holds) {
  return changed_.wait_for(*lock, std::chrono::milliseconds(kWaitMs), holds);
}

ConnectionId Party::NextOpen() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!WaitFor(&lock, [this] { return !opens_.empty(); })) return 0;
  const ConnectionId id = opens_.front();
  opens_.pop_front();
  return id;
}

Party::Closing Party::NextClosing() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!WaitFor(&lock, [this] { return !closings_.empty(); })) {
    return {0, "", MakeError(Code::INTERNAL, "nothing was closed")};
  }
  const Closing closing = closings_.front();
  closings_.pop_front();
  return closing;
}

std::string Party::BytesOf(ConnectionId id, size_t bytes_min) {
  std::unique_lock<std::mutex> lock(mutex_);
  WaitFor(&lock, [&] { return bytes_[id].size() >= bytes_min; });
  return bytes_[id];
}

size_t Party::requests() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

StatusOr<trust::PeerIdentity> Party::Identify(const std::vector<std::string>& chain) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return trust::Identify(*federation_, chain, trust::kNowUs);
}

void Party::OnOpen(ConnectionId id, const trust::PeerIdentity&, bool) {
  const std::lock_guard<std::mutex> lock(mutex_);
  opens_.push_back(id);
  changed_.notify_all();
}

void Party::OnBytes(ConnectionId id, std::string_view bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  bytes_[id] += bytes;
  changed_.notify_all();
}

void Party::OnDrained(ConnectionId, uint64_t) {}

void Party::OnClosed(ConnectionId id, const std::string& peer, const Status& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  closings_.push_back({id, peer, why});
  changed_.notify_all();
}

HttpReply Party::OnRequest(const HttpRequest& request, const trust::PeerIdentity* peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++requests_;
  if (request.target != "/good") return ProblemReply(MakeError(Code::NOT_FOUND, "not here"));
  return {200, "application/json", peer == nullptr ? body : "\"" + peer->id + "\""};
}

RawClient::RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Need(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0, "connect");
}

RawClient::~RawClient() { ::close(socket_); }

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd wait = {socket_, POLLOUT, 0};
    if (::poll(&wait, 1, kWaitMs) != 1) return false;
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string RawClient::Receive(size_t bytes, int span_ms) {
  std::string got;
  const int64_t until_ms = ElapsedMs() + span_ms;
  while (got.size() < bytes && !ended_) {
    pollfd wait = {socket_, POLLIN, 0};
    const int64_t left_ms = until_ms - ElapsedMs();
    if (left_ms <= 0 || ::poll(&wait, 1, static_cast<int>(left_ms)) != 1) break;
    char block[4096];
    const ssize_t size = ::recv(socket_, block, std::min(sizeof(block), bytes - got.size()), 0);
    if (size <= 0) ended_ = true;
    if (size > 0) got.append(block, static_cast<size_t>(size));
  }
  return got;
}

std::string RawClient::ReceiveAll(int span_ms) { return Receive(SIZE_MAX, span_ms); }

void RawClient::EndSending() { ::shutdown(socket_, SHUT_WR); }

}  // namespace tombolo::net
