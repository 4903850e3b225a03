// What waits to be written to one connection, in pieces that fill TLS records.
//
// Small parts that follow each other are copied together up to a record; large shared ones are
// written from where they lie. Ownership: owns heads, shares the rest. Thread-safety: one thread.
// Errors: none.
#ifndef TOMBOLO_GATEWAY_NET_SEND_QUEUE_H_
#define TOMBOLO_GATEWAY_NET_SEND_QUEUE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/limits.h"
#include "gateway/net/server.h"

namespace tombolo::net {

class SendQueue {
 public:
  static constexpr size_t kRecordBytes = 16 * limits::kKiB;  // of TLS

  void Add(Buffer buffer);
  // The next bytes, not empty unless the queue is. The same again until Take, so that an
  // interrupted write can be repeated.
  std::string_view Front();
  void Take(size_t bytes);
  size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

 private:
  struct Part {
    std::shared_ptr<const std::string> text;
    size_t taken = 0;
    std::string_view rest() const { return std::string_view(*text).substr(taken); }
  };
  void Put(std::shared_ptr<const std::string> text);

  std::deque<Part> parts_;
  std::string record_;  // parts copied together
  size_t record_taken_ = 0;
  size_t bytes_ = 0;  // of parts and of the record's rest
};

}  // namespace tombolo::net

#endif  // TOMBOLO_GATEWAY_NET_SEND_QUEUE_H_
