// One stream on its way to one subscriber; a part of Publisher, whose two files share it.
//
// Ownership: owned by the Publisher. Thread-safety: the session's. Errors: none.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_FEED_H_
#define TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_FEED_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "gateway/exchange/publisher.h"

namespace tombolo::exchange {

inline bool Has(boundary::LayerMask layers, size_t k) { return (layers >> k & 1) != 0; }

struct Publisher::Feed {
  Feed(const CarriedStream& carried, boundary::Decision its_decision)
      : stream(carried.number), stream_id(carried.stream_id), decision(std::move(its_decision)) {}

  // The first layer that lags behind the entries, or -1; those beyond `size` wait.
  int Behind(uint64_t size) const {
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if (Has(layers, k) && next_seq[k] < position && next_seq[k] <= size) {
        return static_cast<int>(k);
      }
    }
    return -1;
  }
  // The first entry that a page may still have.
  uint64_t LowestSeq() const {
    uint64_t lowest = position;
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if (Has(layers, k)) lowest = std::min(lowest, next_seq[k]);
    }
    return lowest;
  }

  const uint32_t stream;
  const std::string stream_id;
  boundary::Decision decision;
  boundary::LayerMask layers = 0;         // of the OFFER that holds or is due
  boundary::LayerMask held = 0, hop = 0;  // what was decided with
  std::string rule;
  int64_t until_us = 0;
  Positions next_seq{};    // of permitted layers; 0 elsewhere
  uint64_t position = 1;   // the entries'
  uint64_t from_seq = 1;   // that FEED_OPENED names
  uint64_t confirmed = 0;  // entries signed for
  uint64_t change = 0;     // number of the FeedChange that is not durable yet; 0 = none
  bool offer_due = false;
  bool show_head = false;  // with the OFFER: the peer's root contradicts it
  bool filling = false;    // the page on its way answers a FILL

  // What the next pages are proved against: kept until it is reached.
  uint64_t target_size = 0;
  std::shared_ptr<const std::string> target;
  bool target_sent = false;

  uint64_t ticket = 0;   // of the page that is on its way; 0 = none
  bool ready = false;    // is in ready_
  size_t sent_line = 0;  // in sent_, plus 1
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_PUBLISHER_FEED_H_
