// tombolo check: ask the program alone, one JSON line per item: id, file, record, proof, cert.
#include <cstdio>
#include <iostream>
#include <memory>

#include "gateway/app/check_input.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/federation_folder.h"
#include "gateway/app/packs.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/proof.h"
#include "gateway/os/pki.h"
#include "gateway/trust/peer.h"
#include "google/protobuf/util/json_util.h"

namespace tombolo::app {
namespace {

struct CheckArguments {
  std::string scheme, format, encoding, pack, row_path, key_file, federation, delimiter = ",";
  std::vector<std::string> columns;
  std::vector<std::string> files;
  bool no_header = false;
};

// The first thing refused decides the exit code.
class Verdicts {
 public:
  explicit Verdicts(Session* session) : session_(session) {}

  void Accept(std::string_view input, std::string_view normal_json,
              const std::vector<Fault>& warnings) {
    JsonObject out;
    out.Text("input", input).Flag("accepted", true).Raw("normal", normal_json);
    if (!warnings.empty()) out.Raw("warnings", FaultsJson(warnings));
    Print(out.str() + "\n");
  }

  void Refuse(std::string_view input, const std::vector<Fault>& faults) {
    JsonObject out;
    out.Text("input", input)
        .Flag("accepted", false)
        .Text("code", NameOf(faults[0].code))
        .Text("reason", faults[0].reason);
    if (faults.size() > 1 || !faults[0].column.empty()) out.Raw("faults", FaultsJson(faults));
    Print(out.str() + "\n");
    if (session_->attention == Code::kOk) session_->attention = faults[0].code;
  }
  void Refuse(std::string_view input, const Status& status) {
    Refuse(input, {{CodeOf(status), "", "", std::string(status.message())}});
  }

