// tombolo federation: init, add, suspend, remove, sign, timestamp, show, verify.
#include <algorithm>
#include <map>
#include <memory>

#include "absl/strings/numbers.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/federation_folder.h"
#include "gateway/base/limits.h"
#include "gateway/os/pki.h"
#include "gateway/os/signer.h"

namespace tombolo::app {
namespace {

constexpr int64_t kHourUs = int64_t{3600} * 1000000;
constexpr int64_t kDayUs = 24 * kHourUs;
constexpr int kRootDays = 365, kRegistryDays = 90, kTimestampHours = 12;
constexpr unsigned kFolderMode = 0700;
constexpr char kDefaultSuite[] = "SHA256_ED25519";

struct FederationArguments {
  std::string folder, name, id, level, parent, title, region, chain, signing_key, endpoint;
  std::string suite = kDefaultSuite, file, key;
  std::vector<std::string> authorities, lists;
  int keys = 1, hours = kTimestampHours;
  uint32_t threshold = 1;
};

int64_t NowUs() {
  os::SystemClock clock;
  return clock.NowUs();
}

// Version, and a life from now on.
template <typename Message>
void Begin(Message* message, uint64_t version, int64_t lives_us) {
  const int64_t now = NowUs();
  message->set_version(version);
  message->set_issued_at(trust::FormatMoment(now));
  message->set_expires_at(trust::FormatMoment(now + lives_us));
}

template <typename Message>
Status WriteDraft(const FederationArguments& arguments, const char* file, v1::DocumentKind kind,
                  const Message& message) {
  v1::SignedDocument document;
  document.set_kind(kind);
  ASSIGN_OR_RETURN(*document.mutable_body(), trust::EncodeBody(message));
  return WriteDocument(os::JoinPath(arguments.folder, file), document);
}

Status Told(const Session& session, const std::string& file, uint64_t version,
            const std::string& text) {
  if (session.json) {
    Print(JsonObject().Text("file", file).Number("version", static_cast<int64_t>(version)).str() +
          "\n");
  } else {
    Print(text + "\n");
  }
  return absl::OkStatus();
}

// Makes `count` keys of a role and lists them; the files are keys/ROLE-1.key and so on.
StatusOr<v1::RoleKeys> MakeRole(const std::string& folder, const std::string& role, int count,
                                uint32_t threshold) {
  std::map<std::string, std::string> by_id;
  for (int i = 1; i <= count; ++i) {
    const std::string path =
        os::JoinPath(os::JoinPath(folder, "keys"), role + "-" + std::to_string(i) + ".key");
    RETURN_IF_ERROR(os::GenerateKeyFile(v1::SHA256_ED25519, path));
    ASSIGN_OR_RETURN(const std::unique_ptr<ledger::Signer> signer,
                     os::LoadSigner(v1::SHA256_ED25519, path));
    by_id[signer->key_id()] = signer->public_key_der();
  }
  v1::RoleKeys keys;
  keys.set_threshold(threshold);
  for (const auto& [id, spki] : by_id) {
    v1::PublicKey* key = keys.add_keys();
    key->set_suite(kDefaultSuite);
    key->set_spki(spki);
  }
  return keys;
}

Status RunInit(const Session& session, const FederationArguments& arguments) {
  if (os::FolderExists(arguments.folder)) {
    return MakeError(Code::ALREADY_EXISTS,
                     "the folder " + arguments.folder + " exists; name a new one");
  }
  if (arguments.keys < 1 || arguments.keys > static_cast<int>(limits::kRoleKeysMax) ||
      arguments.threshold < 1 || arguments.threshold > static_cast<uint32_t>(arguments.keys)) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "--keys must be 1 to 16 and --threshold 1 to the number of keys");
  }
  v1::Root root;
  root.set_federation(arguments.name);
  for (const std::string& path : arguments.authorities) {
    ASSIGN_OR_RETURN(const std::string pem, os::ReadFile(path, limits::kPemBytesMax));
    ASSIGN_OR_RETURN(const std::vector<std::string> ders, os::DerOfPem(pem, "CERTIFICATE"));
    RETURN_IF_ERROR(trust::CheckProfile(ders[0], trust::CertificateRole::kRoot, arguments.name));
    root.add_certificate_authorities(ders[0]);
  }
  std::sort(root.mutable_certificate_authorities()->begin(),
            root.mutable_certificate_authorities()->end());
  RETURN_IF_ERROR(os::MakeFolder(arguments.folder, kFolderMode));
  RETURN_IF_ERROR(os::MakeFolder(os::JoinPath(arguments.folder, "keys"), kFolderMode));
  ASSIGN_OR_RETURN(*root.mutable_root(),
                   MakeRole(arguments.folder, "root", arguments.keys, arguments.threshold));
  ASSIGN_OR_RETURN(*root.mutable_registry(),
                   MakeRole(arguments.folder, "registry", arguments.keys, arguments.threshold));
  ASSIGN_OR_RETURN(*root.mutable_timestamp(), MakeRole(arguments.folder, "timestamp", 1, 1));
  Begin(&root, 1, kRootDays * kDayUs);
  RETURN_IF_ERROR(WriteDraft(arguments, kRootFile, v1::ROOT, root));
  v1::Registry registry;
  registry.set_federation(arguments.name);
  Begin(&registry, 1, kRegistryDays * kDayUs);
  RETURN_IF_ERROR(WriteDraft(arguments, kRegistryFile, v1::REGISTRY, registry));
  return Told(session, os::JoinPath(arguments.folder, kRootFile), 1,
              "Made the federation " + arguments.name + " in " + arguments.folder +
                  ". Hand the keys in " + arguments.folder +
                  "/keys to their holders, add members, then sign root.json and registry.json.");
}

