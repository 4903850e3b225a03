#include "gateway/config/yaml.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/config/yaml_tree.h"

namespace tombolo::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The candidate nearest to `word`, "" if none is near enough to be a slip of the finger.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > limits::kFieldNameBytesMax) return "";
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::vector<std::string> KeysOf(const Descriptor& type) {
  std::vector<std::string> keys;
  for (int i = 0; i < type.field_count(); ++i) keys.push_back(type.field(i)->name());
  return keys;
}

// The names an operator may write: not the zero value that stands for "not said".
std::vector<std::string> NamesOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (!ToStd(type.value(i)->name()).ends_with("_UNSPECIFIED")) {
      names.push_back(type.value(i)->name());
    }
  }
  return names;
}

std::string Suggest(std::string_view word, const std::vector<std::string>& candidates,
                    std::string_view all_title) {
  const std::string nearest = Nearest(word, candidates);
  if (!nearest.empty()) return absl::StrCat("; did you mean \"", nearest, "\"?");
  return absl::StrCat("; ", ToAbsl(all_title), ": ", absl::StrJoin(candidates, ", "));
}

std::string Quote(std::string_view text) {
  const std::string_view cut = Utf8Prefix(text, limits::kFaultValueBytesMax);
  return JsonQuote(cut) + (cut.size() < text.size() ? "..." : "");
}

// Plain decimal, as 0, 12 or -3. Not 010, 0x10, 1_000, +1 or 1e3, which mean different things to
// different readers.
bool IsPlainInteger(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <typename T>
std::string Bounds() {
  return absl::StrCat("expected a whole number from ", std::numeric_limits<T>::min(), " to ",
                      std::numeric_limits<T>::max());
}

class Filler {
 public:
  Filler(std::string_view text, std::string_view file_name) : text_(text), file_name_(file_name) {}

  void Fill(const YamlNode& node, const std::string& path, Message* out) {
    const Descriptor& type = *out->GetDescriptor();
    if (node.kind != YamlNode::Kind::kMap) {
      Mismatch(
          node, path,
          absl::StrCat("expected keys of ", type.name(), ": ", absl::StrJoin(KeysOf(type), ", ")));
      return;
    }
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const YamlNode& key = node.keys[i];
      const FieldDescriptor* field = type.FindFieldByName(key.text);
      if (field == nullptr) {
        Report(key, Code::CONFIG_UNKNOWN_KEY,
               absl::StrCat("unknown key ", Quote(key.text), path.empty() ? "" : " in ", path,
                            Suggest(key.text, KeysOf(type), "known keys")));
        continue;
      }
      const std::string field_path = path.empty() ? key.text : absl::StrCat(path, ".", key.text);
      if (OneofIsFree(key, *field, *out)) FillField(node.items[i], *field, field_path, out);
    }
  }

  Status Finish() const {
    if (count_ == 0) return absl::OkStatus();
    std::string message = absl::StrJoin(lines_, "\n");
    if (count_ > lines_.size()) {
      absl::StrAppend(&message, "\n... and ", count_ - lines_.size(), " more");
    }
    return MakeError(first_code_, message);
  }

 private:
  void Report(const YamlNode& node, Code code, std::string_view reason) {
    if (count_++ == 0) first_code_ = code;
    if (lines_.size() < limits::kYamlFaultsMax) {
      lines_.push_back(Place(file_name_, text_, node.offset) + std::string(reason));
    }
  }

  void Mismatch(const YamlNode& node, const std::string& path, std::string_view expected) {
    std::string found;
    switch (node.kind) {
      case YamlNode::Kind::kNull:
        found = "no value (leave the key out, or quote the word null if it is meant)";
        break;
      case YamlNode::Kind::kScalar:
        found = Quote(node.text);
        break;
      case YamlNode::Kind::kSequence:
        found = "a list";
        break;
      case YamlNode::Kind::kMap:
        found = "keys and values";
        break;
    }
    Report(
        node, Code::CONFIG_VALUE,
        absl::StrCat(path.empty() ? "the file" : path, ": ", ToAbsl(expected), ", found ", found));
  }

  bool OneofIsFree(const YamlNode& key, const FieldDescriptor& field, const Message& out) {
    const auto* oneof = field.real_containing_oneof();
    if (oneof == nullptr || !out.GetReflection()->HasOneof(out, oneof)) return true;
    const auto* other = out.GetReflection()->GetOneofFieldDescriptor(out, oneof);
    Report(key, Code::CONFIG_VALUE,
           absl::StrCat("only one of \"", other->name(), "\" and \"", field.name(),
                        "\" may be given"));
    return false;
  }

  void FillField(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
                 Message* out) {
    if (!field.is_repeated()) {
      FillOne(node, field, path, out);
      return;
    }
    if (node.kind != YamlNode::Kind::kSequence) {
      Mismatch(node, path, "expected a list, as [a, b] or lines that begin with \"- \"");
      return;
    }
    for (size_t i = 0; i < node.items.size(); ++i) {
      FillOne(node.items[i], field, absl::StrCat(path, "[", i, "]"), out);
    }
  }

  void FillOne(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
               Message* out) {
    const Reflection& reflection = *out->GetReflection();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Fill(node, path,
           field.is_repeated() ? reflection.AddMessage(out, &field)
                               : reflection.MutableMessage(out, &field));
      return;
    }
    const std::string expected = FillScalar(node, field, out);
    if (!expected.empty()) Mismatch(node, path, expected);
  }

  // Returns what was expected, or "" when the value was taken.
  static std::string FillScalar(const YamlNode& node, const FieldDescriptor& field, Message* out);
  static std::string FillText(const YamlNode& node, const FieldDescriptor& field, Message* out);
  static std::string FillEnum(const YamlNode& node, const FieldDescriptor& field, Message* out);

  std::string_view text_;
  std::string_view file_name_;
  size_t count_ = 0;
  Code first_code_ = Code::kOk;
  std::vector<std::string> lines_;
};

