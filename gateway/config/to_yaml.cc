#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/text.h"
#include "gateway/config/yaml.h"

namespace tombolo::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Words that some reader of YAML 1.1 takes for a flag, a null or a number.
bool IsYamlWord(std::string_view text) {
  static constexpr absl::string_view kWords[] = {"null", "true", "false", "yes", "no",
                                                 "on",   "off",  "y",     "n",   "nan"};
  return std::any_of(std::begin(kWords), std::end(kWords), [&](absl::string_view word) {
    return absl::EqualsIgnoreCase(word, ToAbsl(text));
  });
}

bool IsAlpha(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

bool MayStandPlain(std::string_view text) {
  if (text.empty() || !IsAlpha(text.front()) || IsYamlWord(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlpha(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '/';
  });
}

// True for the three bytes of a character that YAML takes for a line break or a byte order mark.
bool IsOddCharacter(std::string_view three) {
  return three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9" || three == "\xEF\xBB\xBF";
}

std::string DoubleQuoted(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    char escape[8] = "";
    if (c == '"' || c == '\\') {
      std::snprintf(escape, sizeof escape, "\\%c", c);
    } else if (c == '\n') {
      std::snprintf(escape, sizeof escape, "\\n");
    } else if (c == '\t') {
      std::snprintf(escape, sizeof escape, "\\t");
    } else if (c < 0x20 || c == 0x7F) {
      std::snprintf(escape, sizeof escape, "\\x%02x", c);
    } else if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(text[++i]));
    } else if (IsOddCharacter(text.substr(i, 3))) {
      const bool mark = text[i] == '\xEF';
      std::snprintf(escape, sizeof escape, "%s",
                    mark ? "\\ufeff" : (text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029"));
      i += 2;
    } else {
      out.push_back(static_cast<char>(c));
    }
    out += escape;
  }
  return out + "\"";
}

// A literal block keeps text as it stands if lines neither begin oddly nor are blank with blanks in
// them.
bool MayBeBlock(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.ends_with("\n\n")) return false;
  const bool odd = std::any_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && u != '\n') || u == 0x7F;
  });
  if (odd || text.front() == ' ' || text.front() == '\n') return false;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) == 0xC2 &&
        static_cast<unsigned char>(text[i + 1]) < 0xA0)
      return false;
    if (IsOddCharacter(text.substr(i, 3))) return false;
  }
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    if (!line.empty() && line.find_first_not_of(' ') == absl::string_view::npos) return false;
  }
  return true;
}

std::string TextOf(std::string_view text, size_t indent) {
  if (MayStandPlain(text)) return std::string(text);
  if (!MayBeBlock(text)) return DoubleQuoted(text);
  std::string out = text.ends_with('\n') ? "|" : "|-";
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    out += '\n';
    if (!line.empty()) absl::StrAppend(&out, std::string(indent + 2, ' '), line);
  }
  return out;
}

std::string NumberOf(double value) {
  char out[40];
  std::snprintf(out, sizeof out, "%.17g", value);
  return out;
}

// `index` is -1 for a field that is not repeated.
std::string ScalarOf(const Message& message, const FieldDescriptor& field, int index,
                     size_t indent) {
  const Reflection& r = *message.GetReflection();
  const auto pick = [&](auto one, auto of_many) {
    return index < 0 ? (r.*one)(message, &field) : (r.*of_many)(message, &field, index);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = pick(&Reflection::GetString, &Reflection::GetRepeatedString);
      if (field.type() == FieldDescriptor::TYPE_BYTES) return DoubleQuoted(ToBase64(text));
      return TextOf(text, indent);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return pick(&Reflection::GetEnum, &Reflection::GetRepeatedEnum)->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return pick(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(pick(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(pick(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(pick(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(pick(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return NumberOf(pick(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return NumberOf(pick(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;  // AppendMessage's
  }
  return "";
}

void AppendMessage(const Message& message, size_t indent, std::string* out);

// A message as the value of a key or of a list's dash; `out` stands right behind it.
void AppendNested(const Message& message, size_t indent, bool in_list, std::string* out) {
  std::string body;
  AppendMessage(message, indent, &body);
  if (body.empty()) {
    *out += " {}\n";
  } else if (in_list) {
    // The first key stands on the dash's own line, the others below it.
    absl::StrAppend(out, " ", body.substr(indent));
  } else {
    absl::StrAppend(out, "\n", body);
  }
}

void AppendRepeated(const Message& message, const FieldDescriptor& field, size_t indent,
                    std::string* out) {
  *out += '\n';
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    absl::StrAppend(out, std::string(indent + 2, ' '), "-");
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AppendNested(message.GetReflection()->GetRepeatedMessage(message, &field, i), indent + 4,
                   true, out);
    } else {
      absl::StrAppend(out, " ", ScalarOf(message, field, i, indent + 2), "\n");
    }
  }
}

void AppendMessage(const Message& message, size_t indent, std::string* out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);  // in the order of their numbers
  for (const FieldDescriptor* field : fields) {
    absl::StrAppend(out, std::string(indent, ' '), field->name(), ":");
    if (field->is_repeated()) {
      AppendRepeated(message, *field, indent, out);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AppendNested(message.GetReflection()->GetMessage(message, field), indent + 2, false, out);
    } else {
      absl::StrAppend(out, " ", ScalarOf(message, *field, -1, indent), "\n");
    }
  }
}

}  // namespace

std::string ToYaml(const Message& message) {
  std::string out;
  AppendMessage(message, 0, &out);
  return out;
}

}  // namespace tombolo::config
