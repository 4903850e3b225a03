// Handing on: from stored entries to the pages that the boundary shapes, once for all recipients
// that see the same layers.
//
// A PageMaker reads, decodes and classifies a stretch of a stream once and encodes it once per set
// of layers; pages near the end of streams stay in a cache, so a change costs a further subscriber
// a copy and its encryption. It has a store of its own for reading and a thread of its own.
// Ownership: borrows the store. Thread-safety: one thread per object; pages are shared.
// Errors: those of the store. A page that cannot be made ends the feed, never sends less.
#ifndef TOMBOLO_GATEWAY_NODE_SHARE_H_
#define TOMBOLO_GATEWAY_NODE_SHARE_H_

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "gateway/boundary/disclosure.h"
#include "gateway/exchange/publisher.h"
#include "gateway/ledger/cursor.h"
#include "gateway/ledger/tree_spans.h"
#include "gateway/store/store.h"

namespace tombolo::node {

// Streams that this node can hand on, with their heads as frames. Relayed ones up to proved_size.
// `commit_count`: only those changed since; 0 = all.
StatusOr<std::vector<exchange::CarriedStream>> LoadCarried(store::Store* store,
                                                           std::string_view self,
                                                           uint64_t commit_count);

class PageMaker {
 public:
  struct Settings {
    uint64_t cache_bytes = 0;
    boundary::Packer pack;  // null: never compress
  };
  PageMaker(store::Store* reader, ledger::CursorCodec* cursors, Settings settings);

  // The page that starts at want.from_seq and reaches no further than want.to_size. Null: the store
  // has nothing there (an invariant of the caller's).
  StatusOr<std::shared_ptr<const boundary::ShapedPage>> Make(const exchange::WantPage& want,
                                                             int32_t today);
  uint64_t cached_bytes() const { return cached_bytes_; }
  uint64_t hits() const { return hits_; }

 private:
  using Key = std::tuple<uint32_t, uint8_t, int, uint64_t, uint64_t>;
  StatusOr<const ledger::TreeSpans*> SpansOf(uint32_t stream, uint64_t size);
  void Keep(const Key& key, std::shared_ptr<const boundary::ShapedPage> page);

  store::Store* reader_;
  ledger::CursorCodec* cursors_;
  Settings settings_;
  std::map<uint32_t, ledger::TreeSpans> spans_;  // of the streams in transfer; few
  std::map<Key, std::shared_ptr<const boundary::ShapedPage>> cache_;
  std::list<Key> oldest_;
  uint64_t cached_bytes_ = 0, hits_ = 0;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SHARE_H_
