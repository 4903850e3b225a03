#include "gateway/store/sqlite/record_index.h"

#include <algorithm>

#include "gateway/base/limits.h"
#include "gateway/store/key_order.h"
#include "gateway/store/sqlite/record_row.h"

namespace tombolo::store {
namespace {

constexpr int kRecordKind = 1;
constexpr int kSubjectKind = 2;
constexpr std::string_view kGeneration = "index_generation";  // of the runs
constexpr std::string_view kDeltaRows = "index_delta_rows";
// From so many searches for each row of the tree on, reading it whole is cheaper than probing it.
constexpr uint64_t kScanFactor = 8;

Status WrongSize() {
  return MakeError(Code::STORE_CORRUPT,
                   "a row of the record index has a wrong size; restore the store from a backup");
}

// For sorting by subject, then id; records come by ascending id.
struct SubjectOfRecord {
  uint64_t prefix;
  const RecordState* record;
  bool operator<(const SubjectOfRecord& other) const {
    if (prefix != other.prefix) return prefix < other.prefix;
    if (record->subject != other.record->subject) return record->subject < other.record->subject;
    return record->id < other.record->id;
  }
};

// The tree's rows in order; asks for each anew, so that other statements may run between.
class DeltaCursor : public RowCursor {
 public:
  explicit DeltaCursor(Stmt* after) : after_(after) {}
  Status Next() override {
    StmtReset reset(after_);
    bool found = false;
    ASSIGN_OR_RETURN(found, after_->BindBlob(1, key_).Step());
    row_ = nullptr;
    if (!found) return Status();
    bytes_ = after_->Copy(0);
    if (bytes_.size() != kRecordRowBytes) return WrongSize();
    key_ = bytes_.substr(0, kKeyBytes);
    row_ = bytes_.data();
    return Status();
  }

