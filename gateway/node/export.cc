#include "gateway/node/export.h"

#include <map>
#include <utility>
#include <vector>

#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/merkle.h"
#include "gateway/node/inspect.h"
#include "gateway/node/signed_heads.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {
namespace {

std::string Quoted64(std::string_view bytes) { return "\"" + ToBase64(bytes) + "\""; }
std::string QuotedHex(std::string_view bytes) { return "\"" + ToHex(bytes) + "\""; }

std::string LayerJson(const v1::LayerCopy& copy) {
  if (!copy.hash().empty()) return "{\"hash\":" + Quoted64(copy.hash()) + "}";
  return "{\"salt\":" + Quoted64(copy.salt()) + ",\"content\":" + Quoted64(copy.content()) + "}";
}

std::string EntryJson(const std::string& stream_hex, const store::EntryView& view) {
  if (view.form == store::Form::kEvent) {
    return "{\"type\":\"audit_event\",\"seq\":" + std::to_string(view.seq) +
           ",\"event\":" + Quoted64(view.header) + "}";
  }
  const v1::StreamEntry entry = ToStreamEntry(view);
  std::string out =
      "{\"type\":\"entry\",\"stream\":" + stream_hex + ",\"seq\":" + std::to_string(entry.seq());
  if (!entry.leaf_hash().empty())
    return out + ",\"leaf_hash\":" + Quoted64(entry.leaf_hash()) + "}";
  out += ",\"entry_type\":\"" + v1::EntryType_Name(entry.type()) +
         "\",\"header\":" + Quoted64(entry.header());
  if (entry.type() == v1::PUT) {
    out += ",\"layers\":[" + LayerJson(entry.public_layer()) + "," +
           LayerJson(entry.government_layer()) + "," + LayerJson(entry.limited_layer()) + "]";
  }
  return out + "}";
}

std::string HeadProofJson(const std::string& stream_hex, uint64_t tick,
                          const v1::HeadProof& proof) {
  std::string out = "{\"type\":\"head_proof\",\"stream\":" + stream_hex +
                    ",\"tick\":" + std::to_string(tick) + ",\"nonce\":" + Quoted64(proof.nonce()) +
                    ",\"index\":" + std::to_string(proof.index()) + ",\"path\":[";
  for (int i = 0; i < proof.path_size(); ++i) out += (i > 0 ? "," : "") + Quoted64(proof.path(i));
  return out + "]}";
}

struct Exported {
  store::StreamState state;
  SignedHead head;
};

StatusOr<std::vector<Exported>> StreamsToExport(const Context& context, const std::string& origin,
                                                std::string_view item) {
  ASSIGN_OR_RETURN(std::vector<store::StreamState> states, context.store->Streams());
  ASSIGN_OR_RETURN(const SignedHeads heads, SignedHeads::Open(context));
  std::vector<Exported> chosen;
  for (store::StreamState& state : states) {
    ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                     ledger::DecodeDescriptor(state.descriptor));
    if (descriptor.origin() != origin) continue;
    if (!item.empty() && descriptor.kind() == v1::RECORDS && descriptor.item() != item) continue;
    if (state.size == 0) continue;
    ASSIGN_OR_RETURN(SignedHead head, heads.Of(state, origin));
    if (!chosen.empty() && chosen.front().head.public_key_der != head.public_key_der) {
      return MakeError(Code::NOT_FOUND, "heads of " + origin +
                                            " are signed with two keys at this moment; export "
                                            "again when all its new heads have arrived");
    }
    chosen.push_back({std::move(state), std::move(head)});
  }
  return chosen;
}

