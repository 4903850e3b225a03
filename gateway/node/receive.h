// Receiving: verified pages of any number of peers into one tick, once each.
//
// One commit holds the entries, the records' index rows, cursors, gaps, the audit events
// RECORDS_RECEIVED and what else was staged; so entries, receipts and cursors can never differ. A
// page of entries that are held already is passed over; a record's version at or below the one held
// is stored as history of its stream and changes nothing else: repeats and second ways are
// harmless. Index keys of received records are local: docs/decisions, received records in the
// store. Ownership: borrows context and holdings; the context's store, clock and identity are used.
// Thread-safety: one thread (the desk). Errors: those of the store; NOT_CANONICAL, STREAM_GAP and
// DIGEST_MISMATCH blame the page's peer: that page alone is left out, its Holding as before it.
#ifndef TOMBOLO_GATEWAY_NODE_RECEIVE_H_
#define TOMBOLO_GATEWAY_NODE_RECEIVE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/exchange/effect.h"
#include "gateway/exchange/holdings.h"
#include "gateway/node/context.h"
#include "gateway/node/received_stream.h"
#include "gateway/node/tick_writer.h"

namespace tombolo::node {

class Receiver {
 public:
  Receiver(const Context& context, exchange::Holdings* holdings);

  // Known streams, deliveries and gaps from the store into Holdings; forgets what is staged and
  // what was offered. A head that was accepted stays: the next one must agree with it.
  Status Load();
  // The Holding is there already (exchange/subscriber.h).
  Status StageOffer(const std::string& peer, const v1::Offer& offer);
  Status StagePage(const std::string& peer, exchange::StorePage page);
  Status StageLayers(const std::string& peer, const exchange::StoreLayers& layers);

  bool empty() const { return staged_.empty(); }
  // A commit is due: kReceiveBatchBytesMax or kReceiveBatchEntriesMax reached.
  bool full() const;
  // Puts everything staged into the writer's tick, with audit events by peer, origin and layers.
  // Once per commit; the caller commits the writer, then calls Done or, if it failed, Undo.
  Status Fill(TickWriter* writer);
  struct PeerGain {
    uint64_t credit = 0;  // to give back
    uint64_t records = 0;
  };
  std::map<std::string, PeerGain> Done();
  // Holdings are as the store has them.
  Status Undo() { return Load(); }
  // A drop was committed: the Holding is as after it, in place.
  void Dropped(const store::LayerDrop& drop);

  // Ids of the streams whose head the last Fill reached.
  const std::vector<std::string>& reached() const { return reached_; }
  // Of a received stream; "" and 0 if there is none.
  std::string_view StreamId(uint32_t number) const;
  uint32_t NumberOf(std::string_view stream_id) const;

 private:
  struct Offered {
    uint32_t stream = 0;
    store::LayerMask layers = 0;
    std::vector<std::string> path;
  };

  Status LoadStreams();
  Status LoadStream(const store::StreamState& state, const store::ReceivedStream& row);
  Status LoadGaps(KnownStream* stream);
  const Offered* FindOffer(const std::string& peer, std::string_view stream_id) const;
  uint32_t DeliveryFor(const std::string& peer, const std::vector<std::string>& path);
  Status ScanPage(KnownStream* stream, StagedPage* staged);
  Status ScanEntry(KnownStream* stream, uint64_t seq, const ledger::EntryParts& parts,
                   store::LayerMask layers, StagedEntry* out);
  void TakeBack(const KnownStream& stream);
  Status ReadLayers(KnownStream* stream, const v1::Layers& layers, bool brings_forward,
                    StagedLayers* staged);
  // Calls `visit` with each entry held, stored or staged, of [first, last].
  template <typename Visit>
  Status EachHeld(const KnownStream& stream, uint64_t first, uint64_t last, const Visit& visit);

  const Context& context_;
  exchange::Holdings* holdings_;
  KnownStreams streams_;
  std::map<std::string, uint32_t, std::less<>> numbers_;              // by stream id
  std::map<std::pair<std::string, std::string>, Offered> offers_;     // by peer and stream id
  std::map<std::pair<std::string, std::string>, uint32_t> delivery_;  // by peer and path
  std::vector<store::Delivery> new_deliveries_;
  uint32_t next_stream_ = 0, next_delivery_ = 0;
  std::vector<Staged> staged_;
  std::map<std::string, PeerGain> gains_;
  std::vector<std::string> reached_;
  uint64_t staged_bytes_ = 0, staged_entries_ = 0;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_RECEIVE_H_
