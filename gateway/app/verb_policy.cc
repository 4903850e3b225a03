// tombolo policy: check, sign, show, shadow.
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/app/cli.h"
#include "gateway/app/code_lists.h"
#include "gateway/app/console.h"
#include "gateway/app/federation_folder.h"
#include "gateway/app/known_authority.h"
#include "gateway/app/message_json.h"
#include "gateway/app/policy_folder.h"
#include "gateway/base/limits.h"
#include "gateway/node/explain.h"
#include "gateway/os/doorbell.h"

namespace tombolo::app {
namespace {

constexpr char kNodeFile[] = "node.yaml";

struct PolicyArguments {
  std::string file, grants;
};

int64_t NowUs() {
  os::SystemClock clock;
  return clock.NowUs();
}

std::string PolicyFolderOf(const NodeFolder& folder) {
  return os::JoinPath(folder.path(), kPolicyFolder);
}

// --- check

// The code lists of the node that is named, or of the program where there is none.
StatusOr<boundary::CodeLists> CodesFor(const Session& session) {
  if (!os::FileExists(os::JoinPath(session.node, kNodeFile))) {
    return LoadCodeLists(v1::NodeConfig());
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  return LoadCodeLists(folder->config());
}

std::string FaultsJson(const std::vector<Fault>& faults) {
  std::vector<std::string> all;
  for (const Fault& fault : faults) all.push_back(FaultJson(fault));
  return JsonArrayOf(all);
}

Status RunCheck(Session* session, const PolicyArguments& arguments) {
  ASSIGN_OR_RETURN(const boundary::CodeLists codes, CodesFor(*session));
  ASSIGN_OR_RETURN(const PolicyDraft draft, ReadDraft(arguments.file, arguments.grants, NowUs()));
  const std::vector<Fault> faults = CheckDraft(draft, codes);
  if (session->json) {
    Print(JsonObject()
              .Text("file", arguments.file)
              .Flag("accepted", faults.empty())
              .Raw("faults", FaultsJson(faults))
              .str() +
          "\n");
    if (!faults.empty()) session->attention = faults[0].code;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(AsStatus(faults));
  Print(absl::StrCat(arguments.file, " is in order: version ", draft.policy.version(), ", ",
                     draft.policy.rules_size(), " rules, ", draft.grants.size(), " grants.\n"));
  return absl::OkStatus();
}

// --- sign

Status CheckOwn(const PolicyDraft& draft, const NodeFolder& folder) {
  const std::string& origin = folder.context().origin;
  if (draft.policy.origin() == origin) return absl::OkStatus();
  return MakeError(Code::DOCUMENT_MISMATCH, draft.policy_file.path + " is the policy of '" +
                                                draft.policy.origin() + "', this node is " +
                                                origin + "; write that, or name the other node");
}

// Checked, and signed with the node's key.
StatusOr<PolicyDocuments> SignedDraft(const NodeFolder& folder, const PolicyArguments& arguments) {
  ASSIGN_OR_RETURN(const boundary::CodeLists codes, LoadCodeLists(folder.config()));
  ASSIGN_OR_RETURN(const PolicyDraft draft, ReadDraft(arguments.file, arguments.grants, NowUs()));
  RETURN_IF_ERROR(CheckOwn(draft, folder));
  RETURN_IF_ERROR(AsStatus(CheckDraft(draft, codes)));
  return SignDraft(draft, folder.context().signer);
}

// What is in force: the folder's policy, or what the store has activated where that is higher.
StatusOr<std::optional<PolicyDocuments>> Present(const NodeFolder& folder) {
  std::optional<PolicyDocuments> present;
  StatusOr<PolicyDocuments> in_folder = ReadPolicyFolder(PolicyFolderOf(folder));
  if (in_folder.ok()) {
    present = *std::move(in_folder);
  } else if (CodeOf(in_folder.status()) != Code::NOT_FOUND) {
    return in_folder.status();
  }
  uint64_t version = 0;
  if (present.has_value()) {
    ASSIGN_OR_RETURN(const v1::Policy policy,
                     trust::DecodeBody<v1::Policy>(present->policy.body()));
    version = policy.version();
  }
  ASSIGN_OR_RETURN(const std::vector<store::DocumentRow> rows, folder.context().store->Documents());
  for (const store::DocumentRow& row : rows) {
    const bool own = row.kind == v1::POLICY && row.owner == folder.context().origin;
    v1::SignedDocument document;
    if (!own || row.version <= version || !document.ParseFromString(row.document)) continue;
    present = PolicyDocuments{std::move(document), {}};
  }
  return present;
}

// Without --grants the policy names none, which would end all that there are: only if meant.
Status CheckGrantsMeant(const PolicyDocuments& present, const PolicyArguments& arguments) {
  ASSIGN_OR_RETURN(const v1::Policy policy, trust::DecodeBody<v1::Policy>(present.policy.body()));
  if (!arguments.grants.empty() || policy.grants_size() == 0) return absl::OkStatus();
  return MakeError(Code::INVALID_ARGUMENT,
                   absl::StrCat("the policy in force names ", policy.grants_size(),
                                " grants and no --grants is given; name the folder with their "
                                "YAML files, or an empty folder to end them all"));
}

Status RunSign(const Session& session, const PolicyArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(const PolicyDocuments next, SignedDraft(*folder, arguments));
  ASSIGN_OR_RETURN(const std::optional<PolicyDocuments> present, Present(*folder));
  if (present.has_value()) {
    RETURN_IF_ERROR(CheckGrantsMeant(*present, arguments));
    RETURN_IF_ERROR(CheckRises(*present, next));
  }
  RETURN_IF_ERROR(WritePolicyFolder(PolicyFolderOf(*folder), next));
  os::RingDoorbell(folder->path(), os::Ring::kReload);
  ASSIGN_OR_RETURN(const v1::Policy policy, trust::DecodeBody<v1::Policy>(next.policy.body()));
  const std::string file = os::JoinPath(PolicyFolderOf(*folder), kPolicyFile);
  if (session.json) {
    Print(JsonObject()
              .Text("file", file)
              .Number("version", static_cast<int64_t>(policy.version()))
              .Number("grants", policy.grants_size())
              .Text("expires_at", policy.expires_at())
              .str() +
          "\n");
  } else {
    Print(absl::StrCat("Signed version ", policy.version(), " with ", policy.grants_size(),
                       " grants in ", file, ", until ", policy.expires_at(),
                       ". A server that runs takes it now.\n"));
  }
  return absl::OkStatus();
}

// --- show

std::string WhoText(const v1::RecipientSet& who) {
  if (who.any_member()) return "any member";
  std::vector<std::string> words(who.members().begin(), who.members().end());
  for (const int level : who.levels()) {
    words.push_back(v1::MemberLevel_Name(static_cast<v1::MemberLevel>(level)));
  }
  for (const std::string& region : who.regions()) words.push_back("region " + region);
  if (!who.within().empty()) words.push_back("within " + who.within());
  return absl::StrJoin(words, " and ");
}

std::string TimeText(const std::string& from, const std::string& until) {
  if (from.empty() && until.empty()) return "always";
  return from + " to " + until;
}

std::string PolicyText(const v1::Policy& policy) {
  Table rules({"rule", "effect", "layer", "recipients", "items", "purposes", "time"});
  for (const v1::PolicyRule& rule : policy.rules()) {
    rules.Add({rule.id(), v1::RuleEffect_Name(rule.effect()), v1::SharingClass_Name(rule.layer()),
               WhoText(rule.recipients()), absl::StrJoin(rule.items(), " "),
               rule.purposes_size() == 0 ? "all" : absl::StrJoin(rule.purposes(), " "),
               TimeText(rule.from(), rule.until())});
  }
  return absl::StrCat("Policy ", policy.version(), " of ", policy.origin(), ", from ",
                      policy.issued_at(), " until ", policy.expires_at(), ".\n",
                      rules.empty() ? "It has no rules.\n" : rules.Render());
}

StatusOr<std::string> GrantsText(const v1::Policy& policy,
                                 const std::vector<v1::SignedDocument>& documents) {
  Table table({"grant", ">version", "mode", "recipients", "items", "purposes", "time"});
  for (const v1::SignedDocument& document : documents) {
    ASSIGN_OR_RETURN(const v1::Grant grant, trust::DecodeBody<v1::Grant>(document.body()));
    table.Add({grant.id(), absl::StrCat(grant.version()), v1::GrantMode_Name(grant.mode()),
               absl::StrJoin(grant.recipients(), " "), absl::StrJoin(grant.items(), " "),
               absl::StrJoin(grant.purposes(), " "), TimeText(grant.from(), grant.until())});
  }
  const size_t missing = policy.grants_size() - documents.size();
  return absl::StrCat(
      table.empty() ? "" : table.Render(),
      missing == 0 ? ""
                   : absl::StrCat(missing,
                                  " grants that it names have no file and give nothing; sign "
                                  "again.\n"));
}

// Whether the registry bears the policy out; what is to be done, if not.
std::string Standing(const NodeFolder& folder) {
  const StatusOr<KnownAuthority> known = LoadAuthority(folder, NowUs());
  if (!known.ok()) return "not checked: " + std::string(known.status().message());
  if (known->authority.policies.contains(folder.context().origin)) return "it holds";
  return known->notes.empty() ? "it does not hold" : known->notes.front();
}

Status RunShow(const Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kRead));
  ASSIGN_OR_RETURN(const PolicyDocuments present, ReadPolicyFolder(PolicyFolderOf(*folder)));
  ASSIGN_OR_RETURN(const v1::Policy policy, trust::DecodeBody<v1::Policy>(present.policy.body()));
  const std::string standing = Standing(*folder);
  if (!session.json) {
    ASSIGN_OR_RETURN(const std::string grants, GrantsText(policy, present.grants));
    Print(PolicyText(policy) + grants + "Under the registry: " + standing + ".\n");
    return absl::OkStatus();
  }
  std::vector<std::string> grants;
  for (const v1::SignedDocument& document : present.grants) {
    ASSIGN_OR_RETURN(const v1::Grant grant, trust::DecodeBody<v1::Grant>(document.body()));
    ASSIGN_OR_RETURN(grants.emplace_back(), MessageJson(grant));
  }
  ASSIGN_OR_RETURN(const std::string json, MessageJson(policy));
  Print(JsonObject()
            .Raw("policy", json)
            .Raw("grants", JsonArrayOf(grants))
            .Text("under_the_registry", standing)
            .str() +
        "\n");
  return absl::OkStatus();
}

// --- shadow

// The policy to try: a draft in YAML, signed here for the purpose, or documents signed already.
StatusOr<PolicyDocuments> ToTry(const NodeFolder& folder, const PolicyArguments& arguments) {
  if (!arguments.file.ends_with(".json")) return SignedDraft(folder, arguments);
  PolicyDocuments out;
  ASSIGN_OR_RETURN(out.policy, ReadDocument(arguments.file));
  ASSIGN_OR_RETURN(const v1::Policy policy, trust::DecodeBody<v1::Policy>(out.policy.body()));
  const std::string grants = arguments.grants.empty() ? PolicyFolderOf(folder) : arguments.grants;
  for (const v1::GrantRef& ref : policy.grants()) {
    const std::string path = os::JoinPath(grants, "grant-" + ref.id() + ".json");
    ASSIGN_OR_RETURN(v1::SignedDocument document, ReadDocument(path));
    out.grants.push_back(std::move(document));
  }
  return out;
}

void PrintShadow(const Session& session, const std::vector<boundary::ShadowLine>& lines) {
  Table table({"recipient", "item", "layer", "purpose", ">released", ">withdrawn"});
  for (const boundary::ShadowLine& line : lines) {
    if (session.json) {
      Print(JsonObject()
                .Text("recipient", line.recipient)
                .Text("item", line.item)
                .Text("layer", v1::SharingClass_Name(line.layer))
                .Text("purpose", line.purpose)
                .Number("released", static_cast<int64_t>(line.released))
                .Number("withdrawn", static_cast<int64_t>(line.withdrawn))
                .str() +
            "\n");
      continue;
    }
    table.Add({line.recipient, line.item, v1::SharingClass_Name(line.layer), line.purpose,
               Grouped(line.released), Grouped(line.withdrawn)});
  }
  if (session.json) return;
  Print(lines.empty() ? "Nobody would get more or less than now.\n" : table.Render());
}

Status RunShadow(const Session& session, const PolicyArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kWrite));
  const int64_t now_us = NowUs();
  ASSIGN_OR_RETURN(const PolicyDocuments next, ToTry(*folder, arguments));
  ASSIGN_OR_RETURN(const KnownAuthority known, LoadAuthority(*folder, now_us));
  ASSIGN_OR_RETURN(const std::shared_ptr<const boundary::CompiledPolicy> then,
                   boundary::CompiledPolicy::Compile(next.policy, next.grants, known.codes,
                                                     known.authority.federation));
  const auto it = known.authority.policies.find(folder->context().origin);
  const auto now = it == known.authority.policies.end() ? nullptr : it->second;
  ASSIGN_OR_RETURN(const std::vector<boundary::ShadowLine> lines,
                   node::ShadowPolicy(folder->context(), now, then, now_us));
  PrintShadow(session, lines);
  return absl::OkStatus();
}

