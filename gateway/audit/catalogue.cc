// The catalogue of audit events and the page made from it.
#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gateway/audit/event.h"
#include "gateway/base/text.h"

namespace tombolo::audit {
namespace {

struct PartName {
  Part part;
  std::string_view name;
};
constexpr PartName kPartNames[] = {{kPack, "pack"},
                                   {kSourceDigest, "source_digest"},
                                   {kRanges, "ranges"},
                                   {kBalance, "balance"},
                                   {kCorrelationId, "correlation_id"},
                                   {kSubjectRef, "subject_ref"},
                                   {kKeyId, "key_id"},
                                   {kPeer, "peer"},
                                   {kOrigin, "origin"},
                                   {kDigest, "digest"},
                                   {kLayers, "layers"},
                                   {kDocumentVersion, "document_version"},
                                   {kGround, "rule, purpose and document_version beyond PUBLIC"}};

// What every event since the exchange has.
constexpr uint32_t kAct = kCorrelationId;

std::string RequiredParts(uint32_t required) {
  std::string out;
  for (const PartName& part : kPartNames) {
    if ((required & part.part) == 0) continue;
    absl::StrAppend(&out, out.empty() ? "" : ", ", ToAbsl(part.name));
  }
  return out.empty() ? "-" : out;
}

// Taking records in, and the operator's use of them.
constexpr EventInfo kOfRecords[] = {
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

// Trust, sessions, what goes out and comes in, witnesses, questions.
constexpr EventInfo kOfExchange[] = {
    {v1::DOCUMENT_ACTIVATED, "DOCUMENT_ACTIVATED", kAct | kDigest | kDocumentVersion,
     "A root, registry, timestamp, policy or grant holds from now on; detail says which."},
    {v1::DOCUMENT_REFUSED, "DOCUMENT_REFUSED", kAct | kDigest,
     "A document was refused; outcome has the error code."},
    {v1::KEY_ACTIVATED, "KEY_ACTIVATED", kAct | kKeyId,
     "The node signs, or presents itself, with another key."},
    {v1::CRL_ACTIVATED, "CRL_ACTIVATED", kAct | kKeyId | kDigest,
     "A revocation list of the authority key_id holds from now on."},
    {v1::SETTINGS_RELOADED, "SETTINGS_RELOADED", kAct,
     "Configuration, certificates or documents were read again."},
    {v1::NODE_SERVING, "NODE_SERVING", kAct,
     "The node began to serve, or could not; outcome says which."},
    {v1::NODE_STOPPED, "NODE_STOPPED", kAct, "The node stopped serving in order."},
    {v1::PEER_CONNECTED, "PEER_CONNECTED", kAct | kPeer, "A session with a peer began."},
    {v1::PEER_REFUSED, "PEER_REFUSED", kAct,
     "A connection or session was refused or broken off; outcome says why, count how many "
     "of one kind. peer is what the certificate claimed, if there was one."},
    {v1::PEER_DISCONNECTED, "PEER_DISCONNECTED", kAct | kPeer,
     "A session ended in order, or the line broke."},
    {v1::FEED_OPENED, "FEED_OPENED", kAct | kPeer | kRanges | kLayers | kGround | kOpenEnd,
     "From now on entries of these streams go to the peer, to last_seq or, if that is 0, "
     "without end; until_us bounds it."},
    {v1::FEED_DENIED, "FEED_DENIED", kAct | kPeer,
     "A subscription, or count streams of it, were refused."},
    {v1::RECORDS_DISCLOSED, "RECORDS_DISCLOSED", kAct | kPeer | kRanges | kLayers,
     "These entries went to the peer since the last such event."},
    {v1::FEED_CLOSED, "FEED_CLOSED", kAct | kPeer | kRanges | kLayers | kGround,
     "Nothing of these streams goes to the peer from now on; ranges has what went at most."},
    {v1::RECEIPT_ACCEPTED, "RECEIPT_ACCEPTED", kAct | kPeer | kDigest,
     "The peer signed for what it stored; digest is that of the receipt."},
    {v1::RECORDS_RECEIVED, "RECORDS_RECEIVED", kAct | kPeer | kOrigin | kRanges | kLayers,
     "Entries of another origin were verified and stored; count says how many."},
    {v1::LAYERS_WITHDRAWN, "LAYERS_WITHDRAWN", kAct | kOrigin | kRanges | kLayers,
     "Layers held of an origin were dropped; document_version is that of the document that"
     " ended them."},
    {v1::DATA_REFUSED, "DATA_REFUSED", kAct | kPeer,
     "Frames of a peer were refused and nothing of them was stored; outcome says why."},
    {v1::STREAM_ALARM, "STREAM_ALARM", kAct | kPeer | kOrigin | kDigest,
     "An origin contradicted itself; digest names the evidence that was kept."},
    {v1::AUDIT_HEAD_COUNTERSIGNED, "AUDIT_HEAD_COUNTERSIGNED", kAct | kPeer | kDigest,
     "This node signed a head of the peer's audit log; count is its size."},
    {v1::COUNTERSIGNATURE_RECEIVED, "COUNTERSIGNATURE_RECEIVED", kAct | kPeer | kDigest,
     "The peer signed a head of this log; count is its size."},
    {v1::DECISION_EXPLAINED, "DECISION_EXPLAINED", kAct,
     "The operator asked why a record is shown or not; peer is the recipient asked about, "
     "empty for the public."},
    {v1::POLICY_SHADOWED, "POLICY_SHADOWED", kAct | kDocumentVersion,
     "The operator tried a policy against the records; count says how many layers would "
     "change hands."},
    {v1::SUBJECT_VIEWED, "SUBJECT_VIEWED", kAct | kSubjectRef,
     "Records of one subject were looked at, across origins."},
};

}  // namespace

const std::vector<EventInfo>& AllEvents() {
  static const auto* const kAll = [] {
    auto* all = new std::vector<EventInfo>(std::begin(kOfRecords), std::end(kOfRecords));
    all->insert(all->end(), std::begin(kOfExchange), std::end(kOfExchange));
    return all;
  }();
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
