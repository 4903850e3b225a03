#include "gateway/audit/feed_ledger.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::audit {

Status FeedLedger::Take(const v1::AuditEvent& event) {
  if (event.outcome() != "OK") return absl::OkStatus();
  for (const v1::StreamRange& range : event.ranges()) {
    const Key key(event.correlation_id(), event.peer(), range.stream_id());
    if (event.type() == v1::FEED_OPENED) {
      open_[key] = {range.first_seq(), range.last_seq(), event.layers()};
      ++opened_;
    } else if (event.type() == v1::FEED_CLOSED) {
      open_.erase(key);
    } else if (event.type() == v1::RECORDS_DISCLOSED) {
      RETURN_IF_ERROR(Within(event, range));
      ++disclosed_;
    }
  }
  return absl::OkStatus();
}

Status FeedLedger::Within(const v1::AuditEvent& event, const v1::StreamRange& range) const {
  const auto refuse = [&](std::string_view why) {
    return MakeError(
        Code::NOT_PERMITTED,
        absl::StrCat("entries ", range.first_seq(), " to ", range.last_seq(), " of stream ",
                     ToHex(range.stream_id()), " went to ", event.peer(), ", ", ToAbsl(why)));
  };
  const auto it = open_.find({event.correlation_id(), event.peer(), range.stream_id()});
  if (it == open_.end()) return refuse("to which no feed of it was open");
  const Feed& feed = it->second;
  const bool ends = feed.last_seq != 0 && range.last_seq() > feed.last_seq;
  if (range.first_seq() < feed.first_seq || ends) return refuse("beyond the feed that was open");
  if ((event.layers() & ~feed.layers) != 0) {
    return refuse("with layers that the open feed did not have");
  }
  return absl::OkStatus();
}

}  // namespace tombolo::audit
