#include "gateway/boundary/disclosure.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::boundary {
namespace {

// Bits of a byte of `forms`; docs/formats/frame.md, "Entries".
constexpr int kShownShift = 4;
constexpr uint8_t kErasedForm = 0x80;

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

Status PageShaper::AddPut(const HeldEntry& entry, LayerMask layers, int32_t today,
                          v1::Entries* out) {
  const ledger::EntryParts& parts = entry.parts;
  const LayerMask shown = Showable(entry, layers, today);
  out->mutable_forms()->push_back(static_cast<char>(v1::PUT | shown << kShownShift));
  for (size_t k = 0; k < ledger::kLayerCount; ++k) {
    if (IsShown(parts, k)) {
      RETURN_IF_ERROR(CheckSize("salt", parts.salts[k].size(), ledger::SaltBytes(hasher_.suite())));
    }
    if ((shown >> k & 1) != 0) {
      out->mutable_salts()->append(parts.salts[k]);
      out->add_contents(std::string(parts.contents[k]));
    } else if (IsShown(parts, k)) {
      const Digest hash = hasher_.LayerHash(ClassOf(k), parts.salts[k], parts.contents[k]);
      out->mutable_hashes()->append(hash.view());
    } else {
      RETURN_IF_ERROR(
          CheckSize("layer hash", parts.hashes[k].size(), ledger::HashBytes(hasher_.suite())));
      out->mutable_hashes()->append(parts.hashes[k]);
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
  v1::Entries out;
  uint64_t shown = 0;
  for (const HeldEntry& entry : source.entries) {
    if (entry.parts.erased) {
      RETURN_IF_ERROR(
          CheckSize("leaf", entry.parts.leaf.size(), ledger::HashBytes(hasher_.suite())));
      out.mutable_forms()->push_back(static_cast<char>(kErasedForm));
      out.mutable_hashes()->append(entry.parts.leaf);
      continue;
    }
    out.add_headers(std::string(entry.parts.header));
    if (entry.parts.type == v1::PUT) {
      RETURN_IF_ERROR(AddPut(entry, layers, source.today, &out));
      shown += Showable(entry, layers, source.today) != 0 ? 1 : 0;
    } else {
      out.mutable_forms()->push_back(static_cast<char>(entry.parts.type));
    }
  }
  out.set_stream_id(std::string(source.stream_id));
  out.set_first_seq(source.first_seq);
  for (const Digest& node : source.path) out.add_path(node.str());
  out.set_cursor(std::string(source.cursor));
  std::shared_ptr<ShapedPage> page(new ShapedPage());
  page->layers_ = layers;
  page->stream_id_ = out.stream_id();
  page->first_seq_ = source.first_seq;
  page->last_seq_ = source.first_seq + source.entries.size() - 1;
  page->shown_ = shown;
  page->payload_ = ledger::CanonicalBytes(out);
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
