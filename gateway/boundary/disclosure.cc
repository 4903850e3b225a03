#include "gateway/boundary/disclosure.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::boundary {
namespace {

// Form, lengths, salts and hashes of an entry of suite 1, at most; an estimate for room.
constexpr size_t kEntryBytes = 128;

v1::SharingClass ClassOf(size_t layer_index) {
  return static_cast<v1::SharingClass>(layer_index + v1::PUBLIC);
}
bool IsShown(const ledger::EntryParts& parts, size_t k) { return (parts.shown >> k & 1) != 0; }

Status CheckSize(std::string_view what, size_t got, size_t want) {
  if (got == want) return absl::OkStatus();
  return MakeError(Code::INVALID_ARGUMENT, absl::StrCat("a ", ToAbsl(what), " of ", got,
                                                        " bytes in the store, want ", want));
}

// Layers that the entry may show; 0 = it goes as a stub.
LayerMask Showable(const HeldEntry& entry, LayerMask layers, int32_t today) {
  if (entry.parts.type != v1::PUT || entry.parts.erased || !entry.current) return 0;
  return WithinTerms(entry.parts.header, entry.parts.shown & layers, today);
}

Status CheckSource(const PageSource& source, ledger::Suite suite) {
  if (source.suite != suite) {
    return MakeError(Code::INVALID_ARGUMENT, "the page is of a stream of another suite");
  }
  if (source.first_seq == 0 || source.stream_id.empty()) {
    return MakeError(Code::INVALID_ARGUMENT, "a page needs its stream, and entries count from 1");
  }
  if (source.entries.size() <= limits::kPageEntriesTarget) return absl::OkStatus();
  return MakeError(Code::LIMIT_EXCEEDED,
                   absl::StrCat("a page of ", source.entries.size(), " entries, limit ",
                                limits::kPageEntriesTarget));
}

}  // namespace

Status PageShaper::Shape(const ledger::EntryParts& parts, LayerMask shown,
                         ledger::EntryParts* out) {
  *out = ledger::EntryParts();
  if (parts.erased) {
    out->type = v1::ENTRY_TYPE_UNSPECIFIED;
    out->erased = true;
    out->leaf = parts.leaf;
    return CheckSize("leaf", parts.leaf.size(), ledger::HashBytes(hasher_.suite()));
  }
  out->type = parts.type;
  out->header = parts.header;
  if (parts.type != v1::PUT) return absl::OkStatus();
  out->shown = shown;
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if (IsShown(parts, k)) {
      RETURN_IF_ERROR(CheckSize("salt", parts.salts[k].size(), ledger::SaltBytes(hasher_.suite())));
    }
    if ((shown >> k & 1) != 0) {
      out->salts[k] = parts.salts[k];
      out->contents[k] = parts.contents[k];
    } else if (IsShown(parts, k)) {
      hashes_.push_back(hasher_.LayerHash(ClassOf(k), parts.salts[k], parts.contents[k]));
      out->hashes[k] = hashes_.back().view();
    } else {
      RETURN_IF_ERROR(
          CheckSize("layer hash", parts.hashes[k].size(), ledger::HashBytes(hasher_.suite())));
      out->hashes[k] = parts.hashes[k];
    }
  }
  return absl::OkStatus();
}

StatusOr<std::shared_ptr<const ShapedPage>> PageShaper::Entries(const PageSource& source,
                                                                LayerMask layers) {
  RETURN_IF_ERROR(CheckSource(source, hasher_.suite()));
  if (source.entries.empty() || layers == 0 || (layers & ~ledger::kAllLayers) != 0) {
    return MakeError(Code::INVALID_ARGUMENT, "a page needs an entry and a layer to show");
  }
  shaped_.resize(source.entries.size());
  hashes_.clear();
  hashes_.reserve(source.entries.size() * ledger::kLayerCount);  // views point into it
  std::shared_ptr<ShapedPage> page(new ShapedPage());
  size_t bytes = 0;
  for (size_t i = 0; i < source.entries.size(); ++i) {
    const LayerMask shown = Showable(source.entries[i], layers, source.today);
    RETURN_IF_ERROR(Shape(source.entries[i].parts, shown, &shaped_[i]));
    page->shown_ += shown != 0 ? 1 : 0;
    bytes += kEntryBytes + shaped_[i].header.size();
    for (const std::string_view content : shaped_[i].contents) bytes += content.size();
  }
  page->layers_ = layers;
  page->stream_id_ = source.stream_id;
  page->first_seq_ = source.first_seq;
  page->last_seq_ = source.first_seq + source.entries.size() - 1;
  page->payload_.reserve(bytes);
  ledger::AppendEntries(hasher_.suite(),
                        {source.stream_id, source.first_seq, source.path, source.cursor}, shaped_,
                        &page->payload_);
  return Finish(std::move(page));
}

