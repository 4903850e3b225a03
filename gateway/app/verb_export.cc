// tombolo export: a node's streams as JSON lines, for the independent verifier.
#include <cstdio>
#include <memory>

#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/node/export.h"

namespace tombolo::app {
namespace {

struct ExportArguments {
  std::string item, origin;
  std::string out;
};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Status WriteLines(const node::Context& context, const ExportArguments& arguments, std::FILE* to,
                  node::ExportCounts* counts) {
  const auto write = [to](std::string_view line) -> Status {
    if (std::fwrite(line.data(), 1, line.size(), to) != line.size() ||
        std::fputc('\n', to) == EOF) {
      return MakeError(Code::IO_ERROR, "the export cannot be written; is the disk full?");
    }
    return absl::OkStatus();
  };
  if (arguments.origin.empty() || arguments.origin == context.origin) {
    ASSIGN_OR_RETURN(*counts, node::ExportStreams(context, arguments.item, write));
  } else {
    ASSIGN_OR_RETURN(*counts,
                     node::ExportReceived(context, arguments.origin, arguments.item, write));
  }
  if (std::fflush(to) != 0)
    return MakeError(Code::DISK_FULL, "the export cannot be written; is the disk full?");
  return absl::OkStatus();
}

Status RunExport(const Session& session, const ExportArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kWrite));
  RETURN_IF_ERROR(node::AuditExport(folder->context()));
  node::ExportCounts counts;
  if (arguments.out.empty() || arguments.out == "-") {
    return WriteLines(folder->context(), arguments, stdout, &counts);
  }
  std::unique_ptr<std::FILE, FileCloser> file(std::fopen(arguments.out.c_str(), "wx"));
  if (file == nullptr) {
    return MakeError(Code::ALREADY_EXISTS,
                     "cannot make " + arguments.out + "; it may exist already");
  }
  RETURN_IF_ERROR(WriteLines(folder->context(), arguments, file.get(), &counts));
  PrintError("Wrote " + Grouped(counts.entries) + " entries of " + Grouped(counts.streams) +
             " streams and " + Grouped(counts.checkpoints) + " checkpoints to " + arguments.out +
             ".\nIt shows every layer that is held: keep it as safe as the node itself.\n");
  return absl::OkStatus();
}

}  // namespace

void AddExportVerbs(CLI::App* app, Session* session) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* verb = AddVerb(
      app, session, "export", "Write streams and checkpoints for an independent check",
      "JSON lines with every entry, salt and layer, the audit log, heads and signed checkpoints; "
      "conformance/verify.py recomputes all of it. The export itself stands in the audit log.",
      "tombolo export --node my-city --out my-city.jsonl",
      [session, arguments] { return RunExport(*session, *arguments); });
  AddNodeOption(verb, session);
  verb->add_option("--item", arguments->item, "Only the streams of this item, and the audit log")
      ->type_name("CODE");
  verb->add_option("--origin", arguments->origin,
                   "What was received of this origin; without it the node's own")
      ->type_name("SPIFFE-ID");
  verb->add_option("--out", arguments->out, "File to make; default: standard output")
      ->type_name("FILE");
}

}  // namespace tombolo::app
