// Where a fault that was found after parsing stands in the file.
#include "absl/strings/numbers.h"
#include "gateway/base/text.h"
#include "gateway/config/yaml.h"
#include "gateway/config/yaml_tree.h"

namespace tombolo::config {
namespace {

bool IsNameByte(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// Takes the name at the start of `*path` off.
std::string_view TakeName(std::string_view* path) {
  size_t size = 0;
  while (size < path->size() && IsNameByte((*path)[size])) ++size;
  const std::string_view name = path->substr(0, size);
  path->remove_prefix(size);
  return name;
}

// Takes "[3]" off; false if there is none.
bool TakeNumber(std::string_view* path, size_t* number) {
  const size_t end = path->find(']');
  if (!path->starts_with('[') || end == std::string_view::npos) return false;
  if (!absl::SimpleAtoi(ToAbsl(path->substr(1, end - 1)), number)) return false;
  path->remove_prefix(end + 1);
  return true;
}

// One step to a key of a map. Null: there is none.
const YamlNode* StepTo(const YamlNode& node, std::string_view name, size_t* offset) {
  for (size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i].text != name) continue;
    *offset = node.keys[i].offset;
    return &node.items[i];
  }
  return nullptr;
}

}  // namespace

std::string PlaceOf(std::string_view text, std::string_view file_name, std::string_view path) {
  static constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const StatusOr<YamlNode> root = ParseYamlTree(text, file_name);
  size_t offset = 0;
  const YamlNode* node = root.ok() ? &*root : nullptr;
  while (node != nullptr && !path.empty()) {
    const std::string_view name = TakeName(&path);
    if (name.empty()) break;
    node = StepTo(*node, name, &offset);
    size_t number = 0;
    while (node != nullptr && TakeNumber(&path, &number)) {
      const bool there = node->kind == YamlNode::Kind::kSequence && number < node->items.size();
      node = there ? &node->items[number] : nullptr;
      if (there) offset = node->offset;
    }
    if (!path.starts_with('.')) break;
    path.remove_prefix(1);
  }
  return Place(file_name, text, offset);
}

}  // namespace tombolo::config
