#include "gateway/node/explain.h"

#include <utility>

#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry.h"
#include "gateway/node/inspect.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {
namespace {

using Policy = std::shared_ptr<const boundary::CompiledPolicy>;

StatusOr<RecordView> InForce(const Context& context, const RecordId& id) {
  ASSIGN_OR_RETURN(Inspector inspector, Inspector::Open(context));
  ASSIGN_OR_RETURN(RecordView view, inspector.Show(id));
  if (!view.present || view.type != v1::PUT) {
    return MakeError(Code::NOT_FOUND, "record " + id.hex() +
                                          " was retracted or erased, so nothing of it is shown to "
                                          "anybody; tombolo records history says what became of "
                                          "it");
  }
  return view;
}

StatusOr<uint32_t> MemberNumber(const exchange::Authority& authority, const std::string& id) {
  if (id.empty()) return 0u;
  const trust::MemberFacts* member = authority.federation->Find(id);
  if (member == nullptr) {
    return MakeError(Code::NOT_FOUND, id + " is no member of the registry, so it gets what the "
                                           "public gets: ask with --to public. Members are listed "
                                           "by tombolo federation show");
  }
  return member->number;
}

boundary::Request RequestOf(const Policy& policy, uint32_t member, const std::string& purpose,
                            const v1::StreamDescriptor& stream) {
  boundary::Request request;
  request.member = member;
  request.sharing_class = stream.sharing_class();
  if (policy == nullptr) return request;
  request.item = policy->ItemNumber(stream.item());
  request.purpose = policy->PurposeNumber(purpose);
  return request;
}

// What this node may hand on of a stream of another origin.
boundary::LayerMask Onward(const Context& context, const exchange::Authority& authority,
                           const Policy& policy, const v1::StreamDescriptor& stream,
                           const DecisionQuestion& question) {
  const trust::MemberFacts* self = authority.federation->Find(context.origin);
  const uint32_t number = self == nullptr ? 0 : self->number;
  boundary::LayerMask onward =
      boundary::Decide(policy, RequestOf(policy, number, "", stream), question.at_us).onward();
  for (const std::string& purpose : question.own_purposes) {
    const boundary::Request request = RequestOf(policy, number, purpose, stream);
    onward |= boundary::Decide(policy, request, question.at_us).onward();
  }
  return onward & authority.hop;
}

v1::AuditEvent EventOf(const DecisionQuestion& question, const DecisionAnswer& answer,
                       std::string_view stream_id) {
  v1::AuditEvent event;
  event.set_type(v1::DECISION_EXPLAINED);
  event.set_peer(question.recipient);
  event.set_purpose(question.purpose);
  if (answer.received) event.set_origin(answer.stream.origin());
  event.set_document_version(answer.explanation.policy_version);
  uint32_t layers = 0;
  for (size_t k = 0; k < answer.explanation.layers.size(); ++k) {
    const boundary::LayerExplanation& layer = answer.explanation.layers[k];
    if (!layer.shown) continue;
    layers |= 1u << k;
    if (!layer.source.empty()) event.set_rule(layer.source);
  }
  event.set_layers(layers);
  v1::StreamRange* range = event.add_ranges();
  range->set_stream_id(std::string(stream_id));
  range->set_first_seq(answer.seq);
  range->set_last_seq(answer.seq);
  return event;
}

Status Audit(const Context& context, v1::AuditEvent event) {
  ASSIGN_OR_RETURN(std::unique_ptr<TickWriter> writer, TickWriter::Open(context));
  writer->Audit(std::move(event));
  return writer->Commit();
}

StatusOr<std::string> StreamIdOf(const Context& context, const v1::StreamDescriptor& stream) {
  const std::string descriptor = ledger::CanonicalBytes(stream);
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> states, context.store->Streams());
  for (const store::StreamState& state : states) {
    if (state.descriptor == descriptor) return state.stream_id;
  }
  return MakeError(Code::STORE_CORRUPT,
                   "the stream of a record is missing; restore the node from a backup");
}

}  // namespace

StatusOr<DecisionAnswer> ExplainDecision(const Context& context,
                                         const exchange::Authority& authority,
                                         const DecisionQuestion& question) {
  ASSIGN_OR_RETURN(const RecordView view, InForce(context, question.record));
  ASSIGN_OR_RETURN(const uint32_t member, MemberNumber(authority, question.recipient));
  const auto it = authority.policies.find(view.stream.origin());
  const Policy policy = it == authority.policies.end() ? nullptr : it->second;
  DecisionAnswer answer;
  answer.stream = view.stream;
  answer.seq = view.seq;
  answer.version = view.version;
  answer.received = view.received;
  boundary::Request request = RequestOf(policy, member, question.purpose, view.stream);
  if (view.received) {
    answer.held = view.shown;
    answer.hop = Onward(context, authority, policy, view.stream, question);
    request.held = answer.held;
    request.hop = answer.hop;
  }
  answer.explanation =
      boundary::Explain(policy, request, ledger::CanonicalBytes(view.header), question.at_us);
  ASSIGN_OR_RETURN(const std::string stream_id, StreamIdOf(context, view.stream));
  RETURN_IF_ERROR(Audit(context, EventOf(question, answer, stream_id)));
  return answer;
}

StatusOr<std::vector<boundary::ShadowLine>> ShadowPolicy(const Context& context, Policy now,
                                                         Policy then, int64_t at_us) {
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> streams, context.store->Streams());
  ASSIGN_OR_RETURN(const std::vector<uint64_t> present, context.store->PresentByStream());
  std::vector<boundary::StreamCount> counts;
  for (const store::StreamState& stream : streams) {
    ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                     ledger::DecodeDescriptor(stream.descriptor));
    const bool own = descriptor.kind() == v1::RECORDS && descriptor.origin() == context.origin;
    if (!own || stream.number >= present.size()) continue;
    counts.push_back({descriptor.item(), descriptor.sharing_class(), present[stream.number]});
  }
  std::vector<boundary::ShadowLine> lines = boundary::Shadow(now, then, counts, at_us);
  v1::AuditEvent event;
  event.set_type(v1::POLICY_SHADOWED);
  event.set_document_version(then->version());
  uint64_t moved = 0;
  for (const boundary::ShadowLine& line : lines) moved += line.released + line.withdrawn;
  event.set_count(moved);
  RETURN_IF_ERROR(Audit(context, std::move(event)));
  return lines;
}

}  // namespace tombolo::node