// Sets or adds, as the field is declared.
template <typename T>
void Put(const FieldDescriptor& field, Message* out, T value,
         void (Reflection::*set)(Message*, const FieldDescriptor*, T) const,
         void (Reflection::*add)(Message*, const FieldDescriptor*, T) const) {
  (out->GetReflection()->*(field.is_repeated() ? add : set))(out, &field, std::move(value));
}

template <typename T>
std::string PutInteger(const YamlNode& node, const FieldDescriptor& field, Message* out,
                       void (Reflection::*set)(Message*, const FieldDescriptor*, T) const,
                       void (Reflection::*add)(Message*, const FieldDescriptor*, T) const) {
  T value = 0;
  if (node.kind != YamlNode::Kind::kScalar || !IsPlainInteger(node.text) ||
      !absl::SimpleAtoi(node.text, &value)) {
    return Bounds<T>() + " in plain digits";
  }
  if (node.quoted) return Bounds<T>() + " without quotes";
  Put<T>(field, out, value, set, add);
  return "";
}

template <typename T>
std::string PutReal(const YamlNode& node, const FieldDescriptor& field, Message* out,
                    void (Reflection::*set)(Message*, const FieldDescriptor*, T) const,
                    void (Reflection::*add)(Message*, const FieldDescriptor*, T) const) {
  double value = 0;
  const bool digits = node.text.find_first_not_of("0123456789.-+eE") == std::string::npos;
  if (node.kind != YamlNode::Kind::kScalar || node.quoted || !digits ||
      !absl::SimpleAtod(node.text, &value) || !std::isfinite(static_cast<T>(value))) {
    return "expected a number, as 0.25";
  }
  Put<T>(field, out, static_cast<T>(value), set, add);
  return "";
}

std::string Filler::FillText(const YamlNode& node, const FieldDescriptor& field, Message* out) {
  if (node.kind != YamlNode::Kind::kScalar) return "expected text";
  std::string value = node.text;
  if (field.type() == FieldDescriptor::TYPE_BYTES) {
    const std::optional<std::string> bytes = FromBase64(node.text);
    if (!bytes.has_value()) return "expected bytes in base64";
    value = *bytes;
  }
  const Reflection& reflection = *out->GetReflection();
  if (field.is_repeated()) {
    reflection.AddString(out, &field, std::move(value));
  } else {
    reflection.SetString(out, &field, std::move(value));
  }
  return "";
}

std::string Filler::FillEnum(const YamlNode& node, const FieldDescriptor& field, Message* out) {
  const std::vector<std::string> names = NamesOf(*field.enum_type());
  const std::string expected = absl::StrCat("expected one of ", absl::StrJoin(names, ", "));
  if (node.kind != YamlNode::Kind::kScalar) return expected;
  if (std::find(names.begin(), names.end(), node.text) == names.end()) {
    const std::string nearest = Nearest(node.text, names);
    return nearest.empty() ? expected : absl::StrCat(expected, " (perhaps ", nearest, ")");
  }
  Put<const EnumValueDescriptor*>(field, out, field.enum_type()->FindValueByName(node.text),
                                  &Reflection::SetEnum, &Reflection::AddEnum);
  return "";
}

std::string Filler::FillScalar(const YamlNode& node, const FieldDescriptor& field, Message* out) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return FillText(node, field, out);
    case FieldDescriptor::CPPTYPE_ENUM:
      return FillEnum(node, field, out);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (node.kind != YamlNode::Kind::kScalar || node.quoted ||
          (node.text != "true" && node.text != "false")) {
        return "expected true or false";
      }
      Put<bool>(field, out, node.text == "true", &Reflection::SetBool, &Reflection::AddBool);
      return "";
    case FieldDescriptor::CPPTYPE_INT32:
      return PutInteger<int32_t>(node, field, out, &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return PutInteger<int64_t>(node, field, out, &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return PutInteger<uint32_t>(node, field, out, &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return PutInteger<uint64_t>(node, field, out, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return PutReal<double>(node, field, out, &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return PutReal<float>(node, field, out, &Reflection::SetFloat, &Reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // Fill's
  }
  return "expected a message";
}

}  // namespace

Status ParseYaml(std::string_view text, std::string_view file_name, Message* out) {
  static constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  ASSIGN_OR_RETURN(const YamlNode root, ParseYamlTree(text, file_name));
  const std::unique_ptr<Message> fresh(out->New());
  if (root.kind != YamlNode::Kind::kNull) {
    Filler filler(text, file_name);
    filler.Fill(root, "", fresh.get());
    RETURN_IF_ERROR(filler.Finish());
  }
  out->GetReflection()->Swap(out, fresh.get());
  return absl::OkStatus();
}

}  // namespace tombolo::config
