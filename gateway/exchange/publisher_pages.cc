// What the peer is sent, and when: offers, heads, pages, in turn and within its credit.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/exchange/publisher.h"
#include "gateway/exchange/publisher_feed.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kSecondUs = 1000000;
// OFFER and HEAD a second: less than half of what is taken, so that two of our seconds fit into one
// of the peer's.
constexpr size_t kFramesPerSecond = limits::kStreamFramesPerSecondMax * 2 / 5;
constexpr size_t kPagesWantedMax = 8;  // on their way, or here and waiting for credit
constexpr size_t kFillsMax = 256;      // not answered yet, of all streams
constexpr size_t kSentLinesMax = 4096;

}  // namespace

int64_t Publisher::ResumeUs() const { return throttled_ ? second_us_ + kSecondUs : INT64_MAX; }

// Whether one more OFFER or HEAD may go in this second.
bool Publisher::Allow() {
  if (now_us_ - second_us_ >= kSecondUs) {
    second_us_ = now_us_;
    frames_ = 0;
  }
  throttled_ = frames_ >= kFramesPerSecond;
  if (!throttled_) ++frames_;
  return !throttled_;
}

// --- offers and heads

void Publisher::SendOffers(Effects* out) {
  while (!changed_.empty()) {
    const auto found = feeds_.find(changed_.front());
    Feed* feed = found == feeds_.end() ? nullptr : found->second.get();
    if (feed == nullptr || !feed->offer_due) {
      changed_.pop_front();
      continue;
    }
    if (feed->change > durable_ || !Allow()) return;
    changed_.pop_front();
    feed->change = 0;
    feed->offer_due = false;
    const auto carried = carried_->find(feed->stream);
    if (carried == carried_->end()) continue;
    SendOffer(*feed, carried->second, out);
    if (feed->layers == 0) {
      numbers_.erase(feed->stream_id);
      feeds_.erase(found);
      continue;
    }
    if (std::exchange(feed->show_head, false)) {
      feed->target = carried->second.head;
      feed->target_size = carried->second.size;
      feed->target_sent = true;
      out->push_back(SendControl{v1::HEAD, *feed->target});
    }
    MakeReady(feed);
  }
}

void Publisher::SendOffer(const Feed& feed, const CarriedStream& stream, Effects* out) {
  v1::Offer offer;
  offer.set_stream_descriptor(stream.descriptor);
  offer.set_layers(feed.layers);
  offer.set_rule(feed.rule);
  for (const std::string& node : stream.path) offer.add_path(node);
  offer.set_policy_version(feed.decision.policy_version());
  out->push_back(SendControl{v1::OFFER, ledger::CanonicalBytes(offer)});
  offered_ = true;
}

// Before the first page that is proved against it. False: not in this second.
bool Publisher::SendHead(Feed* feed, Effects* out) {
  if (feed->target_sent) return true;
  if (!Allow()) return false;
  out->push_back(SendControl{v1::HEAD, *feed->target});
  feed->target_sent = true;
  return true;
}

// --- what is asked for

void Publisher::MakeReady(Feed* feed) {
  if (feed->ready || feed->ticket != 0 || feed->change != 0 || feed->layers == 0) return;
  feed->ready = true;
  ready_.push_back(feed->stream);
}

// The page on its way, if there is one, is of no more use.
void Publisher::DropPage(Feed* feed) { feed->ticket = 0; }

// A page that waits for credit while its stream moves may show what was taken back meanwhile: it is
// asked for again.
void Publisher::DropWaiting(Feed* feed) {
  for (const Arrived& arrived : arrived_) {
    if (arrived.stream == feed->stream && arrived.ticket == feed->ticket) return DropPage(feed);
  }
}

bool Publisher::NextFill(Feed* feed, WantPage* want) {
  const auto fills = fills_.find(feed->stream);
  if (fills == fills_.end()) return false;
  *want = fills->second.front();
  want->position = feed->next_seq[static_cast<size_t>(want->fill_layer)];
  return true;
}

// Fills first; then LAYERS until all layers are level; then ENTRIES, which so show every layer of
// the offer: whoever gets them knows how far each one is.
bool Publisher::NextWant(Feed* feed, WantPage* want) {
  const auto carried = carried_->find(feed->stream);
  if (carried == carried_->end() || feed->change != 0 || feed->layers == 0) return false;
  feed->filling = NextFill(feed, want);
  if (feed->filling) return true;
  const CarriedStream& stream = carried->second;
  want->stream = feed->stream;
  if (const int behind = feed->Behind(stream.size); behind >= 0) {
    want->layers = static_cast<boundary::LayerMask>(1 << behind);
    want->fill_layer = behind;
    want->from_seq = feed->next_seq[static_cast<size_t>(behind)];
    want->to_size = std::min(feed->position - 1, stream.size);
    return true;
  }
  if (feed->position > feed->target_size && feed->position <= stream.size) {
    feed->target_size = stream.size;
    feed->target = stream.head;
    feed->target_sent = false;
  }
  want->layers = feed->layers;
  want->from_seq = feed->position;
  want->to_size = feed->target_size;
  return feed->position <= feed->target_size;
}