void AddPolicyFile(CLI::App* verb, Session* session, PolicyArguments* arguments,
                   const std::string& what) {
  verb->add_option("file", arguments->file, what)->required()->type_name("FILE");
  verb->add_option("--grants", arguments->grants, "Folder with the grants, a file each")
      ->type_name("DIR");
  AddNodeOption(verb, session);
  AddJsonOption(verb, session);
}

}  // namespace

void AddPolicyVerbs(CLI::App* app, Session* session) {
  CLI::App* parent =
      AddVerb(app, session, "policy", "What this node lets out: check, sign, show, try",
              "What no rule and no grant allows is withheld; PUBLIC alone needs none.",
              "tombolo policy show --node my-city", nullptr);
  auto arguments = std::make_shared<PolicyArguments>();
  CLI::App* check =
      AddVerb(parent, session, "check", "Every fault of a policy and its grants",
              "Nothing is signed or changed. A node is needed only if it has profiles of its own.",
              "tombolo policy check policy.yaml --grants grants",
              [session, arguments] { return RunCheck(session, *arguments); });
  AddPolicyFile(check, session, arguments.get(), "The policy in YAML");
  CLI::App* sign = AddVerb(
      parent, session, "sign", "Sign a policy and its grants with the node's key",
      "Fills in the moment of issue and the grants' digests, and writes policy/policy.json and "
      "policy/grant-ID.json in the node's folder. A server that runs takes them at once.",
      "tombolo policy sign policy.yaml --grants grants --node my-city",
      [session, arguments] { return RunSign(*session, *arguments); });
  AddPolicyFile(sign, session, arguments.get(), "The policy in YAML");
  CLI::App* show =
      AddVerb(parent, session, "show", "The policy and grants that are signed", "",
              "tombolo policy show --node my-city", [session] { return RunShow(*session); });
  AddNodeOption(show, session);
  AddJsonOption(show, session);
  CLI::App* shadow = AddVerb(
      parent, session, "shadow", "Who would get more or less under another policy",
      "Counts present records of this node, per recipient, item, layer and purpose, against its "
      "store; nothing is changed, the question stands in the audit log. YAML is taken as "
      "policy sign would take it, JSON as it is signed.",
      "tombolo policy shadow policy.yaml --grants grants --node my-city",
      [session, arguments] { return RunShadow(*session, *arguments); });
  AddPolicyFile(shadow, session, arguments.get(), "The other policy, in YAML or signed in JSON");
}

}  // namespace tombolo::app
