// tombolo pki: root, intermediate, request, sign, renew, revoke, crl.
#include <memory>

#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/base/limits.h"
#include "gateway/os/pki.h"
#include "gateway/trust/certificate.h"

namespace tombolo::app {
namespace {

constexpr int kRootDays = 3650, kIntermediateDays = 1095, kListDays = 7;
constexpr unsigned kPublicMode = 0644;

struct PkiArguments {
  os::AuthorityRequest authority;
  std::string root_folder, signer_folder, spiffe_id, request_file, out_file, serial;
  int root_days = kRootDays, intermediate_days = kIntermediateDays;
  int node_days = limits::kLeafDaysMax, list_days = kListDays;
};

// What was made, as a table or JSON.
using Facts = std::vector<std::pair<std::string, std::string>>;
Status Tell(const Session& session, const Facts& facts) {
  JsonObject json;
  Table table({"", ""});
  for (const auto& [name, value] : facts) {
    json.Text(name, value);
    table.Add({name, value});
  }
  Print(session.json ? json.str() + "\n" : table.Render());
  return absl::OkStatus();
}

StatusOr<std::string> FirstDer(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, os::ReadFile(path, limits::kPemBytesMax));
  ASSIGN_OR_RETURN(const std::vector<std::string> ders, os::DerOfPem(pem, "CERTIFICATE"));
  return ders[0];
}

// The authority's certificate, checked by the profile and told.
Status TellAuthority(const Session& session, const PkiArguments& arguments,
                     trust::CertificateRole role) {
  const std::string path = os::JoinPath(arguments.authority.folder, os::kCertificatePem);
  ASSIGN_OR_RETURN(const std::string der, FirstDer(path));
  RETURN_IF_ERROR(trust::CheckProfile(der, role, arguments.authority.trust_domain));
  ASSIGN_OR_RETURN(const trust::CertificateFacts facts, trust::ReadCertificate(der));
  return Tell(session, {{"certificate", path},
                        {"subject", facts.subject},
                        {"serial", facts.serial},
                        {"key_id", ToHex(facts.spki_digest)}});
}

Status RunRoot(const Session& session, PkiArguments arguments) {
  os::SystemClock clock;
  os::SystemEntropy entropy;
  arguments.authority.days = arguments.root_days;
  RETURN_IF_ERROR(os::MakeRoot(arguments.authority, &clock, &entropy));
  return TellAuthority(session, arguments, trust::CertificateRole::kRoot);
}

Status RunIntermediate(const Session& session, PkiArguments arguments) {
  os::SystemClock clock;
  os::SystemEntropy entropy;
  arguments.authority.days = arguments.intermediate_days;
  RETURN_IF_ERROR(
      os::MakeIntermediate(arguments.authority, arguments.root_folder, &clock, &entropy));
  return TellAuthority(session, arguments, trust::CertificateRole::kIntermediate);
}

Status RunRequest(const PkiArguments& arguments, bool renew) {
  RETURN_IF_ERROR(CheckOrigin(arguments.spiffe_id));
  ASSIGN_OR_RETURN(const std::string pem,
                   os::MakeNodeRequest(arguments.authority.folder, arguments.spiffe_id, renew));
  Print(pem);
  return absl::OkStatus();
}

std::string DomainOf(const std::string& spiffe_id) {
  const size_t begin = spiffe_id.find("//") + 2;
  return spiffe_id.substr(begin, spiffe_id.find('/', begin) - begin);
}

Status RunSign(const Session& session, const PkiArguments& arguments) {
  os::SystemClock clock;
  os::SystemEntropy entropy;
  ASSIGN_OR_RETURN(const std::string request,
                   os::ReadFile(arguments.request_file, limits::kPemBytesMax));
  ASSIGN_OR_RETURN(
      const std::string pem,
      os::SignNodeRequest(arguments.signer_folder, request, arguments.node_days, &clock, &entropy));
  ASSIGN_OR_RETURN(const std::vector<std::string> ders, os::DerOfPem(pem, "CERTIFICATE"));
  ASSIGN_OR_RETURN(const trust::CertificateFacts facts, trust::ReadCertificate(ders[0]));
  const std::string domain = DomainOf(facts.spiffe_id);
  RETURN_IF_ERROR(trust::CheckProfile(ders[0], trust::CertificateRole::kNode, domain));
  // That the authority may sign for this domain at all.
  RETURN_IF_ERROR(trust::CheckProfile(ders[1], trust::CertificateRole::kIntermediate, domain));
  RETURN_IF_ERROR(os::ReplaceFile(arguments.out_file, pem, kPublicMode));
  return Tell(session, {{"chain", arguments.out_file},
                        {"spiffe_id", facts.spiffe_id},
                        {"serial", facts.serial},
                        {"tls_key", ToHex(facts.spki_digest)}});
}

Status RunList(const Session& session, const PkiArguments& arguments) {
  os::SystemClock clock;
  RETURN_IF_ERROR(
      os::Revoke(arguments.signer_folder, arguments.serial, arguments.list_days, &clock));
  const std::string path = os::JoinPath(arguments.signer_folder, os::kListPem);
  ASSIGN_OR_RETURN(const std::string pem, os::ReadFile(path, limits::kDocumentFileBytesMax));
  ASSIGN_OR_RETURN(const std::vector<std::string> lists, os::DerOfPem(pem, "X509 CRL"));
  ASSIGN_OR_RETURN(const std::string issuer,
                   FirstDer(os::JoinPath(arguments.signer_folder, os::kCertificatePem)));
  ASSIGN_OR_RETURN(const trust::RevocationList list, trust::ReadRevocationList(lists[0], issuer));
  return Tell(session, {{"list", path}, {"number", std::to_string(list.number)}});
}

void AddDays(CLI::App* verb, int* days, const char* what) {
  verb->add_option("--days", *days, what)->type_name("N")->capture_default_str();
}

void AddAuthority(CLI::App* verb, PkiArguments* arguments) {
  verb->add_option("folder", arguments->authority.folder, "Folder of the new authority")
      ->required()
      ->type_name("DIR");
  verb->add_option("--name", arguments->authority.name, "Its name, for people")
      ->required()
      ->type_name("TEXT");
  verb->add_option("--domain", arguments->authority.trust_domain, "The federation's trust domain")
      ->required()
      ->type_name("NAME");
}

void AddRequest(CLI::App* verb, PkiArguments* arguments) {
  verb->add_option("folder", arguments->authority.folder, "Folder of the key")
      ->required()
      ->type_name("DIR");
  verb->add_option("--id", arguments->spiffe_id, "SPIFFE ID of the node")
      ->required()
      ->type_name("SPIFFE-ID");
}

void AddSigner(CLI::App* verb, PkiArguments* arguments) {
  verb->add_option("--authority", arguments->signer_folder, "Folder of the authority that signs")
      ->required()
      ->type_name("DIR");
}

void AddAuthorityVerbs(CLI::App* pki, Session* session,
                       const std::shared_ptr<PkiArguments>& arguments) {
  CLI::App* root = AddVerb(pki, session, "root", "Make the federation's root authority",
                           "Keep its folder offline.",
                           "tombolo pki root ca-root --name \"Root\" --domain federation.example",
                           [session, arguments] { return RunRoot(*session, *arguments); });
  AddAuthority(root, arguments.get());
  AddDays(root, &arguments->root_days, "How long it holds");
  AddJsonOption(root, session);
  CLI::App* below =
      AddVerb(pki, session, "intermediate", "Make a province's authority, signed by the root", "",
              "tombolo pki intermediate ca-xx --root ca-root --name \"Province XX\" "
              "--domain federation.example",
              [session, arguments] { return RunIntermediate(*session, *arguments); });
  AddAuthority(below, arguments.get());
  below->add_option("--root", arguments->root_folder, "Folder of the root")
      ->required()
      ->type_name("DIR");
  AddDays(below, &arguments->intermediate_days, "How long it holds");
  AddJsonOption(below, session);
}

void AddNodeVerbs(CLI::App* pki, Session* session, const std::shared_ptr<PkiArguments>& arguments) {
  CLI::App* request =
      AddVerb(pki, session, "request", "Make a node's TLS key and print its signing request",
              "The key stays in the folder; only the request leaves the machine.",
              "tombolo pki request my-city/tls --id spiffe://federation.example/uk/501 > city.csr",
              [arguments] { return RunRequest(*arguments, false); });
  AddRequest(request, arguments.get());
  CLI::App* renew =
      AddVerb(pki, session, "renew", "Print a new signing request for the key that is there", "",
              "tombolo pki renew my-city/tls --id spiffe://federation.example/uk/501 > city.csr",
              [arguments] { return RunRequest(*arguments, true); });
  AddRequest(renew, arguments.get());
  CLI::App* sign = AddVerb(pki, session, "sign", "Sign a node's request",
                           "Writes the chain that the node shows: its certificate, then the "
                           "authority's.",
                           "tombolo pki sign city.csr --authority ca-xx --out chain.pem",
                           [session, arguments] { return RunSign(*session, *arguments); });
  sign->add_option("request", arguments->request_file, "The request in PEM")
      ->required()
      ->type_name("FILE");
  AddSigner(sign, arguments.get());
  sign->add_option("--out", arguments->out_file, "Where the chain goes")
      ->required()
      ->type_name("FILE");
  AddDays(sign, &arguments->node_days, "How long it holds, at most 398");
  AddJsonOption(sign, session);
}

}  // namespace

