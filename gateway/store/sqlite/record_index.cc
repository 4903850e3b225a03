#include "gateway/store/sqlite/record_index.h"

#include "gateway/store/sqlite/record_row.h"

namespace tombolo::store {
namespace {

Status TakeState(std::string_view row, RecordState* state) {
  if (row.size() != kRecordRowBytes) {
    return MakeError(Code::STORE_CORRUPT,
                     "a row of the record index has a wrong size; restore the store from a backup");
  }
  TakeRecordRow(row.data(), state);
  return Status();
}

}  // namespace

Status RecordIndex::Open(Db* db, bool writable) {
  db_ = db;
  RETURN_IF_ERROR(find_.Prepare(db, "select state from record_delta where record_id=$1"));
  RETURN_IF_ERROR(after_.Prepare(
      db, "select state from record_delta where record_id>$1 order by record_id limit 1"));
  RETURN_IF_ERROR(
      by_subject_.Prepare(db,
                          "select subject_record from subject_delta where subject_record>=$1"
                          " order by subject_record"));
  if (!writable) return Status();
  RETURN_IF_ERROR(upsert_.Prepare(db,
                                  "insert into record_delta(record_id,state) values($1,$2)"
                                  " on conflict(record_id) do update set state=excluded.state"));
  return add_subject_.Prepare(
      db, "insert into subject_delta(subject_record) values($1) on conflict do nothing");
}

Status RecordIndex::Find(absl::Span<const RecordId> ids,
                         std::vector<std::optional<RecordState>>* states) {
  states->assign(ids.size(), std::nullopt);
  for (size_t i = 0; i < ids.size(); ++i) {
    StmtReset reset(&find_);
    bool row = false;
    ASSIGN_OR_RETURN(row, find_.BindBlob(1, ids[i].view()).Step());
    if (row) RETURN_IF_ERROR(TakeState(find_.Bytes(0), &(*states)[i].emplace()));
  }
  return Status();
}

StatusOr<std::vector<RecordState>> RecordIndex::FindBySubject(const SubjectKey& subject) {
  std::vector<RecordId> ids;
  {
    char first[kSubjectRowBytes];
    PutSubjectRow(subject, RecordId(), first);
    StmtReset reset(&by_subject_);
    by_subject_.BindBlob(1, {first, sizeof(first)});
    while (true) {
      bool row = false;
      ASSIGN_OR_RETURN(row, by_subject_.Step());
      if (!row) break;
      const std::string_view bytes = by_subject_.Bytes(0);
      if (bytes.size() != kSubjectRowBytes || bytes.substr(0, kKeyBytes) != subject.view()) break;
      ids.push_back(RecordId::From(bytes.substr(kKeyBytes)));
    }
  }
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
  RecordState state;
  std::string_view after;
  while (true) {
    {
      StmtReset reset(&after_);
      bool row = false;
      ASSIGN_OR_RETURN(row, after_.BindBlob(1, after).Step());
      if (!row) return Status();
      RETURN_IF_ERROR(TakeState(after_.Bytes(0), &state));
    }
    if (!visit(state)) return Status();
    after = state.id.view();
  }
}

Status RecordIndex::Upsert(absl::Span<const RecordState* const> records,
                           absl::Span<const std::optional<RecordState>> old) {
  char row[kRecordRowBytes];
  for (const RecordState* record : records) {
    PutRecordRow(*record, row);
    RETURN_IF_ERROR(upsert_.BindBlob(1, record->id.view()).BindBlob(2, {row, sizeof(row)}).Run());
  }
  for (size_t i = 0; i < records.size(); ++i) {
    const SubjectKey& subject = records[i]->subject;
    if (subject == SubjectKey() || (old[i] && old[i]->subject == subject)) continue;
    PutSubjectRow(subject, records[i]->id, row);
    RETURN_IF_ERROR(add_subject_.BindBlob(1, {row, kSubjectRowBytes}).Run());
  }
  return Status();
}

}  // namespace tombolo::store