 private:
  Stmt* after_;
  std::string key_, bytes_;
};

}  // namespace

Status RecordIndex::Open(Db* db, CounterTable* counters, bool writable, size_t delta_rows_max) {
  db_ = db;
  counters_ = counters;
  delta_rows_max_ = delta_rows_max;
  RETURN_IF_ERROR(pool_.Open(db, writable));
  RETURN_IF_ERROR(records_.Open(db, writable, &pool_, kRecordKind, kRecordRowBytes, kKeyBytes));
  RETURN_IF_ERROR(
      subjects_.Open(db, writable, &pool_, kSubjectKind, kSubjectRowBytes, kSubjectRowBytes));
  RETURN_IF_ERROR(find_.Prepare(db, "select state from record_delta where record_id=$1"));
  RETURN_IF_ERROR(after_.Prepare(
      db, "select state from record_delta where record_id>$1 order by record_id limit 1"));
  RETURN_IF_ERROR(all_.Prepare(db, "select state from record_delta order by record_id"));
  RETURN_IF_ERROR(
      subjects_from_.Prepare(db,
                             "select subject_record from subject_delta where subject_record>=$1"
                             " order by subject_record"));
  RETURN_IF_ERROR(all_subjects_.Prepare(
      db, "select subject_record from subject_delta order by subject_record"));
  if (!writable) return Status();
  RETURN_IF_ERROR(upsert_.Prepare(db,
                                  "insert into record_delta(record_id,state) values($1,$2)"
                                  " on conflict(record_id) do update set state=excluded.state"));
  RETURN_IF_ERROR(clear_.Prepare(db, "delete from record_delta"));
  RETURN_IF_ERROR(add_subject_.Prepare(
      db, "insert into subject_delta(subject_record) values($1) on conflict do nothing"));
  return clear_subjects_.Prepare(db, "delete from subject_delta");
}

Status RecordIndex::Refresh() {
  int64_t number = 0;
  ASSIGN_OR_RETURN(number, counters_->Get(kDeltaRows));
  delta_rows_ = static_cast<uint64_t>(number);
  ASSIGN_OR_RETURN(number, counters_->Get(kGeneration));
  if (number == generation_) return Status();
  generation_ = kUnknown;
  RETURN_IF_ERROR(records_.Load());
  RETURN_IF_ERROR(subjects_.Load());
  generation_ = number;
  return Status();
}

Status RecordIndex::FindInDelta(absl::Span<const RecordId> ids, std::vector<uint32_t>* open,
                                std::vector<std::optional<RecordState>>* states) {
  size_t left = 0;
  if (ids.size() * kScanFactor < delta_rows_) {
    for (uint32_t i : *open) {
      StmtReset reset(&find_);
      bool found = false;
      ASSIGN_OR_RETURN(found, find_.BindBlob(1, ids[i].view()).Step());
      if (!found) {
        (*open)[left++] = i;
        continue;
      }
      if (find_.Bytes(0).size() != kRecordRowBytes) return WrongSize();
      TakeRecordRow(find_.Bytes(0).data(), &(*states)[i].emplace());
    }
    open->resize(left);
    return Status();
  }
  StmtReset reset(&all_);
  bool found = false;
  ASSIGN_OR_RETURN(found, all_.Step());
  for (uint32_t i : *open) {
    while (found && all_.Bytes(0).substr(0, kKeyBytes) < ids[i].view()) {
      ASSIGN_OR_RETURN(found, all_.Step());
    }
    if (!found || all_.Bytes(0).substr(0, kKeyBytes) != ids[i].view()) {
      (*open)[left++] = i;
      continue;
    }
    if (all_.Bytes(0).size() != kRecordRowBytes) return WrongSize();
    TakeRecordRow(all_.Bytes(0).data(), &(*states)[i].emplace());
  }
  open->resize(left);
  return Status();
}

Status RecordIndex::Find(absl::Span<const RecordId> ids,
                         std::vector<std::optional<RecordState>>* states) {
  states->assign(ids.size(), std::nullopt);
  if (ids.empty()) return Status();
  std::vector<uint32_t> open(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) open[i] = static_cast<uint32_t>(i);
  if (delta_rows_ > 0) RETURN_IF_ERROR(FindInDelta(ids, &open, states));
  return records_.Find(
      ids.front().bytes.data(), sizeof(RecordId), &open,
      [&](uint32_t i, const char* row) { TakeRecordRow(row, &(*states)[i].emplace()); });
}

void RecordIndex::Forget() {
  generation_ = kUnknown;
  kept_stamp_ = {kUnknown, 0};
}

Status RecordIndex::FindAndKeep(absl::Span<const RecordId> ids,
                                std::vector<std::optional<RecordState>>* states) {
  RETURN_IF_ERROR(Find(ids, states));
  if (ids.size() > limits::kTickEntriesMax) return Status();
  kept_ids_.assign(ids.begin(), ids.end());
  kept_states_ = *states;
  kept_stamp_ = stamp();
  return Status();
}

Status RecordIndex::FindAgain(absl::Span<const RecordId> ids,
                              std::vector<std::optional<RecordState>>* states) {
  if (kept_stamp_ != stamp()) return Find(ids, states);
  states->assign(ids.size(), std::nullopt);
  std::vector<RecordId> missing;
  std::vector<size_t> places;
  size_t kept = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    while (kept < kept_ids_.size() && kept_ids_[kept] < ids[i]) ++kept;
    if (kept < kept_ids_.size() && kept_ids_[kept] == ids[i]) {
      (*states)[i] = kept_states_[kept];
    } else {
      missing.push_back(ids[i]);
      places.push_back(i);
    }
  }
  std::vector<std::optional<RecordState>> found;
  RETURN_IF_ERROR(Find(missing, &found));
  for (size_t i = 0; i < places.size(); ++i) (*states)[places[i]] = found[i];
  return Status();
}

StatusOr<std::vector<RecordState>> RecordIndex::FindBySubject(const SubjectKey& subject) {
  std::vector<RecordId> ids;
  if (delta_rows_ > 0) {
    char first[kSubjectRowBytes];
    PutSubjectRow(subject, RecordId(), first);
    StmtReset reset(&subjects_from_);
    subjects_from_.BindBlob(1, {first, sizeof(first)});
    while (true) {
      bool found = false;
      ASSIGN_OR_RETURN(found, subjects_from_.Step());
      if (!found) break;
      const std::string_view bytes = subjects_from_.Bytes(0);
      if (bytes.size() != kSubjectRowBytes) return WrongSize();
      if (bytes.substr(0, kKeyBytes) != subject.view()) break;
      ids.push_back(RecordId::From(bytes.substr(kKeyBytes)));
    }
  }
  RETURN_IF_ERROR(subjects_.FindPrefix(subject.view(), [&](const char* row) {
    ids.push_back(RecordId::From({row + kKeyBytes, kKeyBytes}));
  }));
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<std::optional<RecordState>> states;
  RETURN_IF_ERROR(Find(ids, &states));
  std::vector<RecordState> found;
  for (const auto& state : states) {
    // A record that moved to another subject keeps its old row here.
    if (state && state->subject == subject) found.push_back(*state);
  }
  return found;
}

