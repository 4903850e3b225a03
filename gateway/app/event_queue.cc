#include "gateway/app/event_queue.h"

#include <chrono>
#include <utility>
#include <variant>

namespace tombolo::app {

bool EventQueue::Merged(node::Event* event) {
  if (auto* arrived = std::get_if<node::Arrived>(event); arrived != nullptr && !events_.empty()) {
    auto* last = std::get_if<node::Arrived>(&events_.back());
    if (last == nullptr || last->connection != arrived->connection) return false;
    last->bytes += arrived->bytes;
    return true;
  }
  if (const auto* drained = std::get_if<node::Drained>(event)) {
    const auto [it, added] = drains_.try_emplace(drained->connection, events_.size());
    if (added) return false;
    std::get<node::Drained>(events_[it->second]).queued_bytes = drained->queued_bytes;
    return true;
  }
  if (std::holds_alternative<node::StoreMoved>(*event)) return std::exchange(moved_, true);
  return false;
}

void EventQueue::Weigh(const node::Arrived& event) {
  size_t& bytes = bytes_[event.connection];
  bytes += event.bytes.size();
  all_bytes_ += event.bytes.size();
  const bool full = bytes > bounds_.connection_bytes || all_bytes_ > bounds_.all_bytes;
  if (full && paused_.emplace(event.connection, true).second) valve_(event.connection, true);
}

void EventQueue::Put(node::Event event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto* arrived = std::get_if<node::Arrived>(&event)) Weigh(*arrived);
  if (!Merged(&event)) events_.push_back(std::move(event));
  changed_.notify_one();
}

std::vector<node::Event> EventQueue::Take(int64_t wait_us) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, std::chrono::microseconds(wait_us),
                    [this] { return woken_ || !events_.empty(); });
  woken_ = moved_ = false;
  all_bytes_ = 0;
  bytes_.clear();
  drains_.clear();
  for (const auto& [connection, paused] : paused_) valve_(connection, false);
  paused_.clear();
  return std::exchange(events_, {});
}

void EventQueue::Wake() {
  const std::lock_guard<std::mutex> lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

size_t EventQueue::waiting_bytes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return all_bytes_;
}

}  // namespace tombolo::app
