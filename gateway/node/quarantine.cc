#include "gateway/node/quarantine.h"

#include <algorithm>
#include <utility>

#include "gateway/base/limits.h"

namespace tombolo::node {
namespace {

constexpr size_t kRowKeyBytes = 16;

std::string NameOfPack(const std::string& pack_id) { return pack_id.substr(0, pack_id.rfind('@')); }

std::string JsonArray(absl::Span<const std::string> names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? "," : "") + JsonQuote(name);
  return out + "]";
}

std::string JsonArray(absl::Span<const std::string_view> cells) {
  if (cells.empty()) return "";
  std::string out = "[";
  for (const std::string_view cell : cells) {
    if (out.size() > 1) out += ",";
    out += cell.data() == nullptr ? "null" : JsonQuote(cell);
  }
  return out + "]";
}

void AppendPart(std::string_view part, std::string* out) {
  *out += std::to_string(part.size());
  *out += ':';
  *out += part;
}

}  // namespace

Quarantine::Quarantine(IngestRun* run, const IngestRequest& request)
    : run_(run),
      request_(request),
      pack_id_(request.pack->id()),
      pack_name_(NameOfPack(pack_id_)),
      file_(request.driving.name) {}

Status Quarantine::Load() {
  for (uint64_t after = 0;;) {
    ASSIGN_OR_RETURN(const std::vector<store::QuarantineRow> page,
                     run_->context->store->Quarantine(after, limits::kPageEntriesMax));
    if (page.empty()) return absl::OkStatus();
    for (const store::QuarantineRow& row : page) {
      after = row.id;
      if (NameOfPack(row.pack) == pack_name_ && row.file == file_) held_[row.row_key].id = row.id;
    }
  }
}

void Quarantine::Add(engine::BadRow bad) {
  const std::string query = bad.query == nullptr ? "" : bad.query->name();
  std::string identity;
  for (const std::string_view part : {std::string_view(pack_name_), std::string_view(query),
                                      bad.source, std::string_view(file_), bad.raw}) {
    AppendPart(part, &identity);
  }
  store::QuarantineRow row;
  row.row_key = run_->context->identity->ForSource(identity).substr(0, kRowKeyBytes);
  const auto [it, added] = held_.try_emplace(row.row_key);
  if (added) ++run_->summary.quarantined_anew;
  it->second.met = true;
  if (!bad.faults.empty()) {
    ++run_->summary.quarantined[std::string(NameOf(bad.faults.front().code))];
  }
  row.ingest = run_->ingest;
  row.pack = pack_id_;
  row.query = query;
  row.source = std::string(bad.source);
  row.file = file_;
  row.row_number = bad.number;
  row.line = bad.line;
  if (bad.number > 0 && bad.number <= request_.replayed_rows.size()) {
    row.row_number = request_.replayed_rows[bad.number - 1].number;
    row.line = request_.replayed_rows[bad.number - 1].line;
  }
  row.columns = JsonArray(bad.columns);
  row.raw = std::string(bad.raw);
  row.cells = JsonArray(bad.cells);
  row.faults = std::move(bad.faults);
  row.at_us = run_->context->clock->NowUs();
  run_->writer->tick().quarantine_add.push_back(std::move(row));
}

void Quarantine::ReleaseOlder() {
  for (const auto& [key, held] : held_) {
    if (held.met || held.id == 0) continue;
    const std::vector<uint64_t>& ids = request_.replayed_ids;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), held.id) == ids.end()) continue;
    run_->writer->tick().quarantine_remove.push_back(held.id);
    ++run_->summary.released;
  }
}

}  // namespace tombolo::node
