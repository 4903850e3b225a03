// What leaves the node. Two types that only this folder can make, and that the sender demands.
//
// ShapedPage: a stretch of one stream encoded for one set of layers; the layers outside the set are
// hashes, so nothing of their content is in its bytes. It is made once and shared by all recipients
// that see the same layers. Disclosure: a ShapedPage together with the Decision that lets one
// recipient have it. The constructors are private; tests/unit/boundary/must_not_compile checks that
// nobody else makes one. Layers are chosen, never re-encoded: contents are copied bytes.
// Ownership: pages are shared and immutable. Thread-safety: immutable values.
// Errors: NOT_PERMITTED, INVALID_ARGUMENT (the page is of another stream), LIMIT_EXCEEDED.
#ifndef TOMBOLO_GATEWAY_BOUNDARY_DISCLOSURE_H_
#define TOMBOLO_GATEWAY_BOUNDARY_DISCLOSURE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gateway/boundary/decision.h"
#include "gateway/ledger/commitment.h"
#include "gateway/ledger/entry_page.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::boundary {

// An entry as the store holds it.
struct HeldEntry {
  ledger::EntryParts parts;
  bool current = false;  // its record's current version; others travel as stubs
};

struct PageSource {
  ledger::Suite suite = v1::SUITE_UNSPECIFIED;  // of the stream's origin
  std::string_view stream_id;
  uint64_t first_seq = 0;
  absl::Span<const HeldEntry> entries;  // 1 to kPageEntriesTarget
  absl::Span<const Digest> path;        // consistency path of the last entry to the offered head
  std::string_view cursor;
  int32_t today = 0;  // days since 1970, UTC
};

class ShapedPage {
 public:
  v1::FrameType type() const { return type_; }  // ENTRIES or LAYERS
  LayerMask layers() const { return layers_; }
  const std::string& stream_id() const { return stream_id_; }
  uint64_t first_seq() const { return first_seq_; }
  uint64_t last_seq() const { return last_seq_; }
  uint64_t shown() const { return shown_; }                // entries with at least one layer
  const std::string& payload() const { return payload_; }  // of the frame, not compressed
  const std::string& packed() const { return packed_; }    // zstd; empty where it does not pay

 private:
  friend class PageShaper;
  ShapedPage() = default;
  v1::FrameType type_ = v1::ENTRIES;
  LayerMask layers_ = 0;
  std::string stream_id_, payload_, packed_;
  uint64_t first_seq_ = 0, last_seq_ = 0, shown_ = 0;
};

// Gives the compressed form of a payload, or an empty text where it does not pay.
using Packer = std::function<std::string(std::string_view payload)>;

// Makes pages. One thread per object.
class PageShaper {
 public:
  // `pack` may be null: pages are not compressed.
  PageShaper(ledger::Suite suite, Packer pack) : hasher_(suite), pack_(std::move(pack)) {}
  // An ENTRIES page that shows `layers` (not 0) of each current entry within its terms.
  StatusOr<std::shared_ptr<const ShapedPage>> Entries(const PageSource& source, LayerMask layers);
  // A LAYERS page: one layer of those entries that show it. `last_seq` may lie beyond the last
  // entry given, where the rest of the stretch has nothing to give.
  StatusOr<std::shared_ptr<const ShapedPage>> Layer(const PageSource& source, int layer_index,
                                                    uint64_t last_seq);

 private:
  // The entry as it travels; `shown` are layers that it has.
  Status Shape(const ledger::EntryParts& parts, LayerMask shown, ledger::EntryParts* out);
  StatusOr<std::shared_ptr<const ShapedPage>> Finish(std::shared_ptr<ShapedPage> page);

  ledger::EntryHasher hasher_;
  Packer pack_;
  // Of the page in work; kept for their capacity.
  std::vector<ledger::EntryParts> shaped_;
  std::vector<Digest> hashes_;
};

class Disclosure {
 public:
  const ShapedPage& page() const { return *page_; }
  const std::shared_ptr<const ShapedPage>& shared_page() const { return page_; }
  uint32_t member() const { return member_; }
  // The state of registry and policies under which it was made; the sender drops it when there is a
  // newer one.
  uint64_t authority() const { return authority_; }

  // NOT_PERMITTED unless the page shows no layer that the decision withholds and `now_us` is before
  // decision.until_us(). `stream_id`: the stream that the decision is about.
  static StatusOr<Disclosure> Make(const Decision& decision, std::string_view stream_id,
                                   std::shared_ptr<const ShapedPage> page, uint64_t authority,
                                   int64_t now_us);

 private:
  Disclosure() = default;
  std::shared_ptr<const ShapedPage> page_;
  uint32_t member_ = 0;
  uint64_t authority_ = 0;
};

}  // namespace tombolo::boundary

#endif  // TOMBOLO_GATEWAY_BOUNDARY_DISCLOSURE_H_
