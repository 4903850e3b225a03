#include "gateway/node/export.h"

#include <set>
#include <utility>
#include <vector>

#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/merkle.h"
#include "gateway/node/inspect.h"
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
  v1::HeadProof proof;
};

StatusOr<std::vector<Exported>> StreamsToExport(const Context& context, std::string_view item) {
  ASSIGN_OR_RETURN(std::vector<store::StreamState> states, context.store->Streams());
  std::vector<Exported> chosen;
  for (store::StreamState& state : states) {
    ASSIGN_OR_RETURN(const v1::StreamDescriptor descriptor,
                     ledger::DecodeDescriptor(state.descriptor));
    if (descriptor.origin() != context.origin) continue;  // its origin exports it
    if (!item.empty() && descriptor.kind() == v1::RECORDS && descriptor.item() != item) continue;
    if (state.size == 0) continue;
    Exported exported{std::move(state), {}};
    if (!exported.proof.ParseFromString(exported.state.head_proof)) {
      return MakeError(Code::STORE_CORRUPT, "the head proof of a stream does not parse");
    }
    chosen.push_back(std::move(exported));
  }
  return chosen;
}

Status ExportStream(const Context& context, const Exported& exported, ExportCounts* counts,
                    const std::function<Status(std::string_view)>& line) {
  const store::StreamState& state = exported.state;
  const std::string stream_hex = QuotedHex(state.stream_id);
  RETURN_IF_ERROR(line("{\"type\":\"stream\",\"stream_id\":" + stream_hex + ",\"descriptor\":" +
                       Quoted64(state.descriptor) + ",\"size\":" + std::to_string(state.size) +
                       ",\"root\":" + QuotedHex(exported.proof.head().root()) +
                       ",\"tick\":" + std::to_string(state.tick) + "}"));
  for (uint64_t seq = 1; seq <= state.size;) {
    ASSIGN_OR_RETURN(const store::EntryPage page,
                     context.store->ReadEntries(state.number, seq, limits::kPageEntriesMax));
    if (page.entries.empty()) {
      return MakeError(Code::STORE_CORRUPT, "stream " + std::to_string(state.number) + " ends at " +
                                                std::to_string(seq - 1) + " of " +
                                                std::to_string(state.size));
    }
    for (const store::EntryView& entry : page.entries) {
      if (seq > state.size) break;  // written meanwhile; not covered by the head exported here
      RETURN_IF_ERROR(line(EntryJson(stream_hex, entry)));
      ++counts->entries;
      ++seq;
    }
  }
  ++counts->streams;
  return absl::OkStatus();
}

}  // namespace

StatusOr<ExportCounts> ExportStreams(const Context& context, std::string_view item,
                                     const std::function<Status(std::string_view line)>& line) {
  ExportCounts counts;
  ASSIGN_OR_RETURN(const std::vector<Exported> streams, StreamsToExport(context, item));
  RETURN_IF_ERROR(line("{\"type\":\"node\",\"format\":1,\"origin\":" + JsonQuote(context.origin) +
                       ",\"suite\":" + JsonQuote(ledger::SuiteName(context.suite)) +
                       ",\"public_key\":" + Quoted64(context.signer->public_key_der()) + "}"));
  std::set<uint64_t> ticks;
  for (const Exported& exported : streams) {
    RETURN_IF_ERROR(ExportStream(context, exported, &counts, line));
    ticks.insert(exported.state.tick);
  }
  for (const Exported& exported : streams) {
    RETURN_IF_ERROR(line(
        HeadProofJson(QuotedHex(exported.state.stream_id), exported.state.tick, exported.proof)));
  }
  for (const uint64_t tick : ticks) {
    ASSIGN_OR_RETURN(const store::CheckpointRow row, context.store->FindCheckpoint(tick));
    RETURN_IF_ERROR(line("{\"type\":\"checkpoint\",\"tick\":" + std::to_string(tick) +
                         ",\"body\":" + Quoted64(row.body) +
                         ",\"signature\":" + Quoted64(row.signature) + "}"));
    ++counts.checkpoints;
  }
  RETURN_IF_ERROR(line("{\"type\":\"end\",\"streams\":" + std::to_string(counts.streams) +
                       ",\"entries\":" + std::to_string(counts.entries) +
                       ",\"checkpoints\":" + std::to_string(counts.checkpoints) + "}"));
  return counts;
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
  Leaves(const Context& context, const store::StreamState& stream)
      : context_(context), stream_(stream), hasher_(context.suite) {}

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
  proof.set_suite(context.suite);
  if (!proof.mutable_head()->ParseFromString(stream.head_proof)) {
    return MakeError(Code::STORE_CORRUPT, "the head proof of a stream does not parse");
  }
  Leaves leaves(context, stream);
  ASSIGN_OR_RETURN(const ledger::Path path,
                   ledger::InclusionPath(ledger::HashOf(context.suite), view.seq - 1, stream.size,
                                         [&](uint64_t index) { return leaves(index); }));
  for (const Digest& hash : path) proof.add_inclusion_path(hash.str());
  ASSIGN_OR_RETURN(const store::EntryPage own,
                   context.store->ReadEntries(stream.number, view.seq, 1));
  *proof.mutable_entry() = ToStreamEntry(own.entries.at(0));
  HideLayers(context.suite, layers, proof.mutable_entry());
  ASSIGN_OR_RETURN(const store::CheckpointRow row, context.store->FindCheckpoint(stream.tick));
  proof.mutable_checkpoint()->set_body(row.body);
  proof.mutable_checkpoint()->set_signature(row.signature);
  proof.set_public_key(context.signer->public_key_der());
  return proof;
}

}  // namespace tombolo::node
