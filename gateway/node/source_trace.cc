#include "gateway/node/source_trace.h"

#include "gateway/base/hash.h"
#include "gateway/store/entry_codec.h"

namespace tombolo::node {
namespace {

using store::AppendVarint;
using store::TakeVarint64;

constexpr size_t kCheckBytes = 8;
constexpr size_t kConditionsBytes = 32;

// The body behind a check over it: what a failing disk changes must not pass for knowledge.
std::string Seal(std::string_view body) {
  const Digest check = Hasher(HashKind::kSha256).Hash({body});
  return std::string(check.view().substr(0, kCheckBytes)).append(body);
}

std::optional<std::string_view> Unseal(std::string_view bytes) {
  if (bytes.size() < kCheckBytes) return std::nullopt;
  const std::string_view body = bytes.substr(kCheckBytes);
  const Digest check = Hasher(HashKind::kSha256).Hash({body});
  if (check.view().substr(0, kCheckBytes) != bytes.substr(0, kCheckBytes)) return std::nullopt;
  return body;
}

// Days before 1970 are large numbers here.
uint32_t DayBits(int32_t day) { return static_cast<uint32_t>(day); }

bool TakeBytes(std::string_view* in, size_t size, std::string_view* out) {
  if (in->size() < size) return false;
  *out = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

template <typename Number>
bool Take(std::string_view* in, Number* out) {
  uint64_t value = 0;
  if (!TakeVarint64(in, &value)) return false;
  *out = static_cast<Number>(value);
  return static_cast<uint64_t>(*out) == value;
}

bool TakeEntry(std::string_view* in, TraceEntry* entry) {
  std::string_view print;
  uint64_t day = 0;  // plus one; 0 = none
  if (!TakeBytes(in, OutputPrint::kBytes, &print) || !Take(in, &entry->stream) ||
      !Take(in, &entry->seq) || !Take(in, &entry->scope) || !Take(in, &day) ||
      day > uint64_t{UINT32_MAX} + 1 || !Take(in, &entry->warnings_count) ||
      entry->warnings_count > TraceEntry::kWarningsMax) {
    return false;
  }
  entry->print = OutputPrint::From(print);
  if (day > 0) entry->holds_through = static_cast<int32_t>(day - 1);
  for (size_t i = 0; i < entry->warnings_count; ++i) {
    int code = 0;
    if (!Take(in, &code)) return false;
    entry->warnings[i] = static_cast<Code>(code);
  }
  return true;
}

void AppendPlaces(const std::vector<std::pair<uint32_t, uint64_t>>& places, std::string* out) {
  AppendVarint(places.size(), out);
  for (const auto& [stream, number] : places) {
    AppendVarint(stream, out);
    AppendVarint(number, out);
  }
}

bool TakePlaces(std::string_view* in, std::vector<std::pair<uint32_t, uint64_t>>* places) {
  uint64_t count = 0;
  if (!Take(in, &count) || count > in->size()) return false;
  places->resize(count);
  for (auto& [stream, number] : *places) {
    if (!Take(in, &stream) || !Take(in, &number)) return false;
  }
  return true;
}

}  // namespace

std::string EncodeTracePart(absl::Span<const TraceEntry> entries) {
  std::string body;
  for (const TraceEntry& entry : entries) {
    body.append(entry.print.view());
    AppendVarint(entry.stream, &body);
    AppendVarint(entry.seq, &body);
    AppendVarint(entry.scope, &body);
    AppendVarint(entry.holds_through ? uint64_t{DayBits(*entry.holds_through)} + 1 : 0, &body);
    AppendVarint(entry.warnings_count, &body);
    for (size_t i = 0; i < entry.warnings_count; ++i) {
      AppendVarint(static_cast<uint64_t>(entry.warnings[i]), &body);
    }
  }
  return Seal(body);
}

std::optional<std::vector<TraceEntry>> DecodeTracePart(std::string_view bytes) {
  std::optional<std::string_view> body = Unseal(bytes);
  if (!body.has_value()) return std::nullopt;
  std::vector<TraceEntry> entries;
  while (!body->empty()) {
    if (!TakeEntry(&*body, &entries.emplace_back())) return std::nullopt;
  }
  return entries;
}

std::string EncodeTraceHeading(const TraceHeading& heading) {
  std::string body = heading.conditions;
  body.resize(kConditionsBytes, '\0');
  AppendVarint(DayBits(heading.validated_on), &body);
  AppendVarint(heading.parts, &body);
  AppendPlaces(heading.streams, &body);
  AppendPlaces(heading.outdated, &body);
  return Seal(body);
}

std::optional<TraceHeading> DecodeTraceHeading(std::string_view bytes) {
  std::optional<std::string_view> body = Unseal(bytes);
  TraceHeading heading;
  std::string_view conditions;
  uint32_t day = 0;
  if (!body.has_value() || !TakeBytes(&*body, kConditionsBytes, &conditions) ||
      !Take(&*body, &day) || !Take(&*body, &heading.parts) ||
      !TakePlaces(&*body, &heading.streams) || !TakePlaces(&*body, &heading.outdated) ||
      !body->empty()) {
    return std::nullopt;
  }
  heading.conditions = std::string(conditions);
  heading.validated_on = static_cast<int32_t>(day);
  return heading;
}

}  // namespace tombolo::node