StatusOr<std::shared_ptr<const ShapedPage>> PageShaper::Layer(const PageSource& source,
                                                              int layer_index, uint64_t last_seq) {
  RETURN_IF_ERROR(CheckSource(source, hasher_.suite()));
  if (layer_index < 0 || layer_index >= static_cast<int>(ledger::kLayerCount) ||
      last_seq < source.first_seq || last_seq - source.first_seq + 1 < source.entries.size()) {
    return MakeError(Code::INVALID_ARGUMENT, "the page's layer or its last entry is none");
  }
  const auto k = static_cast<size_t>(layer_index);
  v1::Layers out;
  for (size_t i = 0; i < source.entries.size(); ++i) {
    const HeldEntry& entry = source.entries[i];
    if (Showable(entry, static_cast<LayerMask>(1 << k), source.today) == 0) continue;
    RETURN_IF_ERROR(
        CheckSize("salt", entry.parts.salts[k].size(), ledger::SaltBytes(hasher_.suite())));
    out.add_seqs(source.first_seq + i);
    out.mutable_salts()->append(entry.parts.salts[k]);
    out.add_contents(std::string(entry.parts.contents[k]));
  }
  out.set_stream_id(std::string(source.stream_id));
  out.set_layer(ClassOf(k));
  out.set_first_seq(source.first_seq);
  out.set_last_seq(last_seq);
  out.set_cursor(std::string(source.cursor));
  std::shared_ptr<ShapedPage> page(new ShapedPage());
  page->type_ = v1::LAYERS;
  page->layers_ = static_cast<LayerMask>(1 << k);
  page->stream_id_ = out.stream_id();
  page->first_seq_ = source.first_seq;
  page->last_seq_ = last_seq;
  page->shown_ = static_cast<uint64_t>(out.seqs_size());
  page->payload_ = ledger::CanonicalBytes(out);
  return Finish(std::move(page));
}

StatusOr<std::shared_ptr<const ShapedPage>> PageShaper::Finish(std::shared_ptr<ShapedPage> page) {
  if (page->payload_.size() > limits::kFramePayloadBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("a page of ", page->payload_.size(), " bytes, limit ",
                                  limits::kFramePayloadBytesMax, "; put fewer entries into it"));
  }
  if (pack_ != nullptr) page->packed_ = pack_(page->payload_);
  return std::shared_ptr<const ShapedPage>(std::move(page));
}

StatusOr<Disclosure> Disclosure::Make(const Decision& decision, std::string_view stream_id,
                                      std::shared_ptr<const ShapedPage> page, uint64_t authority,
                                      int64_t now_us) {
  if (page == nullptr || page->stream_id() != stream_id) {
    return MakeError(Code::INVALID_ARGUMENT, "the page is not of the stream that was decided on");
  }
  if ((page->layers() & ~decision.layers()) != 0) {
    return MakeError(Code::NOT_PERMITTED, "the page shows a layer that the decision withholds");
  }
  if (now_us >= decision.until_us()) {
    return MakeError(Code::NOT_PERMITTED, "the decision's time is over; decide again");
  }
  Disclosure out;
  out.page_ = std::move(page);
  out.member_ = decision.member();
  out.authority_ = authority;
  return out;
}

}  // namespace tombolo::boundary
