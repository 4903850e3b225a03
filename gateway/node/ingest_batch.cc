#include "gateway/node/ingest_batch.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/store/key_order.h"

namespace tombolo::node {
namespace {

bool Same(const v1::RecordQuery& query, v1::OnDuplicate policy) {
  return query.on_duplicate() == policy;
}

}  // namespace

Status IngestBatch::Add(const v1::RecordQuery& query, const record::Draft& draft, uint32_t scope,
                        std::string_view key, const record::Verdict& verdict,
                        absl::Span<const uint64_t> rows) {
  record::Identity& identity = *run_->context->identity;
  const record::ItemSpec& item = *draft.item;
  RETURN_IF_ERROR(record::EncodeLayers(draft, &layers_));
  Pending p;
  p.query = &query;
  p.item = &item;
  p.target = TargetOf(item);
  p.id = identity.ForRecord(item.identity_scope, draft.natural_key);
  if (item.subject_id >= 0) {
    const auto* subject = std::get_if<record::IdentifierValue>(&draft.values[item.subject_id]);
    if (subject != nullptr) p.subject = identity.ForSubject(subject->scheme, subject->value);
  }
  scratch_.clear();
  record::AppendContentForDigest(draft.header, item, layers_, &scratch_);
  p.digest = identity.ForContent(p.id, scratch_);
  p.scope = scope;
  p.header = draft.header;
  for (size_t i = 0; i < record::kLayers; ++i) {
    p.layers_at[i] = arena_.size();
    arena_ += layers_[i];
  }
  p.layers_at[record::kLayers] = arena_.size();
  p.rows_at = row_numbers_.size();
  p.rows_count = rows.size();
  row_numbers_.insert(row_numbers_.end(), rows.begin(), rows.end());
  p.slot = run_->known.Reserve(scope, verdict);
  if (run_->known.reading()) keys_.insert(absl::HashOf(key));
  pending_.push_back(std::move(p));
  return absl::OkStatus();
}

bool IngestBatch::TakeKnown(const TraceEntry& entry, std::string_view key,
                            absl::Span<const uint64_t> rows) {
  if (run_->seen.Has(entry.stream, entry.seq)) return false;
  if (!keys_.empty() && keys_.contains(absl::HashOf(key))) return false;
  if (counts_.size() <= entry.stream) counts_.resize(entry.stream + 1);
  ItemCounts*& counts = counts_[entry.stream];
  if (counts == nullptr) {
    counts = &run_->summary.items[std::string(run_->writer->ItemOf(entry.stream))];
  }
  ++counts->unchanged;
  ++run_->summary.rows_known;
  run_->rows.Record(rows, RowLedger::kUnchanged);
  run_->seen.Mark(entry.stream, entry.seq);
  run_->known.Keep(entry);
  return true;
}

const IngestBatch::Target* IngestBatch::TargetOf(const record::ItemSpec& item) {
  Target& target = targets_[&item];
  if (target.counts == nullptr) {
    target.stream = run_->writer->StreamFor(item.code, item.sharing_class);
    target.counts = &run_->summary.items[item.code];
  }
  return &target;
}

bool IngestBatch::full() const {
  // Half a tick's entries, because a change of class makes two of one draft.
  return pending_.size() >= limits::kTickEntriesMax / 2 ||
         arena_.size() >= limits::kTickBytesMax / 2 ||
         run_->known.slots() >= limits::kTickEntriesMax;
}

Status IngestBatch::Lookup(std::vector<size_t>* order, std::vector<RecordId>* ids, States* states) {
  // Sorted by the first bytes of the ids, which lie close together; whole ids only part ties.
  std::vector<std::pair<uint64_t, uint32_t>> keys;
  keys.reserve(pending_.size());
  for (size_t i = 0; i < pending_.size(); ++i) {
    keys.emplace_back(store::KeyPrefix(pending_[i].id.bytes.data()), static_cast<uint32_t>(i));
  }
  std::sort(keys.begin(), keys.end(), [this](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return std::tie(pending_[a.second].id, a.second) < std::tie(pending_[b.second].id, b.second);
  });
  order->reserve(keys.size());
  for (const auto& key : keys) order->push_back(key.second);
  for (const size_t i : *order) {
    if (ids->empty() || ids->back() != pending_[i].id) ids->push_back(pending_[i].id);
  }
  return run_->context->store->FindRecords(*ids, states);
}

Status IngestBatch::Settle() {
  std::vector<size_t> order;
  std::vector<RecordId> ids;
  States states;
  RETURN_IF_ERROR(Lookup(&order, &ids, &states));
  size_t begin = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    size_t end = begin;
    while (end < order.size() && pending_[order[end]].id == ids[i]) ++end;
    const absl::Span<const size_t> group = absl::MakeConstSpan(order).subspan(begin, end - begin);
    if (states[i].has_value() && states[i]->multi && states[i]->present) {
      KeepBack(group);
    } else {
      SettleRecord(states[i], group);
    }
    begin = end;
  }
  RETURN_IF_ERROR(Write());
  Clear();
  return absl::OkStatus();
}

