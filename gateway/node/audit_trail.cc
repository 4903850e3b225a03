#include "gateway/node/audit_trail.h"

#include <deque>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/audit/event.h"
#include "gateway/audit/feed_ledger.h"
#include "gateway/audit/log_head.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/commitment.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/tree_spans.h"
#include "gateway/node/tick_writer.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::node {
namespace {

StatusOr<store::StreamState> Log(const Context& context) {
  ASSIGN_OR_RETURN(std::vector<store::StreamState> streams, context.store->Streams());
  for (store::StreamState& stream : streams) {
    if (stream.number == kAuditStream && stream.size > 0) return std::move(stream);
  }
  return MakeError(Code::STORE_CORRUPT,
                   "this node has no audit log; restore the node from a backup");
}

// The signed head of the log as it was when `log` was read.
StatusOr<v1::RecordProof> HeadOf(const Context& context, const store::StreamState& log) {
  v1::RecordProof out;
  *out.mutable_stream() = audit::AuditDescriptor(context.origin, 1);
  out.set_suite(context.suite);
  if (!out.mutable_head()->ParseFromString(log.head_proof)) {
    return MakeError(Code::STORE_CORRUPT,
                     "the head of the audit log does not parse; restore the node from a backup");
  }
  ASSIGN_OR_RETURN(const store::CheckpointRow row, context.store->FindCheckpoint(log.tick));
  out.mutable_checkpoint()->set_body(row.body);
  out.mutable_checkpoint()->set_signature(row.signature);
  out.set_public_key(context.signer->public_key_der());
  return out;
}

// Events of the log in any order, read a page at a time.
class Events {
 public:
  Events(const Context& context, uint64_t size) : context_(context), size_(size) {}

  // Valid until the next call.
  StatusOr<std::string_view> At(uint64_t seq) {
    const auto& held = page_.entries;
    if (held.empty() || seq < held.front().seq || seq > held.back().seq) {
      ASSIGN_OR_RETURN(page_, context_.store->ReadEntries(kAuditStream, seq, PageFrom(seq)));
      if (held.empty() || held.front().seq != seq) {
        return MakeError(Code::STORE_CORRUPT, absl::StrCat("the audit log has no event ", seq,
                                                           "; restore the node from a backup"));
      }
    }
    return held[seq - held.front().seq].header;
  }

 private:
  size_t PageFrom(uint64_t seq) const {
    return static_cast<size_t>(std::min<uint64_t>(limits::kPageEntriesMax, size_ - seq + 1));
  }

  const Context& context_;
  uint64_t size_;
  store::EntryPage page_;
};

StatusOr<ledger::Verifier> OwnVerifier(const Context& context) {
  return ledger::Verifier::FromPublicKey(context.suite, context.signer->public_key_der());
}

// --- countersignatures

struct Statement {
  audit::CountersignatureBody body;
  std::string unchecked;
};

// Checks the signature under the witness's key of the registry, if it is there.
StatusOr<Statement> ReadStatement(const store::WitnessRow& row,
                                  const trust::Federation* federation) {
  v1::Countersignature signature;
  if (!signature.ParseFromString(row.countersignature)) {
    return MakeError(Code::STORE_CORRUPT, "the countersignature of " + row.witness +
                                              " does not parse; restore the node from a backup");
  }
  Statement out;
  ASSIGN_OR_RETURN(out.body, audit::DecodeCountersignature(signature.body()));
  if (out.body.witness != row.witness) {
    return MakeError(Code::SIGNATURE_INVALID, "the countersignature kept of " + row.witness +
                                                  " was made by " + out.body.witness);
  }
  const trust::MemberFacts* member =
      federation == nullptr ? nullptr : federation->Find(row.witness);
  if (member == nullptr) {
    out.unchecked = federation == nullptr ? "no federation documents in federation/"
                                          : "no member of the registry any more";
    return out;
  }
  for (const ledger::Verifier& verifier : member->verifiers) {
    if (verifier.key_id() != out.body.key_id) continue;
    RETURN_IF_ERROR(
        audit::VerifyCountersignature(signature.body(), signature.signature(), verifier).status());
    return out;
  }
  out.unchecked = "the registry has another key of it by now";
  return out;
}

// By the size that they speak of.
using Statements = std::multimap<uint64_t, Statement>;

StatusOr<Statements> OfThisLog(const Context& context, const store::StreamState& log,
                               const trust::Federation* federation) {
  ASSIGN_OR_RETURN(const std::vector<store::WitnessRow> rows, context.store->Witnesses());
  Statements out;
  for (const store::WitnessRow& row : rows) {
    if (row.node != context.origin || row.countersignature.empty()) continue;
    ASSIGN_OR_RETURN(Statement statement, ReadStatement(row, federation));
    const audit::CountersignatureBody& body = statement.body;
    if (body.node != context.origin || body.head.log_stream_id != log.stream_id) {
      return MakeError(Code::PROOF_INVALID, row.witness + " has signed a head of another log");
    }
    if (body.head.size > log.size) {
      return MakeError(
          Code::STREAM_SHRUNK,
          absl::StrCat(row.witness, " has seen ", body.head.size, " events of this log and it has ",
                       log.size, ": events were lost; restore the newest backup"));
    }
    const uint64_t size = body.head.size;
    out.emplace(size, std::move(statement));
  }
  return out;
}

// --- the walk over all events

class Walk {
 public:
  Walk(const Context& context, const store::StreamState& log, const Statements& statements)
      : hasher_(context.suite),
        range_(hasher_.hash()),
        events_(context, log.size),
        size_(log.size),
        statements_(statements) {}