Status ExportStream(const Context& context, const Exported& exported, ExportCounts* counts,
                    const std::function<Status(std::string_view)>& line) {
  const store::StreamState& state = exported.state;
  const v1::StreamHead& head = exported.head.proof.head();
  const std::string stream_hex = QuotedHex(state.stream_id);
  RETURN_IF_ERROR(line("{\"type\":\"stream\",\"stream_id\":" + stream_hex + ",\"descriptor\":" +
                       Quoted64(state.descriptor) + ",\"size\":" + std::to_string(head.size()) +
                       ",\"root\":" + QuotedHex(head.root()) +
                       ",\"tick\":" + std::to_string(exported.head.tick) + "}"));
  for (uint64_t seq = 1; seq <= head.size();) {
    ASSIGN_OR_RETURN(const store::EntryPage page,
                     context.store->ReadEntries(state.number, seq, limits::kPageEntriesMax));
    if (page.entries.empty()) {
      return MakeError(Code::STORE_CORRUPT, "stream " + std::to_string(state.number) + " ends at " +
                                                std::to_string(seq - 1) + " of " +
                                                std::to_string(head.size()));
    }
    for (const store::EntryView& entry : page.entries) {
      if (seq > head.size()) break;  // written meanwhile; not covered by the head exported here
      RETURN_IF_ERROR(line(EntryJson(stream_hex, entry)));
      ++counts->entries;
      ++seq;
    }
  }
  ++counts->streams;
  return absl::OkStatus();
}

// `holder`: who writes it, if that is not the origin.
std::string NodeJson(const Context& context, const std::string& origin,
                     const std::vector<Exported>& streams) {
  const bool own = origin == context.origin;
  const ledger::Suite suite = own ? context.suite : streams.front().head.suite;
  const std::string key =
      own ? context.signer->public_key_der() : streams.front().head.public_key_der;
  return "{\"type\":\"node\",\"format\":1,\"origin\":" + JsonQuote(origin) +
         ",\"suite\":" + JsonQuote(ledger::SuiteName(suite)) + ",\"public_key\":" + Quoted64(key) +
         (own ? "" : ",\"holder\":" + JsonQuote(context.origin)) + "}";
}

StatusOr<ExportCounts> ExportOf(const Context& context, const std::string& origin,
                                const std::vector<Exported>& streams,
                                const std::function<Status(std::string_view)>& line) {
  ExportCounts counts;
  RETURN_IF_ERROR(line(NodeJson(context, origin, streams)));
  std::map<uint64_t, const v1::Checkpoint*> checkpoints;  // by tick
  for (const Exported& exported : streams) {
    RETURN_IF_ERROR(ExportStream(context, exported, &counts, line));
    checkpoints[exported.head.tick] = &exported.head.checkpoint;
  }
  for (const Exported& exported : streams) {
    RETURN_IF_ERROR(line(HeadProofJson(QuotedHex(exported.state.stream_id), exported.head.tick,
                                       exported.head.proof)));
  }
  for (const auto& [tick, checkpoint] : checkpoints) {
    RETURN_IF_ERROR(line("{\"type\":\"checkpoint\",\"tick\":" + std::to_string(tick) +
                         ",\"body\":" + Quoted64(checkpoint->body()) +
                         ",\"signature\":" + Quoted64(checkpoint->signature()) + "}"));
    ++counts.checkpoints;
  }
  RETURN_IF_ERROR(line("{\"type\":\"end\",\"streams\":" + std::to_string(counts.streams) +
                       ",\"entries\":" + std::to_string(counts.entries) +
                       ",\"checkpoints\":" + std::to_string(counts.checkpoints) + "}"));
  return counts;
}

}  // namespace

StatusOr<ExportCounts> ExportStreams(const Context& context, std::string_view item,
                                     const std::function<Status(std::string_view line)>& line) {
  ASSIGN_OR_RETURN(const std::vector<Exported> streams,
                   StreamsToExport(context, context.origin, item));
  return ExportOf(context, context.origin, streams, line);
}

StatusOr<ExportCounts> ExportReceived(const Context& context, const std::string& origin,
                                      std::string_view item,
                                      const std::function<Status(std::string_view line)>& line) {
  ASSIGN_OR_RETURN(const std::vector<Exported> streams, StreamsToExport(context, origin, item));
  if (streams.empty()) {
    return MakeError(Code::NOT_FOUND, "this node holds nothing of " + origin +
                                          "; see what it holds with: tombolo records list "
                                          "--origin all");
  }
  return ExportOf(context, origin, streams, line);
}

Status AuditExport(const Context& context) {
  ASSIGN_OR_RETURN(std::unique_ptr<TickWriter> writer, TickWriter::Open(context));
  v1::AuditEvent event;
  event.set_type(v1::RECORDS_EXPORTED);
  writer->Audit(std::move(event));
  return writer->Commit();
}

