// Receiving: verified pages of any number of peers into one tick, once each.
//
// One commit holds the entries, the records' index rows, cursors, gaps, the audit event
// RECORDS_RECEIVED and what else was staged; so entries, receipts and cursors can never differ. A
// page of entries that are held already is skipped; a record's version at or below the one held is
// stored as history of its stream and changes nothing else: repeats and second ways are harmless.
// Index keys of received records are local: docs/decisions, received records in the store.
// Ownership: borrows context and writer. Thread-safety: one thread (the desk).
// Errors: those of the store; DIGEST_MISMATCH and NOT_CANONICAL blame the page's peer, and that
// page alone is left out.
#ifndef TOMBOLO_GATEWAY_NODE_RECEIVE_H_
#define TOMBOLO_GATEWAY_NODE_RECEIVE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/exchange/effect.h"
#include "gateway/exchange/holdings.h"
#include "gateway/node/context.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {

// The key of another origin's record in this node's index: the first 16 bytes of
// SHA-256("TBX1" || u16 origin length || origin || record id). Own records are under their id.
RecordId IndexKey(std::string_view origin, std::string_view record_id);

class Receiver {
 public:
  Receiver(const Context& context, exchange::Holdings* holdings);

  // Known streams, deliveries and gaps from the store into Holdings.
  Status Load();
  Status StageOffer(const std::string& peer, const v1::Offer& offer);
  Status StagePage(const std::string& peer, exchange::StorePage page);
  Status StageLayers(const std::string& peer, const exchange::StoreLayers& layers);

  bool empty() const { return staged_bytes_ == 0; }
  // A commit is due: kReceiveBatchBytesMax or kReceiveBatchEntriesMax reached.
  bool full() const;
  // Puts everything staged into the writer's tick, with one audit event per (peer, origin). The
  // caller commits the writer, then calls Done or, if it failed, Undo (Holdings are loaded anew).
  Status Fill(TickWriter* writer);
  // By peer: credit to give back.
  std::map<std::string, uint64_t> Done();
  Status Undo();

 private:
  Status IndexEntries(const exchange::StorePage& page, uint32_t stream, TickWriter* writer);
  const Context& context_;
  exchange::Holdings* holdings_;
  std::map<std::string, std::vector<exchange::StorePage>> pages_;  // by peer
  std::map<std::string, std::vector<exchange::StoreLayers>> layers_;
  uint64_t staged_bytes_ = 0, staged_entries_ = 0;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_RECEIVE_H_
