// One connection at the exchange desk: its session, the cutting and numbering of frames, and what
// waits for the next commit before it may be sent.
//
// Ownership: owned by the desk. Thread-safety: the desk's thread. Errors: none.
#ifndef TOMBOLO_GATEWAY_NODE_SESSION_LINE_H_
#define TOMBOLO_GATEWAY_NODE_SESSION_LINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/exchange/session.h"
#include "gateway/node/exchange_desk.h"
#include "gateway/node/open_feeds.h"

namespace tombolo::node {

// A frame that is not numbered yet.
struct Outgoing {
  v1::FrameType type = v1::FRAME_TYPE_UNSPECIFIED;
  uint8_t flags = 0;
  std::string payload;                        // if `shared` is null
  std::shared_ptr<const std::string> shared;  // keeps the page that it is a part of
  std::optional<exchange::SendData> data;     // what it discloses; judged anew if it has to wait
};

struct SessionLine {
  SessionLine(ConnectionId id, trust::PeerIdentity who, bool dialled_here,
              std::string correlation_id)
      : connection(id),
        peer(std::move(who)),
        dialled(dialled_here),
        correlation(correlation_id),
        feeds(peer.id, std::move(correlation_id)) {}

  // The peer takes frames that the desk sends of itself.
  bool IsOpen() const { return !ended && session->state() == exchange::Session::State::kOpen; }
  // Now, or after the commit that something before it waits for.
  void Write(Outgoing frame, std::vector<Wish>* wishes);
  // What is disclosed and still waits is taken back: the rules have changed.
  void TakeBackData(int64_t now_us, exchange::Effects* effects);
  // After that commit.
  void Flush(std::vector<Wish>* wishes);

  ConnectionId connection;
  trust::PeerIdentity peer;
  bool dialled;
  std::string correlation;  // of the session's audit events
  std::unique_ptr<exchange::Session> session;
  exchange::FrameReader reader;
  OpenFeeds feeds;
  std::set<std::string> known_documents;  // digests that this peer has, or was sent
  std::set<std::string> told;             // origins whose documents were sent under this authority
  std::set<std::string> filled;           // streams whose gaps were asked for
  std::vector<Outgoing> later;
  v1::Hello theirs;
  std::optional<v1::Subscribe> wish;  // once it asked for its feed
  uint64_t staged_bytes = 0;          // of data frames that wait for the commit
  uint64_t shown_size = 0;            // of this node's audit log, as shown last
  uint64_t witnessed_size = 0;        // as the peer signed last in the session
  uint64_t shown_events = 0;          // of the audit log when its head was shown last
  uint32_t next_frame = 1;
  bool greeted = false;  // HELLO held
  bool receipt_due = false;
  uint64_t feed_waits = 0;  // number of the feed change that waits for its audit event
  bool holds_back = false;  // frames go to `later`
  bool hang_up = false;     // after `later`
  bool ended = false;
  bool come_back = true;  // whoever dials may try again

 private:
  void Put(Outgoing frame, std::vector<Wish>* wishes);
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SESSION_LINE_H_
