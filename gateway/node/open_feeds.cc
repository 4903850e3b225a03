#include "gateway/node/open_feeds.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "gateway/audit/event.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {
namespace {

// Ranges in one event; more make another event of the same correlation id.
constexpr int kRangesInOne = 500;
constexpr size_t kEventsInOneRead = 1000;

std::string_view IdOf(const exchange::Carried& carried, uint32_t stream) {
  const auto it = carried.find(stream);
  return it == carried.end() ? std::string_view() : std::string_view(it->second.stream_id);
}

// What is sent at most until now: up to the stream's end.
uint64_t EndOf(const exchange::Carried& carried, uint32_t stream, uint64_t first_seq) {
  const auto it = carried.find(stream);
  return std::max(first_seq, it == carried.end() ? 0 : it->second.size);
}

void AddRange(std::string_view stream_id, uint64_t first_seq, uint64_t last_seq,
              v1::AuditEvent* event) {
  v1::StreamRange* range = event->add_ranges();
  range->set_stream_id(std::string(stream_id));
  range->set_first_seq(first_seq);
  range->set_last_seq(last_seq);
}

}  // namespace

// Puts ranges that share all else into one event.
class OpenFeeds::Batch {
 public:
  explicit Batch(const OpenFeeds& feeds) : feeds_(feeds) {}

  void Add(v1::AuditEventType type, const Feed& feed, std::string_view stream_id,
           uint64_t first_seq, uint64_t last_seq) {
    if (stream_id.empty()) return;
    const Key key{type,         feed.line.layers,         feed.line.rule,
                  feed.purpose, feed.line.policy_version, feed.line.until_us};
    const auto [it, added] = at_.try_emplace(key, events_.size());
    if (added || events_[it->second].ranges_size() == kRangesInOne) {
      it->second = events_.size();
      events_.push_back(feeds_.EventOf(type, feed));
    }
    AddRange(stream_id, first_seq, last_seq, &events_[it->second]);
  }
  std::vector<v1::AuditEvent> Take() { return std::move(events_); }

 private:
  using Key = std::tuple<int, uint8_t, std::string, std::string, uint64_t, int64_t>;
  const OpenFeeds& feeds_;
  std::map<Key, size_t> at_;
  std::vector<v1::AuditEvent> events_;
};

OpenFeeds::OpenFeeds(std::string peer, std::string correlation_id)
    : peer_(std::move(peer)), correlation_id_(std::move(correlation_id)) {}

v1::AuditEvent OpenFeeds::EventOf(v1::AuditEventType type, const Feed& feed) const {
  v1::AuditEvent event;
  event.set_type(type);
  event.set_actor(peer_);
  event.set_peer(peer_);
  event.set_correlation_id(correlation_id_);
  event.set_layers(feed.line.layers);
  event.set_rule(feed.line.rule);
  event.set_purpose(feed.purpose);
  event.set_document_version(feed.line.policy_version);
  const bool ends = feed.line.until_us > 0 && feed.line.until_us != INT64_MAX;
  if (type == v1::FEED_OPENED && ends) event.set_until_us(feed.line.until_us);
  return event;
}

std::vector<v1::AuditEvent> OpenFeeds::Change(const exchange::FeedChange& change,
                                              const exchange::Carried& carried) {
  Batch batch(*this);
  std::map<Code, uint64_t> denied;
  for (const exchange::FeedChange::Line& line : change.lines) {
    const std::string_view stream_id = IdOf(carried, line.stream);
    if (const auto it = feeds_.find(line.stream); it != feeds_.end()) {
      const uint64_t first = it->second.line.from_seq;
      batch.Add(v1::FEED_CLOSED, it->second, stream_id, first, EndOf(carried, line.stream, first));
      feeds_.erase(it);
    }
    if (line.layers == 0) {
      if (line.outcome != Code::kOk) ++denied[line.outcome];
      continue;
    }
    const Feed feed{line, change.purpose};
    batch.Add(v1::FEED_OPENED, feed, stream_id, line.from_seq, 0);
    feeds_[line.stream] = feed;
  }
  std::vector<v1::AuditEvent> events = batch.Take();
  for (const auto& [code, count] : denied) {
    v1::AuditEvent event = EventOf(v1::FEED_DENIED, {{}, change.purpose});
    event.set_outcome(std::string(NameOf(code)));
    event.set_count(count);
    events.push_back(std::move(event));
  }
  return events;
}

