// tombolo explain: why somebody is shown a record, or not.
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/app/cli.h"
#include "gateway/app/console.h"
#include "gateway/app/known_authority.h"
#include "gateway/app/record_id.h"
#include "gateway/node/explain.h"

namespace tombolo::app {
namespace {

constexpr char kPublic[] = "public";

struct ExplainArguments {
  std::string record, to, purpose, at;
};

std::vector<std::string> LayerNames(boundary::LayerMask mask) {
  std::vector<std::string> names;
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    const auto layer = static_cast<v1::SharingClass>(k + v1::PUBLIC);
    if ((mask >> k & 1) != 0) names.push_back(v1::SharingClass_Name(layer));
  }
  return names;
}

std::string TextsJson(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(JsonQuote(text));
  return JsonArrayOf(quoted);
}

std::string LayerJson(const boundary::LayerExplanation& layer) {
  return JsonObject()
      .Text("layer", v1::SharingClass_Name(layer.layer))
      .Flag("shown", layer.shown)
      .Text("reason", boundary::ReasonText(layer.reason))
      .Text("by", layer.source)
      .Raw("obligations", TextsJson(layer.obligations))
      .Raw("considered", TextsJson(layer.considered))
      .str();
}

std::string AnswerJson(const node::DecisionQuestion& question, const node::DecisionAnswer& answer,
                       const std::vector<std::string>& notes) {
  std::vector<std::string> layers;
  for (const boundary::LayerExplanation& layer : answer.explanation.layers) {
    layers.push_back(LayerJson(layer));
  }
  return JsonObject()
      .Text("record", question.record.hex())
      .Number("version", static_cast<int64_t>(answer.version))
      .Text("origin", answer.stream.origin())
      .Text("item", answer.stream.item())
      .Text("class", v1::SharingClass_Name(answer.stream.sharing_class()))
      .Text("to", question.recipient.empty() ? kPublic : question.recipient)
      .Text("purpose", question.purpose)
      .Text("at", trust::FormatMoment(question.at_us))
      .Number("policy", static_cast<int64_t>(answer.explanation.policy_version))
      .Number("registry", static_cast<int64_t>(answer.explanation.registry_version))
      .Flag("stub", answer.explanation.stub)
      .Raw("held", TextsJson(LayerNames(answer.held)))
      .Raw("handed_on", TextsJson(LayerNames(answer.hop)))
      .Raw("layers", JsonArrayOf(layers))
      .Raw("notes", TextsJson(notes))
      .str();
}

std::string AnswerText(const node::DecisionQuestion& question, const node::DecisionAnswer& answer,
                       const std::vector<std::string>& notes) {
  std::string out = absl::StrCat(
      "Record ", question.record.hex(), " of ", answer.stream.item(), ", class ",
      v1::SharingClass_Name(answer.stream.sharing_class()), ", origin ", answer.stream.origin(),
      "\nto ", question.recipient.empty() ? "the public" : question.recipient, " for ",
      question.purpose.empty() ? "no purpose" : question.purpose, " at ",
      trust::FormatMoment(question.at_us), "; policy ", answer.explanation.policy_version,
      ", registry ", answer.explanation.registry_version, "\n\n");
  Table table({"layer", "shown", "why", "by", "obligations"});
  std::string considered;
  for (const boundary::LayerExplanation& layer : answer.explanation.layers) {
    const std::string name = v1::SharingClass_Name(layer.layer);
    table.Add({name, layer.shown ? "yes" : "no", std::string(boundary::ReasonText(layer.reason)),
               layer.source, absl::StrJoin(layer.obligations, " ")});
    for (const std::string& clause : layer.considered) {
      absl::StrAppend(&considered, "  ", name, ": ", clause, "\n");
    }
  }
  out += table.Render();
  if (!considered.empty()) out += "\nAlso about this item:\n" + considered;
  if (answer.received) {
    absl::StrAppend(&out, "\nThis node holds ", absl::StrJoin(LayerNames(answer.held), " "),
                    " of it and may hand on ", absl::StrJoin(LayerNames(answer.hop), " "), ".\n");
  }
  if (answer.explanation.stub) {
    out += "\nThe recipient sees that the record exists, and nothing of it.\n";
  }
  for (const std::string& note : notes) absl::StrAppend(&out, "Note: ", note, "\n");
  return out;
}

Status RunExplain(const Session& session, const ExplainArguments& arguments) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NodeFolder> folder, session.OpenNode(Access::kWrite));
  node::DecisionQuestion question;
  const int64_t now_us = folder->clock().NowUs();
  question.at_us = now_us;
  if (!arguments.at.empty()) {
    ASSIGN_OR_RETURN(question.at_us, trust::ParseMoment(arguments.at));
  }
  ASSIGN_OR_RETURN(node::Inspector inspector, node::Inspector::Open(folder->context()));
  ASSIGN_OR_RETURN(question.record, ParseRecordId(&inspector, arguments.record));
  if (arguments.to != kPublic) question.recipient = arguments.to;
  question.purpose = arguments.purpose;
  question.own_purposes = OwnPurposes(folder->config());
  ASSIGN_OR_RETURN(const KnownAuthority known, LoadAuthority(*folder, now_us));
  ASSIGN_OR_RETURN(const node::DecisionAnswer answer,
                   node::ExplainDecision(folder->context(), known.authority, question));
  Print(session.json ? AnswerJson(question, answer, known.notes) + "\n"
                     : AnswerText(question, answer, known.notes));
  return absl::OkStatus();
}

}  // namespace

void AddExplainVerbs(CLI::App* app, Session* session) {
  auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* verb = AddVerb(
      app, session, "explain", "Why somebody is shown a record, or not, layer by layer",
      "Decided as a feed decides, by the registry in federation/ and the policies that this node "
      "has; also of records received from others. The question stands in the audit log.",
      "tombolo explain --node my-city --record 3fa94b0c --to spiffe://federation.example/uk/502 "
      "--purpose dpv:PublicBenefit",
      [session, arguments] { return RunExplain(*session, *arguments); });
  AddNodeOption(verb, session);
  verb->add_option("--record", arguments->record, "Record id, or its first digits")
      ->required()
      ->type_name("ID");
  verb->add_option("--to", arguments->to, "SPIFFE ID of a member, or public")
      ->required()
      ->type_name("NODE");
  verb->add_option("--purpose", arguments->purpose, "Purpose that the recipient declares")
      ->type_name("CODE");
  verb->add_option("--at", arguments->at,
                   "Moment to decide for, with the documents of today; default: now")
      ->type_name("YYYY-MM-DDTHH:MM:SSZ");
  AddJsonOption(verb, session);
}

}  // namespace tombolo::app
