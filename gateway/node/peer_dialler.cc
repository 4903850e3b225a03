#include "gateway/node/peer_dialler.h"

#include <algorithm>
#include <limits>

namespace tombolo::node {
namespace {

constexpr int64_t kMillisecondUs = 1000;
constexpr int64_t kFirstWaitUs = 1000 * kMillisecondUs;
constexpr int64_t kLongestWaitUs = 60 * kFirstWaitUs;
constexpr int kDoublingsMax = 6;  // 64 s and more are cut to the longest

// Half of the wait is certain, half is random.
int64_t WaitUs(int failures, Entropy* entropy) {
  const int64_t whole = std::min(kFirstWaitUs << std::min(failures, kDoublingsMax), kLongestWaitUs);
  uint32_t drawn = 0;
  entropy->Fill(reinterpret_cast<char*>(&drawn), sizeof(drawn));
  return whole / 2 + static_cast<int64_t>(drawn) % (whole / 2 + 1);
}

}  // namespace

PeerDialler::PeerDialler(const v1::ServeConfig& config, Entropy* entropy) : entropy_(entropy) {
  for (const v1::PeerConfig& peer : config.peers()) {
    if (peer.dial()) peers_[peer.id()].config = peer;
  }
}

DialPeer PeerDialler::CallOf(const Peer& peer, const v1::Member& member) {
  const v1::Endpoint& endpoint =
      peer.config.has_endpoint()
          ? peer.config.endpoint()
          : member.endpoints(static_cast<int>(peer.endpoint) % member.endpoints_size());
  return {peer.config.id(), endpoint.host(), static_cast<uint16_t>(endpoint.port())};
}

std::vector<DialPeer> PeerDialler::Due(const trust::Federation& federation, int64_t now_us) {
  std::vector<DialPeer> calls;
  for (auto& [id, peer] : peers_) {
    if (peer.busy || peer.parked || peer.next_us > now_us) continue;
    const trust::MemberFacts* facts = federation.Find(id);
    const bool reachable = facts != nullptr && facts->member.state() == v1::ACTIVE &&
                           (peer.config.has_endpoint() || facts->member.endpoints_size() > 0);
    if (!reachable) {
      peer.parked = true;  // a new registry, or a reload, calls Again
      continue;
    }
    calls.push_back(CallOf(peer, facts->member));
    ++peer.endpoint;
    peer.busy = true;
  }
  return calls;
}

void PeerDialler::Connected(std::string_view id) {
  const auto it = peers_.find(id);
  if (it == peers_.end()) return;
  it->second.busy = true;
  it->second.failures = 0;
}

void PeerDialler::Lost(std::string_view id, bool come_back, int64_t now_us) {
  const auto it = peers_.find(id);
  if (it == peers_.end()) return;
  Peer& peer = it->second;
  if (!peer.busy) return;  // it waits already, or for the operator
  peer.busy = false;
  peer.parked = !come_back;
  peer.next_us = now_us + WaitUs(peer.failures, entropy_);
  ++peer.failures;
}

void PeerDialler::Again(int64_t now_us) {
  for (auto& [id, peer] : peers_) {
    if (!peer.parked) continue;
    peer.parked = false;
    peer.failures = 0;
    peer.next_us = now_us;
  }
}

int64_t PeerDialler::NextUs() const {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const auto& [id, peer] : peers_) {
    if (!peer.busy && !peer.parked) next = std::min(next, peer.next_us);
  }
  return next;
}

}  // namespace tombolo::node
