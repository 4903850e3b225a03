// tombolo records: list, show, history, prove, erase.
#include <memory>
#include <utility>

#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/record_id.h"
#include "gateway/app/record_json.h"
#include "gateway/app/subject_id.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/node/erase.h"
#include "gateway/node/export.h"
#include "gateway/node/inspect.h"
#include "google/protobuf/util/json_util.h"

namespace tombolo::app {
namespace {

struct RecordArguments {
  std::string id;
  std::string item, sharing_class, state, subject, contains, origin;
  bool gone = false;
  size_t records_max = 50;
  std::vector<std::string> layers;
  bool yes = false;
};

StatusOr<v1::SharingClass> ParseClass(const std::string& name) {
  v1::SharingClass value;
  if (v1::SharingClass_Parse(name, &value) && value >= v1::PUBLIC && value <= v1::LIMITED)
    return value;
  return MakeError(Code::INVALID_ARGUMENT,
                   "'" + name + "' is not a class; write PUBLIC, GOVERNMENT or LIMITED");
}

StatusOr<node::RecordFilter> FilterOf(const RecordArguments& arguments, NodeFolder* folder) {
  node::RecordFilter filter;
  filter.item = arguments.item;
  filter.origin = arguments.origin == "all" ? "*" : arguments.origin;
  filter.contains = arguments.contains;
  filter.gone = arguments.gone;
  filter.records_max = arguments.records_max;
  if (!arguments.sharing_class.empty()) {
    ASSIGN_OR_RETURN(filter.sharing_class, ParseClass(arguments.sharing_class));
  }
  if (!arguments.state.empty()) {
    v1::RecordState state;
    if (!v1::RecordState_Parse(arguments.state, &state)) {
      return MakeError(
          Code::INVALID_ARGUMENT,
          "'" + arguments.state + "' is not a state; write for example EFFECTIVE or WITHDRAWN");
    }
    filter.state = state;
  }
  if (!arguments.subject.empty()) {
    ASSIGN_OR_RETURN(const SubjectId id, ParseSubjectId(folder->config(), arguments.subject));
    filter.subject = folder->context().identity->ForSubject(id.scheme, id.value);
  }
  return filter;
}

Status RunList(const Session& session, const RecordArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(node::Inspector inspector, node::Inspector::Open(folder->context()));
  ASSIGN_OR_RETURN(const node::RecordFilter filter, FilterOf(arguments, folder.get()));
  Table table({"id", "item", "class", ">version", "standing", "decided", "subject", "name"});
  size_t shown = 0;
  RETURN_IF_ERROR(inspector.List(filter, [&](const node::RecordView& view) {
    ++shown;
    if (session.json) {
      Print(RecordJson(view) + "\n");
      return true;
    }
    table.Add({view.id.hex().substr(0, 12), view.stream.item(),
               v1::SharingClass_Name(view.stream.sharing_class()), std::to_string(view.version),
               Standing(view),
               view.header.has_decided_on() ? FormatIsoDate(view.header.decided_on()) : "",
               FieldText(view, "subject.id"), FieldText(view, "subject.name")});
    return true;
  }));
  if (session.json) return absl::OkStatus();
  if (table.empty()) {
    Print("No record fits.\n");
    return absl::OkStatus();
  }
  Print(table.Render());
  if (shown == filter.records_max)
    Print("Only the first " + Grouped(shown) + "; see more with --limit.\n");
  return absl::OkStatus();
}

Status RunShow(const Session& session, const RecordArguments& arguments, bool history) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(node::Inspector inspector, node::Inspector::Open(folder->context()));
  ASSIGN_OR_RETURN(const RecordId id, ParseRecordId(&inspector, arguments.id));
  std::vector<node::RecordView> views;
  if (history) {
    ASSIGN_OR_RETURN(views, inspector.History(id));
  } else {
    ASSIGN_OR_RETURN(node::RecordView view, inspector.Show(id));
    views.push_back(std::move(view));
  }
  if (session.json) {
    for (const node::RecordView& view : views) Print(RecordJson(view) + "\n");
    return absl::OkStatus();
  }
  if (!history) {
    Print(RecordText(views[0]));
    return absl::OkStatus();
  }
  Table table({">version", "standing", "recorded at", "item", "class", "file", "pack"});
  for (const node::RecordView& view : views) {
    table.Add({std::to_string(view.version), Standing(view),
               view.recorded_at_us == 0 ? "" : FormatInstant(view.recorded_at_us),
               view.stream.item(), v1::SharingClass_Name(view.stream.sharing_class()),
               view.ingest.file, view.ingest.pack});
  }
  Print(table.Render());
  return absl::OkStatus();
}

Status RunProve(const Session& session, const RecordArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(node::Inspector inspector, node::Inspector::Open(folder->context()));
  ASSIGN_OR_RETURN(const RecordId id, ParseRecordId(&inspector, arguments.id));
  std::array<bool, 3> layers = {true, false, false};
  if (!arguments.layers.empty()) layers = {false, false, false};
  for (const std::string& name : arguments.layers) {
    ASSIGN_OR_RETURN(const v1::SharingClass layer, ParseClass(name));
    layers[layer - v1::PUBLIC] = true;
  }
  ASSIGN_OR_RETURN(const v1::RecordProof proof, node::ProveRecord(folder->context(), id, layers));
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(proof, &json, options).ok()) {
    return MakeError(Code::INTERNAL, "the proof cannot be written as JSON");
  }
  Print(json + "\n");
  return absl::OkStatus();
}