  // The next event, after what it does to roots and feeds has been looked at.
  StatusOr<std::optional<std::string>> Next() {
    if (range_.size() == size_) return std::optional<std::string>();
    const uint64_t seq = range_.size() + 1;
    ASSIGN_OR_RETURN(const std::string_view bytes, events_.At(seq));
    range_.Append(hasher_.Leaf(bytes));
    RETURN_IF_ERROR(CompareRoots());
    v1::AuditEvent event;
    // What does not parse is told by whoever checks its form.
    if (event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      const Status within = feeds_.Take(event);
      if (!within.ok()) {
        return MakeError(CodeOf(within), absl::StrCat("event ", seq, ": ", within.message()));
      }
    }
    return std::optional<std::string>(bytes);
  }
  const audit::FeedLedger& feeds() const { return feeds_; }

 private:
  Status CompareRoots() const {
    const auto [first, last] = statements_.equal_range(range_.size());
    for (auto it = first; it != last; ++it) {
      if (it->second.body.head.root == range_.Root().view()) continue;
      return MakeError(Code::STREAM_FORKED,
                       absl::StrCat(it->second.body.witness, " has seen another log of ",
                                    range_.size(), " events: this one was rewritten"));
    }
    return absl::OkStatus();
  }

  ledger::EntryHasher hasher_;
  ledger::CompactRange range_;
  Events events_;
  uint64_t size_;
  const Statements& statements_;
  audit::FeedLedger feeds_;
};

Status CheckBody(const Context& context, const store::StreamState& log,
                 const ledger::CheckpointBody& body, const v1::HeadProof& proof) {
  if (body.origin != context.origin || body.tick != log.tick) {
    return MakeError(Code::PROOF_INVALID, "the checkpoint is of another node or tick");
  }
  ledger::EntryHasher hasher(context.suite);
  ASSIGN_OR_RETURN(const std::string descriptor,
                   ledger::EncodeDescriptor(audit::AuditDescriptor(context.origin, 1)));
  const bool own = hasher.StreamId(descriptor).view() == log.stream_id &&
                   proof.head().stream_id() == log.stream_id;
  if (!own) return MakeError(Code::PROOF_INVALID, "the signed head is not that of the audit log");
  return absl::OkStatus();
}

}  // namespace

