// Time, credit, changes from outside, and the end; what frames do is in session_frames.cc.
#include "gateway/exchange/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kMillisecondUs = 1000;
constexpr int64_t kSecondUs = 1000 * kMillisecondUs;
constexpr int64_t kByeUs = 5 * kSecondUs;
constexpr uint32_t kVersion = 1;
constexpr uint32_t kRetryAfterMs = 1000;
// Credit goes back once this part of it is stored: few frames, and what is left lets any page pass.
constexpr uint64_t kCreditParts = 4;

// Whether trying again may help before an operator has looked.
bool MayRetry(Code code) {
  switch (code) {
    case Code::DEADLINE_EXCEEDED:
    case Code::PEER_TOO_SLOW:
    case Code::RATE_LIMITED:
    case Code::SESSION_REPLACED:
    case Code::STREAM_GAP:
    // One side may know a newer document than the other.
    case Code::CLASS_WIDENED:
    case Code::RELAY_REFUSED:
    case Code::TIMESTAMP_STALE:
    case Code::DOCUMENT_EXPIRED:
    case Code::CRL_MISSING:
    // Trouble of this node's own.
    case Code::INTERNAL:
    case Code::IO_ERROR:
    case Code::DISK_FULL:
    case Code::STORE_BUSY:
    case Code::STORE_CONFLICT:
    case Code::INTERRUPTED:
      return true;
    default:
      return false;
  }
}

int64_t After(int64_t moment_us, int64_t span_us) {
  return moment_us == INT64_MAX ? INT64_MAX : moment_us + span_us;
}

}  // namespace

Session::Session(SessionSettings settings, trust::PeerIdentity peer, Holdings* holdings,
                 const Carried* carried, ledger::CursorCodec* cursors,
                 std::shared_ptr<const Authority> authority)
    : settings_(std::move(settings)),
      peer_(std::move(peer)),
      authority_(std::move(authority)),
      publisher_(settings_.self, peer_.id, carried, cursors),
      subscriber_(settings_.self, peer_.id, holdings),
      credit_left_(settings_.credit_bytes) {}

void Session::SetNow(int64_t now_us, int64_t civil_us) {
  now_us_ = now_us;
  civil_offset_us_ = civil_us - now_us;
  publisher_.SetNow(now_us, civil_us);
}

void Session::Start(const SelfState& self, int64_t now_us, int64_t civil_us, Effects* out) {
  SetNow(now_us, civil_us);
  hello_due_us_ = now_us + limits::kHelloMsMax * kMillisecondUs;
  v1::Hello hello;
  hello.set_node(settings_.self);
  hello.add_versions(kVersion);
  hello.set_program(settings_.program);
  hello.set_registry_version(self.registry_version);
  hello.set_timestamp_version(self.timestamp_version);
  hello.set_root_version(self.root_version);
  hello.set_policy_version(self.policy_version);
  hello.set_credit_bytes(settings_.credit_bytes);
  hello.set_zstd(true);
  hello.set_time_us(civil_us);
  hello.set_ping_interval_ms(settings_.ping_interval_ms);
  hello.set_epoch(self.epoch);
  hello.set_tick(self.tick);
  out->push_back(SendControl{v1::HELLO, ledger::CanonicalBytes(hello)});
}

// --- time

int64_t Session::NextTimerUs() const {
  if (state_ == State::kEnded) return INT64_MAX;
  if (state_ == State::kHello) return hello_due_us_;
  const int64_t silent_us = int64_t{theirs_.ping_interval_ms()} * kMillisecondUs;
  int64_t next = heard_us_ + limits::kSilenceIntervalsMax * silent_us;
  if (state_ == State::kClosing) return std::min(next, bye_due_us_);
  next = std::min({next, next_ping_us_, documents_due_us_, receipt_due_us_, fills_due_us_,
                   publisher_.ResumeUs()});
  if (publisher_.StarvedSinceUs() != 0) {
    next = std::min(next, publisher_.StarvedSinceUs() + limits::kCreditStallMsMax * kMillisecondUs);
  }
  if (publisher_.NextChangeUs() != INT64_MAX) {
    next = std::min(next, publisher_.NextChangeUs() - civil_offset_us_);
  }
  return next;
}

