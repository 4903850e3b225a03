// tombolo pack: list, new, check, test, coverage.
#include <memory>
#include <utility>

#include "adapters/engine/draft_pack.h"
#include "adapters/engine/golden.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/packs.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"

namespace tombolo::app {
namespace {

constexpr size_t kSampleRows = 2000;
constexpr unsigned kFolderMode = 0755;
constexpr unsigned kFileMode = 0644;
// Rules that ask for the day get this one, so that golden output is the same on every day.
constexpr CivilDate kGoldenDay = {2026, 1, 1};

struct PackArguments {
  std::string pack;
  std::string name;
  std::string folder;
  std::string profile;
  std::vector<std::string> files;
  bool write = false;
};

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

Status RunList(const Session& session) {
  PackShelf shelf{v1::NodeConfig()};
  Table table({"pack", ">version", "title", "files"});
  for (const auto& [name, folder] : shelf.All()) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const engine::Pack> pack, shelf.Load(folder));
    std::string files;
    for (const v1::Source& source : pack->declared().sources()) {
      files += (files.empty() ? "" : ", ") + Joined(source.files());
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
  bool sound = true;
  for (const engine::LintFinding& finding : findings) {
    if (finding.error) {
      session->attention = Code::PACK_INVALID;
      sound = false;
    }
    if (session->json) {
      Print(JsonObject()
                .Flag("error", finding.error)
                .Text("where", finding.where)
                .Text("message", finding.message)
                .str() +
            "\n");
    } else {
      Print((finding.error ? Toned(Tone::kBad, "error") : "advice") + "  " + finding.where + ": " +
            finding.message + "\n");
    }
  }
  if (!session->json) Print(sound ? "The pack is sound.\n" : "The pack cannot be used.\n");
  return absl::OkStatus();
}

std::string FormatWord(readers::Format format) {
  switch (format) {
    case readers::Format::kXml:
      return "XML";
    case readers::Format::kJson:
      return "JSON";
    case readers::Format::kNdjson:
      return "NDJSON";
    case readers::Format::kCsv:
      break;
  }
  return "CSV";
}

v1::Source SourceOf(const readers::ReaderOptions& options, const std::string& file) {
  v1::Source source;
  v1::FileFormat format = v1::CSV;
  v1::FileFormat_Parse(FormatWord(options.format), &format);
  source.set_name("source");
  source.set_format(format);
  source.add_files(file);
  source.set_encoding(options.encoding);
  if (options.format == readers::Format::kCsv && options.delimiter != ',') {
    source.set_delimiter(options.delimiter == '\t' ? "\\t" : std::string(1, options.delimiter));
  }
  source.set_no_header(!options.header);
  source.set_preamble_lines(options.preamble_lines);
  source.set_row_path(options.row_path);
  source.set_member(options.member);
  for (const readers::ColumnPath& column : options.columns) {
    v1::SourceColumn* declared = source.add_columns();
    declared->set_name(column.name);
    declared->set_path(column.path);
  }
  return source;
}

StatusOr<engine::PackSample> LookAt(const std::string& path, std::vector<std::string>* notes) {
  ASSIGN_OR_RETURN(readers::SampleGuess guess, readers::Guess(path));
  *notes = std::move(guess.notes);
  engine::PackSample sample;
  sample.file_name = os::BaseName(path);
  sample.source = SourceOf(guess.options, sample.file_name);
  ASSIGN_OR_RETURN(const std::unique_ptr<RowReader> reader, readers::Open(path, guess.options));
  sample.columns = reader->columns();
  Row row;
  while (sample.rows.size() < kSampleRows) {
    ASSIGN_OR_RETURN(const bool more, reader->Next(&row));
    if (!more) break;
    if (!row.faults.empty()) continue;
    std::vector<std::string> cells;
    for (const std::string_view cell : row.cells) cells.emplace_back(cell);
    cells.resize(sample.columns.size());
    sample.rows.push_back(std::move(cells));
  }
  return sample;
}

Status RunNew(const Session& session, const PackArguments& arguments) {
  const std::string folder = arguments.folder.empty() ? arguments.name : arguments.folder;
  std::vector<std::string> notes;
  ASSIGN_OR_RETURN(engine::PackSample sample, LookAt(arguments.files.front(), &notes));
  PackShelf shelf{v1::NodeConfig()};
  sample.name = arguments.name;
  sample.profile_name = arguments.profile;
  ASSIGN_OR_RETURN(sample.profile, shelf.Profiles()(arguments.profile));
  using Files = std::map<std::string, std::string>;
  ASSIGN_OR_RETURN(const Files files, engine::DraftPack(sample));
  if (os::FolderExists(folder)) {
    return MakeError(Code::ALREADY_EXISTS,
                     "the folder " + folder + " exists already; name another with --out");
  }
  RETURN_IF_ERROR(os::MakeFolder(folder, kFolderMode));
  for (const auto& [name, text] : files) {
    RETURN_IF_ERROR(os::WriteNewFile(os::JoinPath(folder, name), text, kFileMode));
  }
  if (session.json) {
    std::vector<std::string> names;
    for (const auto& [name, text] : files) names.push_back(JsonQuote(name));
    Print(JsonObject().Text("folder", folder).Raw("files", JsonArrayOf(names)).str() + "\n");
    return absl::OkStatus();
  }
  Print("Drafted the pack " + arguments.name + " in " + folder + " from " +
        Grouped(sample.rows.size()) + " rows:\n");
  for (const auto& [name, text] : files) Print("  " + os::JoinPath(folder, name) + "\n");
  for (const std::string& note : notes) Print("Look at this: " + note + "\n");
  Print(
      "All its records are LIMITED until you say otherwise in catalogue.yaml. Next: tombolo pack "
      "check " +
      folder + "\n");
  return absl::OkStatus();
}

// Files of the pack's sample folder, or those given, as (source, path); lookups apart.
struct Samples {
  std::vector<std::pair<const v1::Source*, std::string>> driving;
  std::vector<engine::SourceFile> lookups;
};

StatusOr<Samples> SamplesOf(const engine::Pack& pack, const std::string& folder,
                            const std::vector<std::string>& given) {
  std::vector<std::string> paths = given;
  if (paths.empty()) {
    const std::string samples = os::JoinPath(folder, "sample");
    if (os::FolderExists(samples)) {
      ASSIGN_OR_RETURN(const std::vector<std::string> names, os::ListFolder(samples));
      for (const std::string& name : names) paths.push_back(os::JoinPath(samples, name));
    }
  }
  Samples out;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const v1::Source* source, pack.SourceForFile(os::BaseName(path)));
    if (source == nullptr) {
      return MakeError(Code::FORMAT_UNKNOWN,
                       "no source of the pack takes a file named " + os::BaseName(path));
    }
    if (source->lookup()) {
      out.lookups.push_back(FileOf(*source, path));
    } else {
      out.driving.emplace_back(source, path);
    }
  }
  if (out.driving.empty()) {
    return MakeError(Code::NOT_FOUND,
                     "the pack has no sample file; put one into " + os::JoinPath(folder, "sample"));
  }
  return out;
}

