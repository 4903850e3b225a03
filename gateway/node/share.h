// Handing on: from stored entries to the pages that the boundary shapes, once for all recipients
// that see the same layers.
//
// A PageMaker reads, decodes and classifies a stretch of a stream once and encodes it once per set
// of layers; pages stay in a cache until their stream changes, so a change costs a further
// subscriber a copy and its encryption. Pages end where a stored inner node does, if they can, so
// that a path costs no leaf. It has a store of its own for reading and a thread of its own.
// Ownership: borrows store and codec. Thread-safety: one thread per object; pages are shared.
// Errors: those of the store; INVALID_ARGUMENT for a stream that is not one of records. A page that
// cannot be made ends the feed, never sends less.
#ifndef TOMBOLO_GATEWAY_NODE_SHARE_H_
#define TOMBOLO_GATEWAY_NODE_SHARE_H_

#include <cstdint>
#include <deque>
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

// Streams that this node can hand on, with their heads as frames; relayed ones up to proved_size,
// with those layers that are held up to there. Never an audit log, nor a stream without entries.
// `commit_count`: only those changed since; 0 = all. `hop` is left to the caller.
StatusOr<std::vector<exchange::CarriedStream>> LoadCarried(store::Store* store,
                                                           std::string_view self,
                                                           uint64_t commit_count);

class PageMaker {
 public:
  struct Settings {
    uint64_t cache_bytes = 0;  // of payloads, packed and not
    boundary::Packer pack;     // null: never compress
  };
  PageMaker(store::Store* reader, ledger::CursorCodec* cursors, Settings settings);

  // The page that starts at want.from_seq and reaches no further than want.to_size; of a FILL, the
  // first of want.seqs, as many as a page takes. Null: the store has nothing there (an invariant of
  // the caller's). `today`: days since 1970, UTC.
  StatusOr<std::shared_ptr<const boundary::ShapedPage>> Make(const exchange::WantPage& want,
                                                             int32_t today);
  uint64_t cached_bytes() const { return cached_bytes_; }
  uint64_t hits() const { return hits_; }

 private:
  using Page = std::shared_ptr<const boundary::ShapedPage>;
  using Key = std::tuple<uint32_t, uint8_t, int, uint64_t, uint64_t>;
  struct StreamFacts {
    std::string stream_id;
    ledger::EntryHasher hasher;
  };
  // A log at one size, to make paths in.
  struct Tree {
    ledger::CompactRange range;
    ledger::TreeSpans spans;
  };
  // Leaves of one span, from its first on.
  struct SpanLeaves {
    uint32_t stream = 0;
    uint64_t span = 0;
    std::vector<Digest> leaves;
  };
  // Entries as they were read, with the bytes behind them.
  struct Stretch {
    std::vector<store::EntryPage> chunks;
    std::vector<boundary::HeldEntry> entries;
    size_t bytes = 0;
    bool full = false;
  };

  Status ForgetChanged(int32_t today);
  void Forget(std::map<Key, Page>::iterator cached);
  void Keep(const Key& key, const Page& page);
  StatusOr<StreamFacts*> FactsOf(uint32_t stream);
  StatusOr<Page> MakePage(const exchange::WantPage& want, StreamFacts* facts, int32_t today);
  StatusOr<Page> MakeFill(const exchange::WantPage& want, StreamFacts* facts, int32_t today);
  StatusOr<Page> Shape(const exchange::WantPage& want, StreamFacts* facts, uint64_t last_seq,
                       int32_t today);
  Status ReadStretch(const exchange::WantPage& want);
  void AddChunk(store::EntryPage chunk, const exchange::WantPage& want);
  StatusOr<std::string> CursorFor(const exchange::WantPage& want, const StreamFacts& facts,
                                  uint64_t next_seq);
  StatusOr<const ledger::TreeSpans*> SpansOf(uint32_t stream, StreamFacts* facts, uint64_t size);
  StatusOr<Tree> LoadTree(uint32_t stream, StreamFacts* facts, uint64_t size);
  // Appends the leaves up to `size` to the range; completed spans go to `*spans`.
  Status AddLeaves(uint32_t stream, StreamFacts* facts, uint64_t size, ledger::CompactRange* range,
                   std::string* spans);
  // `to_size`: entries beyond are not read.
  StatusOr<Digest> LeafAt(uint32_t stream, StreamFacts* facts, uint64_t index, uint64_t to_size);

  store::Store* reader_;
  ledger::CursorCodec* cursors_;
  Settings settings_;
  std::map<uint32_t, StreamFacts> facts_;
  std::map<int, boundary::PageShaper> shapers_;  // by suite
  std::map<uint32_t, Tree> trees_;               // of the streams in transfer; few
  std::deque<SpanLeaves> leaves_;                // of the spans that pages cut; few
  Stretch stretch_;
  std::map<Key, Page> cache_;
  std::list<Key> oldest_;  // keys in the order of their making; some may be gone
  uint64_t commit_count_ = 0;
  int32_t today_ = 0;
  uint64_t cached_bytes_ = 0, hits_ = 0;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_SHARE_H_
