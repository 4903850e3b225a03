#include "adapters/engine/poison.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr char kPartEnd = '\x1f';
constexpr char kPoisonEnd = '\x1e';

void AppendPart(std::string_view part, std::string* out) {
  const std::string_view cut = Utf8Prefix(part, limits::kFaultValueBytesMax);
  for (const char c : cut) {
    // Separators and marks inside a part would make two poisons of one.
    const bool own = c == kPartEnd || c == kPoisonEnd || c == kPoisonLead || c == kPoisonMark[1];
    out->push_back(own ? '?' : c);
  }
}

}  // namespace

std::string MakePoison(Code code, std::string_view value, std::string_view reason) {
  std::string out(kPoisonMark);
  out.append(NameOf(code));
  out.push_back(kPartEnd);
  AppendPart(value, &out);
  out.push_back(kPartEnd);
  AppendPart(reason, &out);
  out.push_back(kPoisonEnd);
  return out;
}

Fault FaultOfPoison(std::string_view text) {
  text.remove_prefix(FindPoison(text) + kPoisonMark.size());
  text = text.substr(0, text.find(kPoisonEnd));
  std::vector<std::string_view> parts;
  while (parts.size() < 2 && text.find(kPartEnd) != std::string_view::npos) {
    const size_t end = text.find(kPartEnd);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  Fault fault;
  // A builtin may have changed the case of the letters.
  const std::string name = absl::AsciiStrToUpper(ToAbsl(parts[0]));
  fault.code = CodeFromName(name).value_or(Code::FIELD_TYPE);
  if (parts.size() > 1) fault.value = std::string(Utf8Prefix(parts[1], parts[1].size()));
  fault.reason = parts.size() > 2 && !parts[2].empty()
                     ? std::string(parts[2])
                     : "a function could not make this value, and its text was cut by another one";
  return fault;
}

}  // namespace tombolo::engine
