// What the peer may have: positions it comes with, decisions, and their changes.
#include "gateway/exchange/publisher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/exchange/message.h"
#include "gateway/exchange/publisher_feed.h"
#include "gateway/exchange/receipt.h"

namespace tombolo::exchange {

Publisher::Publisher(std::string self, std::string peer, const Carried* carried,
                     ledger::CursorCodec* cursors)
    : self_(std::move(self)), peer_(std::move(peer)), carried_(carried), cursors_(cursors) {}

Publisher::~Publisher() = default;

void Publisher::SetNow(int64_t now_us, int64_t civil_us) {
  now_us_ = now_us;
  civil_us_ = civil_us;
}

void Publisher::Greet(uint64_t credit_bytes, bool takes_zstd) {
  credit_ = credit_bytes;
  takes_zstd_ = takes_zstd;
}

// --- where the peer stands

Status Publisher::OnHeld(const v1::Held& held) {
  for (const v1::HeldStream& stream : held.streams()) {
    if (stream.stream_id() <= last_held_ || stream.cursors_size() > int{ledger::kLayerCount}) {
      return MakeError(Code::FRAME_INVALID,
                       absl::StrCat("HELD: stream ", ToHex(stream.stream_id()),
                                    " is out of order or has too many cursors"));
    }
    const size_t bytes = stream.stream_id().size();
    const bool sized =
        bytes == DigestBytes(HashKind::kSha256) || bytes == DigestBytes(HashKind::kSha384);
    if (!sized || (!stream.root().empty() && stream.root().size() != bytes)) {
      return MakeError(Code::FRAME_INVALID, "HELD: an id or root of a wrong size");
    }
    if (++held_count_ > limits::kOfferedStreamsMax) {
      return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("HELD: more streams than the limit of ",
                                                          limits::kOfferedStreamsMax));
    }
    last_held_ = stream.stream_id();
    starts_[stream.stream_id()] = {stream.size(), stream.epoch(), stream.tick(), stream.root(),
                                   PositionsOf(stream)};
  }
  return absl::OkStatus();
}

// A peer that holds more of an own stream than this node has shows that the node was restored.
Status Publisher::CheckOwn(const Start& held, const CarriedStream& stream) const {
  if (stream.parsed.origin() != self_ || stream.head == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::Head head, MessageOf<v1::Head>(*stream.head));
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body, ledger::DecodeBody(head.checkpoint().body()));
  const bool ahead = held.size > stream.size || held.epoch > body.epoch ||
                     (held.epoch == body.epoch && held.tick > body.tick);
  if (!ahead) return absl::OkStatus();
  return MakeError(
      Code::RECOVERY_NEEDED,
      absl::StrCat("stream ", ToHex(stream.stream_id), ": the peer holds ", held.size,
                   " entries of epoch ", held.epoch, ", tick ", held.tick, ", this node has ",
                   stream.size, " of ", body.epoch, ", ", body.tick,
                   "; nothing more is written to it before this is looked into"));
}

// By layer; 0 where no cursor names one. A cursor that is refused counts as none.
Publisher::Positions Publisher::PositionsOf(const v1::HeldStream& held) const {
  Positions next_seq{};
  for (const std::string& token : held.cursors()) {
    const StatusOr<v1::Cursor> cursor = cursors_->Decode(token);
    if (!cursor.ok()) continue;
    for (const v1::Cursor::Position& position : cursor->positions()) {
      if (position.stream_id() != held.stream_id()) continue;
      uint64_t& next = next_seq[static_cast<size_t>(position.layer() - v1::PUBLIC)];
      next = std::max(next, position.next_seq());
    }
  }
  return next_seq;
}

// --- decisions

Status Publisher::OnSubscribe(const v1::Subscribe& wish, std::shared_ptr<const Authority> authority,
                              Effects* out) {
  for (const auto& [number, stream] : *carried_) {
    const auto start = starts_.find(stream.stream_id);
    if (start != starts_.end()) RETURN_IF_ERROR(CheckOwn(start->second, stream));
  }
  if (wish.purpose().size() > limits::kPolicyIdBytesMax) {  // it goes into audit events
    return MakeError(Code::FRAME_INVALID,
                     absl::StrCat("SUBSCRIBE: a purpose of ", wish.purpose().size(),
                                  " bytes, limit ", limits::kPolicyIdBytesMax));
  }
  authority_ = std::move(authority);
  wish_ = wish;
  wanted_items_ = {wish.items().begin(), wish.items().end()};
  wanted_origins_ = {wish.origins().begin(), wish.origins().end()};
  out->push_back(Subscribed{wish});
  DecideAll(out);
  return absl::OkStatus();
}

void Publisher::OnAuthority(std::shared_ptr<const Authority> authority, Effects* out) {
  if (!subscribed()) return;
  authority_ = std::move(authority);
  DecideAll(out);
}

bool Publisher::IsWanted(const CarriedStream& stream) const {
  const v1::StreamDescriptor& facts = stream.parsed;
  return (wanted_items_.empty() || wanted_items_.contains(facts.item())) &&
         (wanted_origins_.empty() || wanted_origins_.contains(facts.origin()));
}

