#include "gateway/ledger/entry.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "gateway/base/ids.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::ledger {
namespace {

Status Refuse(std::string_view what, std::string_view why) {
  return MakeError(Code::NOT_CANONICAL, absl::StrCat(ToAbsl(what), ": ", ToAbsl(why)));
}

Status EntryFault(const v1::StreamEntry& entry, std::string_view why) {
  return Refuse(absl::StrCat("entry ", entry.seq()), why);
}

Status CheckDescriptor(const v1::StreamDescriptor& d) {
  constexpr std::string_view kWhat = "stream descriptor";
  if (d.origin().empty() || d.origin().size() > limits::kOriginBytesMax || !IsUtf8(d.origin())) {
    return Refuse(kWhat, absl::StrCat("the origin must be 1 to ", limits::kOriginBytesMax,
                                      " bytes of UTF-8: got ", d.origin().size()));
  }
  if (d.generation() == 0) return Refuse(kWhat, "generations count from 1: got 0");
  if (d.kind() == v1::AUDIT) {
    if (d.item().empty() && d.sharing_class() == v1::LOCAL) return absl::OkStatus();
    return Refuse(kWhat, "an AUDIT stream has no item and the class LOCAL");
  }
  if (d.kind() != v1::RECORDS) {
    return Refuse(kWhat, absl::StrCat("unknown kind ", static_cast<int>(d.kind())));
  }
  if (d.item().empty() || d.item().size() > limits::kItemCodeBytesMax || !IsUtf8(d.item())) {
    return Refuse(kWhat, absl::StrCat("the item must be 1 to ", limits::kItemCodeBytesMax,
                                      " bytes of UTF-8: got ", d.item().size()));
  }
  if (d.sharing_class() < v1::PUBLIC || d.sharing_class() > v1::LIMITED) {
    return Refuse(kWhat, absl::StrCat("the class must be PUBLIC, GOVERNMENT or LIMITED: got ",
                                      static_cast<int>(d.sharing_class())));
  }
  return absl::OkStatus();
}

Status CheckRetract(const v1::RetractHeader& header) {
  constexpr std::string_view kWhat = "retract header";
  if (header.record_id().size() != RecordId::kBytes) {
    return Refuse(kWhat,
                  absl::StrCat("the record id has a wrong size: got ", header.record_id().size(),
                               " bytes, want ", RecordId::kBytes));
  }
  if (header.version() == 0) return Refuse(kWhat, "versions count from 1: got 0");
  if (header.recorded_at_us() < 0) return Refuse(kWhat, "its time lies before 1970");
  return absl::OkStatus();
}

Status CheckTombstone(uint64_t own_seq, const v1::TombstoneHeader& header) {
  constexpr std::string_view kWhat = "tombstone header";
  if (header.erased_seqs().empty()) return Refuse(kWhat, "it names no entry");
  uint64_t last = 0;
  for (const uint64_t seq : header.erased_seqs()) {
    if (seq <= last || seq >= own_seq) {
      return Refuse(kWhat, absl::StrCat("the numbers must ascend from 1 to below its own ", own_seq,
                                        ": got ", seq, " after ", last));
    }
    last = seq;
  }
  if (header.recorded_at_us() < 0) return Refuse(kWhat, "its time lies before 1970");
  return absl::OkStatus();
}

std::array<const v1::LayerCopy*, kLayerCount> LayersOf(const v1::StreamEntry& entry) {
  return {&entry.public_layer(), &entry.government_layer(), &entry.limited_layer()};
}

bool HasContent(const v1::LayerCopy& copy) { return copy.hash().empty(); }

bool HasAnyLayer(const v1::StreamEntry& entry) {
  return entry.has_public_layer() || entry.has_government_layer() || entry.has_limited_layer();
}

Status CheckHeaderSize(const v1::StreamEntry& entry) {
  if (entry.header().empty()) return EntryFault(entry, "the header is empty");
  if (entry.type() != v1::TOMBSTONE && entry.header().size() > limits::kHeaderBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat("entry ", entry.seq(), ": the header has ", entry.header().size(),
                                  " bytes, limit ", limits::kHeaderBytesMax));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::string> EncodeDescriptor(const v1::StreamDescriptor& descriptor) {
  RETURN_IF_ERROR(CheckDescriptor(descriptor));
  return CanonicalBytes(descriptor);
}

StatusOr<v1::StreamDescriptor> DecodeDescriptor(std::string_view bytes) {
  v1::StreamDescriptor descriptor;
  RETURN_IF_ERROR(ParseCanonical("stream descriptor", bytes, &descriptor));
  RETURN_IF_ERROR(CheckDescriptor(descriptor));
  return descriptor;
}

StatusOr<std::string> EncodeRetract(const v1::RetractHeader& header) {
  RETURN_IF_ERROR(CheckRetract(header));
  return CanonicalBytes(header);
}

StatusOr<v1::RetractHeader> DecodeRetract(std::string_view bytes) {
  v1::RetractHeader header;
  RETURN_IF_ERROR(ParseCanonical("retract header", bytes, &header));
  RETURN_IF_ERROR(CheckRetract(header));
  return header;
}

StatusOr<std::string> EncodeTombstone(uint64_t own_seq, const v1::TombstoneHeader& header) {
  RETURN_IF_ERROR(CheckTombstone(own_seq, header));
  return CanonicalBytes(header);
}

StatusOr<v1::TombstoneHeader> DecodeTombstone(uint64_t own_seq, std::string_view bytes) {
  v1::TombstoneHeader header;
  RETURN_IF_ERROR(ParseCanonical("tombstone header", bytes, &header));
  RETURN_IF_ERROR(CheckTombstone(own_seq, header));
  return header;
}

StatusOr<EntryForm> FormOf(const v1::StreamEntry& entry) {
  if (entry.seq() == 0) return EntryFault(entry, "entry numbers count from 1");
  if (!entry.leaf_hash().empty()) {
    if (entry.type() != v1::ENTRY_TYPE_UNSPECIFIED || !entry.header().empty() ||
        HasAnyLayer(entry)) {
      return EntryFault(entry, "an erased entry has a leaf hash and nothing else");
    }
    return EntryForm::kErased;
  }
  RETURN_IF_ERROR(CheckHeaderSize(entry));
  if (entry.type() == v1::RETRACT || entry.type() == v1::TOMBSTONE) {
    if (HasAnyLayer(entry)) return EntryFault(entry, "only a PUT has layers");
    return EntryForm::kWhole;
  }
  if (entry.type() != v1::PUT) {
    return EntryFault(entry, absl::StrCat("unknown type ", static_cast<int>(entry.type())));
  }
  if (!entry.has_public_layer() || !entry.has_government_layer() || !entry.has_limited_layer()) {
    return EntryFault(entry, "a PUT has all three layers, each with content or as a hash");
  }
  size_t with_content = 0;
  for (const v1::LayerCopy* copy : LayersOf(entry)) with_content += HasContent(*copy) ? 1 : 0;
  if (with_content == kLayerCount) return EntryForm::kWhole;
  return with_content == 0 ? EntryForm::kStub : EntryForm::kPartial;
}

StatusOr<Digest> LayerHashOf(EntryHasher* hasher, v1::SharingClass layer,
                             const v1::LayerCopy& copy) {
  const size_t hash_bytes = HashBytes(hasher->suite()), salt_bytes = SaltBytes(hasher->suite());
  if (!HasContent(copy)) {
    if (!copy.salt().empty() || !copy.content().empty()) {
      return Refuse("layer", "it has a hash beside salt or content; want one of the two");
    }
    const auto stated = DigestFrom(hasher->hash(), copy.hash());
    if (!stated.has_value()) {
      return Refuse("layer", absl::StrCat("its hash has a wrong size: got ", copy.hash().size(),
                                          " bytes, want ", hash_bytes));
    }
    return *stated;
  }
  if (copy.salt().size() != salt_bytes) {
    return Refuse("layer", absl::StrCat("its salt has a wrong size: got ", copy.salt().size(),
                                        " bytes, want ", salt_bytes));
  }
  if (copy.content().size() > limits::kLayerBytesMax) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("a layer has ", copy.content().size(),
                                                        " bytes, limit ", limits::kLayerBytesMax));
  }
  return hasher->LayerHash(layer, copy.salt(), copy.content());
}

