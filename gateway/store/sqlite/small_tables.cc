#include "gateway/store/sqlite/small_tables.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"
#include "gateway/store/received_rules.h"
#include "gateway/store/tick_rules.h"

namespace tombolo::store {
namespace {

Status Taken(std::string_view what, uint32_t number) {
  return MakeError(Code::STORE_CONFLICT, absl::StrCat(ToAbsl(what), " ", number,
                                                      " exists already; run the command again"));
}

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

StreamState StateIn(const Stmt& row) {
  StreamState stream;
  stream.number = static_cast<uint32_t>(row.Number(0));
  stream.stream_id = row.Copy(1);
  stream.descriptor = row.Copy(2);
  stream.epoch = static_cast<uint64_t>(row.Number(3));
  stream.size = static_cast<uint64_t>(row.Number(4));
  stream.compact_range = row.Copy(5);
  stream.tick = static_cast<uint64_t>(row.Number(6));
  stream.head_proof = row.Copy(7);
  return stream;
}

}  // namespace

Status CounterTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(get_.Prepare(db, "select value from node_counter where name=$1"));
  if (!writable) return Status();
  return set_.Prepare(db,
                      "insert into node_counter(name,value) values($1,$2)"
                      " on conflict(name) do update set value=excluded.value");
}

StatusOr<int64_t> CounterTable::Get(std::string_view name) {
  StmtReset reset(&get_);
  bool row = false;
  ASSIGN_OR_RETURN(row, get_.BindText(1, name).Step());
  return row ? get_.Number(0) : 0;
}

Status CounterTable::Set(std::string_view name, int64_t value) {
  return set_.BindText(1, name).Bind(2, value).Run();
}

Status StreamTable::Open(Db* db, bool writable) {
  db_ = db;
  const std::string columns =
      "select stream,stream_id,descriptor,epoch,size,compact_range,tick,head_proof"
      " from stream_head";
  RETURN_IF_ERROR(all_.Prepare(db, columns + " order by stream"));
  RETURN_IF_ERROR(one_.Prepare(db, columns + " where stream=$1"));
  RETURN_IF_ERROR(
      id_bytes_.Prepare(db, "select length(stream_id),size from stream_head where stream=$1"));
  RETURN_IF_ERROR(
      find_.Prepare(db, "select stream_id,descriptor,size from stream_head where stream=$1"));
  // The plus sign keeps SQLite from reading every stream in order just to spare itself the sort.
  RETURN_IF_ERROR(
      changed_.Prepare(db, "select stream from stream_head where changed_at>$1 order by +stream"));
  if (!writable) return Status();
  RETURN_IF_ERROR(add_.Prepare(
      db,
      "insert into stream_head(stream,stream_id,descriptor,epoch,size,compact_range,tick,"
      "head_proof,changed_at) values($1,$2,$3,$4,0,$5,$6,$7,$8) on conflict do nothing"));
  RETURN_IF_ERROR(touch_.Prepare(db, "update stream_head set changed_at=$1 where stream=$2"));
  RETURN_IF_ERROR(empty_.Prepare(
      db, "update stream_head set size=0,compact_range=$1,changed_at=$2 where stream=$3"));
  return advance_.Prepare(db,
                          "update stream_head set size=$1,compact_range=$2,head_proof=$3,"
                          "tick=case when $4=0 then tick else $4 end,changed_at=$5"
                          " where stream=$6 and epoch=$7 and size=$8");
}

Status StreamTable::Add(const StreamState& stream) {
  RETURN_IF_ERROR(add_.Bind(1, stream.number)
                      .BindBlob(2, stream.stream_id)
                      .BindBlob(3, stream.descriptor)
                      .Bind(4, Signed(stream.epoch))
                      .BindBlob(5, stream.compact_range)
                      .Bind(6, Signed(stream.tick))
                      .BindBlob(7, stream.head_proof)
                      .Bind(8, commit_)
                      .Run());
  return db_->Changes() == 1 ? Status() : Taken("stream, or its id,", stream.number);
}

Status StreamTable::Advance(const StreamAppend& append, uint64_t tick) {
  RETURN_IF_ERROR(advance_.Bind(1, Signed(append.expected_size + append.lengths.size()))
                      .BindBlob(2, append.compact_range)
                      .BindBlob(3, append.head_proof)
                      .Bind(4, Signed(tick))
                      .Bind(6, append.stream)
                      .Bind(7, Signed(append.epoch))
                      .Bind(8, Signed(append.expected_size))
                      .Bind(5, commit_)
                      .Run());
  return db_->Changes() == 1 ? Status() : AppendConflict(append);
}

