// tombolo pack: list, check.
#include <memory>

#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/packs.h"

namespace tombolo::app {
namespace {

struct PackArguments {
  std::string pack;
};

Status RunList(const Session& session) {
  PackShelf shelf{v1::NodeConfig()};
  Table table({"pack", ">version", "title", "files"});
  for (const auto& [name, folder] : shelf.All()) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const engine::Pack> pack, shelf.Load(folder));
    std::string files;
    for (const v1::Source& source : pack->declared().sources()) {
      for (const std::string& pattern : source.files())
        files += (files.empty() ? "" : ", ") + pattern;
    }
    if (session.json) {
      Print(JsonObject()
                .Text("pack", name)
                .Number("version", pack->declared().version())
                .Text("title", pack->declared().title())
                .Text("files", files)
                .Text("folder", folder)
                .str() +
            "\n");
    } else {
      table.Add(
          {name, std::to_string(pack->declared().version()), pack->declared().title(), files});
    }
  }
  if (!session.json) Print(table.Render());
  return absl::OkStatus();
}

Status RunCheck(Session* session, const PackArguments& arguments) {
  PackShelf shelf{v1::NodeConfig()};
  ASSIGN_OR_RETURN(const std::vector<engine::LintFinding> findings, shelf.Lint(arguments.pack));
  Table table({"", "where", "what"});
  for (const engine::LintFinding& finding : findings) {
    if (finding.error) session->attention = Code::PACK_INVALID;
    if (session->json) {
      Print(JsonObject()
                .Flag("error", finding.error)
                .Text("where", finding.where)
                .Text("message", finding.message)
                .str() +
            "\n");
    } else {
      table.Add({finding.error ? "error" : "advice", finding.where, finding.message});
    }
  }
  if (session->json) return absl::OkStatus();
  Print(table.empty() ? "The pack is sound.\n" : table.Render());
  return absl::OkStatus();
}

}  // namespace

void AddPackVerbs(CLI::App* app, Session* session) {
  CLI::App* packs = AddVerb(app, session, "pack", "Packs: how a locality's files become records",
                            "", "tombolo pack list", nullptr);
  auto arguments = std::make_shared<PackArguments>();
  CLI::App* list = AddVerb(packs, session, "list", "Packs on the shelf", "", "tombolo pack list",
                           [session] { return RunList(*session); });
  AddJsonOption(list, session);
  CLI::App* check = AddVerb(packs, session, "check", "Everything wrong with a pack, all together",
                            "", "tombolo pack check ./my-pack",
                            [session, arguments] { return RunCheck(session, *arguments); });
  check->add_option("pack", arguments->pack, "Name or folder")->required()->type_name("PACK");
  AddJsonOption(check, session);
}

}  // namespace tombolo::app