void AddPkiVerbs(CLI::App* app, Session* session) {
  CLI::App* pki =
      AddVerb(app, session, "pki", "Keys and certificates for a federation without an authority",
              "Keys are made where they are used, with mode 0600, and never leave their folder.",
              "tombolo pki root ca-root --name \"Root\" --domain federation.example", nullptr);
  auto arguments = std::make_shared<PkiArguments>();
  AddAuthorityVerbs(pki, session, arguments);
  AddNodeVerbs(pki, session, arguments);
  CLI::App* revoke = AddVerb(pki, session, "revoke", "Put a certificate on its authority's list",
                             "The serial is printed by pki sign and stands in the file issued.",
                             "tombolo pki revoke 4f00a1 --authority ca-xx",
                             [session, arguments] { return RunList(*session, *arguments); });
  revoke->add_option("serial", arguments->serial, "Serial of the certificate, in hex")
      ->required()
      ->type_name("HEX");
  AddSigner(revoke, arguments.get());
  AddDays(revoke, &arguments->list_days, "How long the list holds");
  AddJsonOption(revoke, session);
  CLI::App* crl = AddVerb(pki, session, "crl", "Renew an authority's revocation list", "",
                          "tombolo pki crl --authority ca-xx --days 7",
                          [session, arguments] { return RunList(*session, *arguments); });
  AddSigner(crl, arguments.get());
  AddDays(crl, &arguments->list_days, "How long the list holds");
  AddJsonOption(crl, session);
}

}  // namespace tombolo::app
