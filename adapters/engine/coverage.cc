// What of a file no item uses: columns, values that no code list has, codes that never come.
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/engine/compiled_pack.h"
#include "adapters/engine/run_internal.h"

namespace tombolo::engine {
namespace {

// Keeps nothing but the codes that records hold.
class CoverageSink : public Sink {
 public:
  explicit CoverageSink(CodeUse* use) : use_(use) {}

  StatusOr<std::vector<Fault>> OnDraft(const v1::RecordQuery& query, record::Draft* draft,
                                       absl::Span<const uint64_t>, std::string_view) override {
    return OnFaultyDraft(query, draft);
  }
  StatusOr<std::vector<Fault>> OnFaultyDraft(const v1::RecordQuery&,
                                             record::Draft* draft) override {
    for (size_t i = 0; i < draft->values.size(); ++i) {
      const auto* const code = std::get_if<record::CodeValue>(&draft->values[i]);
      const std::string& list = draft->item->fields[i].code_list;
      if (code != nullptr && !list.empty()) use_->met[list].insert(code->code);
    }
    return std::vector<Fault>();
  }
  Status OnLeftOut(const v1::RecordQuery&, std::string_view, absl::Span<const uint64_t>) override {
    return absl::OkStatus();
  }
  // A field may take a value as a code without asking code().
  Status OnBadRow(BadRow row) override {
    constexpr std::string_view kBefore = "'";
    for (const Fault& fault : row.faults) {
      if (fault.code != Code::CODE_UNKNOWN) continue;
      const size_t begin = fault.reason.find(kBefore), end = fault.reason.rfind(kBefore);
      if (begin == std::string::npos || end <= begin) continue;
      ++by_fields[{fault.reason.substr(begin + 1, end - begin - 1), fault.value}];
    }
    return absl::OkStatus();
  }
  StatusOr<std::vector<LateFault>> OnQueriesDone() override { return std::vector<LateFault>(); }
  Status OnProgress(uint64_t, uint64_t) override { return absl::OkStatus(); }

  std::map<std::pair<std::string, std::string>, uint64_t> by_fields;  // list and value: rows

 private:
  CodeUse* use_;
};

}  // namespace

StatusOr<Coverage> Cover(const Pack& pack, const SourceFile& driving,
                         const std::vector<SourceFile>& lookups) {
  CodeUse use;
  CoverageSink sink(&use);
  ASSIGN_OR_RETURN(const RunResult result, RunCounting(pack, driving, lookups, &sink, &use));
  if (!result.outcome.ok()) return result.outcome;
  Coverage coverage;
  coverage.unused_columns = result.unused_columns;
  std::set<std::string> lists;
  for (const auto& [list, codes] : use.met) lists.insert(list);
  for (const auto& [what, seen] : use.unknown) {
    lists.insert(what.first);
    coverage.unknown_codes.push_back({what.first, what.second, seen.rows});
  }
  for (const auto& [what, rows] : sink.by_fields) {
    if (use.unknown.count(what) > 0) continue;
    lists.insert(what.first);
    coverage.unknown_codes.push_back({what.first, what.second, rows});
  }
  const auto& compiled = static_cast<const CompiledPack&>(pack);
  for (const auto& [name, list] : compiled.lists()) {
    // A list that this file's SELECTs never asked says nothing about the file.
    if (lists.count(name) == 0) continue;
    const std::set<std::string>& met = use.met[name];
    for (const CodeList::Entry& entry : list.entries()) {
      if (met.count(entry.code) > 0) continue;
      coverage.unused_codes.push_back(absl::StrCat(name, ":", entry.code));
    }
  }
  return coverage;
}

}  // namespace tombolo::engine
