// The command line: verbs, their help, and how a verb's outcome becomes output and exit code.
//
// Every verb has a file verb_*.cc that adds itself to the tree below; help, man page and completion
// come from that tree. Ownership: the Session lives as long as the tree. Thread-safety: one thread.
// Errors: a verb returns a Status; main prints it and takes its code's exit code (errors.def).
#ifndef TOMBOLO_GATEWAY_APP_CLI_H_
#define TOMBOLO_GATEWAY_APP_CLI_H_

#include <functional>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "gateway/app/node_folder.h"
#include "gateway/base/error.h"

namespace tombolo::app {

// What all verbs share.
struct Session {
  std::string node = ".";  // folder of the node
  bool json = false;
  std::function<Status()> run;  // set by the verb that was chosen
  Code attention = Code::kOk;   // the verb did its work, but the operator must act

  // For a command that ends; what it commits, a server beside it hears of.
  StatusOr<std::unique_ptr<NodeFolder>> OpenNode(Access access) const {
    ASSIGN_OR_RETURN(std::unique_ptr<NodeFolder> folder, NodeFolder::Open(node, access));
    folder->RingOnCommit();
    return folder;
  }
};

// A verb with its help; `example` is one line that works.
CLI::App* AddVerb(CLI::App* parent, Session* session, const std::string& name,
                  const std::string& summary, const std::string& details,
                  const std::string& example, std::function<Status()> run);
void AddNodeOption(CLI::App* verb, Session* session);
void AddJsonOption(CLI::App* verb, Session* session);

void AddInitVerbs(CLI::App* app, Session* session);        // init, status
void AddIngestVerbs(CLI::App* app, Session* session);      // ingest
void AddRecordVerbs(CLI::App* app, Session* session);      // records
void AddQuarantineVerbs(CLI::App* app, Session* session);  // quarantine
void AddExportVerbs(CLI::App* app, Session* session);      // export
void AddCheckVerbs(CLI::App* app, Session* session);       // check
void AddPackVerbs(CLI::App* app, Session* session);        // pack
void AddPkiVerbs(CLI::App* app, Session* session);         // pki
void AddFederationVerbs(CLI::App* app, Session* session);  // federation
void AddPolicyVerbs(CLI::App* app, Session* session);      // policy
void AddExplainVerbs(CLI::App* app, Session* session);     // explain
void AddAuditVerbs(CLI::App* app, Session* session);       // audit
void AddSubjectVerbs(CLI::App* app, Session* session);     // subject
void AddPeersVerbs(CLI::App* app, Session* session);       // peers
void AddServeVerbs(CLI::App* app, Session* session);       // serve
void AddHelpVerbs(CLI::App* app, Session* session);        // man, completion

// The whole tree.
std::unique_ptr<CLI::App> MakeCommandLine(Session* session);
// Parses, runs, prints errors; the exit code of the program.
int RunCommandLine(int argc, const char* const* argv);

// Manual page (roff) and bash completion, made from the tree.
std::string ManPage(CLI::App* app);
std::string BashCompletion(CLI::App* app);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_CLI_H_
