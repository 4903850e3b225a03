#include "gateway/store/sqlite/schema.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"

namespace tombolo::store {
namespace {

// Types and keys that PostgreSQL and Citus take as they stand (docs/decisions, the store's layout).
// No column may be null.
constexpr char kOwnTables[] = R"sql(
create table node_counter(
  name text not null primary key,
  value bigint not null);
create table stream_head(
  stream bigint not null primary key,
  stream_id bytea not null unique,
  descriptor bytea not null,
  epoch bigint not null,
  size bigint not null,
  compact_range bytea not null,
  tick bigint not null,
  head_proof bytea not null,
  changed_at bigint not null);
create index stream_changed on stream_head(changed_at);
create table change_log(
  stream bigint not null,
  first_seq bigint not null,
  last_seq bigint not null,
  raw_bytes bigint not null,
  body bytea not null,
  primary key(stream, first_seq));
create table record_delta(
  record_id bytea not null primary key,
  state bytea not null) without rowid;
create table subject_delta(
  subject_record bytea not null primary key) without rowid;
create table index_run(
  kind bigint not null,
  run bigint not null,
  row_count bigint not null,
  pages bytea not null,
  fence bytea not null,
  check_sum bigint not null,
  filter bytea not null,
  primary key(kind, run));
create table index_pool(
  pool bigint not null primary key,
  page_count bigint not null,
  free_pages bytea not null);
create table index_page(
  page integer not null primary key,
  body bytea not null);
create table scope(
  scope bigint not null primary key,
  item text not null,
  pack text not null,
  value text not null);
create table ingest(
  ingest bigint not null primary key,
  pack text not null,
  file text not null,
  source_digest bytea not null,
  started_at_us bigint not null,
  finished_at_us bigint not null,
  outcome text not null,
  balance bytea not null);
create table quarantine(
  id integer not null primary key,
  row_key bytea not null unique,
  ingest bigint not null,
  pack text not null,
  query text not null,
  source text not null,
  file text not null,
  row_number bigint not null,
  line bigint not null,
  columns text not null,
  raw text not null,
  cells text not null,
  faults bytea not null,
  at_us bigint not null);
create table trace_part(
  trace bigint not null,
  part bigint not null,
  body bytea not null,
  primary key(trace, part));
create table checkpoint(
  tick bigint not null primary key,
  at_us bigint not null,
  body bytea not null,
  signature bytea not null);
)sql";

constexpr char kReceivedTables[] = R"sql(
create table stream_span(
  stream bigint not null,
  first_span bigint not null,
  hashes bytea not null,
  primary key(stream, first_span));
create table stream_mask(
  stream bigint not null,
  page bigint not null,
  bits bytea not null,
  primary key(stream, page));
create table received_stream(
  stream bigint not null primary key,
  proved_size bigint not null,
  head_epoch bigint not null,
  head_tick bigint not null,
  head bytea not null,
  next_public bigint not null,
  next_government bigint not null,
  next_limited bigint not null,
  delivery bigint not null,
  incomplete bigint not null);
create table delivery(
  number bigint not null primary key,
  peer text not null,
  path text not null,
  started_at_us bigint not null);
create table cursor_in(
  peer text not null,
  stream bigint not null,
  layer smallint not null,
  token bytea not null,
  primary key(peer, stream, layer));
create table feed_cursor(
  subscriber text not null,
  stream bigint not null,
  layer smallint not null,
  next_seq bigint not null,
  at_us bigint not null,
  primary key(subscriber, stream, layer));
create table receipt(
  peer text not null,
  ours smallint not null,
  number bigint not null,
  receipt bytea not null,
  primary key(peer, ours, number));
create table document(
  kind smallint not null,
  owner text not null,
  version bigint not null,
  digest bytea not null,
  document bytea not null,
  primary key(kind, owner));
create table stream_gap(
  stream bigint not null,
  seq bigint not null,
  layers smallint not null,
  primary key(stream, seq));
create table witness(
  node text not null,
  witness text not null,
  size bigint not null,
  head bytea not null,
  countersignature bytea not null,
  primary key(node, witness, size));
create table evidence(
  number bigint not null primary key,
  origin text not null,
  code text not null,
  at_us bigint not null,
  alarm bytea not null);
create table peer(
  peer text not null primary key,
  last_connected_us bigint not null,
  last_seen_us bigint not null,
  last_error text not null,
  bytes_in bigint not null,
  bytes_out bigint not null,
  records_in bigint not null,
  records_out bigint not null);
)sql";