Status TestOne(const engine::Pack& pack, const Samples& samples, const v1::Source& source,
               const std::string& path, const std::string& golden_path, bool write) {
  ASSIGN_OR_RETURN(
      const std::string actual,
      engine::RenderGolden(pack, FileOf(source, path), samples.lookups, DaysFromCivil(kGoldenDay)));
  if (write) return os::ReplaceFile(golden_path, actual, kFileMode);
  if (!os::FileExists(golden_path)) {
    return MakeError(Code::NOT_FOUND, "there is no " + golden_path +
                                          "; look at the output, then keep it with --write");
  }
  ASSIGN_OR_RETURN(const std::string expected,
                   os::ReadFile(golden_path, limits::kPackFileBytesMax));
  return engine::CompareGolden(os::BaseName(golden_path), expected, actual);
}

Status RunTest(Session* session, const PackArguments& arguments) {
  PackShelf shelf{v1::NodeConfig()};
  ASSIGN_OR_RETURN(const std::string folder, shelf.FolderOf(arguments.pack));
  ASSIGN_OR_RETURN(const std::shared_ptr<const engine::Pack> pack, shelf.Load(folder));
  ASSIGN_OR_RETURN(const Samples samples, SamplesOf(*pack, folder, {}));
  const std::string golden = os::JoinPath(folder, "golden");
  if (arguments.write && !os::FolderExists(golden)) {
    RETURN_IF_ERROR(os::MakeFolder(golden, kFolderMode));
  }
  for (const auto& [source, path] : samples.driving) {
    const std::string name = os::BaseName(path);
    const Status status = TestOne(*pack, samples, *source, path,
                                  os::JoinPath(golden, name + ".jsonl"), arguments.write);
    if (!status.ok() && session->attention == Code::kOk) session->attention = CodeOf(status);
    if (session->json) {
      Print(JsonObject()
                .Text("sample", name)
                .Flag("same", status.ok())
                .Text("message", ToStd(status.message()))
                .str() +
            "\n");
    } else {
      Print(status.ok()
                ? Toned(Tone::kGood, arguments.write ? "written  " : "same     ") + name + "\n"
                : Toned(Tone::kBad, "differs  ") + name + "\n  " + Describe(status) + "\n");
    }
  }
  return absl::OkStatus();
}

void PrintCoverage(const std::string& name, const engine::Coverage& coverage) {
  Table table({"what", "name", ">rows"});
  for (const std::string& column : coverage.unused_columns) {
    table.Add({"column that no item uses", column, ""});
  }
  for (const engine::Coverage::Value& value : coverage.unknown_codes) {
    table.Add({"value not in list " + value.list, value.value, Grouped(value.rows)});
  }
  for (const std::string& code : coverage.unused_codes)
    table.Add({"code not in the file", code, ""});
  Print(Toned(Tone::kStrong, name) + "\n" +
        (table.empty() ? "Every column is used and every code is known.\n" : table.Render()) +
        "\n");
}