void Publisher::Pump(Effects* out) {
  if (!subscribed() || stopped_) return;
  throttled_ = false;
  SendOffers(out);
  SendArrived(out);
  while (!ready_.empty() && credit_ > 0 && queued_ < limits::kSendQueueBytesMax &&
         outstanding_ + arrived_.size() < kPagesWantedMax) {
    const auto found = feeds_.find(ready_.front());
    ready_.pop_front();
    if (found == feeds_.end()) continue;
    Feed* feed = found->second.get();
    feed->ready = false;
    WantPage want;
    if (feed->ticket != 0 || !NextWant(feed, &want)) continue;
    want.ticket = feed->ticket = ++tickets_;
    ++outstanding_;
    out->push_back(std::move(want));
  }
  const bool starved = !ready_.empty() && credit_ == 0;
  const bool held_up =
      !arrived_.empty() &&
      arrived_.front().page->payload().size() + limits::kFrameHeadingBytes > credit_;
  if (!starved && !held_up) {
    starved_since_us_ = 0;
  } else if (starved_since_us_ == 0) {
    starved_since_us_ = std::max<int64_t>(now_us_, 1);
  }
}

void Publisher::OnPage(const WantPage& want, std::shared_ptr<const boundary::ShapedPage> page,
                       Effects* out) {
  if (outstanding_ > 0) --outstanding_;
  const auto found = feeds_.find(want.stream);
  if (found != feeds_.end() && found->second->ticket == want.ticket) {
    Feed* feed = found->second.get();
    if (page == nullptr) {
      feed->ticket = 0;
    } else {
      arrived_.push_back({want.stream, want.ticket, std::move(page)});
    }
  }
  Pump(out);
}

Status Publisher::OnCredit(uint64_t bytes, Effects* out) {
  if (bytes == 0) return MakeError(Code::FRAME_INVALID, "CREDIT: of 0 bytes");
  credit_ += std::min(bytes, limits::kCreditBytesMax - std::min(credit_, limits::kCreditBytesMax));
  starved_since_us_ = 0;
  Pump(out);
  return absl::OkStatus();
}

void Publisher::OnQueue(uint64_t queued_bytes, Effects* out) {
  queued_ = queued_bytes;
  Pump(out);
}

// --- pages that are here

void Publisher::SendArrived(Effects* out) {
  while (!arrived_.empty()) {
    const auto found = feeds_.find(arrived_.front().stream);
    Feed* feed = found == feeds_.end() ? nullptr : found->second.get();
    if (feed != nullptr && feed->ticket == arrived_.front().ticket) {
      const Sent sent = SendPage(feed, arrived_.front(), out);
      if (sent == Sent::kWait) return;
      if (sent == Sent::kYes) Advance(feed, *arrived_.front().page);
      feed->ticket = 0;
      if (sent == Sent::kYes) MakeReady(feed);
    }
    arrived_.pop_front();
  }
}

// kNever: the decision's time is over; OnTimer decides anew and goes on from where the feed stands.
Publisher::Sent Publisher::SendPage(Feed* feed, const Arrived& arrived, Effects* out) {
  const boundary::ShapedPage& page = *arrived.page;
  StatusOr<boundary::Disclosure> disclosure = boundary::Disclosure::Make(
      feed->decision, feed->stream_id, arrived.page, authority_->generation, civil_us_);
  if (!disclosure.ok()) return Sent::kNever;
  // While the line is free the time to unpack would only delay.
  const bool packed = takes_zstd_ && queued_ > 0 && !page.packed().empty();
  const uint64_t bytes =
      (packed ? page.packed() : page.payload()).size() + limits::kFrameHeadingBytes;
  if (bytes > credit_) return Sent::kWait;
  if (queued_ > 0 && queued_ + bytes > limits::kSendQueueBytesMax) return Sent::kWait;
  if (page.type() == v1::ENTRIES && !SendHead(feed, out)) return Sent::kWait;
  credit_ -= bytes;
  queued_ += bytes;
  NoteSent(feed, page, out);
  out->push_back(SendData{*std::move(disclosure), packed});
  return Sent::kYes;
}