 private:
  static std::string FaultsJson(const std::vector<Fault>& faults) {
    std::vector<std::string> all;
    for (const Fault& fault : faults) all.push_back(FaultJson(fault));
    return JsonArrayOf(all);
  }
  Session* session_;
};

Status CheckIds(Session* session, const CheckArguments& arguments) {
  PackShelf shelf{v1::NodeConfig()};
  Verdicts verdicts(session);
  // An unknown scheme is wrong use, not a bad line.
  RETURN_IF_ERROR(shelf.CheckIdentifier(arguments.scheme, "").status());
  return EachInput(arguments.files, limits::kCellBytesMax, [&](std::string_view line) -> Status {
    ASSIGN_OR_RETURN(const record::IdentifierCheck check,
                     shelf.CheckIdentifier(arguments.scheme, line));
    if (check.accepted()) {
      verdicts.Accept(line, JsonQuote(check.normal), check.warnings);
    } else {
      verdicts.Refuse(line, check.faults);
    }
    return absl::OkStatus();
  });
}

std::string CellsJson(const std::vector<std::string>& columns, const Row& row) {
  JsonObject out;
  for (size_t i = 0; i < row.cells.size() && i < columns.size(); ++i) {
    if (row.cells[i].data() == nullptr) {
      out.Raw(columns[i], "null");
    } else {
      out.Text(columns[i], row.cells[i]);
    }
  }
  return out.str();
}

StatusOr<readers::ReaderOptions> ReaderOptionsOf(const CheckArguments& arguments) {
  v1::Source source;
  source.set_name("file");
  if (arguments.format == "csv" || arguments.format == "tsv") {
    source.set_format(v1::CSV);
    source.set_delimiter(arguments.format == "tsv" ? "\\t" : arguments.delimiter);
    source.set_no_header(arguments.no_header);
  } else if (arguments.format == "xml") {
    source.set_format(v1::XML);
  } else if (arguments.format == "json") {
    source.set_format(v1::JSON);
  } else if (arguments.format == "ndjson") {
    source.set_format(v1::NDJSON);
  } else {
    return MakeError(
        Code::FORMAT_UNKNOWN,
        "'" + arguments.format + "' is not a format; write csv, tsv, xml, json or ndjson");
  }
  source.set_encoding(arguments.encoding);
  source.set_row_path(arguments.row_path);
  for (const std::string& column : arguments.columns) source.add_columns()->set_name(column);
  return OptionsFor(source);
}

Status CheckRows(RowReader* reader, Verdicts* verdicts) {
  Row row;
  for (;;) {
    const StatusOr<bool> more = reader->Next(&row);
    if (!more.ok()) {
      verdicts->Refuse("row " + std::to_string(row.number + 1), more.status());
      return absl::OkStatus();
    }
    if (!*more) return absl::OkStatus();
    const std::string input = "row " + std::to_string(row.number);
    if (row.faults.empty()) {
      verdicts->Accept(input, CellsJson(reader->columns(), row), {});
    } else {
      verdicts->Refuse(input, row.faults);
    }
  }
}

Status CheckFiles(Session* session, const CheckArguments& arguments) {
  ASSIGN_OR_RETURN(const readers::ReaderOptions options, ReaderOptionsOf(arguments));
  Verdicts verdicts(session);
  std::vector<std::string> files = arguments.files;
  if (files.empty()) files.push_back("-");
  for (const std::string& path : files) {
    StatusOr<std::unique_ptr<RowReader>> reader =
        path == "-" ? readers::OpenBytes(StandardInput(), options, "standard input")
                    : readers::Open(path, options);
    if (!reader.ok()) {
      verdicts.Refuse(path, reader.status());
    } else {
      RETURN_IF_ERROR(CheckRows(reader->get(), &verdicts));
    }
  }
  return absl::OkStatus();
}

Status CheckRecords(Session* session, const CheckArguments& arguments) {
  PackShelf shelf{v1::NodeConfig()};
  ASSIGN_OR_RETURN(const std::shared_ptr<const engine::Pack> pack, shelf.Load(arguments.pack));
  Verdicts verdicts(session);
  os::SystemClock clock;
  const int32_t today = DaysFromUs(clock.NowUs());
  return EachInput(arguments.files, limits::kRowBytesMax, [&](std::string_view line) -> Status {
    const RecordAnswer answer = CheckRecordJson(pack->catalogue(), line, today);
    if (answer.faults.empty()) {
      verdicts.Accept(line, answer.normal_json, answer.warnings);
    } else {
      verdicts.Refuse(line, answer.faults);
    }
    return absl::OkStatus();
  });
}

StatusOr<std::string> CheckProof(std::string_view json, const std::optional<std::string>& key) {
  v1::RecordProof proof;
  google::protobuf::util::JsonParseOptions options;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(std::string(json), &proof, options);
  if (!parsed.ok()) {
    return MakeError(Code::JSON_MALFORMED, "not a proof as tombolo records prove writes it: " +
                                               std::string(parsed.message()));
  }
  std::optional<std::string_view> trusted;
  if (key.has_value()) trusted = *key;
  ASSIGN_OR_RETURN(const ledger::ProvenEntry proven, ledger::VerifyProof(proof, trusted));
  return JsonObject()
      .Text("origin", proven.checkpoint.origin)
      .Text("item", proof.stream().item())
      .Number("seq", static_cast<int64_t>(proof.entry().seq()))
      .Number("stream_size", static_cast<int64_t>(proven.stream_size))
      .Number("tick", static_cast<int64_t>(proven.checkpoint.tick))
      .Text("signed_at", FormatInstant(proven.checkpoint.time_us))
      .Text("key_id", ToHex(proven.checkpoint.key_id))
      .Flag("key_trusted", proven.key_trusted)
      .str();
}

Status CheckProofs(Session* session, const CheckArguments& arguments) {
  std::optional<std::string> key;
  if (!arguments.key_file.empty()) {
    ASSIGN_OR_RETURN(key, os::ReadFile(arguments.key_file, limits::kSecretFileBytesMax));
  }
  Verdicts verdicts(session);
  std::vector<std::string> files = arguments.files;
  if (files.empty()) files.push_back("-");
  for (const std::string& path : files) {
    ASSIGN_OR_RETURN(const std::string text, path == "-"
                                                 ? ReadStandardInput(limits::kTickBytesMax)
                                                 : os::ReadFile(path, limits::kTickBytesMax));
    const StatusOr<std::string> normal = CheckProof(text, key);
    if (normal.ok()) {
      verdicts.Accept(path, *normal, {});
    } else {
      verdicts.Refuse(path, normal.status());
    }
  }
  return absl::OkStatus();
}

// Each check with its outcome, so that all that is wrong is seen at once.
std::string ChecksJson(const std::vector<trust::CheckLine>& lines) {
  std::vector<std::string> all;
  for (const trust::CheckLine& line : lines) {
    JsonObject out;
    out.Text("check", line.what).Flag("holds", line.outcome.ok());
    if (!line.outcome.ok()) {
      out.Text("code", NameOf(CodeOf(line.outcome))).Text("reason", ToStd(line.outcome.message()));
    }
    all.push_back(out.str());
  }
  return JsonArrayOf(all);
}

Status CheckChains(Session* session, const CheckArguments& arguments) {
  os::SystemClock clock;
  const int64_t now_us = clock.NowUs();
  ASSIGN_OR_RETURN(const std::shared_ptr<const trust::Federation> federation,
                   LoadFederation(arguments.federation, now_us));
  Verdicts verdicts(session);
  for (const std::string& path : arguments.files) {
    ASSIGN_OR_RETURN(const std::string pem, path == "-" ? ReadStandardInput(limits::kPemBytesMax)
                                                        : os::ReadFile(path, limits::kPemBytesMax));
    const StatusOr<std::vector<std::string>> chain = os::DerOfPem(pem, "CERTIFICATE");
    if (!chain.ok()) {
      verdicts.Refuse(path, chain.status());
      continue;
    }
    const std::vector<trust::CheckLine> lines = trust::ExplainPeer(*federation, *chain, now_us);
    std::vector<Fault> faults;
    for (const trust::CheckLine& line : lines) {
      if (line.outcome.ok()) continue;
      faults.push_back({CodeOf(line.outcome), line.what, "", std::string(line.outcome.message())});
    }
    if (faults.empty()) {
      ASSIGN_OR_RETURN(const trust::PeerIdentity peer,
                       trust::Identify(*federation, *chain, now_us));
      verdicts.Accept(path,
                      JsonObject()
                          .Text("id", peer.id)
                          .Text("serial", peer.certificate.serial)
                          .Text("tls_key", ToHex(peer.certificate.spki_digest))
                          .Text("not_after", FormatInstant(peer.certificate.not_after_us))
                          .Raw("checks", ChecksJson(lines))
                          .str(),
                      {});
    } else {
      verdicts.Refuse(path, faults);
    }
  }
  return absl::OkStatus();
}

void AddFilesOption(CLI::App* verb, CheckArguments* arguments) {
  verb->add_option("files", arguments->files, "Files; none or '-' reads standard input")
      ->type_name("FILE...");
}

void AddCertVerb(CLI::App* check, Session* session,
                 const std::shared_ptr<CheckArguments>& arguments) {
  CLI::App* cert =
      AddVerb(check, session, "cert", "Certificate chains, as a node of the federation sees them",
              "Every check is told, not only the first that fails.",
              "tombolo check cert --federation fed chain.pem",
              [session, arguments] { return CheckChains(session, *arguments); });
  cert->add_option("--federation", arguments->federation, "Folder with the federation's documents")
      ->required()
      ->type_name("DIR");
  cert->add_option("files", arguments->files, "Chains in PEM, the node's certificate first")
      ->required()
      ->type_name("FILE...");
}

}  // namespace

void AddCheckVerbs(CLI::App* app, Session* session) {
  CLI::App* check =
      AddVerb(app, session, "check",
              "Ask the program alone: identifiers, files, records, proofs, certificates",
              "Prints one JSON line per item: accepted with its normal form, or refused with code "
              "and reason. No node is "
              "needed. The exit code is that of the first refusal.",
              "echo 91310000757904992P | tombolo check id cn.uscc", nullptr);
  auto arguments = std::make_shared<CheckArguments>();

  CLI::App* id = AddVerb(check, session, "id", "Identifiers, one a line", "",
                         "echo 5493002ERZU2K9PZDL40 | tombolo check id iso.lei",
                         [session, arguments] { return CheckIds(session, *arguments); });
  id->add_option("scheme", arguments->scheme, "Identifier scheme, e.g. cn.uscc")
      ->required()
      ->type_name("SCHEME");
  AddFilesOption(id, arguments.get());

  CLI::App* file = AddVerb(check, session, "file", "Rows of a file as a reader sees them", "",
                           "tombolo check file csv --encoding CP949 list.csv",
                           [session, arguments] { return CheckFiles(session, *arguments); });
  file->add_option("format", arguments->format, "csv, tsv, xml, json or ndjson")
      ->required()
      ->type_name("FORMAT");
  AddFilesOption(file, arguments.get());
  file->add_option("--encoding", arguments->encoding, "By name; default: looked for")
      ->type_name("NAME");
  file->add_option("--delimiter", arguments->delimiter, "Of a csv; auto looks for it")
      ->type_name("CHAR");
  file->add_flag("--no-header", arguments->no_header, "The first row is data");
  file->add_option("--row", arguments->row_path,
                   "XML, JSON: path of a row, e.g. /a/b or /records/*")
      ->type_name("PATH");
  file->add_option("--column", arguments->columns, "XML, JSON: paths of the columns")
      ->type_name("PATH...");

  CLI::App* records =
      AddVerb(check, session, "record", "Records against the rules, one JSON object a line",
              "Keys: item, key (list), state, dates such as decided_on, and fields by name.",
              "tombolo check record --pack uk-fhrs records.jsonl",
              [session, arguments] { return CheckRecords(session, *arguments); });
  records->add_option("--pack", arguments->pack, "Pack whose catalogue holds the items")
      ->required()
      ->type_name("PACK");
  AddFilesOption(records, arguments.get());

  CLI::App* proof = AddVerb(check, session, "proof", "Proofs made by records prove", "",
                            "tombolo check proof proof.json",
                            [session, arguments] { return CheckProofs(session, *arguments); });
  proof->add_option("--key", arguments->key_file, "Public key (DER) of the origin that you trust")
      ->type_name("FILE");
  AddFilesOption(proof, arguments.get());
  AddCertVerb(check, session, arguments);
}

}  // namespace tombolo::app