void IngestBatch::SettleRecord(const std::optional<store::RecordState>& state,
                               absl::Span<const size_t> group) {
  const bool stored = state.has_value() && state->present;
  bool seen = stored && run_->seen.Has(state->stream, state->seq);
  int plan = -1;         // the last one made here
  bool at_state = true;  // what holds now is the stored version, not a plan
  for (const size_t index : group) {
    const Pending& p = pending_[index];
    const bool known = at_state ? stored : true;
    const ContentDigest* digest = !known     ? nullptr
                                  : at_state ? &state->digest
                                             : &pending_[plans_[plan].pending].digest;
    const bool moved = at_state && stored && state->stream != p.target->stream;
    if (digest != nullptr && *digest == p.digest && !moved) {
      if (seen) {
        run_->rows.Each(RowsOf(p), RowLedger::kMerged);
      } else {
        Unchanged(*state, p);
      }
    } else if (!seen) {
      PlanVersion(state, index, -1, false);
      plan = static_cast<int>(plans_.size()) - 1;
      at_state = false;
    } else if (Same(*p.query, v1::DUPLICATE_NEW_VERSION)) {
      if (plan >= 0) plans_[plan].last = false;
      PlanVersion(state, index, plan, true);
      plan = static_cast<int>(plans_.size()) - 1;
      at_state = false;
    } else if (Same(*p.query, v1::DUPLICATE_LAST)) {
      if (plan >= 0) {  // not written yet: the later row simply takes its place
        plans_[plan].dropped = true;
        run_->rows.Each(RowsOf(pending_[plans_[plan].pending]), RowLedger::kMerged);
      }
      if (stored && p.digest == state->digest) {  // back to what is stored
        store::RecordState kept = *state;
        kept.multi = true;
        kept.scope = p.scope;
        run_->known.Outdate({kept.stream, kept.seq});
        run_->known.Touch(kept.stream);
        Unchanged(kept, p);
        run_->writer->tick().records.push_back(kept);
        plan = -1;
        at_state = true;
        continue;
      }
      PlanVersion(state, index, -1, true);
      plan = static_cast<int>(plans_.size()) - 1;
      at_state = false;
    } else {
      run_->late_faults.push_back({p.query,
                                   {RowsOf(p).begin(), RowsOf(p).end()},
                                   {},
                                   {{Code::KEY_DUPLICATE, "", "",
                                     "an earlier row of this file has the same natural key and "
                                     "other content; mend the file, or say in the "
                                     "pack what holds with on_duplicate"}}});
    }
    seen = true;
  }
}

void IngestBatch::Unchanged(const store::RecordState& state, const Pending& p) {
  run_->rows.Record(RowsOf(p), RowLedger::kUnchanged);
  run_->seen.Mark(state.stream, state.seq);
  ++p.target->counts->unchanged;
  if (!state.multi) run_->known.List(p.slot, {state.stream, state.seq});
  if (state.scope != p.scope) {
    run_->known.Touch(state.stream);
    store::RecordState moved = state;
    moved.scope = p.scope;
    run_->writer->tick().records.push_back(moved);
  }
}

void IngestBatch::PlanVersion(const std::optional<store::RecordState>& state, size_t pending,
                              int previous_plan, bool multi) {
  const Pending& p = pending_[pending];
  Plan plan{};
  plan.pending = pending;
  plan.multi = multi;
  plan.previous_plan = previous_plan;
  const bool stored = state.has_value() && state->present;
  plan.fresh = !stored && previous_plan < 0;
  plan.returned = plan.fresh && state.has_value();
  if (previous_plan >= 0) {
    plan.version = plans_[previous_plan].version + 1;
  } else {
    plan.version = state.has_value() ? state->version + 1 : 1;
    if (state.has_value()) plan.previous = {state->stream, state->seq};
    const uint32_t stream = p.target->stream;
    if (stored && state->stream != stream) {
      plan.leave = EntryAt{state->stream, state->seq};
      ++plan.version;  // the leave entry takes one
    }
  }
  plans_.push_back(plan);
}

Status IngestBatch::Write() {
  std::vector<size_t> order;  // file order
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (!plans_[i].dropped) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [this](size_t a, size_t b) { return plans_[a].pending < plans_[b].pending; });
  const int64_t now_us = run_->context->clock->NowUs();
  for (const size_t i : order) RETURN_IF_ERROR(WriteOne(&plans_[i], now_us));
  return absl::OkStatus();
}