// The registry to change: a draft that nobody has signed yet, or the next version of the signed
// one.
StatusOr<v1::Registry> NextRegistry(const FederationArguments& arguments) {
  ASSIGN_OR_RETURN(const v1::SignedDocument document,
                   ReadDocument(os::JoinPath(arguments.folder, kRegistryFile)));
  ASSIGN_OR_RETURN(v1::Registry registry, trust::DecodeBody<v1::Registry>(document.body()));
  Begin(&registry, registry.version() + (document.signatures_size() > 0 ? 1 : 0),
        kRegistryDays * kDayUs);
  return registry;
}

Status WriteRegistry(const Session& session, const FederationArguments& arguments,
                     v1::Registry registry) {
  std::sort(registry.mutable_members()->begin(), registry.mutable_members()->end(),
            [](const v1::Member& a, const v1::Member& b) { return a.id() < b.id(); });
  RETURN_IF_ERROR(WriteDraft(arguments, kRegistryFile, v1::REGISTRY, registry));
  return Told(session, os::JoinPath(arguments.folder, kRegistryFile), registry.version(),
              "registry.json is version " + std::to_string(registry.version()) +
                  " now; have it signed, then make a timestamp.");
}

Status AddEndpoint(const std::string& text, v1::Member* member) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port)) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "'" + text + "' is no endpoint; write it like city.example:8443");
  }
  v1::Endpoint* endpoint = member->add_endpoints();
  endpoint->set_host(text.substr(0, colon));
  endpoint->set_port(port);
  return absl::OkStatus();
}

Status RunAdd(const Session& session, const FederationArguments& arguments) {
  ASSIGN_OR_RETURN(v1::Registry registry, NextRegistry(arguments));
  v1::Member* member = registry.add_members();
  v1::MemberLevel level = v1::MEMBER_LEVEL_UNSPECIFIED;
  if (!v1::MemberLevel_Parse(arguments.level, &level)) {
    return MakeError(Code::INVALID_ARGUMENT, "'" + arguments.level +
                                                 "' is no level; write COUNTY, CITY, PROVINCE or "
                                                 "NATION");
  }
  member->set_id(arguments.id);
  member->set_title(arguments.title);
  member->set_level(level);
  member->set_parent(arguments.parent);
  member->set_region(arguments.region);
  member->set_state(v1::ACTIVE);
  member->set_epoch_min(1);
  if (!arguments.endpoint.empty()) RETURN_IF_ERROR(AddEndpoint(arguments.endpoint, member));
  ASSIGN_OR_RETURN(const std::string pem, os::ReadFile(arguments.chain, limits::kPemBytesMax));
  ASSIGN_OR_RETURN(const std::vector<std::string> ders, os::DerOfPem(pem, "CERTIFICATE"));
  ASSIGN_OR_RETURN(const trust::CertificateFacts facts, trust::ReadCertificate(ders[0]));
  if (facts.spiffe_id != arguments.id) {
    return MakeError(Code::DOCUMENT_MISMATCH, arguments.chain + " is the certificate of '" +
                                                  facts.spiffe_id + "', not of " + arguments.id);
  }
  member->add_tls_keys(facts.spki_digest);
  v1::PublicKey* key = member->add_signing_keys();
  key->set_suite(arguments.suite);
  ASSIGN_OR_RETURN(*key->mutable_spki(),
                   os::ReadFile(arguments.signing_key, limits::kSecretFileBytesMax));
  return WriteRegistry(session, arguments, std::move(registry));
}

