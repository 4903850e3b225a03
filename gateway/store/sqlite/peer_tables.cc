#include "gateway/store/received_rules.h"
#include "gateway/store/sqlite/received_tables.h"

namespace tombolo::store {
namespace {

constexpr int64_t kReceiptsKept = 1000;  // of a peer, each way

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }
uint64_t Unsigned(const Stmt& row, int column) { return static_cast<uint64_t>(row.Number(column)); }

}  // namespace

Status PeerTables::Open(Db* db, bool writable) {
  RETURN_IF_ERROR(
      confirmed_.Prepare(db,
                         "select stream,layer,next_seq,at_us from feed_cursor where subscriber=$1"
                         " order by stream,layer"));
  RETURN_IF_ERROR(last_receipt_.Prepare(
      db,
      "select number,receipt from receipt where peer=$1 and ours=$2 order by number desc limit 1"));
  RETURN_IF_ERROR(document_.Prepare(
      db, "select kind,owner,version,digest,document from document where kind=$1 and owner=$2"));
  RETURN_IF_ERROR(documents_.Prepare(
      db, "select kind,owner,version,digest,document from document order by kind,owner"));
  RETURN_IF_ERROR(witnesses_.Prepare(
      db,
      "select node,witness,size,head,countersignature from witness order by node,witness,size"));
  RETURN_IF_ERROR(
      evidence_.Prepare(db, "select origin,code,at_us,alarm from evidence order by number"));
  RETURN_IF_ERROR(peers_.Prepare(
      db,
      "select peer,last_connected_us,last_seen_us,last_error,bytes_in,bytes_out,records_in,"
      "records_out from peer order by peer"));
  if (!writable) return Status();
  RETURN_IF_ERROR(put_confirmed_.Prepare(
      db,
      "insert into feed_cursor(subscriber,stream,layer,next_seq,at_us) values($1,$2,$3,$4,$5)"
      " on conflict(subscriber,stream,layer) do update set next_seq=excluded.next_seq,"
      "at_us=excluded.at_us"));
  RETURN_IF_ERROR(add_receipt_.Prepare(
      db, "insert into receipt(peer,ours,number,receipt) values($1,$2,$3,$4)"));
  RETURN_IF_ERROR(
      trim_receipts_.Prepare(db, "delete from receipt where peer=$1 and ours=$2 and number<=$3"));
  RETURN_IF_ERROR(put_document_.Prepare(
      db,
      "insert into document(kind,owner,version,digest,document) values($1,$2,$3,$4,$5)"
      " on conflict(kind,owner) do update set version=excluded.version,digest=excluded.digest,"
      "document=excluded.document"));
  RETURN_IF_ERROR(put_witness_.Prepare(
      db,
      "insert into witness(node,witness,size,head,countersignature) values($1,$2,$3,$4,$5)"
      " on conflict(node,witness,size) do update set head=excluded.head,"
      "countersignature=excluded.countersignature"));
  RETURN_IF_ERROR(
      add_evidence_.Prepare(db,
                            "insert into evidence(number,origin,code,at_us,alarm)"
                            " select coalesce(max(number),0)+1,$1,$2,$3,$4 from evidence"));
  return put_peer_.Prepare(
      db,
      "insert into peer(peer,last_connected_us,last_seen_us,last_error,bytes_in,bytes_out,"
      "records_in,records_out) values($1,$2,$3,$4,$5,$6,$7,$8) on conflict(peer) do update set"
      " last_connected_us=excluded.last_connected_us,last_seen_us=excluded.last_seen_us,"
      "last_error=excluded.last_error,bytes_in=excluded.bytes_in,bytes_out=excluded.bytes_out,"
      "records_in=excluded.records_in,records_out=excluded.records_out");
}

Status PeerTables::PutConfirmed(const Confirmed& row) {
  for (size_t i = 0; i < kLayers; ++i) {
    RETURN_IF_ERROR(put_confirmed_.BindText(1, row.peer)
                        .Bind(2, row.stream)
                        .Bind(3, static_cast<int64_t>(i))
                        .Bind(4, Signed(row.next_seq[i]))
                        .Bind(5, row.at_us)
                        .Run());
  }
  return Status();
}

Status PeerTables::AddReceipt(const ReceiptRow& row) {
  ASSIGN_OR_RETURN(const std::optional<ReceiptRow> last, LastReceipt(row.peer, row.ours));
  RETURN_IF_ERROR(CheckReceiptNumber(last ? last->number : 0, row));
  RETURN_IF_ERROR(add_receipt_.BindText(1, row.peer)
                      .Bind(2, row.ours)
                      .Bind(3, Signed(row.number))
                      .BindBlob(4, row.receipt)
                      .Run());
  return trim_receipts_.BindText(1, row.peer)
      .Bind(2, row.ours)
      .Bind(3, Signed(row.number) - kReceiptsKept)
      .Run();
}

