// tombolo quarantine: list, show, export, replay.
#include <cstdio>
#include <memory>

#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/packs.h"
#include "gateway/base/date.h"
#include "gateway/base/json_array.h"
#include "gateway/base/limits.h"
#include "gateway/node/replay.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::app {
namespace {

struct QuarantineArguments {
  std::string pack, code, file;
  size_t rows_max = 50;
  uint64_t id = 0;
  std::vector<uint64_t> ids;
  std::vector<std::string> lookups;
};

std::string RowJson(const store::QuarantineRow& row) {
  std::vector<std::string> faults;
  for (const Fault& fault : row.faults) faults.push_back(FaultJson(fault));
  return JsonObject()
      .Number("id", static_cast<int64_t>(row.id))
      .Text("pack", row.pack)
      .Text("query", row.query)
      .Text("source", row.source)
      .Text("file", row.file)
      .Number("row", static_cast<int64_t>(row.row_number))
      .Number("line", static_cast<int64_t>(row.line))
      .Text("at", FormatInstant(row.at_us))
      .Raw("faults", JsonArrayOf(faults))
      .Raw("columns", row.columns.empty() ? "[]" : row.columns)
      .Raw("cells", row.cells.empty() ? "null" : row.cells)
      .Text("raw", row.raw)
      .str();
}

bool Fits(const store::QuarantineRow& row, const QuarantineArguments& arguments) {
  const std::string pack = row.pack.substr(0, row.pack.rfind('@'));
  if (!arguments.pack.empty() && pack != arguments.pack && row.pack != arguments.pack) return false;
  if (!arguments.file.empty() && row.file != arguments.file) return false;
  if (arguments.code.empty()) return true;
  for (const Fault& fault : row.faults) {
    if (NameOf(fault.code) == arguments.code) return true;
  }
  return false;
}

// Every row that fits, in order of id, until `visit` returns false.
Status EachRow(const node::Context& context, const QuarantineArguments& arguments,
               const std::function<bool(const store::QuarantineRow&)>& visit) {
  for (uint64_t after = 0;;) {
    ASSIGN_OR_RETURN(const std::vector<store::QuarantineRow> page,
                     context.store->Quarantine(after, limits::kPageEntriesMax));
    if (page.empty()) return absl::OkStatus();
    for (const store::QuarantineRow& row : page) {
      after = row.id;
      if (Fits(row, arguments) && !visit(row)) return absl::OkStatus();
    }
  }
}

Status RunList(const Session& session, const QuarantineArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  Table table({">id", "file", ">row", "code", "column", "value", "reason"});
  size_t shown = 0, rest = 0;
  RETURN_IF_ERROR(EachRow(folder->context(), arguments, [&](const store::QuarantineRow& row) {
    if (shown == arguments.rows_max) {
      ++rest;
      return true;
    }
    ++shown;
    if (session.json) {
      Print(RowJson(row) + "\n");
      return true;
    }
    bool first = true;
    for (const Fault& fault : row.faults) {
      table.Add({first ? std::to_string(row.id) : "", first ? row.file : "",
                 first ? std::to_string(row.row_number) : "", std::string(NameOf(fault.code)),
                 fault.column, fault.value, fault.reason});
      first = false;
    }
    return true;
  }));
  if (session.json) return absl::OkStatus();
  if (table.empty()) {
    Print("No row is in quarantine.\n");
    return absl::OkStatus();
  }
  Print(table.Render());
  if (rest > 0) Print(Grouped(rest) + " more; see them with --limit.\n");
  return absl::OkStatus();
}

Status RunShow(const Session& session, const QuarantineArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(const store::QuarantineRow row,
                   folder->context().store->FindQuarantine(arguments.id));
  if (session.json) {
    Print(RowJson(row) + "\n");
    return absl::OkStatus();
  }
  Print("Row " + std::to_string(row.row_number) +
        (row.line > 0 ? " (line " + std::to_string(row.line) + ")" : "") + " of " + row.file +
        ", pack " + row.pack + (row.query.empty() ? "" : ", query " + row.query) + "\n\n");
  Table faults({"code", "column", "value", "reason"});
  for (const Fault& fault : row.faults) {
    faults.Add({std::string(NameOf(fault.code)), fault.column, fault.value, fault.reason});
  }
  Print(faults.Render() + "\n");
  const auto names = ParseJsonArray(row.columns);
  const auto cells = ParseJsonArray(row.cells);
  if (!names.has_value() || !cells.has_value() || names->size() != cells->size()) {
    Print(row.raw + "\n");
    return absl::OkStatus();
  }
  Table values({"column", "value"});
  for (size_t i = 0; i < names->size(); ++i) {
    values.Add({(*names)[i].value_or(""), (*cells)[i].value_or("")});
  }
  Print(values.Render());
  return absl::OkStatus();
}

// A cell of a CSV that spreadsheets will not take for a formula (RFC 4180 quoting; a leading = + -
// @ tab gets an apostrophe before it).
std::string CsvCell(const std::string& text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Status RunExport(const Session& session, const QuarantineArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kWrite));
  ASSIGN_OR_RETURN(std::unique_ptr<node::TickWriter> writer,
                   node::TickWriter::Open(folder->context()));
  uint64_t rows = 0;
  RETURN_IF_ERROR(EachRow(folder->context(), arguments, [&](const store::QuarantineRow&) {
    ++rows;
    return true;
  }));
  v1::AuditEvent event;
  event.set_type(v1::QUARANTINE_EXPORTED);
  event.set_count(rows);
  writer->Audit(std::move(event));
  RETURN_IF_ERROR(writer->Commit());  // the trail has it before the rows leave
  if (!session.json) Print("id,file,row,line,codes,reasons,raw\r\n");
  return EachRow(folder->context(), arguments, [&](const store::QuarantineRow& row) {
    if (session.json) {
      Print(RowJson(row) + "\n");
      return true;
    }
    std::string codes, reasons;
    for (const Fault& fault : row.faults) {
      codes += (codes.empty() ? "" : "; ") + std::string(NameOf(fault.code));
      reasons += (reasons.empty() ? "" : "; ") + (fault.column.empty() ? "" : fault.column + ": ") +
                 fault.reason;
    }
    Print(std::to_string(row.id) + "," + CsvCell(row.file) + "," + std::to_string(row.row_number) +
          "," + std::to_string(row.line) + "," + CsvCell(codes) + "," + CsvCell(reasons) + "," +
          CsvCell(row.raw) + "\r\n");
    return true;
  });
}