// Whether the stream may go from here to this peer at all, whatever its layers.
bool Publisher::IsEligible(const CarriedStream& stream) const {
  if (!IsWanted(stream) || stream.path.empty() || stream.path.size() > limits::kPathNodesMax) {
    return false;
  }
  if (std::find(stream.path.begin(), stream.path.end(), peer_) != stream.path.end()) return false;
  const trust::MemberFacts* origin = authority_->federation->Find(stream.parsed.origin());
  const trust::MemberFacts* self = authority_->federation->Find(self_);
  return origin != nullptr && self != nullptr && origin->member.state() == v1::ACTIVE &&
         authority_->federation->MayCarry(*self, *origin);
}

boundary::LayerMask Publisher::HopOf(const CarriedStream& stream) const {
  return stream.parsed.origin() == self_ ? ledger::kAllLayers : stream.hop & authority_->hop;
}

boundary::Decision Publisher::Judge(const CarriedStream& stream, bool* purpose_known) const {
  boundary::Request request;
  request.sharing_class = stream.parsed.sharing_class();
  request.held = stream.held;
  request.hop = HopOf(stream);
  std::shared_ptr<const boundary::CompiledPolicy> policy;
  const auto found = authority_->policies.find(stream.parsed.origin());
  if (found != authority_->policies.end()) policy = found->second;
  *purpose_known = wish_.purpose().empty() || policy == nullptr;
  if (policy != nullptr) {
    // The numbers are those of the registry that the policy was compiled with.
    const trust::MemberFacts* member = policy->federation().Find(peer_);
    if (member != nullptr) request.member = member->number;
    request.item = policy->ItemNumber(stream.parsed.item());
    request.purpose = policy->PurposeNumber(wish_.purpose());
    *purpose_known = *purpose_known || request.purpose != 0;
  }
  return boundary::Decide(std::move(policy), request, civil_us_);
}

void Publisher::DecideAll(Effects* out) {
  fresh_ = authority_->federation->CheckFresh(civil_us_);
  next_change_us_ = authority_->federation->FreshUntilUs();
  if (next_change_us_ <= civil_us_) next_change_us_ = INT64_MAX;
  FeedChange change;
  for (const auto& [number, stream] : *carried_) Decide(stream, &change);
  Announce(std::move(change), out);
  Pump(out);
}

void Publisher::Decide(const CarriedStream& stream, FeedChange* change) {
  const auto found = feeds_.find(stream.number);
  Feed* feed = found == feeds_.end() ? nullptr : found->second.get();
  if (!IsEligible(stream)) {
    if (feed == nullptr) denied_[stream.number] = {stream.held, HopOf(stream)};
    if (feed != nullptr && feed->layers != 0) Rescope(feed, 0, change);
    return;
  }
  bool purpose_known = false;
  boundary::Decision decision = Judge(stream, &purpose_known);
  next_change_us_ = std::min(next_change_us_, decision.until_us());
  const boundary::LayerMask layers = fresh_.ok() ? decision.layers() : 0;
  if (feed != nullptr) {
    const bool same =
        layers == feed->layers && (layers == 0 || (decision.RuleText() == feed->rule &&
                                                   decision.until_us() == feed->until_us));
    feed->decision = std::move(decision);
    feed->held = stream.held;
    feed->hop = HopOf(stream);
    if (!same) Rescope(feed, layers, change);
  } else if (layers == 0) {
    Deny(stream,
         !fresh_.ok()     ? CodeOf(fresh_)
         : !purpose_known ? Code::PURPOSE_UNKNOWN
                          : Code::NOT_PERMITTED,
         change);
  } else {
    Open(stream, std::move(decision), change);
  }
}

void Publisher::Deny(const CarriedStream& stream, Code why, FeedChange* change) {
  const auto [denied, added] = denied_.try_emplace(stream.number);
  denied->second = {stream.held, HopOf(stream)};
  if (!added) return;
  FeedChange::Line line;
  line.stream = stream.number;
  line.outcome = why;
  change->lines.push_back(std::move(line));
}

void Publisher::Open(const CarriedStream& stream, boundary::Decision decision, FeedChange* change) {
  if (feeds_.size() >= limits::kOfferedStreamsMax)
    return Deny(stream, Code::LIMIT_EXCEEDED, change);
  denied_.erase(stream.number);
  const boundary::LayerMask layers = decision.layers();
  auto& feed = feeds_[stream.number];
  feed = std::make_unique<Feed>(stream, std::move(decision));
  feed->held = stream.held;
  feed->hop = HopOf(stream);
  numbers_[stream.stream_id] = stream.number;
  const auto start = starts_.find(stream.stream_id);
  if (start != starts_.end()) {
    const Start& said = start->second;
    feed->position = said.size + 1;
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      feed->next_seq[k] = std::min(said.next_seq[k], feed->position);
    }
    feed->confirmed = std::min(said.size, stream.size);
    feed->show_head = said.size == stream.size && said.size > 0 && said.root != stream.root;
    starts_.erase(start);
  }
  Rescope(feed.get(), layers, change);
}

