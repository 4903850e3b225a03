// Nodes of a small federation in one process, joined by queues instead of sockets: each has a
// store, a desk and a page maker; frames are carried as bytes, time stands still unless moved.
//
// Ownership: a World owns its nodes. Thread-safety: one thread. Errors: failed expectations.
#ifndef TOMBOLO_TESTS_INTEGRATION_EXCHANGE_WORLD_H_
#define TOMBOLO_TESTS_INTEGRATION_EXCHANGE_WORLD_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/node/exchange_desk.h"
#include "gateway/node/tick_writer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/trust/fixture.h"

namespace tombolo::node {

// A stream as a node holds it, for comparisons: one text an entry, e.g. "PUT 1:shown=3".
struct HeldStream {
  std::string item;
  v1::SharingClass sharing_class = v1::PUBLIC;
  std::vector<std::string> entries;
};

class World {
 public:
  struct Node {
    std::string id;
    uint64_t seed = 0;  // of its TLS key; plus 1000 its signing key
    testing::FakeEntropy entropy;
    std::unique_ptr<ledger::Signer> signer;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<record::Identity> identity;
    Context context;
    v1::ServeConfig config;
    std::unique_ptr<ledger::CursorCodec> cursors;
    std::unique_ptr<PageMaker> pages;
    std::unique_ptr<ExchangeDesk> desk;
    std::vector<Event> events;  // that wait for its next turn
    std::vector<Note> notes;
    std::vector<DialPeer> calls;
    uint64_t pages_made = 0;
  };

  World();

  // `seed` as in SampleRegistry: kProvince 31, kCity 32, kTown 33. `store`: a new one in memory, if
  // null.
  Node* Add(const std::string& id, uint64_t seed, std::unique_ptr<store::Store> store = nullptr);
  // `from` takes the feed of `to` with this purpose; it dials.
  void Subscribe(const std::string& from, const std::string& to, const std::string& purpose);
  // Root, registry, timestamp and lists to the node's desk, which it opens if need be.
  void Start(const std::string& id);
  void StartAll();
  // The process ends without a word; its store stays. Connections break.
  void Kill(const std::string& id);
  Node& At(const std::string& id) { return *nodes_.at(id); }

  // A version of an own record; three layers with these texts.
  void Put(const std::string& id, const std::string& item, v1::SharingClass sharing_class,
           uint8_t record, uint64_t version = 1);
  void Retract(const std::string& id, const std::string& item, v1::SharingClass sharing_class,
               uint8_t record, uint64_t version);
  // A policy of the node: GOVERNMENT of every item to every member for `purpose`; LIMITED by a
  // grant to `granted`, if not empty. Given to its desk.
  void Policy(const std::string& id, uint64_t version, const std::string& purpose,
              const std::string& granted = "");
  void Give(const std::string& id, const std::vector<v1::SignedDocument>& documents);

  // Joins two nodes as if `from` had dialled. Cut breaks every connection between them.
  void Connect(const std::string& from, const std::string& to);
  void Cut(const std::string& a, const std::string& b);
  // Turns of all nodes until nothing moves; calls (DialPeer) are connected. `bytes_max`: how much
  // of a Send arrives at once.
  void Run(size_t rounds_max = 2000);
  // Lets time pass in steps, running each.
  void Pass(int64_t us, int64_t step_us = 500000);

  // Streams of `origin` that the node holds.
  std::vector<HeldStream> Held(const std::string& id, const std::string& origin);
  // What each entry shows: all of its streams of a class, by item; one mask an entry.
  std::vector<v1::AuditEvent> Trail(const std::string& id);
  // How many events of this type.
  size_t Count(const std::string& id, v1::AuditEventType type);
  // Every own head verifies, and what is held of others is under a signed head of theirs.
  void ExpectSound(const std::string& id);
  bool Connected(const std::string& a, const std::string& b) const;

  testing::FakeClock clock;
  // Called for each chunk on its way; may change or drop it ("" = nothing arrives).
  std::function<void(const std::string& from, const std::string& to, std::string* bytes)> on_line;
  v1::Registry registry;
  uint64_t registry_version = 1;
  // Signs the changed `registry` and gives it to the node.
  void Republish(const std::string& id);

 private:
  struct Wire {
    std::string from, to;  // ids; `from` dialled
    bool closed = false;
  };
  bool TurnOf(Node* node);
  void Carry(Node* node, Wish& wish);
  Wire* WireOf(ConnectionId id) { return wires_.contains(id) ? &wires_[id] : nullptr; }
  std::string Other(const Wire& wire, const std::string& id) const {
    return wire.from == id ? wire.to : wire.from;
  }
  std::vector<std::string> ChainOf(const Node& node) const;
  std::vector<v1::SignedDocument> Documents() const;

  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::map<ConnectionId, Wire> wires_;
  std::map<std::string, uint32_t> ingests_;
  ConnectionId next_wire_ = 1;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_TESTS_INTEGRATION_EXCHANGE_WORLD_H_