Status RecordIndex::Scan(const std::function<bool(const RecordState&)>& visit) {
  std::vector<std::unique_ptr<RowCursor>> inputs;
  records_.AppendCursors(&inputs);
  inputs.push_back(std::make_unique<DeltaCursor>(&after_));
  MergeCursor rows(std::move(inputs), kKeyBytes);
  RecordState state;
  while (true) {
    RETURN_IF_ERROR(rows.Next());
    if (rows.row() == nullptr) return Status();
    TakeRecordRow(rows.row(), &state);
    if (!visit(state)) return Status();
  }
}

Status RecordIndex::UpsertDelta(std::string_view record_rows, std::string_view subject_rows) {
  for (; !record_rows.empty(); record_rows.remove_prefix(kRecordRowBytes)) {
    RETURN_IF_ERROR(upsert_.BindBlob(1, record_rows.substr(0, kKeyBytes))
                        .BindBlob(2, record_rows.substr(0, kRecordRowBytes))
                        .Run());
  }
  for (; !subject_rows.empty(); subject_rows.remove_prefix(kSubjectRowBytes)) {
    RETURN_IF_ERROR(add_subject_.BindBlob(1, subject_rows.substr(0, kSubjectRowBytes)).Run());
  }
  return Status();
}

Status RecordIndex::Flush(Stmt* all, Stmt* clear, SortedRuns* runs, std::string_view rows,
                          size_t row_bytes, size_t key_bytes) {
  std::string merged;
  if (delta_rows_ > 0) {
    std::string old;
    StmtReset reset(all);
    while (true) {
      bool found = false;
      ASSIGN_OR_RETURN(found, all->Step());
      if (!found) break;
      if (all->Bytes(0).size() != row_bytes) return WrongSize();
      old.append(all->Bytes(0));
    }
    std::vector<std::unique_ptr<RowCursor>> inputs;
    inputs.push_back(std::make_unique<MemoryCursor>(old, row_bytes));
    inputs.push_back(std::make_unique<MemoryCursor>(rows, row_bytes));
    MergeCursor both(std::move(inputs), key_bytes);
    RETURN_IF_ERROR(both.Next());
    while (both.row() != nullptr) {
      merged.append(both.row(), row_bytes);
      RETURN_IF_ERROR(both.Next());
    }
    rows = merged;
  }
  if (delta_rows_ > 0) RETURN_IF_ERROR(clear->Run());
  return runs->Add(rows);
}

Status RecordIndex::SaveGeneration() {
  RETURN_IF_ERROR(pool_.Save());
  return counters_->Set(kGeneration, ++generation_);
}

Status RecordIndex::Upsert(absl::Span<const RecordState* const> records,
                           absl::Span<const std::optional<RecordState>> old) {
  std::string rows(records.size() * kRecordRowBytes, '\0');
  std::vector<SubjectOfRecord> pairs;
  for (size_t i = 0; i < records.size(); ++i) {
    PutRecordRow(*records[i], rows.data() + i * kRecordRowBytes);
    const SubjectKey& subject = records[i]->subject;
    if (subject == SubjectKey() || (old[i] && old[i]->subject == subject)) continue;
    pairs.push_back({KeyPrefix(subject.bytes.data()), records[i]});
  }
  std::sort(pairs.begin(), pairs.end());
  std::string subject_rows(pairs.size() * kSubjectRowBytes, '\0');
  for (size_t i = 0; i < pairs.size(); ++i) {
    const RecordState& record = *pairs[i].record;
    PutSubjectRow(record.subject, record.id, subject_rows.data() + i * kSubjectRowBytes);
  }
  if (delta_rows_ + records.size() <= delta_rows_max_) {
    RETURN_IF_ERROR(UpsertDelta(rows, subject_rows));
    delta_rows_ += records.size();
    return counters_->Set(kDeltaRows, static_cast<int64_t>(delta_rows_));
  }
  RETURN_IF_ERROR(pool_.Load());
  RETURN_IF_ERROR(Flush(&all_, &clear_, &records_, rows, kRecordRowBytes, kKeyBytes));
  RETURN_IF_ERROR(Flush(&all_subjects_, &clear_subjects_, &subjects_, subject_rows,
                        kSubjectRowBytes, kSubjectRowBytes));
  delta_rows_ = 0;
  RETURN_IF_ERROR(counters_->Set(kDeltaRows, 0));
  return SaveGeneration();
}

Status RecordIndex::Wipe(absl::Span<const RecordState* const> records) {
  std::string rows(records.size() * kRecordRowBytes, '\0');
  for (size_t i = 0; i < records.size(); ++i) {
    PutRecordRow(*records[i], rows.data() + i * kRecordRowBytes);
  }
  RETURN_IF_ERROR(pool_.Load());
  RETURN_IF_ERROR(records_.Rewrite(rows));
  return pool_.WipeFree();
}

}  // namespace tombolo::store
