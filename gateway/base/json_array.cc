#include "gateway/base/json_array.h"

namespace tombolo {
namespace {

constexpr std::string_view kNull = "null";

bool TakeEscape(std::string_view* s, std::string* out) {
  if (s->empty()) return false;
  const char c = s->front();
  s->remove_prefix(1);
  if (c == '"' || c == '\\') {
    out->push_back(c);
    return true;
  }
  if (c == 'n') {
    out->push_back('\n');
    return true;
  }
  if (c != 'u' || s->size() < 4 || !s->starts_with("00")) return false;  // control characters only
  int value = 0;
  for (int i = 2; i < 4; ++i) {
    const char d = (*s)[i];
    const int digit = d >= '0' && d <= '9' ? d - '0' : d >= 'a' && d <= 'f' ? d - 'a' + 10 : -1;
    if (digit < 0) return false;
    value = value * 16 + digit;
  }
  s->remove_prefix(4);
  out->push_back(static_cast<char>(value));
  return true;
}

std::optional<std::string> TakeText(std::string_view* s) {
  std::string out;
  s->remove_prefix(1);
  while (!s->empty() && s->front() != '"') {
    const char c = s->front();
    s->remove_prefix(1);
    if (c != '\\') {
      out.push_back(c);
    } else if (!TakeEscape(s, &out)) {
      return std::nullopt;
    }
  }
  if (s->empty()) return std::nullopt;
  s->remove_prefix(1);
  return out;
}

}  // namespace

std::optional<std::vector<std::optional<std::string>>> ParseJsonArray(std::string_view json) {
  std::vector<std::optional<std::string>> out;
  if (json == "[]") return out;
  if (!json.starts_with('[') || !json.ends_with(']')) return std::nullopt;
  json = json.substr(1);
  for (;;) {
    if (json.starts_with(kNull)) {
      json.remove_prefix(kNull.size());
      out.emplace_back();
    } else if (json.starts_with('"')) {
      std::optional<std::string> text = TakeText(&json);
      if (!text.has_value()) return std::nullopt;
      out.push_back(std::move(text));
    } else {
      return std::nullopt;
    }
    if (json == "]") return out;
    if (!json.starts_with(',')) return std::nullopt;
    json.remove_prefix(1);
  }
}

}  // namespace tombolo