Status Session::CheckDeadlines() const {
  if (state_ == State::kHello) {
    if (now_us_ < hello_due_us_) return absl::OkStatus();
    return MakeError(Code::DEADLINE_EXCEEDED, absl::StrCat("no HELLO of ", peer_.id, " within ",
                                                           limits::kHelloMsMax, " ms"));
  }
  const int64_t silent_us = int64_t{theirs_.ping_interval_ms()} * kMillisecondUs;
  if (now_us_ - heard_us_ >= limits::kSilenceIntervalsMax * silent_us) {
    return MakeError(Code::DEADLINE_EXCEEDED,
                     absl::StrCat("no frame of ", peer_.id, " for ", limits::kSilenceIntervalsMax,
                                  " of its ping intervals"));
  }
  if (now_us_ >= documents_due_us_) {
    return MakeError(Code::DEADLINE_EXCEEDED,
                     absl::StrCat(peer_.id,
                                  " named versions of root, registry, timestamp or "
                                  "policy in its HELLO that did not come in time"));
  }
  const int64_t starved_us = publisher_.StarvedSinceUs();
  if (starved_us != 0 && now_us_ - starved_us >= limits::kCreditStallMsMax * kMillisecondUs) {
    return MakeError(Code::PEER_TOO_SLOW,
                     absl::StrCat(peer_.id, " gave no credit for ", limits::kCreditStallMsMax,
                                  " ms while data waited"));
  }
  return absl::OkStatus();
}

void Session::OnTimer(const SelfState& self, int64_t now_us, int64_t civil_us, Effects* out) {
  if (state_ == State::kEnded) return;
  SetNow(now_us, civil_us);
  if (const Status late = CheckDeadlines(); !late.ok()) return Fail(late, out);
  if (state_ == State::kHello) return;
  if (state_ == State::kClosing) {
    if (now_us >= bye_due_us_) Finish(absl::OkStatus(), {}, true, out);
    return;
  }
  TrySubscribe(out);
  publisher_.OnTimer(out);
  if (now_us >= fills_due_us_) {
    fills_due_us_ = subscriber_.SendFills(out) ? INT64_MAX : now_us + kSecondUs;
  }
  if (now_us >= receipt_due_us_) {
    receipt_due_us_ = INT64_MAX;
    stored_since_receipt_ = false;
    out->push_back(MakeReceipt{});
  }
  if (now_us >= next_ping_us_) SendPing(self, out);
}

void Session::SendPing(const SelfState& self, Effects* out) {
  publisher_.FlushDisclosed(out);
  next_ping_us_ = now_us_ + int64_t{settings_.ping_interval_ms} * kMillisecondUs;
  v1::Ping ping;
  ping.set_time_us(now_us_ + civil_offset_us_);
  ping.set_registry_version(self.registry_version);
  ping.set_timestamp_version(self.timestamp_version);
  ping.set_policy_version(self.policy_version);
  out->push_back(SendControl{v1::PING, ledger::CanonicalBytes(ping)});
}

// --- what the surroundings tell

void Session::OnWritten(uint64_t queued_bytes, int64_t now_us, Effects* out) {
  if (state_ != State::kOpen) return;
  SetNow(now_us);
  publisher_.OnQueue(queued_bytes, out);
}

void Session::OnPage(const WantPage& want, std::shared_ptr<const boundary::ShapedPage> page,
                     int64_t now_us, int64_t civil_us, Effects* out) {
  if (state_ != State::kOpen) return;
  SetNow(now_us, civil_us);
  publisher_.OnPage(want, std::move(page), out);
}

void Session::Unsent(const SendData& data, int64_t now_us, Effects* out) {
  if (state_ != State::kOpen) return;
  SetNow(now_us);
  publisher_.OnUnsent(data, out);
}

void Session::OnFeedDurable(uint64_t number, int64_t now_us, Effects* out) {
  if (state_ != State::kOpen) return;
  SetNow(now_us);
  publisher_.OnFeedDurable(number, out);
}

void Session::OnStreamsMoved(const std::vector<MovedStream>& moved, int64_t now_us, Effects* out) {
  if (state_ != State::kOpen) return;
  SetNow(now_us);
  publisher_.OnMoved(moved, out);
}

void Session::OnStored(uint64_t wire_bytes, int64_t now_us, Effects* out) {
  if (state_ != State::kOpen) return;
  SetNow(now_us);
  GiveBack(wire_bytes, out);
  receipt_due_us_ =
      std::min(receipt_due_us_, now_us + int64_t{settings_.receipt_interval_ms} * kMillisecondUs);
}