Status IngestBatch::WriteOne(Plan* plan, int64_t now_us) {
  const Pending& p = pending_[plan->pending];
  TickWriter& writer = *run_->writer;
  if (plan->previous_plan >= 0) plan->previous = plans_[plan->previous_plan].at;
  run_->known.Outdate(plan->leave.value_or(plan->previous));
  if (plan->leave.has_value()) {
    plan->previous = writer.Retract(plan->leave->stream, p.id, plan->version - 1, now_us,
                                    run_->ingest, *plan->leave);
  }
  record::Draft draft;
  draft.item = p.item;
  draft.header = p.header;
  header_.clear();
  record::AppendHeader(p.id, plan->version, now_us, draft, &header_);
  const uint32_t stream = p.target->stream;
  plan->at =
      writer.Put(stream, header_, {p.layer(arena_, 0), p.layer(arena_, 1), p.layer(arena_, 2)},
                 run_->ingest, plan->previous);
  ItemCounts& counts = *p.target->counts;
  if (plan->returned) {
    ++counts.returned;
  } else {
    ++(plan->fresh ? counts.fresh : counts.changed);
  }
  run_->rows.Record(RowsOf(p), plan->fresh ? RowLedger::kNew : RowLedger::kChanged);
  if (!plan->last) return absl::OkStatus();
  run_->seen.Mark(plan->at.stream, plan->at.seq);
  if (!plan->multi) run_->known.List(p.slot, plan->at);
  store::RecordState state;
  state.id = p.id;
  state.subject = p.subject;
  state.digest = p.digest;
  state.scope = p.scope;
  state.stream = plan->at.stream;
  state.seq = plan->at.seq;
  state.version = plan->version;
  state.present = true;
  state.multi = plan->multi;
  writer.tick().records.push_back(state);
  return absl::OkStatus();
}

void IngestBatch::KeepBack(absl::Span<const size_t> group) {
  for (const size_t index : group) {
    Pending p = pending_[index];
    const absl::Span<const uint64_t> rows = RowsOf(p);
    p.rows_at = kept_rows_.size();
    kept_rows_.insert(kept_rows_.end(), rows.begin(), rows.end());
    const size_t shift = p.layers_at[0];
    const size_t to = kept_arena_.size();
    kept_arena_.append(arena_, shift, p.layers_at[record::kLayers] - shift);
    for (size_t& at : p.layers_at) at = at - shift + to;
    p.slot = KnownRows::kNoSlot;  // slots end with their batch
    kept_.push_back(std::move(p));
  }
}

Status IngestBatch::SettleKept() {
  if (kept_.empty()) return absl::OkStatus();
  Clear();
  pending_ = std::move(kept_);
  arena_ = std::move(kept_arena_);
  row_numbers_ = std::move(kept_rows_);
  kept_.clear();
  kept_arena_.clear();
  kept_rows_.clear();
  std::vector<size_t> order;
  std::vector<RecordId> ids;
  States states;
  RETURN_IF_ERROR(Lookup(&order, &ids, &states));
  size_t begin = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    size_t end = begin;
    while (end < order.size() && pending_[order[end]].id == ids[i]) ++end;
    const absl::Span<const size_t> group = absl::MakeConstSpan(order).subspan(begin, end - begin);
    if (!states[i].has_value()) {
      return MakeError(Code::STORE_CORRUPT,
                       "a record that was found before is gone from the index");
    }
    SettleMulti(*states[i], group);
    begin = end;
  }
  RETURN_IF_ERROR(Write());
  Clear();
  return absl::OkStatus();
}

// All rows of one record, which made several versions before. What is stored was made by the row
// that equals it; rows up to that one have nothing to add, later ones do. Where earlier rows of
// this very file made it, all rows here come after those. Under DUPLICATE_LAST only the last row
// counts.
void IngestBatch::SettleMulti(const store::RecordState& state, absl::Span<const size_t> group) {
  const bool made_here = run_->seen.Has(state.stream, state.seq);
  const bool last_only = Same(*pending_[group.back()].query, v1::DUPLICATE_LAST);
  size_t next = last_only ? group.size() - 1 : 0;  // the first row that may make a version
  bool known = false;
  for (size_t i = group.size(); !made_here && i-- > next;) {
    if (pending_[group[i]].digest == state.digest) {
      Unchanged(state, pending_[group[i]]);
      next = i + 1;
      known = true;
      for (size_t j = 0; j < i; ++j)
        run_->rows.Each(RowsOf(pending_[group[j]]), RowLedger::kMerged);
      break;
    }
  }
  if (!known) {
    for (size_t j = 0; j < next; ++j)
      run_->rows.Each(RowsOf(pending_[group[j]]), RowLedger::kMerged);
  }
  int plan = -1;
  for (size_t i = next; i < group.size(); ++i) {
    const ContentDigest* before = plan >= 0   ? &pending_[plans_[plan].pending].digest
                                  : made_here ? &state.digest
                                              : nullptr;
    if (before != nullptr && *before == pending_[group[i]].digest) {
      run_->rows.Each(RowsOf(pending_[group[i]]), RowLedger::kMerged);
      continue;
    }
    if (plan >= 0) plans_[plan].last = false;
    PlanVersion(state, group[i], plan, made_here || group.size() > 1);
    plan = static_cast<int>(plans_.size()) - 1;
  }
}

void IngestBatch::Clear() {
  keys_.clear();
  pending_.clear();
  arena_.clear();
  row_numbers_.clear();
  plans_.clear();
}

}  // namespace tombolo::node
