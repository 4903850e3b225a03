#include "gateway/exchange/alarm.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "gateway/ledger/checkpoint.h"

namespace tombolo::exchange {
namespace {

// The body, if the head is signed by a key that the registry has of its origin.
StatusOr<ledger::CheckpointBody> BodyOf(const v1::Head& head, const trust::Federation& federation) {
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body, ledger::DecodeBody(head.checkpoint().body()));
  const trust::MemberFacts* origin = federation.Find(body.origin);
  if (origin != nullptr) {
    for (const ledger::Verifier& key : origin->verifiers) {
      if (key.key_id() != body.key_id) continue;
      RETURN_IF_ERROR(ledger::VerifyHead(head.checkpoint(), head.proof(), key));
      return body;
    }
  }
  return MakeError(Code::SIGNATURE_INVALID,
                   absl::StrCat("an alarm over a statement of ", body.origin,
                                " under a key that the registry does not have"));
}

bool Forked(const v1::Alarm& alarm, const ledger::CheckpointBody& first,
            const ledger::CheckpointBody& second) {
  const v1::StreamHead& a = alarm.first().proof().head();
  const v1::StreamHead& b = alarm.second().proof().head();
  const bool one_tick = first.epoch == second.epoch && first.tick == second.tick &&
                        alarm.first().checkpoint().body() != alarm.second().checkpoint().body();
  const bool one_size =
      a.stream_id() == b.stream_id() && a.size() == b.size() && a.root() != b.root();
  return one_tick || one_size;
}

bool Shrunk(const v1::Alarm& alarm, const ledger::CheckpointBody& first,
            const ledger::CheckpointBody& second) {
  const v1::StreamHead& a = alarm.first().proof().head();
  const v1::StreamHead& b = alarm.second().proof().head();
  if (a.stream_id() != b.stream_id()) return false;
  const bool second_is_later =
      std::tie(second.epoch, second.tick) >= std::tie(first.epoch, first.tick);
  return second_is_later ? b.size() < a.size() : b.size() > a.size();
}

}  // namespace

Status CheckAlarm(const v1::Alarm& alarm, const trust::Federation& federation) {
  const std::optional<Code> code = CodeFromName(alarm.code());
  const bool lower = code == Code::EPOCH_LOWER;
  if (!lower && code != Code::STREAM_FORKED && code != Code::STREAM_SHRUNK) {
    return MakeError(Code::FRAME_INVALID, "ALARM: of a code that is none");
  }
  ASSIGN_OR_RETURN(const ledger::CheckpointBody second, BodyOf(alarm.second(), federation));
  bool holds = false;
  if (lower) {
    const trust::MemberFacts* origin = federation.Find(second.origin);
    holds = second.epoch < origin->member.epoch_min();
  }
  if (!holds && alarm.has_first()) {
    ASSIGN_OR_RETURN(const ledger::CheckpointBody first, BodyOf(alarm.first(), federation));
    holds = first.origin == second.origin &&
            (lower                         ? second.epoch < first.epoch
             : code == Code::STREAM_FORKED ? Forked(alarm, first, second)
                                           : Shrunk(alarm, first, second));
  }
  if (holds) return absl::OkStatus();
  return MakeError(Code::PROOF_INVALID,
                   absl::StrCat("ALARM ", alarm.code(), " over statements of ", second.origin,
                                " that do not contradict each other"));
}

}  // namespace tombolo::exchange
