#include "adapters/engine/golden.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/record/rules.h"

namespace tombolo::engine {
namespace {

std::string Quoted(std::string_view text) { return JsonQuote(text); }

std::string QuotedList(const std::vector<std::string>& texts) {
  return absl::StrCat(
      "[",
      absl::StrJoin(texts, ",",
                    [](std::string* out, const std::string& text) { out->append(Quoted(text)); }),
      "]");
}

// Amounts and identifiers as objects, numbers as texts: 64 bits do not fit every JSON reader.
struct ValueRenderer {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const std::string& text) const { return Quoted(text); }
  std::string operator()(int64_t number) const { return Quoted(absl::StrCat(number)); }
  std::string operator()(const record::DateValue& date) const {
    return Quoted(FormatIsoDate(date.days));
  }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const record::AmountValue& amount) const {
    return absl::StrCat("{\"currency\":", Quoted(amount.currency),
                        ",\"minor_units\":", Quoted(absl::StrCat(amount.minor_units)), "}");
  }
  std::string operator()(const record::IdentifierValue& id) const {
    return absl::StrCat("{\"scheme\":", Quoted(id.scheme), ",\"value\":", Quoted(id.value), "}");
  }
  std::string operator()(const record::CodeValue& code) const {
    return absl::StrCat("{\"code\":", Quoted(code.code), ",\"label\":", Quoted(code.label), "}");
  }
  std::string operator()(const std::vector<std::string>& texts) const { return QuotedList(texts); }
  std::string operator()(const record::DecimalValue& decimal) const { return Quoted(decimal.text); }
};

std::string RowList(absl::Span<const uint64_t> rows) {
  return absl::StrCat("[", absl::StrJoin(rows, ","), "]");
}

std::string FaultList(const std::vector<Fault>& faults) {
  return absl::StrCat("[",
                      absl::StrJoin(faults, ",",
                                    [](std::string* out, const Fault& fault) {
                                      absl::StrAppend(out, "{\"code\":", Quoted(NameOf(fault.code)),
                                                      ",\"column\":", Quoted(fault.column),
                                                      ",\"value\":", Quoted(fault.value),
                                                      ",\"reason\":", Quoted(fault.reason), "}");
                                    }),
                      "]");
}

void AppendDate(std::string_view name, const std::optional<int32_t>& days, std::string* out) {
  if (!days.has_value()) return;
  absl::StrAppend(out, ",", Quoted(name), ":", Quoted(FormatIsoDate(*days)));
}

class GoldenSink : public Sink {
 public:
  GoldenSink(const record::Catalogue& catalogue, std::optional<int32_t> today)
      : catalogue_(catalogue), today_(today) {}

  StatusOr<std::vector<Fault>> OnDraft(const v1::RecordQuery& query, record::Draft* draft,
                                       absl::Span<const uint64_t> rows,
                                       std::string_view scope) override {
    ASSIGN_OR_RETURN(std::vector<Fault> faults, OnFaultyDraft(query, draft));
    if (faults.empty()) absl::StrAppend(&text, GoldenLine(query.name(), *draft, rows, scope), "\n");
    return faults;
  }
  StatusOr<std::vector<Fault>> OnFaultyDraft(const v1::RecordQuery&,
                                             record::Draft* draft) override {
    verdict_.faults.clear();
    if (today_.has_value()) record::Validate(catalogue_, *today_, draft, &verdict_);
    return verdict_.faults;
  }
  Status OnLeftOut(const v1::RecordQuery& query, std::string_view rule,
                   absl::Span<const uint64_t> rows) override {
    absl::StrAppend(&text, "{\"query\":", Quoted(query.name()), ",\"rows\":", RowList(rows),
                    ",\"left_out\":", Quoted(rule), "}\n");
    return absl::OkStatus();
  }
  Status OnBadRow(BadRow row) override {
    const std::string query = row.query == nullptr ? "" : row.query->name();
    absl::StrAppend(&text, "{\"query\":", Quoted(query), ",\"source\":", Quoted(row.source),
                    ",\"row\":", row.number, ",\"faults\":", FaultList(row.faults), "}\n");
    return absl::OkStatus();
  }
  StatusOr<std::vector<LateFault>> OnQueriesDone() override { return std::vector<LateFault>(); }
  Status OnProgress(uint64_t, uint64_t) override { return absl::OkStatus(); }

