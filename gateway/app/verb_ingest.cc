// tombolo ingest: files of a locality through their pack into the node.
#include <sys/stat.h>

#include <csignal>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/packs.h"
#include "gateway/node/ingest.h"
#include "gateway/node/initialise.h"

namespace tombolo::app {
namespace {

volatile std::sig_atomic_t g_stop = 0;
void OnSignal(int) { g_stop = 1; }

struct IngestArguments {
  std::string pack;
  std::vector<std::string> files;
  bool delta = false;
  bool yes = false;
};

uint64_t FileBytes(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

std::string CountsJson(const std::map<std::string, uint64_t>& counts) {
  JsonObject out;
  for (const auto& [name, count] : counts) out.Number(name, static_cast<int64_t>(count));
  return out.str();
}

std::string BalanceJson(const v1::Balance& b) {
  return JsonObject()
      .Number("read", static_cast<int64_t>(b.rows_read()))
      .Number("new", static_cast<int64_t>(b.rows_new()))
      .Number("changed", static_cast<int64_t>(b.rows_changed()))
      .Number("unchanged", static_cast<int64_t>(b.rows_unchanged()))
      .Number("merged", static_cast<int64_t>(b.rows_merged()))
      .Number("left_out", static_cast<int64_t>(b.rows_left_out()))
      .Number("quarantined", static_cast<int64_t>(b.rows_quarantined()))
      .str();
}

std::string SnapshotJson(const node::SnapshotOutcome& s) {
  return JsonObject()
      .Text("query", s.query)
      .Number("scopes", static_cast<int64_t>(s.scopes))
      .Number("present_before", static_cast<int64_t>(s.present_before))
      .Number("vanished", static_cast<int64_t>(s.vanished))
      .Flag("retracted", s.retracted)
      .Text("refused", s.refused.ok() ? "" : Describe(s.refused))
      .str();
}

std::string SummaryJson(const std::string& file, const std::string& pack,
                        const node::IngestSummary& s) {
  JsonObject items;
  for (const auto& [code, c] : s.items) {
    items.Raw(code, JsonObject()
                        .Number("new", static_cast<int64_t>(c.fresh))
                        .Number("returned", static_cast<int64_t>(c.returned))
                        .Number("changed", static_cast<int64_t>(c.changed))
                        .Number("unchanged", static_cast<int64_t>(c.unchanged))
                        .Number("retracted", static_cast<int64_t>(c.retracted))
                        .str());
  }
  std::vector<std::string> unused, snapshots;
  for (const std::string& column : s.unused_columns) unused.push_back(JsonQuote(column));
  for (const node::SnapshotOutcome& outcome : s.snapshots)
    snapshots.push_back(SnapshotJson(outcome));
  return JsonObject()
      .Text("file", file)
      .Text("pack", pack)
      .Number("ingest", s.ingest)
      .Text("encoding", s.encoding)
      .Text("outcome", s.outcome.ok() ? "OK" : NameOf(CodeOf(s.outcome)))
      .Text("message", ToStd(s.outcome.message()))
      .Raw("rows", BalanceJson(s.balance))
      .Flag("adds_up", s.Adds())
      .Raw("records", items.str())
      .Raw("left_out", CountsJson(s.left_out))
      .Raw("quarantined", CountsJson(s.quarantined))
      .Number("rows_known", static_cast<int64_t>(s.rows_known))
      .Number("quarantined_anew", static_cast<int64_t>(s.quarantined_anew))
      .Text("attention", NameOf(s.Attention()))
      .Number("released", static_cast<int64_t>(s.released))
      .Raw("warnings", CountsJson(s.warnings))
      .Raw("snapshots", JsonArrayOf(snapshots))
      .Raw("unused_columns", JsonArrayOf(unused))
      .str();
}

void PrintDetails(const node::IngestSummary& s) {
  Table records({"item", ">new", ">returned", ">changed", ">unchanged", ">retracted"});
  for (const auto& [code, c] : s.items) {
    records.Add({code, Grouped(c.fresh), Grouped(c.returned), Grouped(c.changed),
                 Grouped(c.unchanged), Grouped(c.retracted)});
  }
  if (!records.empty()) Print("\n" + records.Render());
  Table why({"rows", ">count", "why"});
  for (const auto& [rule, count] : s.left_out)
    why.Add({"left out", Grouped(count), "rule " + rule});
  for (const auto& [code, count] : s.quarantined) {
    const std::optional<Code> known = CodeFromName(code);
    why.Add({"quarantined", Grouped(count),
             code + (known.has_value() ? ": " + std::string(InfoOf(*known).doc) : "")});
  }
  for (const auto& [code, count] : s.warnings) why.Add({"warned", Grouped(count), code});
  if (!why.empty()) Print("\n" + why.Render());
  if (!s.unused_columns.empty()) {
    std::string names;
    for (const std::string& column : s.unused_columns)
      names += (names.empty() ? "" : ", ") + column;
    Print("\nColumns that no item uses: " + names + "\n");
  }
  if (s.released > 0)
    Print("\n" + Grouped(s.released) + " rows left quarantine: they are sound now.\n");
}

// What most of the file's bad rows are refused for, and how much else there is.
std::string MainFaultOf(const node::IngestSummary& s) {
  const Code main = s.MainFault();
  if (main == Code::kOk) return "";
  const std::string name(NameOf(main));
  const size_t others = s.quarantined.size() - 1;
  if (others == 0) return ", all for " + name;
  return ", mostly for " + name + " (and " + Grouped(others) +
         (others == 1 ? " other code)" : " other codes)");
}

void PrintSummary(const std::string& file, const std::string& pack, const node::IngestSummary& s) {
  const v1::Balance& b = s.balance;
  Print(Toned(Tone::kStrong, file) + "  (pack " + pack +
        (s.encoding.empty() ? "" : ", " + s.encoding) + ")\n");
  Table balance(
      {">rows read", ">new", ">changed", ">unchanged", ">merged", ">left out", ">quarantined", ""});
  balance.Add({Grouped(b.rows_read()), Grouped(b.rows_new()), Grouped(b.rows_changed()),
               Grouped(b.rows_unchanged()), Grouped(b.rows_merged()), Grouped(b.rows_left_out()),
               Grouped(b.rows_quarantined()), s.Adds() ? "adds up" : "DOES NOT ADD UP"});
  Print(balance.Render());
  PrintDetails(s);
  for (const node::SnapshotOutcome& outcome : s.snapshots) {
    if (outcome.retracted) {
      Print("\nSnapshot " + outcome.query + ": " + Grouped(outcome.vanished) + " of " +
            Grouped(outcome.present_before) + " records vanished and were retracted.\n");
    } else if (!outcome.refused.ok()) {
      Print("\n" + Toned(Tone::kBad, "Nothing was retracted: ") +
            std::string(outcome.refused.message()) + "\n");
    }
  }
  if (s.quarantined_anew > 0) {
    Print("\n" + Grouped(s.quarantined_anew) + " rows are new in quarantine" + MainFaultOf(s) +
          "; look at them with: tombolo quarantine list\n");
  }
  if (!s.outcome.ok()) {
    Print("\n" + Toned(Tone::kBad, "The file was not read to its end: ") +
          std::string(s.outcome.message()) + "\n");
  }
  Print("\n");
}

// Splits the files into lookups and driving ones, in the order given.
struct Sorted {
  std::vector<std::pair<const v1::Source*, std::string>> driving;
  std::vector<engine::SourceFile> lookups;
};

StatusOr<Sorted> SortFiles(const engine::Pack& pack, const std::vector<std::string>& files) {
  Sorted sorted;
  for (const std::string& path : files) {
    ASSIGN_OR_RETURN(const v1::Source* source, pack.SourceForFile(os::BaseName(path)));
    if (source == nullptr) {
      std::string patterns;
      for (const v1::Source& s : pack.declared().sources()) {
        for (const std::string& pattern : s.files())
          patterns += (patterns.empty() ? "" : ", ") + pattern;
      }
      return MakeError(Code::FORMAT_UNKNOWN, "the pack " + pack.declared().name() +
                                                 " has no source for a file named " +
                                                 os::BaseName(path) + "; it takes: " + patterns);
    }
    if (source->lookup()) {
      sorted.lookups.push_back(FileOf(*source, path));
    } else {
      sorted.driving.emplace_back(source, path);
    }
  }
  return sorted;
}

StatusOr<std::shared_ptr<const engine::Pack>> ChoosePack(PackShelf* shelf,
                                                         const IngestArguments& arguments) {
  if (!arguments.pack.empty()) return shelf->Load(arguments.pack);
  std::shared_ptr<const engine::Pack> chosen;
  std::string fitting;
  for (const auto& [name, folder] : shelf->All()) {
    ASSIGN_OR_RETURN(std::shared_ptr<const engine::Pack> pack, shelf->Load(folder));
    const StatusOr<const v1::Source*> source =
        pack->SourceForFile(os::BaseName(arguments.files.front()));
    if (!source.ok() || *source == nullptr) continue;
    fitting += (fitting.empty() ? "" : ", ") + name;
    chosen = std::move(pack);
  }
  if (chosen == nullptr || fitting != chosen->declared().name()) {
    return MakeError(Code::INVALID_ARGUMENT,
                     fitting.empty()
                         ? "no pack takes a file named " + os::BaseName(arguments.files.front()) +
                               "; name one with --pack (tombolo pack list)"
                         : "several packs take this file (" + fitting + "); name one with --pack");
  }
  return chosen;
}

Status IngestOne(Session* session, NodeFolder* folder, const node::IngestRequest& base,
                 const v1::Source& source, const std::string& path) {
  node::IngestRequest request = base;
  request.driving = FileOf(source, path);
  ASSIGN_OR_RETURN(request.file_sha256, os::FileSha256(path));
  Progress bar(&folder->clock(), request.driving.name, FileBytes(path), session->json);
  request.progress = [&bar](uint64_t rows, uint64_t bytes) -> Status {
    bar.Update(rows, bytes);
    if (g_stop != 0) {
      return MakeError(Code::INTERRUPTED,
                       "stopped on request; what was reported as stored is stored, the next run "
                       "completes the rest");
    }
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const node::IngestSummary summary, node::Ingest(folder->context(), request));
  bar.Done();
  if (session->json) {
    Print(SummaryJson(request.driving.name, request.pack->id(), summary) + "\n");
  } else {
    PrintSummary(request.driving.name, request.pack->id(), summary);
  }
  if (session->attention == Code::kOk) session->attention = summary.Attention();
  return absl::OkStatus();
}

Status RunIngest(Session* session, const IngestArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session->OpenNode(Access::kWrite));
  RETURN_IF_ERROR(node::CheckOwnership(folder->context()));
  PackShelf shelf(folder->config());
  node::IngestRequest request;
  ASSIGN_OR_RETURN(request.pack, ChoosePack(&shelf, arguments));
  ASSIGN_OR_RETURN(Sorted sorted, SortFiles(*request.pack, arguments.files));
  if (sorted.driving.empty()) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "only files to look up in were given; add the file with the rows");
  }
  request.lookups = std::move(sorted.lookups);
  request.delta = arguments.delta;
  request.allow_retraction = arguments.yes;
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  for (const auto& [source, path] : sorted.driving) {
    RETURN_IF_ERROR(IngestOne(session, folder.get(), request, *source, path));
    if (g_stop != 0) break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddIngestVerbs(CLI::App* app, Session* session) {
  auto arguments = std::make_shared<IngestArguments>();
  CLI::App* verb =
      AddVerb(app, session, "ingest", "Take files of a locality into the node",
              "Reads each file through its pack and accounts for every row: new, changed, "
              "unchanged, merged, left out "
              "by a named rule, or quarantined with its reasons. The same file twice changes "
              "nothing. Where the pack "
              "says that a file is a complete snapshot, records that it no longer names are "
              "retracted, but never more "
              "than node.yaml allows at once unless --yes is given. Files of look-up sources are "
              "named together with "
              "the file they belong to.\n"
              "Exit code 3: a file was not read to its end, a retraction was refused, or rows are "
              "new in quarantine.",
              "tombolo ingest --node my-city --pack uk-fhrs FHRS501en-GB.2020-09-13.xml",
              [session, arguments] { return RunIngest(session, *arguments); });
  AddNodeOption(verb, session);
  verb->add_option("--pack", arguments->pack,
                   "Name or folder of the pack; default: the one that takes such a file")
      ->type_name("PACK");
  verb->add_option("files", arguments->files, "Files as the locality exports them")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("FILE...");
  verb->add_flag("--delta", arguments->delta, "Never retract what the files do not name");
  verb->add_flag("--yes", arguments->yes, "Retract what vanished, however much it is");
  AddJsonOption(verb, session);
}

}  // namespace tombolo::app
