#include "gateway/node/known_rows.h"

#include <algorithm>
#include <utility>

#include "gateway/base/hash.h"

namespace tombolo::node {
namespace {

constexpr size_t kTraceNumberBytes = 8;

// A complete snapshot follows the one before it under whatever name; other files follow themselves.
std::string TraceName(const IngestRequest& request) {
  bool snapshot = false;
  for (const v1::RecordQuery& query : request.pack->declared().records()) {
    snapshot |= query.source() == request.driving.source && query.complete_snapshot();
  }
  std::string name = "trace";
  for (const std::string& part :
       {request.pack->declared().name(), request.driving.source,
        snapshot && !request.delta ? std::string() : request.driving.name}) {
    name.push_back('\0');
    name.append(part);
  }
  return name;
}

uint64_t NumberOf(std::string_view digest) {
  uint64_t number = 0;
  for (const char c : digest.substr(0, kTraceNumberBytes)) {
    number = number << 8 | static_cast<unsigned char>(c);
  }
  return number;
}

}  // namespace

Status KnownRows::Open(const Context& context, const IngestRequest& request, TickWriter* writer,
                       int32_t today) {
  context_ = &context;
  writer_ = writer;
  today_ = today;
  active_ = !context.program.empty() && request.replayed_rows.empty();
  if (!active_) return absl::OkStatus();
  const std::string name = TraceName(request);
  trace_ = NumberOf(context.identity->ForSource(name));
  Hasher hasher(HashKind::kSha256);
  for (const std::string_view part :
       {std::string_view(name), std::string_view(context.program), request.pack->digest()}) {
    hasher.UpdateU32(static_cast<uint32_t>(part.size()));
    hasher.Update(part);
  }
  conditions_ = hasher.Finish().str();
  ASSIGN_OR_RETURN(const std::string bytes, context.store->ReadTrace(trace_, kTraceHeading));
  std::optional<TraceHeading> heading = DecodeTraceHeading(bytes);
  if (heading.has_value() && Usable(*heading)) {
    reading_ = true;
    old_ = std::move(*heading);
    for (const auto& [stream, seq] : old_.outdated) outdated_.Mark(stream, seq);
  } else {
    writer->tick().trace_remove.push_back(trace_);
    changed_ = true;
  }
  return absl::OkStatus();
}

bool KnownRows::Usable(const TraceHeading& heading) const {
  if (heading.conditions != conditions_ || heading.validated_on > today_) return false;
  return std::all_of(heading.streams.begin(), heading.streams.end(), [this](const auto& stream) {
    return writer_->SizeOf(stream.first) == stream.second;
  });
}

Status KnownRows::FillWindow() {
  while (parts_read_ < old_.parts && first_ + window_.size() - next_ < kWindowEntries) {
    ASSIGN_OR_RETURN(const std::string bytes, context_->store->ReadTrace(trace_, ++parts_read_));
    const std::optional<std::vector<TraceEntry>> part = DecodeTracePart(bytes);
    if (!part.has_value()) {
      parts_read_ = old_.parts;
      break;
    }
    if (searching_) {
      for (size_t i = 0; i < part->size(); ++i) {
        places_.try_emplace((*part)[i].print, first_ + window_.size() + i);
      }
    }
    window_.insert(window_.end(), part->begin(), part->end());
  }
  return absl::OkStatus();
}

// Rows may come a little later than last time: one part behind the expected one stays.
void KnownRows::ForgetBehind() {
  if (next_ - first_ < 2 * kPartEntries) return;
  const auto end = window_.begin() + kPartEntries;
  if (searching_) {
    for (auto entry = window_.begin(); entry != end; ++entry) places_.erase(entry->print);
  }
  window_.erase(window_.begin(), end);
  first_ += kPartEntries;
}

const TraceEntry* KnownRows::Search() {
  if (!searching_) {
    searching_ = true;
    for (size_t i = 0; i < window_.size(); ++i) {
      places_.try_emplace(window_[i].print, first_ + i);
    }
  }
  const auto found = places_.find(print_);
  if (found == places_.end()) return nullptr;
  next_ = std::max(next_, found->second + 1);
  return &window_[found->second - first_];
}

StatusOr<const TraceEntry*> KnownRows::Find(std::string_view output) {
  print_ = context_->identity->ForOutput(output);
  if (!reading_) return nullptr;
  ForgetBehind();
  RETURN_IF_ERROR(FillWindow());
  const TraceEntry* entry = nullptr;
  if (next_ < first_ + window_.size() && window_[next_ - first_].print == print_) {
    entry = &window_[next_ - first_];
    ++next_;
  } else {
    entry = Search();
  }
  if (entry == nullptr || outdated_.Has(entry->stream, entry->seq)) return nullptr;
  return entry->holds_through.value_or(today_) >= today_ ? entry : nullptr;
}

void KnownRows::Keep(const TraceEntry& entry) { slots_.push_back(entry); }

size_t KnownRows::Reserve(uint32_t scope, const record::Verdict& verdict) {
  if (!active_ || verdict.warnings.size() > TraceEntry::kWarningsMax) return kNoSlot;
  TraceEntry& entry = slots_.emplace_back();
  entry.print = print_;
  entry.scope = scope;
  entry.holds_through = verdict.holds_through;
  for (const Fault& warning : verdict.warnings) {
    entry.warnings[entry.warnings_count++] = warning.code;
  }
  return slots_.size() - 1;
}

void KnownRows::List(size_t slot, EntryAt at) {
  if (slot == kNoSlot) return;
  slots_[slot].stream = at.stream;
  slots_[slot].seq = at.seq;
}

void KnownRows::Outdate(EntryAt at) {
  if (!active_ || at.seq == 0) return;
  outdated_.Mark(at.stream, at.seq);
  if (listed_.Has(at.stream, at.seq)) listed_outdated_.emplace_back(at.stream, at.seq);
}

// No heading, no trust, until Finish writes one.
void KnownRows::DropHeading() {
  if (changed_) return;
  changed_ = true;
  writer_->tick().trace_parts.push_back({trace_, kTraceHeading, ""});
}

void KnownRows::Put(uint32_t part, std::string bytes) {
  DropHeading();  // from here on the parts are of two readings
  writer_->tick().trace_parts.push_back({trace_, part, std::move(bytes)});
}

Status KnownRows::ClosePart() {
  std::string bytes = EncodeTracePart(part_);
  part_.clear();
  ++parts_;
  if (reading_) {
    ASSIGN_OR_RETURN(const std::string stored, context_->store->ReadTrace(trace_, parts_));
    if (stored == bytes) return absl::OkStatus();
  }
  Put(parts_, std::move(bytes));
  return absl::OkStatus();
}

Status KnownRows::RemoveTouched() {
  if (touched_.empty()) return absl::OkStatus();
  DropHeading();
  ASSIGN_OR_RETURN(const std::vector<uint64_t> traces, TracesOf(context_->store, touched_));
  for (const uint64_t trace : traces) {
    if (trace != trace_) writer_->tick().trace_remove.push_back(trace);
  }
  touched_.clear();
  return absl::OkStatus();
}

Status KnownRows::Emit() {
  RETURN_IF_ERROR(RemoveTouched());
  for (TraceEntry& entry : slots_) {
    if (entry.seq == 0 || outdated_.Has(entry.stream, entry.seq)) continue;
    listed_.Mark(entry.stream, entry.seq);
    streams_.insert(entry.stream);
    part_.push_back(entry);
    if (part_.size() == kPartEntries) RETURN_IF_ERROR(ClosePart());
  }
  slots_.clear();
  return absl::OkStatus();
}

Status KnownRows::Finish() {
  if (!active_) return absl::OkStatus();
  RETURN_IF_ERROR(Emit());
  if (!part_.empty()) RETURN_IF_ERROR(ClosePart());
  store::Tick& tick = writer_->tick();
  for (uint32_t part = parts_ + 1; reading_ && part <= old_.parts; ++part) Put(part, "");
  TraceHeading heading{conditions_, today_, parts_, {}, std::move(listed_outdated_)};
  for (const uint32_t stream : streams_) {
    heading.streams.emplace_back(stream, writer_->SizeOf(stream));
  }
  // The day alone is no reason to write: an earlier one serves as well.
  if (reading_) heading.validated_on = old_.validated_on;
  if (heading.outdated.size() > kOutdatedMax) return absl::OkStatus();
  if (changed_ || heading != old_) {
    heading.validated_on = today_;
    tick.trace_parts.push_back({trace_, kTraceHeading, EncodeTraceHeading(heading)});
  }
  return absl::OkStatus();
}

StatusOr<std::vector<uint64_t>> TracesOf(store::Store* store, const std::set<uint32_t>& streams) {
  std::vector<uint64_t> found;
  ASSIGN_OR_RETURN(const std::vector<uint64_t> traces, store->Traces());
  for (const uint64_t trace : traces) {
    ASSIGN_OR_RETURN(const std::string bytes, store->ReadTrace(trace, kTraceHeading));
    const std::optional<TraceHeading> heading = DecodeTraceHeading(bytes);
    const bool concerned =
        !heading.has_value() ||
        std::any_of(heading->streams.begin(), heading->streams.end(),
                    [&streams](const auto& stream) { return streams.contains(stream.first); });
    if (concerned) found.push_back(trace);
  }
  return found;
}

}  // namespace tombolo::node