namespace {

StatusOr<store::StreamState> FindStream(const Context& context,
                                        const v1::StreamDescriptor& wanted) {
  const std::string bytes = ledger::CanonicalBytes(wanted);
  ASSIGN_OR_RETURN(std::vector<store::StreamState> states, context.store->Streams());
  for (store::StreamState& state : states) {
    if (state.descriptor == bytes) return std::move(state);
  }
  return MakeError(Code::STORE_CORRUPT, "the stream of item " + wanted.item() + " is missing");
}

// Leaves of one stream in any order, read a page at a time.
class Leaves {
 public:
  Leaves(const Context& context, ledger::Suite suite, const store::StreamState& stream)
      : context_(context), stream_(stream), hasher_(suite) {}

  StatusOr<Digest> operator()(uint64_t index) {
    const uint64_t seq = index + 1;
    const auto& held = page_.entries;
    if (held.empty() || seq < held.front().seq || seq > held.back().seq) {
      ASSIGN_OR_RETURN(page_,
                       context_.store->ReadEntries(stream_.number, seq, limits::kPageEntriesMax));
      if (held.empty()) return MakeError(Code::STORE_CORRUPT, "a stream ends before its head says");
    }
    return ledger::EntryLeaf(&hasher_, stream_.stream_id,
                             ToStreamEntry(held[seq - held.front().seq]));
  }

 private:
  const Context& context_;
  const store::StreamState& stream_;
  ledger::EntryHasher hasher_;
  store::EntryPage page_;
};

void HideLayers(ledger::Suite suite, const std::array<bool, 3>& shown, v1::StreamEntry* entry) {
  if (entry->type() != v1::PUT) return;
  ledger::EntryHasher hasher(suite);
  const std::array<v1::LayerCopy*, 3> copies = {entry->mutable_public_layer(),
                                                entry->mutable_government_layer(),
                                                entry->mutable_limited_layer()};
  for (size_t i = 0; i < copies.size(); ++i) {
    if (shown[i] || copies[i]->salt().empty()) continue;
    const Digest hash = hasher.LayerHash(static_cast<v1::SharingClass>(i + 1), copies[i]->salt(),
                                         copies[i]->content());
    copies[i]->Clear();
    copies[i]->set_hash(hash.str());
  }
}

}  // namespace

StatusOr<v1::RecordProof> ProveRecord(const Context& context, const RecordId& id,
                                      const std::array<bool, 3>& layers) {
  ASSIGN_OR_RETURN(Inspector inspector, Inspector::Open(context));
  ASSIGN_OR_RETURN(const RecordView view, inspector.Show(id));
  ASSIGN_OR_RETURN(const store::StreamState stream, FindStream(context, view.stream));
  v1::RecordProof proof;
  *proof.mutable_stream() = view.stream;
  ASSIGN_OR_RETURN(const SignedHeads heads, SignedHeads::Open(context));
  ASSIGN_OR_RETURN(const SignedHead signed_head, heads.Of(stream, view.stream.origin()));
  const uint64_t size = signed_head.proof.head().size();
  if (view.seq > size) {
    return MakeError(Code::NOT_FOUND, "the head that covers this record is not stored yet");
  }
  proof.set_suite(signed_head.suite);
  *proof.mutable_head() = signed_head.proof;
  Leaves leaves(context, signed_head.suite, stream);
  ASSIGN_OR_RETURN(const ledger::Path path,
                   ledger::InclusionPath(ledger::HashOf(signed_head.suite), view.seq - 1, size,
                                         [&](uint64_t index) { return leaves(index); }));
  for (const Digest& hash : path) proof.add_inclusion_path(hash.str());
  ASSIGN_OR_RETURN(const store::EntryPage own,
                   context.store->ReadEntries(stream.number, view.seq, 1));
  *proof.mutable_entry() = ToStreamEntry(own.entries.at(0));
  HideLayers(signed_head.suite, layers, proof.mutable_entry());
  *proof.mutable_checkpoint() = signed_head.checkpoint;
  proof.set_public_key(signed_head.public_key_der);
  return proof;
}

}  // namespace tombolo::node