void Session::GiveBack(uint64_t wire_bytes, Effects* out) {
  to_give_back_ += wire_bytes;
  if (to_give_back_ < settings_.credit_bytes / kCreditParts) return;
  v1::Credit credit;
  credit.set_bytes(to_give_back_);
  credit_left_ += to_give_back_;
  to_give_back_ = 0;
  out->push_back(SendControl{v1::CREDIT, ledger::CanonicalBytes(credit)});
}

void Session::AskFill(std::string_view stream_id, v1::SharingClass layer,
                      std::vector<uint64_t> seqs, Effects* out) {
  if (state_ != State::kOpen) return;
  subscriber_.AskFill(stream_id, layer, std::move(seqs));
  if (fills_due_us_ != INT64_MAX) return;  // those of this second are out
  fills_due_us_ = After(now_us_, kSecondUs);
  (void)subscriber_.SendFills(out);
}

void Session::OnAuthority(std::shared_ptr<const Authority> authority, const Status& peer_now,
                          int64_t now_us, int64_t civil_us, Effects* out) {
  if (state_ == State::kEnded) return;
  SetNow(now_us, civil_us);
  authority_ = std::move(authority);
  if (!peer_now.ok()) return Fail(peer_now, out);
  if (const trust::MemberFacts* member = authority_->federation->Find(peer_.id)) {
    peer_.member = member->number;
  }
  if (state_ != State::kOpen) return;
  publisher_.OnAuthority(authority_, out);
  subscriber_.OnAuthority(authority_, civil_us);
  TrySubscribe(out);
}

bool Session::HasWhatTheyNamed() const {
  const trust::Federation& federation = *authority_->federation;
  const auto policy = authority_->policies.find(peer_.id);
  const uint64_t policy_version =
      policy == authority_->policies.end() ? 0 : policy->second->version();
  return federation.root().version() >= theirs_.root_version() &&
         federation.registry().version() >= theirs_.registry_version() &&
         federation.timestamp().version() >= theirs_.timestamp_version() &&
         policy_version >= their_policy_;
}

void Session::TrySubscribe(Effects* out) {
  if (!settings_.subscribe || subscriber_.subscribed() || !HasWhatTheyNamed()) return;
  documents_due_us_ = INT64_MAX;
  subscriber_.Subscribe(settings_.wish, authority_, settings_.cursors, out);
}

// --- the end

void Session::Fail(const Status& why, Effects* out) {
  if (state_ == State::kEnded) return;
  const Code code = CodeOf(why);
  v1::Refusal refusal;
  refusal.set_code(std::string(NameOf(code)));
  // The fixed sentence: what was found may speak of records.
  refusal.set_message(std::string(InfoOf(code).doc));
  refusal.set_retry(MayRetry(code));
  if (refusal.retry()) refusal.set_retry_after_ms(kRetryAfterMs);
  const bool closing = state_ == State::kClosing;  // BYE was the last frame
  if (!closing) out->push_back(SendControl{v1::REFUSAL, ledger::CanonicalBytes(refusal)});
  const bool retry = refusal.retry();
  Finish(why, closing ? v1::Refusal() : std::move(refusal), retry, out);
}

void Session::Finish(Status why, v1::Refusal refusal, bool retry, Effects* out) {
  publisher_.Stop();
  publisher_.FlushDisclosed(out);
  state_ = State::kEnded;
  out->push_back(End{std::move(why), std::move(refusal), retry});
}

void Session::Refuse(const Status& why, int64_t now_us, Effects* out) {
  SetNow(now_us);
  Fail(why, out);
}

void Session::Lost(const Status& why, Effects* out) {
  if (state_ != State::kEnded) Finish(why, {}, true, out);
}

void Session::Stop(std::string_view reason, Effects* out) {
  if (state_ == State::kClosing || state_ == State::kEnded) return;
  publisher_.Stop();
  publisher_.FlushDisclosed(out);
  if (stored_since_receipt_) out->push_back(MakeReceipt{});
  v1::Bye bye;
  bye.set_reason(std::string(reason));
  out->push_back(SendControl{v1::BYE, ledger::CanonicalBytes(bye)});
  if (state_ == State::kHello) return Finish(absl::OkStatus(), {}, true, out);
  state_ = State::kClosing;
  receipt_due_us_ = fills_due_us_ = next_ping_us_ = documents_due_us_ = INT64_MAX;
  bye_due_us_ = now_us_ + kByeUs;
}

}  // namespace tombolo::exchange
