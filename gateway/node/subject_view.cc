#include "gateway/node/subject_view.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "gateway/node/tick_writer.h"

namespace tombolo::node {
namespace {

constexpr int64_t kDayUs = int64_t{86400} * 1000000;
constexpr std::string_view kDecisionNumber = "decision.number";
constexpr std::string_view kSubjectName = "subject.name";
// What names the authority behind a decision, the surest first.
constexpr std::string_view kAuthorityFields[] = {"authority.id", "authority.code",
                                                 "authority.name"};
constexpr char kMask = '*';

std::string ValueOf(const v1::Field& field) {
  switch (field.value_case()) {
    case v1::Field::kText:
      return field.text();
    case v1::Field::kIdentifier:
      return field.identifier().scheme() + ":" + field.identifier().value();
    case v1::Field::kCode:
      return field.code().code();
    default:
      return "";
  }
}

// From the strictest layer that has the field, since a more open one may have a masked copy. What
// is masked all the same counts as not there.
std::string FieldOf(const RecordView& view, std::string_view name) {
  for (size_t k = view.layers.size(); k-- > 0;) {
    for (const v1::Field& field : view.layers[k].fields()) {
      if (field.name() != name) continue;
      const std::string value = ValueOf(field);
      return value.find(kMask) == std::string::npos ? value : "";
    }
  }
  return "";
}

std::string AuthorityOf(const RecordView& view) {
  for (const std::string_view field : kAuthorityFields) {
    std::string value = FieldOf(view, field);
    if (!value.empty()) return value;
  }
  return "";
}

// Records that state one thing: value and record of each.
using Statements = std::vector<std::pair<std::string, size_t>>;

// A conflict where origins differ in what they say.
void AddIfOriginsDisagree(const std::vector<HeldRecord>& records, std::string_view field,
                          const Statements& statements, std::vector<Conflict>* out) {
  std::set<std::string> values, origins;
  std::vector<size_t> who;
  for (const auto& [value, index] : statements) {
    values.insert(value);
    origins.insert(records[index].origin);
    who.push_back(index);
  }
  if (values.size() < 2 || origins.size() < 2) return;
  out->push_back({ConflictKind::kFactsDisagree, std::string(field), std::move(who)});
}

void FindSameDecisions(const std::vector<HeldRecord>& records, std::vector<Conflict>* out) {
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> decisions;
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string number = FieldOf(records[i].view, kDecisionNumber);
    const std::string authority = AuthorityOf(records[i].view);
    if (!number.empty() && !authority.empty()) decisions[{authority, number}].push_back(i);
  }
  for (auto& [decision, who] : decisions) {
    std::set<std::pair<std::string, std::string>> sources;
    for (const size_t i : who) sources.emplace(records[i].origin, records[i].view.stream.item());
    if (sources.size() < 2) continue;
    out->push_back({ConflictKind::kSameDecision, std::string(kDecisionNumber), std::move(who)});
  }
}

void FindOtherNames(const std::vector<HeldRecord>& records, std::vector<Conflict>* out) {
  Statements names;
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string name = FieldOf(records[i].view, kSubjectName);
    if (!name.empty()) names.emplace_back(name, i);
  }
  AddIfOriginsDisagree(records, kSubjectName, names, out);
}

// A registration is the subject's own: it needs no number to be the same.
void FindOtherFacts(const std::vector<HeldRecord>& records, std::vector<Conflict>* out) {
  std::map<std::tuple<int, std::string, std::string>, Statements> facts;  // kind, number, field
  for (size_t i = 0; i < records.size(); ++i) {
    const v1::RecordHeader& header = records[i].view.header;
    const std::string number = FieldOf(records[i].view, kDecisionNumber);
    const bool basic =
        header.kind() == v1::REGISTRATION || (header.kind() == v1::PERMIT && !number.empty());
    if (!basic) continue;
    const auto add = [&](const char* field, bool known, int64_t value) {
      if (known) facts[{header.kind(), number, field}].emplace_back(std::to_string(value), i);
    };
    add("state", true, header.state());
    add("decided_on", header.has_decided_on(), header.decided_on());
    add("effective_on", header.has_effective_on(), header.effective_on());
    add("valid_from", header.has_valid_from(), header.valid_from());
    add("valid_until", header.has_valid_until(), header.valid_until());
  }
  for (const auto& [place, statements] : facts) {
    AddIfOriginsDisagree(records, std::get<2>(place), statements, out);
  }
}

Status AuditView(const Context& context, const SubjectKey& key, uint64_t count) {
  ASSIGN_OR_RETURN(const std::unique_ptr<TickWriter> writer, TickWriter::Open(context));
  v1::AuditEvent event;
  event.set_type(v1::SUBJECT_VIEWED);
  event.set_subject_ref(std::string(key.view()));
  event.set_count(count);
  writer->Audit(std::move(event));
  return writer->Commit();
}

}  // namespace

std::vector<Conflict> FindConflicts(const std::vector<HeldRecord>& records) {
  std::vector<Conflict> conflicts;
  FindSameDecisions(records, &conflicts);
  FindOtherNames(records, &conflicts);
  FindOtherFacts(records, &conflicts);
  std::stable_sort(conflicts.begin(), conflicts.end(), [](const Conflict& a, const Conflict& b) {
    return std::tie(a.field, a.records) < std::tie(b.field, b.records);
  });
  return conflicts;
}

StatusOr<SubjectView> ViewSubject(const Context& context, std::string_view scheme,
                                  std::string_view value) {
  const SubjectKey key = context.identity->ForSubject(scheme, value);
  const auto today = static_cast<int32_t>(context.clock->NowUs() / kDayUs);
  ASSIGN_OR_RETURN(Inspector inspector, Inspector::Open(context));
  RecordFilter filter;
  filter.origin = "*";
  filter.subject = key;
  filter.records_max = std::numeric_limits<size_t>::max();
  SubjectView out;
  RETURN_IF_ERROR(inspector.List(filter, [&](const RecordView& view) {
    if (view.header.has_share_until() && view.header.share_until() < today) {
      ++out.withheld;
      return true;
    }
    out.records.push_back({view, view.stream.origin(), view.delivery.path});
    return true;
  }));
  std::sort(out.records.begin(), out.records.end(), [](const HeldRecord& a, const HeldRecord& b) {
    return std::tie(a.view.stream.item(), a.origin, a.view.id) <
           std::tie(b.view.stream.item(), b.origin, b.view.id);
  });
  out.conflicts = FindConflicts(out.records);
  RETURN_IF_ERROR(AuditView(context, key, out.records.size()));
  return out;
}

}  // namespace tombolo::node
