// Changes of entries that stay in their place: layers filled in and taken out, block by block.
#include <algorithm>

#include "gateway/store/received_rules.h"
#include "gateway/store/sqlite/block_log.h"

namespace tombolo::store {

Status BlockLog::Edit(const OpenBlock& block, CodecSizes sizes, const EntryEdit& edit) {
  std::string out;
  std::string_view in = block.entries();
  EntryView entry;
  for (uint64_t i = 0; i < block.heading.count; ++i) {
    entry.seq = block.heading.first_seq + i;
    RETURN_IF_ERROR(TakeEntry(&in, sizes, &entry));
    RETURN_IF_ERROR(edit(entry, &out));
  }
  return out == block.entries() ? Status() : UpdateBlock(block.heading, out);
}

Status BlockLog::Drop(uint32_t stream, uint64_t size, CodecSizes sizes, ledger::EntryHasher* hasher,
                      LayerMask layers) {
  const EntryEdit edit = [&](const EntryView& entry, std::string* out) {
    DropLayers(hasher, entry, layers, out);
    return Status();
  };
  for (uint64_t seq = 1; seq <= size;) {
    ASSIGN_OR_RETURN(const OpenBlock block, FindBlock(stream, seq));
    RETURN_IF_ERROR(Edit(block, sizes, edit));
    seq = block.heading.first_seq + block.heading.count;
  }
  return Status();
}

Status BlockLog::Fill(uint32_t stream, CodecSizes sizes, ledger::EntryHasher* hasher,
                      absl::Span<const LayerFill* const> fills) {
  // Several layers of one entry are filled one after the other.
  const EntryEdit edit = [&](const EntryView& entry, std::string* out) -> Status {
    std::string bytes;
    AppendEntry(entry, &bytes);
    for (; !fills.empty() && fills.front()->seq == entry.seq; fills.remove_prefix(1)) {
      EntryView held;
      held.seq = entry.seq;
      std::string_view in = bytes;
      RETURN_IF_ERROR(TakeEntry(&in, sizes, &held));
      std::string filled;
      RETURN_IF_ERROR(FillLayer(hasher, held, *fills.front(), &filled));
      bytes = std::move(filled);
    }
    out->append(bytes);
    return Status();
  };
  while (!fills.empty()) {
    ASSIGN_OR_RETURN(const OpenBlock block, FindBlock(stream, fills.front()->seq));
    RETURN_IF_ERROR(Edit(block, sizes, edit));
  }
  return Status();
}

Status BlockLog::Forget(uint32_t stream) { return forget_.Bind(1, stream).Run(); }

}  // namespace tombolo::store
