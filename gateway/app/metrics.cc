#include "gateway/app/metrics.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::app {
namespace {

constexpr double kSecondUs = 1e6;

std::string Escaped(const std::string& label) {
  return absl::StrReplaceAll(label, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
}

class Text {
 public:
  void Begin(const char* name, const char* type, const char* help) {
    absl::StrAppend(&out_, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
    name_ = name;
  }
  template <typename Number>
  void Line(const std::string& labels, Number value) {
    absl::StrAppend(&out_, name_, labels.empty() ? "" : absl::StrCat("{", labels, "}"), " ", value,
                    "\n");
  }
  template <typename Number>
  void One(const char* name, const char* type, const char* help, Number value) {
    Begin(name, type, help);
    Line("", value);
  }
  void Histogram(const char* name, const char* help, const Durations& durations) {
    Begin(name, "histogram", help);
    for (size_t i = 0; i < Durations::kBoundsUs.size(); ++i) {
      absl::StrAppend(&out_, name, "_bucket{le=\"",
                      static_cast<double>(Durations::kBoundsUs[i]) / kSecondUs, "\"} ",
                      durations.UpTo(i), "\n");
    }
    absl::StrAppend(&out_, name, "_bucket{le=\"+Inf\"} ", durations.count(), "\n", name, "_sum ",
                    static_cast<double>(durations.sum_us()) / kSecondUs, "\n", name, "_count ",
                    durations.count(), "\n");
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_, name_;
};

void Exchange(const node::DeskCounts& desk, Text* text) {
  text->Begin("tombolo_frames_total", "counter", "Frames of all sessions.");
  for (const auto& [key, count] : desk.frames) {
    const auto& [type, received] = key;
    const std::string name =
        absl::AsciiStrToLower(v1::FrameType_Name(static_cast<v1::FrameType>(type)));
    text->Line(absl::StrCat("type=\"", name.empty() ? "unknown" : name, "\",direction=\"",
                            received ? "in" : "out", "\""),
               count);
  }
  text->Begin("tombolo_bytes_total", "counter", "Bytes of all sessions, without TLS.");
  text->Line("direction=\"in\"", desk.bytes_in);
  text->Line("direction=\"out\"", desk.bytes_out);
  text->One("tombolo_records_received_total", "counter", "Entries stored from peers.",
            desk.records_received);
  text->One("tombolo_records_sent_total", "counter", "Entries sent with at least one layer.",
            desk.records_sent);
  text->One("tombolo_commits_total", "counter", "Commits of the exchange.", desk.commits);
  text->Begin("tombolo_refusals_total", "counter", "Refused connections, frames and documents.");
  for (const auto& [code, count] : desk.refusals) {
    text->Line(absl::StrCat("code=\"", Escaped(code), "\""), count);
  }
}

void Peers(const std::vector<node::PeerStatus>& peers, Text* text) {
  uint64_t incomplete = 0;
  text->Begin("tombolo_lag_entries", "gauge", "Entries that a peer may have and has not got.");
  for (const node::PeerStatus& peer : peers) {
    text->Line(absl::StrCat("peer=\"", Escaped(peer.id), "\""), peer.unsent);
    incomplete += peer.incomplete;
  }
  text->One("tombolo_incomplete_entries", "gauge",
            "Received entries that lack a layer without a known reason.", incomplete);
}

}  // namespace

void Durations::Add(int64_t us) {
  ++count_;
  sum_us_ += us;
  for (size_t i = 0; i < kBoundsUs.size(); ++i) {
    if (us <= kBoundsUs[i]) {
      ++buckets_[i];
      return;
    }
  }
}

uint64_t Durations::UpTo(size_t bucket) const {
  uint64_t sum = 0;
  for (size_t i = 0; i <= bucket; ++i) sum += buckets_[i];
  return sum;
}

std::string MetricsText(const MetricsInput& input) {
  Text text;
  text.One("tombolo_ready", "gauge", "1 if the node may deal with members now.",
           input.ready ? 1 : 0);
  text.One("tombolo_sessions", "gauge", "Open sessions.", input.sessions);
  text.One("tombolo_handshakes_total", "counter", "TLS handshakes that came to their end.",
           input.handshakes);
  text.One("tombolo_escaped_exceptions_total", "counter",
           "Exceptions of libraries that the network's loop caught.", input.escaped_exceptions);
  Exchange(input.desk, &text);
  Peers(input.peers, &text);
  text.Histogram("tombolo_turn_seconds", "Turns of the desk, commits included.", input.turns);
  text.Begin("tombolo_document_expiry_seconds", "gauge",
             "Until the document of the federation expires; below 0: it has.");
  for (const auto& [kind, seconds] : input.expiry_s) {
    text.Line(absl::StrCat("kind=\"", Escaped(kind), "\""), seconds);
  }
  return text.Take();
}

}  // namespace tombolo::app
