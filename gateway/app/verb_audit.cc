// tombolo audit: verify, show, head, prove.
#include <memory>

#include "absl/strings/str_cat.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/federation_folder.h"
#include "gateway/app/message_json.h"
#include "gateway/audit/event.h"
#include "gateway/base/date.h"
#include "gateway/node/audit_trail.h"
#include "gateway/trust/document.h"

namespace tombolo::app {
namespace {

struct AuditArguments {
  std::string type, peer, since;
  size_t last = 0;
  uint64_t seq = 0;
};

// --- verify

// The keys of witnesses; null where the folder has no federation, which is no fault of the log.
StatusOr<std::shared_ptr<const trust::Federation>> KnownFederation(NodeFolder* folder) {
  const std::string path = os::JoinPath(folder->path(), kFederationFolder);
  if (!os::FileExists(os::JoinPath(path, kRootFile))) {
    return std::shared_ptr<const trust::Federation>();
  }
  return LoadFederation(path, folder->clock().NowUs());
}

std::string ReportJson(const node::AuditReport& report) {
  std::vector<std::string> witnesses, evidence;
  for (const node::WitnessedBy& by : report.witnesses) {
    witnesses.push_back(JsonObject()
                            .Text("witness", by.witness)
                            .Number("size", static_cast<int64_t>(by.size))
                            .Text("at", FormatInstant(by.time_us))
                            .Flag("signature_checked", by.unchecked.empty())
                            .str());
  }
  for (const store::EvidenceRow& row : report.evidence) {
    evidence.push_back(JsonObject()
                           .Text("origin", row.origin)
                           .Text("code", row.code)
                           .Text("at", FormatInstant(row.at_us))
                           .Text("alarm", ToBase64(row.alarm))
                           .str());
  }
  return JsonObject()
      .Flag("verified", true)
      .Number("events", static_cast<int64_t>(report.events))
      .Number("tick", static_cast<int64_t>(report.tick))
      .Text("signed_at", FormatInstant(report.signed_at_us))
      .Text("root", ToHex(report.root))
      .Raw("witnesses", JsonArrayOf(witnesses))
      .Number("feeds_opened", static_cast<int64_t>(report.feeds_opened))
      .Number("feeds_open", static_cast<int64_t>(report.feeds_open))
      .Number("disclosures", static_cast<int64_t>(report.disclosures))
      .Raw("evidence", JsonArrayOf(evidence))
      .str();
}

std::string ReportText(const node::AuditReport& report) {
  std::string out = absl::StrCat("Verified: ", Grouped(report.events), " events, signed at tick ",
                                 report.tick, " on ", FormatInstant(report.signed_at_us), ", root ",
                                 ToHex(report.root), ".\n", Grouped(report.disclosures),
                                 " disclosures lie within ", Grouped(report.feeds_opened),
                                 " feeds, ", Grouped(report.feeds_open), " of which are open.\n");
  if (report.witnesses.empty()) out += "No peer has countersigned this log yet.\n";
  for (const node::WitnessedBy& by : report.witnesses) {
    absl::StrAppend(&out, by.witness, " countersigned ", Grouped(by.size), " events at ",
                    FormatInstant(by.time_us),
                    by.unchecked.empty() ? "" : "; signature not checked: " + by.unchecked, ".\n");
  }
  for (const store::EvidenceRow& row : report.evidence) {
    absl::StrAppend(&out, "Kept as evidence: ", row.origin, " contradicted itself, ", row.code,
                    " at ", FormatInstant(row.at_us), "; ask its operator.\n");
  }
  return out;
}

Status RunVerify(const Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(const std::shared_ptr<const trust::Federation> federation,
                   KnownFederation(folder.get()));
  ASSIGN_OR_RETURN(const node::AuditReport report,
                   node::VerifyAudit(folder->context(), federation.get()));
  Print(session.json ? ReportJson(report) + "\n" : ReportText(report));
  return absl::OkStatus();
}

// --- show

StatusOr<node::AuditFilter> FilterOf(const AuditArguments& arguments) {
  node::AuditFilter filter;
  if (!arguments.type.empty()) {
    v1::AuditEventType type;
    if (!v1::AuditEventType_Parse(arguments.type, &type) || audit::FindEvent(type) == nullptr) {
      return MakeError(Code::INVALID_ARGUMENT,
                       "'" + arguments.type +
                           "' is no type of event; write one of docs/reference/audit_events.md, "
                           "for example RECORDS_DISCLOSED");
    }
    filter.type = type;
  }
  if (!arguments.since.empty()) {
    ASSIGN_OR_RETURN(filter.since_us, trust::ParseMoment(arguments.since));
  }
  filter.peer = arguments.peer;
  filter.last = arguments.last;
  return filter;
}

// What an event is about, in few words.
std::string AboutText(const v1::AuditEvent& event) {
  std::string out;
  const auto add = [&out](const std::string& word) {
    if (!word.empty()) absl::StrAppend(&out, out.empty() ? "" : ", ", word);
  };
  add(event.pack());
  add(event.origin());
  add(event.rule());
  add(event.purpose());
  if (event.count() > 0) add("count " + Grouped(event.count()));
  if (event.document_version() > 0) add(absl::StrCat("version ", event.document_version()));
  if (event.ranges_size() > 0) add(absl::StrCat("streams ", event.ranges_size()));
  add(event.detail());
  return out;
}

Status RunShow(const Session& session, const AuditArguments& arguments) {
  ASSIGN_OR_RETURN(const node::AuditFilter filter, FilterOf(arguments));
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  Table table({">event", "at", "type", "outcome", "actor", "peer", "about"});
  Status status;
  const auto visit = [&](uint64_t seq, const v1::AuditEvent& event) {
    if (!session.json) {
      table.Add({std::to_string(seq), FormatInstant(event.at_us()),
                 v1::AuditEventType_Name(event.type()), event.outcome(), event.actor(),
                 event.peer(), AboutText(event)});
      return;
    }
    const StatusOr<std::string> json = MessageJson(event);
    if (!json.ok()) {
      status = json.status();
      return;
    }
    Print(JsonObject().Number("seq", static_cast<int64_t>(seq)).Raw("event", *json).str() + "\n");
  };
  RETURN_IF_ERROR(node::ListEvents(folder->context(), filter, visit));
  RETURN_IF_ERROR(status);
  if (!session.json) Print(table.empty() ? "No event fits.\n" : table.Render());
  return absl::OkStatus();
}

// --- head, prove

Status RunHead(const Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(const v1::RecordProof head, node::AuditHead(folder->context()));
  ASSIGN_OR_RETURN(const std::string json, MessageJson(head));
  Print(json + "\n");
  return absl::OkStatus();
}

Status RunProve(const Session& session, const AuditArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(const v1::EventProof proof, node::ProveEvent(folder->context(), arguments.seq));
  ASSIGN_OR_RETURN(const std::string json, MessageJson(proof));
  Print(json + "\n");
  return absl::OkStatus();
}

void AddShow(CLI::App* parent, Session* session, const std::shared_ptr<AuditArguments>& arguments) {
  CLI::App* show = AddVerb(parent, session, "show", "Events of the log, with filters", "",
                           "tombolo audit show --node my-city --type RECORDS_EXPORTED --last 20",
                           [session, arguments] { return RunShow(*session, *arguments); });
  AddNodeOption(show, session);
  show->add_option("--type", arguments->type, "Only events of this type")->type_name("TYPE");
  show->add_option("--peer", arguments->peer, "Only events with this peer")->type_name("SPIFFE-ID");
  show->add_option("--since", arguments->since, "Only events from this moment on")
      ->type_name("YYYY-MM-DDTHH:MM:SSZ");
  show->add_option("--last", arguments->last, "Only the last N of those that fit; 0 = all")
      ->type_name("N");
  AddJsonOption(show, session);
}

}  // namespace

void AddAuditVerbs(CLI::App* app, Session* session) {
  CLI::App* parent = AddVerb(app, session, "audit", "The node's log of what was done, and proof",
                             "What the events mean: docs/reference/audit_events.md",
                             "tombolo audit verify --node my-city", nullptr);
  auto arguments = std::make_shared<AuditArguments>();
  CLI::App* verify = AddVerb(
      parent, session, "verify", "Whether the whole log is the one that was signed",
      "Every event's form, the root over all of them against the last checkpoint, what peers have "
      "countersigned, and that every disclosure lies within an open feed.",
      "tombolo audit verify --node my-city", [session] { return RunVerify(*session); });
  AddNodeOption(verify, session);
  AddJsonOption(verify, session);
  AddShow(parent, session, arguments);
  CLI::App* head = AddVerb(parent, session, "head", "The signed head of the log, as JSON",
                           "Keep it elsewhere: a log that is rewritten later cannot match it.",
                           "tombolo audit head --node my-city > head.json",
                           [session] { return RunHead(*session); });
  AddNodeOption(head, session);
  CLI::App* prove = AddVerb(parent, session, "prove", "A proof of one event that anyone can check",
                            "Prints JSON with the event, its path and the signed head; check it "
                            "with conformance/verify.py event.",
                            "tombolo audit prove --node my-city 17 > event.json",
                            [session, arguments] { return RunProve(*session, *arguments); });
  AddNodeOption(prove, session);
  prove->add_option("event", arguments->seq, "Number of the event, from 1")
      ->required()
      ->type_name("N");
}

}  // namespace tombolo::app
