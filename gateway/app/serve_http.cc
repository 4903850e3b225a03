#include "gateway/app/serve_http.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/app/console.h"
#include "gateway/app/message_json.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/trust/document.h"

namespace tombolo::app {
namespace {

using net::HttpReply;
using net::HttpRequest;

constexpr char kJson[] = "application/json";
constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kDocuments[] = "/v1/documents/";
constexpr int64_t kSecondUs = 1000000;

HttpReply NoSuchTarget() {
  return net::ProblemReply(MakeError(Code::NOT_FOUND, "there is nothing under this target"));
}

HttpReply MessageReply(const HttpRequest& request, const google::protobuf::Message& message) {
  const std::string type(net::NegotiateType(request));
  if (type != kJson) return {200, type, ledger::CanonicalBytes(message)};
  const StatusOr<std::string> json = MessageJson(message);
  if (!json.ok()) return net::ProblemReply(json.status());
  return {200, kJson, *json + "\n"};
}

// The value of a query that is NAME=NUMBER; 0 if there is none.
StatusOr<uint64_t> NumberInQuery(const HttpRequest& request, const std::string& name) {
  const size_t at = request.target.find('?');
  if (at == std::string::npos) return uint64_t{0};
  const std::string query = request.target.substr(at + 1);
  uint64_t number = 0;
  if (query.rfind(name + "=", 0) != 0 ||
      !absl::SimpleAtoi(query.substr(name.size() + 1), &number)) {
    return MakeError(Code::INVALID_ARGUMENT, "the query wants " + name + "=NUMBER");
  }
  return number;
}

HttpReply ListsReply(const std::vector<v1::SignedDocument>& documents) {
  std::vector<std::string> lists;
  for (const v1::SignedDocument& document : documents) {
    if (document.kind() != v1::REVOCATION_LIST) continue;
    StatusOr<std::string> json = MessageJson(document);
    if (!json.ok()) return net::ProblemReply(json.status());
    lists.push_back(*std::move(json));
  }
  return {200, kJson, JsonArrayOf(lists) + "\n"};
}

HttpReply DocumentReply(const HttpRequest& request, const trust::Federation& federation) {
  const std::string name = PathOf(request).substr(sizeof(kDocuments) - 1);
  const std::vector<v1::SignedDocument> documents = federation.State().documents;
  if (name == "lists") return ListsReply(documents);
  const v1::DocumentKind kind = name == "root"        ? v1::ROOT
                                : name == "registry"  ? v1::REGISTRY
                                : name == "timestamp" ? v1::TIMESTAMP
                                                      : v1::DOCUMENT_KIND_UNSPECIFIED;
  const StatusOr<uint64_t> version = NumberInQuery(request, "version");
  if (!version.ok()) return net::ProblemReply(version.status());
  if (kind == v1::ROOT && *version != 0 && *version != federation.root().version()) {
    return net::ProblemReply(
        MakeError(Code::NOT_FOUND, absl::StrCat("the active root is ", federation.root().version(),
                                                "; those before it come in a session")));
  }
  for (const v1::SignedDocument& document : documents) {
    if (document.kind() == kind) return MessageReply(request, document);
  }
  return NoSuchTarget();
}

std::string PeerJson(const node::PeerStatus& peer) {
  const auto number = [](uint64_t value) { return static_cast<int64_t>(value); };
  return JsonObject()
      .Text("id", peer.id)
      .Text("state", peer.state)
      .Text("last_error", peer.last_error)
      .Number("unsent", number(peer.unsent))
      .Number("unconfirmed", number(peer.unconfirmed))
      .Number("incomplete", number(peer.incomplete))
      .Number("bytes_in", number(peer.bytes_in))
      .Number("bytes_out", number(peer.bytes_out))
      .Number("records_in", number(peer.records_in))
      .Number("records_out", number(peer.records_out))
      .Number("last_seen_us", peer.last_seen_us)
      .Number("acknowledged_us", peer.acknowledged_us)
      .str();
}

HttpReply PeersReply(const Snapshot& snapshot) {
  std::vector<std::string> peers;
  for (const node::PeerStatus& peer : snapshot.peers) peers.push_back(PeerJson(peer));
  return {
      200, kJson,
      JsonObject().Text("origin", snapshot.origin).Raw("peers", JsonArrayOf(peers)).str() + "\n"};
}

// A moment that a document states; none: nothing is told.
void AddExpiry(const std::string& kind, const std::string& text, int64_t now_us,
               MetricsInput* input) {
  const StatusOr<int64_t> at = trust::ParseMoment(text);
  if (at.ok()) input->expiry_s[kind] = (*at - now_us) / kSecondUs;
}

Status ReadyNow(const Snapshot& snapshot, const Moment& moment) {
  RETURN_IF_ERROR(moment.alive);
  RETURN_IF_ERROR(snapshot.ready);
  return snapshot.federation->CheckFresh(moment.now_us);
}

HttpReply MetricsReply(const Snapshot& snapshot, const Moment& moment) {
  MetricsInput input;
  input.desk = snapshot.counts;
  input.peers = snapshot.peers;
  input.turns = snapshot.turns;
  input.sessions = moment.sessions;
  input.handshakes = moment.handshakes;
  input.escaped_exceptions = moment.escaped_exceptions;
  input.ready = ReadyNow(snapshot, moment).ok();
  const trust::Federation& federation = *snapshot.federation;
  AddExpiry("root", federation.root().expires_at(), moment.now_us, &input);
  AddExpiry("registry", federation.registry().expires_at(), moment.now_us, &input);
  AddExpiry("timestamp", federation.timestamp().expires_at(), moment.now_us, &input);
  for (const auto& [id, list] : federation.lists()) {
    const int64_t seconds = (list.next_update_us - moment.now_us) / kSecondUs;
    const auto [it, added] = input.expiry_s.try_emplace("revocation_list", seconds);
    it->second = std::min(it->second, seconds);
  }
  return {200, kMetricsType, MetricsText(input)};
}

HttpReply StateReply(const Status& status) {
  if (status.ok()) return {200, kText, "ok\n"};
  return {503, kText, Describe(status) + "\n"};
}

}  // namespace

std::string PathOf(const net::HttpRequest& request) {
  return request.target.substr(0, request.target.find('?'));
}

net::HttpReply AnswerMember(const net::HttpRequest& request, const Snapshot& snapshot,
                            const trust::PeerIdentity& peer) {
  const std::string path = PathOf(request);
  if (path == "/v1/node") {
    return {200, kJson,
            JsonObject()
                    .Text("id", snapshot.origin)
                    .Text("program", snapshot.program)
                    .Raw("versions", "[1]")
                    .str() +
                "\n"};
  }
  if (path.rfind(kDocuments, 0) == 0) return DocumentReply(request, *snapshot.federation);
  if (path == "/v1/audit/head") {
    if (!snapshot.audit_head.ok()) return net::ProblemReply(snapshot.audit_head.status());
    return MessageReply(request, *snapshot.audit_head);
  }
  if (path == "/v1/peer") {
    const trust::MemberFacts* facts = snapshot.federation->Find(peer.id);
    if (facts == nullptr) return NoSuchTarget();
    return {200, kJson,
            JsonObject()
                    .Text("id", peer.id)
                    .Text("level", v1::MemberLevel_Name(facts->member.level()))
                    .Text("state", v1::MemberState_Name(facts->member.state()))
                    .str() +
                "\n"};
  }
  return NoSuchTarget();
}

net::HttpReply AnswerRefused(const net::HttpRequest& request, const Snapshot& snapshot,
                             const Status& why) {
  const bool stale = CodeOf(why) == Code::DOCUMENT_EXPIRED || CodeOf(why) == Code::TIMESTAMP_STALE;
  if (stale && PathOf(request).rfind(kDocuments, 0) == 0) {
    return DocumentReply(request, *snapshot.federation);
  }
  return net::ProblemReply(why);
}

net::HttpReply AnswerOperator(const net::HttpRequest& request, const Snapshot& snapshot,
                              const Moment& moment) {
  const std::string path = PathOf(request);
  if (path == "/healthz") return StateReply(moment.alive);
  if (path == "/readyz") return StateReply(ReadyNow(snapshot, moment));
  if (path == "/metrics") return MetricsReply(snapshot, moment);
  if (path == "/v1/peers") return PeersReply(snapshot);
  return NoSuchTarget();
}

}  // namespace tombolo::app