Status RunChange(const Session& session, const FederationArguments& arguments, bool remove) {
  ASSIGN_OR_RETURN(v1::Registry registry, NextRegistry(arguments));
  auto* members = registry.mutable_members();
  const auto found = std::find_if(members->begin(), members->end(), [&](const v1::Member& member) {
    return member.id() == arguments.id;
  });
  if (found == members->end()) {
    return MakeError(Code::NOT_FOUND, arguments.id + " is no member of the registry");
  }
  if (remove) {
    members->erase(found);
  } else {
    found->set_state(v1::SUSPENDED);
  }
  return WriteRegistry(session, arguments, std::move(registry));
}

StatusOr<std::unique_ptr<ledger::Signer>> SignerOf(const FederationArguments& arguments) {
  ASSIGN_OR_RETURN(const ledger::Suite suite, ledger::SuiteFromName(arguments.suite));
  return os::LoadSigner(suite, arguments.key);
}

Status RunSign(const Session& session, const FederationArguments& arguments) {
  ASSIGN_OR_RETURN(v1::SignedDocument document, ReadDocument(arguments.file));
  ASSIGN_OR_RETURN(const std::unique_ptr<ledger::Signer> signer, SignerOf(arguments));
  RETURN_IF_ERROR(trust::AddSignature(&document, signer.get()));
  RETURN_IF_ERROR(WriteDocument(arguments.file, document));
  if (session.json) {
    Print(JsonObject()
              .Text("file", arguments.file)
              .Text("key_id", ToHex(signer->key_id()))
              .Number("signatures", document.signatures_size())
              .str() +
          "\n");
  } else {
    Print(arguments.file + " has " + std::to_string(document.signatures_size()) +
          " signatures now.\n");
  }
  return absl::OkStatus();
}

// Takes over the authorities' lists as files and names them in the timestamp.
Status AddLists(const FederationArguments& arguments, v1::Timestamp* timestamp) {
  std::map<std::string, v1::CrlState> by_id;
  for (const v1::CrlState& old : timestamp->crls()) by_id[old.issuer_key_id()] = old;
  for (const std::string& folder : arguments.lists) {
    ASSIGN_OR_RETURN(const v1::SignedDocument document, ListOfAuthority(folder));
    ASSIGN_OR_RETURN(const trust::AuthorityList parts, trust::SplitListBody(document.body()));
    ASSIGN_OR_RETURN(const trust::RevocationList list,
                     trust::ReadRevocationList(parts.list, parts.issuer));
    v1::CrlState& named = by_id[list.issuer_key_id];
    named.set_issuer_key_id(list.issuer_key_id);
    named.set_number(list.number);
    named.set_digest(list.digest);
    RETURN_IF_ERROR(WriteDocument(
        os::JoinPath(arguments.folder, "list-" + ToHex(list.issuer_key_id).substr(0, 16) + ".json"),
        document));
  }
  timestamp->clear_crls();
  for (const auto& [id, named] : by_id) *timestamp->add_crls() = named;
  return absl::OkStatus();
}

Status RunTimestamp(const Session& session, const FederationArguments& arguments) {
  ASSIGN_OR_RETURN(const v1::SignedDocument root_document,
                   ReadDocument(os::JoinPath(arguments.folder, kRootFile)));
  ASSIGN_OR_RETURN(const v1::Root root, trust::DecodeBody<v1::Root>(root_document.body()));
  ASSIGN_OR_RETURN(const v1::SignedDocument registry_document,
                   ReadDocument(os::JoinPath(arguments.folder, kRegistryFile)));
  RETURN_IF_ERROR(trust::CheckThreshold(registry_document, root.registry()));
  ASSIGN_OR_RETURN(const v1::Registry registry,
                   trust::DecodeBody<v1::Registry>(registry_document.body()));
  const std::string path = os::JoinPath(arguments.folder, kTimestampFile);
  v1::Timestamp timestamp;
  if (os::FileExists(path)) {
    ASSIGN_OR_RETURN(const v1::SignedDocument before, ReadDocument(path));
    ASSIGN_OR_RETURN(timestamp, trust::DecodeBody<v1::Timestamp>(before.body()));
  }
  timestamp.set_federation(root.federation());
  Begin(&timestamp, timestamp.version() + 1, arguments.hours * kHourUs);
  timestamp.set_registry_version(registry.version());
  timestamp.set_registry_digest(trust::BodyDigest(registry_document));
  timestamp.set_root_version(root.version());
  RETURN_IF_ERROR(AddLists(arguments, &timestamp));
  v1::SignedDocument document;
  document.set_kind(v1::TIMESTAMP);
  ASSIGN_OR_RETURN(*document.mutable_body(), trust::EncodeBody(timestamp));
  ASSIGN_OR_RETURN(const std::unique_ptr<ledger::Signer> signer, SignerOf(arguments));
  RETURN_IF_ERROR(trust::AddSignature(&document, signer.get()));
  RETURN_IF_ERROR(trust::CheckThreshold(document, root.timestamp()));
  RETURN_IF_ERROR(WriteDocument(path, document));
  return Told(session, path, timestamp.version(),
              "Timestamp " + std::to_string(timestamp.version()) + " holds until " +
                  timestamp.expires_at() + ".");
}

