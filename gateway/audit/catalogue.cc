// The catalogue of audit events and the page made from it.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/audit/event.h"
#include "gateway/base/text.h"

namespace tombolo::audit {
namespace {

struct PartName {
  Part part;
  std::string_view name;
};
constexpr PartName kPartNames[] = {
    {kPack, "pack"},       {kSourceDigest, "source_digest"},   {kRanges, "ranges"},
    {kBalance, "balance"}, {kCorrelationId, "correlation_id"}, {kSubjectRef, "subject_ref"},
    {kKeyId, "key_id"}};

std::string RequiredParts(uint32_t required) {
  std::string out;
  for (const PartName& part : kPartNames) {
    if ((required & part.part) == 0) continue;
    absl::StrAppend(&out, out.empty() ? "" : ", ", ToAbsl(part.name));
  }
  return out.empty() ? "-" : out;
}

}  // namespace

const std::vector<EventInfo>& AllEvents() {
  static const auto* const kAll = new std::vector<EventInfo>{
      {v1::NODE_INITIALISED, "NODE_INITIALISED", kKeyId,
       "The node's folder was made; key_id is that of its signing key."},
      {v1::INGEST_STARTED, "INGEST_STARTED", kCorrelationId | kPack,
       "A file is about to be read with this pack."},
      {v1::INGEST_BATCH, "INGEST_BATCH", kCorrelationId | kPack | kRanges,
       "Entries were written; ranges has the streams with first and last number."},
      {v1::INGEST_FINISHED, "INGEST_FINISHED", kCorrelationId | kPack | kBalance,
       "A file was read to its end; balance says what became of its rows."},
      {v1::INGEST_FAILED, "INGEST_FAILED", kCorrelationId | kPack,
       "A file was given up; outcome has the error code."},
      {v1::SNAPSHOT_RETRACTED, "SNAPSHOT_RETRACTED", kCorrelationId | kPack,
       "Records missing from a complete snapshot were retracted; count says how many."},
      {v1::RETRACTION_REFUSED, "RETRACTION_REFUSED", kCorrelationId | kPack,
       "A snapshot would have retracted too many records; nothing was retracted."},
      {v1::QUARANTINE_REPLAYED, "QUARANTINE_REPLAYED", kPack,
       "Rows were taken from quarantine and tried again; count says how many."},
      {v1::QUARANTINE_EXPORTED, "QUARANTINE_EXPORTED", 0,
       "Rows were handed to the operator as a file; count says how many."},
      {v1::RECORDS_EXPORTED, "RECORDS_EXPORTED", 0,
       "The operator exported records or streams; count says how many entries."},
      {v1::RECORD_ERASED, "RECORD_ERASED", kRanges,
       "Content and salts of a record were erased; ranges has the tombstones, subject_ref whose "
       "record "
       "it was, where it named a subject."},
  };
  return *kAll;
}

const EventInfo* FindEvent(v1::AuditEventType type) {
  const std::vector<EventInfo>& all = AllEvents();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const EventInfo& e) { return e.type == type; });
  return at == all.end() ? nullptr : &*at;
}

std::string EventsPage() {
  std::string out =
      "# Audit events\n\n"
      "Made from `gateway/audit/catalogue.cc`; do not edit. Every event also has type, time, "
      "actor\n"
      "and outcome. The fields are those of `schemas/tombolo/v1/audit.proto`.\n\n"
      "| number | event | must have | meaning |\n|---|---|---|---|\n";
  for (const EventInfo& event : AllEvents()) {
    absl::StrAppend(&out, "| ", static_cast<int>(event.type), " | ", ToAbsl(event.name), " | ",
                    RequiredParts(event.required), " | ", ToAbsl(event.doc), " |\n");
  }
  return out;
}

}  // namespace tombolo::audit
