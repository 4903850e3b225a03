// What a frame may do, and when it may come: the table of docs/protocol.md, section 3.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/exchange/alarm.h"
#include "gateway/exchange/message.h"
#include "gateway/exchange/session.h"

namespace tombolo::exchange {
namespace {

constexpr int64_t kMillisecondUs = 1000;
constexpr int64_t kSecondUs = 1000 * kMillisecondUs;
constexpr int64_t kDocumentsUs = 10 * kSecondUs;
constexpr uint32_t kVersion = 1;
constexpr uint32_t kPingMsMin = 1000, kPingMsMax = 60000;
constexpr size_t kProgramBytes = 64;

Status OutOfOrder(v1::FrameType type, std::string_view when) {
  return MakeError(Code::FRAME_ORDER, absl::StrCat(v1::FrameType_Name(type), " ", ToAbsl(when)));
}

bool IsLast(v1::FrameType type) { return type == v1::REFUSAL || type == v1::BYE; }

// Still taken between this side's BYE and the other's.
bool IsTakenLate(v1::FrameType type) {
  return IsLast(type) || type == v1::RECEIPT || type == v1::COUNTERSIGNATURE;
}

}  // namespace

void Session::OnFrame(const Frame& frame, int64_t now_us, int64_t civil_us, Effects* out) {
  if (state_ == State::kEnded) return;
  SetNow(now_us, civil_us);
  heard_us_ = now_us;
  if (const Status taken = Take(frame, out); !taken.ok()) Fail(taken, out);
}

Status Session::Take(const Frame& frame, Effects* out) {
  if (state_ == State::kHello) {
    if (frame.type == v1::HELLO) return OnHello(frame.payload, out);
    if (!IsLast(frame.type)) return OutOfOrder(frame.type, "before HELLO");
    return Dispatch(frame, out);
  }
  RETURN_IF_ERROR(CheckRate(frame.type));
  if (state_ == State::kClosing && !IsTakenLate(frame.type)) return absl::OkStatus();
  RETURN_IF_ERROR(CheckMoment(frame.type));
  return Dispatch(frame, out);
}

Status Session::CheckMoment(v1::FrameType type) const {
  switch (type) {
    case v1::HELLO:
      return OutOfOrder(type, "came twice");
    case v1::HELD:
      if (publisher_.subscribed()) return OutOfOrder(type, "after SUBSCRIBE");
      break;
    case v1::OFFER:
    case v1::HEAD:
    case v1::ENTRIES:
    case v1::LAYERS:
      if (!subscriber_.subscribed()) return OutOfOrder(type, "before SUBSCRIBE was sent");
      break;
    case v1::FILL:
    case v1::RECEIPT:
      if (!publisher_.offered()) return OutOfOrder(type, "before anything was offered");
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

Status Session::CheckRate(v1::FrameType type) {
  if (IsData(type) || type == v1::HELD || IsLast(type)) return absl::OkStatus();
  if (now_us_ - second_us_ >= kSecondUs) {
    second_us_ = now_us_;
    control_frames_ = stream_frames_ = 0;
  }
  const bool many = type == v1::OFFER || type == v1::HEAD || type == v1::DOCUMENT;
  const size_t limit =
      many ? limits::kStreamFramesPerSecondMax : limits::kControlFramesPerSecondMax;
  if (++(many ? stream_frames_ : control_frames_) <= limit) return absl::OkStatus();
  return MakeError(Code::RATE_LIMITED, absl::StrCat("more than ", limit, " frames of the kind of ",
                                                    v1::FrameType_Name(type), " in a second"));
}

Status Session::Dispatch(const Frame& frame, Effects* out) {
  switch (frame.type) {
    case v1::ENTRIES:
    case v1::LAYERS:
      return OnData(frame, out);
    case v1::HELD:
    case v1::SUBSCRIBE:
    case v1::OFFER:
    case v1::HEAD:
    case v1::FILL:
    case v1::CREDIT:
      return OnFeedControl(frame, out);
    case v1::RECEIPT:
    case v1::AUDIT_HEAD:
    case v1::COUNTERSIGNATURE:
    case v1::ALARM:
      return OnStatement(frame, out);
    default:
      return OnControl(frame, out);
  }
}

Status Session::OnControl(const Frame& frame, Effects* out) {
  switch (frame.type) {
    case v1::PING:
      return OnPing(frame.payload);
    case v1::REFUSAL:
      return OnRefusal(frame.payload, out);
    case v1::BYE:
      return OnBye(frame.payload, out);
    case v1::DOCUMENT: {
      ASSIGN_OR_RETURN(v1::DocumentFrame document, MessageOf<v1::DocumentFrame>(frame.payload));
      out->push_back(ActivateDocument{std::move(*document.mutable_document())});
      return absl::OkStatus();
    }
    default:
      return MakeError(Code::FRAME_UNKNOWN, "a frame of a type that this version does not know");
  }
}

Status Session::OnFeedControl(const Frame& frame, Effects* out) {
  switch (frame.type) {
    case v1::HELD: {
      ASSIGN_OR_RETURN(const v1::Held held, MessageOf<v1::Held>(frame.payload));
      return publisher_.OnHeld(held);
    }
    case v1::SUBSCRIBE: {
      ASSIGN_OR_RETURN(const v1::Subscribe wish, MessageOf<v1::Subscribe>(frame.payload));
      if (publisher_.subscribed() && now_us_ - subscribed_us_ < kSecondUs) {
        return MakeError(Code::RATE_LIMITED, "SUBSCRIBE more than once a second");
      }
      subscribed_us_ = now_us_;
      return publisher_.OnSubscribe(wish, authority_, out);
    }
    case v1::OFFER: {
      ASSIGN_OR_RETURN(const v1::Offer offer, MessageOf<v1::Offer>(frame.payload));
      return subscriber_.OnOffer(offer, now_us_ + civil_offset_us_, out);
    }
    case v1::HEAD: {
      ASSIGN_OR_RETURN(const v1::Head head, MessageOf<v1::Head>(frame.payload));
      return subscriber_.OnHead(head, out);
    }
    case v1::FILL: {
      ASSIGN_OR_RETURN(const v1::Fill fill, MessageOf<v1::Fill>(frame.payload));
      return publisher_.OnFill(fill, out);
    }
    default: {
      ASSIGN_OR_RETURN(const v1::Credit credit, MessageOf<v1::Credit>(frame.payload));
      return publisher_.OnCredit(credit.bytes(), out);
    }
  }
}

Status Session::OnStatement(const Frame& frame, Effects* out) {
  switch (frame.type) {
    case v1::RECEIPT: {
      ASSIGN_OR_RETURN(const v1::Receipt receipt, MessageOf<v1::Receipt>(frame.payload));
      return publisher_.OnReceipt(receipt, out);
    }
    case v1::AUDIT_HEAD: {
      ASSIGN_OR_RETURN(v1::AuditHead head, MessageOf<v1::AuditHead>(frame.payload));
      out->push_back(CheckAuditHead{std::move(head)});
      return absl::OkStatus();
    }
    case v1::COUNTERSIGNATURE: {
      ASSIGN_OR_RETURN(v1::Countersignature signature,
                       MessageOf<v1::Countersignature>(frame.payload));
      out->push_back(KeepCountersignature{std::move(signature)});
      return absl::OkStatus();
    }
    default:
      return OnAlarm(frame.payload, out);
  }
}

Status Session::OnData(const Frame& frame, Effects* out) {
  if (frame.wire_bytes > credit_left_) {
    return MakeError(Code::CREDIT_EXCEEDED, absl::StrCat("a data frame of ", frame.wire_bytes,
                                                         " bytes, left are ", credit_left_));
  }
  credit_left_ -= frame.wire_bytes;
  bool kept = false;
  RETURN_IF_ERROR(frame.type == v1::ENTRIES
                      ? subscriber_.OnEntries(frame.payload, frame.wire_bytes, &kept, out)
                      : subscriber_.OnLayers(frame.payload, frame.wire_bytes, &kept, out));
  stored_since_receipt_ = stored_since_receipt_ || kept;
  if (!kept) GiveBack(frame.wire_bytes, out);
  return absl::OkStatus();
}

// --- one by one

Status Session::OnHello(std::string_view payload, Effects* out) {
  ASSIGN_OR_RETURN(v1::Hello hello, MessageOf<v1::Hello>(payload));
  if (hello.node() != peer_.id) {
    return MakeError(Code::PEER_KEY_MISMATCH,
                     absl::StrCat("HELLO names ", hello.node(), ", the certificate ", peer_.id));
  }
  const auto& versions = hello.versions();
  if (std::find(versions.begin(), versions.end(), kVersion) == versions.end()) {
    return MakeError(Code::PROTOCOL_VERSION,
                     absl::StrCat(peer_.id, " does not speak version ", kVersion));
  }
  const bool sound =
      hello.credit_bytes() >= limits::kCreditBytesMin &&
      hello.credit_bytes() <= limits::kCreditBytesMax && hello.ping_interval_ms() >= kPingMsMin &&
      hello.ping_interval_ms() <= kPingMsMax && hello.program().size() <= kProgramBytes;
  if (!sound) {
    return MakeError(Code::FRAME_INVALID, "HELLO: credit, ping interval or program out of bounds");
  }
  state_ = State::kOpen;
  hello_due_us_ = INT64_MAX;
  next_ping_us_ = now_us_ + int64_t{settings_.ping_interval_ms} * kMillisecondUs;
  if (settings_.subscribe) documents_due_us_ = now_us_ + kDocumentsUs;
  their_policy_ = hello.policy_version();
  publisher_.Greet(hello.credit_bytes(), hello.zstd());
  theirs_ = hello;
  out->push_back(Greeted{std::move(hello)});
  TrySubscribe(out);
  return absl::OkStatus();
}

Status Session::OnPing(std::string_view payload) {
  ASSIGN_OR_RETURN(const v1::Ping ping, MessageOf<v1::Ping>(payload));
  their_policy_ = std::max(their_policy_, ping.policy_version());
  return absl::OkStatus();
}

Status Session::OnAlarm(std::string_view payload, Effects* out) {
  ASSIGN_OR_RETURN(v1::Alarm alarm, MessageOf<v1::Alarm>(payload));
  RETURN_IF_ERROR(CheckAlarm(alarm, *authority_->federation));
  out->push_back(RaiseAlarm{std::move(alarm)});
  return absl::OkStatus();
}

Status Session::OnRefusal(std::string_view payload, Effects* out) {
  ASSIGN_OR_RETURN(const v1::Refusal refusal, MessageOf<v1::Refusal>(payload));
  const std::optional<Code> code = CodeFromName(refusal.code());
  const bool known = code.has_value() && *code != Code::kOk;
  Finish(
      MakeError(known ? *code : Code::UNSUPPORTED,
                absl::StrCat(peer_.id, " refused with ", refusal.code(), ": ", refusal.message())),
      {}, refusal.retry(), out);
  return absl::OkStatus();
}

Status Session::OnBye(std::string_view payload, Effects* out) {
  ASSIGN_OR_RETURN(const v1::Bye bye, MessageOf<v1::Bye>(payload));
  Stop(bye.reason(), out);  // nothing, if this side said so first
  if (state_ != State::kEnded) Finish(absl::OkStatus(), {}, true, out);
  return absl::OkStatus();
}

}  // namespace tombolo::exchange
