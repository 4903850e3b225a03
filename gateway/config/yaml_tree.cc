#include "gateway/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::config {
namespace {

// Stops the parser from inside an event; never leaves this file.
struct Refused {
  Code code;
  size_t offset;
  std::string reason;
};

[[noreturn]] void Refuse(const YAML::Mark& mark, Code code, std::string reason) {
  throw Refused{code, static_cast<size_t>(std::max(mark.pos, 0)), std::move(reason)};
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Attach(NewNode(mark, YamlNode::Kind::kNull, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, Code::CONFIG_SYNTAX, "aliases (*name) are not read; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = NewNode(mark, YamlNode::Kind::kScalar, tag, anchor);
    node.quoted = tag == "!";
    node.text = value;
    if (!IsUtf8(node.text) || node.text.find('\0') != std::string::npos) {
      Refuse(mark, Code::CONFIG_SYNTAX, "an escape gives a character that text cannot hold");
    }
    Attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(NewNode(mark, YamlNode::Kind::kSequence, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(NewNode(mark, YamlNode::Kind::kMap, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

  YamlNode TakeRoot() { return std::move(root_); }

 private:
  struct Level {
    YamlNode node;
    std::unordered_map<std::string, size_t> seen;  // key -> offset, of maps
  };

  static YamlNode NewNode(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& tag,
                          YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      Refuse(mark, Code::CONFIG_SYNTAX, "anchors (&name) are not read; write the value out");
    }
    // yaml-cpp says "?" for plain and "!" for quoted; maps and lists have no tag of their own.
    if (!tag.empty() && tag != "?" && tag != "!") {
      Refuse(mark, Code::CONFIG_SYNTAX,
             absl::StrCat("tags (", tag, ") are not read; the field decides what a value is"));
    }
    YamlNode node;
    node.kind = kind;
    node.offset = static_cast<size_t>(std::max(mark.pos, 0));
    return node;
  }

  bool AwaitsKey() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap &&
           open_.back().node.keys.size() == open_.back().node.items.size();
  }

  void AddKey(YamlNode key) {
    if (key.kind != YamlNode::Kind::kScalar) {
      throw Refused{Code::CONFIG_SYNTAX, key.offset, "a key must be the name of a field"};
    }
    Level& level = open_.back();
    const auto [it, fresh] = level.seen.emplace(key.text, key.offset);
    if (!fresh) {
      const auto line = 1 + std::count(text_.begin(), text_.begin() + it->second, '\n');
      throw Refused{
          Code::CONFIG_SYNTAX, key.offset,
          absl::StrCat("the key \"", ToAbsl(Utf8Prefix(key.text, limits::kFaultValueBytesMax)),
                       "\" is there twice, first on line ", line)};
    }
    level.node.keys.push_back(std::move(key));
  }

  void Attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (AwaitsKey()) {
      AddKey(std::move(node));
    } else {
      open_.back().node.items.push_back(std::move(node));
    }
  }

  void Open(YamlNode node) {
    if (open_.size() >= limits::kYamlDepthMax) {
      throw Refused{Code::LIMIT_EXCEEDED, node.offset,
                    absl::StrCat("nested deeper than ", limits::kYamlDepthMax, " levels")};
    }
    if (AwaitsKey()) AddKey(std::move(node));  // always refuses
    open_.push_back({std::move(node), {}});
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Attach(std::move(node));
  }

  std::string_view text_;
  std::vector<Level> open_;
  YamlNode root_;
};

// The first byte that must not stand in a YAML file; npos if there is none. yaml-cpp would take a
// NUL near the start for UTF-16.
size_t FindControl(std::string_view text) {
  const auto it = std::find_if(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && u != '\t' && u != '\n' && u != '\r') || u == 0x7F;
  });
  return it == text.end() ? std::string_view::npos : static_cast<size_t>(it - text.begin());
}

Status MakeFault(Code code, std::string_view file_name, std::string_view text, size_t offset,
                 std::string_view reason) {
  return MakeError(code, Place(file_name, text, offset) + std::string(reason));
}

}  // namespace

std::string Place(std::string_view file_name, std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const size_t newline = before.rfind('\n');
  const std::string_view in_line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto characters = std::count_if(in_line.begin(), in_line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return absl::StrCat(ToAbsl(file_name), ":", 1 + std::count(before.begin(), before.end(), '\n'),
                      ":", 1 + characters, ": ");
}

StatusOr<YamlNode> ParseYamlTree(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kYamlBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat(ToAbsl(file_name), ": ", text.size(),
                                  " bytes; a YAML file may have ", limits::kYamlBytesMax));
  }
  if (!IsUtf8(text)) {
    return MakeError(Code::CONFIG_SYNTAX,
                     absl::StrCat(ToAbsl(file_name), ": not UTF-8; save the file as UTF-8"));
  }
  if (const size_t at = FindControl(text); at != std::string_view::npos) {
    return MakeFault(Code::CONFIG_SYNTAX, file_name, text, at,
                     "a control character; write it as an escape in double quotes");
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(text);
    if (!parser.HandleNextDocument(builder)) return YamlNode{};
    YamlNode root = builder.TakeRoot();
    TreeBuilder second(text);
    if (parser.HandleNextDocument(second)) {
      return MakeFault(Code::CONFIG_SYNTAX, file_name, text, second.TakeRoot().offset,
                       "a second document begins; a file holds one");
    }
    return root;
  } catch (const Refused& refused) {
    return MakeFault(refused.code, file_name, text, refused.offset, refused.reason);
  } catch (const YAML::Exception& e) {
    const size_t offset = e.mark.is_null() ? text.size() : static_cast<size_t>(e.mark.pos);
    return MakeFault(Code::CONFIG_SYNTAX, file_name, text, offset, e.msg);
  } catch (const std::exception& e) {
    return MakeError(Code::CONFIG_SYNTAX, absl::StrCat(ToAbsl(file_name), ": ", e.what()));
  }
}

}  // namespace tombolo::config