Status VerifyLayer(EntryHasher* hasher, v1::SharingClass layer, const v1::LayerCopy& copy,
                   std::string_view want) {
  if (!HasContent(copy)) return Refuse("layer", "it has no content to verify");
  ASSIGN_OR_RETURN(const Digest got, LayerHashOf(hasher, layer, copy));
  if (got.view() == want) return absl::OkStatus();
  return MakeError(Code::DIGEST_MISMATCH, absl::StrCat("the layer's bytes have another hash: got ",
                                                       ToHex(got.view()), ", want ", ToHex(want)));
}

StatusOr<Digest> EntryLeaf(EntryHasher* hasher, std::string_view stream_id,
                           const v1::StreamEntry& entry) {
  if (stream_id.size() != HashBytes(hasher->suite())) {
    return EntryFault(entry, absl::StrCat("the stream id has a wrong size: got ", stream_id.size(),
                                          " bytes, want ", HashBytes(hasher->suite())));
  }
  ASSIGN_OR_RETURN(const EntryForm form, FormOf(entry));
  if (form == EntryForm::kErased) {
    const auto leaf = DigestFrom(hasher->hash(), entry.leaf_hash());
    if (leaf.has_value()) return *leaf;
    return EntryFault(entry,
                      absl::StrCat("the leaf hash has a wrong size: got ", entry.leaf_hash().size(),
                                   " bytes, want ", HashBytes(hasher->suite())));
  }
  if (entry.type() == v1::RETRACT) {
    RETURN_IF_ERROR(DecodeRetract(entry.header()).status());
  } else if (entry.type() == v1::TOMBSTONE) {
    RETURN_IF_ERROR(DecodeTombstone(entry.seq(), entry.header()).status());
  }
  if (entry.type() != v1::PUT) {
    return hasher->Leaf(hasher->BareCommitment(entry.type(), stream_id, entry.header()).view());
  }
  LayerHashes hashes;
  const auto layers = LayersOf(entry);
  for (size_t i = 0; i < kLayerCount; ++i) {
    const auto layer = static_cast<v1::SharingClass>(i + 1);
    ASSIGN_OR_RETURN(hashes[i], LayerHashOf(hasher, layer, *layers[i]));
  }
  return hasher->Leaf(hasher->PutCommitment(stream_id, entry.header(), hashes).view());
}

}  // namespace tombolo::ledger