StatusOr<AuditReport> VerifyAudit(const Context& context, const trust::Federation* federation) {
  ASSIGN_OR_RETURN(const store::StreamState log, Log(context));
  ASSIGN_OR_RETURN(const v1::RecordProof head, HeadOf(context, log));
  ASSIGN_OR_RETURN(const ledger::Verifier verifier, OwnVerifier(context));
  ASSIGN_OR_RETURN(const ledger::CheckpointBody body,
                   ledger::VerifyCheckpoint(head.checkpoint(), verifier));
  RETURN_IF_ERROR(CheckBody(context, log, body, head.head()));
  RETURN_IF_ERROR(ledger::VerifyHead(body, head.head()));
  ASSIGN_OR_RETURN(const Statements statements, OfThisLog(context, log, federation));
  Walk walk(context, log, statements);
  RETURN_IF_ERROR(audit::VerifyTrail(
      ledger::HashOf(context.suite), [&] { return walk.Next(); }, head.head().head()));
  AuditReport report;
  report.events = log.size;
  report.tick = body.tick;
  report.signed_at_us = body.time_us;
  report.root = head.head().head().root();
  for (const auto& [size, statement] : statements) {
    report.witnesses.push_back(
        {statement.body.witness, size, statement.body.time_us, statement.unchecked});
  }
  report.feeds_opened = walk.feeds().opened();
  report.feeds_open = walk.feeds().still_open();
  report.disclosures = walk.feeds().disclosed();
  ASSIGN_OR_RETURN(report.evidence, context.store->Evidence());
  return report;
}

Status ListEvents(const Context& context, const AuditFilter& filter,
                  const std::function<void(uint64_t seq, const v1::AuditEvent&)>& visit) {
  ASSIGN_OR_RETURN(const store::StreamState log, Log(context));
  Events events(context, log.size);
  std::deque<std::pair<uint64_t, v1::AuditEvent>> last;
  for (uint64_t seq = 1; seq <= log.size; ++seq) {
    ASSIGN_OR_RETURN(const std::string_view bytes, events.At(seq));
    ASSIGN_OR_RETURN(v1::AuditEvent event, audit::DecodeEvent(bytes));
    if (filter.type.has_value() && event.type() != *filter.type) continue;
    if (!filter.peer.empty() && event.peer() != filter.peer) continue;
    if (event.at_us() < filter.since_us) continue;
    if (filter.last == 0) {
      visit(seq, event);
      continue;
    }
    if (last.size() == filter.last) last.pop_front();
    last.emplace_back(seq, std::move(event));
  }
  for (const auto& [seq, event] : last) visit(seq, event);
  return absl::OkStatus();
}

StatusOr<v1::RecordProof> AuditHead(const Context& context) {
  ASSIGN_OR_RETURN(const store::StreamState log, Log(context));
  return HeadOf(context, log);
}

namespace {

StatusOr<ledger::Path> PathOf(const Context& context, const store::StreamState& log, uint64_t index,
                              const ledger::LeafSource& leaf) {
  ASSIGN_OR_RETURN(std::string spans, context.store->ReadSpans(kAuditStream));
  const HashKind kind = ledger::HashOf(context.suite);
  ASSIGN_OR_RETURN(const ledger::CompactRange range,
                   ledger::CompactRange::Parse(kind, log.compact_range));
  // What others have added since is left out; what was written without spans has fewer.
  const size_t wanted = log.size / limits::kTreeSpan * DigestBytes(kind);
  if (spans.size() < wanted) return ledger::InclusionPath(kind, index, log.size, leaf);
  spans.resize(wanted);
  ASSIGN_OR_RETURN(const ledger::TreeSpans tree, ledger::TreeSpans::Make(range, spans));
  return tree.Inclusion(index, leaf);
}

}  // namespace

StatusOr<v1::EventProof> ProveEvent(const Context& context, uint64_t seq) {
  ASSIGN_OR_RETURN(const store::StreamState log, Log(context));
  if (seq == 0 || seq > log.size) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("the audit log has the events 1 to ", log.size,
                                                   ", no event ", seq));
  }
  v1::EventProof out;
  ASSIGN_OR_RETURN(*out.mutable_proof(), HeadOf(context, log));
  Events events(context, log.size);
  ledger::EntryHasher hasher(context.suite);
  ASSIGN_OR_RETURN(const std::string_view bytes, events.At(seq));
  out.set_event(std::string(bytes));
  v1::StreamEntry* entry = out.mutable_proof()->mutable_entry();
  entry->set_seq(seq);
  entry->set_leaf_hash(hasher.Leaf(bytes).str());
  const auto leaf = [&](uint64_t index) -> StatusOr<Digest> {
    ASSIGN_OR_RETURN(const std::string_view event, events.At(index + 1));
    return hasher.Leaf(event);
  };
  ASSIGN_OR_RETURN(const ledger::Path path, PathOf(context, log, seq - 1, leaf));
  for (const Digest& hash : path) out.mutable_proof()->add_inclusion_path(hash.str());
  return out;
}

}  // namespace tombolo::node