std::vector<v1::AuditEvent> OpenFeeds::Sent(const exchange::Disclosed& sent,
                                            const exchange::Carried& carried) const {
  Batch batch(*this);
  uint64_t records = 0;
  for (const exchange::Disclosed::Line& line : sent.lines) {
    Feed feed;
    feed.line.layers = line.layers;
    if (const auto it = feeds_.find(line.stream); it != feeds_.end()) {
      feed = it->second;
      feed.line.layers = line.layers;
    }
    batch.Add(v1::RECORDS_DISCLOSED, feed, IdOf(carried, line.stream), line.first_seq,
              line.last_seq);
    records += line.records;
  }
  std::vector<v1::AuditEvent> events = batch.Take();
  if (!events.empty()) events.front().set_count(records);
  return events;
}

std::vector<v1::AuditEvent> OpenFeeds::CloseAll(const exchange::Carried& carried) {
  Batch batch(*this);
  for (const auto& [stream, feed] : feeds_) {
    const uint64_t first = feed.line.from_seq;
    batch.Add(v1::FEED_CLOSED, feed, IdOf(carried, stream), first, EndOf(carried, stream, first));
  }
  feeds_.clear();
  return batch.Take();
}

namespace {

struct LeftOpen {
  v1::AuditEvent opened;
  uint64_t first_seq = 0;
};
// By peer and stream.
using LeftOpenFeeds = std::map<std::pair<std::string, std::string>, LeftOpen>;

void Follow(const v1::AuditEvent& event, LeftOpenFeeds* open) {
  for (const v1::StreamRange& range : event.ranges()) {
    const std::pair<std::string, std::string> key(event.peer(), range.stream_id());
    if (event.type() == v1::FEED_OPENED) (*open)[key] = {event, range.first_seq()};
    if (event.type() == v1::FEED_CLOSED) open->erase(key);
  }
}

// Events of the last run, in order: from the last NODE_SERVING on; none if a NODE_STOPPED follows.
StatusOr<std::vector<v1::AuditEvent>> EventsOfLastRun(store::Store* store, uint64_t size) {
  std::vector<v1::AuditEvent> backwards;
  while (size > 0) {
    const uint64_t first = size > kEventsInOneRead ? size - kEventsInOneRead + 1 : 1;
    ASSIGN_OR_RETURN(const store::EntryPage page,
                     store->ReadEntries(kAuditStream, first, size - first + 1));
    for (auto it = page.entries.rbegin(); it != page.entries.rend(); ++it) {
      ASSIGN_OR_RETURN(v1::AuditEvent event, audit::DecodeEvent(it->header));
      if (event.type() == v1::NODE_STOPPED || event.type() == v1::NODE_SERVING) {
        if (event.type() == v1::NODE_STOPPED) backwards.clear();
        std::reverse(backwards.begin(), backwards.end());
        return backwards;
      }
      const bool feed = event.type() == v1::FEED_OPENED || event.type() == v1::FEED_CLOSED;
      if (feed) backwards.push_back(std::move(event));
    }
    size = first - 1;
  }
  return std::vector<v1::AuditEvent>();
}

}  // namespace

StatusOr<std::vector<v1::AuditEvent>> FeedsLeftOpen(store::Store* store) {
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> streams, store->Streams());
  std::map<std::string, uint64_t> sizes;
  uint64_t log_size = 0;
  for (const store::StreamState& stream : streams) {
    sizes[stream.stream_id] = stream.size;
    if (stream.number == kAuditStream) log_size = stream.size;
  }
  ASSIGN_OR_RETURN(const std::vector<v1::AuditEvent> events, EventsOfLastRun(store, log_size));
  LeftOpenFeeds open;
  for (const v1::AuditEvent& event : events) Follow(event, &open);
  std::vector<v1::AuditEvent> closed;
  for (const auto& [key, feed] : open) {
    v1::AuditEvent event = feed.opened;
    event.set_type(v1::FEED_CLOSED);
    event.clear_at_us();
    event.clear_until_us();
    event.clear_ranges();
    AddRange(key.second, feed.first_seq, std::max(feed.first_seq, sizes[key.second]), &event);
    closed.push_back(std::move(event));
  }
  return closed;
}

}  // namespace tombolo::node