Status RunErase(const Session& session, const RecordArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kWrite));
  ASSIGN_OR_RETURN(node::Inspector inspector, node::Inspector::Open(folder->context()));
  ASSIGN_OR_RETURN(const RecordId id, ParseRecordId(&inspector, arguments.id));
  if (!arguments.yes) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "erasing " + id.hex() + " cannot be undone; say so with --yes");
  }
  ASSIGN_OR_RETURN(const uint64_t versions, node::EraseRecord(folder->context(), id));
  if (session.json) {
    Print(JsonObject()
              .Text("id", id.hex())
              .Number("versions_erased", static_cast<int64_t>(versions))
              .str() +
          "\n");
  } else {
    Print("Erased record " + id.hex() + ", versions: " + Grouped(versions) +
          "; their proofs remain.\n");
  }
  return absl::OkStatus();
}

void AddIdOption(CLI::App* verb, RecordArguments* arguments) {
  verb->add_option("id", arguments->id, "Record id, or its first digits")
      ->required()
      ->type_name("ID");
}

void AddListVerb(CLI::App* records, Session* session, std::shared_ptr<RecordArguments> arguments) {
  CLI::App* list = AddVerb(records, session, "list", "Records in force, with filters", "",
                           "tombolo records list --node my-city --item uk.fhrs.rating --limit 20",
                           [session, arguments] { return RunList(*session, *arguments); });
  AddNodeOption(list, session);
  list->add_option("--item", arguments->item, "Only records of this catalogue item")
      ->type_name("CODE");
  list->add_option("--class", arguments->sharing_class, "Only PUBLIC, GOVERNMENT or LIMITED ones")
      ->type_name("CLASS");
  list->add_option("--state", arguments->state, "Only records in this state, e.g. WITHDRAWN")
      ->type_name("STATE");
  list->add_option("--subject", arguments->subject, "Only records about this subject")
      ->type_name("SCHEME:VALUE");
  list->add_option("--contains", arguments->contains, "Only records with this text in a field")
      ->type_name("TEXT");
  list->add_option("--origin", arguments->origin,
                   "Records received from this origin, or all; without it the node's own")
      ->type_name("ID");
  list->add_flag("--gone", arguments->gone, "Also retracted and erased ones");
  list->add_option("--limit", arguments->records_max, "How many at most")
      ->type_name("N")
      ->capture_default_str();
  AddJsonOption(list, session);
}

}  // namespace

void AddRecordVerbs(CLI::App* app, Session* session) {
  CLI::App* records = AddVerb(app, session, "records", "Look at records, prove and erase them", "",
                              "tombolo records list --node my-city", nullptr);
  auto arguments = std::make_shared<RecordArguments>();
  AddListVerb(records, session, arguments);

  CLI::App* show = AddVerb(records, session, "show", "One record, all layers", "",
                           "tombolo records show --node my-city 3fa94b0c",
                           [session, arguments] { return RunShow(*session, *arguments, false); });
  AddNodeOption(show, session);
  AddIdOption(show, arguments.get());
  AddJsonOption(show, session);

  CLI::App* history = AddVerb(records, session, "history", "All versions of a record, newest first",
                              "", "tombolo records history --node my-city 3fa94b0c",
                              [session, arguments] { return RunShow(*session, *arguments, true); });
  AddNodeOption(history, session);
  AddIdOption(history, arguments.get());
  AddJsonOption(history, session);

  CLI::App* prove =
      AddVerb(records, session, "prove", "A proof of a record that anyone can check alone",
              "Prints JSON with the entry, its path in the stream and the signed checkpoint. "
              "Layers that are not named are "
              "shown as hashes only. Check it with: tombolo check proof",
              "tombolo records prove --node my-city 3fa94b0c --layer PUBLIC > proof.json",
              [session, arguments] { return RunProve(*session, *arguments); });
  AddNodeOption(prove, session);
  AddIdOption(prove, arguments.get());
  prove->add_option("--layer", arguments->layers, "Layers to show; default PUBLIC")
      ->type_name("CLASS...");

  CLI::App* erase = AddVerb(records, session, "erase", "Erase the content of a record for good",
                            "Content and salts of all versions go, also from the file on disk; the "
                            "hashes stay, so that every proof of other "
                            "records still holds.",
                            "tombolo records erase --node my-city 3fa94b0c --yes",
                            [session, arguments] { return RunErase(*session, *arguments); });
  AddNodeOption(erase, session);
  AddIdOption(erase, arguments.get());
  erase->add_flag("--yes", arguments->yes, "Yes, for good");
  AddJsonOption(erase, session);
}

}  // namespace tombolo::app
