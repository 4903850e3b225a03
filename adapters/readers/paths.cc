#include "adapters/readers/paths.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr size_t kIndexDigitsMax = 9;

Status Invalid(std::string_view path, std::string_view why) {
  return MakeError(Code::INVALID_ARGUMENT,
                   absl::StrCat("the path '", ToAbsl(path), "': ", ToAbsl(why)));
}

int64_t IndexOf(std::string_view digits) {
  int64_t value = -1;
  const bool plain =
      !digits.empty() && digits.size() <= kIndexDigitsMax &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return plain && absl::SimpleAtoi(ToAbsl(digits), &value) ? value : -1;
}

StatusOr<Step> ParseXmlStep(std::string_view text, std::string_view path) {
  Step step;
  if (text.starts_with('@')) {
    step.attribute = true;
    text.remove_prefix(1);
  }
  if (text.starts_with('{')) {
    const size_t end = text.find('}');
    step.has_uri = true;
    step.uri = std::string(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
  }
  if (text.empty()) return Invalid(path, "a step has no name");
  step.any = text == "*";
  step.name = std::string(text);
  return step;
}

Step JsonStep(std::string_view text) {
  Step step;
  step.any = text == "*";
  step.name = std::string(text);
  step.index = IndexOf(text);
  return step;
}

// Cuts at slashes, but not inside {}.
StatusOr<std::vector<std::string_view>> CutAtSlashes(std::string_view rest, std::string_view path) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t i = 0; i <= rest.size(); ++i) {
    if (i < rest.size() && rest[i] == '{') {
      i = rest.find('}', i);
      if (i == std::string_view::npos) return Invalid(path, "a { is not closed");
    }
    if (i < rest.size() && rest[i] != '/') continue;
    parts.push_back(rest.substr(begin, i - begin));
    begin = i + 1;
  }
  return parts;
}

StatusOr<std::vector<Step>> ParseSteps(std::string_view rest, Format format,
                                       std::string_view path) {
  std::vector<Step> steps;
  if (rest.empty() || rest == ".") return steps;
  ASSIGN_OR_RETURN(const std::vector<std::string_view> parts, CutAtSlashes(rest, path));
  for (const std::string_view part : parts) {
    if (part.empty() || part == "." || part == "..") return Invalid(path, "an empty step");
    if (!steps.empty() && steps.back().attribute) return Invalid(path, "an attribute has no parts");
    if (format != Format::kXml) {
      steps.push_back(JsonStep(part));
      continue;
    }
    ASSIGN_OR_RETURN(Step step, ParseXmlStep(part, path));
    steps.push_back(std::move(step));
  }
  return steps;
}

// `a.b[0].c`.
StatusOr<std::vector<Step>> ParseDotted(std::string_view path) {
  std::vector<Step> steps;
  size_t at = 0;
  while (at < path.size()) {
    if (path[at] == '[') {
      const size_t end = path.find(']', at);
      const int64_t index =
          end == std::string_view::npos ? -1 : IndexOf(path.substr(at + 1, end - at - 1));
      if (index < 0) return Invalid(path, "[ ] takes a number");
      Step step;
      step.index = index;
      steps.push_back(step);
      at = end + 1;
      if (at < path.size() && path[at] == '.' && at + 1 < path.size()) ++at;
      continue;
    }
    const size_t end = std::min(path.find_first_of(".[", at), path.size());
    if (end == at) return Invalid(path, "an empty step");
    Step step;
    step.name = std::string(path.substr(at, end - at));
    steps.push_back(step);
    at = end;
    if (at < path.size() && path[at] == '.' && ++at == path.size()) {
      return Invalid(path, "it ends in a dot");
    }
  }
  return steps;
}

int Child(std::vector<PathNode>* nodes, int node, const Step& step) {
  for (const PathNode::Edge& edge : (*nodes)[static_cast<size_t>(node)].edges) {
    if (edge.step == step) return edge.child;
  }
  const int child = static_cast<int>(nodes->size());
  nodes->emplace_back();
  PathNode& parent = (*nodes)[static_cast<size_t>(node)];
  // Steps with a name go before `*`, which would take everything.
  const auto at = std::find_if(parent.edges.begin(), parent.edges.end(),
                               [&](const PathNode::Edge& e) { return e.step.any && !step.any; });
  parent.edges.insert(at, {step, child});
  for (const PathNode::Edge& edge : parent.edges) {
    const bool same_name = edge.step.name == step.name && edge.step.attribute == step.attribute;
    const bool same_index = edge.step.index >= 0 && edge.step.index == step.index;
    if (edge.child != child && (same_name || same_index)) parent.in_order = true;
  }
  parent.in_order = parent.in_order || step.any;
  parent.has_attributes = parent.has_attributes || step.attribute;
  return child;
}

int Walk(std::vector<PathNode>* nodes, const std::vector<Step>& steps) {
  int node = 0;
  for (const Step& step : steps) node = Child(nodes, node, step);
  return node;
}

