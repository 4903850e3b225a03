// The tables of the exchange: received streams, the ways entries came on, cursors of both
// directions, gaps, receipts, documents, countersigned heads, evidence, peers.
//
// Ownership: borrows the Db. Thread-safety: one thread per object. Errors: those of
// received_rules.h and sqlite_db.h. Writing calls run inside the caller's transaction.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_RECEIVED_TABLES_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_RECEIVED_TABLES_H_

#include <optional>
#include <string>
#include <vector>

#include "gateway/store/sqlite/sqlite_db.h"
#include "gateway/store/store.h"

namespace tombolo::store {

// What this node holds of others' streams.
class ReceivedTables {
 public:
  Status Open(Db* db, bool writable);

  StatusOr<bool> IsReceived(uint32_t stream);
  // All but `incomplete`, which follows the gaps.
  Status PutStream(const ReceivedStream& row);
  Status PutDelivery(const Delivery& row);
  Status PutCursor(const CursorIn& row);
  Status PutGap(const Gap& row);
  // What a LayerDrop takes from these tables.
  Status Drop(const LayerDrop& drop);

  StatusOr<std::vector<ReceivedStream>> Streams();
  StatusOr<std::vector<ReceivedStream>> Find(absl::Span<const uint32_t> numbers);
  StatusOr<std::vector<Delivery>> Deliveries();
  StatusOr<std::vector<CursorIn>> Cursors(const std::string& peer);
  StatusOr<std::vector<Gap>> Gaps(uint32_t stream, uint64_t after_seq, size_t rows_max);

 private:
  Db* db_ = nullptr;
  Stmt is_received_, streams_, one_, deliveries_, cursors_, gaps_;
  Stmt put_stream_, put_delivery_, put_cursor_, take_cursor_, put_gap_, take_gap_, count_gaps_;
  Stmt drop_cursors_, drop_positions_, mask_gaps_, drop_gaps_, recount_gaps_;
};

// What this node and its peers have told each other.
class PeerTables {
 public:
  Status Open(Db* db, bool writable);

  Status PutConfirmed(const Confirmed& row);
  Status AddReceipt(const ReceiptRow& row);
  Status PutDocument(const DocumentRow& row);
  Status PutWitness(const WitnessRow& row);
  Status AddEvidence(const EvidenceRow& row);
  Status PutPeer(const PeerRow& row);

  StatusOr<std::vector<Confirmed>> ConfirmedBy(const std::string& peer);
  StatusOr<std::optional<ReceiptRow>> LastReceipt(const std::string& peer, bool ours);
  StatusOr<std::vector<DocumentRow>> Documents();
  StatusOr<std::vector<WitnessRow>> Witnesses();
  StatusOr<std::vector<EvidenceRow>> Evidence();
  StatusOr<std::vector<PeerRow>> Peers();

 private:
  Stmt confirmed_, last_receipt_, document_, documents_, witnesses_, evidence_, peers_;
  Stmt put_confirmed_, add_receipt_, trim_receipts_, put_document_, put_witness_, add_evidence_,
      put_peer_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_RECEIVED_TABLES_H_
