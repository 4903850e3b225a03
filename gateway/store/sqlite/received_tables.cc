#include "gateway/store/sqlite/received_tables.h"

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace tombolo::store {
namespace {

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }
uint64_t Unsigned(const Stmt& row, int column) { return static_cast<uint64_t>(row.Number(column)); }

ReceivedStream StreamIn(const Stmt& row) {
  ReceivedStream stream;
  stream.stream = static_cast<uint32_t>(row.Number(0));
  stream.proved_size = Unsigned(row, 1);
  stream.head_epoch = Unsigned(row, 2);
  stream.head_tick = Unsigned(row, 3);
  stream.head = row.Copy(4);
  stream.next_seq = {Unsigned(row, 5), Unsigned(row, 6), Unsigned(row, 7)};
  stream.delivery = static_cast<uint32_t>(row.Number(8));
  stream.incomplete = Unsigned(row, 9);
  return stream;
}

}  // namespace

Status ReceivedTables::Open(Db* db, bool writable) {
  db_ = db;
  RETURN_IF_ERROR(is_received_.Prepare(db, "select 1 from received_stream where stream=$1"));
  const std::string columns =
      "select stream,proved_size,head_epoch,head_tick,head,next_public,next_government,"
      "next_limited,delivery,incomplete from received_stream";
  RETURN_IF_ERROR(streams_.Prepare(db, columns + " order by stream"));
  RETURN_IF_ERROR(one_.Prepare(db, columns + " where stream=$1"));
  RETURN_IF_ERROR(deliveries_.Prepare(
      db, "select number,peer,path,started_at_us from delivery order by number"));
  RETURN_IF_ERROR(cursors_.Prepare(
      db, "select stream,layer,token from cursor_in where peer=$1 order by stream,layer"));
  RETURN_IF_ERROR(gaps_.Prepare(
      db, "select seq,layers from stream_gap where stream=$1 and seq>$2 order by seq limit $3"));
  if (!writable) return Status();
  RETURN_IF_ERROR(put_stream_.Prepare(
      db,
      "insert into received_stream(stream,proved_size,head_epoch,head_tick,head,next_public,"
      "next_government,next_limited,delivery,incomplete) values($1,$2,$3,$4,$5,$6,$7,$8,$9,0)"
      " on conflict(stream) do update set proved_size=excluded.proved_size,"
      "head_epoch=excluded.head_epoch,head_tick=excluded.head_tick,head=excluded.head,"
      "next_public=excluded.next_public,next_government=excluded.next_government,"
      "next_limited=excluded.next_limited,delivery=excluded.delivery"));
  RETURN_IF_ERROR(put_delivery_.Prepare(
      db,
      "insert into delivery(number,peer,path,started_at_us) values($1,$2,$3,$4)"
      " on conflict(number) do update set peer=excluded.peer,path=excluded.path,"
      "started_at_us=excluded.started_at_us"));
  RETURN_IF_ERROR(
      put_cursor_.Prepare(db,
                          "insert into cursor_in(peer,stream,layer,token) values($1,$2,$3,$4)"
                          " on conflict(peer,stream,layer) do update set token=excluded.token"));
  RETURN_IF_ERROR(
      take_cursor_.Prepare(db, "delete from cursor_in where peer=$1 and stream=$2 and layer=$3"));
  RETURN_IF_ERROR(
      put_gap_.Prepare(db, "insert into stream_gap(stream,seq,layers) values($1,$2,$3)"));
  RETURN_IF_ERROR(take_gap_.Prepare(db, "delete from stream_gap where stream=$1 and seq=$2"));
  RETURN_IF_ERROR(count_gaps_.Prepare(
      db, "update received_stream set incomplete=incomplete+$1 where stream=$2"));
  RETURN_IF_ERROR(
      // All of the stream: a token kept for one layer may name the position of another.
      drop_cursors_.Prepare(db, "delete from cursor_in where $1<>0 and stream=$2"));
  RETURN_IF_ERROR(drop_positions_.Prepare(
      db,
      "update received_stream set next_public=case when $1&1 then 0 else next_public end,"
      "next_government=case when $1&2 then 0 else next_government end,"
      "next_limited=case when $1&4 then 0 else next_limited end where stream=$2"));
  RETURN_IF_ERROR(mask_gaps_.Prepare(
      db, "update stream_gap set layers=layers&~$1 where (layers&$1)<>0 and stream=$2"));
  RETURN_IF_ERROR(drop_gaps_.Prepare(db, "delete from stream_gap where stream=$1 and layers=0"));
  return recount_gaps_.Prepare(
      db,
      "update received_stream set incomplete=(select count(*) from stream_gap where stream=$1)"
      " where stream=$1");
}