void Publisher::Advance(Feed* feed, const boundary::ShapedPage& page) {
  const uint64_t next = page.last_seq() + 1;
  if (page.type() == v1::ENTRIES) {
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if (Has(feed->layers, k)) feed->next_seq[k] = next;
    }
    feed->position = next;
    return;
  }
  if (!feed->filling) {
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if (Has(page.layers(), k)) feed->next_seq[k] = std::min(next, feed->position);
    }
    return;
  }
  const auto fills = fills_.find(feed->stream);
  if (fills == fills_.end()) return;
  std::vector<uint64_t>& seqs = fills->second.front().seqs;
  seqs.erase(seqs.begin(), std::upper_bound(seqs.begin(), seqs.end(), page.last_seq()));
  if (!seqs.empty()) {
    fills->second.front().from_seq = seqs.front();
    return;
  }
  fills->second.pop_front();
  --fill_count_;
  if (fills->second.empty()) fills_.erase(fills);
}

void Publisher::OnUnsent(const SendData& data, Effects* out) {
  const boundary::ShapedPage& page = data.disclosure.page();
  const uint64_t bytes =
      (data.packed ? page.packed() : page.payload()).size() + limits::kFrameHeadingBytes;
  credit_ += bytes;
  queued_ -= std::min(queued_, bytes);
  const auto number = numbers_.find(page.stream_id());
  if (number == numbers_.end()) return;
  Feed* feed = feeds_[number->second].get();
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if (!Has(page.layers(), k) || feed->next_seq[k] == 0) continue;
    feed->next_seq[k] = std::min(feed->next_seq[k], page.first_seq());
  }
  if (page.type() == v1::ENTRIES) feed->position = std::min(feed->position, page.first_seq());
  DropPage(feed);
  MakeReady(feed);
  Pump(out);
}

// --- fills

Status Publisher::OnFill(const v1::Fill& fill, Effects* out) {
  const auto number = numbers_.find(fill.stream_id());
  if (number == numbers_.end()) {
    return MakeError(Code::STREAM_UNKNOWN,
                     absl::StrCat("FILL for stream ", ToHex(fill.stream_id()), ", not offered"));
  }
  Feed* feed = feeds_[number->second].get();
  const auto& seqs = fill.seqs();
  const bool sound =
      fill.layer() >= v1::PUBLIC && fill.layer() <= v1::LIMITED && !seqs.empty() &&
      static_cast<size_t>(seqs.size()) <= limits::kFillSeqsMax && seqs[0] > 0 &&
      std::adjacent_find(seqs.begin(), seqs.end(), std::greater_equal<>()) == seqs.end();
  if (!sound) return MakeError(Code::FRAME_INVALID, "FILL: layer or numbers are none");
  const auto k = static_cast<size_t>(fill.layer() - v1::PUBLIC);
  if (!Has(feed->layers, k)) return absl::OkStatus();  // withdrawn while it was on its way
  const auto carried = carried_->find(feed->stream);
  const uint64_t proved = carried == carried_->end() ? 0 : carried->second.size;
  if (seqs[seqs.size() - 1] >= feed->position || seqs[seqs.size() - 1] > proved) {
    return MakeError(Code::FRAME_INVALID, "FILL: of entries that were not sent");
  }
  if (fill_count_ >= kFillsMax) {
    return MakeError(Code::RATE_LIMITED, "FILL: too many that are not answered yet");
  }
  ++fill_count_;
  WantPage want;
  want.stream = feed->stream;
  want.layers = static_cast<boundary::LayerMask>(1 << k);
  want.fill_layer = static_cast<int>(k);
  want.from_seq = seqs[0];
  want.to_size = seqs[seqs.size() - 1];
  want.seqs = {seqs.begin(), seqs.end()};
  fills_[feed->stream].push_back(std::move(want));
  if (fill.seqs(0) < feed->from_seq) {  // more than the audit log says
    feed->from_seq = fill.seqs(0);
    FeedChange change;
    AddLine(feed, &change);
    Announce(std::move(change), out);
  }
  MakeReady(feed);
  Pump(out);
  return absl::OkStatus();
}

// --- what went out

void Publisher::NoteSent(Feed* feed, const boundary::ShapedPage& page, Effects* out) {
  Disclosed::Line* last = feed->sent_line == 0 ? nullptr : &sent_[feed->sent_line - 1];
  if (last == nullptr || last->layers != page.layers() || last->last_seq + 1 != page.first_seq()) {
    if (sent_.size() >= kSentLinesMax) FlushDisclosed(out);
    sent_.push_back({feed->stream, page.layers(), page.first_seq(), page.first_seq(), 0});
    feed->sent_line = sent_.size();
    last = &sent_.back();
  }
  last->last_seq = page.last_seq();
  last->records += page.shown();
}

void Publisher::FlushDisclosed(Effects* out) {
  if (sent_.empty()) return;
  for (const Disclosed::Line& line : sent_) {
    if (const auto feed = feeds_.find(line.stream); feed != feeds_.end()) {
      feed->second->sent_line = 0;
    }
  }
  out->push_back(Disclosed{std::move(sent_)});
  sent_.clear();
}

}  // namespace tombolo::exchange
