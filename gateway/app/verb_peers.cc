// tombolo peers: how the exchange with each peer stands.
#include <algorithm>
#include <boost/json.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/base/date.h"
#include "gateway/node/peer_report.h"
#include "gateway/os/local_http.h"

namespace tombolo::app {
namespace {

namespace json = boost::json;

constexpr char kLocalDefault[] = "127.0.0.1:9464";
constexpr char kPath[] = "/v1/peers";
constexpr int kDeadlineMs = 2000;

std::string TextOf(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return "";
  return std::string(value->get_string());
}

int64_t NumberOf(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<int64_t>(error);
  return error ? 0 : number;
}

// What the server says takes the place of what the store says; the acknowledged cursors stay.
void TakeLive(const json::object& live, node::PeerLine* line) {
  const auto count = [&live](std::string_view key) {
    return static_cast<uint64_t>(NumberOf(live, key));
  };
  line->state = TextOf(live, "state");
  line->last_error = TextOf(live, "last_error");
  line->unsent = count("unsent");
  line->unconfirmed = count("unconfirmed");
  line->incomplete = count("incomplete");
  line->bytes_in = count("bytes_in");
  line->bytes_out = count("bytes_out");
  line->records_in = count("records_in");
  line->records_out = count("records_out");
  line->last_seen_us = NumberOf(live, "last_seen_us");
  line->acknowledged_us = NumberOf(live, "acknowledged_us");
}

// True if a server of this very node answered, and the lines have what it said.
bool AskServer(const NodeFolder& folder, std::vector<node::PeerLine>* lines) {
  const std::string& configured = folder.config().serve().local();
  const StatusOr<std::string> body =
      os::GetLocal(configured.empty() ? kLocalDefault : configured, kPath, kDeadlineMs);
  if (!body.ok()) return false;
  boost::system::error_code error;
  const json::value answer = json::parse(*body, error);
  if (error || !answer.is_object()) return false;
  const json::object& object = answer.get_object();
  if (TextOf(object, "origin") != folder.context().origin) return false;  // another node's server
  const json::value* peers = object.if_contains("peers");
  if (peers == nullptr || !peers->is_array()) return false;
  for (const json::value& peer : peers->get_array()) {
    if (!peer.is_object()) continue;
    const std::string id = TextOf(peer.get_object(), "id");
    auto line = std::find_if(lines->begin(), lines->end(),
                             [&id](const node::PeerLine& known) { return known.id == id; });
    if (line == lines->end()) {
      line = lines->emplace(lines->end());
      line->id = id;
    }
    TakeLive(peer.get_object(), &*line);
  }
  return true;
}

std::string TimeText(int64_t us) { return us == 0 ? "" : FormatInstant(us); }

std::string LineJson(const node::PeerLine& line) {
  std::vector<std::string> streams;
  for (const node::AcknowledgedStream& stream : line.streams) {
    streams.push_back(JsonObject()
                          .Text("stream", ToHex(stream.stream_id))
                          .Text("item", stream.item)
                          .Number("size", static_cast<int64_t>(stream.size))
                          .Number("next_seq", static_cast<int64_t>(stream.next_seq))
                          .str());
  }
  JsonObject out;
  out.Text("id", line.id).Text("state", line.state).Text("last_error", line.last_error);
  if (line.unsent.has_value()) out.Number("unsent", static_cast<int64_t>(*line.unsent));
  return out.Number("unconfirmed", static_cast<int64_t>(line.unconfirmed))
      .Number("incomplete", static_cast<int64_t>(line.incomplete))
      .Number("bytes_in", static_cast<int64_t>(line.bytes_in))
      .Number("bytes_out", static_cast<int64_t>(line.bytes_out))
      .Number("records_in", static_cast<int64_t>(line.records_in))
      .Number("records_out", static_cast<int64_t>(line.records_out))
      .Text("last_seen", TimeText(line.last_seen_us))
      .Text("acknowledged", TimeText(line.acknowledged_us))
      .Raw("acknowledged_streams", JsonArrayOf(streams))
      .str();
}

std::string LinesText(const std::vector<node::PeerLine>& lines, bool live) {
  Table table({"peer", "state", ">unsent", ">unconfirmed", ">incomplete", ">records in",
               ">records out", ">bytes in", ">bytes out", "last seen", "acknowledged",
               "last error"});
  for (const node::PeerLine& line : lines) {
    table.Add({line.id, line.state, line.unsent.has_value() ? Grouped(*line.unsent) : "",
               Grouped(line.unconfirmed), Grouped(line.incomplete), Grouped(line.records_in),
               Grouped(line.records_out), Grouped(line.bytes_in), Grouped(line.bytes_out),
               TimeText(line.last_seen_us), TimeText(line.acknowledged_us), line.last_error});
  }
  if (table.empty()) {
    return "No peer yet; name one under serve: peers: in node.yaml and run tombolo serve.\n";
  }
  return (live ? "" : "No server runs for this node; this is what its store says.\n") +
         table.Render();
}

Status RunPeers(const Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(std::vector<node::PeerLine> lines,
                   node::PeersOfStore(folder->context(), folder->config().serve()));
  const bool live = AskServer(*folder, &lines);
  if (!session.json) {
    Print(LinesText(lines, live));
    return absl::OkStatus();
  }
  for (const node::PeerLine& line : lines) Print(LineJson(line) + "\n");
  return absl::OkStatus();
}

}  // namespace

void AddPeersVerbs(CLI::App* app, Session* session) {
  CLI::App* verb = AddVerb(
      app, session, "peers", "How the exchange with each peer stands",
      "Asks the server of this node if one runs, else its store. unsent and unconfirmed are "
      "entries "
      "that the peer has not been sent, or has not signed for; incomplete are entries from it that "
      "lack a layer. --json has the acknowledged position in each stream as well.",
      "tombolo peers --node my-city", [session] { return RunPeers(*session); });
  AddNodeOption(verb, session);
  AddJsonOption(verb, session);
}

}  // namespace tombolo::app
