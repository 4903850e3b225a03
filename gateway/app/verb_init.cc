// tombolo init, tombolo status.
#include <memory>

#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/base/date.h"

namespace tombolo::app {
namespace {

struct InitArguments {
  std::string folder;
  v1::NodeConfig config;
};

Status RunInit(const Session& session, const InitArguments& arguments) {
  RETURN_IF_ERROR(NodeFolder::Make(arguments.folder, arguments.config));
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder,
                   NodeFolder::Open(arguments.folder, Access::kRead));
  const std::string key_id = ToHex(folder->context().signer->key_id());
  if (session.json) {
    Print(JsonObject()
              .Text("node", arguments.folder)
              .Text("origin", folder->context().origin)
              .Text("suite", ledger::SuiteName(folder->context().suite))
              .Text("key_id", key_id)
              .str() +
          "\n");
    return absl::OkStatus();
  }
  Print("Made the node " + folder->context().origin + " in " + arguments.folder + ".\n" +
        "Key id: " + key_id + "\n" +
        "Back up its files secret and signing.key now: without the secret every record would get a "
        "new "
        "identity.\n");
  return absl::OkStatus();
}

Status RunStatus(const Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  const node::Context& context = folder->context();
  ASSIGN_OR_RETURN(const store::Totals totals, context.store->Count());
  ASSIGN_OR_RETURN(const std::optional<store::CheckpointRow> last, context.store->LastCheckpoint());
  const std::string at = last.has_value() ? FormatInstant(last->at_us) : "";
  if (session.json) {
    Print(JsonObject()
              .Text("origin", context.origin)
              .Text("suite", ledger::SuiteName(context.suite))
              .Text("key_id", ToHex(context.signer->key_id()))
              .Number("records", static_cast<int64_t>(totals.records_present))
              .Number("records_gone", static_cast<int64_t>(totals.records_gone))
              .Number("streams", static_cast<int64_t>(totals.streams))
              .Number("entries", static_cast<int64_t>(totals.entries))
              .Number("quarantined", static_cast<int64_t>(totals.quarantined))
              .Number("bytes_on_disk", static_cast<int64_t>(totals.bytes_on_disk))
              .Number("tick", last.has_value() ? static_cast<int64_t>(last->tick) : 0)
              .Text("checkpoint_at", at)
              .str() +
          "\n");
    return absl::OkStatus();
  }
  Table table({"", ""});
  table.Add({"origin", context.origin});
  table.Add({"key id", ToHex(context.signer->key_id())});
  table.Add({"records", Grouped(totals.records_present)});
  table.Add({"retracted or erased", Grouped(totals.records_gone)});
  table.Add({"streams", Grouped(totals.streams)});
  table.Add({"entries", Grouped(totals.entries)});
  table.Add({"rows in quarantine", Grouped(totals.quarantined)});
  table.Add({"bytes on disk", Grouped(totals.bytes_on_disk)});
  table.Add({"last checkpoint",
             last.has_value() ? "tick " + std::to_string(last->tick) + " at " + at : "none"});
  Print(table.Render());
  return absl::OkStatus();
}

}  // namespace

void AddInitVerbs(CLI::App* app, Session* session) {
  auto arguments = std::make_shared<InitArguments>();
  CLI::App* init = AddVerb(
      app, session, "init", "Make a new node",
      "Makes a folder with node.yaml (to be edited by people), a signing key, the node's secret "
      "and an "
      "empty store. The origin is the name by which the federation will know the node; it stands "
      "in every "
      "stream and cannot be changed later.",
      "tombolo init my-city --origin spiffe://federation.example/uk/501 --title \"My City\"",
      [session, arguments] { return RunInit(*session, *arguments); });
  init->add_option("folder", arguments->folder, "Folder to make; must not exist or be empty")
      ->required()
      ->type_name("DIR");
  init->add_option("--origin", *arguments->config.mutable_origin(), "SPIFFE ID of the node")
      ->required()
      ->type_name("SPIFFE-ID");
  init->add_option("--title", *arguments->config.mutable_title(), "Name for people")
      ->type_name("TEXT");
  init->add_option("--suite", *arguments->config.mutable_suite(),
                   "Algorithms: SHA256_ED25519 (default), SHA256_ECDSA_P256, SHA384_ECDSA_P384")
      ->type_name("NAME");
  AddJsonOption(init, session);

  CLI::App* status =
      AddVerb(app, session, "status", "What a node holds, in numbers", "",
              "tombolo status --node my-city", [session] { return RunStatus(*session); });
  AddNodeOption(status, session);
  AddJsonOption(status, session);
}

}  // namespace tombolo::app