StatusOr<bool> ReceivedTables::IsReceived(uint32_t stream) {
  StmtReset reset(&is_received_);
  return is_received_.Bind(1, stream).Step();
}

Status ReceivedTables::PutStream(const ReceivedStream& row) {
  return put_stream_.Bind(1, row.stream)
      .Bind(2, Signed(row.proved_size))
      .Bind(3, Signed(row.head_epoch))
      .Bind(4, Signed(row.head_tick))
      .BindBlob(5, row.head)
      .Bind(6, Signed(row.next_seq[0]))
      .Bind(7, Signed(row.next_seq[1]))
      .Bind(8, Signed(row.next_seq[2]))
      .Bind(9, row.delivery)
      .Run();
}

// No SPIFFE ID has a space.
Status ReceivedTables::PutDelivery(const Delivery& row) {
  const std::string path = absl::StrJoin(row.path, " ");
  return put_delivery_.Bind(1, row.number)
      .BindText(2, row.peer)
      .BindText(3, path)
      .Bind(4, row.started_at_us)
      .Run();
}

Status ReceivedTables::PutCursor(const CursorIn& row) {
  Stmt& statement = row.token.empty() ? take_cursor_ : put_cursor_;
  statement.BindText(1, row.peer).Bind(2, row.stream).Bind(3, row.layer);
  if (!row.token.empty()) statement.BindBlob(4, row.token);
  return statement.Run();
}

Status ReceivedTables::PutGap(const Gap& row) {
  RETURN_IF_ERROR(take_gap_.Bind(1, row.stream).Bind(2, Signed(row.seq)).Run());
  const int more = (row.layers == 0 ? 0 : 1) - db_->Changes();
  if (row.layers != 0) {
    RETURN_IF_ERROR(
        put_gap_.Bind(1, row.stream).Bind(2, Signed(row.seq)).Bind(3, row.layers).Run());
  }
  return more == 0 ? Status() : count_gaps_.Bind(1, more).Bind(2, row.stream).Run();
}

Status ReceivedTables::Drop(const LayerDrop& drop) {
  for (Stmt* statement : {&drop_cursors_, &drop_positions_, &mask_gaps_}) {
    RETURN_IF_ERROR(statement->Bind(1, drop.layers).Bind(2, drop.stream).Run());
  }
  RETURN_IF_ERROR(drop_gaps_.Bind(1, drop.stream).Run());
  return recount_gaps_.Bind(1, drop.stream).Run();
}

StatusOr<std::vector<ReceivedStream>> ReceivedTables::Streams() {
  std::vector<ReceivedStream> all;
  StmtReset reset(&streams_);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, streams_.Step());
    if (!more) return all;
    all.push_back(StreamIn(streams_));
  }
}

StatusOr<std::vector<ReceivedStream>> ReceivedTables::Find(absl::Span<const uint32_t> numbers) {
  std::vector<ReceivedStream> found;
  for (const uint32_t number : numbers) {
    StmtReset reset(&one_);
    ASSIGN_OR_RETURN(const bool row, one_.Bind(1, number).Step());
    if (row) found.push_back(StreamIn(one_));
  }
  return found;
}

StatusOr<std::vector<Delivery>> ReceivedTables::Deliveries() {
  std::vector<Delivery> all;
  StmtReset reset(&deliveries_);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, deliveries_.Step());
    if (!more) return all;
    Delivery& row = all.emplace_back();
    row.number = static_cast<uint32_t>(deliveries_.Number(0));
    row.peer = deliveries_.Copy(1);
    row.path = absl::StrSplit(deliveries_.Copy(2), ' ', absl::SkipEmpty());
    row.started_at_us = deliveries_.Number(3);
  }
}

StatusOr<std::vector<CursorIn>> ReceivedTables::Cursors(const std::string& peer) {
  std::vector<CursorIn> all;
  StmtReset reset(&cursors_);
  cursors_.BindText(1, peer);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, cursors_.Step());
    if (!more) return all;
    all.push_back({peer, static_cast<uint32_t>(cursors_.Number(0)),
                   static_cast<uint8_t>(cursors_.Number(1)), cursors_.Copy(2)});
  }
}

StatusOr<std::vector<Gap>> ReceivedTables::Gaps(uint32_t stream, uint64_t after_seq,
                                                size_t rows_max) {
  std::vector<Gap> all;
  StmtReset reset(&gaps_);
  gaps_.Bind(1, stream).Bind(2, Signed(after_seq)).Bind(3, Signed(rows_max));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, gaps_.Step());
    if (!more) return all;
    all.push_back({stream, Unsigned(gaps_, 0), static_cast<uint8_t>(gaps_.Number(1))});
  }
}

}  // namespace tombolo::store
