#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/store/entry_codec.h"
#include "gateway/store/sqlite/small_tables.h"

namespace tombolo::store {
namespace {

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

void PutText(std::string_view text, std::string* out) {
  AppendVarint(text.size(), out);
  out->append(text);
}

bool TakeText(std::string_view* in, std::string* text) {
  uint64_t size = 0;
  if (!TakeVarint64(in, &size) || in->size() < size) return false;
  *text = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

// Faults one after the other, four sized texts each. The code by name: numbers may shift when
// codes are added.
std::string PackFaults(const std::vector<Fault>& faults) {
  std::string out;
  for (const Fault& fault : faults) {
    PutText(NameOf(fault.code), &out);
    PutText(fault.column, &out);
    PutText(fault.value, &out);
    PutText(fault.reason, &out);
  }
  return out;
}

Status UnpackFaults(std::string_view in, std::vector<Fault>* faults) {
  while (!in.empty()) {
    Fault& fault = faults->emplace_back();
    std::string name;
    if (!TakeText(&in, &name) || !TakeText(&in, &fault.column) || !TakeText(&in, &fault.value) ||
        !TakeText(&in, &fault.reason)) {
      return MakeError(Code::STORE_CORRUPT,
                       "the faults of a row in quarantine do not read back; restore the store from"
                       " a backup");
    }
    // A code that a later program dropped.
    fault.code = CodeFromName(name).value_or(Code::INTERNAL);
  }
  return Status();
}

Status TakeRow(const Stmt& stmt, QuarantineRow* row) {
  row->id = static_cast<uint64_t>(stmt.Number(0));
  row->row_key = stmt.Copy(1);
  row->ingest = static_cast<uint32_t>(stmt.Number(2));
  row->pack = stmt.Copy(3);
  row->query = stmt.Copy(4);
  row->source = stmt.Copy(5);
  row->file = stmt.Copy(6);
  row->row_number = static_cast<uint64_t>(stmt.Number(7));
  row->line = static_cast<uint64_t>(stmt.Number(8));
  row->columns = stmt.Copy(9);
  row->raw = stmt.Copy(10);
  row->cells = stmt.Copy(11);
  row->at_us = stmt.Number(13);
  return UnpackFaults(stmt.Bytes(12), &row->faults);
}

}  // namespace

Status QuarantineTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(list_.Prepare(
      db,
      "select id,row_key,ingest,pack,query,source,file,row_number,line,columns,raw,cells,"
      "faults,at_us from quarantine where id>$1 order by id limit $2"));
  if (!writable) return Status();
  RETURN_IF_ERROR(id_of_.Prepare(db, "select id from quarantine where row_key=$1"));
  RETURN_IF_ERROR(remove_.Prepare(db, "delete from quarantine where id=$1"));
  RETURN_IF_ERROR(resolve_.Prepare(db, "delete from quarantine where row_key=$1"));
  return upsert_.Prepare(
      db,
      "insert into quarantine(id,row_key,ingest,pack,query,source,file,row_number,line,"
      "columns,raw,cells,faults,at_us) values($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)"
      " on conflict(row_key) do update set ingest=excluded.ingest,pack=excluded.pack,"
      "query=excluded.query,source=excluded.source,file=excluded.file,"
      "row_number=excluded.row_number,line=excluded.line,columns=excluded.columns,"
      "raw=excluded.raw,cells=excluded.cells,faults=excluded.faults,at_us=excluded.at_us");
}

StatusOr<bool> QuarantineTable::Upsert(const QuarantineRow& row, uint64_t next_id) {
  bool known = false;
  {
    StmtReset reset(&id_of_);
    ASSIGN_OR_RETURN(known, id_of_.BindBlob(1, row.row_key).Step());
  }
  const std::string faults = PackFaults(row.faults);
  RETURN_IF_ERROR(upsert_.Bind(1, Signed(next_id))
                      .BindBlob(2, row.row_key)
                      .Bind(3, row.ingest)
                      .BindText(4, row.pack)
                      .BindText(5, row.query)
                      .BindText(6, row.source)
                      .BindText(7, row.file)
                      .Bind(8, Signed(row.row_number))
                      .Bind(9, Signed(row.line))
                      .BindText(10, row.columns)
                      .BindText(11, row.raw)
                      .BindText(12, row.cells)
                      .BindBlob(13, faults)
                      .Bind(14, row.at_us)
                      .Run());
  return !known;
}

Status QuarantineTable::Remove(uint64_t id) { return remove_.Bind(1, Signed(id)).Run(); }

Status QuarantineTable::Resolve(std::string_view row_key) {
  return resolve_.BindBlob(1, row_key).Run();
}

StatusOr<std::vector<QuarantineRow>> QuarantineTable::List(uint64_t after_id, size_t rows_max) {
  std::vector<QuarantineRow> rows;
  size_t bytes = 0;
  StmtReset reset(&list_);
  list_.Bind(1, Signed(after_id)).Bind(2, Signed(rows_max));
  while (true) {
    bool row = false;
    ASSIGN_OR_RETURN(row, list_.Step());
    if (!row) return rows;
    RETURN_IF_ERROR(TakeRow(list_, &rows.emplace_back()));
    bytes += rows.back().raw.size() + rows.back().cells.size();
    if (bytes >= limits::kTickBytesMax) return rows;
  }
}

StatusOr<QuarantineRow> QuarantineTable::Find(uint64_t id) {
  std::vector<QuarantineRow> rows;
  if (id > 0) {
    ASSIGN_OR_RETURN(rows, List(id - 1, 1));
  }
  if (rows.empty() || rows.front().id != id) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no row ", id, " in quarantine"));
  }
  return std::move(rows.front());
}

}  // namespace tombolo::store
