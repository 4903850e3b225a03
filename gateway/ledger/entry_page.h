// Entries in columns: the payload of an ENTRIES frame, written and read without a copy per entry,
// and the leaves of a whole page at once.
//
// Bytes: docs/formats/frame.md, "Entries". They are a canonical v1::Entries message; this reads and
// writes it by hand, because generated code allocates some ten strings an entry. Lockstep with the
// generated code: tests/unit/ledger/entry_page_test. Trap it guards against: a size or count from
// outside is compared with what is left before anything is reserved.
// Ownership: views point into the bytes given. Thread-safety: one thread per object; functions are
// pure. Errors: NOT_CANONICAL, LIMIT_EXCEEDED (a header, layer, page), PROOF_INVALID.
#ifndef TOMBOLO_GATEWAY_LEDGER_ENTRY_PAGE_H_
#define TOMBOLO_GATEWAY_LEDGER_ENTRY_PAGE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gateway/base/error.h"
#include "gateway/ledger/commitment.h"
#include "gateway/ledger/merkle.h"

namespace tombolo::ledger {

// Bit k stands for the layer with index k: PUBLIC 1, GOVERNMENT 2, LIMITED 4.
using LayerMask = uint8_t;
inline constexpr LayerMask kAllLayers = 7;

// One entry. A layer is shown (salt and content) or a hash, never both.
struct EntryParts {
  v1::EntryType type = v1::PUT;  // of an erased entry: ENTRY_TYPE_UNSPECIFIED
  bool erased = false;
  LayerMask shown = 0;  // PUT only
  std::string_view header;
  std::array<std::string_view, kLayerCount> salts;     // where shown
  std::array<std::string_view, kLayerCount> contents;  // where shown; may be empty
  std::array<std::string_view, kLayerCount> hashes;    // PUT, where not shown
  std::string_view leaf;                               // erased only
};

// A page as read. Reuse one object: its vectors keep their capacity.
struct EntryPage {
  std::string_view stream_id;
  uint64_t first_seq = 0;
  std::vector<EntryParts> entries;
  std::vector<std::string_view> path;  // consistency path to the head's size
  std::string_view cursor;
  uint64_t last_seq() const { return first_seq + entries.size() - 1; }
};

// What an ENTRIES payload has beside its entries.
struct PageFrame {
  std::string_view stream_id;
  uint64_t first_seq = 0;
  absl::Span<const Digest> path;
  std::string_view cursor;
};

// Appends the payload to `*out`. The entries obey the rules of frame.md: it is the caller's duty.
void AppendEntries(Suite suite, const PageFrame& frame, absl::Span<const EntryParts> entries,
                   std::string* out);
// Strict. 1 to kReceiveBatchEntriesMax entries; every size is the suite's; columns are used up
// exactly. After an error the page's content is of no use.
Status ReadEntries(Suite suite, std::string_view payload, EntryPage* page);

// Appends the leaves of the page to `*range`; where a subtree of kTreeSpan leaves becomes complete,
// its root to `*spans`, if not null. `page` is as ReadEntries gave it; headers are not looked into:
// DecodeRetract, DecodeTombstone and gateway/record do that. `computed`, if not null, gets for each
// entry its three layer hashes, computed or stated (the receiver needs them when it drops a layer
// later); those of a RETRACT, TOMBSTONE or erased entry are empty.
void AppendPage(EntryHasher* hasher, const EntryPage& page, CompactRange* range, std::string* spans,
                std::vector<LayerHashes>* computed);

// That `range` is the beginning of the log with this head: the root itself where sizes are equal
// (the path is then empty), else by the path.
Status CheckAgainstHead(const CompactRange& range, const std::vector<std::string_view>& path,
                        const v1::StreamHead& head);

}  // namespace tombolo::ledger

#endif  // TOMBOLO_GATEWAY_LEDGER_ENTRY_PAGE_H_
