// A YAML document as a plain tree with source positions: the only file of yaml-cpp's events.
//
// Ownership: the tree owns its text. Thread-safety: plain values, pure function.
// Errors: CONFIG_SYNTAX, LIMIT_EXCEEDED, as said in yaml.h; the message has file, line and column.
#ifndef TOMBOLO_GATEWAY_CONFIG_YAML_TREE_H_
#define TOMBOLO_GATEWAY_CONFIG_YAML_TREE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::config {

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  bool quoted = false;          // scalars: 'x', "x" or a block
  size_t offset = 0;            // bytes from the start of the text
  std::string text;             // scalars
  std::vector<YamlNode> keys;   // maps: scalars, aligned with items, none twice
  std::vector<YamlNode> items;  // sequences and maps
};

// "file:line:column: ", both from 1, the column in characters.
std::string Place(std::string_view file_name, std::string_view text, size_t offset);

// `text` without a byte order mark. The root of an empty text is a null.
StatusOr<YamlNode> ParseYamlTree(std::string_view text, std::string_view file_name);

}  // namespace tombolo::config

#endif  // TOMBOLO_GATEWAY_CONFIG_YAML_TREE_H_
