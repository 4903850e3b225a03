// What waits for the desk: events of all threads, bounded, with a valve for each connection.
//
// A connection whose bytes wait here beyond its share is paused, and resumed when the desk has
// taken them; so whoever sends faster than the desk works is slowed down by TCP and not buffered.
// Ownership: owns the events. Thread-safety: Put, Wake and Close from any thread, Take from one.
// Errors: none.
#ifndef TOMBOLO_GATEWAY_APP_EVENT_QUEUE_H_
#define TOMBOLO_GATEWAY_APP_EVENT_QUEUE_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "gateway/node/exchange_desk.h"

namespace tombolo::app {

class EventQueue {
 public:
  // Pauses (true) or resumes (false) a connection; called under the queue's lock, so in order, and
  // must not block.
  using Valve = std::function<void(node::ConnectionId connection, bool pause)>;
  // Bytes that may wait of one connection, and of all, before a valve is closed.
  struct Bounds {
    size_t connection_bytes = 0, all_bytes = 0;
  };
  EventQueue(Bounds bounds, Valve valve) : bounds_(bounds), valve_(std::move(valve)) {}

  // Bytes of a connection that follow others of it become one event; of Drained only the last of
  // each connection is kept, of StoreMoved one.
  void Put(node::Event event);
  // All that waits, in order; waits for it at most `wait_us`, or until Wake.
  std::vector<node::Event> Take(int64_t wait_us);
  void Wake();
  size_t waiting_bytes();

 private:
  bool Merged(node::Event* event);
  void Weigh(const node::Arrived& event);

  const Bounds bounds_;
  const Valve valve_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<node::Event> events_;
  std::map<node::ConnectionId, size_t> bytes_;   // that wait
  std::map<node::ConnectionId, bool> paused_;    // only those that are
  std::map<node::ConnectionId, size_t> drains_;  // where the Drained of a connection stands
  size_t all_bytes_ = 0;
  bool moved_ = false, woken_ = false;
};

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_EVENT_QUEUE_H_