Status SetConnection(Db* db, const SqliteOptions& options) {
  constexpr size_t kKiB = limits::kKiB;
  RETURN_IF_ERROR(db->Exec(absl::StrCat("pragma cache_size=-", options.cache_bytes / kKiB)));
  RETURN_IF_ERROR(db->Exec("pragma temp_store=memory"));
  RETURN_IF_ERROR(db->Exec("pragma trusted_schema=off"));
  RETURN_IF_ERROR(db->Exec("pragma cell_size_check=on"));
  if (options.mode == OpenMode::kReadOnly) return db->Exec("pragma query_only=on");
  // FULL, not NORMAL: in the log's mode NORMAL may lose the last commits when the power goes.
  RETURN_IF_ERROR(db->Exec("pragma synchronous=full"));
  RETURN_IF_ERROR(db->Exec("pragma secure_delete=on"));
  // Checkpoints are made between ticks, by the store.
  RETURN_IF_ERROR(db->Exec("pragma wal_autocheckpoint=0"));
  if (options.pages_max > 0) {
    RETURN_IF_ERROR(db->Exec(absl::StrCat("pragma max_page_count=", options.pages_max)));
  }
  return Status();
}

Status CreateTables(Db* db) {
  RETURN_IF_ERROR(db->Exec("begin immediate"));
  Status status;
  int64_t version = 0;
  // Another process may have made them meanwhile.
  auto read = db->ReadNumber("pragma user_version");
  status = read.status();
  if (status.ok()) version = *read;
  if (status.ok() && version == 0) {
    status =
        db->Exec(absl::StrCat(kOwnTables, kReceivedTables, "pragma application_id=", kApplicationId,
                              ";pragma user_version=", kSchemaVersion, ";"));
  }
  if (status.ok()) status = db->Exec("commit");
  if (!status.ok() && db->InTransaction()) db->Exec("rollback").IgnoreError();
  return status;
}

// True: a store of ours. False: an empty file.
StatusOr<bool> CheckVersion(Db* db) {
  int64_t application_id = 0;
  int64_t version = 0;
  int64_t tables = 0;
  ASSIGN_OR_RETURN(application_id, db->ReadNumber("pragma application_id"));
  ASSIGN_OR_RETURN(version, db->ReadNumber("pragma user_version"));
  ASSIGN_OR_RETURN(tables, db->ReadNumber("select count(*) from sqlite_master"));
  if (application_id == 0 && version == 0 && tables == 0) return false;
  if (application_id != kApplicationId) {
    return MakeError(Code::STORE_CORRUPT,
                     absl::StrCat(db->path(),
                                  " is a database of another program, not a node's "
                                  "store; name the node's folder"));
  }
  if (version > kSchemaVersion) {
    return MakeError(Code::SCHEMA_UNSUPPORTED,
                     absl::StrCat("the store ", db->path(), " has version ", version,
                                  ", written by a newer tombolo; this one knows version ",
                                  kSchemaVersion, "; update the program"));
  }
  if (version < kSchemaVersion) {
    return MakeError(Code::SCHEMA_UNSUPPORTED,
                     absl::StrCat("the store ", db->path(), " has version ", version,
                                  ", written by an older tombolo; this one knows version ",
                                  kSchemaVersion, "; export it with the program that wrote it"));
  }
  return true;
}

}  // namespace

Status PrepareSchema(Db* db, const SqliteOptions& options) {
  bool ours = false;
  ASSIGN_OR_RETURN(ours, CheckVersion(db));
  if (!ours) {
    if (options.mode != OpenMode::kCreate) {
      return MakeError(Code::NOT_FOUND, absl::StrCat("there is no store in ", options.path,
                                                     "; make the node with `tombolo init`"));
    }
    RETURN_IF_ERROR(db->Exec(absl::StrCat("pragma page_size=", options.page_bytes)));
    RETURN_IF_ERROR(db->Exec("pragma journal_mode=wal"));
  }
  RETURN_IF_ERROR(SetConnection(db, options));
  if (ours) return Status();
  RETURN_IF_ERROR(CreateTables(db));
  // The log would otherwise begin as large as the tables' first pages. Whoever reads keeps it so.
  return db->Checkpoint(true).status();
}

}  // namespace tombolo::store
