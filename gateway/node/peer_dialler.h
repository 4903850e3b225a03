// When this node opens a session with which peer, and after how long again.
//
// A peer with `dial` is called at the endpoint of node.yaml or else at those of the registry, in
// turn. After a failure it waits 1 s, doubling to 60 s, of which a half is random, so that a hub
// that was away is not called by all at once; after a refusal that asks not to come back it waits
// for Again (docs/protocol.md, "Trouble"). Ownership: borrows the entropy. Thread-safety: one
// thread. Errors: none.
#ifndef TOMBOLO_GATEWAY_NODE_PEER_DIALLER_H_
#define TOMBOLO_GATEWAY_NODE_PEER_DIALLER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/seams.h"
#include "gateway/trust/federation.h"
#include "tombolo/v1/node.pb.h"

namespace tombolo::node {

struct DialPeer {
  std::string peer, host;
  uint16_t port = 0;
};

class PeerDialler {
 public:
  PeerDialler(const v1::ServeConfig& config, Entropy* entropy);

  // Calls that are due at `now_us` (monotonic). Members that the federation does not know, or that
  // are not active, are left out.
  std::vector<DialPeer> Due(const trust::Federation& federation, int64_t now_us);
  // The peer's session is open, whoever dialled it.
  void Connected(std::string_view peer);
  // The session or the call ended. `come_back` false: not before Again.
  void Lost(std::string_view peer, bool come_back, int64_t now_us);
  // Something has changed: whoever waits may be called at once.
  void Again(int64_t now_us);
  int64_t NextUs() const;  // INT64_MAX: nobody waits

 private:
  struct Peer {
    v1::PeerConfig config;
    int64_t next_us = 0;
    int failures = 0;
    size_t endpoint = 0;  // of the registry's, to be tried next
    bool busy = false;    // a call or a session is under way
    bool parked = false;  // until Again
  };
  static DialPeer CallOf(const Peer& peer, const v1::Member& member);

  Entropy* entropy_;
  std::map<std::string, Peer, std::less<>> peers_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_PEER_DIALLER_H_
