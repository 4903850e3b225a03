// tombolo subject: all that the node holds about one subject, across origins.
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/record_json.h"
#include "gateway/app/subject_id.h"
#include "gateway/base/date.h"
#include "gateway/base/json_array.h"
#include "gateway/node/subject_view.h"

namespace tombolo::app {
namespace {

std::string_view KindText(node::ConflictKind kind) {
  return kind == node::ConflictKind::kSameDecision ? "SAME_DECISION" : "FACTS_DISAGREE";
}

std::string ShortId(const node::RecordView& view) { return view.id.hex().substr(0, 12); }

std::string RecordJsonOf(const node::HeldRecord& held) {
  std::vector<std::string> path;
  for (const std::string& node : held.path) path.push_back(JsonQuote(node));
  return JsonObject()
      .Text("origin", held.origin)
      .Raw("path", JsonArrayOf(path))
      .Raw("record", RecordJson(held.view))
      .str();
}

std::string ViewJson(const SubjectId& id, const node::SubjectView& view) {
  std::vector<std::string> records, conflicts;
  for (const node::HeldRecord& held : view.records) records.push_back(RecordJsonOf(held));
  for (const node::Conflict& conflict : view.conflicts) {
    std::vector<std::string> who;
    for (const size_t i : conflict.records) who.push_back(JsonQuote(view.records[i].view.id.hex()));
    conflicts.push_back(JsonObject()
                            .Text("kind", KindText(conflict.kind))
                            .Text("field", conflict.field)
                            .Raw("records", JsonArrayOf(who))
                            .str());
  }
  return JsonObject()
      .Text("scheme", id.scheme)
      .Text("value", id.value)
      .Raw("records", JsonArrayOf(records))
      .Raw("conflicts", JsonArrayOf(conflicts))
      .Number("withheld", static_cast<int64_t>(view.withheld))
      .str();
}

// One line a contradiction; the operator decides, nothing is merged.
std::string ConflictText(const node::Conflict& conflict, const node::SubjectView& view) {
  std::vector<std::string> ids;
  for (const size_t i : conflict.records) ids.push_back(ShortId(view.records[i].view));
  const std::string what = conflict.kind == node::ConflictKind::kSameDecision
                               ? "one decision, reported more than once"
                               : absl::StrCat("origins differ in ", conflict.field);
  return absl::StrCat("  ", what, ": ", absl::StrJoin(ids, ", "), "\n");
}

std::string ViewText(const SubjectId& id, const node::SubjectView& view) {
  std::set<std::string> origins;
  Table table({"id", "item", "class", ">version", "standing", "decided", "name", "origin", "by"});
  for (const node::HeldRecord& held : view.records) {
    origins.insert(held.origin);
    const v1::RecordHeader& header = held.view.header;
    table.Add({ShortId(held.view), held.view.stream.item(),
               v1::SharingClass_Name(held.view.stream.sharing_class()),
               std::to_string(held.view.version), Standing(held.view),
               header.has_decided_on() ? FormatIsoDate(header.decided_on()) : "",
               FieldText(held.view, "subject.name"), held.origin,
               held.path.size() > 1 ? held.path.back() : ""});
  }
  std::string out =
      absl::StrCat(id.scheme, ":", id.value, ": records: ", Grouped(view.records.size()),
                   ", origins: ", Grouped(origins.size()), "\n");
  if (!table.empty()) out += "\n" + table.Render();
  if (!view.conflicts.empty()) out += "\nContradictions:\n";
  for (const node::Conflict& conflict : view.conflicts) out += ConflictText(conflict, view);
  if (view.withheld > 0) {
    absl::StrAppend(&out, "\nNot shown, since their time is over: ", Grouped(view.withheld), "\n");
  }
  return out;
}

Status RunSubject(const Session& session, const std::string& text) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kWrite));
  ASSIGN_OR_RETURN(const SubjectId id, ParseSubjectId(folder->config(), text));
  ASSIGN_OR_RETURN(const node::SubjectView view,
                   node::ViewSubject(folder->context(), id.scheme, id.value));
  Print(session.json ? ViewJson(id, view) + "\n" : ViewText(id, view));
  return absl::OkStatus();
}

}  // namespace

void AddSubjectVerbs(CLI::App* app, Session* session) {
  auto subject = std::make_shared<std::string>();
  CLI::App* verb = AddVerb(
      app, session, "subject", "All that is held about one subject, own and received",
      "By item and origin, with what contradicts each other; nothing is merged. A record of "
      "another "
      "origin is found if this node holds the layer that names its subject. The question stands in "
      "the audit log.",
      "tombolo subject --node my-city cn.uscc:91310000757904992P",
      [session, subject] { return RunSubject(*session, *subject); });
  AddNodeOption(verb, session);
  verb->add_option("subject", *subject, "Whom, by an identifier")
      ->required()
      ->type_name("SCHEME:VALUE");
  AddJsonOption(verb, session);
}

}  // namespace tombolo::app