std::string LevelText(const v1::Member& member) { return v1::MemberLevel_Name(member.level()); }
std::string StateText(const v1::Member& member) { return v1::MemberState_Name(member.state()); }

Status RunShow(const Session& session, const FederationArguments& arguments) {
  ASSIGN_OR_RETURN(const v1::SignedDocument document,
                   ReadDocument(os::JoinPath(arguments.folder, kRegistryFile)));
  ASSIGN_OR_RETURN(const v1::Registry registry, trust::DecodeBody<v1::Registry>(document.body()));
  Table table({"member", "title", "level", "state", "endpoint"});
  for (const v1::Member& member : registry.members()) {
    const std::string endpoint =
        member.endpoints_size() == 0
            ? ""
            : member.endpoints(0).host() + ":" + std::to_string(member.endpoints(0).port());
    if (session.json) {
      Print(JsonObject()
                .Text("id", member.id())
                .Text("title", member.title())
                .Text("level", LevelText(member))
                .Text("parent", member.parent())
                .Text("state", StateText(member))
                .Text("endpoint", endpoint)
                .str() +
            "\n");
    } else {
      table.Add({member.id(), member.title(), LevelText(member), StateText(member), endpoint});
    }
  }
  if (session.json) return absl::OkStatus();
  Print("Registry " + std::to_string(registry.version()) + " of " + registry.federation() +
        ", until " + registry.expires_at() + ", " + std::to_string(document.signatures_size()) +
        " signatures.\n");
  if (!table.empty()) Print(table.Render());
  return absl::OkStatus();
}

Status RunVerify(const Session& session, const FederationArguments& arguments) {
  const int64_t now = NowUs();
  ASSIGN_OR_RETURN(const std::shared_ptr<const trust::Federation> federation,
                   LoadFederation(arguments.folder, now));
  RETURN_IF_ERROR(federation->CheckFresh(now));
  const std::string until = trust::FormatMoment(federation->FreshUntilUs());
  if (session.json) {
    Print(JsonObject()
              .Text("federation", federation->root().federation())
              .Number("root", static_cast<int64_t>(federation->root().version()))
              .Number("registry", static_cast<int64_t>(federation->registry().version()))
              .Number("timestamp", static_cast<int64_t>(federation->timestamp().version()))
              .Number("lists", static_cast<int64_t>(federation->lists().size()))
              .Text("fresh_until", until)
              .str() +
          "\n");
  } else {
    Print("The documents hold until " + until + ": root " +
          std::to_string(federation->root().version()) + ", registry " +
          std::to_string(federation->registry().version()) + ", timestamp " +
          std::to_string(federation->timestamp().version()) + ".\n");
  }
  return absl::OkStatus();
}

using Arguments = std::shared_ptr<FederationArguments>;

void AddFolder(CLI::App* verb, Session* session, const Arguments& arguments) {
  verb->add_option("folder", arguments->folder, "Folder of the federation's documents")
      ->required()
      ->type_name("DIR");
  AddJsonOption(verb, session);
}

void AddKey(CLI::App* verb, const Arguments& arguments) {
  verb->add_option("--key", arguments->key, "File of the private key")
      ->required()
      ->type_name("FILE");
  verb->add_option("--suite", arguments->suite, "The key's suite")
      ->type_name("NAME")
      ->capture_default_str();
}

void AddInit(CLI::App* parent, Session* session, const Arguments& arguments) {
  CLI::App* init =
      AddVerb(parent, session, "init", "Make the keys and first documents of a federation", "",
              "tombolo federation init fed --name federation.example --ca ca-root/cert.pem",
              [session, arguments] { return RunInit(*session, *arguments); });
  AddFolder(init, session, arguments);
  init->add_option("--name", arguments->name, "Trust domain of all names in it")
      ->required()
      ->type_name("NAME");
  init->add_option("--ca", arguments->authorities, "Certificates of its root authorities (PEM)")
      ->required()
      ->type_name("FILE...");
  init->add_option("--keys", arguments->keys, "Keys of the roles root and registry, each")
      ->type_name("N")
      ->capture_default_str();
  init->add_option("--threshold", arguments->threshold, "How many of them must sign")
      ->type_name("N")
      ->capture_default_str();
}