class Compiler {
 public:
  Compiler(const ReaderOptions& options, size_t columns_max, size_t nesting_max)
      : options_(options), columns_max_(columns_max), nesting_max_(nesting_max) {}

  StatusOr<CompiledPaths> Run() {
    if (options_.columns.empty()) {
      return MakeError(Code::INVALID_ARGUMENT,
                       absl::StrCat("columns with their paths are required for ",
                                    ToAbsl(FormatName(options_.format))));
    }
    if (options_.columns.size() > columns_max_) {
      return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat(options_.columns.size(),
                                                          " columns; the limit is ", columns_max_));
    }
    out_.outer.emplace_back();
    out_.inner.emplace_back();
    RETURN_IF_ERROR(AddRowPath());
    for (size_t i = 0; i < options_.columns.size(); ++i) RETURN_IF_ERROR(AddColumn(i));
    return std::move(out_);
  }

 private:
  Status AddRowPath() {
    std::string_view path = options_.row_path;
    if (options_.format == Format::kNdjson && !path.empty()) {
      return Invalid(path, "NDJSON takes each line as a row; leave row_path empty");
    }
    if (options_.format == Format::kXml && (path.empty() || path == "/")) {
      return Invalid(path, "XML needs the path of the row's element, such as /Root/Row");
    }
    if (path.starts_with('/')) path.remove_prefix(1);
    ASSIGN_OR_RETURN(row_, ParseSteps(path, options_.format, options_.row_path));
    if (row_.size() > nesting_max_) return Invalid(options_.row_path, "it is nested too deep");
    int node = 0;
    out_.outer[0].row_depth = 0;
    for (size_t i = 0; i < row_.size(); ++i) {
      if (row_[i].attribute) return Invalid(options_.row_path, "a row cannot be an attribute");
      node = Child(&out_.outer, node, row_[i]);
      out_.outer[static_cast<size_t>(node)].row_depth = static_cast<int>(i) + 1;
    }
    out_.outer[static_cast<size_t>(node)].is_row = true;
    out_.row_depth = static_cast<int>(row_.size());
    return absl::OkStatus();
  }

  Status AddColumn(size_t index) {
    const ColumnPath& column = options_.columns[index];
    if (column.name.empty()) return Invalid(column.path, "its column has no name");
    if (!names_.insert(column.name).second) {
      return Invalid(column.path, absl::StrCat("the column ", column.name, " is there twice"));
    }
    out_.columns.push_back(column.name);
    const std::string_view path = column.path.empty() ? column.name : column.path;
    if (path.starts_with('/') || path.starts_with("..")) return AddContext(index, path);
    std::vector<Step> steps;
    if (options_.format == Format::kXml || path == "." || path.starts_with("./")) {
      const std::string_view rest = path.starts_with("./") ? path.substr(2) : path;
      ASSIGN_OR_RETURN(steps, ParseSteps(rest, options_.format, path));
    } else {
      ASSIGN_OR_RETURN(steps, ParseDotted(path));
    }
    if (steps.size() > nesting_max_) return Invalid(path, "it is nested too deep");
    const int node = Walk(&out_.inner, steps);
    out_.inner[static_cast<size_t>(node)].columns.push_back(index);
    return absl::OkStatus();
  }

  Status AddContext(size_t index, std::string_view path) {
    std::string_view rest = path;
    size_t kept = 0;
    if (path.starts_with('/')) {
      rest.remove_prefix(1);
    } else {
      kept = row_.size();
      while (rest.starts_with("..")) {
        if (kept == 0) return Invalid(path, "it goes up beyond the document");
        --kept;
        rest.remove_prefix(2);
        if (!rest.empty() && rest.front() != '/') return Invalid(path, "a slash is missing");
        if (!rest.empty()) rest.remove_prefix(1);
      }
    }
    ASSIGN_OR_RETURN(const std::vector<Step> below, ParseSteps(rest, options_.format, path));
    if (below.empty()) return Invalid(path, "it names no value");
    std::vector<Step> steps(row_.begin(), row_.begin() + static_cast<ptrdiff_t>(kept));
    steps.insert(steps.end(), below.begin(), below.end());
    size_t shared = 0;
    while (shared < row_.size() && shared < steps.size() && row_[shared] == steps[shared]) ++shared;
    if (shared == row_.size()) return Invalid(path, "it lies in the row; write it from the row on");
    const int node = Walk(&out_.outer, steps);
    out_.outer[static_cast<size_t>(node)].columns.push_back(index);
    out_.contexts.push_back({index, static_cast<int>(shared)});
    return absl::OkStatus();
  }

  const ReaderOptions& options_;
  const size_t columns_max_;
  const size_t nesting_max_;
  CompiledPaths out_;
  std::vector<Step> row_;
  std::set<std::string> names_;
};

}  // namespace

StatusOr<CompiledPaths> CompilePaths(const ReaderOptions& options, size_t columns_max,
                                     size_t nesting_max) {
  return Compiler(options, columns_max, nesting_max).Run();
}

}  // namespace tombolo::readers
