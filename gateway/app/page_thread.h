// The thread that makes pages: it reads with a view of the store of its own, so that a long
// backfill does not keep the desk from committing.
//
// Ownership: owns thread, view and cache; borrows cursor key and clock for its life. Thread-safety:
// Ask and busy_since_us from any thread. Errors: travel in the answers.
#ifndef TOMBOLO_GATEWAY_APP_PAGE_THREAD_H_
#define TOMBOLO_GATEWAY_APP_PAGE_THREAD_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/base/seams.h"
#include "gateway/exchange/frame.h"
#include "gateway/node/exchange_events.h"
#include "gateway/node/share.h"

namespace tombolo::app {

class PageThread {
 public:
  using Answer = std::function<void(node::PageReady)>;  // on this thread
  // `compress`: pages are also kept packed, for lines that are slower than packing.
  PageThread(std::unique_ptr<store::Store> reader, const std::string& cursor_key,
             uint64_t cache_bytes, bool compress, Clock* clock, Answer answer);
  ~PageThread();  // what is not yet made is dropped

  void Ask(node::Fetch fetch);
  // Monotonic moment since which it works on one page; 0: it waits.
  int64_t busy_since_us() const { return busy_since_us_; }

 private:
  void Run();

  std::unique_ptr<store::Store> reader_;
  ledger::CursorCodec cursors_;
  exchange::FramePacker packer_;
  node::PageMaker maker_;
  Clock* const clock_;
  const Answer answer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<node::Fetch> fetches_;
  bool ending_ = false;
  std::atomic<int64_t> busy_since_us_{0};
  std::thread thread_;
};

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_PAGE_THREAD_H_