void AddAdd(CLI::App* parent, Session* session, const Arguments& arguments) {
  CLI::App* add =
      AddVerb(parent, session, "add", "Add a member to the registry", "",
              "tombolo federation add fed spiffe://federation.example/uk/501 --level CITY "
              "--chain chain.pem --signing-key city.der",
              [session, arguments] { return RunAdd(*session, *arguments); });
  AddFolder(add, session, arguments);
  add->add_option("id", arguments->id, "SPIFFE ID of the member")
      ->required()
      ->type_name("SPIFFE-ID");
  add->add_option("--level", arguments->level, "COUNTY, CITY, PROVINCE or NATION")
      ->required()
      ->type_name("LEVEL");
  add->add_option("--parent", arguments->parent, "Member above it")->type_name("SPIFFE-ID");
  add->add_option("--title", arguments->title, "Name for people")->type_name("TEXT");
  add->add_option("--region", arguments->region, "Code of its division")->type_name("CODE");
  add->add_option("--endpoint", arguments->endpoint, "Where it listens")->type_name("HOST:PORT");
  add->add_option("--chain", arguments->chain, "Its certificate chain (PEM)")
      ->required()
      ->type_name("FILE");
  add->add_option("--signing-key", arguments->signing_key, "Its public signing key (DER)")
      ->required()
      ->type_name("FILE");
  add->add_option("--suite", arguments->suite, "The signing key's suite")
      ->type_name("NAME")
      ->capture_default_str();
}

void AddChanges(CLI::App* parent, Session* session, const Arguments& arguments) {
  for (const bool remove : {false, true}) {
    const std::string name = remove ? "remove" : "suspend";
    CLI::App* verb =
        AddVerb(parent, session, name,
                remove ? "Take a member out of the registry" : "Refuse a member for the time being",
                "", "tombolo federation " + name + " fed spiffe://federation.example/uk/501",
                [session, arguments, remove] { return RunChange(*session, *arguments, remove); });
    AddFolder(verb, session, arguments);
    verb->add_option("id", arguments->id, "SPIFFE ID of the member")
        ->required()
        ->type_name("SPIFFE-ID");
  }
}

void AddSigning(CLI::App* parent, Session* session, const Arguments& arguments) {
  CLI::App* sign = AddVerb(parent, session, "sign", "Add a signature to a document",
                           "Each holder runs it with a key of the role, on a copy of the file.",
                           "tombolo federation sign fed/registry.json --key registry-1.key",
                           [session, arguments] { return RunSign(*session, *arguments); });
  sign->add_option("file", arguments->file, "The document")->required()->type_name("FILE");
  AddKey(sign, arguments);
  AddJsonOption(sign, session);
  CLI::App* timestamp =
      AddVerb(parent, session, "timestamp", "Say what is newest, for some hours",
              "Run it from a timer: when no timestamp holds, nobody deals with anybody.",
              "tombolo federation timestamp fed --key timestamp-1.key --list ca-root --list ca-xx",
              [session, arguments] { return RunTimestamp(*session, *arguments); });
  AddFolder(timestamp, session, arguments);
  AddKey(timestamp, arguments);
  timestamp->add_option("--hours", arguments->hours, "How long it holds")
      ->type_name("N")
      ->capture_default_str();
  timestamp->add_option("--list", arguments->lists, "Folders of authorities whose lists to name")
      ->type_name("DIR...");
}

}  // namespace

void AddFederationVerbs(CLI::App* app, Session* session) {
  CLI::App* parent =
      AddVerb(app, session, "federation", "Who belongs to a federation: root, registry, timestamp",
              "Made, signed by their holders and checked as files; nodes take them "
              "from their folder or from each other.",
              "tombolo federation verify fed", nullptr);
  auto arguments = std::make_shared<FederationArguments>();
  AddInit(parent, session, arguments);
  AddAdd(parent, session, arguments);
  AddChanges(parent, session, arguments);
  AddSigning(parent, session, arguments);
  AddFolder(AddVerb(parent, session, "show", "The members", "", "tombolo federation show fed",
                    [session, arguments] { return RunShow(*session, *arguments); }),
            session, arguments);
  AddFolder(AddVerb(parent, session, "verify", "Whether the documents hold together now", "",
                    "tombolo federation verify fed",
                    [session, arguments] { return RunVerify(*session, *arguments); }),
            session, arguments);
}

}  // namespace tombolo::app
