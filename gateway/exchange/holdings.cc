#include "gateway/exchange/holdings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/commitment.h"

namespace tombolo::exchange {
namespace {

// Keeps the two statements; the code says how they contradict each other.
Status Raise(Code code, const v1::Head& held, const v1::Head& came, std::string_view why,
             v1::Alarm* alarm) {
  alarm->set_code(std::string(NameOf(code)));
  *alarm->mutable_first() = held;
  *alarm->mutable_second() = came;
  return MakeError(code, absl::StrCat("stream ", ToHex(came.proof().head().stream_id()), ": ",
                                      ToAbsl(why), "; both heads are kept, ask the origin"));
}

const ledger::Verifier* KeyOf(const trust::MemberFacts& origin, std::string_view key_id) {
  const auto found = std::find_if(origin.verifiers.begin(), origin.verifiers.end(),
                                  [&](const ledger::Verifier& v) { return v.key_id() == key_id; });
  return found == origin.verifiers.end() ? nullptr : &*found;
}

// Sizes and roots, once epoch and tick are known not to contradict each other.
Status CheckGrowth(const Holding& holding, const ledger::CheckpointBody& body, const v1::Head& head,
                   v1::Alarm* alarm) {
  const v1::StreamHead& held = holding.head.proof().head();
  const v1::StreamHead& came = head.proof().head();
  if (holding.epoch == 0) return absl::OkStatus();
  const bool older = body.epoch == holding.epoch && body.tick < holding.tick;
  if (older ? came.size() > held.size() : came.size() < held.size()) {
    return Raise(Code::STREAM_SHRUNK, holding.head, head,
                 absl::StrCat("the origin signed ", held.size(), " entries at tick ", holding.tick,
                              " and ", came.size(), " at tick ", body.tick),
                 alarm);
  }
  const bool other_root =
      (came.size() == held.size() && came.root() != held.root()) ||
      (came.size() == holding.range.size() && came.root() != holding.range.Root().view());
  if (other_root) {
    return Raise(Code::STREAM_FORKED, holding.head, head,
                 absl::StrCat("the origin signed two roots over ", came.size(), " entries"), alarm);
  }
  return absl::OkStatus();
}

bool Newer(const ledger::CheckpointBody& body, uint64_t epoch, uint64_t tick) {
  return std::tie(body.epoch, body.tick) > std::tie(epoch, tick);
}

}  // namespace

Holding::Holding(v1::StreamDescriptor its_descriptor, ledger::Suite its_suite)
    : stream_id(
          ledger::EntryHasher(its_suite).StreamId(ledger::CanonicalBytes(its_descriptor)).str()),
      descriptor(std::move(its_descriptor)),
      suite(its_suite),
      range(ledger::HashOf(its_suite)) {}

Holding* Holdings::Find(std::string_view stream_id) {
  const auto found = all_.find(stream_id);
  return found == all_.end() ? nullptr : found->second.get();
}

Holding* Holdings::Add(std::unique_ptr<Holding> holding) {
  const std::string id = holding->stream_id;
  return all_.try_emplace(id, std::move(holding)).first->second.get();
}

void Holdings::Remove(std::string_view stream_id) {
  const auto found = all_.find(stream_id);
  if (found != all_.end()) all_.erase(found);
}

// A key that has left the registry no longer counts, not even for what it signed before.
StatusOr<ledger::CheckpointBody> Holdings::VerifyOnce(const trust::MemberFacts& origin,
                                                      const v1::Head& head) const {
  const auto known = origins_.find(origin.member.id());
  const bool same = known != origins_.end() &&
                    known->second.head.checkpoint().body() == head.checkpoint().body() &&
                    known->second.head.checkpoint().signature() == head.checkpoint().signature();
  ledger::CheckpointBody body;
  if (same) {
    body = known->second.decoded;
  } else {
    ASSIGN_OR_RETURN(body, ledger::DecodeBody(head.checkpoint().body()));
  }
  if (body.origin != origin.member.id()) {
    return MakeError(Code::SIGNATURE_INVALID, absl::StrCat("the checkpoint is of ", body.origin,
                                                           ", the stream of ", origin.member.id()));
  }
  const ledger::Verifier* key = KeyOf(origin, body.key_id);
  if (key == nullptr) {
    return MakeError(
        Code::SIGNATURE_INVALID,
        absl::StrCat("the registry has no key ", ToHex(body.key_id), " of ", body.origin));
  }
  if (!same) RETURN_IF_ERROR(ledger::VerifyCheckpoint(head.checkpoint(), *key).status());
  return body;
}

Status Holdings::CheckTicks(const trust::MemberFacts& origin, const Holding& holding,
                            const ledger::CheckpointBody& body, const v1::Head& head,
                            v1::Alarm* alarm) const {
  const uint64_t lowest = std::max(holding.epoch, origin.member.epoch_min());
  if (body.epoch < lowest) {
    return Raise(Code::EPOCH_LOWER, holding.head, head,
                 absl::StrCat("the epoch is lower: got ", body.epoch, ", want at least ", lowest),
                 alarm);
  }
  // One tick has one checkpoint. A body is compared, never its signature: of some kinds there are
  // several that are right.
  const auto contradicts = [&](uint64_t epoch, uint64_t tick, const v1::Head& other) {
    return epoch == body.epoch && tick == body.tick &&
           other.checkpoint().body() != head.checkpoint().body();
  };
  const auto newest = origins_.find(body.origin);
  const v1::Head* other = nullptr;
  if (contradicts(holding.epoch, holding.tick, holding.head)) {
    other = &holding.head;
  } else if (newest != origins_.end() &&
             contradicts(newest->second.decoded.epoch, newest->second.decoded.tick,
                         newest->second.head)) {
    other = &newest->second.head;
  }
  if (other == nullptr) return absl::OkStatus();
  return Raise(Code::STREAM_FORKED, *other, head,
               absl::StrCat("the origin signed two checkpoints of tick ", body.tick), alarm);
}

Status Holdings::CheckHead(const trust::MemberFacts& origin, const v1::Head& head,
                           VerifiedHeadFacts* facts, v1::Alarm* alarm) {
  const v1::StreamHead& came = head.proof().head();
  Holding* holding = Find(came.stream_id());
  if (holding == nullptr || holding->descriptor.origin() != origin.member.id()) {
    return MakeError(Code::STREAM_UNKNOWN,
                     absl::StrCat("a head of a stream of ", origin.member.id(),
                                  " that was not offered: ", ToHex(came.stream_id())));
  }
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body, VerifyOnce(origin, head));
  if (body.suite != holding->suite) {
    return MakeError(Code::PROOF_INVALID, "the checkpoint's suite is not the stream's");
  }
  RETURN_IF_ERROR(ledger::VerifyHead(body, head.proof()));
  RETURN_IF_ERROR(CheckTicks(origin, *holding, body, head, alarm));
  RETURN_IF_ERROR(CheckGrowth(*holding, body, head, alarm));
  if (OriginState& state = origins_[body.origin];
      Newer(body, state.decoded.epoch, state.decoded.tick)) {
    state = {head, body};
  }
  if (Newer(body, holding->epoch, holding->tick)) {
    holding->epoch = body.epoch;
    holding->tick = body.tick;
    holding->head = head;
  }
  *facts = {body.epoch, body.tick, came, came.size() > holding->range.size()};
  return absl::OkStatus();
}

}  // namespace tombolo::exchange