DocumentRow TakeDocument(const Stmt& row) {
  DocumentRow document;
  document.kind = static_cast<int>(row.Number(0));
  document.owner = row.Copy(1);
  document.version = Unsigned(row, 2);
  document.digest = row.Copy(3);
  document.document = row.Copy(4);
  return document;
}

Status PeerTables::PutDocument(const DocumentRow& row) {
  std::optional<DocumentRow> stored;
  {
    StmtReset reset(&document_);
    ASSIGN_OR_RETURN(const bool found, document_.Bind(1, row.kind).BindText(2, row.owner).Step());
    if (found) stored = TakeDocument(document_);
  }
  ASSIGN_OR_RETURN(const bool replaces, ReplacesDocument(stored ? &*stored : nullptr, row));
  if (!replaces) return Status();
  return put_document_.Bind(1, row.kind)
      .BindText(2, row.owner)
      .Bind(3, Signed(row.version))
      .BindBlob(4, row.digest)
      .BindBlob(5, row.document)
      .Run();
}

Status PeerTables::PutWitness(const WitnessRow& row) {
  return put_witness_.BindText(1, row.node)
      .BindText(2, row.witness)
      .Bind(3, Signed(row.size))
      .BindBlob(4, row.head)
      .BindBlob(5, row.countersignature)
      .Run();
}

Status PeerTables::AddEvidence(const EvidenceRow& row) {
  return add_evidence_.BindText(1, row.origin)
      .BindText(2, row.code)
      .Bind(3, row.at_us)
      .BindBlob(4, row.alarm)
      .Run();
}

Status PeerTables::PutPeer(const PeerRow& row) {
  return put_peer_.BindText(1, row.peer)
      .Bind(2, row.last_connected_us)
      .Bind(3, row.last_seen_us)
      .BindText(4, row.last_error)
      .Bind(5, Signed(row.bytes_in))
      .Bind(6, Signed(row.bytes_out))
      .Bind(7, Signed(row.records_in))
      .Bind(8, Signed(row.records_out))
      .Run();
}

StatusOr<std::vector<Confirmed>> PeerTables::ConfirmedBy(const std::string& peer) {
  std::vector<Confirmed> all;
  StmtReset reset(&confirmed_);
  confirmed_.BindText(1, peer);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, confirmed_.Step());
    if (!more) return all;
    const auto stream = static_cast<uint32_t>(confirmed_.Number(0));
    if (all.empty() || all.back().stream != stream) all.push_back({peer, stream});
    all.back().next_seq[static_cast<size_t>(confirmed_.Number(1)) % kLayers] =
        Unsigned(confirmed_, 2);
    all.back().at_us = confirmed_.Number(3);
  }
}

StatusOr<std::optional<ReceiptRow>> PeerTables::LastReceipt(const std::string& peer, bool ours) {
  StmtReset reset(&last_receipt_);
  ASSIGN_OR_RETURN(const bool found, last_receipt_.BindText(1, peer).Bind(2, ours).Step());
  if (!found) return std::optional<ReceiptRow>();
  return std::optional<ReceiptRow>(
      ReceiptRow{peer, ours, Unsigned(last_receipt_, 0), last_receipt_.Copy(1)});
}

StatusOr<std::vector<DocumentRow>> PeerTables::Documents() {
  std::vector<DocumentRow> all;
  StmtReset reset(&documents_);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, documents_.Step());
    if (!more) return all;
    all.push_back(TakeDocument(documents_));
  }
}

StatusOr<std::vector<WitnessRow>> PeerTables::Witnesses() {
  std::vector<WitnessRow> all;
  StmtReset reset(&witnesses_);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, witnesses_.Step());
    if (!more) return all;
    all.push_back({witnesses_.Copy(0), witnesses_.Copy(1), Unsigned(witnesses_, 2),
                   witnesses_.Copy(3), witnesses_.Copy(4)});
  }
}

StatusOr<std::vector<EvidenceRow>> PeerTables::Evidence() {
  std::vector<EvidenceRow> all;
  StmtReset reset(&evidence_);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, evidence_.Step());
    if (!more) return all;
    all.push_back({evidence_.Copy(0), evidence_.Copy(1), evidence_.Number(2), evidence_.Copy(3)});
  }
}

StatusOr<std::vector<PeerRow>> PeerTables::Peers() {
  std::vector<PeerRow> all;
  StmtReset reset(&peers_);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, peers_.Step());
    if (!more) return all;
    all.push_back({peers_.Copy(0), peers_.Number(1), peers_.Number(2), peers_.Copy(3),
                   Unsigned(peers_, 4), Unsigned(peers_, 5), Unsigned(peers_, 6),
                   Unsigned(peers_, 7)});
  }
}

}  // namespace tombolo::store