  std::string text;

 private:
  const record::Catalogue& catalogue_;
  std::optional<int32_t> today_;
  record::Verdict verdict_;
};

}  // namespace

std::string GoldenLine(std::string_view query, const record::Draft& draft,
                       absl::Span<const uint64_t> rows, std::string_view scope) {
  std::string out =
      absl::StrCat("{\"query\":", Quoted(query), ",\"item\":", Quoted(draft.item->code),
                   ",\"rows\":", RowList(rows), ",\"key\":", QuotedList(draft.natural_key),
                   ",\"state\":", Quoted(v1::RecordState_Name(draft.header.state)));
  if (!scope.empty()) absl::StrAppend(&out, ",\"scope\":", Quoted(scope));
  const record::HeaderValues& header = draft.header;
  AppendDate("decided_on", header.decided_on, &out);
  AppendDate("effective_on", header.effective_on, &out);
  AppendDate("valid_from", header.valid_from, &out);
  AppendDate("valid_until", header.valid_until, &out);
  AppendDate("publish_until", header.publish_until, &out);
  AppendDate("share_until", header.share_until, &out);
  out += ",\"fields\":{";
  const char* comma = "";
  for (size_t i = 0; i < draft.values.size(); ++i) {
    const std::string value = std::visit(ValueRenderer(), draft.values[i]);
    if (value.empty()) continue;
    absl::StrAppend(&out, comma, Quoted(draft.item->fields[i].name), ":", value);
    comma = ",";
  }
  return out + "}}";
}

StatusOr<std::string> RenderGolden(const Pack& pack, const SourceFile& driving,
                                   const std::vector<SourceFile>& lookups,
                                   std::optional<int32_t> today) {
  GoldenSink sink(pack.catalogue(), today);
  ASSIGN_OR_RETURN(const RunResult result, Run(pack, driving, lookups, &sink));
  if (!result.outcome.ok()) {
    absl::StrAppend(&sink.text, "{\"outcome\":", Quoted(Describe(result.outcome)), "}\n");
  }
  return std::move(sink.text);
}

Status CompareGolden(std::string_view file, std::string_view expected, std::string_view actual) {
  for (size_t line = 1; !expected.empty() || !actual.empty(); ++line) {
    const auto take = [](std::string_view* rest) {
      const size_t end = std::min(rest->find('\n'), rest->size());
      const std::string_view first = rest->substr(0, end);
      rest->remove_prefix(std::min(end + 1, rest->size()));
      return first;
    };
    const bool more_expected = !expected.empty(), more_actual = !actual.empty();
    const std::string_view want = take(&expected), got = take(&actual);
    if (want == got && more_expected == more_actual) continue;
    // Shown from shortly before the first difference, as lines are long.
    size_t same = 0;
    while (same < want.size() && same < got.size() && want[same] == got[same]) ++same;
    const size_t from =
        same < limits::kFaultValueBytesMax / 2 ? 0 : same - limits::kFaultValueBytesMax / 2;
    const auto shown = [from](std::string_view text, bool there) {
      if (!there) return std::string("(no more lines)");
      const std::string_view rest = text.size() > from ? text.substr(from) : std::string_view();
      return std::string(Utf8Prefix(rest, limits::kFaultValueBytesMax));
    };
    return MakeError(
        Code::GOLDEN_DIFFERS,
        absl::StrCat(ToAbsl(file), ", line ", line, ", from character ", from + 1, ": expected ",
                     shown(want, more_expected), "; got ", shown(got, more_actual)));
  }
  return absl::OkStatus();
}

}  // namespace tombolo::engine
