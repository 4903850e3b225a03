#include "gateway/node/inspect.h"

#include <utility>

#include "gateway/ledger/entry.h"
#include "gateway/record/canonical.h"

namespace tombolo::node {
namespace {

bool FieldContains(const v1::Field& field, const std::string& text) {
  const auto has = [&](const std::string& value) { return value.find(text) != std::string::npos; };
  if (has(field.text()) || has(field.identifier().value()) || has(field.code().code()) ||
      has(field.code().label())) {
    return true;
  }
  for (const std::string& item : field.texts().items()) {
    if (has(item)) return true;
  }
  return false;
}

bool Contains(const RecordView& view, const std::string& text) {
  for (const v1::Layer& layer : view.layers) {
    for (const v1::Field& field : layer.fields()) {
      if (FieldContains(field, text)) return true;
    }
  }
  return false;
}

}  // namespace

v1::StreamEntry ToStreamEntry(const store::EntryView& entry) {
  v1::StreamEntry out;
  out.set_seq(entry.seq);
  if (entry.form == store::Form::kErased) {
    out.set_leaf_hash(std::string(entry.leaf_hash));
    return out;
  }
  out.set_type(entry.type);
  out.set_header(std::string(entry.header));
  if (entry.type != v1::PUT) return out;
  const std::array<v1::LayerCopy*, 3> copies = {
      out.mutable_public_layer(), out.mutable_government_layer(), out.mutable_limited_layer()};
  for (size_t i = 0; i < copies.size(); ++i) {
    if (store::Has(store::ShownLayers(entry), i)) {
      copies[i]->set_salt(std::string(entry.salts[i]));
      copies[i]->set_content(std::string(entry.layers[i]));
    } else {
      copies[i]->set_hash(std::string(entry.layer_hashes[i]));
    }
  }
  return out;
}

StatusOr<Inspector> Inspector::Open(const Context& context) {
  Inspector inspector(context);
  ASSIGN_OR_RETURN(const std::vector<store::StreamState> streams, context.store->Streams());
  for (const store::StreamState& stream : streams) {
    ASSIGN_OR_RETURN(v1::StreamDescriptor descriptor, ledger::DecodeDescriptor(stream.descriptor));
    inspector.descriptors_[stream.number] = std::move(descriptor);
  }
  ASSIGN_OR_RETURN(const std::vector<store::IngestRow> ingests, context.store->Ingests());
  for (const store::IngestRow& row : ingests) inspector.ingests_[row.number] = row;
  ASSIGN_OR_RETURN(const std::vector<store::Delivery> deliveries, context.store->Deliveries());
  for (const store::Delivery& row : deliveries) inspector.deliveries_[row.number] = row;
  return inspector;
}

bool Inspector::IsReceived(uint32_t stream) const {
  const auto it = descriptors_.find(stream);
  return it != descriptors_.end() && it->second.origin() != context_->origin;
}

StatusOr<store::RecordState> Inspector::StateOf(const RecordId& id) {
  std::vector<std::optional<store::RecordState>> states;
  RETURN_IF_ERROR(context_->store->FindRecords({id}, &states));
  if (states.empty() || !states[0].has_value()) {
    return MakeError(Code::NOT_FOUND, "no record " + id.hex() +
                                          " in this node; tombolo records list shows what it has");
  }
  return *states[0];
}

StatusOr<RecordView> Inspector::At(const store::RecordState& state, uint32_t stream, uint64_t seq,
                                   std::pair<uint32_t, uint64_t>* previous) {
  ASSIGN_OR_RETURN(const store::EntryPage page, context_->store->ReadEntries(stream, seq, 1));
  if (page.entries.empty() || page.entries[0].seq != seq) {
    return MakeError(Code::STORE_CORRUPT, "entry " + std::to_string(seq) + " of stream " +
                                              std::to_string(stream) + " is missing");
  }
  const store::EntryView& entry = page.entries[0];
  RecordView view;
  view.id = state.id;
  view.stream = descriptors_[stream];
  view.seq = seq;
  view.version = state.version;
  view.type = entry.type;
  view.form = entry.form;
  view.present = state.present && stream == state.stream && seq == state.seq;
  view.received = IsReceived(stream);
  if (const auto it = deliveries_.find(entry.ingest); view.received && it != deliveries_.end()) {
    view.delivery = it->second;
  }
  if (const auto it = ingests_.find(entry.ingest); !view.received && it != ingests_.end()) {
    view.ingest = it->second;
  }
  if (previous != nullptr) *previous = {entry.previous_stream, entry.previous_seq};
  if (entry.form == store::Form::kErased) return view;
  if (entry.type == v1::RETRACT) {
    ASSIGN_OR_RETURN(const v1::RetractHeader header, ledger::DecodeRetract(entry.header));
    view.version = header.version();
    view.recorded_at_us = header.recorded_at_us();
    return view;
  }
  RETURN_IF_ERROR(FillPut(entry, &view));
  return view;
}

Status Inspector::FillPut(const store::EntryView& entry, RecordView* view) const {
  ASSIGN_OR_RETURN(view->header, record::DecodeHeader(entry.header));
  view->version = view->header.version();
  view->recorded_at_us = view->header.recorded_at_us();
  view->shown = store::ShownLayers(entry);
  for (size_t i = 0; i < view->layers.size(); ++i) {
    if (!store::Has(view->shown, i)) continue;
    ASSIGN_OR_RETURN(view->layers[i], record::DecodeLayer(entry.layers[i]));
  }
  return absl::OkStatus();
}

StatusOr<RecordView> Inspector::Show(const RecordId& id) {
  ASSIGN_OR_RETURN(const store::RecordState state, StateOf(id));
  return At(state, state.stream, state.seq, nullptr);
}

StatusOr<std::vector<RecordView>> Inspector::History(const RecordId& id) {
  ASSIGN_OR_RETURN(const store::RecordState state, StateOf(id));
  std::vector<RecordView> versions;
  std::pair<uint32_t, uint64_t> at(state.stream, state.seq);
  while (at.first != 0) {
    std::pair<uint32_t, uint64_t> previous;
    ASSIGN_OR_RETURN(RecordView view, At(state, at.first, at.second, &previous));
    if (!versions.empty() && view.form == store::Form::kErased) {
      // Its header is gone. Own versions have no gaps; of received ones it is the least that may
      // be.
      view.version = versions.back().version - 1;
    }
    versions.push_back(std::move(view));
    if (versions.size() > state.version) {
      return MakeError(Code::STORE_CORRUPT,
                       "the history of record " + id.hex() + " runs in a circle");
    }
    at = previous;
  }
  return versions;
}

Status Inspector::List(const RecordFilter& filter,
                       const std::function<bool(const RecordView&)>& visit) {
  Status status;
  size_t shown = 0;
  const std::string& origin = filter.origin.empty() ? context_->origin : filter.origin;
  const auto consider = [&](const store::RecordState& state) {
    if (!state.present && !filter.gone) return true;
    const v1::StreamDescriptor& stream = descriptors_[state.stream];
    if (filter.origin != "*" && stream.origin() != origin) return true;
    if (!filter.item.empty() && stream.item() != filter.item) return true;
    if (filter.sharing_class.has_value() && stream.sharing_class() != *filter.sharing_class) {
      return true;
    }
    StatusOr<RecordView> view = At(state, state.stream, state.seq, nullptr);
    if (!view.ok()) {
      status = view.status();
      return false;
    }
    if (filter.state.has_value() && view->header.state() != *filter.state) return true;
    if (!filter.contains.empty() && !Contains(*view, filter.contains)) return true;
    return visit(*view) && ++shown < filter.records_max;
  };
  if (filter.records_max == 0) return status;
  if (filter.subject.has_value()) {
    ASSIGN_OR_RETURN(const std::vector<store::RecordState> states,
                     context_->store->FindBySubject(*filter.subject));
    for (const store::RecordState& state : states) {
      if (!consider(state)) break;
    }
    return status;
  }
  RETURN_IF_ERROR(context_->store->ScanRecords(consider));
  return status;
}

StatusOr<std::vector<RecordId>> Inspector::FindByPrefix(std::string_view hex, size_t records_max) {
  std::vector<RecordId> found;
  RETURN_IF_ERROR(context_->store->ScanRecords([&](const store::RecordState& state) {
    if (state.id.hex().starts_with(hex)) found.push_back(state.id);
    return found.size() < records_max;
  }));
  return found;
}

}  // namespace tombolo::node