StatusOr<std::vector<StreamState>> StreamTable::All() {
  std::vector<StreamState> all;
  StmtReset reset(&all_);
  while (true) {
    bool row = false;
    ASSIGN_OR_RETURN(row, all_.Step());
    if (!row) return all;
    all.push_back(StateIn(all_));
  }
}

StatusOr<std::vector<StreamState>> StreamTable::FindAll(absl::Span<const uint32_t> numbers) {
  std::vector<StreamState> found;
  for (const uint32_t number : numbers) {
    StmtReset reset(&one_);
    ASSIGN_OR_RETURN(const bool row, one_.Bind(1, number).Step());
    if (row) found.push_back(StateIn(one_));
  }
  return found;
}

StatusOr<CodecSizes> StreamTable::SizesOf(uint32_t stream, uint64_t* entries) {
  StmtReset reset(&id_bytes_);
  bool row = false;
  ASSIGN_OR_RETURN(row, id_bytes_.Bind(1, stream).Step());
  if (!row) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no stream ", stream, " in this store"));
  }
  if (entries != nullptr) *entries = static_cast<uint64_t>(id_bytes_.Number(1));
  return SizesOfStream(static_cast<size_t>(id_bytes_.Number(0)));
}

StatusOr<StreamState> StreamTable::Find(uint32_t stream) {
  StmtReset reset(&find_);
  ASSIGN_OR_RETURN(const bool found, find_.Bind(1, stream).Step());
  if (!found) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no stream ", stream, " in this store"));
  }
  StreamState state;
  state.number = stream;
  state.stream_id = find_.Copy(0);
  state.descriptor = find_.Copy(1);
  state.size = static_cast<uint64_t>(find_.Number(2));
  return state;
}

Status StreamTable::Touch(uint32_t stream) { return touch_.Bind(1, commit_).Bind(2, stream).Run(); }

Status StreamTable::Empty(const StreamState& stream) {
  const std::string range = EmptyRange(stream.stream_id.size());
  return empty_.BindBlob(1, range).Bind(2, commit_).Bind(3, stream.number).Run();
}

StatusOr<std::vector<uint32_t>> StreamTable::ChangedSince(int64_t commit) {
  std::vector<uint32_t> changed;
  StmtReset reset(&changed_);
  changed_.Bind(1, commit);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, changed_.Step());
    if (!more) return changed;
    changed.push_back(static_cast<uint32_t>(changed_.Number(0)));
  }
}

Status ScopeTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(all_.Prepare(db, "select scope,item,pack,value from scope order by scope"));
  if (!writable) return Status();
  RETURN_IF_ERROR(exists_.Prepare(db, "select 1 from scope where scope=$1"));
  return add_.Prepare(db, "insert into scope(scope,item,pack,value) values($1,$2,$3,$4)");
}

Status ScopeTable::Add(const Scope& scope) {
  bool row = false;
  {
    StmtReset reset(&exists_);
    ASSIGN_OR_RETURN(row, exists_.Bind(1, scope.number).Step());
  }
  if (row) return Taken("scope", scope.number);
  return add_.Bind(1, scope.number)
      .BindText(2, scope.item)
      .BindText(3, scope.pack)
      .BindText(4, scope.value)
      .Run();
}

StatusOr<std::vector<Scope>> ScopeTable::All() {
  std::vector<Scope> all;
  StmtReset reset(&all_);
  while (true) {
    bool row = false;
    ASSIGN_OR_RETURN(row, all_.Step());
    if (!row) return all;
    all.push_back(
        {static_cast<uint32_t>(all_.Number(0)), all_.Copy(1), all_.Copy(2), all_.Copy(3)});
  }
}

Status IngestTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(all_.Prepare(
      db,
      "select ingest,pack,file,source_digest,started_at_us,finished_at_us,outcome,balance"
      " from ingest order by ingest"));
  if (!writable) return Status();
  return upsert_.Prepare(
      db,
      "insert into ingest(ingest,pack,file,source_digest,started_at_us,finished_at_us,"
      "outcome,balance) values($1,$2,$3,$4,$5,$6,$7,$8) on conflict(ingest) do update set"
      " pack=excluded.pack,file=excluded.file,source_digest=excluded.source_digest,"
      "started_at_us=excluded.started_at_us,finished_at_us=excluded.finished_at_us,"
      "outcome=excluded.outcome,balance=excluded.balance");
}