// The feed gets other layers: nothing goes out before this is in the audit log and offered.
void Publisher::Rescope(Feed* feed, boundary::LayerMask layers, FeedChange* change) {
  feed->layers = layers;
  feed->rule = layers == 0 ? "" : feed->decision.RuleText();
  feed->until_us = feed->decision.until_us();
  if (layers == 0) feed->position = 1;  // the peer forgets it
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if (!Has(layers, k)) {
      feed->next_seq[k] = 0;
    } else if (feed->next_seq[k] == 0) {
      feed->next_seq[k] = 1;
    }
  }
  if (const auto fills = fills_.find(feed->stream); fills != fills_.end()) {
    fill_count_ -= fills->second.size();
    fills_.erase(fills);
  }
  feed->from_seq = feed->LowestSeq();
  AddLine(feed, change);
}

void Publisher::AddLine(Feed* feed, FeedChange* change) {
  DropPage(feed);
  feed->change = changes_ + 1;
  feed->offer_due = true;
  changed_.push_back(feed->stream);
  FeedChange::Line line;
  line.stream = feed->stream;
  line.layers = feed->layers;
  line.from_seq = feed->from_seq;
  line.rule = feed->rule;
  line.until_us = feed->until_us;
  line.policy_version = feed->decision.policy_version();
  change->lines.push_back(std::move(line));
}

void Publisher::Announce(FeedChange change, Effects* out) {
  if (change.lines.empty()) return;
  FlushDisclosed(out);  // what went out under the old layers
  change.number = ++changes_;
  change.purpose = wish_.purpose();
  out->push_back(std::move(change));
}

void Publisher::OnFeedDurable(uint64_t number, Effects* out) {
  durable_ = std::max(durable_, number);
  Pump(out);
}

void Publisher::OnMoved(const std::vector<MovedStream>& moved, Effects* out) {
  if (!subscribed()) return;
  FeedChange change;
  for (const MovedStream& one : moved) {
    const auto carried = carried_->find(one.number);
    if (carried == carried_->end()) continue;
    const CarriedStream& stream = carried->second;
    if (const auto feed = feeds_.find(one.number); feed != feeds_.end()) {
      if (feed->second->held != stream.held || feed->second->hop != HopOf(stream)) {
        Decide(stream, &change);
      } else {
        DropWaiting(feed->second.get());
        MakeReady(feed->second.get());
      }
      continue;
    }
    const auto denied = denied_.find(one.number);
    if (denied == denied_.end() || denied->second.held != stream.held ||
        denied->second.hop != HopOf(stream)) {
      Decide(stream, &change);
    }
  }
  Announce(std::move(change), out);
  Pump(out);
}

void Publisher::OnTimer(Effects* out) {
  if (!subscribed()) return;
  if (civil_us_ >= next_change_us_) return DecideAll(out);
  Pump(out);
}

// --- receipts

Status Publisher::OnReceipt(const v1::Receipt& receipt, Effects* out) {
  ASSIGN_OR_RETURN(const ReceiptBody said, DecodeReceiptBody(receipt.body()));
  if (said.subscriber != peer_ || said.publisher != self_) {
    return MakeError(Code::SIGNATURE_INVALID,
                     absl::StrCat("the receipt is of ", said.subscriber, " for ", said.publisher));
  }
  const trust::MemberFacts* member = authority_->federation->Find(peer_);
  if (member == nullptr) return MakeError(Code::PEER_UNKNOWN, "the receipt is of no member");
  const auto key = std::find_if(
      member->verifiers.begin(), member->verifiers.end(),
      [&](const ledger::Verifier& verifier) { return verifier.key_id() == said.key_id; });
  if (key == member->verifiers.end()) {
    return MakeError(Code::SIGNATURE_INVALID,
                     absl::StrCat("the registry has no key ", ToHex(said.key_id), " of ", peer_));
  }
  ASSIGN_OR_RETURN(const ReceiptBody body, VerifyReceipt(receipt, *key));
  if (body.number <= last_receipt_) {
    return MakeError(Code::FRAME_ORDER, absl::StrCat("receipt ", body.number, " comes after ",
                                                     last_receipt_, " in one session"));
  }
  last_receipt_ = body.number;
  for (const v1::ReceiptItem& item : receipt.items()) {
    const auto number = numbers_.find(item.stream_id());
    if (number != numbers_.end()) feeds_[number->second]->confirmed = item.size();
  }
  out->push_back(AcceptReceipt{receipt});
  return absl::OkStatus();
}

Publisher::Lag Publisher::lag() const {
  Lag lag;
  lag.stalled_since_us = starved_since_us_;
  for (const auto& [number, feed] : feeds_) {
    const auto carried = carried_->find(number);
    if (feed->layers == 0 || carried == carried_->end()) continue;
    const uint64_t sent = feed->LowestSeq() - 1;
    lag.unsent += carried->second.size - std::min(sent, carried->second.size);
    lag.unconfirmed += sent - std::min(feed->confirmed, sent);
  }
  return lag;
}

}  // namespace tombolo::exchange
