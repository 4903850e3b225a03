// Carries out the received part of a tick: rows, layers filled in and taken out, streams forgotten.
//
// Ownership: borrows the tables. Thread-safety: one thread. Errors: those of received_rules.h and
// sqlite_db.h. Runs inside the caller's transaction, after the tick's appends.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_RECEIVED_TICK_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_RECEIVED_TICK_H_

#include "gateway/store/sqlite/block_log.h"
#include "gateway/store/sqlite/received_tables.h"
#include "gateway/store/sqlite/small_tables.h"
#include "gateway/store/sqlite/span_tables.h"

namespace tombolo::store {

struct ReceivedTick {
  StreamTable* streams;
  BlockLog* log;
  ReceivedTables* received;
  PeerTables* peers;
  SpanTable* spans;
  MaskTable* masks;

  Status Apply(const Tick& tick);

 private:
  Status Check(const Tick& tick);
  Status CheckIsReceived(uint32_t stream);
  Status Fill(const std::vector<LayerFill>& fills);
  Status Drop(const LayerDrop& drop);
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_RECEIVED_TICK_H_