Status RunReplay(const Session& session, const QuarantineArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kWrite));
  PackShelf shelf(folder->config());
  ASSIGN_OR_RETURN(const std::shared_ptr<const engine::Pack> pack, shelf.Load(arguments.pack));
  std::vector<engine::SourceFile> lookups;
  for (const std::string& path : arguments.lookups) {
    ASSIGN_OR_RETURN(const v1::Source* source, pack->SourceForFile(os::BaseName(path)));
    if (source == nullptr || !source->lookup()) {
      return MakeError(Code::INVALID_ARGUMENT, path + " is not a look-up file of this pack");
    }
    lookups.push_back(FileOf(*source, path));
  }
  ASSIGN_OR_RETURN(const node::ReplayOutcome outcome,
                   node::Replay(folder->context(), pack, lookups, arguments.ids));
  if (session.json) {
    Print(JsonObject()
              .Number("tried", static_cast<int64_t>(outcome.tried))
              .Number("released", static_cast<int64_t>(outcome.released))
              .Number("still_bad", static_cast<int64_t>(outcome.still_bad))
              .Number("not_replayable", static_cast<int64_t>(outcome.not_replayable))
              .str() +
          "\n");
    return absl::OkStatus();
  }
  Print(Grouped(outcome.released) + " of " + Grouped(outcome.tried) + " rows left quarantine, " +
        Grouped(outcome.still_bad) + " are still refused.\n");
  if (outcome.not_replayable > 0) {
    Print(Grouped(outcome.not_replayable) +
          " rows cannot be taken alone (they could not be cut into cells, or their record is made "
          "of several "
          "rows); ingest their file again.\n");
  }
  return absl::OkStatus();
}

void AddFilters(CLI::App* verb, Session* session, QuarantineArguments* arguments) {
  AddNodeOption(verb, session);
  verb->add_option("--pack", arguments->pack, "Only rows of this pack")->type_name("PACK");
  verb->add_option("--file", arguments->file, "Only rows of the file with this name")
      ->type_name("NAME");
  verb->add_option("--code", arguments->code, "Only rows with this fault, e.g. DATE_INVALID")
      ->type_name("CODE");
  AddJsonOption(verb, session);
}

}  // namespace

void AddQuarantineVerbs(CLI::App* app, Session* session) {
  CLI::App* quarantine = AddVerb(app, session, "quarantine", "Rows that wait, with their reasons",
                                 "", "tombolo quarantine list --node my-city", nullptr);
  auto arguments = std::make_shared<QuarantineArguments>();
  CLI::App* list = AddVerb(quarantine, session, "list", "Rows in quarantine", "",
                           "tombolo quarantine list --node my-city --code DATE_INVALID",
                           [session, arguments] { return RunList(*session, *arguments); });
  AddFilters(list, session, arguments.get());
  list->add_option("--limit", arguments->rows_max, "How many at most")
      ->type_name("N")
      ->capture_default_str();

  CLI::App* show = AddVerb(quarantine, session, "show", "One row with all its cells and faults", "",
                           "tombolo quarantine show --node my-city 17",
                           [session, arguments] { return RunShow(*session, *arguments); });
  AddNodeOption(show, session);
  show->add_option("id", arguments->id, "Number of the row in quarantine")
      ->required()
      ->type_name("ID");
  AddJsonOption(show, session);

  CLI::App* out = AddVerb(
      quarantine, session, "export", "Rows as CSV, to be mended by whoever owns the file",
      "Cells that a spreadsheet would run as a formula are defused. The export stands in the "
      "audit log.",
      "tombolo quarantine export --node my-city > to-mend.csv",
      [session, arguments] { return RunExport(*session, *arguments); });
  AddFilters(out, session, arguments.get());

  CLI::App* replay =
      AddVerb(quarantine, session, "replay", "Take rows again, with the pack as it is now", "",
              "tombolo quarantine replay --node my-city --pack uk-fhrs",
              [session, arguments] { return RunReplay(*session, *arguments); });
  AddNodeOption(replay, session);
  replay->add_option("--pack", arguments->pack, "Pack whose rows to take")
      ->required()
      ->type_name("PACK");
  replay->add_option("ids", arguments->ids, "Only these rows")->type_name("ID...");
  replay->add_option("--lookup", arguments->lookups, "Look-up files that the pack joins")
      ->type_name("FILE...");
  AddJsonOption(replay, session);
}

}  // namespace tombolo::app
