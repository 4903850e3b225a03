#include "gateway/app/page_thread.h"

#include <utility>

namespace tombolo::app {
namespace {

constexpr int64_t kDayUs = int64_t{86400} * 1000000;

node::PageMaker::Settings MakerSettings(uint64_t cache_bytes, exchange::FramePacker* packer) {
  node::PageMaker::Settings settings;
  settings.cache_bytes = cache_bytes;
  if (packer != nullptr) {
    settings.pack = [packer](std::string_view payload) { return packer->Pack(payload); };
  }
  return settings;
}

}  // namespace

PageThread::PageThread(std::unique_ptr<store::Store> reader, const std::string& cursor_key,
                       uint64_t cache_bytes, bool compress, Clock* clock, Answer answer)
    : reader_(std::move(reader)),
      cursors_(cursor_key),
      maker_(reader_.get(), &cursors_, MakerSettings(cache_bytes, compress ? &packer_ : nullptr)),
      clock_(clock),
      answer_(std::move(answer)),
      thread_([this] { Run(); }) {}

PageThread::~PageThread() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void PageThread::Ask(node::Fetch fetch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  fetches_.push_back(std::move(fetch));
  changed_.notify_one();
}

void PageThread::Run() {
  for (;;) {
    node::Fetch fetch;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !fetches_.empty(); });
      if (ending_) return;
      fetch = std::move(fetches_.front());
      fetches_.pop_front();
    }
    busy_since_us_ = clock_->MonotonicUs();
    const auto today = static_cast<int32_t>(clock_->NowUs() / kDayUs);
    auto page = maker_.Make(fetch.want, today);
    busy_since_us_ = 0;
    answer_({fetch.connection, std::move(fetch.want), std::move(page)});
  }
}

}  // namespace tombolo::app
