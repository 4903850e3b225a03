// A node at work: the network's thread, the desk's and the pages', and who carries what from one to
// the other (docs/decisions/2026-11-22-serving.md).
//
// Callbacks of the network put events into the desk's queue; a turn's wishes go back to the network
// and to the pages. Single requests are answered on the network's thread from a snapshot.
// Ownership: a Serving owns everything it has started; Run ends it. Thread-safety: Reload and Stop
// from any thread; Run once. Errors: of Open those of node.yaml, keys, certificates, documents and
// listeners; of Run those of the store.
#ifndef TOMBOLO_GATEWAY_APP_SERVE_H_
#define TOMBOLO_GATEWAY_APP_SERVE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/app/event_queue.h"
#include "gateway/app/node_folder.h"
#include "gateway/app/page_thread.h"
#include "gateway/app/serve_http.h"
#include "gateway/net/server.h"
#include "gateway/node/exchange_desk.h"
#include "gateway/os/doorbell.h"

namespace tombolo::app {

class Serving : public net::Handler {
 public:
  static StatusOr<std::unique_ptr<Serving>> Open(const std::string& node_folder);
  ~Serving() override;

  // Serves until it is stopped and has ended in order, at most limits::kStopMsMax later.
  // `signals`: a descriptor of signalfd(2), or -1: SIGHUP reloads, SIGTERM and SIGINT stop, a
  // second one ends at once (INTERRUPTED).
  Status Run(int signals);
  void Reload();
  void Stop();

  uint16_t port() const { return server_->port(); }
  uint16_t local_port() const { return server_->local_port(); }

  // net::Handler
  StatusOr<trust::PeerIdentity> Identify(const std::vector<std::string>& chain) override;
  void OnOpen(net::ConnectionId id, const trust::PeerIdentity& peer, bool dialled) override;
  void OnBytes(net::ConnectionId id, std::string_view bytes) override;
  void OnDrained(net::ConnectionId id, uint64_t queued_bytes) override;
  void OnClosed(net::ConnectionId id, const std::string& peer, const Status& why) override;
  net::HttpReply OnRequest(const net::HttpRequest& request,
                           const trust::PeerIdentity* peer) override;
  net::HttpReply OnRefused(const net::HttpRequest& request, const Status& why) override;

 private:
  Serving();
  Status Prepare(const std::string& node_folder);
  Status OpenNetwork(const net::TlsIdentity& identity);
  void DeskThread();
  void CarryOut(std::vector<node::Wish> wishes);
  // A few entries at a stream's end: made here and now, for waking another thread would cost more.
  bool MakeHere(node::Fetch* fetch);
  void ShareFederation();
  void Publish(bool at_once);
  std::shared_ptr<const Snapshot> TakeSnapshot();
  Status Wait(int signals);
  Status OnSignal(int signals);
  Moment Now();

  std::unique_ptr<NodeFolder> node_;
  v1::ServeConfig config_;
  std::string yaml_;      // as it was at the start
  int64_t begun_us_ = 0;  // monotonic
  std::unique_ptr<os::Doorbell> doorbell_;
  std::unique_ptr<node::ExchangeDesk> desk_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<EventQueue> queue_;
  std::unique_ptr<PageThread> pages_;
  std::thread net_thread_, desk_thread_;

  // Of the network's thread.
  std::set<net::ConnectionId> open_;
  // Of the desk's thread.
  std::unique_ptr<ledger::CursorCodec> cursors_;
  std::unique_ptr<node::PageMaker> live_pages_;
  std::vector<node::Event> made_;  // here, for the next turn
  Durations turns_;
  int64_t published_us_ = 0;
  bool unpublished_ = false;
  Status outcome_;

  std::atomic<uint64_t> sessions_{0};
  std::atomic<int64_t> turn_since_us_{0};  // monotonic; 0: the desk waits
  std::atomic<bool> stopping_{false}, abandoned_{false};
  int ended_event_ = -1;  // readable when the desk has ended
  std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;             // guarded by mutex_
  std::shared_ptr<const trust::Federation> federation_;  // guarded by mutex_
};

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_SERVE_H_