std::string CoverageJson(const std::string& name, const engine::Coverage& coverage) {
  std::vector<std::string> columns, unknown, unused;
  for (const std::string& column : coverage.unused_columns) columns.push_back(JsonQuote(column));
  for (const engine::Coverage::Value& value : coverage.unknown_codes) {
    unknown.push_back(JsonObject()
                          .Text("list", value.list)
                          .Text("value", value.value)
                          .Number("rows", static_cast<int64_t>(value.rows))
                          .str());
  }
  for (const std::string& code : coverage.unused_codes) unused.push_back(JsonQuote(code));
  return JsonObject()
      .Text("file", name)
      .Raw("unused_columns", JsonArrayOf(columns))
      .Raw("unknown_codes", JsonArrayOf(unknown))
      .Raw("unused_codes", JsonArrayOf(unused))
      .str();
}

Status RunCoverage(const Session& session, const PackArguments& arguments) {
  PackShelf shelf{v1::NodeConfig()};
  ASSIGN_OR_RETURN(const std::string folder, shelf.FolderOf(arguments.pack));
  ASSIGN_OR_RETURN(const std::shared_ptr<const engine::Pack> pack, shelf.Load(folder));
  ASSIGN_OR_RETURN(const Samples samples, SamplesOf(*pack, folder, arguments.files));
  for (const auto& [source, path] : samples.driving) {
    ASSIGN_OR_RETURN(const engine::Coverage coverage,
                     engine::Cover(*pack, FileOf(*source, path), samples.lookups));
    if (session.json) {
      Print(CoverageJson(os::BaseName(path), coverage) + "\n");
    } else {
      PrintCoverage(os::BaseName(path), coverage);
    }
  }
  return absl::OkStatus();
}

void AddPackOption(CLI::App* verb, PackArguments* arguments) {
  verb->add_option("pack", arguments->pack, "Name or folder")->required()->type_name("PACK");
}

void AddDraftVerb(CLI::App* packs, Session* session, std::shared_ptr<PackArguments> arguments) {
  CLI::App* draft = AddVerb(packs, session, "new", "Draft a pack from a sample file",
                            "Looks at format, encoding, columns and types and writes pack.yaml, "
                            "catalogue.yaml, the SELECT and a "
                            "README. The draft runs on the sample as it is; what the columns mean "
                            "and who may see them is for you to "
                            "say.",
                            "tombolo pack new my-city-licences licences.csv",
                            [session, arguments] { return RunNew(*session, *arguments); });
  draft
      ->add_option("name", arguments->name, "Name of the pack: lower-case letters, digits, hyphens")
      ->required()
      ->type_name("NAME");
  draft->add_option("file", arguments->files, "Sample file")
      ->required()
      ->expected(1)
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  draft->add_option("--out", arguments->folder, "Folder to make; default: the name")
      ->type_name("DIR");
  draft
      ->add_option("--profile", arguments->profile,
                   "Profile whose identifiers to look for, e.g. cn")
      ->type_name("NAME");
  AddJsonOption(draft, session);
}

}  // namespace

void AddPackVerbs(CLI::App* app, Session* session) {
  CLI::App* packs = AddVerb(app, session, "pack", "Packs: how a locality's files become records",
                            "", "tombolo pack list", nullptr);
  auto arguments = std::make_shared<PackArguments>();
  CLI::App* list = AddVerb(packs, session, "list", "Packs on the shelf", "", "tombolo pack list",
                           [session] { return RunList(*session); });
  AddJsonOption(list, session);
  AddDraftVerb(packs, session, arguments);

  CLI::App* check = AddVerb(packs, session, "check", "Everything wrong with a pack, all together",
                            "", "tombolo pack check ./my-pack",
                            [session, arguments] { return RunCheck(session, *arguments); });
  AddPackOption(check, arguments.get());
  AddJsonOption(check, session);

  CLI::App* test = AddVerb(
      packs, session, "test", "Run a pack on its samples and compare with golden output",
      "Each file in sample/ is compared with golden/FILE.jsonl.", "tombolo pack test ./my-pack",
      [session, arguments] { return RunTest(session, *arguments); });
  AddPackOption(test, arguments.get());
  test->add_flag("--write", arguments->write, "Keep the output as the new golden output");
  AddJsonOption(test, session);

  CLI::App* coverage =
      AddVerb(packs, session, "coverage", "Source columns and code values that no item uses", "",
              "tombolo pack coverage uk-fhrs FHRS501en-GB.xml",
              [session, arguments] { return RunCoverage(*session, *arguments); });
  AddPackOption(coverage, arguments.get());
  coverage->add_option("files", arguments->files, "Files to look at; default: the samples")
      ->type_name("FILE...");
  AddJsonOption(coverage, session);
}

}  // namespace tombolo::app
