#include "gateway/net/send_queue.h"

#include <algorithm>
#include <utility>

namespace tombolo::net {

void SendQueue::Put(std::shared_ptr<const std::string> text) {
  if (text == nullptr || text->empty()) return;
  bytes_ += text->size();
  parts_.push_back({std::move(text), 0});
}

void SendQueue::Add(Buffer buffer) {
  if (!buffer.head.empty()) Put(std::make_shared<const std::string>(std::move(buffer.head)));
  Put(std::move(buffer.shared));
}

std::string_view SendQueue::Front() {
  if (record_taken_ < record_.size()) return std::string_view(record_).substr(record_taken_);
  record_.clear();
  record_taken_ = 0;
  if (parts_.empty()) return {};
  if (parts_.size() == 1 || parts_.front().rest().size() >= kRecordBytes) {
    return parts_.front().rest();
  }
  while (!parts_.empty() && record_.size() < kRecordBytes) {
    Part& part = parts_.front();
    const std::string_view piece = part.rest().substr(0, kRecordBytes - record_.size());
    record_.append(piece);
    part.taken += piece.size();
    if (part.rest().empty()) parts_.pop_front();
  }
  return record_;
}

void SendQueue::Take(size_t bytes) {
  bytes_ -= bytes;
  if (record_taken_ < record_.size()) {
    record_taken_ += bytes;
    if (record_taken_ == record_.size() && parts_.empty()) record_ = std::string();
    return;
  }
  Part& part = parts_.front();
  part.taken += bytes;
  if (part.rest().empty()) parts_.pop_front();
}

}  // namespace tombolo::net
