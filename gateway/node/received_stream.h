// What Receiver and ReceiveTick share: received streams as they stand in the store and in memory,
// and what waits to be stored.
//
// Ownership: staged pages own their bytes. Thread-safety: plain values. Errors: none.
#ifndef TOMBOLO_GATEWAY_NODE_RECEIVED_STREAM_H_
#define TOMBOLO_GATEWAY_NODE_RECEIVED_STREAM_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/base/ids.h"
#include "gateway/exchange/effect.h"
#include "gateway/ledger/commitment.h"
#include "gateway/store/store.h"

namespace tombolo::node {

// An entry that misses layers without an explanation.
struct OpenGap {
  store::LayerMask layers = 0;
  bool stored = false;
  bool has_key = false;  // an erased entry names no record
  RecordId key;
};

struct KnownStream {
  KnownStream(uint32_t its_number, std::string its_id, ledger::EntryHasher its_hasher)
      : number(its_number), id(std::move(its_id)), hasher(std::move(its_hasher)) {}

  uint32_t number;
  std::string id;
  ledger::EntryHasher hasher;
  std::string descriptor;  // canonical bytes
  std::string origin;
  bool stored = false;  // the store has it
  uint64_t epoch = 1;   // the store's fence
  uint64_t size = 0;    // entries stored
  store::ReceivedStream row;
  // With what is staged; what the Holding is taken back to when a page is refused.
  uint64_t staged_size = 0;
  std::string staged_range;
  std::array<uint64_t, 3> staged_next{};
  std::map<uint64_t, OpenGap> gaps;                // by seq
  absl::flat_hash_map<RecordId, uint64_t> gap_of;  // a record's, if it has one in this stream
};
using KnownStreams = std::map<uint32_t, KnownStream>;

// `slot`: where ReceiveTick keeps the record's place in the index.
struct StagedEntry {
  RecordId key;
  uint64_t version = 0;
  uint32_t slot = 0;
  bool has_key = false;
  store::LayerMask missing = 0;  // layers that ought to be there
};
struct StagedPage {
  std::string peer;
  uint32_t stream = 0;
  uint32_t delivery = 0;
  store::LayerMask layers = 0;  // that the page speaks for
  exchange::StorePage page;
  std::vector<StagedEntry> entries;
};
struct StagedFill {
  store::LayerFill fill;
  StagedEntry entry;
};
struct StagedLayers {
  std::string peer;
  uint32_t stream = 0;
  uint8_t layer = 0;
  uint64_t first_seq = 0, last_seq = 0;
  std::string cursor;
  uint64_t wire_bytes = 0;
  std::vector<StagedFill> fills;
  std::vector<std::pair<uint64_t, StagedEntry>> missing;  // PUTs that ought to have the layer
};
using Staged = std::variant<StagedPage, StagedLayers>;

// The key of another origin's record in this node's index: the first 16 bytes of
// SHA-256("TBX1" || u16 origin length || origin || record id). Own records are under their id.
RecordId IndexKey(std::string_view origin, std::string_view record_id);

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_RECEIVED_STREAM_H_