Status IngestTable::Upsert(const IngestRow& ingest) {
  return upsert_.Bind(1, ingest.number)
      .BindText(2, ingest.pack)
      .BindText(3, ingest.file)
      .BindBlob(4, ingest.source_digest)
      .Bind(5, ingest.started_at_us)
      .Bind(6, ingest.finished_at_us)
      .BindText(7, ingest.outcome)
      .BindBlob(8, ingest.balance)
      .Run();
}

StatusOr<std::vector<IngestRow>> IngestTable::All() {
  std::vector<IngestRow> all;
  StmtReset reset(&all_);
  while (true) {
    bool row = false;
    ASSIGN_OR_RETURN(row, all_.Step());
    if (!row) return all;
    all.push_back({static_cast<uint32_t>(all_.Number(0)), all_.Copy(1), all_.Copy(2), all_.Copy(3),
                   all_.Number(4), all_.Number(5), all_.Copy(6), all_.Copy(7)});
  }
}

// Numbers of traces use all bits; the column keeps them as two's complement.
Status TraceTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(read_.Prepare(db, "select body from trace_part where trace=$1 and part=$2"));
  RETURN_IF_ERROR(all_.Prepare(db, "select distinct trace from trace_part"));
  if (!writable) return Status();
  RETURN_IF_ERROR(put_.Prepare(db,
                               "insert into trace_part(trace,part,body) values($1,$2,$3)"
                               " on conflict(trace,part) do update set body=excluded.body"));
  RETURN_IF_ERROR(take_.Prepare(db, "delete from trace_part where trace=$1 and part=$2"));
  return remove_.Prepare(db, "delete from trace_part where trace=$1");
}

Status TraceTable::Put(const TracePart& part) {
  Stmt& statement = part.bytes.empty() ? take_ : put_;
  statement.Bind(1, static_cast<int64_t>(part.trace)).Bind(2, part.part);
  if (!part.bytes.empty()) statement.BindBlob(3, part.bytes);
  return statement.Run();
}

Status TraceTable::Remove(uint64_t trace) {
  return remove_.Bind(1, static_cast<int64_t>(trace)).Run();
}

StatusOr<std::string> TraceTable::Read(uint64_t trace, uint32_t part) {
  StmtReset reset(&read_);
  bool row = false;
  ASSIGN_OR_RETURN(row, read_.Bind(1, static_cast<int64_t>(trace)).Bind(2, part).Step());
  return row ? read_.Copy(0) : std::string();
}

StatusOr<std::vector<uint64_t>> TraceTable::All() {
  std::vector<uint64_t> all;
  StmtReset reset(&all_);
  while (true) {
    bool row = false;
    ASSIGN_OR_RETURN(row, all_.Step());
    if (!row) break;
    all.push_back(static_cast<uint64_t>(all_.Number(0)));
  }
  std::sort(all.begin(), all.end());
  return all;
}

Status CheckpointTable::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(last_.Prepare(
      db, "select tick,at_us,body,signature from checkpoint order by tick desc limit 1"));
  RETURN_IF_ERROR(
      find_.Prepare(db, "select tick,at_us,body,signature from checkpoint where tick=$1"));
  if (!writable) return Status();
  return add_.Prepare(db, "insert into checkpoint(tick,at_us,body,signature) values($1,$2,$3,$4)");
}

CheckpointRow TakeCheckpoint(const Stmt& row) {
  return {static_cast<uint64_t>(row.Number(0)), row.Number(1), row.Copy(2), row.Copy(3)};
}

Status CheckpointTable::Add(const CheckpointRow& checkpoint) {
  std::optional<CheckpointRow> last;
  ASSIGN_OR_RETURN(last, Last());
  RETURN_IF_ERROR(CheckNextTick(last ? last->tick : 0, checkpoint));
  return add_.Bind(1, Signed(checkpoint.tick))
      .Bind(2, checkpoint.at_us)
      .BindBlob(3, checkpoint.body)
      .BindBlob(4, checkpoint.signature)
      .Run();
}

StatusOr<std::optional<CheckpointRow>> CheckpointTable::Last() {
  StmtReset reset(&last_);
  bool row = false;
  ASSIGN_OR_RETURN(row, last_.Step());
  if (!row) return std::optional<CheckpointRow>();
  return std::optional<CheckpointRow>(TakeCheckpoint(last_));
}

StatusOr<CheckpointRow> CheckpointTable::Find(uint64_t tick) {
  StmtReset reset(&find_);
  bool row = false;
  ASSIGN_OR_RETURN(row, find_.Bind(1, Signed(tick)).Step());
  if (!row) {
    return MakeError(Code::NOT_FOUND, absl::StrCat("no checkpoint for tick ", tick));
  }
  return TakeCheckpoint(find_);
}

}  // namespace tombolo::store
