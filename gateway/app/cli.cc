#include "gateway/app/cli.h"

#include <csignal>
#include <utility>

#include "gateway/app/console.h"

namespace tombolo::app {
namespace {

constexpr char kVersion[] = "tombolo " TOMBOLO_VERSION;
constexpr int kUsageExit = 2;

constexpr char kAbout[] =
    "Tombolo joins the data islands of localities: it turns their own files into canonical records "
    "whose sharing class and proof travel with them.";

constexpr char kFooter[] =
    "Begin with:\n"
    "  tombolo init my-city --origin spiffe://federation.example/uk/501\n"
    "  tombolo ingest --node my-city --pack uk-fhrs FHRS501en-GB.xml\n"
    "  tombolo records list --node my-city\n\n"
    "Exit codes: 0 done; 1 trouble inside; 2 wrong use; 3 the operator must look at the data; "
    "4 the machine (disk, permission).";

}  // namespace

CLI::App* AddVerb(CLI::App* parent, Session* session, const std::string& name,
                  const std::string& summary, const std::string& details,
                  const std::string& example, std::function<Status()> run) {
  CLI::App* verb = parent->add_subcommand(name, summary);
  verb->footer((details.empty() ? "" : details + "\n\n") + "Example:\n  " + example);
  if (run) {
    verb->callback([session, run = std::move(run)] { session->run = run; });
  } else {
    verb->require_subcommand(1);
  }
  return verb;
}

void AddNodeOption(CLI::App* verb, Session* session) {
  verb->add_option("--node", session->node, "Folder of the node")
      ->envname("TOMBOLO_NODE")
      ->type_name("DIR")
      ->capture_default_str();
}

void AddJsonOption(CLI::App* verb, Session* session) {
  verb->add_flag("--json", session->json, "Print JSON instead of tables");
}

std::unique_ptr<CLI::App> MakeCommandLine(Session* session) {
  auto app = std::make_unique<CLI::App>(kAbout, "tombolo");
  app->footer(kFooter);
  app->set_version_flag("--version", kVersion, "Print the version");
  app->require_subcommand(1);
  app->get_formatter()->column_width(34);
  AddInitVerbs(app.get(), session);
  AddIngestVerbs(app.get(), session);
  AddRecordVerbs(app.get(), session);
  AddQuarantineVerbs(app.get(), session);
  AddExportVerbs(app.get(), session);
  AddCheckVerbs(app.get(), session);
  AddPackVerbs(app.get(), session);
  AddPkiVerbs(app.get(), session);
  AddFederationVerbs(app.get(), session);
  AddPolicyVerbs(app.get(), session);
  AddExplainVerbs(app.get(), session);
  AddAuditVerbs(app.get(), session);
  AddSubjectVerbs(app.get(), session);
  AddPeersVerbs(app.get(), session);
  AddServeVerbs(app.get(), session);
  AddHelpVerbs(app.get(), session);
  return app;
}

int RunCommandLine(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);
  TakeLibraryLogs();
  Session session;
  const std::unique_ptr<CLI::App> app = MakeCommandLine(&session);
  try {
    app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11 tells of help and of wrong use by exception
    return app->exit(error) == 0 ? 0 : kUsageExit;
  }
  const Status status = session.run ? session.run() : absl::OkStatus();
  if (!status.ok()) {
    const std::string head = TheTerminal().err_is_tty && TheTerminal().colours
                                 ? Toned(Tone::kBad, NameOf(CodeOf(status)))
                                 : std::string(NameOf(CodeOf(status)));
    PrintError("tombolo: " + head + ": " + std::string(status.message()) + "\n");
    return InfoOf(CodeOf(status)).exit_code;
  }
  return InfoOf(session.attention).exit_code;
}

}  // namespace tombolo::app
