// A source in any encoding as a source of UTF-8, for formats that must be decoded before they are
// cut.
//
// Undecodable bytes do not end the stream: they become a marker of Unicode noncharacters (U+FDD0 to
// U+FDEF), which no interchange text may have: the offset in the source as hexadecimal digits
// U+FDE0 + digit, then for each byte the pair U+FDD0 + high digit, U+FDE0 + low digit. A row whose
// cell holds a marker goes to quarantine. Noncharacters of that range that stand in the source are
// marked in the same way, so a marker cannot be forged. A byte order mark at the start is dropped.
//
// Ownership: owns the inner source. Thread-safety: one thread per object. Errors: those of the
// inner source.
#ifndef TOMBOLO_ADAPTERS_READERS_TRANSCODE_H_
#define TOMBOLO_ADAPTERS_READERS_TRANSCODE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/readers/encoding.h"
#include "gateway/base/rows.h"

namespace tombolo::readers {

class TranscodingSource : public ByteSource {
 public:
  static StatusOr<std::unique_ptr<TranscodingSource>> Create(std::unique_ptr<ByteSource> inner,
                                                             const Encoding& encoding,
                                                             size_t block_bytes);
  // Whole characters only, if there is room for one.
  StatusOr<size_t> Read(char* out, size_t size) override;
  // True once a marker was put into the stream; lives as long as this.
  const bool* marked() const { return &marked_; }

 private:
  TranscodingSource(std::unique_ptr<ByteSource> inner, std::unique_ptr<Decoder> decoder,
                    size_t block_bytes);
  Status Fill();
  void DropByteOrderMark();
  void DecodeBlock(size_t have, bool final);
  void MarkBad(std::string_view bytes);
  void MarkNoncharacters(size_t from, uint64_t offset);

  std::unique_ptr<ByteSource> inner_;
  std::unique_ptr<Decoder> decoder_;
  std::string in_;
  size_t carried_ = 0;      // bytes of a cut-off character at the start of in_
  uint64_t in_offset_ = 0;  // of in_[0] in the source
  std::string out_;
  size_t out_at_ = 0;
  bool started_ = false;
  bool marked_ = false;
  bool ended_ = false;
  bool run_open_ = false;  // the stream ends with a marker of bytes up to run_end_
  uint64_t run_end_ = 0;
};

// What a marker tells.
struct MarkedBytes {
  uint64_t offset = 0;  // of the first byte in the source, after unpacking
  std::string bytes;
};
// The first marker in `text`.
std::optional<MarkedBytes> FindMarker(std::string_view text);
// `text` with each marker as one U+FFFD.
std::string WithoutMarkers(std::string_view text);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_TRANSCODE_H_
